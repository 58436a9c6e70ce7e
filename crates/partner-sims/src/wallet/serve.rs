//! The wallet's server: signed calls of the network, and the unsigned control endpoints.

use super::{Wallet, agreement, app, dispute};
use crate::behaviour::{Api, Behaviour};
use crate::edge::{Verified, control_answer, control_error};
use crate::magic;
use crate::script::ScriptChange;
use crate::server::{Answer, Answering, Handler, Received, plain};
use base::ResultCode;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use wire::{WireError, mpp};

/// The body of `POST /sim/complete`: the user's decision about a payment that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// The network's id of the payment.
    pub payment_request_id: String,
    /// Empty or `SUCCESS` to pay, else the code of the refusal.
    #[serde(default)]
    pub result_code: String,
    /// Tell the network.
    #[serde(default)]
    pub notify: bool,
}

/// The body of `POST /sim/scan`: a user scans an order code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scan {
    pub user: String,
    /// The scanned text.
    pub code_value: String,
    /// Pay at once; else the order waits for `POST /sim/complete`.
    #[serde(default)]
    pub confirm: bool,
}

/// What the control endpoint tells of a scanned order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScannedOrder {
    payment_request_id: String,
    payment_amount: String,
    pay_to_amount: String,
    result_code: &'static str,
}

/// A request of the network, read.
enum Asked {
    Pay(Box<mpp::PayRequest>),
    Inquiry(mpp::InquiryPaymentRequest),
    Cancel(mpp::CancelPaymentRequest),
    Refund(Box<mpp::RefundRequest>),
}

impl Asked {
    fn read(api: Api, body: &[u8]) -> Result<Asked, WireError> {
        match api {
            Api::Pay => wire::parse(body).map(|request| Asked::Pay(Box::new(request))),
            Api::InquiryPayment => wire::parse(body).map(Asked::Inquiry),
            Api::CancelPayment => wire::parse(body).map(Asked::Cancel),
            Api::Refund => wire::parse(body).map(|request| Asked::Refund(Box::new(request))),
            Api::NotifyPayment
            | Api::UserInitiatedPay
            | Api::Prepare
            | Api::ApplyToken
            | Api::CancelToken
            | Api::AuthNotify
            | Api::Registration
            | Api::PushPayment
            | Api::InquiryPushPayment => {
                Err(WireError::new("body", "is for an acquirer", "send it there"))
            }
        }
    }
}

impl Handler for Wallet {
    fn answer(self: Arc<Self>, request: Received) -> Answering {
        Box::pin(async move {
            let path = request.target.split('?').next().unwrap_or_default().to_string();
            match (&request.method, path.as_str()) {
                (&Method::GET, "/healthz") => {
                    Answer::Send(plain(StatusCode::OK, "text/plain", "ok\n"))
                }
                (&Method::GET, "/sim/state") => control_answer(StatusCode::OK, &self.view()),
                (&Method::POST, "/sim/behaviour") => self.control_script(&request.body),
                (&Method::POST, "/sim/complete") => self.control_complete(&request.body),
                (&Method::POST, "/sim/scan") => self.control_scan(&request.body).await,
                (&Method::GET | &Method::POST, app::PATH) => self.app(&request).await,
                (&Method::GET | &Method::POST, agreement::PATH) => self.consent_page(&request),
                (&Method::POST, "/sim/dispute") => self.control_dispute(&request.body).await,
                (&Method::POST, dispute::RETRIEVAL | dispute::ESCALATION) => {
                    self.dispute_answered(request).await
                }
                (&Method::POST, "/sim/decide") => self.control_decide(&request.body).await,
                (&Method::POST, path) if path == self.config.paths.registration => {
                    self.registered(request).await
                }
                (&Method::POST, "/sim/consent") => self.control_consent(&request.body),
                (&Method::POST, "/sim/unbind") => self.control_unbind(&request.body).await,
                (&Method::POST, path) if self.is_agreement_path(path) => {
                    self.agreement_call(request).await
                }
                (_, path) => match (self.config.paths.api(path), &request.method) {
                    (Some(api), &Method::POST) => self.signed(api, request).await,
                    (Some(_), _) => {
                        let code = ResultCode::MethodNotSupported;
                        self.edge.refuse(&request.target, code, code.meaning())
                    }
                    (None, _) => {
                        let code = ResultCode::NoInterfaceDef;
                        self.edge.refuse(&request.target, code, code.meaning())
                    }
                },
            }
        })
    }
}

