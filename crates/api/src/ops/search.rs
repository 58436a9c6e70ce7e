//! Which payments: lists of history, read newest first across partitions, and sieved.

use super::Shared;
use super::directory::by_code;
use super::error::Failure;
use super::model::{read_currency, read_text, read_time};
use axum::http::StatusCode;
use ids::{ParticipantId, Partition, PaymentId};
use money::Currency;
use network::{Found, Network, Payment, PaymentRef};
use payment::PaymentState;
use serde::Deserialize;
use state::{ColdReader, ListQuery};
use std::sync::Arc;
use utoipa::IntoParams;

/// Payments on one page, at most.
const MAX_PAGE: usize = 200;
const DEFAULT_PAGE: usize = 20;
/// Ids read from each list at a time.
const CHUNK: usize = 200;
/// Payments looked at for one page; the page then ends where the search stopped.
const MAX_LOOKED_AT: usize = 5_000;

/// Which payments; everything given must fit.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct Search {
    /// Code of the acquirer, such as `A-JP`; all acquirers when absent.
    pub acquirer: Option<String>,
    /// The acquirer's reference of the merchant; needs `acquirer`.
    pub merchant: Option<String>,
    /// The acquirer's `paymentRequestId`; needs `acquirer`.
    pub payment_request_id: Option<String>,
    /// Code of the wallet, such as `W-KR`.
    pub wallet: Option<String>,
    /// The wallet's own id of the payment.
    pub wallet_payment_id: Option<String>,
    /// `Paid`, `Unknown`, `Failed`, ...
    pub state: Option<String>,
    /// Order currency, such as `JPY`.
    pub currency: Option<String>,
    /// Made at this time or later, such as `2026-11-22T00:00:00Z`.
    pub since: Option<String>,
    /// Made before this time.
    pub until: Option<String>,
    /// Payments older than this id: the `next` of the page before.
    pub before: Option<String>,
    /// Payments on a page, 1 to 200; 20 when absent.
    pub limit: Option<usize>,
}

/// A page of payments, newest first, and where the next one begins.
pub(super) struct Hits {
    pub(super) payments: Vec<Arc<Payment>>,
    pub(super) next: Option<PaymentId>,
}

/// A search that was understood.
pub(super) struct Sieve {
    lists: Vec<Vec<u8>>,
    wallet: Option<ParticipantId>,
    wallet_payment_id: Option<String>,
    state: Option<PaymentState>,
    currency: Option<Currency>,
    from: u128,
    to: u128,
    limit: usize,
}

impl Sieve {
    /// All payments of one list in history.
    pub(super) fn of_list(
        list: Vec<u8>,
        before: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Sieve, Failure> {
        Ok(Sieve {
            lists: vec![list],
            wallet: None,
            wallet_payment_id: None,
            state: None,
            currency: None,
            from: 0,
            to: read_before(before)?,
            limit: limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE),
        })
    }

    async fn read(ops: &Shared, it: &Search) -> Result<Sieve, Failure> {
        let id = async |code: &Option<String>| match code {
            Some(code) => by_code(ops, code).await.map(|found| Some(found.id)),
            None => Ok(None),
        };
        let lists = match (id(&it.acquirer).await?, &it.merchant) {
            (Some(acquirer), Some(merchant)) => vec![Network::merchant_list(acquirer, merchant)],
            (Some(acquirer), None) => vec![Network::acquirer_list(acquirer)],
            (None, None) => all_acquirers(ops).await?,
            (None, Some(_)) => return Err(Failure::illegal("merchant: give acquirer as well")),
        };
        let bound = |text: &Option<String>, field: &str| match text {
            Some(text) => read_time(text, field).map(|at| Some(first_id(at))),
            None => Ok(None),
        };
        let until = bound(&it.until, "until")?.map_or(u128::MAX, |first| first.saturating_sub(1));
        Ok(Sieve {
            wallet: id(&it.wallet).await?,
            wallet_payment_id: it.wallet_payment_id.clone(),
            state: it.state.as_deref().map(read_state).transpose()?,
            currency: it.currency.as_deref().map(|it| read_currency(it, "currency")).transpose()?,
            from: bound(&it.since, "since")?.unwrap_or(0),
            to: read_before(it.before.as_deref())?.min(until),
            lists,
            ..Sieve::of_list(Vec::new(), None, it.limit)?
        })
    }

    fn fits(&self, payment: &Payment) -> bool {
        let wallet = payment.payer.as_ref().map(|payer| payer.mpp);
        let wallet_payment_id = payment.wallet_payment_id.as_ref().map(|id| id.as_str());
        self.state.is_none_or(|state| payment.state == state)
            && self.currency.is_none_or(|currency| payment.amount.currency() == currency)
            && (self.wallet_payment_id.is_none()
                || self.wallet_payment_id.as_deref() == wallet_payment_id)
            && (self.from..=self.to).contains(&payment.id.as_u128())
            && (self.wallet.is_none() || self.wallet == wallet)
    }

