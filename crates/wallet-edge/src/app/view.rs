//! JSON shapes that several resources share, and how their parts are read.

use super::failure::{Failure, not_found};
use crate::Edge;
use crate::edge::EdgeError;
use account::LocalDay;
use base::Text;
use money::{Currency, Day, Money};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::Arc;
use utoipa::ToSchema;
use wallet::Market;

pub(super) use api::ops::model::{read_text, read_time, time};

/// An amount as it is sent, in minor units: `{"currency": "KRW", "value": "1500"}`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AmountBody {
    #[schema(example = "KRW")]
    pub currency: String,
    /// Digits only.
    #[schema(example = "1500")]
    pub value: String,
}

impl AmountBody {
    /// Minor units of the wallet's currency. Errors: another currency, no amount.
    pub fn read(&self, field: &str, currency: Currency) -> Result<u64, Failure> {
        if self.currency != currency.code() {
            let message = format!("{field}.currency: this wallet has {} only", currency.code());
            return Err(Failure::illegal(message));
        }
        let read = Money::parse_minor(&self.value, currency);
        Ok(read.map_err(|error| Failure::illegal(format!("{field}.value: {error}")))?.minor())
    }
}

/// An amount as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct AmountView {
    #[schema(example = "PHP")]
    pub currency: String,
    /// Minor units.
    #[schema(example = "1550")]
    pub value: String,
    /// For people.
    #[schema(example = "PHP 15.50")]
    pub text: String,
}

impl AmountView {
    pub fn of(money: Money) -> AmountView {
        AmountView {
            currency: money.currency().code().to_owned(),
            value: money.minor().to_string(),
            text: money.to_string(),
        }
    }

    pub fn minor(minor: u64, currency: Currency) -> AmountView {
        // Sums of many amounts may be above what one amount may be.
        Money::new(minor, currency).map_or_else(
            |_| AmountView {
                currency: currency.code().to_owned(),
                value: minor.to_string(),
                text: format!("{} {minor}", currency.code()),
            },
            AmountView::of,
        )
    }
}

/// The market's rules as they are now.
pub(crate) async fn market(edge: &Edge) -> Result<Arc<Market>, EdgeError> {
    edge.read(|wallet, _, _| Arc::clone(wallet.market())).await
}

/// An id of a path: one that cannot be an id is as unknown as any other.
pub(super) fn read_id<T: FromStr>(text: &str, what: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| not_found(what))
}

/// A short text that may be left out; an empty one is none.
pub(super) fn read_optional<const MAX: usize>(
    text: Option<&str>,
    field: &str,
) -> Result<Option<Text<MAX>>, Failure> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => Ok(Some(read_text(text, field)?)),
    }
}

/// A day as people write it for machines: `2026-12-25`.
pub(super) fn day_text(day: LocalDay) -> String {
    let (year, month, day) = day.date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// Reads a day like `2026-12-25`; the calendar has to have it.
pub(super) fn read_day(text: &str, field: &str) -> Result<LocalDay, Failure> {
    let bad = || Failure::illegal(format!("{field}: give a day like 2026-12-25"));
    let mut parts = text.splitn(3, '-');
    let mut next = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits);
        let part = part.filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse::<u16>().ok()).ok_or_else(bad)
    };
    let (year, month, of_month) = (next(4)?, next(2)?, next(2)?);
    let narrow = |value: u16| u8::try_from(value).map_err(|_| bad());
    if !(1970..=2500).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&of_month)
    {
        return Err(bad());
    }
    let day = LocalDay(Day::new(year, narrow(month)?, narrow(of_month)?).since_1970());
    // The 31st of a short month would be a day of the next one.
    if day_text(day) == text { Ok(day) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar() {
        assert_eq!(read_day("2024-02-29", "day").map(day_text).unwrap(), "2024-02-29");
        for bad in
            ["", "2023-02-29", "2024-13-01", "2024-1-1", "24-01-01", "1969-12-31", "+024-01-01"]
        {
            assert!(read_day(bad, "day").is_err(), "{bad}");
        }
    }
}
