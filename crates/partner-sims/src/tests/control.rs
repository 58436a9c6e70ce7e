//! The unsigned endpoints, and going off and on line.

use super::*;
use base::ResultCode as C;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// One plain HTTP/1.1 exchange: status line and body.
async fn exchange(stage: &Stage, head: &str, body: &str) -> (String, String) {
    let request = format!(
        "{head} HTTP/1.1\r\nhost: wallet\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let address = stage.wallet.address();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = answer.await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_string(), body.to_string())
}

#[tokio::test]
async fn scripts_and_state_over_http() {
    let stage = Stage::new().await;
    assert_eq!(exchange(&stage, "GET /healthz", "").await.1, "ok\n");
    let body = r#"{"api":"pay","words":"U, F, S","always":{"kind":"needsUser"}}"#;
    let (status, _) = exchange(&stage, "POST /sim/behaviour", body).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    let (status, problem) =
        exchange(&stage, "POST /sim/behaviour", r#"{"api":"pay","words":"X"}"#).await;
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    assert!(problem.contains("`X` is no behaviour"), "{problem}");
    let codes = [C::PaymentInProcess, C::ProcessFail, C::Success, C::PaymentInProcess];
    for (payment, code) in ["P1", "P2", "P3", "P4"].into_iter().zip(codes) {
        assert_eq!(stage.pay_code(&pay(payment, 1_000)).await, code);
    }
    let done = r#"{"paymentRequestId":"P4","notify":true}"#;
    assert_eq!(exchange(&stage, "POST /sim/complete", done).await.1, "\"SUCCESS\"");
    stage.network.wait_for(wire::Api::NotifyPayment, 1).await;
    let none = r#"{"paymentRequestId":"P9"}"#;
    let (status, _) = exchange(&stage, "POST /sim/complete", none).await;
    assert_eq!(status, "HTTP/1.1 404 Not Found");
    let (_, state) = exchange(&stage, "GET /sim/state", "").await;
    for part in [
        r#""balanceMinor": 73000"#,
        r#""books": "ok""#,
        r#""paymentRequestId": "P2""#,
        r#""code": "PROCESS_FAIL""#,
        r#""paymentCount": 4"#,
        r#""notificationsSent": 1"#,
    ] {
        assert!(state.contains(part), "{part} in {state}");
    }
}

#[tokio::test]
async fn an_unsigned_call_is_refused() {
    let stage = Stage::new().await;
    let (status, body) = exchange(&stage, "POST /v1/payments/pay", "{}").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(body.contains("INVALID_SIGNATURE"), "{body}");
    let (_, body) = exchange(&stage, "GET /v1/payments/pay", "").await;
    assert!(body.contains("METHOD_NOT_SUPPORTED"), "{body}");
}

#[tokio::test]
async fn a_wallet_that_was_away_still_knows() {
    let stage = Stage::new().await;
    assert_eq!(stage.pay_code(&pay("P1", 1_000)).await, C::Success);
    stage.wallet.go_offline();
    let request = mpp::InquiryPaymentRequest::new(id("A"), id("W"), id("P1"));
    let path = paths::wallet::INQUIRY_PAYMENT;
    // The connection in use is cut in its own time; after that none is made.
    let away = async {
        while stage.call::<mpp::InquiryPaymentResponse>(path, &request, LONG).await.is_ok() {}
    };
    tokio::time::timeout(LONG, away).await.unwrap();
    stage.wallet.go_online().await.unwrap();
    assert_eq!(stage.inquired("P1").await, C::Success);
}
