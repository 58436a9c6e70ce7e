//! Paying: orders abroad, agreements, and what a scanned text is.

use crate::support::{World, text, won};
use crate::{JIA, MINSU};
use base::{Span, Text};
use ids::{AgreementId, Partition, PaymentId};
use money::{Currency, Money};
use serde_json::json;
use wallet::command::network::{NetworkCommand, PrepareAgreement, TakeOrder};
use wallet::objects::OrderView;
use wallet::{CodeKind, Command};

fn order(merchant: &str) -> OrderView {
    let yen = Currency::from_code("JPY").unwrap();
    OrderView {
        amount: Money::new(1_200, yen).unwrap(),
        merchant: Text::new(merchant).unwrap(),
        reference: Text::new("R-17").ok(),
        rate: Text::new("JPY/KRW 9.41").ok(),
        acquirer: Text::new("A-JP").unwrap(),
        redirect: Text::new("https://shop.example/done").ok(),
        saved_minor: 300,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_abroad_is_shown_with_both_prices_and_paid_once() {
    let world = World::new().await;
    let jia = world.customer(JIA, "Jia Park").await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let edge = &world.node.edge;
    let number = 1;
    let mut ids = Vec::new();
    for at in 0..2_u32 {
        let id = PaymentId::new(edge.now().millis(), Partition(0), at.into());
        let taken = TakeOrder {
            id,
            customer: number,
            code: CodeKind::Order,
            request: Text::new(&format!("network-{at}")).unwrap(),
            price_minor: 11_000,
            order: order("喫茶店"),
            expires: edge.now().after(Span::minutes(5)),
        };
        edge.make(Command::Network(Box::new(NetworkCommand::TakeOrder(taken)))).await.unwrap();
        ids.push(id.to_string());
    }
    let shown = minsu.get(&format!("/v1/payments/{}", ids[0])).await.json();
    assert_eq!(shown["can"], json!(["CONFIRM", "DECLINE"]));
    let parts = ["amount.text", "orderAmount.text", "rate", "discount.value", "reference"];
    let parts = parts.map(|path| text(&shown, path));
    assert_eq!(parts, ["KRW 11000", "JPY 1200", "JPY/KRW 9.41", "300", "R-17"]);
    assert_eq!(jia.get(&format!("/v1/payments/{}", ids[0])).await.status, 404);
    jia.step_up().await;
    assert_eq!(jia.post(&format!("/v1/payments/{}/confirm", ids[0]), json!({})).await.status, 404);
    for _ in 0..2 {
        let paid = minsu.post(&format!("/v1/payments/{}/confirm", ids[0]), json!({})).await;
        assert_eq!(paid.text("redirect"), "https://shop.example/done");
    }
    assert_eq!(minsu.balance().await, 189_000);
    let no = minsu.post(&format!("/v1/payments/{}/decline", ids[1]), json!({})).await;
    assert_eq!(
        (no.text("state"), no.text("reason.code")),
        ("FAILED".into(), "ORDER_IS_CLOSED".into())
    );
    assert_eq!(
        minsu.post("/v1/payment-codes", json!({})).await.text("code"),
        "BUSINESS_NOT_SUPPORT"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_consented_to_listed_and_ended() {
    let world = World::new().await;
    let minsu = world.customer(MINSU, "Minsu Kim").await;
    let jia = world.customer(JIA, "Jia Park").await;
    let edge = &world.node.edge;
    let id = AgreementId::new(edge.now().millis(), Partition(0), 5);
    let asked = PrepareAgreement {
        id,
        auth_client: Text::new("network").unwrap(),
        merchant: Text::new("Scooters").unwrap(),
        reference: Text::new("ref-1").unwrap(),
        reference_merchant: None,
        redirect: Text::new("https://shop.example/back?x=1").unwrap(),
        state: Text::new("a b").ok(),
        scopes: vec![Text::new("AGREEMENT_PAY").unwrap()],
        digest: [1; 32],
    };
    edge.make(Command::Network(Box::new(NetworkCommand::Prepare(asked)))).await.unwrap();
    let path = format!("/v1/agreements/{id}");
    assert_eq!(minsu.get(&path).await.text("merchant"), "Scooters");
    let consent = json!({ "allowance": won(50_000) });
    let to = format!("{path}/consent");
    assert_eq!(minsu.post(&to, consent.clone()).await.text("code"), "STEP_UP_REQUIRED");
    minsu.step_up().await;
    let given = minsu.post(&to, consent.clone()).await;
    let redirect = given.text("redirect");
    assert!(redirect.starts_with("https://shop.example/back?x=1&authCode="), "{redirect}");
    assert!(redirect.ends_with("&authState=a%20b"), "{redirect}");
    assert_eq!(given.text("agreement.left.value"), "50000");
    assert_eq!(minsu.post(&to, consent.clone()).await.text("redirect"), redirect);
    jia.step_up().await;
    assert_eq!(jia.post(&to, consent).await.status, 404);
    assert_eq!(jia.post(&format!("{path}/end"), json!({})).await.status, 404);
    let listed = minsu.get("/v1/agreements").await;
    assert_eq!(listed.text("items.0.id"), id.to_string());
    assert_eq!(minsu.post(&format!("{path}/end"), json!({})).await.text("endedBy"), "CUSTOMER");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_says_whose_it_is() {
    let world = World::new().await;
    let minsu = world.customer(MINSU, "Minsu Kim").await;
    let jia = world.customer(JIA, "Jia Park").await;
    let code = jia.get("/v1/me").await.text("receiveCode");
    let scanned = minsu.post("/v1/scans", json!({ "text": code })).await;
    assert_eq!(
        (scanned.text("kind"), scanned.text("person.name")),
        ("PERSON".into(), "J*** P.".into())
    );
    let national = "00020101021126400009SG.PAYNOW010120213200002150HWCF0301152040000530370258\
                    02SG5923NATIONAL HEALTHCARE GRO6009Singapore6304DF3F";
    for (text, kind) in [
        (national, "NATIONAL"),
        ("https://example.org/x", "URL"),
        ("WIFI:S:home;P:secret;;", "UNKNOWN"),
        ("DHW1/PAY/0/0000", "UNKNOWN"),
        ("\u{1f600}", "UNKNOWN"),
    ] {
        let scanned = minsu.post("/v1/scans", json!({ "text": text })).await;
        assert_eq!(scanned.text("kind"), kind, "{text}: {}", scanned.body);
        assert!(scanned.text("says").len() > 10);
    }
    assert_eq!(minsu.post("/v1/scans", json!({ "text": " " })).await.status, 400);
}
