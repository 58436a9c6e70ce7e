//! Amounts and percentages as codes write them.

use money::Currency;

/// An amount, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    pub minor: u64,
    /// More decimals than the currency has, all of them zeros.
    pub has_trailing_zeros: bool,
}

/// Longest amount (EMVCo MPM 1.1, table 3.4).
const MAX_CHARS: usize = 13;

/// Reads digits with at most one point. The error is the reason.
pub(crate) fn read(text: &str, currency: Currency) -> Result<Amount, String> {
    let bytes = text.as_bytes();
    let is_first_digit = bytes.first().is_some_and(u8::is_ascii_digit);
    if bytes.len() > MAX_CHARS || !is_first_digit {
        return Err(not_an_amount(text));
    }
    let (mut minor, mut decimals, mut has_point) = (0_u64, 0_u8, false);
    for byte in bytes {
        match byte {
            // At most 13 digits and 4 zeros: far from the end of 64 bits.
            b'0'..=b'9' => {
                minor = minor * 10 + u64::from(byte - b'0');
                decimals += u8::from(has_point);
            }
            b'.' if !has_point => has_point = true,
            _ => return Err(not_an_amount(text)),
        }
    }
    let exponent = currency.exponent();
    let missing = exponent.saturating_sub(decimals);
    let superfluous = 10_u64.pow(decimals.saturating_sub(exponent).into());
    if minor % superfluous != 0 {
        return Err(format!("`{text}` has more than the {exponent} decimals of {currency}"));
    }
    let minor = minor / superfluous * 10_u64.pow(missing.into());
    Ok(Amount { minor, has_trailing_zeros: decimals > exponent })
}

#[cold]
fn not_an_amount(text: &str) -> String {
    format!(
        "`{text}` is not an amount: digits with at most one point, at most {MAX_CHARS} characters"
    )
}

/// A percentage: more than 0, at most 99.99 (EMVCo MPM 1.1, 4.7.12). The error is the reason.
pub(crate) fn check_percent(text: &str) -> Result<(), String> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=2).contains(&whole.len()) && decimals.len() <= 2 && text.len() <= 5;
    let is_zero = text.bytes().all(|byte| byte == b'0' || byte == b'.');
    if fits && is_number(whole) && is_number(decimals) && !is_zero {
        return Ok(());
    }
    Err(format!("`{text}` is not a percentage from 00.01 to 99.99"))
}

/// Currencies whose codes print whole units without the decimals that ISO 4217 has: KHQR demands
/// it, QRIS does it.
const PRINTED_WHOLE: [&str; 2] = ["IDR", "KHR"];

/// Prints minor units with the decimals of their currency. The error is the reason.
pub(crate) fn write(minor: u64, currency: Currency) -> Result<String, String> {
    let exponent = usize::from(currency.exponent());
    let unit = 10_u64.pow(u32::from(currency.exponent()));
    let (whole, decimals) = (minor / unit, minor % unit);
    let is_whole = exponent == 0 || decimals == 0 && PRINTED_WHOLE.contains(&currency.code());
    let text = if is_whole { whole.to_string() } else { format!("{whole}.{decimals:0exponent$}") };
    if text.len() > MAX_CHARS {
        let length = text.len();
        return Err(format!("`{text}` has {length} characters, at most {MAX_CHARS} are allowed"));
    }
    Ok(text)
}

/// A percentage in hundredths, 1 to 9,999; none when it is not one.
pub(crate) fn hundredths(text: &str) -> Option<u16> {
    check_percent(text).ok()?;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor_of(text: &str, code: &str) -> Result<u64, String> {
        read(text, Currency::from_code(code).unwrap()).map(|amount| amount.minor)
    }

    #[test]
    fn amounts_by_the_decimals_of_their_currency() {
        for (text, code, expected) in [
            ("100", "SGD", 10_000),
            ("100.88", "THB", 10_088),
            ("98.7", "THB", 9_870),
            ("98.", "THB", 9_800),
            ("12345", "VND", 12_345),
            ("12345.00", "VND", 12_345),
            ("1.005", "KWD", 1_005),
            ("9999999999999", "SGD", 999_999_999_999_900),
            ("0.00", "BRL", 0),
        ] {
            assert_eq!(minor_of(text, code), Ok(expected), "{text} {code}");
        }
        for (text, code) in [
            ("", "SGD"),
            (".5", "SGD"),
            ("1,00", "SGD"),
            ("1.2.3", "SGD"),
            ("-1", "SGD"),
            ("+1", "SGD"),
            ("1.005", "SGD"),
            ("1.5", "JPY"),
            ("12345678901234", "SGD"),
            ("1 ", "SGD"),
        ] {
            assert!(minor_of(text, code).is_err(), "{text} {code}");
        }
    }

    #[test]
    fn percentages() {
        assert!(["5", "0.01", "99.99", "12.5"].iter().all(|text| check_percent(text).is_ok()));
        assert!(
            ["", "0", "00.00", "100", "1.234", "a", ".5"].iter().all(|t| check_percent(t).is_err())
        );
    }

    #[test]
    fn what_is_printed_is_read() {
        for (minor, code, expected) in [
            (10_088, "THB", "100.88"),
            (10_000, "SGD", "100.00"),
            (7, "SGD", "0.07"),
            (1_200, "JPY", "1200"),
            (1_005, "KWD", "1.005"),
            (980_000, "KHR", "9800"),
            (980_050, "KHR", "9800.50"),
            (999_999_999_999, "SGD", "9999999999.99"),
        ] {
            let printed = write(minor, Currency::from_code(code).unwrap());
            assert_eq!(printed.as_deref(), Ok(expected));
            assert_eq!(minor_of(expected, code), Ok(minor));
        }
        assert!(write(1_000_000_000_000, Currency::from_code("SGD").unwrap()).is_err());
        assert!(write(u64::MAX, Currency::from_code("JPY").unwrap()).is_err());
    }

    #[test]
    fn percentages_in_hundredths() {
        for (text, expected) in [("5", 500), ("0.01", 1), ("12.5", 1_250), ("99.99", 9_999)] {
            assert_eq!(hundredths(text), Some(expected), "{text}");
        }
        assert!(["", "0", "100", "-5", "1.234"].iter().all(|it| hundredths(it).is_none()));
    }
}
