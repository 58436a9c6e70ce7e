//! Prices, orders, redemptions and payments, one case at a time.

use crate::{at, day, price, rules, terms};
use base::{Codec, decode_all, encode};
use dhow_savings::{
    Approval, CoverNeed, CoverPlan, Deal, Disagreement, Fund, FundStatement, MAX_HOLDING_MINOR,
    Price, PriceRefusal, Saver, SavingsRefusal, SavingsRules, SavingsTerms, sweep_plan,
};

const ONE: u64 = 10_000_000_000;

/// A fund with a price of 100 minor units of Friday, 2026-02-27, and a customer with 1,000 units.
fn world() -> (Fund, Saver, SavingsRules) {
    let (mut fund, mut saver, rules) = (Fund::new(), Saver::new(), rules());
    saver.switch(true);
    let friday = day(2026, 2, 27);
    fund.order_subscription(&mut saver, 100_000, at(friday, 9, 0), &rules).unwrap();
    fund.accept_price(price(friday, ONE), Approval::Plain, at(friday, 20, 0), &rules).unwrap();
    fund.settle(&mut saver);
    assert_eq!((saver.units(), saver.cost_minor()), (1_000_000_000, 100_000));
    (fund, saver, rules)
}

#[test]
fn a_price_is_newer_after_its_cut_off_and_plausible() {
    let (mut fund, _, rules) = world();
    let [sunday, monday] = [day(2026, 3, 1), day(2026, 3, 2)];
    let friday = fund.prices().last().unwrap();
    let mut refused = |entry, now| {
        let before = encode(&fund);
        let refusal = fund.accept_price(entry, Approval::Plain, now, &rules).unwrap_err();
        assert_eq!(encode(&fund), before);
        refusal
    };
    let evening = at(monday, 20, 0);
    assert_eq!(refused(price(friday.day, ONE), evening), PriceRefusal::NotNewer { last: friday });
    let closes = at(monday, 13, 30);
    let early = refused(price(monday, ONE), at(monday, 13, 29));
    assert_eq!(early, PriceRefusal::TooEarly { closes });
    // 20 basis points for each of three days.
    let band = PriceRefusal::OutOfBand { lowest_e8: 9_940_000_000, highest_e8: 10_060_000_000 };
    assert_eq!(refused(price(monday, 10_060_000_001), evening), band);
    assert_eq!(refused(price(monday, 9_939_999_999), evening), band);
    let band = PriceRefusal::OutOfBand { lowest_e8: 9_960_000_000, highest_e8: 10_040_000_000 };
    assert_eq!(refused(price(sunday, 10_060_000_000), evening), band);
    let range = PriceRefusal::OutOfRange { lowest_e8: 5_000_000_000, highest_e8: 20_000_000_000 };
    assert_eq!(refused(price(monday, 20_000_000_001), evening), range);

    let far = price(monday, 19_000_000_000);
    assert!(fund.accept_price(far, Approval::Plain, evening, &rules).is_err());
    fund.accept_price(far, Approval::FourEyes, evening, &rules).unwrap();
    assert_eq!(fund.prices().last(), Some(far));
}

