//! Failures of the operations API: a code, a message that names field and remedy, and an HTTP
//! status.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ResultCode;
use engine::SubmitError;
use network::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not carried out.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    /// One of the protocol's result codes, or `UNAUTHORIZED`, `NOT_FOUND`.
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
    pub fn not_found(what: &str) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("{what}: not known; check the id"))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        let status = match refusal.code {
            ResultCode::RepeatReqInconsistent => StatusCode::CONFLICT,
            ResultCode::OrderNotExist | ResultCode::RecordNotFound => StatusCode::NOT_FOUND,
            ResultCode::AccessDenied => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        Failure::new(status, refusal.code.as_str(), refusal.message.into_owned())
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Failure {
        let status = match error {
            SubmitError::Overloaded => StatusCode::TOO_MANY_REQUESTS,
            SubmitError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            SubmitError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        };
        Failure::new(status, "REQUEST_TRAFFIC_EXCEED_LIMIT", format!("{error}; try again"))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(self)).into_response()
    }
}
