//! `consultPayment`: which wallets could pay here. Source: acquirer interface 2.6, 2.9.

use super::Logo;
use crate::message::{message, words};
use crate::parts::{Env, Id, Merchant, PaymentFactor, SettlementStrategy};
use crate::result::WireResult;
use crate::values::{AmountOrZero, Label};
use base::Text;

message! {
    pub struct ConsultPaymentRequest {
        required {
            /// Zero when it is not known yet.
            payment_amount: AmountOrZero,
            payment_factor: PaymentFactor,
        }
        optional {
            settlement_strategy: SettlementStrategy,
            user_region: Text<8>,
            merchant: Merchant,
            env: Env,
            reference_user_id: Id,
        }
    }

    pub struct ConsultPaymentResponse {
        required { result: WireResult, }
        optional { payment_options: Vec<PaymentOption>, }
    }

    /// One way to pay, or why it is none.
    pub struct PaymentOption {
        required {
            payment_method_type: Text<64>,
            enabled: bool,
        }
        optional {
            payment_method_category: PaymentMethodCategory,
            brand_name: Label<128>,
            disable_reason: Label<128>,
            logo: Logo,
            payment_option_detail: PaymentOptionDetail,
            /// The limits of one payment, in the currencies of the contract.
            amount_limits: Vec<AmountLimit>,
        }
    }

    pub struct AmountLimit {
        required {}
        optional {
            min_amount: AmountOrZero,
            max_amount: AmountOrZero,
        }
    }

    pub struct PaymentOptionDetail {
        required {
            payment_option_detail_type: PaymentMethodCategory,
            connect_wallet: ConnectWallet,
        }
        optional {}
    }

    pub struct ConnectWallet {
        required { support_wallets: Vec<SupportWallet>, }
        optional {}
    }

    pub struct SupportWallet {
        required { wallet_name: Label<128>, }
        optional {
            wallet_brand_name: Label<128>,
            wallet_logo: Logo,
            wallet_region: Text<2>,
            wallet_feature: WalletFeature,
        }
    }

    pub struct WalletFeature {
        required {
            support_code_scan: bool,
            support_cashier_redirection: bool,
        }
        optional {}
    }
}

words! {
    PaymentMethodCategory {
        /// All wallets of the network behind one button.
        ConnectWallet = "CONNECT_WALLET",
        Wallet = "WALLET",
    }
}
