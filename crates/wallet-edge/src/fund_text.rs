//! Days, units and prices of the fund as text: exact decimals, never rounded up.

use account::LocalDay as MarketDay;
use money::{Currency, Day};
use savings::{FundPrice, LocalDay, Price};

/// Decimals of a unit of the fund.
const UNIT_DECIMALS: u8 = 6;
/// Decimals of a price, in minor units.
const PRICE_DECIMALS: u8 = 8;
/// Decimals of a yield, in minor units.
const YIELD_DECIMALS: u8 = 6;

/// `value` divided by ten to the power of `decimals`, without zeros at the end.
pub(crate) fn decimal(value: i128, decimals: u8) -> String {
    let width = usize::from(decimals) + 1;
    let digits = format!("{:0>width$}", value.unsigned_abs());
    let (whole, part) = digits.split_at(digits.len() - usize::from(decimals));
    let part = part.trim_end_matches('0');
    let sign = if value < 0 { "-" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Units of the fund, from millionths of one.
pub(crate) fn units(micro: impl Into<u128>) -> String {
    decimal(i128::try_from(micro.into()).unwrap_or(i128::MAX), UNIT_DECIMALS)
}

/// The price of one unit in major units of the currency.
pub(crate) fn price(it: Price, currency: Currency) -> String {
    decimal(i128::from(it.e8()), currency.exponent() + PRICE_DECIMALS)
}

/// What was earned, in major units, from millionths of a minor unit.
pub(crate) fn earned(micro_minor: i128, currency: Currency) -> String {
    decimal(micro_minor, currency.exponent() + YIELD_DECIMALS)
}

/// The day as `2026-12-25`.
pub(crate) fn day(it: LocalDay) -> String {
    let (year, month, day) = MarketDay(u32::from(it.number())).date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// A day and its price in words.
pub(crate) fn price_of_day(it: FundPrice, currency: Currency) -> String {
    format!("{} {} for one unit on {}", currency.code(), price(it.price, currency), day(it.day))
}

/// Reads a price in major units. `None`: it is none, or has more decimals than a price.
pub(crate) fn read_price(text: &str, currency: Currency) -> Option<Price> {
    let decimals = usize::from(currency.exponent() + PRICE_DECIMALS);
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > decimals {
        return None;
    }
    Price::new(format!("{whole}{part:0<decimals$}").parse().ok()?)
}

/// Reads a day like `2026-12-25`. `None`: the calendar does not have it.
pub(crate) fn read_day(text: &str) -> Option<LocalDay> {
    let (year, month, of_month) = (text.get(..4)?, text.get(5..7)?, text.get(8..)?);
    let (year, month, of_month) = (year.parse().ok()?, month.parse().ok()?, of_month.parse().ok()?);
    if !(1970..=2148).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&of_month)
    {
        return None;
    }
    let found = LocalDay::from_date(Day::new(year, month, of_month))?;
    // The 31st of a short month would be a day of the next one.
    (day(found) == text).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_short() {
        let cases = [
            (0, 6, "0"),
            (1, 6, "0.000001"),
            (12_340_000, 6, "12.34"),
            (-50, 2, "-0.5"),
            (1_000_000, 0, "1000000"),
            (-7_000_000, 6, "-7"),
        ];
        for (value, decimals, text) in cases {
            assert_eq!(decimal(value, decimals), text);
        }
    }

    #[test]
    fn a_price_is_read_as_it_is_written() {
        let [won, dollar] = ["KRW", "USD"].map(|code| Currency::from_code(code).unwrap());
        let it = read_price("1.0234", dollar).unwrap();
        assert_eq!((it.e8(), price(it, dollar).as_str()), (10_234_000_000, "1.0234"));
        let it = read_price("1000.00000001", won).unwrap();
        assert_eq!((it.e8(), price(it, won).as_str()), (100_000_000_001, "1000.00000001"));
        for bad in ["", ".5", "1.", "+1", "-1", "1e3", "0", "1000.000000001", "1 000"] {
            assert_eq!(read_price(bad, won), None, "{bad}");
        }
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        assert_eq!(read_day("2026-12-25").map(day).as_deref(), Some("2026-12-25"));
        let bad = ["", "2026-02-30", "2026-2-03", "1969-12-31", "+026-12-25", "2026/12/25"];
        for bad in bad {
            assert_eq!(read_day(bad), None, "{bad}");
        }
    }
}
