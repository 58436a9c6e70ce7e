//! The simulated acquirer (ACQP).

mod agreement;
mod calls;
mod dispute;
mod flow;
mod notify;
mod push;
mod shop;

pub use calls::{Presented, Refund};
pub use flow::{Ended, Outcome};
pub use notify::{Told, Verdict};
pub use push::Pushes;

use crate::edge::{Clock, Credentials, Edge, NetworkPeer};
use crate::journal::{Journal, Line};
use crate::script::{ScriptChange, ScriptError, Scripts};
use crate::server::Server;
use base::ResultCode;
use money::{Currency, Money};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A merchant of the simulated acquirer, with one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimMerchant {
    pub merchant_id: String,
    pub name: String,
    /// ISO 18245, four digits.
    pub mcc: String,
    /// What its prices are in.
    pub currency: Currency,
    /// ISO 3166-1 alpha-2.
    pub region: String,
    pub city: String,
    pub store_id: String,
    pub store_name: String,
}

/// When the acquirer asks again, and when it gives up.
#[derive(Clone, Copy, Debug)]
pub struct Polling {
    /// From the end of `pay` to the first inquiry.
    pub first: Duration,
    /// Between inquiries.
    pub every: Duration,
    /// Inquiries before the payment is cancelled; its expiry ends them too.
    pub times: u32,
    /// Between attempts to cancel.
    pub cancel_every: Duration,
    pub cancel_times: u32,
}

impl Default for Polling {
    /// The protocol's advice for payments in a store: 5 s, then every 3 s up to 20 times; then
    /// cancel every 5 s for a minute.
    fn default() -> Polling {
        Polling {
            first: Duration::from_secs(5),
            every: Duration::from_secs(3),
            times: 20,
            cancel_every: Duration::from_secs(5),
            cancel_times: 12,
        }
    }
}

/// What a simulated acquirer is made of.
#[derive(Clone, Debug)]
pub struct AcquirerConfig {
    pub credentials: Credentials,
    /// For people; the client id when not set.
    pub name: String,
    /// What it asks to be paid in.
    pub settlement_currency: Currency,
    pub merchants: Vec<SimMerchant>,
    pub network: NetworkPeer,
    /// Where notifications are received; loopback and any free port by default.
    pub listen: SocketAddr,
    pub notify_path: String,
    /// Name the notification URL in every `pay`; else the network uses the one it has on file.
    pub sends_notify_url: bool,
    /// A file that every result is appended to.
    pub journal: Option<PathBuf>,
    pub polling: Polling,
    /// How long `pay`, `refund` and `cancelPayment` may take.
    pub pay_timeout: Duration,
    /// How long the other calls may take.
    pub call_timeout: Duration,
    pub clock: Clock,
}

impl AcquirerConfig {
    pub fn new(
        credentials: Credentials,
        settlement_currency: Currency,
        network: NetworkPeer,
    ) -> AcquirerConfig {
        AcquirerConfig {
            name: credentials.client_id.clone(),
            credentials,
            settlement_currency,
            merchants: Vec::new(),
            network,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            notify_path: wire::paths::acquirer::NOTIFY_PAYMENT.to_string(),
            sends_notify_url: true,
            journal: None,
            polling: Polling::default(),
            pay_timeout: Duration::from_secs(8),
            call_timeout: Duration::from_secs(5),
            clock: Clock::system(),
        }
    }

    /// With one more merchant.
    pub fn with_merchant(mut self, merchant: SimMerchant) -> AcquirerConfig {
        self.merchants.push(merchant);
        self
    }
}

/// What the acquirer asks the network to collect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// See [`SimAcquirer::new_id`].
    pub payment_request_id: String,
    pub merchant_id: String,
    pub price: Money,
    /// The digits that were scanned.
    pub payment_code: String,
    /// Milliseconds since 1970; none leaves it to the network.
    pub expires_at_ms: Option<u64>,
}

/// What the acquirer knows of one of its payments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    #[serde(serialize_with = "write_money")]
    price: Money,
    /// The first final result.
    #[serde(serialize_with = "write_code")]
    result: Option<ResultCode>,
    /// A cancel was answered with S: overrides a success.
    is_cancelled: bool,
}

fn write_money<S: serde::Serializer>(money: &Money, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(money)
}

fn write_code<S: serde::Serializer>(code: &Option<ResultCode>, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(code.map_or("open", ResultCode::as_str))
}

/// What the tasks of one acquirer share.
struct Acquirer {
    config: AcquirerConfig,
    edge: Edge,
    journal: Journal,
    /// By payment request id.
    known: Mutex<BTreeMap<String, Known>>,
    /// What the acquirer's own codes stand for, by the scanned text.
    codes: Mutex<BTreeMap<String, Sale>>,
    subscriptions: Mutex<Vec<agreement::Subscription>>,
    /// What wallets decided about merchants, as the network told it last.
    decided: Mutex<BTreeMap<String, String>>,
    disputes: Mutex<BTreeMap<String, dispute::DisputeView>>,
    /// Codes of the country on stickers of the shops, and what was pushed for them.
    stickers: Mutex<BTreeMap<String, push::Sticker>>,
    pushed: Mutex<BTreeMap<String, push::Pushed>>,
    told: Mutex<Vec<Told>>,
    scripts: Mutex<Scripts>,
    /// Counts notifications taken, so that a waiting flow wakes up.
    news: watch::Sender<u64>,
    next_id: AtomicU64,
    started_ms: u64,
    /// Set once it listens.
    address: OnceLock<SocketAddr>,
}

