//! The partner protocol's edge: every message in, a signed answer out.
//!
//! Whatever JSON result can be built goes out with HTTP 200 and a signature, also refusals; that is
//! what the partners' clients take for an answer at all. Order of checks: path, method, content
//! type, client, rate, signature, time, role, body.

mod agreements;
mod answer;
mod cancel;
mod codes;
mod consult;
mod customs;
mod disputes;
mod door;
mod hub;
mod inquiry;
mod merchants;
mod notify;
mod pay;
mod private_code;
mod push;
mod quote;
mod random;
mod rate;
mod refs;
mod refund;
mod scan;
mod take_order;
mod tokens;

pub(crate) use agreements::page_for;
pub(crate) use answer::Failure;
pub(crate) use customs::word_of as word_of_declaration;
pub(crate) use door::Door;
pub use hub::PaymentHub;
pub(crate) use private_code::{
    Meaning, ask, asks_for_amount, currency_of, open as open_code, whose,
};
pub use random::nonce;
pub(crate) use random::{attempt, order_token, payment_id};
pub(crate) use rate::RateLimit;

use crate::auth::{self, AuthOptions, Received};
use crate::links::Links;
use answer::Answered;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::routing::any;
use base::ResultCode;
use directory::Role;
use effects::{DirectoryView, Effects, Partitions, Partner};
use engine::{Clock, SubmitError};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use ids::ParticipantId;
use network::Refusal;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::{Api, Caller, Datetime, SignatureHeader, SignedMessage, SigningKey};

/// Settings of the edge.
#[derive(Clone, Debug)]
pub struct WireEdgeOptions {
    pub auth: AuthOptions,
    /// Requests per second of one client, and how many at once; `None` for no limit.
    pub rate_per_second: Option<NonZeroU32>,
    /// How long `pay` and `refund` wait for the wallet. The callers wait 8 s.
    pub wait: Duration,
}

impl Default for WireEdgeOptions {
    fn default() -> WireEdgeOptions {
        WireEdgeOptions {
            auth: AuthOptions::default(),
            rate_per_second: NonZeroU32::new(5_000),
            wait: Duration::from_millis(6_500),
        }
    }
}

/// What the edge needs to know.
pub struct WireEdgeParts {
    pub partitions: Partitions,
    pub directory: Arc<DirectoryView>,
    /// Asks acquirers what their codes mean.
    pub effects: Effects,
    /// The network's key: it signs every answer.
    pub key: Arc<SigningKey>,
    pub key_version: u32,
    /// Makes the names under which acquirers see users; at least 16 bytes, never changed.
    pub alias_secret: Vec<u8>,
    /// Where payers reach the network: stands in codes.
    pub links: Links,
    pub clock: Arc<dyn Clock>,
}

/// Strangers' messages that are answered with a signature, per second: signing is what costs.
const SIGNED_FOR_STRANGERS: NonZeroU32 = NonZeroU32::new(200).expect("it is not zero");

/// The edge; shared by all connections.
pub struct WireEdge {
    door: Arc<Door>,
    key: Arc<SigningKey>,
    key_version: u32,
    options: WireEdgeOptions,
    rates: Option<RateLimit<ParticipantId>>,
    strangers: RateLimit<()>,
}

