//! One partition: the real log on a faulty disk, the real engine core, the real index, and what a
//! crash leaves of them.

use super::trace::{fold_bytes, fold_number};
use super::{Broken, Invariant};
use base::{Codec, Machine, MapHistory, Outcome, Stamp, Timestamp, decode_all, encode};
use engine::{Applier, Core, EngineError};
use ids::Partition;
use log::{FaultyDisk, Log, LogError, Options, Preallocate, SegmentLog};
use network::{Network, PartitionPlan};
use state::{Archive, Cold, IndexStore, Indexer, Limits, MemStore};
use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) type Engine<M> = Core<M, SegmentLog<FaultyDisk>, Cold>;

/// A partition that is running.
pub(crate) struct Live<M: Machine = Network> {
    pub core: Engine<M>,
    pub indexer: Indexer,
}

/// A copy of the machine and the record it reflects, written beside the log.
struct Snapshot {
    bytes: Vec<u8>,
    stamp: Stamp,
}

/// The machine as it was when the process died.
struct Before<M> {
    machine: M,
    stamp: Stamp,
}

/// A command that waits, and whatever the caller keeps with it.
pub(crate) struct Job<A, M: Machine = Network> {
    pub command: M::Command,
    pub asker: A,
}

/// One record that was made durable and applied.
pub(crate) struct Applied<A, M: Machine = Network> {
    pub stamp: Stamp,
    pub command: M::Command,
    pub outcome: Outcome<M>,
    /// Nobody asked for a tick.
    pub asker: Option<A>,
    /// Position, time and command as one number.
    pub digest: u64,
}

/// Why a partition did not start.
pub(crate) enum NoStart {
    /// A fault of the disk that the run made itself: start again.
    Disk,
    Broken(Broken),
}

/// A partition of the network, or a wallet of its own.
pub(crate) struct Node<A, M: Machine = Network> {
    pub plan: PartitionPlan,
    /// What it is called when something is wrong with it.
    name: String,
    /// The machine of an empty log.
    empty: M,
    pub disk: FaultyDisk,
    pub live: Option<Live<M>>,
    pub queue: VecDeque<Job<A, M>>,
    /// When the next batch is written, if that is planned.
    pub wake: Option<Timestamp>,
    segment_bytes: u64,
    store: MemStore,
    archive: Arc<Archive>,
    snapshot: Option<Snapshot>,
    before: Option<Before<M>>,
    /// A digest of every record whose outcome was let out, in order: what the world knows.
    journal: Vec<u64>,
}

/// What a record says, as one number.
fn digest(stamp: Stamp, command: &impl Codec) -> u64 {
    let mut bytes = Vec::with_capacity(512);
    command.encode(&mut bytes);
    fold_bytes(fold_number(stamp.position, stamp.time.nanos()), &bytes)
}

/// A failed write or sync, which the run caused; everything else is the product's own.
fn is_disk_fault(error: &LogError) -> bool {
    matches!(error, LogError::Fatal { .. } | LogError::DiskFull { .. } | LogError::Poisoned)
}

impl<A> Node<A> {
    /// A partition of the network.
    pub fn new(plan: PartitionPlan, segment_bytes: u64) -> Node<A> {
        let name = format!("partition {}", plan.partition.0);
        Node::of(Network::new(plan), (plan, name), segment_bytes)
    }
}

impl<A, M: Machine> Node<A, M> {
    /// Any machine, as it is with an empty log.
    pub fn of(empty: M, (plan, name): (PartitionPlan, String), segment_bytes: u64) -> Node<A, M> {
        Node {
            plan,
            name,
            empty,
            disk: FaultyDisk::default(),
            live: None,
            queue: VecDeque::new(),
            wake: None,
            segment_bytes,
            store: MemStore::default(),
            archive: Arc::new(Archive::in_memory()),
            snapshot: None,
            before: None,
            journal: Vec::new(),
        }
    }

    fn broken(&self, invariant: Invariant, what: impl Into<String>) -> NoStart {
        NoStart::Broken(Broken { invariant, message: format!("{}: {}", self.name, what.into()) })
    }

    pub fn partition(&self) -> Partition {
        self.plan.partition
    }

    fn options(&self) -> Options {
        Options {
            partition: self.plan.partition.0,
            segment_bytes: self.segment_bytes,
            preallocate: Preallocate::Reserve,
            verify_all: false,
        }
    }

