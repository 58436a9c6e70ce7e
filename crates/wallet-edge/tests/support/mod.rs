//! A wallet on a free port and in a directory of its own, and apps that talk to it over HTTP.

use base::Span;
use dhow_wallet_edge::bank::SimBank;
use dhow_wallet_edge::biller::SimBiller;
use dhow_wallet_edge::fund::SimFund;
use dhow_wallet_edge::{KeptMessages, Messenger, WalletNode, WalletOptions};
use engine::{Clock, SystemClock};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use vault::{CodeRules, PinCost, Settings};
use wallet::Market;

pub const PIN: &str = "246813";

/// South Korea's rules, with agents, and a wait from 50,000 won on.
pub fn market() -> Market {
    let file = dhow_wallet_edge::shipped_market("kr").expect("Korea's rules are shipped");
    let mut market = dhow_wallet_edge::read_market(file).expect("a shipped market is one");
    market.features.agents = true;
    market.account.payee.cooling_from_minor = 50_000;
    market
}

pub struct World {
    pub node: WalletNode,
    pub messages: Arc<KeptMessages>,
    home: tempfile::TempDir,
}

/// How a test joins a network, if it does.
pub type Join = Option<dhow_wallet_edge::Link>;

/// What a test may have of its own.
pub struct Setup {
    pub link: Join,
    pub clock: Arc<dyn Clock>,
    pub billers: Arc<SimBiller>,
    pub bank: Arc<SimBank>,
    /// Secrets of the desk's administrators.
    pub desk: Vec<&'static str>,
}

impl Default for Setup {
    fn default() -> Setup {
        let (billers, bank) = (Arc::default(), Arc::default());
        Setup { link: None, clock: Arc::new(SystemClock), billers, bank, desk: Vec::new() }
    }
}

