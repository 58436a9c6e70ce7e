//! `dhow bench wallet`: a wallet with as many customers as wanted, on the real disk.
//!
//! Customers are there from the beginning; everything after that is commands. Then payments at the
//! wallet's shops and transfers between customers are measured, the engine is ended as a kill would
//! end it, opened again, and measured once more while a snapshot is written.

use super::pauses::Pauses;
use super::process::{self, Usage};
use super::wallet_report::{ReadyReport, SnapshotReport, WalletBooks, WalletReport, WalletRun};
use super::wallet_world::{BALANCE_MINOR, Deed, WalletLoad, WalletWorld, market, register, set_up};
use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use engine::{Engine, Options, Startup};
use ids::Partition;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use wallet::{Command, Wallet, chart};

/// Fewer customers than this drown in everything else that takes memory.
const CUSTOMERS_TO_WEIGH: u32 = 500_000;
/// How often to look whether a snapshot has been written.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A snapshot takes longer than this only when something is wrong.
const SNAPSHOT_LIMIT: Duration = Duration::from_secs(1_800);

/// What the load consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WalletKind {
    Payments,
    Transfers,
    Both,
}

/// Settings of the wallet's rung.
#[derive(Clone, Debug, Args)]
pub struct WalletBench {
    #[arg(long, default_value_t = 1_000_000)]
    pub customers: u32,
    #[arg(long, default_value_t = 5_000)]
    pub shops: u32,
    /// Pairs of customers who know each other as payees; most transfers are between them.
    #[arg(long, default_value_t = 100_000)]
    pub pairs: u32,
    /// Customers who are registered by commands, to see what that writes.
    #[arg(long, default_value_t = 20_000)]
    pub registered: u32,
    /// How long to measure each kind, after the warm-up.
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// How long the load runs before it counts, in seconds.
    #[arg(long, default_value_t = 3)]
    pub warmup: u64,
    /// Commands under way all the time, of all submitters.
    #[arg(long, default_value_t = 2_000)]
    pub in_flight: u32,
    /// Threads that send.
    #[arg(long, default_value_t = 4)]
    pub submitters: u32,
    #[arg(long, value_enum, default_value_t = WalletKind::Both)]
    pub kind: WalletKind,
    /// The disk to measure: files go to a new directory in here, and are removed at the end.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
}

impl WalletBench {
    /// Small worlds are corrected rather than refused.
    fn world(&self) -> WalletWorld {
        let customers = self.customers.max(4);
        WalletWorld {
            customers,
            shops: self.shops.clamp(1, customers - 1),
            pairs: self.pairs.clamp(1, customers / 2),
        }
    }

    fn deeds(&self) -> Vec<(&'static str, Deed)> {
        let all = [("payments", Deed::Pay), ("transfers", Deed::Send)];
        match self.kind {
            WalletKind::Payments => vec![all[0]],
            WalletKind::Transfers => vec![all[1]],
            WalletKind::Both => all.to_vec(),
        }
    }
}

/// Measures, and says how it goes on the standard error.
pub async fn measure(args: &WalletBench) -> Result<WalletReport> {
    let directory =
        tempfile::Builder::new().prefix("dhow-bench-").tempdir_in(&args.data).with_context(
            || format!("--data {}: no directory can be made there", args.data.display()),
        )?;
    let (args, path) = (args.clone(), directory.path().to_path_buf());
    let handle = tokio::runtime::Handle::current();
    let bench = WalletRung { world: args.world(), args, directory: path, handle };
    tokio::task::spawn_blocking(move || bench.run()).await?
}

