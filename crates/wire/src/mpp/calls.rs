//! What a wallet calls at the network.

use crate::error::WireError;
use crate::message::message;
use crate::parts::{Env, Id, PaymentFactor, Quote};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::Amount;
use base::{ResultStatus, Text};
use money::Currency;

message! {
    /// Asks for one to ten payment codes of one user.
    pub struct GetPaymentCodeRequest {
        required {
            /// The wallet's id of the user; comes back in `pay`.
            customer_id: Id,
        }
        optional {
            /// Where the user means to pay, ISO 3166-1 alpha-2.
            region: Text<2>,
            /// 1 to 10, without it 1: see [`GetPaymentCodeRequest::quantity`].
            code_quantity: u32,
            env: Env,
            indirect_mpp: IndirectMpp,
        }
    }

    /// A wallet behind the wallet. Its fields are not public; they are ignored.
    pub struct IndirectMpp {
        required {}
        optional {}
    }

    pub struct GetPaymentCodeResponse {
        required { result: WireResult, }
        optional {
            #[serde(rename = "paymentCodeInfoList")]
            payment_codes: Vec<PaymentCode>,
        }
    }

    /// A code, and from when until when it may be shown.
    pub struct PaymentCode {
        required {
            payment_code: Text<32>,
            code_validity_start_time: Datetime,
            code_expiry_time: Datetime,
        }
        optional {}
    }

    /// Tells the final result of a payment. Acknowledged with [`ResultOnly`](crate::ResultOnly).
    pub struct NotifyPaymentRequest {
        required {
            payment_result: WireResult,
            payment_request_id: Id,
        }
        optional {
            /// The wallet's id of the payment.
            payment_id: Id,
            payment_time: Datetime,
            payment_amount: Amount,
            pay_to_amount: Amount,
            customer_id: Id,
            customs_declaration_amount: Amount,
        }
    }

    /// Asks for a rate to show: the network sells `sellCurrency` on behalf of the user.
    pub struct InquiryForeignExchangeQuoteRequest {
        required {
            sell_currency: Currency,
            buy_currency: Currency,
        }
        optional { payment_factor: PaymentFactor, }
    }

    /// A rate for reference only; nothing is locked.
    pub struct InquiryForeignExchangeQuoteResponse {
        required { result: WireResult, }
        optional { foreign_exchange_quote: Quote, }
    }
}

impl GetPaymentCodeRequest {
    /// How many codes are asked for, 1 to 10.
    pub fn quantity(&self) -> Result<u32, WireError> {
        let quantity = self.code_quantity.unwrap_or(1);
        if !(1..=10).contains(&quantity) {
            return Err(WireError::new("codeQuantity", "is not 1 to 10", "ask for 1 to 10 codes"));
        }
        Ok(quantity)
    }
}

impl NotifyPaymentRequest {
    /// Checks what holds between its fields: the result is final, and a success says who was
    /// debited and how much.
    pub fn check(&self) -> Result<(), WireError> {
        let status = self.payment_result.status();
        if status == ResultStatus::U {
            let field = "paymentResult.resultStatus";
            return Err(WireError::new(field, "is not final", "notify when it is S or F"));
        }
        let is_there = [
            ("paymentId", self.payment_id.is_some()),
            ("paymentTime", self.payment_time.is_some()),
            ("paymentAmount", self.payment_amount.is_some()),
            ("payToAmount", self.pay_to_amount.is_some()),
            ("customerId", self.customer_id.is_some()),
        ];
        match is_there.iter().find(|(_, is_there)| !is_there) {
            Some((field, _)) if status == ResultStatus::S => {
                Err(WireError::missing(field, "a success needs it"))
            }
            _ => Ok(()),
        }
    }
}
