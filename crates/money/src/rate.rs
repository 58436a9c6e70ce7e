//! Exchange rates: an integer with a scale and a direction.

use crate::round::divide;
use crate::{Currency, MoneyError, Rounding};
use base::{Codec, DecodeError, Reader};

/// How many major units of `quote` one major unit of `base` costs: `mantissa * 10^-scale`, above
/// zero.
///
/// Kept without trailing zeros, so that equal rates are equal values. At most 18 digits and 18
/// decimals: the decimal text is at most 20 characters, which is what `quotePrice` of the partner
/// protocol holds, and an amount times a rate fits 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    base: Currency,
    quote: Currency,
    mantissa: u64,
    scale: u8,
}

impl Rate {
    pub const MAX_DIGITS: u8 = 18;
    pub const MAX_SCALE: u8 = 18;
    pub const MAX_MANTISSA: u64 = 10u64.pow(Rate::MAX_DIGITS as u32) - 1;

    /// Takes trailing zeros off: 13500 at scale 4 is kept as 135 at scale 2.
    ///
    /// Error: `RateOutOfRange` for zero, and beyond 18 digits or 18 decimals.
    pub fn new(
        base: Currency,
        quote: Currency,
        mantissa: u64,
        scale: u8,
    ) -> Result<Rate, MoneyError> {
        let (mut mantissa, mut scale) = (mantissa, scale);
        while mantissa != 0 && mantissa.is_multiple_of(10) && scale > 0 {
            mantissa /= 10;
            scale -= 1;
        }
        if mantissa == 0 || mantissa > Rate::MAX_MANTISSA || scale > Rate::MAX_SCALE {
            return Err(MoneyError::RateOutOfRange);
        }
        Ok(Rate { base, quote, mantissa, scale })
    }

