//! The way out: events for those who watch, effects for those who carry them out.
//!
//! An effect lives in the machine's outbox until its outcome has come back, so the channel to the
//! worker is only a fast path. When the channel is full an effect is not queued here; once the
//! worker has caught up, the whole outbox is sent again. The same happens at every start. So an
//! effect arrives at least once, and a worker ignores one that it is already carrying out.

use base::{Machine, Stamp};
use tokio::sync::{broadcast, mpsc};

/// Batches of effects that may wait for the worker.
const EFFECT_BATCHES: usize = 1_024;
/// Effects in one batch when the outbox is sent again.
const RESENT: usize = 1_024;
/// Batches of events that may wait for a watcher before it misses some.
const EVENT_BATCHES: usize = 1_024;

/// An event and the record that caused it.
pub type Seen<M> = (Stamp, <M as Machine>::Event);

pub(crate) struct Publisher<M: Machine> {
    pub(crate) events: broadcast::Sender<Vec<Seen<M>>>,
    effects: mpsc::Sender<Vec<M::Effect>>,
    /// The outbox holds effects that were not sent.
    held_back: bool,
}

impl<M: Machine> Publisher<M> {
    pub(crate) fn new() -> (Publisher<M>, Effects<M>) {
        let (effects, receiver) = mpsc::channel(EFFECT_BATCHES);
        // A start begins with what was not done before it.
        let publisher =
            Publisher { events: broadcast::channel(EVENT_BATCHES).0, effects, held_back: true };
        (publisher, Effects { receiver })
    }

    pub(crate) fn has_watchers(&self) -> bool {
        self.events.receiver_count() > 0
    }

    pub(crate) fn send_events(&self, events: Vec<Seen<M>>) {
        if !events.is_empty() {
            // Nobody watches any more: then nobody misses it.
            let _ = self.events.send(events);
        }
    }

    /// Says whether the effects went out; if not, they wait in the outbox.
    pub(crate) fn send_effects(&mut self, effects: Vec<M::Effect>) -> bool {
        if effects.is_empty() {
            return true;
        }
        let sent =
            !matches!(self.effects.try_send(effects), Err(mpsc::error::TrySendError::Full(_)));
        self.held_back |= !sent;
        sent
    }

    /// Whether [`resend`](Publisher::resend) is still to be called.
    pub(crate) fn is_holding_back(&self) -> bool {
        self.held_back && !self.effects.is_closed()
    }

    /// Sends the whole outbox again, when some of it was held back and the worker has caught up.
    pub(crate) fn resend(&mut self, machine: &M) {
        if !self.held_back || self.effects.capacity() < EFFECT_BATCHES / 2 {
            return;
        }
        self.held_back = false;
        let mut outbox = machine.outbox().into_iter().peekable();
        while outbox.peek().is_some() {
            if !self.send_effects(outbox.by_ref().take(RESENT).collect()) {
                return;
            }
        }
    }
}

/// Receives effects, at least once each: see the module's text.
pub struct Effects<M: Machine> {
    receiver: mpsc::Receiver<Vec<M::Effect>>,
}

impl<M: Machine> Effects<M> {
    /// The next effects in the order of their records; `None` when the engine has stopped.
    pub async fn next(&mut self) -> Option<Vec<M::Effect>> {
        self.receiver.recv().await
    }

    /// What is there now.
    pub fn try_next(&mut self) -> Option<Vec<M::Effect>> {
        self.receiver.try_recv().ok()
    }
}

/// Receives events.
pub struct Events<M: Machine> {
    pub(crate) receiver: broadcast::Receiver<Vec<Seen<M>>>,
}

impl<M: Machine> Events<M> {
    /// The next events in log order. `Some(Err(n))`: too slow, `n` batches are missed and have to
    /// be read from the state. `None`: the engine has stopped.
    pub async fn next(&mut self) -> Option<Result<Vec<Seen<M>>, u64>> {
        match self.receiver.recv().await {
            Ok(events) => Some(Ok(events)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Err(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
