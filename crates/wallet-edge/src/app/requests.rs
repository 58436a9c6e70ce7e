//! Asking others for money: one, or all who share a bill.

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
use ids::{RequestId, TransferId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::send::{Ask, AskPart, SendCommand};
use wallet::{Command, Reply};

/// Parts that are looked up for one request; the machine has the same bound.
const MAX_PARTS: usize = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ask)).routes(routes!(pay)).routes(routes!(end))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PartBody {
    /// A phone number, an e-mail address, or a `payee` of `POST /v1/people/find`.
    from: String,
    amount: AmountBody,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskBody {
    /// 1 to 50: who is asked, and for how much.
    parts: Vec<PartBody>,
    /// All of them can read it.
    note: Option<String>,
    /// Without it, as long as the market's rules let it wait.
    until: Option<String>,
}

/// Asks one or several for money.
#[utoipa::path(
    post, path = "/v1/requests", tag = "transfers", request_body = AskBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Vec<Receipt>), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn ask(
    State(app): State<App>,
    signed: Signed,
    Keyed { once, body }: Keyed<AskBody>,
) -> Result<Made<Vec<Receipt>>, Failure> {
    let edge = &app.edge;
    let asker = signed.customer;
    let market = market(edge).await?;
    if body.parts.is_empty() || body.parts.len() > MAX_PARTS {
        return Err(Failure::illegal("parts: give 1 to 50"));
    }
    let until = match &body.until {
        None => edge.now().after(market.request_for),
        Some(text) => read_time(text, "until")?,
    };
    let mut parts = Vec::with_capacity(body.parts.len());
    for (at, part) in body.parts.iter().enumerate() {
        let field = format!("parts[{at}]");
        let currency = market.account.currency;
        let amount_minor = part.amount.read(&format!("{field}.amount"), currency)?;
        let payer = resolve(&app, &signed, &part.from, &format!("{field}.from")).await?;
        let (millis, partition, random) = edge.draw();
        parts.push(AskPart { id: RequestId::new(millis, partition, random), payer, amount_minor });
    }
    let payers: Vec<u32> = parts.iter().map(|part| part.payer).collect();
    let kept = notes::keep(edge, (asker, &once), &payers, body.note.as_deref()).await?;
    let drawn = parts[0].id.as_u128();
    let asked = Ask { asker, parts, note: kept.id, until, once };
    let made = edge.submit(Command::Send(SendCommand::Ask(asked))).await;
    let objects = match kept.unless_refused(edge, made).await? {
        Reply::Several(objects) => objects,
        Reply::Made { object, .. } => vec![object],
        other => unreachable!("requests are answered with requests: {other:?}"),
    };
    // What was made now bears the ids that were drawn now.
    let is_repeat = objects.first().is_none_or(|object| object.id() != drawn);
    let mut view = Vec::with_capacity(objects.len());
    for object in &objects {
        view.push(Receipt::made(edge, object, Viewer::Customer(asker), signed.person).await?);
    }
    Ok(Made { view, is_repeat })
}

/// Pays what was asked for. The answer is the transfer.
#[utoipa::path(
    post, path = "/v1/requests/{id}/pay", tag = "transfers",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), request_body = Nothing,
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn pay(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(id): Path<String>,
    Keyed { once, body: Nothing {} }: Keyed<Nothing>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let request = read_id::<RequestId>(&id, "request")?;
    let (millis, partition, random) = edge.draw();
    let id = TransferId::new(millis, partition, random);
    let command = Command::Send(SendCommand::PayRequest { customer, request, id, once });
    let (object, is_repeat) = edge.make(command).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?;
    Ok(Made { view, is_repeat })
}

/// Ends a request: who was asked declines it, who asked takes it back. It can be repeated.
#[utoipa::path(
    post, path = "/v1/requests/{id}/end", tag = "transfers",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = Receipt), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let request = read_id::<RequestId>(&id, "request")?;
    let command = Command::Send(SendCommand::EndRequest { customer, request });
    let (object, _) = edge.make(command).await?;
    Ok(Json(Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?))
}
