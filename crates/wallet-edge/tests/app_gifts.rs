//! Red packets and gift coupons over the app's API, on a running wallet.

#[allow(dead_code, reason = "each test program uses its part of the support")]
mod support;

use api::ops::{Role, Tokens};
use aws_lc_rs::digest;
use base::{ResultCode, Span, Text};
use gifts::{PacketKind, Seed, Split, committed_text, shares_of};
use ids::PacketId;
use money::{Currency, Money};
use serde_json::{Value, json};
use support::{Answer, App, World, key, text, won};

const MINSU: &str = "+821055550001";
const JIA: &str = "+821055550002";
const SEOYEON: &str = "+821055550003";
const HANA: &str = "+821055550004";
const DOYUN: &str = "+821055550005";

/// Fails with the answer when it is not what was meant.
fn good(answer: Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

fn refused(answer: &Answer) -> (u16, String, String) {
    (answer.status, answer.text("code"), answer.text("message"))
}

fn number(value: &Value, path: &str) -> u64 {
    text(value, path).parse().expect("an amount has digits only")
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lucky_packet_for_three_is_drawn_and_proven() {
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let body = json!({
        "kind": "LUCKY", "total": won(10_000), "count": 3, "note": "for the new year",
    });
    let request = key();
    let made = good(minsu.keyed("/v1/packets", &request, &body).await, 201);
    let again = minsu.keyed("/v1/packets", &request, &body).await;
    assert!(again.is_replayed() && again.json()["link"] == made["link"], "{}", again.body);
    assert_eq!(minsu.balance().await, 190_000);
    let (id, url) = (text(&made, "id"), text(&made, "link.url"));
    let token = text(&made, "link.text");
    assert!(token.starts_with("DHW1/PACKET/") && url.ends_with(&format!("/open#{token}")));
    let early = good(minsu.get(&format!("/v1/packets/{id}/proof")).await, 200);
    assert_eq!(early["commitment"], made["commitment"]);
    assert!(early.get("seed").is_none() && early.get("text").is_none() && early["isOver"] == false);

    let page = minsu.get("/open").await;
    assert!(page.status == 200 && page.body.contains("wallet's app"));
    let claim = json!({ "link": url });
    let mut got = Vec::new();
    for (phone, name) in [(JIA, "Jia Park"), (SEOYEON, "Seoyeon Lee"), (HANA, "Hana Choi")] {
        let friend = world.customer(phone, name).await;
        let path = format!("/v1/packets/{id}");
        assert_eq!(friend.get(&path).await.status, 404, "nobody sees what he has no part of");
        let by_id = friend.post("/v1/packets/claim", json!({ "id": id })).await;
        assert_eq!(by_id.status, 404, "an id opens no packet");
        let claimed = good(friend.post("/v1/packets/claim", claim.clone()).await, 200);
        let repeated = good(friend.post("/v1/packets/claim", claim.clone()).await, 200);
        let share = number(&claimed, "yourShare.value");
        assert_eq!((share, friend.balance().await), (number(&repeated, "yourShare.value"), share));
        assert_eq!(claimed["note"], "for the new year");
        assert!(claimed.get("link").is_none(), "only the sender hands out links");
        let card = good(friend.get(&format!("/v1/activity/{id}")).await, 200);
        assert_eq!((&card["title"], &card["direction"]), (&json!("PACKET_OPENED"), &json!("IN")));
        got.push(share);
    }
    assert_eq!(got.iter().sum::<u64>(), 10_000);
    let doyun = world.customer(DOYUN, "Doyun Jung").await;
    let (status, code, _) = refused(&doyun.post("/v1/packets/claim", claim).await);
    assert_eq!((status, code), (409, ResultCode::OrderIsClosed.as_str().to_owned()));

    let shown = good(minsu.get(&format!("/v1/packets/{id}")).await, 200);
    assert_eq!((&shown["state"], &shown["claimed"]), (&json!("DRAINED"), &json!(3)));
    let names = [0, 1, 2].map(|at| text(&shown, &format!("shares.{at}.name")));
    assert_eq!(names, ["J*** P.", "S*** L.", "H*** C."]);
    let best: Vec<usize> = (0..3).filter(|at| shown["shares"][at]["isBest"] == true).collect();
    let most = got.iter().max().unwrap();
    assert_eq!(best, [got.iter().position(|share| share == most).unwrap()]);
    let proof = good(minsu.get(&format!("/v1/packets/{id}/proof")).await, 200);
    assert_proven(&proof, &id, &got);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_at_once_get_no_more_than_there_is() {
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let body = json!({ "kind": "EQUAL", "total": won(1_000), "count": 2 });
    let made = good(minsu.make("/v1/packets", body).await, 201);
    let claim = json!({ "link": text(&made, "link.text") });
    let mut friends = Vec::new();
    for (phone, name) in [(JIA, "Jia Park"), (SEOYEON, "Seoyeon Lee"), (HANA, "Hana Choi")] {
        friends.push(world.customer(phone, name).await);
    }
    // Each of them twice, on the same device.
    let asked = friends.iter().chain(&friends).map(|friend| {
        let (friend, claim) = (friend.clone(), claim.clone());
        tokio::spawn(async move { friend.post("/v1/packets/claim", claim).await.status })
    });
    let mut answers = Vec::new();
    for answer in asked.collect::<Vec<_>>() {
        answers.push(answer.await.unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, [200, 200, 200, 200, 409, 409]);
    let mut has = Vec::new();
    for friend in &friends {
        has.push(friend.balance().await);
    }
    has.sort_unstable();
    assert_eq!(has, [0, 500, 500]);
}

/// As anybody can check it who was told the commitment.
fn assert_proven(proof: &Value, id: &str, got: &[u64]) {
    let total = Money::new(10_000, Currency::from_code("KRW").unwrap()).unwrap();
    let split = Split { kind: PacketKind::Lucky, total, count: 3, least_minor: 1 };
    let seed = Seed(bytes(&text(proof, "seed")).try_into().unwrap());
    assert_eq!(shares_of(&seed, &split).unwrap(), got);
    let shares = proof["shares"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    assert_eq!(shares.map(|it| it.parse().unwrap()).collect::<Vec<u64>>(), got);
    let id = id.parse::<PacketId>().unwrap().as_u128();
    let committed = committed_text(&seed, id, &split);
    assert_eq!(bytes(&text(proof, "text")), committed);
    let digest = digest::digest(&digest::SHA256, &committed);
    assert_eq!(text(proof, "commitment"), hex(digest.as_ref()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_for_one_shows_no_amount_and_can_be_taken_back() {
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let jia = world.customer(JIA, "Jia Park").await;
    let body =
        json!({ "kind": "TO_ONE", "total": won(5_000), "to": JIA, "note": "happy birthday" });
    let id = text(&good(minsu.make("/v1/packets", body.clone()).await, 201), "id");
    let closed = good(jia.get(&format!("/v1/packets/{id}")).await, 200);
    assert!(closed.get("total").is_none() && closed["note"] == "happy birthday", "{closed}");
    assert!(good(jia.get("/v1/activity").await, 200)["items"][0].get("amount").is_none());
    assert_eq!(jia.post(&format!("/v1/packets/{id}/cancel"), json!({})).await.status, 404);
    good(jia.post("/v1/packets/claim", json!({ "id": id })).await, 200);
    assert_eq!((minsu.balance().await, jia.balance().await), (195_000, 5_000));

    let id = text(&good(minsu.make("/v1/packets", body).await, 201), "id");
    for _ in 0..2 {
        let taken = good(minsu.post(&format!("/v1/packets/{id}/cancel"), json!({})).await, 200);
        assert_eq!(
            (&taken["state"], number(&taken, "returned.value")),
            (&json!("CANCELLED"), 5_000)
        );
    }
    assert_eq!(minsu.balance().await, 195_000);
    assert_eq!(jia.post("/v1/packets/claim", json!({ "id": id })).await.status, 409);
    let proof = good(minsu.get(&format!("/v1/packets/{id}/proof")).await, 200);
    assert_eq!((&proof["isOver"], &proof["shares"]), (&json!(true), &json!(["5000"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_packet_is_told_field_and_remedy() {
    let world = World::new().await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    let cases = [
        (json!({ "kind": "LUCKY", "total": won(100) }), "count: "),
        (json!({ "kind": "LUCKY", "total": won(100), "count": 101 }), "count: must be 1 to 100"),
        (json!({ "kind": "EQUAL", "total": won(100), "count": 3 }), "count: the total does not"),
        (json!({ "kind": "LUCKY", "total": won(99), "count": 3 }), "total: must be 100 to 500000"),
        (json!({ "kind": "TO_ONE", "total": won(100), "count": 2 }), "count: "),
        (json!({ "kind": "EQUAL", "total": won(100), "count": 2, "to": JIA }), "to: "),
        (json!({ "kind": "TO_ONE", "total": won(100), "to": MINSU }), "to: must be somebody else"),
    ];
    for (body, begins) in cases {
        let answer = minsu.make("/v1/packets", body.clone()).await;
        let (status, _, message) = refused(&answer);
        assert!(status == 400 && message.starts_with(begins), "{body}: {}", answer.body);
    }
    let bad_links = [json!({}), json!({ "link": "DHW1/PAY/0/1C51" }), json!({ "link": "hello" })];
    for body in bad_links {
        let (status, _, message) = refused(&minsu.post("/v1/packets/claim", body.clone()).await);
        assert!(status == 400 && message.starts_with("link"), "{body}: {message}");
    }
    assert_eq!(minsu.balance().await, 200_000);
    let body = json!({ "kind": "LUCKY", "total": won(100), "count": 3 });
    let jia = world.customer(JIA, "Jia Park").await;
    assert_eq!(jia.make("/v1/packets", body.clone()).await.text("code"), "STEP_UP_REQUIRED");
    assert_eq!(minsu.post("/v1/packets", body).await.status, 400, "without an idempotency key");
}

/// A coffee shop of three places from west to east, one of another owner, and the first's offer.
struct Street {
    hana: App,
    minsu: App,
    jia: App,
    offer: u64,
}

async fn open_shop(owner: &App, name: &str, longitude: &str) -> u64 {
    let body = json!({
        "name": name, "mcc": "5814", "city": "Seoul",
        "position": { "latitude": "37.5", "longitude": longitude },
    });
    good(owner.make("/v1/shops", body).await, 201)["number"].as_u64().unwrap()
}

fn coffee(world: &World) -> Value {
    let until = world.node.edge.now().after(Span::days(30));
    json!({
        "title": "A cup of coffee", "face": won(5_000), "price": won(4_500), "validityDays": 365,
        "stock": 10, "perCustomer": 3, "saleUntil": wire::Datetime::utc(until).to_string(),
    })
}

impl Street {
    async fn new(world: &World) -> Street {
        let hana = world.customer(HANA, "Hana Choi").await;
        hana.step_up().await;
        let places = [("Hana East", "127.3"), ("Hana West", "127.1"), ("Hana Mid", "127.2")];
        for (name, longitude) in places {
            open_shop(&hana, name, longitude).await;
        }
        let minsu = world.rich(MINSU, "Minsu Kim").await;
        open_shop(&minsu, "Minsu Books", "127.05").await;
        let jia = world.customer(JIA, "Jia Park").await;
        jia.step_up().await;
        let made = good(hana.make("/v1/shops/0/offers", coffee(world)).await, 201);
        Street { hana, minsu, jia, offer: made["number"].as_u64().unwrap() }
    }

    async fn code(&self, gift: &str) -> String {
        let answer = self.jia.post(&format!("/v1/gifts/{gift}/code"), json!({})).await;
        let code = good(answer, 200);
        assert!(text(&code, "svg").starts_with("<svg "));
        text(&code, "code")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coffee_is_bought_sent_and_drunk_in_two_shops() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    let Street { hana, minsu, jia, offer } = &street;
    let listed = good(minsu.get("/v1/offers").await, 200);
    assert_eq!(text(&listed, "items.0.title"), "A cup of coffee");
    assert_eq!(good(minsu.get("/v1/offers?shop=1").await, 200)["items"], json!([]));
    let near = good(minsu.get("/v1/offers?lat=37.5&lon=127.26").await, 200);
    assert_eq!(text(&near, "items.0.nearest.name"), "Hana East");

    let bought = json!({ "offer": offer, "to": "010-5555-0002", "note": "drink one for me" });
    let request = key();
    let made = good(minsu.keyed("/v1/gifts", &request, &bought).await, 201);
    assert!(minsu.keyed("/v1/gifts", &request, &bought).await.is_replayed());
    assert_eq!((minsu.balance().await, &made["state"]), (195_500, &json!("SENT")));
    assert_eq!(
        (text(&made, "to.name"), text(&made, "price.value")),
        ("J*** P.".into(), "4500".into())
    );
    let id = text(&made, "id");
    assert_eq!(hana.get(&format!("/v1/gifts/{id}")).await.status, 404, "the shop is no friend");

    let received = good(jia.get("/v1/gifts?role=RECEIVED").await, 200);
    assert_eq!(
        (text(&received, "items.0.id"), &received["items"][0]["can"]),
        (id.clone(), &json!(["CLAIM"]))
    );
    let claimed = good(jia.post("/v1/gifts/claim", json!({ "id": id })).await, 200);
    assert_eq!(
        (&claimed["note"], &claimed["from"]["name"]),
        (&json!("drink one for me"), &json!("M*** K."))
    );
    assert!(claimed.get("price").is_none(), "a friend sees no price");
    let shown = good(jia.get(&format!("/v1/gifts/{id}?lat=37.5&lon=127.0&limit=3")).await, 200);
    let places = [0, 1, 2].map(|at| text(&shown, &format!("nearest.{at}.name")));
    assert_eq!(places, ["Hana West", "Hana Mid", "Hana East"]);
    let far = [0, 1, 2].map(|at| shown["nearest"][at]["distanceM"].as_u64().unwrap());
    assert!(far.is_sorted() && (8_000..9_000).contains(&far[0]), "{far:?}");

    let first = street.code(&id).await;
    let code = street.code(&id).await;
    let part = json!({ "code": code.to_lowercase(), "amount": won(2_000) });
    let old = hana.make("/v1/shops/1/redemptions", json!({ "code": first })).await;
    assert_eq!(refused(&old).1, ResultCode::InvalidCode.as_str(), "a newer code took its place");
    let strange = minsu.make("/v1/shops/3/redemptions", part.clone()).await;
    assert_eq!(refused(&strange).1, ResultCode::BusinessNotSupport.as_str());
    assert_eq!(minsu.make("/v1/shops/1/redemptions", part.clone()).await.status, 404);
    let request = key();
    let taken = good(hana.keyed("/v1/shops/1/redemptions", &request, &part).await, 201);
    let sums = ["redeemed.value", "left.value"].map(|path| number(&taken, path));
    assert_eq!((sums, &taken["state"]), ([2_000, 3_000], &json!("PARTLY_USED")));
    let again = hana.keyed("/v1/shops/1/redemptions", &request, &part).await;
    assert!(again.is_replayed() && again.json() == taken, "{}", again.body);
    let twice = hana.make("/v1/shops/1/redemptions", part).await;
    assert_eq!(refused(&twice).1, ResultCode::ExpiredCode.as_str());

    let rest = json!({ "code": street.code(&id).await });
    let taken = good(hana.make("/v1/shops/2/redemptions", rest.clone()).await, 201);
    assert_eq!((number(&taken, "redeemed.value"), &taken["state"]), (3_000, &json!("USED")));
    let twice = hana.make("/v1/shops/2/redemptions", rest).await;
    assert_eq!(refused(&twice).1, ResultCode::ExpiredCode.as_str());
    let balances = ["/v1/shops/1", "/v1/shops/2"];
    let mut has = Vec::new();
    for path in balances {
        has.push(number(&good(hana.get(path).await, 200), "balance.value"));
    }
    assert_eq!(has, [1_800, 2_700], "each till has its part of the price");
    let day = good(hana.get("/v1/shops/1/statement").await, 200);
    let coupons = (number(&day, "coupons.amount.value"), &day["coupons"]["count"]);
    assert_eq!(coupons, (2_000, &json!(1)), "of the coupon that was used at two tills");
    assert_eq!(text(&day, "items.0.id"), id);
    let uses = good(jia.get(&format!("/v1/gifts/{id}")).await, 200);
    let tills = [0, 1].map(|at| text(&uses, &format!("uses.{at}.shop.name")));
    assert_eq!(tills, ["Hana West", "Hana Mid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gift_by_link_waits_is_given_back_or_taken_once() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    let Street { hana, minsu, jia, offer } = &street;
    let made = good(minsu.make("/v1/gifts", json!({ "offer": offer, "note": "soon" })).await, 201);
    assert_eq!((&made["state"], &made["can"]), (&json!("PAID"), &json!(["SEND", "REFUND"])));
    let send = format!("/v1/gifts/{}/send", text(&made, "id"));
    jia.step_up().await;
    assert_eq!(jia.make(&send, json!({})).await.status, 404, "only the buyer sends");
    let sent = good(minsu.make(&send, json!({})).await, 201);
    let link = json!({ "link": text(&sent, "link.text") });
    // Sent once more it is the same.
    assert_eq!(good(minsu.make(&send, json!({})).await, 201)["link"], sent["link"]);
    assert_eq!(minsu.make(&send, json!({ "to": JIA })).await.status, 409);
    let refund = format!("/v1/gifts/{}/refund", text(&made, "id"));
    assert_eq!(jia.post(&refund, json!({})).await.status, 404);
    assert_eq!(good(minsu.post(&refund, json!({})).await, 200)["state"], "REFUNDED");
    good(minsu.post(&refund, json!({})).await, 200);
    assert_eq!(minsu.balance().await, 200_000, "once");
    assert_eq!(jia.post("/v1/gifts/claim", link).await.status, 409);

    let body = json!({ "offer": offer, "byLink": true, "note": "for the first" });
    let made = good(minsu.make("/v1/gifts", body).await, 201);
    let link = json!({ "link": text(&made, "link.url") });
    let claimed = good(jia.post("/v1/gifts/claim", link.clone()).await, 200);
    assert_eq!((&claimed["state"], &claimed["note"]), (&json!("CLAIMED"), &json!("for the first")));
    let late = hana.post("/v1/gifts/claim", link).await;
    assert_eq!(late.status, 409, "{}", late.body);
    let refund = format!("/v1/gifts/{}/refund", text(&made, "id"));
    assert_eq!(minsu.post(&refund, json!({})).await.status, 409, "it has its holder");
    let listed = good(minsu.get("/v1/gifts?role=BOUGHT").await, 200);
    let states = [0, 1].map(|at| text(&listed, &format!("items.{at}.state")));
    assert_eq!(states, ["CLAIMED", "REFUNDED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_its_shops_own_and_ends() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    let Street { hana, minsu, offer, .. } = &street;
    minsu.step_up().await;
    assert_eq!(minsu.make("/v1/shops/0/offers", coffee(&world)).await.status, 404);
    let bad = [
        ("validityDays", json!(1), "validityDays: give 90 to 1826"),
        ("face", won(1), "face: must be 1000 to 500000"),
        ("price", won(1), "price: must be 2500 to 5000"),
        ("remainder", json!({ "rule": "FORFEIT" }), "remainder: "),
        ("remainder", json!({ "rule": "CHANGE" }), "remainder.fromUsedBps: "),
        ("stock", json!(0), "stock: "),
        ("saleUntil", json!("soon"), "saleUntil: "),
    ];
    for (field, value, begins) in bad {
        let mut body = coffee(&world);
        body[field] = value;
        let (status, _, message) = refused(&hana.make("/v1/shops/0/offers", body).await);
        assert!(status == 400 && message.starts_with(begins), "{message}");
    }
    // One that is good in the east only is found there, also from the west.
    let mut body = coffee(&world);
    body["stores"] = json!([0]);
    let east = good(hana.make("/v1/shops/1/offers", body.clone()).await, 201)["number"].clone();
    let near = good(minsu.get("/v1/offers?lat=37.5&lon=127.11").await, 200);
    let found = [0, 1].map(|at| {
        let item = &near["items"][at];
        (item["number"].clone(), text(item, "nearest.name"))
    });
    assert_eq!(found, [(json!(offer), "Hana West".into()), (east.clone(), "Hana East".into())]);
    body["stores"] = json!([3]);
    assert_eq!(hana.make("/v1/shops/1/offers", body).await.status, 404, "of another owner");
    good(hana.post(&format!("/v1/offers/{east}/end"), json!({})).await, 204);
    let end = format!("/v1/offers/{offer}/end");
    assert_eq!(minsu.post(&end, json!({})).await.status, 404);
    assert_eq!(minsu.post("/v1/offers/77/end", json!({})).await.status, 404);
    good(hana.post(&end, json!({})).await, 204);
    assert_eq!(good(minsu.get("/v1/offers").await, 200)["items"], json!([]));
    assert_eq!(good(minsu.get(&format!("/v1/offers/{offer}")).await, 200)["state"], "ENDED");
    assert_eq!(minsu.make("/v1/gifts", json!({ "offer": offer })).await.status, 409);
    assert_eq!(minsu.get("/v1/offers?lat=37.5").await.status, 400);
    let places = format!("/v1/offers/{offer}/places?lat=37.5&lon=127.3&limit=1");
    let places = good(minsu.get(&places).await, 200);
    assert_eq!(text(&places, "0.name"), "Hana East", "what was sold stays good");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_makes_and_ends_offers_of_any_shop() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    let mut tokens = Tokens::default();
    tokens.add(Text::new("sora").unwrap(), Role::Operator, "the operator's secret");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = dhow_wallet_edge::desk::router(world.node.edge.clone(), tokens);
    let never = std::future::pending();
    tokio::spawn(api::serve(listener, router, api::ServerOptions::default(), never));
    let desk = App { address, device: String::new(), token: "the operator's secret".to_owned() };
    let headers = "Content-Type: application/json\r\nX-Reason: a week of coffee\r\n";
    let mut body = json!({ "shop": 1, "reference": "week-48", "terms": coffee(&world) });
    body["terms"]["stores"] = json!([1, 3]);
    let post = async |path: &str, body: &Value| {
        desk.send("POST", path, headers, body.to_string().as_bytes()).await
    };
    let number = good(post("/desk/offers", &body).await, 201)["offer"].clone();
    assert_eq!(good(post("/desk/offers", &body).await, 201)["offer"], number, "a repeat");
    body["terms"]["stock"] = json!(11);
    assert_eq!(post("/desk/offers", &body).await.status, 409);
    body["terms"]["face"] = json!({ "currency": "JPY", "value": "5000" });
    let (status, _, message) = refused(&post("/desk/offers", &body).await);
    assert!(status == 400 && message.starts_with("face.currency: "), "{message}");
    let listed = good(desk.get("/desk/offers?after=0").await, 200);
    assert_eq!((&listed[0]["offer"], &listed[0]["isOnSale"]), (&number, &json!(true)));
    let places = format!("/v1/offers/{number}/places?lat=37.5&lon=127.0");
    let places = good(street.jia.get(&places).await, 200);
    let names = [0, 1].map(|at| text(&places, &format!("{at}.name")));
    assert_eq!(names, ["Minsu Books", "Hana West"], "good at shops of two owners");
    good(post(&format!("/desk/offers/{number}/end"), &json!({})).await, 204);
    assert_eq!(good(desk.get("/desk/offers?shop=1").await, 200)[0]["isOnSale"], false);
    assert_eq!(post("/desk/offers/99/end", &json!({})).await.status, 404);
}
