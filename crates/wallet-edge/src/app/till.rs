//! Cash over an agent's counter, as the agent's till asks for it.

use super::App;
use super::access::SteppedUp;
use super::bank::cash_digest;
use super::card::Viewer;
use super::failure::Failure;
use super::once::{Keyed, Made};
use super::payee::resolve;
use super::receipt::Receipt;
use super::shops::read_number;
use super::tallies::Counted;
use super::view::{AmountBody, market};
use crate::edge::EdgeError;
use api::ops::extract::Json;
use axum::extract::{Path, State};
use base::ResultCode;
use ids::CashId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::Command;
use wallet::command::bank::{BankCommand, TakeCash};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(give)).routes(routes!(take))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GiveBody {
    /// The customer at the counter: a phone number, an e-mail address, or a `payee`.
    customer: String,
    /// The code that the customer tells.
    code: String,
}

/// The agent has counted out the cash: the money is the shop's. The code counts once, so that
/// this can be repeated.
#[utoipa::path(
    post, path = "/v1/shops/{n}/cash/give", tag = "bank",
    params(("n" = u32, Path)), request_body = GiveBody,
    responses((status = 200, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 429, body = Failure))
)]
async fn give(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(n): Path<String>,
    Json(body): Json<GiveBody>,
) -> Result<Json<Receipt>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let agent = read_number(&n)?;
    let now = edge.now();
    app.tallies.check(Counted::CashCodes, by, now)?;
    let customer = resolve(&app, &signed, &body.customer, "customer").await?;
    let code = cash_digest(edge, customer, &body.code);
    let given = edge.make(Command::Bank(BankCommand::GiveCash { agent, by, code })).await;
    if let Err(EdgeError::Refused(refusal)) = &given
        && refusal.code == ResultCode::InvalidCode
    {
        app.tallies.add(Counted::CashCodes, by, 1, now);
    }
    let (object, _) = given?;
    Ok(Json(Receipt::made(edge, &object, Viewer::Shop(agent), signed.person).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeBody {
    /// The customer at the counter: a phone number, an e-mail address, or a `payee`.
    customer: String,
    amount: AmountBody,
}

/// The agent has taken cash: the customer has the money, from what the shop has.
#[utoipa::path(
    post, path = "/v1/shops/{n}/cash/take", tag = "bank",
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)), request_body = TakeBody,
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn take(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<TakeBody>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let agent = read_number(&n)?;
    let currency = market(edge).await?.account.currency;
    let amount_minor = body.amount.read("amount", currency)?;
    let customer = resolve(&app, &signed, &body.customer, "customer").await?;
    let (millis, partition, random) = edge.draw();
    let id = CashId::new(millis, partition, random);
    let taken = TakeCash { id, agent, by, customer, amount_minor, once };
    let (object, is_repeat) = edge.make(Command::Bank(BankCommand::TakeCash(taken))).await?;
    let view = Receipt::made(edge, &object, Viewer::Shop(agent), signed.person).await?;
    Ok(Made { view, is_repeat })
}
