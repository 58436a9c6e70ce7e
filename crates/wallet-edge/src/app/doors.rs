//! The doors of shows: tickets are signed here, and each is checked once.
//!
//! A door without network checks the signature with the key of `GET /v1/door-key`, admits each
//! serial once, and reports later.

use super::App;
use super::access::Signed;
use super::failure::{Failure, conflict, not_found};
use super::once::{Keyed, Made};
use super::shows::find_show;
use super::view::{read_id, read_time, time};
use crate::Edge;
use api::ops::extract::Json;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base::Timestamp;
use serde::{Deserialize, Serialize};
use services::{TicketCode, TicketPass, TicketState};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::services::{AtDoor, ServiceCommand, TicketCommand};
use wallet::{Command, OwnShow};

/// Tickets of one report. Source: the machine's own bound.
const MAX_REPORT: usize = 2_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(door_key))
        .routes(routes!(door))
        .routes(routes!(admit))
        .routes(routes!(report))
}

/// The wallet's key for tickets, which follows from its secret: it lives as long as the wallet.
fn key(edge: &Edge) -> Ed25519KeyPair {
    let seed = edge.keyed_digest(&[b"door key"]);
    Ed25519KeyPair::from_seed_unchecked(&seed).expect("any 32 bytes are a seed of Ed25519")
}

/// A ticket with the wallet's signature over it.
pub(super) fn sign(edge: &Edge, pass: TicketPass) -> TicketCode {
    let signature = key(edge).sign(&pass.to_bytes());
    let signature = signature.as_ref().try_into().expect("a signature of Ed25519 has 64 bytes");
    TicketCode { pass, signature }
}

/// The ticket of a scanned text, if this wallet signed it.
fn read_ticket(edge: &Edge, text: &str) -> Result<TicketPass, Failure> {
    let code: TicketCode = text
        .trim()
        .parse()
        .map_err(|error| Failure::illegal(format!("code: it {error}; scan the ticket again")))?;
    let pair = key(edge);
    let known = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
    let bytes = code.pass.to_bytes();
    known.verify(&bytes, &code.signature).map_err(|_| {
        Failure::illegal("code: this wallet did not sign it; let nobody in with it")
    })?;
    Ok(code.pass)
}

/// What a door needs to check tickets without a network.
#[derive(Serialize, ToSchema)]
struct DoorKeyView {
    #[schema(example = "Ed25519")]
    algorithm: &'static str,
    /// The public key, 32 bytes in hexadecimal. A code is `DHT1/`, then the ticket's bytes and 64
    /// bytes of signature over them, in hexadecimal.
    key: String,
}

fn key_text(edge: &Edge) -> String {
    let bytes = key(edge);
    bytes.public_key().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The public key by which tickets are checked. It is no secret and never changes.
#[utoipa::path(
    get, path = "/v1/door-key", tag = "tickets",
    responses((status = 200, body = DoorKeyView))
)]
async fn door_key(State(app): State<App>) -> Json<DoorKeyView> {
    Json(DoorKeyView { algorithm: "Ed25519", key: key_text(&app.edge) })
}

/// A show of one of the customer's own shops.
async fn own_show(edge: &Edge, customer: u32, n: &str) -> Result<Arc<OwnShow>, Failure> {
    let found = find_show(edge, read_id(n, "show")?).await?.ok_or_else(|| not_found("show"))?;
    let house = usize::try_from(found.house()).unwrap_or(usize::MAX);
    let is_own = edge.read(move |wallet, _, _| {
        wallet.shops().get(house).is_some_and(|shop| shop.owner == customer)
    });
    if is_own.await? { Ok(found) } else { Err(not_found("show")) }
}

/// Somebody who was let in.
#[derive(Serialize, ToSchema)]
struct InsideView {
    serial: u32,
    at: String,
}

/// What the device at one entrance has to know before its network fails.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DoorView {
    show: u32,
    door: u8,
    opens: String,
    closes: String,
    is_called_off: bool,
    /// Serials that must not be let in.
    returned: Vec<u32>,
    /// Serials that this entrance has let in.
    admitted: Vec<InsideView>,
    /// As `GET /v1/door-key` says it.
    key: String,
}

