//! The customer's own account: what it has, what it may, who it is.

use super::App;
use super::access::{Signed, SteppedUp};
use super::failure::{Failure, conflict, unauthorized};
use super::once::Nothing;
use super::view::{AmountView, day_text, market, read_optional, time};
use crate::Edge;
use account::{CustomerInput, CustomerState, Tier};
use api::ops::extract::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base::Text;
use money::Currency;
use serde::{Deserialize, Serialize};
use services::OwnCode;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vault::{BirthDate, Profile};
use wallet::command::people::PeopleCommand;
use wallet::{Command, Overview};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, erase))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(close))
        .routes(routes!(profile, set_profile))
}

/// A limit, and what is left of it now.
#[derive(Serialize, ToSchema)]
struct LimitView {
    most: AmountView,
    left: AmountView,
}

/// How far the customer is known, and what that allows.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TierView {
    #[schema(example = "basic")]
    name: String,
    /// What may leave the account at once.
    payment: AmountView,
    day: LimitView,
    month: LimitView,
    /// What may be on the account.
    balance: LimitView,
}

impl TierView {
    fn of(tier: &Tier, it: &Overview, currency: Currency) -> TierView {
        let amount = |minor| AmountView::minor(minor, currency);
        let limit = |most: u64, used: u64| LimitView {
            most: amount(most),
            left: amount(most.saturating_sub(used)),
        };
        TierView {
            name: tier.name.to_string(),
            payment: amount(tier.payment_minor),
            day: limit(tier.day_minor, it.spent_day_minor),
            month: limit(tier.month_minor, it.spent_month_minor),
            balance: limit(tier.balance_minor, it.balance_minor),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeView {
    brand: String,
    #[schema(example = "M*** K.")]
    name: Option<String>,
    #[schema(example = "+82 ** **** 1234")]
    phone: Option<String>,
    language: Option<String>,
    /// `ACTIVE`, `PAUSED`, `FROZEN`, `CLOSED`.
    state: &'static str,
    /// The day of registration.
    since: String,
    balance: AmountView,
    /// The balance without what is reserved.
    available: AmountView,
    tier: TierView,
    /// The text of the code by which others send money to this customer.
    receive_code: String,
    /// Of these figures.
    as_of: String,
}

pub(super) const fn state_text(state: CustomerState) -> &'static str {
    match state {
        CustomerState::Active => "ACTIVE",
        CustomerState::Paused => "PAUSED",
        CustomerState::Frozen => "FROZEN",
        CustomerState::Closed => "CLOSED",
    }
}

/// Shows the account: balance, state, limits and what is left of them.
#[utoipa::path(
    get, path = "/v1/me", tag = "account",
    responses((status = 200, body = MeView), (status = 401, body = Failure))
)]
async fn show(State(app): State<App>, signed: Signed) -> Result<Json<MeView>, Failure> {
    let edge = &app.edge;
    let (number, person, now) = (signed.customer, signed.person, edge.now());
    let overview = edge.read(move |wallet, _, _| wallet.overview(number, now)).await?;
    let it = overview.ok_or_else(unauthorized)?;
    let market = market(edge).await?;
    let profile = edge.in_vault(move |vault| vault.profile(person)).await?;
    let profile = profile.ok_or_else(unauthorized)?;
    let currency = market.account.currency;
    Ok(Json(MeView {
        brand: market.brand.to_string(),
        name: profile.masked_name(),
        phone: profile.masked_phone(),
        language: profile.language.map(|tag| tag.to_string()),
        state: state_text(it.customer.state),
        since: day_text(it.customer.since),
        balance: AmountView::minor(it.balance_minor, currency),
        available: AmountView::minor(it.available_minor, currency),
        tier: TierView::of(market.account.tier(it.customer.tier), &it, currency),
        receive_code: OwnCode::Customer { customer: number }.to_string(),
        as_of: time(now),
    }))
}

async fn change(edge: &Edge, customer: u32, input: CustomerInput) -> Result<StatusCode, Failure> {
    edge.submit(Command::People(PeopleCommand::Change { customer, input })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stops the account at once, as for a lost phone: nothing goes out of it.
#[utoipa::path(
    post, path = "/v1/me/pause", tag = "account", request_body = Nothing,
    responses((status = 204), (status = 401, body = Failure), (status = 409, body = Failure))
)]
async fn pause(State(app): State<App>, signed: Signed) -> Result<StatusCode, Failure> {
    change(&app.edge, signed.customer, CustomerInput::Pause).await
}

