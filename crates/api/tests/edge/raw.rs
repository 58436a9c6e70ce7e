//! Raw HTTP over a socket: what no client library would send.

use crate::world::KEY;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::{SignatureHeader, SignedMessage};

/// Sends bytes and reads until the server closes or is quiet for long.
pub async fn send(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that has seen enough may close while we still write.
    let _ = stream.write_all(bytes).await;
    read(&mut stream).await
}

pub async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(20), reading).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// The parts of a signed request, to be put together in any way.
pub struct Signed {
    pub client_id: String,
    pub time: String,
    pub signature: String,
}

/// Signs like a partner does.
pub fn sign(client_id: &str, path: &str, time: &str, body: &str) -> Signed {
    let message = SignedMessage::new(path, client_id, time, body.as_bytes()).unwrap();
    let signature = SignatureHeader::sign(&KEY, 1, &message).to_string();
    Signed { client_id: client_id.into(), time: time.into(), signature }
}

/// The time now, in the first of the four shapes.
pub fn now() -> String {
    use engine::Clock;
    wire::Datetime::utc(engine::SystemClock.now()).to_string()
}

/// A whole request that asks the server to close afterwards.
pub fn post(target: &str, signed: &Signed, body: &str) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nClient-Id: {}\r\nRequest-Time: {}\r\nSignature: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        signed.client_id,
        signed.time,
        signed.signature,
        body.len(),
    )
}
