//! What follows a payment: `inquiryPayment`, `cancelPayment`, `refund`, `notifyPayment`.

use crate::error::WireError;
use crate::message::{message, words};
use crate::parts::{Id, Quote};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::{Amount, AmountOrZero, Label};

/// How a payment is named: by the acquirer's id, by the network's, or by both, which then must be
/// the same payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentKey<'a> {
    RequestId(&'a Id),
    PaymentId(&'a Id),
    Both { request_id: &'a Id, payment_id: &'a Id },
}

fn payment_key<'a>(
    request_id: Option<&'a Id>,
    payment_id: Option<&'a Id>,
) -> Result<PaymentKey<'a>, WireError> {
    match (request_id, payment_id) {
        (Some(request_id), Some(payment_id)) => Ok(PaymentKey::Both { request_id, payment_id }),
        (Some(request_id), None) => Ok(PaymentKey::RequestId(request_id)),
        (None, Some(payment_id)) => Ok(PaymentKey::PaymentId(payment_id)),
        (None, None) => {
            Err(WireError::missing("paymentRequestId", "send paymentRequestId or paymentId"))
        }
    }
}

message! {
    pub struct InquiryPaymentRequest {
        required {}
        optional {
            payment_request_id: Id,
            payment_id: Id,
        }
    }

    /// `result` says whether the inquiry worked, `paymentResult` what became of the payment.
    pub struct InquiryPaymentResponse {
        required { result: WireResult, }
        optional {
            payment_result: WireResult,
            acquirer_id: Id,
            psp_id: Id,
            payment_request_id: Id,
            payment_id: Id,
            customer_id: Id,
            mpp_payment_id: Id,
            wallet_brand_name: Label<128>,
            payment_amount: Amount,
            payment_time: Datetime,
            settlement_amount: AmountOrZero,
            settlement_quote: Quote,
            customs_declaration_amount: Amount,
            /// Refunds and cancels of the payment: the only way to ask for a refund's state.
            transactions: Vec<Transaction>,
        }
    }

    pub struct Transaction {
        required {
            transaction_type: TransactionType,
            transaction_status: TransactionStatus,
            /// The network's id, of a refund `refundId`.
            transaction_id: Id,
            /// The acquirer's id, of a refund `refundRequestId`.
            transaction_request_id: Id,
        }
        optional {
            transaction_result: WireResult,
            transaction_amount: Amount,
            transaction_time: Datetime,
        }
    }

    pub struct CancelPaymentRequest {
        required {}
        optional {
            payment_request_id: Id,
            payment_id: Id,
        }
    }

    pub struct CancelPaymentResponse {
        required { result: WireResult, }
        optional {
            acquirer_id: Id,
            psp_id: Id,
        }
    }

    pub struct RefundRequest {
        required {
            /// The acquirer's id, by which the call is idempotent.
            refund_request_id: Id,
            /// In the currency of the payment.
            refund_amount: Amount,
        }
        optional {
            payment_request_id: Id,
            payment_id: Id,
            refund_reason: Label<256>,
        }
    }

    pub struct RefundResponse {
        required { result: WireResult, }
        optional {
            acquirer_id: Id,
            psp_id: Id,
            refund_id: Id,
            refund_time: Datetime,
            refund_amount: Amount,
            /// What the acquirer is debited, at the rate of the payment.
            settlement_amount: AmountOrZero,
            settlement_quote: Quote,
        }
    }

    /// From the network to the acquirer, at a final state only. Acknowledged with
    /// [`ResultOnly`](crate::ResultOnly) S `SUCCESS`, whatever became of the payment.
    pub struct NotifyPaymentRequest {
        required {
            payment_result: WireResult,
            payment_request_id: Id,
            acquirer_id: Id,
        }
        optional {
            payment_id: Id,
            psp_id: Id,
            customer_id: Id,
            mpp_payment_id: Id,
            wallet_brand_name: Label<128>,
            payment_amount: Amount,
            payment_time: Datetime,
            settlement_amount: AmountOrZero,
            settlement_quote: Quote,
            customs_declaration_amount: Amount,
        }
    }
}

words! {
    TransactionType {
        Payment = "PAYMENT",
        Refund = "REFUND",
        Capture = "CAPTURE",
        Cancel = "CANCEL",
        Authorization = "AUTHORIZATION",
        Void = "VOID",
    }
    TransactionStatus {
        Success = "SUCCESS",
        Fail = "FAIL",
        Processing = "PROCESSING",
        Cancelled = "CANCELLED",
        Pending = "PENDING",
    }
}

impl InquiryPaymentRequest {
    /// The payment that is meant.
    pub fn payment(&self) -> Result<PaymentKey<'_>, WireError> {
        payment_key(self.payment_request_id.as_ref(), self.payment_id.as_ref())
    }
}

impl CancelPaymentRequest {
    /// The payment that is meant.
    pub fn payment(&self) -> Result<PaymentKey<'_>, WireError> {
        payment_key(self.payment_request_id.as_ref(), self.payment_id.as_ref())
    }
}

impl RefundRequest {
    /// The payment that is meant.
    pub fn payment(&self) -> Result<PaymentKey<'_>, WireError> {
        payment_key(self.payment_request_id.as_ref(), self.payment_id.as_ref())
    }
}
