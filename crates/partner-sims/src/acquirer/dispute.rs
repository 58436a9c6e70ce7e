//! Disputes at the simulated acquirer: what wallets ask, and its answers.

use super::Acquirer;
use super::calls::{id, label};
use crate::behaviour::Behaviour;
use crate::edge::{SimError, Verified, control_answer, control_error};
use crate::server::{Answer, Received};
use base::{ResultCode, ResultStatus};
use http::StatusCode;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::MutexGuard;
use wire::acqp::{
    InitiateEscalationRequest, InitiateRetrievalRequest, RefundType, ResponseEscalationRequest,
    ResponseRetrievalRequest, TransactionReceipt,
};
use wire::{Amount, Api, ResultOnly, WireResult};

/// A dispute as the acquirer was told of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DisputeView {
    pub payment_request_id: String,
    /// What is claimed; empty for a retrieval.
    pub claimed: String,
    pub reason: String,
}

/// The body of `POST /sim/answer-dispute`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    dispute_request_id: String,
    /// `documents`, `accept`, `part` or `refuse`.
    answer: String,
    /// For `part`: minor units.
    value: u64,
    currency: String,
}

impl Acquirer {
    pub(super) fn disputes(&self) -> MutexGuard<'_, BTreeMap<String, DisputeView>> {
        self.disputes.lock().expect("no code panics while it holds the disputes")
    }

    /// `initiateRetrieval` and `initiateEscalation` from the network.
    pub(super) async fn disputed(&self, request: Received) -> Answer {
        let path = request.target.split('?').next().unwrap_or_default();
        let is_escalation = path == wire::paths::acquirer::INITIATE_ESCALATION;
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let told = match is_escalation {
            true => wire::parse(&body).map(|it: InitiateEscalationRequest| {
                let claimed = it.escalation_amount.0.to_string();
                (it.dispute_request_id, it.payment_request_id, claimed, it.reason)
            }),
            false => wire::parse(&body).map(|it: InitiateRetrievalRequest| {
                (it.dispute_request_id, it.payment_request_id, String::new(), it.reason)
            }),
        };
        let (id, payment, claimed, reason) = match told {
            Ok(told) => told,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        let view = DisputeView {
            payment_request_id: payment.as_str().to_string(),
            claimed,
            reason: reason.map_or(String::new(), |reason| reason.as_str().to_string()),
        };
        self.disputes().insert(id.as_str().to_string(), view);
        let answer = ResultOnly::new(WireResult::of(ResultCode::Success));
        self.edge.deliver(&target, wire::render(&answer), &Behaviour::Normal).await
    }

    /// Answers a dispute; the body is what the network said to it.
    pub(super) async fn control_answer_dispute(&self, body: &[u8]) -> Answer {
        let asked: Asked = match serde_json::from_slice(body) {
            Ok(asked) => asked,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        match self.answer_dispute(&asked).await {
            Ok(code) => control_answer(StatusCode::OK, &code.as_str()),
            Err(error) => control_error(StatusCode::CONFLICT, error),
        }
    }

    async fn answer_dispute(&self, asked: &Asked) -> Result<ResultCode, SimError> {
        let own = id(&asked.dispute_request_id)?;
        let timeout = self.config.pay_timeout;
        let answer: ResultOnly = if asked.answer == "documents" {
            let payment = self.disputes().get(own.as_str()).map(|it| it.payment_request_id.clone());
            let mut receipt = TransactionReceipt::new();
            receipt.reference_order_id = payment.map(|payment| id(&payment)).transpose()?;
            let mut request = ResponseRetrievalRequest::new(own);
            request.transaction_receipt = Some(receipt);
            self.edge.call(Api::ResponseRetrieval, &request, timeout).await?
        } else {
            let refund_type = match asked.answer.as_str() {
                "accept" => RefundType::AcceptRefund,
                "part" => RefundType::AcceptPartialRefund,
                _ => RefundType::RefuseRefund,
            };
            let mut request = ResponseEscalationRequest::new(own, refund_type);
            if refund_type == RefundType::AcceptPartialRefund {
                let currency = Currency::from_code(&asked.currency);
                let currency = currency.ok_or_else(|| SimError::request("currency"))?;
                let amount = Money::new(asked.value, currency).map_err(SimError::request)?;
                request.refund_amount = Some(Amount(amount));
            }
            request.remarks = Some(label("answered by hand")?);
            self.edge.call(Api::ResponseEscalation, &request, timeout).await?
        };
        Ok(match answer.result.status() {
            ResultStatus::S => ResultCode::Success,
            ResultStatus::F | ResultStatus::U => answer.result.code(),
        })
    }
}
