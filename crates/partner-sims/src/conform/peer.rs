//! The partner as the network meets it: requests that are signed well or badly on purpose, and
//! answers with all that can be said of them before anybody reads the body.

use crate::edge::{Clock, Credentials};
use bytes::Bytes;
use effects::{CallError, ClientOptions, Post, RawAnswer, SignedClient, TargetRule};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;
use wire::{Datetime, SignatureHeader, SignedMessage, Value, VerifyingKey};

/// After so many requests in a row without an answer no more are sent: the partner is away.
const MAX_SILENT: u32 = 3;

/// Who plays the network, and towards whom.
#[derive(Clone, Debug)]
pub struct PeerConfig {
    /// The partner's client id, and the network's key with its version, as the partner knows it.
    pub network: Credentials,
    /// Without a path and a slash at the end: `https://wallet.example`.
    pub url: String,
    pub partner_key: Arc<VerifyingKey>,
    pub partner_key_version: u32,
    /// How long an answer is waited for before there is none; not the limit that is judged.
    pub patience: Duration,
    pub clock: Clock,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signing {
    Good,
    /// One bit of the signature is another.
    Broken,
    /// Good, but for a path that is not called.
    OtherPath,
    /// Good, under a version that the partner has no key for.
    UnknownVersion,
    /// No signature header.
    Absent,
}

/// One request and what came of it.
pub(super) struct Heard {
    pub path: String,
    pub asked: Vec<u8>,
    pub answer: Result<RawAnswer, CallError>,
    /// Why a header is missing or wrong.
    pub headers: Result<(), String>,
    /// Why the signature does not hold.
    pub signature: Result<(), String>,
}

impl Heard {
    /// The body as a message. It is read even if its signature does not hold: that is a rule of its
    /// own. The error is a sentence.
    pub fn read<A: Value>(&self) -> Result<A, String> {
        let answer = self.answer.as_ref().map_err(|error| format!("no answer: {error}"))?;
        if answer.status != StatusCode::OK && answer.body.is_empty() {
            return Err(format!("the HTTP status is {} and there is no body", answer.status));
        }
        wire::parse(&answer.body).map_err(|error| format!("the answer cannot be read: {error}"))
    }
}

pub(super) struct Peer {
    config: PeerConfig,
    client: SignedClient,
    silent: u32,
}

impl Peer {
    pub fn new(config: PeerConfig) -> Peer {
        // A tool calls only what it was told to call, wherever that is.
        let targets =
            TargetRule { allows_loopback: true, allows_private: true, ..TargetRule::default() };
        let options = ClientOptions { targets, ..ClientOptions::default() };
        let Credentials { key, key_version, .. } = &config.network;
        let client = SignedClient::new(key.clone(), *key_version, options);
        Peer { config, client, silent: 0 }
    }

    pub fn config(&self) -> &PeerConfig {
        &self.config
    }

    /// Starts to count anew how often nobody answered.
    pub fn forgive(&mut self) {
        self.silent = 0;
    }

    pub async fn ask(&mut self, path: &str, body: Vec<u8>, signing: Signing) -> Heard {
        let answer = if self.silent < MAX_SILENT {
            self.post(path, &body, signing).await
        } else {
            Err(CallError::CircuitOpen)
        };
        self.silent = if answer.is_ok() { 0 } else { self.silent.saturating_add(1) };
        let missing = || Err("there is no answer".to_string());
        let headers = answer.as_ref().map_or_else(|_| missing(), |it| self.check_headers(it));
        let signature =
            answer.as_ref().map_or_else(|_| missing(), |it| self.check_signature(path, it));
        Heard { path: path.to_string(), asked: body, answer, headers, signature }
    }

    async fn post(
        &self,
        path: &str,
        body: &[u8],
        signing: Signing,
    ) -> Result<RawAnswer, CallError> {
        let url = format!("{}{path}", self.config.url);
        let post = Post {
            url: &url,
            own_origin: Some(&self.config.url),
            headers: self.headers(path, body, signing).map_err(CallError::Unreachable)?,
            body: Bytes::copy_from_slice(body),
            timeout: self.config.patience,
        };
        self.client.post(post).await
    }

    fn headers(&self, path: &str, body: &[u8], signing: Signing) -> Result<HeaderMap, String> {
        let Credentials { client_id, key, key_version } = &self.config.network;
        let time = Datetime::utc(self.config.clock.now()).to_string();
        let signed_path = match signing {
            Signing::OtherPath => format!("{path}/other"),
            _ => path.to_string(),
        };
        let version = match signing {
            Signing::UnknownVersion => key_version.wrapping_add(977),
            _ => *key_version,
        };
        let message = SignedMessage::new(&signed_path, client_id, &time, body);
        let message = message.map_err(|error| error.to_string())?;
        let mut signature = SignatureHeader::sign(key, version, &message);
        if let (Signing::Broken, Some(last)) = (signing, signature.signature.last_mut()) {
            *last ^= 1;
        }
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json; charset=UTF-8");
        headers.insert(header::CONTENT_TYPE, json);
        let signed = [
            ("client-id", client_id.clone()),
            ("request-time", time),
            ("signature", signature.to_string()),
        ];
        for (name, text) in signed {
            if name == "signature" && signing == Signing::Absent {
                continue;
            }
            let value = HeaderValue::from_str(&text).map_err(|error| error.to_string())?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }

    /// The three headers are there once, and say what they have to say.
    fn check_headers(&self, answer: &RawAnswer) -> Result<(), String> {
        let client_id = header_text(&answer.headers, "client-id")?;
        if client_id != self.config.network.client_id {
            return Err("client-id is not the one of the request".to_string());
        }
        let time = header_text(&answer.headers, "response-time")?;
        if Datetime::parse_header(time).is_none() {
            return Err("response-time is neither ISO 8601 with an offset nor ms".to_string());
        }
        let signature = header_text(&answer.headers, "signature")?;
        SignatureHeader::parse(signature).map(|_| ()).map_err(|error| error.to_string())
    }

    fn check_signature(&self, path: &str, answer: &RawAnswer) -> Result<(), String> {
        let text = |name| header_text(&answer.headers, name);
        let header = SignatureHeader::parse(text("signature")?);
        let header = header.map_err(|error| error.to_string())?;
        let (client_id, time) = (text("client-id")?, text("response-time")?);
        let message = SignedMessage::new(path, client_id, time, &answer.body);
        let message = message.map_err(|error| error.to_string())?;
        let version = self.config.partner_key_version;
        if header.key_version != version {
            return Err(format!("keyVersion is {}, not {version}", header.key_version));
        }
        let held = header.verify(&self.config.partner_key, &message);
        held.map_err(|error| error.to_string())
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or_else(|| format!("there is no {name} header"))?;
    if values.next().is_some() {
        return Err(format!("there are two {name} headers"));
    }
    value.to_str().map_err(|_| format!("the {name} header is not ASCII"))
}
