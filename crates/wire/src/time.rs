//! Date and time on the wire: ISO 8601 with an offset; in headers also milliseconds since 1970.

use base::Timestamp;
use jiff::civil;
use jiff::tz::Offset;

/// A point in time with the offset it is written in. Written to the second, as partners expect;
/// cut, not rounded, so that an expiry is never written later than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Datetime {
    pub at: Timestamp,
    /// Minutes east of UTC, -1439 to 1439. Only a way of writing: `at` alone says when.
    pub offset_minutes: i16,
}

impl Datetime {
    /// In UTC, written `+00:00`.
    pub const fn utc(at: Timestamp) -> Datetime {
        Datetime { at, offset_minutes: 0 }
    }

    /// Reads `2026-11-22T07:20:47+00:00`, also with `+0000`, with `Z`, and with a fraction of up to
    /// nine digits.
    pub fn parse(text: &str) -> Option<Datetime> {
        let bytes = text.as_bytes();
        if !text.is_ascii() || bytes.len() < 20 {
            return None;
        }
        for (at, mark) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
            if bytes[at] != mark {
                return None;
            }
        }
        let date = civil::Date::new(
            digits(&text[0..4])?.try_into().ok()?,
            small(&text[5..7])?,
            small(&text[8..10])?,
        )
        .ok()?;
        let (nanos, offset) = fraction(&text[19..])?;
        let time = civil::Time::new(
            small(&text[11..13])?,
            small(&text[14..16])?,
            small(&text[17..19])?,
            nanos,
        )
        .ok()?;
        let offset_minutes = parse_offset(offset)?;
        let offset = Offset::from_seconds(i32::from(offset_minutes) * 60).ok()?;
        let instant = offset.to_timestamp(date.to_datetime(time)).ok()?;
        let nanos = u64::try_from(instant.as_nanosecond()).ok()?;
        Some(Datetime { at: Timestamp::from_nanos(nanos), offset_minutes })
    }

    /// Reads what a `Request-Time` or `Response-Time` header may hold: the shapes of
    /// [`Datetime::parse`], or thirteen digits of milliseconds since 1970.
    pub fn parse_header(text: &str) -> Option<Datetime> {
        if text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Datetime::utc(Timestamp::from_millis(text.parse().ok()?)));
        }
        Datetime::parse(text)
    }
}

impl std::fmt::Display for Datetime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = i64::try_from(self.at.secs()).expect("u64 nanoseconds end in 2554");
        let instant = jiff::Timestamp::from_second(seconds).expect("u64 nanoseconds end in 2554");
        let offset = Offset::from_seconds(i32::from(self.offset_minutes) * 60)
            .expect("an offset is below 24 hours");
        let there = offset.to_datetime(instant);
        let (date, time) = (there.date(), there.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            if self.offset_minutes < 0 { '-' } else { '+' },
            self.offset_minutes.unsigned_abs() / 60,
            self.offset_minutes.unsigned_abs() % 60,
        )
    }
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn small(text: &str) -> Option<i8> {
    digits(text)?.try_into().ok()
}

/// Nanoseconds of an optional fraction, and the rest of the text.
fn fraction(text: &str) -> Option<(i32, &str)> {
    let Some(text) = text.strip_prefix('.') else { return Some((0, text)) };
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let scale = 10_u32.pow(9 - u32::try_from(count).ok()?);
    let nanos = digits(&text[..count])?.checked_mul(scale)?;
    Some((nanos.try_into().ok()?, &text[count..]))
}

/// `Z`, `+08:00` or `+0800`, in minutes.
fn parse_offset(text: &str) -> Option<i16> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match text.len() {
        5 => (&text[1..3], &text[3..5]),
        6 if text.as_bytes()[3] == b':' => (&text[1..3], &text[4..6]),
        _ => return None,
    };
    let (hours, minutes) = (i16::from(small(hours)?), i16::from(small(minutes)?));
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn four_shapes_of_one_time() {
        let at = Timestamp::from_secs(1_795_332_047);
        for text in [
            "2026-11-22T07:20:47+00:00",
            "2026-11-22T07:20:47+0000",
            "2026-11-22T07:20:47.000Z",
            "2026-11-22T07:20:47Z",
            "1795332047000",
            "2026-11-22T15:20:47+08:00",
            "2026-11-22T01:50:47.0-05:30",
        ] {
            assert_eq!(Datetime::parse_header(text).map(|time| time.at), Some(at), "{text}");
        }
        let fraction = Datetime::parse("2026-11-22T07:20:47.123456789Z").unwrap();
        assert_eq!(fraction.at.nanos(), 1_795_332_047_123_456_789);
        assert_eq!(fraction.to_string(), "2026-11-22T07:20:47+00:00");
        let kathmandu = Datetime { at, offset_minutes: 345 };
        assert_eq!(kathmandu.to_string(), "2026-11-22T13:05:47+05:45");
        let west = Datetime { at, offset_minutes: -210 };
        assert_eq!(west.to_string(), "2026-11-22T03:50:47-03:30");
    }

    #[test]
    fn garbage_is_refused() {
        for text in [
            "",
            "now",
            "2026-11-22",
            "2026-11-22T07:20:47",
            "2026-11-22 07:20:47+00:00",
            "2026-11-22t07:20:47z",
            "2026-13-22T07:20:47Z",
            "2026-02-29T07:20:47Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T07:20:60Z",
            "2026-11-22T07:20:47.Z",
            "2026-11-22T07:20:47.1234567890Z",
            "2026-11-22T07:20:47+8:00",
            "2026-11-22T07:20:47+24:00",
            "2026-11-22T07:20:47+00:60",
            "2026-11-22T07:20:47+00:00[UTC]",
            "+026-11-22T07:20:47Z",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59Z",
            "1795332047",
            "+795332047000",
            "17953320470000",
            "２０２６-11-22T07:20:47Z",
        ] {
            assert_eq!(Datetime::parse_header(text), None, "{text}");
        }
        assert_eq!(Datetime::parse("1795332047000"), None, "a body has no milliseconds");
    }

    proptest! {
        #[test]
        fn round_trip(secs in 0_u64..18_000_000_000, offset_minutes in -1439_i16..=1439) {
            let time = Datetime { at: Timestamp::from_secs(secs), offset_minutes };
            let text = time.to_string();
            prop_assert_eq!(Datetime::parse(&text), Some(time));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}", ascii in "[0-9TZ:.+-]{0,32}") {
            let _ = Datetime::parse_header(&text);
            let _ = Datetime::parse_header(&ascii);
        }
    }
}
