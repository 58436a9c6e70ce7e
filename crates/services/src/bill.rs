//! Bills and airtime: a biller's directory entry, and the life of one paid bill.
//!
//! The customer's number with the biller is personal: it is checked at the edge with
//! [`AccountFormat`], kept in the vault, and appears in a [`Bill`] as an opaque reference.

mod biller;
mod format;
mod life;
mod step;

pub use biller::{AmountRule, Biller, BillerRules, Category};
pub use format::{AccountFormat, CheckDigits, FormatFault};
pub use life::{
    AccountRef, Bill, BillMove, BillOutcome, BillRefusal, BillerAnswer, CheckedAccount,
    UNKNOWN_ALERT_AFTER, bill_inquiry_after,
};
pub use step::{BillInput, BillState, BillStep, bill_step};

#[cfg(test)]
mod tests;