    /// The newest payments that fit.
    pub(super) async fn run(mut self, ops: &Shared) -> Result<Hits, Failure> {
        let (mut payments, mut looked_at) = (Vec::new(), 0);
        loop {
            let ids = self.newest_ids(ops)?;
            for id in ids.iter().copied() {
                let Some(payment) = load(ops, id).await? else { continue };
                looked_at += 1;
                if self.fits(&payment) {
                    payments.push(payment);
                }
                if payments.len() == self.limit || looked_at == MAX_LOOKED_AT {
                    return Ok(Hits { payments, next: Some(id) });
                }
            }
            match ids.last() {
                Some(last) if ids.len() == CHUNK => self.to = last.as_u128().saturating_sub(1),
                _ => return Ok(Hits { payments, next: None }),
            }
        }
    }

    /// At most [`CHUNK`] ids from all lists of all partitions, newest first.
    fn newest_ids(&self, ops: &Shared) -> Result<Vec<PaymentId>, Failure> {
        let query = ListQuery { from: self.from, to: self.to, ..ListQuery::newest(CHUNK) };
        let mut ids = Vec::new();
        for partition in ops.partitions.all() {
            let history = reader(ops, partition)?;
            for list in &self.lists {
                ids.extend(history.list(list, query).map_err(|error| broken(&error))?);
            }
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.truncate(CHUNK);
        Ok(ids.into_iter().map(PaymentId::from_u128).collect())
    }
}

/// Carries a search out; a `paymentRequestId` leads to its one payment at once.
pub(super) async fn find(ops: &Shared, it: &Search) -> Result<Hits, Failure> {
    let sieve = Sieve::read(ops, it).await?;
    let Some(request_id) = &it.payment_request_id else { return sieve.run(ops).await };
    let Some(code) = &it.acquirer else {
        return Err(Failure::illegal("paymentRequestId: give acquirer as well"));
    };
    let acquirer = by_code(ops, code).await?.id;
    let partition = network::partition_of_request(acquirer, request_id, ops.partitions.count());
    let request_id = Some(read_text(request_id, "paymentRequestId")?);
    let look = move |machine: &Network, history: &dyn base::History, _: base::Stamp| {
        let reference = PaymentRef { id: None, request_id };
        match machine.find(history, acquirer, &reference) {
            Found::Payment(payment) => Some(payment),
            Found::Tombstone | Found::Missing | Found::Mismatch => None,
        }
    };
    let found = ops.partitions.read(partition, look).await?;
    let payments = found.into_iter().filter(|payment| sieve.fits(payment)).collect();
    Ok(Hits { payments, next: None })
}

/// A payment: what is open from the machine, what is closed from history, off the engine's path.
pub(super) async fn load(ops: &Shared, id: PaymentId) -> Result<Option<Arc<Payment>>, Failure> {
    let look = move |machine: &Network, _: &dyn base::History, _: base::Stamp| {
        machine.open_payment(id).cloned()
    };
    if ops.partitions.engine(id.partition()).is_none() {
        return Ok(None);
    }
    if let Some(open) = ops.partitions.read(id.partition(), look).await? {
        return Ok(Some(open));
    }
    // What was not open when it was looked for is in history by now.
    let found = reader(ops, id.partition())?.object(id.as_u128(), u64::MAX);
    let Some(bytes) = found.map_err(|error| broken(&error))? else { return Ok(None) };
    let payment = network::kept_payment(&bytes).map_err(|error| broken(&error))?;
    Ok(payment.map(Arc::new))
}

pub(super) fn reader(ops: &Shared, partition: Partition) -> Result<ColdReader, Failure> {
    let engine = ops.partitions.engine(partition);
    engine.map(engine::Engine::history).ok_or_else(|| Failure::not_found("partition"))
}

pub(super) fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", error.to_string())
}

async fn all_acquirers(ops: &Shared) -> Result<Vec<Vec<u8>>, Failure> {
    let ask = |machine: &Network, _: &dyn base::History, _: base::Stamp| {
        let all = machine.directory().participants();
        let acquirers = all.filter(|it| it.role == directory::Role::Acqp);
        acquirers.map(|it| Network::acquirer_list(it.id)).collect::<Vec<_>>()
    };
    Ok(ops.partitions.read(Partition(0), ask).await?)
}

/// The smallest id that is made at a time.
fn first_id(at: base::Timestamp) -> u128 {
    PaymentId::new(at.millis(), Partition(0), 0).as_u128()
}

fn read_state(text: &str) -> Result<PaymentState, Failure> {
    let named = |state: &PaymentState| format!("{state:?}") == text;
    PaymentState::ALL.into_iter().find(named).ok_or_else(|| {
        let names: Vec<String> = PaymentState::ALL.iter().map(|it| format!("{it:?}")).collect();
        Failure::illegal(format!("state: give one of {}", names.join(", ")))
    })
}

fn read_before(text: Option<&str>) -> Result<u128, Failure> {
    let Some(text) = text else { return Ok(u128::MAX) };
    Ok(read_id(text, "before")?.as_u128().saturating_sub(1))
}

pub(super) fn read_id(text: &str, field: &str) -> Result<PaymentId, Failure> {
    text.parse().map_err(|error| Failure::illegal(format!("{field}: {error}")))
}
