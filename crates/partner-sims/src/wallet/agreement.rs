//! Agreements at the simulated wallet: the page on which a user consents, codes and tokens, and the
//! user's way out.

use super::{SimWallet, Wallet};
use crate::behaviour::{Api, Behaviour};
use crate::edge::{SimError, Verified, control_answer, control_error, succeed};
use crate::pages::{escape, lead_to, page};
use crate::server::{Answer, Received};
use base::{ResultCode, Span, Timestamp};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::MutexGuard;
use std::time::Duration;
use wire::acqp::{AuthNotifyType, ConsultUnbindingResponse, GrantType};
use wire::mpp::{
    ApplyTokenRequest, ApplyTokenResponse, AuthNotifyRequest, AuthNotifyResponse,
    CancelTokenRequest, ConsultUnbindingRequest, InquiryUserInfoRequest, InquiryUserInfoResponse,
    LoginIdInfo, PayRequest, PrepareRequest, PrepareResponse, UserInfo,
};
use wire::{Datetime, Label, ResultOnly, Text};

/// Where a user consents.
pub(super) const PATH: &str = "/app/consent";

/// Access tokens hold for a month, refresh tokens for a year.
const ACCESS_LIFE: Span = Span::days(30);
const REFRESH_LIFE: Span = Span::days(365);

/// What a merchant asked for.
#[derive(Clone, Debug)]
struct Asked {
    client: String,
    name: String,
    redirect_url: String,
    state: String,
}

/// A user's consent: its code gives tokens once, and the same ones when asked again.
#[derive(Clone, Debug)]
struct Given {
    reference: String,
    user: String,
    code: String,
    access: Option<String>,
    refresh: Option<String>,
    refreshed: u32,
    is_over: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Agreements {
    /// By the network's id of the agreement.
    asked: BTreeMap<String, Asked>,
    given: Vec<Given>,
}

impl Agreements {
    fn of_token(&self, token: &str) -> Option<&Given> {
        self.given.iter().find(|given| given.access.as_deref() == Some(token))
    }
}

/// The body of `POST /sim/consent`: a user agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Consent {
    pub user: String,
    /// The network's id of the agreement, as it stands in the page's address.
    pub agreement: String,
}

/// The body of `POST /sim/unbind`: a user withdraws.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unbind {
    pub user: String,
    pub agreement: String,
    /// Ask the acquirer first, and withdraw only when it says yes.
    #[serde(default)]
    pub consult: bool,
}

