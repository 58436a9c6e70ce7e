//! Push mode: the acquirer is told of a payment that its wallet has made, and asked until it says
//! whether it took it. What it refuses, or never answers, goes back to the payer.

use super::wallet_says::record_break;
use crate::machine::{Context, Named, Network, Timer, name_kind, name_of};
use crate::{
    BreakKind, EffectKind, NotifyPush, Payment, PushAnswer, Refusal, Reply, WalletAnswer,
    WalletVerdict, What, posting,
};
use base::{ResultCode, Row, encode};
use ids::{PartnerText, PaymentId};
use payment::{PaymentInput, PaymentState, PushInput, PushState, PushStep, push_step};
use std::sync::Arc;

impl Network {
    /// The wallet has paid: tells the acquirer.
    pub(super) fn begin_push(&mut self, cx: &mut Context<'_>, payment: &mut Payment) {
        let Some(push) = payment.push.as_mut().filter(|push| push.state == PushState::Unpaid)
        else {
            return;
        };
        push.state = PushState::Waiting { inquiries: 0 };
        let lane = payment.acquirer;
        self.wish(cx, payment, EffectKind::Push, lane);
    }

    /// The wait before an inquiry is over.
    pub(crate) fn ask_acquirer_again(&mut self, cx: &mut Context<'_>, id: PaymentId) {
        let Some(payment) = self.open.get(&id) else { return };
        let is_out =
            self.is_wished(id, EffectKind::Push) || self.is_wished(id, EffectKind::PushInquiry);
        let mut payment = payment.as_ref().clone();
        match &mut payment.push {
            Some(push) if !is_out => match &mut push.state {
                PushState::Waiting { inquiries } => *inquiries += 1,
                _ => return,
            },
            _ => return,
        }
        let lane = payment.acquirer;
        self.wish(cx, &mut payment, EffectKind::PushInquiry, lane);
        self.keep(cx, payment);
    }

    /// Moves a pushed payment by its acquirer's word. `false` when the acquirer contradicts itself.
    pub(crate) fn acquirer_says(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        answer: &PushAnswer,
    ) -> bool {
        let Some(push) = &payment.push else { return false };
        let state = push.state;
        if let Some(request_id) = &answer.request_id
            && !self.take_name(cx, payment, request_id)
        {
            return false;
        }
        let is_taken_for_yes = answer.says == PushInput::Silent && base::planted(49);
        let says = if is_taken_for_yes { PushInput::Accepted } else { answer.says };
        match push_step(state, says) {
            PushStep::Same => {}
            PushStep::Conflict if says == PushInput::Accepted && base::planted(50) => {
                set_state(payment, PushState::Accepted);
            }
            PushStep::Conflict => {
                record_break(cx, payment, BreakKind::OtherPushOutcome);
                return false;
            }
            PushStep::To(PushState::Refused) => {
                self.end_push(cx, payment, PushState::Refused, What::PushRefused(answer.code));
            }
            PushStep::To(PushState::GivenUp) => {
                self.alert(cx, payment, "an acquirer never said whether it took a payment");
                self.end_push(cx, payment, PushState::GivenUp, What::PushGivenUp);
            }
            PushStep::To(next) => {
                set_state(payment, next);
                payment.note(cx.stamp, What::PushAccepted);
            }
            PushStep::Inquire(wait) => {
                let what = match answer.says {
                    PushInput::InProcess => What::InProcess,
                    _ => What::Silent,
                };
                payment.note(cx.stamp, what);
                self.timers.insert((cx.now().after(wait), Timer::Push(payment.id)));
            }
            PushStep::TellAgain => {
                payment.note(cx.stamp, What::NotFound);
                let lane = payment.acquirer;
                self.wish(cx, payment, EffectKind::Push, lane);
            }
        }
        true
    }

    /// The acquirer does not take the payment: the payer gets the money back.
    fn end_push(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        state: PushState,
        what: What,
    ) {
        set_state(payment, state);
        payment.note(cx.stamp, what);
        if !base::planted(48) {
            let silent = WalletAnswer::of(WalletVerdict::Silent);
            self.take(cx, payment, PaymentInput::CancelAsked, &silent);
            if base::planted(53) {
                let set = self.template_of(payment);
                self.book(&posting::reversal(&set));
            }
        }
    }

    /// The acquirer's own name of the payment. `false`: it named it otherwise before, or it means
    /// another payment by it.
    fn take_name(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        request_id: &PartnerText,
    ) -> bool {
        if payment.request_id == *request_id {
            return true;
        }
        let name = name_of(name_kind::PAY, payment.acquirer, request_id.as_str());
        let is_named = payment.push.as_ref().is_some_and(|push| push.is_named);
        let is_others = self.named(cx.history, &name).is_some() && !base::planted(56);
        if is_named || is_others {
            record_break(cx, payment, BreakKind::OtherPushOutcome);
            return false;
        }
        cx.rows.push(Row::Name { name, value: encode(&Named::Payment(payment.id)) });
        payment.request_id = request_id.clone();
        if let Some(push) = &mut payment.push {
            push.is_named = true;
        }
        true
    }

    /// `notifyPushPayment`: the acquirer's last word, by its own call.
    pub(crate) fn notify_push(
        &mut self,
        cx: &mut Context<'_>,
        it: &NotifyPush,
    ) -> Result<Reply, Refusal> {
        // A suspended acquirer is still heard: what is open has to come to its end.
        let payment = self.load(cx.history, it.payment).filter(|payment| {
            let is_told = |push: &crate::Push| push.state != PushState::Unpaid;
            let is_own = payment.acquirer == it.acquirer || base::planted(54);
            is_own && payment.push.as_ref().is_some_and(is_told)
        });
        let Some(payment) = payment else {
            return Err(Refusal::new(ResultCode::OrderNotExist, "paymentId: no such payment"));
        };
        if !matches!(it.answer.says, PushInput::Accepted | PushInput::Refused) {
            return Err(Refusal::new(
                ResultCode::ParamIllegal,
                "paymentResult.resultStatus: must be S or F in a notification",
            ));
        }
        let mut payment = Arc::unwrap_or_clone(payment);
        let is_consistent = self.acquirer_says(cx, &mut payment, &it.answer);
        let is_undone = payment.state != PaymentState::Paid;
        // What the acquirer took and then cancelled itself is no break, but nothing to credit.
        let is_in_vain = is_undone && it.answer.says == PushInput::Accepted;
        self.keep(cx, payment);
        if is_consistent && !is_in_vain {
            return Ok(Reply::Done);
        }
        Err(match is_undone {
            true => Refusal::new(
                ResultCode::OrderIsClosed,
                "paymentId: the payment went back to the payer; do not credit the merchant",
            ),
            false => Refusal::new(
                ResultCode::RepeatReqInconsistent,
                "paymentResult: differs from what was said of this payment before",
            ),
        })
    }
}

fn set_state(payment: &mut Payment, state: PushState) {
    if let Some(push) = &mut payment.push {
        push.state = state;
    }
}
