//! What must hold of payments in push mode: the checker's own memory of who scanned what, of what
//! the acquirer said first, and of how each push ended.

use super::Invariant;
use super::checks::Checker;
use super::node::{Applied, Node};
use super::push::own_name;
use base::{ResultCode, Span, Stamp, Timestamp};
use ids::{ParticipantId, PartnerText, PaymentId};
use money::Money;
use network::{
    BreakKind, Command, Digest, EffectKind, EffectOutcome, Event, NotifyPush, Payment, PushAnswer,
    Reply,
};
use payment::{PaymentState, PushInput, PushState};
use std::collections::{BTreeMap, BTreeSet};

/// From the payment to the end of the last wait, when every answer comes at once.
const SCHEDULE: Span = Span::secs(4 + 4 + 30 + 60 + 60 + 60 + 300 + 300);

#[derive(Default)]
pub(crate) struct Pushes {
    /// The orders that wait for their wallet, by scan and amount.
    scans: BTreeMap<(Digest, u64), PaymentId>,
    held: BTreeMap<PaymentId, Held>,
    /// Names that were cancelled before the network knew them: they name no payment any more.
    barred: BTreeSet<PartnerText>,
}

/// One payment in push mode as it was last seen.
struct Held {
    acquirer: ParticipantId,
    is_paid: bool,
    /// How its push ended; absent while it is open.
    end: Option<PushState>,
}

/// An acquirer's word about a payment that was pushed to it, by whichever way it came.
fn word_in(command: &Command) -> Option<(PaymentId, &PushAnswer)> {
    match command {
        Command::NotifyPush(it) => Some((it.payment, &it.answer)),
        Command::EffectDone { id, outcome: EffectOutcome::Pushed(answer) }
            if matches!(id.kind, EffectKind::Push | EffectKind::PushInquiry) =>
        {
            Some((id.payment, answer))
        }
        _ => None,
    }
}

/// Does the word name the payment rightly, or not at all, and did all before?
fn is_well_named(payment: &Payment, answer: &PushAnswer) -> bool {
    let own = own_name(payment.id);
    let is_misnamed =
        payment.push.as_ref().is_some_and(|push| push.is_named) && payment.request_id != own;
    !is_misnamed && answer.request_id.as_ref().is_none_or(|name| *name == own)
}

impl Checker {
    /// After each record.
    pub fn pushed<A>(&mut self, record: &Applied<A>) {
        let word = word_in(&record.command);
        for event in &record.outcome.events {
            let Event::PaymentMoved(payment) = event else { continue };
            if payment.push.is_none() {
                continue;
            }
            let word = word.filter(|(id, _)| *id == payment.id).map(|(_, answer)| answer);
            self.push_moved(payment, word, record.stamp);
        }
        match (&record.command, &record.outcome.reply) {
            (Command::Pay(pay), Reply::Payment { payment, .. }) => {
                if let Some(code) = &pay.push {
                    self.sticker_opened((code.scan, pay.amount), payment);
                }
            }
            (Command::NotifyPush(it), reply) => self.push_notified(it, reply),
            (Command::CancelPayment(it), Reply::Cancelled(None)) => {
                self.pushes.barred.extend(it.payment.request_id.clone());
            }
            _ => {}
        }
    }

    /// A scan has led to an order.
    fn sticker_opened(&mut self, (scan, amount): (Digest, Money), payment: &Payment) {
        let open = self.pushes.scans.get(&(scan, amount.minor())).copied();
        let is_scans = payment.push.as_ref().is_some_and(|push| push.code.scan == scan);
        // A new one was entered by its own move; one that is refused at once was never open.
        let is_wanted = open == Some(payment.id) || payment.state == PaymentState::Failed;
        self.require(is_scans && is_wanted, Invariant::OneOrderPerScan, || {
            format!("a scan led to {}; its user had {open:?} before", payment.id)
        });
    }

    fn keep_scan(&mut self, payment: &Payment) {
        let Some(push) = &payment.push else { return };
        let scan = (push.code.scan, payment.amount.minor());
        match payment.state {
            PaymentState::Presented | PaymentState::Unknown => {
                self.pushes.scans.entry(scan).or_insert(payment.id);
            }
            _ if self.pushes.scans.get(&scan) == Some(&payment.id) => {
                self.pushes.scans.remove(&scan);
            }
            _ => {}
        }
    }

