//! Money that one customer sends another, or that a shop pays out to its owner.

use base::{Stamp, Timestamp, codec_enum, codec_struct};
use ids::{NoteId, RequestId, ScheduleId, TransferId};

/// Whose money it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    Customer(u32),
    Shop(u32),
}
codec_enum!(Party { 0 = Customer(number), 1 = Shop(number) });

/// What it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The customer sent it there and then.
    Direct,
    /// It answers a request for money.
    Request(RequestId),
    /// It was planned.
    Schedule(ScheduleId),
    /// A shop's takings go to its owner.
    PayOut,
}
codec_enum!(Origin { 0 = Direct, 1 = Request(id), 2 = Schedule(id), 3 = PayOut });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// It has left the sender and waits, because the payee is new; until then the sender can take
    /// it back.
    Held {
        until: Timestamp,
    },
    Done,
    /// By the sender; or by time, when the sender's account was stopped or the payee has left.
    TakenBack,
}
codec_enum!(TransferState { 0 = Held { until }, 1 = Done, 2 = TakenBack });

/// See the module's text. Amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub id: TransferId,
    pub from: Party,
    pub to: u32,
    pub amount_minor: u64,
    /// On top of the amount, from the sender.
    pub fee_minor: u64,
    pub note: Option<NoteId>,
    pub origin: Origin,
    pub state: TransferState,
    pub created: Stamp,
}
codec_struct!(Transfer { id, from, to, amount_minor, fee_minor, note, origin, state, created });
