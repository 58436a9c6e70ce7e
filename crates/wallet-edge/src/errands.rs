//! Carries out errands: takes what the machine wishes for, calls the bank or the network, and
//! brings what came of it back as a command. Schedules are the machine's: an attempt is made once,
//! and silence is an answer like any other.

use crate::bank::BankConnector;
use crate::biller::BillerConnector;
use crate::edge::Edge;
use crate::fund::FundConnector;
use crate::mpp;
use effects::CallError;
use engine::Effects;
use ids::NoteId;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use wallet::objects::{BankMove, Bill};
use wallet::{Attempt, Command, ErrandAnswer, ErrandKind, Object, Wallet};
use wire::WireResult;

/// Calls under way to one side of the world.
const AT_ONCE: usize = 64;

/// Whom the wallet works with, beside the network.
pub(crate) struct World {
    pub bank: Arc<dyn BankConnector>,
    pub fund: Arc<dyn FundConnector>,
    pub billers: Arc<dyn BillerConnector>,
}

/// Runs until the engine ends.
pub(crate) async fn run(edge: Arc<Edge>, world: World, mut effects: Effects<Wallet>) {
    let runner = Arc::new(Runner {
        edge,
        world,
        bank_calls: Arc::new(Semaphore::new(AT_ONCE)),
        biller_calls: Arc::new(Semaphore::new(AT_ONCE)),
        network_calls: Arc::new(Semaphore::new(AT_ONCE)),
        under_way: Mutex::default(),
    });
    while let Some(attempts) = effects.next().await {
        for attempt in attempts {
            let runner = Arc::clone(&runner);
            tokio::spawn(async move { runner.carry_out(attempt).await });
        }
    }
}

/// Names one attempt: an effect arrives at least once.
type Key = (u128, ErrandKind, u32);

struct Runner {
    edge: Arc<Edge>,
    world: World,
    bank_calls: Arc<Semaphore>,
    biller_calls: Arc<Semaphore>,
    network_calls: Arc<Semaphore>,
    under_way: Mutex<BTreeSet<Key>>,
}

impl Runner {
    async fn carry_out(&self, attempt: Attempt) {
        let errand = &attempt.errand;
        let key = (errand.about, errand.kind, errand.attempt);
        if !self.held().insert(key) {
            return;
        }
        let answer = self.within_time(&attempt).await;
        let done = Command::ErrandDone {
            about: errand.about,
            kind: errand.kind,
            attempt: errand.attempt,
            answer,
        };
        // A full queue is waited for: what came of a call must not be lost while this lives.
        while let Err(error) = self.edge.engine.submit(done.clone()).await {
            if error == engine::SubmitError::Stopped {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.held().remove(&key);
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeSet<Key>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn within_time(&self, attempt: &Attempt) -> ErrandAnswer {
        let lane = match attempt.errand.kind {
            ErrandKind::BankSubmit | ErrandKind::BankInquiry | ErrandKind::FundOrder => {
                &self.bank_calls
            }
            ErrandKind::BillPay | ErrandKind::BillInquiry => &self.biller_calls,
            ErrandKind::NotifyPayment | ErrandKind::TokenCancelled => &self.network_calls,
        };
        let Ok(_place) = lane.acquire().await else { return ErrandAnswer::Silent };
        let timeout = Duration::from_nanos(attempt.errand.kind.timeout().nanos());
        let answer = tokio::time::timeout(timeout, self.call(attempt)).await;
        answer.unwrap_or(ErrandAnswer::Silent)
    }

    async fn call(&self, attempt: &Attempt) -> ErrandAnswer {
        match (attempt.errand.kind, &attempt.object) {
            (ErrandKind::BankSubmit, Object::BankMove(moved)) => self.submit(moved).await,
            (ErrandKind::BankInquiry, Object::BankMove(moved)) => {
                self.world.bank.inquire(moved).await
            }
            (ErrandKind::FundOrder, Object::FundDay(day)) => {
                self.world.fund.settle(&day.statement).await
            }
            (ErrandKind::BillPay, Object::Bill(bill)) => self.pay_bill(bill).await,
            (ErrandKind::BillInquiry, Object::Bill(bill)) => self.world.billers.inquire(bill).await,
            (ErrandKind::NotifyPayment, Object::Payment(payment)) => {
                mpp::tell_payment(&self.edge, payment).await
            }
            (ErrandKind::TokenCancelled, Object::Agreement(agreement)) => {
                mpp::tell_agreement_ended(&self.edge, agreement).await
            }
            // The machine pairs kinds and objects.
            _ => ErrandAnswer::Silent,
        }
    }

    async fn submit(&self, moved: &BankMove) -> ErrandAnswer {
        match self.number_of(moved.customer, moved.bank_account).await {
            Ok(account) => self.world.bank.submit(moved, &account).await,
            Err(answer) => answer,
        }
    }

    async fn pay_bill(&self, bill: &Bill) -> ErrandAnswer {
        let Some(note) = bill.account() else { return ErrandAnswer::Silent };
        match self.number_of(bill.body.customer, note).await {
            Ok(account) => self.world.billers.pay(bill, &account).await,
            Err(answer) => answer,
        }
    }

    /// A customer's number with a bank or a biller, from the vault. Errors: what came of the
    /// errand without it.
    async fn number_of(&self, customer: u32, note: NoteId) -> Result<String, ErrandAnswer> {
        let person = match self.edge.person_of(customer).await {
            Ok(Some(person)) => person,
            // Erased or not readable now: asked again later.
            Ok(None) | Err(_) => return Err(ErrandAnswer::Silent),
        };
        match self.edge.in_vault(move |vault| vault.note(person, note)).await {
            Ok(Some(account)) => Ok(account.as_str().to_owned()),
            // Without the number nobody can have been asked before either.
            Ok(None) => Err(ErrandAnswer::No(base::ResultCode::UserNotExist)),
            Err(_) => Err(ErrandAnswer::Silent),
        }
    }
}

/// What the network answered, as the machine takes it.
pub(crate) fn answer_of(result: Result<WireResult, CallError>) -> ErrandAnswer {
    match result {
        Ok(result) => match (result.status(), result.code()) {
            (base::ResultStatus::S, _) => ErrandAnswer::Yes,
            (base::ResultStatus::F, code) => ErrandAnswer::No(code),
            (base::ResultStatus::U, _) => ErrandAnswer::InProcess,
        },
        Err(_) => ErrandAnswer::Silent,
    }
}
