//! The bare machine: no threads, no disk, no HTTP; time moves when it is told to.
//!
//! Every step checks that the books balance. Effects wait until somebody answers them.

use base::{Machine, MapHistory, Span, Stamp, Timestamp};
use network::{
    Change, Command, Effect, EffectId, EffectKind, EffectOutcome, Errand, ErrandId, ErrandOutcome,
    Event, Network, Operator, PartitionPlan, PaymentEffect, Reply, WalletAnswer,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One network of one partition, its history, and the effects nobody has answered yet.
pub struct Bare {
    pub machine: Network,
    pub history: MapHistory,
    pub now: Timestamp,
    pub position: u64,
    pub effects: BTreeMap<EffectId, PaymentEffect>,
    /// Messages that belong to no payment.
    pub errands: BTreeMap<ErrandId, Arc<Errand>>,
    pub events: Vec<Event>,
}

impl Bare {
    pub fn new(start: Timestamp) -> Bare {
        Bare {
            machine: Network::new(PartitionPlan::SINGLE),
            history: MapHistory::default(),
            now: start,
            position: 0,
            effects: BTreeMap::new(),
            errands: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    /// Applies one command now. Panics when the books do not balance: that is a bug, not an
    /// outcome.
    pub fn submit(&mut self, command: Command) -> Reply {
        self.position += 1;
        let stamp = Stamp { position: self.position, time: self.now };
        let outcome = self.machine.apply(stamp, command, &self.history);
        self.history.keep(outcome.rows);
        self.let_out(outcome.effects);
        self.events.extend(outcome.events);
        if let Err(error) = self.machine.ledger().verify() {
            panic!("after record {}: the books do not balance: {error:?}", self.position);
        }
        outcome.reply
    }

    fn let_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Payment(effect) => drop(self.effects.insert(effect.id, effect)),
                Effect::Errand(errand) => drop(self.errands.insert(errand.id, errand)),
            }
        }
    }

    /// The process died and came back: what waits in the outbox goes out again.
    pub fn relaunch(&mut self) {
        self.effects.clear();
        self.errands.clear();
        self.let_out(self.machine.outbox());
    }

    /// Answers the attempt of an errand that is out; `false` when there is none.
    pub fn errand(&mut self, id: ErrandId, outcome: ErrandOutcome) -> bool {
        let Some(errand) = self.errands.remove(&id) else { return false };
        self.submit(Command::ErrandDone { id, attempt: errand.attempts, outcome });
        true
    }

    /// Applies a change by the operator.
    pub fn operate(&mut self, change: Change) -> Reply {
        let text = |text: &str| text.parse().expect("a short constant text");
        let by = Operator { who: "scenario".parse().expect("a short name"), why: text("set up") };
        self.submit(Command::Operate { by, change })
    }

    /// Moves time and fires what becomes due on the way, in order.
    pub fn advance(&mut self, span: Span) {
        let end = self.now.after(span);
        while let Some(due) = self.machine.next_timer().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.submit(Network::tick());
        }
        self.now = end;
    }

    /// Answers an effect; `false` when it is not open.
    pub fn answer(&mut self, id: EffectId, outcome: EffectOutcome) -> bool {
        if self.effects.remove(&id).is_none() {
            return false;
        }
        self.submit(Command::EffectDone { id, outcome });
        true
    }

    /// Answers the open wallet call of this kind for a payment; `false` when there is none.
    pub fn wallet(&mut self, payment: ids::PaymentId, kind: EffectKind, it: WalletAnswer) -> bool {
        let open = self.effects.keys().find(|id| id.payment == payment && id.kind == kind).copied();
        open.is_some_and(|id| self.answer(id, EffectOutcome::Wallet(it)))
    }
}
