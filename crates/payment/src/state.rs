//! The transition table of a payment, as the network sees it.
//!
//! `Unknown` is a state, not an error: the wallet may have been debited. The acquirer is told F
//! only when the money is known not to have moved, or when it asked for the cancel itself.

use base::codec_enum;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentState {
    /// The payment code lives in another partition and is being claimed there.
    ///
    /// Arrives: an acquirer's `pay` whose code another partition issued. Holds: the acquirer has U;
    /// the wallet knows nothing, no transfer is pending. Waits for: the claim's answer. Ends:
    /// claimed (`Pending`), refused (`Failed`), expiry (`Closed`) or the acquirer's cancel
    /// (`Cancelled`).
    Claiming,
    /// The wallet was asked to pay and has not answered.
    ///
    /// Arrives: an accepted `pay` or a claim. Holds: transfers pending, quotes locked, code
    /// consumed; the acquirer has U. Waits for: the wallet's answer, within the call's budget.
    /// Ends: approved, declined, no usable answer (`Unknown`), expiry (`Closing`) or the acquirer's
    /// cancel.
    Pending,
    /// The wallet was silent, or says it is still in process: it may or may not have debited the
    /// user.
    ///
    /// Arrives: a call without a usable answer. Holds: as `Pending`. Waits for: inquiries by
    /// [`inquiry_after`](crate::inquiry_after), or the wallet's own notification. Ends: as
    /// `Pending`.
    Unknown,
    /// The payment expired unresolved and the network decided to close it.
    ///
    /// Arrives: the expiry timer. Holds: transfers still pending, since a debit may exist; the
    /// acquirer still sees U. Waits for: the wallet to confirm the cancel, asked again by
    /// [`cancel_retry_after`](crate::cancel_retry_after) until the wallet's window ends. Ends:
    /// confirmed or declined (`Closed`), or the acquirer's own cancel (`Cancelling`).
    Closing,
    /// The acquirer cancelled and was told S; the wallet has not yet confirmed.
    ///
    /// Arrives: `cancelPayment` inside the window, on an open or a paid payment. Holds: transfers
    /// still pending, or booked back when it was paid; the acquirer sees a closed order. Waits for:
    /// the wallet to confirm the cancel, asked as in `Closing`. Ends: confirmed or declined
    /// (`Cancelled`).
    Cancelling,
    /// The wallet approved; the money is booked.
    ///
    /// Arrives: an approval by answer, inquiry or notification. Holds: transfers posted; the
    /// acquirer has S and is notified. Waits for: nothing. Ends: only by a cancel inside the window
    /// (refunds are objects of their own and leave the payment paid).
    Paid,
    /// Definitely refused: no money moved.
    ///
    /// Arrives: the wallet declined, or the code's partition refused the claim. Holds: nothing; the
    /// acquirer has F with the refusal's code. Final: a late approval is reversed.
    Failed,
    /// Expired and never paid.
    ///
    /// Arrives: expiry, after the wallet confirmed or declined. Holds: nothing; the acquirer has
    /// F `ORDER_IS_CLOSED`. Final: a late approval is reversed.
    Closed,
    /// Cancelled by the acquirer; the money, if any had moved, was given back.
    ///
    /// Arrives: the wallet confirmed the cancel or declined the payment. Holds: nothing; the
    /// acquirer has F `ORDER_IS_CLOSED`. Final: a late approval is reversed.
    Cancelled,
    /// The order's code or page is shown, and no wallet has taken it up.
    ///
    /// Arrives: an accepted `pay` for an order code, an entry code or the cashier. Holds: the
    /// acquirer has U and the code; nothing is priced, no wallet knows of it, no transfer is
    /// pending. Waits for: a wallet's `userInitiatedPay`. Ends: taken (`Unknown`: from then on the
    /// wallet may debit its user at any moment), expiry (`Closed`) or the acquirer's cancel
    /// (`Cancelled`).
    Presented,
}
codec_enum!(PaymentState {
    0 = Claiming,
    1 = Pending,
    2 = Unknown,
    3 = Closing,
    4 = Cancelling,
    5 = Paid,
    6 = Failed,
    7 = Closed,
    8 = Cancelled,
    9 = Presented,
});

