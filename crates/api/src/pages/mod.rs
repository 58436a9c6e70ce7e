//! Pages for payers: an order's page (the checkout, or what a browser shows of an order code), the
//! pages on which an amount is entered, and a user's way to a consent and back.
//!
//! Plain HTML with a little script, no cookies, nothing from elsewhere but wallets' logos. A page
//! never decides anything: what it shows comes from the machine, and a shop has to ask the network
//! before it hands out goods.
//!
//! The frame, its policy and the reading of amounts and languages serve other programs' pages, too.

mod code;
mod consent;
mod entry;
mod html;
mod keypad;
mod order;
mod words;

pub use crate::wire_edge::nonce;
pub use html::{escape, framed};
pub use keypad::read_amount;
pub use words::{asked_languages, language_tag};

use crate::wire_edge::{Door, RateLimit, WireEdge};
use axum::Router;
use axum::routing::get;
use ids::ParticipantId;
use network::EntryToken;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Orders that may be opened on one store's page, per second. Addresses say nothing here: behind a
/// terminator all payers have the same.
const ORDERS_PER_STORE: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");
/// Questions of pages to one acquirer about its codes, per second.
const QUESTIONS_PER_ACQUIRER: NonZeroU32 = NonZeroU32::new(100).expect("it is not zero");

struct Shared {
    door: Arc<Door>,
    opened: RateLimit<EntryToken>,
    asked: RateLimit<ParticipantId>,
}

/// Routes of the pages; merge it with others.
///
/// `/{code}` is an order's page, with `.svg` or `.png` its code as a picture, `/{code}/state` how it
/// stands; `/s/{token}` is a store's page, with `.svg` or `.png` what is printed; `/n` is the page
/// of an acquirer's code; on `/c/{agreement}` a user chooses a wallet, and `/a/{agreement}` is where
/// wallets send a user who consented.
pub fn router(edge: &WireEdge) -> Router {
    let shared = Arc::new(Shared {
        door: edge.door(),
        opened: RateLimit::new(ORDERS_PER_STORE),
        asked: RateLimit::new(QUESTIONS_PER_ACQUIRER),
    });
    Router::new()
        .route("/{code}", get(order::page))
        .route("/{code}/state", get(order::state))
        .route("/s/{token}", get(entry::page).post(entry::open))
        .route("/n", get(code::page).post(code::open))
        .route("/c/{agreement}", get(consent::choice))
        .route("/c/{agreement}/{wallet}", get(consent::choose))
        .route("/a/{agreement}", get(consent::back))
        .with_state(shared)
}
