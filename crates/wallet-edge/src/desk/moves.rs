//! Top-ups and withdrawals whose bank has not said what became of them. Asking goes on for ever;
//! when the bank's statement tells what its connector does not, two people end the move.

use super::proposals::{currency, made, propose_what};
use super::{AmountBody, AtDesk, Shared};
use crate::desk::proposals::ProposalView;
use api::ops::extract::Json;
use api::ops::model::time;
use api::ops::{Failure, Role};
use axum::extract::{Path, State};
use ids::BankMoveId;
use money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wallet::Object;
use wallet::command::desk::{MoveEnd, Proposed};
use wallet::objects::{BankMove, BankState, BankWay};

/// A move that waits for its bank. The money of a withdrawal is reserved.
#[derive(Debug, Serialize, ToSchema)]
pub struct MoveView {
    #[serde(rename = "move")]
    id: String,
    /// When the customer asked for it.
    time: String,
    customer: u32,
    /// IN or OUT.
    way: String,
    amount: AmountBody,
    /// ASKED, or UNKNOWN once the bank was silent.
    state: String,
}

/// What the bank's statement says of a move.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// DONE: the money moved. FAILED: it did not.
    end: String,
}

pub(super) fn way_text(way: BankWay) -> String {
    let text = match way {
        BankWay::In => "IN",
        BankWay::Out => "OUT",
    };
    text.to_owned()
}

fn view(it: &BankMove, currency: Currency) -> MoveView {
    let state = if it.state == BankState::Unknown { "UNKNOWN" } else { "ASKED" };
    MoveView {
        id: it.id.to_string(),
        time: time(it.created.time),
        customer: it.customer,
        way: way_text(it.way),
        amount: AmountBody::of(it.amount_minor, currency),
        state: state.to_owned(),
    }
}

/// Lists moves that wait for their bank, oldest first.
#[utoipa::path(
    get, path = "/desk/moves", tag = "moves", responses((status = 200, body = Vec<MoveView>))
)]
pub async fn list(State(desk): State<Shared>, _: AtDesk) -> Result<Json<Vec<MoveView>>, Failure> {
    let mut found: Vec<MoveView> = desk
        .edge
        .read(|wallet, _, _| {
            let currency = wallet.market().account.currency;
            let moved = |object: &Object| match object {
                Object::BankMove(it) => Some(view(it, currency)),
                _ => None,
            };
            wallet.open_objects().filter_map(moved).collect()
        })
        .await?;
    found.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(Json(found))
}

/// Proposes how a move ended, by the bank's statement; the reason stands in `X-Reason`.
#[utoipa::path(
    post, path = "/desk/moves/{move}/end", tag = "moves", params(("move" = String, Path)),
    request_body = EndBody,
    responses((status = 200, body = ProposalView), (status = 400, body = Failure),
        (status = 404, body = Failure))
)]
pub async fn end(
    State(desk): State<Shared>,
    asker: AtDesk,
    Path(id): Path<String>,
    Json(body): Json<EndBody>,
) -> Result<Json<ProposalView>, Failure> {
    let by = asker.may(Role::Operator)?;
    let end = match body.end.as_str() {
        "DONE" => MoveEnd::Done,
        "FAILED" => MoveEnd::Failed,
        _ => return Err(Failure::illegal("end: must be DONE or FAILED")),
    };
    let illegal = |error: ids::IdError| Failure::illegal(format!("move: {error}"));
    let id: BankMoveId = id.parse().map_err(illegal)?;
    let (_, reply) = propose_what(&desk, by, Proposed::EndMove { id, end }).await?;
    made(reply, currency(&desk).await?)
}
