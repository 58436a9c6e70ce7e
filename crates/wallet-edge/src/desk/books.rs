//! The wallet's books.

use super::{AmountBody, AtDesk, Shared};
use api::ops::extract::Json;
use api::ops::{Failure, Role};
use axum::extract::State;
use base::Text;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use wallet::chart;
use wallet::command::desk::DeskAct;

/// The wallet's own accounts, and customers' and shops' as sums.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BooksView {
    pub customers: u32,
    /// Name and balance in minor units: debits less credits, positive is an asset.
    pub accounts: BTreeMap<String, String>,
    pub currency: String,
    /// What the wallet owes the network.
    network_payable: AmountBody,
    /// Position of the last record that this shows.
    pub position: u64,
}

/// Shows the wallet's accounts.
#[utoipa::path(get, path = "/desk/books", tag = "books", responses((status = 200, body = BooksView)))]
pub async fn accounts(State(desk): State<Shared>, _: AtDesk) -> Result<Json<BooksView>, Failure> {
    totals(&desk).await.map(Json)
}

/// The books as they are.
pub(super) async fn totals(desk: &Shared) -> Result<BooksView, Failure> {
    // A copy shares its tables, and the walk over all accounts is in nobody's way.
    let (copy, position) =
        desk.edge.read(|wallet, _, stamp| (wallet.clone(), stamp.position)).await?;
    let view = tokio::task::spawn_blocking(move || {
        let mut sums: BTreeMap<String, i128> = BTreeMap::new();
        for (key, account) in copy.ledger().accounts() {
            let name = match key.purpose {
                chart::BALANCE => format!("customers/{}", key.currency.code()),
                chart::SHOP => format!("shops/{}", key.currency.code()),
                _ => chart::name(*key),
            };
            *sums.entry(name).or_default() += account.balance();
        }
        let currency = copy.market().account.currency;
        BooksView {
            customers: copy.all_customers().len(),
            accounts: sums.into_iter().map(|(name, sum)| (name, sum.to_string())).collect(),
            currency: currency.code().to_owned(),
            network_payable: AmountBody::of(copy.network_payable(), currency),
            position,
        }
    });
    let stopped = |_| Failure::not_found("books");
    view.await.map_err(stopped)
}

/// What the wallet paid the network.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SettlementBody {
    /// The bank's or the network's name for it: booked once.
    pub reference: String,
    amount: AmountBody,
}

/// Books what the wallet paid the network from its float.
#[utoipa::path(
    post, path = "/desk/network/settlements", tag = "books", request_body = SettlementBody,
    responses((status = 204), (status = 400, body = Failure))
)]
pub async fn settle_network(
    State(desk): State<Shared>,
    asker: AtDesk,
    Json(body): Json<SettlementBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let currency = desk.edge.read(|wallet, _, _| wallet.market().account.currency).await?;
    let amount_minor = body.amount.read("amount", currency)?;
    let reference = Text::new(&body.reference)
        .map_err(|error| Failure::illegal(format!("reference: {error}")))?;
    desk.act(by, DeskAct::SettleNetwork { reference, amount_minor }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a walk over everything found.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifyView {
    pub agrees: bool,
    /// What does not agree.
    pub fault: Option<String>,
    pub position: u64,
}

/// Walks all accounts and everything that is held, and compares every sum that must agree.
#[utoipa::path(
    post, path = "/desk/books/verify", tag = "books",
    responses((status = 200, body = VerifyView))
)]
pub async fn verify(State(desk): State<Shared>, _: AtDesk) -> Result<Json<VerifyView>, Failure> {
    let (copy, position) =
        desk.edge.read(|wallet, _, stamp| (wallet.clone(), stamp.position)).await?;
    let walked = tokio::task::spawn_blocking(move || copy.verify().err()).await;
    let fault = walked.map_err(|_| Failure::not_found("books"))?;
    Ok(Json(VerifyView { agrees: fault.is_none(), fault, position }))
}
