//! A wallet's word about a payment, by whichever way it came, moves the payment by the table.

use crate::machine::{Context, Network, Timer};
use crate::{BreakKind, EffectKind, Event, Payment, WalletAnswer, WalletVerdict, What, posting};
use base::{ResultCode, Row};
use ids::SetId;
use ledger::Transfer;
use payment::{DeliveryState, PaymentInput, PaymentState, Step, inquiry_after, step};
use std::sync::Arc;

/// Repeated late approvals repeat the cancel this often at most; then only the break remains.
const MAX_CANCELS_AFTER_LATE_APPROVAL: u32 = 100;

pub(crate) fn set_id(payment: &Payment) -> SetId {
    SetId::from_u128(payment.id.as_u128())
}

impl Network {
    /// Moves a payment by what its wallet says. `false` when the wallet contradicts itself.
    pub(crate) fn wallet_says(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        answer: &WalletAnswer,
    ) -> bool {
        if contradicts(payment, answer) {
            record_break(cx, payment, BreakKind::OtherAmounts);
            return self.take(cx, payment, PaymentInput::Silent, answer);
        }
        let (input, what) = match &answer.verdict {
            WalletVerdict::Approved => (PaymentInput::Approved, What::Approved),
            WalletVerdict::Declined(code) => (PaymentInput::Declined, What::Declined(*code)),
            WalletVerdict::InProcess => (PaymentInput::InProcess, What::InProcess),
            WalletVerdict::NotFound => (PaymentInput::NotFound, What::NotFound),
            WalletVerdict::Silent if base::planted(21) => {
                (PaymentInput::Declined, What::Declined(ResultCode::ProcessFail))
            }
            WalletVerdict::Silent => (PaymentInput::Silent, What::Silent),
        };
        payment.note(cx.stamp, what);
        self.take(cx, payment, input, answer)
    }

    /// Takes one step of the table. `false` on a conflict.
    pub(crate) fn take(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        input: PaymentInput,
        answer: &WalletAnswer,
    ) -> bool {
        match step(payment.state, input) {
            Step::Same => {}
            Step::To(PaymentState::Paid) => self.enter_paid(cx, payment, answer),
            Step::To(next) => self.enter(cx, payment, next, answer),
            Step::Conflict => {
                record_break(cx, payment, BreakKind::OtherOutcome);
                return false;
            }
            Step::Reverse(next) if base::planted(14) && next == PaymentState::Closing => {
                self.enter_paid(cx, payment, answer);
            }
            Step::Reverse(next) => self.reverse(cx, payment, next, answer),
            Step::Undo(next) => {
                let set = self.template_of(payment);
                if !base::planted(16) {
                    self.book(&posting::reversal(&set));
                }
                self.enter(cx, payment, next, answer);
            }
        }
        true
    }

    fn enter_paid(&mut self, cx: &mut Context<'_>, payment: &mut Payment, answer: &WalletAnswer) {
        let posted = self.ledger.post_pending(set_id(payment));
        let set = posted.expect("a payment that can still be paid holds its pending transfers");
        if base::planted(12) {
            self.book(&set);
        }
        self.disarm_expiry(payment);
        self.arm_wallet(payment, None);
        payment.state = PaymentState::Paid;
        payment.result = ResultCode::Success;
        payment.paid_at = Some(cx.now());
        payment.wallet_payment_id.clone_from(&answer.wallet_id);
        self.wish_notify(cx, payment);
    }

    /// Enters any state but `Paid`.
    fn enter(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        next: PaymentState,
        answer: &WalletAnswer,
    ) {
        payment.state = next;
        match next {
            PaymentState::Unknown => {
                let due = cx.now().after(inquiry_after(payment.inquiries));
                self.arm_wallet(payment, Some(due));
            }
            PaymentState::Closing | PaymentState::Cancelling => {
                payment.stop_pushing();
                self.disarm_expiry(payment);
                self.arm_wallet(payment, None);
                self.wish_cancel(cx, payment);
            }
            PaymentState::Failed | PaymentState::Closed | PaymentState::Cancelled => {
                self.disarm_expiry(payment);
                self.arm_wallet(payment, None);
                if !base::planted(17) {
                    // A payment that never reserved anything has nothing to give back.
                    let _ = self.ledger.void(set_id(payment));
                }
                payment.result = match (&answer.verdict, next) {
                    (WalletVerdict::Declined(code), PaymentState::Failed) => *code,
                    _ => ResultCode::OrderIsClosed,
                };
                if next != PaymentState::Cancelled {
                    self.wish_notify(cx, payment);
                }
            }
            PaymentState::Claiming
            | PaymentState::Presented
            | PaymentState::Pending
            | PaymentState::Paid => {}
        }
    }

