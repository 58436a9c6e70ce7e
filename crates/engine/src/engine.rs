//! The handle on a running engine.

use crate::core::{Applier, replay};
use crate::counters::Counters;
use crate::inbox::Inbox;
use crate::options::OnFatal;
use crate::publish::{Effects, Events, Seen};
use crate::queue::{Answer, Done, Job, Queue, Waiter};
use crate::sync::lock;
use crate::{Clock, EngineError, SubmitError};
use base::{History, Machine, Stamp, Timestamp};
use log::{LogError, RealDisk};
use state::{ColdReader, IndexerThread, SnapshotDir};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, oneshot};

/// What the past is made from again.
pub(crate) struct Origin<M> {
    /// Directory of the partition.
    pub(crate) home: PathBuf,
    pub(crate) kind: String,
    /// The machine of an empty log.
    pub(crate) initial: Mutex<M>,
}

/// What the handle and all threads see.
pub(crate) struct Shared<M: Machine> {
    pub(crate) queue: Queue<M>,
    pub(crate) inbox: Inbox<M>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) on_fatal: OnFatal,
    pub(crate) reader: ColdReader,
    pub(crate) killed: AtomicBool,
    pub(crate) effects: Mutex<Option<Effects<M>>>,
    pub(crate) origin: Origin<M>,
    /// Weak, so that watchers learn of the end of the apply thread, which owns the strong one.
    pub(crate) events: broadcast::WeakSender<Vec<Seen<M>>>,
}

impl<M: Machine> Shared<M> {
    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Acquire)
    }

    /// Nothing may be answered from now on: the hook first, which by default ends the process.
    pub(crate) fn fatal(&self, error: &EngineError) {
        if !self.killed.swap(true, Ordering::AcqRel) {
            (self.on_fatal)(error);
        }
        self.queue.end();
        self.inbox.end();
    }
}

/// The threads of one engine. When the last handle goes, they are ended where they stand.
pub(crate) struct Threads<M: Machine> {
    pub(crate) shared: Arc<Shared<M>>,
    pub(crate) indexer: Arc<IndexerThread>,
    pub(crate) running: Mutex<Vec<JoinHandle<()>>>,
}

impl<M: Machine> Threads<M> {
    fn join(&self) {
        let running = std::mem::take(&mut *lock(&self.running));
        for thread in running {
            // The last handle may go on one of the threads themselves, inside a callback.
            if thread.thread().id() != std::thread::current().id() {
                // A panic was reported through the hook.
                let _ = thread.join();
            }
        }
        self.indexer.stop();
    }
}

impl<M: Machine> Drop for Threads<M> {
    fn drop(&mut self) {
        self.shared.killed.store(true, Ordering::Release);
        self.shared.queue.end();
        self.shared.inbox.end();
        // Before the others are waited for: one may wait for room in the indexer's queue.
        self.indexer.stop();
        self.join();
    }
}

/// One partition at work. Clones are handles on the same engine; when the last one is dropped
/// without [`stop`](Engine::stop), the engine ends as if the process had been killed.
pub struct Engine<M: Machine> {
    pub(crate) shared: Arc<Shared<M>>,
    pub(crate) threads: Arc<Threads<M>>,
}

impl<M: Machine> Clone for Engine<M> {
    fn clone(&self) -> Engine<M> {
        Engine { shared: self.shared.clone(), threads: self.threads.clone() }
    }
}

impl<M: Machine> Engine<M> {
    /// Takes a command; the answer comes when it is durable **and** applied.
    ///
    /// Errors: [`SubmitError::Overloaded`] at once when the queue is full.
    pub async fn submit(&self, command: M::Command) -> Result<(Stamp, M::Reply), SubmitError> {
        let (sender, receiver) = oneshot::channel();
        self.push(command, Waiter::Task(sender))?;
        receiver.await.unwrap_or(Err(SubmitError::Stopped))
    }

    /// Like [`submit`](Engine::submit) for programs without tasks. When the command was taken,
    /// `call` is called exactly once, on one of the engine's threads: it must be quick.
    pub fn try_submit(
        &self,
        command: M::Command,
        call: impl FnOnce(Answer<M>) + Send + 'static,
    ) -> Result<(), SubmitError> {
        self.push(command, Waiter::Call(Box::new(call)))
    }

