//! The phones of a real wallet's customers: they speak the app's API, as any app does.

use crate::node::{random, replace_secret};
use crate::wallet::WalletRun;
use anyhow::{Context, Result, bail};
use base::{ResultCode, Text};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use money::{Currency, Money};
use partner_sims::{Payers, ScannedOrder, SimError, UserCall};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use vault::{Alias, Phone as PhoneNumber};
use wallet::command::desk::DeskAct;
use wallet::{Command, Operator};
use wallet_edge::Messenger;

/// The PIN of every customer of the demonstration.
pub const PIN: &str = "804217";

/// The one who runs shops at home and buys nothing abroad.
const SHOPKEEPER: &str = "haneul";

/// Wallet, customer, phone number, name.
const CUSTOMERS: [(&str, &str, &str, &str); 7] = [
    ("W-KR", "minjun", "+821055550101", "Kim Minjun"),
    ("W-KR", "seoyeon", "+821055550102", "Lee Seoyeon"),
    ("W-KR", SHOPKEEPER, "+821055550107", "Jung Haneul"),
    ("W-PH", "maria", "+639175550103", "Maria Santos"),
    ("W-PH", "jose", "+639175550104", "Jose Reyes"),
    ("W-HK", "wing", "+85255550105", "Chan Wing"),
    ("W-HK", "kayan", "+85255550106", "Wong Ka Yan"),
];

/// One customer's phone.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Phone {
    number: String,
    device: String,
    token: String,
}

/// See the module's text.
pub struct Phones {
    code: String,
    running: WalletRun,
    http: Client<HttpConnector, Full<Bytes>>,
    phones: Mutex<BTreeMap<String, Phone>>,
    /// Sessions survive a restart, as they do on real phones.
    file: PathBuf,
}

/// What the wallet answered.
struct Answer {
    status: u16,
    body: Value,
}

impl Phones {
    pub(super) fn new(code: &str, running: WalletRun, file: PathBuf) -> Phones {
        let http = Client::builder(TokioExecutor::new()).build_http();
        let kept = std::fs::read(&file).ok();
        let phones = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let phones = Mutex::new(phones.unwrap_or_default());
        Phones { code: code.to_owned(), running, http, phones, file }
    }

    pub fn running(&self) -> &WalletRun {
        &self.running
    }

    /// The wallet as its customers know it.
    pub async fn brand(&self) -> Result<String> {
        Ok(self.running.node.edge.read(|wallet, _, _| wallet.market().brand.to_string()).await?)
    }

