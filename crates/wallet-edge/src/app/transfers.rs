//! Sending money, now or by plan.

use super::App;
use super::access::{Signed, SteppedUp};
use super::card::Viewer;
use super::failure::Failure;
use super::notes;
use super::once::{Keyed, Made, Nothing};
use super::payee::resolve;
use super::receipt::Receipt;
use super::view::{AmountBody, market, read_id, read_time};
use api::ops::extract::Json;
use axum::extract::{Path, State};
use ids::{ScheduleId, TransferId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::Command;
use wallet::command::send::{Plan, Send, SendCommand};
use wallet::objects::Every;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(send))
        .routes(routes!(take_back))
        .routes(routes!(plan))
        .routes(routes!(end_plan))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SendBody {
    /// A phone number, an e-mail address, or a `payee` of `POST /v1/people/find`.
    #[schema(example = "010-5555-1234")]
    to: String,
    amount: AmountBody,
    /// Sender and receiver can read it.
    note: Option<String>,
    /// The customer was told that this payee is new, and wants to send all the same.
    #[serde(default)]
    knows_new_payee: bool,
}

/// Sends money. A first transfer to somebody may wait for a while, and can be taken back until
/// then.
#[utoipa::path(
    post, path = "/v1/transfers", tag = "transfers", request_body = SendBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn send(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<SendBody>,
) -> Result<Made<Receipt>, Failure> {
    let edge = &app.edge;
    let from = signed.customer;
    let currency = market(edge).await?.account.currency;
    let amount_minor = body.amount.read("amount", currency)?;
    let to = resolve(&app, &signed, &body.to, "to").await?;
    let kept = notes::keep(edge, (from, &once), &[to], body.note.as_deref()).await?;
    let (millis, partition, random) = edge.draw();
    let command = Command::Send(SendCommand::Send(Send {
        id: TransferId::new(millis, partition, random),
        from,
        to,
        amount_minor,
        note: kept.id,
        knows_new_payee: body.knows_new_payee,
        once,
    }));
    let made = edge.make(command).await;
    let (object, is_repeat) = kept.unless_refused(edge, made).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(from), signed.person).await?;
    Ok(Made { view, is_repeat })
}

/// Takes back a transfer that still waits. It can be repeated.
#[utoipa::path(
    post, path = "/v1/transfers/{id}/take-back", tag = "transfers",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = Receipt), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn take_back(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let id = read_id::<TransferId>(&id, "transfer")?;
    let command = Command::Send(SendCommand::TakeBack { customer, id });
    let (object, _) = edge.make(command).await?;
    Ok(Json(Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?))
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum EveryBody {
    Day,
    Week,
    Month,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PlanBody {
    to: String,
    amount: AmountBody,
    note: Option<String>,
    /// When the first one is due; the others at the same time of day.
    #[schema(example = "2026-12-25T09:00:00+09:00")]
    first: String,
    every: EveryBody,
    /// With `MONTH`: 1 to 31, in a shorter month its last day. Without it the day of the first one.
    day_of_month: Option<u8>,
    /// How many transfers.
    times: u32,
}

/// Plans transfers: once later, or again and again.
#[utoipa::path(
    post, path = "/v1/plans", tag = "transfers", request_body = PlanBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn plan(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<PlanBody>,
) -> Result<Made<Receipt>, Failure> {
    let edge = &app.edge;
    let from = signed.customer;
    let market = market(edge).await?;
    let amount_minor = body.amount.read("amount", market.account.currency)?;
    let first = read_time(&body.first, "first")?;
    let every = match (body.every, body.day_of_month) {
        (EveryBody::Day, None) => Every::Day,
        (EveryBody::Week, None) => Every::Week,
        (EveryBody::Month, Some(day)) => Every::Month { day },
        (EveryBody::Month, None) => {
            let day = market.account.zone.day_of(first).date().2;
            Every::Month { day: u8::try_from(day).unwrap_or(1) }
        }
        (EveryBody::Day | EveryBody::Week, Some(_)) => {
            return Err(Failure::illegal("dayOfMonth: give it with every MONTH only"));
        }
    };
    let to = resolve(&app, &signed, &body.to, "to").await?;
    let kept = notes::keep(edge, (from, &once), &[to], body.note.as_deref()).await?;
    let (millis, partition, random) = edge.draw();
    let command = Command::Send(SendCommand::Plan(Plan {
        id: ScheduleId::new(millis, partition, random),
        from,
        to,
        amount_minor,
        note: kept.id,
        first,
        every,
        times: body.times,
        once,
    }));
    let made = edge.make(command).await;
    let (object, is_repeat) = kept.unless_refused(edge, made).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(from), signed.person).await?;
    Ok(Made { view, is_repeat })
}

/// Ends a plan. It can be repeated.
#[utoipa::path(
    post, path = "/v1/plans/{id}/end", tag = "transfers",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = Receipt), (status = 404, body = Failure))
)]
async fn end_plan(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let id = read_id::<ScheduleId>(&id, "plan")?;
    let command = Command::Send(SendCommand::EndPlan { customer, id });
    let (object, _) = edge.make(command).await?;
    Ok(Json(Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?))
}
