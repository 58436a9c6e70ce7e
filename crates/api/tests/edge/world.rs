//! One network in this process: an engine on a log in memory, the workers, the edge, a wallet and
//! an acquirer.

use crate::wallet::Wallet;
use base::{Span, Text, Timestamp};
use bytes::Bytes;
use dhow_api::links::Links;
use dhow_api::wire_edge::{WireEdge, WireEdgeOptions, WireEdgeParts};
use dhow_api::{ServerOptions, serve};
use directory::{
    Contract, Country, Endpoints, Participant, ParticipantKey, ParticipantStatus, Role,
};
use effects::{
    Call, CallError, ClientOptions, DirectoryView, Effects, EffectsOptions, Partitions,
    SignedClient, TargetRule,
};
use engine::{Clock, Engine, Options, SystemClock};
use fx::RateFeed;
use ids::{ParticipantId, Partition, PartnerText};
use log::{Entry, Log, LogError, MemLog, Records};
use money::{Currency, Rate};
use network::{
    AddParticipant, Change, Command, LoadRates, Network, Operator, PartitionPlan, Reply,
};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use wire::SigningKey;

/// One key for everybody: what is tested is who may use it, not how it is drawn.
pub static KEY: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::generate_rsa2048().expect("a key can be drawn")));

pub const ACQUIRER: &str = "ACQP_1";
pub const WALLET: &str = "MPP_1";

/// A log that stops taking records while its gate is held.
pub struct GatedLog {
    inner: MemLog,
    gate: Arc<Mutex<()>>,
}

impl Log for GatedLog {
    fn append(&mut self, batch: &[Entry]) -> Result<(), LogError> {
        let _open = self.gate.lock().expect("no test panics while it holds the gate");
        self.inner.append(batch)
    }
    fn next_position(&self) -> u64 {
        self.inner.next_position()
    }
    fn last_time(&self) -> Timestamp {
        self.inner.last_time()
    }
    fn read(&self, from: u64) -> Result<Records, LogError> {
        self.inner.read(from)
    }
}

/// What a test may want to be different.
pub struct Settings {
    pub edge: WireEdgeOptions,
    pub server: ServerOptions,
    pub partitions: u8,
    pub queue_capacity: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            edge: WireEdgeOptions { rate_per_second: None, ..WireEdgeOptions::default() },
            server: ServerOptions::default(),
            partitions: 1,
            queue_capacity: 1_000,
        }
    }
}

pub struct World {
    pub address: SocketAddr,
    pub partitions: Partitions,
    pub effects: Effects,
    pub wallet: Wallet,
    /// While it is held, nothing becomes durable.
    pub gate: Arc<Mutex<()>>,
    client: SignedClient,
    _home: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        for partition in self.partitions.all() {
            self.partitions.engine(partition).expect("it is one of all").stop();
        }
    }
}

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).expect("a test's text is fine")
}

fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("a test's currency exists")
}

fn participant(id: u32, role: Role, client_id: &str, origin: &str) -> Participant {
    let (country, settles_in) = match role {
        Role::Mpp => ("KR", "KRW"),
        Role::Acqp => ("JP", "JPY"),
    };
    Participant {
        id: ParticipantId(id),
        role,
        code: text(&format!("C-{client_id}")),
        client_id: text(client_id),
        name: text(&format!("{client_id} Pay")),
        country: Country::new(country).unwrap(),
        status: ParticipantStatus::Active,
        keys: vec![ParticipantKey {
            version: 1,
            spki: KEY.public().to_spki_der().to_vec(),
            from: Timestamp::default(),
            until: None,
        }],
        endpoints: Endpoints { origin: Some(text(origin)), ..Endpoints::default() },
        contract: Contract {
            settlement_currencies: vec![currency(settles_in)],
            markup_bps: 50,
            ..Contract::default()
        },
    }
}

