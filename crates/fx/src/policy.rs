//! What the operator decides about rates.

use crate::SourceName;
use base::{Span, codec_struct};

/// The operator's rules for rates and quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FxPolicy {
    /// Quotes are made from this source alone; without one, from the source that was loaded first.
    pub primary_source: Option<SourceName>,
    /// Largest move of a rate against the last good one, in basis points of the smaller of the two.
    pub band_bps: u32,
    /// Oldest rate that a quote may rest on, by the time that the feed gives it.
    pub max_age: Span,
    /// If set, some second source must give the same cross rate within that many basis points;
    /// without its agreement the corridor is halted.
    pub sources_must_agree_bps: Option<u32>,
    /// How long a quote may be used.
    pub quote_valid: Span,
}
codec_struct!(FxPolicy { primary_source, band_bps, max_age, sources_must_agree_bps, quote_valid });

impl Default for FxPolicy {
    /// Fits a feed of central bank rates: published on working days, so up to five days old at
    /// Easter.
    fn default() -> FxPolicy {
        FxPolicy {
            primary_source: None,
            band_bps: 500,
            max_age: Span::days(5),
            sources_must_agree_bps: None,
            quote_valid: Span::minutes(10),
        }
    }
}
