//! A year of days against a second calculation that shares nothing with the first.
//!
//! The second one keeps lots: every purchase by itself, sold first in, first out. It counts dates
//! by month lengths, finds weekdays by a formula for dates, finds quotients by search instead of
//! division, and works out what was earned as selling price less buying price of each lot, besides
//! day by day. Both must agree to the last unit and to the last 10^-14 of a minor unit.

use crate::{price, terms};
use base::Timestamp;
use dhow_savings::{
    Approval, Calendar, DayYield, Deal, Fund, LocalDay, SATURDAY_SUNDAY, Saver, SavingsRules,
    SavingsTerms,
};
use std::collections::BTreeMap;

/// From 2026-04-01 to 2027-03-31, and ten days in which the last orders are dealt.
const DAYS: usize = 365;
const TAIL: usize = 10;
/// 2026-04-01 in days since 1970.
const START: u64 = 20_544;
const CUSTOMERS: usize = 8;
const CUT_OFF_MIN: usize = 810;
/// Month and day: a Tuesday, a Friday, three days around a weekend, two around the new year.
const HOLIDAYS: [(usize, usize); 8] =
    [(4, 14), (5, 1), (10, 2), (10, 5), (10, 6), (12, 31), (1, 1), (1, 26)];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Price { of: usize, price_e8: u64 },
    Buy { who: usize, minor: u64 },
    Sell { who: usize, units: u64 },
    SellNow { who: usize, minor: u64 },
}

/// One thing that happened: day of the year, minute of the day, and what.
type Happened = (usize, usize, Act);

/// Month, day and weekday of each day, Sunday first.
fn dates() -> Vec<(usize, usize, usize)> {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut year, mut month, mut date) = (2026, 4, 1);
    let mut dates = Vec::new();
    for _ in 0..DAYS + TAIL {
        let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1];
        let y = if month < 3 { year - 1 } else { year };
        dates.push((month, date, (y + y / 4 - y / 100 + y / 400 + shift + date) % 7));
        date += 1;
        if date > lengths[month - 1] {
            (date, month) = (1, month + 1);
        }
        if month > 12 {
            (month, year) = (1, year + 1);
        }
    }
    dates
}

/// The same numbers on each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn is_open(dates: &[(usize, usize, usize)], index: usize) -> bool {
    let (month, date, weekday) = dates[index];
    weekday != 0 && weekday != 6 && !HOLIDAYS.contains(&(month, date))
}

/// What people and the fund do. Some open days never get a price, some get it on the next morning,
/// and some Saturdays have one.
fn year() -> Vec<Happened> {
    let dates = dates();
    let mut dice = Dice(7);
    let mut all: Vec<Happened> = Vec::new();
    let mut price_e8 = 10_000_000_000;
    for index in 0..DAYS + TAIL {
        price_e8 = price_e8 + dice.below(1_400_000) - dice.below(300_000);
        let is_priced = if is_open(&dates, index) {
            // For more than a week the fund says nothing at all.
            let is_silent = (200..208).contains(&index) || dice.below(25) == 0;
            index == 0 || index >= DAYS || !is_silent
        } else {
            dates[index].2 == 6 && dice.below(3) == 0
        };
        if is_priced {
            let is_late = dice.below(5) == 0;
            let (day, minute) = if is_late { (index + 1, 540) } else { (index, 1_200) };
            all.push((day, minute, Act::Price { of: index, price_e8 }));
        }
        for who in 0..if index < DAYS { CUSTOMERS } else { 0 } {
            let minute = usize::try_from(dice.below(1_440)).unwrap();
            let act = match dice.below(12) {
                0..3 => Act::Buy { who, minor: 1 + dice.below(500_000) },
                3 => Act::Sell { who, units: 1 + dice.below(2_000_000_000) },
                4..6 => Act::SellNow { who, minor: 1 + dice.below(30_000) },
                _ => continue,
            };
            all.push((index, minute, act));
        }
    }
    all.sort_by_key(|(day, minute, _)| (*day, *minute));
    all
}

/// Everything that can be compared.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    units: Vec<u128>,
    waiting_minor: Vec<u128>,
    /// By customer and day of the price.
    yields_e14: BTreeMap<(usize, usize), i128>,
    /// Customer, order day, price day, minor units.
    paid: Vec<(usize, usize, usize, u128)>,
    bought: Vec<(usize, usize, usize, u128)>,
    instant_units: u128,
    pool_got_minor: u128,
    residue_e14: u128,
    /// Which of the acts were done, by their place in the year.
    done: Vec<bool>,
}