struct WalletRung {
    args: WalletBench,
    world: WalletWorld,
    directory: PathBuf,
    handle: tokio::runtime::Handle,
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn say(what: &str, since: Instant) -> Result<()> {
    let (now, most) = (process::memory_bytes()? >> 20, process::peak_memory_bytes()? >> 20);
    let seconds = since.elapsed().as_secs_f64();
    eprintln!("{what} after {seconds:.1} s; {now} MiB now, {most} MiB at most meanwhile");
    Ok(())
}

impl WalletRung {
    fn run(&self) -> Result<WalletReport> {
        let before_bytes = process::memory_bytes()?;
        let (preload_ms, machine_bytes, quiet_snapshot) = self.preload(before_bytes)?;
        let (engine, opened) = self.open(u64::MAX)?;
        let mut most_memory_bytes = quiet_snapshot.peak_memory_bytes.max(opened.peak_memory_bytes);
        let written_bytes_per_registration = self.registration(&engine)?;
        let begun = Instant::now();
        set_up(&engine, self.world)?;
        say("shops and pairs are there", begun)?;
        let (mut runs, mut found, mut paid_minor) = (Vec::new(), Vec::new(), 0);
        for (what, deed) in self.args.deeds() {
            let warmup = Duration::from_secs(self.args.warmup);
            let length = Duration::from_secs(self.args.seconds.max(1));
            let load = self.load(&engine, deed)?;
            let run = self.observe(&engine, (what, &load), warmup, &|at| at >= length)?;
            let (some, paid) = load.finish()?;
            most_memory_bytes = most_memory_bytes.max(run.peak_memory_bytes);
            found.extend(some);
            paid_minor += paid;
            runs.push(run);
        }
        // The last handle goes without `stop`: the engine ends where it stands, as if killed.
        let records = engine.counters().applied_position.load(Relaxed);
        drop(engine);
        eprintln!("ended without a word to anybody; opening again ...");
        // Due with the first batch, and not again until as many more.
        let (engine, reopened) = self.open(records.saturating_sub(QUIET_POSITION).max(1))?;
        let mut books = self.check(&engine, &found, paid_minor)?;
        let first = self.args.deeds()[0];
        let (beside_snapshot, loaded_snapshot) = self.load_beside_snapshot(&engine, first)?;
        most_memory_bytes = most_memory_bytes
            .max(reopened.peak_memory_bytes)
            .max(beside_snapshot.peak_memory_bytes);
        books.balanced &= self.verify(&engine)?;
        let weighed = |bytes: u64| {
            let enough = self.world.customers >= CUSTOMERS_TO_WEIGH;
            enough.then(|| bytes as f64 / f64::from(self.world.customers))
        };
        Ok(WalletReport {
            customers: self.world.customers,
            shops: self.world.shops,
            pairs: self.world.pairs,
            in_flight: self.args.in_flight,
            submitters: self.args.submitters.max(1),
            preload_ms,
            machine_bytes_per_customer: weighed(machine_bytes),
            memory_bytes_per_customer: weighed(opened.memory_bytes.saturating_sub(before_bytes)),
            snapshot_bytes_per_customer: quiet_snapshot.bytes as f64
                / f64::from(self.world.customers),
            written_bytes_per_registration,
            quiet_snapshot,
            opened,
            runs,
            reopened,
            beside_snapshot,
            loaded_snapshot,
            most_memory_bytes,
            books,
        })
    }

    /// Makes the customers, and lets an engine write them down as its first snapshot.
    fn preload(&self, before_bytes: u64) -> Result<(u64, u64, SnapshotReport)> {
        let begun = Instant::now();
        let customers = self.world.customers;
        eprintln!("opening the accounts of {customers} customers ...");
        let market = market()?;
        let machine = Wallet::with_customers(Partition(0), market, customers, BALANCE_MINOR);
        let machine = machine.map_err(|reason| anyhow!("customers: {reason}"))?;
        let preload_ms = millis(begun);
        let machine_bytes = process::memory_bytes()?.saturating_sub(before_bytes);
        say("they are there", begun)?;
        let (engine, startup) = Engine::start(self.options(u64::MAX), machine)?;
        ensure!(startup.position == 0, "{} holds a log already", self.directory.display());
        // A record, so that there is something to write down.
        self.handle.block_on(engine.submit(Command::Tick))?;
        process::forget_peak_memory()?;
        let begun = Instant::now();
        engine.stop();
        let snapshot = self.snapshot(millis(begun))?;
        say("the first snapshot is written", begun)?;
        Ok((preload_ms, machine_bytes, snapshot))
    }

