//! Gift coupons, from who buys one to the friend who has it to the till that takes it.

use super::App;
use super::access::{Signed, SteppedUp};
use super::activity::{self, Part};
use super::card::{Viewer, gift_state};
use super::failure::{Failure, not_found};
use super::gift_code::GiftCode;
use super::gift_view::{GiftView, views};
use super::notes;
use super::offers::{PlaceView, place_views, read_limit, read_place};
use super::once::{Keyed, Made, Nothing};
use super::open_link::{ClaimBody, Opens, digest_of_link};
use super::payee::resolve;
use super::picture::svg;
use super::shops::read_number;
use super::view::{AmountBody, AmountView, market, read_id, time};
use crate::Edge;
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use base::Span;
use gifts::{Audience, OpenCode};
use ids::GiftId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::gifts::{BuyGift, GiftCommand, RedeemGift};
use wallet::objects::Gift;
use wallet::{Command, Object};

/// How long a code is good, unless the market says less.
const CODE_FOR: Span = Span::minutes(5);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(buy, list))
        .routes(routes!(claim))
        .routes(routes!(show))
        .routes(routes!(send))
        .routes(routes!(code))
        .routes(routes!(refund))
        .routes(routes!(redeem))
}

fn as_gift(object: Object) -> Arc<Gift> {
    match object {
        Object::Gift(gift) => gift,
        other => unreachable!("a command for a gift is answered by one: {other:?}"),
    }
}

