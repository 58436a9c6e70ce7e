//! The app's API over HTTP, on a running wallet.

#[path = "app/edges.rs"]
mod edges;
#[allow(dead_code, reason = "each test program uses its part of the support")]
#[path = "support/network.rs"]
mod fake_network;
#[path = "app/network.rs"]
mod network;
#[path = "app/otp.rs"]
mod otp;
#[path = "app/pay.rs"]
mod pay;
#[path = "app/people.rs"]
mod people;
#[path = "app/reports.rs"]
mod reports;
mod support;

use base::{Span, Text};
use serde_json::{Value, json};
use support::{World, key, text, won};
use wallet::command::desk::DeskAct;
use wallet::{Command, Operator, ShopKind};

const MINSU: &str = "+821055550001";
const JIA: &str = "+821055550002";

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_from_a_bank_to_a_friend() {
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let jia = world.customer(JIA, "Jia Park").await;
    assert_eq!(minsu.balance().await, 200_000);
    let found = minsu.post("/v1/people/find", json!({ "alias": "010-5555-0002" })).await;
    assert_eq!(found.text("name"), "J*** P.");
    let payee = found.text("payee");
    let sent = json!({ "to": payee, "amount": won(30_000), "note": "for the film" });
    // To somebody new only when one knows it.
    let refused = minsu.make("/v1/transfers", sent.clone()).await;
    assert_eq!((refused.status, refused.text("code").as_str()), (400, "RISK_REJECT"));
    let mut sent = sent;
    sent["knowsNewPayee"] = json!(true);
    let key = key();
    let made = minsu.keyed("/v1/transfers", &key, &sent).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(!made.is_replayed());
    let again = minsu.keyed("/v1/transfers", &key, &sent).await;
    assert!(again.status == 201 && again.is_replayed());
    assert_eq!(again.text("id"), made.text("id"));
    sent["amount"] = won(30_001);
    let other = minsu.keyed("/v1/transfers", &key, &sent).await;
    assert_eq!((other.status, other.text("code").as_str()), (409, "REPEAT_REQ_INCONSISTENT"));
    assert_eq!((minsu.balance().await, jia.balance().await), (170_000, 30_000));
    let id = made.text("id");
    let of_jia = jia.get(&format!("/v1/activity/{id}")).await.json();
    let shown = ["title", "direction", "note", "counterparty.name", "amount.text", "state"];
    let shown = shown.map(|path| text(&of_jia, path));
    assert_eq!(shown, ["RECEIVED", "IN", "for the film", "M*** K.", "KRW 30000", "DONE"]);
    assert!(of_jia.get("fee").is_none() && of_jia["record"]["position"].as_u64() > Some(0));
    // A handle is good for the one who asked.
    jia.step_up().await;
    let stolen = json!({ "to": payee, "amount": won(1), "knowsNewPayee": true });
    assert_eq!(jia.make("/v1/transfers", stolen).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_first_transfer_waits_and_can_be_taken_back() {
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    world.customer(JIA, "Jia Park").await;
    let body = json!({ "to": JIA, "amount": won(60_000), "knowsNewPayee": true });
    let made = minsu.make("/v1/transfers", body).await.json();
    assert_eq!((&made["state"], &made["can"]), (&json!("HELD"), &json!(["TAKE_BACK"])));
    let path = format!("/v1/transfers/{}/take-back", text(&made, "id"));
    assert_eq!(minsu.post(&path, json!({})).await.text("state"), "TAKEN_BACK");
    assert_eq!(minsu.post(&path, json!({})).await.status, 200);
    assert_eq!(minsu.balance().await, 200_000);
    let plan = json!({
        "to": JIA, "amount": won(100), "every": "MONTH", "times": 3, "dayOfMonth": 31,
        "first": wire::Datetime::utc(world.node.edge.now().after(Span::days(1))).to_string(),
    });
    let made = minsu.make("/v1/plans", plan).await.json();
    assert_eq!((&made["state"], &made["plan"]["left"]), (&json!("ACTIVE"), &json!(3)));
    let path = format!("/v1/plans/{}/end", text(&made, "id"));
    assert_eq!(minsu.post(&path, json!({})).await.text("state"), "CANCELLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_split_paid_and_declined() {
    let world = World::new().await;
    let asker = world.customer(MINSU, "Minsu Kim").await;
    let jia = world.rich(JIA, "Jia Park").await;
    let bora = world.customer("+821055550003", "Bora Lee").await;
    let part = |from: &str, amount| json!({ "from": from, "amount": won(amount) });
    let parts = [part(JIA, 7_000), part("010-5555-0003", 8_000)];
    let body = json!({ "parts": parts, "note": "dinner" });
    let key = key();
    let asked = asker.keyed("/v1/requests", &key, &body).await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    assert!(asker.keyed("/v1/requests", &key, &body).await.is_replayed());
    let (one, two) = (asked.text("0.id"), asked.text("1.id"));
    let of_jia = jia.get(&format!("/v1/activity/{one}")).await.json();
    assert_eq!((&of_jia["title"], &of_jia["note"]), (&json!("ASKED_OF_YOU"), &json!("dinner")));
    // One does not see what another was asked for.
    assert_eq!(jia.get(&format!("/v1/activity/{two}")).await.status, 404);
    let pay = format!("/v1/requests/{one}/pay");
    let paid = jia.make(&pay, json!({})).await;
    assert_eq!((paid.status, paid.text("belongsTo")), (201, one.clone()), "{}", paid.body);
    assert_eq!(jia.make(&pay, json!({})).await.status, 409);
    assert_eq!(jia.make(&format!("/v1/requests/{two}/pay"), json!({})).await.status, 404);
    let ended = bora.post(&format!("/v1/requests/{two}/end"), json!({})).await;
    assert_eq!(ended.text("state"), "DECLINED");
    assert_eq!((asker.balance().await, jia.balance().await), (7_000, 193_000));
    // All in one list, by pages.
    let first = asker.get("/v1/activity?limit=2").await.json();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let next = format!("/v1/activity?limit=2&cursor={}", text(&first, "next"));
    let second = asker.get(&next).await.json();
    assert_eq!(
        (second["items"].as_array().map(Vec::len), &second["next"]),
        (Some(1), &Value::Null)
    );
    let kinds: Vec<&Value> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|item| &item["kind"])
        .collect();
    assert_eq!(kinds, ["TRANSFER", "REQUEST", "REQUEST"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_opens_sells_and_refunds() {
    let world = World::new().await;
    let owner = world.customer(MINSU, "Minsu Kim").await;
    let jia = world.rich(JIA, "Jia Park").await;
    let body = json!({
        "name": "Hana Coffee", "mcc": "5814", "city": "Seoul",
        "position": { "latitude": "37.5665", "longitude": "126.978" },
    });
    let key = key();
    let shop = owner.keyed("/v1/shops", &key, &body).await;
    assert!(shop.status == 201 && !shop.is_replayed(), "{}", shop.body);
    assert!(owner.keyed("/v1/shops", &key, &body).await.is_replayed());
    let printed = owner.get("/v1/shops/0/code").await.body;
    assert_eq!(printed, shop.text("code"));
    assert!(owner.get("/v1/shops/0/code?form=svg").await.body.starts_with("<svg"));
    assert!(owner.get("/v1/shops/0/code?form=png").await.bytes.starts_with(b"\x89PNG"));
    let scanned = jia.post("/v1/scans", json!({ "text": printed })).await;
    assert_eq!(
        (scanned.text("kind"), scanned.text("shop.name")),
        ("SHOP".into(), "Hana Coffee".into())
    );
    let near = jia.get("/v1/shops/near?lat=37.57&lon=126.98").await.json();
    assert_eq!(
        (&near[0]["name"], near[0]["distanceM"].as_u64()),
        (&json!("Hana Coffee"), Some(427))
    );
    let order = json!({ "amount": won(4_500), "reference": "table-7" });
    let order = owner.make("/v1/shops/0/orders", order).await;
    let scanned = jia.post("/v1/scans", json!({ "text": order.text("code") })).await.json();
    assert_eq!(
        (&scanned["kind"], &scanned["amount"]["text"]),
        (&json!("ORDER"), &json!("KRW 4500"))
    );
    let pay = json!({ "shop": 0, "amount": won(4_500), "order": scanned["order"] });
    let paid = jia.make("/v1/shop-payments", pay.clone()).await;
    assert_eq!((paid.status, paid.text("counterparty.name")), (201, "Hana Coffee".into()));
    assert_eq!(jia.make("/v1/shop-payments", pay).await.status, 409);
    let id = paid.text("id");
    let till = owner.get(&format!("/v1/shops/0/orders/{}", order.text("id"))).await;
    assert_eq!((till.text("state"), till.text("belongsTo")), ("PAID".into(), id.clone()));
    // Only who runs the shop gives money back, after the PIN.
    let back = json!({ "payment": id, "amount": won(1_500) });
    assert_eq!(jia.make("/v1/shops/0/refunds", back.clone()).await.status, 404);
    assert_eq!(
        owner.make("/v1/shops/0/refunds", back.clone()).await.text("code"),
        "STEP_UP_REQUIRED"
    );
    owner.step_up().await;
    assert_eq!(owner.make("/v1/shops/0/refunds", back).await.text("state"), "PARTLY_REFUNDED");
    let receipt = jia.get(&format!("/v1/payments/{id}")).await.json();
    assert_eq!(receipt["refunds"][0]["amount"]["value"], "1500");
    assert_eq!(receipt["notRefunded"]["value"], "3000");
    let day = owner.get("/v1/shops/0/statement").await.json();
    let totals =
        ["sales", "refunds", "payOuts"].map(|it| text(&day, &format!("{it}.amount.value")));
    assert_eq!(totals, ["4500", "1500", "0"]);
    assert_eq!((&day["balance"]["value"], &day["isComplete"]), (&json!("3000"), &json!(true)));
    assert_eq!(owner.get("/v1/shops/0/statement?day=2020-02-30").await.status, 400);
    let old = owner.get("/v1/shops/0/statement?day=2020-02-29").await.json();
    assert_eq!(old["sales"]["count"], 0);
    assert_eq!(
        owner.make("/v1/shops/0/pay-out", json!({ "amount": won(3_000) })).await.status,
        201
    );
    assert_eq!((owner.balance().await, jia.balance().await), (3_000, 197_000));
    assert_eq!(owner.post("/v1/shops/0/close", json!({})).await.status, 204);
    assert_eq!(jia.get("/v1/shops/near?lat=37.57&lon=126.98").await.json(), json!([]));
    assert_eq!(jia.get("/v1/shops/0/statement").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything() {
    let world = World::new().await;
    let mut minsu = world.rich(MINSU, "Minsu Kim").await;
    world.customer(JIA, "Jia Park").await;
    let key = key();
    let body = json!({ "to": JIA, "amount": won(5_000), "knowsNewPayee": true, "note": "tea" });
    let made = minsu.keyed("/v1/transfers", &key, &body).await;
    let world = world.restart().await;
    minsu.address = world.node.address;
    assert_eq!(minsu.balance().await, 195_000);
    let receipt = minsu.get(&format!("/v1/activity/{}", made.text("id"))).await;
    assert_eq!(receipt.json(), made.json());
    let again = minsu.keyed("/v1/transfers", &key, &body).await;
    assert!(again.is_replayed(), "{}", again.body);
    assert_eq!(minsu.balance().await, 195_000);
    world.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_comes_and_goes_at_an_agent() {
    let world = World::new().await;
    let agent = world.rich(MINSU, "Minsu Kim").await;
    let jia = world.rich(JIA, "Jia Park").await;
    let shop = json!({ "name": "Corner", "mcc": "5411", "city": "Busan" });
    assert_eq!(agent.make("/v1/shops", shop).await.status, 201);
    let body = json!({ "amount": won(20_000) });
    let key = key();
    let called = jia.keyed("/v1/cash", &key, &body).await;
    assert_eq!(called.status, 201, "{}", called.body);
    let code = called.text("code");
    assert_eq!(jia.keyed("/v1/cash", &key, &body).await.text("code"), code);
    let give = |code: &str| json!({ "customer": JIA, "code": code });
    let path = "/v1/shops/0/cash/give";
    assert_eq!(agent.post(path, give(&code)).await.status, 403);
    let act = Box::new(DeskAct::SetShopKind { shop: 0, kind: ShopKind::Agent });
    let by = Operator { who: Text::new("test").unwrap(), why: Text::new("test").unwrap() };
    world.node.edge.submit(Command::Desk { by, act }).await.unwrap();
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    assert_eq!(agent.post(path, give(wrong)).await.text("code"), "INVALID_CODE");
    assert_eq!(agent.post(path, give(&code)).await.text("title"), "CASH_GIVEN");
    assert_eq!(jia.balance().await, 180_000);
    let take = json!({ "customer": JIA, "amount": won(15_000) });
    assert_eq!(agent.make("/v1/shops/0/cash/take", take).await.status, 201);
    assert_eq!(jia.balance().await, 195_000);
    let day = agent.get("/v1/shops/0/statement").await.json();
    assert_eq!(
        (&day["cashGiven"]["amount"]["value"], &day["balance"]["value"]),
        (&json!("20000"), &json!("5000"))
    );
    let called = jia.make("/v1/cash", body).await;
    let path = format!("/v1/cash/{}/end", called.text("cash.id"));
    assert_eq!(jia.post(&path, json!({})).await.text("state"), "WITHDRAWN");
    assert_eq!(jia.balance().await, 195_000);
}