    /// A payment in push mode moved, perhaps by its acquirer's word.
    fn push_moved(&mut self, payment: &Payment, word: Option<&PushAnswer>, stamp: Stamp) {
        self.keep_scan(payment);
        let Some(push) = &payment.push else { return };
        let (id, state) = (payment.id, push.state);
        let before = self.pushes.held.get(&id).and_then(|held| held.end);
        if let Some(wrong) = self.push_stands(payment) {
            return self.fail(Invariant::PushHolds, || format!("{id}: {wrong}"));
        }
        let name = (payment.acquirer, payment.request_id.clone());
        self.require(!self.tombstones.contains(&name), Invariant::TombstonesHold, || {
            format!("{} was cancelled before it came, and names {id}", payment.request_id)
        });
        let first = *self.names.entry(name).or_insert(id);
        self.require(first == id, Invariant::SameIdSameAnswer, || {
            format!("{} names {first} and {id}", payment.request_id)
        });
        let heard = word.map(|answer| answer.says);
        let is_cancelled = payment.is_cancelled_by_acquirer;
        let holds = match (before, state) {
            (Some(end), _) => {
                let is_other = matches!(
                    (end, heard),
                    (PushState::Accepted, Some(PushInput::Refused))
                        | (PushState::Refused | PushState::GivenUp, Some(PushInput::Accepted))
                );
                let has_break =
                    payment.breaks().any(|(_, kind)| kind == BreakKind::OtherPushOutcome);
                !is_other || is_cancelled || has_break
            }
            (None, PushState::Accepted) => heard == Some(PushInput::Accepted),
            (None, PushState::Refused) => heard == Some(PushInput::Refused) || is_cancelled,
            (None, PushState::GivenUp) => is_worn_out(payment, stamp.time),
            (None, PushState::Unpaid) => payment.paid_at.is_none(),
            (None, PushState::Waiting { .. }) => {
                let is_final = matches!(heard, Some(PushInput::Accepted | PushInput::Refused));
                let is_barred = self.pushes.barred.contains(&own_name(id))
                    || payment.breaks().any(|(at, _)| at == stamp);
                let is_well_named = word.is_some_and(|answer| is_well_named(payment, answer));
                !is_final || !is_well_named || is_barred
            }
        };
        self.require(holds, Invariant::PushHolds, || {
            format!("{id} was {before:?}, its acquirer says {heard:?}, and it is {state:?}")
        });
    }

    /// What is wrong with how a push stands, whatever moved it. Remembers its end.
    fn push_stands(&mut self, payment: &Payment) -> Option<String> {
        let state = payment.push.as_ref()?.state;
        let is_paid = payment.state == PaymentState::Paid;
        let fits = match state {
            PushState::Unpaid => !is_paid,
            PushState::Waiting { .. } => is_paid,
            PushState::Accepted => is_paid || payment.is_cancelled_by_acquirer,
            PushState::Refused | PushState::GivenUp => {
                matches!(payment.state, PaymentState::Cancelling | PaymentState::Cancelled)
            }
        };
        if !fits {
            return Some(format!("it is {:?}, and its push {state:?}", payment.state));
        }
        let new = Held { acquirer: payment.acquirer, is_paid, end: None };
        let held = self.pushes.held.entry(payment.id).or_insert(new);
        held.is_paid = is_paid;
        let is_open = matches!(state, PushState::Unpaid | PushState::Waiting { .. });
        let (end, now) = (held.end, Some(state).filter(|_| !is_open));
        held.end = end.or(now);
        (held.end != now).then(|| format!("its push ended as {end:?} and is {state:?}"))
    }

    /// After a restart: what was durable and seen by nobody counts from now on. What had ended
    /// still has.
    pub fn pushes_caught_up<A>(&mut self, node: &Node<A>) {
        let Some(live) = &node.live else { return };
        let (machine, history) = (live.core.machine(), live.core.applier().history());
        let is_own = |id: &PaymentId| id.partition() == node.partition();
        let known: Vec<_> = self.pushes.held.keys().copied().filter(is_own).collect();
        for id in known {
            let payment = machine.payment(history, id);
            if let Some(wrong) = payment.and_then(|payment| self.push_stands(&payment)) {
                self.fail(Invariant::PushHolds, || format!("after a restart {id}: {wrong}"));
            }
        }
        self.pushes.scans.retain(|_, id| !is_own(id));
        machine.open_payments().for_each(|payment| self.keep_scan(payment));
    }

    /// What the network answered a `notifyPushPayment` is what the acquirer relies on.
    fn push_notified(&mut self, it: &NotifyPush, reply: &Reply) {
        let (id, says) = (it.payment, it.answer.says);
        let Some(held) = self.pushes.held.get(&id) else { return };
        let (is_paid, end, is_owner) = (held.is_paid, held.end, held.acquirer == it.acquirer);
        let code = match reply {
            Reply::Refused(refusal) => refusal.code,
            _ => ResultCode::Success,
        };
        if !is_owner {
            return self.require(
                code == ResultCode::OrderNotExist,
                Invariant::OnlyOwnObjects,
                || format!("a stranger's word about {id} was answered {code}"),
            );
        }
        let holds = match code {
            ResultCode::Success if says == PushInput::Accepted => is_paid && end.is_some(),
            ResultCode::Success | ResultCode::OrderIsClosed => !is_paid && end.is_some(),
            ResultCode::RepeatReqInconsistent => is_paid,
            _ => end.is_none(),
        };
        self.require(holds, Invariant::PushHolds, || {
            format!("{id}: push {end:?}, paid {is_paid}; {says:?} was answered {code}")
        });
    }
}

/// Was the acquirer asked by the whole schedule?
fn is_worn_out(payment: &Payment, now: Timestamp) -> bool {
    payment.paid_at.is_some_and(|paid| now >= paid.after(SCHEDULE))
}
