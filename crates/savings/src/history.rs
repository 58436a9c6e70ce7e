//! The prices of a fund, oldest first.

use crate::{LocalDay, Price};
use base::codec_struct;

/// Most prices that are kept: about four years of calendar days, six of dealing days.
pub const MAX_PRICES: usize = 1_500;

/// What one unit costs on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundPrice {
    pub day: LocalDay,
    pub price: Price,
}
codec_struct!(FundPrice { day, price });

/// Prices by day. Days without a price are no error: weekends, holidays, a fund that is late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceHistory {
    /// Sorted by day, each day once, at most [`MAX_PRICES`].
    prices: Vec<FundPrice>,
}
codec_struct!(PriceHistory { prices });

impl PriceHistory {
    /// The newest price.
    pub fn last(&self) -> Option<FundPrice> {
        self.prices.last().copied()
    }

    /// All that are kept, oldest first.
    pub fn all(&self) -> &[FundPrice] {
        &self.prices
    }

    /// The prices of later days than `day`, oldest first.
    pub fn after(&self, day: LocalDay) -> &[FundPrice] {
        &self.prices[self.prices.partition_point(|price| price.day <= day)..]
    }

    /// The price that holds on `day`: its own, or the last before it.
    pub fn in_force(&self, day: LocalDay) -> Option<FundPrice> {
        let later = self.prices.partition_point(|price| price.day <= day);
        later.checked_sub(1).map(|at| self.prices[at])
    }

    /// The price before that of `day`.
    pub fn before(&self, day: LocalDay) -> Option<FundPrice> {
        let at = self.prices.partition_point(|price| price.day < day);
        at.checked_sub(1).map(|at| self.prices[at])
    }

    pub(crate) fn is_full(&self) -> bool {
        self.prices.len() >= MAX_PRICES
    }

    /// Adds a price that is newer than all others; a full history loses its oldest.
    pub(crate) fn push(&mut self, price: FundPrice) {
        assert!(self.last().is_none_or(|last| last.day < price.day), "prices come in order");
        if self.is_full() {
            self.prices.remove(0);
        }
        self.prices.push(price);
    }
}
