//! One customer in 32 bytes: state, tier, what was spent, and how often the PIN was wrong.

use crate::{CustomerState, LocalDay, PinRules, Tier};
use base::{Span, Timestamp, codec_struct};

/// Which limit would be passed, and how much of it is left, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitReached {
    Payment { most_minor: u64 },
    Day { left_minor: u64 },
    Month { left_minor: u64 },
}

impl std::fmt::Display for LimitReached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LimitReached::Payment { most_minor } => {
                write!(f, "one payment may be {most_minor} minor units at most")
            }
            LimitReached::Day { left_minor } => {
                write!(f, "{left_minor} minor units are left of today's limit")
            }
            LimitReached::Month { left_minor } => {
                write!(f, "{left_minor} minor units are left of this month's limit")
            }
        }
    }
}

/// No PIN is looked at before this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinLocked {
    Until(Timestamp),
    /// It has to be set anew with a one-time code.
    Blocked,
}

/// What has left the account, counted by the market's calendar.
///
/// Reserved when a payment begins and given back when it fails, in the same apply as the money, so
/// that no number of payments at once passes a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Of which day the two sums are.
    day: LocalDay,
    day_minor: u64,
    month_minor: u64,
}

impl Spent {
    /// What was spent on a day and in its month.
    pub fn on(self, day: LocalDay) -> (u64, u64) {
        if self.day == day {
            (self.day_minor, self.month_minor)
        } else if self.day.month() == day.month() {
            (0, self.month_minor)
        } else {
            (0, 0)
        }
    }

    fn add(&mut self, tier: &Tier, amount_minor: u64, day: LocalDay) -> Result<(), LimitReached> {
        if amount_minor > tier.payment_minor {
            return Err(LimitReached::Payment { most_minor: tier.payment_minor });
        }
        let (of_day, of_month) = self.on(day);
        let left = |limit: u64, spent: u64| limit.saturating_sub(spent);
        if amount_minor > left(tier.day_minor, of_day) {
            return Err(LimitReached::Day { left_minor: left(tier.day_minor, of_day) });
        }
        if amount_minor > left(tier.month_minor, of_month) {
            return Err(LimitReached::Month { left_minor: left(tier.month_minor, of_month) });
        }
        // From here the command succeeds. The limits bound both sums.
        *self =
            Spent { day, day_minor: of_day + amount_minor, month_minor: of_month + amount_minor };
        Ok(())
    }

    /// Takes back what was added on `spent_on`, where it still counts.
    fn take_back(&mut self, amount_minor: u64, spent_on: LocalDay) {
        if self.day == spent_on {
            self.day_minor = self.day_minor.saturating_sub(amount_minor);
        }
        if self.day.month() == spent_on.month() {
            self.month_minor = self.month_minor.saturating_sub(amount_minor);
        }
    }
}

/// See the module's text. Who it is stands in the vault, what it owns in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Customer {
    pub state: CustomerState,
    /// Place in the market's list of tiers.
    pub tier: u8,
    tries: u8,
    waits: u8,
    /// Registered on this day.
    pub since: LocalDay,
    /// In minutes since 1970, rounded up.
    locked_until_min: u32,
    // The parts of `Spent`: as a struct of its own it would be padded.
    day: LocalDay,
    day_minor: u64,
    month_minor: u64,
}
codec_struct!(Customer {
    state,
    tier,
    tries,
    waits,
    since,
    locked_until_min,
    day,
    day_minor,
    month_minor,
});

impl Customer {
    pub fn new(tier: u8, since: LocalDay) -> Customer {
        Customer {
            state: CustomerState::Active,
            tier,
            tries: 0,
            waits: 0,
            since,
            locked_until_min: 0,
            day: LocalDay::default(),
            day_minor: 0,
            month_minor: 0,
        }
    }

    pub fn spent(&self) -> Spent {
        Spent { day: self.day, day_minor: self.day_minor, month_minor: self.month_minor }
    }

    fn set_spent(&mut self, spent: Spent) {
        (self.day, self.day_minor, self.month_minor) =
            (spent.day, spent.day_minor, spent.month_minor);
    }

    /// Counts an amount against the tier's limits. Errors: nothing has changed.
    pub fn spend(
        &mut self,
        tier: &Tier,
        amount_minor: u64,
        day: LocalDay,
    ) -> Result<(), LimitReached> {
        let mut spent = self.spent();
        spent.add(tier, amount_minor, day)?;
        self.set_spent(spent);
        Ok(())
    }

    /// What was counted on a day is not spent after all.
    pub fn give_back(&mut self, amount_minor: u64, spent_on: LocalDay) {
        let mut spent = self.spent();
        spent.take_back(amount_minor, spent_on);
        self.set_spent(spent);
    }

    /// Until when no PIN is looked at.
    pub fn pin_lock(&self, rules: &PinRules, now: Timestamp) -> Option<PinLocked> {
        if self.waits >= rules.waits {
            return Some(PinLocked::Blocked);
        }
        let until = Timestamp::from_secs(u64::from(self.locked_until_min) * 60);
        (until > now).then_some(PinLocked::Until(until))
    }

