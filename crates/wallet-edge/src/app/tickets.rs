//! Seats that a customer holds, pays and has tickets of.

use super::App;
use super::access::{Signed, SteppedUp};
use super::activity::load;
use super::card::Viewer;
use super::doors::sign;
use super::failure::{Failure, not_found};
use super::once::{Keyed, Made, Nothing};
use super::picture::{PictureQuery, Shape, draw};
use super::receipt::Receipt;
use super::shows::find_show;
use super::view::{AmountView, read_id, time};
use crate::Edge;
use api::ops::extract::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use ids::{BookingId, PersonId};
use serde::{Deserialize, Serialize};
use services::{TicketCode, TicketState};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::services::{HoldSeats, ServiceCommand, TicketCommand};
use wallet::objects::Booking;
use wallet::{Command, Object};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(hold))
        .routes(routes!(show, release))
        .routes(routes!(pay))
        .routes(routes!(refund))
        .routes(routes!(tickets))
        .routes(routes!(code))
}

/// A seat as it is printed, both from 1 on.
#[derive(Serialize, ToSchema)]
struct SeatPlaceView {
    seat: u16,
    row: u16,
    number: u16,
}

/// What became of one ticket.
#[derive(Serialize, ToSchema)]
struct SerialView {
    serial: u32,
    seat: u16,
    price: AmountView,
    /// `SOLD`, `ADMITTED`, `RETURNED`, `REFUNDED`.
    state: &'static str,
}

const fn ticket_state(state: TicketState) -> &'static str {
    match state {
        TicketState::Sold => "SOLD",
        TicketState::Admitted => "ADMITTED",
        TicketState::Returned => "RETURNED",
        TicketState::Refunded => "REFUNDED",
    }
}

/// Seats of a show that a customer holds or has paid.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BookingView {
    #[serde(flatten)]
    receipt: Receipt,
    show: u32,
    /// Without row and number when the show is long over.
    seats: Vec<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<SeatPlaceView>,
    /// Once paid; `GET /v1/bookings/{id}/tickets` has their codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tickets: Vec<SerialView>,
    /// What has gone back.
    back: AmountView,
}

impl BookingView {
    async fn of(edge: &Edge, it: Arc<Booking>, person: PersonId) -> Result<BookingView, Failure> {
        let viewer = Viewer::Customer(it.customer);
        let receipt =
            Receipt::made(edge, &Object::Booking(Arc::clone(&it)), viewer, person).await?;
        let show = find_show(edge, it.show).await?;
        let place = |seat: &u16| {
            let (row, number) = show.as_ref()?.seating.show().row_and_number(*seat);
            Some(SeatPlaceView { seat: *seat, row, number })
        };
        let ticket = |(serial, ticket): &(u32, services::Ticket)| SerialView {
            serial: *serial,
            seat: ticket.seat,
            price: AmountView::of(ticket.plan.total()),
            state: ticket_state(ticket.state),
        };
        Ok(BookingView {
            receipt,
            show: it.show,
            places: it.seats.iter().filter_map(place).collect(),
            seats: it.seats.clone(),
            tickets: it.tickets.iter().map(ticket).collect(),
            back: AmountView::minor(it.back_minor, it.plan.total().currency()),
        })
    }
}