    /// Customers with their phone numbers.
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let own = CUSTOMERS.iter().filter(|(code, ..)| *code == self.code);
        own.map(|(_, user, number, _)| (*user, *number))
    }

    pub fn number_of(&self, user: &str) -> Option<&'static str> {
        self.numbers().find(|(name, _)| *name == user).map(|(_, number)| number)
    }

    /// Registers the customers, or signs them in again, and sees to it that they have money.
    pub(super) async fn set_up(&self, users: &[(&str, &str, u64)]) -> Result<()> {
        for (_, user, number, name) in CUSTOMERS.iter().filter(|it| it.0 == self.code) {
            if self.phone(user).is_none() || self.get(user, "/v1/me").await?.status != 200 {
                self.register(user, number, name).await?;
            }
            let wanted = users.iter().find(|(_, it, _)| it == user).map_or(0, |it| it.2);
            self.top_up(user, wanted).await.with_context(|| format!("{user} tops up"))?;
        }
        let phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner).clone();
        replace_secret(&self.file, &serde_json::to_vec(&phones)?)
    }

    fn phone(&self, user: &str) -> Option<Phone> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner).get(user).cloned()
    }

    async fn register(&self, user: &str, number: &str, name: &str) -> Result<()> {
        let device: String = random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut phone = Phone { number: number.to_owned(), device, token: String::new() };
        let asked = json!({ "alias": number, "purpose": "REGISTRATION" });
        self.send(&phone, "POST", "/v1/codes", Some(asked)).await?.done()?;
        let message = self.running.messages.kept(number).context("a code was sent")?;
        let code = message.text.rsplit(' ').next().unwrap_or_default().to_owned();
        let body = json!({
            "alias": number, "code": code, "name": name, "pin": PIN,
            "device": { "id": phone.device, "label": "Phone of the demonstration" },
        });
        let made = self.send(&phone, "POST", "/v1/register", Some(body)).await?.done()?;
        phone.token = made["token"].as_str().context("a registration gives a token")?.to_owned();
        self.phones.lock().unwrap_or_else(PoisonError::into_inner).insert(user.to_owned(), phone);
        // The desk has seen the passport.
        let edge = &self.running.node.edge;
        let alias = Alias::Phone(PhoneNumber::new(number, "")?);
        let person = edge.in_vault(move |vault| vault.find_alias(&alias)).await?;
        let customer = edge.customer_of(person.context("a registration makes a person")?).await?;
        let customer = customer.context("a person who registered is a customer")?;
        let last = edge.read(|it, _, _| it.market().account.tiers.len()).await?;
        let tier = u8::try_from(last.saturating_sub(1))?;
        let by = Operator { who: Text::new("demo")?, why: Text::new("passport seen")? };
        let act = Box::new(DeskAct::SetTier { customer, tier });
        edge.submit(Command::Desk { by, act }).await?;
        Ok(())
    }

    async fn top_up(&self, user: &str, wanted_minor: u64) -> Result<()> {
        let has = self.available(user).await?;
        let missing = wanted_minor.saturating_sub(has);
        if missing <= wanted_minor / 2 {
            return Ok(());
        }
        let amount = self.amount(missing).await?;
        let body = json!({ "amount": amount, "bankAccount": "Demo Bank 1000" });
        let made = self.make(user, "/v1/top-ups", body).await?.done()?;
        let id = made["id"].as_str().context("a top-up has an id")?.to_owned();
        for _ in 0..200 {
            let now = self.get(user, &format!("/v1/activity/{id}")).await?.done()?;
            match now["state"].as_str() {
                Some("DONE") => return Ok(()),
                Some("FAILED") => bail!("the bank refused: {now}"),
                _ => tokio::time::sleep(Duration::from_millis(25)).await,
            }
        }
        bail!("the bank did not answer in time")
    }

    /// What a customer can spend now, in minor units.
    pub async fn available(&self, user: &str) -> Result<u64> {
        let found = self.get(user, "/v1/me").await?.done()?;
        let value = found["available"]["value"].as_str().context("a balance has a value")?;
        Ok(value.parse()?)
    }

    async fn currency(&self) -> Result<Currency> {
        Ok(self.running.node.edge.read(|wallet, _, _| wallet.market().account.currency).await?)
    }

    /// Minor units as the API takes them.
    pub async fn amount(&self, minor: u64) -> Result<Value> {
        let currency = self.currency().await?;
        Ok(json!({ "currency": currency.code(), "value": minor.to_string() }))
    }

    async fn get(&self, user: &str, path: &str) -> Result<Answer> {
        let phone = self.phone(user).with_context(|| format!("{user} has a phone"))?;
        self.send(&phone, "GET", path, None).await
    }

    /// Reads something that has to be there.
    pub async fn look(&self, user: &str, path: &str) -> Result<Value> {
        self.get(user, path).await?.done()
    }

    /// Does something; the PIN is given first where it is asked for.
    pub async fn act(&self, user: &str, path: &str, body: Value) -> Result<Value> {
        self.make(user, path, body).await?.done()
    }

    async fn make(&self, user: &str, path: &str, body: Value) -> Result<Answer> {
        let phone = self.phone(user).with_context(|| format!("{user} has a phone"))?;
        let answer = self.send(&phone, "POST", path, Some(body.clone())).await?;
        if answer.body["code"] != "STEP_UP_REQUIRED" {
            return Ok(answer);
        }
        self.send(&phone, "POST", "/v1/step-up", Some(json!({ "pin": PIN }))).await?.done()?;
        self.send(&phone, "POST", path, Some(body)).await
    }

    async fn send(
        &self,
        phone: &Phone,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer> {
        let key: String = random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let request = hyper::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.running.node.base_url()))
            .header("authorization", format!("Bearer {}", phone.token))
            .header("device-id", &phone.device)
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.map(|it| it.to_string()).unwrap_or_default())))?;
        let answer = self.http.request(request).await?;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await?.to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok(Answer { status, body })
    }
}