impl PaymentState {
    /// Every state, in the order of their tags.
    pub const ALL: [PaymentState; 10] = [
        PaymentState::Claiming,
        PaymentState::Pending,
        PaymentState::Unknown,
        PaymentState::Closing,
        PaymentState::Cancelling,
        PaymentState::Paid,
        PaymentState::Failed,
        PaymentState::Closed,
        PaymentState::Cancelled,
        PaymentState::Presented,
    ];

    /// Is the outcome known, so that nothing is waited for and the payment may leave memory?
    ///
    /// `Paid` counts: a cancel or a refund brings it back.
    pub const fn is_settled(self) -> bool {
        match self {
            PaymentState::Claiming
            | PaymentState::Pending
            | PaymentState::Unknown
            | PaymentState::Closing
            | PaymentState::Cancelling
            | PaymentState::Presented => false,
            PaymentState::Paid
            | PaymentState::Failed
            | PaymentState::Closed
            | PaymentState::Cancelled => true,
        }
    }
}

/// What can happen to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentInput {
    /// The partition that issued the code gave it to this payment.
    Claimed,
    /// The partition that issued the code refused: used, expired or never issued.
    ClaimRefused,
    /// The wallet says that the user paid: by answer, inquiry or notification.
    Approved,
    /// The wallet says that the user did not and will not pay.
    Declined,
    /// The wallet says that it does not know yet.
    InProcess,
    /// No usable answer: time-out, broken connection, bad signature, unreadable text, unknown code.
    Silent,
    /// The wallet says `ORDER_NOT_EXIST`: our request may still be on its way, so it proves
    /// nothing.
    NotFound,
    /// The expiry timer fired.
    Expired,
    /// The acquirer asks to cancel, inside the window (see
    /// [`cancel_deadline`](crate::cancel_deadline)).
    CancelAsked,
    /// The wallet confirmed the cancel: it will not debit, or has given the money back.
    CancelConfirmed,
    /// A wallet took the order up for one of its users: `userInitiatedPay`.
    Taken,
}
codec_enum!(PaymentInput {
    0 = Claimed,
    1 = ClaimRefused,
    2 = Approved,
    3 = Declined,
    4 = InProcess,
    5 = Silent,
    6 = NotFound,
    7 = Expired,
    8 = CancelAsked,
    9 = CancelConfirmed,
    10 = Taken,
});

impl PaymentInput {
    /// Every input, in the order of their tags.
    pub const ALL: [PaymentInput; 11] = [
        PaymentInput::Claimed,
        PaymentInput::ClaimRefused,
        PaymentInput::Approved,
        PaymentInput::Declined,
        PaymentInput::InProcess,
        PaymentInput::Silent,
        PaymentInput::NotFound,
        PaymentInput::Expired,
        PaymentInput::CancelAsked,
        PaymentInput::CancelConfirmed,
        PaymentInput::Taken,
    ];
}

/// What the machine must do with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Go to the state and do what entering it asks for. The state may be the present one: the
    /// machine then arms the next inquiry.
    To(PaymentState),
    /// A duplicate or a stale message: answer as before, change nothing.
    Same,
    /// The sender contradicts itself: change nothing, record a reconciliation break, raise an
    /// alert.
    Conflict,
    /// Money moved for a payment that is closed or closing: book it, book it back, tell the wallet
    /// (again) to cancel, go to (or stay in) the state. The machine remembers on the payment that
    /// it did so: a repeated approval is booked once and only repeats the cancel.
    Reverse(PaymentState),
    /// A paid payment is cancelled: book the money back, tell the wallet to cancel, go to the
    /// state.
    Undo(PaymentState),
}

