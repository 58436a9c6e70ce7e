//! Donations, rides, tickets and bills over the app's API, on a running wallet whose clock is set
//! by hand.

#[allow(dead_code, reason = "each test program uses its part of the support")]
mod support;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base::{ResultCode, Span, Timestamp};
use dhow_wallet_edge::biller::{BillerMood, SimBiller};
use engine::ManualClock;
use money::Day;
use serde_json::{Value, json};
use std::sync::Arc;
use support::{Answer, App, Setup, World, key, text, won};

const MINSU: &str = "+821055550001";
const JIA: &str = "+821055550002";
const SORA: &str = "+821055550003";

/// A wallet at noon of a Tuesday in Seoul, with somebody who has a shop.
struct Town {
    world: World,
    clock: Arc<ManualClock>,
    now: Timestamp,
    billers: Arc<SimBiller>,
    owner: App,
    shop: u64,
}

impl Town {
    async fn new() -> Town {
        let day = u64::from(Day::new(2026, 12, 1).since_1970());
        let now = Timestamp::from_secs(day * 86_400 + 3 * 3_600);
        let (clock, billers) = (Arc::new(ManualClock::new(now)), Arc::new(SimBiller::default()));
        let setup = Setup {
            clock: Arc::clone(&clock) as _,
            billers: Arc::clone(&billers),
            desk: vec!["ines"],
            ..Setup::default()
        };
        let world = World::of(setup).await;
        let owner = world.customer(JIA, "Jia Lee").await;
        owner.step_up().await;
        let shop = json!({ "name": "Hana", "mcc": "7832", "city": "Seoul" });
        let shop = owner.make("/v1/shops", shop).await.json()["number"].as_u64();
        Town { world, clock, now, billers, owner, shop: shop.expect("a shop has a number") }
    }

    async fn pass(&mut self, span: Span) {
        self.now = self.now.after(span);
        self.clock.set(self.now);
        self.world.node.edge.engine.settle().await.expect("the wallet runs");
    }

    async fn desk(&self, method: &str, path: &str, body: Value) -> Answer {
        let app = App { token: "ines".to_owned(), ..self.world.app() };
        let headers = "Content-Type: application/json\r\nX-Reason: a test\r\n";
        app.send(method, path, headers, body.to_string().as_bytes()).await
    }

    /// A path of the owner's shop.
    fn of_shop(&self, rest: &str) -> String {
        format!("/v1/shops/{}/{rest}", self.shop)
    }

    /// How many of something today's statement of the shop counts, and what they come to.
    async fn stated(&self, what: &str) -> (u64, String) {
        let day = self.owner.get(&self.of_shop("statement")).await.json();
        (day[what]["count"].as_u64().unwrap(), text(&day, &format!("{what}.amount.value")))
    }

    async fn scan(&self, app: &App, code: &str) -> Value {
        let seen = app.post("/v1/scans", json!({ "text": code })).await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        seen.json()
    }
}

#[tokio::test]
async fn a_donation_has_a_receipt_and_tells_no_more_than_the_name_given() {
    let town = Town::new().await;
    let giver = town.world.rich(MINSU, "Minsu Kim").await;
    let a_box = json!({
        "name": "Books for all", "presets": [won(1_000), won(5_000)], "least": won(500),
        "most": won(50_000), "closes": "2027-12-01T00:00:00Z",
    });
    let boxes = town.of_shop("boxes");
    assert_eq!(town.owner.make(&boxes, a_box.clone()).await.status, 403);
    let kind = format!("/desk/shops/{}/kind", town.shop);
    assert_eq!(town.desk("PUT", &kind, json!({ "kind": "CHARITY" })).await.status, 204);
    let put = town.owner.make(&boxes, a_box.clone()).await;
    assert_eq!(put.status, 201, "{}", put.body);
    assert_eq!(giver.make(&boxes, a_box).await.status, 404);
    let seen = town.scan(&giver, &put.text("code")).await;
    assert_eq!(
        (text(&seen, "product"), text(&seen, "resource")),
        ("DONATE".into(), "/v1/boxes/0".into())
    );
    assert_eq!(seen["says"], "gives to Books for all of Hana");
    assert_eq!(giver.get("/v1/boxes/0").await.text("presets.1.value"), "5000");

    let named = json!({ "box": 0, "preset": 1, "name": "A friend of books" });
    let (once, key) = (named.clone(), key());
    let given = giver.keyed("/v1/donations", &key, &once).await;
    assert_eq!((given.status, given.text("reference").as_str()), (201, "0-2026-000001"));
    assert!(giver.keyed("/v1/donations", &key, &once).await.is_replayed());
    let quiet = giver.make("/v1/donations", json!({ "box": 0, "amount": won(700) })).await;
    assert_eq!(quiet.text("reference"), "0-2026-000002");
    let little = giver.make("/v1/donations", json!({ "box": 0, "amount": won(499) })).await;
    assert!(little.status == 400 && little.text("message").starts_with("amount:"));
    let both = json!({ "box": 0, "amount": won(700), "preset": 0 });
    assert!(giver.make("/v1/donations", both).await.text("message").starts_with("amount, preset:"));
    assert_eq!(giver.make("/v1/donations", json!({ "box": 9, "preset": 0 })).await.status, 404);
    assert_eq!(giver.balance().await, 200_000 - 5_700);

    let show = async |id: &str| town.owner.get(&format!("/v1/activity/{id}")).await;
    let (with, without) = (show(&given.text("id")).await, show(&quiet.text("id")).await);
    assert_eq!(with.text("note"), "A friend of books");
    assert!(!without.body.contains("note") && !without.body.contains("counterparty"));
    assert_eq!(town.stated("donations").await, (2, "5700".into()));
    let totals = town.owner.get(&boxes).await.json()[0].clone();
    assert_eq!((totals["donations"].as_u64(), totals["named"].as_u64()), (Some(2), Some(1)));
    assert_eq!(
        (text(&totals, "given.value"), text(&totals, "received.value")),
        ("5700".into(), "5700".into())
    );
}

