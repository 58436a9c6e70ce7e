//! Films and shows of houses: putting them up, and which seats are free.

use super::App;
use super::access::{Signed, SteppedUp};
use super::failure::{Failure, not_found};
use super::names::{Names, Other, PartyView};
use super::numbers::{NumberPart, page};
use super::once::{Keyed, Made, Nothing};
use super::picture::{PictureQuery, Shape, draw};
use super::shops::{own_shop, read_number};
use super::view::{AmountBody, AmountView, read_id, read_text, read_time, time};
use crate::Edge;
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::Span;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use services::{OwnCode, PriceClass, ReturnRule, Share, ShowRules};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::services::{AddShow, ServiceCommand, TicketCommand};
use wallet::{Command, Film, OwnShow, Reply, SeatState, ShopNumber};

/// In a plan of seats, a place without one.
const NO_SEAT: char = '.';

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(films, add_film))
        .routes(routes!(poster))
        .routes(routes!(own, add_show))
        .routes(routes!(call_off))
        .routes(routes!(list))
        .routes(routes!(seats))
}

/// A film that a house shows.
#[derive(Serialize, ToSchema)]
struct FilmView {
    number: u32,
    title: String,
    /// The text of its poster's code.
    #[schema(example = "DHW1/SHOW/4/7A1F")]
    code: String,
}

impl FilmView {
    fn of(number: u32, it: &Film) -> FilmView {
        let code = OwnCode::Show { film: number }.to_string();
        FilmView { number, title: it.title.to_string(), code }
    }
}

pub(super) async fn find_film(edge: &Edge, number: u32) -> Result<Option<Arc<Film>>, Failure> {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    Ok(edge.read(move |wallet, _, _| wallet.films().get(place).cloned()).await?)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FilmBody {
    title: String,
}

fn ticket(it: TicketCommand) -> Command {
    Command::Service(Box::new(ServiceCommand::Ticket(it)))
}

async fn number_of(edge: &Edge, it: TicketCommand) -> Result<u32, Failure> {
    match edge.submit(ticket(it)).await? {
        Reply::Number(number) => Ok(number),
        other => unreachable!("films and shows are answered with their numbers: {other:?}"),
    }
}

/// Gives a film a number, which its poster carries.
#[utoipa::path(
    post, path = "/v1/shops/{n}/films", tag = "tickets", request_body = FilmBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = FilmView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn add_film(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<FilmBody>,
) -> Result<Made<FilmView>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let (shop, title) = (read_number(&n)?, read_text(&body.title, "title")?);
    let before = edge.read(|wallet, _, _| wallet.films().len()).await?;
    let number = number_of(edge, TicketCommand::AddFilm { shop, by, title, once }).await?;
    let film = find_film(edge, number).await?.ok_or_else(|| not_found("film"))?;
    // Numbers are given in order: one that was given before belongs to an earlier request.
    let is_repeat = usize::try_from(number).is_ok_and(|number| number < before);
    Ok(Made { view: FilmView::of(number, &film), is_repeat })
}

