//! A wallet that has joined a network: payment codes, scanned orders, pages.

use crate::MINSU;
use crate::fake_network::{Network, order};
use crate::support::{World, text};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_fetched_and_a_scanned_order_is_paid_and_told() {
    let network = Network::default();
    let world = World::joined(Some(network.start().await)).await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    network.say(
        "/codes/getPaymentCode",
        json!({ "paymentCodeInfoList": [{
        "paymentCode": "281012345678901234567890",
        "codeValidityStartTime": "2026-11-22T00:00:00Z",
        "codeExpiryTime": "2026-11-22T00:01:00+09:00",
    }] }),
    );
    let codes = minsu.post("/v1/payment-codes", json!({ "region": "JP", "count": 2 })).await;
    assert_eq!(codes.text("0.code"), "281012345678901234567890", "{}", codes.body);
    let asked = network.heard("/getPaymentCode").unwrap();
    assert_eq!((&asked["customerId"], &asked["region"]), (&json!("c0"), &json!("JP")));
    network.say(
        "/codes/identifyCode",
        json!({ "isSupported": true, "postCodeMatchActionType": "DECODE", "codeValue": "ORDER-1" }),
    );
    network.say("/payments/userInitiatedPay", order());
    let scanned = minsu.post("/v1/scans", json!({ "text": "https://pay.example/o/1" })).await;
    assert_eq!(scanned.text("kind"), "PAYMENT", "{}", scanned.body);
    assert_eq!(text(&network.heard("/userInitiatedPay").unwrap(), "codeValue"), "ORDER-1");
    let shown = ["amount.text", "orderAmount.text", "rate", "discount.value", "counterparty.name"];
    let shown = shown.map(|path| scanned.text(&format!("payment.{path}")));
    assert_eq!(shown, ["KRW 11000", "JPY 1200", "JPY/KRW 9.4167", "300", "Kissaten"]);
    let id = scanned.text("payment.id");
    // Scanned again, it is the same order.
    let again = minsu.post("/v1/scans", json!({ "text": "https://pay.example/o/1" })).await;
    assert_eq!(again.text("payment.id"), id);
    let paid = minsu.post(&format!("/v1/payments/{id}/confirm"), json!({})).await;
    assert_eq!(paid.text("state"), "PAID", "{}", paid.body);
    assert_eq!(minsu.balance().await, 189_000);
    for _ in 0..500 {
        if network.heard("/notifyPayment").is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let told = network.heard("/notifyPayment").expect("the network is told");
    assert_eq!(text(&told, "paymentRequestId"), "network-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_opened_and_private_texts_stay_at_home() {
    let network = Network::default();
    let world = World::joined(Some(network.start().await)).await;
    let minsu = world.customer(MINSU, "Minsu Kim").await;
    network.say(
        "/codes/identifyCode",
        json!({
            "isSupported": true, "postCodeMatchActionType": "OPEN_URL",
            "redirectUrl": "https://pay.example/s/1?w=kr", "userAgent": "Wallet/1",
        }),
    );
    let page = minsu.post("/v1/scans", json!({ "text": "https://pay.example/s/1" })).await;
    let shown = ["kind", "url", "userAgent"].map(|path| page.text(path));
    assert_eq!(shown, ["PAGE", "https://pay.example/s/1?w=kr", "Wallet/1"]);
    let wifi = minsu.post("/v1/scans", json!({ "text": "WIFI:S:home;P:secret;;" })).await;
    assert_eq!(wifi.text("kind"), "UNKNOWN");
    assert_eq!(
        text(&network.heard("/identifyCode").unwrap(), "codeValue"),
        "https://pay.example/s/1"
    );
    network.say("/codes/identifyCode", json!({ "isSupported": false }));
    let other = minsu.post("/v1/scans", json!({ "text": "https://example.org/" })).await;
    assert_eq!(other.text("kind"), "URL");
}
