//! The client against a partner that answers whatever a test wants.

use super::*;
use std::sync::LazyLock;
use tokio::net::TcpListener;

static KEY: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::generate_ed25519().expect("a key can be drawn")));

fn client() -> SignedClient {
    let targets = TargetRule { allows_loopback: true, ..TargetRule::default() };
    SignedClient::new(KEY.clone(), 1, ClientOptions { targets, ..ClientOptions::default() })
}

/// Reads one request and returns its head and body as text.
async fn request(stream: &tokio::net::TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while !text.ends_with(b"}") {
        stream.readable().await.unwrap();
        // A readiness that was false alarm is waited for again.
        let Ok(count) = stream.try_read(&mut buffer) else { continue };
        assert_ne!(count, 0, "the request ends early");
        text.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(text).unwrap()
}

/// A partner for one call; `answer` makes the raw answer of the request.
async fn partner(answer: impl FnOnce(String) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/payments/pay?a=1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let asked = request(&stream).await;
        let answer = answer(asked);
        let mut left = &answer[..];
        while !left.is_empty() && stream.writable().await.is_ok() {
            left = &left[stream.try_write(left).unwrap_or(0)..];
        }
    });
    url
}

async fn call(url: &str, timeout: Duration) -> Result<Answer, CallError> {
    let public = VerifyingKey::parse(KEY.public().to_spki_der()).unwrap();
    let keys = vec![(1, Arc::new(public))];
    client()
        .call(Call {
            url,
            own_origin: None,
            client_id: "W1",
            body: Bytes::from_static(b"{\"a\":\"1\"}"),
            keys: &keys,
            timeout,
        })
        .await
}

fn signed(body: &str, client_id: &str) -> String {
    let time = "2026-11-22T07:20:47+00:00";
    let path = "/v1/payments/pay?a=1";
    let message = SignedMessage::new(path, client_id, time, body.as_bytes()).unwrap();
    let signature = SignatureHeader::sign(&KEY, 1, &message);
    format!("client-id: {client_id}\r\nresponse-time: {time}\r\nsignature: {signature}\r\n")
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes()
}

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_signed_call_gets_a_verified_answer() {
    let url = partner(|asked| {
        assert!(asked.starts_with("POST /v1/payments/pay?a=1 HTTP/1.1\r\n"), "{asked}");
        let header = |name: &str| {
            let line = asked.lines().find(|line| line.starts_with(name)).expect(name);
            line.split_once(": ").unwrap().1.to_string()
        };
        assert_eq!(header("client-id"), "W1");
        let time = header("request-time");
        let message = SignedMessage::new("/v1/payments/pay?a=1", "W1", &time, b"{\"a\":\"1\"}");
        let signature = SignatureHeader::parse(&header("signature")).unwrap();
        assert_eq!(signature.verify(KEY.public(), &message.unwrap()), Ok(()));
        answer("200 OK", &signed("{\"b\":1}", "W1"), "{\"b\":1}")
    });
    let answer = call(&url.await, LONG).await.unwrap();
    assert_eq!((&answer.body[..], answer.key_version), (&b"{\"b\":1}"[..], 1));
}

#[tokio::test]
async fn what_does_not_verify_is_no_answer() {
    let body = "{\"b\":1}";
    let good = signed(body, "W1");
    let other_client = signed(body, "W2");
    let twice = format!("{good}client-id: W1\r\n");
    let unknown_key = good.replace("keyVersion=1", "keyVersion=2");
    for (headers, body) in [
        (good.as_str(), "{\"b\":2}"),
        ("", body),
        (other_client.as_str(), body),
        (twice.as_str(), body),
        (unknown_key.as_str(), body),
    ] {
        let raw = answer("200 OK", headers, body);
        let error = call(&partner(move |_| raw).await, LONG).await.unwrap_err();
        assert!(matches!(error, CallError::BadSignature(_)), "{headers}: {error}");
    }
}

#[tokio::test]
async fn statuses_redirects_and_long_answers_are_refused() {
    let redirect = answer("302 Found", "location: http://127.0.0.1:1/\r\n", "");
    let error = call(&partner(move |_| redirect).await, LONG).await.unwrap_err();
    assert_eq!(error, CallError::BadStatus(302));
    let long = "x".repeat(64 * 1024 + 1);
    let raw = answer("200 OK", &signed(&long, "W1"), &long);
    let error = call(&partner(move |_| raw).await, LONG).await.unwrap_err();
    assert_eq!(error, CallError::TooLarge(64 * 1024));
}

#[tokio::test]
async fn silence_broken_connections_and_closed_ports_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let error = call(&url, Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(error, CallError::Timeout(Duration::from_millis(50)));
    drop(listener);
    let error = call(&url, LONG).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error}");
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let error = call(&partner(move |_| cut).await, LONG).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error}");
    let error = call("http://10.0.0.1/", LONG).await.unwrap_err();
    assert_eq!(error, CallError::Target(TargetError::Host));
}
