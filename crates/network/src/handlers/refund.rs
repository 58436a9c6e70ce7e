//! `refund`: whole or in parts, within 365 days, at the payment's own rates, never above what was
//! paid.

use super::wallet_says::record_break;
use crate::machine::{Context, Named, Network, Timer, name_kind, name_of};
use crate::posting::{self, Shares};
use crate::{
    BreakKind, EffectKind, Found, Payment, Refund, RefundRecord, Refusal, Reply, WalletAnswer,
    WalletVerdict, What,
};
use base::{ResultCode, Row, encode};
use ids::{RefundId, SetId};
use money::Money;
use payment::{
    MAX_REFUNDS, PaymentState, RefundInput, RefundState, RefundStep, refund_deadline,
    refund_retry_after, refund_step,
};
use std::sync::Arc;

impl Network {
    pub(crate) fn refund(&mut self, cx: &mut Context<'_>, it: Refund) -> Result<Reply, Refusal> {
        self.active(it.acquirer)?;
        let found = self.find(cx.history, it.acquirer, &it.payment);
        if let Some((payment, number)) = self.find_refund(cx.history, it.acquirer, &it.request_id) {
            return refund_again(payment, number, &it, &found);
        }
        let payment = match found {
            Found::Payment(payment) => payment,
            Found::Mismatch => {
                return Err(Refusal::new(
                    ResultCode::ParamIllegal,
                    "paymentId: names another payment than paymentRequestId; send one of them",
                ));
            }
            Found::Tombstone => {
                return Err(Refusal::new(ResultCode::OrderIsClosed, "the payment was cancelled"));
            }
            Found::Missing => {
                return Err(Refusal::new(ResultCode::OrderNotExist, "no such payment"));
            }
        };
        if payment.refunds.len() >= MAX_REFUNDS {
            return Err(Refusal::new(
                ResultCode::ProcessFail,
                "the payment has as many refunds as it can have",
            ));
        }
        let mut payment = payment.as_ref().clone();
        let number = u32::try_from(payment.refunds.len()).expect("at most MAX_REFUNDS");
        let name = name_of(name_kind::REFUND, it.acquirer, it.request_id.as_str());
        let value = encode(&Named::Refund(payment.id, number));
        cx.rows.push(Row::Name { name, value });
        let checked = self.check_refund(cx, &payment, &it);
        // From here the command succeeds: a refusal is recorded, too, so that its id gets it again.
        let mut record = new_refund(cx, it);
        match checked {
            Ok(shares) => {
                record.shares = shares;
                record.state = RefundState::Pending;
                payment.note(cx.stamp, What::RefundAsked(number));
                payment.refunds.push(record);
                let lane = payment.payer.as_ref().expect("a paid payment has a payer").mpp;
                self.wish(cx, &mut payment, EffectKind::Refund(number), lane);
            }
            Err(refusal) => {
                record.result = refusal.code;
                payment.note(cx.stamp, What::RefundRefused(number, refusal.code));
                payment.refunds.push(record);
            }
        }
        let payment = self.keep(cx, payment);
        Ok(Reply::Refund { payment, number, is_repeat: false })
    }

    /// All checks of a new refund, and the reservation of what it moves.
    fn check_refund(
        &mut self,
        cx: &Context<'_>,
        payment: &Payment,
        it: &Refund,
    ) -> Result<Shares, Refusal> {
        check_paid(payment)?;
        let refuse = |code, message: &'static str| Err(Refusal::new(code, message));
        let paid_at = payment.paid_at.unwrap_or(payment.created.time);
        if cx.now() >= refund_deadline(paid_at) {
            return refuse(ResultCode::RefundWindowExceed, "the payment is older than 365 days");
        }
        if it.amount.currency() != payment.amount.currency() {
            return refuse(
                ResultCode::CurrencyNotSupport,
                "refundAmount.currency: must be the payment's currency",
            );
        }
        if it.amount.is_zero() {
            return refuse(ResultCode::ParamIllegal, "refundAmount.value: must be at least 1");
        }
        let refunded = refunded_so_far(payment).saturating_add(it.amount.minor());
        if refunded > payment.amount.minor() {
            return refuse(
                ResultCode::RefundAmountExceed,
                "refundAmount.value: the refunds would be more than was paid",
            );
        }
        self.reserve_refund(payment, it.id, it.amount)
    }

    /// Reserves in the ledger what giving back this part of a paid payment moves. The caller has
    /// checked that this much is left. Errors: nothing has changed.
    pub(super) fn reserve_refund(
        &mut self,
        payment: &Payment,
        id: RefundId,
        amount: Money,
    ) -> Result<Shares, Refusal> {
        let terms = payment.terms.as_ref().expect("a paid payment has terms");
        let arithmetic =
            |_| Refusal::new(ResultCode::ProcessFail, "refundAmount: cannot be converted");
        let shares = posting::shares(payment, terms, amount).map_err(arithmetic)?;
        let set = posting::refund(payment, terms, amount, &shares).map_err(arithmetic)?;
        let set_id = SetId::from_u128(id.as_u128());
        self.ledger.reserve(set_id, set).map_err(|refusal| {
            Refusal::new(ResultCode::ProcessFail, format!("the refund cannot be booked: {refusal}"))
        })?;
        Ok(shares)
    }

