//! Rung (b): signed HTTP end to end, against the ceiling that signatures set in the same minute.
//!
//! Network, simulated wallets and simulated acquirers run in this process and talk over loopback;
//! each message is signed and checked by its two ends. So the machine does the work of all three
//! parties, and the ceiling counts the signatures of all three.

use super::books::{self, Books};
use super::ceiling;
use super::latency::{Latency, Quantiles};
use super::pauses::Pauses;
use super::process::{self, Usage};
use crate::demo::{Demo, DemoOptions};
use crate::node::{NodeOptions, write_secret};
use anyhow::{Context, Result, bail, ensure};
use base::{Key, ResultStatus};
use clap::{Args, ValueEnum};
use money::Money;
use partner_sims::{SimAcquirer, SimMerchant, SimWallet};
use serde::Serialize;
use sim::preset;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use wire::SigningKey;

/// Codes of one `getPaymentCode`.
const CODES_AT_ONCE: u32 = 10;
/// Messages signed and checked for one payment: `pay`, the wallet's `pay` and the acquirer's
/// `notifyPayment`, each with its answer.
const PAIRS_PER_PAYMENT: f64 = 6.0;
/// `getPaymentCode` and its answer.
const PAIRS_PER_CODES: f64 = 2.0;

/// Keys of the network and all partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    Rsa,
    Ed25519,
}

/// Settings of rung (b).
#[derive(Clone, Debug, Args)]
pub struct HttpBench {
    #[arg(long, value_enum, default_value = "rsa")]
    pub key: KeyKind,
    /// How long to measure, after the warm-up.
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    #[arg(long, default_value_t = 3)]
    pub warmup: u64,
    /// How long the ceiling is measured, before the load and again after it.
    #[arg(long, default_value_t = 3)]
    pub ceiling_seconds: u64,
    /// Payments under way all the time, each on a connection of its own.
    #[arg(long, default_value_t = 64)]
    pub connections: u32,
    /// Share of the payments that go to one merchant, in per cent.
    #[arg(long, default_value_t = 30)]
    pub hot_pct: u64,
    #[arg(long, default_value_t = 1)]
    pub partitions: u8,
    /// Files go to a new directory in here, and are removed at the end.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
}

/// What rung (b) found.
#[derive(Clone, Debug, Serialize)]
pub struct HttpReport {
    pub key: KeyKind,
    pub connections: u32,
    pub partitions: u8,
    pub measured_ms: u64,
    pub payments: u64,
    pub payments_per_second: f64,
    /// From the acquirer's `pay` to its verified answer.
    pub pay_latency: Quantiles,
    /// By how much a thread that slept beside the load was woken too late.
    pub pauses: Quantiles,
    /// Signatures made and checked a second, all cores, nothing else to do.
    pub ceiling_pairs_per_second: f64,
    pub pairs_per_payment: f64,
    pub ceiling_payments_per_second: f64,
    /// Payments a second by the ceiling's.
    pub share_of_ceiling: f64,
    pub cpu_us_per_payment: f64,
    pub cpu_us_per_payment_by_thread: std::collections::BTreeMap<String, f64>,
    pub written_bytes_per_payment: f64,
    pub peak_memory_bytes: u64,
    pub load_average: f64,
    pub beside_cores: f64,
    pub books: Books,
}

/// The keys are made here, where the program would draw RSA keys of its own.
fn lay_keys(directory: &Path, kind: KeyKind) -> Result<Arc<SigningKey>> {
    let make = || match kind {
        KeyKind::Rsa => SigningKey::generate_rsa2048(),
        KeyKind::Ed25519 => SigningKey::generate_ed25519(),
    };
    let network = make()?;
    write_secret(&directory.join("network-key.pem"), network.to_pkcs8_pem()?.as_bytes())?;
    for participant in preset::participants() {
        let home = directory.join("partners").join(participant.code.as_str());
        std::fs::create_dir_all(&home)?;
        write_secret(&home.join("network-key.pem"), make()?.to_pkcs8_pem()?.as_bytes())?;
    }
    Ok(Arc::new(network))
}

fn demo_options(args: &HttpBench, directory: &Path) -> DemoOptions {
    DemoOptions {
        node: NodeOptions {
            data: directory.to_path_buf(),
            partitions: args.partitions.max(1),
            ..NodeOptions::default()
        },
        partners_port: 0,
        simulates_wallets: true,
    }
}