fn rules() -> SavingsRules {
    let dates = dates();
    let is_holiday = |index: &usize| {
        let (month, date, _) = dates[*index];
        HOLIDAYS.contains(&(month, date))
    };
    SavingsRules::new(SavingsTerms {
        pool_limit_minor: 200_000,
        calendar: Calendar {
            cut_off_min: 810,
            offset_min: 330,
            closed_weekdays: SATURDAY_SUNDAY,
            holidays: (0..DAYS + TAIL).filter(is_holiday).map(local_day).collect(),
        },
        ..terms()
    })
    .unwrap()
}

fn local_day(index: usize) -> LocalDay {
    LocalDay::from_number(u16::try_from(START).unwrap() + u16::try_from(index).unwrap())
}

fn index_of(day: LocalDay) -> usize {
    usize::from(day.number()) - usize::try_from(START).unwrap()
}

/// The year on the fund. Customers are settled when they do something, and at the end.
fn on_the_fund(year: &[Happened]) -> Outcome {
    let (mut fund, rules) = (Fund::new(), rules());
    let mut savers = [Saver::new(); CUSTOMERS];
    let mut outcome = Outcome::default();
    for (day, minute, act) in year {
        let minutes = (START + *day as u64) * 1_440 + *minute as u64 - 330;
        let now = Timestamp::from_secs(minutes * 60);
        if let Act::Buy { who, .. } | Act::Sell { who, .. } | Act::SellNow { who, .. } = act {
            settle(&mut fund, &mut savers, *who, &mut outcome);
        }
        let done = match *act {
            Act::Price { of, price_e8 } => {
                let entry = price(local_day(of), price_e8);
                let deals = fund.accept_price(entry, Approval::Plain, now, &rules).unwrap();
                outcome.pool_got_minor += deals.iter().map(|d| d.proceeds_minor).sum::<u128>();
                true
            }
            Act::Buy { who, minor } => {
                fund.order_subscription(&mut savers[who], minor, now, &rules).is_ok()
            }
            Act::Sell { who, units } => {
                fund.order_redemption(&mut savers[who], units, now, &rules).is_ok()
            }
            Act::SellNow { who, minor } => {
                let done = fund.redeem_instantly(&mut savers[who], minor, now, &rules);
                outcome.instant_units += done.map_or(0, |done| u128::from(done.redemption.units));
                done.is_ok()
            }
        };
        outcome.done.push(done);
        fund.verify(&savers).unwrap();
    }
    for who in 0..CUSTOMERS {
        settle(&mut fund, &mut savers, who, &mut outcome);
    }
    fund.verify(&savers).unwrap();
    outcome.units = savers.iter().map(|saver| u128::from(saver.units())).collect();
    let waiting = savers.iter().map(|saver| u128::from(saver.subscribing_minor()));
    outcome.waiting_minor = waiting.collect();
    outcome.residue_e14 = fund.totals().residue_e14;
    assert_eq!(fund.totals().units, outcome.units.iter().sum::<u128>());
    outcome.paid.sort_unstable();
    outcome.bought.sort_unstable();
    outcome
}

fn settle(fund: &mut Fund, savers: &mut [Saver], who: usize, outcome: &mut Outcome) {
    let settlement = fund.settle(&mut savers[who]);
    for DayYield { day, yield_e14, .. } in settlement.yields {
        outcome.yields_e14.insert((who, index_of(day)), yield_e14);
    }
    for deal in settlement.deals {
        match deal {
            Deal::Subscribed { day, price, units, .. } => {
                outcome.bought.push((who, index_of(day), index_of(price.day), u128::from(units)))
            }
            Deal::Redeemed { day, price, amount_minor, .. } => outcome.paid.push((
                who,
                index_of(day),
                index_of(price.day),
                u128::from(amount_minor),
            )),
        }
    }
}

/// Units that were bought at one price.
#[derive(Clone, Copy)]
struct Lot {
    units: u128,
    price: u128,
}

/// An order that waits: who, for which day, how much.
type Order = (usize, usize, u128);