impl Acquirer {
    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().expect("no code panics while it holds the sales")
    }

    fn codes(&self) -> MutexGuard<'_, BTreeMap<String, Sale>> {
        self.codes.lock().expect("no code panics while it holds the codes")
    }

    fn told(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().expect("no code panics while it holds the notifications")
    }

    /// Counted in a method, so that nobody holds the lock while waiting.
    fn told_count(&self) -> usize {
        self.told().len()
    }

    fn scripts(&self) -> MutexGuard<'_, Scripts> {
        self.scripts.lock().expect("no code panics while it holds the scripts")
    }

    fn new_id(&self, prefix: &str) -> String {
        let number = self.next_id.fetch_add(1, Ordering::Relaxed);
        format!("{prefix}-{:x}-{number}", self.started_ms)
    }

    fn write(&self, line: Line) {
        // A journal that lost a line proves nothing any more: better to stop than to report
        // success.
        self.journal.append(line).expect("the journal of results can be written");
    }
}

/// A simulated acquirer that receives notifications until it is dropped.
pub struct SimAcquirer {
    acquirer: Arc<Acquirer>,
    server: Server,
}

impl SimAcquirer {
    /// Binds, opens the journal and serves. Must be called inside a tokio runtime.
    pub async fn start(config: AcquirerConfig) -> std::io::Result<SimAcquirer> {
        let listener = TcpListener::bind(config.listen).await?;
        let (credentials, network) = (config.credentials.clone(), config.network.clone());
        let acquirer = Arc::new(Acquirer {
            edge: Edge::new(credentials, network, config.clock.clone()),
            journal: Journal::open(config.journal.as_deref())?,
            known: Mutex::new(BTreeMap::new()),
            codes: Mutex::new(BTreeMap::new()),
            subscriptions: Mutex::new(Vec::new()),
            decided: Mutex::new(BTreeMap::new()),
            disputes: Mutex::new(BTreeMap::new()),
            stickers: Mutex::new(BTreeMap::new()),
            pushed: Mutex::new(BTreeMap::new()),
            told: Mutex::new(Vec::new()),
            scripts: Mutex::new(Scripts::default()),
            news: watch::Sender::new(0),
            next_id: AtomicU64::new(1),
            started_ms: Clock::system().now().millis(),
            address: OnceLock::new(),
            config,
        });
        let server = Server::start(listener, acquirer.clone())?;
        acquirer.address.get_or_init(|| server.address());
        Ok(SimAcquirer { acquirer, server })
    }

    pub fn config(&self) -> &AcquirerConfig {
        &self.acquirer.config
    }

    pub fn client_id(&self) -> &str {
        &self.acquirer.config.credentials.client_id
    }

    pub fn merchants(&self) -> &[SimMerchant] {
        &self.acquirer.config.merchants
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Where the network is to send notifications.
    pub fn notify_url(&self) -> String {
        format!("http://{}{}", self.address(), self.acquirer.config.notify_path)
    }

    /// Tells the acquirer where the network is, when it was not known at the start.
    pub fn set_network(&self, network: NetworkPeer) {
        self.acquirer.edge.set_network(network);
    }

    /// Changes the script of `notifyPayment`, as `POST /sim/behaviour` does.
    pub fn script(&self, change: ScriptChange) -> Result<(), ScriptError> {
        self.acquirer.scripts().change(change)
    }

    /// Every result that the network gave away.
    pub fn journal(&self) -> &Journal {
        &self.acquirer.journal
    }

    /// Every verified notification, oldest first.
    pub fn notifications(&self) -> Vec<Told> {
        self.acquirer.told().clone()
    }

    /// Waits until at least `count` notifications came, at most for `limit`; says whether they did.
    pub async fn wait_for_notifications(&self, count: usize, limit: Duration) -> bool {
        let mut news = self.acquirer.news.subscribe();
        let enough =
            async { while self.acquirer.told_count() < count && news.changed().await.is_ok() {} };
        tokio::time::timeout(limit, enough).await.is_ok()
    }

    /// An id that no run of this acquirer used before: prefix, start of this run, number.
    pub fn new_id(&self, prefix: &str) -> String {
        self.acquirer.new_id(prefix)
    }

    /// The online shop, and the till that shows codes.
    pub fn shop_url(&self) -> String {
        format!("http://{}{}", self.address(), shop::SHOP)
    }
    pub fn till_url(&self) -> String {
        format!("http://{}{}", self.address(), shop::TILL)
    }

    /// Where shoppers subscribe.
    pub fn subscribe_url(&self) -> String {
        format!("http://{}{}", self.address(), agreement::SUBSCRIBE)
    }

    /// Sells by a code of the acquirer's own: the network will ask what this text means.
    pub fn sell_by_code(&self, code: &str, sale: Sale) {
        self.acquirer.codes().insert(code.to_string(), sale);
    }

    /// A sale with a new id.
    pub fn sale(&self, merchant_id: &str, price: Money, payment_code: &str) -> Sale {
        Sale {
            payment_request_id: self.new_id("PR"),
            merchant_id: merchant_id.to_string(),
            price,
            payment_code: payment_code.to_string(),
            expires_at_ms: None,
        }
    }
}