/// Measures, and says how it went on the standard error.
pub async fn measure(args: &HttpBench) -> Result<HttpReport> {
    let directory = tempfile::Builder::new().prefix("dhow-bench-").tempdir_in(&args.data);
    let directory = directory.with_context(|| format!("--data {}", args.data.display()))?;
    let key = lay_keys(directory.path(), args.key)?;
    let demo = Demo::start(&demo_options(args, directory.path())).await?;
    let before_pairs = measure_ceiling(&key, args).await?;
    let shoppers = Arc::new(Shoppers::of(&demo, args)?);
    let tasks = 0..u64::from(args.connections.max(1));
    let tasks: Vec<_> = tasks.map(|n| tokio::spawn(Arc::clone(&shoppers).shop(n))).collect();
    tokio::time::sleep(Duration::from_secs(args.warmup)).await;
    let pauses = Pauses::watch()?;
    let (usage, begun) = (Usage::now()?, Instant::now());
    let first = shoppers.paid.load(Relaxed);
    shoppers.is_measuring.store(true, Relaxed);
    tokio::time::sleep(Duration::from_secs(args.seconds.max(1))).await;
    shoppers.is_measuring.store(false, Relaxed);
    let payments = shoppers.paid.load(Relaxed) - first;
    let (elapsed, usage) = (begun.elapsed(), Usage::now()?.since(&usage));
    let pauses = pauses.end();
    shoppers.is_over.store(true, Relaxed);
    for task in tasks {
        task.await??;
    }
    let books = wait_and_check(&demo).await?;
    let pairs = f64::midpoint(before_pairs, measure_ceiling(&key, args).await?);
    demo.node.stop().await;
    ensure!(payments > 0, "no payment was finished; try more --seconds");
    let each = |sum: u64| sum as f64 / payments as f64;
    let threads = usage.threads_nanos.iter().filter(|(_, nanos)| **nanos > 0);
    let rate = payments as f64 / elapsed.as_secs_f64();
    let pairs_per_payment = PAIRS_PER_PAYMENT + PAIRS_PER_CODES / f64::from(CODES_AT_ONCE);
    Ok(HttpReport {
        key: args.key,
        connections: args.connections.max(1),
        partitions: args.partitions.max(1),
        measured_ms: u64::try_from(elapsed.as_millis())?,
        payments,
        payments_per_second: rate,
        pay_latency: shoppers.latency.quantiles(),
        pauses,
        ceiling_pairs_per_second: pairs,
        pairs_per_payment,
        ceiling_payments_per_second: pairs / pairs_per_payment,
        share_of_ceiling: rate * pairs_per_payment / pairs,
        cpu_us_per_payment: each(usage.cpu_nanos()) / 1e3,
        cpu_us_per_payment_by_thread: threads
            .map(|(name, nanos)| (name.clone(), each(*nanos) / 1e3))
            .collect(),
        written_bytes_per_payment: each(usage.written_bytes),
        peak_memory_bytes: process::peak_memory_bytes()?,
        load_average: process::load_average()?,
        beside_cores: usage.beside_cores(elapsed),
        books,
    })
}

async fn measure_ceiling(key: &Arc<SigningKey>, args: &HttpBench) -> Result<f64> {
    let (key, length) = (Arc::clone(key), Duration::from_secs(args.ceiling_seconds.max(1)));
    tokio::task::spawn_blocking(move || ceiling::pairs_per_second(&key, length)).await?
}

