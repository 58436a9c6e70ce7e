//! The outcome of an effect: of the attempt that is open, once. Anything else is stale and changes
//! nothing.

use crate::machine::{Context, Network, Timer};
use crate::{
    ClaimAnswer, EffectId, EffectKind, EffectOutcome, Event, Payment, PushAnswer, Refusal, Reply,
    WalletAnswer, WalletVerdict, What,
};
use base::ResultCode;
use payment::{
    DeliveryInput, DeliveryState, DeliveryStep, PaymentInput, PaymentState, cancel_retry_after,
    delivery_step, inquiry_after, notify_after, wallet_cancel_deadline,
};
use std::sync::Arc;

/// Attempts after which somebody must look: 10 quick ones and two slow ones are about ten minutes.
const ALERT_ATTEMPT: u32 = 12;
/// A cancel that a wallet has not confirmed this often waits for the reconciliation file.
const MAX_CANCEL_ATTEMPTS: u32 = 100;

impl Network {
    pub(crate) fn effect_done(
        &mut self,
        cx: &mut Context<'_>,
        id: EffectId,
        outcome: EffectOutcome,
    ) -> Reply {
        if !self.outbox.remove(&id) {
            return Reply::Done;
        }
        let payment = self.load(cx.history, id.payment).expect("an effect's payment is open");
        let mut payment = Arc::unwrap_or_clone(payment);
        match (id.kind, outcome) {
            (EffectKind::Pay, EffectOutcome::Wallet(answer)) => {
                self.wallet_says(cx, &mut payment, &answer);
            }
            (EffectKind::Inquiry, EffectOutcome::Wallet(answer)) => {
                self.inquired(cx, &mut payment, &answer);
            }
            (EffectKind::Cancel, EffectOutcome::Wallet(answer)) => {
                self.cancel_answered(cx, &mut payment, &answer);
            }
            (EffectKind::Refund(number), EffectOutcome::Wallet(answer)) => {
                self.refund_answered(cx, &mut payment, number, &answer);
            }
            (EffectKind::Notify, EffectOutcome::Delivered(yes)) => {
                self.notified(cx, &mut payment, yes);
            }
            (EffectKind::Claim, EffectOutcome::Claimed(answer)) => {
                return self.claimed(cx, payment, answer);
            }
            (EffectKind::EndDebit, EffectOutcome::Delivered(_)) => {}
            (EffectKind::Push | EffectKind::PushInquiry, EffectOutcome::Pushed(answer)) => {
                // An acquirer that cancelled meanwhile has had the last word. An answer that
                // contradicts itself is none: the asking goes on.
                if !payment.is_cancelled_by_acquirer
                    && !self.acquirer_says(cx, &mut payment, &answer)
                {
                    self.acquirer_says(cx, &mut payment, &PushAnswer::SILENT);
                }
            }
            (EffectKind::Push | EffectKind::PushInquiry, _) => {
                self.acquirer_says(cx, &mut payment, &PushAnswer::SILENT);
            }
            // The runtime answers each kind in its own words; other words are silence.
            _ => {
                let silent = WalletAnswer::of(WalletVerdict::Silent);
                self.wallet_says(cx, &mut payment, &silent);
            }
        }
        self.keep(cx, payment);
        Reply::Done
    }

    fn inquired(&mut self, cx: &mut Context<'_>, payment: &mut Payment, answer: &WalletAnswer) {
        if base::planted(18) && answer.verdict == WalletVerdict::NotFound {
            let declined = WalletAnswer::of(WalletVerdict::Declined(ResultCode::OrderNotExist));
            self.wallet_says(cx, payment, &declined);
            return;
        }
        self.wallet_says(cx, payment, answer);
        if payment.state == PaymentState::Unknown && payment.wallet_timer.is_none() {
            let due = cx.now().after(inquiry_after(payment.inquiries));
            self.arm_wallet(payment, Some(due));
        }
        if payment.inquiries == ALERT_ATTEMPT {
            self.alert(cx, payment, "a wallet has not said for ten minutes how a payment ended");
        }
    }

    fn cancel_answered(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        answer: &WalletAnswer,
    ) {
        // A wallet that does not know the payment may still get its delayed `pay`; from expiry on
        // it has to refuse that one, so only then "unknown" is as good as "cancelled".
        let is_confirmed = match answer.verdict {
            WalletVerdict::Approved => true,
            WalletVerdict::NotFound => cx.now() >= payment.expiry || base::planted(19),
            WalletVerdict::Declined(_) | WalletVerdict::InProcess | WalletVerdict::Silent => false,
        };
        if is_confirmed {
            payment.note(cx.stamp, What::CancelConfirmed);
            self.take(cx, payment, PaymentInput::CancelConfirmed, answer);
            return;
        }
        payment.note(cx.stamp, What::Silent);
        if payment.cancels == ALERT_ATTEMPT {
            self.alert(cx, payment, "a wallet has not confirmed a cancel for ten minutes");
        }
        let is_in_window = cx.now() < wallet_cancel_deadline(payment.created.time);
        if payment.cancels < MAX_CANCEL_ATTEMPTS || is_in_window {
            let due = cx.now().after(cancel_retry_after(payment.cancels.saturating_sub(1)));
            self.arm_wallet(payment, Some(due));
        } else {
            self.alert(cx, payment, "a cancel was given up; the reconciliation file decides");
        }
    }

    fn notified(&mut self, cx: &mut Context<'_>, payment: &mut Payment, is_delivered: bool) {
        let Some(state) = payment.notify else { return };
        payment.note(cx.stamp, if is_delivered { What::Notified } else { What::NotifyFailed });
        let input = if is_delivered { DeliveryInput::Acknowledged } else { DeliveryInput::Failed };
        let DeliveryStep::To(next) = delivery_step(state, input) else { return };
        payment.notify = Some(next);
        match next {
            DeliveryState::Waiting { attempts } if !base::planted(20) => {
                if let Some(wait) = notify_after(attempts) {
                    self.timers.insert((cx.now().after(wait), Timer::Notify(payment.id)));
                }
            }
            DeliveryState::GivenUp { .. } => {
                payment.note(cx.stamp, What::NotifyGivenUp);
                self.alert(cx, payment, "an acquirer did not acknowledge a notification for a day");
            }
            DeliveryState::Waiting { .. } | DeliveryState::Acknowledged { .. } => {}
        }
    }

    fn claimed(
        &mut self,
        cx: &mut Context<'_>,
        mut payment: Payment,
        answer: ClaimAnswer,
    ) -> Reply {
        if let (ClaimAnswer::Granted(_), Some(_)) = (&answer, payment.by.token()) {
            let is_lost = payment.state != PaymentState::Claiming && base::planted(40);
            payment.holds_allowance = !is_lost;
        }
        if payment.state != PaymentState::Claiming {
            // It expired or was cancelled meanwhile. A code stays spent, which harms nobody; what
            // was taken of an allowance is given back as the payment is kept.
            self.keep(cx, payment);
            return Reply::Done;
        }
        self.timers.remove(&(payment.expiry, Timer::Expiry(payment.id)));
        payment.note(cx.stamp, What::Claimed);
        match answer {
            ClaimAnswer::Granted(payer) => self.pay_with(cx, payment, payer),
            ClaimAnswer::Refused(code) => {
                let message = "paymentMethod.paymentMethodId: the code or token cannot be used";
                self.refuse(cx, payment, Refusal::new(code, message))
            }
        }
    }

    pub(crate) fn alert(&self, cx: &mut Context<'_>, payment: &Payment, what: &'static str) {
        cx.events.push(Event::Alert { payment: Arc::new(payment.clone()), what });
    }
}
