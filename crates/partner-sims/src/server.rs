//! A small HTTP/1.1 server whose handlers may also misbehave: hold the connection, or drop it
//! without an answer.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest request body read, in bytes; the protocol's limit.
const MAX_BODY_BYTES: usize = wire::limits::MAX_BODY_BYTES;
/// A connection that sends no complete header for this long is closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a handler wants to happen on the connection.
pub(crate) enum Answer {
    Send(Response<Bytes>),
    /// Close the connection without a byte.
    HangUp,
    /// Keep it open and say nothing until the caller goes away.
    Hold,
}

/// One request with its whole body.
pub(crate) struct Received {
    pub method: http::Method,
    /// Path and query as on the request line.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The future of one answer.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Answers requests. Each runs in a task of its own, so that a caller who leaves does not stop work
/// half-way.
pub(crate) trait Handler: Send + Sync + 'static {
    fn answer(self: Arc<Self>, request: Received) -> Answering;
}

/// A listening server; it stops when this is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves on a listener that is already bound.
    pub(crate) fn start<H: Handler>(
        listener: TcpListener,
        handler: Arc<H>,
    ) -> std::io::Result<Server> {
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, handler));
        Ok(Server { address, accepting })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The connections live in a set inside this task and end with it.
        self.accepting.abort();
    }
}

async fn accept<H: Handler>(listener: TcpListener, handler: Arc<H>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, handler.clone()));
                }
                Err(error) => {
                    // Out of file handles, most likely: give the others time to end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve<H: Handler>(stream: TcpStream, handler: Arc<H>) {
    // Small answers wait for nothing.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| exchange(handler.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    // Ends with an error whenever a handler hangs up, and that is wanted.
    let _ = connection.await;
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up on purpose")]
struct HungUp;

async fn exchange<H: Handler>(
    handler: Arc<H>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, HungUp> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "").map(Full::new));
    };
    let target = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_string();
    let received =
        Received { method: head.method, target, headers: head.headers, body: body.to_bytes() };
    match tokio::spawn(handler.answer(received)).await {
        Ok(Answer::Send(response)) => Ok(response.map(Full::new)),
        Ok(Answer::Hold) => std::future::pending().await,
        Ok(Answer::HangUp) | Err(_) => Err(HungUp),
    }
}

/// An unsigned answer.
pub(crate) fn plain(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let content_type = http::HeaderValue::from_static(content_type);
    response.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
    response
}
