//! Exchange rates: what is held, loading a feed, halting a corridor.

use super::Shared;
use super::directory::operate;
use super::error::Failure;
use super::extract::Json;
use super::model::{read_currency, read_text, time};
use super::tokens::{Asker, Role};
use axum::extract::State;
use axum::http::StatusCode;
use base::{Span, Timestamp};
use fx::{FxPolicy, RateFeed};
use money::Rate;
use network::{Change, LoadRates, Reply};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One rate that is held.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateView {
    pub source: String,
    #[schema(example = "EUR/JPY")]
    pub pair: String,
    pub price: String,
    pub as_of: String,
    /// Quotes are made from this source.
    pub is_primary: bool,
}

/// Shows the last good rate of every pair and source.
#[utoipa::path(
    get, path = "/v1/rates", tag = "rates",
    responses((status = 200, body = Vec<RateView>), (status = 401, body = Failure))
)]
pub async fn show(State(ops): State<Shared>, _: Asker) -> Result<Json<Vec<RateView>>, Failure> {
    let ask = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        machine.rates().rates(machine.fx_policy()).collect::<Vec<_>>()
    };
    let held = ops.partitions.read(ids::Partition(0), ask).await?;
    let line = |it: fx::HeldRate| RateView {
        source: it.source.to_string(),
        pair: format!("{}/{}", it.rate.base().code(), it.rate.quote().code()),
        price: it.rate.to_string(),
        as_of: time(it.as_of),
        is_primary: it.is_primary,
    };
    Ok(Json(held.into_iter().map(line).collect()))
}

/// A feed of mid rates against one currency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FeedBody {
    #[schema(example = "treasury")]
    pub source: String,
    /// Milliseconds since 1970 at which the source says that these were the rates; now when absent.
    pub as_of_millis: Option<u64>,
    #[schema(example = "EUR")]
    pub reference: String,
    /// Decimal prices of one unit of the reference, by currency.
    pub rates: BTreeMap<String, String>,
    /// You vouch for rates outside the band.
    #[serde(default)]
    pub accept_outside_band: bool,
}

/// What became of a feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedReportView {
    pub accepted: u32,
    /// Pair and reason of every rate that was not taken; the last good one stays.
    pub rejected: Vec<String>,
}

/// Loads a feed of rates; every rate is checked against the last good one.
#[utoipa::path(
    post, path = "/v1/rates", tag = "rates", request_body = FeedBody,
    responses((status = 200, body = FeedReportView), (status = 400, body = Failure))
)]
pub async fn load(
    State(ops): State<Shared>,
    asker: Asker,
    Json(body): Json<FeedBody>,
) -> Result<Json<FeedReportView>, Failure> {
    let by = asker.may(Role::Operator)?;
    let reference = read_currency(&body.reference, "reference")?;
    let mut rates = Vec::new();
    for (code, price) in &body.rates {
        let field = format!("rates.{code}");
        let rate = Rate::parse(reference, read_currency(code, &field)?, price);
        rates.push(rate.map_err(|error| Failure::illegal(format!("{field}: {error}")))?);
    }
    let now = ops.partitions.now(ids::Partition(0)).await?;
    let feed = RateFeed {
        source: read_text(&body.source, "source")?,
        as_of: body.as_of_millis.map_or(now, Timestamp::from_millis),
        reference,
        rates,
        accept_outside_band: body.accept_outside_band,
    };
    let change = Change::LoadRates(Box::new(LoadRates { feed }));
    match operate(&ops, by, change).await? {
        Reply::Rates(report) => Ok(Json(FeedReportView {
            accepted: report.accepted,
            rejected: report.rejected.iter().map(ToString::to_string).collect(),
        })),
        _ => Err(Failure::illegal("rates: the feed was not taken")),
    }
}

/// Two currencies between which conversion stops or starts again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CorridorBody {
    pub base: String,
    pub quote: String,
    pub is_halted: bool,
}

/// Stops or frees conversion between two currencies.
#[utoipa::path(
    post, path = "/v1/corridors", tag = "rates", request_body = CorridorBody,
    responses((status = 204), (status = 400, body = Failure))
)]
pub async fn halt(
    State(ops): State<Shared>,
    asker: Asker,
    Json(body): Json<CorridorBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let change = Change::HaltCorridor {
        base: read_currency(&body.base, "base")?,
        quote: read_currency(&body.quote, "quote")?,
        is_halted: body.is_halted,
    };
    operate(&ops, by, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The operator's rules for rates and quotes. The same in both directions: read it, change a field,
/// send it back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FxPolicyBody {
    /// Quotes are made from this source alone; when absent, from the one that was loaded first.
    pub primary_source: Option<String>,
    /// Largest move of a rate against the last good one, in basis points.
    #[schema(example = 500)]
    pub band_bps: u32,
    /// Oldest rate that a quote may rest on, in seconds.
    #[schema(example = 432_000)]
    pub max_age_secs: u64,
    /// A second source must give the same cross rate within that many basis points; without its
    /// agreement nothing is converted between the two currencies. Not asked for when absent.
    pub sources_must_agree_bps: Option<u32>,
    /// How long a quote may be used, in seconds.
    #[schema(example = 600)]
    pub quote_valid_secs: u64,
}

/// Shows the rules for rates and quotes.
#[utoipa::path(
    get, path = "/v1/fx-policy", tag = "rates",
    responses((status = 200, body = FxPolicyBody), (status = 401, body = Failure))
)]
pub async fn policy(State(ops): State<Shared>, _: Asker) -> Result<Json<FxPolicyBody>, Failure> {
    let ask = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        machine.fx_policy().clone()
    };
    let it = ops.partitions.read(ids::Partition(0), ask).await?;
    Ok(Json(FxPolicyBody {
        primary_source: it.primary_source.map(|source| source.to_string()),
        band_bps: it.band_bps,
        max_age_secs: it.max_age.as_millis() / 1_000,
        sources_must_agree_bps: it.sources_must_agree_bps,
        quote_valid_secs: it.quote_valid.as_millis() / 1_000,
    }))
}

/// Longest span that the rules may name: ten years, in seconds.
const MAX_RULE_SECS: u64 = 10 * 366 * 86_400;

fn read_secs(secs: u64, field: &str) -> Result<Span, Failure> {
    if secs == 0 || secs > MAX_RULE_SECS {
        return Err(Failure::illegal(format!("{field}: from 1 to {MAX_RULE_SECS} seconds")));
    }
    Ok(Span::secs(secs))
}

/// Sets the rules for rates and quotes, effective with the next quote.
#[utoipa::path(
    put, path = "/v1/fx-policy", tag = "rates", request_body = FxPolicyBody,
    responses((status = 204), (status = 400, body = Failure), (status = 403, body = Failure))
)]
pub async fn set_policy(
    State(ops): State<Shared>,
    asker: Asker,
    Json(body): Json<FxPolicyBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let source = body.primary_source.as_deref();
    let policy = FxPolicy {
        primary_source: source.map(|name| read_text(name, "primarySource")).transpose()?,
        band_bps: body.band_bps,
        max_age: read_secs(body.max_age_secs, "maxAgeSecs")?,
        sources_must_agree_bps: body.sources_must_agree_bps,
        quote_valid: read_secs(body.quote_valid_secs, "quoteValidSecs")?,
    };
    operate(&ops, by, Change::SetFxPolicy(policy)).await?;
    Ok(StatusCode::NO_CONTENT)
}