#[test]
fn an_order_deals_at_the_first_price_of_its_day_or_later() {
    let (mut fund, mut saver, rules) = world();
    let [monday, tuesday, thursday] = [day(2026, 3, 2), day(2026, 3, 3), day(2026, 3, 5)];
    let mut order = |fund: &mut Fund, minor, now| {
        fund.order_subscription(&mut saver, minor, now, &rules).unwrap()
    };
    assert_eq!(order(&mut fund, 7_000, at(monday, 13, 29)), monday);
    assert_eq!(order(&mut fund, 1_000, at(monday, 13, 30)), tuesday);
    // Monday never gets a price, Wednesday is a holiday, and a third day finds no place.
    let third = fund.order_subscription(&mut saver, 1, at(tuesday, 14, 0), &rules);
    assert_eq!(third, Err(SavingsRefusal::EarlierOrderWaits { day: monday }));
    let entry = price(tuesday, 10_010_000_000);
    fund.accept_price(entry, Approval::Plain, at(tuesday, 20, 0), &rules).unwrap();

    let refused = fund.order_subscription(&mut saver, 1, at(tuesday, 21, 0), &rules);
    assert_eq!(refused, Err(SavingsRefusal::Unsettled));
    let (ahead, told) = fund.preview(&saver);
    let settlement = fund.settle(&mut saver);
    assert_eq!((ahead, told), (saver, settlement.clone()));
    let days = [0, 1].map(|at| match &settlement.deals[at] {
        Deal::Subscribed { day, price, amount_minor, .. } => (*day, *price, *amount_minor),
        Deal::Redeemed { .. } => panic!("nothing was redeemed"),
    });
    assert_eq!(days, [(monday, entry, 7_000), (tuesday, entry, 1_000)]);
    // 1,000 units earned 0.1 minor units each over four days.
    assert_eq!(settlement.yields.len(), 1);
    assert_eq!((settlement.yields[0].days, settlement.yields[0].micro_minor()), (4, 100_000_000));
    assert_eq!(fund.settle(&mut saver), Default::default());
    let next = fund.order_subscription(&mut saver, 1, at(tuesday, 21, 0), &rules);
    assert_eq!(next, Ok(thursday));
}

#[test]
fn a_changed_cut_off_does_not_open_a_day_whose_price_is_known() {
    let (mut fund, mut saver, rules) = world();
    let [monday, tuesday] = [day(2026, 3, 2), day(2026, 3, 3)];
    fund.accept_price(price(monday, ONE), Approval::Plain, at(monday, 14, 0), &rules).unwrap();
    fund.settle(&mut saver);
    let mut later: SavingsTerms = terms();
    later.calendar.cut_off_min = 1_200;
    let later = SavingsRules::new(later).unwrap();
    let order = fund.order_subscription(&mut saver, 5, at(monday, 15, 0), &later);
    assert_eq!(order, Ok(tuesday));
}

#[test]
fn cash_comes_back_until_the_cut_off() {
    let (mut fund, mut saver, rules) = world();
    let monday = day(2026, 3, 2);
    fund.order_subscription(&mut saver, 500, at(monday, 9, 0), &rules).unwrap();
    let refused = fund.recall_subscription(&mut saver, 501, at(monday, 9, 1), &rules);
    assert_eq!(refused, Err(SavingsRefusal::NotEnough { short_minor: 1 }));
    fund.recall_subscription(&mut saver, 200, at(monday, 13, 29), &rules).unwrap();
    assert_eq!(fund.recallable_minor(&saver, at(monday, 13, 29), &rules), 300);
    let refused = fund.recall_subscription(&mut saver, 1, at(monday, 13, 30), &rules);
    assert_eq!(refused, Err(SavingsRefusal::NotEnough { short_minor: 1 }));
    assert_eq!(fund.totals().subscribing_minor, 300);
    fund.verify([&saver]).unwrap();
}

#[test]
fn an_ordinary_redemption_earns_until_its_day() {
    let (mut fund, mut saver, rules) = world();
    let [monday, tuesday] = [day(2026, 3, 2), day(2026, 3, 3)];
    let order = |fund: &mut Fund, saver: &mut Saver, units, now| {
        fund.order_redemption(saver, units, now, &rules)
    };
    let morning = at(monday, 9, 0);
    assert_eq!(order(&mut fund, &mut saver, 600_000_000, morning), Ok(monday));
    let refused = order(&mut fund, &mut saver, 400_000_001, morning);
    assert_eq!(refused, Err(SavingsRefusal::NotEnoughUnits { free_units: 400_000_000 }));
    let refused = order(&mut fund, &mut saver, 1, at(monday, 14, 0));
    assert_eq!(refused, Err(SavingsRefusal::EarlierOrderWaits { day: monday }));
    let entry = price(monday, 10_001_000_000);
    fund.accept_price(entry, Approval::Plain, at(monday, 20, 0), &rules).unwrap();
    let settlement = fund.settle(&mut saver);
    // 1,000 units earned 0.01 each, then 600 of them became 60,006.
    assert_eq!(settlement.yields[0].micro_minor(), 10_000_000);
    let Deal::Redeemed { amount_minor, residue_e14, .. } = settlement.deals[0] else {
        panic!("a redemption was ordered");
    };
    assert_eq!((amount_minor, residue_e14), (60_006, 0));
    assert_eq!((saver.units(), saver.cost_minor()), (400_000_000, 40_000));
    assert_eq!(saver.gain_minor(entry.price), 4);
    assert_eq!(order(&mut fund, &mut saver, 400_000_000, at(monday, 20, 0)), Ok(tuesday));
}