async fn view_of(edge: &Edge, gift: Arc<Gift>, signed: &Signed) -> Result<GiftView, Failure> {
    let found = views(edge, vec![gift], (signed.customer, signed.person)).await?.pop();
    Ok(found.expect("one gift has one view"))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct GiftBody {
    /// The offer's number.
    offer: u32,
    /// A phone number, an e-mail address, or a `payee`: it is sent at once.
    to: Option<String>,
    /// It is sent at once to whoever has the link first. Without `to` and this it waits for
    /// `POST /v1/gifts/{id}/send`.
    #[serde(default)]
    by_link: bool,
    /// The text on the card: buyer and friend can read it.
    note: Option<String>,
}

/// Buys a coupon, and may send it in the same step.
#[utoipa::path(
    post, path = "/v1/gifts", tag = "gifts", request_body = GiftBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = GiftView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn buy(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<GiftBody>,
) -> Result<Made<GiftView>, Failure> {
    let (edge, buyer) = (&app.edge, signed.customer);
    let (millis, partition, random) = edge.draw();
    let id = GiftId::new(millis, partition, random);
    let to = match (&body.to, body.by_link) {
        (Some(_), true) => return Err(Failure::illegal("to, byLink: give one of the two")),
        (Some(to), false) => Some(Audience::Named(resolve(&app, &signed, to, "to").await?)),
        (None, true) => Some(link_audience(edge, id)),
        (None, false) => None,
    };
    let kept = notes::keep(edge, (buyer, &once), &named(to), body.note.as_deref()).await?;
    let bought = BuyGift { id, buyer, offer: body.offer, to, note: kept.id, once };
    let made = edge.make(Command::Gift(GiftCommand::Buy(Box::new(bought)))).await;
    let (object, is_repeat) = kept.unless_refused(edge, made).await?;
    Ok(Made { view: view_of(edge, as_gift(object), &signed).await?, is_repeat })
}

fn link_audience(edge: &Edge, id: GiftId) -> Audience {
    Audience::Link(digest_of_link(edge, Opens::Gift, id.as_u128()))
}

/// Who gets a text that goes with it at once.
fn named(to: Option<Audience>) -> Vec<u32> {
    match to {
        Some(Audience::Named(customer)) => vec![customer],
        Some(Audience::Link(_)) | None => Vec::new(),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendGiftBody {
    /// A phone number, an e-mail address, or a `payee`. Without it there is a link, and who has it
    /// first may claim.
    to: Option<String>,
    /// The text on the card, instead of the one that it was bought with.
    note: Option<String>,
}

/// Sends a gift that was bought before. Sent to the same once more, it stays as it is.
#[utoipa::path(
    post, path = "/v1/gifts/{id}/send", tag = "gifts", request_body = SendGiftBody,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = GiftView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn send(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(id): Path<String>,
    Keyed { once, body }: Keyed<SendGiftBody>,
) -> Result<Made<GiftView>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let id = read_id::<GiftId>(&id, "gift")?;
    let to = match &body.to {
        Some(to) => Audience::Named(resolve(&app, &signed, to, "to").await?),
        None => link_audience(edge, id),
    };
    let before = find(edge, by, &id.to_string()).await?;
    let kept = notes::keep(edge, (by, &once), &named(Some(to)), body.note.as_deref()).await?;
    let command = GiftCommand::Send { by, id, to, note: kept.id };
    let made = edge.make(Command::Gift(command)).await;
    // A repeat that comes too late is refused, and its text is the card's all the same.
    let made =
        if kept.id == before.note { made } else { kept.clone().unless_refused(edge, made).await };
    let (object, is_repeat) = made?;
    let gift = as_gift(object);
    if kept.id != gift.note {
        kept.forget(edge).await?;
    }
    for friend in named(Some(to)) {
        // It may be the text that it was bought with.
        if let Some(person) = edge.person_of(friend).await? {
            notes::hand_on(edge, gift.note, by, person).await?;
        }
    }
    Ok(Made { view: view_of(edge, gift, &signed).await?, is_repeat })
}

/// A gift that the customer bought, was sent, or has.
async fn find(edge: &Edge, customer: u32, id: &str) -> Result<Arc<Gift>, Failure> {
    match activity::find(edge, customer, id).await? {
        Some((Object::Gift(gift), Viewer::Customer(_))) => Ok(gift),
        _ => Err(not_found("gift")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Role {
    Bought,
    Received,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GiftsQuery {
    /// `BOUGHT` or `RECEIVED`; both when absent.
    role: Option<Role>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page, 1 to 100; 20 when absent.
    limit: Option<usize>,
}

/// One page, newest first.
#[derive(Serialize, ToSchema)]
struct GiftsPage {
    items: Vec<GiftView>,
    /// Give it as `cursor` to see older ones. A page may be short, even empty, and still have it.
    next: Option<String>,
}

/// Lists the gifts that the customer bought or received.
#[utoipa::path(
    get, path = "/v1/gifts", tag = "gifts", params(GiftsQuery),
    responses((status = 200, body = GiftsPage), (status = 400, body = Failure))
)]
async fn list(
    State(app): State<App>,
    signed: Signed,
    Query(query): Query<GiftsQuery>,
) -> Result<Json<GiftsPage>, Failure> {
    let me = signed.customer;
    let takes = |object: &Object| {
        let Object::Gift(gift) = object else { return false };
        match query.role {
            None => true,
            Some(Role::Bought) => gift.body.buyer() == me,
            // A coupon may be one's own.
            Some(Role::Received) => gift.body.buyer() != me || gift.body.holder() == Some(me),
        }
    };
    let part = Part { cursor: query.cursor.clone(), limit: query.limit };
    let found = activity::page(&app.edge, wallet::list_of_customer(me), &part, takes).await?;
    let gifts = found.objects.into_iter().map(as_gift).collect();
    let items = views(&app.edge, gifts, (me, signed.person)).await?;
    Ok(Json(GiftsPage { items, next: found.next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NearestQuery {
    /// Latitude in degrees: the answer has the nearest shops that redeem the gift. With `lon`.
    lat: Option<String>,
    /// Longitude in degrees.
    lon: Option<String>,
    /// 1 to 100 shops; 20 when absent.
    limit: Option<usize>,
}

/// A gift, and where it can be used.
#[derive(Serialize, ToSchema)]
struct GiftAndPlaces {
    #[serde(flatten)]
    gift: GiftView,
    /// The nearest open shops that take it, when a position was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<Vec<PlaceView>>,
}

/// Shows a gift that the customer bought, was sent, or has.
#[utoipa::path(
    get, path = "/v1/gifts/{id}", tag = "gifts", params(("id" = String, Path), NearestQuery),
    responses((status = 200, body = GiftAndPlaces), (status = 400, body = Failure),
        (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Query(query): Query<NearestQuery>,
) -> Result<Json<GiftAndPlaces>, Failure> {
    let edge = &app.edge;
    let limit = read_limit(query.limit)?;
    let from = read_place(query.lat.as_deref(), query.lon.as_deref())?;
    let gift = find(edge, signed.customer, &id).await?;
    let nearest = match from {
        None => None,
        Some(from) => {
            let offer = gift.body.offer();
            let found = app.offers.nearest_places(&app, offer, (from, limit)).await?;
            Some(place_views(edge, found).await?)
        }
    };
    Ok(Json(GiftAndPlaces { gift: view_of(edge, gift, &signed).await?, nearest }))
}

/// Takes a gift that was sent: from then on it is the customer's. It can be repeated.
#[utoipa::path(
    post, path = "/v1/gifts/claim", tag = "gifts", request_body = ClaimBody,
    responses((status = 200, body = GiftView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn claim(
    State(app): State<App>,
    signed: Signed,
    Json(body): Json<ClaimBody>,
) -> Result<Json<GiftView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let (id, link) = body.read(edge, Opens::Gift, GiftId::from_u128).await?;
    let command = GiftCommand::Claim { customer, id, link };
    let (object, _) = edge.make(Command::Gift(command)).await?;
    let gift = as_gift(object);
    notes::hand_on(edge, gift.note, gift.body.buyer(), signed.person).await?;
    Ok(Json(view_of(edge, gift, &signed).await?))
}

/// A code for one use at a till. It is shown this once: the wallet keeps its digest only.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct GiftCodeView {
    #[schema(example = "K3VF-9QXA-7MZD-2RTY")]
    code: String,
    /// The same as a QR code, an SVG picture.
    svg: String,
    until: String,
    /// What the till can take with it at most.
    face_left: AmountView,
}

/// Draws a one-time code to show at a till; the one before is good for nothing from then on.
#[utoipa::path(
    post, path = "/v1/gifts/{id}/code", tag = "gifts",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = GiftCodeView), (status = 403, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn code(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(id): Path<String>,
) -> Result<([(HeaderName, &'static str); 1], Json<GiftCodeView>), Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let id = read_id::<GiftId>(&id, "gift")?;
    let drawn = GiftCode::draw();
    let until = edge.now().after(CODE_FOR.min(market(edge).await?.gifts.most_code_life));
    let code = OpenCode { digest: drawn.digest(), until };
    let command = GiftCommand::IssueCode { customer, id, code };
    let (object, _) = edge.make(Command::Gift(command)).await?;
    let text = drawn.to_string();
    let view = GiftCodeView {
        svg: svg(&text, "gift")?,
        code: text,
        until: time(until),
        face_left: AmountView::of(as_gift(object).body.face_left()),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(view)))
}

/// Gives a gift back that nobody has claimed: the buyer has the money again. It can be repeated.
#[utoipa::path(
    post, path = "/v1/gifts/{id}/refund", tag = "gifts",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = GiftView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn refund(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<GiftView>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let id = read_id::<GiftId>(&id, "gift")?;
    let (object, _) = edge.make(Command::Gift(GiftCommand::Refund { by, id })).await?;
    Ok(Json(view_of(edge, as_gift(object), &signed).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RedemptionBody {
    /// As the holder shows it; case and dashes do not matter.
    #[schema(example = "K3VF-9QXA-7MZD-2RTY")]
    code: String,
    /// Of the coupon's face value; without it, all that is left.
    amount: Option<AmountBody>,
}

/// What a till took of a coupon.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RedemptionView {
    title: String,
    /// Of the face value: the goods to be handed out.
    redeemed: AmountView,
    /// Of the face value, with another code.
    left: AmountView,
    /// As of a gift.
    state: &'static str,
    time: String,
}

/// Takes a coupon at the till, whole or in part: the shop has its money at once.
#[utoipa::path(
    post, path = "/v1/shops/{n}/redemptions", tag = "gifts", request_body = RedemptionBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = RedemptionView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn redeem(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<RedemptionBody>,
) -> Result<Made<RedemptionView>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let shop = read_number(&n)?;
    let code = GiftCode::read(&body.code)?.digest();
    let currency = market(edge).await?.account.currency;
    let face_minor = match &body.amount {
        Some(amount) => Some(amount.read("amount", currency)?),
        None => None,
    };
    let command = GiftCommand::Redeem(RedeemGift { shop, by, code, face_minor, once });
    let (object, is_repeat) = edge.make(Command::Gift(command)).await?;
    let gift = as_gift(object);
    let (used, offer) = (gift.body.uses().iter().find(|it| it.code == code), gift.body.offer());
    let used = used.expect("a code that was redeemed is among the uses");
    let title = edge.read(move |wallet, _, _| {
        wallet.offer(offer).map(|it| it.terms().title.to_string()).unwrap_or_default()
    });
    let view = RedemptionView {
        title: title.await?,
        redeemed: AmountView::minor(used.face_minor, currency),
        left: AmountView::of(gift.body.face_left()),
        state: gift_state(gift.body.state()),
        time: time(used.at),
    };
    Ok(Made { view, is_repeat })
}
