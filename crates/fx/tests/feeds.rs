//! What a book makes of good, bad and mad feeds.

use base::{Span, Text, Timestamp};
use dhow_fx::{
    FeedReport, FxPolicy, FxRefusal, Halt, MAX_FEED_RATES, QuoteRequest, RateBook, RateFeed, Side,
};
use ids::QuoteId;
use money::{Currency, Rate};

fn currency(code: &str) -> Currency {
    Currency::from_code(code).unwrap()
}

fn start() -> Timestamp {
    // 2026-03-01T09:00:00Z
    Timestamp::from_secs(1_772_355_600)
}

fn after(span: Span) -> Timestamp {
    start().after(span)
}

/// A feed as text: `ecb EUR JPY=162.35 USD=1.0825`.
fn feed(text: &str, as_of: Timestamp) -> RateFeed {
    let mut words = text.split(' ');
    let source = Text::new(words.next().unwrap()).unwrap();
    let reference = currency(words.next().unwrap());
    let rate = |word: &str| {
        let (code, price) = word.split_once('=').unwrap();
        Rate::parse(reference, currency(code), price).unwrap()
    };
    let rates = words.map(rate).collect();
    RateFeed { source, as_of, reference, rates, accept_outside_band: false }
}

fn load(book: &mut RateBook, text: &str, policy: &FxPolicy) -> FeedReport {
    book.load(feed(text, start()), start(), policy)
}

fn rejected(report: &FeedReport) -> Vec<String> {
    report.rejected.iter().map(ToString::to_string).collect()
}

fn mid(book: &RateBook, pair: &str, policy: &FxPolicy, now: Timestamp) -> String {
    let (base, quote) = pair.split_once('/').unwrap();
    match book.mid((currency(base), currency(quote)), now, policy) {
        Ok(rate) => rate.to_string(),
        Err(refusal) => refusal.to_string(),
    }
}

const GOOD: &str = "ecb EUR JPY=162.35 USD=1.0825 KWD=0.3312";

fn good_book(policy: &FxPolicy) -> RateBook {
    let mut book = RateBook::default();
    assert_eq!(load(&mut book, GOOD, policy).accepted, 3);
    book
}

#[test]
fn cross_rates_come_from_the_reference() {
    let policy = FxPolicy::default();
    let book = good_book(&policy);
    let shown = |pair| mid(&book, pair, &policy, start());
    assert_eq!(shown("EUR/JPY"), "162.35");
    assert_eq!(shown("JPY/EUR"), "0.00615953187558");
    assert_eq!(shown("JPY/USD"), "0.00666769325531");
    assert_eq!(shown("USD/JPY"), "149.976905312");
    assert_eq!(shown("KWD/JPY"), "490.187198068");
    assert_eq!(shown("EUR/SGD"), "no rate is known");
    assert_eq!(shown("JPY/JPY"), "no rate is known");
    assert_eq!(mid(&RateBook::default(), "EUR/JPY", &policy, start()), "no rate is known");
    let held: Vec<_> = book.rates(&policy).collect();
    assert_eq!(held.len(), 3);
    assert!(held.iter().all(|held| held.is_primary && held.as_of == start()));
}

#[test]
fn mad_rates_are_rejected_and_the_last_good_one_stays() {
    let policy = FxPolicy::default();
    for (mad, reason) in [
        ("JPY=1623.5", "EUR/JPY 1623.5: 90000 bps away from 162.35, at most 500 are allowed"),
        ("JPY=16.235", "EUR/JPY 16.235: 90000 bps away from 162.35, at most 500 are allowed"),
        // Inverted: what one yen costs in euro.
        ("JPY=0.00616", "EUR/JPY 0.00616: 263545195 bps away from 162.35, at most 500 are allowed"),
        ("JPY=170.4676", "EUR/JPY 170.4676: 501 bps away from 162.35, at most 500 are allowed"),
    ] {
        let mut book = good_book(&policy);
        let report = load(&mut book, &format!("ecb EUR {mad} USD=1.09"), &policy);
        assert_eq!(rejected(&report), [reason]);
        assert_eq!(report.accepted, 1, "the rest of the feed is taken");
        assert_eq!(mid(&book, "EUR/JPY", &policy, start()), "162.35");
        assert_eq!(mid(&book, "EUR/USD", &policy, start()), "1.09");
    }
    let mut book = good_book(&policy);
    assert_eq!(load(&mut book, "ecb EUR JPY=170.4675", &policy).accepted, 1, "exactly the band");
}

