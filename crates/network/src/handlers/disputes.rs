//! Disputes: opened by a wallet, answered by the acquirer, ended by their deadline.

use super::refund::check_paid;
use crate::dispute::{DISPUTE_WINDOW, MAX_ESCALATIONS, MAX_RETRIEVALS, SECOND_ESCALATION_WINDOW};
use crate::machine::{Context, Named, Network, Timer, name_kind, name_of};
use crate::{
    AnswerDispute, DisputeAnswer, DisputeKind, DisputeRecord, DisputeState, Message, OpenDispute,
    Payment, RefundRecord, Refusal, Reply, What,
};
use base::{ResultCode, Row, Text, Timestamp, encode};
use directory::Role;
use ids::{PaymentId, SetId};
use money::Money;
use payment::RefundState;
use std::sync::Arc;

fn refuse<T>(code: ResultCode, message: &'static str) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

impl Network {
    /// `initiateRetrieval` and `initiateEscalation`.
    pub(crate) fn open_dispute(
        &mut self,
        cx: &mut Context<'_>,
        it: OpenDispute,
    ) -> Result<Reply, Refusal> {
        if self.active(it.mpp)?.role != Role::Mpp {
            return refuse(ResultCode::AccessDenied, "only wallets open disputes");
        }
        if let Some((payment, number)) = self.find_dispute(cx.history, it.mpp, &it.request_id) {
            return opened_before(payment, number, &it);
        }
        let is_own = |payment: &Arc<Payment>| {
            let payer = payment.payer.as_ref();
            payer.is_some_and(|payer| payer.mpp == it.mpp || base::planted(47))
        };
        let Some(payment) = self.load(cx.history, it.payment).filter(is_own) else {
            return refuse(ResultCode::OrderNotExist, "paymentRequestId: no such payment");
        };
        // The acquirer knows a dispute by its id alone, so the id must mean one of all wallets'.
        if self.find_dispute(cx.history, payment.acquirer, &it.request_id).is_some() {
            return refuse(
                ResultCode::RepeatReqInconsistent,
                "disputeRequestId: another wallet's dispute has it; draw a new one",
            );
        }
        check_opening(cx, &payment, &it)?;
        // From here the command succeeds.
        let mut payment = payment.as_ref().clone();
        let number = u32::try_from(payment.disputes.len()).expect("a few disputes at most");
        let value = encode(&Named::Dispute(payment.id, number));
        for participant in [it.mpp, payment.acquirer] {
            let name = name_of(name_kind::DISPUTE, participant, it.request_id.as_str());
            cx.rows.push(Row::Name { name, value: value.clone() });
        }
        let due = cx.now().after(it.kind.reply_within());
        if !base::planted(42) {
            self.timers.insert((due, Timer::Dispute(payment.id, number)));
        }
        payment.note(cx.stamp, What::DisputeOpened(number));
        payment.disputes.push(DisputeRecord {
            request_id: it.request_id,
            kind: it.kind,
            state: DisputeState::Open,
            reason: it.reason,
            refund: it.refund,
            opened: cx.stamp,
            due,
            closed: None,
        });
        let payment = self.keep(cx, payment);
        let message = Message::Dispute { payment: Arc::clone(&payment), number };
        self.send_out(cx, payment.acquirer, message);
        Ok(Reply::Dispute { payment, number, is_repeat: false })
    }

    /// `responseRetrieval` and `responseEscalation`.
    pub(crate) fn answer_dispute(
        &mut self,
        cx: &mut Context<'_>,
        it: &AnswerDispute,
    ) -> Result<Reply, Refusal> {
        if self.active(it.acquirer)?.role != Role::Acqp {
            return refuse(ResultCode::AccessDenied, "only acquirers answer disputes");
        }
        let found = self.find_dispute(cx.history, it.acquirer, &it.request_id);
        let Some((payment, number)) = found else {
            return refuse(ResultCode::OrderNotExist, "disputeRequestId: no such dispute");
        };
        if payment.id != it.payment {
            return refuse(
                ResultCode::RepeatReqInconsistent,
                "paymentRequestId: the dispute is about another payment",
            );
        }
        let dispute = &payment.disputes[number as usize];
        check_fits(dispute.kind, it.answer)?;
        match dispute.state {
            DisputeState::Open => {}
            DisputeState::Answered(before) if before == it.answer => {
                return Ok(Reply::Dispute { payment, number, is_repeat: true });
            }
            DisputeState::Answered(_) | DisputeState::Expired if base::planted(43) => {}
            DisputeState::Answered(_) => {
                return refuse(
                    ResultCode::RepeatReqInconsistent,
                    "disputeRequestId: the dispute has ended with another answer, given before \
                     or by its deadline",
                );
            }
            DisputeState::Expired => {
                return refuse(
                    ResultCode::OrderIsClosed,
                    "disputeRequestId: the dispute's deadline has passed",
                );
            }
        }
        let mut payment = payment.as_ref().clone();
        if let DisputeAnswer::Accepted { amount } = it.answer {
            check_accepted(&payment, number, amount)?;
            self.give_back(cx, &mut payment, number, amount)?;
        }
        // From here the command succeeds.
        payment.note(cx.stamp, What::DisputeAnswered(number));
        let state = DisputeState::Answered(it.answer);
        let payment = self.close_dispute(cx, payment, number, state);
        Ok(Reply::Dispute { payment, number, is_repeat: false })
    }

    /// The acquirer's time is over.
    pub(crate) fn dispute_due(&mut self, cx: &mut Context<'_>, id: PaymentId, number: u32) {
        let Some(payment) = self.open.get(&id) else { return };
        let mut payment = payment.as_ref().clone();
        let dispute = &payment.disputes[number as usize];
        if !dispute.is_open() {
            return;
        }
        let kind = dispute.kind;
        payment.note(cx.stamp, What::DisputeExpired(number));
        let state = match kind {
            DisputeKind::Retrieval => DisputeState::Expired,
            DisputeKind::Escalation { amount } => {
                self.accept_what_is_left(cx, &mut payment, number, amount)
            }
        };
        self.close_dispute(cx, payment, number, state);
    }

    fn accept_what_is_left(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        number: u32,
        claimed: Money,
    ) -> DisputeState {
        let left = if base::planted(46) { u64::MAX } else { payment.left_minor() };
        let minor = claimed.minor().min(left);
        if minor == 0 {
            return DisputeState::Expired;
        }
        let amount = Money::new(minor, claimed.currency()).expect("at most a valid amount");
        match self.give_back(cx, payment, number, amount) {
            Ok(()) => DisputeState::Answered(DisputeAnswer::Accepted { amount }),
            Err(_) => {
                self.alert(cx, payment, "an accepted dispute cannot be booked");
                DisputeState::Expired
            }
        }
    }

    /// Books what an accepted dispute gives back, as a refund that is done: the wallet credits its
    /// user when it hears the answer. Errors: nothing has changed.
    fn give_back(
        &mut self,
        cx: &Context<'_>,
        payment: &mut Payment,
        number: u32,
        amount: Money,
    ) -> Result<(), Refusal> {
        let dispute = &payment.disputes[number as usize];
        let (id, request_id) = (dispute.refund, dispute.request_id.clone());
        let shares = self.reserve_refund(payment, id, amount)?;
        // From here the command succeeds.
        let set = SetId::from_u128(id.as_u128());
        self.ledger.post_pending(set).expect("it was reserved a moment ago");
        let place = u32::try_from(payment.refunds.len()).expect("at most MAX_REFUNDS and a few");
        payment.note(cx.stamp, What::Refunded(place));
        payment.refunds.push(RefundRecord {
            id,
            request_id,
            state: RefundState::Done,
            result: ResultCode::Success,
            amount,
            shares,
            created: cx.stamp,
            done: Some(cx.now()),
            wallet_refund_id: None,
            attempts: 0,
            reason: Some(Text::new("dispute").expect("a short constant text")),
        });
        Ok(())
    }

    /// Ends a dispute. The wallet is told how an escalation ended; a retrieval's documents reach it
    /// past the log, see [`DisputeAnswer::Documents`].
    fn close_dispute(
        &mut self,
        cx: &mut Context<'_>,
        mut payment: Payment,
        number: u32,
        state: DisputeState,
    ) -> Arc<Payment> {
        let dispute = &mut payment.disputes[number as usize];
        dispute.state = state;
        dispute.closed = Some(cx.stamp);
        let is_escalation = dispute.kind.is_escalation();
        self.timers.remove(&(dispute.due, Timer::Dispute(payment.id, number)));
        let payment = self.keep(cx, payment);
        if is_escalation {
            let mpp = payment.payer.as_ref().expect("a disputed payment has a payer").mpp;
            let message = Message::DisputeAnswered { payment: Arc::clone(&payment), number };
            self.send_out(cx, mpp, message);
        }
        payment
    }
}

/// The wallet's id was seen before: for the same request about the same payment the dispute stands.
///
/// Source: wallet interface 1.6, which compares nothing but the payment; one id for a retrieval and
/// an escalation is refused, since the answer to the one is none to the other.
fn opened_before(payment: Arc<Payment>, number: u32, it: &OpenDispute) -> Result<Reply, Refusal> {
    if payment.id != it.payment {
        return refuse(
            ResultCode::RepeatReqInconsistent,
            "paymentRequestId: differs from the first request with this disputeRequestId",
        );
    }
    let kind = payment.disputes[number as usize].kind;
    if kind.is_escalation() != it.kind.is_escalation() {
        return refuse(
            ResultCode::RepeatReqInconsistent,
            "disputeRequestId: a retrieval and an escalation cannot share one",
        );
    }
    Ok(Reply::Dispute { payment, number, is_repeat: true })
}

fn check_opening(cx: &Context<'_>, payment: &Payment, it: &OpenDispute) -> Result<(), Refusal> {
    check_paid(payment)?;
    let before = payment.disputes_like(it.kind);
    if cx.now() >= window_end(payment, it.kind, &before) {
        return refuse(
            ResultCode::ProcessFail,
            "the payment is older than 360 days, or the first escalation ended 25 days ago",
        );
    }
    let most = if it.kind.is_escalation() { MAX_ESCALATIONS } else { MAX_RETRIEVALS };
    if before.len() >= most {
        return refuse(
            ResultCode::ProcessFail,
            "the payment has had its 5 retrievals, or its 2 escalations",
        );
    }
    if before.iter().any(|dispute| dispute.is_open()) {
        return refuse(
            ResultCode::ProcessFail,
            "an earlier dispute of this kind waits for the acquirer; wait for its end",
        );
    }
    match it.kind {
        DisputeKind::Retrieval => Ok(()),
        DisputeKind::Escalation { amount } => check_amount(payment, amount),
    }
}

/// When it is too late for one more dispute of this kind, after those `before` it.
fn window_end(payment: &Payment, kind: DisputeKind, before: &[&DisputeRecord]) -> Timestamp {
    let paid_at = payment.paid_at.unwrap_or(payment.created.time);
    match (kind, before) {
        (DisputeKind::Retrieval, _) | (DisputeKind::Escalation { .. }, []) => {
            paid_at.after(DISPUTE_WINDOW)
        }
        (DisputeKind::Escalation { .. }, [first]) => {
            first.closed.map_or(Timestamp::MAX, |at| at.time.after(SECOND_ESCALATION_WINDOW))
        }
        (DisputeKind::Escalation { .. }, _) => Timestamp::MAX,
    }
}

/// What a dispute claims or gives back must fit what is left of the payment.
fn check_amount(payment: &Payment, amount: Money) -> Result<(), Refusal> {
    if amount.currency() != payment.amount.currency() {
        return refuse(
            ResultCode::CurrencyNotSupport,
            "amount.currency: must be the payment's currency",
        );
    }
    if amount.is_zero() {
        return refuse(ResultCode::ParamIllegal, "amount.value: must be at least 1");
    }
    if amount.minor() > payment.left_minor() {
        return refuse(
            ResultCode::RefundAmountExceed,
            "amount.value: more than refunds and disputes have left of the payment",
        );
    }
    Ok(())
}

fn check_accepted(payment: &Payment, number: u32, amount: Money) -> Result<(), Refusal> {
    check_amount(payment, amount)?;
    match payment.disputes[number as usize].kind {
        DisputeKind::Escalation { amount: claimed } if amount.minor() > claimed.minor() => {
            refuse(ResultCode::RefundAmountExceed, "refundAmount.value: more than was claimed")
        }
        DisputeKind::Escalation { .. } | DisputeKind::Retrieval => Ok(()),
    }
}

fn check_fits(kind: DisputeKind, answer: DisputeAnswer) -> Result<(), Refusal> {
    match (kind, answer) {
        (DisputeKind::Retrieval, DisputeAnswer::Documents)
        | (
            DisputeKind::Escalation { .. },
            DisputeAnswer::Accepted { .. } | DisputeAnswer::Refused,
        ) => Ok(()),
        (DisputeKind::Retrieval, DisputeAnswer::Accepted { .. } | DisputeAnswer::Refused) => {
            refuse(
                ResultCode::ParamIllegal,
                "disputeRequestId: is a retrieval; answer with responseRetrieval",
            )
        }
        (DisputeKind::Escalation { .. }, DisputeAnswer::Documents) => refuse(
            ResultCode::ParamIllegal,
            "disputeRequestId: is an escalation; answer with responseEscalation",
        ),
    }
}
