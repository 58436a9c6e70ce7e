//! Disputes at the simulated wallet: opened for a user, and what the acquirer answered.

use super::Wallet;
use crate::behaviour::Behaviour;
use crate::books::RefundOrder;
use crate::edge::{SimError, Verified, control_answer, control_error, succeed};
use crate::server::{Answer, Received};
use base::ResultCode;
use http::StatusCode;
use money::{Currency, Money, Rounding, pro_rata};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::mpp::{
    InitiateEscalationRequest, InitiateRetrievalRequest, ResponseEscalationRequest,
    ResponseRetrievalRequest,
};
use wire::parts::Id;
use wire::{Amount, Api, Datetime, Label, ResultOnly};

/// Where the network brings answers to.
pub(super) const RETRIEVAL: &str = wire::paths::wallet::RESPONSE_RETRIEVAL;
pub(super) const ESCALATION: &str = wire::paths::wallet::RESPONSE_ESCALATION;

/// A dispute as the wallet knows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DisputeView {
    /// The network's id of the payment.
    pub payment_request_id: String,
    /// What was claimed, in the shop's currency; nothing for a retrieval.
    #[serde(skip)]
    pub claimed: Option<Money>,
    /// Empty while the acquirer has not answered.
    pub answer: String,
    /// What the user got back, in minor units of the wallet's currency.
    pub given_back_minor: u64,
}

/// The body of `POST /sim/dispute`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    dispute_request_id: String,
    /// The network's id of the payment.
    payment_request_id: String,
    /// Minor units of the shop's currency to claim back; 0 asks for documents.
    value: u64,
    currency: String,
    reason: String,
}

impl Wallet {
    fn disputes(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, DisputeView>> {
        self.disputes.lock().expect("no code panics while it holds the disputes")
    }

    pub(super) fn disputes_seen(&self) -> BTreeMap<String, DisputeView> {
        self.disputes().clone()
    }

    pub(super) async fn control_dispute(&self, body: &[u8]) -> Answer {
        let asked: Asked = match serde_json::from_slice(body) {
            Ok(asked) => asked,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        match self.dispute(&asked).await {
            Ok(()) => control_answer(StatusCode::OK, &"ok"),
            Err(error) => control_error(StatusCode::CONFLICT, error),
        }
    }

    async fn dispute(&self, asked: &Asked) -> Result<(), SimError> {
        let id = |text: &str| Id::new(text).map_err(SimError::request);
        let (own, payment) = (id(&asked.dispute_request_id)?, id(&asked.payment_request_id)?);
        let reason = Label::new(&asked.reason).ok();
        let occurred = Datetime::utc(self.edge.clock.now());
        let timeout = self.config.call_timeout;
        let mut claimed = None;
        let answer: ResultOnly = if asked.value == 0 {
            let mut request = InitiateRetrievalRequest::new(own, payment, occurred);
            request.reason = reason;
            self.edge.call(Api::InitiateRetrieval, &request, timeout).await?
        } else {
            let currency = Currency::from_code(&asked.currency);
            let currency = currency.ok_or_else(|| SimError::request("currency"))?;
            let amount = Money::new(asked.value, currency).map_err(SimError::request)?;
            claimed = Some(amount);
            let mut request = InitiateEscalationRequest::new(own, payment, Amount(amount));
            (request.reason, request.dispute_occur_time) = (reason, Some(occurred));
            self.edge.call(Api::InitiateEscalation, &request, timeout).await?
        };
        succeed(&answer.result)?;
        let view = DisputeView {
            payment_request_id: asked.payment_request_id.clone(),
            claimed,
            answer: String::new(),
            given_back_minor: 0,
        };
        self.disputes().entry(asked.dispute_request_id.clone()).or_insert(view);
        Ok(())
    }

    /// `responseRetrieval` and `responseEscalation` from the network; the same again is nothing new.
    pub(super) async fn dispute_answered(&self, request: Received) -> Answer {
        let is_escalation = request.target.split('?').next() == Some(ESCALATION);
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let code = match is_escalation {
            true => wire::parse(&body).map(|request| self.escalation_ended(&request)),
            false => wire::parse(&body).map(|request| self.documents_came(&request)),
        };
        match code {
            Ok(code) => {
                let answer = ResultOnly::new(code.into());
                self.edge.deliver(&target, wire::render(&answer), &Behaviour::Normal).await
            }
            Err(error) => self.edge.refuse(&target, error.code(), &error.to_string()),
        }
    }

    fn documents_came(&self, request: &ResponseRetrievalRequest) -> ResultCode {
        let mut disputes = self.disputes();
        let Some(dispute) = disputes.get_mut(request.dispute_request_id.as_str()) else {
            return ResultCode::OrderNotExist;
        };
        let receipt = request.transaction_receipt.as_ref();
        let order = receipt.and_then(|it| it.reference_order_id.as_ref());
        dispute.answer = format!("documents of {}", order.map_or("no order", |id| id.as_str()));
        ResultCode::Success
    }

    /// Gives the user back what was accepted, at the payment's own rate.
    fn escalation_ended(&self, request: &ResponseEscalationRequest) -> ResultCode {
        let id = request.dispute_request_id.as_str();
        let mut disputes = self.disputes();
        let Some(dispute) = disputes.get_mut(id) else { return ResultCode::OrderNotExist };
        let claimed = dispute.claimed.unwrap_or(Money::zero(self.config.currency));
        let Ok(accepted) = request.accepted(claimed) else { return ResultCode::ParamIllegal };
        dispute.answer = request.refund_type.as_str().to_string();
        let Some(accepted) = accepted else { return ResultCode::Success };
        let mut books = self.books();
        let row = books.payments.get(&dispute.payment_request_id);
        let Some(order) = row.and_then(|row| row.order.clone()) else {
            return ResultCode::OrderNotExist;
        };
        let whole = order.payment_amount.minor();
        let back = pro_rata(order.pay_to_amount, accepted.minor(), whole, Rounding::HalfEven);
        let Ok(back) = back else { return ResultCode::ProcessFail };
        dispute.given_back_minor = back.minor();
        let refund = RefundOrder {
            refund_request_id: id.to_string(),
            payment_request_id: dispute.payment_request_id.clone(),
            payment_id: None,
            refund_amount: accepted,
            refund_from_amount: back,
            compared: String::new(),
        };
        books.refund(refund, self.edge.clock.now())
    }
}
