//! A customer asks another for money.

use base::{Stamp, Timestamp, codec_enum, codec_struct};
use ids::{NoteId, RequestId, TransferId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    Open,
    Paid(TransferId),
    /// The payer will not pay.
    Declined,
    /// The asker does not want it any more.
    Withdrawn,
    Expired,
}
codec_enum!(RequestState { 0 = Open, 1 = Paid(id), 2 = Declined, 3 = Withdrawn, 4 = Expired });

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub id: RequestId,
    pub asker: u32,
    pub payer: u32,
    pub amount_minor: u64,
    pub note: Option<NoteId>,
    /// The parts of one bill share the id of the first.
    pub group: RequestId,
    pub until: Timestamp,
    pub state: RequestState,
    pub created: Stamp,
}
codec_struct!(Request { id, asker, payer, amount_minor, note, group, until, state, created });
