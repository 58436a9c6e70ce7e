//! What a wallet asks about a code that its user scanned. Source: wallet interface 2.9, 2.10.

use super::{PaymentPromo, Surcharge};
use crate::message::{message, words};
use crate::parts::{Id, Order, PassThrough, PaymentFactor, Quote, Url};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::{Amount, Opaque};
use base::Text;

/// The longest scanned text that is looked at. Source: wallet interface 2.9.
pub type Scanned = Opaque<8192>;

message! {
    /// What is this text, and what is to be done with it?
    pub struct IdentifyCodeRequest {
        required { code_value: Scanned, }
        optional { customer_id: Id, }
    }

    pub struct IdentifyCodeResponse {
        required { result: WireResult, }
        optional {
            /// False: not a code of this network; the wallet treats it as its own or refuses it.
            is_supported: bool,
            post_code_match_action_type: CodeAction,
            /// To be sent in `userInitiatedPay`.
            code_value: Scanned,
            /// To be opened in the wallet's web container.
            redirect_url: Url,
            /// What to add to the container's user agent; `-` for nothing.
            user_agent: Text<256>,
        }
    }

    pub struct InquiryCodeRulesRequest {
        required {}
        optional {}
    }

    /// The whole table, for wallets that recognise codes themselves.
    pub struct InquiryCodeRulesResponse {
        required { result: WireResult, }
        optional {
            code_rules: Vec<CodeRule>,
            version: Text<16>,
        }
    }

    /// One row of the table. Its form is this network's own: the public documents name none.
    pub struct CodeRule {
        required {
            code_rule_id: Id,
            match_type: CodeMatchType,
            /// Prefix, pattern (`#` one digit, `?` one character, `*` the rest), host, or GUID.
            match_value: Text<256>,
            post_code_match_action_type: CodeAction,
        }
        optional {
            /// Of an EMV template: the object besides the GUID that has to begin with `objectPrefix`.
            object_id: Text<2>,
            object_prefix: Text<64>,
        }
    }

    /// A user of the wallet scanned this code (or was led to it) and is to see the order.
    pub struct UserInitiatedPayRequest {
        required {
            code_value: Opaque<512>,
            customer_id: Id,
        }
        optional { pass_through_info: PassThrough, }
    }

    /// The order, and its price in the wallet's currency at a locked rate.
    pub struct UserInitiatedPayResponse {
        required { result: WireResult, }
        optional {
            acquirer_id: Id,
            psp_id: Id,
            code_type: CodeType,
            /// The network's id of the payment, for all later calls.
            payment_request_id: Id,
            order: Order,
            payment_amount: Amount,
            pay_to_amount: Amount,
            payment_quote: Quote,
            surcharge_info: Surcharge,
            payment_factor: PaymentFactor,
            payment_promo_info: PaymentPromo,
            /// After it the wallet must not debit.
            payment_expiry_time: Datetime,
            payment_notify_url: Url,
            /// Where to lead the user after paying.
            payment_redirect_url: Url,
            pass_through_info: PassThrough,
        }
    }
}

words! {
    /// What to do with a recognised code.
    CodeAction {
        /// Send it in `userInitiatedPay`.
        Decode = "DECODE",
        /// Open it as a page.
        OpenUrl = "OPEN_URL",
    }
    CodeMatchType {
        Prefix = "PREFIX",
        Pattern = "PATTERN",
        Host = "HOST",
        EmvGuid = "EMV_GUID",
    }
    CodeType { OrderCode = "ORDER_CODE", EntryCode = "ENTRY_CODE", StoreCode = "STORE_CODE", }
}
