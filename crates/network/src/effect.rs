//! Effects: wishes towards the world. Each stays in the outbox until its outcome comes back as a
//! command.

use crate::{Errand, Payer, Payment, PushAnswer, WalletAnswer};
use base::{ResultCode, Span, codec_enum, codec_struct};
use ids::{ParticipantId, PaymentId};
use std::sync::Arc;

/// What is wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    /// The wallet's `pay`.
    Pay,
    /// The wallet's `inquiryPayment`.
    Inquiry,
    /// The wallet's `cancelPayment`.
    Cancel,
    /// The wallet's `refund`; the number counts the payment's refunds from 0.
    Refund(u32),
    /// `notifyPayment` to the acquirer.
    Notify,
    /// Another partition's code or agreement.
    Claim,
    /// Another partition's agreement: the debit under it has its end.
    EndDebit,
    /// `pushPayment` to the acquirer.
    Push,
    /// `inquiryPushPayment` to the acquirer.
    PushInquiry,
}
codec_enum!(EffectKind {
    0 = Pay, 1 = Inquiry, 2 = Cancel, 3 = Refund(number), 4 = Notify, 5 = Claim,
    6 = EndDebit, 7 = Push, 8 = PushInquiry,
});

/// Names one attempt: an outcome for another attempt than the open one changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId {
    pub payment: PaymentId,
    pub kind: EffectKind,
    /// Counts the attempts of this kind, from 1.
    pub attempt: u32,
}
codec_struct!(EffectId { payment, kind, attempt });

/// One wish.
#[derive(Clone, Debug)]
pub enum Effect {
    Payment(PaymentEffect),
    Errand(Arc<Errand>),
}

impl Effect {
    pub fn of_payment(self) -> Option<PaymentEffect> {
        match self {
            Effect::Payment(effect) => Some(effect),
            Effect::Errand(_) => None,
        }
    }
}

/// A call that belongs to a payment, with everything that it says.
#[derive(Clone, Debug)]
pub struct PaymentEffect {
    pub id: EffectId,
    /// Who is called: each participant has a lane of its own.
    pub lane: ParticipantId,
    /// The payment as it stood when the effect was wished for.
    pub payment: Arc<Payment>,
    /// After this time without an answer the outcome is silence.
    pub timeout: Span,
}

/// What came of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectOutcome {
    /// Of `Pay`, `Inquiry`, `Cancel` and `Refund`.
    Wallet(WalletAnswer),
    /// Of `Notify`: did the acquirer acknowledge? Of `EndDebit`: it is done.
    Delivered(bool),
    /// Of `Claim`.
    Claimed(ClaimAnswer),
    /// Of `Push` and `PushInquiry`.
    Pushed(PushAnswer),
}
codec_enum!(EffectOutcome {
    0 = Wallet(answer), 1 = Delivered(yes), 2 = Claimed(answer), 3 = Pushed(answer),
});

/// Another partition's word about its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimAnswer {
    Granted(Payer),
    Refused(ResultCode),
}
codec_enum!(ClaimAnswer { 0 = Granted(payer), 1 = Refused(code) });
