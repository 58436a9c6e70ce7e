//! Users' standing agreements with merchants: seen and ended by the operator, never their tokens.

use super::Shared;
use super::directory::{by_code, taken};
use super::error::Failure;
use super::extract::{Json, Query};
use super::model::{AmountView, time};
use super::search::{broken, reader};
use super::tokens::{Asker, Role};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use ids::AgreementId;
use network::{Agreement, AgreementState, Change, Command, EndedBy, Network};
use serde::{Deserialize, Serialize};
use state::ListQuery;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Agreements on one page, at most.
const MAX_PAGE: usize = 200;

/// An agreement as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgreementView {
    #[schema(example = "agr_0193a5be17d2468ace003f0c9a5be17d")]
    pub id: String,
    /// `Prepared`, `Active` or `Ended`.
    pub state: &'static str,
    /// Code of the acquirer.
    pub acquirer: String,
    /// Code of the wallet; absent until one is chosen.
    pub wallet: Option<String>,
    pub merchant: String,
    /// The acquirer's own name of it.
    pub reference: Option<String>,
    pub prepared: String,
    pub consented: Option<String>,
    /// When the access token expires.
    pub token_until: Option<String>,
    pub ended: Option<String>,
    /// `acquirer`, `wallet` or `operator`.
    pub ended_by: Option<&'static str>,
    /// What was taken in the current 30 days, in minor units of the wallet's currency.
    pub taken_minor: String,
    /// The most that may be taken in them, if there is a limit.
    pub allowance: Option<AmountView>,
    /// Debits under way.
    pub open_debits: usize,
}

impl AgreementView {
    fn of(ops: &Shared, it: &Agreement, now: base::Timestamp) -> AgreementView {
        let participants = ops.directory.now();
        let code = |id| {
            let found = participants.by_id(id);
            found.map_or_else(String::new, |it| it.participant.code.to_string())
        };
        let mpp = it.mpp.and_then(|mpp| participants.by_id(mpp));
        let contract = mpp.map(|mpp| mpp.participant.contract.clone());
        let allowance = contract.and_then(|contract| {
            contract.debit_allowance(*contract.settlement_currencies.first()?)
        });
        let (state, ended) = match it.state {
            AgreementState::Prepared => ("Prepared", None),
            AgreementState::Active => ("Active", None),
            AgreementState::Ended { by, at } => ("Ended", Some((by, at))),
        };
        AgreementView {
            id: it.id.to_string(),
            state,
            acquirer: code(it.acquirer),
            wallet: it.mpp.map(code),
            merchant: it.merchant.to_string(),
            reference: it.reference.as_ref().map(ToString::to_string),
            prepared: time(it.created.time),
            consented: it.granted.map(|at| time(at.time)),
            token_until: it.grant.as_ref().map(|grant| time(grant.access_until)),
            ended: ended.map(|(_, at)| time(at.time)),
            ended_by: ended.map(|(by, _)| match by {
                EndedBy::Acquirer => "acquirer",
                EndedBy::Wallet => "wallet",
                EndedBy::Operator => "operator",
            }),
            taken_minor: it.taken_now(now).to_string(),
            allowance: allowance.map(AmountView::of),
            open_debits: it.open_debits.len(),
        }
    }
}

/// Which agreements.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AgreementQuery {
    /// Code of the acquirer.
    pub acquirer: String,
    /// Agreements on the page, 1 to 200; 50 when absent.
    pub limit: Option<usize>,
    /// Agreements older than this id.
    pub before: Option<String>,
}

/// Lists an acquirer's agreements, oldest of the newest first.
#[utoipa::path(
    get, path = "/v1/agreements", tag = "agreements", params(AgreementQuery),
    responses(
        (status = 200, body = Vec<AgreementView>), (status = 400, body = Failure),
        (status = 404, body = Failure)
    )
)]
pub async fn list(
    State(ops): State<Shared>,
    _: Asker,
    Query(query): Query<AgreementQuery>,
) -> Result<Json<Vec<AgreementView>>, Failure> {
    let acquirer = by_code(&ops, &query.acquirer).await?.id;
    let to = match &query.before {
        Some(text) => read_id(text)?.as_u128().saturating_sub(1),
        None => u128::MAX,
    };
    let limit = query.limit.unwrap_or(50).clamp(1, MAX_PAGE);
    let newest = ListQuery { to, ..ListQuery::newest(limit) };
    let mut ids = Vec::new();
    for partition in ops.partitions.all() {
        let history = reader(&ops, partition)?;
        let list = Network::agreement_list(acquirer);
        ids.extend(history.list(&list, newest).map_err(|error| broken(&error))?);
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.truncate(limit);
    let mut views = Vec::with_capacity(ids.len());
    for id in ids.into_iter().rev() {
        if let Some((agreement, now)) = load(&ops, AgreementId::from_u128(id)).await? {
            views.push(AgreementView::of(&ops, &agreement, now));
        }
    }
    Ok(Json(views))
}

fn read_id(text: &str) -> Result<AgreementId, Failure> {
    text.parse().map_err(|error| Failure::illegal(format!("agreement: {error}")))
}

async fn load(
    ops: &Shared,
    id: AgreementId,
) -> Result<Option<(Arc<Agreement>, base::Timestamp)>, Failure> {
    if ops.partitions.engine(id.partition()).is_none() {
        return Ok(None);
    }
    let look = move |machine: &Network, history: &dyn base::History, at: base::Stamp| {
        machine.agreement(history, id).map(|found| (found, at.time))
    };
    Ok(ops.partitions.read(id.partition(), look).await?)
}

/// Shows one agreement.
#[utoipa::path(
    get, path = "/v1/agreements/{id}", tag = "agreements", params(("id" = String, Path)),
    responses((status = 200, body = AgreementView), (status = 404, body = Failure))
)]
pub async fn show(
    State(ops): State<Shared>,
    _: Asker,
    Path(id): Path<String>,
) -> Result<Json<AgreementView>, Failure> {
    let found = load(&ops, read_id(&id)?).await?;
    let (agreement, now) = found.ok_or_else(|| Failure::not_found("agreement"))?;
    Ok(Json(AgreementView::of(&ops, &agreement, now)))
}

/// Ends an agreement: from then on nothing is debited under it, and both partners are told.
#[utoipa::path(
    delete, path = "/v1/agreements/{id}", tag = "agreements", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Failure))
)]
pub async fn end(
    State(ops): State<Shared>,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let id = read_id(&id)?;
    if load(&ops, id).await?.is_none() {
        return Err(Failure::not_found("agreement"));
    }
    let command = Command::Operate { by, change: Change::EndAgreement(id) };
    taken(ops.partitions.submit(id.partition(), command).await?.1)?;
    Ok(StatusCode::NO_CONTENT)
}
