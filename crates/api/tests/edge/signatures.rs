//! Who is believed, and who is not.

use crate::raw::{Signed, now, post, send, sign};
use crate::world::{ACQUIRER, Settings, World};
use engine::{Clock, SystemClock};
use std::net::SocketAddr;

const PATH: &str = "/aps/api/v1/payments/inquiryPayment";
const BODY: &str = "{\n   \"paymentRequestId\": \"PR-1\"\n}";

/// The signature held when the payment was looked for.
const BELIEVED: &str = "ORDER_NOT_EXIST";

async fn result(address: SocketAddr, request: &str) -> String {
    let answer = send(address, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (_, code) = answer.split_once("\"resultCode\":\"").expect(&answer);
    code.split_once('"').unwrap().0.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn times_targets_and_headers_come_in_many_shapes() {
    let world = World::new().await;
    let at = SystemClock.now();
    let plain = wire::Datetime::utc(at).to_string();
    let shapes = [
        plain.clone(),
        plain.replace("+00:00", "+0000"),
        plain.replace("+00:00", ".123Z"),
        at.millis().to_string(),
        wire::Datetime { at, offset_minutes: 480 }.to_string(),
    ];
    for time in &shapes {
        let request = post(PATH, &sign(ACQUIRER, PATH, time, BODY), BODY);
        assert_eq!(result(world.address, &request).await, BELIEVED, "{time}");
    }
    let signed = sign(ACQUIRER, PATH, &plain, BODY);
    let absolute = post(&format!("https://open.example{PATH}"), &signed, BODY);
    assert_eq!(result(world.address, &absolute).await, BELIEVED);
    let query = format!("{PATH}?a=%20b");
    let request = post(&query, &sign(ACQUIRER, &query, &plain, BODY), BODY);
    assert_eq!(result(world.address, &request).await, BELIEVED);
    let whole = post(PATH, &signed, BODY);
    for request in [
        whole.replace("Client-Id", "client-id").replace("Signature", "sIGNATURE"),
        whole.replace("Content-Type: application/json\r\n", ""),
        whole.replace("application/json", "application/json; charset=UTF-8"),
        whole.replace("Host: x\r\n", "Host: x\r\nAgent-Token: \r\nAccept: text/plain\r\n"),
        whole.replace("Host: x\r\n", "Host: x\r\nContent-Type: application/json\r\n"),
        whole.replace(", ", ","),
    ] {
        assert_eq!(result(world.address, &request).await, BELIEVED, "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_signed_in_lower_case_also_when_they_refuse() {
    let world = World::new().await;
    let signed = sign(ACQUIRER, PATH, &now(), BODY);
    let unknown = Signed { client_id: "ACQP_9".into(), ..sign("ACQP_9", PATH, &now(), BODY) };
    let broken = format!("{BODY} ");
    for request in [
        post(PATH, &signed, BODY),
        post(PATH, &signed, &broken),
        post(PATH, &unknown, BODY),
        post("/aps/api/v1/payments/nothing", &signed, BODY),
        post(PATH, &signed, BODY).replacen("POST", "GET", 1),
        post(PATH, &signed, BODY).replace("application/json", "text/xml"),
    ] {
        let answer = send(world.address, request.as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        let header = |name: &str| {
            let line = head.lines().find(|line| line.starts_with(name)).expect(head);
            line.split_once(": ").unwrap().1
        };
        let target = request.split(' ').nth(1).unwrap();
        let (client_id, time) = (header("client-id"), header("response-time"));
        let message = wire::SignedMessage::new(target, client_id, time, body.as_bytes()).unwrap();
        let signature = wire::SignatureHeader::parse(header("signature")).unwrap();
        assert_eq!(signature.verify(crate::world::KEY.public(), &message), Ok(()), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_not_signed_is_not_believed() {
    let world = World::new().await;
    let signed = sign(ACQUIRER, PATH, &now(), BODY);
    for at in 0..BODY.len() {
        let mut body = BODY.as_bytes().to_vec();
        body[at] ^= 1;
        let body = String::from_utf8(body).unwrap();
        let request = post(PATH, &signed, &body);
        assert_eq!(result(world.address, &request).await, "INVALID_SIGNATURE", "{body}");
    }
    let later = SystemClock.now().after(base::Span::secs(1));
    let whole = post(PATH, &signed, BODY);
    let refused = [
        (whole.replace(&signed.time, &wire::Datetime::utc(later).to_string()), "INVALID_SIGNATURE"),
        (post("/aps/api/v1/payments/cancelPayment", &signed, BODY), "INVALID_SIGNATURE"),
        (post(&format!("{PATH}?"), &signed, BODY), "INVALID_SIGNATURE"),
        (whole.replace("keyVersion=1", "keyVersion=2"), "KEY_NOT_FOUND"),
        (whole.replace("algorithm=RSA256", "algorithm=none"), "INVALID_SIGNATURE"),
        (whole.replace("algorithm=RSA256", "algorithm=ED25519"), "INVALID_SIGNATURE"),
        (whole.replace("Client-Id: ACQP_1", "Client-Id: MPP_1"), "INVALID_SIGNATURE"),
        (whole.replace("Client-Id: ACQP_1", "Client-Id: ACQP_2"), "INVALID_CLIENT"),
        (whole.replace("Client-Id: ACQP_1\r\n", ""), "INVALID_CLIENT"),
        (
            whole.replace("Client-Id: ACQP_1", "Client-Id: ACQP_1\r\nClient-Id: ACQP_1"),
            "INVALID_CLIENT",
        ),
        (whole.replace("Signature: ", "X-Signature: "), "INVALID_SIGNATURE"),
        (whole.replace("Request-Time: ", "X-Request-Time: "), "PARAM_ILLEGAL"),
    ];
    for (request, code) in &refused {
        assert_eq!(result(world.address, request).await, *code, "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_messages_are_refused_unless_the_operator_allows_them() {
    let minutes = |minutes: u64| {
        let at = SystemClock.now().before(base::Span::minutes(minutes));
        wire::Datetime::utc(at).to_string()
    };
    let ahead = SystemClock.now().after(base::Span::minutes(6));
    let world = World::new().await;
    for (time, code) in [
        (minutes(4), BELIEVED),
        (minutes(6), "PARAM_ILLEGAL"),
        (wire::Datetime::utc(ahead).to_string(), "PARAM_ILLEGAL"),
    ] {
        let request = post(PATH, &sign(ACQUIRER, PATH, &time, BODY), BODY);
        assert_eq!(result(world.address, &request).await, code, "{time}");
    }
    let mut settings = Settings::default();
    settings.edge.auth.freshness = None;
    let lenient = World::with(settings).await;
    let time = "2019-04-04T12:08:56+05:30";
    let request = post(PATH, &sign(ACQUIRER, PATH, time, BODY), BODY);
    assert_eq!(result(lenient.address, &request).await, BELIEVED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_says_what_was_signed_wrongly() {
    let mut settings = Settings::default();
    settings.edge.auth.explains_signatures = true;
    let world = World::with(settings).await;
    let time = now();
    let with_query = format!("{PATH}?a=1");
    for (target, signed_path, signed_body, hint) in [
        (with_query.as_str(), PATH, BODY, "without its query"),
        (PATH, PATH, "", "left out"),
        (PATH, PATH, "{}", "SHA-256"),
    ] {
        let request = post(target, &sign(ACQUIRER, signed_path, &time, signed_body), BODY);
        let answer = send(world.address, request.as_bytes()).await;
        assert!(answer.contains("INVALID_SIGNATURE") && answer.contains(hint), "{answer}");
    }
}
