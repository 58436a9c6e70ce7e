//! Requests that count once, and their answers.

use super::failure::Failure;
use crate::edge::digest_of;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ids::{NoteId, PartnerText};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wallet::Once;

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A JSON body with its idempotency key. The digest goes over path and body, byte for byte.
pub(super) struct Keyed<T> {
    pub once: Once,
    pub body: T,
}

/// A body that says nothing: `{}`, or none at all.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Keyed<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Keyed<T>, Failure> {
        let bad = |problem: &dyn std::fmt::Display| {
            Failure::illegal(format!("Idempotency-Key: {problem}; draw a new one per request"))
        };
        let header = request.headers().get("idempotency-key").and_then(|it| it.to_str().ok());
        let key = header.ok_or_else(|| bad(&"the header is missing"))?;
        let key = PartnerText::new(key).map_err(|error| bad(&error))?;
        let path = request.uri().path().to_owned();
        let bytes = Bytes::from_request(request, state).await.map_err(|error| {
            Failure::new(error.status(), "PARAM_ILLEGAL", format!("body: {}", error.body_text()))
        })?;
        let digest = digest_of(&[path.as_bytes(), &bytes]);
        let read = if bytes.is_empty() { b"{}" } else { &bytes[..] };
        let axum::Json(body) = axum::Json::<T>::from_bytes(read).map_err(|error| {
            Failure::new(error.status(), "PARAM_ILLEGAL", format!("body: {}", error.body_text()))
        })?;
        Ok(Keyed { once: Once { key, digest }, body })
    }
}

/// The id of a text that goes with a request: a repeat writes the same one again.
pub(super) fn note_id(customer: u32, once: &Once) -> NoteId {
    let parts = [b"note".as_slice(), &customer.to_be_bytes(), once.key.as_str().as_bytes()];
    let digest = digest_of(&[parts[0], parts[1], parts[2], &once.digest]);
    let [first, ..] = digest.as_chunks::<16>().0 else {
        unreachable!("a digest has 32 bytes");
    };
    NoteId::from_u128(u128::from_be_bytes(*first))
}

/// What a request has made, now or before.
pub(super) struct Made<T> {
    pub view: T,
    pub is_repeat: bool,
}

impl<T: Serialize> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, axum::Json(self.view)).into_response();
        if self.is_repeat {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
