//! One running wallet: engine, vault, edges, errands, in one process.

use crate::bank::BankConnector;
use crate::biller::BillerConnector;
use crate::edge::{Edge, EdgeParts};
use crate::errands::World;
use crate::fund::FundConnector;
use crate::{Link, Messenger, app, desk, errands, mpp, pages};
use api::ops::Tokens;
use base::Text;
use engine::{Clock, Engine, EngineError, Options, Startup, SystemClock};
use ids::Partition;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use vault::{Settings, Vault, VaultError};
use wallet::command::desk::DeskAct;
use wallet::{Command, Market, Operator, Reply, Wallet};

/// How to run a wallet.
pub struct WalletOptions {
    pub data: PathBuf,
    pub market: Market,
    pub listen: SocketAddr,
    /// The origin under which people reach it; without it, the address that is listened on.
    pub public_url: Option<String>,
    /// The network that it joins, if any.
    pub link: Option<Link>,
    pub bank: Arc<dyn BankConnector>,
    pub billers: Arc<dyn BillerConnector>,
    pub fund: Arc<dyn FundConnector>,
    pub messenger: Arc<dyn Messenger>,
    /// Tokens of the desk.
    pub tokens: Tokens,
    /// Opens the vault; 32 random bytes that are kept apart from it.
    pub master_key: [u8; 32],
    /// Makes tokens and digests; never changes while the wallet lives.
    pub secret: Vec<u8>,
    pub vault_settings: Settings,
    pub snapshot_every: u64,
}

/// Why a wallet did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("cannot listen on {address}; choose another with --listen")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the market's rules were refused: {0}")]
    Market(String),
    #[error("the wallet's effects were taken by somebody else")]
    Effects,
    #[error("a task ended before its time")]
    Task,
}

/// A running wallet.
pub struct WalletNode {
    pub edge: Arc<Edge>,
    pub address: SocketAddr,
    pub startup: Startup,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

impl WalletNode {
    /// Starts a wallet: it answers, and calls its bank and its network.
    pub async fn start(options: WalletOptions) -> Result<WalletNode, ServeError> {
        WalletNode::start_at(options, Arc::new(SystemClock)).await
    }

    /// As [`start`](WalletNode::start), by another clock than the machine's own.
    pub async fn start_at(
        options: WalletOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<WalletNode, ServeError> {
        let (engine, startup) = open_engine(&options, Arc::clone(&clock)).await?;
        let listener = TcpListener::bind(options.listen).await;
        let address = options.listen;
        let listener = listener.map_err(|source| ServeError::Listen { address, source })?;
        let address = listener.local_addr().map_err(|_| ServeError::Task)?;
        let (directory, key) = (options.data.join("vault"), options.master_key);
        let settings = options.vault_settings;
        let opened =
            tokio::task::spawn_blocking(move || Vault::open_with(&directory, key, settings));
        let vault = opened.await.map_err(|_| ServeError::Task)??;
        let edge = Arc::new(Edge::new(EdgeParts {
            engine: engine.clone(),
            vault: Arc::new(vault),
            clock,
            link: options.link,
            messenger: options.messenger,
            billers: Arc::clone(&options.billers),
            public_url: options.public_url.unwrap_or_else(|| format!("http://{address}")),
            secret: options.secret,
        }));
        keep_market(&edge, options.market).await?;
        let world = World { bank: options.bank, fund: options.fund, billers: options.billers };
        let effects = engine.take_effects().ok_or(ServeError::Effects)?;
        tokio::spawn(errands::run(Arc::clone(&edge), world, effects));
        let router = app::router(Arc::clone(&edge))
            .merge(desk::router(Arc::clone(&edge), options.tokens))
            .merge(mpp::router(Arc::clone(&edge)))
            .merge(pages::router(Arc::clone(&edge)));
        let (stop, mut stopped) = watch::channel(false);
        let served = tokio::spawn(async move {
            let shutdown = async move {
                // An error means that the node itself is gone.
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            api::serve(listener, router, api::ServerOptions::default(), shutdown).await;
        });
        Ok(WalletNode { edge, address, startup, stop, served })
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers what is under way, writes a snapshot, ends the threads.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A panic of the server was reported where it happened.
        let _ = self.served.await;
        let engine = self.edge.engine.clone();
        let _ = tokio::task::spawn_blocking(move || engine.stop()).await;
    }
}

async fn open_engine(
    options: &WalletOptions,
    clock: Arc<dyn Clock>,
) -> Result<(Engine<Wallet>, Startup), ServeError> {
    let mut settings = Options::new(&options.data, "wallet");
    settings.clock = clock;
    settings.snapshot_every = options.snapshot_every;
    let initial = Wallet::new(Partition(0), options.market.clone());
    let started = tokio::task::spawn_blocking(move || Engine::start(settings, initial));
    Ok(started.await.map_err(|_| ServeError::Task)??)
}

/// The rules of the market enter the log on the first start, and whenever their file has changed.
async fn keep_market(edge: &Edge, market: Market) -> Result<(), ServeError> {
    let refused = |error: &dyn std::fmt::Display| ServeError::Market(error.to_string());
    let wanted = market.clone();
    let look = move |wallet: &Wallet, _: &dyn base::History, stamp: base::Stamp| {
        stamp.position > 0 && **wallet.market() == wanted
    };
    if edge.read(look).await.map_err(|error| refused(&error))? {
        return Ok(());
    }
    let text = |text: &str| Text::new(text).map_err(|error| refused(&error));
    let by = Operator {
        who: text("operator")?,
        why: Text::new("the market's file").map_err(|error| refused(&error))?,
    };
    let act = Box::new(DeskAct::SetMarket(Box::new(market)));
    match edge.submit(Command::Desk { by, act }).await {
        Ok(Reply::Done) => Ok(()),
        Ok(other) => Err(ServeError::Market(format!("{other:?}"))),
        Err(error) => Err(refused(&error)),
    }
}
