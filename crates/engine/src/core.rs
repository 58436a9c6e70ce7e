//! The engine without threads, clocks or sockets: what the threads and the simulator run.

use crate::{EngineError, record};
use base::{Codec, History, Machine, Outcome, Stamp, Timestamp, planted};
use log::{Entry, Log, LogError, Record};
use state::Keeper;

/// Records applied between two hand-overs to the indexer during replay.
const REPLAY_BATCH: u64 = 1_024;

/// Where a batch went: its first stamp; the others follow one by one, at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub first: Stamp,
}

impl Appended {
    /// The stamp of the batch's entry number `index`, counted from 0.
    pub fn stamp(&self, index: u64) -> Stamp {
        Stamp { position: self.first.position + index, time: self.first.time }
    }
}

/// Gives commands their place and time and makes them durable.
pub struct Sequencer<L> {
    log: L,
    entries: Vec<Entry>,
    used: usize,
    /// Only with planted bug 7: answered, but not yet written.
    held_back: Vec<Entry>,
}

impl<L: Log> Sequencer<L> {
    pub fn new(log: L) -> Sequencer<L> {
        Sequencer { log, entries: Vec::new(), used: 0, held_back: Vec::new() }
    }

    /// Time of the newest record.
    pub fn last_time(&self) -> Timestamp {
        self.log.last_time()
    }

    /// Adds a command to the batch that [`append`](Sequencer::append) writes. `false`, and not
    /// added, when it is longer than a record may be.
    pub fn push<C: Codec>(&mut self, command: &C) -> bool {
        if self.used == self.entries.len() {
            self.entries.push(Entry { time: Timestamp::default(), payload: Vec::new() });
        }
        // Buffers of the batch before are used again.
        let payload = &mut self.entries[self.used].payload;
        payload.clear();
        record::encode(command, payload);
        let fits = payload.len() <= log::MAX_PAYLOAD;
        self.used += usize::from(fits);
        fits
    }

    /// Appends the batch, durably, at the later of `now` and the time of the record before.
    pub fn append(&mut self, now: Timestamp) -> Result<Appended, EngineError> {
        let count = std::mem::take(&mut self.used);
        let time = now.max(self.log.last_time());
        let position = self.log.next_position() + self.held_back.len() as u64;
        self.entries[..count].iter_mut().for_each(|entry| entry.time = time);
        if planted(7) {
            // A reply before its record is durable: the batch is written with the next one.
            let held_back = self.entries.drain(..count).collect();
            self.log.append(&std::mem::replace(&mut self.held_back, held_back))?;
        } else {
            self.log.append(&self.entries[..count])?;
        }
        let time = if planted(8) { now } else { time };
        Ok(Appended { first: Stamp { position, time } })
    }

    pub fn log(&self) -> &L {
        &self.log
    }

    /// Gives the log back.
    pub fn into_log(self) -> L {
        self.log
    }
}

/// Applies durable records in order and keeps their rows.
pub struct Applier<M, K> {
    machine: M,
    keeper: K,
    last: Stamp,
}

impl<M: Machine, K: Keeper> Applier<M, K> {
    /// `machine` reflects the log up to `last`; position 0 is the empty log.
    pub fn new(machine: M, last: Stamp, keeper: K) -> Applier<M, K> {
        Applier { machine, keeper, last }
    }

    /// Applies the next record. The rows stay here; everything else is for the world.
    pub fn apply(&mut self, stamp: Stamp, command: M::Command) -> Outcome<M> {
        assert!(stamp.position == self.last.position + 1, "records are applied in order");
        self.keeper.begin(stamp.position);
        let mut outcome = self.machine.apply(stamp, command, &self.keeper);
        self.keeper.keep(stamp.position, std::mem::take(&mut outcome.rows));
        self.last = stamp;
        outcome
    }

    /// Hands the rows of a batch on.
    pub fn finish(&mut self) -> Result<(), EngineError> {
        Ok(self.keeper.finish(self.last.position)?)
    }

    pub fn machine(&self) -> &M {
        &self.machine
    }

