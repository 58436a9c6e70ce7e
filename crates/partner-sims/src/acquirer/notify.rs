//! The acquirer's server: notifications of the network, and the unsigned control endpoints.

use super::calls::{Presented, Reported};
use super::{Acquirer, Known, Sale, SimMerchant, agreement, shop};
use crate::behaviour::{Api, Behaviour};
use crate::edge::{Verified, control_answer, control_error};
use crate::journal::Source;
use crate::script::{ScriptChange, Step};
use crate::server::{Answer, Answering, Handler, Received, plain};
use base::{ResultCode, ResultStatus, Timestamp};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wire::acqp::{
    NotifyPaymentRequest, NotifyRegistrationStatusRequest, UserInitiatedPayRequest,
    UserInitiatedPayResponse,
};
use wire::{ResultOnly, WireResult};

/// Most payments listed by `GET /sim/state`.
const MAX_LISTED: usize = 200;

/// What the acquirer thinks of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Of a payment of ours, and the first to say so.
    Accepted,
    /// Says again what is known.
    Duplicate,
    /// Says something else than what was known; a success after our cancel too.
    Contradicts,
    /// The amount is not the price.
    AmountDiffers,
    /// No payment of ours, since this process started.
    UnknownPayment,
    /// U, which a notification never says.
    NotFinal,
}

/// A notification that was received and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub notification: NotifyPaymentRequest,
    pub verdict: Verdict,
    /// The acknowledgement left: the script did not keep it back.
    pub is_acknowledged: bool,
    pub at: Timestamp,
}

impl Handler for Acquirer {
    fn answer(self: Arc<Self>, request: Received) -> Answering {
        Box::pin(async move {
            let path = request.target.split('?').next().unwrap_or_default();
            match (&request.method, path) {
                (&Method::GET, "/healthz") => {
                    Answer::Send(plain(StatusCode::OK, "text/plain", "ok\n"))
                }
                (&Method::GET, "/sim/state") => control_answer(StatusCode::OK, &self.view()),
                (&Method::POST, "/sim/behaviour") => self.control_script(&request.body),
                (&Method::GET | &Method::POST, shop::SHOP) => {
                    self.shop(&request, Presented::Cashier).await
                }
                (&Method::GET | &Method::POST, shop::TILL) => {
                    self.shop(&request, Presented::OrderCode).await
                }
                (&Method::POST, wire::paths::acquirer::USER_INITIATED_PAY) => {
                    self.decode(request).await
                }
                (&Method::POST, wire::paths::acquirer::AUTH_NOTIFY) => {
                    self.auth_notified(request).await
                }
                (
                    &Method::POST,
                    wire::paths::acquirer::INITIATE_RETRIEVAL
                    | wire::paths::acquirer::INITIATE_ESCALATION,
                ) => self.disputed(request).await,
                (&Method::POST, "/sim/answer-dispute") => {
                    self.control_answer_dispute(&request.body).await
                }
                (&Method::POST, wire::paths::acquirer::NOTIFY_REGISTRATION_STATUS) => {
                    self.decided(request).await
                }
                (&Method::POST, wire::paths::acquirer::CONSULT_UNBINDING) => {
                    self.consulted(request).await
                }
                (&Method::GET | &Method::POST, agreement::SUBSCRIBE) => {
                    self.subscribe_page(&request).await
                }
                (&Method::GET, agreement::BACK) => self.subscribed(&request).await,
                (
                    &Method::POST,
                    "/sim/subscribe" | "/sim/grant" | "/sim/refresh" | "/sim/debit"
                    | "/sim/unsubscribe",
                ) => self.control_subscription(path, &request.body).await,
                (&Method::POST, "/sim/code") => self.control_code(&request.body),
                (&Method::POST, "/sim/sticker") => self.control_sticker(&request.body),
                (&Method::POST, "/sim/decide-push") => {
                    self.control_decide_push(&request.body).await
                }
                (&Method::POST, wire::paths::acquirer::PUSH_PAYMENT) => {
                    self.take_push(request).await
                }
                (&Method::POST, wire::paths::acquirer::INQUIRY_PUSH_PAYMENT) => {
                    self.asked_push(request).await
                }
                (&Method::GET, shop::THANKS) => self.thanks(&request).await,
                (&Method::POST, path) if path == self.config.notify_path => {
                    self.notified(request).await
                }
                _ => {
                    let code = ResultCode::NoInterfaceDef;
                    self.edge.refuse(&request.target, code, code.meaning())
                }
            }
        })
    }
}

