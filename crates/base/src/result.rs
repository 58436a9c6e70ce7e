//! The protocol's result codes: one code, one meaning.
//!
//! Source: the public acquirer and wallet interfaces of Alipay+ (result code tables); see
//! `docs/protocol.md`.

use crate::{Codec, DecodeError, Reader};

/// What a result says about the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResultStatus {
    /// Done.
    S,
    /// Refused, finally: money did not move.
    F,
    /// Not known yet: inquire or repeat, never assume.
    U,
}

impl ResultStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            ResultStatus::S => "S",
            ResultStatus::F => "F",
            ResultStatus::U => "U",
        }
    }
}

/// What the caller may do after this code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Nothing to repeat: the request is done, or must be mended first.
    Never,
    /// Repeat the same request with the same id.
    SameId,
    /// A new attempt needs a new id.
    NewId,
}

macro_rules! result_codes {
    ($(
        $number:literal $name:ident $text:literal $status:ident $retry:ident
        $meaning:literal $remedy:literal
    )*) => {
        /// Outcome of a request. Numbers are frozen; a retired code keeps its number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum ResultCode {
            $( #[doc = $meaning] $name = $number, )*
        }

        impl ResultCode {
            pub const ALL: &[ResultCode] = &[$( ResultCode::$name ),*];

            /// S: done. F: refused, money did not move. U: not known yet.
            pub const fn status(self) -> ResultStatus {
                match self { $( ResultCode::$name => ResultStatus::$status, )* }
            }
            pub const fn retry(self) -> Retry {
                match self { $( ResultCode::$name => Retry::$retry, )* }
            }
            /// The code as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $( ResultCode::$name => $text, )* }
            }
            /// Why it is answered.
            pub const fn meaning(self) -> &'static str {
                match self { $( ResultCode::$name => $meaning, )* }
            }
            /// What the caller should do.
            pub const fn remedy(self) -> &'static str {
                match self { $( ResultCode::$name => $remedy, )* }
            }
            pub fn from_text(text: &str) -> Option<ResultCode> {
                match text { $( $text => Some(ResultCode::$name), )* _ => None }
            }
            fn from_number(number: u16) -> Option<ResultCode> {
                match number { $( $number => Some(ResultCode::$name), )* _ => None }
            }
        }
    };
}

