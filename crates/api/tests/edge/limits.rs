//! Sizes, times, rates and overload.

use crate::raw::{now, post, read, send, sign, write};
use crate::world::{ACQUIRER, Settings, World, expect_code, pay_body};
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::net::TcpStream;

const PATH: &str = "/aps/api/v1/payments/inquiryPayment";

fn quick() -> Settings {
    let mut settings = Settings::default();
    settings.server.head_timeout = Duration::from_millis(300);
    settings.server.body_timeout = Duration::from_millis(300);
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_methods_that_do_not_exist() {
    let world = World::new().await;
    for path in [
        "/aps/api/v1/payments/PAY",
        "/aps/api/v1/payments/pay/",
        "/aps/api/v1//payments/pay",
        "/aps/api/v1/payments/%70ay",
        "/aps/api/v1/x/../payments/pay",
        "/aps/api/v1/payments/pay;a=1",
        "/ams/api/v1/payments/pay",
        "/",
    ] {
        let answer = world.call(ACQUIRER, path, "{}").await.unwrap();
        expect_code(&answer, "NO_INTERFACE_DEF");
    }
    let get = format!("GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = send(world.address, get.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("METHOD_NOT_SUPPORTED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_and_heads_have_limits() {
    let world = World::with(quick()).await;
    let fits = " ".repeat(64 * 1024);
    let request = post(PATH, &sign(ACQUIRER, PATH, &now(), &fits), &fits);
    assert!(send(world.address, request.as_bytes()).await.contains("PARAM_ILLEGAL"));
    let long = " ".repeat(64 * 1024 + 1);
    let request = post(PATH, &sign(ACQUIRER, PATH, &now(), &long), &long);
    assert!(send(world.address, request.as_bytes()).await.starts_with("HTTP/1.1 413 "));
    let head = format!("POST {PATH} HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(64 * 1024));
    assert!(send(world.address, head.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    let many = format!("POST {PATH} HTTP/1.1\r\n{}\r\n", "X: a\r\n".repeat(65));
    assert!(send(world.address, many.as_bytes()).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_callers_are_let_go() {
    let world = World::with(quick()).await;
    let slow_head = TcpStream::connect(world.address).await.unwrap();
    write(&slow_head, b"POST / HTTP/1.1\r\nHost: x\r\n").await;
    let slow_body = TcpStream::connect(world.address).await.unwrap();
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
    write(&slow_body, head.as_bytes()).await;
    assert!(read(&slow_body).await.starts_with("HTTP/1.1 408 "));
    let answer = read(&slow_head).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_too_often_is_told_to_wait() {
    let mut settings = Settings::default();
    settings.edge.rate_per_second = NonZeroU32::new(2);
    let world = World::with(settings).await;
    let mut refused = 0;
    // However slow the machine is, twenty requests do not take ten seconds.
    for _ in 0..20 {
        let answer = world.ask("payments/inquiryPayment", r#"{"paymentRequestId":"PR-1"}"#).await;
        refused += usize::from(answer.contains("REQUEST_TRAFFIC_EXCEED_LIMIT"));
    }
    assert!((1..20).contains(&refused), "{refused} of 20 were refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_answers_at_once_and_nothing_is_lost() {
    let world = World::with(Settings { queue_capacity: 4, ..Settings::default() }).await;
    let code = world.code().await;
    let gate = std::sync::Arc::clone(&world.gate);
    let (closed, is_closed) = tokio::sync::oneshot::channel();
    let (open, is_open) = std::sync::mpsc::channel::<()>();
    let holder = std::thread::spawn(move || {
        let _held = gate.lock().unwrap();
        closed.send(()).unwrap();
        let _ = is_open.recv();
    });
    is_closed.await.unwrap();
    // One batch is stuck at the gate, four commands wait behind it: one of many has to be refused.
    let bodies: Vec<String> =
        (0..12).map(|number| pay_body(&format!("PR-{number}"), &code, 900)).collect();
    let world = std::sync::Arc::new(world);
    let mut calls = tokio::task::JoinSet::new();
    for body in bodies {
        let world = std::sync::Arc::clone(&world);
        calls.spawn(async move { world.ask("payments/pay", &body).await });
    }
    let refused = calls.join_next().await.unwrap().unwrap();
    expect_code(&refused, "REQUEST_TRAFFIC_EXCEED_LIMIT");
    open.send(()).unwrap();
    holder.join().unwrap();
    let mut paid = 0;
    while let Some(answer) = calls.join_next().await {
        paid += usize::from(answer.unwrap().contains("\"SUCCESS\""));
    }
    assert_eq!(paid, 1, "the code is good for one of them");
}
