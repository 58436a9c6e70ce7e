//! Replies: what the sender of a command is told.

use crate::{Object, Refusal};

#[derive(Clone, Debug)]
pub enum Reply {
    /// Carried out; nothing to tell.
    Done,
    Refused(Refusal),
    /// The number of a customer, shop, offer, box, line, show or biller, new or known.
    Number(u32),
    /// The object as it stands; `is_repeat` when the request was known before.
    Made {
        object: Object,
        is_repeat: bool,
    },
    /// Several of one request, such as the parts of a bill that is split.
    Several(Vec<Object>),
    /// The cancel stands for an id that was never seen: a payment with it will be refused.
    Tombstone,
}
