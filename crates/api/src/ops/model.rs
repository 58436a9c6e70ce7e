//! JSON shapes that several resources share.

use super::error::Failure;
use base::Timestamp;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount in minor units: `{"currency": "JPY", "value": "1200"}` is 1,200 yen.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmountView {
    #[schema(example = "JPY")]
    pub currency: String,
    /// Digits only.
    #[schema(example = "1200")]
    pub value: String,
}

impl AmountView {
    pub fn of(money: Money) -> AmountView {
        AmountView {
            currency: money.currency().code().to_owned(),
            value: money.minor().to_string(),
        }
    }

    pub fn read(&self, field: &str) -> Result<Money, Failure> {
        let currency = read_currency(&self.currency, field)?;
        Money::parse_minor(&self.value, currency)
            .map_err(|error| Failure::illegal(format!("{field}.value: {error}")))
    }
}

pub fn read_currency(code: &str, field: &str) -> Result<Currency, Failure> {
    Currency::from_code(code)
        .ok_or_else(|| Failure::illegal(format!("{field}: {code} is not an ISO 4217 code")))
}

/// Reads bounded text and names the field when it does not fit.
pub fn read_text<const MAX: usize>(text: &str, field: &str) -> Result<base::Text<MAX>, Failure> {
    base::Text::new(text).map_err(|error| Failure::illegal(format!("{field}: {error}")))
}

/// Reads a time with its zone: RFC 3339.
pub fn read_time(text: &str, field: &str) -> Result<Timestamp, Failure> {
    let time = wire::Datetime::parse(text).map(|it| it.at);
    time.ok_or_else(|| {
        Failure::illegal(format!("{field}: give a time as 2026-11-22T00:00:00Z or with +08:00"))
    })
}

/// A time as text: RFC 3339 in UTC.
pub fn time(at: Timestamp) -> String {
    wire::Datetime::utc(at).to_string()
}
