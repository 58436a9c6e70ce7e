//! Conversion of an amount at a rate.

use crate::round::divide;
use crate::{Money, MoneyError, Rate, Rounding};

/// What a conversion really did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    pub source: Money,
    /// The exact value, rounded to minor units.
    pub target: Money,
    pub rate: Rate,
    /// The exact value rounded down, in minor units of the target.
    pub floor_minor: u64,
    pub residue: Residue,
}

/// `target` less the exact value, in minor units of the target, as a fraction between -1 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Residue {
    pub numerator: i128,
    /// A power of ten.
    pub denominator: u128,
}

impl Residue {
    pub const fn is_zero(self) -> bool {
        self.numerator == 0
    }
}

impl std::fmt::Display for Residue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// Converts `source` at `rate`, between the minor units of both currencies.
///
/// Errors: `CurrencyMismatch` when the rate does not start at the source's currency, `Overflow`.
pub fn convert(source: Money, rate: Rate, rounding: Rounding) -> Result<Conversion, MoneyError> {
    if source.currency() != rate.base() {
        let (expected, found) = (rate.base(), source.currency());
        return Err(MoneyError::CurrencyMismatch { expected, found });
    }
    let (numerator, denominator) = exact(source, rate);
    let floor = numerator / denominator;
    let floor_minor = u64::try_from(floor).map_err(|_| MoneyError::Overflow)?;
    let rounded = divide(numerator, denominator, rounding);
    let minor = u64::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
    let target = Money::new(minor, rate.quote())?;
    let above = i128::try_from(numerator % denominator).expect("the rest is below 10^22");
    let unit = i128::try_from(denominator).expect("the denominator is at most 10^22");
    let residue_numerator = if rounded == floor { -above } else { unit - above };
    let residue = Residue { numerator: residue_numerator, denominator };
    Ok(Conversion { source, target, rate, floor_minor, residue })
}

/// The exact value in minor units of the target, as a fraction.
fn exact(source: Money, rate: Rate) -> (u128, u128) {
    // At most 10^15 times 10^18.
    let product = u128::from(source.minor()) * u128::from(rate.mantissa());
    let shrink = u32::from(rate.scale()) + u32::from(rate.base().exponent());
    let grow = u32::from(rate.quote().exponent());
    // At most 10^33 * 10^4 above, or 10^22 below the line: both fit 128 bits with their sign.
    if shrink >= grow {
        (product, 10u128.pow(shrink - grow))
    } else {
        (product * 10u128.pow(grow - shrink), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn check(source: &str, rate: &str, expect: &str) {
        let (code, minor) = source.split_once(' ').unwrap();
        let (to, price) = rate.split_once(' ').unwrap();
        let [base, quote] = [code, to].map(|code| Currency::from_code(code).unwrap());
        let rate = Rate::parse(base, quote, price).unwrap();
        let source = Money::parse_minor(minor, base).unwrap();
        let shown = match convert(source, rate, Rounding::HalfEven) {
            Ok(done) => format!("{} floor {} {}", done.target, done.floor_minor, done.residue),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expect, "{source} at {rate:?}");
    }

    #[test]
    fn decimals_of_both_currencies_count() {
        check("JPY 1200", "USD 0.006667", "USD 8.00 floor 800 -400/10000");
        check("USD 1234", "JPY 149.5", "JPY 1845 floor 1844 170/1000");
        check("KWD 1", "JPY 500", "JPY 0 floor 0 -500/1000");
        check("KWD 3", "JPY 500", "JPY 2 floor 1 500/1000");
        check("JPY 5", "KWD 2", "KWD 10.000 floor 10000 0/1");
        check("CLF 1", "VND 40000000", "VND 4000 floor 4000 0/10000");
        check("VND 1", "CLF 999999999999999999", "amount is larger than allowed");
        check("VND 1000000000000000", "CLF 999999999999999999", "amount is larger than allowed");
        check(
            "CLF 1000000000000000",
            "JPY 0.000000000000000001",
            "JPY 0 floor 0 -1000000000000000/10000000000000000000000",
        );
        check("USD 0", "JPY 149.5", "JPY 0 floor 0 0/1000");
    }
}
