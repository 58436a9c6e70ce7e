//! Light traffic for demonstrations: users of wallets buy at merchants of the simulated acquirers.

use crate::acquirer::{Ended, Outcome, Presented, Refund, SimAcquirer, SimMerchant};
use crate::edge::SimError;
use crate::payers::Payers;
use base::ResultStatus;
use money::Money;
use serde::Serialize;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};

/// How much traffic, of which kind.
#[derive(Clone, Debug)]
pub struct TrafficOptions {
    /// From the start of one payment to the start of the next.
    pub every: Duration,
    /// Payments that may be open at once; when they are, the next one waits.
    pub at_once: usize,
    /// How many of a hundred payments begin with a code on the till, which the user scans.
    pub scanned_by_user_percent: u64,
    /// How many of a hundred paid payments are refunded, in part or whole.
    pub refund_percent: u64,
    /// How many of a hundred paid payments are cancelled.
    pub cancel_percent: u64,
    /// Same seed, same choices in the same order.
    pub seed: u64,
    /// Ends after so many payments; none goes on.
    pub payments: Option<u64>,
}

impl Default for TrafficOptions {
    fn default() -> TrafficOptions {
        TrafficOptions {
            every: Duration::from_secs(2),
            at_once: 16,
            scanned_by_user_percent: 33,
            refund_percent: 10,
            cancel_percent: 3,
            seed: 1,
            payments: None,
        }
    }
}

/// What the traffic came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficStats {
    pub started: u64,
    pub paid: u64,
    pub failed: u64,
    /// Given up by the acquirer, and cancelled.
    pub given_up: u64,
    pub unresolved: u64,
    /// No payment code, or a request that could not be written.
    pub not_started: u64,
    pub refunded: u64,
    pub cancelled: u64,
    /// Refunds and cancels without S.
    pub refused_after: u64,
    pub last_error: Option<String>,
}

/// Running traffic; it stops when this is dropped.
pub struct Traffic {
    stats: Arc<Mutex<TrafficStats>>,
    running: JoinHandle<()>,
}

impl Traffic {
    /// Starts at once. Must be called inside a tokio runtime.
    pub fn start(
        wallets: Vec<Arc<dyn Payers>>,
        acquirers: Vec<Arc<SimAcquirer>>,
        options: TrafficOptions,
    ) -> Traffic {
        let stats = Arc::new(Mutex::new(TrafficStats::default()));
        let running = tokio::spawn(run(wallets, acquirers, options, stats.clone()));
        Traffic { stats, running }
    }

    pub fn stats(&self) -> TrafficStats {
        self.stats.lock().expect("no code panics while it holds the counters").clone()
    }

    /// Waits until the wanted number of payments is done; for ever when none was given.
    pub async fn finished(&mut self) -> TrafficStats {
        // An error means that it was stopped: the counters then say how far it came.
        let _ = (&mut self.running).await;
        self.stats()
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// A small generator of choices (splitmix64); nothing secret depends on it.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let index = self.below(u64::try_from(of.len()).unwrap_or(u64::MAX));
        of.get(usize::try_from(index).unwrap_or(0))
    }
}

/// One payment to be made.
struct Errand {
    wallet: Arc<dyn Payers>,
    user: String,
    acquirer: Arc<SimAcquirer>,
    merchant: SimMerchant,
    price: Money,
    /// 0 to 99: what follows when it is paid.
    after: u64,
    refund_share: u64,
    /// The till shows a code and the user scans it, instead of the other way round.
    is_scanned_by_user: bool,
}

/// A price that people pay: 3 to 90 times a hundred units of about a cent, never a magic one.
fn price(choices: &mut Choices, merchant: &SimMerchant) -> Option<Money> {
    let step = match merchant.currency.exponent() {
        0 => 10,
        1 | 2 => 100,
        _ => 1_000,
    };
    Money::new((30 + choices.below(300)) * step, merchant.currency).ok()
}

fn errand(
    choices: &mut Choices,
    wallets: &[Arc<dyn Payers>],
    acquirers: &[Arc<SimAcquirer>],
    options: &TrafficOptions,
) -> Option<Errand> {
    let wallet = choices.one_of(wallets)?.clone();
    let user = choices.one_of(&wallet.users())?.clone();
    let acquirer = choices.one_of(acquirers)?.clone();
    let merchant = choices.one_of(acquirer.merchants())?.clone();
    let price = price(choices, &merchant)?;
    let (after, refund_share) = (choices.below(100), choices.below(2));
    let is_scanned_by_user = choices.below(100) < options.scanned_by_user_percent;
    Some(Errand {
        wallet,
        user,
        acquirer,
        merchant,
        price,
        after,
        refund_share,
        is_scanned_by_user,
    })
}

