//! One-time codes for the network: sent to the customer of an access token, brought back once.

use crate::fake_network::Network;
use crate::support::{App, Setup, World, text};
use crate::{JIA, MINSU};
use base::{Span, Text, Timestamp};
use engine::ManualClock;
use ids::{AgreementId, Partition};
use serde_json::{Value, json};
use std::sync::Arc;
use wallet::Command;
use wallet::command::network::{NetworkCommand, PrepareAgreement};

struct Joined {
    world: World,
    clock: Arc<ManualClock>,
    now: Timestamp,
}

impl Joined {
    async fn new() -> Joined {
        let now = Timestamp::from_secs(1_790_000_000);
        let clock = Arc::new(ManualClock::new(now));
        let link = Some(Network::default().start().await);
        let setup = Setup { link, clock: Arc::clone(&clock) as _, ..Setup::default() };
        Joined { world: World::of(setup).await, clock, now }
    }

    fn pass(&mut self, span: Span) {
        self.now = self.now.after(span);
        self.clock.set(self.now);
    }

    /// A signed call of the network; the answer's body.
    async fn call(&self, path: &str, body: Value) -> Value {
        let (path, body) = (format!("/mpp{path}"), body.to_string());
        let headers = Network::headers(&path, self.now, body.as_bytes());
        let answer = self.world.app().send("POST", &path, &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn code(&self, path: &str, body: Value) -> String {
        text(&self.call(path, body).await, "result.resultCode")
    }

    /// The access token of an agreement that this customer consents to.
    async fn token(&self, app: &App, number: u128, merchant: &str) -> String {
        let edge = &self.world.node.edge;
        let id = AgreementId::new(self.now.millis(), Partition(0), number);
        let asked = PrepareAgreement {
            id,
            auth_client: Text::new("network").unwrap(),
            merchant: Text::new(merchant).unwrap(),
            reference: Text::new(&format!("ref-{number}")).unwrap(),
            reference_merchant: None,
            redirect: Text::new("https://shop.example/back").unwrap(),
            state: None,
            scopes: vec![Text::new("AGREEMENT_PAY").unwrap()],
            digest: [1; 32],
        };
        edge.make(Command::Network(Box::new(NetworkCommand::Prepare(asked)))).await.unwrap();
        app.step_up().await;
        let given = app.post(&format!("/v1/agreements/{id}/consent"), json!({})).await;
        let redirect = given.text("redirect");
        let (_, code) = redirect.split_once("authCode=").expect("a consent has a code");
        let code = code.split('&').next().unwrap();
        let body = json!({
            "acquirerId": "A", "pspId": "W", "authClientId": "network",
            "grantType": "AUTHORIZATION_CODE", "authCode": code,
        });
        text(&self.call("/v1/authorizations/applyToken", body).await, "accessToken")
    }

    async fn send(&self, token: &str, kind: Option<&str>) -> Value {
        let mut body = json!({ "acquirerId": "A", "pspId": "W", "accessToken": token });
        if let Some(kind) = kind {
            body["verifyType"] = json!(kind);
        }
        self.call("/v1/users/sendOTP", body).await
    }

    async fn verify(&self, token: &str, request: &str, code: &str) -> String {
        let body = json!({
            "acquirerId": "A", "pspId": "W", "accessToken": token,
            "verifyRequestId": request, "otpCode": code,
        });
        self.code("/v1/users/verifyOTP", body).await
    }
}

fn id(sent: &Value) -> String {
    assert_eq!(text(sent, "result.resultStatus"), "S", "{sent}");
    text(sent, "verifyRequestId")
}

fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

const FAILED: &str = "USER_PAYMENT_VERIFICATION_FAILED";

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_to_the_tokens_customer_and_passes_once() {
    let mut it = Joined::new().await;
    let minsu = it.world.customer(MINSU, "Minsu Kim").await;
    let jia = it.world.customer(JIA, "Jia Park").await;
    let token = it.token(&minsu, 1, "Scooters").await;
    let other = it.token(&jia, 2, "Bakery").await;
    let sent = id(&it.send(&token, None).await);
    let kept = dhow_wallet_edge::Messenger::kept(&*it.world.messages, MINSU).unwrap().text;
    assert!(kept.contains("your code for Scooters is "), "{kept}");
    let code = it.world.code(MINSU);
    assert_eq!(it.verify(&token, &sent, &wrong(&code)).await, FAILED);
    // Under no other token, and by no other name.
    assert_eq!(it.verify(&other, &sent, &code).await, "INVALID_CODE");
    assert_eq!(it.verify(&token, "0", &code).await, "INVALID_CODE");
    assert_eq!(it.verify("no-token", &sent, &code).await, "INVALID_TOKEN");
    assert_eq!(it.verify(&token, &sent, &code).await, "SUCCESS");
    assert_eq!(it.verify(&token, &sent, &code).await, "EXPIRED_CODE");
    // The next code voids the name of the one before.
    let (first, _) = (id(&it.send(&token, None).await), it.pass(Span::secs(60)));
    let second = id(&it.send(&token, None).await);
    let code = it.world.code(MINSU);
    assert_eq!(it.verify(&token, &first, &code).await, "INVALID_CODE");
    it.pass(Span::minutes(3));
    assert_eq!(it.verify(&token, &second, &code).await, "EXPIRED_CODE");
    let sent = id(&it.send(&token, Some("MOBILE")).await);
    let code = it.world.code(MINSU);
    for _ in 0..5 {
        assert_eq!(it.verify(&token, &sent, &wrong(&code)).await, FAILED);
    }
    assert_eq!(it.verify(&token, &sent, &code).await, FAILED);
    let body = json!({ "acquirerId": "A", "pspId": "W", "accessToken": token });
    assert_eq!(it.code("/v1/authorizations/cancelToken", body).await, "SUCCESS");
    assert_eq!(text(&it.send(&token, None).await, "result.resultCode"), "INVALID_TOKEN");
    assert_eq!(it.verify(&token, &sent, &code).await, "INVALID_TOKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_tells_whether_there_is_an_address() {
    let mut it = Joined::new().await;
    let minsu = it.world.customer(MINSU, "Minsu Kim").await;
    let token = it.token(&minsu, 1, "Scooters").await;
    // Minsu has a phone and no e-mail address: the two stories are the same.
    let mut stories = Vec::new();
    for kind in ["MOBILE", "EMAIL"] {
        let mut story = Vec::new();
        for _ in 0..11 {
            let sent = it.send(&token, Some(kind)).await;
            let mut fields: Vec<&String> = sent.as_object().unwrap().keys().collect();
            fields.sort();
            story.push(format!("{} {fields:?}", sent["result"]["resultCode"]));
            if let Some(id) = sent["verifyRequestId"].as_str() {
                assert_eq!(id.len(), 64);
                story.push(it.verify(&token, id, "none").await);
            }
            it.pass(Span::secs(1));
        }
        stories.push(story);
    }
    assert_eq!(stories[0], stories[1]);
    assert!(stories[0][20].starts_with("\"REQUEST_TRAFFIC_EXCEED_LIMIT\""), "{stories:?}");
    // The network has used up none of the customer's own codes.
    let asked = json!({ "alias": MINSU, "purpose": "SIGN_IN" });
    assert_eq!(it.world.app().post("/v1/codes", asked).await.status, 202);
    // A day later there are codes again, but not for a stopped account.
    it.pass(Span::days(1));
    id(&it.send(&token, None).await);
    assert_eq!(minsu.post("/v1/me/pause", json!({})).await.status, 204);
    let sent = it.send(&token, None).await;
    assert_eq!(text(&sent, "result.resultCode"), "USER_STATUS_ABNORMAL");
}
