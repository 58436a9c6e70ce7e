//! Push mode: `pushPayment` and `inquiryPushPayment` towards an acquirer, and its
//! `notifyPushPayment`. Source: acquirer interface 2.6, 2.9, 7.7; what the public documents leave
//! out of `pushPayment` follows `notifyPayment`.

use crate::message::message;
use crate::parts::{Id, Order, PaymentFactor, Quote};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::{Amount, AmountOrZero, Label, Opaque};

message! {
    /// The wallet has paid: the acquirer takes the payment, or says that it does not.
    pub struct PushPaymentRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            /// The network's id, by which the call is idempotent.
            payment_id: Id,
            /// What the user scanned.
            code_value: Opaque<512>,
        }
        optional {
            /// The acquirer's own name of the payment, once it has given one.
            payment_request_id: Id,
            order: Order,
            payment_amount: Amount,
            payment_factor: PaymentFactor,
            payment_time: Datetime,
            customer_id: Id,
            mpp_payment_id: Id,
            wallet_brand_name: Label<128>,
            settlement_amount: AmountOrZero,
            settlement_quote: Quote,
        }
    }

    pub struct InquiryPushPaymentRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            code_value: Opaque<512>,
            payment_id: Id,
        }
        optional { payment_request_id: Id, }
    }

    /// Of both. `result` says whether the call worked, `paymentResult` whether the acquirer took
    /// the payment: S and F are final, U is asked again.
    pub struct PushPaymentResponse {
        required { result: WireResult, }
        optional {
            payment_result: WireResult,
            payment_request_id: Id,
        }
    }

    /// The acquirer's last word. Acknowledged with [`ResultOnly`](crate::ResultOnly).
    pub struct NotifyPushPaymentRequest {
        required {
            /// S or F.
            payment_result: WireResult,
            payment_id: Id,
        }
        optional {
            payment_request_id: Id,
            payment_time: Datetime,
        }
    }
}
