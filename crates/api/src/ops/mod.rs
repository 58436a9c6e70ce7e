//! The operations API: what the operator's people and programs see and change.
//!
//! REST with JSON; a bearer token with a role on every request; every write names why (`X-Reason`)
//! and stands in the log with the token's name. Failures say `{"code", "message", "field"}` like
//! the partner protocol.

mod agreements;
mod books;
mod code_rules;
mod codes;
mod contract;
mod declarations;
mod directory;
mod entry_codes;
mod error;
pub mod extract;
mod health;
pub mod model;
mod payments;
mod rates;
mod search;
mod stores;
mod story;
mod tokens;

pub use error::Failure;
pub use model::AmountView;
pub use story::{EntryView, PaymentStory};
pub use tokens::{Asker, Role, Token, Tokens, read_tokens};

use crate::links::Links;
use axum::Router;
use effects::{DirectoryView, Effects, Partitions};
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers share.
pub struct Ops {
    pub partitions: Partitions,
    pub directory: Arc<DirectoryView>,
    pub effects: Effects,
    pub tokens: Tokens,
    pub links: Links,
}

/// State of the handlers.
pub(crate) type Shared = Arc<Ops>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Dhow operations API",
        version = "0.1.0",
        description = "Participants, contracts, keys, rates, payments, accounts and health of a network. \
            Send `Authorization: Bearer <token>`; every write also needs `X-Reason`."
    ),
    tags(
        (name = "payments"), (name = "agreements"), (name = "participants"), (name = "books"), (name = "rates"), (name = "codes"), (name = "health")
    )
)]
struct Contract;

fn open_router() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Contract::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(health::effects))
        .routes(routes!(payments::search))
        .routes(routes!(payments::show))
        .routes(routes!(payments::breaks))
        .routes(routes!(directory::participants, directory::add))
        .routes(routes!(directory::show))
        .routes(routes!(contract::show, contract::replace))
        .routes(routes!(directory::set_endpoints))
        .routes(routes!(directory::set_status))
        .routes(routes!(directory::add_key))
        .routes(routes!(directory::retire_key))
        .routes(routes!(directory::merchants))
        .routes(routes!(directory::decide_merchant))
        .routes(routes!(stores::show, stores::set))
        .routes(routes!(books::accounts))
        .routes(routes!(books::positions))
        .routes(routes!(books::fund))
        .routes(routes!(rates::show, rates::load))
        .routes(routes!(rates::halt))
        .routes(routes!(rates::policy, rates::set_policy))
        .routes(routes!(declarations::list))
        .routes(routes!(declarations::set_status))
        .routes(routes!(agreements::list))
        .routes(routes!(agreements::show, agreements::end))
        .routes(routes!(codes::decode))
        .routes(routes!(entry_codes::issue, entry_codes::list))
        .routes(routes!(entry_codes::revoke))
        .routes(routes!(code_rules::show, code_rules::replace))
}

/// All routes, the contract at `/openapi.json` and its page at `/docs`.
pub fn router(ops: Ops) -> Router {
    let (router, contract) = open_router().split_for_parts();
    let page = utoipa_swagger_ui::SwaggerUi::new("/docs").url("/openapi.json", contract);
    router.with_state(Arc::new(ops)).merge(page)
}

/// The contract as JSON, for the copy that is checked in.
pub fn openapi_json() -> String {
    let (_, contract) = open_router().split_for_parts();
    contract.to_pretty_json().expect("the contract is plain text and lists")
}