/// Ends the pause; needs the PIN.
#[utoipa::path(
    post, path = "/v1/me/resume", tag = "account", request_body = Nothing,
    responses((status = 204), (status = 403, body = Failure))
)]
async fn resume(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
) -> Result<StatusCode, Failure> {
    change(&app.edge, signed.customer, CustomerInput::Resume).await
}

/// Closes the account for ever; it has to be empty.
#[utoipa::path(
    post, path = "/v1/me/close", tag = "account", request_body = Nothing,
    responses((status = 204), (status = 403, body = Failure), (status = 409, body = Failure))
)]
async fn close(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
) -> Result<StatusCode, Failure> {
    change(&app.edge, signed.customer, CustomerInput::Close).await
}

/// Erases all that is known of the person, after the account was closed. Nothing brings it back.
#[utoipa::path(
    delete, path = "/v1/me", tag = "account",
    responses((status = 204), (status = 403, body = Failure), (status = 409, body = Failure))
)]
async fn erase(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
) -> Result<StatusCode, Failure> {
    let (number, person) = (signed.customer, signed.person);
    let edge = &app.edge;
    let state = edge
        .read(move |wallet, _, _| wallet.all_customers().get(number).map(|it| it.state))
        .await?;
    if state != Some(CustomerState::Closed) {
        return Err(conflict("NOT_CLOSED", "close the account first, with POST /v1/me/close"));
    }
    edge.in_vault(move |vault| vault.erase(person)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who the customer is, in full: for its own eyes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileView {
    display_name: Option<String>,
    legal_name: Option<String>,
    birth_date: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    language: Option<String>,
}

impl ProfileView {
    fn of(it: &Profile) -> ProfileView {
        ProfileView {
            display_name: it.display_name.as_ref().map(Text::to_string),
            legal_name: it.legal_name.as_ref().map(Text::to_string),
            birth_date: it.birth_date.map(|date| date.to_string()),
            phone: it.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            email: it.email.as_ref().map(|email| email.as_str().to_owned()),
            language: it.language.as_ref().map(Text::to_string),
        }
    }
}

/// Shows the customer's own profile.
#[utoipa::path(
    get, path = "/v1/me/profile", tag = "account",
    responses((status = 200, body = ProfileView), (status = 401, body = Failure))
)]
async fn profile(State(app): State<App>, signed: Signed) -> Result<Json<ProfileView>, Failure> {
    let person = signed.person;
    let profile = app.edge.in_vault(move |vault| vault.profile(person)).await?;
    Ok(Json(ProfileView::of(&profile.ok_or_else(unauthorized)?)))
}

/// What the customer changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ProfileBody {
    display_name: Option<String>,
    /// As in the identity document. Once it is said, the wallet's staff changes it.
    legal_name: Option<String>,
    /// The same.
    birth_date: Option<String>,
    language: Option<String>,
}

/// Changes the customer's own profile.
#[utoipa::path(
    put, path = "/v1/me/profile", tag = "account", request_body = ProfileBody,
    responses((status = 200, body = ProfileView), (status = 400, body = Failure),
        (status = 409, body = Failure))
)]
async fn set_profile(
    State(app): State<App>,
    signed: Signed,
    Json(body): Json<ProfileBody>,
) -> Result<Json<ProfileView>, Failure> {
    let display: Option<Text<64>> = read_optional(body.display_name.as_deref(), "displayName")?;
    let legal: Option<Text<140>> = read_optional(body.legal_name.as_deref(), "legalName")?;
    let language: Option<Text<35>> = read_optional(body.language.as_deref(), "language")?;
    let birth: Option<BirthDate> =
        match &body.birth_date {
            None => None,
            Some(text) => Some(text.parse().map_err(|error: vault::DateError| {
                Failure::illegal(format!("birthDate: {error}"))
            })?),
        };
    let person = signed.person;
    let (profile, is_refused) = app
        .edge
        .in_vault(move |vault| {
            let mut is_refused = false;
            let profile = vault.change_profile(person, |it| {
                let is_fixed = |known: bool, is_same: bool| known && !is_same;
                is_refused = legal.is_some()
                    && is_fixed(it.legal_name.is_some(), it.legal_name == legal)
                    || birth.is_some() && is_fixed(it.birth_date.is_some(), it.birth_date == birth);
                if is_refused {
                    return;
                }
                it.display_name = display.or(it.display_name.take());
                it.legal_name = legal.or(it.legal_name.take());
                it.birth_date = birth.or(it.birth_date);
                it.language = language.or(it.language.take());
            })?;
            Ok((profile, is_refused))
        })
        .await?;
    if is_refused {
        let message = "legalName, birthDate: said before; the wallet's staff can change them";
        return Err(conflict("FIXED", message));
    }
    Ok(Json(ProfileView::of(&profile)))
}