    fn options(&self, snapshot_every: u64) -> Options {
        let mut options = Options::new(&self.directory, "wallet");
        options.queue_capacity = options.queue_capacity.max(self.args.in_flight as usize * 2);
        options.snapshot_every = snapshot_every;
        options
    }

    /// Opens what is on the disk, as a start of the program would.
    fn open(&self, snapshot_every: u64) -> Result<(Engine<Wallet>, ReadyReport)> {
        process::forget_peak_memory()?;
        let begun = Instant::now();
        let empty = Wallet::new(Partition(0), market()?);
        let (engine, startup): (_, Startup) = Engine::start(self.options(snapshot_every), empty)?;
        let ready_ms = millis(begun);
        say("ready", begun)?;
        if let Some(why) = startup.rebuilt {
            bail!("the index was made anew, which the customers do not survive: {why}");
        }
        let ready = ReadyReport {
            ready_ms,
            snapshot_position: startup.snapshot.context("the snapshot was not found")?,
            replayed_records: startup.replayed,
            memory_bytes: process::memory_bytes()?,
            peak_memory_bytes: process::peak_memory_bytes()?,
        };
        Ok((engine, ready))
    }

    /// The newest snapshot on the disk.
    fn snapshot(&self, took_ms: u64) -> Result<SnapshotReport> {
        let directory = self.directory.join("partition-0/snapshots");
        let newest = newest_file(&directory)?;
        Ok(SnapshotReport {
            bytes: newest.metadata()?.len(),
            took_ms,
            peak_memory_bytes: process::peak_memory_bytes()?,
        })
    }

    fn registration(&self, engine: &Engine<Wallet>) -> Result<f64> {
        let before = Usage::now()?;
        register(engine, self.args.registered)?;
        // The indexer may be behind, with what it has still to write.
        let applied = engine.counters().applied_position.load(Relaxed);
        while engine.history().applied() < applied {
            std::thread::sleep(LOOK_EVERY);
        }
        let written = Usage::now()?.since(&before).written_bytes;
        Ok(written as f64 / f64::from(self.args.registered.max(1)))
    }
}

impl WalletRung {
    fn load(&self, engine: &Engine<Wallet>, deed: Deed) -> Result<WalletLoad> {
        let (submitters, in_flight) = (self.args.submitters, self.args.in_flight);
        WalletLoad::start(engine, (self.world, deed), submitters, in_flight)
    }

