//! What the network calls at a wallet.

use crate::message::message;
use crate::parts::{Id, Order, PassThrough, PaymentFactor, PaymentMethod, Quote, Url};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::{Amount, AmountOrZero, Label, Opaque};
use base::Text;

message! {
    pub struct PayRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            /// The network's id of the payment, by which the call is idempotent.
            payment_request_id: Id,
            order: Order,
            /// What is paid for the merchant, in the order's currency.
            payment_amount: Amount,
            /// What the wallet owes the network for it, in the wallet's currency.
            pay_to_amount: Amount,
            payment_method: PaymentMethod,
            payment_factor: PaymentFactor,
        }
        optional {
            /// The rate between the two amounts, when their currencies differ.
            payment_quote: Quote,
            surcharge_info: Surcharge,
            /// After it the wallet must not debit.
            payment_expiry_time: Datetime,
            payment_notify_url: Url,
            payment_redirect_url: Url,
            payment_promo_info: PaymentPromo,
            pass_through_info: PassThrough,
        }
    }

    pub struct PayResponse {
        required { result: WireResult, }
        optional {
            /// The wallet's id of the payment.
            payment_id: Id,
            payment_time: Datetime,
            customer_id: Id,
            payment_url: Url,
            payment_amount: Amount,
            pay_to_amount: Amount,
            customs_declaration_amount: Amount,
        }
    }

    /// Collected on the wallet's behalf, in its currency.
    pub struct Surcharge {
        required { surcharge_amount: AmountOrZero, }
        optional { surcharge_quote: Quote, }
    }

    /// Discounts that are already taken off.
    pub struct PaymentPromo {
        required { payment_promo_details: Vec<PaymentPromoDetail>, }
        optional {}
    }

    pub struct PaymentPromoDetail {
        required {
            promo_id: Id,
            promo_name: Label<256>,
            promo_type: Text<64>,
            savings_amount: AmountOrZero,
        }
        optional {}
    }

    pub struct InquiryPaymentRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            payment_request_id: Id,
        }
        optional {}
    }

    /// `result` says whether the inquiry worked, `paymentResult` what became of the payment.
    pub struct InquiryPaymentResponse {
        required { result: WireResult, }
        optional {
            payment_result: WireResult,
            payment_id: Id,
            payment_time: Datetime,
            payment_amount: Amount,
            pay_to_amount: Amount,
            customer_id: Id,
            customs_declaration_amount: Amount,
        }
    }

    pub struct CancelPaymentRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            payment_request_id: Id,
        }
        optional {}
    }

    pub struct CancelPaymentResponse {
        required { result: WireResult, }
        optional {}
    }

    pub struct RefundRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            payment_request_id: Id,
            /// The wallet's id of the payment.
            payment_id: Id,
            /// The network's id of the refund, by which the call is idempotent.
            refund_request_id: Id,
            /// In the currency of `paymentAmount`.
            refund_amount: Amount,
            /// In the currency of `payToAmount`; zero when a small part rounds to nothing.
            refund_from_amount: AmountOrZero,
        }
        optional {
            refund_quote: Quote,
            refund_promo_info: RefundPromo,
            surcharge_info: Surcharge,
            refund_reason: Label<256>,
            extend_info: Opaque<2048>,
        }
    }

    pub struct RefundPromo {
        required { refund_promo_details: Vec<RefundPromoDetail>, }
        optional {}
    }

    pub struct RefundPromoDetail {
        required {
            promo_id: Id,
            refund_amount: AmountOrZero,
        }
        optional {
            promo_name: Label<256>,
            promo_type: Text<64>,
        }
    }

    pub struct RefundResponse {
        required { result: WireResult, }
        optional {
            /// The wallet's id of the refund.
            refund_id: Id,
            refund_time: Datetime,
        }
    }
}
