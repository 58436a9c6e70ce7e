//! Raw HTTP over a socket: what no client library would send.

use crate::world::KEY;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use wire::{SignatureHeader, SignedMessage};

/// Sends bytes and reads until the server closes or is quiet for long.
pub async fn send(address: SocketAddr, bytes: &[u8]) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    write(&stream, bytes).await;
    read(&stream).await
}

/// Writes as much as the server takes: one that has seen enough may close meanwhile.
pub async fn write(stream: &TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() && stream.writable().await.is_ok() {
        match stream.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// Reads until the server closes, or is quiet for long.
pub async fn read(stream: &TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(())) = tokio::time::timeout(QUIET, stream.readable()).await {
        match stream.try_read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

const QUIET: Duration = Duration::from_secs(20);

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