/// Lists the films of one of the customer's own shops.
#[utoipa::path(
    get, path = "/v1/shops/{n}/films", tag = "tickets", params(("n" = u32, Path)),
    responses((status = 200, body = Vec<FilmView>), (status = 404, body = Failure))
)]
async fn films(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<Json<Vec<FilmView>>, Failure> {
    let (shop, _, _) = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    let found = app.edge.read(move |wallet, _, _| {
        let own = (0..).zip(wallet.films()).filter(|(_, it)| it.house == shop.number);
        own.map(|(number, it)| FilmView::of(number, it)).collect()
    });
    Ok(Json(found.await?))
}

/// The code on a film's poster: its text, or a picture.
#[utoipa::path(
    get, path = "/v1/shops/{n}/films/{film}/code", tag = "tickets",
    params(("n" = u32, Path), ("film" = u32, Path), PictureQuery),
    responses((status = 200, body = String), (status = 404, body = Failure))
)]
async fn poster(
    State(app): State<App>,
    signed: Signed,
    Path((n, film)): Path<(String, String)>,
    shape: Shape,
) -> Result<Response, Failure> {
    let (shop, _, _) = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    let number = read_id(&film, "film")?;
    let found = find_film(&app.edge, number).await?.filter(|it| it.house == shop.number);
    let found = found.ok_or_else(|| not_found("film"))?;
    draw(&OwnCode::Show { film: number }.to_string(), found.title.as_str(), shape)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClassBody {
    price: AmountBody,
    /// The entrance through which its seats are reached; each has one device that checks.
    door: u8,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ReturnsBody {
    /// From then on no ticket is taken back; not after the doors open.
    until: String,
    /// What of the price the customer gets, in hundredths of a percent.
    #[schema(example = 9000)]
    share_bps: u16,
}

/// What a house says of a show.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ShowBody {
    film: u32,
    sale_ends: String,
    doors_open: String,
    starts: String,
    doors_close: String,
    /// Up to 16.
    classes: Vec<ClassBody>,
    /// One text for each row, all of one length: `A` is a seat of the first class, `B` of the
    /// second, `.` a place without a seat.
    #[schema(example = json!(["AA.AA", "BB.BB"]))]
    rows: Vec<String>,
    /// How long seats are held for a customer who has not paid; up to an hour.
    hold_minutes: u8,
    most_per_customer: u16,
    /// Without it tickets are not taken back.
    returns: Option<ReturnsBody>,
}

/// The seats in a row, and the class of each.
fn read_rows(rows: &[String]) -> Result<(u16, Vec<u8>), Failure> {
    let bad = |why: &str| Failure::illegal(format!("rows: {why}"));
    let first = rows.first().ok_or_else(|| bad("give at least one"))?.chars().count();
    let in_row = u16::try_from(first).map_err(|_| bad("give at most 2000 seats"))?;
    let mut classes = Vec::new();
    for row in rows {
        if row.chars().count() != first {
            return Err(bad("all must be of one length; fill with `.`"));
        }
        for place in row.chars() {
            classes.push(match place {
                NO_SEAT => ShowRules::NO_SEAT,
                'A'..='P' => u8::try_from(u32::from(place) - u32::from('A')).unwrap_or(u8::MAX),
                _ => return Err(bad("give `A` for the first class and so on, `.` for no seat")),
            });
        }
    }
    Ok((in_row, classes))
}

/// The plan of a show, as it was read.
fn write_rows(rules: &ShowRules) -> Vec<String> {
    let place = |class: &u8| match *class {
        ShowRules::NO_SEAT => NO_SEAT,
        class => char::from(b'A'.saturating_add(class)),
    };
    let rows = rules.class_of_seat.chunks(usize::from(rules.seats_in_row).max(1));
    rows.map(|row| row.iter().map(place).collect()).collect()
}

impl ShowBody {
    fn read(&self, house: ShopNumber, currency: Currency) -> Result<ShowRules, Failure> {
        let class = |it: &ClassBody| {
            let minor = it.price.read("classes.price", currency)?;
            let price = Money::new(minor, currency)
                .map_err(|error| Failure::illegal(format!("classes.price.value: {error}")))?;
            Ok(PriceClass { price, door: it.door })
        };
        let (seats_in_row, class_of_seat) = read_rows(&self.rows)?;
        let returns = |it: &ReturnsBody| {
            let share = Share::new(it.share_bps);
            let bad = || Failure::illegal("returns.shareBps: give 0 to 10000");
            let share = share.ok_or_else(bad)?;
            Ok::<_, Failure>(ReturnRule { until: read_time(&it.until, "returns.until")?, share })
        };
        Ok(ShowRules {
            show: 0,
            film: self.film,
            house,
            sale_ends: read_time(&self.sale_ends, "saleEnds")?,
            doors_open: read_time(&self.doors_open, "doorsOpen")?,
            starts: read_time(&self.starts, "starts")?,
            doors_close: read_time(&self.doors_close, "doorsClose")?,
            classes: self.classes.iter().map(class).collect::<Result<_, Failure>>()?,
            seats_in_row,
            class_of_seat,
            hold: Span::minutes(u64::from(self.hold_minutes)),
            most_per_customer: self.most_per_customer,
            returns: self.returns.as_ref().map(returns).transpose()?,
            fee: Share::NONE,
        })
    }
}

#[derive(Serialize, ToSchema)]
struct ClassView {
    price: AmountView,
    door: u8,
}

/// A show, as customers see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShowView {
    number: u32,
    film: u32,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    house: Option<PartyView>,
    sale_ends: String,
    doors_open: String,
    starts: String,
    doors_close: String,
    classes: Vec<ClassView>,
    /// The plan of seats: `A` is the first class, `.` a place without a seat.
    rows: Vec<String>,
    most_per_customer: u16,
    /// Until when a ticket is taken back, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    returns_until: Option<String>,
    is_called_off: bool,
}

