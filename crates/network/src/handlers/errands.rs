//! Errands: begun, answered, tried again, given up.

use crate::machine::{Context, Network, Timer};
use crate::{Effect, Errand, ErrandId, ErrandOutcome, Event, Message, Reply};
use ids::ParticipantId;
use std::sync::Arc;

impl Network {
    /// Sends someone off with a message.
    pub(crate) fn send_out(&mut self, cx: &mut Context<'_>, to: ParticipantId, message: Message) {
        let id = ErrandId { partition: self.plan.partition, number: self.next_errand };
        self.next_errand += 1;
        let errand = Errand { id, to, message, attempts: 0, is_out: false, created: cx.stamp };
        self.try_errand(cx, errand);
    }

    fn try_errand(&mut self, cx: &mut Context<'_>, mut errand: Errand) {
        errand.attempts += 1;
        errand.is_out = true;
        let errand = Arc::new(errand);
        self.errands.insert(errand.id, Arc::clone(&errand));
        cx.effects.push(Effect::Errand(errand));
    }

    pub(crate) fn errand_again(&mut self, cx: &mut Context<'_>, id: ErrandId) {
        let waiting = self.errands.get(&id).filter(|errand| !errand.is_out);
        if let Some(errand) = waiting.map(|errand| errand.as_ref().clone()) {
            self.try_errand(cx, errand);
        }
    }

    /// The outcome of the attempt that is out, once; anything else is stale.
    pub(crate) fn errand_done(
        &mut self,
        cx: &mut Context<'_>,
        id: ErrandId,
        attempt: u32,
        outcome: ErrandOutcome,
    ) -> Reply {
        let is_open = |errand: &&Arc<Errand>| errand.is_out && errand.attempts == attempt;
        let Some(errand) = self.errands.get(&id).filter(is_open) else { return Reply::Done };
        let mut errand = errand.as_ref().clone();
        if errand.is_ended_by(outcome) {
            self.errands.remove(&id);
            return Reply::Done;
        }
        errand.is_out = false;
        match errand.next_after().filter(|_| !base::planted(36)) {
            Some(wait) => {
                self.timers.insert((cx.now().after(wait), Timer::Errand(id)));
                self.errands.insert(id, Arc::new(errand));
            }
            None => {
                self.errands.remove(&id);
                cx.events.push(Event::ErrandGivenUp(Arc::new(errand)));
            }
        }
        Reply::Done
    }
}
