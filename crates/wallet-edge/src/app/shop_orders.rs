//! Orders that a till shows, each with a code that is paid once.

use super::App;
use super::access::Signed;
use super::activity;
use super::card::Viewer;
use super::failure::{Failure, not_found};
use super::once::{Keyed, Made, Nothing};
use super::picture::{PictureQuery, Shape, draw, order_text};
use super::receipt::Receipt;
use super::shops::{own_shop, read_number};
use super::view::{AmountBody, market, read_id, read_text, read_time};
use crate::Edge;
use api::ops::extract::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use base::Span;
use ids::{PersonId, ShopOrderId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::shops::ShopCommand;
use wallet::{Command, Object, ShopNumber};

/// How long a code is shown when nothing else is said.
const SHOWN_FOR: Span = Span::minutes(15);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(order))
        .routes(routes!(show))
        .routes(routes!(code))
        .routes(routes!(end))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    amount: AmountBody,
    /// The shop's own name for it.
    #[schema(example = "table-7")]
    reference: String,
    /// Within a day; without it, a quarter of an hour.
    until: Option<String>,
}

/// An order, as the till sees it.
#[derive(Serialize, ToSchema)]
struct OrderView {
    #[serde(flatten)]
    order: Receipt,
    /// The text of the code to be shown.
    code: String,
}

impl OrderView {
    async fn of(
        edge: &Edge,
        (shop, person): (ShopNumber, PersonId),
        object: &Object,
    ) -> Result<OrderView, Failure> {
        let order = Receipt::made(edge, object, Viewer::Shop(shop), person).await?;
        Ok(OrderView { order, code: order_text(ShopOrderId::from_u128(object.id())) })
    }
}

/// Asks for the payment of one sale.
#[utoipa::path(
    post, path = "/v1/shops/{n}/orders", tag = "shops", request_body = OrderBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = OrderView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn order(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Keyed { once, body }: Keyed<OrderBody>,
) -> Result<Made<OrderView>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let shop = read_number(&n)?;
    let currency = market(edge).await?.account.currency;
    let amount_minor = body.amount.read("amount", currency)?;
    let reference = read_text(&body.reference, "reference")?;
    let until = match &body.until {
        None => edge.now().after(SHOWN_FOR),
        Some(text) => read_time(text, "until")?,
    };
    let (millis, partition, random) = edge.draw();
    let id = ShopOrderId::new(millis, partition, random);
    let command =
        Command::Shop(ShopCommand::Order { id, shop, by, amount_minor, reference, until, once });
    let (object, is_repeat) = edge.make(command).await?;
    Ok(Made { view: OrderView::of(edge, (shop, signed.person), &object).await?, is_repeat })
}

/// An order of one of the customer's own shops.
async fn own_order(
    edge: &Edge,
    signed: &Signed,
    (n, id): (&str, &str),
) -> Result<(ShopNumber, Object), Failure> {
    let (shop, _, _) = own_shop(edge, signed.customer, read_number(n)?).await?;
    let id = read_id::<ShopOrderId>(id, "order")?;
    match activity::load(edge, vec![id.as_u128()]).await?.pop() {
        Some(Object::ShopOrder(it)) if it.shop == shop.number => {
            Ok((shop.number, Object::ShopOrder(it)))
        }
        _ => Err(not_found("order")),
    }
}

/// Shows an order: is it paid?
#[utoipa::path(
    get, path = "/v1/shops/{n}/orders/{id}", tag = "shops",
    params(("n" = u32, Path), ("id" = String, Path)),
    responses((status = 200, body = OrderView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path((n, id)): Path<(String, String)>,
) -> Result<Json<OrderView>, Failure> {
    let (shop, object) = own_order(&app.edge, &signed, (&n, &id)).await?;
    Ok(Json(OrderView::of(&app.edge, (shop, signed.person), &object).await?))
}

/// The order's code: its text, or a picture.
#[utoipa::path(
    get, path = "/v1/shops/{n}/orders/{id}/code", tag = "shops",
    params(("n" = u32, Path), ("id" = String, Path),
        PictureQuery),
    responses((status = 200, body = String), (status = 404, body = Failure))
)]
async fn code(
    State(app): State<App>,
    signed: Signed,
    Path((n, id)): Path<(String, String)>,
    shape: Shape,
) -> Result<Response, Failure> {
    let (_, object) = own_order(&app.edge, &signed, (&n, &id)).await?;
    draw(&order_text(ShopOrderId::from_u128(object.id())), &id, shape)
}

/// Takes an order's code back. It can be repeated.
#[utoipa::path(
    post, path = "/v1/shops/{n}/orders/{id}/end", tag = "shops",
    params(("n" = u32, Path), ("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = OrderView), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn end(
    State(app): State<App>,
    signed: Signed,
    Path((n, id)): Path<(String, String)>,
) -> Result<Json<OrderView>, Failure> {
    let (edge, by) = (&app.edge, signed.customer);
    let shop = read_number(&n)?;
    let id = read_id::<ShopOrderId>(&id, "order")?;
    let command = Command::Shop(ShopCommand::EndOrder { shop, by, id });
    let (object, _) = edge.make(command).await?;
    Ok(Json(OrderView::of(edge, (shop, signed.person), &object).await?))
}
