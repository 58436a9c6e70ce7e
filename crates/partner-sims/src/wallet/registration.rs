//! Merchants that the network reports to the simulated wallet, and what the wallet decides.

use super::Wallet;
use crate::behaviour::{Api, Behaviour};
use crate::edge::{SimError, Verified, control_answer, control_error, succeed};
use crate::server::{Answer, Received};
use base::ResultCode;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::acqp::{
    InquiryRegistrationStatusResponse, NotifyRegistrationStatusRequest, RegistrationRequest,
    RegistrationResult, RegistrationStatus,
};
use wire::{Label, ResultOnly, Text};

/// A merchant as it was reported.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    pub registration_request_id: String,
    pub name: String,
    /// `APPROVED`, `REJECTED` or `PENDING`.
    pub status: &'static str,
}

/// The body of `POST /sim/decide`: the wallet's people made up their minds.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decision {
    merchant_id: String,
    /// Why not; nothing approves.
    #[serde(default)]
    reason: String,
}

/// Merchants by their acquirer's reference.
pub(super) type Merchants = BTreeMap<String, Reported>;

impl Wallet {
    /// `registration`: approved at once, unless the script says `needs-user` (reviewed, decided by
    /// `POST /sim/decide`) or `F:...` (rejected).
    pub(super) async fn registered(&self, request: Received) -> Answer {
        let Verified { target, body } = match self.edge.verify(request) {
            Ok(verified) => verified,
            Err(refusal) => return *refusal,
        };
        let asked: RegistrationRequest = match wire::parse(&body) {
            Ok(asked) => asked,
            Err(error) => return self.edge.refuse(&target, error.code(), &error.to_string()),
        };
        self.count(Api::Registration.as_str());
        let behaviour = self.scripts().take(Api::Registration).unwrap_or(Behaviour::Normal);
        let (status, reason) = match &behaviour {
            Behaviour::NeedsUser => (RegistrationStatus::Pending, None),
            Behaviour::Decline { code } => (RegistrationStatus::Rejected, Some(code.as_str())),
            _ => (RegistrationStatus::Approved, None),
        };
        let shop = &asked.merchant_info;
        let reported = Reported {
            registration_request_id: asked.registration_request_id.as_str().to_string(),
            name: shop.registration_detail.legal_name.as_str().to_string(),
            status: status.as_str(),
        };
        let reference = shop.reference_merchant_id.as_str().to_string();
        self.merchants().insert(reference, reported);
        let mut answer = InquiryRegistrationStatusResponse::new(ResultCode::Success.into());
        let mut result = RegistrationResult::new(status);
        result.rejection_reason = reason.and_then(|reason| Label::new(reason).ok());
        answer.registration_result = Some(result);
        self.edge.deliver(&target, wire::render(&answer), &behaviour).await
    }

    pub(super) async fn control_decide(&self, body: &[u8]) -> Answer {
        let decision: Decision = match serde_json::from_slice(body) {
            Ok(decision) => decision,
            Err(error) => return control_error(StatusCode::BAD_REQUEST, error),
        };
        match self.decide_merchant(&decision).await {
            Ok(()) => control_answer(StatusCode::OK, &"ok"),
            Err(error) => control_error(StatusCode::CONFLICT, error),
        }
    }

    async fn decide_merchant(&self, decision: &Decision) -> Result<(), SimError> {
        let unknown = || SimError::Unknown(format!("merchant {}", decision.merchant_id));
        let status = match decision.reason.is_empty() {
            true => RegistrationStatus::Approved,
            false => RegistrationStatus::Rejected,
        };
        let id = {
            let mut merchants = self.merchants();
            let reported = merchants.get_mut(&decision.merchant_id).ok_or_else(unknown)?;
            reported.status = status.as_str();
            reported.registration_request_id.clone()
        };
        let mut result = RegistrationResult::new(status);
        result.rejection_reason = Label::new(&decision.reason).ok();
        let reference = Text::new(&decision.merchant_id).map_err(SimError::request)?;
        let mut request = NotifyRegistrationStatusRequest::new(reference, result);
        request.registration_request_id = Some(Text::new(&id).map_err(SimError::request)?);
        let timeout = self.config.call_timeout;
        let api = wire::Api::NotifyRegistrationStatus;
        let answer: ResultOnly = self.edge.call(api, &request, timeout).await?;
        succeed(&answer.result)
    }
}
