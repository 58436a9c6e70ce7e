//! Savings: what customers do with them. Amounts in minor units.

use crate::Once;
use base::{codec_enum, codec_struct};
use ids::SavingId;

/// A customer puts cash in, beside what is swept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutIn {
    pub id: SavingId,
    pub customer: u32,
    pub amount_minor: u64,
    pub once: Once,
}
codec_struct!(PutIn { id, customer, amount_minor, once });

/// How fast, and how much. Cash that still waits for its price comes back at once either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeWay {
    /// At the last price, within the limits.
    AtOnce { amount_minor: u64 },
    /// At the price of its dealing day: units that are worth this at the last price.
    Ordinary { amount_minor: u64 },
    /// As `Ordinary`, everything.
    All,
}
codec_enum!(TakeWay { 0 = AtOnce { amount_minor }, 1 = Ordinary { amount_minor }, 2 = All });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeOut {
    pub id: SavingId,
    pub customer: u32,
    pub way: TakeWay,
    pub once: Once,
}
codec_struct!(TakeOut { id, customer, way, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavingsCommand {
    /// The switch, and what stays in the balance when it is swept, in whole major units. Switching
    /// off leaves units and orders as they are.
    Switch {
        customer: u32,
        is_on: bool,
        keep_back_major: u32,
    },
    Put(PutIn),
    TakeOut(TakeOut),
}
codec_enum!(SavingsCommand {
    0 = Switch { customer, is_on, keep_back_major },
    1 = Put(it),
    2 = TakeOut(it),
});
