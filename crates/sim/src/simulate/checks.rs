//! What must hold after every step. The checker keeps its own memory of what was let out and of how
//! payments stood, and never asks the network whether it is right.

use super::acquirer::Request;
use super::debits::Agreements;
use super::hearing::Hearing;
use super::node::{Applied, Node};
use super::pushed::Pushes;
use super::settled::Disputes;
use super::wallet::Wallet;
use super::{Broken, Invariant};
use base::{ResultCode, ResultStatus, Stamp};
use ids::{ParticipantId, PartnerText, PaymentId};
use log::Log;
use network::{CodeUse, Command, Event, Found, Network, Payment, PaymentRef, Reply, chart};
use payment::{PaymentState, RefundState};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How a payment stood when it was last seen.
struct Seen {
    state: PaymentState,
    refunds: usize,
}

/// What the acquirer was told about a payment.
#[derive(Default)]
struct Told {
    last_final: Option<ResultCode>,
    in_process: bool,
}

#[derive(Default)]
pub(crate) struct Checker {
    pub broken: Option<Broken>,
    last: BTreeMap<u8, Stamp>,
    seen: BTreeMap<PaymentId, Seen>,
    /// Which payment an acquirer's request id stands for.
    pub names: BTreeMap<(ParticipantId, PartnerText), PaymentId>,
    /// Which payment spent a code.
    spent: BTreeMap<String, PaymentId>,
    told: BTreeMap<PaymentId, Told>,
    /// Final answers about refunds, by payment and place.
    refunds_told: BTreeMap<(PaymentId, u32), ResultCode>,
    pub tombstones: BTreeSet<(ParticipantId, PartnerText)>,
    pub agreements: Agreements,
    pub disputes: Disputes,
    pub hearing: Hearing,
    pub pushes: Pushes,
}

/// May a payment in the first state be in the second one later?
fn may_follow(was: PaymentState, is: PaymentState) -> bool {
    use PaymentState as S;
    match was {
        S::Claiming => is != S::Presented,
        S::Presented => !matches!(is, S::Claiming | S::Pending),
        S::Pending | S::Unknown => !matches!(is, S::Claiming | S::Presented),
        S::Closing => matches!(is, S::Closing | S::Closed | S::Cancelling | S::Cancelled),
        S::Cancelling => matches!(is, S::Cancelling | S::Cancelled),
        S::Paid => matches!(is, S::Paid | S::Cancelling | S::Cancelled),
        S::Failed | S::Closed | S::Cancelled => is == was,
    }
}

impl Checker {
    pub fn fail(&mut self, invariant: Invariant, message: impl FnOnce() -> String) {
        if self.broken.is_none() {
            self.broken = Some(Broken { invariant, message: message() });
        }
    }

    pub fn require(&mut self, holds: bool, invariant: Invariant, message: impl FnOnce() -> String) {
        if !holds {
            self.fail(invariant, message);
        }
    }

    /// After a batch: the books of its partition.
    pub fn books(&mut self, machine: &Network) {
        if let Err(fault) = machine.ledger().verify() {
            self.fail(Invariant::BooksBalance, || format!("{fault:?}"));
        }
        for (key, account) in machine.ledger().accounts() {
            let is_receivable = key.purpose == chart::RECEIVABLE;
            let ceiling = account.limits().ceiling.filter(|_| is_receivable);
            if let Some(ceiling) = ceiling.filter(|ceiling| account.highest() > *ceiling) {
                let name = chart::name(*key);
                let highest = account.highest();
                self.fail(Invariant::WithinCap, || format!("{name}: {highest} above {ceiling}"));
            }
        }
    }

    /// A partition was started again and stands at this record.
    pub fn restarted(&mut self, partition: u8, stamp: Stamp) {
        self.last.insert(partition, stamp);
    }

