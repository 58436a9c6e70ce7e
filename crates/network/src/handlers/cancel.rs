//! `cancelPayment`: until 00:15 UTC+8 of the next day, in any state; an unknown id is barred for
//! ever.
//!
//! The acquirer is told S as soon as the intent is durable; the wallet is told until it confirms.
//! Decision 0004.

use crate::machine::{Context, Named, Network, name_kind, name_of};
use crate::{CancelPayment, Found, Refusal, Reply, WalletAnswer, WalletVerdict, What};
use base::{ResultCode, Row, encode};
use payment::{PaymentInput, PaymentState, cancel_deadline};

impl Network {
    pub(crate) fn cancel_payment(
        &mut self,
        cx: &mut Context<'_>,
        it: CancelPayment,
    ) -> Result<Reply, Refusal> {
        self.active(it.acquirer)?;
        let payment = match self.find(cx.history, it.acquirer, &it.payment) {
            Found::Payment(payment) => payment,
            Found::Tombstone => return Ok(Reply::Cancelled(None)),
            Found::Mismatch => {
                return Err(Refusal::new(
                    ResultCode::ParamIllegal,
                    "paymentId: names another payment than paymentRequestId; send one of them",
                ));
            }
            Found::Missing => return self.bar(cx, &it),
        };
        if payment.is_cancelled_by_acquirer
            || matches!(payment.state, PaymentState::Failed | PaymentState::Closed)
        {
            return Ok(Reply::Cancelled(Some(payment)));
        }
        if cx.now() >= cancel_deadline(payment.created.time) {
            return Err(Refusal::new(
                ResultCode::CancelWindowExceed,
                "cancelling ended at 00:15 UTC+8 of the next day; refund a paid payment instead",
            ));
        }
        if payment.refunded_minor() > 0 {
            return Err(Refusal::new(
                ResultCode::ProcessFail,
                "the payment has refunds; refund the rest instead",
            ));
        }
        // From here the command succeeds.
        let mut payment = payment.as_ref().clone();
        payment.note(cx.stamp, What::CancelAsked);
        payment.is_cancelled_by_acquirer = true;
        let silent = WalletAnswer::of(WalletVerdict::Silent);
        self.take(cx, &mut payment, PaymentInput::CancelAsked, &silent);
        Ok(Reply::Cancelled(Some(self.keep(cx, payment))))
    }

    /// The payment is not known: should its `pay` still come, it finds the tombstone.
    fn bar(&mut self, cx: &mut Context<'_>, it: &CancelPayment) -> Result<Reply, Refusal> {
        let Some(request_id) = &it.payment.request_id else {
            return Err(Refusal::new(ResultCode::OrderNotExist, "paymentId: no such payment"));
        };
        if it.payment.id.is_some() {
            return Err(Refusal::new(ResultCode::OrderNotExist, "no such payment"));
        }
        if !base::planted(10) {
            let name = name_of(name_kind::PAY, it.acquirer, request_id.as_str());
            cx.rows.push(Row::Name { name, value: encode(&Named::Tombstone) });
        }
        Ok(Reply::Cancelled(None))
    }
}
