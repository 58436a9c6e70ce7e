//! Currencies and the days on which they are valid.

use crate::iso4217::{Entry, TABLE};
use base::{Codec, DecodeError, Key, Reader, Timestamp};

/// A calendar day in UTC: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

impl Day {
    /// 1970-01-01.
    pub const FIRST: Day = Day(0);
    /// After every day.
    pub const NEVER: Day = Day(u32::MAX);

    /// The day of a date of the Gregorian calendar from 1970 on.
    ///
    /// Panics when the month is not 1..=12, the day not 1..=31 or the year earlier than 1970.
    pub const fn new(year: u16, month: u8, day: u8) -> Day {
        assert!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31, "a date");
        // Years that begin in March put the leap day last, which makes months regular: 153 days in
        // five months.
        let (year, month) = (year as u32, month as u32);
        let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day as u32 - 1;
        // Days from 0000-03-01 to 1970-01-01.
        Day(days - 719_468)
    }

    /// The day in which a point in time lies.
    pub fn of(time: Timestamp) -> Day {
        Day(u32::try_from(time.secs() / 86_400).unwrap_or(u32::MAX))
    }

    /// Days since 1970-01-01.
    pub const fn since_1970(self) -> u32 {
        self.0
    }
}

/// One currency of ISO 4217, current or retired, that has minor units. Sorts by code.
///
/// In logs it is its ISO number; a retired currency whose number was given away has 1000 added. The
/// number of decimals of a `Currency` never changes: if ISO changes it, that is a new `Currency`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(u8);

/// Numbers are below 1000, and there are two generations of them.
const NUMBERS: usize = 2000;
const ABSENT: u8 = u8::MAX;

const BY_NUMBER: [u8; NUMBERS] = {
    assert!(TABLE.len() < ABSENT as usize, "the index fits a byte and leaves one value free");
    let mut index = [ABSENT; NUMBERS];
    let mut at = 0;
    while at < TABLE.len() {
        let stable = stable_number(&TABLE[at]) as usize;
        assert!(index[stable] == ABSENT, "a number stands for one currency");
        #[expect(clippy::cast_possible_truncation, reason = "the table is shorter than 255")]
        let position = at as u8;
        index[stable] = position;
        at += 1;
    }
    index
};

const fn stable_number(entry: &Entry) -> u16 {
    entry.numeric + 1000 * entry.generation as u16
}

impl Currency {
    fn entry(self) -> &'static Entry {
        &TABLE[usize::from(self.0)]
    }

    fn from_stable(number: u16) -> Option<Currency> {
        BY_NUMBER.get(usize::from(number)).filter(|at| **at != ABSENT).map(|at| Currency(*at))
    }

    /// The currency with this code of three capital letters. Retired currencies are known too.
    pub fn from_code(code: &str) -> Option<Currency> {
        let at = TABLE.binary_search_by(|entry| entry.code.cmp(code)).ok()?;
        u8::try_from(at).ok().map(Currency)
    }

    /// The currency to which ISO has given this number last.
    pub fn from_numeric(numeric: u16) -> Option<Currency> {
        if numeric < 1000 { Currency::from_stable(numeric) } else { None }
    }

    /// Three capital letters: `JPY`.
    pub fn code(self) -> &'static str {
        self.entry().code
    }

    /// The ISO number, 1 to 999. Not unique over time: `XCG` inherited that of `ANG`.
    pub fn numeric(self) -> u16 {
        self.entry().numeric
    }

    /// Decimals of the minor unit: 0, 2, 3 or 4.
    pub fn exponent(self) -> u8 {
        self.entry().exponent
    }

    /// May new business be done in this currency on this day?
    pub fn is_active_on(self, day: Day) -> bool {
        self.entry().from <= day && day < self.entry().until
    }

    /// The first day on which the currency is no longer valid, if that day is known.
    pub fn retired(self) -> Option<Day> {
        Some(self.entry().until).filter(|day| *day != Day::NEVER)
    }

    /// Every currency, current and retired, by code.
    pub fn all() -> impl Iterator<Item = Currency> {
        (0..ABSENT).take(TABLE.len()).map(Currency)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl Codec for Currency {
    fn encode(&self, out: &mut Vec<u8>) {
        stable_number(self.entry()).encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Currency::from_stable(u16::decode(input)?).ok_or_else(|| input.expected("a currency"))
    }
}

impl Key for Currency {
    fn hash64(&self) -> u64 {
        Self::mix(u64::from(stable_number(self.entry())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    #[test]
    fn the_table_is_sorted_and_every_way_in_leads_back() {
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
        for currency in Currency::all() {
            assert_eq!(Currency::from_code(currency.code()), Some(currency));
            assert_eq!(decode_all::<Currency>(&encode(&currency)).unwrap(), currency);
            assert!(matches!(currency.exponent(), 0 | 2 | 3 | 4), "{currency}");
            let by_number = Currency::from_numeric(currency.numeric()).unwrap();
            assert!(by_number == currency || currency.retired().is_some(), "{currency}");
        }
    }

    #[test]
    fn what_is_no_currency() {
        for code in ["", "jpy", "JP", "JPYY", "XXX", "XAU", "ZZZ", " JPY"] {
            assert_eq!(Currency::from_code(code), None, "{code:?}");
        }
        assert_eq!(Currency::from_numeric(0), None);
        assert_eq!(Currency::from_numeric(1532), None);
        assert!(decode_all::<Currency>(&encode(&1u16)).is_err());
        assert!(decode_all::<Currency>(&encode(&60_000u16)).is_err());
    }

    #[test]
    fn days_follow_the_calendar() {
        assert_eq!(Day::new(1970, 1, 1), Day::FIRST);
        assert_eq!(Day::new(2000, 2, 29).since_1970(), 11_016);
        assert_eq!(Day::new(2000, 3, 1).since_1970(), 11_017);
        assert_eq!(Day::new(2100, 3, 1).since_1970() - Day::new(2100, 2, 28).since_1970(), 1);
        assert_eq!(Day::of(Timestamp::from_secs(1_767_225_599)), Day::new(2025, 12, 31));
        assert_eq!(Day::of(Timestamp::from_secs(1_767_225_600)), Day::new(2026, 1, 1));
    }

    #[test]
    fn retirement_has_a_day() {
        let on = |code: &str, day| Currency::from_code(code).unwrap().is_active_on(day);
        assert!(on("HRK", Day::new(2022, 12, 31)) && !on("HRK", Day::new(2023, 1, 1)));
        assert!(on("BGN", Day::new(2025, 12, 31)) && !on("BGN", Day::new(2026, 1, 1)));
        assert!(!on("XCG", Day::new(2025, 3, 30)) && on("XCG", Day::new(2025, 3, 31)));
        assert!(on("JPY", Day::FIRST) && on("JPY", Day::new(2500, 1, 1)));
        assert_eq!(Currency::from_numeric(532), Currency::from_code("XCG"));
    }
}