impl Wallet {
    fn agreements(&self) -> MutexGuard<'_, Agreements> {
        self.agreements.lock().expect("no code panics while it holds the agreements")
    }

    fn agreement_api(&self, path: &str) -> Option<Api> {
        let paths = &self.config.paths;
        [
            (&paths.prepare, Api::Prepare),
            (&paths.apply_token, Api::ApplyToken),
            (&paths.cancel_token, Api::CancelToken),
        ]
        .into_iter()
        .find(|(own, _)| *own == path)
        .map(|(_, api)| api)
    }

    pub(super) fn is_agreement_path(&self, path: &str) -> bool {
        self.agreement_api(path).is_some() || path == self.config.paths.inquiry_user_info
    }

    /// A signed call of the network about agreements.
    pub(super) async fn agreement_call(&self, request: Received) -> Answer {
        let path = request.target.split('?').next().unwrap_or_default().to_string();
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let api = self.agreement_api(&path);
        self.count(api.map_or("inquiryUserInfo", Api::as_str));
        let scripted = api.and_then(|api| self.scripts().take(api));
        let behaviour = scripted.unwrap_or(Behaviour::Normal);
        match behaviour {
            Behaviour::Silent { does_work: false } | Behaviour::HttpError { .. } => {
                return self.edge.deliver(&target, Vec::new(), &behaviour).await;
            }
            Behaviour::Slow { ms, before_work: true } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            Behaviour::Decline { code } => {
                let answer = wire::render(&ResultOnly::new(code.into()));
                return self.edge.deliver(&target, answer, &behaviour).await;
            }
            _ => {}
        }
        let answer = match api {
            Some(Api::Prepare) => wire::parse(&body).map(|it| wire::render(&self.asked(&it))),
            Some(Api::ApplyToken) => wire::parse(&body).map(|it| wire::render(&self.applied(&it))),
            Some(_) => wire::parse(&body).map(|it| wire::render(&self.ended(&it))),
            None => wire::parse(&body).map(|it| wire::render(&self.user_info(&it))),
        };
        match answer {
            Ok(answer) => self.edge.deliver(&target, answer, &behaviour).await,
            Err(error) => self.edge.refuse(&target, error.code(), &error.to_string()),
        }
    }

    fn asked(&self, request: &PrepareRequest) -> PrepareResponse {
        let reference = request.reference_agreement_id.as_str().to_string();
        let asked = Asked {
            client: request.auth_client_id.as_str().to_string(),
            name: request.auth_client_name.as_str().to_string(),
            redirect_url: request.auth_redirect_url.as_str().to_string(),
            state: request.auth_state.as_str().to_string(),
        };
        self.agreements().asked.insert(reference.clone(), asked);
        let mut answer = PrepareResponse::new(ResultCode::Success.into());
        let origin = self.address.get().map_or_else(String::new, |it| format!("http://{it}"));
        answer.auth_url = Text::new(&format!("{origin}{PATH}?agreement={reference}")).ok();
        answer
    }

    fn applied(&self, request: &ApplyTokenRequest) -> ApplyTokenResponse {
        let now = self.edge.clock.now();
        let mut agreements = self.agreements();
        let found = agreements.given.iter_mut().find(|given| match request.grant_type {
            GrantType::AuthorizationCode => {
                request.auth_code.as_ref().is_some_and(|code| code.as_str() == given.code)
            }
            GrantType::RefreshToken => {
                let token = request.refresh_token.as_ref().map(|token| token.as_str());
                token.is_some() && given.refresh.as_deref() == token
            }
        });
        let Some(given) = found.filter(|given| !given.is_over) else {
            let code = match request.grant_type {
                GrantType::AuthorizationCode => ResultCode::InvalidAuthcode,
                GrantType::RefreshToken => ResultCode::InvalidRefreshToken,
            };
            return ApplyTokenResponse::new(code.into());
        };
        if request.grant_type == GrantType::RefreshToken {
            given.refreshed += 1;
        }
        let token = |kind| format!("{kind}-{}-{}", given.code, given.refreshed);
        (given.access, given.refresh) = (Some(token("access")), Some(token("refresh")));
        tokens_of(given, now)
    }

    fn ended(&self, request: &CancelTokenRequest) -> ResultOnly {
        let mut agreements = self.agreements();
        let token = Some(request.access_token.as_str());
        let found = agreements.given.iter_mut().find(|given| given.access.as_deref() == token);
        ResultOnly::new(match found {
            Some(given) => {
                given.is_over = true;
                ResultCode::Success.into()
            }
            None => ResultCode::InvalidToken.into(),
        })
    }

    fn user_info(&self, request: &InquiryUserInfoRequest) -> InquiryUserInfoResponse {
        let agreements = self.agreements();
        let given = agreements.of_token(request.access_token.as_str());
        let Some(given) = given.filter(|given| !given.is_over) else {
            return InquiryUserInfoResponse::new(ResultCode::InvalidToken.into());
        };
        let head: String = given.user.chars().take(2).collect();
        let login = LoginIdInfo {
            login_id_type: Text::new("OTHER").ok(),
            mask_login_id: Label::new(&format!("{head}***")).ok(),
            ..LoginIdInfo::new()
        };
        let known = UserInfo {
            user_id: Text::new(&given.user).ok(),
            status: Text::new("ACTIVE").ok(),
            login_id_infos: Some(vec![login]),
            ..UserInfo::new()
        };
        let success = InquiryUserInfoResponse::new(ResultCode::Success.into());
        InquiryUserInfoResponse { user_info: Some(known), ..success }
    }

    /// Why a debit is refused: its token is not one of ours, not this user's, or over.
    pub(super) fn refused_token(&self, request: &PayRequest) -> Option<ResultCode> {
        if request.payment_factor.is_agreement_payment != Some(true) {
            return None;
        }
        let method = &request.payment_method;
        let token = method.payment_method_id.as_ref().map_or("", |token| token.as_str());
        let customer = method.customer_id.as_ref().map_or("", |customer| customer.as_str());
        let agreements = self.agreements();
        let given = agreements.of_token(token);
        let holds = given.is_some_and(|given| !given.is_over && given.user == customer);
        (!holds).then_some(ResultCode::InvalidToken)
    }

    /// A user agrees: where the user goes on, with a code.
    fn consent(&self, user: &str, reference: &str) -> Option<String> {
        if !self.books().accounts.contains_key(user) {
            return None;
        }
        let mut agreements = self.agreements();
        let asked = agreements.asked.get(reference)?.clone();
        let code = format!("28{:04}{}", agreements.given.len() + 1, reference);
        let code: String = code.chars().take(64).collect();
        let mut back = asked.redirect_url.clone();
        back.push(if back.contains('?') { '&' } else { '?' });
        let pairs = [("authCode", code.as_str()), ("authState", &asked.state)];
        back.push_str(&serde_urlencoded::to_string(pairs).unwrap_or_default());
        agreements.given.push(Given {
            reference: reference.to_string(),
            user: user.to_string(),
            code,
            access: None,
            refresh: None,
            refreshed: 0,
            is_over: false,
        });
        Some(back)
    }

    /// `GET` asks who agrees, `POST` agrees and leads back to the merchant.
    pub(super) fn consent_page(&self, request: &Received) -> Answer {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Sent {
            agreement: String,
            user: String,
        }
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let text = if request.method == Method::POST { &*request.body } else { query.as_bytes() };
        let sent: Sent = serde_urlencoded::from_bytes(text).unwrap_or_default();
        let asked = self.agreements().asked.get(&sent.agreement).cloned();
        let Some(asked) = asked else {
            let inner = "<p class=\"bad\">Nothing to agree to.</p>";
            return page(StatusCode::NOT_FOUND, &self.config.name, inner);
        };
        if request.method == Method::POST
            && let Some(back) = self.consent(&sent.user, &sent.agreement)
        {
            return lead_to(&back);
        }
        let mut users = String::new();
        for user in self.books().accounts.keys() {
            let user = escape(user);
            let _ = write!(users, "<option value=\"{user}\">{user}</option>");
        }
        let inner = format!(
            "<p>{} asks to debit you from now on.</p><form method=\"post\"><label>Who agrees?\
             <select name=\"user\">{users}</select></label><input type=\"hidden\" \
             name=\"agreement\" value=\"{}\"><button>Agree</button></form>",
            escape(&asked.name),
            escape(&sent.agreement),
        );
        page(StatusCode::OK, &self.config.name, &inner)
    }

    pub(super) fn control_consent(&self, body: &[u8]) -> Answer {
        let consent: Consent = match serde_json::from_slice(body) {
            Ok(consent) => consent,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        match self.consent(&consent.user, &consent.agreement) {
            Some(back) => control_answer(StatusCode::OK, &back),
            None => control_error(StatusCode::NOT_FOUND, "no such user or agreement"),
        }
    }

    pub(super) async fn control_unbind(&self, body: &[u8]) -> Answer {
        let unbind: Unbind = match serde_json::from_slice(body) {
            Ok(unbind) => unbind,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        match self.unbind(&unbind).await {
            Ok(is_over) => control_answer(StatusCode::OK, &is_over),
            Err(error) => control_error(StatusCode::CONFLICT, error),
        }
    }

    /// A user withdraws; `false` when the acquirer asked the user to stay.
    async fn unbind(&self, it: &Unbind) -> Result<bool, SimError> {
        let unknown = || SimError::Unknown("a token of this user's agreement".to_string());
        let (client, token) = {
            let agreements = self.agreements();
            let is_it = |given: &&Given| given.reference == it.agreement && given.user == it.user;
            let given = agreements.given.iter().rev().find(is_it).ok_or_else(unknown)?;
            let client = agreements.asked.get(&it.agreement).map(|asked| asked.client.clone());
            (client.ok_or_else(unknown)?, given.access.clone().ok_or_else(unknown)?)
        };
        let client = Text::new(&client).map_err(SimError::request)?;
        let access = Text::new(&token).map_err(SimError::request)?;
        let timeout = self.config.call_timeout;
        if it.consult {
            let request = ConsultUnbindingRequest::new(client.clone(), access.clone());
            let api = wire::Api::ConsultUnbinding;
            let answer: ConsultUnbindingResponse = self.edge.call(api, &request, timeout).await?;
            succeed(&answer.result)?;
            if answer.allow_unbinding == Some(false) {
                return Ok(false);
            }
        }
        for given in &mut self.agreements().given {
            given.is_over |= given.access.as_deref() == Some(token.as_str());
        }
        let mut request = AuthNotifyRequest::new(AuthNotifyType::TokenCanceled, client);
        request.access_token = Some(access);
        let api = wire::Api::AuthNotify;
        let answer: AuthNotifyResponse = self.edge.call(api, &request, timeout).await?;
        succeed(&answer.result)?;
        Ok(true)
    }
}

impl SimWallet {
    /// A user agrees to what a merchant asked for (the network's id of the agreement). Returns
    /// where the user goes on; none when there is no such user or agreement.
    pub fn consent(&self, user: &str, agreement: &str) -> Option<String> {
        self.wallet.consent(user, agreement)
    }
}

fn tokens_of(given: &Given, now: Timestamp) -> ApplyTokenResponse {
    let text = |token: &Option<String>| token.as_ref().and_then(|token| Text::new(token).ok());
    ApplyTokenResponse {
        access_token: text(&given.access),
        access_token_expiry_time: Some(Datetime::utc(now.after(ACCESS_LIFE))),
        refresh_token: text(&given.refresh),
        refresh_token_expiry_time: Some(Datetime::utc(now.after(REFRESH_LIFE))),
        customer_id: Text::new(&given.user).ok(),
        ..ApplyTokenResponse::new(ResultCode::Success.into())
    }
}