    pub fn into_machine(self) -> M {
        self.machine
    }

    /// What is closed, as of now.
    pub fn history(&self) -> &dyn History {
        &self.keeper
    }

    pub fn keeper(&self) -> &K {
        &self.keeper
    }

    /// Stamp of the last record applied.
    pub fn last(&self) -> Stamp {
        self.last
    }
}

/// Applies every record of `log` after the one that `applier` is at. Replies, events and effects
/// are dropped: they were let out before; effects still wanted are in the machine's outbox.
///
/// `progress` is told the position now and then. Returns the number of records applied.
pub fn recover<M: Machine, L: Log, K: Keeper>(
    log: &L,
    applier: &mut Applier<M, K>,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, EngineError> {
    let from = applier.last.position + 1;
    if from < log.next_position() {
        replay(log.read(from)?, applier, progress)?;
    }
    applier.finish()?;
    progress(applier.last.position);
    Ok(applier.last.position + 1 - from)
}

/// Applies records that follow the one that `applier` is at.
pub(crate) fn replay<M: Machine, K: Keeper>(
    records: impl Iterator<Item = Result<Record, LogError>>,
    applier: &mut Applier<M, K>,
    progress: &mut dyn FnMut(u64),
) -> Result<(), EngineError> {
    for read in records {
        let read = read?;
        let expected = applier.last.position + 1;
        if read.position != expected {
            return Err(EngineError::OutOfOrder { expected, found: read.position });
        }
        let command = record::decode(read.position, &read.payload)?;
        applier.apply(Stamp { position: read.position, time: read.time }, command);
        if read.position.is_multiple_of(REPLAY_BATCH) {
            applier.finish()?;
            progress(read.position);
        }
    }
    Ok(())
}

/// A whole engine on one thread: see the module's text.
pub struct Core<M, L, K> {
    sequencer: Sequencer<L>,
    applier: Applier<M, K>,
}

impl<M: Machine, L: Log, K: Keeper> Core<M, L, K> {
    /// Starts from `machine`, which reflects the log up to `last` (a snapshot, or a new machine and
    /// position 0), and replays the rest of the log. Then [`Machine::outbox`] is to be sent again.
    pub fn recover(log: L, machine: M, last: Stamp, keeper: K) -> Result<Self, EngineError> {
        let mut applier = Applier::new(machine, last, keeper);
        recover(&log, &mut applier, &mut |_| {})?;
        Ok(Core { sequencer: Sequencer::new(log), applier })
    }

    /// Makes a batch durable, applies it, and gives the outcomes in order.
    ///
    /// After an error nothing may be let out and the core must not be used again: recover another.
    pub fn commit(
        &mut self,
        batch: Vec<M::Command>,
        now: Timestamp,
    ) -> Result<Vec<(Stamp, Outcome<M>)>, EngineError> {
        for (index, command) in batch.iter().enumerate() {
            if !self.sequencer.push(command) {
                let length = base::encode(command).len();
                return Err(log::LogError::TooLarge { index, length }.into());
            }
        }
        let appended = self.sequencer.append(now)?;
        let outcomes = (0..).zip(batch).map(|(index, command)| {
            let stamp = appended.stamp(index);
            (stamp, self.applier.apply(stamp, command))
        });
        let outcomes = outcomes.collect();
        self.applier.finish()?;
        Ok(outcomes)
    }

    /// Whether the machine wants a tick when the world's clock shows `now`.
    pub fn tick_due(&self, now: Timestamp) -> bool {
        let now = now.max(self.sequencer.last_time());
        self.applier.machine.next_timer().is_some_and(|due| due <= now)
    }

    pub fn machine(&self) -> &M {
        self.applier.machine()
    }

    pub fn applier(&self) -> &Applier<M, K> {
        &self.applier
    }

    pub fn log(&self) -> &L {
        self.sequencer.log()
    }

    /// Stamp of the last record applied.
    pub fn last(&self) -> Stamp {
        self.applier.last
    }

    pub fn into_parts(self) -> (Sequencer<L>, Applier<M, K>) {
        (self.sequencer, self.applier)
    }
}