impl ShowView {
    fn of(it: &OwnShow, title: &str, names: &Names) -> ShowView {
        let rules = it.seating.show().rules();
        let class = |it: &PriceClass| ClassView { price: AmountView::of(it.price), door: it.door };
        ShowView {
            number: rules.show,
            film: rules.film,
            title: title.to_owned(),
            house: names.of(&Other::Shop(rules.house)),
            sale_ends: time(rules.sale_ends),
            doors_open: time(rules.doors_open),
            starts: time(rules.starts),
            doors_close: time(rules.doors_close),
            classes: rules.classes.iter().map(class).collect(),
            rows: write_rows(rules),
            most_per_customer: rules.most_per_customer,
            returns_until: rules.returns.map(|it| time(it.until)),
            is_called_off: it.seating.is_called_off(),
        }
    }

    async fn all(edge: &Edge, shows: &[Arc<OwnShow>]) -> Result<Vec<ShowView>, Failure> {
        let houses = shows.iter().map(|it| Other::Shop(it.house())).collect();
        let names = Names::find(edge, houses).await?;
        let films: Vec<u32> = shows.iter().map(|it| it.seating.show().rules().film).collect();
        let titles: Vec<String> = edge
            .read(move |wallet, _, _| {
                let film = |number: u32| wallet.films().get(usize::try_from(number).ok()?);
                let title = |number| film(number).map_or(String::new(), |it| it.title.to_string());
                films.into_iter().map(title).collect()
            })
            .await?;
        let all = shows.iter().zip(&titles);
        Ok(all.map(|(it, title)| ShowView::of(it, title, &names)).collect())
    }
}

/// A show, as its house sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OwnShowView {
    #[serde(flatten)]
    shown: ShowView,
    /// Tickets that are good or were used.
    sold: usize,
    admitted: usize,
    /// What is still to be given back to those who had tickets of a show that was called off.
    owed: AmountView,
}

impl OwnShowView {
    async fn all(
        edge: &Edge,
        shows: &[Arc<OwnShow>],
        currency: Currency,
    ) -> Result<Vec<OwnShowView>, Failure> {
        let views = ShowView::all(edge, shows).await?;
        let own = |(it, shown): (&Arc<OwnShow>, ShowView)| {
            let live = it.seating.tickets().filter(|(_, ticket)| ticket.is_live());
            let inside = it.seating.tickets().filter(|(_, ticket)| ticket.admission.is_some());
            OwnShowView {
                shown,
                sold: live.count(),
                admitted: inside.count(),
                owed: AmountView::minor(it.owed_minor(), currency),
            }
        };
        Ok(shows.iter().zip(views).map(own).collect())
    }
}

pub(super) async fn find_show(edge: &Edge, number: u32) -> Result<Option<Arc<OwnShow>>, Failure> {
    Ok(edge.read(move |wallet, _, _| wallet.find_show(number).cloned()).await?)
}

/// Puts up a show of one of the shop's films.
#[utoipa::path(
    post, path = "/v1/shops/{n}/shows", tag = "tickets", request_body = ShowBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = OwnShowView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn add_show(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<ShowBody>,
) -> Result<Made<OwnShowView>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let (shop, _, currency) = own_shop(edge, by, read_number(&n)?).await?;
    let rules = body.read(shop.number, currency)?;
    let before = edge.read(|wallet, _, _| wallet.shows().last().map(|(number, _)| number)).await?;
    let number = number_of(edge, TicketCommand::AddShow(AddShow { by, rules, once })).await?;
    let found = find_show(edge, number).await?.ok_or_else(|| not_found("show"))?;
    let view = OwnShowView::all(edge, &[found], currency).await?.pop();
    // Numbers are given in order: one that was given before belongs to an earlier request.
    let is_repeat = before.is_some_and(|before| number <= before);
    Ok(Made { view: view.ok_or_else(|| not_found("show"))?, is_repeat })
}

