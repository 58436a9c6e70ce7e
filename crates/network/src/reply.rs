//! Replies: what the sender of a command is told.

use crate::{Agreement, ClaimAnswer, Payment, PaymentCode};
use base::{Refusal, Timestamp};
use fx::FeedReport;
use std::sync::Arc;

/// One issued code and its minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCode {
    pub code: PaymentCode,
    pub from: Timestamp,
    pub until: Timestamp,
}

#[derive(Clone, Debug)]
pub enum Reply {
    /// Carried out; nothing to tell.
    Done,
    Refused(Refusal),
    Codes(Vec<IssuedCode>),
    /// The payment as it stands; `is_repeat` when the request id was known before.
    Payment {
        payment: Arc<Payment>,
        is_repeat: bool,
    },
    /// The payment with the refund at this place.
    Refund {
        payment: Arc<Payment>,
        number: u32,
        is_repeat: bool,
    },
    /// The cancel stands; `None` when it made a tombstone.
    Cancelled(Option<Arc<Payment>>),
    /// The agreement as it stands; `is_repeat` when nothing changed.
    Agreement {
        agreement: Arc<Agreement>,
        is_repeat: bool,
    },
    /// The payment with the dispute at this place.
    Dispute {
        payment: Arc<Payment>,
        number: u32,
        is_repeat: bool,
    },
    /// The payment with the declaration at this place.
    Declared {
        payment: Arc<Payment>,
        number: u32,
    },
    Rates(FeedReport),
    Claim(ClaimAnswer),
}
