//! Requests that two programs would read differently: each is answered 400 (or with a closed
//! connection), and what is hidden behind it is never answered.

use crate::raw::{now, post, send, sign};
use crate::world::{ACQUIRER, World};

const PATH: &str = "/aps/api/v1/payments/inquiryPayment";
const BODY: &str = r#"{"paymentRequestId":"PR-1"}"#;

/// Heads up to the empty line; `@` stands for the length of the hidden request.
const HEADS: &[&str] = &[
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: @\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: @\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\ntransfer-ENCODING: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: @\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\n Content-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
    "POST / HTTP/1.1\r\nHost: x\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\n",
    "POST / HTTP/1.1\r\nHost: x\r\nX: a\rContent-Length: @\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nNoColon\r\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\n: nameless\r\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/2.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "POST  / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "POST / a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_hides_behind_an_ambiguous_head() {
    let world = World::new().await;
    let hidden = post(PATH, &sign(ACQUIRER, PATH, &now(), BODY), BODY);
    assert!(send(world.address, hidden.as_bytes()).await.contains("ORDER_NOT_EXIST"));
    for head in HEADS {
        let head = head.replace('@', &hidden.len().to_string());
        let answer = send(world.address, format!("{head}{hidden}").as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{head:?}: {answer}");
        assert!(!answer.contains("ORDER_NOT_EXIST"), "{head:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_requests_follow_each_other_on_one_connection() {
    let world = World::new().await;
    let last = post(PATH, &sign(ACQUIRER, PATH, &now(), BODY), BODY);
    let first = last.replace("Connection: close\r\n", "");
    let answer = send(world.address, format!("{first}\r\n{first}{last}").as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
    assert_eq!(answer.matches("ORDER_NOT_EXIST").count(), 3, "{answer}");
}
