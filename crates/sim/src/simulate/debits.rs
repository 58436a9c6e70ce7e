//! What must hold of agreements: the checker's own memory of consents, tokens and debits.

use super::Invariant;
use super::checks::Checker;
use super::node::Applied;
use ids::{AgreementId, ParticipantId, PartnerText, PaymentId};
use money::Money;
use network::{
    Agreement, AgreementState, Change, ClaimAnswer, Command, EndedBy, Event, Payment, Reply,
    TokenUse,
};
use payment::{MAX_NOTIFY_ATTEMPTS, PaymentState};
use std::collections::{BTreeMap, BTreeSet};

/// The most that one agreement may take, in minor units, in runs with allowances.
pub(crate) const fn allowance_minor(is_won: bool) -> u64 {
    if is_won { 30_000 } else { 70_000 }
}

/// One agreement as its records made it.
#[derive(Default)]
struct Held {
    merchant: Option<(ParticipantId, PartnerText)>,
    mpp: Option<ParticipantId>,
    generation: u32,
    until: base::Timestamp,
    ended: Option<EndedBy>,
    granted: BTreeSet<PaymentId>,
    /// What each debit is to take from its user, and whether it was ever paid.
    debits: BTreeMap<PaymentId, (Money, PaymentState, bool)>,
    heard: BTreeSet<ParticipantId>,
}

/// All agreements.
#[derive(Default)]
pub(crate) struct Agreements {
    held: BTreeMap<AgreementId, Held>,
    pub has_limit: bool,
}

impl Checker {
    /// The newest generation of an agreement's tokens.
    pub fn generation(&self, id: AgreementId) -> u32 {
        self.agreements.held.get(&id).map_or(0, |held| held.generation)
    }

    /// A partner heard of an agreement's end.
    pub fn heard(&mut self, id: AgreementId, who: ParticipantId) {
        if let Some(held) = self.agreements.held.get_mut(&id).filter(|held| held.ended.is_some()) {
            held.heard.insert(who);
        }
    }

    /// After each record.
    pub fn agreed<A>(&mut self, record: &Applied<A>) {
        let now = record.stamp.time;
        match (&record.command, &record.outcome.reply) {
            (Command::Prepare(it), Reply::Agreement { .. }) => {
                let held = self.agreements.held.entry(it.id).or_default();
                held.merchant = Some((it.acquirer, it.merchant.clone()));
                held.mpp = it.mpp;
            }
            (Command::GrantTokens(it), Reply::Agreement { is_repeat: false, .. }) => {
                let held = self.agreements.held.entry(it.agreement).or_default();
                (held.generation, held.until) = (it.grant.generation, it.grant.access_until);
            }
            (Command::EndAgreement(it), Reply::Agreement { is_repeat: false, .. }) => {
                self.ended(it.agreement, it.by, it.participant);
            }
            (
                Command::Operate { change: Change::EndAgreement(id), .. },
                Reply::Agreement { is_repeat: false, .. },
            ) => self.ended(*id, EndedBy::Operator, None),
            (Command::Pay(_), Reply::Payment { payment, is_repeat: false }) => {
                if let Some(token) = payment.by.token().filter(|_| payment.payer.is_some()) {
                    let who = (payment.acquirer, payment.order.merchant.clone());
                    self.debited(token, payment.id, &who, now);
                }
            }
            (Command::ClaimDebit(it), Reply::Claim(ClaimAnswer::Granted(_))) => {
                let who = (it.acquirer, it.merchant.clone());
                self.debited(it.token, it.payment, &who, now);
            }
            _ => {}
        }
        for event in &record.outcome.events {
            match event {
                Event::PaymentMoved(payment) => self.debit_moved(payment),
                Event::ErrandGivenUp(errand) if errand.attempts < MAX_NOTIFY_ATTEMPTS => {
                    let attempts = errand.attempts;
                    self.fail(Invariant::EverythingEnds, || {
                        format!("a message was given up after {attempts} attempts")
                    });
                }
                Event::ErrandGivenUp(errand) => {
                    if let Some(agreement) = errand.message.agreement() {
                        self.heard(agreement.id, errand.to);
                    }
                }
                _ => {}
            }
        }
    }

    fn ended(&mut self, id: AgreementId, by: EndedBy, participant: Option<ParticipantId>) {
        let held = self.agreements.held.entry(id).or_default();
        held.ended.get_or_insert(by);
        let is_stranger = by == EndedBy::Wallet && participant != held.mpp;
        if is_stranger {
            self.fail(Invariant::OnlyOwnObjects, || {
                format!("{id} was ended by a wallet that it does not belong to")
            });
        }
    }

