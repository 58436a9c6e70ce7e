//! Shops of the wallet: opening one takes a minute, and its printed code takes money at once.

use super::App;
use super::access::{Signed, SteppedUp};
use super::card::Viewer;
use super::failure::{Failure, not_found};
use super::near::read_position;
use super::once::{Keyed, Made, Nothing};
use super::picture::{PictureQuery, Shape, draw};
use super::receipt::Receipt;
use super::view::{AmountBody, AmountView, market, read_id, read_text};
use crate::Edge;
use api::ops::extract::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Text, TextError};
use geo::Position;
use ids::{PaymentId, RefundId};
use money::Currency;
use serde::{Deserialize, Serialize};
use services::OwnCode;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::shops::{OpenShop, ShopCommand};
use wallet::{Command, Reply, Shop, ShopKind, ShopNumber};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(open_one, list))
        .routes(routes!(show))
        .routes(routes!(code))
        .routes(routes!(refund))
        .routes(routes!(pay_out))
        .routes(routes!(open))
        .routes(routes!(close))
}

/// A shop's number in a path: what is none is as unknown as any other.
pub(super) fn read_number(text: &str) -> Result<ShopNumber, Failure> {
    read_id(text, "shop")
}

/// A place in degrees, as text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PositionBody {
    #[schema(example = "37.566500")]
    pub latitude: String,
    #[schema(example = "126.978000")]
    pub longitude: String,
}

impl PositionBody {
    pub fn of(position: Position) -> PositionBody {
        let text = position.to_string();
        let (latitude, longitude) = text.split_once(',').unwrap_or((&text, ""));
        PositionBody { latitude: latitude.to_owned(), longitude: longitude.to_owned() }
    }
}

pub(super) const fn kind_text(kind: ShopKind) -> &'static str {
    match kind {
        ShopKind::Plain => "PLAIN",
        ShopKind::Agent => "AGENT",
        ShopKind::Charity => "CHARITY",
    }
}

/// A shop, as the one who runs it sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShopView {
    number: u32,
    name: String,
    mcc: String,
    city: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<PositionBody>,
    /// `PLAIN`, `AGENT`, `CHARITY`.
    kind: &'static str,
    is_open: bool,
    balance: AmountView,
    /// The text of its printed code.
    #[schema(example = "DHW1/PAY/0/1C51")]
    code: String,
}

impl ShopView {
    fn of(shop: &Shop, balance_minor: u64, currency: Currency) -> ShopView {
        ShopView {
            number: shop.number,
            name: shop.name.to_string(),
            mcc: shop.mcc.to_string(),
            city: shop.city.to_string(),
            position: shop.position.map(PositionBody::of),
            kind: kind_text(shop.kind),
            is_open: shop.is_open,
            balance: AmountView::minor(balance_minor, currency),
            code: OwnCode::Pay { merchant: shop.number }.to_string(),
        }
    }
}

/// A shop that this customer runs; any other is not found. With what it has, in minor units.
pub(super) async fn own_shop(
    edge: &Edge,
    owner: u32,
    number: ShopNumber,
) -> Result<(Arc<Shop>, u64, Currency), Failure> {
    let found = edge
        .read(move |wallet, _, _| {
            let shop = wallet.shops().get(usize::try_from(number).ok()?)?;
            let currency = wallet.market().account.currency;
            let is_own = shop.owner == owner;
            is_own.then(|| (Arc::clone(shop), wallet.shop_balance(number), currency))
        })
        .await?;
    found.ok_or_else(|| not_found("shop"))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OpenBody {
    /// As over its door.
    #[schema(example = "Hana Coffee")]
    name: String,
    /// Merchant category code: ISO 18245.
    #[schema(example = "5812")]
    mcc: String,
    #[schema(example = "Seoul")]
    city: String,
    /// Without it, it is on no map.
    position: Option<PositionBody>,
}

impl OpenBody {
    fn mcc(&self) -> Result<Text<4>, Failure> {
        let is_mcc = self.mcc.len() == 4 && self.mcc.bytes().all(|byte| byte.is_ascii_digit());
        let bad = |_: TextError| Failure::illegal("mcc: give four digits");
        if is_mcc { Text::new(&self.mcc).map_err(bad) } else { Err(bad(TextError::Empty)) }
    }
}

/// Opens a shop, which takes money from then on.
#[utoipa::path(
    post, path = "/v1/shops", tag = "shops", request_body = OpenBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ShopView), (status = 400, body = Failure),
        (status = 409, body = Failure))
)]
async fn open_one(
    State(app): State<App>,
    signed: Signed,
    Keyed { once, body }: Keyed<OpenBody>,
) -> Result<Made<ShopView>, Failure> {
    let (edge, owner) = (&app.edge, signed.customer);
    let position = match &body.position {
        None => None,
        Some(it) => Some(read_position("position.", &it.latitude, &it.longitude)?),
    };
    let opened = OpenShop {
        owner,
        name: read_text(&body.name, "name")?,
        mcc: body.mcc()?,
        city: read_text(&body.city, "city")?,
        position,
        kind: ShopKind::Plain,
        once,
    };
    // Numbers are given in order: one that was given before belongs to an earlier request.
    let before = edge.read(|wallet, _, _| wallet.shops().len()).await?;
    let number = match edge.submit(Command::Shop(ShopCommand::Open(opened))).await? {
        Reply::Number(number) => number,
        other => unreachable!("a shop is answered with its number: {other:?}"),
    };
    app.near.outdated();
    let (shop, balance, currency) = own_shop(edge, owner, number).await?;
    let is_repeat = usize::try_from(number).is_ok_and(|number| number < before);
    Ok(Made { view: ShopView::of(&shop, balance, currency), is_repeat })
}