    /// Opens the log, loads what else is left, replays, and compares with what was let out.
    pub fn start(&mut self) -> Result<(), NoStart> {
        let opened = SegmentLog::open(self.disk.clone(), self.options());
        let log = match opened {
            Ok((log, _)) => log,
            Err(error) if is_disk_fault(&error) => return Err(NoStart::Disk),
            Err(error) => {
                let what = format!("the log cannot be opened: {error}");
                return Err(self.broken(Invariant::AcknowledgedStays, what));
            }
        };
        let log_end = log.next_position() - 1;
        self.check_journal(&log)?;
        let applied = self.store.applied().map_err(|error| self.fault(&error))?.position;
        if applied > log_end {
            let what = format!("the index is at {applied}, the log ends at {log_end}");
            return Err(self.broken(Invariant::AcknowledgedStays, what));
        }
        if self.snapshot.as_ref().is_some_and(|it| it.stamp.position > applied) {
            // A snapshot yields no rows: what the index lacks has to come from the log.
            self.lose_index();
        }
        let (machine, stamp) = match &self.snapshot {
            Some(it) => (self.decode(&it.bytes)?, it.stamp),
            None => (self.empty.clone(), Stamp::default()),
        };
        let opened = Cold::new(Arc::new(self.store.clone()), self.archive.clone(), limits());
        let (cold, indexer) = opened.map_err(|error| self.fault(&error))?;
        let core = Core::recover(log, machine, stamp, cold).map_err(|error| self.fault(&error))?;
        self.check_recovered(&core)?;
        self.live = Some(Live { core, indexer });
        Ok(())
    }

    fn fault(&self, error: &dyn std::fmt::Display) -> NoStart {
        self.broken(Invariant::ReplayIsEqual, format!("cannot start again: {error}"))
    }

    fn decode(&self, bytes: &[u8]) -> Result<M, NoStart> {
        decode_all(bytes).map_err(|error| self.fault(&error))
    }

    /// Everything that was let out is still there, and says the same.
    fn check_journal(&mut self, log: &SegmentLog<FaultyDisk>) -> Result<(), NoStart> {
        let log_end = log.next_position() - 1;
        let known = self.journal.len() as u64;
        if log_end < known {
            let what = format!("record {known} was acknowledged, the log ends at {log_end}");
            return Err(self.broken(Invariant::AcknowledgedStays, what));
        }
        let mut journal = Vec::with_capacity(self.journal.len());
        let mut last = Timestamp::default();
        for read in log.read(1).map_err(|error| self.fault(&error))? {
            let record = read.map_err(|error| self.fault(&error))?;
            if record.time < last {
                let what = format!("record {} is earlier than the one before", record.position);
                return Err(self.broken(Invariant::TimeGoesOn, what));
            }
            last = record.time;
            // The first byte of a payload is its version.
            let start = fold_number(record.position, record.time.nanos());
            journal.push(fold_bytes(start, record.payload.get(1..).unwrap_or_default()));
        }
        let differs = journal.iter().zip(&self.journal).position(|(now, then)| now != then);
        if let Some(at) = differs {
            let what = format!("record {} is not the one that was acknowledged", at + 1);
            return Err(self.broken(Invariant::AcknowledgedStays, what));
        }
        self.journal = journal;
        Ok(())
    }

    /// The recovered machine is the one that died, when the log did not go on after it.
    fn check_recovered(&mut self, core: &Engine<M>) -> Result<(), NoStart> {
        let Some(before) = self.before.take() else { return Ok(()) };
        let same_place = before.stamp.position == core.last().position;
        if same_place && encode(&before.machine) != encode(core.machine()) {
            let what = "the recovered machine differs from the one that died";
            return Err(self.broken(Invariant::ReplayIsEqual, what));
        }
        Ok(())
    }

    /// The process dies here.
    pub fn stop(&mut self) {
        self.queue.clear();
        self.wake = None;
        if let Some(live) = self.live.take() {
            let (machine, stamp) = (live.core.machine().clone(), live.core.last());
            self.before = Some(Before { machine, stamp });
        }
    }

    /// Index and archive did not survive; the log makes them again.
    pub fn lose_index(&mut self) {
        self.snapshot = None;
        self.store = MemStore::default();
        self.archive = Arc::new(Archive::in_memory());
    }