    /// A debit was let through.
    fn debited(
        &mut self,
        token: TokenUse,
        payment: PaymentId,
        who: &(ParticipantId, PartnerText),
        now: base::Timestamp,
    ) {
        let held = self.agreements.held.entry(token.agreement).or_default();
        if !held.granted.insert(payment) {
            return;
        }
        let is_newest = super::agreement::access(token.agreement, held.generation) == token.access;
        let holds = is_newest
            && held.ended.is_none()
            && now < held.until
            && held.merchant.as_ref() == Some(who);
        if !holds {
            let (ended, generation) = (held.ended, held.generation);
            self.fail(Invariant::TokensHold, || {
                format!("{payment} debits under {token:?}: ended {ended:?}, token {generation}")
            });
        }
    }

    pub fn debit_moved(&mut self, payment: &Payment) {
        let (Some(token), Some(terms)) = (payment.by.token(), &payment.terms) else { return };
        let held = self.agreements.held.entry(token.agreement).or_default();
        let state = payment.state;
        let debit = held.debits.entry(payment.id).or_insert((terms.pay_to, state, false));
        debit.1 = state;
        debit.2 |= state == PaymentState::Paid;
        if !self.agreements.has_limit {
            return;
        }
        let sum = held.counted();
        let limit = allowance_minor(terms.pay_to.currency().code() == "KRW");
        if sum > limit {
            self.fail(Invariant::WithinAllowance, || {
                format!("{:?} has {sum} taken or under way, of {limit}", token.agreement)
            });
        }
    }

    /// After a restart: records that were durable when the process died, and that nobody saw
    /// applied, count from now on. What was seen must still be there.
    pub fn caught_up(&mut self, agreement: &Agreement) {
        let id = agreement.id;
        let held = self.agreements.held.entry(id).or_default();
        held.merchant.get_or_insert((agreement.acquirer, agreement.merchant.clone()));
        held.mpp = held.mpp.or(agreement.mpp);
        if let Some(grant) = agreement.grant.as_ref().filter(|it| it.generation > held.generation) {
            (held.generation, held.until) = (grant.generation, grant.access_until);
        }
        held.granted.extend(agreement.open_debits.keys());
        match (agreement.state, held.ended) {
            (AgreementState::Ended { by, .. }, None) => held.ended = Some(by),
            (AgreementState::Prepared | AgreementState::Active, Some(_)) => {
                self.fail(Invariant::AcknowledgedStays, || format!("the end of {id} is gone"));
            }
            _ => {}
        }
    }

    /// At the end: what an agreement counts is what was paid, and both sides know how it stands.
    pub fn agreement_at_the_end(&mut self, agreement: &Agreement) {
        let id = agreement.id;
        let Some(held) = self.agreements.held.get(&id) else { return };
        let taken = agreement.taken.map_or(0, |taken| taken.amount.minor());
        let (paid, open) = (held.paid(), agreement.open_debits.len());
        let mut unheard = None;
        if let Some(by) = held.ended.filter(|_| agreement.grant.is_some()) {
            let must_know = [
                agreement.mpp.filter(|_| by != EndedBy::Wallet),
                Some(agreement.acquirer).filter(|_| by != EndedBy::Acquirer),
            ];
            unheard = must_know.into_iter().flatten().find(|who| !held.heard.contains(who));
        }
        if taken != paid || open > 0 {
            self.fail(Invariant::AllowanceAgrees, || {
                format!("{id} counts {taken} as taken, {paid} was paid, {open} debits are open")
            });
        }
        if let Some(who) = unheard {
            self.fail(Invariant::EverythingEnds, || {
                format!("{id} has ended, and participant {} was never told", who.0)
            });
        }
    }

    /// All agreements that were ever seen.
    pub fn agreements_seen(&self) -> Vec<AgreementId> {
        self.agreements.held.keys().copied().collect()
    }
}

impl Held {
    /// What was paid, was ever paid, or may still be.
    fn counted(&self) -> u64 {
        let over = [PaymentState::Failed, PaymentState::Closed, PaymentState::Cancelled];
        let counts = |(_, state, was_paid): &&(Money, PaymentState, bool)| {
            *was_paid || !over.contains(state)
        };
        self.debits.values().filter(counts).map(|(amount, ..)| amount.minor()).sum()
    }

    fn paid(&self) -> u64 {
        let paid = self.debits.values().filter(|(_, _, was_paid)| *was_paid);
        paid.map(|(amount, ..)| amount.minor()).sum()
    }
}
