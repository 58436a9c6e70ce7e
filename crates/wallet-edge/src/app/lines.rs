//! Lines of carriers: their stops, fares and codes.

use super::App;
use super::access::Signed;
use super::failure::{Failure, not_found};
use super::once::{Keyed, Made, Nothing};
use super::picture::{PictureQuery, Shape, draw};
use super::shops::{own_shop, read_number};
use super::view::{AmountBody, AmountView, read_id, read_text};
use crate::Edge;
use api::ops::extract::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Span, Text};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use services::{BoardPoint, DistanceRate, Fare, LineRules, OwnCode, Share, Stop};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::services::{PutLine, RideCommand, ServiceCommand};
use wallet::{Command, OwnLine, Reply, ShopNumber};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(own, add))
        .routes(routes!(change))
        .routes(routes!(start))
        .routes(routes!(stop))
        .routes(routes!(code))
}

/// A stop of a line.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StopBody {
    /// Its number in the city; once on a line.
    stop: u16,
    /// 1 to 40, where fares are by zone.
    #[serde(default)]
    zone: u8,
}

/// How the fare follows from where a ride begins and ends, in minor units.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
enum FareBody {
    /// The same for every ride.
    Flat {
        #[schema(example = "1500")]
        fare: String,
    },
    /// By the number of zones that are ridden through: the first for a ride within one.
    ZoneCount { fares: Vec<String> },
    /// Row of boarding, column of leaving, both from zone 1.
    ZoneMatrix { fares: Vec<Vec<String>> },
    /// `base` covers the first `baseMetres`, then `unit` for each started `unitMetres`.
    #[serde(rename_all = "camelCase")]
    Distance {
        base: String,
        base_metres: u32,
        unit: String,
        unit_metres: u32,
        /// Metres from each stop to the next.
        legs: Vec<u32>,
    },
}

impl FareBody {
    fn of(fare: &Fare) -> FareBody {
        let texts = |minor: &[u64]| minor.iter().map(u64::to_string).collect();
        match fare {
            Fare::Flat { fare_minor } => FareBody::Flat { fare: fare_minor.to_string() },
            Fare::ZoneCount { fares_minor } => FareBody::ZoneCount { fares: texts(fares_minor) },
            Fare::ZoneMatrix { fares_minor } => {
                FareBody::ZoneMatrix { fares: fares_minor.iter().map(|row| texts(row)).collect() }
            }
            Fare::Distance { rate, legs_m } => FareBody::Distance {
                base: rate.base_minor.to_string(),
                base_metres: rate.base_m,
                unit: rate.unit_minor.to_string(),
                unit_metres: rate.unit_m,
                legs: legs_m.clone(),
            },
        }
    }

    fn read(&self, currency: Currency) -> Result<Fare, Failure> {
        let minor = |text: &String| {
            let read = Money::parse_minor(text, currency);
            let bad = |error| Failure::illegal(format!("fare: {error}; give minor units"));
            read.map(Money::minor).map_err(bad)
        };
        let all = |texts: &Vec<String>| texts.iter().map(minor).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            FareBody::Flat { fare } => Fare::Flat { fare_minor: minor(fare)? },
            FareBody::ZoneCount { fares } => Fare::ZoneCount { fares_minor: all(fares)? },
            FareBody::ZoneMatrix { fares } => {
                let rows = fares.iter().map(all).collect::<Result<_, _>>();
                Fare::ZoneMatrix { fares_minor: rows? }
            }
            FareBody::Distance { base, base_metres, unit, unit_metres, legs } => Fare::Distance {
                rate: DistanceRate {
                    base_minor: minor(base)?,
                    base_m: *base_metres,
                    unit_m: *unit_metres,
                    unit_minor: minor(unit)?,
                },
                legs_m: legs.clone(),
            },
        })
    }
}

/// A line, as riders and its carrier see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LineView {
    number: u32,
    /// The carrier's shop.
    carrier: u32,
    name: String,
    stops: Vec<StopBody>,
    fare: FareBody,
    /// No ride costs more.
    cap: AmountView,
    /// What a ride costs that was not scanned out.
    forgotten: AmountView,
    /// After so many minutes a ride counts as forgotten.
    longest_minutes: u64,
    /// For so many hours the carrier may give a fare back.
    refund_within_hours: u64,
    is_running: bool,
}

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

