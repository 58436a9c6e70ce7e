//! The directory of billers, and what the wallet owes them.

use super::{AmountBody, AtDesk, Shared};
use crate::biller_words::{AmountsView, FormatView, amounts, category, formats, read_category};
use api::ops::extract::Json;
use api::ops::{Failure, Role};
use axum::extract::{Path, State};
use base::{Span, Text};
use http::StatusCode;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use services::BillerRules;
use utoipa::ToSchema;
use wallet::command::desk::DeskAct;
use wallet::{OwnBiller, Reply, Wallet};

const MINUTE_MS: u64 = 60_000;

/// What is said of a biller.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BillerBody {
    #[schema(example = "Han River Power")]
    pub name: String,
    /// ELECTRICITY, WATER, GAS, TELEPHONE, INTERNET, TELEVISION, AIRTIME, INSURANCE, SCHOOL,
    /// GOVERNMENT or OTHER.
    pub category: String,
    /// One of these a customer's number has; up to 8.
    formats: Vec<FormatView>,
    amounts: AmountsView,
    /// What the customer pays besides, for the wallet.
    fee: AmountBody,
    /// How long a number that was checked may wait to be paid.
    pub check_good_for_minutes: u64,
    /// For so long after the payment was sent, that the biller does not know it proves nothing.
    pub settle_minutes: u64,
    /// How often in a row it must say after that time that it does not know the payment.
    pub not_known_needed: u8,
}

impl BillerBody {
    fn of(it: &OwnBiller) -> BillerBody {
        let rules = it.biller.rules();
        BillerBody {
            name: it.name.to_string(),
            category: category(rules.category).to_owned(),
            formats: formats(&rules.formats),
            amounts: amounts(&rules.amounts),
            fee: AmountBody::of(rules.fee.minor(), rules.fee.currency()),
            check_good_for_minutes: rules.check_good_for.as_millis() / MINUTE_MS,
            settle_minutes: rules.settle.as_millis() / MINUTE_MS,
            not_known_needed: rules.not_known_needed,
        }
    }

    fn read(
        &self,
        biller: u32,
        currency: Currency,
    ) -> Result<(Text<64>, Box<BillerRules>), Failure> {
        let name = Text::new(&self.name);
        let name = name.map_err(|error| Failure::illegal(format!("name: {error}")))?;
        let category = read_category(&self.category)
            .ok_or_else(|| Failure::illegal("category: must be one of the list, or OTHER"))?;
        let formats = self.formats.iter().map(|it| it.read().map_err(Failure::illegal));
        let fee = Money::new(self.fee.read("fee", currency)?, currency)
            .map_err(|error| Failure::illegal(format!("fee.value: {error}")))?;
        let rules = BillerRules {
            biller,
            category,
            formats: formats.collect::<Result<_, _>>()?,
            amounts: self.amounts.read(currency).map_err(Failure::illegal)?,
            fee,
            check_good_for: Span::minutes(within_a_year(
                self.check_good_for_minutes,
                "checkGoodForMinutes",
            )?),
            settle: Span::minutes(within_a_year(self.settle_minutes, "settleMinutes")?),
            not_known_needed: self.not_known_needed,
        };
        Ok((name, Box::new(rules)))
    }
}

fn within_a_year(minutes: u64, field: &str) -> Result<u64, Failure> {
    const YEAR: u64 = 366 * 24 * 60;
    match minutes {
        0..=YEAR => Ok(minutes),
        _ => Err(Failure::illegal(format!("{field}: must be a year at most"))),
    }
}

/// A biller, and how the wallet stands with it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillerView {
    pub biller: u32,
    #[serde(flatten)]
    pub rules: BillerBody,
    /// Does it take new bills?
    pub is_listed: bool,
    /// What it is owed for bills that it has confirmed.
    owed: AmountBody,
}

fn view(wallet: &Wallet, number: u32, it: &OwnBiller) -> BillerView {
    BillerView {
        biller: number,
        rules: BillerBody::of(it),
        is_listed: it.is_listed,
        owed: AmountBody::of(wallet.biller_payable(number), wallet.market().account.currency),
    }
}

