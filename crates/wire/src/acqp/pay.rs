//! `pay`: one call for five ways to pay.

use crate::error::WireError;
use crate::message::{message, words};
use crate::mode::Mode;
use crate::parts::{
    Id, Order, OsType, PassThrough, PaymentFactor, PaymentMethod, Quote, SettlementStrategy,
    TerminalType, Url,
};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::{Amount, AmountOrZero, Label, Opaque};
use base::Text;

message! {
    pub struct PayRequest {
        required {
            /// The acquirer's id, by which the call is idempotent.
            payment_request_id: Id,
            order: Order,
            /// What the acquirer asks to receive, in the currency of the order.
            payment_amount: Amount,
            payment_method: PaymentMethod,
            payment_factor: PaymentFactor,
        }
        optional {
            /// After it the payment must not succeed.
            payment_expiry_time: Datetime,
            payment_notify_url: Url,
            /// Where the user returns to; some clients send `/` for none.
            payment_redirect_url: Url,
            settlement_strategy: SettlementStrategy,
            split_settlement_id: Text<64>,
            user_region: Text<8>,
            pass_through_info: PassThrough,
        }
    }

    pub struct PayResponse {
        required { result: WireResult, }
        optional {
            acquirer_id: Id,
            /// The wallet.
            psp_id: Id,
            /// The network's id of the payment.
            payment_id: Id,
            payment_time: Datetime,
            payment_amount: Amount,
            customer_id: Id,
            wallet_brand_name: Label<128>,
            mpp_payment_id: Id,
            settlement_amount: AmountOrZero,
            settlement_quote: Quote,
            customs_declaration_amount: Amount,
            order_code_form: OrderCodeForm,
            payment_url: Url,
            normal_url: Url,
            scheme_url: Url,
            applink_url: Url,
            app_identifier: Text<256>,
            payment_data: Opaque<8192>,
            guide_url: Url,
        }
    }

    /// A code to show, in up to four forms.
    pub struct OrderCodeForm {
        required {
            expire_time: Datetime,
            code_details: Vec<CodeDetail>,
        }
        optional {
            payment_method_type: Text<64>,
            extend_info: Opaque<2048>,
        }
    }

    pub struct CodeDetail {
        required {
            display_type: DisplayType,
            code_value: Text<2048>,
        }
        optional { code_value_type: CodeValueType, }
    }
}

words! {
    CodeValueType { Barcode = "BARCODE", Qrcode = "QRCODE", }
    /// `TEXT` is the code itself, the others are URLs of images.
    DisplayType {
        Text = "TEXT",
        SmallImage = "SMALLIMAGE",
        MiddleImage = "MIDDLEIMAGE",
        BigImage = "BIGIMAGE",
        Image = "IMAGE",
    }
}

impl PayRequest {
    /// The way to pay, with every field there that this way needs.
    pub fn mode(&self) -> Result<Mode, WireError> {
        let mode = self.payment_factor.mode()?;
        match mode {
            Mode::UserCode => {
                self.need_method_id("a scanned code is needed")?;
                self.need_store()?;
            }
            Mode::OrderCode => self.need_store()?,
            Mode::EntryCode => {
                self.need_store()?;
                let env = self.order.env.as_ref();
                if env.and_then(|env| env.user_agent.as_ref()).is_none() {
                    let why = "it tells which wallet opened the page";
                    return Err(WireError::missing("order.env.userAgent", why));
                }
            }
            Mode::Cashier => self.need_terminal()?,
            Mode::AutoDebit => self.need_method_id("an access token is needed")?,
        }
        Ok(mode)
    }

    fn need_method_id(&self, why: &str) -> Result<(), WireError> {
        if self.payment_method.payment_method_id.is_none() {
            return Err(WireError::missing("paymentMethod.paymentMethodId", why));
        }
        Ok(())
    }

    fn need_store(&self) -> Result<(), WireError> {
        if self.order.merchant.store.is_none() {
            let why = "a payment in a store names the store";
            return Err(WireError::missing("order.merchant.store", why));
        }
        Ok(())
    }

    fn need_terminal(&self) -> Result<(), WireError> {
        let env = self.order.env.as_ref();
        let Some(terminal) = env.and_then(|env| env.terminal_type) else {
            let why = "a cashier payment says where the page is shown";
            return Err(WireError::missing("order.env.terminalType", why));
        };
        let os: Option<OsType> = env.and_then(|env| env.os_type);
        if matches!(terminal, TerminalType::App | TerminalType::Wap) && os.is_none() {
            let why = "APP and WAP need it";
            return Err(WireError::missing("order.env.osType", why));
        }
        Ok(())
    }
}
