//! One listener: HTTP/1.1 with strict limits in front of a router.
//!
//! A head has 5 s, a body 10 s and 64 KB, by default; bodies are read whole before the router sees
//! the request. Ambiguous heads are answered 400 and the connection is closed. Absolute-form
//! targets are taken as they come.

use crate::head_guard::HeadGuard;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// Limits of one listener.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// For a whole head, and for how long a kept connection may be idle.
    pub head_timeout: Duration,
    /// For a whole body.
    pub body_timeout: Duration,
    pub max_body_bytes: usize,
    pub max_head_bytes: usize,
    pub max_headers: usize,
    pub max_connections: usize,
    /// Open connections of one address.
    pub max_per_address: usize,
    /// After the shutdown signal, requests under way have this long.
    pub drain_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> ServerOptions {
        ServerOptions {
            head_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            max_body_bytes: wire::limits::MAX_BODY_BYTES,
            max_head_bytes: 32 * 1024,
            max_headers: 64,
            max_connections: 16_384,
            max_per_address: 8_192,
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Wait after the system refused a connection, mostly for want of file descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Serves until `shutdown` is done and the requests under way are answered (or out of time).
///
/// Handlers find the caller's address as `ConnectInfo<SocketAddr>`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: ServerOptions,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(options.max_connections));
    let connections = Arc::new(Connections { options, router, addresses: Mutex::default() });
    let (stop, stopped) = watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        let Some(counted) = connections.count(peer.ip()) else { continue };
        let (connections, stopped) = (Arc::clone(&connections), stopped.clone());
        tokio::spawn(async move {
            connections.run(stream, peer, stopped).await;
            drop((counted, place));
        });
    }
    drop(listener);
    stop.send_replace(true);
    let all = u32::try_from(connections.options.max_connections).unwrap_or(u32::MAX);
    let drained = places.acquire_many(all);
    if tokio::time::timeout(connections.options.drain_timeout, drained).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, Place)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.expect("the places of a listener are never closed");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

struct Connections {
    options: ServerOptions,
    router: Router,
    addresses: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection in the count of its address.
struct Counted {
    connections: Arc<Connections>,
    address: IpAddr,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let addresses = self.connections.addresses.lock();
        let mut addresses = addresses.expect("nothing panics while it counts");
        if let Some(count) = addresses.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                addresses.remove(&self.address);
            }
        }
    }
}

impl Connections {
    /// `None` when the address has its fill; the connection is then closed unread.
    fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let mut addresses = self.addresses.lock().expect("nothing panics while it counts");
        let count = addresses.entry(address).or_default();
        if *count >= self.options.max_per_address {
            return None;
        }
        *count += 1;
        Some(Counted { connections: Arc::clone(self), address })
    }

    async fn run(&self, stream: TcpStream, peer: SocketAddr, mut stopped: watch::Receiver<bool>) {
        // Without this, small answers may wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let service = service_fn(|request| self.answer(request, peer));
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.options.head_timeout)
            .max_headers(self.options.max_headers)
            .max_buf_size(self.options.max_head_bytes.max(8_192))
            .keep_alive(true)
            .half_close(false);
        let io = TokioIo::new(HeadGuard::new(stream));
        let mut connection = std::pin::pin!(builder.serve_connection(io, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = until_stopped(&mut stopped) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // Broken heads, timeouts and resets: the caller's doing, and too many for a warning.
            tracing::debug!(%peer, %error, "connection ended");
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Infallible> {
        let (parts, body) = request.into_parts();
        let bytes = match self.read(body).await {
            Ok(bytes) => bytes,
            Err(status) => return Ok(refusal(status)),
        };
        let mut request = Request::from_parts(parts, Body::from(bytes));
        request.extensions_mut().insert(ConnectInfo(peer));
        self.router.clone().oneshot(request).await
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, StatusCode> {
        let max = self.options.max_body_bytes;
        if body.size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX) {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let collected = Limited::new(body, max).collect();
        match tokio::time::timeout(self.options.body_timeout, collected).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
            Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
            Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }
}

async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is also a reason to stop.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// An answer to what is not even a request; the rest of the connection cannot be read any more.
fn refusal(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
