//! The fund as a machine uses it: tables, properties, and a year of days.

mod fund;
mod properties;
mod year;

use base::Timestamp;
use dhow_savings::{
    Calendar, FundPrice, LocalDay, Price, SATURDAY_SUNDAY, SavingsRules, SavingsTerms,
};
use money::{Currency, Day};

const OFFSET_MIN: u64 = 330;

fn day(year: u16, month: u8, day: u8) -> LocalDay {
    LocalDay::from_date(Day::new(year, month, day)).unwrap()
}

/// A moment by the fund's own clock, half an hour off the full zones.
fn at(day: LocalDay, hour: u64, minute: u64) -> Timestamp {
    let minutes = u64::from(day.number()) * 1_440 + hour * 60 + minute - OFFSET_MIN;
    Timestamp::from_secs(minutes * 60)
}

fn price(day: LocalDay, price_e8: u64) -> FundPrice {
    FundPrice { day, price: Price::new(price_e8).unwrap() }
}

fn terms() -> SavingsTerms {
    SavingsTerms {
        currency: Currency::from_code("INR").unwrap(),
        min_sweep_minor: 100,
        instant_limit_minor: 50_000,
        pool_limit_minor: 120_000,
        band_bps: 20,
        max_price_age_days: 10,
        lowest_price: Price::new(5_000_000_000).unwrap(),
        highest_price: Price::new(20_000_000_000).unwrap(),
        // Orders until 13:30.
        calendar: Calendar {
            cut_off_min: 810,
            offset_min: 330,
            closed_weekdays: SATURDAY_SUNDAY,
            holidays: vec![day(2026, 3, 4)],
        },
    }
}

fn rules() -> SavingsRules {
    SavingsRules::new(terms()).unwrap()
}
