//! What happened at a shop, newest first: sales, cash, donations, rides, seats, in one list.

use super::App;
use super::access::Signed;
use super::activity::{CardsPage, Part, page};
use super::card::{Draft, Viewer};
use super::failure::Failure;
use super::receipt::cards;
use super::shops::{own_shop, read_number};
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ShopPart {
    /// Of this kind only, such as `RIDE`.
    kind: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page, 1 to 100; 20 when absent.
    limit: Option<usize>,
}

/// Lists what happened at one of the customer's own shops; `GET /v1/activity/{id}` shows one thing.
#[utoipa::path(
    get, path = "/v1/shops/{n}/activity", tag = "shops", params(("n" = u32, Path), ShopPart),
    responses((status = 200, body = CardsPage), (status = 400, body = Failure),
        (status = 404, body = Failure))
)]
async fn list(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Query(query): Query<ShopPart>,
) -> Result<Json<CardsPage>, Failure> {
    let (shop, _, _) = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    let viewer = Viewer::Shop(shop.number);
    let part = Part { cursor: query.cursor, limit: query.limit };
    let kind = query.kind;
    let found = page(&app.edge, wallet::list_of_shop(shop.number), &part, |it| {
        let draft = Draft::of(it, viewer);
        draft.is_some_and(|draft| kind.as_deref().is_none_or(|kind| kind == draft.kind))
    });
    let found = found.await?;
    let items = cards(&app.edge, &found.objects, viewer).await?;
    Ok(Json(CardsPage { items, next: found.next }))
}