async fn make(
    edge: &Edge,
    person: PersonId,
    it: TicketCommand,
) -> Result<(BookingView, bool), Failure> {
    let command = Command::Service(Box::new(ServiceCommand::Ticket(it)));
    let (object, is_repeat) = edge.make(command).await?;
    let Object::Booking(it) = object else {
        unreachable!("a booking's command is answered by a booking: {object:?}")
    };
    Ok((BookingView::of(edge, it, person).await?, is_repeat))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoldBody {
    /// As `GET /v1/shows/{n}/seats` names them: all of them are held, or none.
    seats: Vec<u16>,
}

/// Holds seats for some minutes. Nothing is paid yet.
#[utoipa::path(
    post, path = "/v1/shows/{n}/holds", tag = "tickets", request_body = HoldBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = BookingView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn hold(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<HoldBody>,
) -> Result<Made<BookingView>, Failure> {
    let (millis, partition, random) = app.edge.draw();
    let id = BookingId::new(millis, partition, random);
    let show = read_id(&n, "show")?;
    let it = HoldSeats { id, customer: signed.customer, show, seats: body.seats, once };
    let (view, is_repeat) = make(&app.edge, signed.person, TicketCommand::Hold(it)).await?;
    Ok(Made { view, is_repeat })
}

/// A booking of this customer; any other is not found.
async fn own_booking(edge: &Edge, customer: u32, id: &str) -> Result<Arc<Booking>, Failure> {
    let id = read_id::<BookingId>(id, "booking")?;
    match load(edge, vec![id.as_u128()]).await?.pop() {
        Some(Object::Booking(it)) if it.customer == customer => Ok(it),
        _ => Err(not_found("booking")),
    }
}

/// Shows a booking.
#[utoipa::path(
    get, path = "/v1/bookings/{id}", tag = "tickets", params(("id" = String, Path)),
    responses((status = 200, body = BookingView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<BookingView>, Failure> {
    let found = own_booking(&app.edge, signed.customer, &id).await?;
    Ok(Json(BookingView::of(&app.edge, found, signed.person).await?))
}

/// Lets held seats go. It can be repeated.
#[utoipa::path(
    delete, path = "/v1/bookings/{id}", tag = "tickets", params(("id" = String, Path)),
    responses((status = 200, body = BookingView), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn release(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<BookingView>, Failure> {
    let id = read_id(&id, "booking")?;
    let it = TicketCommand::Release { customer: signed.customer, id };
    Ok(Json(make(&app.edge, signed.person, it).await?.0))
}

/// Pays held seats. It can be repeated: they are paid once.
#[utoipa::path(
    post, path = "/v1/bookings/{id}/pay", tag = "tickets",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = BookingView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn pay(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(id): Path<String>,
) -> Result<Json<BookingView>, Failure> {
    let id = read_id(&id, "booking")?;
    let it = TicketCommand::Pay { customer: signed.customer, id };
    Ok(Json(make(&app.edge, signed.person, it).await?.0))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnBody {
    /// The ticket that is given back.
    serial: u32,
}

/// Gives one ticket back, by the rules of its show. It can be repeated.
#[utoipa::path(
    post, path = "/v1/bookings/{id}/refund", tag = "tickets", request_body = ReturnBody,
    params(("id" = String, Path)),
    responses((status = 200, body = BookingView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn refund(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<ReturnBody>,
) -> Result<Json<BookingView>, Failure> {
    let id = read_id(&id, "booking")?;
    let it = TicketCommand::Return { customer: signed.customer, id, serial: body.serial };
    Ok(Json(make(&app.edge, signed.person, it).await?.0))
}

/// A ticket that is good at the door.
#[derive(Serialize, ToSchema)]
struct TicketView {
    serial: u32,
    show: u32,
    /// As printed.
    row: u16,
    number: u16,
    class: u8,
    /// The one entrance at which it is good.
    door: u8,
    opens: String,
    closes: String,
    /// What is shown at the door: the ticket and the wallet's signature over it.
    code: String,
}

impl TicketView {
    fn of(code: &TicketCode) -> TicketView {
        let pass = &code.pass;
        TicketView {
            serial: pass.serial,
            show: pass.show,
            row: pass.row,
            number: pass.number,
            class: pass.class,
            door: pass.door,
            opens: time(pass.opens),
            closes: time(pass.closes),
            code: code.to_string(),
        }
    }
}

/// The tickets of a booking that were not given back, with their codes.
async fn codes(edge: &Edge, it: &Booking) -> Result<Vec<TicketCode>, Failure> {
    let (customer, show) = (it.customer, it.show);
    let serials: Vec<u32> = it.tickets.iter().map(|(serial, _)| *serial).collect();
    let passes = edge.read(move |wallet, _, _| {
        let pass = |serial| wallet.ticket_pass(customer, show, serial);
        serials.into_iter().filter_map(pass).collect::<Vec<_>>()
    });
    Ok(passes.await?.into_iter().map(|pass| sign(edge, pass)).collect())
}

/// Shows the tickets of a booking that are good, with the codes for the door.
#[utoipa::path(
    get, path = "/v1/bookings/{id}/tickets", tag = "tickets", params(("id" = String, Path)),
    responses((status = 200, body = Vec<TicketView>), (status = 404, body = Failure))
)]
async fn tickets(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Vec<TicketView>>, Failure> {
    let found = own_booking(&app.edge, signed.customer, &id).await?;
    Ok(Json(codes(&app.edge, &found).await?.iter().map(TicketView::of).collect()))
}

/// The code of one ticket: its text, or a picture.
#[utoipa::path(
    get, path = "/v1/bookings/{id}/tickets/{serial}/code", tag = "tickets",
    params(("id" = String, Path), ("serial" = u32, Path), PictureQuery),
    responses((status = 200, body = String), (status = 404, body = Failure))
)]
async fn code(
    State(app): State<App>,
    signed: Signed,
    Path((id, serial)): Path<(String, String)>,
    shape: Shape,
) -> Result<Response, Failure> {
    let found = own_booking(&app.edge, signed.customer, &id).await?;
    let serial: u32 = read_id(&serial, "ticket")?;
    let codes = codes(&app.edge, &found).await?;
    let code = codes.iter().find(|code| code.pass.serial == serial);
    let code = code.ok_or_else(|| not_found("ticket"))?;
    draw(&code.to_string(), &format!("{} {}", code.pass.row, code.pass.number), shape)
}