    /// After a batch: everything that was applied is in the log.
    pub fn durable<A>(&mut self, node: &Node<A>) {
        let Some(live) = &node.live else { return };
        let (applied, log_end) = (live.core.last().position, live.core.log().next_position() - 1);
        self.require(applied == log_end, Invariant::DurableFirst, || {
            format!("record {applied} is answered, the log ends at {log_end}")
        });
    }

    /// After each record: its place, its time, and every payment that it moved.
    pub fn applied<A>(&mut self, node: &Node<A>, record: &Applied<A>, wallets: &[Wallet]) {
        let partition = node.partition().0;
        let last = self.last.insert(partition, record.stamp).unwrap_or_default();
        let (position, time) = (record.stamp.position, record.stamp.time);
        self.require(time >= last.time, Invariant::TimeGoesOn, || {
            format!("record {position} of partition {partition} goes back in time")
        });
        self.require(position == last.position + 1, Invariant::DurableFirst, || {
            format!("record {position} of partition {partition} follows {}", last.position)
        });
        for event in &record.outcome.events {
            if let Event::PaymentMoved(payment) = event {
                self.moved(payment, record.stamp, wallets);
            }
        }
        if let (Command::Pay(pay), Reply::Payment { payment, .. }) =
            (&record.command, &record.outcome.reply)
        {
            let same = payment.amount == pay.amount
                && payment.way == pay.way
                && payment.by.code() == pay.by.code()
                && payment.by.token() == pay.by.token()
                && Some(payment.settlement_currency) == pay.settlement_currency;
            self.require(same, Invariant::SameIdSameContent, || {
                format!("{} was answered for other content", payment.id)
            });
            self.require(
                !self.tombstones.contains(&(pay.acquirer, pay.request_id.clone())),
                Invariant::TombstonesHold,
                || format!("{} was cancelled before it came, and is accepted", pay.request_id),
            );
            let name = (pay.acquirer, pay.request_id.clone());
            let first = *self.names.entry(name).or_insert(payment.id);
            self.require(first == payment.id, Invariant::SameIdSameAnswer, || {
                format!("{} is {first} and {}", pay.request_id, payment.id)
            });
        }
        self.codes(record);
        self.agreed(record);
        self.disputed(record);
        self.pushed(record);
        self.owing(record, partition == 0);
    }

    /// A code pays for one payment.
    fn codes<A>(&mut self, record: &Applied<A>) {
        let granted = match (&record.command, &record.outcome.reply) {
            (Command::Claim(claim), Reply::Claim(network::ClaimAnswer::Granted(_))) => {
                Some((claim.code.to_string(), claim.payment))
            }
            (Command::Pay(_), Reply::Payment { payment, .. }) if payment.payer.is_some() => {
                payment.by.code().map(|code| (code.as_str().to_owned(), payment.id))
            }
            _ => None,
        };
        let Some((code, payment)) = granted else { return };
        let first = *self.spent.entry(code).or_insert(payment);
        self.require(first == payment, Invariant::CodeSpentOnce, || {
            format!("one code paid for {first} and {payment}: {:?}", CodeUse::Spent(first))
        });
    }

    fn moved(&mut self, payment: &Payment, stamp: Stamp, wallets: &[Wallet]) {
        let (id, state) = (payment.id, payment.state);
        let seen = self.seen.insert(id, Seen { state, refunds: payment.refunds.len() });
        let (was, refunds) = seen.map_or((None, 0), |seen| (Some(seen.state), seen.refunds));
        let follows = was.is_none_or(|was| may_follow(was, state));
        self.require(follows, Invariant::StatesMoveOn, || {
            format!("{id} went from {was:?} to {state:?}")
        });
        for refund in &payment.refunds[refunds.min(payment.refunds.len())..] {
            let is_refused = refund.state == RefundState::Refused;
            self.require(is_refused || state == PaymentState::Paid, Invariant::RefundsFit, || {
                format!("{id} is {state:?} and accepts a refund")
            });
        }
        let (refunded, paid) = (payment.refunded_minor(), payment.amount.minor());
        self.require(refunded <= paid, Invariant::RefundsFit, || {
            format!("{id}: refunds of {refunded} for a payment of {paid}")
        });
        self.disputes_of(payment);
        if was == Some(state) {
            return;
        }
        let Some(payer) = &payment.payer else { return };
        if payment.terms.is_none() {
            return;
        }
        if let Some(wallet) = wallets.iter().find(|wallet| wallet.id == payer.mpp) {
            self.entered(payment, stamp, wallet);
        }
    }

