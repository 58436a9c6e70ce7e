//! Whether a customer may move money: one table.

use base::codec_enum;

/// What a customer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CustomerState {
    /// Everything that the tier allows. Registration leads here.
    Active,
    /// The customer stopped the account, for a lost phone. Money comes in, none goes out; the
    /// customer resumes after proving who it is.
    Paused,
    /// The operator stopped the account. Money comes in, none goes out; only the operator ends it.
    Frozen,
    /// The customer left, with nothing on the account. Nothing comes in or goes out, for ever.
    Closed,
}
codec_enum!(CustomerState { 0 = Active, 1 = Paused, 2 = Frozen, 3 = Closed });

/// What changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CustomerInput {
    Pause,
    Resume,
    Freeze,
    Unfreeze,
    /// The caller has seen to it that nothing is on the account.
    Close,
}
codec_enum!(CustomerInput { 0 = Pause, 1 = Resume, 2 = Freeze, 3 = Unfreeze, 4 = Close });

/// What comes of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerStep {
    To(CustomerState),
    /// Asked for again: nothing changes.
    Same,
    /// Not from here.
    Refuse,
}

/// The table.
#[rustfmt::skip]
pub const fn customer_step(from: CustomerState, on: CustomerInput) -> CustomerStep {
    use CustomerInput::{Close, Freeze, Pause, Resume, Unfreeze};
    use CustomerState::{Active, Closed, Frozen, Paused};
    use CustomerStep::{Refuse, Same, To};
    match (from, on) {
        (Active, Pause)    => To(Paused),
        (Active, Resume)   => Same,
        (Active, Freeze)   => To(Frozen),
        (Active, Unfreeze) => Same,
        (Active, Close)    => To(Closed),
        (Paused, Pause)    => Same,
        (Paused, Resume)   => To(Active),
        (Paused, Freeze)   => To(Frozen),
        (Paused, Unfreeze) => Refuse,
        (Paused, Close)    => To(Closed),
        (Frozen, Pause)    => Refuse,
        (Frozen, Resume)   => Refuse,
        (Frozen, Freeze)   => Same,
        (Frozen, Unfreeze) => To(Active),
        (Frozen, Close)    => Refuse,
        (Closed, Pause)    => Refuse,
        (Closed, Resume)   => Refuse,
        (Closed, Freeze)   => Refuse,
        (Closed, Unfreeze) => Refuse,
        (Closed, Close)    => Same,
    }
}

impl CustomerState {
    pub const ALL: [CustomerState; 4] = [
        CustomerState::Active,
        CustomerState::Paused,
        CustomerState::Frozen,
        CustomerState::Closed,
    ];

    pub const fn may_pay(self) -> bool {
        matches!(self, CustomerState::Active)
    }

    pub const fn may_receive(self) -> bool {
        !matches!(self, CustomerState::Closed)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            CustomerState::Active => "ACTIVE",
            CustomerState::Paused => "PAUSED",
            CustomerState::Frozen => "FROZEN",
            CustomerState::Closed => "CLOSED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        let inputs = [
            CustomerInput::Pause,
            CustomerInput::Resume,
            CustomerInput::Freeze,
            CustomerInput::Unfreeze,
            CustomerInput::Close,
        ];
        let mut table = String::new();
        for from in CustomerState::ALL {
            write!(table, "{from:?}:").unwrap();
            for on in inputs {
                write!(table, " {on:?}={:?}", customer_step(from, on)).unwrap();
            }
            table.push('\n');
        }
        let expected = "\
Active: Pause=To(Paused) Resume=Same Freeze=To(Frozen) Unfreeze=Same Close=To(Closed)
Paused: Pause=Same Resume=To(Active) Freeze=To(Frozen) Unfreeze=Refuse Close=To(Closed)
Frozen: Pause=Refuse Resume=Refuse Freeze=Same Unfreeze=To(Active) Close=Refuse
Closed: Pause=Refuse Resume=Refuse Freeze=Refuse Unfreeze=Refuse Close=Same
";
        assert_eq!(table, expected);
    }
}
