//! Timers that became due.

use super::codes::CODE_GENERATION;
use crate::machine::{Context, Network, Timer};
use crate::{EffectKind, WalletAnswer, WalletVerdict, What};
use base::Timestamp;
use ids::PaymentId;
use payment::{DeliveryState, PaymentInput, PaymentState, RefundState};
use std::sync::Arc;

impl Network {
    pub(crate) fn fire(&mut self, cx: &mut Context<'_>, due: Timestamp, timer: Timer) {
        match timer {
            Timer::Expiry(id) => self.expire(cx, id),
            Timer::Wallet(id) => self.ask_wallet_again(cx, id, due),
            Timer::Refund(id, number) => self.refund_again(cx, id, number),
            Timer::Notify(id) => self.notify_again(cx, id),
            Timer::Errand(id) => self.errand_again(cx, id),
            Timer::Dispute(id, number) => self.dispute_due(cx, id, number),
            Timer::Push(id) => self.ask_acquirer_again(cx, id),
            Timer::Codes => {
                if self.codes.age() {
                    self.timers.insert((cx.now().after(CODE_GENERATION), Timer::Codes));
                }
            }
        }
    }

    fn expire(&mut self, cx: &mut Context<'_>, id: PaymentId) {
        let Some(payment) = self.open.get(&id) else { return };
        let mut payment = payment.as_ref().clone();
        payment.note(cx.stamp, What::Expired);
        let silent = WalletAnswer::of(WalletVerdict::Silent);
        self.take(cx, &mut payment, PaymentInput::Expired, &silent);
        self.keep(cx, payment);
    }

    fn ask_wallet_again(&mut self, cx: &mut Context<'_>, id: PaymentId, due: Timestamp) {
        let Some(payment) = self.open.get(&id) else { return };
        if payment.wallet_timer != Some(due) {
            return;
        }
        let mut payment = Arc::clone(payment).as_ref().clone();
        payment.wallet_timer = None;
        match payment.state {
            PaymentState::Unknown => {
                let is_out = self.is_wished(id, EffectKind::Inquiry);
                if let Some(payer) = payment.payer.as_ref().filter(|_| !is_out) {
                    let lane = payer.mpp;
                    self.wish(cx, &mut payment, EffectKind::Inquiry, lane);
                }
            }
            // A late approval may have made a closed payment's wallet owe us a cancel.
            PaymentState::Closing
            | PaymentState::Cancelling
            | PaymentState::Failed
            | PaymentState::Closed
            | PaymentState::Cancelled => self.wish_cancel(cx, &mut payment),
            PaymentState::Claiming
            | PaymentState::Presented
            | PaymentState::Pending
            | PaymentState::Paid => {}
        }
        self.keep(cx, payment);
    }

    fn refund_again(&mut self, cx: &mut Context<'_>, id: PaymentId, number: u32) {
        let Some(payment) = self.open.get(&id) else { return };
        let mut payment = payment.as_ref().clone();
        let is_unknown = payment.refunds[number as usize].state == RefundState::Unknown;
        let kind = EffectKind::Refund(number);
        if is_unknown && !self.is_wished(id, kind) {
            let lane = payment.payer.as_ref().expect("a refunded payment has a payer").mpp;
            self.wish(cx, &mut payment, kind, lane);
        }
        self.keep(cx, payment);
    }

    fn notify_again(&mut self, cx: &mut Context<'_>, id: PaymentId) {
        let Some(payment) = self.open.get(&id) else { return };
        let mut payment = payment.as_ref().clone();
        let is_waiting = matches!(payment.notify, Some(DeliveryState::Waiting { .. }));
        if is_waiting && !self.is_wished(id, EffectKind::Notify) {
            let lane = payment.acquirer;
            self.wish(cx, &mut payment, EffectKind::Notify, lane);
        }
        self.keep(cx, payment);
    }
}
