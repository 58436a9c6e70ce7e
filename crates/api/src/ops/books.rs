//! The books: accounts, positions against caps, and money paid in and out.

use super::Shared;
use super::directory::{by_code, taken};
use super::error::Failure;
use super::extract::{Json, Query};
use super::model::{AmountView, read_text};
use super::tokens::{Asker, Role};
use axum::extract::State;
use ids::Partition;
use ledger::{Account, AccountKey};
use network::{Change, Funding, chart};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// One account; sums in minor units. A balance is debits minus credits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    pub partition: u8,
    #[schema(example = "mpp/1/receivable/KRW")]
    pub account: String,
    pub currency: String,
    pub debits_posted: String,
    pub credits_posted: String,
    pub debits_pending: String,
    pub credits_pending: String,
    pub balance: String,
    pub ceiling: Option<String>,
}

/// All accounts, as of one record of each partition's log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accounts {
    /// Log position of each partition.
    pub positions: Vec<u64>,
    pub accounts: Vec<AccountView>,
    /// Sum of all balances per currency: always zero.
    pub sums: BTreeMap<String, String>,
}

fn view(partition: u8, key: AccountKey, account: &Account) -> AccountView {
    AccountView {
        partition,
        account: chart::name(key),
        currency: key.currency.code().to_owned(),
        debits_posted: account.debits_posted().to_string(),
        credits_posted: account.credits_posted().to_string(),
        debits_pending: account.debits_pending().to_string(),
        credits_pending: account.credits_pending().to_string(),
        balance: account.balance().to_string(),
        ceiling: account.limits().ceiling.map(|ceiling| ceiling.to_string()),
    }
}

/// When, and in which partition.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountsAt {
    /// The accounts as they were after this record of the partition's log; now when absent.
    pub at: Option<u64>,
    /// Only this partition; all when absent. With several partitions, `at` needs it.
    pub partition: Option<u8>,
}

type Found = (u64, Vec<(AccountKey, Account)>);

fn all_accounts(machine: &network::Network, stamp: base::Stamp) -> Found {
    let accounts = machine.ledger().accounts().map(|(key, it)| (*key, it.clone()));
    (stamp.position, accounts.collect())
}

/// Makes the past again, on a thread that may block.
async fn past_accounts(ops: &Shared, partition: Partition, at: u64) -> Result<Found, Failure> {
    let engine = ops.partitions.engine(partition).cloned();
    let Some(engine) = engine else { return Err(Failure::not_found("partition")) };
    let made = tokio::task::spawn_blocking(move || {
        engine.past(at).map(|(machine, stamp)| all_accounts(&machine, stamp))
    });
    match made.await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error @ engine::EngineError::NotYet { .. })) => {
            Err(Failure::illegal(format!("at: {error}")))
        }
        Ok(Err(error)) => Err(broken(&error)),
        Err(error) => Err(broken(&error)),
    }
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    let message = format!("at: the past cannot be made again: {error}");
    Failure::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message)
}

/// Shows all accounts with what is posted and pending, and the sum per currency: as they are, or as
/// they were after any record of the log.
#[utoipa::path(
    get, path = "/v1/accounts", tag = "books", params(AccountsAt),
    responses(
        (status = 200, body = Accounts),
        (status = 400, body = Failure),
        (status = 401, body = Failure),
        (status = 404, body = Failure)
    )
)]
pub async fn accounts(
    State(ops): State<Shared>,
    _: Asker,
    Query(it): Query<AccountsAt>,
) -> Result<Json<Accounts>, Failure> {
    if it.at.is_some() && it.partition.is_none() && ops.partitions.count() > 1 {
        return Err(Failure::illegal("partition: say which one: each log has its own positions"));
    }
    let mut all = Accounts { positions: Vec::new(), accounts: Vec::new(), sums: BTreeMap::new() };
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    let wanted = ops.partitions.all().filter(|one| it.partition.is_none_or(|it| it == one.0));
    for partition in wanted {
        let (position, accounts) = match it.at {
            Some(at) => past_accounts(&ops, partition, at).await?,
            None => {
                let ask = |machine: &network::Network, _: &dyn base::History, stamp| {
                    all_accounts(machine, stamp)
                };
                ops.partitions.read(partition, ask).await?
            }
        };
        all.positions.push(position);
        for (key, account) in accounts {
            *sums.entry(key.currency.code().to_owned()).or_default() += account.balance();
            all.accounts.push(view(partition.0, key, &account));
        }
    }
    if all.positions.is_empty() {
        return Err(Failure::not_found("partition"));
    }
    all.accounts.sort_by(|one, other| one.account.cmp(&other.account));
    all.sums = sums.into_iter().map(|(currency, sum)| (currency, sum.to_string())).collect();
    Ok(Json(all))
}

