//! Prices, units, and the arithmetic between units and money.
//!
//! Every product is formed in 128 bits: 10^15 minor units times 10^14, and 1.8 * 10^19 micro-units
//! times the highest price of 10^14, both stay below 10^34.

use crate::SavingsRefusal;
use base::{Codec, DecodeError, Reader, codec_struct};
use money::Money;

/// One minor unit in the scale of exact values: micro-units (10^-6) times price (10^-8).
pub(crate) const MINOR_E14: u128 = 100_000_000_000_000;

/// Most micro-units that one customer holds.
pub const MAX_UNITS: u64 = u64::MAX;

/// Most that one customer may have in the fund when an order is taken, waiting orders included, in
/// minor units: 10^12. With it no order that was taken can fail when it is dealt.
pub const MAX_HOLDING_MINOR: u64 = 1_000_000_000_000;

/// Most micro-units that one minor unit can buy: at the lowest price.
pub(crate) const MOST_UNITS_OF_A_MINOR: u64 = 10_000_000;

/// Price of one fund unit in 10^-8 of a minor unit: 1.0234 dollars are 10,234,000,000.
///
/// Between [`Price::LOWEST`] and [`Price::HIGHEST`], so that a micro-unit is never worth more than
/// one minor unit, and what a rounding leaves over is always less than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(u64);

impl Price {
    /// A tenth of a minor unit.
    pub const LOWEST: Price = Price(10_000_000);
    /// A million minor units.
    pub const HIGHEST: Price = Price(100_000_000_000_000);

    /// `None` outside of [`Price::LOWEST`] to [`Price::HIGHEST`].
    pub const fn new(price_e8: u64) -> Option<Price> {
        if price_e8 < Price::LOWEST.0 || price_e8 > Price::HIGHEST.0 {
            return None;
        }
        Some(Price(price_e8))
    }

    /// In 10^-8 of a minor unit.
    pub const fn e8(self) -> u64 {
        self.0
    }

    pub(crate) fn wide(self) -> u128 {
        u128::from(self.0)
    }
}

impl Codec for Price {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Price::new(u64::decode(input)?).ok_or_else(|| input.expected("a price of a fund"))
    }
}

/// What an amount buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Micro-units, rounded down.
    pub units: u64,
    /// What of the amount the units are not worth, in 10^-14 of a minor unit: less than one
    /// micro-unit, so less than one minor unit.
    pub residue_e14: u128,
}

/// What units and cash change sides when something is redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// Micro-units that are given up.
    pub units: u64,
    /// Minor units that are paid.
    pub amount_minor: u64,
    /// What the units are worth beyond the amount, in 10^-14 of a minor unit: less than one minor
    /// unit.
    pub residue_e14: u128,
}

codec_struct!(Redemption { units, amount_minor, residue_e14 });

/// The units that `amount_minor` buys.
///
/// Errors: `ZeroAmount`; `TooMuch` above [`Money::MAX_MINOR`] or for more than [`MAX_UNITS`].
pub fn subscribe(amount_minor: u64, price: Price) -> Result<Issue, SavingsRefusal> {
    let cash = cash_e14(amount_minor)?;
    let units = u64::try_from(cash / price.wide()).map_err(|_| too_much(price))?;
    Ok(Issue { units, residue_e14: cash % price.wide() })
}

/// The fewest units that are worth `amount_minor`.
///
/// Errors: `ZeroAmount`; `TooMuch` above [`Money::MAX_MINOR`] or for more than [`MAX_UNITS`].
pub fn redeem_cash(amount_minor: u64, price: Price) -> Result<Redemption, SavingsRefusal> {
    let cash = cash_e14(amount_minor)?;
    let units = u64::try_from(cash.div_ceil(price.wide())).map_err(|_| too_much(price))?;
    Ok(Redemption { units, amount_minor, residue_e14: exact_value(units, price) - cash })
}

/// What all of `units` pay, rounded down. A few micro-units can pay nothing.
pub fn redeem_units(units: u64, price: Price) -> Redemption {
    let exact = exact_value(units, price);
    let amount_minor = u64::try_from(exact / MINOR_E14).expect("the highest price keeps it in u64");
    Redemption { units, amount_minor, residue_e14: exact % MINOR_E14 }
}

/// What `units` are worth, in whole minor units, rounded down.
pub fn value_of(units: u64, price: Price) -> u64 {
    redeem_units(units, price).amount_minor
}

/// What `units` are worth, in 10^-14 of a minor unit, without rounding.
pub fn exact_value(units: u64, price: Price) -> u128 {
    u128::from(units) * price.wide()
}

fn cash_e14(amount_minor: u64) -> Result<u128, SavingsRefusal> {
    match amount_minor {
        0 => Err(SavingsRefusal::ZeroAmount),
        1..=Money::MAX_MINOR => Ok(u128::from(amount_minor) * MINOR_E14),
        _ => Err(SavingsRefusal::TooMuch { most_minor: Money::MAX_MINOR }),
    }
}

fn too_much(price: Price) -> SavingsRefusal {
    SavingsRefusal::TooMuch { most_minor: value_of(MAX_UNITS, price) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    #[test]
    fn the_ends_of_the_scale_fit_or_are_refused() {
        let most = Price::HIGHEST;
        assert_eq!(value_of(MAX_UNITS, most), MAX_UNITS);
        assert_eq!(subscribe(1, most), Ok(Issue { units: 1, residue_e14: 0 }));
        let least = Price::LOWEST;
        assert_eq!(subscribe(1, least).unwrap().units, MOST_UNITS_OF_A_MINOR);
        let refused = SavingsRefusal::TooMuch { most_minor: value_of(MAX_UNITS, least) };
        assert_eq!(subscribe(Money::MAX_MINOR, least), Err(refused));
        assert_eq!(redeem_cash(Money::MAX_MINOR, least), Err(refused));
        let refused = SavingsRefusal::TooMuch { most_minor: Money::MAX_MINOR };
        assert_eq!(subscribe(Money::MAX_MINOR + 1, most), Err(refused));
        assert_eq!(subscribe(0, most), Err(SavingsRefusal::ZeroAmount));
    }

    #[test]
    fn a_price_outside_of_the_scale_is_none() {
        assert_eq!(Price::new(9_999_999), None);
        assert_eq!(Price::new(100_000_000_000_001), None);
        assert_eq!(decode_all::<Price>(&encode(&Price::LOWEST)), Ok(Price::LOWEST));
        assert!(decode_all::<Price>(&encode(&9_999_999u64)).is_err());
    }
}
