//! Whatever twenty customers do in whatever order: the fund's totals are the sums of its customers,
//! no rounding makes value, limits hold, and it does not matter when a customer is settled.

use crate::{at, day, price, rules};
use base::{Timestamp, decode_all, encode};
use dhow_savings::{
    Approval, CoverNeed, Deal, Fund, LocalDay, PoolDeal, Price, Saver, SavingsRefusal,
    SavingsRules, exact_value, redeem_cash, redeem_units, subscribe, sweep_plan, value_of,
};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof};
use proptest::proptest;
use proptest::test_runner::Config;
use std::collections::BTreeMap;

const CUSTOMERS: usize = 20;
const MINOR_E14: i128 = 100_000_000_000_000;

#[derive(Clone, Debug)]
enum Op {
    /// Time passes, and prices come in until today's cut-off is not passed: basis points from -19.
    Hours(u64, u64),
    Sweep(usize, u64),
    Redeem(usize, u64),
    Instant(usize, u64),
    Recall(usize, u64),
    Pay(usize, u64, u64),
    Settle(usize),
    Residue,
}

impl Op {
    fn who(&self) -> Option<usize> {
        match self {
            Op::Sweep(who, _)
            | Op::Redeem(who, _)
            | Op::Instant(who, _)
            | Op::Recall(who, _)
            | Op::Pay(who, _, _)
            | Op::Settle(who) => Some(*who),
            Op::Hours(..) | Op::Residue => None,
        }
    }
}

fn any_op() -> impl Strategy<Value = Op> {
    let who = || 0..CUSTOMERS;
    prop_oneof![
        4 => (1u64..40, 0u64..39).prop_map(|(hours, change)| Op::Hours(hours, change)),
        6 => (who(), 1u64..90_000).prop_map(|(who, minor)| Op::Sweep(who, minor)),
        2 => (who(), 1u64..1_000_000_000).prop_map(|(who, units)| Op::Redeem(who, units)),
        4 => (who(), 1u64..60_000).prop_map(|(who, minor)| Op::Instant(who, minor)),
        1 => (who(), 1u64..90_000).prop_map(|(who, minor)| Op::Recall(who, minor)),
        3 => (who(), 0u64..2_000, 1u64..60_000).prop_map(|(who, a, b)| Op::Pay(who, a, b)),
        1 => who().prop_map(Op::Settle),
        1 => prop::strategy::Just(Op::Residue),
    ]
}

/// Everything that was ever told, in 10^-14 of a minor unit where not said otherwise.
#[derive(Default, Debug, PartialEq)]
struct Told {
    /// Cash in, less residue.
    bought: i128,
    /// Cash out, and residue.
    sold: i128,
    earned: i128,
    residue: i128,
    /// Minor units taken out of the residue.
    taken_minor: u128,
    instant_minor: BTreeMap<(usize, LocalDay), u64>,
}

struct World {
    fund: Fund,
    savers: Vec<Saver>,
    rules: SavingsRules,
    now: Timestamp,
    told: Told,
    /// Settles everybody at each price, rather than when they come.
    is_eager: bool,
}

impl World {
    fn new(is_eager: bool) -> World {
        let start = day(2026, 2, 26);
        let mut saver = Saver::new();
        saver.switch(true);
        let (mut fund, rules) = (Fund::new(), rules());
        let first = price(start, 10_000_000_000);
        fund.accept_price(first, Approval::Plain, at(start, 15, 0), &rules).unwrap();
        World {
            fund,
            savers: vec![saver; CUSTOMERS],
            rules,
            now: at(start, 15, 0),
            told: Told::default(),
            is_eager,
        }
    }

    fn settle(&mut self, who: usize) {
        let settlement = self.fund.settle(&mut self.savers[who]);
        for one in &settlement.yields {
            self.told.earned += one.yield_e14;
        }
        for deal in settlement.deals {
            match deal {
                Deal::Subscribed { amount_minor, residue_e14, .. } => {
                    let residue = i128::try_from(residue_e14).unwrap();
                    self.told.bought += i128::from(amount_minor) * MINOR_E14 - residue;
                    self.told.residue += residue;
                }
                Deal::Redeemed { amount_minor, residue_e14, .. } => {
                    let residue = i128::try_from(residue_e14).unwrap();
                    self.told.sold += i128::from(amount_minor) * MINOR_E14 + residue;
                    self.told.residue += residue;
                }
            }
        }
    }

