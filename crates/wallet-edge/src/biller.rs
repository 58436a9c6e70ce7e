//! Billers: a connector, and a simulated one that can be slow, silent or contradictory.

use base::ResultCode;
use ids::BillId;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use wallet::ErrandAnswer;
use wallet::objects::Bill;

/// A call to a biller under way.
pub type BillerCall<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a biller says of a customer's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillerCheck {
    /// It has this customer. What is due, in minor units, if it says so.
    Known {
        due_minor: Option<u64>,
    },
    NotKnown,
    /// Nothing usable: try again.
    Silent,
}

/// What a wallet needs of its billers. All calls are safe to repeat: a bill's id is the key.
pub trait BillerConnector: Send + Sync {
    /// Does the biller of this number have this customer? It moves nothing.
    fn check<'a>(&'a self, biller: u32, account: &'a str) -> BillerCall<'a, BillerCheck>;
    /// Takes the payment, once, however often it is asked for.
    fn pay<'a>(&'a self, bill: &'a Bill, account: &'a str) -> BillerCall<'a, ErrandAnswer>;
    /// Says what became of a payment; it takes nothing.
    fn inquire<'a>(&'a self, bill: &'a Bill) -> BillerCall<'a, ErrandAnswer>;
}

/// How the simulated biller behaves at its next payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillerMood {
    /// Takes it and says so.
    Good,
    /// Refuses.
    Refuses(ResultCode),
    /// Takes it and does not answer.
    LosesAnswer,
    /// Does nothing and does not answer.
    Deaf,
    /// Takes it when it is next asked about.
    InProcess,
    /// Takes it and says that it did not.
    Lies,
    /// Takes it and answers after a while.
    Slow(Duration),
}

/// What became of a payment that the simulated biller knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
    WhenAsked,
}

#[derive(Default)]
struct SimBooks {
    moods: VecDeque<BillerMood>,
    due: BTreeMap<(u32, String), u64>,
    strangers: Vec<String>,
    payments: BTreeMap<BillId, (u32, u64, Taken)>,
}

/// Billers of all numbers, in memory. They know everybody whom they were not told to forget.
#[derive(Default)]
pub struct SimBiller {
    books: Mutex<SimBooks>,
}

impl SimBiller {
    /// Says how the next payments go; with nothing said they go well.
    pub fn script(&self, moods: impl IntoIterator<Item = BillerMood>) {
        self.held().moods.extend(moods);
    }

    /// Says what is due for a customer's number, in minor units.
    pub fn owe(&self, biller: u32, account: &str, due_minor: u64) {
        self.held().due.insert((biller, account.to_owned()), due_minor);
    }

    /// No biller has this customer.
    pub fn forget(&self, account: &str) {
        self.held().strangers.push(account.to_owned());
    }

    /// What one biller has taken, in minor units: what the wallet owes it, or has paid it.
    pub fn taken_minor(&self, biller: u32) -> u64 {
        let held = self.held();
        let taken = held.payments.values().filter(|(of, _, it)| *of == biller && *it == Taken::Yes);
        taken.map(|(_, amount_minor, _)| amount_minor).sum()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, SimBooks> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, biller: u32, account: &str) -> BillerCheck {
        let held = self.held();
        if held.strangers.iter().any(|stranger| stranger == account) {
            return BillerCheck::NotKnown;
        }
        let due_minor = held.due.get(&(biller, account.to_owned())).copied();
        BillerCheck::Known { due_minor }
    }

    /// What the biller does now and what it says, and how long it takes over it.
    fn act(&self, bill: &Bill) -> (ErrandAnswer, Duration) {
        let mut held = self.held();
        match held.payments.get(&bill.id) {
            Some((_, _, Taken::Yes)) => return (ErrandAnswer::Yes, Duration::ZERO),
            Some((_, _, Taken::No)) => return (refused(), Duration::ZERO),
            Some((_, _, Taken::WhenAsked)) => return (ErrandAnswer::InProcess, Duration::ZERO),
            None => {}
        }
        let mood = held.moods.pop_front().unwrap_or(BillerMood::Good);
        let (taken, answer, took) = match mood {
            BillerMood::Good => (Some(Taken::Yes), ErrandAnswer::Yes, Duration::ZERO),
            BillerMood::Refuses(code) => (Some(Taken::No), ErrandAnswer::No(code), Duration::ZERO),
            BillerMood::LosesAnswer => (Some(Taken::Yes), ErrandAnswer::Silent, Duration::ZERO),
            BillerMood::Deaf => (None, ErrandAnswer::Silent, Duration::ZERO),
            BillerMood::InProcess => {
                (Some(Taken::WhenAsked), ErrandAnswer::InProcess, Duration::ZERO)
            }
            BillerMood::Lies => (Some(Taken::Yes), refused(), Duration::ZERO),
            BillerMood::Slow(time) => (Some(Taken::Yes), ErrandAnswer::Yes, time),
        };
        if let Some(taken) = taken {
            let amount_minor = bill.plan().map_or(0, |plan| plan.payee().minor());
            held.payments.insert(bill.id, (bill.body.biller, amount_minor, taken));
        }
        (answer, took)
    }

    fn recall(&self, id: BillId) -> ErrandAnswer {
        match self.held().payments.get_mut(&id) {
            Some((_, _, Taken::Yes)) => ErrandAnswer::Yes,
            Some((_, _, Taken::No)) => refused(),
            Some((_, _, taken)) => {
                *taken = Taken::Yes;
                ErrandAnswer::InProcess
            }
            None => ErrandAnswer::NotFound,
        }
    }
}

const fn refused() -> ErrandAnswer {
    ErrandAnswer::No(ResultCode::ProcessFail)
}

impl BillerConnector for SimBiller {
    fn check<'a>(&'a self, biller: u32, account: &'a str) -> BillerCall<'a, BillerCheck> {
        Box::pin(async move { self.look(biller, account) })
    }

    fn pay<'a>(&'a self, bill: &'a Bill, _account: &'a str) -> BillerCall<'a, ErrandAnswer> {
        Box::pin(async move {
            let (answer, took) = self.act(bill);
            if !took.is_zero() {
                tokio::time::sleep(took).await;
            }
            answer
        })
    }

    fn inquire<'a>(&'a self, bill: &'a Bill) -> BillerCall<'a, ErrandAnswer> {
        Box::pin(async move { self.recall(bill.id) })
    }
}
