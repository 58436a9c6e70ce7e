//! The partners' way to the network: signed messages, with time by the scenario's clock, and
//! answers whose signature is checked. And the operator's way.

use bytes::Bytes;
use engine::{Clock, ManualClock};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sim::scenario::Forged;
use std::net::SocketAddr;
use std::sync::Arc;
use wire::{Datetime, SignatureHeader, SignedMessage, SigningKey, VerifyingKey};

/// The operator's token.
pub const TOKEN: &str = "dhow_scenario";

/// A message as it goes out, byte for byte.
#[derive(Clone, Debug)]
pub struct Message {
    pub path: &'static str,
    client_id: String,
    time: String,
    signature: String,
    body: Bytes,
}

/// What goes into a message before it is signed.
pub struct Draft<'a> {
    pub path: &'static str,
    pub client_id: &'a str,
    pub body: String,
    pub key_version: u32,
    pub forged: Forged,
}

/// Sends and receives; cheap to clone.
#[derive(Clone)]
pub struct Courier {
    http: Client<HttpConnector, Full<Bytes>>,
    clock: Arc<ManualClock>,
    /// The partners' keys: version 1 and all later ones.
    keys: [Arc<SigningKey>; 2],
    network: Arc<VerifyingKey>,
}

impl Courier {
    pub fn new(
        clock: Arc<ManualClock>,
        keys: [Arc<SigningKey>; 2],
        network: Arc<VerifyingKey>,
    ) -> Courier {
        let http = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Courier { http, clock, keys, network }
    }

    pub fn key(&self, version: u32) -> &Arc<SigningKey> {
        &self.keys[usize::from(version != 1)]
    }

    /// The key that the network signs with.
    pub fn network(&self) -> &VerifyingKey {
        &self.network
    }

    /// Signs a message, wrongly where the draft says so.
    pub fn seal(&self, draft: &Draft<'_>) -> Message {
        let now = self.clock.now();
        let time = Datetime::utc(now).to_string();
        let other_time = Datetime::utc(now.after(base::Span::secs(1))).to_string();
        let (mut path, mut client, mut at) = (draft.path, draft.client_id, time.as_str());
        let mut sent = draft.body.clone();
        match draft.forged {
            Forged::No => {}
            Forged::Body => sent.push(' '),
            Forged::Path => path = "/aps/api/v1/payments/other",
            Forged::Client => client = "CLIENT-OTHER",
            Forged::Time => at = &other_time,
        }
        let message = SignedMessage::new(path, client, at, draft.body.as_bytes());
        let message = message.expect("a scenario's message can be signed");
        let key = self.key(draft.key_version);
        let signature = SignatureHeader::sign(key, draft.key_version, &message).to_string();
        let (path, client_id) = (draft.path, draft.client_id.to_owned());
        Message { path, client_id, time, signature, body: sent.into() }
    }

    /// Sends a message and gives the answer's body, once its signature is checked.
    pub async fn send(&self, to: SocketAddr, message: &Message) -> Result<Bytes, String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{to}{}", message.path))
            .header("content-type", "application/json; charset=UTF-8")
            .header("client-id", &message.client_id)
            .header("request-time", &message.time)
            .header("signature", &message.signature)
            .body(Full::new(message.body.clone()))
            .map_err(|error| error.to_string())?;
        let response = self.http.request(request).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        if head.status != StatusCode::OK {
            return Err(format!("{} is answered {}", message.path, head.status));
        }
        let text = |name: &str| {
            let value = head.headers.get(name).and_then(|value| value.to_str().ok());
            value.ok_or_else(|| format!("the answer of {} has no {name}", message.path))
        };
        if text("client-id")? != message.client_id {
            return Err(format!("the answer of {} is for another client", message.path));
        }
        let signed =
            SignedMessage::new(message.path, &message.client_id, text("response-time")?, &body)
                .map_err(|error| error.to_string())?;
        let signature =
            SignatureHeader::parse(text("signature")?).map_err(|error| error.to_string())?;
        signature.verify(&self.network, &signed).map_err(|error| error.to_string())?;
        Ok(body)
    }

    /// Asks the operations API.
    pub async fn operate(
        &self,
        to: SocketAddr,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Result<(StatusCode, Bytes), String> {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{to}{path}"))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("x-reason", "a step of a scenario")
            .body(Full::new(body.into()))
            .map_err(|error| error.to_string())?;
        let response = self.http.request(request).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok((head.status, body))
    }
}