/// The year in lots.
struct Lots {
    dates: Vec<(usize, usize, usize)>,
    lots: Vec<Vec<Lot>>,
    buys: Vec<Order>,
    sells: Vec<Order>,
    /// The pool's units by day.
    pool: BTreeMap<usize, (u128, u128)>,
    instant: BTreeMap<(usize, usize), u128>,
    last: Option<(usize, u128)>,
    /// What lots were sold for beyond what they were bought for, exactly.
    realised_e14: Vec<i128>,
}

const MINOR: u128 = 100_000_000_000_000;

/// The greatest number for which `fits` holds; it holds for zero.
fn greatest(fits: impl Fn(u128) -> bool) -> u128 {
    let mut step: u128 = 1 << 70;
    let mut found = 0;
    while step > 0 {
        if fits(found + step) {
            found += step;
        }
        step /= 2;
    }
    found
}

impl Lots {
    fn order_day(&self, day: usize, minute: usize) -> usize {
        let today = is_open(&self.dates, day) && minute < CUT_OFF_MIN;
        let first = if today { day } else { day + 1 };
        (first..).find(|index| is_open(&self.dates, *index)).unwrap()
    }

    fn held(&self, who: usize) -> u128 {
        self.lots[who].iter().map(|lot| lot.units).sum()
    }

    fn promised(&self, who: usize) -> u128 {
        self.sells.iter().filter(|(seller, ..)| *seller == who).map(|(.., units)| units).sum()
    }

    /// Sells from the oldest lots at a price.
    fn give(&mut self, who: usize, mut units: u128, price: u128) {
        for lot in &mut self.lots[who] {
            let part = units.min(lot.units);
            units -= part;
            lot.units -= part;
            let rise = i128::try_from(price).unwrap() - i128::try_from(lot.price).unwrap();
            self.realised_e14[who] += i128::try_from(part).unwrap() * rise;
        }
        assert_eq!(units, 0, "there were enough");
        self.lots[who].retain(|lot| lot.units > 0);
    }

    fn price(&mut self, of: usize, price: u128, outcome: &mut Outcome) {
        if let Some((_, last)) = self.last {
            for who in 0..CUSTOMERS {
                let rise = |lot: &Lot| {
                    let change = i128::try_from(price).unwrap() - i128::try_from(last).unwrap();
                    i128::try_from(lot.units).unwrap() * change
                };
                if self.held(who) > 0 {
                    let sum = self.lots[who].iter().map(rise).sum();
                    outcome.yields_e14.insert((who, of), sum);
                }
            }
        }
        self.last = Some((of, price));
        let due: Vec<Order> = self.sells.extract_if(.., |(_, day, _)| *day <= of).collect();
        for (who, day, units) in due {
            let minor = greatest(|minor| minor * MINOR <= units * price);
            outcome.residue_e14 += units * price - minor * MINOR;
            outcome.paid.push((who, day, of, minor));
            self.give(who, units, price);
        }
        let due: Vec<Order> = self.buys.extract_if(.., |(_, day, _)| *day <= of).collect();
        for (who, day, minor) in due {
            let units = greatest(|units| units * price <= minor * MINOR);
            outcome.residue_e14 += minor * MINOR - units * price;
            outcome.bought.push((who, day, of, units));
            self.lots[who].push(Lot { units, price });
        }
        while let Some(first) = self.pool.first_entry().filter(|first| *first.key() <= of) {
            let (units, _) = first.remove();
            let minor = greatest(|minor| minor * MINOR <= units * price);
            outcome.residue_e14 += units * price - minor * MINOR;
            outcome.pool_got_minor += minor;
        }
    }

    fn buy(&mut self, who: usize, day: usize, minor: u64) -> bool {
        let mine: Vec<usize> =
            self.buys.iter().filter(|(buyer, ..)| *buyer == who).map(|(_, day, _)| *day).collect();
        let minor = u128::from(minor);
        if let Some(same) = self.buys.iter_mut().find(|(w, d, _)| (*w, *d) == (who, day)) {
            same.2 += minor;
            return true;
        }
        if mine.len() < 2 {
            self.buys.push((who, day, minor));
        }
        mine.len() < 2
    }

    fn sell(&mut self, who: usize, day: usize, units: u64) -> bool {
        let units = u128::from(units);
        if units + self.promised(who) > self.held(who) {
            return false;
        }
        match self.sells.iter_mut().find(|(seller, ..)| *seller == who) {
            Some((_, waiting, all)) if *waiting == day => *all += units,
            Some(_) => return false,
            None => self.sells.push((who, day, units)),
        }
        true
    }

