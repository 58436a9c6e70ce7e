//! One conversion as it is booked: every minor unit has an owner.

use crate::{Quote, Side};
use money::{Money, MoneyError, Rounding, convert};

/// A conversion and the parts of its target, all in minor units of the target's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    pub source: Money,
    /// The source at the customer's rate, rounded half-even.
    pub target: Money,
    /// The source at the mid rate, rounded down.
    pub base_minor: u64,
    /// The markup on the base, rounded down.
    pub markup_minor: u64,
    /// What is left. [`Side::PayerPays`]: target - base - markup. [`Side::PayeeGets`]: base -
    /// markup - target. Above zero it is the network's gain, below zero its loss.
    pub rounding_minor: i128,
}

/// Converts by a quote. Whether the quote may still be used is for [`Quote::check`].
///
/// Errors: `CurrencyMismatch`, `Overflow`.
pub fn leg(source: Money, quote: &Quote) -> Result<Leg, MoneyError> {
    if quote.rate.quote() != quote.mid.quote() {
        let (expected, found) = (quote.mid.quote(), quote.rate.quote());
        return Err(MoneyError::CurrencyMismatch { expected, found });
    }
    let target = convert(source, quote.rate, Rounding::HalfEven)?.target;
    let base_minor = convert(source, quote.mid, Rounding::Down)?.floor_minor;
    let markup = u128::from(base_minor) * u128::from(quote.markup_bps) / 10_000;
    let markup_minor = u64::try_from(markup).map_err(|_| MoneyError::Overflow)?;
    let [base, markup, to] = [base_minor, markup_minor, target.minor()].map(i128::from);
    let rounding_minor = match quote.side {
        Side::PayerPays => to - base - markup,
        Side::PayeeGets => base - markup - to,
    };
    Ok(Leg { source, target, base_minor, markup_minor, rounding_minor })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Timestamp;
    use ids::QuoteId;
    use money::{Currency, Rate};

    fn check(side: Side, markup_bps: u32, source: &str, mid: &str, expect: &str) {
        let (code, minor) = source.split_once(' ').unwrap();
        let (to, price) = mid.split_once(' ').unwrap();
        let [base, quote] = [code, to].map(|code| Currency::from_code(code).unwrap());
        let mid = Rate::parse(base, quote, price).unwrap();
        let bps = i32::try_from(markup_bps).unwrap();
        let bps = if side == Side::PayerPays { bps } else { -bps };
        let rate = mid.with_markup_bps(bps).unwrap();
        let (issued, expires) = (Timestamp::default(), Timestamp::MAX);
        let id = QuoteId::from_u128(1);
        let quote = Quote { id, rate, mid, markup_bps, side, issued, expires };
        let leg = leg(Money::parse_minor(minor, base).unwrap(), &quote).unwrap();
        let parts = format!("{} = {}", leg.target, leg.base_minor);
        let signs = if side == Side::PayerPays { ("+", "+") } else { ("-", "-") };
        let shown =
            format!("{parts} {} {} {} {}", signs.0, leg.markup_minor, signs.1, leg.rounding_minor);
        assert_eq!(shown, expect);
    }

    #[test]
    fn targets_fall_into_their_parts() {
        use Side::{PayeeGets, PayerPays};
        check(PayerPays, 100, "JPY 150000", "USD 0.006667", "USD 1010.05 = 100005 + 1000 + 0");
        check(PayeeGets, 100, "JPY 150000", "USD 0.006667", "USD 990.05 = 100005 - 1000 - 0");
        check(PayerPays, 0, "JPY 1", "USD 0.006667", "USD 0.01 = 0 + 0 + 1");
        check(PayeeGets, 0, "JPY 1", "USD 0.006667", "USD 0.01 = 0 - 0 - -1");
        check(PayerPays, 250, "KWD 12345", "VND 85000", "VND 1075558 = 1049325 + 26233 + 0");
        check(PayeeGets, 9999, "KWD 12345", "VND 85000", "VND 105 = 1049325 - 1049220 - 0");
        check(PayerPays, 100, "USD 0", "JPY 150", "JPY 0 = 0 + 0 + 0");
    }

    #[test]
    fn a_quote_is_for_its_currencies() {
        let [yen, dollar] = ["JPY", "USD"].map(|code| Currency::from_code(code).unwrap());
        let mid = Rate::parse(yen, dollar, "0.0067").unwrap();
        let quote = Quote {
            id: QuoteId::from_u128(1),
            rate: Rate::parse(yen, yen, "1").unwrap(),
            mid,
            markup_bps: 0,
            side: Side::PayerPays,
            issued: Timestamp::default(),
            expires: Timestamp::MAX,
        };
        let mismatch = |found, expected| MoneyError::CurrencyMismatch { expected, found };
        let one_yen = Money::new(1, yen).unwrap();
        assert_eq!(leg(one_yen, &quote), Err(mismatch(yen, dollar)));
        let quote = Quote { rate: mid, ..quote };
        assert_eq!(leg(Money::new(1, dollar).unwrap(), &quote), Err(mismatch(dollar, yen)));
        let quote = Quote { markup_bps: u32::MAX, ..quote };
        let most = Money::new(Money::MAX_MINOR, yen).unwrap();
        assert_eq!(leg(most, &quote), Err(MoneyError::Overflow));
    }
}
