//! The fund behind savings: a connector, and a simulated fund that keeps what it was told.

use base::ResultCode;
use savings::{FundStatement, LocalDay};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use wallet::ErrandAnswer;

/// A call to a fund under way.
pub type FundCall<'a> = Pin<Box<dyn Future<Output = ErrandAnswer> + Send + 'a>>;

/// What a wallet needs of a fund. Safe to repeat: a day is settled once.
pub trait FundConnector: Send + Sync {
    /// Tells what was dealt on a day, and asks whether the fund's books say the same.
    fn settle<'a>(&'a self, statement: &'a FundStatement) -> FundCall<'a>;
}

/// A fund in memory: agrees to the first statement of a day, and to no other one after it.
#[derive(Default)]
pub struct SimFund {
    days: Mutex<BTreeMap<LocalDay, FundStatement>>,
    /// How many calls from now on are not answered.
    deaf_for: Mutex<u32>,
}

impl SimFund {
    /// The next calls are heard and not answered.
    pub fn be_deaf(&self, calls: u32) {
        *self.deaf_for.lock().unwrap_or_else(PoisonError::into_inner) = calls;
    }

    /// The days that it has settled.
    pub fn days(&self) -> Vec<FundStatement> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect()
    }

    fn hear(&self, statement: FundStatement) -> ErrandAnswer {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let known = *days.entry(statement.day).or_insert(statement);
        let mut deaf_for = self.deaf_for.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = deaf_for.checked_sub(1) {
            *deaf_for = left;
            return ErrandAnswer::Silent;
        }
        if known == statement {
            ErrandAnswer::Yes
        } else {
            ErrandAnswer::No(ResultCode::RepeatReqInconsistent)
        }
    }
}

impl FundConnector for SimFund {
    fn settle<'a>(&'a self, statement: &'a FundStatement) -> FundCall<'a> {
        Box::pin(async move { self.hear(*statement) })
    }
}