/// Shows what the device at one entrance has to know.
#[utoipa::path(
    get, path = "/v1/shows/{n}/doors/{door}", tag = "tickets",
    params(("n" = u32, Path), ("door" = u8, Path)),
    responses((status = 200, body = DoorView), (status = 404, body = Failure))
)]
async fn door(
    State(app): State<App>,
    signed: Signed,
    Path((n, door)): Path<(String, String)>,
) -> Result<Json<DoorView>, Failure> {
    let found = own_show(&app.edge, signed.customer, &n).await?;
    let door: u8 = read_id(&door, "door")?;
    let (seating, rules) = (&found.seating, found.seating.show().rules());
    if rules.classes.iter().all(|class| class.door != door) {
        return Err(not_found("door"));
    }
    let inside = seating.tickets().filter_map(|(serial, ticket)| {
        let by = ticket.admission.filter(|by| by.door == door)?;
        Some(InsideView { serial, at: time(by.at) })
    });
    let returned = seating.tickets().filter(|(_, ticket)| !ticket.is_live());
    Ok(Json(DoorView {
        show: rules.show,
        door,
        opens: time(rules.doors_open),
        closes: time(rules.doors_close),
        is_called_off: seating.is_called_off(),
        returned: returned.map(|(serial, _)| serial).collect(),
        admitted: inside.collect(),
        key: key_text(&app.edge),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AdmitBody {
    /// As the scanner read it.
    code: String,
    /// The entrance at which it was scanned.
    door: u8,
}

/// Who may come in.
#[derive(Serialize, ToSchema)]
struct AdmittedView {
    serial: u32,
    /// As printed.
    row: u16,
    number: u16,
    class: u8,
    /// When it was let in.
    at: String,
}

fn at_door(found: &OwnShow, by: u32, door: u8) -> AtDoor {
    AtDoor { shop: found.house(), by, show: found.seating.show().rules().show, door }
}

/// Lets the bearer of a ticket in, once. A repeat of the same request is answered as the first.
#[utoipa::path(
    post, path = "/v1/shows/{n}/admissions", tag = "tickets", request_body = AdmitBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = AdmittedView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn admit(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<AdmitBody>,
) -> Result<Made<AdmittedView>, Failure> {
    let edge = &app.edge;
    let found = own_show(edge, signed.customer, &n).await?;
    let pass = read_ticket(edge, &body.code)?;
    let at = at_door(&found, signed.customer, body.door);
    if pass.show != at.show {
        return Err(conflict("INVALID_CODE", "code: it is another show's ticket"));
    }
    let it = TicketCommand::Admit { at, serial: pass.serial, once };
    let command = Command::Service(Box::new(ServiceCommand::Ticket(it)));
    let (_, is_repeat) = edge.make(command).await?;
    let inside = own_show(edge, signed.customer, &n).await?;
    let ticket = inside.seating.ticket(pass.serial);
    let ticket = ticket.filter(|ticket| ticket.state == TicketState::Admitted);
    let by = ticket.and_then(|ticket| ticket.admission);
    let view = AdmittedView {
        serial: pass.serial,
        row: pass.row,
        number: pass.number,
        class: pass.class,
        at: time(by.map_or_else(|| edge.now(), |by| by.at)),
    };
    Ok(Made { view, is_repeat })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReportedBody {
    /// Of a ticket whose signature the door has checked.
    serial: u32,
    at: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    door: u8,
    /// At most 2,000; a longer list in several reports.
    admitted: Vec<ReportedBody>,
}

/// Takes down whom a door let in while it had no network. It can be repeated. A ticket that came in
/// elsewhere or was given back is looked at by the operator.
#[utoipa::path(
    post, path = "/v1/shows/{n}/admission-reports", tag = "tickets", request_body = ReportBody,
    params(("n" = u32, Path)),
    responses((status = 204), (status = 400, body = Failure), (status = 404, body = Failure))
)]
async fn report(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Json(body): Json<ReportBody>,
) -> Result<StatusCode, Failure> {
    let edge = &app.edge;
    let found = own_show(edge, signed.customer, &n).await?;
    if body.admitted.len() > MAX_REPORT {
        return Err(Failure::illegal(
            "admitted: give 2000 at most, and the rest in another report",
        ));
    }
    let (at, now) = (at_door(&found, signed.customer, body.door), edge.now());
    let read = |it: &ReportedBody| {
        let time = read_time(&it.at, "admitted.at")?;
        let bad = "admitted.at: it is not yet that late; set the clock of the door";
        if time > now { Err(Failure::illegal(bad)) } else { Ok((it.serial, time)) }
    };
    let admitted: Vec<(u32, Timestamp)> =
        body.admitted.iter().map(read).collect::<Result<_, _>>()?;
    let it = TicketCommand::Report { at, admitted };
    edge.submit(Command::Service(Box::new(ServiceCommand::Ticket(it)))).await?;
    Ok(StatusCode::NO_CONTENT)
}
