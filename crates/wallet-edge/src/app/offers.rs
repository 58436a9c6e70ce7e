//! Offers of gift coupons: what is on sale, near whom, and where its coupons are good.

use super::App;
use super::access::{Signed, SteppedUp};
use super::failure::{Failure, not_found};
use super::near::read_position;
use super::offer_body::{GiveBackBody, OfferBody, RemainderBody};
use super::offer_map::Place;
use super::once::{Keyed, Made, Nothing};
use super::shops::{PositionBody, own_shop, read_number};
use super::view::{AmountView, market, read_id, time};
use crate::Edge;
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base::Timestamp;
use geo::Position;
use gifts::{Offer, Places, SaleRefusal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::gifts::GiftCommand;
use wallet::{Command, Reply, Shop, Wallet};

const DEFAULT_COUNT: usize = 20;
const MAX_COUNT: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(places))
        .routes(routes!(make))
        .routes(routes!(end))
}

/// A shop that takes coupons, and how far it is.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlaceView {
    pub shop: u32,
    name: String,
    city: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<PositionBody>,
    /// In metres.
    distance_m: u32,
}

/// The shop that sells.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuerView {
    pub number: u32,
    pub name: String,
    pub city: String,
}

impl IssuerView {
    pub fn of(shop: &Shop) -> IssuerView {
        IssuerView { number: shop.number, name: shop.name.to_string(), city: shop.city.to_string() }
    }
}

/// What a shop sells for a friend to redeem.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfferView {
    number: u32,
    title: String,
    shop: IssuerView,
    /// `ON_SALE`, `NOT_YET`, `ENDED`, `SOLD_OUT`, and `SHOP_CLOSED` while the shop is.
    state: &'static str,
    /// What a coupon is worth at the till.
    face: AmountView,
    /// What it costs.
    price: AmountView,
    /// From purchase to expiry.
    validity_days: u64,
    left: u32,
    per_customer: u32,
    /// How many the one who asks has bought.
    bought: u32,
    sale_from: String,
    sale_until: String,
    /// Shops in which it is good; absent: in all of the seller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    stores: Option<BTreeSet<u32>>,
    remainder: RemainderBody,
    refund: GiveBackBody,
    /// How many were sold: for the shop's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    sold: Option<u32>,
    /// The nearest shop that takes it, when a position was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<PlaceView>,
}

const ON_SALE: &str = "ON_SALE";

const fn state_text(sale: Result<(), SaleRefusal>) -> &'static str {
    match sale {
        Ok(()) | Err(SaleRefusal::CustomerLimit) => ON_SALE,
        Err(SaleRefusal::NotYetOnSale) => "NOT_YET",
        Err(SaleRefusal::NoLongerOnSale) => "ENDED",
        Err(SaleRefusal::SoldOut) => "SOLD_OUT",
    }
}

impl OfferView {
    fn of(offer: &Offer, shop: &Shop, (me, bought): (u32, u32), now: Timestamp) -> OfferView {
        let terms = offer.terms();
        let state = if shop.is_open { state_text(offer.would_sell(0, now)) } else { "SHOP_CLOSED" };
        OfferView {
            number: offer.number(),
            title: terms.title.to_string(),
            shop: IssuerView::of(shop),
            state,
            face: AmountView::of(terms.face),
            price: AmountView::of(terms.price),
            validity_days: terms.validity.as_millis() / 86_400_000,
            left: offer.left(),
            per_customer: terms.per_customer,
            bought,
            sale_from: time(terms.sale_from),
            sale_until: time(terms.sale_until),
            stores: match &terms.places {
                Places::AllStores => None,
                Places::Stores(stores) => Some(stores.clone()),
            },
            remainder: RemainderBody::of(terms.remainder),
            refund: GiveBackBody::of(terms.refund),
            sold: (shop.owner == me).then(|| offer.sold()),
            nearest: None,
        }
    }
}

/// Offers as they are now, in the order of their numbers here; one that is not there is left out.
async fn views(edge: &Edge, me: u32, numbers: Vec<u32>) -> Result<Vec<OfferView>, Failure> {
    let now = edge.now();
    let found = edge.read(move |wallet, _, _| {
        let find = |number: u32| {
            let offer = wallet.offer(number)?;
            let shop = wallet.shops().get(usize::try_from(offer.terms().shop).ok()?)?;
            Some((Arc::clone(offer), Arc::clone(shop), wallet.bought_of_offer(number, me)))
        };
        numbers.into_iter().filter_map(find).collect::<Vec<_>>()
    });
    let found = found.await?;
    Ok(found
        .iter()
        .map(|(offer, shop, bought)| OfferView::of(offer, shop, (me, *bought), now))
        .collect())
}

