//! Rides: scanned to board, scanned to leave, one fare.

use super::App;
use super::access::{Signed, SteppedUp};
use super::activity::{load, receipt_of};
use super::card::Viewer;
use super::failure::{Failure, conflict, not_found};
use super::lines::find_line;
use super::once::{Keyed, Made, Nothing};
use super::receipt::Receipt;
use super::shops::read_number;
use super::view::{AmountView, read_id, time};
use crate::Edge;
use api::ops::extract::Json;
use axum::extract::{Path, State};
use ids::{PersonId, RideId};
use serde::{Deserialize, Serialize};
use services::{BoardPoint, OwnCode};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::services::{Board, Leave, RideCommand, ServiceCommand};
use wallet::objects::Ride;
use wallet::{Command, Object};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(board))
        .routes(routes!(latest))
        .routes(routes!(show))
        .routes(routes!(leave))
        .routes(routes!(cancel))
}

/// A ride of the customer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RideView {
    #[serde(flatten)]
    receipt: Receipt,
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_name: Option<String>,
    /// 0: boarded with the code of a stop.
    vehicle: u32,
    from_stop: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_stop: Option<u16>,
    boarded: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// What is set aside while the ride lasts: no fare is above it.
    held: AmountView,
    /// What it cost, once it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    fare: Option<AmountView>,
}

impl RideView {
    async fn of(edge: &Edge, it: Arc<Ride>, person: PersonId) -> Result<RideView, Failure> {
        let body = &it.body;
        let viewer = Viewer::Customer(body.customer);
        let object = Object::Ride(Arc::clone(&it));
        let receipt = Receipt::made(edge, &object, viewer, person).await?;
        let line = find_line(edge, body.line).await?;
        Ok(RideView {
            receipt,
            line: body.line,
            line_name: line.map(|it| it.name.to_string()),
            vehicle: body.vehicle,
            from_stop: body.from,
            to_stop: body.to,
            boarded: time(body.boarded),
            ended: body.end.map(|(at, _)| time(at)),
            held: AmountView::minor(it.held_minor(), body.reserved.currency()),
            fare: body.end.map(|(_, plan)| AmountView::of(plan.total())),
        })
    }

    async fn made(
        edge: &Edge,
        (object, is_repeat): (Object, bool),
        person: PersonId,
    ) -> Result<Made<RideView>, Failure> {
        let Object::Ride(it) = object else {
            unreachable!("a ride's command is answered by a ride: {object:?}")
        };
        Ok(Made { view: RideView::of(edge, it, person).await?, is_repeat })
    }
}

/// The place of a scanned code.
fn read_point(text: &str) -> Result<BoardPoint, Failure> {
    match OwnCode::read(text.trim()) {
        Ok(OwnCode::Ride(point)) => Ok(point),
        Ok(_) => Err(Failure::illegal("text: it is no code of a ride; see POST /v1/scans")),
        Err(error) => Err(Failure::illegal(format!("text: it {error}; scan the code again"))),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BoardBody {
    /// As the scanner read it.
    #[schema(example = "DHW1/RIDE/3.12.4/8C1B")]
    text: String,
}

/// Boards. The highest fare that the ride can come to is set aside until it is over. A ride that
/// was not scanned out ends with it.
#[utoipa::path(
    post, path = "/v1/rides/board", tag = "rides", request_body = BoardBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = RideView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn board(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<BoardBody>,
) -> Result<Made<RideView>, Failure> {
    let edge = &app.edge;
    let BoardPoint { line, vehicle, stop } = read_point(&body.text)?;
    let (millis, partition, random) = edge.draw();
    let id = RideId::new(millis, partition, random);
    let it = Board { id, customer: signed.customer, line, vehicle, stop, once };
    let made =
        edge.make(Command::Service(Box::new(ServiceCommand::Ride(RideCommand::Board(it))))).await?;
    RideView::made(edge, made, signed.person).await
}

/// A ride of this customer; any other is not found.
async fn own_ride(edge: &Edge, customer: u32, id: &str) -> Result<Arc<Ride>, Failure> {
    let id = read_id::<RideId>(id, "ride")?;
    match load(edge, vec![id.as_u128()]).await?.pop() {
        Some(Object::Ride(it)) if it.body.customer == customer => Ok(it),
        _ => Err(not_found("ride")),
    }
}

async fn latest_ride(edge: &Edge, customer: u32) -> Result<Option<Arc<Ride>>, Failure> {
    let found = edge.read(move |wallet, history, _| wallet.latest_ride_of(history, customer));
    Ok(found.await?)
}

/// Shows the customer's latest ride, under way or over.
#[utoipa::path(
    get, path = "/v1/rides/latest", tag = "rides",
    responses((status = 200, body = RideView), (status = 404, body = Failure))
)]
async fn latest(State(app): State<App>, signed: Signed) -> Result<Json<RideView>, Failure> {
    let found = latest_ride(&app.edge, signed.customer).await?;
    let found = found.ok_or_else(|| not_found("ride"))?;
    Ok(Json(RideView::of(&app.edge, found, signed.person).await?))
}

