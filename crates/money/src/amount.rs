//! An amount: minor units of one currency.

use crate::{Currency, MoneyError};
use base::{Codec, DecodeError, Reader};

/// A non-negative amount in minor units of one currency: `JPY 500` is 500 yen, 500 of `USD` is 5
/// dollars.
///
/// At most [`Money::MAX_MINOR`]. Direction is never a sign; it is the side of a transfer. Net
/// values are [`Position`](crate::Position). There are no operators: every operation can be
/// refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: u64,
    currency: Currency,
}

impl Money {
    /// The largest amount: 10^15 minor units. It survives a trip through partners that parse
    /// numbers as 64-bit floats, and leaves room for sums.
    pub const MAX_MINOR: u64 = 1_000_000_000_000_000;

    /// Error: `Overflow` above [`Money::MAX_MINOR`].
    pub const fn new(minor: u64, currency: Currency) -> Result<Money, MoneyError> {
        if minor > Money::MAX_MINOR {
            return Err(MoneyError::Overflow);
        }
        Ok(Money { minor, currency })
    }

    pub const fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// Reads minor units as the partner protocol writes them: digits only, no sign, no leading zero
    /// except the number `0` itself. Whether zero is allowed is for the field to say.
    ///
    /// Errors: `NotANumber`, `Overflow`.
    pub fn parse_minor(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let is_plain = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        if !is_plain || (text.len() > 1 && text.starts_with('0')) {
            return Err(MoneyError::NotANumber);
        }
        // Only digits are left, so that the one way to fail is a number too large.
        Money::new(text.parse().map_err(|_| MoneyError::Overflow)?, currency)
    }

    /// Minor units, 0 to [`Money::MAX_MINOR`].
    pub const fn minor(self) -> u64 {
        self.minor
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Errors: `CurrencyMismatch`, `Overflow`.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.must_match(other)?;
        // Both are at most 10^15, so the sum fits.
        Money::new(self.minor + other.minor, self.currency)
    }

    /// Errors: `CurrencyMismatch`, `Underflow`.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.must_match(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Underflow)?;
        Ok(Money { minor, currency: self.currency })
    }

    /// The smaller of the two. Error: `CurrencyMismatch`.
    pub fn min(self, other: Money) -> Result<Money, MoneyError> {
        self.must_match(other)?;
        Ok(Money { minor: self.minor.min(other.minor), currency: self.currency })
    }

    /// Puts two amounts in order. Error: `CurrencyMismatch`.
    pub fn compare(self, other: Money) -> Result<std::cmp::Ordering, MoneyError> {
        self.must_match(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    fn must_match(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { expected: self.currency, found: other.currency })
    }
}

/// Major units with all decimals of the currency, and a leading sign for negative values.
pub fn write_major(
    f: &mut std::fmt::Formatter<'_>,
    currency: Currency,
    (negative, minor): (bool, u128),
) -> std::fmt::Result {
    let sign = if negative { "-" } else { "" };
    let decimals = usize::from(currency.exponent());
    if decimals == 0 {
        return write!(f, "{currency} {sign}{minor}");
    }
    let unit = 10u128.pow(u32::from(currency.exponent()));
    write!(f, "{currency} {sign}{}.{:0decimals$}", minor / unit, minor % unit)
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_major(f, self.currency, (false, u128::from(self.minor)))
    }
}

impl std::fmt::Debug for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Codec for Money {
    fn encode(&self, out: &mut Vec<u8>) {
        self.currency.encode(out);
        self.minor.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let currency = Currency::decode(input)?;
        let minor = u64::decode(input)?;
        Money::new(minor, currency).map_err(|_| input.expected("an amount up to 10^15"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    #[test]
    fn only_plain_digits_are_an_amount() {
        let yen = currency("JPY");
        let parse = |text| Money::parse_minor(text, yen).map(Money::minor);
        assert_eq!(parse("0"), Ok(0));
        assert_eq!(parse("1200"), Ok(1200));
        assert_eq!(parse("1000000000000000"), Ok(Money::MAX_MINOR));
        assert_eq!(parse("1000000000000001"), Err(MoneyError::Overflow));
        assert_eq!(parse("99999999999999999999999999"), Err(MoneyError::Overflow));
        for bad in [
            "", "-1", "-0", "+1", "01", "00", "1e3", "1.0", "10.5", " 1", "1 ", "0x1", "1_0", "١",
            "NaN", "1,000", "１",
        ] {
            assert_eq!(parse(bad), Err(MoneyError::NotANumber), "{bad:?}");
        }
    }

    #[test]
    fn text_has_the_decimals_of_the_currency() {
        let show = |minor, code| Money::new(minor, currency(code)).unwrap().to_string();
        assert_eq!(show(1200, "JPY"), "JPY 1200");
        assert_eq!(show(1234, "USD"), "USD 12.34");
        assert_eq!(show(5, "USD"), "USD 0.05");
        assert_eq!(show(1, "KWD"), "KWD 0.001");
        assert_eq!(show(12_345, "CLF"), "CLF 1.2345");
    }

    #[test]
    fn arithmetic_is_refused_rather_than_wrong() {
        let [dollar, yen] = ["USD", "JPY"].map(currency);
        let of = |minor| Money::new(minor, dollar).unwrap();
        assert_eq!(of(3).checked_add(of(4)), Ok(of(7)));
        assert_eq!(of(4).checked_sub(of(3)), Ok(of(1)));
        assert_eq!(of(3).checked_sub(of(4)), Err(MoneyError::Underflow));
        assert_eq!(of(Money::MAX_MINOR).checked_add(of(1)), Err(MoneyError::Overflow));
        assert_eq!(of(3).min(of(4)), Ok(of(3)));
        let mismatch = MoneyError::CurrencyMismatch { expected: dollar, found: yen };
        assert_eq!(of(0).checked_add(Money::zero(yen)), Err(mismatch));
        assert_eq!(of(0).checked_sub(Money::zero(yen)), Err(mismatch));
        assert_eq!(of(0).min(Money::zero(yen)), Err(mismatch));
        assert_eq!(mismatch.to_string(), "currency must be USD, not JPY");
    }
}
