//! Customers, masked.

use super::{AmountBody, AtDesk, Shared};
use account::CustomerInput;
use api::ops::extract::{Json, Query};
use api::ops::{Failure, Role};
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vault::{Alias, Email, Phone};
use wallet::command::desk::DeskAct;

/// A customer as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerView {
    pub customer: u32,
    /// `M*** S.`; none when the person was erased.
    pub name: Option<String>,
    pub phone: Option<String>,
    /// ACTIVE, PAUSED, FROZEN or CLOSED.
    pub state: String,
    pub tier: u8,
    pub tier_name: String,
    balance: AmountBody,
    available: AmountBody,
    spent_today: AmountBody,
    spent_this_month: AmountBody,
    limits: LimitsView,
}

/// Limits of the customer's tier.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LimitsView {
    payment: AmountBody,
    day: AmountBody,
    month: AmountBody,
    balance: AmountBody,
}

/// By what to look for a customer.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct FindQuery {
    /// A phone number, international, or an e-mail address.
    pub alias: String,
}

async fn view(desk: &Shared, customer: u32) -> Result<CustomerView, Failure> {
    let now = desk.edge.now();
    let look = move |wallet: &wallet::Wallet, _: &dyn base::History, _: base::Stamp| {
        wallet.overview(customer, now).map(|it| (it, wallet.market().clone()))
    };
    let found = desk.edge.read(look).await?;
    let (it, market) = found.ok_or_else(|| Failure::not_found("customer"))?;
    let person = desk.edge.person_of(customer).await?;
    let (name, phone) = match person {
        Some(person) => {
            let masked = move |vault: &vault::Vault| {
                Ok((vault.masked_name(person)?, vault.masked_phone(person)?))
            };
            desk.edge.in_vault(masked).await?
        }
        None => (None, None),
    };
    let tier = market.account.tier(it.customer.tier);
    let amount = |minor: u64| AmountBody::of(minor, market.account.currency);
    Ok(CustomerView {
        customer,
        name,
        phone,
        state: it.customer.state.as_str().to_owned(),
        tier: it.customer.tier,
        tier_name: tier.name.to_string(),
        balance: amount(it.balance_minor),
        available: amount(it.available_minor),
        spent_today: amount(it.spent_day_minor),
        spent_this_month: amount(it.spent_month_minor),
        limits: LimitsView {
            payment: amount(tier.payment_minor),
            day: amount(tier.day_minor),
            month: amount(tier.month_minor),
            balance: amount(tier.balance_minor),
        },
    })
}

/// Finds a customer by phone number or e-mail address.
#[utoipa::path(
    get, path = "/desk/customers", tag = "customers", params(FindQuery),
    responses((status = 200, body = CustomerView), (status = 404, body = Failure))
)]
pub async fn find(
    State(desk): State<Shared>,
    _: AtDesk,
    Query(query): Query<FindQuery>,
) -> Result<Json<CustomerView>, Failure> {
    let illegal = |error: vault::ContactError| Failure::illegal(format!("alias: {error}"));
    let alias = if query.alias.contains('@') {
        Alias::Email(Email::new(&query.alias).map_err(illegal)?)
    } else {
        Alias::Phone(Phone::new(&query.alias, "").map_err(illegal)?)
    };
    let person = desk.edge.in_vault(move |vault| vault.find_alias(&alias)).await?;
    let missing = || Failure::not_found("customer");
    let customer = desk.edge.customer_of(person.ok_or_else(missing)?).await?;
    view(&desk, customer.ok_or_else(missing)?).await.map(Json)
}

/// Shows a customer.
#[utoipa::path(
    get, path = "/desk/customers/{customer}", tag = "customers",
    params(("customer" = u32, Path)),
    responses((status = 200, body = CustomerView), (status = 404, body = Failure))
)]
pub async fn show(
    State(desk): State<Shared>,
    _: AtDesk,
    Path(customer): Path<u32>,
) -> Result<Json<CustomerView>, Failure> {
    view(&desk, customer).await.map(Json)
}

/// How far the customer is known now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierBody {
    /// Place in the market's list of tiers, from 0.
    pub tier: u8,
}

/// Sets a customer's tier: its limits hold at once.
#[utoipa::path(
    put, path = "/desk/customers/{customer}/tier", tag = "customers",
    params(("customer" = u32, Path)), request_body = TierBody,
    responses((status = 204), (status = 400, body = Failure))
)]
pub async fn set_tier(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path(customer): Path<u32>,
    Json(body): Json<TierBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    desk.act(by, DeskAct::SetTier { customer, tier: body.tier }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Freezes or unfreezes a customer. Frozen, money comes in and none goes out.
#[utoipa::path(
    post, path = "/desk/customers/{customer}/{change}", tag = "customers",
    params(("customer" = u32, Path), ("change" = String, Path, description = "freeze or unfreeze")),
    responses((status = 204), (status = 400, body = Failure))
)]
pub async fn change(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path((customer, change)): Path<(u32, String)>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let input = match change.as_str() {
        "freeze" => CustomerInput::Freeze,
        "unfreeze" => CustomerInput::Unfreeze,
        _ => return Err(Failure::illegal("change: must be freeze or unfreeze")),
    };
    desk.act(by, DeskAct::ChangeCustomer { customer, input }).await?;
    Ok(StatusCode::NO_CONTENT)
}
