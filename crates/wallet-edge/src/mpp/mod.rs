//! The network's signed calls, at paths of the wallet's own below `/mpp`, and what the wallet tells
//! the network by itself.
//!
//! The signature is checked over the raw bytes before anything is read. Every answer is signed,
//! refusals too.

mod agreements;
mod news;
mod otp;
mod payments;
mod view;

use crate::edge::{Edge, EdgeError};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base::{ResultCode, Span};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use std::sync::Arc;
use wire::{
    Datetime, ResultOnly, SignatureHeader, SignedMessage, Value, WireError, WireResult, paths,
};

pub(crate) use news::{tell_agreement_ended, tell_payment};
pub use view::{OrderParts, customer_id, order_view};

/// Stands before the usual paths, apart from those of the app.
pub const PREFIX: &str = "/mpp";

/// How far `Request-Time` may be from the wallet's clock.
const FRESH: Span = Span::minutes(5);

/// All routes that the network calls.
pub fn router(edge: Arc<Edge>) -> Router {
    Router::new().route(&format!("{PREFIX}/{{*path}}"), any(answer)).with_state(edge)
}

/// A rendered answer, or why there is none.
type Answered = Result<Vec<u8>, Refused>;

/// Why a call was not carried out.
pub(crate) struct Refused {
    code: ResultCode,
    message: String,
}

impl Refused {
    fn new(code: ResultCode, message: impl Into<String>) -> Refused {
        Refused { code, message: message.into() }
    }
}

impl From<WireError> for Refused {
    fn from(error: WireError) -> Refused {
        Refused::new(error.code(), error.to_string())
    }
}

impl From<EdgeError> for Refused {
    fn from(error: EdgeError) -> Refused {
        match error {
            EdgeError::Refused(refusal) => Refused::new(refusal.code, refusal.message.into_owned()),
            EdgeError::Engine(engine::SubmitError::Overloaded) => {
                Refused::new(ResultCode::RequestTrafficExceedLimit, "wait, then repeat")
            }
            // What became of it is not known: the network asks again.
            other => {
                tracing::warn!(error = %other, "a call of the network was not carried out");
                Refused::new(ResultCode::UnknownException, "repeat the same request")
            }
        }
    }
}

async fn answer(
    State(edge): State<Arc<Edge>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let Some(link) = &edge.link else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let answered = match check(&edge, &method, path, &headers, &body) {
        Ok(()) => dispatch(&edge, uri.path(), &body).await,
        Err(refused) => Err(refused),
    };
    let body = answered.unwrap_or_else(|refused| {
        wire::render(&ResultOnly::new(WireResult::with_message(refused.code, &refused.message)))
    });
    let time = Datetime::utc(edge.now()).to_string();
    let client = &link.peer.client_id;
    let Ok(message) = SignedMessage::new(path, client, &time, &body) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let signature = SignatureHeader::sign(&link.key, link.key_version, &message).to_string();
    let mut response = Response::new(axum::body::Body::from(body));
    let texts = [
        ("content-type", "application/json; charset=UTF-8".to_owned()),
        ("client-id", client.clone()),
        ("response-time", time),
        ("signature", signature),
    ];
    for (name, text) in texts {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn check(
    edge: &Edge,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Refused> {
    let Some(link) = &edge.link else {
        return Err(Refused::new(ResultCode::AccessDenied, "this wallet has joined no network"));
    };
    if *method != Method::POST {
        return Err(Refused::new(ResultCode::MethodNotSupported, "use POST"));
    }
    let is_json = headers.get(header::CONTENT_TYPE).is_none_or(|value| {
        value.to_str().is_ok_and(|text| text.trim_start().starts_with("application/json"))
    });
    if !is_json {
        return Err(Refused::new(ResultCode::MediaTypeNotAcceptable, "send application/json"));
    }
    let text = |name: &'static str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        let missing = || Refused::new(ResultCode::InvalidSignature, format!("{name}: is missing"));
        value.ok_or_else(missing)
    };
    let client = text("client-id")?;
    if client != link.peer.client_id {
        return Err(Refused::new(ResultCode::InvalidClient, "client-id: not this wallet's"));
    }
    let invalid = |error: wire::SignatureError| {
        Refused::new(ResultCode::InvalidSignature, format!("signature: {error}"))
    };
    let signature = SignatureHeader::parse(text("signature")?).map_err(invalid)?;
    let time = text("request-time")?;
    let key = link.peer.keys.get(&signature.key_version).ok_or_else(|| {
        let message = format!("signature: no key of keyVersion {}", signature.key_version);
        Refused::new(ResultCode::KeyNotFound, message)
    })?;
    let message = SignedMessage::new(path, client, time, body).map_err(invalid)?;
    signature.verify(key, &message).map_err(invalid)?;
    let (sent, now) = (Datetime::parse_header(time).map(|it| it.at), edge.now());
    match sent {
        Some(sent) if now.since(sent).max(sent.since(now)) <= FRESH => Ok(()),
        _ => Err(Refused::new(ResultCode::ParamIllegal, "request-time: too far from the clock")),
    }
}

async fn dispatch(edge: &Edge, path: &str, body: &[u8]) -> Answered {
    match path.strip_prefix(PREFIX).unwrap_or_default() {
        paths::wallet::PAY => payments::pay(edge, &wire::parse(body)?).await,
        paths::wallet::INQUIRY_PAYMENT => payments::inquiry(edge, &wire::parse(body)?).await,
        paths::wallet::CANCEL_PAYMENT => payments::cancel(edge, &wire::parse(body)?).await,
        paths::wallet::REFUND => payments::refund(edge, &wire::parse(body)?).await,
        paths::wallet::PREPARE => agreements::prepare(edge, &wire::parse(body)?).await,
        paths::wallet::APPLY_TOKEN => agreements::apply_token(edge, &wire::parse(body)?).await,
        paths::wallet::CANCEL_TOKEN => agreements::cancel_token(edge, &wire::parse(body)?).await,
        paths::wallet::INQUIRY_USER_INFO => agreements::user_info(edge, &wire::parse(body)?).await,
        paths::wallet::SEND_OTP => otp::send(edge, &wire::parse(body)?).await,
        paths::wallet::VERIFY_OTP => otp::verify(edge, &wire::parse(body)?).await,
        paths::wallet::REGISTRATION => agreements::registration(&wire::parse(body)?),
        _ => Err(Refused::new(ResultCode::NoInterfaceDef, "check the path")),
    }
}

/// A message as the network gets it.
fn done<T: Value>(message: &T) -> Answered {
    Ok(wire::render(message))
}
