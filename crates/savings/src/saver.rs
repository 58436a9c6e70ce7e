//! One customer of the fund, small enough to keep millions in memory.

use crate::{LocalDay, Price, SavingsRules, value_of};
use base::codec_struct;

/// A customer's switch, units and waiting orders. It changes only through the
/// [`Fund`](crate::Fund), so that the fund's totals stay those of its customers.
///
/// 64 bytes. Days are [`LocalDay`]s of two bytes, and what stays in the balance is kept in whole
/// major units, which is how a person chooses it. A subscription waits in one of two places, since
/// a day's price is often known only after the next day's orders began; a redemption waits in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saver {
    units: u64,
    cost_minor: u64,
    first_minor: u64,
    later_minor: u64,
    redeeming_units: u64,
    instant_minor: u64,
    keep_back_major: u32,
    first_day: LocalDay,
    later_day: LocalDay,
    redeem_day: LocalDay,
    instant_day: LocalDay,
    pub(crate) accrued: LocalDay,
    is_on: bool,
}
codec_struct!(Saver {
    units,
    cost_minor,
    first_minor,
    later_minor,
    redeeming_units,
    instant_minor,
    keep_back_major,
    first_day,
    later_day,
    redeem_day,
    instant_day,
    accrued,
    is_on,
});

const _: () = assert!(size_of::<Saver>() <= 64, "millions of these are in memory");

/// One waiting subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub day: LocalDay,
    pub amount_minor: u64,
}

impl Default for Saver {
    fn default() -> Saver {
        Saver::new()
    }
}

impl Saver {
    /// Switched off, with nothing in the fund.
    pub const fn new() -> Saver {
        Saver {
            units: 0,
            cost_minor: 0,
            first_minor: 0,
            later_minor: 0,
            redeeming_units: 0,
            instant_minor: 0,
            keep_back_major: 0,
            first_day: LocalDay::FIRST,
            later_day: LocalDay::FIRST,
            redeem_day: LocalDay::FIRST,
            instant_day: LocalDay::FIRST,
            accrued: LocalDay::FIRST,
            is_on: false,
        }
    }

    /// Is idle balance swept, and may payments draw on the units?
    pub const fn is_on(&self) -> bool {
        self.is_on
    }

