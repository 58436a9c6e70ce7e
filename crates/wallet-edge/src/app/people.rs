//! Looking for the person to whom money is to go.

use super::App;
use super::access::Signed;
use super::failure::{Failure, not_found};
use super::names::name_of;
use super::payee;
use api::ops::extract::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(find))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FindBody {
    /// A phone number or an e-mail address, whole.
    #[schema(example = "010-5555-1234")]
    alias: String,
}

/// Somebody to whom money can go.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonView {
    #[schema(example = "M*** K.")]
    pub name: String,
    /// Names the person in requests of this customer, and of nobody else.
    pub payee: String,
}

impl PersonView {
    pub async fn of(app: &App, me: u32, customer: u32) -> Result<PersonView, Failure> {
        let name = name_of(&app.edge, customer).await?;
        Ok(PersonView { name, payee: payee::handle(&app.edge, me, customer) })
    }
}

/// Finds a person by the whole alias, to confirm the name before money goes. Whoever asks for many
/// that are nobody's has to wait.
#[utoipa::path(
    post, path = "/v1/people/find", tag = "people", request_body = FindBody,
    responses((status = 200, body = PersonView), (status = 404, body = Failure),
        (status = 429, body = Failure))
)]
async fn find(
    State(app): State<App>,
    signed: Signed,
    Json(body): Json<FindBody>,
) -> Result<Json<PersonView>, Failure> {
    let found = payee::find(&app, &signed, &body.alias, "alias").await?;
    let customer = found.ok_or_else(|| not_found("alias"))?;
    Ok(Json(PersonView::of(&app, signed.customer, customer).await?))
}
