//! Amounts, currencies, rates and their arithmetic.
//!
//! An amount is a whole number of minor units with its currency; a rate is an integer with a scale
//! and a direction. No operation loses value silently: it is exact, or it takes a [`Rounding`] and
//! says what was rounded away, or it is an error.
//!
//! ```
//! use dhow_money::{Currency, Money, Rate, Rounding, convert};
//! let [yen, dollar] = ["JPY", "USD"].map(|code| Currency::from_code(code).unwrap());
//! let rate = Rate::parse(yen, dollar, "0.006667").unwrap();
//! let done = convert(Money::new(1200, yen).unwrap(), rate, Rounding::HalfEven).unwrap();
//! assert_eq!(done.target.to_string(), "USD 8.00"); // exactly 8.0004 dollars
//! assert_eq!(done.residue.to_string(), "-400/10000"); // in cents
//! ```

mod amount;
mod convert;
mod currency;
mod error;
mod iso4217;
mod position;
mod rate;
mod round;
mod split;

pub use amount::Money;
pub use convert::{Conversion, Residue, convert};
pub use currency::{Currency, Day};
pub use error::MoneyError;
pub use position::Position;
pub use rate::Rate;
pub use round::Rounding;
pub use split::{pro_rata, share_bps, split_by_weights, split_evenly};
