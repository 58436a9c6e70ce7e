//! The REST API of the wallet's app: for customers, and for those of them who run shops.
//!
//! A request bears `Authorization: Bearer <token>` and `Device-Id`: a session is good on its device
//! only. What moves money out, or lets others move it, needs a session that was stepped up with the
//! PIN a short while ago. What makes something bears `Idempotency-Key`; a repeat is answered with
//! what came of the first, and says so.
//!
//! One resource is one file with its own `routes()`. A further product is a further file, one row
//! in [`open_router`], an arm in [`card`] and one in [`receipt`].

mod access;
mod activity;
mod agreements;
mod auth;
mod bank;
mod bills;
mod card;
mod donations;
mod doors;
mod events;
mod failure;
mod gift_code;
mod gift_view;
mod gifts;
mod health;
mod lines;
mod me;
mod names;
mod near;
mod notes;
mod numbers;
mod offer_body;
mod offer_map;
mod offers;
mod once;
mod open_link;
mod packets;
mod pay;
mod payee;
mod people;
mod picture;
mod receipt;
mod requests;
mod rides;
mod saving_words;
mod savings;
mod scans;
mod service_card;
mod shop_activity;
mod shop_orders;
mod shops;
mod shows;
mod statement;
mod tallies;
mod tickets;
mod till;
mod transfers;
mod view;

pub(crate) use access::{STEPPED_UP_FOR, Who, prove_pin};
pub(crate) use activity::load;
pub(crate) use agreements::{give_consent, way_back};
pub(crate) use failure::Failure;
pub(crate) use names::name_of;
pub(crate) use offer_body::OfferBody;
pub(crate) use payee::read_alias;
pub(crate) use scans::scan_text;
pub(crate) use view::market;

use crate::Edge;
use axum::Router;
use axum::extract::FromRef;
use near::NearShops;
use offer_map::OfferMap;
use std::sync::Arc;
use tallies::Tallies;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) edge: Arc<Edge>,
    near: Arc<NearShops>,
    offers: Arc<OfferMap>,
    tallies: Arc<Tallies>,
}

impl App {
    pub(crate) fn new(edge: Arc<Edge>) -> App {
        App { edge, near: Arc::default(), offers: Arc::default(), tallies: Arc::default() }
    }
}

impl FromRef<App> for Arc<Edge> {
    fn from_ref(app: &App) -> Arc<Edge> {
        Arc::clone(&app.edge)
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Dhow wallet API",
        version = "0.1.0",
        description = "What a wallet's app asks for. Send `Authorization: Bearer <token>` and \
            `Device-Id`; every POST that makes something also needs `Idempotency-Key`, and money \
            needs `POST /v1/step-up` with the PIN before. Amounts are whole minor units."
    ),
    tags(
        (name = "account"), (name = "activity"), (name = "people"), (name = "transfers"),
        (name = "bank"), (name = "shops"), (name = "pay"), (name = "agreements"),
        (name = "packets"), (name = "offers"), (name = "gifts"), (name = "savings"),
        (name = "donations"), (name = "rides"), (name = "tickets"), (name = "bills"),
        (name = "health")
    )
)]
struct Contract;

fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Contract::openapi())
        .merge(health::routes())
        .merge(auth::routes())
        .merge(me::routes())
        .merge(activity::routes())
        .merge(events::routes())
        .merge(people::routes())
        .merge(transfers::routes())
        .merge(requests::routes())
        .merge(bank::routes())
        .merge(till::routes())
        .merge(shops::routes())
        .merge(shop_orders::routes())
        .merge(shop_activity::routes())
        .merge(statement::routes())
        .merge(near::routes())
        .merge(pay::routes())
        .merge(scans::routes())
        .merge(agreements::routes())
        .merge(open_link::routes())
        .merge(packets::routes())
        .merge(offers::routes())
        .merge(gifts::routes())
        .merge(savings::routes())
        .merge(donations::routes())
        .merge(lines::routes())
        .merge(rides::routes())
        .merge(shows::routes())
        .merge(tickets::routes())
        .merge(doors::routes())
        .merge(bills::routes())
}

/// All routes of the app, the contract at `/app/openapi.json` and its page at `/app/docs`.
pub fn router(edge: Arc<Edge>) -> Router {
    let (router, contract) = open_router().split_for_parts();
    let page = utoipa_swagger_ui::SwaggerUi::new("/app/docs").url("/app/openapi.json", contract);
    router.with_state(App::new(edge)).merge(page)
}

/// The contract as JSON, for the copy that is checked in.
pub fn openapi_json() -> String {
    let (_, contract) = open_router().split_for_parts();
    crate::contract::text(&contract)
}