    /// What the wallet says about a refund.
    pub(crate) fn refund_answered(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        number: u32,
        answer: &WalletAnswer,
    ) {
        let (input, code) = match &answer.verdict {
            WalletVerdict::Approved => (RefundInput::Approved, ResultCode::Success),
            WalletVerdict::Declined(code) => (RefundInput::Declined, *code),
            WalletVerdict::InProcess => (RefundInput::InProcess, ResultCode::UnknownException),
            WalletVerdict::NotFound => (RefundInput::NotFound, ResultCode::UnknownException),
            WalletVerdict::Silent => (RefundInput::Silent, ResultCode::UnknownException),
        };
        let refund = &mut payment.refunds[number as usize];
        let set = SetId::from_u128(refund.id.as_u128());
        match refund_step(refund.state, input) {
            RefundStep::To(RefundState::Done) => {
                refund.state = RefundState::Done;
                refund.result = ResultCode::Success;
                refund.done = Some(cx.now());
                refund.wallet_refund_id.clone_from(&answer.wallet_id);
                self.ledger.post_pending(set).expect("an open refund holds its transfers");
                payment.note(cx.stamp, What::Refunded(number));
            }
            RefundStep::To(RefundState::Refused) => {
                refund.state = RefundState::Refused;
                refund.result = code;
                self.ledger.void(set).expect("an open refund holds its transfers");
                payment.note(cx.stamp, What::RefundRefused(number, code));
                let what = "a wallet refused a refund that it owes";
                self.alert(cx, payment, what);
            }
            RefundStep::To(next) => {
                refund.state = next;
                let wait = refund_retry_after(refund.attempts.saturating_sub(1));
                self.timers.insert((cx.now().after(wait), Timer::Refund(payment.id, number)));
                payment.note(cx.stamp, What::Silent);
            }
            RefundStep::Same => {}
            RefundStep::Conflict => {
                record_break(cx, payment, BreakKind::OtherRefundOutcome);
            }
        }
    }
}

/// The refund id was seen before: same content gets the stored refund.
fn refund_again(
    payment: Arc<Payment>,
    number: u32,
    it: &Refund,
    found: &Found,
) -> Result<Reply, Refusal> {
    let refund = &payment.refunds[number as usize];
    let is_same_payment = matches!(found, Found::Payment(other) if other.id == payment.id);
    let field = if !is_same_payment {
        "paymentRequestId"
    } else if refund.amount != it.amount {
        "refundAmount"
    } else {
        return Ok(Reply::Refund { payment, number, is_repeat: true });
    };
    Err(Refusal::new(
        ResultCode::RepeatReqInconsistent,
        format!("{field}: differs from the first request with this refundRequestId"),
    ))
}

/// Only a payment that is paid holds money to give back.
pub(super) fn check_paid(payment: &Payment) -> Result<(), Refusal> {
    let refuse = |code, message: &'static str| Err(Refusal::new(code, message));
    match payment.state {
        PaymentState::Paid if payment.is_being_pushed() => {
            refuse(ResultCode::ProcessFail, "the payment is pushed and not accepted yet; answer it")
        }
        PaymentState::Paid => Ok(()),
        PaymentState::Cancelled | PaymentState::Cancelling if base::planted(24) => Ok(()),
        PaymentState::Failed
        | PaymentState::Closed
        | PaymentState::Cancelled
        | PaymentState::Cancelling => {
            refuse(ResultCode::OrderIsClosed, "the payment holds no money to give back")
        }
        PaymentState::Claiming
        | PaymentState::Presented
        | PaymentState::Pending
        | PaymentState::Unknown
        | PaymentState::Closing => {
            refuse(ResultCode::ProcessFail, "the payment is not paid yet; inquire first")
        }
    }
}

/// What refunds hold already, done or under way.
fn refunded_so_far(payment: &Payment) -> u64 {
    if base::planted(13) {
        let done = payment.refunds.iter().filter(|refund| refund.state == RefundState::Done);
        return done.map(|refund| refund.amount.minor()).sum();
    }
    if base::planted(41) {
        let own = payment.refunds.iter().filter(|refund| !payment.is_by_dispute(refund.id));
        let own = own.filter(|refund| refund.state != RefundState::Refused);
        return own.map(|refund| refund.amount.minor()).sum();
    }
    payment.refunded_minor()
}

fn new_refund(cx: &Context<'_>, it: Refund) -> RefundRecord {
    RefundRecord {
        id: it.id,
        request_id: it.request_id,
        state: RefundState::Refused,
        result: ResultCode::UnknownException,
        amount: it.amount,
        shares: Shares::default(),
        created: cx.stamp,
        done: None,
        wallet_refund_id: None,
        attempts: 0,
        reason: it.reason,
    }
}
