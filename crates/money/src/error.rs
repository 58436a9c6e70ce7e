//! Why an operation on money was refused.

use crate::Currency;

/// Why an operation on money was refused. Nothing was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Two amounts, or an amount and a rate, do not share the currency they must share.
    CurrencyMismatch { expected: Currency, found: Currency },
    /// The result would be larger than the type's bound.
    Overflow,
    /// The result would be negative.
    Underflow,
    /// The text is not a plain whole number (amounts) or a plain decimal number (rates).
    NotANumber,
    /// A share of nothing, a split into no parts.
    DivisionByZero,
    /// A rate of zero, or one that 18 digits and 18 decimals cannot hold.
    RateOutOfRange,
}

impl std::fmt::Display for MoneyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MoneyError::CurrencyMismatch { expected, found } => {
                write!(f, "currency must be {expected}, not {found}")
            }
            MoneyError::Overflow => f.write_str("amount is larger than allowed"),
            MoneyError::Underflow => f.write_str("amount would be negative"),
            MoneyError::NotANumber => f.write_str("not a plain number"),
            MoneyError::DivisionByZero => f.write_str("cannot divide by zero"),
            MoneyError::RateOutOfRange => {
                f.write_str("rate must be above zero and fit 18 digits and 18 decimals")
            }
        }
    }
}

impl std::error::Error for MoneyError {}
