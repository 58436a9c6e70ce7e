//! Rung (a): engines in this process, on the real disk, with the real machine.

use super::books::{self, Books};
use super::latency::Quantiles;
use super::load::{Load, Pace, Tally};
use super::pauses::Pauses;
use super::postgres::{self, PostgresReport};
use super::process::{self, Usage};
use super::world::{Traffic, World, WorldOptions};
use anyhow::{Context, Result, ensure};
use clap::Args;
use engine::{Engine, Options};
use ids::{Partition, PaymentId};
use network::{Network, PartitionPlan};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// How often the number of paid payments is noted.
const SAMPLE_EVERY: Duration = Duration::from_millis(250);
/// Fewer accounts than this drown in everything else that takes memory.
const ACCOUNTS_TO_WEIGH: u64 = 500_000;
/// More would need a longer queue than the engine's own.
const MAX_IN_FLIGHT: u32 = 100_000;

/// Settings of rung (a).
#[derive(Clone, Debug, Args)]
pub struct EngineBench {
    /// Accounts of the ledger, at least.
    #[arg(long, default_value_t = 1_000_000)]
    pub accounts: u64,
    #[arg(long, default_value_t = 10_000)]
    pub merchants: u32,
    /// Share of the payments that go to one merchant, in per cent.
    #[arg(long, default_value_t = 30)]
    pub hot_pct: u64,
    /// How long to measure, after the warm-up.
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// How long the load runs before it counts, in seconds.
    #[arg(long, default_value_t = 3)]
    pub warmup: u64,
    /// Payments under way all the time (closed loop).
    #[arg(long, default_value_t = 2_000)]
    pub in_flight: u32,
    /// Payments a second instead (open loop); latency counts from the intended moment.
    #[arg(long)]
    pub rate: Option<u64>,
    #[arg(long, default_value_t = 1)]
    pub partitions: u8,
    /// Records between two snapshots of a partition.
    #[arg(long, default_value_t = 1_000_000)]
    pub snapshot_every: u64,
    /// The disk to measure: files go to a new directory in here, and are removed at the end.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
    /// Run the same payment as a stored procedure on a `PostgreSQL` first:
    /// postgres://user:password@host/database.
    #[arg(long)]
    pub against: Option<String>,
    /// Seconds of the `PostgreSQL` run.
    #[arg(long, default_value_t = 15)]
    pub against_seconds: u64,
}

impl EngineBench {
    pub fn world(&self) -> WorldOptions {
        WorldOptions {
            accounts: self.accounts,
            merchants: self.merchants,
            hot_pct: self.hot_pct,
            partitions: self.partitions.max(1),
        }
    }

    pub fn pace(&self) -> Pace {
        match self.rate {
            Some(rate) => Pace::Open { rate },
            None => Pace::Closed { in_flight: self.in_flight.min(MAX_IN_FLIGHT) },
        }
    }
}

/// What rung (a) found.
#[derive(Clone, Debug, Serialize)]
pub struct EngineReport {
    pub payment: &'static str,
    pub loop_kind: String,
    pub partitions: u8,
    pub hot_pct: u64,
    pub merchants: u32,
    pub wallets: usize,
    pub setup_ms: u64,
    pub measured_ms: u64,
    pub payments: u64,
    pub payments_per_second: f64,
    pub last_third_per_second: f64,
    pub slowest_second_per_second: f64,
    pub pay_latency: Quantiles,
    pub payment_latency: Quantiles,
    /// By how much a thread that slept beside the load was woken too late: what the machine itself
    /// adds to every latency.
    pub pauses: Quantiles,
    pub commands_per_batch: f64,
    /// What the log waited for the disk: half of its batches at most so long, to the next power of
    /// two of nanoseconds.
    pub log_append_p50_ms: f64,
    pub log_append_p99_ms: f64,
    /// All threads of this process, those that make the load among them.
    pub cpu_us_per_payment: f64,
    pub cpu_us_per_payment_by_thread: BTreeMap<String, f64>,
    pub written_bytes_per_payment: f64,
    pub log_bytes_per_payment: f64,
    pub archive_bytes_per_payment: f64,
    /// What remains of the written bytes: the index, and its compactions.
    pub index_bytes_per_payment: f64,
    pub peak_memory_bytes: u64,
    /// Only when there are enough accounts to weigh.
    pub memory_per_account_bytes: Option<f64>,
    pub index_lag_records: u64,
    pub load_average: f64,
    /// Cores that other programs kept busy meanwhile.
    pub beside_cores: f64,
    pub books: Books,
    pub against: Option<PostgresReport>,
    /// Payments a second here by those of the `PostgreSQL`.
    pub ratio: Option<f64>,
}