    /// Reads a plain decimal: digits, and perhaps a point with digits on both sides. No sign, no
    /// exponent, no blanks, no leading zero before another digit.
    ///
    /// Errors: `NotANumber`, `RateOutOfRange`.
    pub fn parse(base: Currency, quote: Currency, text: &str) -> Result<Rate, MoneyError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(MoneyError::NotANumber),
            Some(parts) => parts,
            None => (text, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|c| c.is_ascii_digit());
        let is_padded = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || is_padded || !is_digits(whole) || !is_digits(fraction) {
            return Err(MoneyError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        let scale = u8::try_from(fraction.len()).map_err(|_| MoneyError::RateOutOfRange)?;
        let digits = [whole, fraction].concat();
        let mantissa = digits.parse().map_err(|_| MoneyError::RateOutOfRange)?;
        Rate::new(base, quote, mantissa, scale)
    }

    /// The currency of which one major unit is priced.
    pub const fn base(self) -> Currency {
        self.base
    }

    /// The currency in which the price is told.
    pub const fn quote(self) -> Currency {
        self.quote
    }

    /// 1 to [`Rate::MAX_MANTISSA`].
    pub const fn mantissa(self) -> u64 {
        self.mantissa
    }

    /// Decimals, 0 to [`Rate::MAX_SCALE`].
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The price of `quote` in `base`, rounded half-even to that many significant digits (1 to 18).
    ///
    /// Error: `RateOutOfRange` when 18 decimals show nothing of it.
    pub fn inverse(self, digits: u8) -> Result<Rate, MoneyError> {
        let one = Rate { quote: self.base, mantissa: 1, scale: 0, ..self };
        Rate::between(self, one, digits, Rounding::HalfEven)
    }

    /// `R -> A` and `R -> B` give `A -> B`: the quotient of two rates against one reference
    /// currency, rounded once, to that many significant digits (1 to 18).
    ///
    /// Errors: `CurrencyMismatch`, `RateOutOfRange`.
    pub fn between(
        from: Rate,
        to: Rate,
        digits: u8,
        rounding: Rounding,
    ) -> Result<Rate, MoneyError> {
        if from.base != to.base {
            let (expected, found) = (from.base, to.base);
            return Err(MoneyError::CurrencyMismatch { expected, found });
        }
        let digits = u32::from(digits.clamp(1, Rate::MAX_DIGITS));
        // Widened to 37 digits, of which the division by at most 18 leaves at least 19.
        let widen = 36 - to.mantissa.ilog10();
        let numerator = u128::from(to.mantissa) * 10u128.pow(widen);
        let denominator = u128::from(from.mantissa);
        // One more digit says whether something was cut, so that ties and steps up stay right.
        let sticky = u128::from(!numerator.is_multiple_of(denominator));
        let wide = Wide {
            mantissa: numerator / denominator * 10 + sticky,
            scale: i64::from(to.scale) - i64::from(from.scale) + i64::from(widen) + 1,
        };
        wide.fit((from.quote, to.quote), digits, rounding)
    }

    /// How far apart two prices are: the larger one less the smaller one, in basis points of the
    /// smaller one, rounded up. A rate ten times too small is as far off as one ten times too
    /// large. The currencies are not compared.
    pub fn distance_bps(self, other: Rate) -> u64 {
        let scale = self.scale.max(other.scale);
        let align =
            |rate: Rate| u128::from(rate.mantissa) * 10u128.pow(u32::from(scale - rate.scale));
        let (mut small, mut large) = (align(self), align(other));
        if small > large {
            std::mem::swap(&mut small, &mut large);
        }
        // Makes room for the factor; what is cut is beyond the thirtieth digit.
        if large >= 10u128.pow(34) {
            (small, large) = (small / 10_000, large.div_ceil(10_000));
        }
        if small == 0 {
            return u64::MAX;
        }
        u64::try_from(((large - small) * 10_000).div_ceil(small)).unwrap_or(u64::MAX)
    }

    /// `A -> B` and `B -> C` give `A -> C`, rounded half-even to 18 digits and 18 decimals.
    ///
    /// Errors: `CurrencyMismatch`, `RateOutOfRange`.
    pub fn cross(first: Rate, second: Rate) -> Result<Rate, MoneyError> {
        if first.quote != second.base {
            let (expected, found) = (first.quote, second.base);
            return Err(MoneyError::CurrencyMismatch { expected, found });
        }
        let wide = Wide {
            // Two mantissas below 10^18 give a product below 10^36.
            mantissa: u128::from(first.mantissa) * u128::from(second.mantissa),
            scale: i64::from(first.scale) + i64::from(second.scale),
        };
        wide.fit((first.base, second.quote), u32::from(Rate::MAX_DIGITS), Rounding::HalfEven)
    }

    /// The rate times `1 + bps/10000`. What does not fit 18 digits is rounded away from the old
    /// rate: a markup is never smaller than it says.
    ///
    /// Error: `RateOutOfRange`, also for -10000 and below.
    pub fn with_markup_bps(self, bps: i32) -> Result<Rate, MoneyError> {
        let factor = 10_000 + i64::from(bps);
        let factor = u128::try_from(factor).map_err(|_| MoneyError::RateOutOfRange)?;
        let mantissa = u128::from(self.mantissa) * factor;
        let wide = Wide { mantissa, scale: i64::from(self.scale) + 4 };
        let rounding = if bps < 0 { Rounding::Down } else { Rounding::Up };
        wide.fit((self.base, self.quote), u32::from(Rate::MAX_DIGITS), rounding)
    }

    /// The rate with at most that many significant digits (1 to 18).
    ///
    /// Error: `RateOutOfRange` when nothing is left or 18 digits no longer hold it.
    pub fn rounded(self, digits: u8, rounding: Rounding) -> Result<Rate, MoneyError> {
        let digits = u32::from(digits.clamp(1, Rate::MAX_DIGITS));
        let wide = Wide { mantissa: u128::from(self.mantissa), scale: i64::from(self.scale) };
        wide.fit((self.base, self.quote), digits, rounding)
    }
}

/// A rate on its way to 18 digits. The scale may be below zero: the value is then a multiple of a
/// power of ten.
struct Wide {
    mantissa: u128,
    scale: i64,
}

impl Wide {
    fn fit(
        self,
        (base, quote): (Currency, Currency),
        digits: u32,
        rounding: Rounding,
    ) -> Result<Rate, MoneyError> {
        let out_of_range = MoneyError::RateOutOfRange;
        let has_digits = self.mantissa.checked_ilog10().ok_or(out_of_range)? + 1;
        let too_fine = self.scale - i64::from(Rate::MAX_SCALE);
        let drop = i64::from(has_digits.saturating_sub(digits)).max(too_fine).max(0);
        let drop = u32::try_from(drop).map_err(|_| out_of_range)?;
        let divisor = 10u128.checked_pow(drop).ok_or(out_of_range)?;
        let mut mantissa = divide(self.mantissa, divisor, rounding);
        let mut scale = self.scale - i64::from(drop);
        while scale < 0 {
            mantissa = mantissa.checked_mul(10).ok_or(out_of_range)?;
            scale += 1;
        }
        let mantissa = u64::try_from(mantissa).map_err(|_| out_of_range)?;
        let scale = u8::try_from(scale).map_err(|_| out_of_range)?;
        Rate::new(base, quote, mantissa, scale)
    }
}

/// The price as a plain decimal: `0.006667`, `162.35`, `85000`.
impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = 10u64.pow(u32::from(self.scale));
        let decimals = usize::from(self.scale);
        write!(f, "{}", self.mantissa / unit)?;
        if decimals > 0 {
            write!(f, ".{:0decimals$}", self.mantissa % unit)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} {self}", self.base, self.quote)
    }
}