/// Lists all billers.
#[utoipa::path(
    get, path = "/desk/billers", tag = "billers",
    responses((status = 200, body = Vec<BillerView>))
)]
pub async fn list(State(desk): State<Shared>, _: AtDesk) -> Result<Json<Vec<BillerView>>, Failure> {
    let all = desk.edge.read(|wallet, _, _| {
        let all = (0..).zip(wallet.billers());
        all.map(|(number, it)| view(wallet, number, it)).collect()
    });
    Ok(Json(all.await?))
}

async fn currency_and_next(desk: &Shared) -> Result<(Currency, usize), Failure> {
    let look = |wallet: &Wallet, _: &dyn base::History, _: base::Stamp| {
        (wallet.market().account.currency, wallet.billers().len())
    };
    Ok(desk.edge.read(look).await?)
}

async fn shown(desk: &Shared, reply: Reply) -> Result<Json<BillerView>, Failure> {
    let missing = || Failure::not_found("biller");
    let Reply::Number(number) = reply else { return Err(missing()) };
    let found = desk.edge.read(move |wallet, _, _| {
        let found = wallet.billers().get(usize::try_from(number).ok()?)?;
        Some(view(wallet, number, found))
    });
    found.await?.map(Json).ok_or_else(missing)
}

/// Adds a biller to the directory; it gets the next number.
#[utoipa::path(
    post, path = "/desk/billers", tag = "billers", request_body = BillerBody,
    responses((status = 200, body = BillerView), (status = 400, body = Failure),
        (status = 409, body = Failure))
)]
pub async fn add(
    State(desk): State<Shared>,
    asker: AtDesk,
    Json(body): Json<BillerBody>,
) -> Result<Json<BillerView>, Failure> {
    let by = asker.may(Role::Operator)?;
    let (currency, next) = currency_and_next(&desk).await?;
    let full = |_| Failure::illegal("biller: the wallet has as many as it can");
    let (name, rules) = body.read(u32::try_from(next).map_err(full)?, currency)?;
    let reply = desk.act(by, DeskAct::AddBiller { name, rules }).await?;
    shown(&desk, reply).await
}

/// New rules of a biller.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChangeBody {
    pub rules: BillerBody,
    /// Does it take new bills? Those that are under way go on.
    pub is_listed: bool,
}

/// Changes a biller. It can be repeated.
#[utoipa::path(
    put, path = "/desk/billers/{biller}", tag = "billers",
    params(("biller" = u32, Path)), request_body = ChangeBody,
    responses((status = 200, body = BillerView), (status = 400, body = Failure),
        (status = 404, body = Failure))
)]
pub async fn change(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path(biller): Path<u32>,
    Json(body): Json<ChangeBody>,
) -> Result<Json<BillerView>, Failure> {
    let by = asker.may(Role::Operator)?;
    let (currency, _) = currency_and_next(&desk).await?;
    let (name, rules) = body.rules.read(biller, currency)?;
    let act = DeskAct::ChangeBiller { name, rules, is_listed: body.is_listed };
    let reply = desk.act(by, act).await?;
    shown(&desk, reply).await
}

/// What the wallet paid a biller.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BillerSettlementBody {
    /// The bank's or the biller's name for it: booked once.
    pub reference: String,
    amount: AmountBody,
}

/// Books what the wallet paid a biller from its float.
#[utoipa::path(
    post, path = "/desk/billers/{biller}/settlements", tag = "billers",
    params(("biller" = u32, Path)), request_body = BillerSettlementBody,
    responses((status = 204), (status = 400, body = Failure), (status = 409, body = Failure))
)]
pub async fn settle(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path(biller): Path<u32>,
    Json(body): Json<BillerSettlementBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let (currency, _) = currency_and_next(&desk).await?;
    let amount_minor = body.amount.read("amount", currency)?;
    let reference = Text::new(&body.reference)
        .map_err(|error| Failure::illegal(format!("reference: {error}")))?;
    desk.act(by, DeskAct::SettleBiller { reference, biller, amount_minor }).await?;
    Ok(StatusCode::NO_CONTENT)
}
