//! Rates as they come in, and what was thought of them.

use base::{Text, Timestamp, codec_enum, codec_struct};
use money::{Currency, Rate};

/// Name of a source of rates: `ecb`.
pub type SourceName = Text<32>;

/// Most rates that one feed may bring; the rest are rejected.
pub const MAX_FEED_RATES: usize = 512;

/// Rates of one source at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateFeed {
    pub source: SourceName,
    /// When the source says that these were the rates.
    pub as_of: Timestamp,
    /// Every rate goes from this currency to another. A source keeps its reference for ever.
    pub reference: Currency,
    pub rates: Vec<Rate>,
    /// The operator vouches for rates outside the band. Every other check still applies.
    pub accept_outside_band: bool,
}
codec_struct!(RateFeed { source, as_of, reference, rates, accept_outside_band });

/// What became of a feed: every rate was accepted or is listed with the reason why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedReport {
    pub source: SourceName,
    pub accepted: u32,
    pub rejected: Vec<Rejection>,
}
codec_struct!(FeedReport { source, accepted, rejected });

/// A rate that was not taken. The last good rate of its pair stays, and keeps its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub rate: Rate,
    pub reason: Reason,
}
codec_struct!(Rejection { rate, reason });

/// Why a rate was not taken. One list of reasons for a rate alone and for a whole feed, whose rates
/// are then all rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The feed's time lies ahead of ours.
    FromTheFuture { as_of: Timestamp },
    /// The feed is older than what a quote may rest on.
    TooOld { as_of: Timestamp },
    /// We hold a rate of a later time from this source.
    OlderThanHeld { held: Timestamp },
    /// The source used another reference before.
    OtherReference { expected: Currency },
    /// As many sources as there may be have other names.
    TooManySources,
    /// The feed is longer than [`MAX_FEED_RATES`].
    TooManyRates,
    /// The rate does not go from the feed's reference to another currency.
    NotFromReference { reference: Currency },
    /// The currency is no longer, or not yet, valid.
    NotActive { currency: Currency },
    /// The pair stands in the feed twice.
    Twice,
    /// The rate moved too far from the last good one, and nobody vouched for it.
    OutOfBand { held: Rate, moved_bps: u64, band_bps: u32 },
}
codec_enum!(Reason {
    0 = FromTheFuture { as_of },
    1 = TooOld { as_of },
    2 = OlderThanHeld { held },
    3 = OtherReference { expected },
    4 = TooManySources,
    5 = TooManyRates,
    6 = NotFromReference { reference },
    7 = NotActive { currency },
    8 = Twice,
    9 = OutOfBand { held, moved_bps, band_bps },
});

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::FromTheFuture { .. } => f.write_str("the feed is dated in the future"),
            Reason::TooOld { .. } => f.write_str("the feed is older than rates may be"),
            Reason::OlderThanHeld { .. } => {
                f.write_str("a later rate of this source is already held")
            }
            Reason::OtherReference { expected } => {
                write!(f, "this source's reference currency is {expected}")
            }
            Reason::TooManySources => f.write_str("there are too many sources"),
            Reason::TooManyRates => write!(f, "the feed has more than {MAX_FEED_RATES} rates"),
            Reason::NotFromReference { reference } => {
                write!(f, "does not go from {reference} to another currency")
            }
            Reason::NotActive { currency } => write!(f, "{currency} is not valid at this time"),
            Reason::Twice => f.write_str("the pair is listed twice"),
            Reason::OutOfBand { held, moved_bps, band_bps } => {
                write!(f, "{moved_bps} bps away from {held}, at most {band_bps} are allowed")
            }
        }
    }
}

/// `EUR/JPY 1623.5: 90000 bps away from 162.35, at most 500 are allowed`.
impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {}", self.rate, self.reason)
    }
}
