//! Exchange rates: feeds and the checks on them, quotes, and conversions as they are booked.
//!
//! A [`RateBook`] holds the mid rates of each source against its reference currency. A [`Quote`]
//! freezes one rate with its markup for a while; [`leg()`] converts an amount by it and says which
//! part of the result is the market's, which the markup's and which was rounded.
//!
//! ```
//! use base::{Text, Timestamp};
//! use dhow_fx::{FxPolicy, QuoteRequest, RateBook, RateFeed, Side, leg};
//! use money::{Currency, Money, Rate};
//! let [euro, yen, dollar] = ["EUR", "JPY", "USD"].map(|code| Currency::from_code(code).unwrap());
//! let now = Timestamp::from_secs(1_772_000_000);
//! let feed = RateFeed {
//!     source: Text::new("ecb").unwrap(),
//!     as_of: now,
//!     reference: euro,
//!     rates: vec![
//!         Rate::parse(euro, yen, "162.35").unwrap(),
//!         Rate::parse(euro, dollar, "1.0825").unwrap(),
//!     ],
//!     accept_outside_band: false,
//! };
//! let (policy, mut book) = (FxPolicy::default(), RateBook::default());
//! assert!(book.load(feed, now, &policy).rejected.is_empty());
//! let id = ids::QuoteId::from_u128(1);
//! let (side, markup_bps) = (Side::PayerPays, 100);
//! let request = QuoteRequest { id, base: yen, quote: dollar, markup_bps, side, now };
//! let quote = book.quote(request, &policy).unwrap();
//! let leg = leg(Money::new(150_000, yen).unwrap(), &quote).unwrap();
//! assert_eq!(leg.target.to_string(), "USD 1010.16");
//! assert_eq!((leg.base_minor, leg.markup_minor, leg.rounding_minor), (100_015, 1000, 1));
//! ```

mod book;
mod feed;
mod leg;
mod policy;
mod quote;

pub use book::{HeldRate, RateBook};
pub use feed::{FeedReport, MAX_FEED_RATES, RateFeed, Reason, Rejection, SourceName};
pub use leg::{Leg, leg};
pub use policy::FxPolicy;
pub use quote::{FxRefusal, Halt, Quote, QuoteRequest, Side};