/// Lists the customer's own shops, 100 at most.
#[utoipa::path(
    get, path = "/v1/shops", tag = "shops",
    responses((status = 200, body = Vec<ShopView>), (status = 401, body = Failure))
)]
async fn list(State(app): State<App>, signed: Signed) -> Result<Json<Vec<ShopView>>, Failure> {
    let owner = signed.customer;
    let (own, currency) = app
        .edge
        .read(move |wallet, _, _| {
            let own = wallet.shops().iter().filter(|shop| shop.owner == owner);
            let own = own.map(|shop| (Arc::clone(shop), wallet.shop_balance(shop.number)));
            (own.collect::<Vec<_>>(), wallet.market().account.currency)
        })
        .await?;
    Ok(Json(own.iter().map(|(shop, minor)| ShopView::of(shop, *minor, currency)).collect()))
}

/// Shows one of the customer's own shops.
#[utoipa::path(
    get, path = "/v1/shops/{n}", tag = "shops", params(("n" = u32, Path)),
    responses((status = 200, body = ShopView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<Json<ShopView>, Failure> {
    let found = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    Ok(Json(ShopView::of(&found.0, found.1, found.2)))
}

/// The shop's printed code: its text, or a picture.
#[utoipa::path(
    get, path = "/v1/shops/{n}/code", tag = "shops",
    params(("n" = u32, Path), PictureQuery),
    responses((status = 200, body = String), (status = 404, body = Failure))
)]
async fn code(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    shape: Shape,
) -> Result<Response, Failure> {
    let (shop, _, _) = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    let text = OwnCode::Pay { merchant: shop.number }.to_string();
    draw(&text, shop.name.as_str(), shape)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    /// The sale's id.
    payment: String,
    /// All that is left of it, or less.
    amount: AmountBody,
}

/// Gives money of a sale back, from what the shop has.
#[utoipa::path(
    post, path = "/v1/shops/{n}/refunds", tag = "shops", request_body = RefundBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn refund(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<RefundBody>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let shop = read_number(&n)?;
    let currency = market(edge).await?.account.currency;
    let amount_minor = body.amount.read("amount", currency)?;
    let payment = read_id::<PaymentId>(&body.payment, "payment")?;
    let (millis, partition, random) = edge.draw();
    let id = RefundId::new(millis, partition, random);
    let command = Command::Shop(ShopCommand::Refund { id, shop, by, payment, amount_minor, once });
    let (object, is_repeat) = edge.make(command).await?;
    let view = Receipt::made(edge, &object, Viewer::Shop(shop), signed.person).await?;
    Ok(Made { view, is_repeat })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayOutBody {
    amount: AmountBody,
}

/// Moves the shop's money to its owner's account.
#[utoipa::path(
    post, path = "/v1/shops/{n}/pay-out", tag = "shops", request_body = PayOutBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn pay_out(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<PayOutBody>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let shop = read_number(&n)?;
    let currency = market(edge).await?.account.currency;
    let amount_minor = body.amount.read("amount", currency)?;
    let command = Command::Shop(ShopCommand::PayOut { shop, by, amount_minor, once });
    let (object, is_repeat) = edge.make(command).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(by), signed.person).await?;
    Ok(Made { view, is_repeat })
}

async fn set_open(
    app: &App,
    signed: &Signed,
    n: &str,
    is_open: bool,
) -> Result<StatusCode, Failure> {
    let (shop, by) = (read_number(n)?, signed.customer);
    app.edge.submit(Command::Shop(ShopCommand::SetOpen { shop, by, is_open })).await?;
    app.near.outdated();
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a closed shop for business again.
#[utoipa::path(
    post, path = "/v1/shops/{n}/open", tag = "shops",
    params(("n" = u32, Path)), request_body = Nothing,
    responses((status = 204), (status = 404, body = Failure))
)]
async fn open(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<StatusCode, Failure> {
    set_open(&app, &signed, &n, true).await
}

/// Closes a shop: it takes no money until it is opened again.
#[utoipa::path(
    post, path = "/v1/shops/{n}/close", tag = "shops",
    params(("n" = u32, Path)), request_body = Nothing,
    responses((status = 204), (status = 404, body = Failure))
)]
async fn close(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<StatusCode, Failure> {
    set_open(&app, &signed, &n, false).await
}