/// Shows one of the customer's rides.
#[utoipa::path(
    get, path = "/v1/rides/{id}", tag = "rides", params(("id" = String, Path)),
    responses((status = 200, body = RideView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<RideView>, Failure> {
    let found = own_ride(&app.edge, signed.customer, &id).await?;
    Ok(Json(RideView::of(&app.edge, found, signed.person).await?))
}

/// One of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeaveBody {
    /// As the scanner read it.
    text: Option<String>,
    /// The stop's number, in the vehicle that was boarded.
    stop: Option<u16>,
}

impl LeaveBody {
    fn point(&self, ride: &Ride) -> Result<BoardPoint, Failure> {
        match (&self.text, self.stop) {
            (Some(text), None) => read_point(text),
            (None, Some(stop)) => {
                Ok(BoardPoint { line: ride.body.line, vehicle: ride.body.vehicle, stop })
            }
            _ => Err(Failure::illegal("text, stop: give one of the two")),
        }
    }
}

/// Leaves. The fare is paid from what was set aside, and the rest is free again: it needs no PIN.
#[utoipa::path(
    post, path = "/v1/rides/{id}/leave", tag = "rides", request_body = LeaveBody,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = RideView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn leave(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Keyed { once, body }: Keyed<LeaveBody>,
) -> Result<Made<RideView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let ride = own_ride(edge, customer, &id).await?;
    let BoardPoint { line, vehicle, stop } = body.point(&ride)?;
    // A later ride must not end by the name of an earlier one.
    if latest_ride(edge, customer).await?.is_none_or(|latest| latest.id != ride.id) {
        if ride.body.to.is_none() {
            return Err(conflict("ORDER_IS_CLOSED", "the ride is over; you have boarded another"));
        }
        return Ok(Made { view: RideView::of(edge, ride, signed.person).await?, is_repeat: true });
    }
    let it = Leave { customer, line, vehicle, stop, once };
    let made =
        edge.make(Command::Service(Box::new(ServiceCommand::Ride(RideCommand::Leave(it))))).await?;
    RideView::made(edge, made, signed.person).await
}

/// The carrier cancels a ride, or gives its fare back. It can be repeated.
#[utoipa::path(
    post, path = "/v1/shops/{n}/rides/{id}/cancel", tag = "rides",
    params(("n" = u32, Path), ("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure))
)]
async fn cancel(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path((n, id)): Path<(String, String)>,
) -> Result<Json<Receipt>, Failure> {
    let (shop, ride) = (read_number(&n)?, read_id::<RideId>(&id, "ride")?);
    let it = RideCommand::Cancel { shop, by: signed.customer, id: ride };
    app.edge.make(Command::Service(Box::new(ServiceCommand::Ride(it)))).await?;
    Ok(Json(receipt_of(&app.edge, &signed, &id, "ride").await?))
}