result_codes! {
    0 Success "SUCCESS" S Never "The request was carried out." "Continue."
    10 InvalidSignature "INVALID_SIGNATURE" F SameId "The signature does not fit the bytes that arrived." "Sign the exact path, client id, time and body that are sent, with the enrolled key."
    11 KeyNotFound "KEY_NOT_FOUND" F SameId "No key is enrolled for this key version." "Enrol the public key or send the right keyVersion."
    12 InvalidClient "INVALID_CLIENT" F SameId "The client id is not known." "Check the Client-Id header."
    13 AccessDenied "ACCESS_DENIED" F SameId "The client may not use this interface now." "Ask the network's operator."
    14 MediaTypeNotAcceptable "MEDIA_TYPE_NOT_ACCEPTABLE" F SameId "The content type is not JSON." "Send Content-Type: application/json; charset=UTF-8."
    15 MethodNotSupported "METHOD_NOT_SUPPORTED" F SameId "The method is not POST." "Use POST."
    16 NoInterfaceDef "NO_INTERFACE_DEF" F SameId "No interface has this path." "Check the path."
    17 ParamIllegal "PARAM_ILLEGAL" F SameId "A parameter is missing or malformed; the message names it." "Mend the named field."
    20 RepeatReqInconsistent "REPEAT_REQ_INCONSISTENT" F NewId "The id was used before with other content." "Repeat the first content, or use a new id."
    30 InvalidContract "INVALID_CONTRACT" F NewId "No valid contract covers the request." "Check the contract with the operator."
    31 BusinessNotSupport "BUSINESS_NOT_SUPPORT" F NewId "The product is not enabled for this wallet, merchant or place." "Use another way to pay."
    32 CurrencyNotSupport "CURRENCY_NOT_SUPPORT" F NewId "The currency is not contracted or has no usable rate." "Use a contracted currency."
    33 MerchantNotRegistered "MERCHANT_NOT_REGISTERED" F NewId "The merchant or store is not registered or not approved for this wallet." "Register the merchant first."
    34 MerchantKybNotQualified "MERCHANT_KYB_NOT_QUALIFIED" F NewId "What is known of the merchant is not enough." "Complete the merchant's documents."
    35 RegulationRestriction "REGULATION_RESTRICTION" F NewId "A regulation forbids the payment." "Use another way to pay."
    36 UnavailablePaymentMethod "UNAVAILABLE_PAYMENT_METHOD" F NewId "The wallet cannot be used now." "Use another way to pay."
    40 RiskReject "RISK_REJECT" F NewId "Risk control refused the payment." "Tell the shopper; do not repeat."
    50 InvalidCode "INVALID_CODE" F NewId "The code is not one of this network." "Scan again or use another way to pay."
    51 ExpiredCode "EXPIRED_CODE" F NewId "The code is too old or was used." "Let the shopper refresh the code."
    52 InvalidToken "INVALID_TOKEN" F NewId "The access token is expired, revoked or of another scope." "Let the user authorise again."
    53 ExpiredAccessToken "EXPIRED_ACCESS_TOKEN" F NewId "The access token is expired." "Refresh the token."
    54 InvalidAuthcode "INVALID_AUTHCODE" F NewId "The authorisation code is unknown, used or too old." "Let the user authorise again."
    55 InvalidRefreshToken "INVALID_REFRESH_TOKEN" F NewId "The refresh token is unknown, used, revoked or expired." "Let the user authorise again."
    60 UserBalanceNotEnough "USER_BALANCE_NOT_ENOUGH" F NewId "The user's balance does not cover the payment." "Top up or use another way to pay."
    61 UserAmountExceedLimit "USER_AMOUNT_EXCEED_LIMIT" F NewId "The user's limit would be passed." "Lower the amount or pay later."
    62 PaymentAmountExceedLimit "PAYMENT_AMOUNT_EXCEED_LIMIT" F NewId "The amount is above the limit of one payment." "Lower the amount."
    63 PaymentCountExceedLimit "PAYMENT_COUNT_EXCEED_LIMIT" F NewId "The number of payments is used up." "Pay later."
    64 UserKycNotQualified "USER_KYC_NOT_QUALIFIED" F NewId "The user's identity is not verified enough." "The user completes verification in the wallet."
    65 UserNotExist "USER_NOT_EXIST" F NewId "The user is gone." "Ask the wallet's support."
    66 UserStatusAbnormal "USER_STATUS_ABNORMAL" F NewId "The user's account is frozen or restricted." "Ask the wallet's support."
    67 UserPaymentVerificationFailed "USER_PAYMENT_VERIFICATION_FAILED" F NewId "PIN, OTP or biometric check failed." "Start a new payment."
    70 OrderNotExist "ORDER_NOT_EXIST" F SameId "No such payment is known to you." "Inquire again for a while, then cancel."
    71 OrderIsClosed "ORDER_IS_CLOSED" F NewId "The payment is expired, closed or cancelled." "Start a new payment with a new id."
    72 OrderStatusInvalid "ORDER_STATUS_INVALID" F NewId "The payment's state does not allow the request." "Look at the payment first."
    73 CancelWindowExceed "CANCEL_WINDOW_EXCEED" F Never "Cancelling ended at 00:15 UTC+8 of the next day." "Refund a paid payment instead."
    74 RefundAmountExceed "REFUND_AMOUNT_EXCEED" F NewId "The refunds would be more than was paid." "Lower the amount."
    75 RefundWindowExceed "REFUND_WINDOW_EXCEED" F Never "The payment is older than 365 days." "Pay the shopper back another way."
    80 RegistrationUnderReview "REGISTRATION_UNDER_REVIEW" F NewId "An earlier registration is still open." "Wait for its result."
    81 RegistrationStatusAbnormal "REGISTRATION_STATUS_ABNORMAL" F NewId "The registration's state forbids the request." "Ask the operator."
    82 RepeatRegistration "REPEAT_REGISTRATION" F Never "The merchant is registered already with the same content." "Nothing to do."
    83 RecordNotFound "RECORD_NOT_FOUND" F SameId "No such registration is known to you." "Check the ids."
    85 ProcessFail "PROCESS_FAIL" F Never "The request failed for a business reason; the message names it." "Do not repeat automatically."
    90 PaymentInProcess "PAYMENT_IN_PROCESS" U Never "The payment has no final result yet." "Inquire, or wait for the notification."
    91 UnknownException "UNKNOWN_EXCEPTION" U SameId "The outcome is not known yet." "Repeat the same request with the same id."
    92 RequestTrafficExceedLimit "REQUEST_TRAFFIC_EXCEED_LIMIT" U SameId "Too many requests at once; nothing was done." "Wait, then repeat the same request."
}

impl std::fmt::Display for ResultCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Codec for ResultCode {
    fn encode(&self, out: &mut Vec<u8>) {
        (*self as u16).encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = u16::decode(input)?;
        ResultCode::from_number(number).ok_or_else(|| input.expected("a result code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_text_and_bytes() {
        for &code in ResultCode::ALL {
            assert_eq!(ResultCode::from_text(code.as_str()), Some(code));
            assert_eq!(crate::decode_all::<ResultCode>(&crate::encode(&code)), Ok(code));
        }
        assert_eq!(ResultCode::from_text("success"), None);
    }
}