#[test]
fn the_pool_takes_units_over_and_is_filled_again_by_the_next_price() {
    let (mut fund, mut saver, rules) = world();
    let [saturday, monday] = [day(2026, 2, 28), day(2026, 3, 2)];
    let done = fund.redeem_instantly(&mut saver, 50_000, at(saturday, 23, 59), &rules).unwrap();
    assert_eq!((done.redemption.units, done.pool_day), (500_000_000, monday));
    // The limit is one of the day at the fund, not of the dealing day.
    let again = fund.redeem_instantly(&mut saver, 1, at(saturday, 23, 59), &rules);
    assert_eq!(again, Err(SavingsRefusal::InstantLimit { left_minor: 0 }));
    fund.redeem_instantly(&mut saver, 10_000, at(day(2026, 3, 1), 0, 0), &rules).unwrap();
    let totals = fund.totals();
    assert_eq!((totals.units, totals.advanced_units), (400_000_000, 600_000_000));
    assert_eq!(fund.pool_left_minor(&rules), 60_000);

    let entry = price(monday, 10_001_000_000);
    let deals = fund.accept_price(entry, Approval::Plain, at(monday, 20, 0), &rules).unwrap();
    assert_eq!(deals.len(), 1);
    assert_eq!((deals[0].advanced_minor, deals[0].proceeds_minor), (60_000, 60_006));
    assert_eq!(fund.pool_left_minor(&rules), 120_000);
    // The customer's rest earned, what was redeemed at once did not.
    assert_eq!(fund.settle(&mut saver).yields[0].units, 400_000_000);
}

#[test]
fn a_payment_is_covered_in_order_or_refused_with_the_reason() {
    let (mut fund, mut saver, rules) = world();
    let monday = day(2026, 3, 2);
    fund.order_subscription(&mut saver, 3_000, at(monday, 9, 0), &rules).unwrap();
    let plan = |fund: &Fund, saver: &Saver, payment_minor, hour| {
        let need = CoverNeed { balance_minor: 2_000, payment_minor };
        let plan = fund.cover_plan(saver, need, at(monday, hour, 0), &rules);
        plan.map(|plan| (plan.balance_minor, plan.recalled_minor, plan.redeemed_minor))
    };
    use SavingsRefusal::{InstantLimit, NotEnough, SwitchedOff};
    let cases = [
        (2_000, 10, Ok((2_000, 0, 0))),
        (4_500, 10, Ok((2_000, 2_500, 0))),
        (25_000, 10, Ok((2_000, 3_000, 20_000))),
        (25_000, 14, Ok((2_000, 0, 23_000))),
        (55_000, 10, Ok((2_000, 3_000, 50_000))),
        (55_001, 10, Err(InstantLimit { left_minor: 50_000 })),
        (105_001, 10, Err(NotEnough { short_minor: 1 })),
        (0, 10, Err(SavingsRefusal::ZeroAmount)),
    ];
    for (payment_minor, hour, expect) in cases {
        assert_eq!(plan(&fund, &saver, payment_minor, hour), expect, "{payment_minor}");
    }
    assert_eq!(fund.spendable_minor(&saver, at(monday, 10, 0), &rules), 53_000);
    let mut off = saver;
    off.switch(false);
    assert_eq!(plan(&fund, &off, 2_000, 10), Ok((2_000, 0, 0)));
    assert_eq!(plan(&fund, &off, 2_001, 10), Err(SwitchedOff));
    assert_eq!(fund.spendable_minor(&off, at(monday, 10, 0), &rules), 0);
    let poor = Saver::new();
    let mut poor_on = poor;
    poor_on.switch(true);
    assert_eq!(plan(&fund, &poor_on, 2_005, 10), Err(NotEnough { short_minor: 5 }));

    let plan = CoverPlan { balance_minor: 0, recalled_minor: 3_000, redeemed_minor: 50_000 };
    let late = fund.cover(&mut saver, plan, at(monday, 14, 0), &rules);
    assert_eq!(late, Err(NotEnough { short_minor: 3_000 }));
    fund.cover(&mut saver, plan, at(monday, 10, 0), &rules).unwrap();
    assert_eq!((saver.subscribing_minor(), saver.units()), (0, 500_000_000));
    fund.verify([&saver]).unwrap();
}

