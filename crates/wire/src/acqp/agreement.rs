//! Agreements, between an acquirer and the network. Source: acquirer interface 2.6, 2.10.

use crate::error::WireError;
use crate::message::{message, words};
use crate::parts::{Id, OsType, PassThrough, TerminalType, Url};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::Label;
use base::Text;

message! {
    /// A merchant wants to debit a user of some wallet from now on.
    pub struct PrepareRequest {
        required {
            /// The merchant that will debit; the same in `applyToken`.
            auth_client_id: Id,
            /// `authCode` and `authState` are added to it.
            auth_redirect_url: Url,
            scopes: Vec<Scope>,
            /// Comes back unchanged, against forged returns.
            auth_state: Text<256>,
        }
        optional {
            /// Clients leave it out: then it is the registered name.
            auth_client_name: Label<256>,
            auth_client_display_name: Label<64>,
            auth_client_logo: Url,
            terminal_type: TerminalType,
            os_type: OsType,
            /// The wallet (its code), when it was chosen before.
            customer_belongs_to: Text<64>,
            reference_agreement_id: Id,
            reference_merchant_id: Id,
        }
    }

    pub struct PrepareResponse {
        required { result: WireResult, }
        optional {
            /// The page on which the user consents.
            auth_url: Url,
        }
    }

    pub struct ApplyTokenRequest {
        required { grant_type: GrantType, }
        optional {
            /// Clients leave it out: the code or token names the agreement.
            auth_client_id: Id,
            auth_code: Text<128>,
            refresh_token: Text<128>,
        }
    }

    pub struct ApplyTokenResponse {
        required { result: WireResult, }
        optional {
            access_token: Text<128>,
            access_token_expiry_time: Datetime,
            refresh_token: Text<128>,
            refresh_token_expiry_time: Datetime,
            wallet_for_account_binding: BoundWallet,
            user_login_id: Label<64>,
        }
    }

    pub struct BoundWallet {
        required { wallet_name: Label<128>, }
        optional { wallet_brand_name: Label<128>, }
    }

    pub struct CancelTokenRequest {
        required { access_token: Text<128>, }
        optional {
            auth_client_id: Id,
            pass_through_info: PassThrough,
        }
    }

    /// Tells the acquirer of a consent or of its end.
    pub struct AuthNotifyRequest {
        required {
            authorization_notify_type: AuthNotifyType,
            auth_client_id: Id,
        }
        optional {
            acquirer_id: Id,
            psp_id: Id,
            reference_merchant_id: Id,
            reference_agreement_id: Id,
            access_token: Text<128>,
            access_token_expiry_time: Datetime,
            refresh_token: Text<128>,
            refresh_token_expiry_time: Datetime,
            auth_code: Text<128>,
            auth_state: Text<256>,
            wallet_for_account_binding: BoundWallet,
            reason: Label<256>,
        }
    }

    /// Asks the acquirer whether the user may withdraw now.
    pub struct ConsultUnbindingRequest {
        required {
            auth_client_id: Id,
            access_token: Text<128>,
        }
        optional {
            acquirer_id: Id,
            psp_id: Id,
            reference_merchant_id: Id,
        }
    }

    /// Towards the wallet, and from the acquirer: S alone means yes, too.
    pub struct ConsultUnbindingResponse {
        required { result: WireResult, }
        optional { allow_unbinding: bool, }
    }
}

words! {
    Scope {
        /// Debits.
        AgreementPay = "AGREEMENT_PAY",
        BaseUserInfo = "BASE_USER_INFO",
        UserInfo = "USER_INFO",
        UserLoginId = "USER_LOGIN_ID",
        HashLoginId = "HASH_LOGIN_ID",
        SendOtp = "SEND_OTP",
    }
    AuthNotifyType {
        AuthcodeCreated = "AUTHCODE_CREATED",
        TokenCreated = "TOKEN_CREATED",
        TokenCanceled = "TOKEN_CANCELED",
    }
    GrantType { AuthorizationCode = "AUTHORIZATION_CODE", RefreshToken = "REFRESH_TOKEN", }
}

impl ApplyTokenRequest {
    /// The code or the token that `grantType` speaks of.
    pub fn grant(&self) -> Result<&Text<128>, WireError> {
        let (field, value) = match self.grant_type {
            GrantType::AuthorizationCode => ("authCode", &self.auth_code),
            GrantType::RefreshToken => ("refreshToken", &self.refresh_token),
        };
        value.as_ref().ok_or_else(|| WireError::missing(field, "this grantType needs it"))
    }
}
