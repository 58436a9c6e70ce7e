//! A fund that customers' idle balance rests in: units, prices, dealing days, and paying from it.
//!
//! This crate decides and keeps the units; it books nothing. A machine calls it and does the
//! postings that its answers ask for. Amounts are whole minor units of the one currency of the
//! [`SavingsRules`]; units are whole millionths of a fund unit, called *micro-units* where it
//! matters; a [`Price`] is in 10^-8 of a minor unit for one fund unit. Micro-units times price are
//! therefore exact in 10^-14 of a minor unit, and every name that ends in `_e14` counts those.
//!
//! Rounding is always against who asks: an amount buys units rounded down, a payout takes units
//! rounded up. What is left over is less than one minor unit each time; it is kept exactly by the
//! [`Fund`] and handed out to be booked in whole minor units ([`Fund::take_residue`]).
//!
//! An order before the cut-off of a dealing day deals at that day's price, which is not known yet;
//! any other order deals on the next dealing day. Dealing happens one customer at a time, whenever
//! the machine settles that customer ([`Fund::settle`]), and it does not matter how late that is.
//! A payment cannot wait for a price: for it, units are redeemed at once at the last price and
//! taken over by the fund's *liquidity pool*, within a limit for the customer and one for the
//! pool, and the pool redeems them as an ordinary order.
//!
//! ```
//! use dhow_savings::{Price, redeem_cash, redeem_units, subscribe};
//! // One unit costs 1.0234 dollars: 102.34 cents.
//! let price = Price::new(10_234_000_000).unwrap();
//! let bought = subscribe(10_000, price).unwrap();
//! assert_eq!((bought.units, bought.residue_e14), (97_713_504, 64_000_000));
//! assert_eq!(redeem_units(bought.units, price).amount_minor, 9_999);
//! assert_eq!(redeem_cash(9_999, price).unwrap().units, 97_703_733);
//! ```

mod calendar;
mod cover;
mod fund;
mod history;
mod refusal;
mod rules;
mod saver;
mod settle;
mod sheet;
mod unit;
mod yields;

pub use calendar::{
    Calendar, FRIDAY_SATURDAY, LocalDay, MAX_CLOSED_RUN, MAX_HOLIDAYS, SATURDAY_SUNDAY,
};
pub use cover::{CoverNeed, CoverPlan, sweep_plan};
pub use fund::{Approval, Fund, FundTotals, InstantRedemption, MAX_SHEETS, PoolDeal, SavingsFault};
pub use history::{FundPrice, MAX_PRICES, PriceHistory};
pub use refusal::{PriceRefusal, SavingsRefusal};
pub use rules::{RuleError, SavingsRules, SavingsTerms};
pub use saver::Saver;
pub use settle::{Deal, Settlement};
pub use sheet::{DaySheet, Disagreement, FundStatement};
pub use unit::{
    Issue, MAX_HOLDING_MINOR, MAX_UNITS, Price, Redemption, exact_value, redeem_cash, redeem_units,
    subscribe, value_of,
};
pub use yields::{DayYield, TenThousandYield, micro_minor};
