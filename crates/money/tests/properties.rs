//! Conversion makes no value, splits lose none, and every value survives its texts and bytes.

use base::{Key, decode_all, encode};
use dhow_money::{
    Currency, Money, MoneyError, Rate, Rounding, convert, pro_rata, share_bps, split_by_weights,
    split_evenly,
};
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use proptest::test_runner::Config;

const MODES: [Rounding; 3] = [Rounding::HalfEven, Rounding::Down, Rounding::Up];

fn currencies() -> Vec<Currency> {
    Currency::all().collect()
}

/// A converted amount is the exact value plus the residue, and the residue is what the mode allows.
fn check_conversion(source: Money, rate: Rate, rounding: Rounding) {
    let done = match convert(source, rate, rounding) {
        Ok(done) => done,
        Err(error) => {
            assert_eq!(error, MoneyError::Overflow);
            let whole = u128::from(source.minor()) * u128::from(rate.mantissa())
                / 10u128.pow(u32::from(rate.scale()));
            let units = 10u128.pow(u32::from(rate.base().exponent()));
            // Generous by one step of every rounding: what was refused really is near or over the
            // bound.
            let minor = (whole + 1) * 10u128.pow(u32::from(rate.quote().exponent())) / units + 1;
            assert!(minor >= u128::from(Money::MAX_MINOR), "{source} at {rate:?}");
            return;
        }
    };
    assert_eq!(done.target.currency(), rate.quote());
    // Both sides of target = exact + residue, multiplied by 10^(scale + decimals of the source).
    let unit = 10u128.pow(u32::from(rate.scale()) + u32::from(rate.base().exponent()));
    let exact = u128::from(source.minor())
        * u128::from(rate.mantissa())
        * 10u128.pow(u32::from(rate.quote().exponent()));
    let residue = done.residue;
    assert!(unit.is_multiple_of(residue.denominator) || residue.is_zero());
    let widened = residue.numerator * i128::try_from(unit / residue.denominator.min(unit)).unwrap();
    let target = i128::try_from(u128::from(done.target.minor()) * unit).unwrap();
    assert_eq!(target, i128::try_from(exact).unwrap() + widened, "{source} at {rate:?}");

    let size = residue.numerator.unsigned_abs();
    assert!(size < residue.denominator);
    assert_eq!(u128::from(done.floor_minor), exact / unit);
    match rounding {
        Rounding::Down => assert!(residue.numerator <= 0),
        Rounding::Up => assert!(residue.numerator >= 0),
        Rounding::HalfEven => {
            assert!(size * 2 <= residue.denominator);
            assert!(size * 2 < residue.denominator || done.target.minor().is_multiple_of(2));
        }
    }
}

fn check_split(amount: Money, parts: u32, weights: &[u64]) {
    let even: Vec<Money> = split_evenly(amount, parts).unwrap().collect();
    assert_eq!(even.len(), usize::try_from(parts).unwrap());
    assert_eq!(even.iter().map(|part| part.minor()).sum::<u64>(), amount.minor());
    let [first, last] = [even.first(), even.last()].map(|part| part.unwrap().minor());
    assert!(first - last <= 1);

    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if total == 0 {
        assert_eq!(split_by_weights(amount, weights), Err(MoneyError::DivisionByZero));
        return;
    }
    let parts = split_by_weights(amount, weights).unwrap();
    assert_eq!(parts.iter().map(|part| part.minor()).sum::<u64>(), amount.minor());
    for (part, weight) in parts.iter().zip(weights) {
        // Nobody is a whole unit away from the exact share.
        let exact = u128::from(amount.minor()) * u128::from(*weight);
        let got = u128::from(part.minor()) * total;
        assert!(got.abs_diff(exact) < total, "{amount} {weights:?}");
        assert!(*weight > 0 || part.is_zero());
    }
}

/// Numbers of all sizes from one seed, the same in every run.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        u64::mix(self.0)
    }
    /// Below `bound`, with every number of bits about as likely.
    fn below(&mut self, bound: u64) -> u64 {
        let shift = self.next() % 64;
        (self.next() >> shift) % bound
    }
}

#[test]
fn a_million_conversions_and_splits_are_exact() {
    let currencies = currencies();
    let mut draw = Draw(1);
    let pick = |draw: &mut Draw| {
        let at = draw.next() % u64::try_from(currencies.len()).unwrap();
        currencies[usize::try_from(at).unwrap()]
    };
    let mut converted = 0;
    for _ in 0..700_000 {
        let (base, quote) = (pick(&mut draw), pick(&mut draw));
        let scale = u8::try_from(draw.next() % 19).unwrap();
        let rate = Rate::new(base, quote, draw.below(Rate::MAX_MANTISSA) + 1, scale).unwrap();
        let source = Money::new(draw.below(Money::MAX_MINOR + 1), base).unwrap();
        let mode = MODES[usize::try_from(draw.next() % 3).unwrap()];
        check_conversion(source, rate, mode);
        converted += u32::from(convert(source, rate, mode).is_ok());
    }
    assert!(converted > 300_000, "most cases are not refusals: {converted}");
    for _ in 0..300_000 {
        let amount = Money::new(draw.below(Money::MAX_MINOR + 1), pick(&mut draw)).unwrap();
        let parts = u32::try_from(draw.next() % 9 + 1).unwrap();
        let weights: Vec<u64> = (0..draw.next() % 6).map(|_| draw.below(u64::MAX)).collect();
        check_split(amount, parts, &weights);
    }
}

