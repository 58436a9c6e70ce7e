//! A gift coupon as its buyer, its holder and its shop look at it.

use account::LocalDay;
use base::{Stamp, codec_struct};
use gifts::{Audience, GiftState};
use ids::{GiftId, NoteId};

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    pub id: GiftId,
    /// The coupon itself: value, holder, code, uses.
    pub body: gifts::Gift,
    /// The shop whose offer it is, which keeps what nobody gets.
    pub shop: u32,
    /// The text on the card.
    pub note: Option<NoteId>,
    /// The day on which it was counted against the buyer's limits.
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(Gift { id, body, shop, note, counted, created });

impl Gift {
    /// As it stands after a step.
    pub(crate) fn with(&self, body: gifts::Gift) -> Gift {
        let Gift { id, body: _, shop, note, counted, created } = *self;
        Gift { id, body, shop, note, counted, created }
    }

    /// Something is owed for it exactly as long as it is open.
    pub fn is_open(&self) -> bool {
        !self.body.state().is_final()
    }

    /// The buyer, the one to whom it was sent by name, and its holder.
    pub(crate) fn customers(&self) -> Vec<u32> {
        let mut customers = vec![self.body.buyer()];
        let sent_to = match *self.body.recipient() {
            // Until the card is sent, nobody is told.
            Audience::Named(named) if self.body.state() != GiftState::Paid => Some(named),
            Audience::Named(_) | Audience::Link(_) => None,
        };
        for more in sent_to.into_iter().chain(self.body.holder()) {
            if !customers.contains(&more) {
                customers.push(more);
            }
        }
        customers
    }

    /// Was it used at this till before?
    pub(crate) fn was_used_at(&self, shop: u32) -> bool {
        self.body.uses().iter().any(|used| used.store == shop)
    }
}
