//! The pages of a browser, on a running wallet: forms are sent as a browser sends them.

#[path = "support/network.rs"]
#[allow(dead_code, reason = "each test program uses its part of the support")]
mod fake_network;
#[allow(dead_code, reason = "each test program uses its part of the support")]
mod support;

use base::Text;
use fake_network::{Network, order};
use ids::{AgreementId, Partition};
use serde_json::{Value, json};
use support::{Answer, App, PIN, World};
use wallet::Command;
use wallet::command::network::{NetworkCommand, PrepareAgreement};

const MINSU: &str = "+821055550001";
const JIA: &str = "+821055550002";
const CODE: &str = "https://pay.example/281002040001";

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let part = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(part).collect()
}

async fn send(browser: &App, path: &str, fields: &[(&str, &str)]) -> Answer {
    let fields = fields.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    let body = fields.collect::<Vec<_>>().join("&");
    let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
    browser.send("POST", path, headers, body.as_bytes()).await
}

async fn open(browser: &App, alias: &str, pin: &str) -> Answer {
    send(browser, "/app/open", &[("codeValue", CODE), ("alias", alias), ("pin", pin)]).await
}

async fn confirm(browser: &App, ticket: &str, decision: &str) -> Answer {
    send(browser, "/app/confirm", &[("ticket", ticket), ("decision", decision)]).await
}

/// The value of a hidden field.
fn hidden(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&start).unwrap_or_else(|| panic!("{}", page.body));
    rest.split_once('"').expect("an attribute ends").0.to_owned()
}

fn header(page: &Answer, name: &str) -> Option<String> {
    let lines = page.head.lines().filter_map(|line| line.split_once(": "));
    let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.to_owned())
}

/// Says all of this, in whatever order.
fn assert_says(page: &Answer, status: u16, texts: &[&str]) {
    assert_eq!(page.status, status, "{}", page.body);
    for text in texts {
        assert!(page.body.contains(text), "no {text} in {}", page.body);
    }
}