async fn run(
    wallets: Vec<Arc<dyn Payers>>,
    acquirers: Vec<Arc<SimAcquirer>>,
    options: TrafficOptions,
    stats: Arc<Mutex<TrafficStats>>,
) {
    let mut choices = Choices(options.seed);
    let mut open = JoinSet::new();
    let mut ticks = tokio::time::interval(options.every.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut left = options.payments;
    while left != Some(0) {
        ticks.tick().await;
        while open.len() >= options.at_once.max(1) {
            open.join_next().await;
        }
        let Some(errand) = errand(&mut choices, &wallets, &acquirers, &options) else { return };
        left = left.map(|left| left - 1);
        open.spawn(make(errand, options.clone(), stats.clone()));
    }
    while open.join_next().await.is_some() {}
}

async fn make(errand: Errand, options: TrafficOptions, stats: Arc<Mutex<TrafficStats>>) {
    let count = |change: &dyn Fn(&mut TrafficStats)| {
        change(&mut stats.lock().expect("no code panics while it holds the counters"));
    };
    count(&|stats| stats.started += 1);
    let ended = match pay(&errand).await {
        Ok(ended) => ended,
        Err(error) => {
            count(&|stats| {
                stats.not_started += 1;
                stats.last_error = Some(error.to_string());
            });
            return;
        }
    };
    match ended.outcome {
        Outcome::Paid => count(&|stats| stats.paid += 1),
        Outcome::Cancelled => count(&|stats| stats.given_up += 1),
        Outcome::Unresolved => count(&|stats| stats.unresolved += 1),
        Outcome::Failed(code) => count(&|stats| {
            stats.failed += 1;
            stats.last_error = Some(code.as_str().to_string());
        }),
    }
    if ended.outcome != Outcome::Paid {
        return;
    }
    let is_cancel = errand.after < options.cancel_percent;
    let is_refund = !is_cancel && errand.after < options.cancel_percent + options.refund_percent;
    if !is_cancel && !is_refund {
        return;
    }
    let result =
        if is_cancel { cancel(&errand, &ended).await } else { refund(&errand, &ended).await };
    match result {
        Ok(ResultStatus::S) if is_cancel => count(&|stats| stats.cancelled += 1),
        Ok(ResultStatus::S) => count(&|stats| stats.refunded += 1),
        Ok(ResultStatus::F | ResultStatus::U) => count(&|stats| stats.refused_after += 1),
        Err(error) => count(&|stats| {
            stats.refused_after += 1;
            stats.last_error = Some(error.to_string());
        }),
    }
}

async fn pay(errand: &Errand) -> Result<Ended, SimError> {
    if errand.is_scanned_by_user {
        let sale = errand.acquirer.sale(&errand.merchant.merchant_id, errand.price, "");
        let scan = async |code: String| {
            // What becomes of it the acquirer hears from the network.
            if let Err(error) = errand.wallet.scan_and_pay(&errand.user, &code).await {
                tracing::info!(%error, "a scanned order was not paid");
            }
        };
        return errand.acquirer.present_to_end(&sale, Presented::OrderCode, scan).await;
    }
    let region = Some(errand.merchant.region.as_str());
    let code = errand.wallet.payment_code(&errand.user, region).await?;
    let sale = errand.acquirer.sale(&errand.merchant.merchant_id, errand.price, &code);
    errand.acquirer.pay_to_end(&sale).await
}

async fn cancel(errand: &Errand, ended: &Ended) -> Result<ResultStatus, SimError> {
    let answer = errand.acquirer.cancel(&ended.payment_request_id).await?;
    Ok(answer.result.status())
}

async fn refund(errand: &Errand, ended: &Ended) -> Result<ResultStatus, SimError> {
    // All of it, or half of it.
    let amount = Money::new(errand.price.minor() >> errand.refund_share, errand.price.currency());
    let refund = Refund {
        refund_request_id: errand.acquirer.new_id("RF"),
        payment_request_id: ended.payment_request_id.clone(),
        amount: amount.map_err(SimError::request)?,
    };
    Ok(errand.acquirer.refund(&refund).await?.result.status())
}
