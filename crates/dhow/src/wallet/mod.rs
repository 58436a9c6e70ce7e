//! `dhow wallet`: runs a wallet, and does what its operator's people do at the desk.

mod desk;
mod products;
mod run;

pub use run::{RunOptions, WalletRun, market, start, wallet_key};

use crate::client::Server;
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Run a wallet: one brand in one market.
    Serve(Serve),
    /// Customers: find, show, set a tier, freeze.
    #[command(subcommand)]
    Customer(desk::CustomerCommand),
    /// The wallet's own shops: list, make one an agent or a charity.
    #[command(subcommand)]
    Shop(desk::ShopCommand),
    /// Corrections of balances, and ends of moves at the bank, which two people have to agree to.
    #[command(subcommand)]
    Proposal(desk::ProposalCommand),
    /// The wallet's books: show, verify, what waits for the bank, settle with the network.
    #[command(subcommand)]
    Books(desk::BooksCommand),
    /// The fund behind savings: prices, and settling with it.
    #[command(subcommand)]
    Fund(products::FundCommand),
    /// Billers: list, add, settle.
    #[command(subcommand)]
    Biller(products::BillerCommand),
    /// Offers of gift coupons.
    #[command(subcommand)]
    Offer(products::OfferCommand),
    /// What was decided, contradicted and refused on a day of the market's calendar.
    Report {
        /// As 2026-12-25.
        day: String,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// The last message to a phone number or an e-mail address, while no gateway is set up.
    Message {
        to: String,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Print the OpenAPI document of one of the wallet's two APIs.
    Openapi {
        #[arg(value_enum)]
        api: WhichApi,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum WhichApi {
    /// What the wallet's app uses.
    App,
    /// What the operator's people use.
    Desk,
}

/// Settings of a running wallet.
#[derive(Debug, Args)]
pub struct Serve {
    /// The market's file, or the name of one that ships: hk, kr, ph, th, id, in.
    #[arg(long)]
    market: String,
    /// Directory of the log, the vault and all that is derived.
    #[arg(long, default_value = "wallet-data")]
    data: PathBuf,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8801")]
    listen: SocketAddr,
    /// Origin under which people reach the wallet, as `https://wallet.example`.
    #[arg(long)]
    public_url: Option<String>,
    /// Base URL of the network that it has joined.
    #[arg(long, requires_all = ["network_key", "client_id"])]
    network: Option<String>,
    /// File with the network's public key.
    #[arg(long)]
    network_key: Option<PathBuf>,
    /// The id that the network gave this wallet.
    #[arg(long)]
    client_id: Option<String>,
    /// Write a snapshot every so many records: the fewer, the faster the next start.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    snapshot_every: u64,
}

/// Answers of the desk are JSON with and without `--json`.
pub async fn run(command: WalletCommand) -> Result<()> {
    match command {
        WalletCommand::Serve(it) => serve(&it).await,
        WalletCommand::Customer(it) => desk::customer(it).await,
        WalletCommand::Shop(it) => desk::shop(it).await,
        WalletCommand::Proposal(it) => desk::proposal(it).await,
        WalletCommand::Books(it) => desk::books(it).await,
        WalletCommand::Fund(it) => products::fund(it).await,
        WalletCommand::Biller(it) => products::biller(it).await,
        WalletCommand::Offer(it) => products::offer(it).await,
        WalletCommand::Report { day, desk } => desk::report(&day, &desk).await,
        WalletCommand::Message { to, desk } => desk::message(&to, &desk).await,
        WalletCommand::Openapi { api } => {
            println!(
                "{}",
                match api {
                    WhichApi::App => wallet_edge::app::openapi_json(),
                    WhichApi::Desk => wallet_edge::desk::openapi_json(),
                }
            );
            Ok(())
        }
    }
}

async fn serve(it: &Serve) -> Result<()> {
    let options = RunOptions {
        market: run::market(&it.market)?,
        data: it.data.clone(),
        listen: it.listen,
        public_url: it.public_url.clone(),
        network: match (&it.network, &it.network_key, &it.client_id) {
            (Some(url), Some(key), Some(id)) => Some(run::peer(url, key, id)?),
            _ => None,
        },
        snapshot_every: it.snapshot_every,
    };
    let running = start(options).await?;
    let base = running.node.base_url();
    println!("dhow: wallet {} at {base}", running.brand);
    println!("  the app's API   {base}/app/docs");
    let token = it.data.join("operator-token");
    println!("  the desk's API  {base}/desk/docs, token in {}", token.display());
    println!("  public key      {}", it.data.join("wallet-key.pub").display());
    println!(
        "  messages to customers are kept here, see `dhow wallet message`: no gateway is set up"
    );
    crate::wait_for_stop().await?;
    println!("dhow: stopping");
    running.node.stop().await;
    Ok(())
}

/// Where the desk of a running wallet is, and as whom.
#[derive(Debug, Args)]
pub struct DeskServer {
    /// The wallet's base URL.
    #[arg(long, env = "DHOW_WALLET", default_value = "http://127.0.0.1:8801")]
    wallet: String,
    /// The token; without it, the one in the data directory.
    #[arg(long, env = "DHOW_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The wallet's data directory, for its token.
    #[arg(long, default_value = "wallet-data")]
    data: PathBuf,
    /// Why: it stands in the log with every write.
    #[arg(long, default_value = "command line")]
    reason: String,
}

impl DeskServer {
    pub(crate) fn server(&self) -> Server {
        Server::new(&self.wallet, self.token.as_deref(), &self.data, &self.reason)
    }
}
