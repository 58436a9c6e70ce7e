//! Applies durable batches, answers, publishes, and lets others look at the state in between.

use crate::core::Applier;
use crate::engine::Shared;
use crate::inbox::Durable;
use crate::publish::Publisher;
use crate::{EngineError, Seen};
use base::{Machine, Stamp};
use state::Keeper;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

/// How often to see whether the effects' receiver has caught up, while effects are held back.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(crate) struct ApplyThread<M: Machine, K> {
    pub(crate) applier: Applier<M, K>,
    pub(crate) publisher: Publisher<M>,
    /// Takes copies to be written as snapshots.
    pub(crate) snapshots: SyncSender<(M, Stamp)>,
    pub(crate) snapshot_every: u64,
    /// Position of the last copy handed over.
    pub(crate) last_snapshot: u64,
}

impl<M: Machine, K: Keeper> ApplyThread<M, K> {
    pub(crate) fn run(mut self, shared: &Shared<M>) -> Result<(), EngineError> {
        self.publisher.resend(self.applier.machine());
        loop {
            let longest = self.publisher.is_holding_back().then_some(LOOK_AGAIN);
            let Some(work) = shared.inbox.next(longest) else { break };
            for question in work.questions {
                question(self.applier.machine(), self.applier.history(), self.applier.last());
            }
            if let Some(batch) = work.batch {
                self.apply(batch, shared)?;
            }
            self.publisher.resend(self.applier.machine());
        }
        if !shared.is_killed() && self.applier.last().position > self.last_snapshot {
            // Waits for a snapshot that is being written; the thread ends when the sender is gone.
            let _ = self.snapshots.send((self.applier.machine().clone(), self.applier.last()));
        }
        Ok(())
    }

    fn apply(&mut self, batch: Durable<M>, shared: &Shared<M>) -> Result<(), EngineError> {
        let Durable { appended, mut jobs, tick } = batch;
        let watched = self.publisher.has_watchers();
        let mut events: Vec<Seen<M>> = Vec::new();
        let mut effects = Vec::new();
        for (index, mut job) in (0..).zip(jobs.drain(..)) {
            let stamp = appended.stamp(index);
            let outcome = self.applier.apply(stamp, job.command);
            effects.extend(outcome.effects);
            if watched {
                events.extend(outcome.events.into_iter().map(|event| (stamp, event)));
            }
            job.done.answer(Ok((stamp, outcome.reply)));
        }
        shared.inbox.give_back(jobs);
        self.publisher.send_events(events);
        if !self.publisher.send_effects(effects) {
            shared.counters.effects_held_back.fetch_add(1, Relaxed);
        }
        shared.queue.set_timer(self.applier.machine().next_timer(), tick);
        self.applier.finish()?;
        let position = self.applier.last().position;
        shared.counters.applied_position.store(position, Relaxed);
        shared.counters.indexed_position.store(shared.reader.applied(), Relaxed);
        self.copy_if_due(position);
        Ok(())
    }

    /// Hands a copy to the snapshot thread; when that is still busy, the next batch tries again.
    fn copy_if_due(&mut self, position: u64) {
        if position - self.last_snapshot >= self.snapshot_every {
            let copy = (self.applier.machine().clone(), self.applier.last());
            if self.snapshots.try_send(copy).is_ok() {
                self.last_snapshot = position;
            }
        }
    }
}
