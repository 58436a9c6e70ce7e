//! Payments: search, the whole story of one, and those that somebody must look at.

use super::Shared;
use super::error::Failure;
use super::extract::{Json, Query};
use super::model::time;
use super::search::{self, Search, Sieve};
use super::story::PaymentStory;
use super::tokens::Asker;
use axum::extract::{Path, State};
use network::{BreakKind, Network, Payment};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One page, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    pub payments: Vec<PaymentStory>,
    /// Give it as `before` to see older ones. A page may be short, even empty, and still have it:
    /// a search looks at 5,000 payments at a time.
    pub next: Option<String>,
}

/// Searches payments, newest first.
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
    let hits = search::find(&ops, &it).await?;
    let payments = hits.payments.iter().map(|it| PaymentStory::of(it, &ops.directory)).collect();
    Ok(Json(Page { payments, next: hits.next.map(|id| id.to_string()) }))
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
    let payment = search::load(&ops, search::read_id(&id, "id")?).await?;
    let payment = payment.ok_or_else(|| Failure::not_found("payment"))?;
    Ok(Json(PaymentStory::of(&payment, &ops.directory)))
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// Breaks of payments older than this id: the `next` of the page before.
    pub before: Option<String>,
    /// Payments on a page, 1 to 200; 20 when absent.
    pub limit: Option<usize>,
}

/// A wallet contradicted itself or the books.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakView {
    /// Number of the record in the log of the payment's partition.
    pub log_position: u64,
    pub time: String,
    #[schema(example = "OtherAmounts")]
    pub kind: String,
    /// What it means and what to do.
    pub meaning: String,
}

/// A payment with its breaks.
#[derive(Debug, Serialize, ToSchema)]
pub struct BrokenPayment {
    pub breaks: Vec<BreakView>,
    pub payment: PaymentStory,
}

/// One page of payments with breaks, newest payment first.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreaksPage {
    pub payments: Vec<BrokenPayment>,
    pub next: Option<String>,
}

fn meaning(kind: BreakKind) -> &'static str {
    match kind {
        BreakKind::OtherAmounts => {
            "the wallet approved other amounts than it was asked for; it is asked again, and nothing \
             is booked on its word: have it correct its answer"
        }
        BreakKind::OtherOutcome => {
            "the wallet says what cannot follow what it said before; the first word stands: ask the \
             wallet which is true, and settle a difference by an adjustment"
        }
        BreakKind::TakenAfterClose => {
            "the wallet took money after the payment had closed; it was booked in and out again, and \
             the wallet is told to cancel: see that the shopper has the money back"
        }
        BreakKind::OtherRefundOutcome => {
            "the wallet says of a refund what cannot follow what it said before; the first word \
             stands: ask the wallet whether the shopper was credited"
        }
        BreakKind::OtherNotification => {
            "a notification of the wallet names other amounts or another customer than the payment; \
             it was refused: have the wallet correct it"
        }
        BreakKind::OtherPushOutcome => {
            "the acquirer says of a pushed payment what cannot follow what it said before, takes one \
             that went back to the payer, or names it as another; the first word stands: ask the \
             acquirer whether the merchant was credited"
        }
    }
}

fn broken(payment: &Payment, ops: &Shared) -> BrokenPayment {
    let view = |(at, kind): (base::Stamp, BreakKind)| BreakView {
        log_position: at.position,
        time: time(at.time),
        kind: format!("{kind:?}"),
        meaning: meaning(kind).to_owned(),
    };
    BrokenPayment {
        breaks: payment.breaks().map(view).collect(),
        payment: PaymentStory::of(payment, &ops.directory),
    }
}

/// Lists payments about which a wallet contradicted itself or the books.
#[utoipa::path(
    get, path = "/v1/breaks", tag = "payments", params(Part),
    responses((status = 200, body = BreaksPage), (status = 400, body = Failure))
)]
pub async fn breaks(
    State(ops): State<Shared>,
    _: Asker,
    Query(it): Query<Part>,
) -> Result<Json<BreaksPage>, Failure> {
    let sieve = Sieve::of_list(Network::breaks_list(), it.before.as_deref(), it.limit)?;
    let hits = sieve.run(&ops).await?;
    let payments = hits.payments.iter().map(|payment| broken(payment, &ops)).collect();
    Ok(Json(BreaksPage { payments, next: hits.next.map(|id| id.to_string()) }))
}
