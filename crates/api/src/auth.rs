//! Who sends a message: the client id, the signature over the raw bytes, and the time.
//!
//! Nothing of the body is parsed here. The algorithm is that of the enrolled key, never that of the
//! message.

use aws_lc_rs::digest;
use base::{ResultCode, Span, Timestamp};
use effects::{CallKeys, Partner};
use http::{HeaderMap, HeaderValue};
use network::Refusal;
use wire::{Datetime, SignatureError, SignatureHeader, SignedMessage, VerifyingKey};

/// How strictly messages are checked.
#[derive(Clone, Copy, Debug)]
pub struct AuthOptions {
    /// How far `Request-Time` may be from the network's clock, in both directions; `None` for any.
    /// Replays within it meet the idempotency of every call.
    pub freshness: Option<Span>,
    /// Says what is wrong with a signature, as far as it can be guessed: for sandboxes.
    pub explains_signatures: bool,
}

impl Default for AuthOptions {
    fn default() -> AuthOptions {
        AuthOptions { freshness: Some(Span::minutes(5)), explains_signatures: false }
    }
}

/// One header's text; an error names the header.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Refusal> {
    let refuse = |what: &str| {
        let message = format!("{name}: {what}");
        Err(Refusal::new(ResultCode::ParamIllegal, message))
    };
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return refuse("the header is missing; send it") };
    if values.next().is_some() {
        return refuse("the header is there twice; send it once");
    }
    match HeaderValue::to_str(value) {
        Ok("") => refuse("the header is empty; send a value"),
        Ok(text) => Ok(text),
        Err(_) => refuse("the header is not ASCII; send ASCII"),
    }
}

/// A message as it came, with the path and query as sent.
#[derive(Clone, Copy)]
pub(crate) struct Received<'a> {
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// Checks that the partner signed exactly these bytes with a key that is valid now, lately.
///
/// Errors: `KEY_NOT_FOUND`, `INVALID_SIGNATURE`, `PARAM_ILLEGAL` for headers and for the time.
pub(crate) fn check(
    partner: &Partner,
    received: Received<'_>,
    now: Timestamp,
    options: AuthOptions,
) -> Result<(), Refusal> {
    let client_id = partner.participant.client_id.as_str();
    let time = header(received.headers, "request-time")?;
    let text = header(received.headers, "signature").map_err(invalid)?;
    let header = SignatureHeader::parse(text).map_err(|error| invalid_because(&error))?;
    let Some(key) = partner.key(header.key_version, now) else {
        let version = header.key_version;
        let message = format!(
            "signature: no key of keyVersion {version} is enrolled and valid now; enrol it or send another version"
        );
        return Err(Refusal::new(ResultCode::KeyNotFound, message));
    };
    let message = SignedMessage::new(received.path, client_id, time, received.body);
    let message = message.map_err(|error| match error {
        SignatureError::Time => Refusal::new(
            ResultCode::ParamIllegal,
            "request-time: is neither ISO 8601 with an offset nor epoch milliseconds; send one of them",
        ),
        other => invalid_because(&other),
    })?;
    if let Err(error) = header.verify(&key, &message) {
        if options.explains_signatures && error == SignatureError::Mismatch {
            return Err(explain(&header, &key, &message, (received, client_id, time)));
        }
        return Err(invalid_because(&error));
    }
    check_freshness(time, now, options.freshness)
}

fn check_freshness(time: &str, now: Timestamp, window: Option<Span>) -> Result<(), Refusal> {
    let Some(window) = window else { return Ok(()) };
    let sent = Datetime::parse_header(time).map(|time| time.at).unwrap_or_default();
    let apart = now.since(sent).max(sent.since(now));
    if apart <= window {
        return Ok(());
    }
    let (apart_secs, window_secs) = (apart.as_millis() / 1_000, window.as_millis() / 1_000);
    let message = format!(
        "request-time: is {apart_secs} s away from the network's clock, more than {window_secs} s; set the clock and sign again"
    );
    Err(Refusal::new(ResultCode::ParamIllegal, message))
}

fn invalid(refusal: Refusal) -> Refusal {
    Refusal { code: ResultCode::InvalidSignature, ..refusal }
}

fn invalid_because(error: &SignatureError) -> Refusal {
    let remedy = ResultCode::InvalidSignature.remedy();
    Refusal::new(ResultCode::InvalidSignature, format!("signature: {error}. {remedy}"))
}

/// Tries the usual mistakes; when none fits, tells the digest of the text that should have been
/// signed.
fn explain(
    header: &SignatureHeader,
    key: &VerifyingKey,
    message: &SignedMessage<'_>,
    (received, client_id, time): (Received<'_>, &str, &str),
) -> Refusal {
    let Received { path, body, .. } = received;
    let bare = path.split('?').next().unwrap_or(path);
    let trimmed = body.trim_ascii_end();
    let with_line_feed = [body, &b"\n"[..]].concat();
    let candidates: [(&str, &str, &[u8]); 5] = [
        ("the path was signed without its query", bare, body),
        ("the path was signed without its last `/`", path.trim_end_matches('/'), body),
        ("the body was signed without its trailing white space", path, trimmed),
        ("the body was signed with a trailing line feed", path, &with_line_feed),
        ("the body was left out of the signed text", path, b""),
    ];
    for (what, path, body) in candidates {
        let fits = SignedMessage::new(path, client_id, time, body)
            .is_ok_and(|candidate| header.verify(key, &candidate).is_ok());
        if fits {
            let message = format!("signature: {what}; sign the path and the body as sent");
            return Refusal::new(ResultCode::InvalidSignature, message);
        }
    }
    let text = message.to_bytes();
    let digest: String = digest::digest(&digest::SHA256, &text)
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let head: String = path.chars().take(80).collect();
    let message = format!(
        "signature: does not fit. Text to sign: POST {head}, line feed, client id, dot, time, dot, body; {} bytes, SHA-256 {digest}",
        text.len()
    );
    Refusal::new(ResultCode::InvalidSignature, message)
}
