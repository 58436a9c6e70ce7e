//! A payment abroad, as the wallet sees it: the network asks for it or tells its price, the
//! customer pays here.

use crate::CodeKind;
use account::LocalDay;
use base::{ResultCode, Stamp, Text, Timestamp, codec_enum, codec_struct};
use ids::{AgreementId, PartnerText, PaymentId, RefundId};
use money::Money;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// The customer sees the order and both prices, and has not decided. Ends by the customer, the
    /// network's cancel, or its time.
    Shown,
    /// The money has left the customer.
    Paid,
    /// Refused: no money moved, nor ever will under this id.
    Failed(ResultCode),
    /// The network took it back; what was taken is with the customer again.
    Cancelled,
}
codec_enum!(PaymentState { 0 = Shown, 1 = Paid, 2 = Failed(code), 3 = Cancelled });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentInput {
    /// The customer pays.
    Confirm,
    /// The customer does not.
    Decline(ResultCode),
    /// Its time is over.
    Expire,
    /// The network takes it back. Source: wallet interface 2.7.
    Cancel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStep {
    To(PaymentState),
    /// What was taken and not refunded goes back.
    Reverse,
    Same,
    Refuse,
}

/// The table.
#[rustfmt::skip]
pub const fn payment_step(from: PaymentState, on: PaymentInput) -> PaymentStep {
    use PaymentInput::{Cancel, Confirm, Decline, Expire};
    use PaymentState::{Cancelled, Failed, Paid, Shown};
    match (from, on) {
        (Shown, Confirm)         => PaymentStep::To(Paid),
        (Shown, Decline(code))   => PaymentStep::To(Failed(code)),
        (Shown, Expire)          => PaymentStep::To(Failed(ResultCode::OrderIsClosed)),
        (Shown, Cancel)          => PaymentStep::To(Cancelled),
        (Paid, Confirm)          => PaymentStep::Same,
        (Paid, Decline(_))       => PaymentStep::Refuse,
        (Paid, Expire)           => PaymentStep::Same,
        (Paid, Cancel)           => PaymentStep::Reverse,
        (Failed(_), Confirm)     => PaymentStep::Refuse,
        (Failed(_), Decline(_))  => PaymentStep::Same,
        (Failed(_), Expire)      => PaymentStep::Same,
        (Failed(_), Cancel)      => PaymentStep::To(Cancelled),
        (Cancelled, Confirm)     => PaymentStep::Refuse,
        (Cancelled, Decline(_))  => PaymentStep::Refuse,
        (Cancelled, Expire)      => PaymentStep::Same,
        (Cancelled, Cancel)      => PaymentStep::Same,
    }
}

/// The order as the wallet shows it. Source: wallet interface 5, what receipts say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// What the merchant shows, in its currency.
    pub amount: Money,
    pub merchant: Text<256>,
    pub reference: Option<Text<64>>,
    /// The rate and its pair as the network wrote them.
    pub rate: Option<Text<64>>,
    pub acquirer: PartnerText,
    /// Where the payer goes after paying.
    pub redirect: Option<Text<2048>>,
    /// What the network took off, in the wallet's currency and minor units.
    pub saved_minor: u64,
}
codec_struct!(OrderView { amount, merchant, reference, rate, acquirer, redirect, saved_minor });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    pub id: RefundId,
    /// The network's `refundRequestId`.
    pub request: PartnerText,
    pub price_minor: u64,
    pub amount: Money,
    pub digest: [u8; 32],
    pub at: Stamp,
}
codec_struct!(Refunded { id, request, price_minor, amount, digest, at });

/// See the module's text. `minor` amounts are in the wallet's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub customer: u32,
    pub code: CodeKind,
    /// The network's `paymentRequestId`.
    pub request: PartnerText,
    pub price_minor: u64,
    pub order: OrderView,
    pub agreement: Option<AgreementId>,
    pub expires: Option<Timestamp>,
    pub digest: [u8; 32],
    pub state: PaymentState,
    /// Must the network be told how it ended? It asked itself for what it calls `pay`.
    pub is_scanned: bool,
    pub refunds: Vec<Refunded>,
    /// The day on which it was counted against the limits.
    pub counted: LocalDay,
    pub created: Stamp,
    pub ended: Option<Stamp>,
}
codec_struct!(Payment {
    id,
    customer,
    code,
    request,
    price_minor,
    order,
    agreement,
    expires,
    digest,
    state,
    is_scanned,
    refunds,
    counted,
    created,
    ended,
});

impl Payment {
    /// What was taken and has not been given back.
    pub fn left_minor(&self) -> u64 {
        let back: u64 = self.refunds.iter().map(|refund| refund.price_minor).sum();
        self.price_minor.saturating_sub(back)
    }

    pub fn result(&self) -> ResultCode {
        match self.state {
            PaymentState::Shown => ResultCode::PaymentInProcess,
            PaymentState::Paid => ResultCode::Success,
            PaymentState::Failed(code) => code,
            PaymentState::Cancelled => ResultCode::OrderIsClosed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        const NO: ResultCode = ResultCode::ProcessFail;
        let states = [
            PaymentState::Shown,
            PaymentState::Paid,
            PaymentState::Failed(NO),
            PaymentState::Cancelled,
        ];
        let inputs = [
            PaymentInput::Confirm,
            PaymentInput::Decline(NO),
            PaymentInput::Expire,
            PaymentInput::Cancel,
        ];
        let mut table = String::new();
        for from in states {
            for on in inputs {
                writeln!(table, "{from:?} {on:?}: {:?}", payment_step(from, on)).unwrap();
            }
        }
        let expected = "\
Shown Confirm: To(Paid)
Shown Decline(ProcessFail): To(Failed(ProcessFail))
Shown Expire: To(Failed(OrderIsClosed))
Shown Cancel: To(Cancelled)
Paid Confirm: Same
Paid Decline(ProcessFail): Refuse
Paid Expire: Same
Paid Cancel: Reverse
Failed(ProcessFail) Confirm: Refuse
Failed(ProcessFail) Decline(ProcessFail): Same
Failed(ProcessFail) Expire: Same
Failed(ProcessFail) Cancel: To(Cancelled)
Cancelled Confirm: Refuse
Cancelled Decline(ProcessFail): Refuse
Cancelled Expire: Same
Cancelled Cancel: Same
";
        assert_eq!(table, expected);
    }
}