    /// Counts a try before the PIN is looked at, so that tries at once are all counted. The last
    /// one begins a wait.
    pub fn take_try(&mut self, rules: &PinRules, now: Timestamp) -> Result<(), PinLocked> {
        if let Some(lock) = self.pin_lock(rules, now) {
            return Err(lock);
        }
        self.tries = self.tries.saturating_add(1);
        if self.tries >= rules.tries {
            self.tries = 0;
            self.waits = self.waits.saturating_add(1);
            let until = now.after(rules.wait).after(Span::secs(59)).secs() / 60;
            self.locked_until_min = u32::try_from(until).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    /// The PIN was right, or was set anew.
    pub fn pass_try(&mut self) {
        self.tries = 0;
        self.waits = 0;
        self.locked_until_min = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tier() -> Tier {
        Tier::new("basic", [100, 250, 400, 1_000]).unwrap()
    }

    #[test]
    fn a_customer_takes_32_bytes() {
        assert_eq!(std::mem::size_of::<Customer>(), 32);
    }

    #[test]
    fn limits_of_a_payment_a_day_and_a_month() {
        let mut customer = Customer::new(0, LocalDay(20_000));
        // 2024-10-04 and the days after it.
        let day = LocalDay(20_000);
        let mut spend = |amount, day| customer.spend(&tier(), amount, day);
        assert_eq!(spend(101, day), Err(LimitReached::Payment { most_minor: 100 }));
        assert_eq!(spend(100, day), Ok(()));
        assert_eq!(spend(100, day), Ok(()));
        assert_eq!(spend(51, day), Err(LimitReached::Day { left_minor: 50 }));
        assert_eq!(spend(50, day), Ok(()));
        assert_eq!(spend(1, day), Err(LimitReached::Day { left_minor: 0 }));
        assert_eq!(spend(100, day.next()), Ok(()));
        assert_eq!(spend(51, day.next()), Err(LimitReached::Month { left_minor: 50 }));
        // 2024-11-01.
        assert_eq!(spend(100, LocalDay(20_028)), Ok(()));
    }

    #[test]
    fn what_is_given_back_counts_only_where_it_was_counted() {
        let day = LocalDay(20_000);
        let mut customer = Customer::new(0, day);
        customer.spend(&tier(), 100, day).unwrap();
        customer.spend(&tier(), 80, day.next()).unwrap();
        customer.give_back(100, day);
        assert_eq!(customer.spent().on(day.next()), (80, 80));
        customer.give_back(80, day.next());
        assert_eq!(customer.spent().on(day.next()), (0, 0));
        customer.spend(&tier(), 90, LocalDay(20_028)).unwrap();
        customer.give_back(50, day);
        assert_eq!(customer.spent().on(LocalDay(20_028)), (90, 90));
    }

    #[test]
    fn tries_lead_to_waits_and_waits_to_a_new_pin() {
        let rules = PinRules { tries: 3, wait: Span::minutes(10), waits: 2 };
        let mut customer = Customer::new(0, LocalDay(1));
        let now = Timestamp::from_secs(6_000);
        for _ in 0..3 {
            customer.take_try(&rules, now).unwrap();
        }
        let until = Timestamp::from_secs(6_600);
        assert_eq!(customer.take_try(&rules, now), Err(PinLocked::Until(until)));
        for _ in 0..3 {
            customer.take_try(&rules, until).unwrap();
        }
        assert_eq!(customer.take_try(&rules, Timestamp::MAX), Err(PinLocked::Blocked));
        customer.pass_try();
        assert_eq!(customer.take_try(&rules, until), Ok(()));
    }

    proptest! {
        #[test]
        fn no_order_of_spending_passes_a_limit(
            steps in proptest::collection::vec((0_u64..120, 0_u32..40, any::<bool>()), 1..60),
        ) {
            let (tier, mut customer) = (tier(), Customer::new(0, LocalDay(19_990)));
            let mut day = LocalDay(19_990);
            let mut kept: Vec<(u64, LocalDay)> = Vec::new();
            for (amount, days, is_back) in steps {
                day = LocalDay(day.0 + days / 10);
                if is_back && let Some((amount, on)) = kept.pop() {
                    customer.give_back(amount, on);
                } else if customer.spend(&tier, amount, day).is_ok() {
                    kept.push((amount, day));
                }
                let of_day: u64 = kept.iter().filter(|(_, on)| *on == day).map(|(a, _)| a).sum();
                let month = |on: &LocalDay| on.month() == day.month();
                let of_month: u64 = kept.iter().filter(|(_, on)| month(on)).map(|(a, _)| a).sum();
                prop_assert!(of_day <= tier.day_minor && of_month <= tier.month_minor);
                // What it counts is never less than what was really kept.
                let counted = customer.spent().on(day);
                prop_assert!(counted.0 >= of_day && counted.1 >= of_month);
            }
        }
    }
}
