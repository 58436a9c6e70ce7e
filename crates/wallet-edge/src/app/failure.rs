//! What went wrong, as the app is told: a code, a message that names field and remedy, a status.

use crate::edge::EdgeError;
use crate::link::LinkError;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Refusal, ResultCode};
use serde::Serialize;
use utoipa::ToSchema;
use vault::VaultError;

/// Why a request was not carried out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// One of the protocol's result codes, or a word of the app's own such as `STEP_UP_REQUIRED`.
    #[schema(example = "PARAM_ILLEGAL")]
    pub code: String,
    /// Names the field and the remedy.
    pub message: String,
    #[serde(skip)]
    pub status: u16,
}

impl Failure {
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Failure {
        Failure { code: code.to_owned(), message: message.into(), status: status.as_u16() }
    }

    pub fn illegal(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "PARAM_ILLEGAL", message)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(self)).into_response()
    }
}

pub(super) fn unauthorized() -> Failure {
    let message = "Authorization: no session of this device has this token; sign in again";
    Failure::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
}

pub(super) fn forbidden(code: &str, message: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, code, message)
}

pub(super) fn conflict(code: &str, message: &str) -> Failure {
    Failure::new(StatusCode::CONFLICT, code, message)
}

pub(super) fn too_many(message: impl Into<String>) -> Failure {
    Failure::new(StatusCode::TOO_MANY_REQUESTS, "REQUEST_TRAFFIC_EXCEED_LIMIT", message)
}

/// Something that is not this customer's is answered like something that is not there.
pub(super) fn not_found(what: &str) -> Failure {
    let message = format!("{what}: not known; check it");
    Failure::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

pub(super) fn internal(error: &dyn std::fmt::Display) -> Failure {
    // Paths and causes are for the log, not for whoever asked.
    tracing::error!(%error, "a request of the app was not carried out");
    let message = "the wallet cannot answer now; repeat the same request later";
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message)
}

impl From<api::ops::Failure> for Failure {
    fn from(failure: api::ops::Failure) -> Failure {
        Failure { code: failure.code, message: failure.message, status: failure.status }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        let status = match refusal.code {
            ResultCode::UserPaymentVerificationFailed => StatusCode::FORBIDDEN,
            ResultCode::OrderIsClosed | ResultCode::OrderStatusInvalid => StatusCode::CONFLICT,
            // What is not the customer's own is not known, whatever it is.
            ResultCode::UserNotExist
            | ResultCode::MerchantNotRegistered
            | ResultCode::InvalidContract => StatusCode::NOT_FOUND,
            _ => return api::ops::Failure::from(refusal).into(),
        };
        Failure::new(status, refusal.code.as_str(), refusal.message)
    }
}

impl From<EdgeError> for Failure {
    fn from(error: EdgeError) -> Failure {
        match error {
            EdgeError::Refused(refusal) => refusal.into(),
            EdgeError::Engine(error) => api::ops::Failure::from(error).into(),
            EdgeError::Vault(VaultError::UnknownPerson | VaultError::UnknownDevice) => {
                unauthorized()
            }
            EdgeError::Vault(VaultError::Full { what, max }) => {
                let message = format!("you have {max} {what}, which is the most; remove one first");
                conflict("FULL", &message)
            }
            EdgeError::NoNetwork => {
                let message = "this wallet has joined no network: it pays at home only";
                conflict("BUSINESS_NOT_SUPPORT", message)
            }
            other => internal(&other),
        }
    }
}

/// Why a call to the network came to nothing.
impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Failure {
        match error {
            LinkError::Call(error) => {
                tracing::warn!(%error, "the network was not reached");
                let message = "the network cannot be reached now; try again in a moment";
                Failure::new(StatusCode::SERVICE_UNAVAILABLE, "NETWORK_SILENT", message)
            }
            LinkError::Refused(result) => {
                let code = result.code();
                let message = format!("{} {}", code.meaning(), code.remedy());
                Failure::new(StatusCode::BAD_REQUEST, code.as_str(), message)
            }
        }
    }
}
