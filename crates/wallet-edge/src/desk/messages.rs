//! Messages to customers of a wallet that reaches no gateway.

use super::{AtDesk, Shared};
use api::ops::extract::{Json, Query};
use api::ops::{Failure, Role};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MessageQuery {
    /// A phone number, international, or an e-mail address.
    pub to: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    pub to: String,
    pub text: String,
}

/// The newest message to somebody, where messages are kept and not sent: for sandboxes. Who reads
/// one-time codes can sign in, so it takes an administrator, and a reason.
#[utoipa::path(
    get, path = "/desk/messages", tag = "customers", params(MessageQuery),
    responses((status = 200, body = MessageView), (status = 404, body = Failure))
)]
pub async fn show(
    State(desk): State<Shared>,
    asker: AtDesk,
    Query(query): Query<MessageQuery>,
) -> Result<Json<MessageView>, Failure> {
    let by = asker.may(Role::Admin)?;
    tracing::warn!(who = %by.who, why = %by.why, "a kept message was read");
    let kept = desk.edge.messenger.kept(&query.to);
    let kept = kept.ok_or_else(|| Failure::not_found("message"))?;
    Ok(Json(MessageView { to: kept.to, text: kept.text }))
}
