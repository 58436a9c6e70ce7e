//! The REST API of the wallet's operator, below `/desk`.
//!
//! A bearer token with a role on every request; every write names why (`X-Reason`) and stands in
//! the log with the token's name. Customers are shown masked.

mod billers;
mod books;
mod csv;
mod customers;
mod fund;
mod messages;
mod moves;
mod offers;
mod proposals;
mod reports;
mod shops;

use crate::Edge;
use crate::edge::EdgeError;
use api::ops::{Asker, Failure, Role, Tokens};
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base::Operator;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::desk::DeskAct;
use wallet::{Command, Reply};

/// What the handlers share.
pub(crate) struct Desk {
    pub edge: Arc<Edge>,
    tokens: Tokens,
}

pub(crate) type Shared = Arc<Desk>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Dhow wallet desk API",
        version = "0.1.0",
        description = "Customers, shops, corrections and books of a wallet. \
            Send `Authorization: Bearer <token>`; every write also needs `X-Reason`."
    ),
    tags(
        (name = "customers"), (name = "shops"), (name = "offers"), (name = "proposals"),
        (name = "moves"), (name = "fund"), (name = "billers"), (name = "books"),
        (name = "reports")
    )
)]
struct Contract;

fn open_router() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Contract::openapi())
        .routes(routes!(customers::find))
        .routes(routes!(customers::show))
        .routes(routes!(customers::set_tier))
        .routes(routes!(customers::change))
        .routes(routes!(messages::show))
        .routes(routes!(shops::list))
        .routes(routes!(shops::set_kind))
        .routes(routes!(offers::list, offers::make))
        .routes(routes!(offers::end))
        .routes(routes!(proposals::list, proposals::propose))
        .routes(routes!(proposals::approve))
        .routes(routes!(proposals::reject))
        .routes(routes!(moves::list))
        .routes(routes!(moves::end))
        .routes(routes!(fund::show))
        .routes(routes!(fund::set_price))
        .routes(routes!(fund::settle))
        .routes(routes!(billers::list, billers::add))
        .routes(routes!(billers::change))
        .routes(routes!(billers::settle))
        .routes(routes!(books::accounts))
        .routes(routes!(books::settle_network))
        .routes(routes!(books::verify))
        .routes(routes!(reports::of_day))
}

/// All routes of the desk, the contract at `/desk/openapi.json` and its page at `/desk/docs`.
pub fn router(edge: Arc<Edge>, tokens: Tokens) -> Router {
    let (router, contract) = open_router().split_for_parts();
    let page = utoipa_swagger_ui::SwaggerUi::new("/desk/docs").url("/desk/openapi.json", contract);
    router.with_state(Arc::new(Desk { edge, tokens })).merge(page)
}

/// The contract as JSON, for the copy that is checked in.
pub fn openapi_json() -> String {
    let (_, contract) = open_router().split_for_parts();
    crate::contract::text(&contract)
}

/// Whoever asks at the desk.
pub(crate) struct AtDesk(Asker);

impl AtDesk {
    /// As it stands in the log, if the role allows this.
    pub fn may(self, role: Role) -> Result<Operator, Failure> {
        self.0.may(role)
    }
}

impl FromRequestParts<Shared> for AtDesk {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, desk: &Shared) -> Result<AtDesk, Failure> {
        Asker::of(parts, &desk.tokens).map(AtDesk)
    }
}

impl From<EdgeError> for Failure {
    fn from(error: EdgeError) -> Failure {
        match error {
            EdgeError::Refused(refusal) => refusal.into(),
            EdgeError::Engine(error) => error.into(),
            other => {
                // Paths and causes are for the log, not for whoever asked.
                tracing::error!(error = %other, "a request was not carried out");
                let message = "something is wrong at the wallet; try again, then tell its people";
                Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message)
            }
        }
    }
}

impl Desk {
    /// Carries out an act in somebody's name.
    pub async fn act(&self, by: Operator, act: DeskAct) -> Result<Reply, Failure> {
        Ok(self.edge.submit(Command::Desk { by, act: Box::new(act) }).await?)
    }
}

/// An amount in the wallet's currency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct AmountBody {
    /// ISO 4217.
    #[schema(example = "PHP")]
    pub currency: String,
    /// Minor units.
    #[schema(example = "150000")]
    pub value: String,
}

impl AmountBody {
    pub fn of(minor: impl std::fmt::Display, currency: money::Currency) -> AmountBody {
        AmountBody { currency: currency.code().to_owned(), value: minor.to_string() }
    }

    /// Minor units, if the currency is the wallet's.
    pub fn read(&self, field: &str, currency: money::Currency) -> Result<u64, Failure> {
        if self.currency != currency.code() {
            let message = format!("{field}.currency: this wallet is in {}", currency.code());
            return Err(Failure::illegal(message));
        }
        let illegal =
            |_| Failure::illegal(format!("{field}.value: must be a whole number of minor units"));
        self.value.parse().map_err(illegal)
    }
}
