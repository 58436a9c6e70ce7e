//! What a market says about its savings product.

use crate::{Calendar, LocalDay, MAX_HOLIDAYS, Price};
use base::{Codec, DecodeError, Reader, codec_struct};
use money::{Currency, Money};

/// The rules as somebody wrote them, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavingsTerms {
    /// The currency of all amounts here.
    pub currency: Currency,
    /// The least that is swept at once, in minor units.
    pub min_sweep_minor: u64,
    /// Most that a customer redeems at once in one day, in minor units; zero for nothing.
    pub instant_limit_minor: u64,
    /// Most that the liquidity pool has paid and not yet got back, in minor units.
    pub pool_limit_minor: u64,
    /// How far a price may be from the last, for each day between them; 1 to 1,000.
    pub band_bps: u16,
    /// How old the last price may be for a redemption at once, in days; 1 to 60.
    pub max_price_age_days: u16,
    /// No price is lower.
    pub lowest_price: Price,
    /// No price is higher.
    pub highest_price: Price,
    pub calendar: Calendar,
}
codec_struct!(SavingsTerms {
    currency,
    min_sweep_minor,
    instant_limit_minor,
    pool_limit_minor,
    band_bps,
    max_price_age_days,
    lowest_price,
    highest_price,
    calendar,
});

/// Which field of the terms cannot be, and what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleError {
    pub field: &'static str,
    pub must: &'static str,
}

impl std::fmt::Display for RuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: must be {}", self.field, self.must)
    }
}

impl std::error::Error for RuleError {}

/// Terms that were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavingsRules {
    terms: SavingsTerms,
}

impl SavingsRules {
    /// Error: the first field, in the order of the terms, that cannot be.
    pub fn new(terms: SavingsTerms) -> Result<SavingsRules, RuleError> {
        const AMOUNT: &str = "1 to 10^15 minor units";
        let calendar = &terms.calendar;
        let is_sorted = calendar.holidays.windows(2).all(|pair| pair[0] < pair[1]);
        let checks = [
            (
                (1..=Money::MAX_MINOR).contains(&terms.min_sweep_minor),
                RuleError { field: "min_sweep_minor", must: AMOUNT },
            ),
            (
                terms.instant_limit_minor <= Money::MAX_MINOR,
                RuleError { field: "instant_limit_minor", must: "0 to 10^15 minor units" },
            ),
            (
                (terms.instant_limit_minor..=Money::MAX_MINOR).contains(&terms.pool_limit_minor),
                RuleError {
                    field: "pool_limit_minor",
                    must: "instant_limit_minor to 10^15 minor units",
                },
            ),
            (
                (1..=1_000).contains(&terms.band_bps),
                RuleError { field: "band_bps", must: "1 to 1000" },
            ),
            (
                (1..=60).contains(&terms.max_price_age_days),
                RuleError { field: "max_price_age_days", must: "1 to 60" },
            ),
            (
                terms.lowest_price < terms.highest_price,
                RuleError { field: "highest_price", must: "above lowest_price" },
            ),
            (
                (1..=1_440).contains(&calendar.cut_off_min),
                RuleError { field: "calendar.cut_off_min", must: "1 to 1440" },
            ),
            (
                (-720..=840).contains(&calendar.offset_min),
                RuleError { field: "calendar.offset_min", must: "-720 to 840" },
            ),
            (
                calendar.closed_weekdays < 0b111_1111,
                RuleError {
                    field: "calendar.closed_weekdays",
                    must: "below 127: seven bits, one of them clear",
                },
            ),
            (
                is_sorted && calendar.holidays.len() <= MAX_HOLIDAYS,
                RuleError {
                    field: "calendar.holidays",
                    must: "at most 400 days in order, each once",
                },
            ),
        ];
        if let Some((_, error)) = checks.iter().find(|(holds, _)| !holds) {
            return Err(*error);
        }
        // Only after the order of the holidays is known can they be looked up. The last dealing day
        // before a run of closed ones is at most a week before the run's first holiday.
        let is_endless = calendar.holidays.iter().any(|holiday| {
            let start = holiday.number().saturating_sub(7);
            (start..=holiday.number())
                .any(|number| calendar.next_dealing(LocalDay::from_number(number)).is_none())
        });
        if is_endless {
            let must = "without a run of more than 30 closed days";
            return Err(RuleError { field: "calendar.holidays", must });
        }
        Ok(SavingsRules { terms })
    }

