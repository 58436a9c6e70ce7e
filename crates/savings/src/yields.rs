//! What a fund earned, for people to read: each day's yield, and the two rates of the trade.
//!
//! Nothing here moves money. A yield is what a change of price did to units that were held, and it
//! can be below zero.

use crate::{FundPrice, LocalDay, PriceHistory};
use base::codec_struct;

/// 10^-14 of a minor unit in 10^-6 of one.
const E14_PER_MICRO: i128 = 100_000_000;
const PPM: i128 = 1_000_000;

/// `value_e14` in millionths of a minor unit, rounded down, so that nobody is shown more than there
/// is.
pub fn micro_minor(value_e14: i128) -> i128 {
    value_e14.div_euclid(E14_PER_MICRO)
}

/// What one customer's units earned from one price to the next, as of the later one's day.
///
/// The units are those that were held from the one price to the other. Units redeemed at once in
/// between were sold at the earlier price and have earned nothing, units bought at the later price
/// earn from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayYield {
    /// The day that the yield is shown for.
    pub day: LocalDay,
    /// Days since the price before: more than one after a weekend.
    pub days: u16,
    /// Micro-units that earned it.
    pub units: u64,
    /// Exactly, in 10^-14 of a minor unit.
    pub yield_e14: i128,
}

codec_struct!(DayYield { day, days, units, yield_e14 });

impl DayYield {
    pub(crate) fn new(units: u64, from: FundPrice, to: FundPrice) -> DayYield {
        DayYield {
            day: to.day,
            days: to.day.since(from.day),
            units,
            yield_e14: i128::from(units) * change_e8(from, to),
        }
    }

    /// In millionths of a minor unit, rounded down.
    pub fn micro_minor(&self) -> i128 {
        micro_minor(self.yield_e14)
    }
}

/// What 10,000 units earned from the price before to that of `day`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenThousandYield {
    pub day: LocalDay,
    /// Days since the price before.
    pub days: u16,
    /// In 10^-4 of a minor unit, exactly: 0.5123 dollars are 512,300.
    pub yield_e4: i128,
}

fn change_e8(from: FundPrice, to: FundPrice) -> i128 {
    i128::from(to.price.e8()) - i128::from(from.price.e8())
}

impl PriceHistory {
    /// Yield of 10,000 units as of `day`. `None` when the day has no price of its own, or no price
    /// is kept before it.
    pub fn ten_thousand_yield(&self, day: LocalDay) -> Option<TenThousandYield> {
        let to = self.in_force(day).filter(|price| price.day == day)?;
        let from = self.before(day)?;
        // 10^4 units times 10^-8 minor units are 10^-4 of a minor unit.
        Some(TenThousandYield { day, days: day.since(from.day), yield_e4: change_e8(from, to) })
    }

    /// Yield of the seven days that end with the last price, as if a year of 365 days went on like
    /// them without compounding, in millionths, rounded down: 1.8650% is 18,650.
    ///
    /// It starts from the price that was in force seven days before, and counts the days since that
    /// price's own. `None` when no price is kept that is as old.
    pub fn seven_day_yield_ppm(&self) -> Option<i128> {
        let to = self.last()?;
        let from = self.in_force(LocalDay::from_number(to.day.number().checked_sub(7)?))?;
        let base = i128::from(from.price.e8()) * i128::from(to.day.since(from.day));
        Some((change_e8(from, to) * 365 * PPM).div_euclid(base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Price;

    fn history(prices: &[(u16, u64)]) -> PriceHistory {
        let mut history = PriceHistory::default();
        for (day, price_e8) in prices {
            let price = Price::new(*price_e8).unwrap();
            history.push(FundPrice { day: LocalDay::from_number(*day), price });
        }
        history
    }

    #[test]
    fn ten_thousand_units_and_seven_days() {
        // A dollar's fund that earns 0.5123 dollars a day on 10,000 units: 0.005123 cents a unit.
        let prices: Vec<(u16, u64)> =
            (0..8).map(|day| (100 + day, 10_000_000_000 + 512_300 * u64::from(day))).collect();
        let history = history(&prices);
        let day = LocalDay::from_number(104);
        let shown = TenThousandYield { day, days: 1, yield_e4: 512_300 };
        assert_eq!(history.ten_thousand_yield(day), Some(shown));
        // 0.5123 / 10,000 * 365 is 1.869895 percent.
        assert_eq!(history.seven_day_yield_ppm(), Some(18_698));
    }

    #[test]
    fn gaps_count_their_days_and_losses_have_a_sign() {
        // Day 107 takes the price of Friday 98 as its start: nine days, not seven.
        let history = history(&[(98, 10_000_000_000), (101, 10_000_900_000), (107, 9_999_100_000)]);
        assert_eq!(history.seven_day_yield_ppm(), Some(-3_650));
        let day = LocalDay::from_number(107);
        let shown = TenThousandYield { day, days: 6, yield_e4: -1_800_000 };
        assert_eq!(history.ten_thousand_yield(day), Some(shown));
        assert_eq!(history.ten_thousand_yield(LocalDay::from_number(106)), None);
        assert_eq!(history.ten_thousand_yield(LocalDay::from_number(98)), None);
    }

    #[test]
    fn a_young_fund_has_no_seven_days() {
        assert_eq!(history(&[]).seven_day_yield_ppm(), None);
        assert_eq!(history(&[(3, 10_000_000_000)]).seven_day_yield_ppm(), None);
        let young = history(&[(100, 10_000_000_000), (106, 10_000_100_000)]);
        assert_eq!(young.seven_day_yield_ppm(), None);
    }

    #[test]
    fn nobody_is_shown_more_than_there_is() {
        assert_eq!(micro_minor(199_999_999), 1);
        assert_eq!(micro_minor(-1), -1);
    }
}
