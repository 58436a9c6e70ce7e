//! A payment from its first message to its end, as the protocol advises acquirers: pay; while it is
//! U inquire, and listen for the notification; at the end of patience cancel until S.

use super::{Presented, Sale, SimAcquirer};
use crate::edge::SimError;
use base::{ResultCode, ResultStatus};
use std::time::Duration;
use wire::acqp::PayResponse;

/// How a payment ended for the acquirer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Paid,
    Failed(ResultCode),
    /// Never became final, and a cancel was answered with S.
    Cancelled,
    /// Neither became final nor could be cancelled in time.
    Unresolved,
}

/// The end of a payment and the way to it.
#[derive(Clone, Debug)]
pub struct Ended {
    pub payment_request_id: String,
    pub outcome: Outcome,
    /// The answer of `pay`, when one came.
    pub answer: Option<PayResponse>,
    /// Inquiries made.
    pub inquiries: u32,
    /// Cancels tried.
    pub cancels: u32,
}

impl SimAcquirer {
    /// Takes a payment to its end. An error means that the request could not even be written.
    pub async fn pay_to_end(&self, sale: &Sale) -> Result<Ended, SimError> {
        match self.pay(sale).await {
            Ok(answer) => self.follow(sale, Some(answer)).await,
            // Nothing is known: to be found out like an answer of U.
            Err(SimError::Call(_)) => self.follow(sale, None).await,
            Err(error) => Err(error),
        }
    }

    /// Shows a code for an order and takes the payment to its end; `scan` is what the shopper does
    /// with the code.
    pub async fn present_to_end(
        &self,
        sale: &Sale,
        how: Presented,
        scan: impl AsyncFnOnce(String),
    ) -> Result<Ended, SimError> {
        let answer = match self.present(sale, how).await {
            Ok(answer) => answer,
            Err(SimError::Call(_)) => return self.follow(sale, None).await,
            Err(error) => return Err(error),
        };
        let forms = answer.order_code_form.as_ref().map(|form| &form.code_details);
        let code = forms.and_then(|forms| forms.first()).map(|form| form.code_value.to_string());
        if let Some(code) = code {
            scan(code).await;
        }
        self.follow(sale, Some(answer)).await
    }

    async fn follow(&self, sale: &Sale, answer: Option<PayResponse>) -> Result<Ended, SimError> {
        let mut ended = Ended {
            payment_request_id: sale.payment_request_id.clone(),
            outcome: Outcome::Unresolved,
            answer,
            inquiries: 0,
            cancels: 0,
        };
        let polling = self.acquirer.config.polling;
        let mut pause = polling.first;
        while self.result(sale).is_none()
            && ended.inquiries < polling.times
            && !self.is_expired(sale)
        {
            if self.hears_within(sale, pause).await {
                break;
            }
            ended.inquiries += 1;
            // A failed inquiry says nothing about the payment.
            let _ = self.inquiry(&sale.payment_request_id).await;
            pause = polling.every;
        }
        if self.result(sale).is_none() {
            self.cancel_until_done(sale, &mut ended).await;
        }
        if ended.outcome != Outcome::Cancelled
            && let Some(code) = self.result(sale)
        {
            ended.outcome = match code.status() {
                ResultStatus::S => Outcome::Paid,
                ResultStatus::F | ResultStatus::U => Outcome::Failed(code),
            };
        }
        Ok(ended)
    }

    async fn cancel_until_done(&self, sale: &Sale, ended: &mut Ended) {
        let polling = self.acquirer.config.polling;
        while ended.cancels < polling.cancel_times {
            ended.cancels += 1;
            if let Ok(answer) = self.cancel(&sale.payment_request_id).await
                && answer.result.status() == ResultStatus::S
            {
                ended.outcome = Outcome::Cancelled;
                return;
            }
            // After a cancel whose fate is not known, a success heard later is not the last word:
            // ask again to cancel.
            tokio::time::sleep(polling.cancel_every).await;
        }
    }

    /// The first final result of a payment, if there is one.
    fn result(&self, sale: &Sale) -> Option<ResultCode> {
        self.acquirer.known().get(&sale.payment_request_id).and_then(|known| known.result)
    }

    fn is_expired(&self, sale: &Sale) -> bool {
        let now = self.acquirer.edge.clock.now().millis();
        sale.expires_at_ms.is_some_and(|expiry| now > expiry)
    }

    /// Waits, but only until a notification has told the result.
    async fn hears_within(&self, sale: &Sale, pause: Duration) -> bool {
        let mut news = self.acquirer.news.subscribe();
        let heard = async { while self.result(sale).is_none() && news.changed().await.is_ok() {} };
        tokio::time::timeout(pause, heard).await.is_ok()
    }
}
