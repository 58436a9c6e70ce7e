//! The wallet's own shops.

use super::{AmountBody, AtDesk, Shared};
use api::ops::extract::Json;
use api::ops::{Failure, Role};
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wallet::ShopKind;
use wallet::command::desk::DeskAct;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShopView {
    pub shop: u32,
    pub name: String,
    pub owner: u32,
    pub city: String,
    pub mcc: String,
    /// PLAIN, AGENT or CHARITY.
    pub kind: String,
    pub is_open: bool,
    balance: AmountBody,
}

const fn kind_text(kind: ShopKind) -> &'static str {
    match kind {
        ShopKind::Plain => "PLAIN",
        ShopKind::Agent => "AGENT",
        ShopKind::Charity => "CHARITY",
    }
}

/// Lists all shops.
#[utoipa::path(
    get, path = "/desk/shops", tag = "shops",
    responses((status = 200, body = Vec<ShopView>))
)]
pub async fn list(State(desk): State<Shared>, _: AtDesk) -> Result<Json<Vec<ShopView>>, Failure> {
    let shops = desk
        .edge
        .read(|wallet, _, _| {
            let currency = wallet.market().account.currency;
            let view = |shop: &std::sync::Arc<wallet::Shop>| ShopView {
                shop: shop.number,
                name: shop.name.to_string(),
                owner: shop.owner,
                city: shop.city.to_string(),
                mcc: shop.mcc.to_string(),
                kind: kind_text(shop.kind).to_owned(),
                is_open: shop.is_open,
                balance: AmountBody::of(wallet.shop_balance(shop.number), currency),
            };
            wallet.shops().iter().map(view).collect()
        })
        .await?;
    Ok(Json(shops))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KindBody {
    /// PLAIN, AGENT or CHARITY.
    pub kind: String,
}

/// Makes a shop an agent for cash, a charity, or a plain shop again.
#[utoipa::path(
    put, path = "/desk/shops/{shop}/kind", tag = "shops",
    params(("shop" = u32, Path)), request_body = KindBody,
    responses((status = 204), (status = 400, body = Failure))
)]
pub async fn set_kind(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path(shop): Path<u32>,
    Json(body): Json<KindBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let kinds = [ShopKind::Plain, ShopKind::Agent, ShopKind::Charity];
    let kind = kinds.into_iter().find(|kind| kind_text(*kind) == body.kind);
    let kind = kind.ok_or_else(|| Failure::illegal("kind: must be PLAIN, AGENT or CHARITY"))?;
    desk.act(by, DeskAct::SetShopKind { shop, kind }).await?;
    Ok(StatusCode::NO_CONTENT)
}