const PAYMENT: &str = "two commands (pay, the wallet's answer) with all checks, 6 to 10 \
    postings in 2 or 3 currencies, ids, lists and archive; a tenth of a request for payment codes";

/// Measures, and says how it went on the standard error.
pub async fn measure(args: &EngineBench) -> Result<EngineReport> {
    let against = match &args.against {
        Some(url) => Some(postgres::measure(url, args).await?),
        None => None,
    };
    let directory =
        tempfile::Builder::new().prefix("dhow-bench-").tempdir_in(&args.data).with_context(
            || format!("--data {}: no directory can be made there", args.data.display()),
        )?;
    let bench = Bench::start(args, directory.path(), None).await?;
    let mut report = bench.run().await?;
    report.ratio = against.as_ref().map(|it| report.payments_per_second / it.payments_per_second);
    report.against = against;
    Ok(report)
}

/// Engines under load.
pub struct Bench {
    args: EngineBench,
    directory: PathBuf,
    engines: Vec<Engine<Network>>,
    wallets: usize,
    tally: Arc<Tally>,
    load: Load,
    setup: Duration,
    memory_per_account_bytes: Option<f64>,
}

/// Settings of one partition's engine.
pub fn engine_options(args: &EngineBench, directory: &Path, partition: u8) -> Options {
    let mut options = Options::new(directory, "network");
    options.partition = partition;
    options.queue_capacity = options.queue_capacity.max(args.pace().queue_capacity());
    options.snapshot_every = args.snapshot_every.max(1);
    options
}

pub fn plan(args: &EngineBench, partition: u8) -> PartitionPlan {
    PartitionPlan { partition: Partition(partition), partitions: args.partitions.max(1) }
}

impl Bench {
    /// Opens empty engines, sets the world up and starts the load.
    pub async fn start(
        args: &EngineBench,
        directory: &Path,
        paid_ids: Option<Sender<PaymentId>>,
    ) -> Result<Bench> {
        let (args, directory) = (args.clone(), directory.to_path_buf());
        let started = tokio::task::spawn_blocking(move || set_up(args, directory, paid_ids));
        started.await?
    }

    /// Measures, stops, and checks the books.
    pub async fn run(self) -> Result<EngineReport> {
        let handle = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let measured = self.observe()?;
            self.close(&handle, measured)
        })
        .await?
    }
}

fn set_up(
    args: EngineBench,
    directory: PathBuf,
    paid_ids: Option<Sender<PaymentId>>,
) -> Result<Bench> {
    let begun = Instant::now();
    let before_bytes = process::memory_bytes()?;
    let world = Arc::new(World::new(args.world())?);
    let mut engines = Vec::new();
    for number in 0..args.partitions.max(1) {
        let options = engine_options(&args, &directory, number);
        let (engine, startup) = Engine::start(options, Network::new(plan(&args, number)))?;
        ensure!(startup.position == 0, "{} holds a log already", directory.display());
        eprintln!("partition {number}: opening {} wallets ...", world.wallets.len());
        world.set_up(&engine)?;
        engines.push(engine);
    }
    let grown_bytes = process::memory_bytes()?.saturating_sub(before_bytes);
    let opened = args.accounts * u64::from(args.partitions.max(1));
    let weighed = opened >= ACCOUNTS_TO_WEIGH;
    let memory_per_account_bytes = weighed.then(|| grown_bytes as f64 / opened as f64);
    let setup = begun.elapsed();
    eprintln!("set up after {:.1} s", setup.as_secs_f64());
    let tally = Tally::new(paid_ids);
    let traffic = |(number, engine): (u8, &Engine<Network>)| {
        let seed = super::world::now().nanos() ^ u64::from(number);
        (engine.clone(), Traffic::new(Arc::clone(&world), Partition(number), seed))
    };
    let partitions = (0..).zip(&engines).map(traffic).collect();
    let load = Load::start(partitions, args.pace(), Arc::clone(&tally))?;
    let wallets = world.wallets.len();
    Ok(Bench { args, directory, engines, wallets, tally, load, setup, memory_per_account_bytes })
}