async fn start(home: &Path, messages: &Arc<KeptMessages>, setup: Setup) -> WalletNode {
    let mut tokens = api::ops::Tokens::default();
    for secret in setup.desk {
        let name = base::Text::new(secret).expect("a secret of a test is short");
        tokens.add(name, api::ops::Role::Admin, secret);
    }
    let settings = Settings {
        pin: PinCost { memory_kib: 8, passes: 1, lanes: 1 },
        codes: CodeRules { resend_after: Span::millis(0), ..CodeRules::default() },
        ..Settings::default()
    };
    let options = WalletOptions {
        data: home.to_path_buf(),
        market: market(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        public_url: None,
        link: setup.link,
        bank: setup.bank,
        fund: Arc::new(SimFund::default()),
        billers: setup.billers,
        messenger: Arc::clone(messages) as Arc<dyn Messenger>,
        tokens,
        master_key: [7; 32],
        secret: b"a secret of this test".to_vec(),
        vault_settings: settings,
        snapshot_every: 1_000,
    };
    let started = WalletNode::start_at(options, setup.clock).await;
    started.expect("a wallet starts in an empty directory")
}

impl World {
    pub async fn new() -> World {
        World::joined(None).await
    }

    pub async fn of(setup: Setup) -> World {
        let home = tempfile::tempdir().expect("there is room for a directory");
        let messages = Arc::new(KeptMessages::default());
        World { node: start(home.path(), &messages, setup).await, messages, home }
    }

    pub async fn joined(link: Join) -> World {
        World::of(Setup { link, ..Setup::default() }).await
    }

    /// Stops the wallet, and starts it again on what it left.
    pub async fn restart(self) -> World {
        self.node.stop().await;
        let node = start(self.home.path(), &self.messages, Setup::default()).await;
        World { node, messages: self.messages, home: self.home }
    }

    pub fn app(&self) -> App {
        static DEVICES: AtomicU32 = AtomicU32::new(1);
        let device = format!("{:032x}", DEVICES.fetch_add(1, Ordering::Relaxed));
        App { address: self.node.address, device, token: String::new() }
    }

    /// The digits of the newest code that went to this address.
    pub fn code(&self, to: &str) -> String {
        let text = self.messages.kept(to).expect("a code was sent").text;
        text[text.len() - 6..].to_owned()
    }

    /// A customer who has registered, on a device of its own.
    pub async fn customer(&self, phone: &str, name: &str) -> App {
        let mut app = self.app();
        let asked = json!({ "alias": phone, "purpose": "REGISTRATION" });
        assert_eq!(app.post("/v1/codes", asked).await.status, 202);
        let answer = app.register(phone, name, &self.code(phone)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        app.token = answer.text("token");
        app
    }

    /// As [`customer`](World::customer), stepped up and with money.
    pub async fn rich(&self, phone: &str, name: &str) -> App {
        let app = self.customer(phone, name).await;
        app.step_up().await;
        let body = json!({ "amount": won(200_000), "bankAccount": "KB 123-456-7890" });
        let made = app.make("/v1/top-ups", body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        app.until_state(&made.text("id"), "DONE").await;
        app
    }
}

pub fn won(value: u64) -> Value {
    json!({ "currency": "KRW", "value": value.to_string() })
}

/// A new idempotency key.
pub fn key() -> String {
    static KEYS: AtomicU32 = AtomicU32::new(1);
    format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}

/// The wallet's app on one device.
#[derive(Clone)]
pub struct App {
    pub address: SocketAddr,
    pub device: String,
    pub token: String,
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub bytes: Vec<u8>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// A text of the answer; dots lead inside.
    pub fn text(&self, path: &str) -> String {
        text(&self.json(), path)
    }

    pub fn is_replayed(&self) -> bool {
        self.head.to_lowercase().contains("idempotent-replayed: true")
    }
}

pub fn text(value: &Value, path: &str) -> String {
    let mut found = value;
    for part in path.split('.') {
        found = match part.parse::<usize>() {
            Ok(at) => &found[at],
            Err(_) => &found[part],
        };
    }
    found.as_str().unwrap_or_else(|| panic!("no text at {path}: {value}")).to_owned()
}

impl App {
    pub async fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: wallet\r\nConnection: close\r\n\
             Content-Length: {}\r\nDevice-Id: {}\r\n{headers}",
            body.len(),
            self.device
        );
        if !self.token.is_empty() {
            request.push_str(&format!("Authorization: Bearer {}\r\n", self.token));
        }
        request.push_str("\r\n");
        let (address, mut bytes) = (self.address, request.into_bytes());
        bytes.extend_from_slice(body);
        let read = tokio::task::spawn_blocking(move || exchange(address, &bytes));
        read.await.expect("the wallet answers")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", b"").await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        let headers = "Content-Type: application/json\r\n";
        self.send("PUT", path, headers, body.to_string().as_bytes()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "", b"").await
    }

    /// A POST without an idempotency key.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let headers = "Content-Type: application/json\r\n";
        self.send("POST", path, headers, body.to_string().as_bytes()).await
    }

    /// A POST with a key.
    pub async fn keyed(&self, path: &str, key: &str, body: &Value) -> Answer {
        let headers = format!("Content-Type: application/json\r\nIdempotency-Key: {key}\r\n");
        self.send("POST", path, &headers, body.to_string().as_bytes()).await
    }

    /// A POST with a key of its own.
    pub async fn make(&self, path: &str, body: Value) -> Answer {
        self.keyed(path, &key(), &body).await
    }

    pub async fn register(&self, phone: &str, name: &str, code: &str) -> Answer {
        let body = json!({
            "alias": phone, "code": code, "name": name, "pin": PIN, "birthDate": "1990-12-31",
            "language": "ko", "device": { "id": self.device, "label": "A phone" },
        });
        self.post("/v1/register", body).await
    }

    pub async fn step_up(&self) {
        let answer = self.post("/v1/step-up", json!({ "pin": PIN })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub async fn balance(&self) -> u64 {
        let balance = self.get("/v1/me").await.text("available.value");
        balance.parse().expect("an amount has digits only")
    }

    /// Waits for what the bank or time has to do.
    pub async fn until_state(&self, id: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.get(&format!("/v1/activity/{id}")).await.json();
            if answer["state"] == state {
                return answer;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{answer}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the wallet listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time is set");
    // A server that refuses a head may close before it has read the body.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the wallet answers");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("it has a status");
    let bytes = answer[end + 4..].to_vec();
    Answer { status, head, body: String::from_utf8_lossy(&bytes).into_owned(), bytes }
}