/// The transition table: every pair is decided, and a new state or input does not compile until it
/// is.
///
/// A claim's answer no longer matters once the payment has left the states before the wallet's
/// answer, so that a late or repeated one is `Same` there; refused after it was given it is a
/// `Conflict`.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "a flat table of all pairs")]
#[expect(clippy::match_same_arms, reason = "one row per cell, in reading order")]
pub const fn step(from: PaymentState, on: PaymentInput) -> Step {
    use PaymentInput as I;
    use PaymentState as S;
    match (from, on) {
        (S::Claiming,   I::Claimed)         => Step::To(S::Pending),
        (S::Claiming,   I::ClaimRefused)    => Step::To(S::Failed),
        (S::Claiming,   I::Approved)        => Step::Conflict,          // the wallet was not asked
        (S::Claiming,   I::Declined)        => Step::Conflict,
        (S::Claiming,   I::InProcess)       => Step::Conflict,
        (S::Claiming,   I::Silent)          => Step::Conflict,
        (S::Claiming,   I::NotFound)        => Step::Conflict,
        (S::Claiming,   I::Expired)         => Step::To(S::Closed),     // no money can have moved
        (S::Claiming,   I::CancelAsked)     => Step::To(S::Cancelled),
        (S::Claiming,   I::CancelConfirmed) => Step::Conflict,
        (S::Claiming,   I::Taken)           => Step::Conflict,          // no code is shown

        (S::Pending,    I::Claimed)         => Step::Same,              // repeated answer
        (S::Pending,    I::ClaimRefused)    => Step::Conflict,          // given, then refused
        (S::Pending,    I::Approved)        => Step::To(S::Paid),
        (S::Pending,    I::Declined)        => Step::To(S::Failed),
        (S::Pending,    I::InProcess)       => Step::To(S::Unknown),
        (S::Pending,    I::Silent)          => Step::To(S::Unknown),
        (S::Pending,    I::NotFound)        => Step::To(S::Unknown),    // may still arrive there
        (S::Pending,    I::Expired)         => Step::To(S::Closing),
        (S::Pending,    I::CancelAsked)     => Step::To(S::Cancelling),
        (S::Pending,    I::CancelConfirmed) => Step::Conflict,          // we never asked
        (S::Pending,    I::Taken)           => Step::Conflict,          // asked already

        (S::Unknown,    I::Claimed)         => Step::Same,
        (S::Unknown,    I::ClaimRefused)    => Step::Conflict,
        (S::Unknown,    I::Approved)        => Step::To(S::Paid),
        (S::Unknown,    I::Declined)        => Step::To(S::Failed),
        (S::Unknown,    I::InProcess)       => Step::To(S::Unknown),    // inquire again
        (S::Unknown,    I::Silent)          => Step::To(S::Unknown),
        (S::Unknown,    I::NotFound)        => Step::To(S::Unknown),
        (S::Unknown,    I::Expired)         => Step::To(S::Closing),
        (S::Unknown,    I::CancelAsked)     => Step::To(S::Cancelling),
        (S::Unknown,    I::CancelConfirmed) => Step::Conflict,
        (S::Unknown,    I::Taken)           => Step::Same,              // by the same user again

        (S::Closing,    I::Claimed)         => Step::Same,
        (S::Closing,    I::ClaimRefused)    => Step::Same,
        (S::Closing,    I::Approved)        => Step::Reverse(S::Closing), // too late: give it back
        (S::Closing,    I::Declined)        => Step::To(S::Closed),
        (S::Closing,    I::InProcess)       => Step::Same,              // the cancel is asked again
        (S::Closing,    I::Silent)          => Step::Same,
        (S::Closing,    I::NotFound)        => Step::Same,
        (S::Closing,    I::Expired)         => Step::Same,
        (S::Closing,    I::CancelAsked)     => Step::To(S::Cancelling),
        (S::Closing,    I::CancelConfirmed) => Step::To(S::Closed),
        (S::Closing,    I::Taken)           => Step::Same,

        (S::Cancelling, I::Claimed)         => Step::Same,
        (S::Cancelling, I::ClaimRefused)    => Step::Same,
        (S::Cancelling, I::Approved)        => Step::Reverse(S::Cancelling), // crossed our cancel
        (S::Cancelling, I::Declined)        => Step::To(S::Cancelled),
        (S::Cancelling, I::InProcess)       => Step::Same,
        (S::Cancelling, I::Silent)          => Step::Same,
        (S::Cancelling, I::NotFound)        => Step::Same,
        (S::Cancelling, I::Expired)         => Step::Same,
        (S::Cancelling, I::CancelAsked)     => Step::Same,              // told S already
        (S::Cancelling, I::CancelConfirmed) => Step::To(S::Cancelled),
        (S::Cancelling, I::Taken)           => Step::Same,

        (S::Paid,       I::Claimed)         => Step::Same,
        (S::Paid,       I::ClaimRefused)    => Step::Same,
        (S::Paid,       I::Approved)        => Step::Same,              // repeated notification
        (S::Paid,       I::Declined)        => Step::Conflict,          // said paid before
        (S::Paid,       I::InProcess)       => Step::Same,              // stale
        (S::Paid,       I::Silent)          => Step::Same,
        (S::Paid,       I::NotFound)        => Step::Same,
        (S::Paid,       I::Expired)         => Step::Same,
        (S::Paid,       I::CancelAsked)     => Step::Undo(S::Cancelling),
        (S::Paid,       I::CancelConfirmed) => Step::Conflict,          // we never asked
        (S::Paid,       I::Taken)           => Step::Same,

        (S::Failed,     I::Claimed)         => Step::Same,
        (S::Failed,     I::ClaimRefused)    => Step::Same,
        (S::Failed,     I::Approved)        => Step::Reverse(S::Failed),
        (S::Failed,     I::Declined)        => Step::Same,
        (S::Failed,     I::InProcess)       => Step::Same,
        (S::Failed,     I::Silent)          => Step::Same,
        (S::Failed,     I::NotFound)        => Step::Same,
        (S::Failed,     I::Expired)         => Step::Same,
        (S::Failed,     I::CancelAsked)     => Step::Same,              // told S, stays F
        (S::Failed,     I::CancelConfirmed) => Step::Same,              // after a reversal
        (S::Failed,     I::Taken)           => Step::Same,

        (S::Closed,     I::Claimed)         => Step::Same,              // crossed the expiry
        (S::Closed,     I::ClaimRefused)    => Step::Same,
        (S::Closed,     I::Approved)        => Step::Reverse(S::Closed),
        (S::Closed,     I::Declined)        => Step::Same,
        (S::Closed,     I::InProcess)       => Step::Same,
        (S::Closed,     I::Silent)          => Step::Same,
        (S::Closed,     I::NotFound)        => Step::Same,
        (S::Closed,     I::Expired)         => Step::Same,
        (S::Closed,     I::CancelAsked)     => Step::Same,
        (S::Closed,     I::CancelConfirmed) => Step::Same,
        (S::Closed,     I::Taken)           => Step::Same,

        (S::Cancelled,  I::Claimed)         => Step::Same,              // crossed the cancel
        (S::Cancelled,  I::ClaimRefused)    => Step::Same,
        (S::Cancelled,  I::Approved)        => Step::Reverse(S::Cancelled),
        (S::Cancelled,  I::Declined)        => Step::Same,
        (S::Cancelled,  I::InProcess)       => Step::Same,
        (S::Cancelled,  I::Silent)          => Step::Same,
        (S::Cancelled,  I::NotFound)        => Step::Same,
        (S::Cancelled,  I::Expired)         => Step::Same,
        (S::Cancelled,  I::CancelAsked)     => Step::Same,
        (S::Cancelled,  I::CancelConfirmed) => Step::Same,
        (S::Cancelled,  I::Taken)           => Step::Same,

        (S::Presented,  I::Claimed)         => Step::Conflict,          // no code was to be claimed
        (S::Presented,  I::ClaimRefused)    => Step::Conflict,
        (S::Presented,  I::Approved)        => Step::Conflict,          // no wallet was asked
        (S::Presented,  I::Declined)        => Step::Conflict,
        (S::Presented,  I::InProcess)       => Step::Conflict,
        (S::Presented,  I::Silent)          => Step::Conflict,
        (S::Presented,  I::NotFound)        => Step::Conflict,
        (S::Presented,  I::Expired)         => Step::To(S::Closed),     // no money can have moved
        (S::Presented,  I::CancelAsked)     => Step::To(S::Cancelled),
        (S::Presented,  I::CancelConfirmed) => Step::Conflict,
        (S::Presented,  I::Taken)           => Step::To(S::Unknown),
    }
}