impl Answer {
    /// The body, unless the wallet refused.
    fn done(self) -> Result<Value> {
        if self.status < 400 {
            return Ok(self.body);
        }
        let text = |name: &str| self.body[name].as_str().unwrap_or("?").to_owned();
        bail!("the wallet answers {} {}: {}", self.status, text("code"), text("message"))
    }
}

/// An amount of the API as money.
fn money_of(amount: &Value) -> Option<Money> {
    let currency = Currency::from_code(amount["currency"].as_str()?)?;
    Money::new(amount["value"].as_str()?.parse().ok()?, currency).ok()
}

fn told(error: anyhow::Error) -> SimError {
    SimError::Unknown(format!("{error:#}"))
}

impl Payers for Phones {
    fn users(&self) -> Vec<String> {
        let shoppers = self.numbers().filter(|(user, _)| *user != SHOPKEEPER);
        shoppers.map(|(user, _)| user.to_owned()).collect()
    }

    fn payment_code<'a>(&'a self, user: &'a str, region: Option<&'a str>) -> UserCall<'a, String> {
        Box::pin(async move {
            let body = json!({ "region": region, "count": 1 });
            let codes = self.act(user, "/v1/payment-codes", body).await.map_err(told)?;
            let code = codes[0]["code"].as_str().map(str::to_owned);
            code.ok_or_else(|| SimError::Unknown("a payment code".to_owned()))
        })
    }

    fn scan_and_pay<'a>(&'a self, user: &'a str, code: &'a str) -> UserCall<'a, ScannedOrder> {
        Box::pin(async move {
            let body = json!({ "text": code });
            let found = self.act(user, "/v1/scans", body).await.map_err(told)?;
            let payment = &found["payment"];
            let Some(id) = payment["id"].as_str() else {
                let says = found["says"].as_str().unwrap_or("?");
                return Err(SimError::Unknown(format!("an order in what was scanned ({says})")));
            };
            let path = format!("/v1/payments/{id}/confirm");
            let paid = self.act(user, &path, json!({})).await.map_err(told)?;
            let result = match paid["state"].as_str() {
                Some("PAID") => ResultCode::Success,
                _ => ResultCode::ProcessFail,
            };
            Ok(ScannedOrder { price: money_of(&payment["amount"]), result })
        })
    }

    fn page_of<'a>(&'a self, user: &'a str, text: &'a str) -> UserCall<'a, Option<String>> {
        Box::pin(async move {
            let body = json!({ "text": text });
            let found = self.act(user, "/v1/scans", body).await.map_err(told)?;
            let is_page = found["kind"] == "PAGE";
            Ok(found["url"].as_str().filter(|_| is_page).map(str::to_owned))
        })
    }

    fn consent<'a>(&'a self, user: &'a str, address: &'a str) -> UserCall<'a, String> {
        Box::pin(async move {
            let id = address.split_once("agreement=").map_or("", |(_, id)| id);
            let path = format!("/v1/agreements/{id}/consent");
            let given = self.act(user, &path, json!({})).await.map_err(told)?;
            let back = given["redirect"].as_str().map(str::to_owned);
            back.ok_or_else(|| SimError::Unknown("where the merchant wants the user".to_owned()))
        })
    }
}
