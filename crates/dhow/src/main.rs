//! The dhow program.

mod examples;

use anyhow::{Context, Result, bail};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use dhow::demo::{Demo, DemoOptions, PIN};
use dhow::node::{Node, NodeOptions};
use dhow::{
    agreement_commands, bench, client, code_commands, conform_command, log_commands, qr_command,
    sign, sim_command, store_commands, token_commands, wait_for_stop, wallet,
};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Rows are made on one thread and forgotten on another: the system's allocator pays for that with
/// locks and scattered memory (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An open, self-hosted cross-border wallet network.
#[derive(Debug, Parser)]
#[command(
    name = "dhow",
    version,
    after_help = "Examples of a command stand at the end of its own help: dhow payment search --help"
)]
struct Cli {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: CommandLine,
}

#[derive(Debug, Subcommand)]
enum CommandLine {
    /// Run a network.
    Serve(Serve),
    /// Run a whole network with wallets and simulated acquirers, and make payments.
    Demo(DemoArgs),
    /// Run a wallet, and do what its operator's people do.
    #[command(subcommand)]
    Wallet(Box<wallet::WalletCommand>),
    /// Participants: list, show, add, suspend.
    #[command(subcommand)]
    Participant(client::ParticipantCommand),
    /// Keys: generate a pair, import the network's own, enrol or retire a participant's.
    #[command(subcommand)]
    Keys(client::KeysCommand),
    /// Tokens of the operations API: add, list, remove.
    #[command(subcommand)]
    Token(token_commands::TokenCommand),
    /// Payments: show one, search.
    #[command(subcommand)]
    Payment(client::PaymentCommand),
    /// Accounts and positions.
    #[command(subcommand)]
    Ledger(client::LedgerCommand),
    /// Exchange rates.
    #[command(subcommand)]
    Rates(client::RatesCommand),
    /// Standing agreements under which merchants debit users.
    #[command(subcommand)]
    Agreement(agreement_commands::AgreementCommand),
    /// Which wallets a store takes, and its names in other languages.
    #[command(subcommand)]
    Store(store_commands::StoreCommand),
    /// Codes of the network: printed ones of stores, and the rules by which texts are recognised.
    #[command(subcommand)]
    Code(code_commands::CodeCommand),
    /// The log: verify its chain, show its records.
    #[command(subcommand)]
    Log(log_commands::LogCommand),
    /// Codes that are scanned: say what one is, make one.
    #[command(subcommand)]
    Qr(qr_command::QrCommand),
    /// Print the exact text to sign, and the signature.
    Sign(sign::Sign),
    /// Check a signature; on a mismatch show the first byte that differs from what you expected.
    Verify(sign::Verify),
    /// Hold a wallet or an acquirer to the protocol: pass or fail for each rule, with the messages.
    Conform(Box<conform_command::Conform>),
    /// Measure: payments a second, latency, CPU, bytes, memory, recovery.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Simulate the whole network with faults, from a seed, and check what must hold.
    Sim(sim_command::Sim),
    /// Check that this machine and a data directory are fit.
    Doctor(log_commands::Doctor),
    /// Print the OpenAPI document of the operations API.
    Openapi,
}

/// Settings of a running network.
#[derive(Debug, Args)]
struct Serve {
    /// Directory of the log and all that is derived from it.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Origin under which payers reach the network, as `https://pay.example`: it stands in codes.
    /// Without it, the address that is listened on, if that is on this machine.
    #[arg(long)]
    public_url: Option<String>,
    /// Partitions, chosen once for a data directory.
    #[arg(long, default_value_t = 1)]
    partitions: u8,
    /// Host outside this machine that may be called; give it once per host.
    #[arg(long = "allow-host")]
    allowed_hosts: Vec<String>,
    /// Explain signature mistakes to partners and call loopback addresses.
    #[arg(long)]
    sandbox: bool,
    /// How old or new a request's time may be, in seconds; 0 switches the check off.
    #[arg(long, default_value_t = 300)]
    freshness: u64,
    /// How long `pay` waits for the wallet, in milliseconds.
    #[arg(long, default_value_t = 6_500)]
    wait_ms: u64,
    #[command(flatten)]
    rates: RatesFeed,
    #[command(flatten)]
    storage: Storage,
}

/// How the log and the snapshots are cut.
#[derive(Debug, Args)]
struct Storage {
    /// Write a snapshot every so many records: the fewer, the faster the next start.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    snapshot_every: u64,
    /// Length of a log segment, in KiB.
    #[arg(long, default_value_t = 65_536)]
    #[arg(value_parser = clap::value_parser!(u64).range(4..=4_194_304))]
    segment_kib: u64,
}

