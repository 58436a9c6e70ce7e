//! A red packet as its sender and those who claimed look at it.

use account::LocalDay;
use base::{Stamp, codec_struct};
use gifts::{Audience, Claim, PacketState};
use ids::{NoteId, PacketId};

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The packet itself: shares, claims, what is left.
    pub body: gifts::Packet,
    pub note: Option<NoteId>,
    /// The day on which it was counted against the sender's limits.
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(Packet { body, note, counted, created });

impl Packet {
    pub fn id(&self) -> PacketId {
        PacketId::from_u128(self.body.id())
    }

    /// As it stands after a step.
    pub(crate) fn with(&self, body: gifts::Packet) -> Packet {
        let Packet { body: _, note, counted, created } = *self;
        Packet { body, note, counted, created }
    }

    pub fn is_open(&self) -> bool {
        self.body.state() == PacketState::Open
    }

    /// What a customer has claimed of it.
    pub fn claim_of(&self, customer: u32) -> Option<Claim> {
        let mut claims = self.body.claims();
        claims.find(|(number, _)| *number == customer).map(|(_, claim)| *claim)
    }

    /// Whom it concerned from the beginning: the sender, and the one whom it names.
    pub(crate) fn first_customers(&self) -> Vec<u32> {
        match *self.body.audience() {
            Audience::Named(named) => vec![self.body.sender(), named],
            Audience::Link(_) => vec![self.body.sender()],
        }
    }

    pub(crate) fn customers(&self) -> Vec<u32> {
        let mut customers = self.first_customers();
        let known = customers.clone();
        let claimed = self.body.claims().map(|(number, _)| number);
        customers.extend(claimed.filter(|number| !known.contains(number)));
        customers
    }
}
