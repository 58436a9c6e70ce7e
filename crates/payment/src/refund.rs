//! The transition table of a refund.
//!
//! A refund reserves its part of the refundable remainder when it is accepted; the wallet's answer
//! keeps or frees it. A wallet asked again with the same refund id must give the same answer, so
//! that an unknown refund is asked again by [`refund_retry_after`](crate::refund_retry_after) until
//! it is known.

use base::codec_enum;

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundState {
    /// Accepted; the wallet was asked and has not answered.
    ///
    /// Arrives: an acquirer's `refund` within the remainder and the window. Holds: its transfers
    /// are pending; the acquirer has U. Waits for: the wallet's answer. Ends: approved, declined,
    /// or no usable answer (`Unknown`).
    Pending,
    /// The wallet was silent or is in process: it may or may not have credited the user.
    ///
    /// Arrives: a call without a usable answer. Holds: as `Pending`. Waits for: the same call, sent
    /// again with the same id. Ends: as `Pending`.
    Unknown,
    /// The wallet credited the user. Holds: transfers posted; the acquirer has S. Final.
    Done,
    /// The wallet refused. Holds: nothing, the remainder is free again; the acquirer has F with the
    /// wallet's code, and tries again under a new id. Final.
    Refused,
}
codec_enum!(RefundState { 0 = Pending, 1 = Unknown, 2 = Done, 3 = Refused });

impl RefundState {
    /// Every state, in the order of their tags.
    pub const ALL: [RefundState; 4] =
        [RefundState::Pending, RefundState::Unknown, RefundState::Done, RefundState::Refused];
}

/// What can happen to a refund: the wallet's answers, as for a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundInput {
    /// The wallet says that the user has the money back.
    Approved,
    /// The wallet says that it will not give it back.
    Declined,
    /// The wallet says that it does not know yet.
    InProcess,
    /// No usable answer.
    Silent,
    /// The wallet does not know the payment: it proves nothing, since we know that it was paid.
    NotFound,
}
codec_enum!(RefundInput {
    0 = Approved,
    1 = Declined,
    2 = InProcess,
    3 = Silent,
    4 = NotFound,
});

impl RefundInput {
    /// Every input, in the order of their tags.
    pub const ALL: [RefundInput; 5] = [
        RefundInput::Approved,
        RefundInput::Declined,
        RefundInput::InProcess,
        RefundInput::Silent,
        RefundInput::NotFound,
    ];
}

/// What the machine must do with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStep {
    /// Go to the state; to the present one means: ask again later.
    To(RefundState),
    /// A duplicate or stale answer: change nothing.
    Same,
    /// The wallet contradicts itself: change nothing, record a break, raise an alert.
    Conflict,
}

/// The transition table of a refund: every pair is decided.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "one row per cell, in reading order")]
pub const fn refund_step(from: RefundState, on: RefundInput) -> RefundStep {
    use RefundInput as I;
    use RefundState as S;
    match (from, on) {
        (S::Pending, I::Approved)  => RefundStep::To(S::Done),
        (S::Pending, I::Declined)  => RefundStep::To(S::Refused),
        (S::Pending, I::InProcess) => RefundStep::To(S::Unknown),
        (S::Pending, I::Silent)    => RefundStep::To(S::Unknown),
        (S::Pending, I::NotFound)  => RefundStep::To(S::Unknown),

        (S::Unknown, I::Approved)  => RefundStep::To(S::Done),
        (S::Unknown, I::Declined)  => RefundStep::To(S::Refused),
        (S::Unknown, I::InProcess) => RefundStep::To(S::Unknown),
        (S::Unknown, I::Silent)    => RefundStep::To(S::Unknown),
        (S::Unknown, I::NotFound)  => RefundStep::To(S::Unknown),

        (S::Done,    I::Approved)  => RefundStep::Same,
        (S::Done,    I::Declined)  => RefundStep::Conflict,   // said done before
        (S::Done,    I::InProcess) => RefundStep::Same,
        (S::Done,    I::Silent)    => RefundStep::Same,
        (S::Done,    I::NotFound)  => RefundStep::Same,

        (S::Refused, I::Approved)  => RefundStep::Conflict,   // the user has it, we freed it
        (S::Refused, I::Declined)  => RefundStep::Same,
        (S::Refused, I::InProcess) => RefundStep::Same,
        (S::Refused, I::Silent)    => RefundStep::Same,
        (S::Refused, I::NotFound)  => RefundStep::Same,
    }
}

/// What the acquirer sees of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundVisible {
    /// U: repeat with the same id.
    InProcess,
    /// S `SUCCESS`.
    Success,
    /// F with the code that refused it.
    Refused,
}

/// What the acquirer is shown in a state.
pub const fn refund_visible(state: RefundState) -> RefundVisible {
    match state {
        RefundState::Pending | RefundState::Unknown => RefundVisible::InProcess,
        RefundState::Done => RefundVisible::Success,
        RefundState::Refused => RefundVisible::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        let mut text = String::new();
        for from in RefundState::ALL {
            writeln!(text, "{from:?} (shown as {:?})", refund_visible(from)).unwrap();
            for on in RefundInput::ALL {
                writeln!(text, "    {:<11}{:?}", format!("{on:?}"), refund_step(from, on)).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn tags_are_frozen() {
        for (tag, state) in (0u8..).zip(RefundState::ALL) {
            assert_eq!(encode(&state), [tag]);
            assert_eq!(decode_all::<RefundState>(&[tag]), Ok(state));
        }
        for (tag, input) in (0u8..).zip(RefundInput::ALL) {
            assert_eq!(encode(&input), [tag]);
            assert_eq!(decode_all::<RefundInput>(&[tag]), Ok(input));
        }
    }
}
