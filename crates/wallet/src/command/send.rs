//! Money between customers: transfers, requests for money, plans. Amounts in minor units.

use crate::Once;
use crate::objects::Every;
use base::{Timestamp, codec_enum, codec_struct};
use ids::{NoteId, RequestId, ScheduleId, TransferId};

/// One customer sends another money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    pub id: TransferId,
    pub from: u32,
    pub to: u32,
    pub amount_minor: u64,
    pub note: Option<NoteId>,
    /// The customer was told that this payee is new, and wants to send all the same.
    pub knows_new_payee: bool,
    pub once: Once,
}
codec_struct!(Send { id, from, to, amount_minor, note, knows_new_payee, once });

/// One part of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskPart {
    pub id: RequestId,
    pub payer: u32,
    pub amount_minor: u64,
}
codec_struct!(AskPart { id, payer, amount_minor });

/// A customer asks others for money: one, or all who share a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub asker: u32,
    pub parts: Vec<AskPart>,
    pub note: Option<NoteId>,
    pub until: Timestamp,
    pub once: Once,
}
codec_struct!(Ask { asker, parts, note, until, once });

/// A customer plans transfers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub id: ScheduleId,
    pub from: u32,
    pub to: u32,
    pub amount_minor: u64,
    pub note: Option<NoteId>,
    pub first: Timestamp,
    pub every: Every,
    /// How many transfers, at least 1.
    pub times: u32,
    pub once: Once,
}
codec_struct!(Plan { id, from, to, amount_minor, note, first, every, times, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendCommand {
    Send(Send),
    /// The sender takes back a transfer that still waits.
    TakeBack {
        customer: u32,
        id: TransferId,
    },
    Ask(Ask),
    /// The payer pays what was asked for.
    PayRequest {
        customer: u32,
        request: RequestId,
        id: TransferId,
        once: Once,
    },
    /// The payer will not pay, or the asker does not want it any more.
    EndRequest {
        customer: u32,
        request: RequestId,
    },
    Plan(Plan),
    EndPlan {
        customer: u32,
        id: ScheduleId,
    },
}
codec_enum!(SendCommand {
    0 = Send(it),
    1 = TakeBack { customer, id },
    2 = Ask(it),
    3 = PayRequest { customer, request, id, once },
    4 = EndRequest { customer, request },
    5 = Plan(it),
    6 = EndPlan { customer, id },
});
