//! A quote: one rate, frozen for a while.

use base::{Timestamp, codec_enum, codec_struct};
use ids::QuoteId;
use money::{Currency, Rate};

/// Whose side of a payment a conversion is on, which is the side that the markup burdens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// From the order to what the payer pays: the markup makes the target larger.
    PayerPays,
    /// From the order to what the payee gets: the markup makes the target smaller.
    PayeeGets,
}
codec_enum!(Side { 0 = PayerPays, 1 = PayeeGets });

/// A request for a rate from `base` to `quote`, two different currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteRequest {
    pub id: QuoteId,
    pub base: Currency,
    pub quote: Currency,
    /// Basis points on top of the mid rate, or off it; below 10000 for [`Side::PayeeGets`].
    pub markup_bps: u32,
    pub side: Side,
    pub now: Timestamp,
}

/// A rate with its markup, as told to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    pub id: QuoteId,
    /// The customer's rate: `mid` with the markup.
    pub rate: Rate,
    /// The market's rate, rounded against the customer to 12 digits.
    pub mid: Rate,
    pub markup_bps: u32,
    pub side: Side,
    pub issued: Timestamp,
    /// The first moment at which it can no longer be used.
    pub expires: Timestamp,
}
codec_struct!(Quote { id, rate, mid, markup_bps, side, issued, expires });

impl Quote {
    /// May the quote be used for something new at this time, which is that of the log record?
    ///
    /// Error: `Expired`. A quote that is frozen on a payment is used for its refunds without this
    /// question.
    pub fn check(&self, now: Timestamp) -> Result<(), FxRefusal> {
        if now < self.expires {
            return Ok(());
        }
        Err(FxRefusal::Expired { expired: self.expires })
    }
}

/// Why there is no rate to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FxRefusal {
    /// The source has no rate for one of the currencies, or one of them is not valid at this time.
    NoRate,
    /// The rate's time is too long ago.
    Stale {
        as_of: Timestamp,
    },
    Halted(Halt),
    /// The markup leaves nothing, or a rate that cannot be written.
    BadMarkup,
    Expired {
        expired: Timestamp,
    },
}
codec_enum!(FxRefusal {
    0 = NoRate,
    1 = Stale { as_of },
    2 = Halted(halt),
    3 = BadMarkup,
    4 = Expired { expired },
});

/// Why a corridor is halted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    ByOperator,
    /// The policy asks for a second source, and none has fresh rates for both currencies.
    NoSecondSource,
    /// The nearest second source is that far off.
    SourcesDisagree {
        apart_bps: u64,
    },
}
codec_enum!(Halt { 0 = ByOperator, 1 = NoSecondSource, 2 = SourcesDisagree { apart_bps } });

impl std::fmt::Display for FxRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FxRefusal::NoRate => f.write_str("no rate is known"),
            FxRefusal::Stale { .. } => f.write_str("the last good rate is too old"),
            FxRefusal::Halted(Halt::ByOperator) => f.write_str("halted by the operator"),
            FxRefusal::Halted(Halt::NoSecondSource) => {
                f.write_str("halted, no second source confirms the rate")
            }
            FxRefusal::Halted(Halt::SourcesDisagree { apart_bps }) => {
                write!(f, "halted, the sources are {apart_bps} bps apart")
            }
            FxRefusal::BadMarkup => f.write_str("the markup cannot be applied"),
            FxRefusal::Expired { .. } => f.write_str("the quote has expired"),
        }
    }
}

impl std::error::Error for FxRefusal {}
