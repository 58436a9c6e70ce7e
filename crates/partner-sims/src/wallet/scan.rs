//! A user of the simulated wallet scans a code of a shop: the wallet takes the order up, shows it,
//! and debits when the user confirms.

use super::work::wire_id;
use super::{SimWallet, Wallet};
use crate::books::{Begun, PayOrder, PaymentState};
use crate::edge::{SimError, succeed};
use base::{ResultCode, ResultStatus};
use wire::mpp::{
    CodeAction, IdentifyCodeRequest, IdentifyCodeResponse, InquiryCodeRulesRequest,
    InquiryCodeRulesResponse, UserInitiatedPayRequest, UserInitiatedPayResponse,
};
use wire::parts::Id;
use wire::{Api, Opaque, WireResult};

impl Wallet {
    /// Takes an order up for a user. The order waits in the books for the user's decision.
    pub(super) async fn take_order(
        &self,
        user: &str,
        code: &str,
    ) -> Result<UserInitiatedPayResponse, SimError> {
        let request = UserInitiatedPayRequest::new(
            Opaque::new(code).map_err(SimError::request)?,
            Id::new(user).map_err(SimError::request)?,
        );
        let timeout = self.config.call_timeout;
        let answer: UserInitiatedPayResponse =
            self.edge.call(Api::UserInitiatedPay, &request, timeout).await?;
        succeed(&answer.result)?;
        let order = order_of(user, &answer)
            .ok_or_else(|| SimError::Unknown("the order's id or price".to_string()))?;
        let now = self.edge.clock.now();
        match self.books().begin(order, now) {
            Begun::New | Begun::Known => Ok(answer),
            Begun::Refused(code) => Err(SimError::Refused(WireResult::of(code))),
        }
    }

    /// The user's decision about an order that was taken up; then the network is told until it
    /// acknowledges. Returns what the payment says.
    pub(super) async fn confirm_order(&self, id: &str, code: ResultCode) -> Option<ResultCode> {
        let said = self.complete(id, code)?;
        if said.status() != ResultStatus::U {
            self.notify_until_acknowledged(id).await;
        }
        Some(said)
    }
}

fn order_of(user: &str, answer: &UserInitiatedPayResponse) -> Option<PayOrder> {
    Some(PayOrder {
        payment_request_id: answer.payment_request_id.as_ref()?.as_str().to_string(),
        customer_id: user.to_string(),
        payment_amount: answer.payment_amount?.0,
        pay_to_amount: answer.pay_to_amount?.0,
        compared: String::new(),
        expires_at: answer.payment_expiry_time.as_ref().map(|time| time.at),
    })
}

impl SimWallet {
    /// Asks the network what a scanned text is.
    pub async fn identify(&self, text: &str) -> Result<IdentifyCodeResponse, SimError> {
        let scanned = Opaque::new(text).map_err(SimError::request)?;
        let request = IdentifyCodeRequest::new(scanned);
        let timeout = self.wallet.config.call_timeout;
        let answer: IdentifyCodeResponse =
            self.wallet.edge.call(Api::IdentifyCode, &request, timeout).await?;
        succeed(&answer.result)?;
        Ok(answer)
    }

    /// The network's table of code rules.
    pub async fn code_rules(&self) -> Result<InquiryCodeRulesResponse, SimError> {
        let request = InquiryCodeRulesRequest::new();
        let timeout = self.wallet.config.call_timeout;
        let answer: InquiryCodeRulesResponse =
            self.wallet.edge.call(Api::InquiryCodeRules, &request, timeout).await?;
        succeed(&answer.result)?;
        Ok(answer)
    }

    /// A user scans an order code and sees the order; nothing is debited.
    pub async fn take_order(
        &self,
        user: &str,
        code: &str,
    ) -> Result<UserInitiatedPayResponse, SimError> {
        self.wallet.take_order(user, code).await
    }

    /// A user scans an order code and pays at once. Returns the answer with the order, and what
    /// became of the payment in this wallet.
    pub async fn scan_and_pay(
        &self,
        user: &str,
        text: &str,
    ) -> Result<(UserInitiatedPayResponse, ResultCode), SimError> {
        let identified = self.identify(text).await?;
        if identified.post_code_match_action_type != Some(CodeAction::Decode) {
            return Err(SimError::Unknown("an order code".to_string()));
        }
        let answer = self.wallet.take_order(user, text).await?;
        let id = answer.payment_request_id.clone();
        let id = id.ok_or_else(|| SimError::Unknown("the order's id".to_string()))?;
        let code = self.wallet.confirm_order(id.as_str(), ResultCode::Success).await;
        Ok((answer, code.unwrap_or(ResultCode::UnknownException)))
    }

    /// Where a browser is led to with a code: `?codeValue=...` is added.
    pub fn app_link(&self) -> String {
        format!("{}{}", self.base_url(), super::app::PATH)
    }
}

/// How a payment of this wallet stands, for its page.
pub(super) fn stands(wallet: &Wallet, id: &str) -> Option<PaymentState> {
    let id = wire_id(id)?;
    wallet.books().payments.get(id.as_str()).map(|row| row.state)
}
