//! Days as the fund counts them: its own zone, cut-off, weekend and holidays.

use base::{Codec, DecodeError, Reader, Span, Timestamp};
use money::Day;

/// Most holidays in one calendar.
pub const MAX_HOLIDAYS: usize = 400;

/// Most days in a row on which nothing is dealt.
pub const MAX_CLOSED_RUN: u16 = 30;

/// For [`Calendar::closed_weekdays`].
pub const SATURDAY_SUNDAY: u8 = 0b110_0000;
/// For [`Calendar::closed_weekdays`].
pub const FRIDAY_SATURDAY: u8 = 0b011_0000;

const DAY_SECS: u64 = 86_400;
const MINUTE_SECS: u64 = 60;
/// Local time is counted from one day earlier, so that no offset leads below zero.
const SHIFT_MIN: i32 = 24 * 60;

/// A calendar day in the fund's zone: days since 1970-01-01, in two bytes. The last is 2149-06-06.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDay(u16);

impl LocalDay {
    /// 1970-01-01.
    pub const FIRST: LocalDay = LocalDay(0);
    /// 2149-06-06.
    pub const LAST: LocalDay = LocalDay(u16::MAX);

    /// Days since 1970-01-01.
    pub const fn from_number(number: u16) -> LocalDay {
        LocalDay(number)
    }

    /// The day with this date. `None` after [`LocalDay::LAST`].
    pub fn from_date(date: Day) -> Option<LocalDay> {
        u16::try_from(date.since_1970()).ok().map(LocalDay)
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Days from `earlier` to this one; zero when it lies ahead.
    pub const fn since(self, earlier: LocalDay) -> u16 {
        self.0.saturating_sub(earlier.0)
    }

    /// `None` after [`LocalDay::LAST`].
    pub const fn after(self, days: u16) -> Option<LocalDay> {
        match self.0.checked_add(days) {
            Some(number) => Some(LocalDay(number)),
            None => None,
        }
    }

    /// 0 is Monday, 6 is Sunday.
    pub const fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        match (self.0 % 7 + 3) % 7 {
            0 => 0,
            1 => 1,
            2 => 2,
            3 => 3,
            4 => 4,
            5 => 5,
            _ => 6,
        }
    }
}

impl Codec for LocalDay {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(LocalDay(u16::decode(input)?))
    }
}

/// When a fund deals. Checked as a part of the [`SavingsTerms`](crate::SavingsTerms).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Orders of a day are taken until this minute after local midnight, exclusive; 1 to 1,440.
    pub cut_off_min: u16,
    /// Minutes by which local time is ahead of UTC, without summer time; -720 to 840.
    pub offset_min: i16,
    /// One bit for each closed day of the week, Monday the lowest.
    pub closed_weekdays: u8,
    /// Further days without dealing, in order; at most [`MAX_HOLIDAYS`].
    pub holidays: Vec<LocalDay>,
}

impl Codec for Calendar {
    fn encode(&self, out: &mut Vec<u8>) {
        let Calendar { cut_off_min, offset_min, closed_weekdays, holidays } = self;
        cut_off_min.encode(out);
        i128::from(*offset_min).encode(out);
        closed_weekdays.encode(out);
        holidays.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Calendar {
            cut_off_min: Codec::decode(input)?,
            offset_min: i16::try_from(i128::decode(input)?)
                .map_err(|_| input.expected("an offset in minutes"))?,
            closed_weekdays: Codec::decode(input)?,
            holidays: Codec::decode(input)?,
        })
    }
}

impl Calendar {
    /// Seconds by which the shifted local time is ahead of UTC.
    fn shift(&self) -> Span {
        let minutes = SHIFT_MIN + i32::from(self.offset_min);
        Span::minutes(u64::from(minutes.unsigned_abs()))
    }

    /// Shifted local day and the second in it.
    fn local(&self, now: Timestamp) -> (u64, u64) {
        let secs = now.secs() + self.shift().as_millis() / 1_000;
        (secs / DAY_SECS, secs % DAY_SECS)
    }

    /// The day it is at the fund. Held at [`LocalDay::FIRST`] and [`LocalDay::LAST`].
    pub fn local_day(&self, now: Timestamp) -> LocalDay {
        let (shifted, _) = self.local(now);
        LocalDay(u16::try_from(shifted.saturating_sub(1)).unwrap_or(u16::MAX))
    }

    /// Are orders dealt on this day?
    pub fn is_dealing(&self, day: LocalDay) -> bool {
        self.closed_weekdays & (1 << day.weekday()) == 0
            && self.holidays.binary_search(&day).is_err()
    }

    /// The first dealing day after `day`. `None` when there is none within [`MAX_CLOSED_RUN`] days,
    /// or before the end of [`LocalDay`].
    pub fn next_dealing(&self, day: LocalDay) -> Option<LocalDay> {
        (1..=MAX_CLOSED_RUN + 1)
            .map_while(|days| day.after(days))
            .find(|candidate| self.is_dealing(*candidate))
    }

    /// The day at whose price an order of `now` is dealt: today when today is a dealing day and its
    /// cut-off lies ahead, else the next dealing day. `None` as for [`Calendar::next_dealing`].
    pub fn dealing_day(&self, now: Timestamp) -> Option<LocalDay> {
        let today = self.local_day(now);
        if self.is_dealing(today) && now < self.closes(today) {
            return Some(today);
        }
        self.next_dealing(today)
    }