#[test]
fn the_pool_and_the_age_of_the_price_bound_payments() {
    let (mut fund, mut saver, rules) = world();
    let monday = day(2026, 3, 2);
    let mut others = [Saver::new(); 2];
    for other in &mut others {
        fund.order_subscription(other, 60_000, at(monday, 9, 0), &rules).unwrap();
    }
    fund.accept_price(price(monday, ONE), Approval::Plain, at(monday, 20, 0), &rules).unwrap();
    for one in others.iter_mut().chain([&mut saver]) {
        fund.settle(one);
    }
    for other in &mut others {
        fund.redeem_instantly(other, 50_000, at(monday, 21, 0), &rules).unwrap();
    }
    let need = CoverNeed { balance_minor: 0, payment_minor: 20_001 };
    let refused = fund.cover_plan(&saver, need, at(monday, 21, 0), &rules);
    assert_eq!(refused, Err(SavingsRefusal::PoolLimit { left_minor: 20_000 }));
    let need = CoverNeed { balance_minor: 0, payment_minor: 1 };
    assert!(fund.cover_plan(&saver, need, at(day(2026, 3, 12), 23, 59), &rules).is_ok());
    let refused = fund.cover_plan(&saver, need, at(day(2026, 3, 13), 0, 0), &rules);
    assert_eq!(refused, Err(SavingsRefusal::PriceTooOld { day: monday }));
    let mut empty = Fund::new();
    let refused = empty.redeem_instantly(&mut saver, 1, at(monday, 21, 0), &rules);
    assert_eq!(refused, Err(SavingsRefusal::NoPrice));
}

#[test]
fn what_is_told_survives_its_bytes() {
    fn same<T: Codec + PartialEq + std::fmt::Debug>(value: &T) {
        assert_eq!(decode_all::<T>(&encode(value)).as_ref(), Ok(value));
    }
    let (mut fund, mut saver, rules) = world();
    let monday = day(2026, 3, 2);
    fund.order_subscription(&mut saver, 333, at(monday, 9, 0), &rules).unwrap();
    fund.order_redemption(&mut saver, 77, at(monday, 9, 0), &rules).unwrap();
    let done = fund.redeem_instantly(&mut saver, 11, at(monday, 9, 0), &rules).unwrap();
    same(&done);
    same(&fund);
    same(&saver);
    let entry = price(monday, 9_999_000_000);
    let pool = fund.accept_price(entry, Approval::FourEyes, at(monday, 20, 0), &rules).unwrap();
    same(&pool[0]);
    let settlement = fund.settle(&mut saver);
    assert!(settlement.yields[0].yield_e14 < 0);
    same(&settlement.yields);
    same(&settlement.deals);
    same(&(Approval::Plain, Approval::FourEyes));
    same(&CoverPlan { balance_minor: 1, recalled_minor: 2, redeemed_minor: u64::MAX });
}

#[test]
fn a_sweep_leaves_what_is_kept_back() {
    let rules = rules();
    let mut saver = Saver::new();
    assert_eq!(sweep_plan(1_000_000, &saver, &rules), 0);
    saver.switch(true);
    saver.set_keep_back(50);
    let cases = [(0, 0), (5_000, 0), (5_099, 0), (5_100, 100), (1_000_000, 995_000)];
    for (balance_minor, expect) in cases {
        assert_eq!(sweep_plan(balance_minor, &saver, &rules), expect, "{balance_minor}");
    }
}

