//! Rules for savings. The fund counts its days in the market's zone; banks' holidays are its own.

use super::MarketFileError;
use super::amounts::{Amounts, scaled};
use super::days::{time_of_day, weekdays};
use super::section::Section;
use account::AccountRules;
use savings::{Calendar, LocalDay, Price, RuleError, SavingsRules, SavingsTerms};

/// Decimals of a price in minor units.
const PRICE_DECIMALS: u8 = 8;

/// Where the file's name of a field is not the terms' name.
const FILE_NAMES: [(&str, &str); 7] = [
    ("min_sweep_minor", "least_sweep"),
    ("instant_limit_minor", "instant_a_day"),
    ("pool_limit_minor", "instant_of_all"),
    ("max_price_age_days", "price_age_days"),
    ("calendar.cut_off_min", "cut_off"),
    ("calendar.closed_weekdays", "closed_weekdays"),
    ("calendar.holidays", "more_holidays"),
];

pub(super) fn read(
    file: &mut Section,
    amounts: Amounts,
    account: &AccountRules,
) -> Result<Option<SavingsRules>, MarketFileError> {
    if !file.has("savings") {
        return Ok(None);
    }
    let mut it = file.section("savings")?;
    let terms = SavingsTerms {
        currency: amounts.currency,
        min_sweep_minor: amounts.take(&mut it, "least_sweep")?,
        instant_limit_minor: amounts.take(&mut it, "instant_a_day")?,
        pool_limit_minor: amounts.take(&mut it, "instant_of_all")?,
        band_bps: it.number("band_bps", 1..=1_000)?,
        max_price_age_days: it.number("price_age_days", 1..=60)?,
        lowest_price: price(&mut it, "lowest_price", amounts)?,
        highest_price: price(&mut it, "highest_price", amounts)?,
        calendar: Calendar {
            cut_off_min: time_of_day(&mut it, "cut_off")?,
            offset_min: account.zone.minutes_east(),
            closed_weekdays: weekdays(&mut it, "closed_weekdays")?,
            holidays: holidays(&mut it, account)?,
        },
    };
    it.end()?;
    SavingsRules::new(terms).map(Some).map_err(|error| in_file_words(&it, error))
}

/// Major units with the decimals of a minor unit's price behind those of the currency.
fn price(it: &mut Section, name: &str, amounts: Amounts) -> Result<Price, MarketFileError> {
    let decimals = amounts.currency.exponent() + PRICE_DECIMALS;
    let what = format!(
        "the price of one unit in {} in quotes, with at most {decimals} decimals, from a tenth of \
         a minor unit to a million of them",
        amounts.currency.code()
    );
    let text = it.string(name, &what)?;
    let price = scaled(&text, decimals).and_then(Price::new);
    price.ok_or_else(|| it.bad(name, format!("`{text}` must be {what}")))
}

/// The market's holidays, and those that only the fund has.
fn holidays(it: &mut Section, account: &AccountRules) -> Result<Vec<LocalDay>, MarketFileError> {
    let name = "more_holidays";
    let own = it.dates(name)?;
    let numbers = account.holidays.iter().map(|day| day.0);
    let numbers = numbers.chain(own.iter().map(|day| day.since_1970()));
    let mut days = Vec::new();
    for number in numbers {
        let Ok(number) = u16::try_from(number) else {
            return Err(it.bad(name, "must be days before 2149-06-06"));
        };
        days.push(LocalDay::from_number(number));
    }
    days.sort_unstable();
    if let Some(twice) = days.windows(2).find(|pair| pair[0] == pair[1]) {
        let (year, month, day) = account::LocalDay(u32::from(twice[0].number())).date();
        let problem = format!("{year}-{month:02}-{day:02} stands in `holidays` already");
        return Err(it.bad(name, problem));
    }
    Ok(days)
}

/// The terms' own words, with the names that the fields have in the file.
fn in_file_words(it: &Section, error: RuleError) -> MarketFileError {
    let found = FILE_NAMES.iter().find(|(terms, _)| *terms == error.field);
    let field = found.map_or(error.field, |(_, file)| *file);
    let mut must = error.must.to_owned();
    for (terms, file) in FILE_NAMES {
        must = must.replace(terms, file);
    }
    it.bad(field, format!("must be {must}"))
}