#[tokio::test]
async fn a_ride_is_boarded_and_left_for_the_fare_between_two_stops() {
    let town = Town::new().await;
    let rider = town.world.rich(MINSU, "Minsu Kim").await;
    let line = json!({
        "name": "Bus 7", "stops": [{ "stop": 1 }, { "stop": 2 }, { "stop": 3 }],
        "fare": { "kind": "DISTANCE", "base": "1000", "baseMetres": 500, "unit": "100",
            "unitMetres": 100, "legs": [400, 350] },
        "cap": won(5_000), "forgotten": won(2_500), "longestMinutes": 120, "refundWithinHours": 24,
    });
    let put = town.owner.make(&town.of_shop("lines"), line).await;
    assert_eq!(put.status, 201, "{}", put.body);
    let code = async |path: &str| town.owner.get(&town.of_shop(path)).await;
    assert_eq!(code("lines/0/codes/12/9").await.status, 404);
    let picture = code("lines/0/codes/12/1?form=svg").await;
    assert!(picture.status == 200 && picture.body.contains("<svg"));
    let (first, last) =
        (code("lines/0/codes/12/1").await.body, code("lines/0/codes/0/3").await.body);
    let other = code("lines/0/codes/13/3").await.body;
    assert_eq!(town.scan(&rider, &first).await["resource"], "/v1/lines/0");

    let boarded = rider.make("/v1/rides/board", json!({ "text": first })).await;
    assert_eq!((boarded.status, boarded.text("held.value").as_str()), (201, "2500"));
    assert_eq!(rider.balance().await, 197_500);
    let twice = rider.make("/v1/rides/board", json!({ "text": first })).await;
    assert_eq!(twice.status, 409, "{}", twice.body);
    let id = boarded.text("id");
    let leave = format!("/v1/rides/{id}/leave");
    assert_eq!(town.owner.make(&leave, json!({ "stop": 3 })).await.status, 404);
    let elsewhere = rider.make(&leave, json!({ "text": other })).await;
    assert_eq!((elsewhere.status, elsewhere.text("code").as_str()), (400, "INVALID_CODE"));
    let once = key();
    let left = rider.keyed(&leave, &once, &json!({ "text": last })).await;
    assert_eq!((left.status, left.text("state").as_str()), (201, "LEFT"), "{}", left.body);
    // 750 metres: 500 for 1,000 won, then three units that are begun.
    assert_eq!((left.text("fare.value").as_str(), rider.balance().await), ("1300", 198_700));
    assert!(rider.keyed(&leave, &once, &json!({ "text": last })).await.is_replayed());
    assert_eq!(rider.get("/v1/rides/latest").await.text("id"), id);

    let rides = town.owner.get(&town.of_shop("activity?kind=RIDE&limit=5")).await;
    assert_eq!(
        (rides.text("items.0.id"), rides.text("items.0.direction")),
        (id.clone(), "IN".into())
    );
    assert_eq!(rider.get(&town.of_shop("activity")).await.status, 404);

    // A later ride is not left by the name of an earlier one.
    let again = rider.make("/v1/rides/board", json!({ "text": first })).await.text("id");
    assert!(rider.make(&leave, json!({ "stop": 2 })).await.is_replayed());
    assert_eq!(rider.get(&format!("/v1/rides/{again}")).await.text("state"), "BOARDED");
    let cancel = town.of_shop(&format!("rides/{again}/cancel"));
    let cancelled = town.owner.post(&cancel, json!({})).await;
    assert_eq!((cancelled.status, cancelled.text("state").as_str()), (200, "CANCELLED"));
    assert!(!cancelled.body.contains("counterparty"), "a carrier does not learn who rode");
    assert_eq!(rider.balance().await, 198_700);
    assert_eq!(town.stated("rides").await, (1, "1300".into()));
    let cancel = town.of_shop(&format!("rides/{id}/cancel"));
    assert_eq!(town.owner.post(&cancel, json!({})).await.status, 200);
    assert_eq!(town.stated("rides").await, (0, "0".into()));
    assert_eq!(rider.balance().await, 200_000);
}

