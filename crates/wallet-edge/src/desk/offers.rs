//! Offers of gift coupons, of any shop.

use super::{AmountBody, AtDesk, Shared};
use crate::app::OfferBody;
use crate::edge::digest_of;
use api::ops::extract::{Json, Query};
use api::ops::model::time;
use api::ops::{Failure, Role};
use axum::extract::{Path, State};
use base::encode;
use gifts::Offer;
use http::StatusCode;
use ids::PartnerText;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use wallet::command::desk::DeskAct;
use wallet::{Once, Reply, Wallet};

/// Offers of one page.
const PAGE: usize = 100;

/// Which offers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OffersQuery {
    /// Only this shop's.
    pub shop: Option<u32>,
    /// Only offers with a higher number: the last one of the page before.
    pub after: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeskOfferView {
    pub offer: u32,
    pub shop: u32,
    pub title: String,
    face: AmountBody,
    price: AmountBody,
    pub sold: u32,
    pub stock: u32,
    pub sale_from: String,
    pub sale_until: String,
    /// Somebody could buy one now, if the shop is open.
    pub is_on_sale: bool,
}

/// Lists offers, ended ones included, 100 at most.
#[utoipa::path(
    get, path = "/desk/offers", tag = "offers", params(OffersQuery),
    responses((status = 200, body = Vec<DeskOfferView>))
)]
pub async fn list(
    State(desk): State<Shared>,
    _: AtDesk,
    Query(query): Query<OffersQuery>,
) -> Result<Json<Vec<DeskOfferView>>, Failure> {
    let now = desk.edge.now();
    let first = query.after.map_or(Some(0), |after| after.checked_add(1));
    let Some(first) = first else { return Ok(Json(Vec::new())) };
    let look = move |wallet: &Wallet| -> Vec<Arc<Offer>> {
        match query.shop {
            Some(shop) => {
                let offers = wallet.offers_of_shop(shop).into_iter();
                offers.filter(|offer| offer.number() >= first).take(PAGE).collect()
            }
            None => (first..).map_while(|it| wallet.offer(it).cloned()).take(PAGE).collect(),
        }
    };
    let offers = desk.edge.read(move |wallet, _, _| look(wallet)).await?;
    let view = |offer: &Arc<Offer>| {
        let terms = offer.terms();
        DeskOfferView {
            offer: offer.number(),
            shop: terms.shop,
            title: terms.title.to_string(),
            face: AmountBody::of(terms.face.minor(), terms.face.currency()),
            price: AmountBody::of(terms.price.minor(), terms.price.currency()),
            sold: offer.sold(),
            stock: terms.stock,
            sale_from: time(terms.sale_from),
            sale_until: time(terms.sale_until),
            is_on_sale: offer.would_sell(0, now).is_ok(),
        }
    };
    Ok(Json(offers.iter().map(view).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeskOfferBody {
    /// The shop that sells.
    shop: u32,
    /// Your own name for it: a repeat with the same terms makes no second offer.
    reference: String,
    /// Its coupons may be good in shops of any owner.
    terms: OfferBody,
}

/// The number of an offer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferNumber {
    pub offer: u32,
}

/// Makes an offer for a shop.
#[utoipa::path(
    post, path = "/desk/offers", tag = "offers", request_body = DeskOfferBody,
    responses((status = 201, body = OfferNumber), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
pub async fn make(
    State(desk): State<Shared>,
    asker: AtDesk,
    Json(body): Json<DeskOfferBody>,
) -> Result<(StatusCode, Json<OfferNumber>), Failure> {
    let by = asker.may(Role::Operator)?;
    let market = desk.edge.read(|wallet, _, _| Arc::clone(wallet.market())).await?;
    let illegal = |error| Failure::illegal(format!("reference: {error}"));
    let key = PartnerText::new(&body.reference).map_err(illegal)?;
    let terms_at = |now| body.terms.terms(body.shop, &market, now);
    // A repeat comes at another time and says the same.
    let digest = digest_of(&[&encode(&terms_at(base::Timestamp::from_secs(0))?)]);
    let terms = Box::new(terms_at(desk.edge.now())?);
    match desk.act(by, DeskAct::MakeOffer { terms, once: Once { key, digest } }).await? {
        Reply::Number(offer) => Ok((StatusCode::CREATED, Json(OfferNumber { offer }))),
        other => unreachable!("an offer is answered with its number: {other:?}"),
    }
}

/// Ends the sale of an offer. What was sold stays good.
#[utoipa::path(
    post, path = "/desk/offers/{offer}/end", tag = "offers", params(("offer" = u32, Path)),
    responses((status = 204), (status = 404, body = Failure))
)]
pub async fn end(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path(offer): Path<u32>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    desk.act(by, DeskAct::EndOffer { offer }).await?;
    Ok(StatusCode::NO_CONTENT)
}