/// Sizes of the files that only grow, and the records that made them grow.
#[derive(Clone, Copy)]
struct Sizes {
    log: u64,
    archive: u64,
    records: u64,
}

/// What was seen while the load ran.
struct Measured {
    elapsed: Duration,
    /// Elapsed time and payments since the warm-up.
    counts: Vec<(Duration, u64)>,
    usage: Usage,
    grown: Sizes,
    records: u64,
    pauses: Quantiles,
    /// Batches, by how long the log took to write and sync them.
    appends: Appends,
    index_lag: u64,
}

type Appends = [u64; engine::Histogram::BUCKETS];

/// The upper end of the bucket that holds the given share of the batches.
fn append_quantile_ms(appends: &Appends, share: f64) -> f64 {
    let wanted = appends.iter().sum::<u64>() as f64 * share;
    let mut passed = 0;
    let bucket = appends.iter().position(|count| {
        passed += count;
        passed as f64 >= wanted
    });
    2_f64.powi(i32::try_from(bucket.unwrap_or_default()).unwrap_or_default()) / 1e6
}

impl Bench {
    fn sizes(&self) -> Result<Sizes> {
        let records = self.sum(|counters| counters.records.load(Relaxed));
        let mut sizes = Sizes { log: 0, archive: 0, records };
        for number in 0..self.engines.len() {
            let home = self.directory.join(format!("partition-{number}"));
            sizes.log += process::log_bytes(&home.join("log"))?;
            sizes.archive += process::directory_bytes(&home.join("archive"));
        }
        Ok(sizes)
    }

    fn sum(&self, count: impl Fn(&engine::Counters) -> u64) -> u64 {
        self.engines.iter().map(|engine| count(engine.counters())).sum()
    }

    fn appends(&self) -> Appends {
        let mut sum = [0; engine::Histogram::BUCKETS];
        for engine in &self.engines {
            let buckets = engine.counters().append.buckets();
            sum.iter_mut().zip(buckets).for_each(|(sum, count)| *sum += count);
        }
        sum
    }

    fn wait(&self, until: Instant) -> Result<()> {
        while Instant::now() < until {
            self.tally.halt.check()?;
            let left = until.saturating_duration_since(Instant::now());
            std::thread::sleep(left.min(SAMPLE_EVERY));
        }
        self.tally.halt.check()
    }

    /// Lets the load run and counts.
    fn observe(&self) -> Result<Measured> {
        self.wait(Instant::now() + Duration::from_secs(self.args.warmup))?;
        // Looking at files takes its time, which belongs to nobody's payment.
        let (sizes, before) = (self.sizes()?, Usage::now()?);
        let records = self.sum(|counters| counters.records.load(Relaxed));
        let before_appends = self.appends();
        let pauses = Pauses::watch()?;
        let (begun, first) = (Instant::now(), self.tally.paid.load(Relaxed));
        self.tally.is_measuring.store(true, Relaxed);
        let (length, mut counts) = (Duration::from_secs(self.args.seconds.max(1)), Vec::new());
        let mut told = Duration::ZERO;
        while begun.elapsed() < length {
            self.wait(Instant::now() + SAMPLE_EVERY)?;
            let at = begun.elapsed();
            counts.push((at, self.tally.paid.load(Relaxed) - first));
            if at >= told + Duration::from_secs(5) {
                told = at;
                let rate = rate_since(&counts, Duration::from_secs(5));
                eprintln!("{:>4} s  {rate:>9.0} payments/s", at.as_secs());
            }
        }
        self.tally.is_measuring.store(false, Relaxed);
        let (elapsed, usage) = (begun.elapsed(), Usage::now()?);
        let records = self.sum(|counters| counters.records.load(Relaxed)) - records;
        let pauses = pauses.end();
        let mut appends = self.appends();
        appends.iter_mut().zip(before_appends).for_each(|(count, before)| *count -= before);
        let after = self.sizes()?;
        Ok(Measured {
            elapsed,
            counts,
            usage: usage.since(&before),
            grown: Sizes {
                log: after.log - sizes.log,
                archive: after.archive - sizes.archive,
                records: after.records - sizes.records,
            },
            records,
            pauses,
            appends,
            index_lag: self.sum(engine::Counters::index_lag),
        })
    }