/// A feed of exchange rates that a running network follows.
#[derive(Debug, Args)]
struct RatesFeed {
    /// URL of a rate file, fetched again and again: the ECB's eurofxref XML, or CSV.
    #[arg(long = "rates-url", requires = "rates_source")]
    rates_url: Option<String>,
    /// Name of the source, as rates and quotes show it.
    #[arg(long = "rates-source")]
    rates_source: Option<String>,
    /// What the prices are for one unit of; the XML form is always EUR.
    #[arg(long = "rates-reference", default_value = "EUR")]
    rates_reference: String,
    /// Minutes from one fetch to the next.
    #[arg(long = "rates-every", default_value_t = 60)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=10_080))]
    rates_every: u64,
}

impl RatesFeed {
    fn options(&self) -> Result<Option<effects::RateFeedOptions>> {
        let Some(url) = &self.rates_url else { return Ok(None) };
        let source = self.rates_source.as_deref().unwrap_or_default();
        let source = base::Text::new(source);
        let reference = money::Currency::from_code(&self.rates_reference);
        Ok(Some(effects::RateFeedOptions {
            url: url.clone(),
            source: source.map_err(|error| anyhow::anyhow!("--rates-source: {error}"))?,
            reference: reference.context("--rates-reference: not an ISO 4217 code")?,
            every: std::time::Duration::from_secs(self.rates_every * 60),
        }))
    }
}

impl Serve {
    fn options(&self) -> NodeOptions {
        NodeOptions {
            data: self.data.clone(),
            listen: self.listen,
            public_url: self.public_url.clone(),
            partitions: self.partitions.max(1),
            allowed_hosts: self.allowed_hosts.clone(),
            is_sandbox: self.sandbox,
            freshness_secs: (self.freshness > 0).then_some(self.freshness),
            wait_ms: self.wait_ms,
            snapshot_every: self.storage.snapshot_every,
            segment_bytes: self.storage.segment_kib << 10,
        }
    }
}

#[derive(Debug, Args)]
struct DemoArgs {
    #[arg(long, default_value = ".demo")]
    data: PathBuf,
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// First of five ports for the partners; 0 takes free ones.
    #[arg(long, default_value_t = 8790)]
    partners_port: u16,
    #[arg(long, default_value_t = 1)]
    partitions: u8,
    /// Wallets that misbehave on request, instead of real ones.
    #[arg(long)]
    simulated_wallets: bool,
    /// Milliseconds from one payment of the light traffic to the next.
    #[arg(long, default_value_t = 2_000)]
    traffic_ms: u64,
    /// Make the payment, print the story, exit.
    #[arg(long)]
    once: bool,
    /// Forget the data of earlier demonstrations first.
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    storage: Storage,
}

