//! Push mode at the simulated acquirer: codes of its country that its shops have on a sticker, and
//! the payments that the network pushes when a wallet has paid by one.

use super::calls::id;
use super::{Acquirer, Sale, SimAcquirer};
use crate::behaviour::{Api, Behaviour, Said};
use crate::edge::{SimError, Verified, control_answer, control_error};
use crate::journal::{Line, Source};
use crate::server::{Answer, Received};
use base::{ResultCode, ResultStatus};
use http::StatusCode;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use wire::acqp::{
    AskedOrder, InquiryPushPaymentRequest, NotifyPushPaymentRequest, PushPaymentRequest,
    PushPaymentResponse, UserInitiatedPayResponse,
};
use wire::mpp::CodeType;
use wire::parts::InStoreScenario;
use wire::{ResultOnly, WireResult};

/// A code on a sticker of a shop.
#[derive(Clone, Debug)]
pub(super) struct Sticker {
    merchant_id: String,
    /// `None`: the payer enters it.
    price: Option<Money>,
    pushes: Pushes,
}

/// What a shop makes of payments by its sticker, unless a script says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pushes {
    #[default]
    Taken,
    /// With `RISK_REJECT`.
    Refused,
    /// Left open with U, and told by `notifyPushPayment` a moment later.
    TakenLate,
}

impl Pushes {
    /// How long a moment is.
    const LATE_MS: u64 = 50;

    const fn behaviour(self) -> Behaviour {
        match self {
            Pushes::Taken => Behaviour::Normal,
            Pushes::Refused => Behaviour::Decline { code: ResultCode::RiskReject },
            Pushes::TakenLate => Behaviour::LateSuccess { ms: Pushes::LATE_MS, notify: true },
        }
    }
}

/// A payment that the network pushed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pushed {
    code_value: String,
    payment_request_id: String,
    #[serde(serialize_with = "super::write_money")]
    amount: Money,
    #[serde(serialize_with = "write_result")]
    result: ResultCode,
    /// How often the network told of it.
    times: u32,
}

fn write_result<S: serde::Serializer>(code: &ResultCode, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(code.as_str())
}

const fn said(say: Said) -> ResultCode {
    match say {
        Said::S => ResultCode::Success,
        Said::F => ResultCode::RiskReject,
    }
}

/// The body of `POST /sim/sticker`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewSticker {
    code_value: String,
    merchant_id: String,
    #[serde(default)]
    currency: String,
    /// Minor units; 0 leaves it to the payer.
    #[serde(default)]
    value: u64,
    #[serde(default)]
    pushes: Pushes,
}

/// The body of `POST /sim/decide-push`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decision {
    payment_id: String,
    is_accepted: bool,
}