impl Wallet {
    async fn signed(self: Arc<Self>, api: Api, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => {
                self.count("refusedSignatures");
                return *refusal;
            }
        };
        self.count(api.as_str());
        let asked = match Asked::read(api, &body) {
            Ok(asked) => asked,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        let behaviour = self.behaviour(api, &asked);
        match behaviour {
            Behaviour::Silent { does_work: false } | Behaviour::HttpError { .. } => {
                return self.edge.deliver(&target, Vec::new(), &behaviour).await;
            }
            Behaviour::Slow { ms, before_work: true } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            _ => {}
        }
        let answer = match &asked {
            Asked::Pay(request) => self.pay_and_tell(request, &behaviour).await,
            Asked::Inquiry(request) => wire::render(&self.inquiry(request, &behaviour)),
            Asked::Cancel(request) => wire::render(&self.cancel(request, &behaviour)),
            Asked::Refund(request) => wire::render(&self.refund(request, &behaviour)),
        };
        self.edge.deliver(&target, answer, &behaviour).await
    }

    /// The script first; then the price, if this payment was not seen before; else normal.
    fn behaviour(&self, api: Api, asked: &Asked) -> Behaviour {
        if let Some(scripted) = self.scripts().take(api) {
            return scripted;
        }
        let Asked::Pay(request) = asked else { return Behaviour::Normal };
        let is_known = self.books().payments.contains_key(request.payment_request_id.as_str());
        if is_known || !self.config.has_magic_amounts {
            return Behaviour::Normal;
        }
        magic::of(request.payment_amount.0).unwrap_or(Behaviour::Normal)
    }

    async fn pay_and_tell(
        self: &Arc<Self>,
        request: &mpp::PayRequest,
        behaviour: &Behaviour,
    ) -> Vec<u8> {
        let paying = self.pay(request, behaviour);
        let id = request.payment_request_id.as_str().to_string();
        match behaviour {
            Behaviour::LateSuccess { ms, notify } if paying.is_new => {
                tokio::spawn(self.clone().succeed_later(id, *ms, *notify));
            }
            Behaviour::DuplicateNotify { times } => {
                tokio::spawn(self.clone().notify_times(id, *times));
            }
            Behaviour::NotifyBeforeReply => {
                // The answer leaves even if the network does not take the notification.
                if let Err(error) = self.notify_once(&id).await {
                    tracing::info!(%error, payment = id, "the early notification was not taken");
                }
            }
            _ => {}
        }
        wire::render(&paying.answer)
    }

    async fn succeed_later(self: Arc<Self>, id: String, ms: u64, notify: bool) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        self.books().debit(&id, self.edge.clock.now());
        if notify {
            self.notify_until_acknowledged(&id).await;
        }
    }

    async fn notify_times(self: Arc<Self>, id: String, times: u32) {
        for _ in 0..times {
            if let Err(error) = self.notify_once(&id).await {
                tracing::info!(%error, payment = id, "a duplicate notification was not taken");
            }
        }
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

    fn control_complete(self: &Arc<Self>, body: &[u8]) -> Answer {
        let completion: Completion = match serde_json::from_slice(body) {
            Ok(completion) => completion,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        let code = match completion.result_code.as_str() {
            "" => Some(ResultCode::Success),
            text => ResultCode::from_text(text),
        };
        let Some(code) = code else {
            return control_error(StatusCode::BAD_REQUEST, "resultCode is not a result code");
        };
        let Some(said) = self.complete(&completion.payment_request_id, code) else {
            return control_error(StatusCode::NOT_FOUND, "no such payment");
        };
        if completion.notify {
            let (wallet, id) = (self.clone(), completion.payment_request_id);
            tokio::spawn(async move { wallet.notify_until_acknowledged(&id).await });
        }
        control_answer(StatusCode::OK, &said.as_str())
    }

    async fn control_scan(&self, body: &[u8]) -> Answer {
        let scan: Scan = match serde_json::from_slice(body) {
            Ok(scan) => scan,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        let taken = match self.take_order(&scan.user, &scan.code_value).await {
            Ok(taken) => taken,
            Err(error) => return control_error(StatusCode::CONFLICT, error),
        };
        let id = taken.payment_request_id.as_ref().map_or("", |id| id.as_str());
        let code = if scan.confirm {
            self.confirm_order(id, ResultCode::Success).await
        } else {
            Some(ResultCode::PaymentInProcess)
        };
        let amount = |it: Option<wire::Amount>| it.map_or_else(String::new, |it| it.0.to_string());
        control_answer(
            StatusCode::OK,
            &ScannedOrder {
                payment_request_id: id.to_string(),
                payment_amount: amount(taken.payment_amount),
                pay_to_amount: amount(taken.pay_to_amount),
                result_code: code.map_or("", ResultCode::as_str),
            },
        )
    }

    /// Ends a payment that waits; one that does not stays as it is. Returns what it says then.
    pub(super) fn complete(&self, id: &str, code: ResultCode) -> Option<ResultCode> {
        let now = self.edge.clock.now();
        let state = match code {
            ResultCode::Success => self.books().debit(id, now),
            refusal => self.books().decline(id, refusal),
        };
        state.map(|state| state.code())
    }
}