#[test]
fn the_operator_can_vouch_for_a_jump() {
    let policy = FxPolicy::default();
    let mut book = good_book(&policy);
    let jump = RateFeed { accept_outside_band: true, ..feed("ecb EUR JPY=240 JPY=250", start()) };
    let report = book.load(jump, start(), &policy);
    assert_eq!(rejected(&report), ["EUR/JPY 250: the pair is listed twice"]);
    assert_eq!(mid(&book, "EUR/JPY", &policy, start()), "240");
}

#[test]
fn a_feed_of_another_time_is_refused_whole() {
    let policy = FxPolicy::default();
    let mut book = good_book(&policy);
    let next = after(Span::hours(1));
    assert_eq!(book.load(feed("ecb EUR JPY=163", next), next, &policy).accepted, 1);
    let late = book.load(feed("ecb EUR JPY=162 USD=1.08", start()), next, &policy);
    assert_eq!(rejected(&late), ["EUR/JPY 162: a later rate of this source is already held"]);
    assert_eq!(late.accepted, 1, "for dollars it is no step back");
    let future = feed("ecb EUR JPY=163", next.after(Span::secs(301)));
    let report = book.load(future, next, &policy);
    assert_eq!(rejected(&report), ["EUR/JPY 163: the feed is dated in the future"]);
    let now = after(Span::days(6));
    let report = book.load(feed("ecb EUR JPY=163", start()), now, &policy);
    assert_eq!(rejected(&report), ["EUR/JPY 163: the feed is older than rates may be"]);
}

#[test]
fn a_fast_clock_does_not_make_rates_younger() {
    let policy = FxPolicy::default();
    let mut book = RateBook::default();
    let ahead = feed(GOOD, after(Span::minutes(5)));
    assert_eq!(book.load(ahead, start(), &policy).accepted, 3);
    assert!(book.rates(&policy).all(|held| held.as_of == start()));
}

#[test]
fn rates_of_the_wrong_shape_are_listed() {
    let policy = FxPolicy::default();
    let mut book = good_book(&policy);
    let mut odd = feed("ecb EUR EUR=1 HRK=7.5", start());
    odd.rates.push(Rate::parse(currency("USD"), currency("JPY"), "150").unwrap());
    assert_eq!(
        rejected(&book.load(odd, start(), &policy)),
        [
            "EUR/EUR 1: does not go from EUR to another currency",
            "EUR/HRK 7.5: HRK is not valid at this time",
            "USD/JPY 150: does not go from EUR to another currency",
        ]
    );
    let report = load(&mut book, "ecb USD JPY=150", &policy);
    assert_eq!(rejected(&report), ["USD/JPY 150: this source's reference currency is EUR"]);
    let report = load(&mut book, "old HRK JPY=20", &policy);
    assert_eq!(rejected(&report), ["HRK/JPY 20: HRK is not valid at this time"]);
    let mut long = feed("ecb EUR JPY=162.35", start());
    long.rates.resize(MAX_FEED_RATES + 1, long.rates[0]);
    let report = book.load(long, start(), &policy);
    assert_eq!(report.rejected.len(), MAX_FEED_RATES);
    let last = rejected(&report).pop().unwrap();
    assert_eq!(last, "EUR/JPY 162.35: the feed has more than 512 rates");
}

#[test]
fn a_source_without_one_good_rate_is_not_kept() {
    let policy = FxPolicy::default();
    let mut book = RateBook::default();
    assert_eq!(load(&mut book, "bad EUR EUR=1", &policy).accepted, 0);
    assert_eq!(book, RateBook::default());
    for number in 0..16 {
        assert_eq!(load(&mut book, &format!("s{number} EUR JPY=160"), &policy).accepted, 1);
    }
    let report = load(&mut book, "s16 EUR JPY=160", &policy);
    assert_eq!(rejected(&report), ["EUR/JPY 160: there are too many sources"]);
}

#[test]
fn a_rate_ages_by_the_time_of_its_feed() {
    let policy = FxPolicy { max_age: Span::hours(2), ..FxPolicy::default() };
    let mut book = good_book(&policy);
    let hour = after(Span::hours(1));
    // The dollar is renewed, the yen is rejected and grows old.
    let report = book.load(feed("ecb EUR USD=1.09 JPY=300", hour), hour, &policy);
    assert_eq!((report.accepted, report.rejected.len()), (1, 1));
    let limit = after(Span::hours(2));
    assert_eq!(mid(&book, "EUR/JPY", &policy, limit), "162.35");
    let past = Timestamp::from_nanos(limit.nanos() + 1);
    assert_eq!(mid(&book, "EUR/JPY", &policy, past), "the last good rate is too old");
    assert_eq!(mid(&book, "USD/JPY", &policy, past), "the last good rate is too old");
    assert_eq!(mid(&book, "EUR/USD", &policy, past), "1.09");
}

