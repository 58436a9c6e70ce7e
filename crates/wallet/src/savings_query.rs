//! What is shown of savings. Nothing is changed by looking: what prices have done to a saver that
//! was not settled yet is worked out for the occasion.

use crate::objects::{Saving, SavingAct};
use crate::{Object, Wallet};
use base::{History, Timestamp};
use savings::{DayYield, Fund, FundPrice, LocalDay, value_of};

/// Days of yields that are shown, at most.
pub const YIELDS_SHOWN: usize = 31;

/// One customer's savings at one glance. Amounts in minor units, units in millionths of a unit of
/// the fund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavingsView {
    pub is_on: bool,
    /// In whole major units.
    pub keep_back_major: u32,
    pub units: u64,
    /// Of them, those that no order has promised.
    pub free_units: u64,
    /// The last price, which the value goes by and whose day it is as of.
    pub price: Option<FundPrice>,
    pub value_minor: u64,
    /// What the units are worth beyond what they cost.
    pub gain_minor: i128,
    /// Cash that waits for the price of its day, earlier first.
    pub waiting: Vec<(LocalDay, u64)>,
    /// Of it, what can still be had back.
    pub recallable_minor: u64,
    /// Units that wait for the price of their day.
    pub redeeming: Option<(LocalDay, u64)>,
    /// What the limits still allow to redeem at once today.
    pub instant_left_minor: u64,
    /// What could be paid from savings alone right now.
    pub spendable_minor: u64,
    /// What each day earned, newest first.
    pub yields: Vec<DayYield>,
    /// Of the last seven days, as if they went on for a year, in millionths.
    pub seven_day_yield_ppm: Option<i128>,
}

impl Wallet {
    pub fn fund(&self) -> &Fund {
        &self.savings.fund
    }

    /// `None` for who never switched savings on, and in a market without them.
    pub fn savings_of(
        &self,
        history: &dyn History,
        number: u32,
        now: Timestamp,
    ) -> Option<SavingsView> {
        let (rules, fund) = (self.market.savings.as_ref()?, &self.savings.fund);
        let before = self.savings.savers.get(&number)?;
        let (saver, settlement) = fund.preview(before);
        let price = fund.prices().last();
        let mut yields = settlement.yields;
        yields.reverse();
        self.add_told(history, (number, before.accrued_day()), &mut yields);
        yields.truncate(YIELDS_SHOWN);
        Some(SavingsView {
            is_on: saver.is_on(),
            keep_back_major: saver.keep_back_major(),
            units: saver.units(),
            free_units: saver.free_units(),
            price,
            value_minor: price.map_or(0, |it| value_of(saver.units(), it.price)),
            gain_minor: price.map_or(0, |it| saver.gain_minor(it.price)),
            waiting: saver.subscriptions().collect(),
            recallable_minor: fund.recallable_minor(&saver, now, rules),
            redeeming: saver.redeem_day().map(|day| (day, saver.redeeming_units())),
            instant_left_minor: fund.instant_left_minor(&saver, now, rules),
            spendable_minor: fund.spendable_minor(&saver, now, rules),
            yields,
            seven_day_yield_ppm: fund.prices().seven_day_yield_ppm(),
        })
    }

    /// Adds the yields of settlements up to a day, from each to the one before it.
    fn add_told(
        &self,
        history: &dyn History,
        (number, mut until): (u32, LocalDay),
        yields: &mut Vec<DayYield>,
    ) {
        while yields.len() < YIELDS_SHOWN {
            let id = Saving::settlement_id(number, until, self.partition);
            let Some(Object::Saving(it)) = self.load(history, id.as_u128()) else { return };
            let SavingAct::Settled(settled) = &it.act else { return };
            yields.extend(settled.yields.iter().rev());
            until = settled.before;
        }
    }
}
