//! `userInitiatedPay` towards an acquirer: what does this code of yours mean? Source: acquirer
//! interface 2.6, 2.9.

use crate::message::message;
use crate::mpp::CodeType;
use crate::parts::{Env, Id, Merchant, Order, PassThrough, PaymentFactor, SettlementStrategy, Url};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::{Amount, Label, Opaque};
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

    /// The order behind the code, as `pay` would ask for it. Without `paymentRequestId` it is in push
    /// mode: the network opens the payment and pushes it when it is paid.
    pub struct UserInitiatedPayResponse {
        required { result: WireResult, }
        optional {
            code_type: CodeType,
            /// The acquirer's id for this code: the same each time. Absent in push mode.
            payment_request_id: Id,
            order: AskedOrder,
            /// Absent in push mode when the payer is to enter it.
            payment_amount: Amount,
            payment_factor: PaymentFactor,
            settlement_strategy: SettlementStrategy,
            payment_notify_url: Url,
            payment_redirect_url: Url,
            payment_expiry_time: Datetime,
            split_settlement_id: Text<64>,
        }
    }

    /// An [`Order`] of which a code that says no amount has only the merchant.
    pub struct AskedOrder {
        required { merchant: Merchant, }
        optional {
            reference_order_id: Id,
            order_description: Label<256>,
            order_amount: Amount,
            env: Env,
        }
    }
}

impl AskedOrder {
    /// The whole order. `None`: it has no id, or no description.
    pub fn complete(self, amount: Amount) -> Option<Order> {
        let mut order = Order::new(
            self.reference_order_id?,
            self.order_description?,
            self.order_amount.unwrap_or(amount),
            self.merchant,
        );
        order.env = self.env;
        Some(order)
    }
}

impl From<Order> for AskedOrder {
    fn from(order: Order) -> AskedOrder {
        let mut asked = AskedOrder::new(order.merchant);
        asked.reference_order_id = Some(order.reference_order_id);
        asked.order_description = Some(order.order_description);
        asked.order_amount = Some(order.order_amount);
        asked.env = order.env;
        asked
    }
}