    /// The units it took.
    fn sell_now(&mut self, who: usize, today: usize, day: usize, minor: u64) -> Option<u128> {
        let (_, price) = self.last?;
        let minor = u128::from(minor);
        // The fewest that are worth it: one more than the most that are worth less.
        let units = greatest(|units| units * price < minor * MINOR) + 1;
        let used = self.instant.get(&(who, today)).copied().unwrap_or(0);
        let pool: u128 = self.pool.values().map(|(_, minor)| minor).sum();
        let free = self.held(who) - self.promised(who);
        if units > free || used + minor > 50_000 || pool + minor > 200_000 {
            return None;
        }
        *self.instant.entry((who, today)).or_default() += minor;
        let waiting = self.pool.entry(day).or_default();
        *waiting = (waiting.0 + units, waiting.1 + minor);
        self.give(who, units, price);
        Some(units)
    }
}

/// The second calculation, and what each customer's lots gained by buying and selling prices.
fn in_lots(year: &[Happened]) -> (Outcome, Vec<i128>) {
    let mut books = Lots {
        dates: dates(),
        lots: vec![Vec::new(); CUSTOMERS],
        buys: Vec::new(),
        sells: Vec::new(),
        pool: BTreeMap::new(),
        instant: BTreeMap::new(),
        last: None,
        realised_e14: vec![0; CUSTOMERS],
    };
    let mut outcome = Outcome::default();
    for (day, minute, act) in year {
        let done = match *act {
            Act::Price { of, price_e8 } => {
                books.price(of, u128::from(price_e8), &mut outcome);
                true
            }
            Act::Buy { who, minor } => books.buy(who, books.order_day(*day, *minute), minor),
            Act::Sell { who, units } => books.sell(who, books.order_day(*day, *minute), units),
            Act::SellNow { who, minor } => {
                let order_day = books.order_day(*day, *minute);
                let units = books.sell_now(who, *day, order_day, minor);
                outcome.instant_units += units.unwrap_or(0);
                units.is_some()
            }
        };
        outcome.done.push(done);
    }
    outcome.units = (0..CUSTOMERS).map(|who| books.held(who)).collect();
    let waits = |who| books.buys.iter().filter(move |(w, ..)| *w == who).map(|(.., m)| m).sum();
    outcome.waiting_minor = (0..CUSTOMERS).map(waits).collect();
    outcome.paid.sort_unstable();
    outcome.bought.sort_unstable();
    // What is still held counts as sold at the last price.
    let last = books.last.unwrap().1;
    for who in 0..CUSTOMERS {
        books.give(who, outcome.units[who], last);
    }
    (outcome, books.realised_e14)
}

#[test]
fn a_year_of_days_agrees_with_lots_to_the_last_unit() {
    let year = year();
    let fund = on_the_fund(&year);
    let (lots, gained_e14) = in_lots(&year);
    assert_eq!(fund.done, lots.done);
    assert_eq!(fund.bought, lots.bought);
    assert_eq!(fund.paid, lots.paid);
    assert_eq!(fund.yields_e14, lots.yields_e14);
    assert_eq!(fund, lots);
    for (who, gained) in gained_e14.iter().enumerate() {
        let days = fund.yields_e14.range((who, 0)..=(who, usize::MAX));
        assert_eq!(days.map(|(_, earned)| earned).sum::<i128>(), *gained, "customer {who}");
    }
    // The year is worth comparing: all kinds of things happened, and some were refused.
    let count = |wanted: fn(&Act) -> bool, done: bool| {
        let acts = year.iter().zip(&fund.done);
        acts.filter(|((.., act), did)| wanted(act) && **did == done).count()
    };
    let kinds: [fn(&Act) -> bool; 3] = [
        |act| matches!(act, Act::Buy { .. }),
        |act| matches!(act, Act::Sell { .. }),
        |act| matches!(act, Act::SellNow { .. }),
    ];
    for kind in kinds {
        assert!(count(kind, true) > 50 && count(kind, false) > 0);
    }
    let skipped = fund.bought.iter().filter(|(_, order, priced, _)| order < priced).count();
    assert!(skipped > 0, "some days never had a price");
    assert!(fund.waiting_minor.iter().all(|minor| *minor == 0), "all was dealt in the tail");
}