    /// Counts until `is_over` says so of the time since the warm-up.
    fn observe(
        &self,
        engine: &Engine<Wallet>,
        (what, load): (&'static str, &WalletLoad),
        warmup: Duration,
        is_over: &dyn Fn(Duration) -> bool,
    ) -> Result<WalletRun> {
        let tally = &load.tally;
        std::thread::sleep(warmup);
        process::forget_peak_memory()?;
        let batches = || engine.counters().batches.load(Relaxed);
        let records = || engine.counters().records.load(Relaxed);
        let (before, pauses) = (Usage::now()?, Pauses::watch()?);
        let counted = (Instant::now(), tally.done.load(Relaxed), batches(), records());
        tally.is_measuring.store(true, Relaxed);
        while !is_over(counted.0.elapsed()) {
            std::thread::sleep(LOOK_EVERY);
            tally.halt.check()?;
        }
        tally.is_measuring.store(false, Relaxed);
        let (elapsed, commands) = (counted.0.elapsed(), tally.done.load(Relaxed) - counted.1);
        let usage = Usage::now()?.since(&before);
        ensure!(commands > 0, "nothing was carried out; try more --seconds");
        let each = |sum: u64| sum as f64 / commands as f64;
        let threads = usage.threads_nanos.iter().filter(|(_, nanos)| **nanos > 0);
        let run = WalletRun {
            what,
            measured_ms: u64::try_from(elapsed.as_millis())?,
            commands,
            per_second: commands as f64 / elapsed.as_secs_f64(),
            latency: tally.latency.quantiles(),
            pauses: pauses.end(),
            commands_per_batch: (records() - counted.3) as f64
                / (batches() - counted.2).max(1) as f64,
            cpu_us_each: each(usage.cpu_nanos()) / 1e3,
            cpu_us_each_by_thread: threads
                .map(|(name, nanos)| (name.clone(), each(*nanos) / 1e3))
                .collect(),
            written_bytes_each: each(usage.written_bytes),
            peak_memory_bytes: process::peak_memory_bytes()?,
            load_average: process::load_average()?,
            beside_cores: usage.beside_cores(elapsed),
        };
        eprintln!("{run}");
        Ok(run)
    }

    /// Load whose first batch makes a snapshot due, until that is written.
    fn load_beside_snapshot(
        &self,
        engine: &Engine<Wallet>,
        (what, deed): (&'static str, Deed),
    ) -> Result<(WalletRun, SnapshotReport)> {
        let position = || engine.counters().snapshot_position.load(Relaxed);
        let (old, begun) = (position(), Instant::now());
        let load = self.load(engine, deed)?;
        let is_over = |at: Duration| position() > old || at > SNAPSHOT_LIMIT;
        let run = self.observe(engine, (what, &load), Duration::ZERO, &is_over)?;
        let took_ms = millis(begun);
        ensure!(position() > old, "no snapshot was written");
        let snapshot = self.snapshot(took_ms)?;
        load.finish()?;
        Ok((run, snapshot))
    }

    /// Every check of the machine's own.
    fn verify(&self, engine: &Engine<Wallet>) -> Result<bool> {
        let begun = Instant::now();
        let look = |machine: &Wallet, _: &dyn base::History, _: base::Stamp| machine.verify();
        let fault = self.handle.block_on(engine.read(look))?;
        say("books verified", begun)?;
        fault.map(|()| true).map_err(|fault| anyhow!("the books do not balance: {fault}"))
    }

    /// Nothing that was acknowledged is lost, and no money but what was there is anywhere.
    fn check(
        &self,
        engine: &Engine<Wallet>,
        acknowledged: &[u128],
        paid_minor: u64,
    ) -> Result<WalletBooks> {
        let balanced = self.verify(engine)?;
        let sample = acknowledged.to_vec();
        let look = move |machine: &Wallet, history: &dyn base::History, _: base::Stamp| {
            let lost = sample.iter().find(|id| machine.object(history, **id).is_none()).copied();
            (sums(machine), lost)
        };
        let (sums, lost) = self.handle.block_on(engine.read(look))?;
        if let Some(lost) = lost {
            bail!("{lost:032x} was acknowledged and is not there");
        }
        let there = u128::from(self.world.customers) * u128::from(BALANCE_MINOR);
        ensure!(sums.float == there, "the float is {}, not {there}", sums.float);
        ensure!(sums.owed == there, "{} is owed, {there} was paid in", sums.owed);
        let in_shops = sums.in_shops;
        ensure!(
            in_shops == u128::from(paid_minor),
            "shops have {in_shops}, they were acknowledged {paid_minor}"
        );
        Ok(WalletBooks {
            accounts: sums.accounts,
            customers: sums.customers,
            found: acknowledged.len() as u64,
            balanced,
        })
    }
}

/// What a walk over all accounts adds up, in minor units.
#[derive(Default)]
struct WalletSums {
    accounts: u64,
    customers: u64,
    float: u128,
    /// To customers and shops, and fees that were earned.
    owed: u128,
    in_shops: u128,
}

fn sums(machine: &Wallet) -> WalletSums {
    let customers = machine.all_customers().len().into();
    let mut sums = WalletSums { customers, ..WalletSums::default() };
    for (key, account) in machine.ledger().accounts() {
        sums.accounts += 1;
        let minor = account.balance().unsigned_abs();
        match key.purpose {
            chart::FLOAT => sums.float += minor,
            purpose => {
                sums.owed += minor;
                sums.in_shops += if purpose == chart::SHOP { minor } else { 0 };
            }
        }
    }
    sums
}

/// The position of the snapshot that the preloaded machine was written down as: after one record.
const QUIET_POSITION: u64 = 1;

fn newest_file(directory: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    let newest = entries.iter().map(std::fs::DirEntry::path).max();
    newest.with_context(|| format!("{} is empty", directory.display()))
}
