//! The transition table of a bill.

use base::codec_enum;

/// Where a bill stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BillState {
    /// The biller knows the account. Holds: nothing. Waits for: the customer. Ends: paid, or the
    /// check is too old.
    Checked,
    /// The customer paid and the biller was told. Holds: the total is reserved. Waits for: the
    /// biller's answer. Ends: confirmed, refused, or no usable answer (`Unknown`).
    Paying,
    /// The biller was silent: it may or may not have taken the payment. Holds: as `Paying`. Waits
    /// for: answers to inquiries, without end. Ends: confirmed, refused, or the biller said often
    /// and late enough that nothing arrived; silence alone ends nothing.
    Unknown,
    /// The biller has it: the reservation is posted. Final.
    Confirmed,
    /// The biller does not have it: the whole reservation is freed. Final.
    Reversed,
    /// Nobody paid while the check was good: nothing moved. Final.
    Lapsed,
}
codec_enum!(BillState {
    0 = Checked,
    1 = Paying,
    2 = Unknown,
    3 = Confirmed,
    4 = Reversed,
    5 = Lapsed,
});

impl BillState {
    /// Every state, in the order of their tags.
    pub const ALL: [BillState; 6] = [
        BillState::Checked,
        BillState::Paying,
        BillState::Unknown,
        BillState::Confirmed,
        BillState::Reversed,
        BillState::Lapsed,
    ];
}

/// What can happen to a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BillInput {
    /// The customer pays.
    Pay,
    /// The check is too old.
    Lapse,
    /// The biller has the payment. An operator who was told so gives this input too.
    Confirmed,
    /// The biller refused it for good. An operator who was told so gives this input too.
    Refused,
    /// The biller is at it.
    InProcess,
    /// No usable answer.
    Silent,
    /// The biller does not know the payment, which proves nothing yet.
    NotKnown,
    /// The biller has said often and late enough that it does not know the payment.
    NeverArrived,
}
codec_enum!(BillInput {
    0 = Pay,
    1 = Lapse,
    2 = Confirmed,
    3 = Refused,
    4 = InProcess,
    5 = Silent,
    6 = NotKnown,
    7 = NeverArrived,
});

impl BillInput {
    /// Every input, in the order of their tags.
    pub const ALL: [BillInput; 8] = [
        BillInput::Pay,
        BillInput::Lapse,
        BillInput::Confirmed,
        BillInput::Refused,
        BillInput::InProcess,
        BillInput::Silent,
        BillInput::NotKnown,
        BillInput::NeverArrived,
    ];
}

/// What the machine must do with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillStep {
    /// Go to the state and do what it holds; to `Unknown` means: ask again later.
    To(BillState),
    /// A repeat or a stale answer: change nothing.
    Same,
    /// The bill can no longer be paid: tell the customer.
    Over,
    /// The biller contradicts itself or the books: change nothing, record a break.
    Break,
}

/// The transition table of a bill: every pair is decided.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "one row per cell, in reading order")]
pub const fn bill_step(from: BillState, on: BillInput) -> BillStep {
    use BillInput as I;
    use BillState as S;
    match (from, on) {
        (S::Checked,   I::Pay)          => BillStep::To(S::Paying),
        (S::Checked,   I::Lapse)        => BillStep::To(S::Lapsed),
        (S::Checked,   I::Confirmed)    => BillStep::Break,             // nobody asked for money
        (S::Checked,   I::Refused)      => BillStep::Same,
        (S::Checked,   I::InProcess)    => BillStep::Same,
        (S::Checked,   I::Silent)       => BillStep::Same,
        (S::Checked,   I::NotKnown)     => BillStep::Same,
        (S::Checked,   I::NeverArrived) => BillStep::Same,

        (S::Paying,    I::Pay)          => BillStep::Same,
        (S::Paying,    I::Lapse)        => BillStep::Same,              // paid just before
        (S::Paying,    I::Confirmed)    => BillStep::To(S::Confirmed),
        (S::Paying,    I::Refused)      => BillStep::To(S::Reversed),
        (S::Paying,    I::InProcess)    => BillStep::To(S::Unknown),
        (S::Paying,    I::Silent)       => BillStep::To(S::Unknown),
        (S::Paying,    I::NotKnown)     => BillStep::To(S::Unknown),    // overtook the payment
        (S::Paying,    I::NeverArrived) => BillStep::To(S::Unknown),    // not asked yet: ask

        (S::Unknown,   I::Pay)          => BillStep::Same,
        (S::Unknown,   I::Lapse)        => BillStep::Same,
        (S::Unknown,   I::Confirmed)    => BillStep::To(S::Confirmed),
        (S::Unknown,   I::Refused)      => BillStep::To(S::Reversed),
        (S::Unknown,   I::InProcess)    => BillStep::To(S::Unknown),
        (S::Unknown,   I::Silent)       => BillStep::To(S::Unknown),
        (S::Unknown,   I::NotKnown)     => BillStep::To(S::Unknown),
        (S::Unknown,   I::NeverArrived) => BillStep::To(S::Reversed),

        (S::Confirmed, I::Pay)          => BillStep::Same,
        (S::Confirmed, I::Lapse)        => BillStep::Same,
        (S::Confirmed, I::Confirmed)    => BillStep::Same,
        (S::Confirmed, I::Refused)      => BillStep::Break,             // said confirmed before
        (S::Confirmed, I::InProcess)    => BillStep::Same,
        (S::Confirmed, I::Silent)       => BillStep::Same,
        (S::Confirmed, I::NotKnown)     => BillStep::Same,              // crossed the payment
        (S::Confirmed, I::NeverArrived) => BillStep::Break,

        (S::Reversed,  I::Pay)          => BillStep::Over,
        (S::Reversed,  I::Lapse)        => BillStep::Same,
        (S::Reversed,  I::Confirmed)    => BillStep::Break,             // the customer has it back
        (S::Reversed,  I::Refused)      => BillStep::Same,
        (S::Reversed,  I::InProcess)    => BillStep::Same,
        (S::Reversed,  I::Silent)       => BillStep::Same,
        (S::Reversed,  I::NotKnown)     => BillStep::Same,
        (S::Reversed,  I::NeverArrived) => BillStep::Same,

        (S::Lapsed,    I::Pay)          => BillStep::Over,
        (S::Lapsed,    I::Lapse)        => BillStep::Same,
        (S::Lapsed,    I::Confirmed)    => BillStep::Break,
        (S::Lapsed,    I::Refused)      => BillStep::Same,
        (S::Lapsed,    I::InProcess)    => BillStep::Same,
        (S::Lapsed,    I::Silent)       => BillStep::Same,
        (S::Lapsed,    I::NotKnown)     => BillStep::Same,
        (S::Lapsed,    I::NeverArrived) => BillStep::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        let mut text = String::new();
        for from in BillState::ALL {
            writeln!(text, "{from:?}").unwrap();
            for on in BillInput::ALL {
                writeln!(text, "    {:<14}{:?}", format!("{on:?}"), bill_step(from, on)).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }
}