async fn view_of(edge: &Edge, me: u32, number: u32) -> Result<OfferView, Failure> {
    views(edge, me, vec![number]).await?.pop().ok_or_else(|| not_found("offer"))
}

pub(super) fn read_limit(limit: Option<usize>) -> Result<usize, Failure> {
    let limit = limit.unwrap_or(DEFAULT_COUNT);
    let is_good = (1..=MAX_COUNT).contains(&limit);
    if is_good { Ok(limit) } else { Err(Failure::illegal("limit: give 1 to 100")) }
}

/// A place of two texts that are both there or both not.
pub(super) fn read_place(
    lat: Option<&str>,
    lon: Option<&str>,
) -> Result<Option<Position>, Failure> {
    match (lat, lon) {
        (None, None) => Ok(None),
        (Some(lat), Some(lon)) => Ok(Some(read_position("", lat, lon)?)),
        (Some(_), None) | (None, Some(_)) => Err(Failure::illegal("lat, lon: give both, or none")),
    }
}

/// Names and places of shops that were found, in the same order.
pub(super) async fn place_views(edge: &Edge, found: Vec<Place>) -> Result<Vec<PlaceView>, Failure> {
    let views = edge.read(move |wallet, _, _| {
        let view = |place: Place| {
            let shop = wallet.shops().get(usize::try_from(place.shop).ok()?)?;
            Some(PlaceView {
                shop: shop.number,
                name: shop.name.to_string(),
                city: shop.city.to_string(),
                position: shop.position.map(PositionBody::of),
                distance_m: place.distance_m,
            })
        };
        found.into_iter().filter_map(view).collect()
    });
    Ok(views.await?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OffersQuery {
    /// Only what this shop sells.
    shop: Option<u32>,
    /// Latitude in degrees: what can be redeemed nearest comes first. With `lon`, without `shop`.
    lat: Option<String>,
    /// Longitude in degrees.
    lon: Option<String>,
    /// The `next` of the page before; not with a position.
    after: Option<u32>,
    /// 1 to 100; 20 when absent.
    limit: Option<usize>,
}

/// Offers on sale.
#[derive(Serialize, ToSchema)]
struct OffersPage {
    items: Vec<OfferView>,
    /// Give it as `after` to see more.
    next: Option<u32>,
}

/// Lists offers that are on sale: all, those of a shop, or the ones that can be redeemed nearest to
/// a position. A page may be short where offers have just ended, and what came on sale within half
/// a minute may be missing.
#[utoipa::path(
    get, path = "/v1/offers", tag = "offers", params(OffersQuery),
    responses((status = 200, body = OffersPage), (status = 400, body = Failure))
)]
async fn list(
    State(app): State<App>,
    signed: Signed,
    Query(query): Query<OffersQuery>,
) -> Result<Json<OffersPage>, Failure> {
    let limit = read_limit(query.limit)?;
    let from = read_place(query.lat.as_deref(), query.lon.as_deref())?;
    let mut page = match from {
        Some(from) => {
            if query.shop.is_some() || query.after.is_some() {
                let message = "shop, after: leave them out when lat and lon are given";
                return Err(Failure::illegal(message));
            }
            near(&app, signed.customer, from, limit).await?
        }
        None => {
            let numbers = on_sale(&app, query.shop).await?.into_iter();
            let mut numbers: Vec<u32> = numbers
                .filter(|number| query.after.is_none_or(|after| *number > after))
                .take(limit + 1)
                .collect();
            let has_more = numbers.len() > limit;
            numbers.truncate(limit);
            let next = numbers.last().copied().filter(|_| has_more);
            OffersPage { items: views(&app.edge, signed.customer, numbers).await?, next }
        }
    };
    page.items.retain(|offer| offer.state == ON_SALE);
    Ok(Json(page))
}

