//! Shares and splits: the parts always add up to the whole.

use crate::round::divide;
use crate::{Money, MoneyError, Rounding};

/// `amount * bps / 10000`.
///
/// Error: `Overflow`, which needs more than 10000 basis points.
pub fn share_bps(amount: Money, bps: u32, rounding: Rounding) -> Result<Money, MoneyError> {
    pro_rata(amount, u64::from(bps), 10_000, rounding)
}

/// `whole * part / total`: what belongs to a part of some other whole, for example the settlement
/// amount of a partial refund. Both parts are in the same unit, whichever it is.
///
/// Errors: `DivisionByZero`; `Overflow`, which needs a part larger than the total.
pub fn pro_rata(
    whole: Money,
    part_minor: u64,
    total_minor: u64,
    rounding: Rounding,
) -> Result<Money, MoneyError> {
    if total_minor == 0 {
        return Err(MoneyError::DivisionByZero);
    }
    // At most 10^15 * 2^64.
    let product = u128::from(whole.minor()) * u128::from(part_minor);
    let minor = divide(product, u128::from(total_minor), rounding);
    Money::new(u64::try_from(minor).map_err(|_| MoneyError::Overflow)?, whole.currency())
}

/// `amount` in equal parts; the first ones get one minor unit more when it does not divide.
///
/// Error: `DivisionByZero`.
pub fn split_evenly(amount: Money, parts: u32) -> Result<impl Iterator<Item = Money>, MoneyError> {
    let count = u64::from(parts);
    if count == 0 {
        return Err(MoneyError::DivisionByZero);
    }
    let (each, larger) = (amount.minor() / count, amount.minor() % count);
    let currency = amount.currency();
    let part = move |at| {
        Money::new(each + u64::from(at < larger), currency)
            .expect("a part is not larger than its whole")
    };
    Ok((0..count).map(part))
}

/// `amount` in proportion to the weights. Each part is rounded down, and the minor units left over
/// go to the parts that lost most by that; among equals, to the earlier one. A weight of zero gets
/// nothing.
///
/// Error: `DivisionByZero` when there are no weights or all are zero.
pub fn split_by_weights(amount: Money, weights: &[u64]) -> Result<Vec<Money>, MoneyError> {
    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if total == 0 {
        return Err(MoneyError::DivisionByZero);
    }
    let minor = u128::from(amount.minor());
    let mut parts: Vec<u128> = weights.iter().map(|w| minor * u128::from(*w) / total).collect();
    let left = minor - parts.iter().sum::<u128>();
    let mut by_loss: Vec<usize> = (0..weights.len()).collect();
    // A stable sort keeps the order among equals.
    by_loss.sort_by_key(|at| std::cmp::Reverse(minor * u128::from(weights[*at]) % total));
    let left = usize::try_from(left).expect("less than one unit per part is left over");
    for at in by_loss.into_iter().take(left) {
        parts[at] += 1;
    }
    let part = |minor| Money::new(u64::try_from(minor).unwrap_or(u64::MAX), amount.currency());
    parts.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn yen(minor: u64) -> Money {
        Money::new(minor, Currency::from_code("JPY").unwrap()).unwrap()
    }

    fn weighted(minor: u64, weights: &[u64]) -> Vec<u64> {
        split_by_weights(yen(minor), weights).unwrap().into_iter().map(Money::minor).collect()
    }

    #[test]
    fn leftovers_go_to_known_parts() {
        let even: Vec<u64> = split_evenly(yen(10), 4).unwrap().map(Money::minor).collect();
        assert_eq!(even, [3, 3, 2, 2]);
        assert_eq!(split_evenly(yen(2), 3).unwrap().map(Money::minor).sum::<u64>(), 2);
        assert!(matches!(split_evenly(yen(2), 0), Err(MoneyError::DivisionByZero)));
        assert_eq!(weighted(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(weighted(10, &[5, 0, 6]), [5, 0, 5]);
        assert_eq!(weighted(1, &[0, 1, 2]), [0, 0, 1]);
        assert_eq!(weighted(Money::MAX_MINOR, &[u64::MAX, u64::MAX])[0], Money::MAX_MINOR / 2);
        assert_eq!(split_by_weights(yen(1), &[]), Err(MoneyError::DivisionByZero));
        assert_eq!(split_by_weights(yen(1), &[0, 0]), Err(MoneyError::DivisionByZero));
    }

    #[test]
    fn shares_round_as_told() {
        let share = |minor, bps, rounding| share_bps(yen(minor), bps, rounding).unwrap().minor();
        assert_eq!(share(1000, 25, Rounding::HalfEven), 2);
        assert_eq!(share(1000, 25, Rounding::Down), 2);
        assert_eq!(share(1000, 25, Rounding::Up), 3);
        assert_eq!(share(1000, 10_000, Rounding::Up), 1000);
        let most = share_bps(yen(Money::MAX_MINOR), u32::MAX, Rounding::Down);
        assert_eq!(most, Err(MoneyError::Overflow));
        assert_eq!(pro_rata(yen(7), 1, 0, Rounding::Down), Err(MoneyError::DivisionByZero));
        assert_eq!(pro_rata(yen(7), 1, 2, Rounding::HalfEven), Ok(yen(4)));
        assert_eq!(pro_rata(yen(5), 1, 2, Rounding::HalfEven), Ok(yen(2)));
        let huge = pro_rata(yen(Money::MAX_MINOR), u64::MAX, 1, Rounding::Up);
        assert_eq!(huge, Err(MoneyError::Overflow));
    }
}
