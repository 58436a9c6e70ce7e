//! Pages for payers: an order's page (the checkout, or what a browser shows of an order code), a
//! store's page behind its printed code, and the way back from a consent.
//!
//! Plain HTML with a little script, no cookies, nothing from elsewhere but wallets' logos. A page
//! never decides anything: what it shows comes from the machine, and a shop has to ask the network
//! before it hands out goods.

mod consent;
mod entry;
mod html;
mod order;
mod words;

use crate::links::Links;
use crate::wire_edge::RateLimit;
use axum::Router;
use axum::routing::get;
use effects::{DirectoryView, Partitions};
use engine::Clock;
use network::EntryToken;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Orders that may be opened on one store's page, per second. Addresses say nothing here: behind a
/// terminator all payers have the same.
const ORDERS_PER_STORE: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");

/// What the pages are made from.
pub struct Pages {
    pub partitions: Partitions,
    pub directory: Arc<DirectoryView>,
    pub links: Links,
    pub clock: Arc<dyn Clock>,
}

struct Shared {
    pages: Pages,
    opened: RateLimit<EntryToken>,
}

/// Routes of the pages; merge it with others.
///
/// `/{code}` is an order's page, with `.svg` or `.png` its code as a picture, `/{code}/state` how it
/// stands; `/s/{token}` is a store's page, with `.svg` or `.png` what is printed;
/// `/a/{agreement}` is where wallets send a user who consented.
pub fn router(pages: Pages) -> Router {
    let shared = Arc::new(Shared { pages, opened: RateLimit::new(ORDERS_PER_STORE) });
    Router::new()
        .route("/{code}", get(order::page))
        .route("/{code}/state", get(order::state))
        .route("/s/{token}", get(entry::page).post(entry::open))
        .route("/a/{agreement}", get(consent::back))
        .with_state(shared)
}
