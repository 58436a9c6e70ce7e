//! One file per command.

mod agreements;
mod cancel;
mod codes;
mod declarations;
mod disputes;
mod effect_done;
mod errands;
mod merchants;
mod notify;
mod operate;
mod pay;
mod push;
mod refund;
mod take_order;
mod timers;
mod wallet_says;

pub(crate) use declarations::declared_list;
pub use pay::partition_of_request;
pub(crate) use pay::{
    WalletCheck, acquirer_list, agreement_list, check_wallet, merchant_list, quote_for,
};
pub(crate) use wallet_says::breaks_list;
