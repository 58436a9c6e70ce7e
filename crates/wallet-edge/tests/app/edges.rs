//! What is not understood, and news as they happen.

use crate::support::{World, won};
use crate::{JIA, MINSU};
use base::ResultCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_refused_in_words() {
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let json = "Content-Type: application/json\r\nIdempotency-Key: k\r\n";
    let bodies: [&[u8]; 8] = [
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{\"to\":1}",
        b"{\"to\":\"+821055550002\",\"amount\":{\"currency\":\"KRW\",\"value\":\"-1\"}}",
        b"{\"to\":\"+821055550002\",\"amount\":{\"currency\":\"USD\",\"value\":\"1\"}}",
        b"{\"to\":\"+821055550002\",\"amount\":{\"currency\":\"KRW\",\"value\":\"1\"},\"x\":1}",
    ];
    for body in bodies {
        let answer = minsu.send("POST", "/v1/transfers", json, body).await;
        assert!((400..500).contains(&answer.status), "{}", answer.body);
        assert!(!answer.text("code").is_empty() && answer.text("message").contains(':'));
    }
    let ids = ["", "x", "trf_", "trf_00", "trf_+0000000000000000000000000000000", "%00", "💴"];
    for id in ids.iter().chain(&[&*format!("pay_{:032x}", 1), &*format!("req_{:032x}", 1)]) {
        let path = format!("/v1/activity/{}", id.replace('💴', "%F0%9F%92%B4"));
        assert_eq!(minsu.get(&path).await.status, 404, "{path}");
    }
    for query in ["?limit=0", "?limit=101", "?limit=x", "?cursor=1", "?page=2"] {
        assert_eq!(minsu.get(&format!("/v1/activity{query}")).await.status, 400, "{query}");
    }
    assert_eq!(minsu.get("/v1/shops/99999999999/statement").await.status, 404);
    assert_eq!(minsu.get("/v1/shops/near?lat=91&lon=0").await.status, 400);
    assert_eq!(minsu.balance().await, 200_000);
    for path in ["/healthz", "/readyz", "/metrics", "/app/openapi.json"] {
        assert_eq!(minsu.get(path).await.status, 200, "{path}");
    }
    let contract = dhow_wallet_edge::app::openapi_json();
    assert!(contract.contains("/v1/shops/{n}/cash/give"));
    // It is money that is refused, too, and says so.
    let much = json!({ "to": JIA, "amount": won(200_001), "knowsNewPayee": true });
    assert_eq!(minsu.make("/v1/transfers", much).await.status, 404);
    let code = ResultCode::PaymentAmountExceedLimit.as_str();
    let out = json!({ "amount": won(200_001), "bankAccount": "KB 1" });
    assert_eq!(minsu.make("/v1/withdrawals", out).await.text("code"), code);
}

#[tokio::test(flavor = "multi_thread")]
async fn news_come_as_they_happen() {
    use std::io::{Read, Write};
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let jia = world.customer(JIA, "Jia Park").await;
    let mut stream = std::net::TcpStream::connect(jia.address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let request = format!(
        "GET /v1/events HTTP/1.1\r\nHost: wallet\r\nDevice-Id: {}\r\n\
         Authorization: Bearer {}\r\n\r\n",
        jia.device, jia.token
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut read_until = move |wanted: &str| {
        let (mut text, mut buffer) = (String::new(), [0; 1024]);
        while !text.contains(wanted) {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "the stream ended: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        text
    };
    let begun = tokio::task::spawn_blocking(move || {
        let head = read_until(": begins");
        (head, read_until)
    });
    let (head, mut read_until) = begun.await.unwrap();
    assert!(head.contains("text/event-stream"), "{head}");
    let body = json!({ "to": JIA, "amount": won(100), "knowsNewPayee": true });
    let id = minsu.make("/v1/transfers", body).await.text("id");
    let wanted = format!("{{\"id\":\"{id}\",\"kind\":\"TRANSFER\",\"state\":\"DONE\"}}");
    let news = tokio::task::spawn_blocking(move || read_until(&wanted)).await.unwrap();
    assert!(news.contains("event: moved"), "{news}");
}
