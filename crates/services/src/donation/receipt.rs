//! Numbers of receipts: one row for each charity and year, without a gap.

use base::{Span, Timestamp, codec_struct};
use money::Day;

/// The number of one receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt {
    pub charity: u32,
    pub year: u16,
    /// From 1 on, without a gap in its charity and year.
    pub number: u64,
}
codec_struct!(Receipt { charity, year, number });

impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{:06}", self.charity, self.year, self.number)
    }
}

/// The last number of one charity. Time does not run back, so that one year is all there is to
/// remember; were it ever to, the running year is counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ReceiptBook {
    year: u16,
    last: u64,
}
codec_struct!(ReceiptBook { year, last });

impl ReceiptBook {
    /// The next number of the charity whose book this is.
    pub fn next(&mut self, charity: u32, year: u16) -> Receipt {
        if year > self.year {
            *self = ReceiptBook { year, last: 0 };
        }
        self.last += 1;
        Receipt { charity, year: self.year, number: self.last }
    }
}

/// The year of the calendar at `now`, on a clock that is `east` ahead of UTC.
pub fn year_of(now: Timestamp, east: Span) -> u16 {
    let day = Day::of(now.after(east));
    // A time is before 2555, and the first of January of the year that is looked for is the last
    // one that is not after the day.
    let mut year = 1970 + u16::try_from(day.since_1970() / 366).unwrap_or(u16::MAX - 1970);
    while Day::new(year.saturating_add(1), 1, 1) <= day && year < u16::MAX {
        year += 1;
    }
    year
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    fn at(day: Day, secs: u64) -> Timestamp {
        Timestamp::from_secs(u64::from(day.since_1970()) * 86_400 + secs)
    }

    #[test]
    fn years_begin_at_midnight_of_the_market() {
        let eve = Day::new(2026, 12, 31);
        assert_eq!(year_of(at(eve, 15 * 3600 - 1), Span::hours(9)), 2026);
        assert_eq!(year_of(at(eve, 15 * 3600), Span::hours(9)), 2027);
        assert_eq!(year_of(Timestamp::from_secs(0), Span::secs(0)), 1970);
        assert_eq!(year_of(Timestamp::MAX, Span::hours(9)), 2554);
    }

    #[test]
    fn every_first_and_last_day_lies_in_its_year() {
        for year in 1970..2554 {
            assert_eq!(year_of(at(Day::new(year, 1, 1), 0), Span::secs(0)), year);
            assert_eq!(year_of(at(Day::new(year, 12, 31), 86_399), Span::secs(0)), year);
        }
    }

    #[test]
    fn a_new_year_counts_from_one() {
        let mut book = ReceiptBook::default();
        let numbers = [2026, 2026, 2027, 2026, 2027].map(|year| book.next(40, year).to_string());
        // The fourth comes from a clock that ran back: the running year goes on without a gap.
        let expect = [
            "40-2026-000001",
            "40-2026-000002",
            "40-2027-000001",
            "40-2027-000002",
            "40-2027-000003",
        ];
        assert_eq!(numbers, expect);
        assert_eq!(decode_all::<ReceiptBook>(&encode(&book)), Ok(book));
    }
}