impl World {
    pub async fn new() -> World {
        World::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> World {
        let home = tempfile::tempdir().unwrap();
        let gate = Arc::new(Mutex::new(()));
        let mut engines = Vec::new();
        for number in 0..settings.partitions {
            let mut options = Options::new(home.path(), "network");
            options.partition = number;
            options.queue_capacity = settings.queue_capacity;
            let plan =
                PartitionPlan { partition: Partition(number), partitions: settings.partitions };
            let log = GatedLog { inner: MemLog::new(), gate: gate.clone() };
            let (engine, _) = Engine::start_on(log, options, Network::new(plan)).unwrap();
            engines.push(engine);
        }
        let partitions = Partitions::new(engines);
        let wallet = Wallet::start().await;
        fill(&partitions, &wallet).await;
        let directory = DirectoryView::open(partitions.clone()).await.unwrap();
        let targets = TargetRule { allows_loopback: true, ..TargetRule::default() };
        let client_options = ClientOptions { targets, ..ClientOptions::default() };
        let client = SignedClient::new(KEY.clone(), 1, client_options);
        let effects = Effects::new(
            partitions.clone(),
            directory.clone(),
            client.clone(),
            effects::Tokens::new(b"a secret of this test"),
            EffectsOptions::default(),
        );
        effects.start().await.unwrap();
        let parts = WireEdgeParts {
            partitions: partitions.clone(),
            directory,
            effects: effects.clone(),
            key: KEY.clone(),
            key_version: 1,
            alias_secret: b"a secret of this test".to_vec(),
            links: Links::new("https://pay.example").unwrap(),
            clock: Arc::new(SystemClock),
        };
        let edge = WireEdge::new(parts, settings.edge).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = edge.router_for_all_paths();
        tokio::spawn(serve(listener, router, settings.server, std::future::pending()));
        World { address, partitions, effects, wallet, gate, client, _home: home }
    }

    /// A signed call; the answer's signature was checked.
    pub async fn call(&self, client_id: &str, path: &str, body: &str) -> Result<String, CallError> {
        let keys =
            vec![(1, Arc::new(wire::VerifyingKey::parse(KEY.public().to_spki_der()).unwrap()))];
        let url = format!("http://{}{path}", self.address);
        let answer = self.client.call(Call {
            url: &url,
            own_origin: None,
            client_id,
            body: Bytes::copy_from_slice(body.as_bytes()),
            keys: &keys,
            timeout: Duration::from_secs(60),
        });
        Ok(String::from_utf8(answer.await?.body.to_vec()).unwrap())
    }

    /// A call of the acquirer.
    pub async fn ask(&self, api: &str, body: &str) -> String {
        self.call(ACQUIRER, &format!("/aps/api/v1/{api}"), body).await.unwrap()
    }

    /// One payment code of the user `u-1`.
    pub async fn code(&self) -> String {
        let path = "/aps/api/v1/codes/getPaymentCode";
        let answer = self.call(WALLET, path, r#"{"customerId":"u-1"}"#).await.unwrap();
        field(&answer, "paymentCode").expect(&answer)
    }
}

/// The first field of this name, wherever it is; good enough for answers without repeated names.
pub fn field(json: &str, name: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    Some(rest.split_once('"')?.0.to_string())
}

/// Checks the code of `result`.
#[track_caller]
pub fn expect_code(json: &str, code: &str) {
    assert!(json.starts_with("{\"result\":{"), "{json}");
    assert_eq!(field(json, "resultCode").as_deref(), Some(code), "{json}");
}

pub fn pay_body(request_id: &str, code: &str, yen: u32) -> String {
    format!(
        r#"{{"paymentRequestId":"{request_id}","order":{{"referenceOrderId":"O-1","orderDescription":"tea","orderAmount":{{"currency":"JPY","value":"{yen}"}},
 "merchant":{{"referenceMerchantId":"M-1","merchantName":"Shop","merchantMCC":"5812","merchantAddress":{{"region":"JP"}},
 "store":{{"referenceStoreId":"S-1","storeName":"Umeda","storeMCC":"5812"}}}}}},
 "paymentAmount":{{"currency":"JPY","value":"{yen}"}},"paymentMethod":{{"paymentMethodType":"CONNECT_WALLET","paymentMethodId":"{code}"}},
 "paymentFactor":{{"isInStorePayment":"true","isCashierPayment":"false","inStorePaymentScenario":"PaymentCode"}},
 "settlementStrategy":{{"settlementCurrency":"JPY"}}}}"#
    )
}

async fn fill(partitions: &Partitions, wallet: &Wallet) {
    let mut acquirer = participant(1, Role::Acqp, ACQUIRER, &wallet.origin);
    acquirer.endpoints.notify = Some(text("/notified"));
    let mpp = participant(2, Role::Mpp, WALLET, &wallet.origin);
    let rate = |code: &str, price: &str| {
        Rate::parse(currency("USD"), currency(code), price).expect("a test's rate is fine")
    };
    let feed = RateFeed {
        source: text("test"),
        as_of: SystemClock.now().before(Span::secs(1)),
        reference: currency("USD"),
        rates: vec![rate("JPY", "150"), rate("KRW", "1350")],
        accept_outside_band: true,
    };
    let changes = [
        Change::AddParticipant(Box::new(AddParticipant { participant: acquirer })),
        Change::AddParticipant(Box::new(AddParticipant { participant: mpp })),
        Change::LoadRates(Box::new(LoadRates { feed })),
    ];
    for partition in partitions.all() {
        for change in changes.clone() {
            let by = Operator { who: text("test"), why: text("a test needs it") };
            let command = Command::Operate { by, change };
            let (_, reply) = partitions.submit(partition, command).await.unwrap();
            assert!(matches!(reply, Reply::Done | Reply::Rates(_)), "{reply:?}");
        }
        let (_, reply) = partitions.submit(partition, merchant()).await.unwrap();
        assert!(matches!(reply, Reply::Done), "{reply:?}");
    }
}

fn merchant() -> Command {
    let mcc = directory::Mcc::new("5812").unwrap();
    Command::RegisterMerchant(network::RegisterMerchant {
        acquirer: ParticipantId(1),
        request_id: text("REG-0"),
        reference: PartnerText::new("M-1").unwrap(),
        name: text("Shop KK"),
        display_name: None,
        mcc,
        country: Country::new("JP").unwrap(),
        city: Some(text("Osaka")),
        products: vec![directory::Product::InStorePayment],
        store: Some(directory::Store::new(text("S-1"), text("Umeda"), mcc)),
        legal: None,
        notify_url: None,
    })
}
