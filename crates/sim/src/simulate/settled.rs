//! What must hold of disputes and declarations: the checker's own memory of what was opened, what
//! was answered, and what each dispute gave back.

use super::Invariant;
use super::checks::Checker;
use super::node::Applied;
use base::Span;
use ids::{ParticipantId, PartnerText, PaymentId};
use network::{Command, DisputeAnswer, DisputeKind, DisputeRecord, DisputeState, Payment, Reply};
use payment::RefundState;
use std::collections::BTreeMap;

/// Between a deadline and the record that sees it.
const GRACE: Span = Span::minutes(1);

/// Where a dispute is found: its payment, and its place there.
type Place = (PaymentId, u32);

#[derive(Default)]
pub(crate) struct Disputes {
    /// What a wallet's id of a dispute stands for.
    names: BTreeMap<(ParticipantId, PartnerText), Place>,
    /// What an acquirer was told that it had answered.
    answered: BTreeMap<Place, DisputeAnswer>,
    /// How disputes that have ended ended.
    ended: BTreeMap<Place, DisputeState>,
}

impl Checker {
    /// After each record.
    pub fn disputed<A>(&mut self, record: &Applied<A>) {
        match (&record.command, &record.outcome.reply) {
            (Command::OpenDispute(it), Reply::Dispute { payment, number, .. }) => {
                let place = (payment.id, *number);
                let name = (it.mpp, it.request_id.clone());
                let first = *self.disputes.names.entry(name).or_insert(place);
                let dispute = &payment.disputes[*number as usize];
                if first != place {
                    self.fail(Invariant::SameIdSameAnswer, || {
                        format!("{} is {first:?} and {place:?}", it.request_id)
                    });
                }
                let is_same = payment.id == it.payment
                    && dispute.kind.is_escalation() == it.kind.is_escalation();
                if !is_same {
                    self.fail(Invariant::SameIdSameContent, || {
                        format!("dispute {} was answered for other content", it.request_id)
                    });
                }
                let payer = payment.payer.as_ref().map(|payer| payer.mpp);
                if payer != Some(it.mpp) {
                    self.fail(Invariant::OnlyOwnObjects, || {
                        format!("wallet {} disputes a payment of another", it.mpp.0)
                    });
                }
            }
            (Command::AnswerDispute(it), Reply::Dispute { payment, number, .. }) => {
                if payment.acquirer != it.acquirer {
                    self.fail(Invariant::OnlyOwnObjects, || {
                        format!("dispute {} was answered by a stranger", it.request_id)
                    });
                }
                let place = (payment.id, *number);
                let first = *self.disputes.answered.entry(place).or_insert(it.answer);
                if first != it.answer {
                    let answer = it.answer;
                    self.fail(Invariant::AnswersAgree, || {
                        format!("{place:?} was answered {first:?}, and {answer:?} is taken")
                    });
                }
            }
            _ => {}
        }
    }

    /// A payment moved: how its disputes and declarations stand.
    pub fn disputes_of(&mut self, payment: &Payment) {
        for (number, dispute) in (0..).zip(&payment.disputes) {
            if let Some(wrong) = self.dispute_is_wrong(payment, number, dispute) {
                let id = dispute.request_id.clone();
                let invariant = Invariant::DisputesHold;
                self.fail(invariant, || format!("dispute {id} of {}: {wrong}", payment.id));
            }
        }
        let declared: u64 = payment.declarations.iter().map(|it| it.content.amount.minor()).sum();
        let paid = payment.terms.as_ref().map(|terms| terms.pay_to);
        let paid = paid.filter(|paid| paid.currency().code() == "CNY").map_or(0, |it| it.minor());
        if declared > paid {
            self.fail(Invariant::DeclarationsFit, || {
                format!("{}: {declared} declared of {paid} yuan paid", payment.id)
            });
        }
    }

    fn dispute_is_wrong(
        &mut self,
        payment: &Payment,
        number: u32,
        dispute: &DisputeRecord,
    ) -> Option<String> {
        let place = (payment.id, number);
        let made: Vec<_> = payment.refunds.iter().filter(|it| it.id == dispute.refund).collect();
        let state = dispute.state;
        if state == DisputeState::Open {
            let is_back = self.disputes.ended.contains_key(&place);
            let is_early = !made.is_empty();
            return (is_back || is_early).then(|| "it had ended, or gave back before".to_owned());
        }
        let before = *self.disputes.ended.entry(place).or_insert(state);
        if before != state {
            return Some(format!("it ended as {before:?} and stands as {state:?}"));
        }
        if dispute.closed.is_none_or(|at| at.time > dispute.due.after(GRACE)) {
            return Some("it went on after its deadline".to_owned());
        }
        if let Some(said) = self.disputes.answered.get(&place)
            && state != DisputeState::Answered(*said)
        {
            return Some(format!("the acquirer said {said:?}, it stands as {state:?}"));
        }
        let wanted = match (dispute.kind, state) {
            (
                DisputeKind::Escalation { amount: claimed },
                DisputeState::Answered(DisputeAnswer::Accepted { amount }),
            ) if amount.minor() <= claimed.minor() => Some(amount),
            (DisputeKind::Retrieval, DisputeState::Answered(DisputeAnswer::Documents))
            | (DisputeKind::Escalation { .. }, DisputeState::Answered(DisputeAnswer::Refused))
            | (_, DisputeState::Expired) => None,
            (kind, state) => return Some(format!("{kind:?} ended as {state:?}")),
        };
        let given: Vec<_> = made.iter().map(|it| (it.state, it.amount)).collect();
        let wanted: Vec<_> = wanted.into_iter().map(|amount| (RefundState::Done, amount)).collect();
        (given != wanted).then(|| format!("it ended as {state:?} and gave back {given:?}"))
    }

    /// At the end: no dispute waits any more, and what was opened is still to be found.
    pub fn disputes_at_the_end(&mut self, payment: &Payment) {
        self.disputes_of(payment);
        if payment.has_open_dispute() {
            let id = payment.id;
            self.fail(Invariant::DisputesHold, || format!("a dispute of {id} never ended"));
        }
        let opened = self.disputes.names.values().filter(|(id, _)| *id == payment.id);
        let most = opened.map(|(_, number)| *number as usize + 1).max().unwrap_or_default();
        if payment.disputes.len() < most {
            let id = payment.id;
            self.fail(Invariant::AcknowledgedStays, || format!("a dispute of {id} is gone"));
        }
    }
}