/// A wallet with Minsu's money in it, and a network that has one order for it.
async fn joined(order: Value) -> (World, Network, App) {
    let network = Network::default();
    let world = World::joined(Some(network.start().await)).await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    network.say(
        "/codes/identifyCode",
        json!({ "isSupported": true, "postCodeMatchActionType": "DECODE", "codeValue": CODE }),
    );
    network.say("/payments/userInitiatedPay", order);
    (world, network, minsu)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_seen_and_paid_once_whatever_the_browser_does() {
    let (world, network, minsu) = joined(order()).await;
    let browser = world.app();
    let path = format!("/app/open?source=dhow&codeValue={}", encode(CODE));
    let page = browser.get(&path).await;
    assert_says(&page, 200, &["Sign in", "type=\"password\"", "Damso"]);
    assert_eq!(hidden(&page, "codeValue"), CODE);
    assert!(network.heard("/identifyCode").is_none(), "nobody is asked before the PIN");
    let shown = open(&browser, "010-5555-0001", PIN).await;
    let texts = [
        "KRW 11000",
        "JPY 1200",
        "JPY/KRW 9.4167",
        "KRW 300",
        "Kissaten",
        "R-17",
        "M*** K.",
        "value=\"return\"",
    ];
    assert_says(&shown, 200, &texts);
    assert_eq!(minsu.balance().await, 200_000);
    // A reload of the page is the same order.
    let again = open(&browser, MINSU, PIN).await;
    let ticket = hidden(&again, "ticket");
    let (one, two) =
        tokio::join!(confirm(&browser, &ticket, "pay"), confirm(&browser, &ticket, "pay"));
    for page in [&one, &two] {
        assert_says(
            page,
            200,
            &["Paid", "KRW 11000", "JPY 1200", "pay_", "https://shop.example/done"],
        );
        assert_eq!(header(page, "refresh").as_deref(), Some("6; url=https://shop.example/done"));
    }
    assert_eq!(minsu.balance().await, 189_000);
    // Too late for a no; the first ticket is as good as the second.
    assert_says(&confirm(&browser, &hidden(&shown, "ticket"), "return").await, 200, &["Paid"]);
    // The network has closed the order; whoever comes back is told how it ended all the same.
    network.refuse("/payments/userInitiatedPay", "ORDER_IS_CLOSED");
    assert_says(&open(&browser, MINSU, PIN).await, 200, &["Paid", "KRW 11000"]);
    assert_eq!(minsu.balance().await, 189_000);
    world.customer(JIA, "Jia Park").await;
    let closed = open(&browser, JIA, PIN).await;
    assert!(closed.body.contains("Ask the shop for a new code"), "{}", closed.body);
    assert!(!closed.body.contains("KRW 11000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_returned_and_what_cannot_be_paid_is_said() {
    let (world, network, _) = joined(order()).await;
    let jia = world.customer(JIA, "Jia Park").await;
    let browser = world.app();
    let ticket = hidden(&open(&browser, JIA, PIN).await, "ticket");
    let refused = confirm(&browser, &ticket, "pay").await;
    assert_says(&refused, 409, &["Your balance is not enough. Top up", "value=\"pay\""]);
    let ticket = hidden(&refused, "ticket");
    let returned = confirm(&browser, &ticket, "return").await;
    assert_says(&returned, 200, &["Not paid", "ORDER_IS_CLOSED", "https://shop.example/done"]);
    assert_says(&confirm(&browser, &ticket, "pay").await, 200, &["Not paid"]);
    assert_eq!(jia.balance().await, 0);
    // A page of a shop, a text of nobody.
    network.say(
        "/codes/identifyCode",
        json!({
            "isSupported": true, "postCodeMatchActionType": "OPEN_URL",
            "redirectUrl": "https://pay.example/s/1?w=kr",
        }),
    );
    let page = open(&browser, MINSU, PIN).await;
    assert_says(&page, 200, &["https://pay.example/s/1?w=kr"]);
    assert_eq!(header(&page, "refresh").as_deref(), Some("0; url=https://pay.example/s/1?w=kr"));
    network.say("/codes/identifyCode", json!({ "isSupported": false }));
    let page = open(&browser, MINSU, PIN).await;
    assert_says(&page, 200, &["cannot pay this code", "a web address and no payment code"]);
    assert_eq!(header(&page, "refresh"), None);
    assert_eq!(browser.get("/app/open").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_merchants_are_text_and_no_script_runs() {
    let mut evil = order();
    evil["order"]["merchant"]["merchantName"] = json!("<script>alert(1)</script>");
    evil["order"]["referenceOrderId"] = json!("\"><img src=x>");
    evil["paymentRedirectUrl"] = json!("javascript:alert(1)");
    let (world, _network, _) = joined(evil).await;
    let browser = world.app();
    let code = "\"><script>alert(2)</script>";
    let page = browser.get(&format!("/app/open?codeValue={}", encode(code))).await;
    let shown = open(&browser, MINSU, PIN).await;
    let paid = confirm(&browser, &hidden(&shown, "ticket"), "pay").await;
    assert_says(&paid, 200, &["Paid", "&lt;script&gt;alert(1)"]);
    for page in [&page, &shown, &paid] {
        for bad in ["<script", "<img", "javascript:"] {
            assert!(!page.body.contains(bad), "{}", page.body);
        }
        let policy = header(page, "content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(header(page, "cache-control").as_deref(), Some("no-store"));
        assert_eq!(header(page, "referrer-policy").as_deref(), Some("no-referrer"));
        assert_eq!(header(page, "set-cookie"), None);
        assert_eq!(header(page, "refresh"), None);
        assert!(!page.body.contains(PIN));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_a_customer_is_not_told_and_tries_are_counted() {
    let (world, network, _) = joined(order()).await;
    let browser = world.app();
    let wrong = open(&browser, MINSU, "135792").await;
    let unknown = open(&browser, "+821099990000", "135792").await;
    assert_says(&wrong, 403, &["The number or the PIN is wrong"]);
    let bare = |page: &Answer, alias: &str| {
        let nonce = page.body.split_once("nonce=\"").unwrap().1.split_once('"').unwrap().0;
        page.body.replace(nonce, "").replace(alias, "")
    };
    assert_eq!(bare(&wrong, MINSU), bare(&unknown, "+821099990000"));
    assert_eq!(unknown.status, 403);
    for _ in 0..4 {
        open(&browser, MINSU, "135792").await;
    }
    // Locked is told in the same words, even to the right PIN.
    let locked = open(&browser, MINSU, PIN).await;
    assert_eq!((locked.status, bare(&locked, MINSU)), (403, bare(&wrong, MINSU)));
    assert!(network.heard("/identifyCode").is_none());
    let mut last = 0;
    for _ in 0..30 {
        last = open(&browser, "+821099990000", "135792").await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_or_old_ticket_does_nothing() {
    let (world, _network, minsu) = joined(order()).await;
    let jia = world.rich(JIA, "Jia Park").await;
    let browser = world.app();
    let ticket = hidden(&open(&browser, MINSU, PIN).await, "ticket");
    let other = |at: usize| {
        let digit = if &ticket[at..=at] == "1" { "2" } else { "1" };
        format!("{}{digit}{}", &ticket[..at], &ticket[at + 1..])
    };
    // Customer, payment, time, digest.
    for forged in [other(7), other(39), other(50), other(119), String::new(), "é".repeat(60)] {
        let page = confirm(&browser, &forged, "pay").await;
        assert_says(&page, 403, &["This page is too old or was changed"]);
    }
    assert_eq!(send(&browser, "/app/confirm", &[("decision", "pay")]).await.status, 403);
    // One of this wallet's whose time is over, until there is nothing to decide any more.
    let edge = &world.node.edge;
    let payment = u128::from_str_radix(&ticket[8..40], 16).unwrap();
    let past = edge.now().secs() - 1;
    let parts: [&[u8]; 4] =
        [b"ticket to pay", &0_u32.to_be_bytes(), &payment.to_be_bytes(), &past.to_be_bytes()];
    let digest: String = edge.keyed_digest(&parts).iter().map(|it| format!("{it:02x}")).collect();
    let old = format!("{:08x}{payment:032x}{past:016x}{digest}", 0);
    assert_says(&confirm(&browser, &old, "pay").await, 403, &["This page is too old"]);
    assert_eq!((minsu.balance().await, jia.balance().await), (200_000, 200_000));
    assert_says(&confirm(&browser, &ticket, "pay").await, 200, &["Paid"]);
    assert_says(&confirm(&browser, &old, "pay").await, 200, &["Paid"]);
    assert_eq!(minsu.balance().await, 189_000);
}

async fn prepare(world: &World, number: u128, merchant: &str) -> AgreementId {
    let edge = &world.node.edge;
    let id = AgreementId::new(edge.now().millis(), Partition(0), number);
    let asked = PrepareAgreement {
        id,
        auth_client: Text::new("network").unwrap(),
        merchant: Text::new(merchant).unwrap(),
        reference: Text::new(&format!("ref-{number}")).unwrap(),
        reference_merchant: None,
        redirect: Text::new("https://pay.example/a/1?x=1").unwrap(),
        state: Text::new("a b").ok(),
        scopes: ["AGREEMENT_PAY", "USER_INFO", "<b>"].map(|it| Text::new(it).unwrap()).to_vec(),
        digest: [1; 32],
    };
    edge.make(Command::Network(Box::new(NetworkCommand::Prepare(asked)))).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_consented_to_once_and_by_one() {
    let world = World::new().await;
    let minsu = world.customer(MINSU, "Minsu Kim").await;
    world.customer(JIA, "Jia Park").await;
    let browser = world.app();
    let id = prepare(&world, 5, "Scooters <i>&").await.to_string();
    let path = format!("/app/consent?agreement={id}");
    let page = browser.get(&path).await;
    let texts = [
        "Scooters &lt;i&gt;&amp; asks to take payments",
        "without asking you each time",
        "see your name",
        "<li>&lt;b&gt;</li>",
        "https://pay.example/a/1?x=1&amp;authState=a%20b",
        "(KRW)",
    ];
    assert_says(&page, 200, &texts);
    assert!(!page.body.contains("checked"));
    let korean = browser.send("GET", &path, "Accept-Language: ko-KR,ko\r\n", b"").await;
    assert_says(&korean, 200, &["<html lang=\"ko\">", "동의하기"]);
    let send = |alias: &'static str, pin: &'static str, allowance: &'static str, agrees: bool| {
        let (browser, id) = (browser.clone(), id.clone());
        async move {
            let mut fields = vec![
                ("agreement", id.as_str()),
                ("alias", alias),
                ("pin", pin),
                ("allowance", allowance),
            ];
            if agrees {
                fields.push(("agrees", "yes"));
            }
            send(&browser, "/app/consent", &fields).await
        }
    };
    assert_says(&send(MINSU, PIN, "", false).await, 400, &["Tick the box", MINSU]);
    assert_says(&send(MINSU, PIN, "1.5", true).await, 400, &["Enter the amount", "value=\"1.5\""]);
    assert_says(&send(MINSU, PIN, "0", true).await, 400, &["Enter the amount"]);
    assert_says(&send(MINSU, "135792", "", true).await, 403, &["The number or the PIN is wrong"]);
    assert_eq!(minsu.get(&format!("/v1/agreements/{id}")).await.text("state"), "ASKED");
    let done = send(MINSU, PIN, "50000", true).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let led = header(&done, "refresh").unwrap();
    assert!(led.starts_with("0; url=https://pay.example/a/1?x=1&authCode="), "{led}");
    assert!(led.ends_with("&authState=a%20b"), "{led}");
    let agreement = minsu.get(&format!("/v1/agreements/{id}")).await;
    assert_eq!(
        (agreement.text("state"), agreement.text("allowance.value")),
        ("CONSENTED".into(), "50000".into())
    );
    // A second click leads to the same place, somebody else to none.
    assert_eq!(header(&send(MINSU, PIN, "50000", true).await, "refresh"), Some(led));
    assert_says(&send(JIA, PIN, "", true).await, 404, &["There is nothing here"]);
    assert_says(&browser.get(&path).await, 410, &["answered already"]);
    let ended = minsu.post(&format!("/v1/agreements/{id}/end"), json!({})).await;
    assert_eq!(ended.text("state"), "ENDED");
    assert_says(&send(MINSU, PIN, "", true).await, 410, &["answered already"]);
    for unknown in ["agr_00000000000000000000000000000000", "x", ""] {
        let page = browser.get(&format!("/app/consent?agreement={unknown}")).await;
        assert_says(&page, 404, &["There is nothing here"]);
    }
    assert_eq!(browser.get("/app/consent").await.status, 404);
}
