//! Rung (c): ready again after `kill -9`.
//!
//! A child process, this program again, takes the load of rung (a). It is killed in full swing;
//! then this process opens its files as a restart would, and looks for every payment that the
//! child acknowledged.

use super::books::{self, Books};
use super::in_process::{Bench, EngineBench, engine_options, plan};
use super::process;
use crate::progress;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use engine::{Engine, Startup};
use ids::PaymentId;
use network::Network;
use serde::Serialize;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The child prints the id of one paid payment of so many.
const ACKNOWLEDGED_OF: usize = 16;
/// The child's line when the load has begun.
const LOADED: &str = "loaded";
/// How long the child may take to set its world up.
const SETUP_LIMIT: Duration = Duration::from_secs(1_800);

/// Settings of rung (c).
#[derive(Clone, Debug, Args)]
pub struct RecoveryBench {
    #[command(flatten)]
    pub load: EngineBench,
    /// Be the child: use this directory, print what was paid, run until killed.
    #[arg(long, hide = true)]
    child: Option<PathBuf>,
}

/// What rung (c) found.
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryReport {
    pub loaded_seconds: u64,
    pub partitions: u8,
    /// From the start to the first command that can be taken, all partitions one after the other.
    pub ready_ms: u64,
    pub snapshot_position: u64,
    pub replayed_records: u64,
    pub replayed_per_second: f64,
    pub torn_bytes: u64,
    pub rebuilt: Option<String>,
    /// Payments whose acknowledgement was seen, and that were looked up.
    pub acknowledged: u64,
    pub peak_memory_bytes: u64,
    pub load_average: f64,
    pub books: Books,
}

/// Loads a child, kills it, and measures the restart.
pub async fn measure(args: &RecoveryBench) -> Result<Option<RecoveryReport>> {
    if let Some(directory) = &args.child {
        be_killed(&args.load, directory).await?;
        return Ok(None);
    }
    let directory = tempfile::Builder::new().prefix("dhow-bench-").tempdir_in(&args.load.data);
    let directory = directory.with_context(|| format!("--data {}", args.load.data.display()))?;
    let (load, path) = (args.load.clone(), directory.path().to_path_buf());
    let killed = tokio::task::spawn_blocking(move || kill_in_full_swing(&load, &path));
    let paid = killed.await??;
    Ok(Some(restart(&args.load, directory.path(), paid).await?))
}

/// The child: load without end.
async fn be_killed(args: &EngineBench, directory: &Path) -> Result<()> {
    let (paid_in, paid) = channel();
    let bench = Bench::start(args, directory, Some(paid_in)).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{LOADED}")?;
    for (at, id) in (0..).zip(paid) {
        let id: PaymentId = id;
        if at % ACKNOWLEDGED_OF == 0 {
            // Fails when the parent is gone: then nobody is left to kill this process.
            writeln!(out, "{id}")?;
            out.flush()?;
        }
    }
    drop(bench);
    bail!("the load ended by itself")
}

/// Kills the child when this is dropped, whatever went wrong before.
struct Doomed(Child);