    fn pool(&mut self, deals: &[PoolDeal]) {
        for deal in deals {
            self.told.residue += i128::try_from(deal.residue_e14).unwrap();
            let exact = deal.units * u128::from(deal.price.price.e8());
            assert_eq!(exact, deal.proceeds_minor * 100_000_000_000_000 + deal.residue_e14);
        }
    }

    fn pass(&mut self, hours: u64, change: u64) {
        self.now = Timestamp::from_secs(self.now.secs() + hours * 3_600);
        loop {
            let last = self.fund.prices().last().unwrap();
            let next = last.day.after(1).unwrap();
            if self.now < self.rules.calendar().closes(next) {
                return;
            }
            let moved = last.price.e8() * (9_981 + change) / 10_000;
            let entry = price(next, moved.clamp(5_000_000_000, 20_000_000_000));
            let deals = self.fund.accept_price(entry, Approval::Plain, self.now, &self.rules);
            self.pool(&deals.unwrap());
            if self.is_eager {
                (0..CUSTOMERS).for_each(|who| self.settle(who));
            }
        }
    }

    fn instant(&mut self, who: usize, minor: u64) {
        let today = self.rules.calendar().local_day(self.now);
        *self.told.instant_minor.entry((who, today)).or_default() += minor;
        let last = self.fund.prices().last().unwrap().price;
        let units = redeem_cash(minor, last).unwrap().units;
        self.told.sold += i128::try_from(exact_value(units, last)).unwrap();
    }

    /// `Err` when the operation was refused.
    fn apply(&mut self, op: &Op) -> Result<(), SavingsRefusal> {
        if let Some(who) = op.who() {
            self.settle(who);
        }
        let World { fund, savers, rules, now, .. } = self;
        match *op {
            Op::Hours(hours, change) => self.pass(hours, change),
            Op::Sweep(who, balance) => {
                let minor = sweep_plan(balance, &savers[who], rules);
                fund.order_subscription(&mut savers[who], minor, *now, rules)?;
            }
            Op::Redeem(who, units) => {
                fund.order_redemption(&mut savers[who], units, *now, rules)?;
            }
            Op::Instant(who, minor) => {
                fund.redeem_instantly(&mut savers[who], minor, *now, rules)?;
                self.instant(who, minor);
            }
            Op::Recall(who, minor) => {
                fund.recall_subscription(&mut savers[who], minor, *now, rules)?;
            }
            Op::Pay(who, balance_minor, payment_minor) => {
                let need = CoverNeed { balance_minor, payment_minor };
                let spendable = fund.spendable_minor(&savers[who], *now, rules);
                let plan = fund.cover_plan(&savers[who], need, *now, rules);
                assert_eq!(plan.is_ok(), balance_minor + spendable >= payment_minor, "{plan:?}");
                let plan = plan?;
                let parts = [plan.balance_minor, plan.recalled_minor, plan.redeemed_minor];
                assert_eq!(parts.iter().sum::<u64>(), payment_minor);
                assert!(plan.balance_minor <= balance_minor);
                fund.cover(&mut savers[who], plan, *now, rules).expect("a plan can be done");
                if plan.redeemed_minor > 0 {
                    self.instant(who, plan.redeemed_minor);
                }
            }
            Op::Settle(_) => {}
            Op::Residue => self.told.taken_minor += fund.take_residue(),
        }
        Ok(())
    }

    fn settle_all(&mut self) {
        (0..CUSTOMERS).for_each(|who| self.settle(who));
    }
}