    fn close(self, handle: &tokio::runtime::Handle, measured: Measured) -> Result<EngineReport> {
        let tally = Arc::clone(&self.tally);
        let wallets = self.load.finish()?;
        let mut by_partition: BTreeMap<u8, Vec<PaymentId>> = BTreeMap::new();
        for id in tally.take_sample() {
            by_partition.entry(id.partition().0).or_default().push(id);
        }
        let mut sum = Books { balanced: true, ..Books::default() };
        for (number, engine) in (0..).zip(&self.engines) {
            let ids = by_partition.remove(&number).unwrap_or_default();
            sum.add(&handle.block_on(books::check(engine, ids))?);
        }
        ensure!(sum.open_payments == 0, "{} payments are still open", sum.open_payments);
        self.engines.iter().for_each(Engine::stop);
        for wallet in wallets {
            wallet.join().map_err(|_| anyhow::anyhow!("a wallet's thread panicked"))?;
        }
        let (args, setup) = (&self.args, self.setup);
        let mut report = report_of(args, &tally, &measured, sum)?;
        report.wallets = self.wallets;
        report.setup_ms = u64::try_from(setup.as_millis())?;
        report.memory_per_account_bytes = self.memory_per_account_bytes;
        Ok(report)
    }
}

/// Payments a second in the newest part of the counts.
fn rate_since(counts: &[(Duration, u64)], newest: Duration) -> f64 {
    let Some(&(end, count)) = counts.last() else { return 0.0 };
    let from = end.saturating_sub(newest);
    let before = counts.iter().rev().find(|(at, _)| *at <= from);
    let (at, first) = before.copied().unwrap_or((Duration::ZERO, 0));
    let span = (end - at).as_secs_f64();
    if span > 0.0 { (count - first) as f64 / span } else { 0.0 }
}

/// The lowest rate over any second.
fn slowest_second(counts: &[(Duration, u64)]) -> f64 {
    let second = Duration::from_secs(1);
    let ends = (1..=counts.len()).filter(|end| counts[end - 1].0 >= second);
    let rates = ends.map(|end| rate_since(&counts[..end], second));
    let slowest = rates.fold(f64::INFINITY, f64::min);
    if slowest.is_finite() { slowest } else { rate_since(counts, second) }
}

