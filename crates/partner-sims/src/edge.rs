//! What both simulated partners share at their edge: identity, signatures in both directions, calls
//! to the network.

use crate::behaviour::Behaviour;
use crate::server::{Answer, Received, plain};
use base::{ResultCode, ResultStatus, Timestamp};
use bytes::Bytes;
use effects::{Call, CallError, CallKeys, ClientOptions, SignedClient, TargetRule};
use http::{HeaderValue, Response, StatusCode};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};
use wire::{
    Datetime, ResultOnly, SignatureHeader, SignedMessage, SigningKey, Value, VerifyingKey,
    WireResult,
};

const JSON: &str = "application/json; charset=UTF-8";

/// Where a simulated partner gets the time from: the system's clock, or that of a test.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn system() -> Clock {
        Clock::of(|| {
            let since =
                SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
        })
    }

    pub fn of(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now().millis())
    }
}

/// Who a simulated partner is.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The id that the network gave it.
    pub client_id: String,
    pub key: Arc<SigningKey>,
    pub key_version: u32,
}

impl Credentials {
    /// With key version 1.
    pub fn new(client_id: &str, key: Arc<SigningKey>) -> Credentials {
        Credentials { client_id: client_id.to_string(), key, key_version: 1 }
    }
}

/// The network as its partners see it.
#[derive(Clone, Debug)]
pub struct NetworkPeer {
    /// Without a path and a slash at the end: `http://127.0.0.1:8080`.
    pub base_url: String,
    /// The network's public keys by version.
    pub keys: BTreeMap<u32, Arc<VerifyingKey>>,
}

impl NetworkPeer {
    /// With one key of version 1.
    pub fn new(base_url: &str, key: Arc<VerifyingKey>) -> NetworkPeer {
        let base_url = base_url.trim_end_matches('/').to_string();
        NetworkPeer { base_url, keys: BTreeMap::from([(1, key)]) }
    }
}

impl CallKeys for NetworkPeer {
    fn key(&self, version: u32, _: Timestamp) -> Option<Arc<VerifyingKey>> {
        self.keys.get(&version).cloned()
    }
}

/// Why a simulated partner's call to the network did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// No verified answer: what became of the request is not known.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The network answered with something else than S.
    #[error("the network answered {} {}", .0.status().as_str(), .0.result_code.as_str())]
    Refused(WireResult),
    #[error("{0} is not known here")]
    Unknown(String),
    #[error("the request cannot be written: {0}")]
    Request(String),
}

impl SimError {
    pub(crate) fn request(error: impl std::fmt::Display) -> SimError {
        SimError::Request(error.to_string())
    }
}

/// The result as an error unless it is S.
pub(crate) fn succeed(result: &WireResult) -> Result<(), SimError> {
    match result.status() {
        ResultStatus::S => Ok(()),
        ResultStatus::F | ResultStatus::U => Err(SimError::Refused(result.clone())),
    }
}

/// A request whose signature held.
pub(crate) struct Verified {
    /// Path and query, which the answer is signed with.
    pub target: String,
    pub body: Bytes,
}

pub(crate) struct Edge {
    pub credentials: Credentials,
    pub clock: Clock,
    network: RwLock<NetworkPeer>,
    client: SignedClient,
}

impl Edge {
    pub(crate) fn new(credentials: Credentials, network: NetworkPeer, clock: Clock) -> Edge {
        // A simulated partner calls only the network that it was told about, wherever that is.
        let targets =
            TargetRule { allows_loopback: true, allows_private: true, ..TargetRule::default() };
        let options = ClientOptions { targets, ..ClientOptions::default() };
        let client = SignedClient::new(credentials.key.clone(), credentials.key_version, options);
        Edge { credentials, clock, network: RwLock::new(network), client }
    }

    pub(crate) fn network(&self) -> NetworkPeer {
        self.network.read().expect("no code panics while it holds the network's address").clone()
    }

    pub(crate) fn set_network(&self, network: NetworkPeer) {
        let mut held =
            self.network.write().expect("no code panics while it holds the network's address");
        *held = network;
    }

    /// Calls the network and reads the verified answer.
    pub(crate) async fn call<A: Value>(
        &self,
        api: wire::Api,
        request: &impl Value,
        timeout: Duration,
    ) -> Result<A, SimError> {
        let network = self.network();
        let call = Call {
            url: &format!("{}{}", network.base_url, api.path()),
            own_origin: Some(&network.base_url),
            client_id: &self.credentials.client_id,
            body: wire::render(request).into(),
            keys: &network,
            timeout,
        };
        let (answer, _) = self.client.call_for(call, wire::parse::<A>).await?;
        Ok(answer)
    }