fn main() -> std::process::ExitCode {
    let matches = examples::with_examples(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("DHOW_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("dhow: cannot start: {error}");
            return std::process::ExitCode::from(70);
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dhow: {error:#}");
            std::process::ExitCode::from(1)
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    let json = cli.json;
    match cli.command {
        CommandLine::Serve(serve) => run_serve(&serve).await,
        CommandLine::Demo(demo) => run_demo(&demo, json).await,
        CommandLine::Wallet(it) => wallet::run(*it).await,
        CommandLine::Participant(it) => client::participant(it, json).await,
        CommandLine::Keys(it) => client::keys(it, json).await,
        CommandLine::Payment(it) => client::payment(it, json).await,
        CommandLine::Ledger(it) => client::ledger(it, json).await,
        CommandLine::Rates(it) => client::rates(it, json).await,
        CommandLine::Agreement(it) => agreement_commands::run(it, json).await,
        CommandLine::Store(it) => store_commands::run(it).await,
        CommandLine::Code(it) => code_commands::run(it, json).await,
        CommandLine::Token(it) => token_commands::run(it, json),
        CommandLine::Log(it) => log_commands::run(it, json),
        CommandLine::Qr(it) => qr_command::run(it, json),
        CommandLine::Sign(it) => sign::sign(&it, json),
        CommandLine::Verify(it) => sign::verify(&it, json),
        CommandLine::Conform(it) => conform_command::run(&it, json).await,
        CommandLine::Bench(it) => bench::run(it, json).await,
        CommandLine::Sim(it) => sim_command::run(&it, json),
        CommandLine::Doctor(it) => log_commands::doctor(&it, json),
        CommandLine::Openapi => {
            println!("{}", api::ops::openapi_json());
            Ok(())
        }
    }
}

async fn run_serve(serve: &Serve) -> Result<()> {
    let feed = serve.rates.options()?;
    let node = Node::start(&serve.options()).await?;
    let following = feed.map(|feed| effects::follow_rates(node.partitions.clone(), feed));
    println!("dhow: network at {}", node.base_url());
    println!(
        "  operations API {}/docs, token in {}",
        node.base_url(),
        serve.data.join("operator-token").display()
    );
    wait_for_stop().await?;
    println!("dhow: stopping");
    if let Some(following) = following {
        following.abort();
    }
    node.stop().await;
    Ok(())
}

async fn run_demo(args: &DemoArgs, json: bool) -> Result<()> {
    if args.fresh && args.data.exists() {
        if !args.data.join("operator-token").exists() {
            bail!(
                "--fresh: {} is not a demonstration's data; remove it yourself",
                args.data.display()
            );
        }
        std::fs::remove_dir_all(&args.data)
            .with_context(|| format!("cannot remove {}", args.data.display()))?;
    }
    let options = DemoOptions {
        node: NodeOptions {
            data: args.data.clone(),
            listen: args.listen,
            partitions: args.partitions.max(1),
            snapshot_every: args.storage.snapshot_every,
            segment_bytes: args.storage.segment_kib << 10,
            ..NodeOptions::default()
        },
        partners_port: args.partners_port,
        simulates_wallets: args.simulated_wallets,
    };
    let demo = Demo::start(&options).await?;
    let story = demo.pay_once().await?;
    let scanned = demo.scan_once().await?;
    let by_sticker = demo.sticker_once().await?;
    let subscribed = demo.subscribe_once().await?;
    let coffee = demo.coffee_once().await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&story.payment)?);
    } else {
        println!("{}", story.text());
        println!("{scanned}");
        println!("{by_sticker}");
        println!("{subscribed}");
        coffee.iter().for_each(|coffee| println!("{coffee}"));
    }
    if args.once {
        demo.node.stop().await;
        return Ok(());
    }
    let traffic = demo.traffic(std::time::Duration::from_millis(args.traffic_ms.max(1)));
    if !json {
        print_guide(&demo, args).await?;
    }
    wait_for_stop().await?;
    println!("stopping; the data is in {}", args.data.display());
    drop(traffic);
    demo.node.stop().await;
    Ok(())
}

async fn print_guide(demo: &Demo, args: &DemoArgs) -> Result<()> {
    let base = demo.node.base_url();
    println!("The network keeps running, with a payment every two seconds. Ctrl-C ends it.\n");
    println!("  network         {base}   (partners call {base}/aps/api/v1/...)");
    println!("  operations API  {base}/docs");
    println!("  metrics         {base}/metrics");
    println!("\nPay it yourself, in a browser (choose a wallet, sign in, confirm):");
    println!("  printed code    {}   (.png behind it: to print)", demo.printed_code().await?);
    println!("  a sticker       {}", demo.sticker_page());
    if let Some(acquirer) = demo.acquirers.first() {
        println!("  online checkout {}", acquirer.shop_url());
        println!("  a till's code   {}", acquirer.till_url());
        println!("  a subscription  {}\n", acquirer.subscribe_url());
    }
    if !demo.phones.is_empty() {
        println!("The wallets' customers sign in with their phone numbers and the PIN {PIN}:");
    }
    for phones in &demo.phones {
        let base = phones.running().node.base_url();
        println!("  {:<15} {base}   (the app's API: {base}/app/docs)", phones.brand().await?);
        for (user, number) in phones.numbers() {
            println!("  {user:>15} {number}");
        }
    }
    for wallet in &demo.simulated {
        println!("  {:<15} http://{}/sim/state", wallet.config().name, wallet.address());
    }
    for acquirer in &demo.acquirers {
        println!("  {:<15} http://{}/sim/state", acquirer.config().name, acquirer.address());
    }
    let program = std::env::current_exe()?;
    let program = program.display();
    let server = format!("--server {base} --data {}", args.data.display());
    println!("\nThree things to try, in another terminal:");
    println!("  {program} payment search --acquirer A-JP {server}");
    println!("  {program} ledger accounts {server}");
    println!("  {program} log show --last 5 --data {}", args.data.display());
    Ok(())
}