impl Codec for Rate {
    fn encode(&self, out: &mut Vec<u8>) {
        self.base.encode(out);
        self.quote.encode(out);
        self.mantissa.encode(out);
        self.scale.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (base, quote) = (Currency::decode(input)?, Currency::decode(input)?);
        let (mantissa, scale) = (u64::decode(input)?, u8::decode(input)?);
        match Rate::new(base, quote, mantissa, scale) {
            // A rate has one byte form, the one without trailing zeros.
            Ok(rate) if rate.scale == scale => Ok(rate),
            _ => Err(input.expected("a rate")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    fn rate(text: &str) -> Rate {
        Rate::parse(currency("EUR"), currency("JPY"), text).unwrap()
    }

    #[test]
    fn text_round_trip_without_trailing_zeros() {
        for (text, shown) in [
            ("162.35", "162.35"),
            ("1.3500", "1.35"),
            ("0.006667", "0.006667"),
            ("85000", "85000"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("999999999999999999", "999999999999999999"),
            ("1.0000000000000000000000000", "1"),
        ] {
            assert_eq!(rate(text).to_string(), shown);
            assert!(rate(text).to_string().len() <= 20);
        }
        assert_eq!(rate("1.3500"), Rate::new(currency("EUR"), currency("JPY"), 135, 2).unwrap());
    }

    #[test]
    fn what_is_no_rate() {
        let parse = |text| Rate::parse(currency("EUR"), currency("JPY"), text);
        for bad in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "NaN", "inf", " 1", "1 ", "1,5", "01.5", "00",
            "1.2.3", "0x10", "1_000", "１",
        ] {
            assert_eq!(parse(bad), Err(MoneyError::NotANumber), "{bad:?}");
        }
        for bad in ["0", "0.0", "0.0000000000000000001", "1000000000000000001"] {
            assert_eq!(parse(bad), Err(MoneyError::RateOutOfRange), "{bad:?}");
        }
        assert_eq!(parse(&format!("0.{}1", "0".repeat(300))), Err(MoneyError::RateOutOfRange));
    }

    #[test]
    fn inverse_has_the_digits_asked_for() {
        let inverse = |text, digits| rate(text).inverse(digits).unwrap().to_string();
        assert_eq!(inverse("162.35", 6), "0.00615953");
        assert_eq!(inverse("4", 10), "0.25");
        assert_eq!(inverse("3", 3), "0.333");
        assert_eq!(inverse("0.003", 4), "333.3");
        assert_eq!(inverse("1", 18), "1");
        assert_eq!(inverse("0.000000000000000003", 2), "330000000000000000");
        // 1/1.6 = 0.625 is an exact tie at two digits, 1/1.59999 = 0.625004 is not.
        assert_eq!(inverse("1.6", 2), "0.62");
        assert_eq!(inverse("1.59999", 2), "0.63");
        assert_eq!(rate("162.35").inverse(6).unwrap().base(), currency("JPY"));
        assert_eq!(rate("0.000000000000000001").inverse(6), Err(MoneyError::RateOutOfRange));
    }

    #[test]
    fn cross_keeps_direction() {
        let usd_eur = Rate::parse(currency("USD"), currency("EUR"), "0.92").unwrap();
        let usd_jpy = Rate::cross(usd_eur, rate("162.35")).unwrap();
        assert_eq!(format!("{usd_jpy:?}"), "USD/JPY 149.362");
        assert!(matches!(
            Rate::cross(rate("162.35"), usd_eur),
            Err(MoneyError::CurrencyMismatch { .. })
        ));
    }

    #[test]
    fn two_rates_against_a_reference_make_a_third() {
        let to = |code, price| Rate::parse(currency("EUR"), currency(code), price).unwrap();
        let between = |from: Rate, to: Rate, rounding| {
            Rate::between(from, to, 6, rounding).map(|rate| format!("{rate:?}"))
        };
        let (yen, dollar) = (to("JPY", "162.35"), to("USD", "1.0825"));
        assert_eq!(between(yen, dollar, Rounding::Down).as_deref(), Ok("JPY/USD 0.00666769"));
        assert_eq!(between(yen, dollar, Rounding::Up).as_deref(), Ok("JPY/USD 0.0066677"));
        assert_eq!(between(dollar, yen, Rounding::Down).as_deref(), Ok("USD/JPY 149.976"));
        assert_eq!(between(dollar, yen, Rounding::Up).as_deref(), Ok("USD/JPY 149.977"));
        assert_eq!(between(dollar, dollar, Rounding::Up).as_deref(), Ok("USD/USD 1"));
        let dollar_first = yen.inverse(6).unwrap();
        assert!(matches!(
            Rate::between(yen, dollar_first, 6, Rounding::Up),
            Err(MoneyError::CurrencyMismatch { .. })
        ));
    }

    #[test]
    fn distance_counts_both_ways_alike() {
        let distance = |a, b| rate(a).distance_bps(rate(b));
        assert_eq!(distance("100", "105"), 500);
        assert_eq!(distance("105", "100"), 500);
        assert_eq!(distance("100", "105.0001"), 501);
        assert_eq!(distance("162.35", "1623.5"), 90_000);
        assert_eq!(distance("162.35", "16.235"), 90_000);
        assert_eq!(distance("1", "1"), 0);
        assert_eq!(distance("999999999999999999", "0.000000000000000001"), u64::MAX);
        let a = "999999999999999999";
        assert_eq!(distance(a, "999999999999999998.0"), 1);
    }

    #[test]
    fn markup_is_never_smaller_than_it_says() {
        let marked = |text, bps| rate(text).with_markup_bps(bps).unwrap().to_string();
        assert_eq!(marked("100", 250), "102.5");
        assert_eq!(marked("100", -250), "97.5");
        assert_eq!(marked("100", 0), "100");
        assert_eq!(marked("0.000000000000000001", 1), "0.000000000000000002");
        assert_eq!(marked("0.000000000000000009", -1), "0.000000000000000008");
        assert_eq!(rate("100").with_markup_bps(-10_000), Err(MoneyError::RateOutOfRange));
        assert_eq!(rate("100").with_markup_bps(i32::MIN), Err(MoneyError::RateOutOfRange));
    }

    #[test]
    fn rounding_to_digits_keeps_the_size() {
        let rounded = |text, digits| {
            rate(text).rounded(digits, Rounding::HalfEven).map(|rate| rate.to_string())
        };
        assert_eq!(rounded("123456.789", 3).as_deref(), Ok("123000"));
        assert_eq!(rounded("0.00123456", 3).as_deref(), Ok("0.00123"));
        assert_eq!(rounded("9.996", 3).as_deref(), Ok("10"));
        assert_eq!(rounded("999999999999999999", 2), Err(MoneyError::RateOutOfRange));
    }

    #[test]
    fn only_the_shortest_byte_form_is_a_rate() {
        let bytes = |mantissa: u64, scale: u8| {
            base::encode(&((currency("EUR"), currency("JPY")), mantissa, scale))
        };
        assert!(base::decode_all::<Rate>(&bytes(135, 2)).is_ok());
        assert!(base::decode_all::<Rate>(&bytes(1350, 3)).is_err());
        assert!(base::decode_all::<Rate>(&bytes(0, 0)).is_err());
    }
}