    /// The cut-off of `day`: the first instant that is too late for it.
    pub fn closes(&self, day: LocalDay) -> Timestamp {
        let local = (u64::from(day.0) + 1) * DAY_SECS + u64::from(self.cut_off_min) * MINUTE_SECS;
        Timestamp::from_secs(local).before(self.shift())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    fn day(year: u16, month: u8, day: u8) -> LocalDay {
        LocalDay::from_date(Day::new(year, month, day)).unwrap()
    }

    /// A moment by the clock of UTC.
    fn utc(date: LocalDay, hour: u64, minute: u64, second: u64) -> Timestamp {
        let midnight = u64::from(date.number()) * DAY_SECS;
        Timestamp::from_secs(midnight + hour * 3600 + minute * 60 + second)
    }

    fn india() -> Calendar {
        // UTC+5:30, cut-off at 13:30 there, which is 08:00 UTC.
        Calendar {
            cut_off_min: 13 * 60 + 30,
            offset_min: 330,
            closed_weekdays: SATURDAY_SUNDAY,
            holidays: vec![day(2026, 1, 1), day(2026, 1, 26)],
        }
    }

    #[test]
    fn days_of_the_week() {
        for (date, weekday) in [
            (day(1970, 1, 1), 3),
            (day(2000, 2, 29), 1),
            (day(2026, 3, 1), 6),
            (day(2026, 3, 2), 0),
            (LocalDay::LAST, 4),
        ] {
            assert_eq!(date.weekday(), weekday, "{date:?}");
        }
        assert_eq!(day(2149, 6, 6), LocalDay::LAST);
        assert_eq!(LocalDay::from_date(Day::new(2149, 6, 7)), None);
    }

    #[test]
    fn a_zone_of_half_an_hour_and_the_end_of_the_year() {
        let calendar = india();
        // 2025-12-31 is a Wednesday, 2026-01-01 a holiday, 2026-01-02 a Friday.
        let cases = [
            // the last second of Tuesday there: Wednesday's orders have not begun, but Tuesday's
            // have ended
            (utc(day(2025, 12, 30), 18, 29, 59), day(2025, 12, 30), day(2025, 12, 31)),
            (utc(day(2025, 12, 30), 18, 30, 0), day(2025, 12, 31), day(2025, 12, 31)),
            (utc(day(2025, 12, 31), 7, 59, 59), day(2025, 12, 31), day(2025, 12, 31)),
            // the cut-off itself is too late, and the holiday is passed over
            (utc(day(2025, 12, 31), 8, 0, 0), day(2025, 12, 31), day(2026, 1, 2)),
            (utc(day(2025, 12, 31), 18, 30, 0), day(2026, 1, 1), day(2026, 1, 2)),
            (utc(day(2026, 1, 2), 7, 59, 59), day(2026, 1, 2), day(2026, 1, 2)),
            // Friday after the cut-off, Saturday and Sunday deal on Monday
            (utc(day(2026, 1, 2), 8, 0, 0), day(2026, 1, 2), day(2026, 1, 5)),
            (utc(day(2026, 1, 3), 3, 0, 0), day(2026, 1, 3), day(2026, 1, 5)),
            (utc(day(2026, 1, 4), 18, 29, 59), day(2026, 1, 4), day(2026, 1, 5)),
            // a long weekend: the 26th is a Monday
            (utc(day(2026, 1, 23), 8, 0, 0), day(2026, 1, 23), day(2026, 1, 27)),
        ];
        for (now, today, dealing) in cases {
            assert_eq!(calendar.local_day(now), today, "{now:?}");
            assert_eq!(calendar.dealing_day(now), Some(dealing), "{now:?}");
        }
        assert_eq!(calendar.closes(day(2026, 1, 2)), utc(day(2026, 1, 2), 8, 0, 0));
    }

    #[test]
    fn zones_west_of_utc_and_the_ends_of_time() {
        let west = Calendar {
            cut_off_min: 1_440,
            offset_min: -570,
            closed_weekdays: FRIDAY_SATURDAY,
            holidays: vec![],
        };
        let sunday = day(2026, 3, 1);
        let saturday = day(2026, 2, 28);
        assert_eq!(west.local_day(utc(sunday, 9, 29, 59)), saturday);
        assert_eq!(west.dealing_day(utc(sunday, 9, 29, 59)), Some(sunday));
        assert_eq!(west.local_day(utc(sunday, 9, 30, 0)), sunday);
        // A cut-off at midnight is the end of the day.
        assert_eq!(west.closes(sunday), utc(day(2026, 3, 2), 9, 30, 0));
        assert_eq!(west.local_day(Timestamp::from_secs(0)), LocalDay::FIRST);
        assert_eq!(west.local_day(Timestamp::MAX), LocalDay::LAST);
        assert_eq!(west.dealing_day(Timestamp::MAX), None);
        // The very first day there is clipped, and does not wrap.
        assert_eq!(west.dealing_day(Timestamp::from_secs(1)), Some(LocalDay::FIRST));
    }

    #[test]
    fn an_endless_holiday_has_no_dealing_day() {
        let start = day(2026, 3, 1);
        let closed = |days| Calendar {
            closed_weekdays: 0,
            holidays: (1..=days).map(|after| start.after(after).unwrap()).collect(),
            ..india()
        };
        let last = start.after(MAX_CLOSED_RUN + 1);
        assert_eq!(closed(MAX_CLOSED_RUN).next_dealing(start), last);
        assert_eq!(closed(MAX_CLOSED_RUN + 1).next_dealing(start), None);
    }

    #[test]
    fn a_calendar_survives_its_bytes() {
        for offset_min in [-720, -1, 0, 345, 840] {
            let calendar = Calendar { offset_min, ..india() };
            assert_eq!(decode_all::<Calendar>(&encode(&calendar)), Ok(calendar));
        }
    }
}
