//! Rates, checks on rate feeds, quotes and conversions.