/// Numbers of offers on sale, ascending.
async fn on_sale(app: &App, shop: Option<u32>) -> Result<Vec<u32>, Failure> {
    let Some(shop) = shop else { return Ok(app.offers.on_sale(app).await?) };
    let now = app.edge.now();
    let look = move |wallet: &Wallet| {
        wallet.offers_on_sale(shop, now).iter().map(|offer| offer.number()).collect()
    };
    Ok(app.edge.read(move |wallet, _, _| look(wallet)).await?)
}

async fn near(app: &App, me: u32, from: Position, limit: usize) -> Result<OffersPage, Failure> {
    let found = app.offers.nearest_offers(app, from, limit).await?;
    let places = place_views(&app.edge, found.iter().map(|it| it.1).collect()).await?;
    let numbers = found.iter().map(|(offer, _)| *offer).collect();
    let mut items = views(&app.edge, me, numbers).await?;
    for item in &mut items {
        let place = found.iter().find(|(offer, _)| *offer == item.number);
        let place = place.and_then(|(_, place)| places.iter().find(|it| it.shop == place.shop));
        item.nearest = place.cloned();
    }
    Ok(OffersPage { items, next: None })
}

/// Shows an offer, also one that is not on sale.
#[utoipa::path(
    get, path = "/v1/offers/{n}", tag = "offers", params(("n" = u32, Path)),
    responses((status = 200, body = OfferView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<Json<OfferView>, Failure> {
    Ok(Json(view_of(&app.edge, signed.customer, read_id(&n, "offer")?).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PlacesQuery {
    /// Latitude in degrees, north positive, such as `37.5665`.
    lat: String,
    /// Longitude in degrees, east positive.
    lon: String,
    /// 1 to 100; 20 when absent.
    limit: Option<usize>,
}

/// Lists the nearest open shops that take coupons of an offer, nearest first.
#[utoipa::path(
    get, path = "/v1/offers/{n}/places", tag = "offers", params(("n" = u32, Path), PlacesQuery),
    responses((status = 200, body = Vec<PlaceView>), (status = 400, body = Failure),
        (status = 404, body = Failure))
)]
async fn places(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Query(query): Query<PlacesQuery>,
) -> Result<Json<Vec<PlaceView>>, Failure> {
    let offer = read_id(&n, "offer")?;
    let from = read_position("", &query.lat, &query.lon)?;
    let limit = read_limit(query.limit)?;
    view_of(&app.edge, signed.customer, offer).await?;
    let found = app.offers.nearest_places(&app, offer, (from, limit)).await?;
    Ok(Json(place_views(&app.edge, found).await?))
}

/// Makes an offer of a shop of the customer's own. Its terms never change.
#[utoipa::path(
    post, path = "/v1/shops/{n}/offers", tag = "offers", request_body = OfferBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = OfferView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn make(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<OfferBody>,
) -> Result<Made<OfferView>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let shop = own_shop(edge, by, read_number(&n)?).await?.0.number;
    let terms = Box::new(body.terms(shop, market(edge).await?.as_ref(), edge.now())?);
    // Numbers are given in order: one that was given before belongs to an earlier request.
    let before = edge.read(move |wallet, _, _| wallet.offers_of_shop(shop)).await?;
    let command = Command::Gift(GiftCommand::MakeOffer { by, terms, once });
    let number = match edge.submit(command).await? {
        Reply::Number(number) => number,
        other => unreachable!("an offer is answered with its number: {other:?}"),
    };
    app.offers.outdated();
    let is_repeat = before.iter().any(|offer| offer.number() == number);
    Ok(Made { view: view_of(edge, by, number).await?, is_repeat })
}

/// Ends the sale of an offer of the customer's own. What was sold stays good. It can be repeated.
#[utoipa::path(
    post, path = "/v1/offers/{n}/end", tag = "offers",
    params(("n" = u32, Path)), request_body = Nothing,
    responses((status = 204), (status = 404, body = Failure))
)]
async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<StatusCode, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let offer = read_id(&n, "offer")?;
    let shop = edge.read(move |wallet, _, _| wallet.offer(offer).map(|it| it.terms().shop));
    let shop = shop.await?.ok_or_else(|| not_found("offer"))?;
    own_shop(edge, by, shop).await.map_err(|_| not_found("offer"))?;
    edge.submit(Command::Gift(GiftCommand::EndOffer { by, offer })).await?;
    app.offers.outdated();
    Ok(StatusCode::NO_CONTENT)
}
