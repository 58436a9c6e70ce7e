//! The fund behind savings: its prices, and the days on which the wallet settles with it.

use super::proposals::propose_what;
use super::{AmountBody, AtDesk, Shared};
use crate::fund_text::{day, price, price_of_day, read_day, read_price, units};
use api::ops::extract::Json;
use api::ops::{Failure, Role};
use axum::extract::State;
use base::{Refusal, ResultCode};
use money::Currency;
use savings::{Approval, FundPrice, FundStatement, LocalDay, PriceRefusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wallet::command::desk::{DeskAct, Proposed};
use wallet::objects::{FundDay, FundDayState};
use wallet::{Object, Reply};

/// Prices that are shown, at most.
const PRICES_SHOWN: usize = 31;

/// The price of one unit on a day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBody {
    /// As `2026-12-25`; its cut-off must be over.
    pub day: String,
    /// In major units.
    #[schema(example = "1000.02739726")]
    pub price: String,
}

impl PriceBody {
    fn read(&self, currency: Currency) -> Result<FundPrice, Failure> {
        let decimals = currency.exponent() + 8;
        let bad = || {
            Failure::illegal(format!(
                "price: give {} in digits with a point and at most {decimals} decimals",
                currency.code()
            ))
        };
        let price = read_price(&self.price, currency).ok_or_else(bad)?;
        Ok(FundPrice { day: read_fund_day(&self.day)?, price })
    }
}

fn read_fund_day(text: &str) -> Result<LocalDay, Failure> {
    read_day(text).ok_or_else(|| Failure::illegal("day: give a day like 2026-12-25"))
}

/// What became of a price.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceOutcome {
    /// ACCEPTED, or PROPOSED: it is far from the last one, and somebody else has to approve it.
    pub state: String,
    /// What is to be approved.
    pub proposal: Option<String>,
    /// In words.
    pub what: String,
}

fn no_savings() -> Failure {
    Refusal::new(ResultCode::BusinessNotSupport, "this wallet has no savings").into()
}

/// Says the fund's price of a day. One that is outside the band becomes a proposal, which somebody
/// else approves at `/desk/proposals`.
#[utoipa::path(
    post, path = "/desk/fund/prices", tag = "fund", request_body = PriceBody,
    responses((status = 200, body = PriceOutcome), (status = 400, body = Failure))
)]
pub async fn set_price(
    State(desk): State<Shared>,
    asker: AtDesk,
    Json(body): Json<PriceBody>,
) -> Result<Json<PriceOutcome>, Failure> {
    let by = asker.may(Role::Operator)?;
    let currency = desk.edge.read(|wallet, _, _| wallet.market().account.currency).await?;
    let (entry, now) = (body.read(currency)?, desk.edge.now());
    // Tried on a copy: only a price that nothing but the band speaks against is proposed.
    let tried = desk.edge.read(move |wallet, _, _| {
        let rules = wallet.market().savings.as_ref()?;
        Some(wallet.fund().clone().accept_price(entry, Approval::Plain, now, rules).err())
    });
    let tried = tried.await?.ok_or_else(no_savings)?;
    let what = price_of_day(entry, currency);
    if !matches!(tried, Some(PriceRefusal::OutOfBand { .. })) {
        desk.act(by, DeskAct::SetFundPrice(entry)).await?;
        return Ok(Json(PriceOutcome { state: "ACCEPTED".to_owned(), proposal: None, what }));
    }
    let (id, _) = propose_what(&desk, by, Proposed::FundPrice(entry)).await?;
    Ok(Json(PriceOutcome { state: "PROPOSED".to_owned(), proposal: Some(id.to_string()), what }))
}

/// One dealing day, all orders dealt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FundDayView {
    pub day: String,
    /// What the fund was given.
    subscribed: AmountBody,
    /// Units that it issued.
    pub issued_units: String,
    /// Units that it took back.
    pub redeemed_units: String,
    /// What it pays for them.
    paid: AmountBody,
    /// What rounding left with it, and it pays back with this day.
    rounding: AmountBody,
    /// ASKED, REFUSED or SETTLED.
    pub state: String,
}

