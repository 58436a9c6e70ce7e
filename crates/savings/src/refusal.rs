//! Why an order or a price is refused. Nothing has changed then.

use crate::{FundPrice, LocalDay};
use base::Timestamp;

/// Why an order, a redemption or a payment from savings is refused. The machine chooses the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavingsRefusal {
    /// Nothing is asked for.
    ZeroAmount,
    /// More than may be in the fund or be asked for at once.
    TooMuch { most_minor: u64 },
    /// The customer has not switched savings on.
    SwitchedOff,
    /// A price is known that this customer was not settled at.
    Unsettled,
    /// The calendar has no dealing day ahead.
    NoDealingDay,
    /// An order for this day waits for its price, and there is no room for one of another day.
    EarlierOrderWaits { day: LocalDay },
    /// Too many dealing days wait for their price.
    TooManyOpenDays,
    /// The fund never had a price.
    NoPrice,
    /// The last price is of this day, which is too long ago to pay by.
    PriceTooOld { day: LocalDay },
    /// So many minor units are missing, however they were taken.
    NotEnough { short_minor: u64 },
    /// Only so many micro-units are not promised elsewhere.
    NotEnoughUnits { free_units: u64 },
    /// The customer's limit for redeeming at once leaves so much today.
    InstantLimit { left_minor: u64 },
    /// The fund's liquidity pool has so much left.
    PoolLimit { left_minor: u64 },
}

impl std::fmt::Display for SavingsRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SavingsRefusal::ZeroAmount => f.write_str("the amount must be above zero"),
            SavingsRefusal::TooMuch { most_minor } => {
                write!(f, "at most {most_minor} minor units")
            }
            SavingsRefusal::SwitchedOff => f.write_str("savings are switched off"),
            SavingsRefusal::Unsettled => f.write_str("settle the customer first"),
            SavingsRefusal::NoDealingDay => f.write_str("the calendar has no dealing day ahead"),
            SavingsRefusal::EarlierOrderWaits { day } => {
                write!(f, "an order for day {} waits for its price", day.number())
            }
            SavingsRefusal::TooManyOpenDays => {
                f.write_str("too many dealing days wait for their price")
            }
            SavingsRefusal::NoPrice => f.write_str("the fund has no price yet"),
            SavingsRefusal::PriceTooOld { day } => {
                write!(f, "the last price is of day {}, too long ago", day.number())
            }
            SavingsRefusal::NotEnough { short_minor } => {
                write!(f, "{short_minor} minor units are missing")
            }
            SavingsRefusal::NotEnoughUnits { free_units } => {
                write!(f, "only {free_units} millionths of a unit are free")
            }
            SavingsRefusal::InstantLimit { left_minor } => {
                write!(f, "only {left_minor} minor units can still be redeemed at once today")
            }
            SavingsRefusal::PoolLimit { left_minor } => {
                write!(f, "only {left_minor} minor units can be redeemed at once by anybody now")
            }
        }
    }
}

impl std::error::Error for SavingsRefusal {}

/// Why a price is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceRefusal {
    /// The last price is of the same day or of a later one.
    NotNewer { last: FundPrice },
    /// Orders for the day are taken until then, and nobody may know its price before.
    TooEarly { closes: Timestamp },
    /// Outside of what the rules let any price be, in 10^-8 of a minor unit.
    OutOfRange { lowest_e8: u64, highest_e8: u64 },
    /// Too far from the last price for the days between, in 10^-8 of a minor unit. Two employees
    /// together may enter it all the same.
    OutOfBand { lowest_e8: u64, highest_e8: u64 },
    /// The price would push the price out of history at which orders of this day are still to be
    /// dealt.
    OrdersUnsettled { day: LocalDay },
}

impl std::fmt::Display for PriceRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PriceRefusal::NotNewer { last } => {
                write!(f, "day: must be after day {}", last.day.number())
            }
            PriceRefusal::TooEarly { closes } => {
                write!(f, "day: orders are taken until second {}", closes.secs())
            }
            PriceRefusal::OutOfRange { lowest_e8, highest_e8 } => {
                write!(f, "price: must be {lowest_e8} to {highest_e8} by the rules")
            }
            PriceRefusal::OutOfBand { lowest_e8, highest_e8 } => {
                write!(f, "price: must be {lowest_e8} to {highest_e8}, or be approved by another")
            }
            PriceRefusal::OrdersUnsettled { day } => {
                write!(f, "orders of day {} must be dealt first", day.number())
            }
        }
    }
}

impl std::error::Error for PriceRefusal {}
