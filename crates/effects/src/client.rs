//! One signed call over HTTP/1.1, and its signed answer.
//!
//! No redirects, no cookies, no decompression. The answer is read up to a limit and within the
//! call's time, and its signature is checked over the raw bytes before anybody parses them.

use crate::connector::connector;
use crate::target::{GuardedResolver, Target, TargetError, TargetRule};
use base::Timestamp;
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use wire::{Datetime, SignatureHeader, SignedMessage, SigningKey, VerifyingKey};

/// Why a call gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    #[error("the partner cannot be reached or broke the connection: {0}")]
    Unreachable(String),
    #[error("the URL may not be called: {0}")]
    Target(#[from] TargetError),
    #[error("the HTTP status is {0}, not 200")]
    BadStatus(u16),
    #[error("the answer's signature does not hold: {0}")]
    BadSignature(String),
    #[error("the answer is not the message that was expected: {0}")]
    BadBody(String),
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    #[error("the partner's circuit is open after too many failures")]
    CircuitOpen,
}

impl CallError {
    /// A name for counters, from a closed set.
    pub const fn label(&self) -> &'static str {
        match self {
            CallError::Timeout(_) => "timeout",
            CallError::Unreachable(_) => "unreachable",
            CallError::Target(_) => "target",
            CallError::BadStatus(_) => "bad_status",
            CallError::BadSignature(_) => "bad_signature",
            CallError::BadBody(_) => "bad_body",
            CallError::TooLarge(_) => "too_large",
            CallError::CircuitOpen => "circuit_open",
        }
    }
}

/// Limits of all calls.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Longest answer read, in bytes.
    pub max_answer_bytes: usize,
    pub connect_timeout: Duration,
    /// Open connections kept per host between calls.
    pub max_idle_per_host: usize,
    pub idle_timeout: Duration,
    pub targets: TargetRule,
}

impl Default for ClientOptions {
    fn default() -> ClientOptions {
        ClientOptions {
            max_answer_bytes: 64 * 1024,
            connect_timeout: Duration::from_secs(3),
            max_idle_per_host: 64,
            idle_timeout: Duration::from_secs(30),
            targets: TargetRule::default(),
        }
    }
}

/// A partner's enrolled keys: the version that the answer names, valid now.
pub trait CallKeys: Sync {
    fn key(&self, version: u32, now: Timestamp) -> Option<Arc<VerifyingKey>>;
}

/// Keys without a term, by version: for tools and simulated partners.
impl CallKeys for Vec<(u32, Arc<VerifyingKey>)> {
    fn key(&self, version: u32, _: Timestamp) -> Option<Arc<VerifyingKey>> {
        self.iter().find(|(enrolled, _)| *enrolled == version).map(|(_, key)| Arc::clone(key))
    }
}

/// One call to be made.
pub struct Call<'a> {
    pub url: &'a str,
    /// Origin that the operator entered for this participant: it may be called even when it is on
    /// no list.
    pub own_origin: Option<&'a str>,
    /// The `Client-Id` header: the partner's own id, in both directions.
    pub client_id: &'a str,
    pub body: Bytes,
    pub keys: &'a dyn CallKeys,
    pub timeout: Duration,
}

/// A partner's verified answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The raw JSON.
    pub body: Bytes,
    /// Which of the partner's keys signed it.
    pub key_version: u32,
    pub took: Duration,
}

/// A POST that the caller signs itself, or leaves unsigned.
pub struct Post<'a> {
    pub url: &'a str,
    /// As in [`Call`].
    pub own_origin: Option<&'a str>,
    /// All headers, the content type included.
    pub headers: HeaderMap,
    pub body: Bytes,
    pub timeout: Duration,
}

/// What came back to a [`Post`], whatever it is: nothing of it is checked.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub took: Duration,
}

/// Makes signed calls; cheap to clone, and clones share their connections.
#[derive(Clone)]
pub struct SignedClient {
    http: Client<HttpsConnector<HttpConnector<GuardedResolver>>, Full<Bytes>>,
    key: Arc<SigningKey>,
    key_version: u32,
    options: Arc<ClientOptions>,
    targets: Arc<TargetRule>,
}

