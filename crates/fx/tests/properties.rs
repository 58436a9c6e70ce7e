//! No round of exchanges makes money, every leg is accounted for to the unit, and books survive
//! their bytes.

use base::{Text, Timestamp, decode_all, encode};
use dhow_fx::{FxPolicy, FxRefusal, Leg, Quote, QuoteRequest, RateBook, RateFeed, Side, leg};
use ids::QuoteId;
use money::{Currency, Day, Money, MoneyError, Rate};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::{select, subsequence};
use proptest::test_runner::Config;

fn now() -> Timestamp {
    Timestamp::from_secs(1_772_355_600)
}

fn currencies() -> Vec<Currency> {
    Currency::all().filter(|currency| currency.is_active_on(Day::of(now()))).collect()
}

fn book(reference: Currency, rates: Vec<Rate>) -> RateBook {
    let mut book = RateBook::default();
    let source = Text::new("ecb").unwrap();
    let feed = RateFeed { source, as_of: now(), reference, rates, accept_outside_band: false };
    let report = book.load(feed, now(), &FxPolicy::default());
    assert_eq!(report.rejected, []);
    book
}

/// Rates of realistic sizes: from a third of a dinar to a hundred thousand rials for a euro.
fn any_book() -> impl Strategy<Value = (RateBook, Vec<Currency>)> {
    let price = (1_000..100_000_000u64, 0..7u8);
    (subsequence(currencies(), 4), proptest::collection::vec(price, 3)).prop_map(
        |(currencies, prices)| {
            let reference = currencies[0];
            let rate = |(quote, (mantissa, scale)): (&Currency, (u64, u8))| {
                Rate::new(reference, *quote, mantissa, scale).unwrap()
            };
            let rates = currencies[1..].iter().zip(prices).map(rate).collect();
            (book(reference, rates), currencies)
        },
    )
}

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::PayerPays), Just(Side::PayeeGets)]
}

fn quote(book: &RateBook, base: Currency, to: Currency, side: Side, markup_bps: u32) -> Quote {
    let id = QuoteId::from_u128(1);
    let request = QuoteRequest { id, base, quote: to, markup_bps, side, now: now() };
    book.quote(request, &FxPolicy::default()).unwrap()
}

/// Is the product of the rates above one, below one, or exactly one?
fn product(rates: &[Rate]) -> std::cmp::Ordering {
    // Schoolbook multiplication, for a product of more digits than any integer type has.
    let mut digits = vec![1u64];
    for rate in rates {
        // Two factors below 10^9 make one mantissa.
        let (high, low) = (rate.mantissa() / 1_000_000_000, rate.mantissa() % 1_000_000_000);
        let mut next = vec![0u64; digits.len() + 2];
        for (at, digit) in digits.iter().enumerate() {
            next[at] += digit * low;
            next[at + 1] += digit * high;
            for place in at..next.len() - 1 {
                next[place + 1] += next[place] / 1_000_000_000;
                next[place] %= 1_000_000_000;
            }
        }
        digits = next;
    }
    let scale: usize = rates.iter().map(|rate| usize::from(rate.scale())).sum();
    let text: String = digits.iter().rev().map(|digit| format!("{digit:09}")).collect();
    let one = format!("1{}", "0".repeat(scale));
    let text = text.trim_start_matches('0');
    text.len().cmp(&one.len()).then_with(|| text.cmp(one.as_str()))
}

/// The parts add up to the target, and what is called rounding is no more than that.
fn check_leg(leg: &Leg, quote: &Quote) {
    let [base, markup, target] =
        [leg.base_minor, leg.markup_minor, leg.target.minor()].map(i128::from);
    match quote.side {
        Side::PayerPays => assert_eq!(target, base + markup + leg.rounding_minor),
        Side::PayeeGets => assert_eq!(target, base - markup - leg.rounding_minor),
    }
    // Two roundings down and one to the nearest, and two rates of 12 digits and 18 decimals.
    let source = i128::from(leg.source.minor());
    let slack = 3 + base.max(target) / 10_000_000_000 + source / 10_000_000_000_000;
    assert!(leg.rounding_minor.abs() <= slack, "{leg:?} {quote:?}");
}

#[test]
fn the_test_multiplies_rightly() {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let [yen, euro] = ["JPY", "EUR"].map(|code| Currency::from_code(code).unwrap());
    let check = |prices: &[&str], expect| {
        let rates: Vec<_> = prices.iter().map(|p| Rate::parse(yen, euro, p).unwrap()).collect();
        assert_eq!(product(&rates), expect, "{prices:?}");
    };
    check(&["1"], Equal);
    check(&["4", "0.25"], Equal);
    check(&["123456789123456789", "0.000000000000000001", "8.1"], Less);
    check(&["123456789123456789", "0.000000000000000001", "8.2"], Greater);
    check(&["999999999999999999", "999999999999999999", "0.000000000000000001"], Greater);
    check(&["0.99999999999999999", "1.00000000000000001"], Less);
}