/// Lists the shows of one of the customer's own shops, those that are over for a week among them.
#[utoipa::path(
    get, path = "/v1/shops/{n}/shows", tag = "tickets", params(("n" = u32, Path)),
    responses((status = 200, body = Vec<OwnShowView>), (status = 404, body = Failure))
)]
async fn own(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<Json<Vec<OwnShowView>>, Failure> {
    let (shop, _, currency) = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    let found = app.edge.read(move |wallet, _, _| {
        let own = wallet.shows().filter(|(_, it)| it.house() == shop.number);
        own.map(|(_, it)| Arc::clone(it)).collect::<Vec<_>>()
    });
    Ok(Json(OwnShowView::all(&app.edge, &found.await?, currency).await?))
}

/// Calls a show off: everybody gets the whole price back, from what the shop has. It can be
/// repeated.
#[utoipa::path(
    post, path = "/v1/shops/{n}/shows/{show}/call-off", tag = "tickets",
    params(("n" = u32, Path), ("show" = u32, Path)), request_body = Nothing,
    responses((status = 204), (status = 403, body = Failure), (status = 404, body = Failure))
)]
async fn call_off(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path((n, show)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (shop, show) = (read_number(&n)?, read_id(&show, "show")?);
    let it = TicketCommand::CallOff { shop, by: signed.customer, show };
    app.edge.submit(ticket(it)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which shows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ShowsQuery {
    /// Of this film only, the next one first: what a poster leads to.
    film: Option<u32>,
    /// The `next` of the page before; not with `film`.
    from: Option<u32>,
    /// Rows of a page, 1 to 100; 50 when absent.
    limit: Option<usize>,
}

/// One page of shows.
#[derive(Serialize, ToSchema)]
struct ShowsPage {
    items: Vec<ShowView>,
    /// Give it as `from` to see more.
    next: Option<u32>,
}

/// Lists shows for which seats are sold.
#[utoipa::path(
    get, path = "/v1/shows", tag = "tickets", params(ShowsQuery),
    responses((status = 200, body = ShowsPage), (status = 400, body = Failure),
        (status = 401, body = Failure))
)]
async fn list(
    State(app): State<App>,
    _: Signed,
    Query(query): Query<ShowsQuery>,
) -> Result<Json<ShowsPage>, Failure> {
    let part = NumberPart { from: query.from, limit: query.limit };
    let ((from, limit), now, film) = (part.read()?, app.edge.now(), query.film);
    let (found, next) = app
        .edge
        .read(move |wallet, _, _| {
            let copy = |(number, it): (u32, &Arc<OwnShow>)| (number, Arc::clone(it));
            if let Some(film) = film {
                let shows = wallet.shows_of(film, now).into_iter().take(limit);
                return (shows.map(copy).collect::<Vec<_>>(), None);
            }
            let is_on_sale = |(number, it): &(u32, &Arc<OwnShow>)| {
                let seating = &it.seating;
                let ends = seating.show().rules().sale_ends;
                *number >= from && ends > now && !seating.is_called_off()
            };
            page(wallet.shows().filter(is_on_sale).map(copy), limit)
        })
        .await?;
    let found: Vec<_> = found.into_iter().map(|(_, it)| it).collect();
    Ok(Json(ShowsPage { items: ShowView::all(&app.edge, &found).await?, next }))
}

/// One seat of a show.
#[derive(Serialize, ToSchema)]
struct SeatView {
    /// What a hold names.
    seat: u16,
    /// As printed.
    row: u16,
    /// As printed.
    number: u16,
    /// Its place among the show's classes.
    class: u8,
    price: AmountView,
    /// `FREE`, `HELD`, `SOLD`.
    state: &'static str,
}

/// A show with all its seats as they are now.
#[derive(Serialize, ToSchema)]
struct SeatsView {
    show: ShowView,
    seats: Vec<SeatView>,
}

/// Shows which seats of a show are free.
#[utoipa::path(
    get, path = "/v1/shows/{n}/seats", tag = "tickets", params(("n" = u32, Path)),
    responses((status = 200, body = SeatsView), (status = 404, body = Failure))
)]
async fn seats(
    State(app): State<App>,
    _: Signed,
    Path(n): Path<String>,
) -> Result<Json<SeatsView>, Failure> {
    let (edge, number) = (&app.edge, read_id(&n, "show")?);
    let found = find_show(edge, number).await?.ok_or_else(|| not_found("show"))?;
    let now = edge.now();
    let seats = edge.read(move |wallet, _, _| wallet.seats_of_show(number, now)).await?;
    let view = |it: wallet::SeatView| SeatView {
        seat: it.seat,
        row: it.row,
        number: it.number,
        class: it.class,
        price: AmountView::of(it.price),
        state: match it.state {
            SeatState::Free => "FREE",
            SeatState::Held => "HELD",
            SeatState::Sold => "SOLD",
        },
    };
    let show = ShowView::all(edge, &[found]).await?.pop().ok_or_else(|| not_found("show"))?;
    Ok(Json(SeatsView { show, seats: seats.unwrap_or_default().into_iter().map(view).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_seats_has_rows_of_one_length() {
        let rows =
            |rows: &[&str]| read_rows(&rows.iter().map(|it| (*it).into()).collect::<Vec<_>>());
        assert_eq!(rows(&["A.B", "PP."]).unwrap(), (3, vec![0, 255, 1, 15, 15, 255]));
        for bad in [&[][..], &["AA", "A"], &["a"], &["Q"], &["A B"]] {
            assert!(rows(bad).unwrap_err().message.starts_with("rows: "), "{bad:?}");
        }
    }
}