    /// The wallet took money for a payment that is closed or closing: in and out again, and cancel.
    fn reverse(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        next: PaymentState,
        answer: &WalletAnswer,
    ) {
        payment.note(cx.stamp, What::LateApproval);
        if !payment.is_reversed {
            let set = match self.ledger.post_pending(set_id(payment)) {
                Ok(set) => {
                    self.book(&posting::reversal(&set));
                    None
                }
                Err(_) => Some(self.template_of(payment)),
            };
            if let Some(mut set) = set {
                // Both ways in one set: together they pass any limit.
                set.extend(posting::reversal(&set));
                self.book(&set);
            }
            payment.is_reversed = true;
            payment.wallet_payment_id.clone_from(&answer.wallet_id);
            record_break(cx, payment, BreakKind::TakenAfterClose);
        }
        payment.state = next;
        if payment.cancels < MAX_CANCELS_AFTER_LATE_APPROVAL {
            self.wish_cancel(cx, payment);
        }
    }

    /// The payment's own transfers, from its frozen terms.
    pub(super) fn template_of(&self, payment: &Payment) -> Vec<Transfer> {
        let Some(terms) = &payment.terms else { return Vec::new() };
        posting::payment(payment, terms).expect("the terms were booked once already")
    }

    /// Books a set that no limit can refuse: it takes back what was booked before.
    pub(super) fn book(&mut self, set: &[Transfer]) {
        if !set.is_empty() {
            self.ledger.post(set).expect("taking back what was booked passes every limit");
        }
    }

    pub(crate) fn wish_cancel(&mut self, cx: &mut Context<'_>, payment: &mut Payment) {
        let is_forgotten = payment.push.is_some() && base::planted(55);
        if let Some(payer) = &payment.payer
            && !self.is_wished(payment.id, EffectKind::Cancel)
            && !is_forgotten
        {
            let lane = payer.mpp;
            self.wish(cx, payment, EffectKind::Cancel, lane);
        }
    }

    /// Starts the notification to the acquirer, if there is anywhere to send it.
    pub(crate) fn wish_notify(&mut self, cx: &mut Context<'_>, payment: &mut Payment) {
        if payment.push.is_some() {
            // Before the wallet has paid the acquirer knows of no payment.
            if payment.state == PaymentState::Paid {
                self.begin_push(cx, payment);
            }
            return;
        }
        let acquirer = self.directory.participant(payment.acquirer);
        let has_url = payment.notify_url.is_some()
            || acquirer.is_some_and(|it| it.endpoints.notify.is_some());
        if has_url && payment.notify.is_none() {
            payment.notify = Some(DeliveryState::NEW);
            let lane = payment.acquirer;
            self.wish(cx, payment, EffectKind::Notify, lane);
        }
    }

    fn disarm_expiry(&mut self, payment: &Payment) {
        self.timers.remove(&(payment.expiry, Timer::Expiry(payment.id)));
    }
}

/// Notes a break and puts the payment on the operator's list; the same break again is no news. The
/// caller keeps the payment.
pub(crate) fn record_break(cx: &mut Context<'_>, payment: &mut Payment, kind: BreakKind) {
    if payment.breaks().any(|(_, known)| known == kind) {
        return;
    }
    payment.note(cx.stamp, What::Break(kind));
    cx.rows.push(Row::Listed { list: breaks_list(), id: payment.id.as_u128() });
    cx.events.push(Event::Break { payment: Arc::new(payment.clone()), kind });
}

/// The list in history that holds payments with a break.
pub(crate) fn breaks_list() -> Vec<u8> {
    b"breaks".to_vec()
}

/// An answer that echoes other amounts than it was asked for is never an approval.
fn contradicts(payment: &Payment, answer: &WalletAnswer) -> bool {
    if answer.verdict != WalletVerdict::Approved {
        return false;
    }
    let pay_to = payment.terms.as_ref().map(|terms| terms.pay_to);
    answer.amount.is_some_and(|amount| amount != payment.amount)
        || answer.pay_to.is_some_and(|amount| Some(amount) != pay_to)
}