fn any_currency() -> impl Strategy<Value = Currency> {
    select(currencies())
}

fn any_money() -> impl Strategy<Value = Money> {
    let minor = prop_oneof![0..1000u64, 0..=Money::MAX_MINOR];
    (minor, any_currency()).prop_map(|(minor, currency)| Money::new(minor, currency).unwrap())
}

fn any_rate() -> impl Strategy<Value = Rate> {
    let mantissa = prop_oneof![1..100_000u64, 1..=Rate::MAX_MANTISSA];
    (any_currency(), any_currency(), mantissa, 0..=18u8)
        .prop_map(|(base, quote, mantissa, scale)| Rate::new(base, quote, mantissa, scale).unwrap())
}

proptest! {
    #![proptest_config(Config { cases: 4000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn conversions_are_exact(
        minor in 0..=Money::MAX_MINOR, rate in any_rate(), mode in select(MODES.to_vec()),
    ) {
        check_conversion(Money::new(minor, rate.base()).unwrap(), rate, mode);
    }

    #[test]
    fn many_small_conversions_never_yield_more_than_one_large(
        a in 0..1_000_000u64, b in 0..1_000_000u64, rate in any_rate(),
    ) {
        let down = |minor| {
            let source = Money::new(minor, rate.base()).unwrap();
            convert(source, rate, Rounding::Down).map(|done| done.target.minor())
        };
        if let (Ok(a), Ok(b), Ok(both)) = (down(a), down(b), down(a + b)) {
            assert!(a + b <= both && both <= a + b + 1);
        }
    }

    #[test]
    fn splits_lose_nothing(
        amount in any_money(), parts in 1..200u32,
        weights in proptest::collection::vec(any::<u64>(), 0..40),
    ) {
        check_split(amount, parts, &weights);
    }

    #[test]
    fn shares_of_parts_stay_within_the_whole(amount in any_money(), bps in 0..=10_000u32) {
        let share = |bps| share_bps(amount, bps, Rounding::HalfEven).unwrap().minor();
        let (part, rest) = (share(bps), share(10_000 - bps));
        assert!(part <= amount.minor());
        // Two halves may both go to the even neighbour, never further.
        assert!((part + rest).abs_diff(amount.minor()) <= 1);
        let down = pro_rata(amount, u64::from(bps), 10_000, Rounding::Down).unwrap().minor();
        let up = pro_rata(amount, u64::from(bps), 10_000, Rounding::Up).unwrap().minor();
        assert!(down <= part && part <= up && up - down <= 1);
    }

    #[test]
    fn bytes_and_texts_lead_back(amount in any_money(), rate in any_rate()) {
        assert_eq!(decode_all::<Money>(&encode(&amount)).unwrap(), amount);
        assert_eq!(decode_all::<Rate>(&encode(&rate)).unwrap(), rate);
        let text = amount.minor().to_string();
        assert_eq!(Money::parse_minor(&text, amount.currency()).unwrap(), amount);
        let text = rate.to_string();
        assert!(text.len() <= 20);
        assert_eq!(Rate::parse(rate.base(), rate.quote(), &text).unwrap(), rate);
    }

    #[test]
    fn damaged_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
        if let Ok(rate) = decode_all::<Rate>(&bytes) {
            assert_eq!(encode(&rate).len(), bytes.len());
        }
        if let Ok(amount) = decode_all::<Money>(&bytes) {
            assert!(amount.minor() <= Money::MAX_MINOR);
        }
    }

    #[test]
    fn texts_of_any_kind_never_panic(
        text in "[0-9.+eE-]{0,24}|.{0,12}", currency in any_currency(),
    ) {
        if let Ok(amount) = Money::parse_minor(&text, currency) {
            assert_eq!(amount.minor().to_string(), text);
        }
        if let Ok(rate) = Rate::parse(currency, currency, &text) {
            assert!(text.trim_end_matches('0').starts_with(rate.to_string().trim_end_matches('0')));
        }
    }

    #[test]
    fn inverting_twice_comes_back(mantissa in 1..1_000_000u64, scale in 0..9u8) {
        let [base, quote] = ["EUR", "JPY"].map(|code| Currency::from_code(code).unwrap());
        let rate = Rate::new(base, quote, mantissa, scale).unwrap();
        let back = rate.inverse(12).and_then(|inverse| inverse.inverse(6)).unwrap();
        assert_eq!(back.rounded(6, Rounding::HalfEven), rate.rounded(6, Rounding::HalfEven));
    }
}