    /// The switch. Switching off leaves units and orders as they are.
    pub fn switch(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// What stays in the balance when it is swept, in whole major units of the currency.
    pub const fn keep_back_major(&self) -> u32 {
        self.keep_back_major
    }

    pub fn set_keep_back(&mut self, major: u32) {
        self.keep_back_major = major;
    }

    /// What stays in the balance, in minor units.
    pub fn keep_back_minor(&self, rules: &SavingsRules) -> u64 {
        rules.minor_of_major(self.keep_back_major)
    }

    /// Micro-units held, those of a waiting redemption included.
    pub const fn units(&self) -> u64 {
        self.units
    }

    /// Micro-units that a waiting redemption has promised.
    pub const fn redeeming_units(&self) -> u64 {
        self.redeeming_units
    }

    /// Micro-units that may still be redeemed.
    pub const fn free_units(&self) -> u64 {
        self.units - self.redeeming_units
    }

    /// The dealing day that a redemption waits for.
    pub fn redeem_day(&self) -> Option<LocalDay> {
        (self.redeeming_units > 0).then_some(self.redeem_day)
    }

    /// Cash that waits to be dealt, in minor units.
    pub const fn subscribing_minor(&self) -> u64 {
        self.first_minor + self.later_minor
    }

    /// Dealing day and minor units of the waiting subscriptions, earlier first; at most two.
    pub fn subscriptions(&self) -> impl Iterator<Item = (LocalDay, u64)> {
        self.waiting().into_iter().flatten().map(|one| (one.day, one.amount_minor))
    }

    /// What the units cost on average, in minor units. A redemption takes its part of it, rounded
    /// down.
    pub const fn cost_minor(&self) -> u64 {
        self.cost_minor
    }

    /// What the units are worth beyond what they cost, in minor units. For show.
    pub fn gain_minor(&self, price: Price) -> i128 {
        i128::from(value_of(self.units, price)) - i128::from(self.cost_minor)
    }

    /// The day of the last price that was accrued.
    pub const fn accrued_day(&self) -> LocalDay {
        self.accrued
    }

    /// What was redeemed at once on `today`, in minor units.
    pub fn instant_minor(&self, today: LocalDay) -> u64 {
        if self.instant_day == today { self.instant_minor } else { 0 }
    }

    /// Nothing held and nothing waiting. What was redeemed at once today is still counted here.
    pub const fn is_empty(&self) -> bool {
        self.units == 0 && self.subscribing_minor() == 0
    }

    pub(crate) fn waiting(&self) -> [Option<Waiting>; 2] {
        let one = |day, amount_minor| (amount_minor > 0).then_some(Waiting { day, amount_minor });
        [one(self.first_day, self.first_minor), one(self.later_day, self.later_minor)]
    }

    /// Writes the waiting subscriptions back, earlier first and without gaps.
    pub(crate) fn set_waiting(&mut self, waiting: [Option<Waiting>; 2]) {
        let none = Waiting { day: LocalDay::FIRST, amount_minor: 0 };
        let [first, later] = match waiting {
            [Some(a), Some(b)] if b.day < a.day => [b, a],
            [Some(a), Some(b)] => [a, b],
            [Some(a), None] | [None, Some(a)] => [a, none],
            [None, None] => [none, none],
        };
        (self.first_day, self.first_minor) = (first.day, first.amount_minor);
        (self.later_day, self.later_minor) = (later.day, later.amount_minor);
    }

    /// Adds to the subscription of a day. `Err` with the earliest day that waits when both places
    /// are taken by other days.
    pub(crate) fn add_waiting(&mut self, add: Waiting) -> Result<(), LocalDay> {
        let mut waiting = self.waiting();
        if let Some(same) = waiting.iter_mut().flatten().find(|one| one.day == add.day) {
            same.amount_minor += add.amount_minor;
        } else if let Some(place) = waiting.iter_mut().find(|one| one.is_none()) {
            *place = Some(add);
        } else {
            return Err(self.first_day);
        }
        self.set_waiting(waiting);
        Ok(())
    }

    pub(crate) fn promise(&mut self, day: LocalDay, units: u64) {
        self.redeem_day = day;
        self.redeeming_units += units;
    }

    /// Takes the promise back because it is about to be kept. Zero when there was none.
    pub(crate) fn end_promise(&mut self) -> u64 {
        self.redeem_day = LocalDay::FIRST;
        std::mem::take(&mut self.redeeming_units)
    }

    pub(crate) fn take_in(&mut self, units: u64, cost_minor: u64) {
        self.units += units;
        self.cost_minor += cost_minor;
    }

    /// Gives up `units`, of which there are as many, and their part of the cost.
    pub(crate) fn give_up(&mut self, units: u64) {
        if units == 0 {
            return;
        }
        let part = u128::from(self.cost_minor) * u128::from(units) / u128::from(self.units);
        self.cost_minor -= u64::try_from(part).expect("a part is not more than the whole");
        self.units -= units;
    }

    pub(crate) fn count_instant(&mut self, today: LocalDay, amount_minor: u64) {
        self.instant_minor = self.instant_minor(today) + amount_minor;
        self.instant_day = today;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    fn waiting(day: u16, amount_minor: u64) -> Waiting {
        Waiting { day: LocalDay::from_number(day), amount_minor }
    }

    #[test]
    fn two_days_wait_and_a_third_has_no_place() {
        let mut saver = Saver::new();
        for one in [waiting(8, 50), waiting(7, 20), waiting(8, 1), waiting(7, 2)] {
            saver.add_waiting(one).unwrap();
        }
        let all: Vec<(u16, u64)> =
            saver.subscriptions().map(|(day, minor)| (day.number(), minor)).collect();
        assert_eq!(all, [(7, 22), (8, 51)]);
        assert_eq!(saver.add_waiting(waiting(9, 1)), Err(LocalDay::from_number(7)));
        assert_eq!(saver.subscribing_minor(), 73);
        saver.set_waiting([None, saver.waiting()[1]]);
        saver.add_waiting(waiting(9, 1)).unwrap();
        assert_eq!(saver.waiting(), [Some(waiting(8, 51)), Some(waiting(9, 1))]);
    }

    #[test]
    fn cost_follows_the_units_and_ends_with_them() {
        let mut saver = Saver::new();
        saver.take_in(3_000, 100);
        saver.give_up(1_000);
        assert_eq!((saver.units(), saver.cost_minor()), (2_000, 67));
        saver.give_up(2_000);
        assert_eq!((saver.units(), saver.cost_minor()), (0, 0));
        saver.give_up(0);
        assert!(saver.is_empty());
    }

    #[test]
    fn the_count_of_the_day_begins_anew() {
        let [today, tomorrow] = [5, 6].map(LocalDay::from_number);
        let mut saver = Saver::new();
        saver.count_instant(today, 30);
        saver.count_instant(today, 12);
        assert_eq!(saver.instant_minor(today), 42);
        assert_eq!(saver.instant_minor(tomorrow), 0);
        saver.count_instant(tomorrow, 1);
        assert_eq!(saver.instant_minor(tomorrow), 1);
        assert_eq!(decode_all::<Saver>(&encode(&saver)), Ok(saver));
    }
}