fn report_of(
    args: &EngineBench,
    tally: &Tally,
    measured: &Measured,
    books: Books,
) -> Result<EngineReport> {
    let payments = measured.counts.last().map_or(0, |(_, count)| *count);
    ensure!(payments > 0, "no payment was finished; try more --seconds");
    let each = |sum: u64| sum as f64 / payments as f64;
    let usage = &measured.usage;
    let threads = usage.threads_nanos.iter().filter(|(_, nanos)| **nanos > 0);
    // The files were looked at before and after the payments were counted: by records, then.
    let records = measured.records as f64 / payments as f64;
    let of_records = |bytes: u64| bytes as f64 / measured.grown.records.max(1) as f64 * records;
    let (log, archive) = (of_records(measured.grown.log), of_records(measured.grown.archive));
    let written = each(usage.written_bytes);
    Ok(EngineReport {
        payment: PAYMENT,
        loop_kind: match args.pace() {
            Pace::Closed { in_flight } => format!("closed, {in_flight} payments under way"),
            Pace::Open { rate } => format!("open, {rate} payments/s"),
        },
        partitions: args.partitions.max(1),
        hot_pct: args.hot_pct,
        merchants: args.merchants.max(1),
        wallets: 0,
        setup_ms: 0,
        measured_ms: u64::try_from(measured.elapsed.as_millis())?,
        payments,
        payments_per_second: rate_since(&measured.counts, measured.elapsed),
        last_third_per_second: rate_since(&measured.counts, measured.elapsed / 3),
        slowest_second_per_second: slowest_second(&measured.counts),
        pay_latency: tally.pay.quantiles(),
        payment_latency: tally.whole.quantiles(),
        pauses: measured.pauses,
        commands_per_batch: measured.records as f64
            / measured.appends.iter().sum::<u64>().max(1) as f64,
        log_append_p50_ms: append_quantile_ms(&measured.appends, 0.5),
        log_append_p99_ms: append_quantile_ms(&measured.appends, 0.99),
        cpu_us_per_payment: each(usage.cpu_nanos()) / 1e3,
        cpu_us_per_payment_by_thread: threads
            .map(|(name, nanos)| (name.clone(), each(*nanos) / 1e3))
            .collect(),
        written_bytes_per_payment: written,
        log_bytes_per_payment: log,
        archive_bytes_per_payment: archive,
        index_bytes_per_payment: (written - log - archive).max(0.0),
        peak_memory_bytes: process::peak_memory_bytes()?,
        memory_per_account_bytes: None,
        index_lag_records: measured.index_lag,
        load_average: process::load_average()?,
        beside_cores: usage.beside_cores(measured.elapsed),
        books,
        against: None,
        ratio: None,
    })
}

impl std::fmt::Display for EngineReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = self.peak_memory_bytes >> 20;
        writeln!(f, "Engine in process, durable, {} partition(s)", self.partitions)?;
        writeln!(f, "  a payment is        {}", self.payment)?;
        writeln!(
            f,
            "  world               {} accounts, {} wallets, {} merchants, {} % of traffic on one",
            self.books.accounts, self.wallets, self.merchants, self.hot_pct
        )?;
        writeln!(f, "  loop                {}", self.loop_kind)?;
        writeln!(
            f,
            "  payments/s          {:.0} over {:.1} s; last third {:.0}; slowest second {:.0}",
            self.payments_per_second,
            self.measured_ms as f64 / 1e3,
            self.last_third_per_second,
            self.slowest_second_per_second
        )?;
        writeln!(f, "  pay to reply        {}", self.pay_latency)?;
        writeln!(f, "  whole payment       {}", self.payment_latency)?;
        writeln!(f, "  the machine paused  {}", self.pauses)?;
        writeln!(
            f,
            "  a batch             {:.0} commands, written and synced in {:.1} ms (p50), {:.1} ms (p99)",
            self.commands_per_batch, self.log_append_p50_ms, self.log_append_p99_ms
        )?;
        writeln!(f, "  CPU per payment     {:.1} us", self.cpu_us_per_payment)?;
        for (thread, us) in self.cpu_us_per_payment_by_thread.iter().filter(|(_, us)| **us >= 0.05)
        {
            writeln!(f, "    {thread:<17} {us:.1} us")?;
        }
        writeln!(
            f,
            "  written per payment {:.0} bytes: log {:.0}, archive {:.0}, index {:.0}",
            self.written_bytes_per_payment,
            self.log_bytes_per_payment,
            self.archive_bytes_per_payment,
            self.index_bytes_per_payment
        )?;
        write!(f, "  memory              {mib} MiB at most")?;
        if let Some(bytes) = self.memory_per_account_bytes {
            write!(f, "; {bytes:.0} bytes per account")?;
        }
        writeln!(f, "\n  index behind by     {} records", self.index_lag_records)?;
        writeln!(
            f,
            "  books               balanced; {} sampled payments found paid, none open",
            self.books.found_paid
        )?;
        if let (Some(against), Some(ratio)) = (&self.against, self.ratio) {
            writeln!(f, "  PostgreSQL          {against}")?;
            writeln!(f, "  ratio               {ratio:.1}")?;
        }
        write!(
            f,
            "  beside              other programs used {:.2} cores; load average {:.1}",
            self.beside_cores, self.load_average
        )
    }
}
