//! What became of one customer since the last price that was settled.

use crate::unit::{redeem_units, subscribe};
use crate::{DayYield, FundPrice, LocalDay, PriceHistory, Saver};
use base::codec_enum;

/// One order that was dealt. The machine posts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deal {
    /// Waiting cash became units.
    Subscribed {
        /// The dealing day that the order waited for.
        day: LocalDay,
        price: FundPrice,
        amount_minor: u64,
        /// Micro-units, rounded down.
        units: u64,
        /// In 10^-14 of a minor unit.
        residue_e14: u128,
    },
    /// Units became cash. A few micro-units can become nothing.
    Redeemed {
        /// The dealing day that the order waited for.
        day: LocalDay,
        price: FundPrice,
        units: u64,
        /// Minor units, rounded down.
        amount_minor: u64,
        /// In 10^-14 of a minor unit.
        residue_e14: u128,
    },
}

codec_enum!(Deal {
    0 = Subscribed { day, price, amount_minor, units, residue_e14 },
    1 = Redeemed { day, price, units, amount_minor, residue_e14 },
});

/// Everything that the prices since the last settlement did to one customer, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// At most one for each price that is kept.
    pub yields: Vec<DayYield>,
    /// At most three.
    pub deals: Vec<Deal>,
    /// Set when the customer held units for longer than prices are kept: what they earned up to
    /// this day is in their value, but can no longer be told day by day.
    pub untold_until: Option<LocalDay>,
}

/// Brings `saver` up to the last price. Depends on nothing but the two, so that it does not matter
/// when it is done, nor whether in one go.
pub(crate) fn settle(prices: &PriceHistory, saver: &mut Saver) -> Settlement {
    let mut settlement = Settlement::default();
    for price in prices.after(saver.accrued) {
        if saver.units() > 0 {
            match prices.before(price.day) {
                Some(before) => {
                    settlement.yields.push(DayYield::new(saver.units(), before, *price));
                }
                None => settlement.untold_until = Some(price.day),
            }
        }
        deal(*price, saver, &mut settlement.deals);
        saver.accrued = price.day;
    }
    settlement
}

/// Deals what waits for the day of `price` or for an earlier one that never had a price.
fn deal(price: FundPrice, saver: &mut Saver, deals: &mut Vec<Deal>) {
    if let Some(day) = saver.redeem_day().filter(|day| *day <= price.day) {
        let redeemed = redeem_units(saver.end_promise(), price.price);
        saver.give_up(redeemed.units);
        deals.push(Deal::Redeemed {
            day,
            price,
            units: redeemed.units,
            amount_minor: redeemed.amount_minor,
            residue_e14: redeemed.residue_e14,
        });
    }
    let waiting = saver.waiting();
    let is_due = |day: LocalDay| day <= price.day;
    for one in waiting.into_iter().flatten().filter(|one| is_due(one.day)) {
        let issue = subscribe(one.amount_minor, price.price)
            .expect("what waits was bounded when it was ordered");
        saver.take_in(issue.units, one.amount_minor);
        deals.push(Deal::Subscribed {
            day: one.day,
            price,
            amount_minor: one.amount_minor,
            units: issue.units,
            residue_e14: issue.residue_e14,
        });
    }
    saver.set_waiting(waiting.map(|one| one.filter(|one| !is_due(one.day))));
}
