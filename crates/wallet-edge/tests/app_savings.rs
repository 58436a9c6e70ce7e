//! Savings over the app's API and the desk's, on a running wallet whose clock is set by hand.

#[allow(dead_code, reason = "each test program uses its part of the support")]
mod support;

use base::{Span, Timestamp};
use engine::ManualClock;
use money::Day;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{Answer, App, Setup, World, text, won};

const MINSU: &str = "+821055550001";
const JIA: &str = "+821055550002";

/// A wallet at noon of a Tuesday in Seoul, three and a half hours before the fund's cut-off.
struct Fund {
    world: World,
    clock: Arc<ManualClock>,
    now: Timestamp,
}

impl Fund {
    async fn new() -> Fund {
        let day = u64::from(Day::new(2026, 12, 1).since_1970());
        let now = Timestamp::from_secs(day * 86_400 + 3 * 3_600);
        let clock = Arc::new(ManualClock::new(now));
        let desk = vec!["ines", "omar"];
        let setup = Setup { clock: Arc::clone(&clock) as _, desk, ..Setup::default() };
        Fund { world: World::of(setup).await, clock, now }
    }

    async fn pass(&mut self, span: Span) {
        self.now = self.now.after(span);
        self.clock.set(self.now);
        self.world.node.edge.engine.settle().await.expect("the wallet runs");
    }

    async fn desk(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        let app = App { token: who.to_owned(), ..self.world.app() };
        let headers = "Content-Type: application/json\r\nX-Reason: the fund told it\r\n";
        app.send(method, path, headers, body.to_string().as_bytes()).await
    }