#[test]
fn a_second_source_can_be_required() {
    let policy =
        FxPolicy { sources_must_agree_bps: Some(20), band_bps: 100_000, ..FxPolicy::default() };
    let mut book = good_book(&policy);
    let shown = |book: &RateBook| mid(book, "JPY/USD", &policy, start());
    assert_eq!(shown(&book), "halted, no second source confirms the rate");
    // The second source has another reference: only the cross rate can be compared.
    load(&mut book, "bank USD JPY=150.1", &policy);
    assert_eq!(shown(&book), "0.00666769325531");
    load(&mut book, "bank USD JPY=151", &policy);
    assert_eq!(shown(&book), "halted, the sources are 69 bps apart");
    // One of two others is enough.
    load(&mut book, "desk EUR JPY=162.4 USD=1.0824", &policy);
    assert_eq!(shown(&book), "0.00666769325531");
    let shown = mid(&book, "KWD/USD", &policy, start());
    assert_eq!(shown, "halted, no second source confirms the rate");
}

#[test]
fn the_primary_source_is_the_first_or_the_chosen_one() {
    let policy = FxPolicy::default();
    let mut book = good_book(&policy);
    load(&mut book, "bank EUR JPY=161 SGD=1.45", &policy);
    assert_eq!(mid(&book, "EUR/JPY", &policy, start()), "162.35");
    assert_eq!(mid(&book, "EUR/SGD", &policy, start()), "no rate is known");
    let chosen = |name| FxPolicy { primary_source: Text::new(name).ok(), ..policy.clone() };
    assert_eq!(mid(&book, "EUR/JPY", &chosen("bank"), start()), "161");
    assert_eq!(mid(&book, "EUR/JPY", &chosen("nobody"), start()), "no rate is known");
}

#[test]
fn a_halted_corridor_is_halted_both_ways_until_resumed() {
    let policy = FxPolicy::default();
    let mut book = good_book(&policy);
    let [yen, dollar] = ["JPY", "USD"].map(currency);
    book.halt(dollar, yen);
    for pair in ["JPY/USD", "USD/JPY"] {
        assert_eq!(mid(&book, pair, &policy, start()), "halted by the operator");
    }
    assert_eq!(mid(&book, "EUR/JPY", &policy, start()), "162.35");
    assert_eq!(book.halted().collect::<Vec<_>>(), [(yen, dollar)]);
    book.resume(yen, dollar);
    assert_eq!(mid(&book, "USD/JPY", &policy, start()), "149.976905312");
}

#[test]
fn quotes_round_against_the_customer_and_expire_on_time() {
    let policy = FxPolicy::default();
    let book = good_book(&policy);
    let request = |side, markup_bps| QuoteRequest {
        id: QuoteId::from_u128(7),
        base: currency("JPY"),
        quote: currency("USD"),
        markup_bps,
        side,
        now: start(),
    };
    let shown = |side, markup_bps| {
        let quote = book.quote(request(side, markup_bps), &policy).unwrap();
        format!("{} {}", quote.mid, quote.rate)
    };
    assert_eq!(shown(Side::PayerPays, 0), "0.00666769325532 0.00666769325532");
    assert_eq!(shown(Side::PayeeGets, 0), "0.00666769325531 0.00666769325531");
    assert_eq!(shown(Side::PayerPays, 100), "0.00666769325532 0.00673437018788");
    assert_eq!(shown(Side::PayeeGets, 100), "0.00666769325531 0.00660101632275");
    for (side, bps) in [(Side::PayeeGets, 10_000), (Side::PayerPays, u32::MAX)] {
        assert_eq!(book.quote(request(side, bps), &policy), Err(FxRefusal::BadMarkup));
    }
    let quote = book.quote(request(Side::PayerPays, 100), &policy).unwrap();
    assert_eq!((quote.id, quote.issued), (QuoteId::from_u128(7), start()));
    let expires = after(Span::minutes(10));
    let last = Timestamp::from_nanos(expires.nanos() - 1);
    assert_eq!(quote.check(start()), Ok(()));
    assert_eq!(quote.check(last), Ok(()));
    assert_eq!(quote.check(expires), Err(FxRefusal::Expired { expired: expires }));
    let mut book = book;
    book.halt(currency("JPY"), currency("USD"));
    let refusal = book.quote(request(Side::PayerPays, 1), &policy).unwrap_err();
    assert_eq!(refusal, FxRefusal::Halted(Halt::ByOperator));
}
