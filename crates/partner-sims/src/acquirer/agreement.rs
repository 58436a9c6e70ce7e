//! Subscriptions at the simulated acquirer: a page to subscribe on, debits, and the ways in which a
//! subscription ends.

use super::calls::{Reported, id, label, text};
use super::shop::price_of;
use super::{Acquirer, Known, Sale, SimAcquirer};
use crate::behaviour::{Api, Behaviour};
use crate::edge::{SimError, Verified, control_answer, control_error, succeed};
use crate::journal::Source;
use crate::pages::{escape, lead_to, nothing, page};
use crate::server::{Answer, Received};
use base::ResultCode;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::MutexGuard;
use wire::acqp::{
    ApplyTokenRequest, ApplyTokenResponse, AuthNotifyRequest, AuthNotifyType, CancelTokenRequest,
    ConsultPaymentRequest, ConsultPaymentResponse, ConsultUnbindingRequest,
    ConsultUnbindingResponse, GrantType, PayResponse, PrepareRequest, PrepareResponse, Scope,
};
use wire::parts::{PaymentFactor, SettlementCurrency, SettlementStrategy, TerminalType};
use wire::{AmountOrZero, ResultOnly};

/// Where shoppers subscribe, and where the wallet's consent leads back to.
pub(super) const SUBSCRIBE: &str = "/subscribe";
pub(super) const BACK: &str = "/subscribe/back";

/// One subscription, from the first click on.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Sent as `authState` and as `referenceAgreementId`.
    pub state: String,
    pub merchant_id: String,
    pub wallet: String,
    #[serde(skip)]
    pub access_token: Option<String>,
    #[serde(skip)]
    pub refresh_token: Option<String>,
    /// The user's name for signing in, masked.
    pub login_id: Option<String>,
    pub is_over: bool,
}

/// The bodies of `POST /sim/subscribe`, `/sim/grant`, `/sim/debit`, `/sim/refresh` and
/// `/sim/unsubscribe`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    state: String,
    wallet: String,
    auth_code: String,
    /// Minor units; the shop's price when 0.
    value: u64,
    /// Another merchant than the one that the user agreed to.
    merchant_id: String,
}

/// What a control endpoint tells.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    state: String,
    auth_url: String,
    payment_request_id: String,
    result_code: String,
    login_id: String,
}

