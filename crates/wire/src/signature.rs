//! The `Signature` header and the bytes it is made over.
//!
//! ```text
//! Signature: algorithm=RSA256, keyVersion=1, signature=<percent-encoded base64>
//! signed:    POST <path and query>\n<client id>.<time>.<body>
//! ```
//!
//! Requests and answers have the same form; an answer is signed with the path and the client id of
//! its request and the time in `response-time`. The body is never parsed or written anew between
//! wire and check.

use crate::der::BASE64;
use crate::keys::{Algorithm, SigningKey, VerifyingKey};
use crate::time::Datetime;
use base64::Engine;

/// Longest `Signature` header read: an RSA-8192 signature needs 1,366 digits, each at most 3
/// characters.
pub const MAX_HEADER_BYTES: usize = 4_500;

/// What is wrong with a signature, its header or the parts it covers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the Signature header is longer than {MAX_HEADER_BYTES} bytes")]
    TooLong,
    #[error("the Signature header has no `{part}` part")]
    Missing { part: &'static str },
    #[error("the Signature header has `{part}` twice")]
    Twice { part: &'static str },
    #[error("the Signature header has a part without `=`")]
    NotAPair,
    #[error("the algorithm is not RSA256")]
    Algorithm,
    #[error("keyVersion is not a number up to 4294967295")]
    KeyVersion,
    #[error("the signature value is not percent-encoded base64")]
    Value,
    #[error("the path does not start with `/`, or has spaces or control characters")]
    Path,
    #[error("the client id is empty, or has a dot, spaces or control characters")]
    ClientId,
    #[error("the time is not ISO 8601 with an offset, nor milliseconds since 1970")]
    Time,
    #[error("the header names another algorithm than the enrolled key has")]
    OtherAlgorithm,
    #[error("the signature was not made over these bytes with the enrolled key")]
    Mismatch,
}

/// A `Signature` header, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeader {
    pub algorithm: Algorithm,
    /// Which of the sender's keys was used.
    pub key_version: u32,
    /// The raw signature.
    pub signature: Vec<u8>,
}

impl SignatureHeader {
    /// Reads a header: parts in any order, with or without spaces, parts of other names ignored.
    /// The value may be percent-encoded or not, of the standard or the URL-safe alphabet, with or
    /// without padding.
    pub fn parse(text: &str) -> Result<SignatureHeader, SignatureError> {
        if text.len() > MAX_HEADER_BYTES {
            return Err(SignatureError::TooLong);
        }
        let (mut algorithm, mut key_version, mut signature) = (None, None, None);
        for part in text.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or(SignatureError::NotAPair)?;
            let (slot, part) = match name.trim() {
                "algorithm" => (&mut algorithm, "algorithm"),
                "keyVersion" => (&mut key_version, "keyVersion"),
                "signature" => (&mut signature, "signature"),
                _ => continue,
            };
            if slot.replace(value.trim()).is_some() {
                return Err(SignatureError::Twice { part });
            }
        }
        let algorithm = algorithm.ok_or(SignatureError::Missing { part: "algorithm" })?;
        let key_version = key_version.ok_or(SignatureError::Missing { part: "keyVersion" })?;
        let signature = signature.ok_or(SignatureError::Missing { part: "signature" })?;
        Ok(SignatureHeader {
            algorithm: Algorithm::from_text(algorithm).ok_or(SignatureError::Algorithm)?,
            key_version: number(key_version).ok_or(SignatureError::KeyVersion)?,
            signature: decode_value(signature).ok_or(SignatureError::Value)?,
        })
    }

    /// Signs a message.
    pub fn sign(key: &SigningKey, key_version: u32, message: &SignedMessage<'_>) -> Self {
        let signature = key.sign(&message.to_bytes());
        SignatureHeader { algorithm: key.algorithm(), key_version, signature }
    }

    /// Checks a message against the key that is enrolled for `key_version`. The algorithm is the
    /// key's: a header that names another one is refused.
    pub fn verify(
        &self,
        key: &VerifyingKey,
        message: &SignedMessage<'_>,
    ) -> Result<(), SignatureError> {
        if self.algorithm != key.algorithm() {
            return Err(SignatureError::OtherAlgorithm);
        }
        if !key.verify(&message.to_bytes(), &self.signature) {
            return Err(SignatureError::Mismatch);
        }
        Ok(())
    }
}

