//! Customs declarations: the operator files them, and records what the office says.

use super::Shared;
use super::directory::{by_code, taken};
use super::error::Failure;
use super::extract::{Json, Query};
use super::model::{AmountView, read_text, time};
use super::search::{broken, load, reader};
use super::tokens::{Asker, Role};
use crate::wire_edge::word_of_declaration;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use ids::{PartnerText, PaymentId};
use network::{Change, Command, DeclarationState, Network, SetDeclaration};
use serde::{Deserialize, Serialize};
use state::ListQuery;
use utoipa::{IntoParams, ToSchema};

/// Declared payments looked through for one answer.
const MAX_PAYMENTS: usize = 1_000;

/// A declaration as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclarationView {
    pub acquirer: String,
    /// The acquirer's `customsDeclarationRequestId`.
    pub id: String,
    pub payment: String,
    pub customs_code: String,
    pub merchant_customs_code: String,
    pub merchant_customs_name: String,
    pub amount: AmountView,
    pub order: Option<String>,
    /// `WAITING_FOR_PROCESSING`, `PROCESSING`, `SUCCESS` or `FAIL`.
    pub status: &'static str,
    pub modified: String,
}

/// Whose declarations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DeclarationQuery {
    /// Code of the acquirer.
    pub acquirer: String,
    /// Only those with this status.
    pub status: Option<String>,
}

/// Lists what an acquirer declared, newest payments first.
#[utoipa::path(
    get, path = "/v1/declarations", tag = "payments", params(DeclarationQuery),
    responses((status = 200, body = Vec<DeclarationView>), (status = 404, body = Failure))
)]
pub async fn list(
    State(ops): State<Shared>,
    _: Asker,
    Query(query): Query<DeclarationQuery>,
) -> Result<Json<Vec<DeclarationView>>, Failure> {
    let acquirer = by_code(&ops, &query.acquirer).await?;
    let mut ids = Vec::new();
    for partition in ops.partitions.all() {
        let list = Network::declared_list(acquirer.id);
        let newest = ListQuery::newest(MAX_PAYMENTS);
        ids.extend(reader(&ops, partition)?.list(&list, newest).map_err(|error| broken(&error))?);
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let mut views = Vec::new();
    for id in ids.into_iter().take(MAX_PAYMENTS) {
        let Some(payment) = load(&ops, PaymentId::from_u128(id)).await? else { continue };
        for it in &payment.declarations {
            let status = word_of_declaration(&it.state);
            if query.status.as_deref().is_some_and(|wanted| wanted != status) {
                continue;
            }
            views.push(DeclarationView {
                acquirer: acquirer.code.to_string(),
                id: it.request_id.to_string(),
                payment: payment.id.to_string(),
                customs_code: it.content.customs_code.to_string(),
                merchant_customs_code: it.content.merchant_code.to_string(),
                merchant_customs_name: it.content.merchant_name.to_string(),
                amount: AmountView::of(it.content.amount),
                order: it.content.order.as_ref().map(ToString::to_string),
                status,
                modified: time(it.modified.time),
            });
        }
    }
    Ok(Json(views))
}

/// What became of a declaration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeclarationStatusBody {
    /// `PROCESSING` (filed), `SUCCESS` or `FAIL`.
    pub status: String,
    /// The office's code, or its reason to reject.
    pub text: Option<String>,
}

/// Records that a declaration was filed, accepted or rejected.
#[utoipa::path(
    put, path = "/v1/declarations/{acquirer}/{id}/status", tag = "payments",
    request_body = DeclarationStatusBody,
    params(("acquirer" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 400, body = Failure), (status = 404, body = Failure))
)]
pub async fn set_status(
    State(ops): State<Shared>,
    asker: Asker,
    Path((acquirer, id)): Path<(String, String)>,
    Json(body): Json<DeclarationStatusBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let acquirer = by_code(&ops, &acquirer).await?.id;
    let request_id: PartnerText = read_text(&id, "id")?;
    let state = match (body.status.as_str(), &body.text) {
        ("PROCESSING", _) => DeclarationState::Filed,
        ("SUCCESS", code) => {
            let code = code.as_ref().map(|code| read_text(code, "text")).transpose()?;
            DeclarationState::Accepted { code }
        }
        ("FAIL", Some(reason)) => DeclarationState::Rejected { reason: read_text(reason, "text")? },
        ("FAIL", None) => return Err(Failure::illegal("text: say why it was rejected")),
        _ => return Err(Failure::illegal("status: give PROCESSING, SUCCESS or FAIL")),
    };
    let wanted = request_id.clone();
    let look = move |machine: &Network, history: &dyn base::History| {
        machine.find_declaration(history, acquirer, &wanted).map(drop)
    };
    if let Some((partition, ())) = ops.partitions.find(look).await? {
        let change = Change::SetDeclaration(SetDeclaration { acquirer, request_id, state });
        let command = Command::Operate { by, change };
        taken(ops.partitions.submit(partition, command).await?.1)?;
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Failure::not_found("declaration"))
}