impl FundDayView {
    fn of(it: &FundDay, currency: Currency) -> FundDayView {
        let statement = &it.statement;
        let state = match it.state {
            FundDayState::Asked => "ASKED",
            FundDayState::Refused(_) => "REFUSED",
            FundDayState::Settled => "SETTLED",
        };
        FundDayView {
            day: day(statement.day),
            subscribed: AmountBody::of(statement.subscribed_minor, currency),
            issued_units: units(statement.issued_units),
            redeemed_units: units(statement.redeemed_units),
            paid: AmountBody::of(statement.paid_minor, currency),
            rounding: AmountBody::of(it.rounding_minor, currency),
            state: state.to_owned(),
        }
    }
}

/// The fund, and what the wallet has in it for its customers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FundView {
    /// Newest first.
    pub prices: Vec<PriceBody>,
    /// Of all customers, those that wait to be redeemed among them.
    pub units: String,
    pub redeeming_units: String,
    /// What customers got at once, and the fund has not paid yet.
    advanced: AmountBody,
    /// What waits for its price.
    subscribing: AmountBody,
    /// Days that the fund has not settled, oldest first.
    pub unsettled: Vec<FundDayView>,
}

/// Shows the fund: prices, totals, days that are not settled.
#[utoipa::path(
    get, path = "/desk/fund", tag = "fund",
    responses((status = 200, body = FundView), (status = 400, body = Failure))
)]
pub async fn show(State(desk): State<Shared>, _: AtDesk) -> Result<Json<FundView>, Failure> {
    let view = desk.edge.read(|wallet, _, _| {
        let currency = wallet.market().savings.as_ref()?.terms().currency;
        let totals = wallet.fund().totals();
        let shown = wallet.fund().prices().all().iter().rev().take(PRICES_SHOWN);
        let view =
            |it: &FundPrice| PriceBody { day: day(it.day), price: price(it.price, currency) };
        let unsettled = wallet.unsettled_fund_days();
        Some(FundView {
            prices: shown.map(view).collect(),
            units: units(totals.units),
            redeeming_units: units(totals.redeeming_units),
            advanced: AmountBody::of(totals.advanced_minor, currency),
            subscribing: AmountBody::of(totals.subscribing_minor, currency),
            unsettled: unsettled.iter().map(|it| FundDayView::of(it, currency)).collect(),
        })
    });
    Ok(Json(view.await?.ok_or_else(no_savings)?))
}

/// What the fund's own statement says of a day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StatementBody {
    /// As `2026-12-25`.
    pub day: String,
    subscribed: AmountBody,
    #[schema(example = "12.345678")]
    pub issued_units: String,
    pub redeemed_units: String,
    paid: AmountBody,
    rounding: AmountBody,
}

/// Millionths of a unit.
fn read_units(text: &str, field: &str) -> Result<u128, Failure> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    let bad = || Failure::illegal(format!("{field}: give units with at most 6 decimals"));
    if !is_number(whole) || !is_number(part) || part.len() > 6 {
        return Err(bad());
    }
    format!("{whole}{part:0<6}").parse().map_err(|_| bad())
}

/// Settles a day by the fund's statement, when the fund was not heard or did not agree: only if it
/// says what the wallet's books say. It can be repeated.
#[utoipa::path(
    post, path = "/desk/fund/settlements", tag = "fund", request_body = StatementBody,
    responses((status = 200, body = FundDayView), (status = 400, body = Failure),
        (status = 404, body = Failure))
)]
pub async fn settle(
    State(desk): State<Shared>,
    asker: AtDesk,
    Json(body): Json<StatementBody>,
) -> Result<Json<FundDayView>, Failure> {
    let by = asker.may(Role::Admin)?;
    let currency = desk.edge.read(|wallet, _, _| wallet.market().account.currency).await?;
    let statement = FundStatement {
        day: read_fund_day(&body.day)?,
        subscribed_minor: u128::from(body.subscribed.read("subscribed", currency)?),
        issued_units: read_units(&body.issued_units, "issuedUnits")?,
        redeemed_units: read_units(&body.redeemed_units, "redeemedUnits")?,
        paid_minor: u128::from(body.paid.read("paid", currency)?),
    };
    let rounding_minor = body.rounding.read("rounding", currency)?;
    match desk.act(by, DeskAct::SettleFund { statement, rounding_minor }).await? {
        Reply::Made { object: Object::FundDay(it), .. } => Ok(Json(FundDayView::of(&it, currency))),
        _ => Err(Failure::not_found("day")),
    }
}
