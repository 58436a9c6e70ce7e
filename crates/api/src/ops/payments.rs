//! Payments: search, and the whole story of one.

use super::Shared;
use super::error::Failure;
use super::extract::{Json, Query};
use super::story::PaymentStory;
use super::tokens::Asker;
use axum::extract::{Path, State};
use ids::{Partition, PaymentId};
use network::{Network, Payment};
use serde::{Deserialize, Serialize};
use state::ListQuery;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Payments on one page, at most.
const MAX_PAGE: usize = 200;
const DEFAULT_PAGE: usize = 20;

/// Which payments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// Code of the acquirer, such as `A-JP`.
    pub acquirer: String,
    /// The acquirer's reference of the merchant.
    pub merchant: Option<String>,
    /// Only this state, such as `Paid` or `Unknown`.
    pub state: Option<String>,
    /// Payments older than this id: the `next` of the page before.
    pub before: Option<String>,
    /// Payments on a page, 1 to 200; 20 when absent.
    pub limit: Option<usize>,
}

/// One page, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    pub payments: Vec<PaymentStory>,
    /// Give it as `before` to see older ones.
    pub next: Option<String>,
}

/// Searches the payments of an acquirer or of one merchant, newest first.
#[utoipa::path(
    get, path = "/v1/payments", tag = "payments", params(Search),
    responses(
        (status = 200, body = Page),
        (status = 400, body = Failure),
        (status = 401, body = Failure)
    )
)]
pub async fn search(
    State(ops): State<Shared>,
    _: Asker,
    Query(it): Query<Search>,
) -> Result<Json<Page>, Failure> {
    let acquirer = super::directory::by_code(&ops, &it.acquirer).await?;
    let list = match &it.merchant {
        Some(merchant) => Network::merchant_list(acquirer.id, merchant),
        None => Network::acquirer_list(acquirer.id),
    };
    let before = match &it.before {
        Some(text) => Some(read_id(text, "before")?.as_u128()),
        None => None,
    };
    let limit = it.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    let mut found = Vec::new();
    for partition in ops.partitions.all() {
        found.extend(of_partition(&ops, partition, (list.clone(), before, limit)).await?);
    }
    found.sort_by_key(|payment| std::cmp::Reverse(payment.id));
    found.truncate(limit);
    let next = (found.len() == limit).then(|| found.last().map(|last| last.id.to_string()));
    let wanted = |payment: &&Arc<Payment>| {
        it.state.as_ref().is_none_or(|state| *state == format!("{:?}", payment.state))
    };
    let payments =
        found.iter().filter(wanted).map(|it| PaymentStory::of(it, &ops.directory)).collect();
    Ok(Json(Page { payments, next: next.flatten() }))
}

async fn of_partition(
    ops: &Shared,
    partition: Partition,
    (list, before, limit): (Vec<u8>, Option<u128>, usize),
) -> Result<Vec<Arc<Payment>>, Failure> {
    let Some(engine) = ops.partitions.engine(partition) else { return Ok(Vec::new()) };
    let query = ListQuery {
        to: before.map_or(u128::MAX, |id| id.saturating_sub(1)),
        ..ListQuery::newest(limit)
    };
    let ids = engine.history().list(&list, query).map_err(|error| {
        let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        Failure::new(status, "UNKNOWN_EXCEPTION", error.to_string())
    })?;
    let found = engine.read(move |machine, history, _| {
        let load = |id| machine.payment(history, PaymentId::from_u128(id));
        ids.into_iter().filter_map(load).collect::<Vec<_>>()
    });
    Ok(found.await?)
}

fn read_id(text: &str, field: &str) -> Result<PaymentId, Failure> {
    text.parse().map_err(|error| Failure::illegal(format!("{field}: {error}")))
}

/// Shows one payment: amounts, quotes, ledger entries, refunds, and every record of the log that
/// moved it.
#[utoipa::path(
    get, path = "/v1/payments/{id}", tag = "payments",
    params(("id" = String, Path, description = "the network's payment id")),
    responses((status = 200, body = PaymentStory), (status = 404, body = Failure))
)]
pub async fn show(
    State(ops): State<Shared>,
    _: Asker,
    Path(id): Path<String>,
) -> Result<Json<PaymentStory>, Failure> {
    let id = read_id(&id, "id")?;
    let ask = move |machine: &Network, history: &dyn base::History, _: base::Stamp| {
        machine.payment(history, id)
    };
    if ops.partitions.engine(id.partition()).is_none() {
        return Err(Failure::not_found("payment"));
    }
    let found = ops.partitions.read(id.partition(), ask).await?;
    let payment = found.ok_or_else(|| Failure::not_found("payment"))?;
    Ok(Json(PaymentStory::of(&payment, &ops.directory)))
}