    fn push(&self, command: M::Command, waiter: Waiter<M>) -> Result<(), SubmitError> {
        let job = Job { command, done: Done::new(waiter) };
        self.shared.queue.push(job).map_err(|(mut job, error)| {
            // The return value says it all.
            drop(job.done.release());
            if error == SubmitError::Overloaded {
                self.shared.counters.overloaded.fetch_add(1, Ordering::Relaxed);
            }
            error
        })
    }

    /// Asks the durable state, on the apply thread between two batches: `look` must be quick.
    ///
    /// Errors: [`SubmitError::Overloaded`] when too many ask at once.
    pub async fn read<R: Send + 'static>(
        &self,
        look: impl FnOnce(&M, &dyn History, Stamp) -> R + Send + 'static,
    ) -> Result<R, SubmitError> {
        let (sender, receiver) = oneshot::channel();
        self.shared.inbox.ask(Box::new(move |machine, history, stamp| {
            // Whoever asked may have gone away.
            let _ = sender.send(look(machine, history, stamp));
        }))?;
        receiver.await.map_err(|_| SubmitError::Stopped)
    }

    /// Waits until no timer is due: after a clock was set by hand, and its ticks were applied.
    pub async fn settle(&self) -> Result<(), SubmitError> {
        loop {
            let next = self.read(|machine, _, stamp| (machine.next_timer(), stamp.time)).await?;
            let now = self.shared.clock.now().max(next.1);
            if next.0.is_none_or(|due| due > now) {
                return Ok(());
            }
            self.shared.queue.wake();
        }
    }

    /// The engine's clock, but never before its last record.
    pub async fn now(&self) -> Result<Timestamp, SubmitError> {
        let last = self.read(|_, _, stamp| stamp.time).await?;
        Ok(self.shared.clock.now().max(last))
    }

    /// Names, objects and lists, from any thread and off the engine's path.
    pub fn history(&self) -> ColdReader {
        self.shared.reader.clone()
    }

    /// The machine as it was after record `position`: from the newest snapshot before it, and the
    /// records between. Blocks, for as long as a replay takes, without being in the engine's way.
    ///
    /// Errors: [`EngineError::NotYet`] for a position that the log has not reached, and when log or
    /// snapshots cannot be read.
    pub fn past(&self, position: u64) -> Result<(M, Stamp), EngineError> {
        let Origin { home, kind, initial } = &self.shared.origin;
        let log_end = self.shared.counters.applied_position.load(Ordering::Acquire);
        if position > log_end {
            return Err(EngineError::NotYet { position, log_end });
        }
        let snapshots = SnapshotDir::existing(&home.join("snapshots"), kind);
        let start = snapshots.load_until(position)?;
        let (machine, stamp) = start.unwrap_or_else(|| (lock(initial).clone(), Stamp::default()));
        let mut applier = Applier::new(machine, stamp, self.shared.reader.past());
        let directory = home.join("log");
        let disk = RealDisk::existing(&directory).map_err(|source| LogError::Read {
            what: format!("cannot open {}", directory.display()),
            source,
        })?;
        if stamp.position < position {
            let records = log::records(&disk, stamp.position + 1)?;
            let wanted = usize::try_from(position - stamp.position).unwrap_or(usize::MAX);
            replay(records.take(wanted), &mut applier, &mut |_| {})?;
        }
        match applier.last() {
            stamp if stamp.position == position => Ok((applier.into_machine(), stamp)),
            stamp => Err(EngineError::OutOfOrder { expected: position, found: stamp.position }),
        }
    }

    /// Watches events from now on. `None` when the engine has stopped.
    pub fn subscribe(&self) -> Option<Events<M>> {
        let events = self.shared.events.upgrade()?;
        Some(Events { receiver: events.subscribe() })
    }

    /// The effects, for the one worker that carries them out; `None` when they were taken.
    pub fn take_effects(&self) -> Option<Effects<M>> {
        lock(&self.shared.effects).take()
    }

    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Refuses new commands, finishes those taken, writes a last snapshot, ends the threads.
    /// Blocks. A [`ColdReader`] that is still held keeps the index open.
    pub fn stop(&self) {
        self.shared.queue.drain();
        self.threads.join();
    }
}