proptest! {
    #![proptest_config(Config { cases: 4000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn legs_are_accounted_for_to_the_unit(
        (book, currencies) in any_book(), minor in 0..=Money::MAX_MINOR,
        markup_bps in 0..2_000u32, side in any_side(), small in any::<bool>(),
    ) {
        let quote = quote(&book, currencies[1], currencies[2], side, markup_bps);
        let minor = if small { minor % 10_000 } else { minor };
        match leg(Money::new(minor, currencies[1]).unwrap(), &quote) {
            Ok(leg) => check_leg(&leg, &quote),
            Err(error) => assert_eq!(error, MoneyError::Overflow),
        }
    }

    #[test]
    fn rates_of_a_round_never_gain((book, currencies) in any_book(), markup_bps in 0..300u32) {
        let [a, b, c] = [1, 2, 0].map(|at: usize| currencies[at]);
        let both_ways = [vec![(a, b), (b, c), (c, a)], vec![(a, c), (c, b), (b, a)]];
        for round in both_ways.into_iter().chain([vec![(a, b), (b, a)]]) {
            let along = |side| -> Vec<Rate> {
                round.iter().map(|(x, y)| quote(&book, *x, *y, side, markup_bps).rate).collect()
            };
            assert!(product(&along(Side::PayeeGets)).is_le(), "who gets, gets no more than all");
            assert!(product(&along(Side::PayerPays)).is_ge(), "who pays, pays no less than all");
        }
    }

    #[test]
    fn there_and_back_gains_at_most_the_roundings(
        (book, currencies) in any_book(), minor in 0..1_000_000_000u64, markup_bps in 0..300u32,
    ) {
        let [a, b] = [currencies[1], currencies[2]];
        let forth = quote(&book, a, b, Side::PayeeGets, markup_bps);
        let back = quote(&book, b, a, Side::PayeeGets, markup_bps);
        let source = Money::new(minor, a).unwrap();
        let Ok(there) = leg(source, &forth) else { return Ok(()) };
        let Ok(home) = leg(there.target, &back) else { return Ok(()) };
        // The most that one unit of b, rounded up by a half, can bring at home, and a half there.
        let Ok(unit) = leg(Money::new(1, b).unwrap(), &back) else { return Ok(()) };
        assert!(home.target.minor() <= minor + unit.target.minor().div_ceil(2) + 1);
        if there.target.minor() >= 100_000 && home.target.minor() >= 100_000 && markup_bps > 0 {
            // Once a unit is less than the markup, there is no gain at all.
            assert!(home.target.minor() <= minor, "{source} {there:?} {home:?}");
        }
    }

    #[test]
    fn the_payer_never_pays_less_than_the_payee_gets(
        (book, currencies) in any_book(), minor in 0..1_000_000_000_000u64,
        payer_bps in 0..300u32, payee_bps in 0..300u32,
    ) {
        let [order, home] = [currencies[1], currencies[2]];
        let source = Money::new(minor, order).unwrap();
        let pay = quote(&book, order, home, Side::PayerPays, payer_bps);
        let get = quote(&book, order, home, Side::PayeeGets, payee_bps);
        if let (Ok(paid), Ok(got)) = (leg(source, &pay), leg(source, &get)) {
            assert!(paid.target.minor() >= got.target.minor());
        }
    }

    #[test]
    fn books_and_quotes_survive_their_bytes(
        (mut book, currencies) in any_book(), side in any_side(), bytes in any::<Vec<u8>>(),
    ) {
        book.halt(currencies[2], currencies[0]);
        let quote = quote(&book, currencies[1], currencies[2], side, 25);
        assert_eq!(decode_all::<Quote>(&encode(&quote)).unwrap(), quote);
        let back = decode_all::<RateBook>(&encode(&book)).unwrap();
        assert_eq!(back, book);
        assert_eq!(encode(&back), encode(&book));
        let policy = FxPolicy::default();
        assert_eq!(decode_all::<FxPolicy>(&encode(&policy)).unwrap(), policy);
        // Damage is an error or another book, never a panic.
        let _ = decode_all::<RateBook>(&bytes);
    }

    #[test]
    fn any_feed_is_accounted_for(
        rates in proptest::collection::vec(
            (select(currencies()), select(currencies()), 1..=Rate::MAX_MANTISSA, 0..=18u8), 0..20,
        ),
        reference in select(currencies()), accept_outside_band in any::<bool>(),
        shift in 0..600_000_000_000_000u64,
    ) {
        let rates: Vec<Rate> = rates
            .into_iter()
            .map(|(base, quote, mantissa, scale)| Rate::new(base, quote, mantissa, scale).unwrap())
            .collect();
        let as_of = Timestamp::from_nanos(now().nanos() - shift);
        let source = Text::new("any").unwrap();
        let count = rates.len();
        let feed = RateFeed { source, as_of, reference, rates, accept_outside_band };
        let mut book = RateBook::default();
        let policy = FxPolicy::default();
        for _ in 0..2 {
            let report = book.load(feed.clone(), now(), &policy);
            assert_eq!(usize::try_from(report.accepted).unwrap() + report.rejected.len(), count);
        }
        // Whatever was taken can be asked for, and gives a rate or a refusal.
        for held in book.rates(&policy) {
            let pair = (held.rate.quote(), held.rate.base());
            let refusal = book.mid(pair, now(), &policy).err();
            assert!(matches!(refusal, None | Some(FxRefusal::NoRate)));
        }
    }
}
