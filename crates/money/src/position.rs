//! A signed net value.

use crate::amount::write_major;
use crate::{Currency, Money, MoneyError};
use base::codec_struct;

/// A net value in minor units of one currency; above zero is owed to us, below zero is owed by us.
///
/// Sums of any number of amounts fit: the range is that of i128.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    minor: i128,
    currency: Currency,
}
codec_struct!(Position { currency, minor });

impl Position {
    pub const fn new(minor: i128, currency: Currency) -> Position {
        Position { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Position {
        Position { minor: 0, currency }
    }

    pub const fn minor(self) -> i128 {
        self.minor
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Errors: `CurrencyMismatch`, `Overflow`.
    pub fn checked_add(self, other: Position) -> Result<Position, MoneyError> {
        self.must_match(other.currency)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Position { minor, ..self })
    }

    /// Errors: `CurrencyMismatch`, `Overflow`.
    pub fn checked_sub(self, other: Position) -> Result<Position, MoneyError> {
        self.must_match(other.currency)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Position { minor, ..self })
    }

    /// Adds an amount. Errors: `CurrencyMismatch`, `Overflow`.
    pub fn plus(self, amount: Money) -> Result<Position, MoneyError> {
        self.checked_add(amount.into())
    }

    /// Takes an amount away. Errors: `CurrencyMismatch`, `Overflow`.
    pub fn minus(self, amount: Money) -> Result<Position, MoneyError> {
        self.checked_sub(amount.into())
    }

    /// The value without its sign. Error: `Overflow` when it is larger than an amount may be.
    pub fn magnitude(self) -> Result<Money, MoneyError> {
        let minor = u64::try_from(self.minor.unsigned_abs()).map_err(|_| MoneyError::Overflow)?;
        Money::new(minor, self.currency)
    }

    fn must_match(self, found: Currency) -> Result<(), MoneyError> {
        if self.currency == found {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { expected: self.currency, found })
    }
}

impl From<Money> for Position {
    fn from(amount: Money) -> Position {
        Position { minor: i128::from(amount.minor()), currency: amount.currency() }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_major(f, self.currency, (self.minor < 0, self.minor.unsigned_abs()))
    }
}

impl std::fmt::Debug for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_cross_zero_and_stop_at_the_bounds() {
        let dollar = Currency::from_code("USD").unwrap();
        let amount = Money::new(1234, dollar).unwrap();
        let below = Position::zero(dollar).minus(amount).unwrap();
        assert_eq!(below.to_string(), "USD -12.34");
        assert_eq!(below.plus(amount), Ok(Position::zero(dollar)));
        assert_eq!(below.magnitude(), Ok(amount));
        let top = Position::new(i128::MAX, dollar);
        assert_eq!(top.plus(amount), Err(MoneyError::Overflow));
        assert_eq!(top.magnitude(), Err(MoneyError::Overflow));
        let yen = Money::zero(Currency::from_code("JPY").unwrap());
        assert!(matches!(top.plus(yen), Err(MoneyError::CurrencyMismatch { .. })));
        assert_eq!(base::decode_all::<Position>(&base::encode(&below)).unwrap(), below);
    }
}
