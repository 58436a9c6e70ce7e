//! Corrections that need two people: one proposes, another approves the very same content.

use super::{AmountBody, AtDesk, Shared};
use crate::fund_text::price_of_day;
use api::ops::extract::Json;
use api::ops::{Failure, Role};
use axum::extract::{Path, State};
use base::Operator;
use ids::ProposalId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wallet::command::desk::{Correction, DeskAct, MoveEnd, Proposed};
use wallet::objects::{Proposal, ProposalState};
use wallet::{Object, Reply};

/// Money to or from a customer, for a reason that the books do not know.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CorrectionBody {
    pub customer: u32,
    pub(super) amount: AmountBody,
    /// GIVE or TAKE.
    pub way: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalView {
    pub proposal: String,
    /// What is proposed, in words; a correction also stands in `correction`.
    pub what: String,
    pub correction: Option<CorrectionBody>,
    pub by: String,
    pub why: String,
    /// OPEN, APPROVED, REJECTED or EXPIRED.
    pub state: String,
    pub decided_by: Option<String>,
}

pub(super) fn view(it: &Proposal, currency: money::Currency) -> ProposalView {
    let (state, decided_by) = match &it.state {
        ProposalState::Open => ("OPEN", None),
        ProposalState::Approved { by } => ("APPROVED", Some(by.to_string())),
        ProposalState::Rejected { by } => ("REJECTED", Some(by.to_string())),
        ProposalState::Expired => ("EXPIRED", None),
    };
    let (what, correction) = match it.what {
        Proposed::Correct { customer, amount_minor, way } => {
            let way = match way {
                Correction::Give => "GIVE",
                Correction::Take => "TAKE",
            };
            let amount = AmountBody::of(amount_minor, currency);
            let body = CorrectionBody { customer, amount, way: way.to_owned() };
            ("correction of a customer's balance".to_owned(), Some(body))
        }
        Proposed::FundPrice(price) => {
            (format!("price of the fund: {}", price_of_day(price, currency)), None)
        }
        Proposed::EndMove { id, end } => {
            let end = match end {
                MoveEnd::Done => "DONE",
                MoveEnd::Failed => "FAILED",
            };
            (format!("end of the move {id} at the bank: {end}"), None)
        }
    };
    ProposalView {
        proposal: it.id.to_string(),
        what,
        correction,
        by: it.by.to_string(),
        why: it.why.to_string(),
        state: state.to_owned(),
        decided_by,
    }
}

pub(super) async fn currency(desk: &Shared) -> Result<money::Currency, Failure> {
    Ok(desk.edge.read(|wallet, _, _| wallet.market().account.currency).await?)
}

/// Proposes something under a new id, and gives it back with the reply.
pub(super) async fn propose_what(
    desk: &Shared,
    by: Operator,
    what: Proposed,
) -> Result<(ProposalId, Reply), Failure> {
    let (millis, partition, random) = desk.edge.draw();
    let id = ProposalId::new(millis, partition, random);
    Ok((id, desk.act(by, DeskAct::Propose { id, what }).await?))
}

pub(super) fn made(reply: Reply, currency: money::Currency) -> Result<Json<ProposalView>, Failure> {
    match reply {
        Reply::Made { object: Object::Proposal(it), .. } => Ok(Json(view(&it, currency))),
        _ => Err(Failure::not_found("proposal")),
    }
}

/// Lists proposals that wait for somebody.
#[utoipa::path(
    get, path = "/desk/proposals", tag = "proposals",
    responses((status = 200, body = Vec<ProposalView>))
)]
pub async fn list(
    State(desk): State<Shared>,
    _: AtDesk,
) -> Result<Json<Vec<ProposalView>>, Failure> {
    let mut found: Vec<ProposalView> = desk
        .edge
        .read(|wallet, _, _| {
            let currency = wallet.market().account.currency;
            let proposal = |object: &Object| match object {
                Object::Proposal(it) => Some(view(it, currency)),
                _ => None,
            };
            wallet.open_objects().filter_map(proposal).collect()
        })
        .await?;
    found.sort_by(|one, other| one.proposal.cmp(&other.proposal));
    Ok(Json(found))
}

/// Proposes a correction; the reason stands in `X-Reason`.
#[utoipa::path(
    post, path = "/desk/proposals", tag = "proposals", request_body = CorrectionBody,
    responses((status = 200, body = ProposalView), (status = 400, body = Failure))
)]
pub async fn propose(
    State(desk): State<Shared>,
    asker: AtDesk,
    Json(body): Json<CorrectionBody>,
) -> Result<Json<ProposalView>, Failure> {
    let by = asker.may(Role::Operator)?;
    let currency = currency(&desk).await?;
    let way = match body.way.as_str() {
        "GIVE" => Correction::Give,
        "TAKE" => Correction::Take,
        _ => return Err(Failure::illegal("way: must be GIVE or TAKE")),
    };
    let amount_minor = body.amount.read("amount", currency)?;
    let what = Proposed::Correct { customer: body.customer, amount_minor, way };
    made(propose_what(&desk, by, what).await?.1, currency)
}

fn id_of(text: &str) -> Result<ProposalId, Failure> {
    text.parse().map_err(|error: ids::IdError| Failure::illegal(format!("proposal: {error}")))
}

/// Approves a proposal of somebody else. What is approved is the content as it stands now.
#[utoipa::path(
    post, path = "/desk/proposals/{proposal}/approve", tag = "proposals",
    params(("proposal" = String, Path)),
    responses((status = 200, body = ProposalView), (status = 400, body = Failure))
)]
pub async fn approve(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path(proposal): Path<String>,
) -> Result<Json<ProposalView>, Failure> {
    let by = asker.may(Role::Admin)?;
    let id = id_of(&proposal)?;
    let found =
        desk.edge.read(move |wallet, history, _| wallet.object(history, id.as_u128())).await?;
    let Some(Object::Proposal(found)) = found else {
        return Err(Failure::not_found("proposal"));
    };
    let currency = currency(&desk).await?;
    made(desk.act(by, DeskAct::Approve { id, what: found.what }).await?, currency)
}

/// Rejects a proposal.
#[utoipa::path(
    post, path = "/desk/proposals/{proposal}/reject", tag = "proposals",
    params(("proposal" = String, Path)),
    responses((status = 200, body = ProposalView), (status = 400, body = Failure))
)]
pub async fn reject(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path(proposal): Path<String>,
) -> Result<Json<ProposalView>, Failure> {
    let by = asker.may(Role::Operator)?;
    let id = id_of(&proposal)?;
    let currency = currency(&desk).await?;
    made(desk.act(by, DeskAct::Reject { id }).await?, currency)
}