impl Acquirer {
    pub(super) fn pushed(&self) -> MutexGuard<'_, BTreeMap<String, Pushed>> {
        self.pushed.lock().expect("no code panics while it holds the pushed payments")
    }

    fn stickers(&self) -> MutexGuard<'_, BTreeMap<String, Sticker>> {
        self.stickers.lock().expect("no code panics while it holds the stickers")
    }

    /// What a sticker means: a shop, and a price if there is one on it. No payment yet.
    pub(super) fn read_sticker(&self, code: &str) -> Option<UserInitiatedPayResponse> {
        let sticker = self.stickers().get(code)?.clone();
        let price = sticker.price.unwrap_or(Money::zero(self.config.settlement_currency));
        let sale = Sale {
            payment_request_id: "sticker".to_string(),
            merchant_id: sticker.merchant_id,
            price,
            payment_code: String::new(),
            expires_at_ms: None,
        };
        let mut request = self.pay_request(&sale, &self.own_notify_url()).ok()?;
        request.payment_factor.is_cashier_payment = Some(true);
        request.payment_factor.in_store_payment_scenario = Some(InStoreScenario::EntryCode);
        Some(UserInitiatedPayResponse {
            code_type: Some(CodeType::StoreCode),
            order: Some(AskedOrder::new(request.order.merchant)),
            payment_amount: sticker.price.map(wire::Amount),
            payment_factor: Some(request.payment_factor),
            settlement_strategy: request.settlement_strategy,
            ..UserInitiatedPayResponse::new(ResultCode::Success.into())
        })
    }

    /// `pushPayment`: takes the payment, once.
    pub(super) async fn take_push(self: &Arc<Self>, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let told: PushPaymentRequest = match wire::parse(&body) {
            Ok(told) => told,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        let scripted = self.scripts().take(Api::PushPayment);
        let behaviour = scripted.unwrap_or_else(|| self.usual(&told));
        if let Behaviour::Slow { ms, before_work: true } = behaviour {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        let is_undone = matches!(
            behaviour,
            Behaviour::Silent { does_work: false } | Behaviour::HttpError { .. }
        );
        if self.knows_otherwise(&told) {
            let answer = PushPaymentResponse::new(ResultCode::RepeatReqInconsistent.into());
            return self.edge.deliver(&target, wire::render(&answer), &behaviour).await;
        }
        let own = told.payment_id.as_str().to_string();
        if !is_undone {
            self.keep_push(told, &behaviour);
        }
        if let Behaviour::LateSuccess { ms, notify } = behaviour {
            let (acquirer, own) = (Arc::clone(self), own.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                acquirer.decide_push(&own, ResultCode::Success);
                if notify {
                    // The network asks, if it does not hear.
                    let _ = acquirer.tell_push(&own).await;
                }
            });
        }
        let mut answer = self.push_answer(&own);
        if let Behaviour::Contradict { say } = behaviour {
            answer.payment_result = Some(said(say).into());
        }
        self.edge.deliver(&target, wire::render(&answer), &behaviour).await
    }

    /// What the shop does with payments by the code.
    fn usual(&self, told: &PushPaymentRequest) -> Behaviour {
        let pushes = self.stickers().get(told.code_value.as_str()).map(|it| it.pushes);
        pushes.unwrap_or_default().behaviour()
    }

    /// The payment is known with another amount or by another code.
    fn knows_otherwise(&self, told: &PushPaymentRequest) -> bool {
        let pushed = self.pushed();
        pushed.get(told.payment_id.as_str()).is_some_and(|known| {
            let amount = told.payment_amount.map(|amount| amount.0);
            known.code_value != told.code_value.as_str()
                || amount.is_some_and(|amount| amount != known.amount)
        })
    }

    fn keep_push(&self, told: PushPaymentRequest, behaviour: &Behaviour) {
        let result = match behaviour {
            Behaviour::Decline { code } => *code,
            Behaviour::NeedsUser | Behaviour::LateSuccess { .. } => ResultCode::PaymentInProcess,
            Behaviour::Contradict { say: Said::S } => said(Said::F),
            _ => ResultCode::Success,
        };
        let own = told.payment_id.as_str().to_string();
        let Some(amount) = told.payment_amount.map(|amount| amount.0) else { return };
        if let Some(known) = self.pushed().get_mut(&own) {
            known.times += 1;
            return;
        }
        let new = Pushed {
            code_value: told.code_value.as_str().to_string(),
            // The same after a restart, in which everything else is forgotten.
            payment_request_id: format!("STICKER-{}", own.trim_start_matches("pay_")),
            amount,
            result: ResultCode::PaymentInProcess,
            times: 1,
        };
        self.pushed().insert(own.clone(), new);
        if result != ResultCode::PaymentInProcess {
            self.decide_push(&own, result);
        }
    }

    /// The first decision stands.
    fn decide_push(&self, own: &str, result: ResultCode) {
        let decided = {
            let mut pushed = self.pushed();
            let Some(known) = pushed.get_mut(own) else { return };
            if known.result != ResultCode::PaymentInProcess {
                return;
            }
            known.result = result;
            known.clone()
        };
        let line = Line {
            result: result.status().as_str().to_string(),
            code: result.as_str().to_string(),
            payment_id: Some(own.to_string()),
            payment_amount: Some(decided.amount.into()),
            ..Line::new(&decided.payment_request_id, Source::Push, self.edge.clock.now())
        };
        self.write(line);
    }

    /// `inquiryPushPayment`.
    pub(super) async fn asked_push(&self, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let asked: InquiryPushPaymentRequest = match wire::parse(&body) {
            Ok(asked) => asked,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        let behaviour = self.scripts().take(Api::InquiryPushPayment).unwrap_or(Behaviour::Normal);
        let answer = match behaviour {
            Behaviour::UnknownOnInquiry => {
                PushPaymentResponse::new(ResultCode::OrderNotExist.into())
            }
            _ => self.push_answer(asked.payment_id.as_str()),
        };
        self.edge.deliver(&target, wire::render(&answer), &behaviour).await
    }

    fn push_answer(&self, own: &str) -> PushPaymentResponse {
        let Some(known) = self.pushed().get(own).cloned() else {
            return PushPaymentResponse::new(ResultCode::OrderNotExist.into());
        };
        PushPaymentResponse {
            payment_result: Some(known.result.into()),
            payment_request_id: id(&known.payment_request_id).ok(),
            ..PushPaymentResponse::new(ResultCode::Success.into())
        }
    }

    /// `notifyPushPayment`: what the network says to it.
    async fn tell_push(&self, own: &str) -> Result<ResultCode, SimError> {
        let known = self.pushed().get(own).cloned();
        let known = known.ok_or_else(|| SimError::Unknown("the pushed payment".to_string()))?;
        let mut request = NotifyPushPaymentRequest::new(WireResult::of(known.result), id(own)?);
        request.payment_request_id = Some(id(&known.payment_request_id)?);
        let timeout = self.config.call_timeout;
        let answer: ResultOnly =
            self.edge.call(wire::Api::NotifyPushPayment, &request, timeout).await?;
        Ok(match answer.result.status() {
            ResultStatus::S => ResultCode::Success,
            ResultStatus::F | ResultStatus::U => answer.result.code(),
        })
    }

    pub(super) fn control_sticker(&self, body: &[u8]) -> Answer {
        let new: NewSticker = match serde_json::from_slice(body) {
            Ok(new) => new,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        let price = match new.value {
            0 => None,
            value => {
                let currency = Currency::from_code(&new.currency);
                let price = currency.and_then(|currency| Money::new(value, currency).ok());
                if price.is_none() {
                    return control_error(StatusCode::BAD_REQUEST, "currency or value");
                }
                price
            }
        };
        self.put_sticker(new.code_value, new.merchant_id, price, new.pushes);
        control_answer(StatusCode::OK, &"ok")
    }

    fn put_sticker(&self, code: String, merchant_id: String, price: Option<Money>, pushes: Pushes) {
        self.stickers().insert(code, Sticker { merchant_id, price, pushes });
    }

    /// Decides about a pushed payment that was left open, and tells the network.
    pub(super) async fn control_decide_push(&self, body: &[u8]) -> Answer {
        let decision: Decision = match serde_json::from_slice(body) {
            Ok(decision) => decision,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        let code = if decision.is_accepted { ResultCode::Success } else { ResultCode::RiskReject };
        self.decide_push(&decision.payment_id, code);
        match self.tell_push(&decision.payment_id).await {
            Ok(code) => control_answer(StatusCode::OK, &code.as_str()),
            Err(error) => control_error(StatusCode::CONFLICT, error),
        }
    }
}

impl SimAcquirer {
    /// A shop puts up a code of its country: push mode. Without a price the payer enters it.
    pub fn put_sticker(&self, code: &str, merchant_id: &str, price: Option<Money>) {
        self.put_sticker_where(code, merchant_id, price, Pushes::Taken);
    }

    /// As [`put_sticker`](SimAcquirer::put_sticker), and says what the shop makes of payments by it.
    pub fn put_sticker_where(
        &self,
        code: &str,
        merchant_id: &str,
        price: Option<Money>,
        pushes: Pushes,
    ) {
        self.acquirer.put_sticker(code.to_string(), merchant_id.to_string(), price, pushes);
    }
}
