//! One dealing day: what was ordered for it, and what was dealt.
//!
//! The sheet is what the fund's own books are held against.

use crate::{FundPrice, LocalDay};
use base::codec_struct;

/// The orders of one dealing day, over all customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaySheet {
    pub day: LocalDay,
    /// The price at which its orders deal, once known: that of the day, or the next one after it.
    pub dealt: Option<FundPrice>,
    /// Cash of customers that is still to be dealt, in minor units.
    pub subscribing_minor: u128,
    /// Micro-units of customers that are still to be redeemed.
    pub redeeming_units: u128,
    /// Micro-units that the liquidity pool took over and has still to redeem.
    pub advanced_units: u128,
    /// What the pool paid for them, in minor units.
    pub advanced_minor: u128,
    /// Cash that was dealt, in minor units.
    pub subscribed_minor: u128,
    /// Micro-units that it bought.
    pub issued_units: u128,
    /// Micro-units that were redeemed, the pool's included.
    pub redeemed_units: u128,
    /// What was paid for them, in minor units, to the pool included.
    pub paid_minor: u128,
}
codec_struct!(DaySheet {
    day,
    dealt,
    subscribing_minor,
    redeeming_units,
    advanced_units,
    advanced_minor,
    subscribed_minor,
    issued_units,
    redeemed_units,
    paid_minor,
});

/// What the fund says about one dealing day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundStatement {
    pub day: LocalDay,
    /// Cash it was given, in minor units.
    pub subscribed_minor: u128,
    /// Micro-units it issued.
    pub issued_units: u128,
    /// Micro-units it took back.
    pub redeemed_units: u128,
    /// What it paid for them, in minor units.
    pub paid_minor: u128,
}
codec_struct!(FundStatement { day, subscribed_minor, issued_units, redeemed_units, paid_minor });

/// Where the fund's statement and the sheet part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// There is no sheet of the day: nothing was ordered, or it was too long ago.
    NoSheet,
    /// Orders of the day are still to be dealt.
    Open,
    /// The first field that differs.
    Differs { field: &'static str, ours: u128, theirs: u128 },
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Disagreement::NoSheet => f.write_str("no orders of that day are known"),
            Disagreement::Open => f.write_str("orders of that day are still to be dealt"),
            Disagreement::Differs { field, ours, theirs } => {
                write!(f, "{field}: we have {ours}, the fund says {theirs}")
            }
        }
    }
}

impl std::error::Error for Disagreement {}

impl DaySheet {
    pub(crate) fn new(day: LocalDay) -> DaySheet {
        DaySheet {
            day,
            dealt: None,
            subscribing_minor: 0,
            redeeming_units: 0,
            advanced_units: 0,
            advanced_minor: 0,
            subscribed_minor: 0,
            issued_units: 0,
            redeemed_units: 0,
            paid_minor: 0,
        }
    }

    /// The price is known and every order was dealt.
    pub fn is_closed(&self) -> bool {
        // The pool's part is dealt with the price itself.
        self.dealt.is_some() && self.subscribing_minor == 0 && self.redeeming_units == 0
    }

    pub(crate) fn agree(&self, theirs: &FundStatement) -> Result<(), Disagreement> {
        if !self.is_closed() {
            return Err(Disagreement::Open);
        }
        let differs = [
            ("subscribed_minor", self.subscribed_minor, theirs.subscribed_minor),
            ("issued_units", self.issued_units, theirs.issued_units),
            ("redeemed_units", self.redeemed_units, theirs.redeemed_units),
            ("paid_minor", self.paid_minor, theirs.paid_minor),
        ]
        .into_iter()
        .find(|(_, ours, theirs)| ours != theirs);
        match differs {
            Some((field, ours, theirs)) => Err(Disagreement::Differs { field, ours, theirs }),
            None => Ok(()),
        }
    }
}