    /// Writes, applies and hands out one batch of at most `most` commands, and a tick when one is
    /// due. An error ends the process: nothing of the batch may leave.
    pub fn commit(
        &mut self,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Applied<A, M>>, EngineError> {
        let Some(live) = &mut self.live else { return Ok(Vec::new()) };
        let count = self.queue.len().min(most);
        let (mut batch, mut askers): (Vec<M::Command>, Vec<Option<A>>) =
            self.queue.drain(..count).map(|job| (job.command, Some(job.asker))).unzip();
        if live.core.tick_due(now) {
            batch.push(M::tick());
            askers.push(None);
        }
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = live.core.commit(batch.clone(), now)?;
        let mut applied = Vec::with_capacity(outcomes.len());
        for (((stamp, outcome), command), asker) in outcomes.into_iter().zip(batch).zip(askers) {
            let digest = digest(stamp, &command);
            self.journal.push(digest);
            applied.push(Applied { stamp, command, outcome, asker, digest });
        }
        Ok(applied)
    }

    /// Lets the indexer work on one group.
    pub fn index(&mut self) -> Result<(), Broken> {
        let name = &self.name;
        let Some(live) = &mut self.live else { return Ok(()) };
        live.indexer.step().map(drop).map_err(|error| Broken {
            invariant: Invariant::ReplayIsEqual,
            message: format!("{name}: the index cannot be written: {error}"),
        })
    }

    /// Writes a snapshot, once the index has everything that it reflects.
    pub fn take_snapshot(&mut self) -> Result<(), Broken> {
        let Some(position) = self.live.as_ref().map(|live| live.core.last().position) else {
            return Ok(());
        };
        while self.store.applied().is_ok_and(|mark| mark.position < position) {
            self.index()?;
        }
        if let Some(live) = &self.live {
            let snapshot = Snapshot { bytes: encode(live.core.machine()), stamp: live.core.last() };
            self.snapshot = Some(snapshot);
        }
        Ok(())
    }

    /// Replays the whole log on a new machine and on plain maps, and compares with what lives; then
    /// once more from the newest snapshot.
    pub fn check_replay(&mut self) -> Result<(), Broken> {
        let checked = self.replay_from_zero().and_then(|()| self.replay_from_snapshot());
        checked.map_err(|message| Broken {
            invariant: Invariant::ReplayIsEqual,
            message: format!("{}: {message}", self.name),
        })
    }

    /// The whole log, applied to a new machine and plain maps.
    pub fn replayed(&self) -> Result<Applier<M, MapHistory>, String> {
        let new = self.empty.clone();
        let mut replay = Applier::new(new, Stamp::default(), MapHistory::default());
        if let Some(live) = &self.live {
            engine::recover(live.core.log(), &mut replay, &mut |_| {})
                .map_err(|error| error.to_string())?;
        }
        Ok(replay)
    }

    fn replay_from_zero(&self) -> Result<(), String> {
        let Some(live) = &self.live else { return Ok(()) };
        let replay = self.replayed()?;
        if encode(replay.machine()) != encode(live.core.machine()) {
            return Err("the log, applied again from its start, gives another machine".into());
        }
        let reader = live.core.applier().keeper().reader();
        let maps = replay.keeper();
        for (name, value) in &maps.names {
            let found = reader.name(name).map_err(|error| error.to_string())?;
            if found.as_ref() != Some(value) {
                return Err(format!("the index tells another meaning of a name: {name:?}"));
            }
        }
        for (id, bytes) in &maps.objects {
            let found = reader.object(*id, u64::MAX).map_err(|error| error.to_string())?;
            if found.as_ref() != Some(bytes) {
                return Err(format!("the archive has another version of {id:x}"));
            }
        }
        Ok(())
    }

    fn replay_from_snapshot(&mut self) -> Result<(), String> {
        let Some(live) = &self.live else { return Ok(()) };
        let Some(snapshot) = &self.snapshot else { return Ok(()) };
        let machine: M = decode_all(&snapshot.bytes).map_err(|error| error.to_string())?;
        let (cold, _) = Cold::new(Arc::new(self.store.clone()), self.archive.clone(), limits())
            .map_err(|error| error.to_string())?;
        let mut replay = Applier::new(machine, snapshot.stamp, cold);
        engine::recover(live.core.log(), &mut replay, &mut |_| {})
            .map_err(|error| error.to_string())?;
        match encode(replay.machine()) == encode(live.core.machine()) {
            true => Ok(()),
            false => Err("snapshot and tail give another machine".into()),
        }
    }
}

/// One thread does everything here: waiting for the indexer would be forever.
fn limits() -> Limits {
    Limits::unlimited()
}