#[test]
fn a_holding_is_bounded() {
    let (mut fund, mut saver, rules) = world();
    let monday = day(2026, 3, 2);
    let room = fund.room_minor(&saver);
    assert_eq!(room, MAX_HOLDING_MINOR - 100_000);
    let refused = fund.order_subscription(&mut saver, room + 1, at(monday, 9, 0), &rules);
    assert_eq!(refused, Err(SavingsRefusal::TooMuch { most_minor: room }));
    fund.order_subscription(&mut saver, room, at(monday, 9, 0), &rules).unwrap();
    assert_eq!(fund.room_minor(&saver), 0);
    // The worst price of all still deals it.
    let mut wide = terms();
    wide.lowest_price = Price::LOWEST;
    let wide = SavingsRules::new(wide).unwrap();
    let crash = price(monday, Price::LOWEST.e8());
    fund.accept_price(crash, Approval::FourEyes, at(monday, 20, 0), &wide).unwrap();
    fund.settle(&mut saver);
    fund.verify([&saver]).unwrap();
}

#[test]
fn the_funds_statement_is_held_against_the_sheet() {
    let (mut fund, mut saver, rules) = world();
    let friday = day(2026, 2, 27);
    let statement = FundStatement {
        day: friday,
        subscribed_minor: 100_000,
        issued_units: 1_000_000_000,
        redeemed_units: 0,
        paid_minor: 0,
    };
    assert_eq!(fund.agree(&statement), Ok(()));
    let other = FundStatement { issued_units: 1_000_000_001, ..statement };
    let differs =
        Disagreement::Differs { field: "issued_units", ours: 1_000_000_000, theirs: 1_000_000_001 };
    assert_eq!(fund.agree(&other), Err(differs));
    let monday = day(2026, 3, 2);
    let of_monday = FundStatement { day: monday, ..statement };
    assert_eq!(fund.agree(&of_monday), Err(Disagreement::NoSheet));
    fund.order_subscription(&mut saver, 1, at(monday, 9, 0), &rules).unwrap();
    fund.accept_price(price(monday, ONE), Approval::Plain, at(monday, 20, 0), &rules).unwrap();
    assert_eq!(fund.agree(&of_monday), Err(Disagreement::Open));
    assert_eq!(decode_all::<Fund>(&encode(&fund)), Ok(fund.clone()));
    assert_eq!(decode_all::<FundStatement>(&encode(&statement)), Ok(statement));
    // A customer that the fund does not know of, and one that is missing.
    let stranger = saver;
    assert_eq!(fund.verify([&saver, &stranger]).unwrap_err().total, "units");
    fund.settle(&mut saver);
    assert_eq!(fund.verify([]).unwrap_err().total, "units");
    assert_eq!(fund.verify([&saver]), Ok(()));
}

#[test]
fn a_customer_untouched_for_longer_than_prices_are_kept_loses_no_value() {
    let (mut fund, mut saver, rules) = world();
    let mut next = saver.accrued_day();
    for step in 1..=dhow_savings::MAX_PRICES as u64 + 5 {
        next = next.after(1).unwrap();
        let entry = price(next, ONE + step * 1_000);
        fund.accept_price(entry, Approval::Plain, at(next, 20, 0), &rules).unwrap();
    }
    let settlement = fund.settle(&mut saver);
    assert_eq!(settlement.untold_until, Some(fund.prices().all()[0].day));
    assert_eq!(settlement.yields.len(), dhow_savings::MAX_PRICES - 1);
    assert_eq!(saver.units(), 1_000_000_000);
}

#[test]
fn a_price_that_orders_still_need_is_not_pushed_out() {
    let (mut fund, mut saver, rules) = world();
    let monday = day(2026, 3, 2);
    fund.order_subscription(&mut saver, 1, at(monday, 9, 0), &rules).unwrap();
    let mut next = day(2026, 3, 1);
    let refusal = loop {
        next = next.after(1).unwrap();
        let entry = price(next, ONE);
        match fund.accept_price(entry, Approval::Plain, at(next, 20, 0), &rules) {
            Ok(_) => assert!(fund.prices().all().len() <= dhow_savings::MAX_PRICES),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal, PriceRefusal::OrdersUnsettled { day: monday });
    fund.settle(&mut saver);
    fund.accept_price(price(next, ONE), Approval::Plain, at(next, 20, 0), &rules).unwrap();
}