/// A request on its way: what is known of it so far.
struct Asked<'a> {
    /// Path and query as sent.
    path: &'a str,
    method: &'a Method,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl WireEdge {
    /// Starts watching the payments. Errors: an engine has stopped.
    pub fn new(
        parts: WireEdgeParts,
        options: WireEdgeOptions,
    ) -> Result<Arc<WireEdge>, SubmitError> {
        let rates = options.rate_per_second.map(RateLimit::new);
        let (key, key_version) = (Arc::clone(&parts.key), parts.key_version);
        let door = Arc::new(Door::open(parts, options.wait)?);
        let strangers = RateLimit::new(SIGNED_FOR_STRANGERS);
        Ok(Arc::new(WireEdge { door, key, key_version, options, rates, strangers }))
    }

    /// What the payers' pages are made from.
    pub(crate) fn door(&self) -> Arc<Door> {
        Arc::clone(&self.door)
    }

    /// Routes for everything below `/aps`; merge it with others.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/aps", any(receive))
            .route("/aps/{*rest}", any(receive))
            .with_state(Arc::clone(self))
    }

    /// A router that answers every path in the protocol's way: for a listener of its own.
    pub fn router_for_all_paths(self: &Arc<Self>) -> Router {
        Router::new().fallback(receive).with_state(Arc::clone(self))
    }

    async fn answer(&self, asked: &Asked<'_>) -> (Answered, Option<Api>, Option<Arc<Partner>>) {
        let bare = asked.path.split('?').next().unwrap_or(asked.path);
        let api = quote::from_path(bare);
        let client_id = auth::header(asked.headers, "client-id");
        let partner = client_id.as_ref().ok().and_then(|id| self.door.client(id));
        let checked = check_head(asked, api).and_then(|api| {
            client_id.map_err(|refusal| Refusal { code: ResultCode::InvalidClient, ..refusal })?;
            let partner = partner.as_ref().ok_or_else(|| {
                let message = "client-id: not known to this network; check the header";
                Refusal::new(ResultCode::InvalidClient, message)
            })?;
            self.check_partner(asked, api, partner)?;
            Ok((api, partner))
        });
        let answered = match checked {
            Ok((api, partner)) => self.door.dispatch(api, partner, asked.body).await,
            Err(refusal) => Answered::refusal(&refusal),
        };
        (answered, api, partner)
    }

    fn check_partner(&self, asked: &Asked<'_>, api: Api, partner: &Partner) -> Result<(), Refusal> {
        let now = self.door.now();
        let is_over = |rates: &RateLimit<_>| !rates.take(partner.participant.id, now);
        if self.rates.as_ref().is_some_and(is_over) {
            return Err(Refusal::new(
                ResultCode::RequestTrafficExceedLimit,
                "too many requests of this client; wait a second, then repeat the same request",
            ));
        }
        let received = Received { path: asked.path, headers: asked.headers, body: asked.body };
        auth::check(partner, received, now, self.options.auth)?;
        let (role, who) = match api.caller() {
            Caller::Acqp => (Role::Acqp, "acquirers"),
            Caller::Mpp => (Role::Mpp, "wallets"),
        };
        if partner.participant.role != role {
            let message = format!("client-id: only {who} may call this interface");
            return Err(Refusal::new(ResultCode::AccessDenied, message));
        }
        Ok(())
    }

    /// The answer with its headers. Without a usable client id there is nothing to sign for.
    fn sign(&self, asked: &Asked<'_>, answered: &Answered, is_known: bool) -> Response<Body> {
        let mut response = Response::new(Body::from(answered.body.clone()));
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json; charset=UTF-8");
        headers.insert(header::CONTENT_TYPE, json);
        let Ok(client_id) = auth::header(asked.headers, "client-id") else { return response };
        if !is_known && !self.strangers.take((), self.door.now()) {
            return response;
        }
        let time = Datetime::utc(self.door.now()).to_string();
        let Ok(message) = SignedMessage::new(asked.path, client_id, &time, &answered.body) else {
            return response;
        };
        let signature = SignatureHeader::sign(&self.key, self.key_version, &message).to_string();
        for (name, text) in
            [("client-id", client_id), ("response-time", &time), ("signature", &signature)]
        {
            let value = HeaderValue::from_str(text).expect("ASCII without control characters");
            headers.insert(name, value);
        }
        response
    }
}

/// Checks that need no client.
fn check_head(asked: &Asked<'_>, api: Option<Api>) -> Result<Api, Refusal> {
    let refuse = |code: ResultCode, message: &str| Err(Refusal::new(code, message.to_string()));
    let Some(api) = api else {
        return refuse(ResultCode::NoInterfaceDef, "path: no interface has this path; check it");
    };
    if *asked.method != Method::POST {
        return refuse(ResultCode::MethodNotSupported, "method: is not POST; use POST");
    }
    let is_json = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or("").trim().to_ascii_lowercase();
        text.is_empty()
            || text.split(';').next().is_some_and(|kind| kind.trim() == "application/json")
    };
    if !asked.headers.get_all(header::CONTENT_TYPE).iter().all(is_json) {
        let message = "content-type: is not JSON; send application/json; charset=UTF-8";
        return refuse(ResultCode::MediaTypeNotAcceptable, message);
    }
    Ok(api)
}

async fn receive(State(edge): State<Arc<WireEdge>>, request: Request) -> Response<Body> {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, wire::limits::MAX_BODY_BYTES).await else {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return response;
    };
    let asked = Asked {
        path: parts.uri.path_and_query().map_or("/", |path| path.as_str()),
        method: &parts.method,
        headers: &parts.headers,
        body: &body,
    };
    let (answered, api, partner) = edge.answer(&asked).await;
    let response = edge.sign(&asked, &answered, partner.is_some());
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let client = partner.as_ref().map_or("-", |partner| partner.participant.code.as_str());
    let path = api.map_or("-", Api::path);
    let result = answered.code.as_str();
    let request_id = answered.request_id.as_ref().map_or("-", |id| id.as_str());
    tracing::info!(client, path, request_id, result, millis, "answered");
    metrics::counter!("dhow_wire_requests_total", "path" => path, "result" => result).increment(1);
    metrics::histogram!("dhow_wire_seconds", "path" => path)
        .record(started.elapsed().as_secs_f64());
    response
}