/// What a wallet owes, against its cap.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PositionView {
    pub wallet: String,
    pub currency: String,
    pub owed: String,
    pub pending: String,
    pub cap: Option<String>,
}

/// Shows what each wallet owes against its cap, over all partitions.
#[utoipa::path(
    get, path = "/v1/positions", tag = "books",
    responses((status = 200, body = Vec<PositionView>), (status = 401, body = Failure))
)]
pub async fn positions(
    State(ops): State<Shared>,
    _: Asker,
) -> Result<Json<Vec<PositionView>>, Failure> {
    let mut owed: BTreeMap<(String, String), (i128, i128, Option<i128>)> = BTreeMap::new();
    for partition in ops.partitions.all() {
        let ask = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
            let receivables =
                machine.ledger().accounts().filter(|(key, _)| key.purpose == chart::RECEIVABLE);
            let line = |(key, account): (&AccountKey, &Account)| {
                let id = u32::try_from(key.owner.0).unwrap_or(u32::MAX);
                let code = machine.directory().participant(ids::ParticipantId(id));
                let code = code.map_or_else(|| id.to_string(), |it| it.code.to_string());
                (code, key.currency.code().to_owned(), account.clone())
            };
            receivables.map(line).collect::<Vec<_>>()
        };
        for (code, currency, account) in ops.partitions.read(partition, ask).await? {
            let sum = owed.entry((code, currency)).or_insert((0, 0, None));
            sum.0 += account.balance();
            sum.1 += account.highest() - account.balance();
            sum.2 = match (sum.2, account.limits().ceiling) {
                (Some(one), Some(other)) => Some(one + other),
                (one, other) => one.or(other),
            };
        }
    }
    let line = |((wallet, currency), (owed, pending, cap)): (
        (String, String),
        (i128, i128, Option<i128>),
    )| PositionView {
        wallet,
        currency,
        owed: owed.to_string(),
        pending: pending.to_string(),
        cap: cap.map(|cap| cap.to_string()),
    };
    Ok(Json(owed.into_iter().map(line).collect()))
}

/// Money that a wallet paid in, or that was paid out to an acquirer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FundingBody {
    /// Your reference: the same one again changes nothing.
    pub reference: String,
    /// Code of the participant.
    pub participant: String,
    pub amount: AmountView,
}

/// Books a payment between the operator's bank and a participant.
#[utoipa::path(
    post, path = "/v1/funding", tag = "books", request_body = FundingBody,
    responses((status = 204), (status = 400, body = Failure), (status = 409, body = Failure))
)]
pub async fn fund(
    State(ops): State<Shared>,
    asker: Asker,
    Json(body): Json<FundingBody>,
) -> Result<axum::http::StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let participant = by_code(&ops, &body.participant).await?;
    let funding = Funding {
        reference: read_text(&body.reference, "reference")?,
        participant: participant.id,
        amount: body.amount.read("amount")?,
    };
    // Money is booked once: in the first partition.
    let command = network::Command::Operate { by, change: Change::Fund(funding) };
    taken(ops.partitions.submit(Partition(0), command).await?.1)?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
