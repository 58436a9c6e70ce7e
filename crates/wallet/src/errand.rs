//! Errands: what has to be said to a bank, the network, a biller, about an object, until it is
//! answered. Each is tried by the edge; its place in the list of what is owed goes with the log.

use crate::Object;
use base::{ResultCode, Span, codec_enum, codec_struct};
use std::sync::Arc;

/// What is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrandKind {
    /// To the bank: move the money. Sent again under the same id, it moves once.
    BankSubmit,
    /// To the bank: what became of the move?
    BankInquiry,
    /// To the network: how an order that was scanned ended. Source: wallet interface 2.6.
    NotifyPayment,
    /// To the network: an agreement has ended. Source: wallet interface 2.12.
    TokenCancelled,
    /// To the fund: what was dealt on a day, to be agreed to and settled.
    FundOrder,
    /// To the biller: take the payment of a bill. Sent again under the same id, it is taken once.
    BillPay,
    /// To the biller: what became of the payment?
    BillInquiry,
}
codec_enum!(ErrandKind {
    0 = BankSubmit,
    1 = BankInquiry,
    2 = NotifyPayment,
    3 = TokenCancelled,
    4 = FundOrder,
    5 = BillPay,
    6 = BillInquiry,
});

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrandAnswer {
    Yes,
    No(ResultCode),
    InProcess,
    NotFound,
    Silent,
}
codec_enum!(ErrandAnswer { 0 = Yes, 1 = No(code), 2 = InProcess, 3 = NotFound, 4 = Silent });

/// One errand: at most one of a kind about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The object's id.
    pub about: u128,
    pub kind: ErrandKind,
    /// Attempts begun so far: an answer to another attempt than the last changes nothing.
    pub attempt: u32,
    /// Is the answer to the last attempt still out?
    pub is_out: bool,
}
codec_struct!(Errand { about, kind, attempt, is_out });

/// An attempt to be made now, with the object as it stood when it was wished for.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub errand: Arc<Errand>,
    pub object: Object,
}

impl ErrandKind {
    /// How long one attempt may take. Source: wallet interface 1.7 for the network's.
    pub const fn timeout(self) -> Span {
        match self {
            ErrandKind::BankSubmit
            | ErrandKind::BankInquiry
            | ErrandKind::FundOrder
            | ErrandKind::BillPay
            | ErrandKind::BillInquiry => Span::secs(10),
            ErrandKind::NotifyPayment | ErrandKind::TokenCancelled => Span::secs(5),
        }
    }
}

/// Attempts after which nobody is told any more: ten quick ones, then hourly for four days.
pub(crate) const MAX_ATTEMPTS: u32 = 106;

/// The wait after an attempt that came to nothing; `None`: it is given up.
///
/// Two seconds, doubled up to half an hour, then hourly. An inquiry is never given up: what is
/// unknown has to become known; nor is a day of the fund.
pub(crate) fn next_after(kind: ErrandKind, attempt: u32) -> Option<Span> {
    let is_endless =
        matches!(kind, ErrandKind::BankInquiry | ErrandKind::FundOrder | ErrandKind::BillInquiry);
    if attempt >= MAX_ATTEMPTS && !is_endless {
        return None;
    }
    Some(match attempt {
        0..=10 => Span::secs(1 << attempt.max(1)),
        _ => Span::hours(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_quickly_then_hourly_and_end() {
        let wait = |attempt| next_after(ErrandKind::NotifyPayment, attempt);
        assert_eq!([1, 2, 10, 11].map(wait), [2, 4, 1_024, 3_600].map(|s| Some(Span::secs(s))));
        assert_eq!(wait(MAX_ATTEMPTS), None);
        for endless in [ErrandKind::BankInquiry, ErrandKind::FundOrder] {
            assert_eq!(next_after(endless, u32::MAX), Some(Span::hours(1)));
        }
    }
}