    async fn price(&mut self, day: &str, price: &str) -> Value {
        let body = json!({ "day": day, "price": price });
        let answer = self.desk("ines", "POST", "/desk/fund/prices", body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.pass(Span::secs(1)).await;
        answer.json()
    }

    /// Waits until the fund has agreed to all days.
    async fn until_settled(&self) {
        let begun = Instant::now();
        loop {
            let fund = self.desk("ines", "GET", "/desk/fund", json!({})).await.json();
            if fund["unsettled"] == json!([]) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{fund}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A customer with 200,000 won, of which all but so much is in the fund, at 1,000 won a unit.
    async fn saver(&mut self, keep_back: u64) -> App {
        let app = self.world.rich(MINSU, "Minsu Kim").await;
        let on = app.put("/v1/savings", json!({ "isOn": true, "keepBack": won(keep_back) })).await;
        assert_eq!(on.status, 200, "{}", on.body);
        self.pass(Span::hours(6)).await;
        assert_eq!(self.price("2026-12-01", "1000").await["state"], "ACCEPTED");
        app.step_up().await;
        app
    }
}

#[tokio::test]
async fn idle_balance_earns_by_day_and_says_so() {
    let mut fund = Fund::new().await;
    let jia = fund.world.customer(JIA, "Jia Lee").await;
    let on = json!({ "isOn": true });
    assert_eq!(jia.put("/v1/savings", on.clone()).await.text("code"), "STEP_UP_REQUIRED");
    jia.step_up().await;
    let early = jia.make("/v1/savings/put", json!({ "amount": won(100) })).await;
    assert_eq!((early.status, early.text("code").as_str()), (400, "BUSINESS_NOT_SUPPORT"));
    let bad = json!({ "isOn": true, "keepBack": { "currency": "EUR", "value": "1" } });
    let bad = jia.put("/v1/savings", bad).await;
    assert!(bad.status == 400 && bad.text("message").starts_with("keepBack.currency"));
    assert_eq!(jia.get("/v1/savings").await.json()["isOn"], false);

    let app = fund.saver(50_000).await;
    let savings = app.get("/v1/savings").await.json();
    assert_eq!(savings["value"]["value"], "150000", "{savings}");
    assert_eq!((text(&savings, "units"), savings["waiting"].clone()), ("150".into(), json!([])));
    assert_eq!(savings["asOf"], json!({ "day": "2026-12-01", "price": "1000" }));
    assert_eq!((app.balance().await, text(&savings, "keepBack.value")), (50_000, "50000".into()));

    // A day later ten hundredths of a won more for each unit.
    fund.pass(Span::days(1)).await;
    assert_eq!(fund.price("2026-12-02", "1000.1").await["state"], "ACCEPTED");
    let savings = app.get("/v1/savings").await.json();
    let earned = json!({ "day": "2026-12-02", "days": 1, "units": "150", "amount": "15" });
    assert_eq!(savings["yields"], json!([earned]));
    assert_eq!(
        (text(&savings, "value.value"), text(&savings, "gain")),
        ("150015".into(), "15".into())
    );
    assert_eq!(savings["tenThousandYield"]["amount"], "1000");
    fund.until_settled().await;

    let activity = app.get("/v1/activity").await.json();
    let mut all = activity["items"].as_array().expect("a list").iter();
    let swept = all.find(|it| it["title"] == "SWEPT").expect("the switch moved something");
    let says = "Your switch put KRW 150000 of idle balance into savings; it gets units at the \
                price of 2026-12-01.";
    assert_eq!(swept["says"], says);
    let shown = jia.get("/v1/fund").await.json();
    assert_eq!(
        (shown["prices"].as_array().map(Vec::len), text(&shown, "dealingDay")),
        (Some(2), "2026-12-03".into())
    );
}

#[tokio::test]
async fn a_price_far_from_the_last_needs_two_people() {
    let mut fund = Fund::new().await;
    fund.saver(0).await;
    let early = fund
        .desk("ines", "POST", "/desk/fund/prices", json!({ "day": "2026-12-02", "price": "1010" }))
        .await;
    assert_eq!(early.status, 400, "{}", early.body);
    fund.pass(Span::days(1)).await;
    let outcome = fund.price("2026-12-02", "1010").await;
    assert_eq!(outcome["state"], "PROPOSED");
    assert_eq!(outcome["what"], "KRW 1010 for one unit on 2026-12-02");
    let path = format!("/desk/proposals/{}/approve", text(&outcome, "proposal"));
    assert_eq!(fund.desk("ines", "POST", &path, json!({})).await.status, 403);
    let approved = fund.desk("omar", "POST", &path, json!({})).await;
    assert_eq!((approved.status, approved.text("state").as_str()), (200, "APPROVED"));
    let shown = fund.desk("omar", "GET", "/desk/fund", json!({})).await.json();
    assert_eq!(shown["prices"][0], json!({ "day": "2026-12-02", "price": "1010" }));
    // Settled by the fund itself: the same statement again is no fault, another one is.
    fund.until_settled().await;
    let statement = |paid: u64| {
        json!({
            "day": "2026-12-01", "subscribed": won(200_000), "issuedUnits": "200",
            "redeemedUnits": "0", "paid": won(paid), "rounding": won(0),
        })
    };
    let settled = fund.desk("omar", "POST", "/desk/fund/settlements", statement(0)).await;
    assert_eq!((settled.status, settled.text("state").as_str()), (200, "SETTLED"));
    let other = fund.desk("omar", "POST", "/desk/fund/settlements", statement(1)).await;
    assert!(other.status == 400 && other.text("message").starts_with("paid_minor"));
}

#[tokio::test]
async fn a_shop_is_paid_from_savings_when_the_balance_is_empty() {
    let mut fund = Fund::new().await;
    let app = fund.saver(0).await;
    let jia = fund.world.customer(JIA, "Jia Lee").await;
    let shop = json!({ "name": "Hana Coffee", "mcc": "5812", "city": "Seoul" });
    let shop = jia.make("/v1/shops", shop).await.json()["number"].clone();
    assert_eq!(app.balance().await, 0);
    let bought =
        app.make("/v1/shop-payments", json!({ "shop": shop, "amount": won(30_000) })).await;
    assert_eq!(bought.status, 201, "{}", bought.body);
    assert_eq!(app.get("/v1/savings").await.text("value.value"), "170000");
    let activity = app.get("/v1/activity").await.json();
    let all = activity["items"].as_array().expect("a list").clone();
    let paid = all.iter().find(|it| it["title"] == "PAID_FROM_SAVINGS").expect("savings added");
    let says = "Your balance did not cover a payment, and savings added the rest. KRW 30000 came \
                for 30 units.";
    assert_eq!((text(paid, "says"), text(paid, "direction")), (says.into(), "IN".into()));
    let receipt = app.get(&format!("/v1/activity/{}", text(paid, "id"))).await;
    assert_eq!(receipt.text("belongsTo"), bought.text("id"));

    let take = |way: &str, amount: Option<u64>| json!({ "way": way, "amount": amount.map(won) });
    let all_at_once = app.make("/v1/savings/take-out", take("INSTANT", None)).await;
    assert!(all_at_once.status == 400 && all_at_once.text("message").starts_with("amount:"));
    let some = take("INSTANT", Some(10_000));
    let (first, again) = (
        app.keyed("/v1/savings/take-out", "take", &some).await,
        app.keyed("/v1/savings/take-out", "take", &some).await,
    );
    assert_eq!((first.status, again.is_replayed()), (201, true), "{}", first.body);
    assert_eq!(app.balance().await, 10_000);
    let rest = app.make("/v1/savings/take-out", take("ORDINARY", None)).await.json();
    assert_eq!((text(&rest, "title"), app.balance().await), ("TAKE_OUT_ORDERED".into(), 10_000));
    // The switch is off before the next sweep would put it back.
    assert_eq!(app.put("/v1/savings", json!({ "isOn": false })).await.status, 200);
    fund.pass(Span::days(1)).await;
    fund.price("2026-12-02", "1000").await;
    assert_eq!(
        (app.balance().await, app.get("/v1/savings").await.text("units")),
        (170_000, "0".into())
    );
}