impl LineView {
    fn of(it: &OwnLine) -> LineView {
        let rules = it.line.rules();
        let stop = |it: &Stop| StopBody { stop: it.stop, zone: it.zone };
        LineView {
            number: rules.line,
            carrier: rules.carrier,
            name: it.name.to_string(),
            stops: rules.stops.iter().map(stop).collect(),
            fare: FareBody::of(&rules.fare),
            cap: AmountView::of(rules.cap),
            forgotten: AmountView::of(rules.forgotten),
            longest_minutes: rules.longest.as_millis() / MINUTE_MS,
            refund_within_hours: rules.refund_within.as_millis() / HOUR_MS,
            is_running: it.is_running,
        }
    }
}

pub(super) async fn find_line(edge: &Edge, number: u32) -> Result<Option<Arc<OwnLine>>, Failure> {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    Ok(edge.read(move |wallet, _, _| wallet.lines().get(place).cloned()).await?)
}

/// Shows a line: its stops and fares.
#[utoipa::path(
    get, path = "/v1/lines/{line}", tag = "rides", params(("line" = u32, Path)),
    responses((status = 200, body = LineView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    _: Signed,
    Path(number): Path<String>,
) -> Result<Json<LineView>, Failure> {
    let found = find_line(&app.edge, read_id(&number, "line")?).await?;
    Ok(Json(LineView::of(&*found.ok_or_else(|| not_found("line"))?)))
}

/// What a carrier says of a line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LineBody {
    #[schema(example = "Bus 7")]
    name: String,
    /// In the order of the line; may be left out when the fare is flat.
    #[serde(default)]
    stops: Vec<StopBody>,
    fare: FareBody,
    cap: AmountBody,
    /// At most the cap.
    forgotten: AmountBody,
    /// Up to 48 hours.
    longest_minutes: u32,
    refund_within_hours: u32,
}

impl LineBody {
    fn read(
        &self,
        carrier: ShopNumber,
        currency: Currency,
    ) -> Result<(Text<64>, LineRules), Failure> {
        let money = |amount: &AmountBody, field: &str| {
            let minor = amount.read(field, currency)?;
            Money::new(minor, currency)
                .map_err(|error| Failure::illegal(format!("{field}.value: {error}")))
        };
        let stop = |it: &StopBody| Stop { stop: it.stop, zone: it.zone };
        let rules = LineRules {
            line: 0,
            carrier,
            currency,
            stops: self.stops.iter().map(stop).collect(),
            fare: self.fare.read(currency)?,
            cap: money(&self.cap, "cap")?,
            forgotten: money(&self.forgotten, "forgotten")?,
            longest: Span::minutes(u64::from(self.longest_minutes)),
            refund_within: Span::hours(u64::from(self.refund_within_hours)),
            fee: Share::NONE,
        };
        Ok((read_text(&self.name, "name")?, rules))
    }
}

/// Makes a line, or changes the one of this number.
async fn put_line(
    edge: &Edge,
    signed: &Signed,
    (n, number): (&str, Option<u32>),
    Keyed { once, body }: Keyed<LineBody>,
) -> Result<Made<LineView>, Failure> {
    let by = signed.customer;
    let (shop, _, currency) = own_shop(edge, by, read_number(n)?).await?;
    let (name, rules) = body.read(shop.number, currency)?;
    let it = PutLine { by, number, name, rules, once };
    let before = edge.read(|wallet, _, _| wallet.lines().len()).await?;
    let command = Command::Service(Box::new(ServiceCommand::Ride(RideCommand::PutLine(it))));
    let number_made = match edge.submit(command).await? {
        Reply::Number(number) => number,
        other => unreachable!("a line is answered with its number: {other:?}"),
    };
    let found = find_line(edge, number_made).await?.ok_or_else(|| not_found("line"))?;
    // Numbers are given in order: one that was given before belongs to an earlier request.
    let is_repeat =
        number.is_none() && usize::try_from(number_made).is_ok_and(|number| number < before);
    Ok(Made { view: LineView::of(&found), is_repeat })
}

/// Puts up a line.
#[utoipa::path(
    post, path = "/v1/shops/{n}/lines", tag = "rides", request_body = LineBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = LineView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn add(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    keyed: Keyed<LineBody>,
) -> Result<Made<LineView>, Failure> {
    put_line(&app.edge, &signed, (&n, None), keyed).await
}