    /// A payment that a wallet was asked for has come to a new state.
    fn entered(&mut self, payment: &Payment, stamp: Stamp, wallet: &Wallet) {
        use PaymentState as S;
        let (id, state) = (payment.id, payment.state);
        let entry = wallet.entries.get(&id);
        match state {
            S::Paid => {
                let taken_minor = entry.map_or(0, |entry| entry.taken_minor);
                let wanted = payment.terms.as_ref().map_or(0, |terms| terms.pay_to.minor());
                self.require(taken_minor == wanted, Invariant::PaidMeansTaken, || {
                    format!("{id} is paid with {wanted}; its wallet took {taken_minor}")
                });
            }
            S::Failed | S::Closed | S::Cancelled => {
                let is_too_late = stamp.time >= payment.expiry && wallet.was_asked_in_vain(id);
                self.require(
                    wallet.has_said_no(id) || is_too_late,
                    Invariant::FailedOnTheWalletsWord,
                    || format!("{id} is {state:?}, and its wallet has not said no"),
                );
                let kept_minor = wallet.kept_minor(id);
                let is_late = entry.is_some_and(|entry| entry.is_late);
                self.require(kept_minor == 0 || is_late, Invariant::FailedMeansNotTaken, || {
                    format!("{id} is {state:?}, and its wallet keeps {kept_minor}")
                });
            }
            S::Claiming | S::Presented | S::Pending | S::Unknown | S::Closing | S::Cancelling => {}
        }
    }

    /// An acquirer is told how a payment stands.
    pub fn tell(&mut self, payment: &Payment) {
        let code = payment.visible_result();
        let told = self.told.entry(payment.id).or_default();
        let before = told.last_final;
        if code == ResultCode::PaymentInProcess {
            told.in_process = true;
        } else {
            told.last_final = Some(code);
        }
        let was_cancelled = payment.is_cancelled_by_acquirer && code == ResultCode::OrderIsClosed;
        let agrees = before.is_none_or(|before| before == code) || was_cancelled;
        self.require(agrees, Invariant::AnswersAgree, || {
            format!("{}: told {before:?} first and {code} later", payment.id)
        });
    }

    /// An acquirer is told how a refund stands.
    pub fn tell_refund(&mut self, payment: &Payment, number: u32) -> ResultCode {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(refund) = payment.refunds.get(place) else {
            self.fail(Invariant::AnswersAgree, || format!("{}: no refund {number}", payment.id));
            return ResultCode::UnknownException;
        };
        let code = match refund.state {
            RefundState::Done => ResultCode::Success,
            RefundState::Refused => refund.result,
            RefundState::Pending | RefundState::Unknown => ResultCode::UnknownException,
        };
        let key = (payment.id, number);
        let before = self.refunds_told.get(&key).copied();
        if code.status() != ResultStatus::U {
            self.refunds_told.insert(key, code);
        }
        self.require(before.is_none_or(|before| before == code), Invariant::AnswersAgree, || {
            format!("{}: refund {number} was {before:?} first and {code} later", payment.id)
        });
        code
    }

    /// An acquirer is told that its cancel stands, of a payment or of an id that nobody knows.
    pub fn tell_cancelled(&mut self, request: &CancelledName, payment: Option<&Arc<Payment>>) {
        match payment {
            Some(payment) => self.tell_if_final(payment),
            None => {
                self.tombstones.insert((request.acquirer, request.request_id.clone()));
            }
        }
    }

