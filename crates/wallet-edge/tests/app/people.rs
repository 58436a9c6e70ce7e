//! Who is let in: registration, sessions, PINs, closing and erasing.

use crate::MINSU;
use crate::support::{PIN, World, text, won};
use dhow_wallet_edge::Messenger;
use ids::Partition;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_good_on_its_device_and_money_needs_the_pin() {
    let world = World::new().await;
    let minsu = world.customer(MINSU, "Minsu Kim").await;
    let mut thief = world.app();
    thief.token = minsu.token.clone();
    assert_eq!(thief.get("/v1/me").await.status, 401);
    thief.token = "0".repeat(64);
    assert_eq!(thief.get("/v1/me").await.text("code"), "UNAUTHORIZED");
    let money = json!({ "amount": won(1_000), "bankAccount": "KB 1" });
    assert_eq!(minsu.make("/v1/top-ups", money.clone()).await.text("code"), "STEP_UP_REQUIRED");
    assert_eq!(
        minsu.post("/v1/step-up", json!({ "pin": "135792" })).await.text("code"),
        "PIN_WRONG"
    );
    minsu.step_up().await;
    let no_key = minsu.post("/v1/top-ups", money.clone()).await;
    assert!(no_key.status == 400 && no_key.text("message").starts_with("Idempotency-Key"));
    assert_eq!(minsu.make("/v1/top-ups", money).await.status, 201);
    // Another device: a code and the PIN.
    let mut second = world.app();
    let asked = json!({ "alias": MINSU, "purpose": "SIGN_IN" });
    assert_eq!(second.post("/v1/codes", asked).await.status, 202);
    let device = json!({ "id": second.device, "label": "A tablet" });
    let body = |code: &str| json!({ "alias": MINSU, "code": code, "pin": PIN, "device": device });
    assert_eq!(second.post("/v1/sessions", body("000000")).await.text("code"), "INVALID_CODE");
    let answer = second.post("/v1/sessions", body(&world.code(MINSU))).await;
    second.token = answer.text("token");
    assert_eq!(second.get("/v1/devices").await.json().as_array().map(Vec::len), Some(2));
    assert_eq!(minsu.delete(&format!("/v1/devices/{}", second.device)).await.status, 204);
    assert_eq!(second.get("/v1/me").await.status, 401);
    assert_eq!(minsu.delete("/v1/sessions/current").await.status, 204);
    assert_eq!(minsu.get("/v1/me").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_block_and_a_code_sets_a_new_one() {
    let world = World::new().await;
    let mut minsu = world.customer(MINSU, "Minsu Kim").await;
    for _ in 0..5 {
        let answer = minsu.post("/v1/step-up", json!({ "pin": "135792" })).await;
        assert_eq!(answer.text("code"), "PIN_WRONG");
    }
    let right = minsu.post("/v1/step-up", json!({ "pin": PIN })).await;
    assert_eq!(
        (right.status, right.text("code").as_str()),
        (403, "USER_PAYMENT_VERIFICATION_FAILED")
    );
    // A code alone is not enough: the device has to be bound.
    let stranger = world.app();
    for app in [&stranger, &minsu] {
        let asked = json!({ "alias": MINSU, "purpose": "PIN_RESET" });
        assert_eq!(app.post("/v1/codes", asked).await.status, 202);
        let body = json!({ "alias": MINSU, "code": world.code(MINSU), "newPin": "975318" });
        let expected = if app.device == minsu.device { 204 } else { 403 };
        assert_eq!(app.put("/v1/pin", body).await.status, expected);
    }
    assert_eq!(minsu.get("/v1/me").await.status, 401);
    let asked = json!({ "alias": MINSU, "purpose": "SIGN_IN" });
    minsu.post("/v1/codes", asked).await;
    let device = json!({ "id": minsu.device, "label": "A phone" });
    let body =
        json!({ "alias": MINSU, "code": world.code(MINSU), "pin": "975318", "device": device });
    minsu.token = minsu.post("/v1/sessions", body).await.text("token");
    assert_eq!(minsu.post("/v1/step-up", json!({ "pin": "975318" })).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_do_not_tell_who_is_a_customer() {
    let world = World::new().await;
    let minsu = world.customer(MINSU, "Minsu Kim").await;
    let asked = |alias: &str| json!({ "alias": alias, "purpose": "SIGN_IN" });
    let known = minsu.post("/v1/codes", asked(MINSU)).await;
    let unknown = minsu.post("/v1/codes", asked("+821099990000")).await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    assert_eq!(world.messages.kept("+821099990000"), None);
    // Registering again with the right PIN signs in; with another one it says what to do.
    let register = json!({ "alias": MINSU, "purpose": "REGISTRATION" });
    minsu.post("/v1/codes", register.clone()).await;
    let again = minsu.register(MINSU, "Minsu Kim", &world.code(MINSU)).await;
    assert_eq!(again.status, 201, "{}", again.body);
    minsu.post("/v1/codes", register).await;
    let body = json!({
        "alias": MINSU, "code": world.code(MINSU), "name": "Somebody", "pin": "975318",
        "device": { "id": minsu.device, "label": "A phone" },
    });
    assert_eq!(minsu.post("/v1/register", body).await.text("code"), "ALREADY_REGISTERED");
    // Whoever tries out numbers has to wait.
    let mut last = 0;
    let mut minsu = minsu;
    minsu.token = again.text("token");
    for number in 0..31 {
        let alias = format!("+8210777700{number:02}");
        last = minsu.post("/v1/people/find", json!({ "alias": alias })).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_registration_is_finished_by_the_next() {
    let world = World::new().await;
    // As a crash leaves it: a person with an alias, no customer, no PIN.
    let alias = vault::Alias::Phone(vault::Phone::new(MINSU, "82").unwrap());
    let person = ids::PersonId::new(1, Partition(0), 7);
    let made = world
        .node
        .edge
        .in_vault(move |vault| vault.create(person, &vault::Profile::default(), Some(&alias)));
    made.await.unwrap();
    let minsu = world.customer(MINSU, "Minsu Kim").await;
    assert_eq!(world.node.edge.customer_of(person).await.unwrap(), Some(0));
    assert_eq!(minsu.get("/v1/me").await.text("state"), "ACTIVE");
    minsu.step_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_paused_closed_and_erased() {
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let me = minsu.get("/v1/me").await.json();
    let shown = ["name", "phone", "tier.name", "tier.day.left.value", "tier.balance.left.value"];
    let shown = shown.map(|path| text(&me, path));
    assert_eq!(shown, ["M*** K.", "+82 ** **** 0001", "phone", "300000", "300000"]);
    let legal = |name: &str| json!({ "legalName": name });
    assert_eq!(minsu.put("/v1/me/profile", legal("Kim Min-su")).await.status, 200);
    assert_eq!(minsu.put("/v1/me/profile", legal("Kim Jong")).await.text("code"), "FIXED");
    assert_eq!(minsu.post("/v1/me/pause", json!({})).await.status, 204);
    let out = json!({ "amount": won(199_500), "bankAccount": "KB 123-456-7890" });
    assert_eq!(
        minsu.make("/v1/withdrawals", out.clone()).await.text("code"),
        "USER_STATUS_ABNORMAL"
    );
    assert_eq!(minsu.post("/v1/me/resume", json!({})).await.status, 204);
    assert_eq!(minsu.post("/v1/me/close", json!({})).await.status, 409);
    assert_eq!(minsu.delete("/v1/me").await.text("code"), "NOT_CLOSED");
    let made = minsu.make("/v1/withdrawals", out).await;
    assert_eq!(
        (made.text("total.value"), made.text("bankAccount")),
        ("200000".into(), "****7890".into())
    );
    minsu.until_state(&made.text("id"), "DONE").await;
    assert_eq!(minsu.post("/v1/me/close", json!({})).await.status, 204);
    assert_eq!(minsu.delete("/v1/me").await.status, 204);
    assert_eq!(minsu.get("/v1/me").await.status, 401);
    // The number is free for somebody else.
    let next = world.customer(MINSU, "Another Person").await;
    assert_eq!(next.balance().await, 0);
    assert_eq!(next.get("/v1/activity").await.json()["items"], json!([]));
}