    /// Checks the signature over the raw bytes. The error is the signed refusal.
    pub(crate) fn verify(&self, request: Received) -> Result<Verified, Box<Answer>> {
        let verdict = self.verdict(&request);
        let Received { target, body, .. } = request;
        match verdict {
            Ok(()) => Ok(Verified { target, body }),
            Err((code, message)) => Err(Box::new(self.refuse(&target, code, &message))),
        }
    }

    fn verdict(&self, request: &Received) -> Result<(), (ResultCode, String)> {
        let header = |name: &str| {
            let value = request.headers.get(name).and_then(|value| value.to_str().ok());
            value
                .ok_or_else(|| (ResultCode::InvalidSignature, format!("there is no {name} header")))
        };
        let client_id = header("client-id")?;
        if client_id != self.credentials.client_id {
            let message = format!("this is {}", self.credentials.client_id);
            return Err((ResultCode::InvalidClient, message));
        }
        let bad = |error: wire::SignatureError| (ResultCode::InvalidSignature, error.to_string());
        let signature = SignatureHeader::parse(header("signature")?).map_err(bad)?;
        let time = header("request-time")?;
        let message = SignedMessage::new(&request.target, client_id, time, &request.body);
        let key = self.network().keys.get(&signature.key_version).cloned().ok_or_else(|| {
            (ResultCode::KeyNotFound, format!("no key of version {}", signature.key_version))
        })?;
        signature.verify(&key, &message.map_err(bad)?).map_err(bad)
    }

    /// A signed answer that is nothing but a result.
    pub(crate) fn refuse(&self, target: &str, code: ResultCode, message: &str) -> Answer {
        let refusal = ResultOnly::new(WireResult::with_message(code, message));
        Answer::Send(self.signed(target, wire::render(&refusal), Seal::Good))
    }

    /// Lets an answer go out as `behaviour` says.
    pub(crate) async fn deliver(
        &self,
        target: &str,
        body: Vec<u8>,
        behaviour: &Behaviour,
    ) -> Answer {
        let (body, seal) = match behaviour {
            Behaviour::Silent { .. } => return Answer::Hold,
            Behaviour::LostReply => return Answer::HangUp,
            Behaviour::HttpError { status } => {
                let status = StatusCode::from_u16(*status);
                let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return Answer::Send(plain(status, "text/plain", ""));
            }
            Behaviour::Slow { ms, before_work: false } => {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
                (body, Seal::Good)
            }
            Behaviour::Garbage => (b"<html>not what you wanted</html>".to_vec(), Seal::Good),
            Behaviour::WrongSignature => (body, Seal::Broken),
            Behaviour::Unsigned => (body, Seal::None),
            _ => (body, Seal::Good),
        };
        Answer::Send(self.signed(target, body, seal))
    }

    fn signed(&self, target: &str, body: Vec<u8>, seal: Seal) -> Response<Bytes> {
        let time = Datetime::utc(self.clock.now()).to_string();
        let client_id = &self.credentials.client_id;
        let signature = SignedMessage::new(target, client_id, &time, &body).ok().map(|message| {
            SignatureHeader::sign(&self.credentials.key, self.credentials.key_version, &message)
        });
        let mut response = plain(StatusCode::OK, JSON, body);
        let Some(mut signature) = signature else { return response };
        match (seal, signature.signature.last_mut()) {
            (Seal::None, _) => return response,
            (Seal::Broken, Some(last)) => *last ^= 1,
            _ => {}
        }
        let headers = [
            ("client-id", client_id.clone()),
            ("response-time", time),
            ("signature", signature.to_string()),
        ];
        for (name, text) in headers {
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// How an answer is signed.
#[derive(Clone, Copy)]
enum Seal {
    Good,
    Broken,
    None,
}

/// A JSON answer of the control endpoints, unsigned.
pub(crate) fn control_answer<T: serde::Serialize>(status: StatusCode, answer: &T) -> Answer {
    let body = serde_json::to_vec_pretty(answer).unwrap_or_default();
    Answer::Send(plain(status, JSON, body))
}

/// An error of the control endpoints.
pub(crate) fn control_error(status: StatusCode, error: impl std::fmt::Display) -> Answer {
    control_answer(status, &BTreeMap::from([("error", error.to_string())]))
}
