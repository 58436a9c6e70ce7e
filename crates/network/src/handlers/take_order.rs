//! `userInitiatedPay`: a wallet takes up an order whose code one of its users scanned.
//!
//! Both prices are frozen and the transfers reserved; from then on the wallet may debit its user at
//! any moment until expiry, so the payment is `Unknown` until the wallet says how it ended. The
//! same user may ask again and gets the same answer, another one is refused. A wallet that may not
//! take the order leaves it to others.

use crate::machine::{Context, Network};
use crate::{Payer, Payment, Refusal, Reply, TakeOrder, WalletAnswer, WalletVerdict, What};
use base::ResultCode;
use directory::Role;
use payment::{PaymentInput, PaymentState};

impl Network {
    pub(crate) fn take_order(
        &mut self,
        cx: &mut Context<'_>,
        it: TakeOrder,
    ) -> Result<Reply, Refusal> {
        let mpp = self.active(it.mpp)?;
        if mpp.role != Role::Mpp {
            return Err(Refusal::new(ResultCode::AccessDenied, "only wallets take up orders"));
        }
        let payment = self.load(cx.history, it.token.payment);
        let payment = payment.filter(|payment| {
            payment.by.order().is_some_and(|own| own == it.token || base::planted(26))
        });
        let Some(payment) = payment else {
            return Err(Refusal::new(
                ResultCode::InvalidCode,
                "codeValue: no order has this code; let the user scan again",
            ));
        };
        if let Some(refusal) = over(cx, &payment) {
            return Err(refusal);
        }
        if let Some(payer) = &payment.payer {
            let is_same = payer.mpp == it.mpp && payer.customer == it.customer;
            if !is_same && !base::planted(25) {
                return Err(Refusal::new(
                    ResultCode::RepeatReqInconsistent,
                    "customerId: another user has taken up this order; ask the shop for a new code",
                ));
            }
            return Ok(Reply::Payment { payment, is_repeat: true });
        }
        if !payment.may_be_taken_by(&mpp) {
            return Err(Refusal::new(
                ResultCode::UnavailablePaymentMethod,
                "codeValue: the order is for another wallet",
            ));
        }
        let mut payment = payment.as_ref().clone();
        let (mpp, customer, alias) = (it.mpp, it.customer, it.alias);
        payment.payer = Some(Payer { mpp, customer, alias, region: None });
        let terms = self.reserve(cx, &payment)?;
        // From here the command succeeds.
        payment.terms = Some(terms);
        payment.note(cx.stamp, What::Taken);
        let silent = WalletAnswer::of(WalletVerdict::Silent);
        self.take(cx, &mut payment, PaymentInput::Taken, &silent);
        Ok(Reply::Payment { payment: self.keep(cx, payment), is_repeat: false })
    }
}

/// Why an order cannot be taken up any more, if so.
fn over(cx: &Context<'_>, payment: &Payment) -> Option<Refusal> {
    let (code, message) = match payment.state {
        PaymentState::Paid => (ResultCode::OrderIsClosed, "codeValue: the order is paid"),
        PaymentState::Closed if base::planted(27) => return None,
        PaymentState::Cancelled if base::planted(29) => return None,
        PaymentState::Closed | PaymentState::Closing => {
            (ResultCode::ExpiredCode, "codeValue: the order has expired; ask for a new code")
        }
        PaymentState::Failed | PaymentState::Cancelled | PaymentState::Cancelling => {
            (ResultCode::OrderIsClosed, "codeValue: the order is closed; ask for a new code")
        }
        // The timer that closes it fires a little later than its time.
        PaymentState::Presented | PaymentState::Unknown if cx.now() >= payment.expiry => {
            (ResultCode::ExpiredCode, "codeValue: the order has expired; ask for a new code")
        }
        PaymentState::Presented
        | PaymentState::Unknown
        | PaymentState::Pending
        | PaymentState::Claiming => return None,
    };
    Some(Refusal::new(code, message))
}