proptest! {
    #![proptest_config(Config::with_cases(128))]

    #[test]
    fn totals_are_sums_limits_hold_and_no_value_is_made(
        ops in prop::collection::vec(any_op(), 1..120),
    ) {
        let mut world = World::new(false);
        for op in &ops {
            let before = (world.fund.clone(), world.savers.clone());
            if world.apply(op).is_err() {
                // All but the settling that came first.
                let (mut fund, mut savers) = before;
                fund.settle(&mut savers[op.who().expect("only customers are refused")]);
                prop_assert_eq!((&fund, &savers), (&world.fund, &world.savers), "{:?}", op);
            }
            prop_assert_eq!(world.fund.verify(&world.savers), Ok(()));
            let limits = world.rules.terms();
            let most = u128::from(limits.pool_limit_minor);
            prop_assert!(world.fund.totals().advanced_minor <= most);
            let sums = world.told.instant_minor.values();
            prop_assert!(sums.into_iter().all(|sum| *sum <= limits.instant_limit_minor));
        }
        world.settle_all();
        prop_assert_eq!(world.fund.verify(&world.savers), Ok(()));
        let totals = world.fund.totals();
        let last = world.fund.prices().last().unwrap().price;
        let held = totals.units * u128::from(last.e8());
        let Told { bought, sold, earned, residue, taken_minor, .. } = world.told;
        // To the last hundred-billionth: what came in and what was earned went out or is held.
        prop_assert_eq!(bought + earned, sold + i128::try_from(held).unwrap());
        let kept = totals.residue_e14 + taken_minor * 100_000_000_000_000;
        prop_assert_eq!(residue, i128::try_from(kept).unwrap());
        let copy: Fund = decode_all(&encode(&world.fund)).unwrap();
        prop_assert_eq!(copy, world.fund);
    }

    #[test]
    fn it_does_not_matter_when_a_customer_is_settled(
        ops in prop::collection::vec(any_op(), 1..80),
    ) {
        let mut worlds = [World::new(false), World::new(true)];
        for op in &ops {
            let [late, eager] = &mut worlds;
            // How much whole residue there is to take depends on when.
            if !matches!(op, Op::Residue) {
                prop_assert_eq!(late.apply(op), eager.apply(op));
            }
        }
        worlds.iter_mut().for_each(World::settle_all);
        let [late, eager] = worlds;
        prop_assert_eq!(late.fund, eager.fund);
        prop_assert_eq!(late.savers, eager.savers);
        prop_assert_eq!(late.told, eager.told);
    }

    #[test]
    fn there_and_back_never_gains(
        minor in 1u64..100_000_000_000,
        price_e8 in Price::LOWEST.e8()..Price::HIGHEST.e8(),
        units in 1u64..10_000_000_000_000,
        parts in any::<u64>(),
    ) {
        let price = Price::new(price_e8).unwrap();
        let issue = subscribe(minor, price).unwrap();
        let cash = u128::from(minor) * 100_000_000_000_000;
        prop_assert_eq!(exact_value(issue.units, price) + issue.residue_e14, cash);
        prop_assert!(issue.residue_e14 < u128::from(price_e8));
        prop_assert!(value_of(issue.units, price) <= minor);
        // Cutting the purchase gives no more units, cutting the sale no more cash.
        let first = parts % minor;
        if first > 0 {
            let cut = [first, minor - first].map(|part| subscribe(part, price).unwrap().units);
            prop_assert!(cut[0] + cut[1] <= issue.units);
        }
        let whole = redeem_units(units, price);
        let first = parts % units;
        let cut = [first, units - first].map(|part| redeem_units(part, price).amount_minor);
        prop_assert!(cut[0] + cut[1] <= whole.amount_minor);
        // The cash of some units costs no more than they, and not less than it is worth.
        if whole.amount_minor > 0 && whole.amount_minor <= money::Money::MAX_MINOR {
            let back = redeem_cash(whole.amount_minor, price).unwrap();
            prop_assert!(back.units <= units);
            let paid = u128::from(whole.amount_minor) * 100_000_000_000_000;
            prop_assert_eq!(exact_value(back.units, price), paid + back.residue_e14);
            prop_assert!(subscribe(whole.amount_minor, price).unwrap().units <= back.units);
        }
    }
}