fn bytes(hex: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// A film with one show this afternoon, of two classes with an entrance each.
async fn cinema(town: &Town) -> u64 {
    let film =
        town.owner.make(&town.of_shop("films"), json!({ "title": "The Long Crossing" })).await;
    assert_eq!(film.status, 201, "{}", film.body);
    let show = json!({
        "film": film.json()["number"], "saleEnds": "2026-12-01T05:00:00Z",
        "doorsOpen": "2026-12-01T04:30:00Z", "starts": "2026-12-01T05:00:00Z",
        "doorsClose": "2026-12-01T06:00:00Z", "rows": ["A.A", "BBB"], "holdMinutes": 10,
        "classes": [{ "price": won(12_000), "door": 1 }, { "price": won(9_000), "door": 2 }],
        "mostPerCustomer": 3,
        "returns": { "until": "2026-12-01T04:30:00Z", "shareBps": 9_000 },
    });
    let crooked = json!({ "rows": ["AA", "B"] });
    let mut bad = show.clone();
    bad["rows"] = crooked["rows"].clone();
    let bad = town.owner.make(&town.of_shop("shows"), bad).await;
    assert!(bad.status == 400 && bad.text("message").starts_with("rows:"));
    let put = town.owner.make(&town.of_shop("shows"), show).await;
    assert_eq!(put.status, 201, "{}", put.body);
    put.json()["number"].as_u64().expect("a show has a number")
}

/// Two tickets, each at its entrance: the second one's has no network.
async fn doors_admit_once(town: &mut Town, stranger: &App, show: u64, codes: &[String; 2]) {
    let door = format!("/v1/shows/{show}/admissions");
    let at = |code: &str, door: u8| json!({ "code": code, "door": door });
    assert_eq!(town.owner.make(&door, at(&codes[0], 1)).await.text("code"), "ORDER_STATUS_INVALID");
    town.pass(Span::minutes(100)).await;
    assert_eq!(stranger.make(&door, at(&codes[0], 1)).await.status, 404);
    let forged = codes[0].replacen("DHT1/44", "DHT1/45", 1);
    assert_eq!(town.owner.make(&door, at(&forged, 1)).await.status, 400);
    let mut slip = codes[0].clone();
    slip.replace_range(slip.len() - 1.., if slip.ends_with('0') { "1" } else { "0" });
    let slip = town.owner.make(&door, at(&slip, 1)).await;
    assert!(slip.text("message").starts_with("code: this wallet did not sign it"));
    assert_eq!(town.owner.make(&door, at(&codes[0], 2)).await.text("code"), "INVALID_CODE");
    let once = key();
    let inside = town.owner.keyed(&door, &once, &at(&codes[0], 1)).await;
    assert_eq!(
        (inside.status, inside.json()["serial"].as_u64()),
        (201, Some(1)),
        "{}",
        inside.body
    );
    assert!(town.owner.keyed(&door, &once, &at(&codes[0], 1)).await.is_replayed());
    assert_eq!(town.owner.make(&door, at(&codes[0], 1)).await.text("code"), "EXPIRED_CODE");

    // The other entrance had no network, and reports what it did.
    let reports = format!("/v1/shows/{show}/admission-reports");
    let late = json!({ "door": 2, "admitted": [{ "serial": 2, "at": "2026-12-01T08:00:00Z" }] });
    assert_eq!(town.owner.post(&reports, late).await.status, 400);
    let list = json!({ "door": 2, "admitted": [{ "serial": 2, "at": "2026-12-01T04:35:00Z" }] });
    assert_eq!(stranger.post(&reports, list.clone()).await.status, 404);
    for _ in 0..2 {
        assert_eq!(town.owner.post(&reports, list.clone()).await.status, 204);
    }
    assert_eq!(town.owner.make(&door, at(&codes[1], 2)).await.text("code"), "EXPIRED_CODE");
    let known = town.owner.get(&format!("/v1/shows/{show}/doors/2")).await.json();
    let inside = json!([{ "serial": 2, "at": "2026-12-01T04:35:00+00:00" }]);
    assert_eq!(known["admitted"], inside, "{known}");
}

#[tokio::test]
async fn seats_are_held_by_one_of_two_and_tickets_pass_once() {
    let mut town = Town::new().await;
    let minsu = town.world.rich(MINSU, "Minsu Kim").await;
    let sora = town.world.rich(SORA, "Sora Park").await;
    let show = cinema(&town).await;
    let poster = town.owner.get(&town.of_shop("films/0/code")).await.body;
    assert_eq!(town.scan(&minsu, &poster).await["resource"], "/v1/shows?film=0");
    let found = minsu.get("/v1/shows?film=0").await;
    assert_eq!(found.text("items.0.title"), "The Long Crossing");

    let holds = format!("/v1/shows/{show}/holds");
    let wish = json!({ "seats": [0, 3] });
    let (one, other) =
        tokio::join!(minsu.make(&holds, wish.clone()), sora.make(&holds, wish.clone()));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.body, other.body);
    let (winner, loser, held) =
        if one.status == 201 { (minsu, sora, one) } else { (sora, minsu, other) };
    let seats = loser.get(&format!("/v1/shows/{show}/seats")).await.json();
    assert_eq!(
        (text(&seats, "seats.0.state"), text(&seats, "seats.1.state")),
        ("HELD".into(), "FREE".into())
    );
    let booking = format!("/v1/bookings/{}", held.text("id"));
    assert_eq!(loser.get(&booking).await.status, 404);
    assert_eq!(loser.post(&format!("{booking}/pay"), json!({})).await.status, 404);
    let paid = winner.post(&format!("{booking}/pay"), json!({})).await;
    assert_eq!((paid.status, paid.text("state").as_str()), (200, "PAID"), "{}", paid.body);
    assert_eq!(winner.post(&format!("{booking}/pay"), json!({})).await.status, 200);
    assert_eq!(winner.balance().await, 200_000 - 21_000);

    // What a door without network does, with nothing of the wallet but its public key.
    let tickets = winner.get(&format!("{booking}/tickets")).await.json();
    let public = bytes(&winner.get("/v1/door-key").await.text("key"));
    let public = UnparsedPublicKey::new(&ED25519, public);
    let codes = [text(&tickets, "0.code"), text(&tickets, "1.code")];
    for code in &codes {
        let all = bytes(code.strip_prefix("DHT1/").expect("a ticket begins with DHT1/"));
        let (pass, signature) = all.split_at(all.len() - 64);
        assert!(pass.starts_with(b"DHOW TICKET 1\n"));
        public.verify(pass, signature).expect("the wallet signed it");
        let mut other_seat = pass.to_vec();
        other_seat[pass.len() - 20] ^= 1;
        assert!(public.verify(&other_seat, signature).is_err());
    }
    let picture = winner.get(&format!("{booking}/tickets/1/code?form=png")).await;
    assert!(picture.status == 200 && picture.bytes.starts_with(b"\x89PNG"));

    doors_admit_once(&mut town, &winner, show, &codes).await;
    assert_eq!(winner.get(&booking).await.text("tickets.1.state"), "ADMITTED");
}

