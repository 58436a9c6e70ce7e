//! The simulated wallet (MPP).

mod agreement;
mod app;
mod calls;
mod dispute;
mod registration;
mod scan;
mod serve;
mod view;
mod work;

pub use serve::{Completion, Scan};
pub use view::WalletState;

use crate::behaviour::Api;
use crate::books::Books;
use crate::edge::{Clock, Credentials, Edge, NetworkPeer};
use crate::script::{ScriptChange, ScriptError, Scripts};
use crate::server::Server;
use money::Currency;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use wire::paths;

/// Where the wallet serves what the network calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletPaths {
    pub pay: String,
    pub inquiry_payment: String,
    pub cancel_payment: String,
    pub refund: String,
    pub prepare: String,
    pub apply_token: String,
    pub cancel_token: String,
    pub inquiry_user_info: String,
    pub registration: String,
}

impl Default for WalletPaths {
    fn default() -> WalletPaths {
        WalletPaths {
            pay: paths::wallet::PAY.to_string(),
            inquiry_payment: paths::wallet::INQUIRY_PAYMENT.to_string(),
            cancel_payment: paths::wallet::CANCEL_PAYMENT.to_string(),
            refund: paths::wallet::REFUND.to_string(),
            prepare: paths::wallet::PREPARE.to_string(),
            apply_token: paths::wallet::APPLY_TOKEN.to_string(),
            cancel_token: paths::wallet::CANCEL_TOKEN.to_string(),
            inquiry_user_info: paths::wallet::INQUIRY_USER_INFO.to_string(),
            registration: paths::wallet::REGISTRATION.to_string(),
        }
    }
}

impl WalletPaths {
    fn api(&self, path: &str) -> Option<Api> {
        let paths = [
            (&self.pay, Api::Pay),
            (&self.inquiry_payment, Api::InquiryPayment),
            (&self.cancel_payment, Api::CancelPayment),
            (&self.refund, Api::Refund),
        ];
        paths.into_iter().find(|(own, _)| *own == path).map(|(_, api)| api)
    }
}

/// What a simulated wallet is made of.
#[derive(Clone, Debug)]
pub struct WalletConfig {
    pub credentials: Credentials,
    /// For people; the client id when not set.
    pub name: String,
    pub currency: Currency,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub network: NetworkPeer,
    /// Loopback and any free port by default.
    pub listen: SocketAddr,
    pub paths: WalletPaths,
    /// Users with their balances in minor units.
    pub users: BTreeMap<String, u64>,
    /// See the table in the crate's documentation; true by default.
    pub has_magic_amounts: bool,
    /// How long a call to the network may take.
    pub call_timeout: Duration,
    /// How often a notification is tried until it is acknowledged, and how long after a failure.
    pub notify_attempts: u32,
    pub notify_pause: Duration,
    pub clock: Clock,
}

impl WalletConfig {
    pub fn new(
        credentials: Credentials,
        currency: Currency,
        country: &str,
        network: NetworkPeer,
    ) -> WalletConfig {
        WalletConfig {
            name: credentials.client_id.clone(),
            credentials,
            currency,
            country: country.to_string(),
            network,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            paths: WalletPaths::default(),
            users: BTreeMap::new(),
            has_magic_amounts: true,
            call_timeout: Duration::from_secs(5),
            notify_attempts: 8,
            notify_pause: Duration::from_secs(1),
            clock: Clock::system(),
        }
    }

    /// With one more user.
    pub fn with_user(mut self, user: &str, balance_minor: u64) -> WalletConfig {
        self.users.insert(user.to_string(), balance_minor);
        self
    }
}

/// What the tasks of one wallet share.
struct Wallet {
    config: WalletConfig,
    edge: Edge,
    books: Mutex<Books>,
    agreements: Mutex<agreement::Agreements>,
    merchants: Mutex<registration::Merchants>,
    disputes: Mutex<BTreeMap<String, dispute::DisputeView>>,
    scripts: Mutex<Scripts>,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    /// Set once it listens.
    address: OnceLock<SocketAddr>,
}

impl Wallet {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("no code panics while it holds the books")
    }

    fn merchants(&self) -> MutexGuard<'_, registration::Merchants> {
        self.merchants.lock().expect("no code panics while it holds the merchants")
    }

    fn scripts(&self) -> MutexGuard<'_, Scripts> {
        self.scripts.lock().expect("no code panics while it holds the scripts")
    }

    fn count(&self, what: &'static str) {
        let mut counts = self.counts.lock().expect("no code panics while it holds the counters");
        *counts.entry(what).or_default() += 1;
    }
}

/// A simulated wallet that serves until it is dropped.
pub struct SimWallet {
    wallet: Arc<Wallet>,
    address: SocketAddr,
    server: Mutex<Option<Server>>,
}

impl SimWallet {
    /// Binds and serves. Must be called inside a tokio runtime.
    pub async fn start(config: WalletConfig) -> std::io::Result<SimWallet> {
        let listener = TcpListener::bind(config.listen).await?;
        let mut books = Books::new(config.currency);
        for (user, balance_minor) in &config.users {
            books.top_up(user, *balance_minor);
        }
        let (credentials, network) = (config.credentials.clone(), config.network.clone());
        let wallet = Arc::new(Wallet {
            edge: Edge::new(credentials, network, config.clock.clone()),
            config,
            books: Mutex::new(books),
            agreements: Mutex::default(),
            merchants: Mutex::default(),
            disputes: Mutex::default(),
            scripts: Mutex::new(Scripts::default()),
            counts: Mutex::new(BTreeMap::new()),
            address: OnceLock::new(),
        });
        let server = Server::start(listener, wallet.clone())?;
        let address = server.address();
        wallet.address.get_or_init(|| address);
        Ok(SimWallet { wallet, address, server: Mutex::new(Some(server)) })
    }

    pub fn config(&self) -> &WalletConfig {
        &self.wallet.config
    }

    pub fn client_id(&self) -> &str {
        &self.wallet.config.credentials.client_id
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the network is to be told as this wallet's base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells the wallet where the network is, when it was not known at the start.
    pub fn set_network(&self, network: NetworkPeer) {
        self.wallet.edge.set_network(network);
    }

    /// Changes the script, as `POST /sim/behaviour` does.
    pub fn script(&self, change: ScriptChange) -> Result<(), ScriptError> {
        self.wallet.scripts().change(change)
    }

    /// A copy of the wallet's books.
    pub fn books(&self) -> Books {
        self.wallet.books().clone()
    }

    /// Opens a user's account, or puts more into it.
    pub fn top_up(&self, user: &str, minor: u64) {
        self.wallet.books().top_up(user, minor);
    }

    /// Stops listening and cuts all connections; the books stay. Connects are refused until
    /// [`Self::go_online`].
    pub fn go_offline(&self) {
        self.held_server().take();
    }

    /// Listens at the same address again.
    pub async fn go_online(&self) -> std::io::Result<()> {
        if self.held_server().is_some() {
            return Ok(());
        }
        let mut bound = TcpListener::bind(self.address).await;
        // The old listener lives until its task has been told to end.
        for _ in 0..100 {
            if bound.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            bound = TcpListener::bind(self.address).await;
        }
        let server = Server::start(bound?, self.wallet.clone())?;
        *self.held_server() = Some(server);
        Ok(())
    }

    fn held_server(&self) -> MutexGuard<'_, Option<Server>> {
        self.server.lock().expect("no code panics while it holds the server")
    }
}