    fn tell_if_final(&mut self, payment: &Payment) {
        if payment.is_final() {
            self.tell(payment);
        }
    }

    /// Requests about somebody else's payment find nothing.
    pub fn foreign(&mut self, request: &Request, code: ResultCode) {
        let is_hidden = matches!(
            code,
            ResultCode::OrderNotExist | ResultCode::AccessDenied | ResultCode::ParamIllegal
        );
        self.require(is_hidden, Invariant::OnlyOwnObjects, || {
            format!("a foreign request {:?} was answered {code}", request.ask)
        });
    }

    /// A code that was guessed leads nowhere, and a code leads one user to the order.
    pub fn scanned(&mut self, mpp: ParticipantId, is_guessed: bool, payment: &Payment) {
        let id = payment.id;
        self.require(!is_guessed, Invariant::OnlyOwnObjects, || {
            format!("{id} was taken up with a code that nobody showed")
        });
        let is_payers = payment.payer.as_ref().is_some_and(|payer| payer.mpp == mpp);
        self.require(is_payers, Invariant::CodeSpentOnce, || {
            format!("{id} was given to two wallets")
        });
    }

    /// A wallet's notification about another wallet's payment changes nothing.
    pub fn rogue_notice(&mut self, payment: PaymentId, reply: &Reply) {
        let is_refused =
            matches!(reply, Reply::Refused(refusal) if refusal.code == ResultCode::OrderNotExist);
        self.require(is_refused, Invariant::OnlyOwnObjects, || {
            format!("another wallet's notification about {payment} was taken")
        });
    }

    /// After a restart and at the end: everything that was told still holds.
    pub fn still_told<A>(&mut self, node: &Node<A>) {
        let Some(live) = &node.live else { return };
        let (machine, history) = (live.core.machine(), live.core.applier().history());
        let own = |id: &&PaymentId| id.partition() == node.partition();
        let mut wrong = None;
        for id in self.told.keys().filter(own) {
            let code = self.told[id].last_final;
            let found = machine.payment(history, *id);
            let now = found.as_ref().map(|payment| payment.visible_result());
            let was_cancelled = found.is_some_and(|payment| payment.is_cancelled_by_acquirer);
            if now.is_none() || (code.is_some() && code != now && !was_cancelled) {
                wrong = Some(format!("{id}: told {code:?}, stands at {now:?}"));
            }
        }
        for (acquirer, request_id) in &self.tombstones {
            let partitions = node.plan.partitions;
            let home = network::partition_of_request(*acquirer, request_id.as_str(), partitions);
            let name = PaymentRef { request_id: Some(request_id.clone()), id: None };
            if home == node.partition()
                && !matches!(machine.find(history, *acquirer, &name), Found::Tombstone)
            {
                wrong = Some(format!("the tombstone of {request_id} is gone"));
            }
        }
        if let Some(wrong) = wrong {
            self.fail(Invariant::AcknowledgedStays, || wrong);
        }
    }

    /// At the end: who was told U is told the end, too.
    pub fn told_the_end(&mut self, payment: &Payment) {
        let was_kept_waiting = self.told.get(&payment.id).is_some_and(|told| told.in_process);
        let deserves_notice = matches!(
            payment.state,
            PaymentState::Paid | PaymentState::Failed | PaymentState::Closed
        );
        // In push mode `pushPayment` tells.
        let is_told = payment.notify.is_some() || payment.push.is_some();
        if was_kept_waiting && deserves_notice && !is_told {
            let (id, state) = (payment.id, payment.state);
            self.fail(Invariant::EverythingEnds, || {
                format!("{id} was U, is {state:?}, and its acquirer was never notified")
            });
        }
    }

    /// All payments that were ever seen.
    pub fn payments(&self) -> Vec<PaymentId> {
        self.seen.keys().copied().collect()
    }
}

/// Whose id a cancel named.
pub(crate) struct CancelledName {
    pub acquirer: ParticipantId,
    pub request_id: PartnerText,
}
