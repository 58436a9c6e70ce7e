//! Agreements, between the network and a wallet. Source: wallet interface 2.12.

use crate::acqp::{AuthNotifyType, GrantType, Scope};
use crate::message::message;
use crate::parts::{Id, OsType, TerminalType, Url};
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::Label;
use base::Text;

message! {
    /// The network asks the wallet for a page on which a user may consent.
    pub struct PrepareRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            auth_client_id: Id,
            auth_client_name: Label<256>,
            reference_agreement_id: Id,
            /// `authCode` and `authState` are added to it.
            auth_redirect_url: Url,
            auth_state: Text<256>,
            scopes: Vec<Scope>,
        }
        optional {
            auth_client_display_name: Label<64>,
            auth_client_logo: Url,
            reference_merchant_id: Id,
            terminal_type: TerminalType,
            os_type: OsType,
        }
    }

    pub struct PrepareResponse {
        required { result: WireResult, }
        optional { auth_url: Url, }
    }

    pub struct ApplyTokenRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            auth_client_id: Id,
            grant_type: GrantType,
        }
        optional {
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
            customer_id: Id,
            user_login_id: Label<64>,
        }
    }

    pub struct CancelTokenRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            access_token: Text<128>,
        }
        optional { auth_client_id: Id, }
    }

    pub struct InquiryUserInfoRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            access_token: Text<128>,
        }
        optional {}
    }

    pub struct InquiryUserInfoResponse {
        required { result: WireResult, }
        optional { user_info: UserInfo, }
    }

    /// What of a user the scopes open. Source: wallet interface 2.12.
    pub struct UserInfo {
        required {}
        optional {
            user_id: Id,
            status: Text<32>,
            nick_name: Label<256>,
            login_id_infos: Vec<LoginIdInfo>,
        }
    }

    pub struct LoginIdInfo {
        required {}
        optional {
            login_id_type: Text<32>,
            mask_login_id: Label<64>,
            hash_login_id: Text<256>,
        }
    }

    /// The wallet tells that a user consented or withdrew.
    pub struct AuthNotifyRequest {
        required {
            authorization_notify_type: AuthNotifyType,
            auth_client_id: Id,
        }
        optional {
            reference_merchant_id: Id,
            reference_agreement_id: Id,
            auth_code: Text<128>,
            auth_state: Text<256>,
            access_token: Text<128>,
            access_token_expiry_time: Datetime,
            refresh_token: Text<128>,
            refresh_token_expiry_time: Datetime,
            customer_id: Id,
            reason: Label<256>,
        }
    }

    pub struct AuthNotifyResponse {
        required { result: WireResult, }
        optional {
            acquirer_id: Id,
            psp_id: Id,
        }
    }

    /// The wallet asks whether a user may withdraw now.
    pub struct ConsultUnbindingRequest {
        required {
            auth_client_id: Id,
            access_token: Text<128>,
        }
        optional { reference_merchant_id: Id, }
    }
}