/// Waits until every acquirer was notified, then looks at the books.
async fn wait_and_check(demo: &Demo) -> Result<Books> {
    let mut sum = Books::default();
    for _ in 0..600 {
        sum = Books { balanced: true, ..Books::default() };
        for partition in demo.node.partitions.all() {
            let engine = demo.node.partitions.engine(partition).context("a partition's engine")?;
            sum.add(&books::check(engine, Vec::new()).await?);
        }
        if sum.open_payments == 0 {
            return Ok(sum);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("{} payments are still open half a minute after the last", sum.open_payments)
}

/// Who pays: the users of the simulated wallets.
struct Shoppers {
    wallets: Vec<(Arc<SimWallet>, Vec<String>)>,
    shops: Vec<(Arc<SimAcquirer>, SimMerchant)>,
    hot_pct: u64,
    latency: Latency,
    paid: AtomicU64,
    is_measuring: AtomicBool,
    is_over: AtomicBool,
}

impl Shoppers {
    fn of(demo: &Demo, args: &HttpBench) -> Result<Shoppers> {
        let users = |wallet: &Arc<SimWallet>| {
            let users: Vec<String> = wallet.config().users.keys().cloned().collect();
            // More than any run can spend.
            users.iter().for_each(|user| wallet.top_up(user, 1_000_000_000_000_000));
            (Arc::clone(wallet), users)
        };
        let shops = |acquirer: &Arc<SimAcquirer>| {
            let shops = acquirer.merchants().iter().cloned();
            shops.map(|shop| (Arc::clone(acquirer), shop)).collect::<Vec<_>>()
        };
        let shops: Vec<_> = demo.acquirers.iter().flat_map(shops).collect();
        ensure!(!shops.is_empty() && !demo.simulated.is_empty(), "the demonstration is empty");
        Ok(Shoppers {
            wallets: demo.simulated.iter().map(users).collect(),
            shops,
            hot_pct: args.hot_pct,
            latency: Latency::default(),
            paid: AtomicU64::new(0),
            is_measuring: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        })
    }

    /// One shopper after the other, on one connection, until it is over.
    async fn shop(self: Arc<Self>, number: u64) -> Result<()> {
        let mut word = <u64 as Key>::mix(number);
        let mut below = move |bound: usize| {
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            usize::try_from(<u64 as Key>::mix(word) % bound.max(1) as u64).unwrap_or_default()
        };
        while !self.is_over.load(Relaxed) {
            let (wallet, users) = &self.wallets[below(self.wallets.len())];
            let user = &users[below(users.len())];
            for code in wallet.payment_codes(user, None, CODES_AT_ONCE).await? {
                let is_hot = (below(100) as u64) < self.hot_pct;
                let (acquirer, shop) =
                    &self.shops[if is_hot { 0 } else { below(self.shops.len()) }];
                let price = Money::new(100 + below(10_000) as u64, shop.currency)?;
                let sale = acquirer.sale(&shop.merchant_id, price, code.payment_code.as_str());
                let begun = Instant::now();
                let answer = acquirer.pay(&sale).await?;
                if self.is_measuring.load(Relaxed) {
                    self.latency.record(begun.elapsed());
                }
                if answer.result.status() != ResultStatus::S {
                    bail!("a payment was answered {}", answer.result.result_code.as_str());
                }
                self.paid.fetch_add(1, Relaxed);
                if self.is_over.load(Relaxed) {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for HttpReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Signed HTTP end to end, durable, keys {:?}", self.key)?;
        let what = "pay, the wallet's pay, notifyPayment, their answers; a tenth of getPaymentCode";
        writeln!(f, "  a payment is        {what}")?;
        writeln!(f, "  this machine        runs network, wallets and acquirers")?;
        writeln!(
            f,
            "  payments/s          {:.0} over {:.1} s, {} connections",
            self.payments_per_second,
            self.measured_ms as f64 / 1e3,
            self.connections
        )?;
        writeln!(f, "  pay to answer       {}", self.pay_latency)?;
        writeln!(f, "  the machine paused  {}", self.pauses)?;
        writeln!(
            f,
            "  ceiling             {:.0} signatures/s with checks, {:.1} a payment: {:.0} payments/s",
            self.ceiling_pairs_per_second, self.pairs_per_payment, self.ceiling_payments_per_second
        )?;
        writeln!(f, "  share reached       {:.0} %", self.share_of_ceiling * 100.0)?;
        writeln!(f, "  CPU per payment     {:.0} us", self.cpu_us_per_payment)?;
        for (thread, us) in self.cpu_us_per_payment_by_thread.iter().filter(|(_, us)| **us >= 0.5) {
            writeln!(f, "    {thread:<17} {us:.1} us")?;
        }
        writeln!(f, "  written per payment {:.0} bytes", self.written_bytes_per_payment)?;
        writeln!(f, "  memory              {} MiB at most", self.peak_memory_bytes >> 20)?;
        writeln!(f, "  books               balanced, no payment open")?;
        write!(
            f,
            "  beside              other programs used {:.2} cores; load average {:.1}",
            self.beside_cores, self.load_average
        )
    }
}
