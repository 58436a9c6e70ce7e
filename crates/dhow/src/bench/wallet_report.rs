//! What `dhow bench wallet` found, for programs and for people.

use super::latency::Quantiles;
use serde::Serialize;
use std::collections::BTreeMap;

/// One load, for a while.
#[derive(Clone, Debug, Serialize)]
pub struct WalletRun {
    pub what: &'static str,
    pub measured_ms: u64,
    pub commands: u64,
    pub per_second: f64,
    pub latency: Quantiles,
    /// By how much a thread that slept beside the load was woken too late.
    pub pauses: Quantiles,
    pub commands_per_batch: f64,
    pub cpu_us_each: f64,
    pub cpu_us_each_by_thread: BTreeMap<String, f64>,
    pub written_bytes_each: f64,
    pub peak_memory_bytes: u64,
    pub load_average: f64,
    /// Cores that other programs kept busy meanwhile.
    pub beside_cores: f64,
}

/// A snapshot, and what else was in memory while it was written.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SnapshotReport {
    pub bytes: u64,
    pub took_ms: u64,
    pub peak_memory_bytes: u64,
}

/// From files to the first command that can be taken.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReadyReport {
    pub ready_ms: u64,
    pub snapshot_position: u64,
    pub replayed_records: u64,
    pub memory_bytes: u64,
    pub peak_memory_bytes: u64,
}

/// What the books say at the end.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct WalletBooks {
    pub accounts: u64,
    pub customers: u64,
    /// Objects that were acknowledged and are there after the kill.
    pub found: u64,
    /// Every check of the machine's own, and the sums of this load.
    pub balanced: bool,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct WalletReport {
    pub customers: u32,
    pub shops: u32,
    pub pairs: u32,
    pub in_flight: u32,
    pub submitters: u32,
    pub preload_ms: u64,
    /// Of the machine with nothing beside it; only when there are enough customers to weigh.
    pub machine_bytes_per_customer: Option<f64>,
    /// Of the whole program when it is ready, index and queues included.
    pub memory_bytes_per_customer: Option<f64>,
    /// Two snapshots are kept.
    pub snapshot_bytes_per_customer: f64,
    /// What one registration by command writes, of log and index.
    pub written_bytes_per_registration: f64,
    /// Nobody waits for this one.
    pub quiet_snapshot: SnapshotReport,
    pub opened: ReadyReport,
    pub runs: Vec<WalletRun>,
    pub reopened: ReadyReport,
    /// The first kind of load once more, while a snapshot is written.
    pub beside_snapshot: WalletRun,
    pub loaded_snapshot: SnapshotReport,
    pub most_memory_bytes: u64,
    pub books: WalletBooks,
}

impl std::fmt::Display for WalletRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.measured_ms as f64 / 1e3;
        writeln!(f, "  {:<19} {:.0} a second over {seconds:.1} s", self.what, self.per_second)?;
        writeln!(f, "    to reply          {}", self.latency)?;
        writeln!(f, "    machine paused    {}", self.pauses)?;
        let threads = self.cpu_us_each_by_thread.iter().filter(|(_, us)| **us >= 0.5);
        let threads: Vec<String> = threads.map(|(name, us)| format!("{name} {us:.0}")).collect();
        writeln!(f, "    CPU each          {:.0} us: {}", self.cpu_us_each, threads.join(", "))?;
        write!(
            f,
            "    each              {:.0} bytes written; {:.0} in a batch; {} MiB of memory at \
             most; beside {:.2} cores, load average {:.1}",
            self.written_bytes_each,
            self.commands_per_batch,
            self.peak_memory_bytes >> 20,
            self.beside_cores,
            self.load_average
        )
    }
}

impl std::fmt::Display for ReadyReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:.1} s: snapshot at {}, then {} records; {} MiB now, {} MiB at most meanwhile",
            self.ready_ms as f64 / 1e3,
            self.snapshot_position,
            self.replayed_records,
            self.memory_bytes >> 20,
            self.peak_memory_bytes >> 20
        )
    }
}

impl std::fmt::Display for SnapshotReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (size, most) = (self.bytes >> 20, self.peak_memory_bytes >> 20);
        let seconds = self.took_ms as f64 / 1e3;
        write!(f, "{size} MiB in {seconds:.1} s; {most} MiB of memory at most meanwhile")
    }
}

impl std::fmt::Display for WalletReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "A wallet in process, durable, one partition")?;
        writeln!(
            f,
            "  world               {} customers, {} shops, {} pairs who know each other",
            self.customers, self.shops, self.pairs
        )?;
        writeln!(
            f,
            "  loop                closed, {} commands under way by {} threads",
            self.in_flight, self.submitters
        )?;
        self.runs.iter().try_for_each(|run| writeln!(f, "{run}"))?;
        writeln!(f, "  beside a snapshot")?;
        writeln!(f, "{}", self.beside_snapshot)?;
        writeln!(f, "  that snapshot       {}", self.loaded_snapshot)?;
        writeln!(f, "  quiet snapshot      {}", self.quiet_snapshot)?;
        writeln!(f, "  ready               {}", self.opened)?;
        writeln!(f, "  ready after a kill  {}", self.reopened)?;
        if let (Some(machine), Some(whole)) =
            (self.machine_bytes_per_customer, self.memory_bytes_per_customer)
        {
            writeln!(
                f,
                "  memory              {machine:.1} bytes a customer as made; {whole:.1} when ready"
            )?;
        }
        writeln!(
            f,
            "  disk                {:.1} bytes a customer in each of two snapshots; a registration \
             writes {:.0} bytes of log and index; the vault's are not measured",
            self.snapshot_bytes_per_customer, self.written_bytes_per_registration
        )?;
        writeln!(f, "  memory at most      {} MiB", self.most_memory_bytes >> 20)?;
        write!(
            f,
            "  books               verified: {} accounts of {} customers and all else; {} sampled \
             objects found",
            self.books.accounts, self.books.customers, self.books.found
        )
    }
}