/// The header text: in this order, as some clients count parts, and with `+`, `/` and `=`
/// percent-encoded.
impl std::fmt::Display for SignatureHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "algorithm={}, keyVersion={}, signature=", self.algorithm, self.key_version)?;
        let digits = BASE64.encode(&self.signature);
        let mut rest = digits.as_str();
        while let Some(at) = rest.find(['+', '/', '=']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'+' => "%2B",
                b'/' => "%2F",
                _ => "%3D",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

/// Only digits: `u32::from_str` would also take a plus sign.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn decode_value(text: &str) -> Option<Vec<u8>> {
    let mut digits = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            other => other,
        };
        digits.push(match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        });
    }
    if digits.is_empty() {
        return None;
    }
    BASE64.decode(digits).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The path and query of a request target, in origin form (`/a?b`) or absolute form (`https://host/a?b`), as sent.
pub fn signed_path(target: &str) -> &str {
    let Some((scheme, rest)) = target.split_once("://") else { return target };
    if target.starts_with('/') || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return target;
    }
    match rest.find(['/', '?']) {
        Some(at) if rest.as_bytes()[at] == b'/' => &rest[at..],
        _ => "/",
    }
}

/// The parts that a signature covers, as they stand on the wire.
///
/// Different parts never give the same bytes: a path has no line feed, a client id no dot, and no
/// time is the beginning of another followed by a dot. `new` holds the parts to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedMessage<'a> {
    path: &'a str,
    client_id: &'a str,
    time: &'a str,
    body: &'a [u8],
}

impl<'a> SignedMessage<'a> {
    /// `path` with query, for an answer that of its request; `client_id` and `time` are the header
    /// texts.
    pub fn new(
        path: &'a str,
        client_id: &'a str,
        time: &'a str,
        body: &'a [u8],
    ) -> Result<SignedMessage<'a>, SignatureError> {
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !path.starts_with('/') || !plain(path) {
            return Err(SignatureError::Path);
        }
        if client_id.is_empty() || client_id.contains('.') || !plain(client_id) {
            return Err(SignatureError::ClientId);
        }
        if Datetime::parse_header(time).is_none() {
            return Err(SignatureError::Time);
        }
        Ok(SignedMessage { path, client_id, time, body })
    }

    /// The bytes to sign.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts: [&[u8]; 8] = [
            b"POST ",
            self.path.as_bytes(),
            b"\n",
            self.client_id.as_bytes(),
            b".",
            self.time.as_bytes(),
            b".",
            self.body,
        ];
        parts.concat()
    }

    /// Where `other`, the text that a partner signed, first differs from the text it should have
    /// signed.
    pub fn explain(&self, other: &[u8]) -> Option<Difference> {
        let expected = self.to_bytes();
        let same = expected.iter().zip(other).take_while(|(a, b)| a == b).count();
        if same == expected.len() && same == other.len() {
            return None;
        }
        let path_end = "POST ".len() + self.path.len();
        let client_end = path_end + 1 + self.client_id.len();
        let time_end = client_end + 1 + self.time.len();
        let part = match same {
            0..5 => "method",
            at if at < path_end => "path",
            at if at == path_end => "line feed after the path",
            at if at < client_end => "client id",
            at if at == client_end => "dot after the client id",
            at if at < time_end => "time",
            at if at == time_end => "dot after the time",
            _ => "body",
        };
        let byte = |bytes: &[u8]| bytes.get(same).copied();
        Some(Difference { at: same, part, expected: byte(&expected), found: byte(other) })
    }
}

/// The first place where two signed texts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Bytes before it, which are equal.
    pub at: usize,
    /// The part of the expected text it lies in.
    pub part: &'static str,
    /// The byte there; none at the end of the text.
    pub expected: Option<u8>,
    pub found: Option<u8>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |byte: Option<u8>| match byte {
            None => "the end".to_string(),
            Some(byte) if byte.is_ascii_graphic() => {
                format!("`{}` (0x{byte:02x})", char::from(byte))
            }
            Some(byte) => format!("`{}` (0x{byte:02x})", byte.escape_ascii()),
        };
        let (expected, found) = (show(self.expected), show(self.found));
        write!(f, "byte {}, in the {}: expected {expected}, found {found}", self.at, self.part)
    }
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