    pub fn terms(&self) -> &SavingsTerms {
        &self.terms
    }

    pub fn calendar(&self) -> &Calendar {
        &self.terms.calendar
    }

    /// Whole major units of the rules' currency as minor units.
    pub fn minor_of_major(&self, major: u32) -> u64 {
        u64::from(major) * 10u64.pow(u32::from(self.terms.currency.exponent()))
    }
}

impl Codec for SavingsRules {
    fn encode(&self, out: &mut Vec<u8>) {
        self.terms.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        SavingsRules::new(Codec::decode(input)?).map_err(|error| input.expected(error.field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SATURDAY_SUNDAY;
    use base::{decode_all, encode};

    fn good() -> SavingsTerms {
        SavingsTerms {
            currency: Currency::from_code("HKD").unwrap(),
            min_sweep_minor: 100,
            instant_limit_minor: 1_000_000,
            pool_limit_minor: 50_000_000,
            band_bps: 10,
            max_price_age_days: 10,
            lowest_price: Price::new(5_000_000_000).unwrap(),
            highest_price: Price::new(20_000_000_000).unwrap(),
            calendar: Calendar {
                cut_off_min: 900,
                offset_min: 480,
                closed_weekdays: SATURDAY_SUNDAY,
                holidays: vec![],
            },
        }
    }

    type Change = fn(&mut SavingsTerms);

    #[test]
    fn the_wrong_field_is_named() {
        let days = |numbers: &[u16]| -> Vec<LocalDay> {
            numbers.iter().map(|number| LocalDay::from_number(*number)).collect()
        };
        let cases: [(&str, Change); 11] = [
            ("min_sweep_minor", |terms| terms.min_sweep_minor = 0),
            ("instant_limit_minor", |terms| terms.instant_limit_minor = Money::MAX_MINOR + 1),
            ("pool_limit_minor", |terms| terms.pool_limit_minor = 999_999),
            ("band_bps", |terms| terms.band_bps = 0),
            ("band_bps", |terms| terms.band_bps = 1_001),
            ("max_price_age_days", |terms| terms.max_price_age_days = 61),
            ("highest_price", |terms| terms.highest_price = terms.lowest_price),
            ("calendar.cut_off_min", |terms| terms.calendar.cut_off_min = 1_441),
            ("calendar.offset_min", |terms| terms.calendar.offset_min = -721),
            ("calendar.closed_weekdays", |terms| terms.calendar.closed_weekdays = 127),
            ("calendar.closed_weekdays", |terms| terms.calendar.closed_weekdays = 128),
        ];
        for (field, change) in cases {
            let mut terms = good();
            change(&mut terms);
            assert_eq!(SavingsRules::new(terms.clone()).unwrap_err().field, field);
            assert!(decode_all::<SavingsRules>(&encode(&terms)).is_err(), "{field}");
        }
        let endless: Vec<u16> = (20_000..20_031).collect();
        let many: Vec<u16> = (0..401).map(|number| number * 3).collect();
        for holidays in [&[7, 7][..], &[8, 7], &endless, &many] {
            let mut terms = good();
            terms.calendar.holidays = days(holidays);
            let error = SavingsRules::new(terms).unwrap_err();
            assert_eq!(error.field, "calendar.holidays");
        }
    }

    #[test]
    fn good_terms_are_rules_and_survive_their_bytes() {
        let rules = SavingsRules::new(good()).unwrap();
        assert_eq!(decode_all::<SavingsRules>(&encode(&rules)), Ok(rules.clone()));
        assert_eq!(rules.minor_of_major(u32::MAX), 429_496_729_500);
    }
}
