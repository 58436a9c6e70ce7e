//! The bank behind top-ups and withdrawals: a connector, and a simulated bank that can be slow,
//! silent or contradictory.

use base::ResultCode;
use ids::BankMoveId;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use wallet::ErrandAnswer;
use wallet::objects::{BankMove, BankWay};

/// A call to a bank under way.
pub type BankCall<'a> = Pin<Box<dyn Future<Output = ErrandAnswer> + Send + 'a>>;

/// What a wallet needs of a bank. Both calls are safe to repeat: the move's id is the key.
pub trait BankConnector: Send + Sync {
    /// Moves the money, once, however often it is asked for.
    fn submit<'a>(&'a self, moved: &'a BankMove, account: &'a str) -> BankCall<'a>;
    /// Says what became of a move; it moves nothing.
    fn inquire<'a>(&'a self, moved: &'a BankMove) -> BankCall<'a>;
}

/// How the simulated bank behaves at its next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankMood {
    /// Carries it out and says so.
    Good,
    /// Refuses.
    Refuses(ResultCode),
    /// Carries it out and does not answer.
    LosesAnswer,
    /// Does nothing and does not answer.
    Deaf,
    /// Carries it out when it is next asked about.
    InProcess,
    /// Carries it out and says that it did not.
    Lies,
    /// Answers after a while.
    Slow(Duration),
}

#[derive(Default)]
struct SimBooks {
    moods: VecDeque<BankMood>,
    moves: BTreeMap<BankMoveId, (BankWay, u64, Option<bool>)>,
}

/// A bank in memory.
#[derive(Default)]
pub struct SimBank {
    books: Mutex<SimBooks>,
}

impl SimBank {
    /// Says how the next calls go; with nothing said they go well.
    pub fn script(&self, moods: impl IntoIterator<Item = BankMood>) {
        self.held().moods.extend(moods);
    }

    /// What the bank has paid in less what it has paid out, in minor units: the float's mirror.
    pub fn float_minor(&self) -> i128 {
        let held = self.held();
        let done = held.moves.values().filter(|(_, _, done)| *done == Some(true));
        done.map(|(way, amount, _)| match way {
            BankWay::In => i128::from(*amount),
            BankWay::Out => -i128::from(*amount),
        })
        .sum()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, SimBooks> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the bank does now and what it says, and how long it takes over it.
    fn act(&self, moved: &BankMove) -> (ErrandAnswer, Duration) {
        let mut held = self.held();
        if let Some((_, _, Some(done))) = held.moves.get(&moved.id) {
            let again =
                if *done { ErrandAnswer::Yes } else { ErrandAnswer::No(ResultCode::ProcessFail) };
            return (again, Duration::ZERO);
        }
        let mood = held.moods.pop_front().unwrap_or(BankMood::Good);
        let mut took = Duration::ZERO;
        let (done, answer) = match mood {
            BankMood::Good => (Some(Some(true)), ErrandAnswer::Yes),
            BankMood::Refuses(code) => (Some(Some(false)), ErrandAnswer::No(code)),
            BankMood::LosesAnswer => (Some(Some(true)), ErrandAnswer::Silent),
            BankMood::Deaf => (None, ErrandAnswer::Silent),
            BankMood::InProcess => (Some(None), ErrandAnswer::InProcess),
            BankMood::Lies => (Some(Some(true)), ErrandAnswer::No(ResultCode::ProcessFail)),
            BankMood::Slow(time) => {
                took = time;
                (Some(Some(true)), ErrandAnswer::Yes)
            }
        };
        if let Some(done) = done {
            held.moves.insert(moved.id, (moved.way, moved.amount_minor, done));
        }
        (answer, took)
    }
}

impl BankConnector for SimBank {
    fn submit<'a>(&'a self, moved: &'a BankMove, _account: &'a str) -> BankCall<'a> {
        Box::pin(async move {
            let (answer, took) = self.act(moved);
            if !took.is_zero() {
                tokio::time::sleep(took).await;
            }
            answer
        })
    }

    fn inquire<'a>(&'a self, moved: &'a BankMove) -> BankCall<'a> {
        Box::pin(async move {
            let mut held = self.held();
            match held.moves.get_mut(&moved.id) {
                Some((_, _, Some(true))) => ErrandAnswer::Yes,
                Some((_, _, Some(false))) => ErrandAnswer::No(ResultCode::ProcessFail),
                Some((_, _, done)) => {
                    *done = Some(true);
                    ErrandAnswer::InProcess
                }
                None => ErrandAnswer::NotFound,
            }
        })
    }
}
