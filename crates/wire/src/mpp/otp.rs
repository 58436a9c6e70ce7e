//! One-time codes that the network has a wallet send to a user. Source: wallet interface 2.12.

use crate::message::{message, words};
use crate::parts::Id;
use crate::result::WireResult;
use base::Text;

words! {
    /// Where a code goes.
    VerifyType {
        Mobile = "MOBILE",
        Email = "EMAIL",
    }
}

message! {
    /// The network asks the wallet to send a code to the user of an access token.
    pub struct SendOtpRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            access_token: Text<128>,
        }
        optional {
            /// Absent: [`VerifyType::Mobile`].
            verify_type: VerifyType,
        }
    }

    pub struct SendOtpResponse {
        required { result: WireResult, }
        optional {
            /// Names the code that was sent.
            verify_request_id: Id,
        }
    }

    /// The network brings the code that the user entered. The answer is a result only.
    pub struct VerifyOtpRequest {
        required {
            acquirer_id: Id,
            psp_id: Id,
            access_token: Text<128>,
            verify_request_id: Id,
            otp_code: Text<32>,
        }
        optional {
            verify_type: VerifyType,
        }
    }
}