impl Drop for Doomed {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn arguments(args: &EngineBench, directory: &Path) -> Vec<String> {
    let number = |name: &str, value: u64| [format!("--{name}"), value.to_string()];
    let mut all = vec!["bench".to_owned(), "recovery".to_owned(), "--child".to_owned()];
    all.push(directory.display().to_string());
    all.extend(number("accounts", args.accounts));
    all.extend(number("merchants", args.merchants.into()));
    all.extend(number("hot-pct", args.hot_pct));
    all.extend(number("in-flight", args.in_flight.into()));
    all.extend(number("partitions", args.partitions.into()));
    all.extend(number("snapshot-every", args.snapshot_every));
    all.extend(args.rate.map(|rate| number("rate", rate)).into_iter().flatten());
    all
}

/// Lets a child run for the wanted time under load, kills it, and returns what it acknowledged.
fn kill_in_full_swing(args: &EngineBench, directory: &Path) -> Result<Vec<PaymentId>> {
    let program = std::env::current_exe().context("the path of this program")?;
    let child = Command::new(program)
        .args(arguments(args, directory))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("the child cannot be started")?;
    let mut child = Doomed(child);
    let out = child.0.stdout.take().context("the child's output")?;
    let loaded = Arc::new(AtomicBool::new(false));
    let paid = Arc::new(Mutex::new(Vec::new()));
    let reader = {
        let (loaded, paid) = (Arc::clone(&loaded), Arc::clone(&paid));
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                match line.parse::<PaymentId>() {
                    Ok(id) => paid.lock().map(|mut paid| paid.push(id)).unwrap_or_default(),
                    Err(_) if line == LOADED => loaded.store(true, Relaxed),
                    // The last line may be cut by the kill.
                    Err(_) => {}
                }
            }
        })
    };
    let begun = Instant::now();
    while !loaded.load(Relaxed) {
        if let Some(status) = child.0.try_wait()? {
            bail!("the child ended before its load began: {status}");
        }
        ensure!(begun.elapsed() < SETUP_LIMIT, "the child does not finish setting up");
        std::thread::sleep(Duration::from_millis(10));
    }
    eprintln!("the load runs for {} s ...", args.seconds);
    std::thread::sleep(Duration::from_secs(args.seconds));
    ensure!(child.0.try_wait()?.is_none(), "the child ended by itself");
    drop(child);
    reader.join().map_err(|_| anyhow::anyhow!("the reader panicked"))?;
    let paid = paid.lock().map(|mut paid| std::mem::take(&mut *paid)).unwrap_or_default();
    ensure!(!paid.is_empty(), "the child paid nothing; try more --seconds");
    eprintln!("killed; {} acknowledged payments to look for", paid.len());
    Ok(paid)
}

/// Opens what the killed process left, as `dhow serve` would.
async fn restart(
    args: &EngineBench,
    directory: &Path,
    paid: Vec<PaymentId>,
) -> Result<RecoveryReport> {
    let (acknowledged, begun) = (paid.len() as u64, Instant::now());
    let mut started: Vec<(Engine<Network>, Startup)> = Vec::new();
    for number in 0..args.partitions.max(1) {
        let mut options = engine_options(args, directory, number);
        options.on_progress = Some(progress::of_replay());
        let machine = Network::new(plan(args, number));
        let one = tokio::task::spawn_blocking(move || Engine::start(options, machine));
        started.push(one.await??);
    }
    let ready = begun.elapsed();
    let sum = |count: fn(&Startup) -> u64| started.iter().map(|(_, it)| count(it)).sum::<u64>();
    let replayed = sum(|it| it.replayed);
    let mut report = RecoveryReport {
        loaded_seconds: args.seconds,
        partitions: args.partitions.max(1),
        ready_ms: u64::try_from(ready.as_millis())?,
        snapshot_position: sum(|it| it.snapshot.unwrap_or(0)),
        replayed_records: replayed,
        replayed_per_second: replayed as f64 / ready.as_secs_f64(),
        torn_bytes: sum(|it| it.torn_bytes),
        rebuilt: started.iter().find_map(|(_, it)| it.rebuilt.clone()),
        acknowledged,
        peak_memory_bytes: process::peak_memory_bytes()?,
        load_average: process::load_average()?,
        books: Books { balanced: true, ..Books::default() },
    };
    for (number, (engine, _)) in (0..).zip(&started) {
        let here = paid.iter().filter(|id| id.partition().0 == number).copied().collect();
        report.books.add(&books::check(engine, here).await?);
    }
    tokio::task::spawn_blocking(move || started.iter().for_each(|(engine, _)| engine.stop()))
        .await?;
    Ok(report)
}

impl std::fmt::Display for RecoveryReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Restart after kill -9 under full load, {} partition(s)", self.partitions)?;
        writeln!(f, "  load before         {} s", self.loaded_seconds)?;
        writeln!(f, "  accounts            {}", self.books.accounts)?;
        writeln!(
            f,
            "  ready again after   {:.2} s: snapshot at {}, then {} records ({:.0} a second)",
            self.ready_ms as f64 / 1e3,
            self.snapshot_position,
            self.replayed_records,
            self.replayed_per_second
        )?;
        writeln!(f, "  unfinished write    {} bytes cut", self.torn_bytes)?;
        if let Some(why) = &self.rebuilt {
            writeln!(f, "  index rebuilt       {why}")?;
        }
        writeln!(
            f,
            "  lost                none of {} acknowledged payments looked up; books balanced",
            self.acknowledged
        )?;
        writeln!(f, "  open again          {} payments", self.books.open_payments)?;
        write!(
            f,
            "  memory              {} MiB at most; load average {:.1}",
            self.peak_memory_bytes >> 20,
            self.load_average
        )
    }
}