impl SignedClient {
    pub fn new(key: Arc<SigningKey>, key_version: u32, options: ClientOptions) -> SignedClient {
        let targets = Arc::new(options.targets.clone());
        let mut tcp = HttpConnector::new_with_resolver(GuardedResolver::new(targets.clone()));
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(options.connect_timeout));
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(options.idle_timeout)
            .pool_max_idle_per_host(options.max_idle_per_host)
            .build(connector(tcp));
        SignedClient { http, key, key_version, options: Arc::new(options), targets }
    }

    /// Makes the call and checks the answer's signature; the body is not parsed.
    pub async fn call(&self, call: Call<'_>) -> Result<Answer, CallError> {
        let started = Instant::now();
        let timeout = call.timeout;
        let answered = tokio::time::timeout(timeout, self.exchange(call)).await;
        let (body, key_version) = answered.map_err(|_| CallError::Timeout(timeout))??;
        Ok(Answer { body, key_version, took: started.elapsed() })
    }

    /// As [`call`](SignedClient::call), and reads the answer.
    pub async fn call_for<T, E: std::fmt::Display>(
        &self,
        call: Call<'_>,
        parse: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Result<(T, Answer), CallError> {
        let answer = self.call(call).await?;
        let value = parse(&answer.body).map_err(|error| CallError::BadBody(error.to_string()))?;
        Ok((value, answer))
    }

    /// Sends a request as it is and returns the answer as it came: for tools that try how a partner
    /// refuses. Where it may go is held to the same rule as every call.
    pub async fn post(&self, post: Post<'_>) -> Result<RawAnswer, CallError> {
        let (started, timeout) = (Instant::now(), post.timeout);
        let answered = tokio::time::timeout(timeout, self.exchange_raw(post)).await;
        let (head, body) = answered.map_err(|_| CallError::Timeout(timeout))??;
        Ok(RawAnswer { status: head.status, headers: head.headers, body, took: started.elapsed() })
    }

    async fn exchange_raw(&self, post: Post<'_>) -> Result<(Parts, Bytes), CallError> {
        let target = Target::parse(post.url, post.own_origin, &self.targets)?;
        let mut request = Request::new(Full::new(post.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target.uri;
        *request.headers_mut() = post.headers;
        let sent = self.http.request(request).await;
        self.collect(sent.map_err(|error| CallError::Unreachable(root_of(&error)))?).await
    }

    async fn exchange(&self, call: Call<'_>) -> Result<(Bytes, u32), CallError> {
        let target = Target::parse(call.url, call.own_origin, &self.targets)?;
        let request = self.request(&call, &target)?;
        let sent = self.http.request(request).await;
        let response = sent.map_err(|error| CallError::Unreachable(root_of(&error)))?;
        let (head, body) = self.read(response).await?;
        let key_version = check_signature(&call, &target.path, &head, &body)?;
        Ok((body, key_version))
    }

    fn request(&self, call: &Call<'_>, target: &Target) -> Result<Request<Full<Bytes>>, CallError> {
        let bad = |what: &dyn std::fmt::Display| CallError::Unreachable(what.to_string());
        let time = Datetime::utc(now()).to_string();
        let message = SignedMessage::new(&target.path, call.client_id, &time, &call.body);
        let message = message.map_err(|error| bad(&error))?;
        let signature = SignatureHeader::sign(&self.key, self.key_version, &message).to_string();
        Request::builder()
            .method(Method::POST)
            .uri(target.uri.clone())
            .header(header::CONTENT_TYPE, "application/json; charset=UTF-8")
            .header("client-id", call.client_id)
            .header("request-time", time)
            .header("signature", signature)
            .body(Full::new(call.body.clone()))
            .map_err(|error| bad(&error))
    }

    async fn read(&self, response: Response<Incoming>) -> Result<(HeaderMap, Bytes), CallError> {
        // The status first: the body of a page of errors may be long.
        if response.status() != StatusCode::OK {
            return Err(CallError::BadStatus(response.status().as_u16()));
        }
        self.collect(response).await.map(|(head, body)| (head.headers, body))
    }

    async fn collect(&self, response: Response<Incoming>) -> Result<(Parts, Bytes), CallError> {
        let (head, body) = response.into_parts();
        let max = self.options.max_answer_bytes;
        match Limited::new(body, max).collect().await {
            Ok(body) => Ok((head, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(CallError::TooLarge(max)),
            Err(error) => Err(CallError::Unreachable(error.to_string())),
        }
    }
}

fn check_signature(
    call: &Call<'_>,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<u32, CallError> {
    let bad = |what: String| CallError::BadSignature(what);
    let text = |name: &'static str| {
        let mut values = headers.get_all(HeaderName::from_static(name)).iter();
        let value = values.next().ok_or_else(|| bad(format!("no {name} header")))?;
        if values.next().is_some() {
            return Err(bad(format!("two {name} headers")));
        }
        HeaderValue::to_str(value).map_err(|_| bad(format!("{name}: not ASCII")))
    };
    let header = SignatureHeader::parse(text("signature")?).map_err(|e| bad(e.to_string()))?;
    let client_id = text("client-id")?;
    if client_id != call.client_id {
        return Err(bad("client-id: not the one of the request".to_string()));
    }
    let message = SignedMessage::new(path, client_id, text("response-time")?, body)
        .map_err(|error| bad(error.to_string()))?;
    let key = call.keys.key(header.key_version, now());
    let key = key.ok_or_else(|| bad(format!("no key of version {}", header.key_version)))?;
    header.verify(&key, &message).map_err(|error| bad(error.to_string()))?;
    Ok(header.key_version)
}

/// The clock of this machine.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// The innermost reason of an error: the outer ones only say that there is an inner one.
pub(crate) fn root_of(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
