//! `notifyPayment` from a wallet: how a payment ended. Duplicates and stale ones are acknowledged
//! and ignored.

use super::wallet_says::record_break;
use crate::machine::{Context, Network};
use crate::{BreakKind, NotifyPayment, Refusal, Reply, WalletVerdict, What};
use base::ResultCode;

impl Network {
    pub(crate) fn notify_payment(
        &mut self,
        cx: &mut Context<'_>,
        it: NotifyPayment,
    ) -> Result<Reply, Refusal> {
        // A suspended wallet is still heard: what is open has to come to its end.
        let missing =
            || Refusal::new(ResultCode::OrderNotExist, "paymentRequestId: no such payment");
        let payment = self.load(cx.history, it.payment).ok_or_else(missing)?;
        let payer = payment.payer.as_ref().ok_or_else(missing)?;
        if payer.mpp != it.mpp && !base::planted(22) {
            return Err(missing());
        }
        if !matches!(it.answer.verdict, WalletVerdict::Approved | WalletVerdict::Declined(_)) {
            return Err(Refusal::new(
                ResultCode::ParamIllegal,
                "paymentResult.resultStatus: must be S or F in a notification",
            ));
        }
        let inconsistent = |field: &str| {
            Err(Refusal::new(
                ResultCode::RepeatReqInconsistent,
                format!("{field}: differs from the payment that was asked for"),
            ))
        };
        let pay_to = payment.terms.as_ref().map(|terms| terms.pay_to);
        let differs = [
            ("paymentAmount", it.answer.amount.is_some_and(|a| a != payment.amount)),
            ("payToAmount", it.answer.pay_to.is_some_and(|a| Some(a) != pay_to)),
            ("customerId", it.customer.as_ref().is_some_and(|c| *c != payer.customer)),
        ];
        let wrong = differs.into_iter().find(|(_, differs)| *differs);
        let mut payment = payment.as_ref().clone();
        if let Some((field, _)) = wrong {
            record_break(cx, &mut payment, BreakKind::OtherNotification);
            self.keep(cx, payment);
            return inconsistent(field);
        }
        payment.note(cx.stamp, What::WalletNotified);
        let is_consistent = self.wallet_says(cx, &mut payment, &it.answer);
        self.keep(cx, payment);
        if is_consistent { Ok(Reply::Done) } else { inconsistent("paymentResult") }
    }
}