/// Changes a line. Rides that are under way end within what was set aside for them.
#[utoipa::path(
    put, path = "/v1/shops/{n}/lines/{line}", tag = "rides", request_body = LineBody,
    params(("n" = u32, Path), ("line" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = LineView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn change(
    State(app): State<App>,
    signed: Signed,
    Path((n, line)): Path<(String, String)>,
    keyed: Keyed<LineBody>,
) -> Result<Made<LineView>, Failure> {
    let number = read_id(&line, "line")?;
    put_line(&app.edge, &signed, (&n, Some(number)), keyed).await
}

/// Lists the lines of one of the customer's own shops.
#[utoipa::path(
    get, path = "/v1/shops/{n}/lines", tag = "rides", params(("n" = u32, Path)),
    responses((status = 200, body = Vec<LineView>), (status = 404, body = Failure))
)]
async fn own(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<Json<Vec<LineView>>, Failure> {
    let (shop, _, _) = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    let found = app.edge.read(move |wallet, _, _| {
        let own = wallet.lines().iter().filter(|it| it.line.rules().carrier == shop.number);
        own.map(|it| LineView::of(it)).collect()
    });
    Ok(Json(found.await?))
}

/// A line of one of the customer's own shops.
async fn own_line(
    edge: &Edge,
    signed: &Signed,
    (n, line): (&str, &str),
) -> Result<Arc<OwnLine>, Failure> {
    let (shop, _, _) = own_shop(edge, signed.customer, read_number(n)?).await?;
    let found = find_line(edge, read_id(line, "line")?).await?;
    let found = found.filter(|it| it.line.rules().carrier == shop.number);
    found.ok_or_else(|| not_found("line"))
}

async fn set_running(
    edge: &Edge,
    signed: &Signed,
    path: (&str, &str),
    is_running: bool,
) -> Result<StatusCode, Failure> {
    let line = own_line(edge, signed, path).await?.line.rules().line;
    let it = RideCommand::SetRunning { by: signed.customer, line, is_running };
    edge.submit(Command::Service(Box::new(ServiceCommand::Ride(it)))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a line be boarded again.
#[utoipa::path(
    post, path = "/v1/shops/{n}/lines/{line}/start", tag = "rides",
    params(("n" = u32, Path), ("line" = u32, Path)), request_body = Nothing,
    responses((status = 204), (status = 404, body = Failure))
)]
async fn start(
    State(app): State<App>,
    signed: Signed,
    Path((n, line)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    set_running(&app.edge, &signed, (&n, &line), true).await
}

/// Nobody boards the line until it is started again; rides under way end as they began.
#[utoipa::path(
    post, path = "/v1/shops/{n}/lines/{line}/stop", tag = "rides",
    params(("n" = u32, Path), ("line" = u32, Path)), request_body = Nothing,
    responses((status = 204), (status = 404, body = Failure))
)]
async fn stop(
    State(app): State<App>,
    signed: Signed,
    Path((n, line)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    set_running(&app.edge, &signed, (&n, &line), false).await
}

/// The code of a place to board: its text, or a picture. Vehicle 0 is a code at a stop, which fits
/// every vehicle; on a line without stops the stop is 0.
#[utoipa::path(
    get, path = "/v1/shops/{n}/lines/{line}/codes/{vehicle}/{stop}", tag = "rides",
    params(("n" = u32, Path), ("line" = u32, Path), ("vehicle" = u32, Path),
        ("stop" = u16, Path), PictureQuery),
    responses((status = 200, body = String), (status = 404, body = Failure))
)]
async fn code(
    State(app): State<App>,
    signed: Signed,
    Path((n, line, vehicle, stop)): Path<(String, String, String, String)>,
    shape: Shape,
) -> Result<Response, Failure> {
    let found = own_line(&app.edge, &signed, (&n, &line)).await?;
    let (vehicle, stop) = (read_id(&vehicle, "vehicle")?, read_id(&stop, "stop")?);
    if found.line.highest_fare(stop).is_err() {
        return Err(not_found("stop"));
    }
    let point = BoardPoint { line: found.line.rules().line, vehicle, stop };
    draw(&OwnCode::Ride(point).to_string(), found.name.as_str(), shape)
}