/// What the acquirer sees of a payment. Source: `inquiryPayment` of the acquirer's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visible {
    /// U `PAYMENT_IN_PROCESS`: inquire, never assume.
    InProcess,
    /// S `SUCCESS`.
    Success,
    /// F with the code that refused it.
    Refused,
    /// F `ORDER_IS_CLOSED`.
    OrderClosed,
}

/// What the acquirer is shown in a state: F only where no money can stay moved.
pub const fn visible(state: PaymentState) -> Visible {
    match state {
        PaymentState::Claiming
        | PaymentState::Pending
        | PaymentState::Unknown
        | PaymentState::Closing
        | PaymentState::Presented => Visible::InProcess,
        PaymentState::Paid => Visible::Success,
        PaymentState::Failed => Visible::Refused,
        PaymentState::Cancelling | PaymentState::Closed | PaymentState::Cancelled => {
            Visible::OrderClosed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};
    use std::collections::BTreeSet;
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        let mut text = String::new();
        for from in PaymentState::ALL {
            let shown = visible(from);
            writeln!(text, "{from:?} (shown as {shown:?})").unwrap();
            for on in PaymentInput::ALL {
                let next = step(from, on);
                writeln!(text, "    {:<16}{next:?}", format!("{on:?}")).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn tags_are_frozen() {
        for (tag, state) in (0u8..).zip(PaymentState::ALL) {
            assert_eq!(encode(&state), [tag]);
            assert_eq!(decode_all::<PaymentState>(&[tag]), Ok(state));
        }
        for (tag, input) in (0u8..).zip(PaymentInput::ALL) {
            assert_eq!(encode(&input), [tag]);
            assert_eq!(decode_all::<PaymentInput>(&[tag]), Ok(input));
        }
        assert!(decode_all::<PaymentState>(&[10]).is_err());
        assert!(decode_all::<PaymentInput>(&[11]).is_err());
    }

    fn target(next: Step, from: PaymentState) -> PaymentState {
        match next {
            Step::To(to) | Step::Reverse(to) | Step::Undo(to) => to,
            Step::Same | Step::Conflict => from,
        }
    }

    #[test]
    fn settled_states_stay_settled_except_for_a_cancelled_success() {
        for from in PaymentState::ALL.into_iter().filter(|state| state.is_settled()) {
            for on in PaymentInput::ALL {
                let to = target(step(from, on), from);
                let is_cancel = from == PaymentState::Paid
                    && step(from, on) == Step::Undo(to)
                    && to == PaymentState::Cancelling;
                assert!(to == from || is_cancel, "{from:?} on {on:?} went to {to:?}");
            }
        }
    }

    #[test]
    fn what_the_acquirer_sees_changes_once_except_by_its_own_cancel() {
        for from in PaymentState::ALL {
            for on in PaymentInput::ALL {
                let (before, after) = (visible(from), visible(target(step(from, on), from)));
                let is_first = before == Visible::InProcess;
                assert!(
                    before == after || is_first || on == PaymentInput::CancelAsked,
                    "{from:?} on {on:?}: {before:?} became {after:?}"
                );
            }
        }
    }

    #[test]
    fn an_approval_never_goes_unbooked() {
        for from in PaymentState::ALL {
            let booked = match step(from, PaymentInput::Approved) {
                Step::To(to) => to == PaymentState::Paid,
                Step::Reverse(to) => to == from,
                Step::Same => from == PaymentState::Paid,
                Step::Conflict => {
                    matches!(from, PaymentState::Claiming | PaymentState::Presented)
                }
                Step::Undo(_) => false,
            };
            assert!(booked, "{from:?}");
        }
    }

    #[test]
    fn every_open_state_can_end() {
        let mut reached: BTreeSet<PaymentState> =
            PaymentState::ALL.into_iter().filter(|state| state.is_settled()).collect();
        loop {
            let before = reached.len();
            for from in PaymentState::ALL {
                let ends = PaymentInput::ALL
                    .into_iter()
                    .any(|on| reached.contains(&target(step(from, on), from)));
                if ends {
                    reached.insert(from);
                }
            }
            if reached.len() == before {
                break;
            }
        }
        assert_eq!(reached.len(), PaymentState::ALL.len());
    }
}