#[tokio::test]
async fn seats_go_back_by_rule_and_whole_when_the_show_is_called_off() {
    let mut town = Town::new().await;
    let minsu = town.world.rich(MINSU, "Minsu Kim").await;
    let show = cinema(&town).await;
    let hold = async |seats: &[u16]| {
        let held = minsu.make(&format!("/v1/shows/{show}/holds"), json!({ "seats": seats })).await;
        assert_eq!(held.status, 201, "{}", held.body);
        format!("/v1/bookings/{}", held.text("id"))
    };
    let free = hold(&[0]).await;
    assert_eq!(minsu.delete(&free).await.text("state"), "RELEASED");
    assert_eq!(minsu.delete(&free).await.status, 200);
    let lost = hold(&[0]).await;
    town.pass(Span::minutes(10)).await;
    assert_eq!(minsu.get(&lost).await.text("state"), "EXPIRED");
    minsu.step_up().await;
    let kept = hold(&[0, 3]).await;
    assert_eq!(minsu.post(&format!("{kept}/pay"), json!({})).await.status, 200);
    for _ in 0..2 {
        let back = minsu.post(&format!("{kept}/refund"), json!({ "serial": 2 })).await;
        assert_eq!((back.status, back.text("back.value").as_str()), (200, "8100"), "{}", back.body);
    }
    assert_eq!(
        minsu.get(&format!("{kept}/tickets")).await.json().as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(town.stated("bookings").await, (1, "12900".into()));
    let off = town.of_shop(&format!("shows/{show}/call-off"));
    assert_eq!(town.owner.post(&off, json!({})).await.text("code"), "STEP_UP_REQUIRED");
    town.owner.step_up().await;
    // The wallet's share is the shop's to find: it has nothing but what it sold.
    let sold = town.owner.get(&town.of_shop("shows")).await.json();
    assert_eq!(sold[0]["sold"], 1, "{sold}");
    assert_eq!(town.owner.post(&off, json!({})).await.status, 204);
    town.pass(Span::secs(1)).await;
    assert_eq!(minsu.get(&kept).await.text("tickets.0.state"), "REFUNDED");
    assert_eq!(minsu.balance().await, 200_000 - 900);
    assert_eq!(minsu.get(&format!("{kept}/tickets")).await.json(), json!([]));
}

#[tokio::test]
async fn a_bill_is_paid_refused_and_found_out_after_silence() {
    let mut town = Town::new().await;
    let minsu = town.world.rich(MINSU, "Minsu Kim").await;
    let biller = json!({
        "name": "Han River Power", "category": "ELECTRICITY",
        "formats": [{ "pattern": "##########", "check": "LUHN" }],
        "amounts": { "kind": "FREE", "least": "1000", "most": "100000" }, "fee": won(200),
        "checkGoodForMinutes": 30, "settleMinutes": 5, "notKnownNeeded": 2,
    });
    let added = town.desk("POST", "/desk/billers", biller).await;
    assert_eq!((added.status, added.json()["biller"].as_u64()), (200, Some(0)), "{}", added.body);
    let listed = minsu.get("/v1/billers").await.json();
    assert_eq!(text(&listed, "items.0.name"), "Han River Power");

    let check = async |account: &str| {
        minsu.make("/v1/bills/check", json!({ "biller": 0, "account": account })).await
    };
    let short = check("12345").await;
    assert!(short.status == 400 && short.text("message").starts_with("account: must have 10"));
    assert!(check("1234567891").await.text("message").contains("check digits"));
    town.billers.forget("1234567897");
    assert!(check("1234567897").await.text("message").starts_with("account: the biller does not"));
    let number = "9876543217";
    town.billers.owe(0, number, 30_000);
    let pay = async |amount: u64| {
        let checked = check(number).await;
        assert_eq!((checked.status, checked.text("due.value").as_str()), (201, "30000"));
        assert_eq!(checked.text("billerAccount"), "****3217");
        assert!(!checked.body.contains(number));
        let path = format!("/v1/bills/{}/pay", checked.text("id"));
        assert_eq!(town.owner.make(&path, json!({ "amount": won(amount) })).await.status, 404);
        let paid = minsu.make(&path, json!({ "amount": won(amount) })).await;
        assert_eq!(paid.status, 201, "{}", paid.body);
        checked.text("id")
    };
    let first = pay(30_000).await;
    let seen = minsu.until_state(&first, "PAID").await;
    assert_eq!(
        (text(&seen, "fee.value"), text(&seen, "total.value")),
        ("200".into(), "30200".into())
    );
    assert_eq!((minsu.balance().await, town.billers.taken_minor(0)), (169_800, 30_000));

    town.billers.script([BillerMood::Refuses(ResultCode::ProcessFail)]);
    let second = pay(5_000).await;
    minsu.until_state(&second, "REVERSED").await;
    assert_eq!(minsu.balance().await, 169_800);

    town.billers.script([BillerMood::LosesAnswer]);
    let third = pay(7_000).await;
    minsu.until_state(&third, "UNKNOWN").await;
    assert_eq!(minsu.balance().await, 162_600);
    town.pass(Span::secs(6)).await;
    minsu.until_state(&third, "PAID").await;
    assert_eq!((minsu.balance().await, town.billers.taken_minor(0)), (162_600, 37_000));
    let owed = town.desk("GET", "/desk/billers", json!({})).await;
    assert_eq!(owed.text("0.owed.value"), "37000");
    let settle = json!({ "reference": "KB-1", "amount": won(37_000) });
    let settled = town.desk("POST", "/desk/billers/0/settlements", settle).await;
    assert_eq!(settled.status, 204, "{}", settled.body);
    assert_eq!(town.world.app().get("/v1/billers").await.status, 401);
}
