//! Days and months as a market counts them.
//!
//! A zone is a fixed distance from UTC: none of the markets has a summer time. A market that has
//! one would need a table of its changes here.

use base::{Codec, DecodeError, Reader, Timestamp};

/// Minutes east of UTC, from -12 to +14 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    minutes_east: i16,
}

/// Added in the byte form, which knows no negative numbers.
const SHIFT: i16 = 12 * 60;
const MOST: i16 = 14 * 60;

impl Zone {
    /// `None` outside -12 to +14 hours.
    pub const fn new(minutes_east: i16) -> Option<Zone> {
        if minutes_east < -SHIFT || minutes_east > MOST {
            return None;
        }
        Some(Zone { minutes_east })
    }

    pub const fn minutes_east(self) -> i16 {
        self.minutes_east
    }

    /// Seconds since 1970 as a clock on the wall there would count them.
    pub fn local_secs(self, time: Timestamp) -> u64 {
        time.secs().saturating_add_signed(i64::from(self.minutes_east) * 60)
    }

    pub fn day_of(self, time: Timestamp) -> LocalDay {
        let days = self.local_secs(time) / 86_400;
        LocalDay(u32::try_from(days).unwrap_or(u32::MAX))
    }

    /// Midnight at which the day begins there.
    pub fn start_of(self, day: LocalDay) -> Timestamp {
        let local = u64::from(day.0) * 86_400;
        Timestamp::from_secs(local.saturating_add_signed(-i64::from(self.minutes_east) * 60))
    }
}

impl Codec for Zone {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.minutes_east + SHIFT).unsigned_abs().encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let shifted = i16::try_from(u16::decode(input)?).unwrap_or(i16::MAX);
        Zone::new(shifted.saturating_sub(SHIFT)).ok_or_else(|| input.expected("a time zone"))
    }
}

/// A day there: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LocalDay(pub u32);

impl Codec for LocalDay {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(LocalDay(u32::decode(input)?))
    }
}

impl LocalDay {
    pub const fn next(self) -> LocalDay {
        LocalDay(self.0.saturating_add(1))
    }

    /// Year, month and day of the Gregorian calendar.
    pub const fn date(self) -> (u32, u32, u32) {
        // Years that begin in March put the leap day last: eras of 400 years are then all alike.
        let days = self.0 as u64 + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year + (month <= 2) as u64;
        (narrow(year), narrow(month), narrow(day))
    }

    /// Counts months; two days of one month have the same number.
    pub const fn month(self) -> u32 {
        let (year, month, _) = self.date();
        year * 12 + month
    }

    /// The same day of the next month, or that month's last day.
    pub fn a_month_later(self, day_of_month: u32) -> LocalDay {
        let month = self.month();
        let mut last = self;
        let mut day = self.next();
        // A month later is at most 62 days away.
        for _ in 0..62 {
            if day.month() == month + 1 {
                last = day;
                if day.date().2 == day_of_month {
                    break;
                }
            } else if day.month() > month + 1 {
                break;
            }
            day = day.next();
        }
        last
    }
}

#[expect(clippy::cast_possible_truncation, reason = "years, months and days of 32-bit day numbers")]
const fn narrow(value: u64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Day;

    #[test]
    fn dates_agree_with_the_money_crate_for_two_centuries() {
        for day in 0..73_000 {
            let (year, month, of_month) = LocalDay(day).date();
            let narrow = |value: u32| u8::try_from(value).unwrap();
            let back = Day::new(u16::try_from(year).unwrap(), narrow(month), narrow(of_month));
            assert_eq!(back.since_1970(), day);
        }
    }

    #[test]
    fn a_day_begins_at_local_midnight() {
        // 2026-03-01T18:30:00Z is midnight of 2 March in India.
        let midnight = Timestamp::from_secs(1_772_389_800);
        let india = Zone::new(330).unwrap();
        let day = india.day_of(midnight);
        assert_eq!(day.date(), (2026, 3, 2));
        assert_eq!(india.start_of(day), midnight);
        assert_eq!(india.day_of(midnight.before(base::Span::secs(1))).date(), (2026, 3, 1));
    }

    #[test]
    fn a_month_later_is_held_at_the_months_end() {
        let day = |year, month, of_month| LocalDay(Day::new(year, month, of_month).since_1970());
        assert_eq!(day(2026, 1, 31).a_month_later(31), day(2026, 2, 28));
        assert_eq!(day(2026, 2, 28).a_month_later(31), day(2026, 3, 31));
        assert_eq!(day(2028, 1, 30).a_month_later(30), day(2028, 2, 29));
        assert_eq!(day(2026, 12, 5).a_month_later(5), day(2027, 1, 5));
    }

    #[test]
    fn zones_are_bounded_and_survive_the_round_trip() {
        assert_eq!(Zone::new(841), None);
        assert_eq!(Zone::new(-721), None);
        for minutes in [-720, -210, 0, 330, 540, 840] {
            let zone = Zone::new(minutes).unwrap();
            assert_eq!(base::decode_all::<Zone>(&base::encode(&zone)), Ok(zone));
        }
    }
}
