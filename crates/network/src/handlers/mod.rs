//! One file per command.

mod cancel;
mod codes;
mod effect_done;
mod merchants;
mod notify;
mod operate;
mod pay;
mod refund;
mod timers;
mod wallet_says;

pub use pay::partition_of_request;
pub(crate) use pay::{acquirer_list, merchant_list};
pub(crate) use wallet_says::breaks_list;
