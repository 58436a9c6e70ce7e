//! `userInitiatedPay` towards an acquirer: what does this code of yours mean? Source: acquirer
//! interface 2.6, 2.9.

use crate::message::message;
use crate::mpp::CodeType;
use crate::parts::{Id, Order, PassThrough, PaymentFactor, SettlementStrategy, Url};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::{Amount, Opaque};
use base::Text;

message! {
    pub struct UserInitiatedPayRequest {
        required {
            /// The scanned text, by which the call is idempotent while the code is valid.
            code_value: Opaque<512>,
        }
        optional {
            acquirer_id: Id,
            /// The wallet.
            psp_id: Id,
            /// The network's name for the wallet's user.
            customer_id: Id,
            pass_through_info: PassThrough,
        }
    }

    /// The order behind the code, as `pay` would ask for it.
    pub struct UserInitiatedPayResponse {
        required { result: WireResult, }
        optional {
            code_type: CodeType,
            /// The acquirer's id for this code: the same each time.
            payment_request_id: Id,
            order: Order,
            payment_amount: Amount,
            payment_factor: PaymentFactor,
            settlement_strategy: SettlementStrategy,
            payment_notify_url: Url,
            payment_redirect_url: Url,
            payment_expiry_time: Datetime,
            split_settlement_id: Text<64>,
        }
    }
}
