//! What the simulated wallet calls at the network.

use super::work::wire_id;
use super::{SimWallet, Wallet};
use crate::edge::{SimError, succeed};
use base::{ResultCode, ResultStatus, Text};
use money::Currency;
use wire::mpp::{
    GetPaymentCodeRequest, GetPaymentCodeResponse, InquiryForeignExchangeQuoteRequest,
    InquiryForeignExchangeQuoteResponse, PaymentCode,
};
use wire::parts::{Env, Id, Quote};
use wire::{Api, ResultOnly, WireResult};

impl Wallet {
    async fn payment_codes(
        &self,
        user: &str,
        region: Option<&str>,
        quantity: u32,
    ) -> Result<Vec<PaymentCode>, SimError> {
        let request = GetPaymentCodeRequest {
            region: region.map(Text::new).transpose().map_err(SimError::request)?,
            code_quantity: Some(quantity),
            env: Some(Env::new()),
            ..GetPaymentCodeRequest::new(Id::new(user).map_err(SimError::request)?)
        };
        let timeout = self.config.call_timeout;
        let answer: GetPaymentCodeResponse =
            self.edge.call(Api::GetPaymentCode, &request, timeout).await?;
        succeed(&answer.result)?;
        Ok(answer.payment_codes.unwrap_or_default())
    }

    /// Sends one notification; the acknowledgement may still be a refusal.
    pub(super) async fn notify_once(&self, id: &str) -> Result<WireResult, SimError> {
        let request = self.notification(id).ok_or_else(|| SimError::Unknown(id.to_string()))?;
        self.count("notificationsSent");
        let timeout = self.config.call_timeout;
        let answer: ResultOnly = self.edge.call(Api::NotifyPayment, &request, timeout).await?;
        Ok(answer.result)
    }

    /// Repeats the notification until S or F comes back, within the configured attempts.
    pub(super) async fn notify_until_acknowledged(&self, id: &str) -> bool {
        for attempt in 1..=self.config.notify_attempts {
            match self.notify_once(id).await {
                Ok(result) if result.status() != ResultStatus::U => return true,
                Err(SimError::Unknown(_)) => return false,
                Ok(_) | Err(_) => {
                    tracing::info!(payment = id, attempt, "a notification was not acknowledged");
                }
            }
            tokio::time::sleep(self.config.notify_pause).await;
        }
        false
    }
}

impl SimWallet {
    /// Asks for 1 to 10 payment codes of a user, to be shown in `region` (ISO 3166-1 alpha-2).
    pub async fn payment_codes(
        &self,
        user: &str,
        region: Option<&str>,
        quantity: u32,
    ) -> Result<Vec<PaymentCode>, SimError> {
        self.wallet.payment_codes(user, region, quantity).await
    }

    /// One payment code as its digits.
    pub async fn payment_code(&self, user: &str, region: Option<&str>) -> Result<String, SimError> {
        let codes = self.wallet.payment_codes(user, region, 1).await?;
        let code = codes.first().ok_or_else(|| SimError::Unknown("a payment code".to_string()))?;
        Ok(code.payment_code.as_str().to_string())
    }

    /// Sends one notification of a payment as it stands, and returns what the network says to it.
    /// An error when the payment is not known or not final.
    pub async fn notify_payment(&self, payment_request_id: &str) -> Result<WireResult, SimError> {
        self.wallet.notify_once(payment_request_id).await
    }

    /// Repeats the notification until the network answers S or F; false when it never did.
    pub async fn notify_until_acknowledged(&self, payment_request_id: &str) -> bool {
        self.wallet.notify_until_acknowledged(payment_request_id).await
    }

    /// Asks for a rate to show; nothing is locked.
    pub async fn exchange_quote(&self, sell: Currency, buy: Currency) -> Result<Quote, SimError> {
        let request = InquiryForeignExchangeQuoteRequest::new(sell, buy);
        let api = Api::InquiryForeignExchangeQuote;
        let timeout = self.wallet.config.call_timeout;
        let answer: InquiryForeignExchangeQuoteResponse =
            self.wallet.edge.call(api, &request, timeout).await?;
        succeed(&answer.result)?;
        answer.foreign_exchange_quote.ok_or_else(|| SimError::Unknown("a quote".to_string()))
    }

    /// The user's decision about a payment that waits: [`ResultCode::Success`] pays, any other code
    /// refuses. Returns what the payment says then, none when it is not known. Does not notify.
    pub fn complete(&self, payment_request_id: &str, code: ResultCode) -> Option<ResultCode> {
        wire_id(payment_request_id).and_then(|id| self.wallet.complete(id.as_str(), code))
    }
}