impl Acquirer {
    fn subscriptions(&self) -> MutexGuard<'_, Vec<Subscription>> {
        self.subscriptions.lock().expect("no code panics while it holds the subscriptions")
    }

    fn subscription(&self, state: &str) -> Result<Subscription, SimError> {
        let subscriptions = self.subscriptions();
        let found = subscriptions.iter().find(|subscription| subscription.state == state);
        found.cloned().ok_or_else(|| SimError::Unknown(format!("subscription {state}")))
    }

    fn change(&self, state: &str, change: impl FnOnce(&mut Subscription)) {
        let mut subscriptions = self.subscriptions();
        if let Some(it) = subscriptions.iter_mut().find(|it| it.state == state) {
            change(it);
        }
    }

    /// Begins a subscription; the answer is where the user consents.
    async fn prepare(&self, wallet: &str) -> Result<(String, String), SimError> {
        let merchant = self.config.merchants.last();
        let merchant = merchant.ok_or_else(|| SimError::Unknown("a merchant".to_string()))?;
        let state = self.new_id("SUB");
        let origin = self.address.get().map_or_else(String::new, |it| format!("http://{it}"));
        let mut request = PrepareRequest::new(
            id(&merchant.merchant_id)?,
            text(&format!("{origin}{BACK}"))?,
            vec![Scope::AgreementPay, Scope::UserLoginId],
            text(&state)?,
        );
        request.auth_client_name = Some(label(&merchant.name)?);
        request.reference_agreement_id = Some(id(&state)?);
        // Without a wallet the user is to choose one.
        request.customer_belongs_to =
            Some(wallet).filter(|wallet| !wallet.is_empty()).map(text).transpose()?;
        request.terminal_type = Some(TerminalType::Web);
        let timeout = self.config.pay_timeout;
        let answer: PrepareResponse = self.edge.call(wire::Api::Prepare, &request, timeout).await?;
        succeed(&answer.result)?;
        let url = answer.auth_url.ok_or_else(|| SimError::Unknown("authUrl".to_string()))?;
        self.subscriptions().push(Subscription {
            state: state.clone(),
            merchant_id: merchant.merchant_id.clone(),
            wallet: wallet.to_string(),
            access_token: None,
            refresh_token: None,
            login_id: None,
            is_over: false,
        });
        Ok((state, url.as_str().to_string()))
    }

    /// Takes tokens for a code, or fresh ones for the refresh token.
    async fn tokens(&self, state: &str, code: Option<&str>) -> Result<(), SimError> {
        let subscription = self.subscription(state)?;
        let mut request = ApplyTokenRequest::new(GrantType::AuthorizationCode);
        request.auth_client_id = Some(id(&subscription.merchant_id)?);
        match code {
            Some(code) => request.auth_code = Some(text(code)?),
            None => {
                request.grant_type = GrantType::RefreshToken;
                let token = subscription.refresh_token.unwrap_or_default();
                request.refresh_token = Some(text(&token)?);
            }
        }
        let timeout = self.config.pay_timeout;
        let answer: ApplyTokenResponse =
            self.edge.call(wire::Api::ApplyToken, &request, timeout).await?;
        succeed(&answer.result)?;
        self.change(state, |it| {
            it.access_token = answer.access_token.map(|token| token.as_str().to_string());
            it.refresh_token = answer.refresh_token.map(|token| token.as_str().to_string());
            it.login_id = answer.user_login_id.map(|login| login.as_str().to_string());
        });
        Ok(())
    }

    /// One debit.
    async fn debit(&self, sale: &Sale, token: &str) -> Result<PayResponse, SimError> {
        let origin = self.address.get().map_or_else(String::new, |it| format!("http://{it}"));
        let notify_url = format!("{origin}{}", self.config.notify_path);
        let mut request = self.pay_request(sale, &notify_url)?;
        request.payment_method.payment_method_id = Some(text(token)?);
        let is_agreement_payment = Some(true);
        request.payment_factor = PaymentFactor { is_agreement_payment, ..PaymentFactor::new() };
        let new = Known { price: sale.price, result: None, is_cancelled: false };
        self.known().entry(sale.payment_request_id.clone()).or_insert(new);
        let timeout = self.config.pay_timeout;
        let answer: PayResponse = self.edge.call(wire::Api::Pay, &request, timeout).await?;
        self.learn(&Reported {
            payment_request_id: &sale.payment_request_id,
            source: Source::Pay,
            result: &answer.result,
            payment_id: answer.payment_id.as_ref(),
            amount: answer.payment_amount,
            settlement: answer.settlement_amount,
        });
        Ok(answer)
    }

    /// Debits the next instalment. The token is tried even when it is over: the network decides.
    async fn instalment(&self, asked: &Asked) -> Result<(String, ResultCode), SimError> {
        let subscription = self.subscription(&asked.state)?;
        let token = subscription.access_token.unwrap_or_default();
        let merchant_id = match asked.merchant_id.as_str() {
            "" => subscription.merchant_id,
            other => other.to_string(),
        };
        let merchant = self.merchant(&merchant_id)?;
        let price = match asked.value {
            0 => price_of(merchant),
            minor => money::Money::new(minor, merchant.currency).map_err(SimError::request)?,
        };
        let sale = Sale {
            payment_request_id: self.new_id("DEBIT"),
            merchant_id,
            price,
            payment_code: String::new(),
            expires_at_ms: None,
        };
        let answer = self.debit(&sale, &token).await?;
        let code = answer.result.code();
        if code == ResultCode::InvalidToken {
            self.change(&asked.state, |it| it.is_over = true);
        }
        Ok((sale.payment_request_id, code))
    }

    /// The merchant ends the subscription.
    async fn unsubscribe(&self, state: &str) -> Result<(), SimError> {
        let token = self.subscription(state)?.access_token.unwrap_or_default();
        let request = CancelTokenRequest::new(text(&token)?);
        let timeout = self.config.call_timeout;
        let answer: ResultOnly = self.edge.call(wire::Api::CancelToken, &request, timeout).await?;
        succeed(&answer.result)?;
        self.change(state, |it| it.is_over = true);
        Ok(())
    }

    /// `authNotify` from the network.
    pub(super) async fn auth_notified(&self, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let news: AuthNotifyRequest = match wire::parse(&body) {
            Ok(news) => news,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        let behaviour = self.scripts().take(Api::AuthNotify).unwrap_or(Behaviour::Normal);
        if let Behaviour::Decline { code } = behaviour {
            let answer = ResultOnly::new(code.into());
            return self.edge.deliver(&target, wire::render(&answer), &behaviour).await;
        }
        if news.authorization_notify_type == AuthNotifyType::TokenCanceled
            && let Some(token) = &news.access_token
        {
            for it in self.subscriptions().iter_mut() {
                it.is_over |= it.access_token.as_deref() == Some(token.as_str());
            }
        }
        let answer = ResultOnly::new(ResultCode::Success.into());
        self.edge.deliver(&target, wire::render(&answer), &behaviour).await
    }

    /// `consultUnbinding` from the network: anybody may leave who has nothing open here.
    pub(super) async fn consulted(&self, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        if let Err(error) = wire::parse::<ConsultUnbindingRequest>(&body) {
            return self.edge.refuse(&target, error.code(), &error.to_string());
        }
        let mut answer = ConsultUnbindingResponse::new(ResultCode::Success.into());
        answer.allow_unbinding = Some(true);
        self.edge.deliver(&target, wire::render(&answer), &Behaviour::Normal).await
    }

    /// Wallets that may be chosen, by their code and name.
    async fn wallets(&self) -> Result<Vec<(String, String)>, SimError> {
        let merchant = self.config.merchants.last();
        let merchant = merchant.ok_or_else(|| SimError::Unknown("a merchant".to_string()))?;
        let factor = PaymentFactor {
            is_in_store_payment: Some(false),
            is_cashier_payment: Some(true),
            ..PaymentFactor::new()
        };
        let strategy = SettlementStrategy {
            settlement_currency: Some(SettlementCurrency(self.config.settlement_currency)),
        };
        let amount = AmountOrZero(price_of(merchant));
        let mut request = ConsultPaymentRequest::new(amount, factor);
        request.settlement_strategy = Some(strategy);
        let timeout = self.config.call_timeout;
        let answer: ConsultPaymentResponse =
            self.edge.call(wire::Api::ConsultPayment, &request, timeout).await?;
        succeed(&answer.result)?;
        let options = answer.payment_options.unwrap_or_default().into_iter();
        let wallets = options.filter(|option| option.brand_name.is_some() && option.enabled);
        Ok(wallets
            .map(|option| {
                let code = option.payment_method_type.as_str().to_string();
                let name = option.brand_name.map_or(String::new(), |it| it.as_str().to_string());
                (code, name)
            })
            .collect())
    }

    /// `GET` shows the wallets, `POST` leads to the chosen one.
    pub(super) async fn subscribe_page(&self, request: &Received) -> Answer {
        let show = |text: &str| page(StatusCode::OK, &self.config.name, text);
        if request.method == Method::POST {
            let asked: Asked = serde_urlencoded::from_bytes(&request.body).unwrap_or_default();
            return match self.prepare(&asked.wallet).await {
                Ok((_, url)) => lead_to(&url),
                Err(error) => show(&escape(&error.to_string())),
            };
        }
        let Some(merchant) = self.config.merchants.last() else { return nothing() };
        let mut options = String::new();
        for (code, name) in self.wallets().await.unwrap_or_default() {
            let (code, name) = (escape(&code), escape(&name));
            let _ = write!(options, "<option value=\"{code}\">{name}</option>");
        }
        show(&format!(
            "<p>{}: {} a month, from your wallet</p><form method=\"post\">\
             <select name=\"wallet\">{options}</select><button>Subscribe</button></form>",
            escape(&merchant.name),
            price_of(merchant),
        ))
    }

    /// The user is back with a code: tokens, and the first debit.
    pub(super) async fn subscribed(&self, request: &Received) -> Answer {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Sent {
            auth_code: String,
            auth_state: String,
        }
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let sent: Sent = serde_urlencoded::from_str(query).unwrap_or_default();
        let first = Asked { state: sent.auth_state.clone(), ..Asked::default() };
        let done = async {
            self.tokens(&sent.auth_state, Some(&sent.auth_code)).await?;
            self.instalment(&first).await
        };
        let text = match done.await {
            Ok((_, ResultCode::Success)) => {
                let login = self.subscription(&sent.auth_state).ok().and_then(|it| it.login_id);
                format!("You subscribed as {}; the first month is paid.", login.unwrap_or_default())
            }
            Ok((_, code)) => format!("You subscribed; the first month is not paid yet: {code}."),
            Err(error) => format!("You did not subscribe: {error}."),
        };
        page(StatusCode::OK, &self.config.name, &format!("<p>{}</p>", escape(&text)))
    }

    /// The control endpoints of subscriptions.
    pub(super) async fn control_subscription(&self, path: &str, body: &[u8]) -> Answer {
        let asked: Asked = match serde_json::from_slice(body) {
            Ok(asked) => asked,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        let mut told = Told {
            state: asked.state.clone(),
            auth_url: String::new(),
            payment_request_id: String::new(),
            result_code: ResultCode::Success.as_str().to_string(),
            login_id: String::new(),
        };
        let done = match path {
            "/sim/subscribe" => self
                .prepare(&asked.wallet)
                .await
                .map(|(state, url)| (told.state, told.auth_url) = (state, url)),
            "/sim/grant" => self.tokens(&asked.state, Some(&asked.auth_code)).await,
            "/sim/refresh" => self.tokens(&asked.state, None).await,
            "/sim/debit" => self.instalment(&asked).await.map(|(id, code)| {
                (told.payment_request_id, told.result_code) = (id, code.as_str().to_string());
            }),
            _ => self.unsubscribe(&asked.state).await,
        };
        if let Err(SimError::Refused(result)) = &done {
            told.result_code = result.code().as_str().to_string();
        } else if let Err(error) = done {
            return control_error(StatusCode::CONFLICT, error);
        }
        if let Ok(it) = self.subscription(&told.state) {
            told.login_id = it.login_id.unwrap_or_default();
        }
        control_answer(StatusCode::OK, &told)
    }

    /// Subscriptions for `GET /sim/state`.
    pub(super) fn subscriptions_seen(&self) -> Vec<Subscription> {
        self.subscriptions().clone()
    }
}

impl SimAcquirer {
    /// Begins a subscription to the last merchant with a user of this wallet (its code). Returns
    /// the subscription's state, which names it from now on, and the page on which the user
    /// consents.
    pub async fn subscribe(&self, wallet: &str) -> Result<(String, String), SimError> {
        self.acquirer.prepare(wallet).await
    }

    /// Takes tokens for the code with which the user came back.
    pub async fn take_tokens(&self, state: &str, code: &str) -> Result<(), SimError> {
        self.acquirer.tokens(state, Some(code)).await
    }

    /// Debits the shop's price. Returns the sale's id and what the network said.
    pub async fn debit(&self, state: &str) -> Result<(String, ResultCode), SimError> {
        let asked = Asked { state: state.to_string(), ..Asked::default() };
        self.acquirer.instalment(&asked).await
    }
}