impl Acquirer {
    async fn notified(&self, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let notification: NotifyPaymentRequest = match wire::parse(&body) {
            Ok(notification) => notification,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        let behaviour = self.scripts().take(Api::NotifyPayment).unwrap_or(Behaviour::Normal);
        if let Behaviour::Slow { ms, before_work: true } = behaviour {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        let is_undone = matches!(
            behaviour,
            Behaviour::Silent { does_work: false }
                | Behaviour::HttpError { .. }
                | Behaviour::Decline { .. }
        );
        let code = if let Behaviour::Decline { code } = behaviour {
            self.keep(notification, false);
            code
        } else {
            let verdict = self.keep(notification, !is_undone);
            acknowledgement(verdict)
        };
        let answer = ResultOnly::new(WireResult::of(code));
        self.edge.deliver(&target, wire::render(&answer), &behaviour).await
    }

    /// What wallets decided about a merchant of ours.
    async fn decided(&self, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let told: NotifyRegistrationStatusRequest = match wire::parse(&body) {
            Ok(told) => told,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        let each = told.psp_registration_result_list.unwrap_or_default();
        let each: Vec<String> = each
            .iter()
            .map(|it| format!("{} {}", it.psp_name, it.registration_result.registration_status))
            .collect();
        let text = format!("{}: {}", told.registration_result.registration_status, each.join(", "));
        let reference = told.reference_merchant_id.as_str().to_string();
        self.decisions().insert(reference, text);
        let answer = ResultOnly::new(WireResult::of(ResultCode::Success));
        self.edge.deliver(&target, wire::render(&answer), &Behaviour::Normal).await
    }

    fn decisions(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.decided.lock().expect("no code panics while it holds the decisions")
    }

    /// Says what a code of ours means: the same each time.
    async fn decode(&self, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let asked: UserInitiatedPayRequest = match wire::parse(&body) {
            Ok(asked) => asked,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        let behaviour = self.scripts().take(Api::UserInitiatedPay).unwrap_or(Behaviour::Normal);
        if let Behaviour::Slow { ms, before_work: true } = behaviour {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        let sale = self.codes().get(asked.code_value.as_str()).cloned();
        let sticker = self.read_sticker(asked.code_value.as_str());
        let answer = match (&behaviour, sale, sticker) {
            (Behaviour::Decline { code }, ..) => UserInitiatedPayResponse::new((*code).into()),
            (_, Some(sale), _) => self.decoded(&sale),
            (_, None, Some(meaning)) => meaning,
            (_, None, None) => UserInitiatedPayResponse::new(ResultCode::InvalidCode.into()),
        };
        self.edge.deliver(&target, wire::render(&answer), &behaviour).await
    }

    /// Judges and records a notification; only one that is taken changes what is known.
    fn keep(&self, notification: NotifyPaymentRequest, is_taken: bool) -> Verdict {
        let id = notification.payment_request_id.as_str();
        self.expect_of_store(id, notification.payment_amount);
        let verdict = judge(self.known().get(id), &notification);
        let reported = Reported {
            payment_request_id: id,
            source: Source::Notify,
            result: &notification.payment_result,
            payment_id: notification.payment_id.as_ref(),
            amount: notification.payment_amount,
            settlement: notification.settlement_amount,
        };
        let at = self.edge.clock.now();
        match verdict {
            Verdict::NotFinal => {}
            _ if !is_taken => {}
            // Written down as it came, but not believed: this is not what was sold.
            Verdict::AmountDiffers => self.write(reported.line(at)),
            Verdict::Accepted
            | Verdict::Duplicate
            | Verdict::Contradicts
            | Verdict::UnknownPayment => self.learn(&reported),
        }
        self.told().push(Told { notification, verdict, is_acknowledged: is_taken, at });
        self.news.send_modify(|count| *count += 1);
        verdict
    }

    /// A payment that the network opened on a store's page: its id begins with the store's, and a
    /// dot.
    fn expect_of_store(&self, id: &str, amount: Option<wire::Amount>) {
        let store = id.split_once('.').map_or("", |(store, _)| store);
        let is_ours = self.config.merchants.iter().any(|merchant| merchant.store_id == store);
        if let (true, Some(amount)) = (is_ours, amount) {
            let new = Known { price: amount.0, result: None, is_cancelled: false };
            self.known().entry(id.to_string()).or_insert(new);
        }
    }

    fn control_code(&self, body: &[u8]) -> Answer {
        let code: OwnCode = match serde_json::from_slice(body) {
            Ok(code) => code,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        let price = money::Currency::from_code(&code.currency)
            .and_then(|currency| money::Money::new(code.value, currency).ok());
        let Some(price) = price else {
            return control_error(StatusCode::BAD_REQUEST, "currency or value");
        };
        let sale = Sale {
            payment_request_id: self.new_id("OWN"),
            merchant_id: code.merchant_id,
            price,
            payment_code: String::new(),
            expires_at_ms: None,
        };
        let id = sale.payment_request_id.clone();
        self.codes().insert(code.code_value, sale);
        control_answer(StatusCode::OK, &id)
    }

    fn control_script(&self, body: &[u8]) -> Answer {
        let change: ScriptChange = match serde_json::from_slice(body) {
            Ok(change) => change,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        match self.scripts().change(change) {
            Ok(()) => control_answer(StatusCode::OK, &"ok"),
            Err(error) => control_error(StatusCode::BAD_REQUEST, error),
        }
    }

    fn view(&self) -> View {
        let known = self.known();
        let payments = known.iter().rev().take(MAX_LISTED);
        let mut verdicts: BTreeMap<String, u64> = BTreeMap::new();
        for told in self.told().iter() {
            *verdicts.entry(format!("{:?}", told.verdict)).or_default() += 1;
        }
        let merchant = |merchant: &SimMerchant| {
            (merchant.merchant_id.clone(), format!("{}, {}", merchant.name, merchant.city))
        };
        View {
            client_id: self.config.credentials.client_id.clone(),
            name: self.config.name.clone(),
            settlement_currency: self.config.settlement_currency.code().to_string(),
            merchants: self.config.merchants.iter().map(merchant).collect(),
            payment_count: known.len(),
            payments: payments.map(|(id, known)| (id.clone(), known.clone())).collect(),
            subscriptions: self.subscriptions_seen(),
            registrations: self.decisions().clone(),
            disputes: self.disputes().clone(),
            pushed: self.pushed().clone(),
            notifications: verdicts,
            journal_lines: self.journal.len(),
            script: self.scripts().waiting(),
        }
    }
}

fn judge(known: Option<&Known>, notification: &NotifyPaymentRequest) -> Verdict {
    let result = &notification.payment_result;
    let Some(known) = known else { return Verdict::UnknownPayment };
    if notification.payment_amount.is_some_and(|amount| amount.0 != known.price) {
        return Verdict::AmountDiffers;
    }
    let is_paid = match result.status() {
        ResultStatus::U => return Verdict::NotFinal,
        ResultStatus::S => true,
        ResultStatus::F => false,
    };
    if is_paid && known.is_cancelled {
        return Verdict::Contradicts;
    }
    match known.result {
        None => Verdict::Accepted,
        Some(before) if (before.status() == ResultStatus::S) == is_paid => Verdict::Duplicate,
        // A paid payment that was cancelled is closed, and that is what we asked for.
        Some(_) if known.is_cancelled => Verdict::Duplicate,
        Some(_) => Verdict::Contradicts,
    }
}

/// A notification is acknowledged whatever it says, unless it is not about a payment of ours as we
/// know it.
fn acknowledgement(verdict: Verdict) -> ResultCode {
    match verdict {
        Verdict::Accepted | Verdict::Duplicate | Verdict::Contradicts => ResultCode::Success,
        Verdict::AmountDiffers | Verdict::NotFinal => ResultCode::ParamIllegal,
        Verdict::UnknownPayment => ResultCode::OrderNotExist,
    }
}

/// The body of `POST /sim/code`: an order behind a code of the acquirer's own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnCode {
    code_value: String,
    merchant_id: String,
    currency: String,
    /// Minor units.
    value: u64,
}

/// `GET /sim/state` of the acquirer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    client_id: String,
    name: String,
    settlement_currency: String,
    merchants: BTreeMap<String, String>,
    payment_count: usize,
    payments: BTreeMap<String, Known>,
    subscriptions: Vec<agreement::Subscription>,
    registrations: BTreeMap<String, String>,
    disputes: BTreeMap<String, super::dispute::DisputeView>,
    /// By the network's id of the payment.
    pushed: BTreeMap<String, super::push::Pushed>,
    /// How many came, by verdict.
    notifications: BTreeMap<String, u64>,
    journal_lines: usize,
    script: BTreeMap<Api, Vec<Step>>,
}
