//! Every path of the protocol, and who calls it.

/// Who calls an interface that the network hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// An acquirer.
    Acqp,
    /// A wallet.
    Mpp,
}

macro_rules! hosted {
    ($( $(#[$meta:meta])* $name:ident $caller:ident $path:literal )*) => {
        /// An interface that the network hosts. Not every one needs to be served yet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Api { $( $(#[$meta])* $name, )* }

        impl Api {
            pub const ALL: &[Api] = &[$( Api::$name ),*];

            /// The path that is routed and signed.
            pub const fn path(self) -> &'static str {
                match self { $( Api::$name => $path, )* }
            }
            pub const fn caller(self) -> Caller {
                match self { $( Api::$name => Caller::$caller, )* }
            }
            /// The interface with exactly this path, without its query.
            pub fn from_path(path: &str) -> Option<Api> {
                match path { $( $path => Some(Api::$name), )* _ => None }
            }
        }
    };
}

hosted! {
    Pay Acqp "/aps/api/v1/payments/pay"
    InquiryPayment Acqp "/aps/api/v1/payments/inquiryPayment"
    CancelPayment Acqp "/aps/api/v1/payments/cancelPayment"
    Refund Acqp "/aps/api/v1/payments/refund"
    ConsultPayment Acqp "/aps/api/v1/payments/consultPayment"
    NotifyPushPayment Acqp "/aps/api/v1/payments/notifyPushPayment"
    Prepare Acqp "/aps/api/v1/authorizations/prepare"
    ApplyToken Acqp "/aps/api/v1/authorizations/applyToken"
    CancelToken Acqp "/aps/api/v1/authorizations/cancelToken"
    Registration Acqp "/aps/api/v1/merchants/registration"
    InquiryRegistrationStatus Acqp "/aps/api/v1/merchants/inquiryRegistrationStatus"
    Declare Acqp "/aps/api/v1/customs/declare"
    InquireDeclarationRequests Acqp "/aps/api/v1/customs/inquireDeclarationRequests"
    ResponseRetrieval Acqp "/aps/api/v1/disputes/responseRetrieval"
    ResponseEscalation Acqp "/aps/api/v1/disputes/responseEscalation"

    GetPaymentCode Mpp "/aps/api/v1/codes/getPaymentCode"
    IdentifyCode Mpp "/aps/api/v1/codes/identifyCode"
    InquiryCodeRules Mpp "/aps/api/v1/codes/inquiryCodeRules"
    UserInitiatedPay Mpp "/aps/api/v1/payments/userInitiatedPay"
    /// From the wallet; the acquirer's own `notifyPayment` is at a URL of the acquirer.
    NotifyPayment Mpp "/aps/api/v1/payments/notifyPayment"
    /// The one path without `/api`.
    InquiryForeignExchangeQuote Mpp "/aps/v1/payments/inquiryForeignExchangeQuote"
    AuthNotify Mpp "/aps/api/v1/authorizations/authNotify"
    ConsultUnbinding Mpp "/aps/api/v1/authorizations/consultUnbinding"
    InitiateRetrieval Mpp "/aps/api/v1/disputes/initiateRetrieval"
    InitiateEscalation Mpp "/aps/api/v1/disputes/initiateEscalation"
    NotifyRegistrationStatus Mpp "/aps/api/v1/merchants/notifyRegistrationStatus"
}

/// Usual paths at a wallet. Each wallet may configure its own.
pub mod wallet {
    pub const PAY: &str = "/v1/payments/pay";
    pub const INQUIRY_PAYMENT: &str = "/v1/payments/inquiryPayment";
    pub const CANCEL_PAYMENT: &str = "/v1/payments/cancelPayment";
    pub const REFUND: &str = "/v1/payments/refund";
    pub const PREPARE: &str = "/v1/authorizations/prepare";
    pub const APPLY_TOKEN: &str = "/v1/authorizations/applyToken";
    pub const CANCEL_TOKEN: &str = "/v1/authorizations/cancelToken";
    pub const REGISTRATION: &str = "/v1/merchants/registration";
    pub const INQUIRY_USER_INFO: &str = "/v1/users/inquiryUserInfo";
    pub const SEND_OTP: &str = "/v1/users/sendOTP";
    pub const VERIFY_OTP: &str = "/v1/users/verifyOTP";
    pub const RESPONSE_RETRIEVAL: &str = "/v1/disputes/responseRetrieval";
    pub const RESPONSE_ESCALATION: &str = "/v1/disputes/responseEscalation";
}

/// Paths at an acquirer as the public documents print them. The request says which URL is really
/// called.
pub mod acquirer {
    pub const NOTIFY_PAYMENT: &str = "/aps/api/v1/payments/notifyPayment";
    pub const USER_INITIATED_PAY: &str = "/aps/api/v1/payments/userInitiatedPay";
    pub const PUSH_PAYMENT: &str = "/aps/api/v1/payments/pushPayment";
    pub const INQUIRY_PUSH_PAYMENT: &str = "/aps/api/v1/payments/inquiryPushPayment";
    pub const AUTH_NOTIFY: &str = "/aps/api/v1/authorizations/authNotify";
    pub const CONSULT_UNBINDING: &str = "/aps/api/v1/authorizations/consultUnbinding";
    pub const NOTIFY_REGISTRATION_STATUS: &str = "/aps/api/v1/merchants/notifyRegistrationStatus";
    pub const INITIATE_RETRIEVAL: &str = "/aps/api/v1/disputes/initiateRetrieval";
    pub const INITIATE_ESCALATION: &str = "/aps/api/v1/disputes/initiateEscalation";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_exact_and_tell_the_interface() {
        for &api in Api::ALL {
            assert_eq!(Api::from_path(api.path()), Some(api));
            assert_eq!(Api::from_path(&format!("{}/", api.path())), None);
            assert_eq!(Api::from_path(&api.path().to_lowercase().replace("//", "/")), {
                let is_lower = api.path() == api.path().to_lowercase();
                is_lower.then_some(api)
            });
        }
        let quote = Api::InquiryForeignExchangeQuote;
        assert!(
            Api::ALL.iter().all(|api| (*api == quote) != api.path().starts_with("/aps/api/v1/"))
        );
        assert_eq!(Api::from_path("/aps/api/v1/payments/cancel"), None);
        assert_eq!(Api::Pay.caller(), Caller::Acqp);
        assert_eq!(Api::NotifyPayment.caller(), Caller::Mpp);
    }
}
