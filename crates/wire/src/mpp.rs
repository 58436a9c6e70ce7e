//! Messages between a wallet (MPP) and the network, both directions of each.
//!
//! From the wallet: `getPaymentCode`, `identifyCode`, `inquiryCodeRules`, `userInitiatedPay`,
//! `notifyPayment`, `authNotify`, `consultUnbinding`, `inquiryForeignExchangeQuote`,
//! `initiateRetrieval`, `initiateEscalation`. To the wallet: `pay`, `inquiryPayment`,
//! `cancelPayment`, `refund`, `prepare`, `applyToken`, `cancelToken`, `inquiryUserInfo`,
//! `sendOTP`, `verifyOTP`, `responseRetrieval`, `responseEscalation`, at paths that the wallet
//! chose. The wire still says `psp` for MPP.

mod agreement;
mod calls;
mod dispute;
mod otp;
mod scan;
mod to_wallet;

pub use agreement::{
    ApplyTokenRequest, ApplyTokenResponse, AuthNotifyRequest, AuthNotifyResponse,
    CancelTokenRequest, ConsultUnbindingRequest, InquiryUserInfoRequest, InquiryUserInfoResponse,
    LoginIdInfo, PrepareRequest, PrepareResponse, UserInfo,
};
pub use calls::{
    GetPaymentCodeRequest, GetPaymentCodeResponse, IndirectMpp, InquiryForeignExchangeQuoteRequest,
    InquiryForeignExchangeQuoteResponse, NotifyPaymentRequest, PaymentCode,
};
pub use dispute::{
    InitiateEscalationRequest, InitiateRetrievalRequest, ResponseEscalationRequest,
    ResponseRetrievalRequest,
};
pub use otp::{SendOtpRequest, SendOtpResponse, VerifyOtpRequest, VerifyType};
pub use scan::{
    CodeAction, CodeMatchType, CodeRule, CodeType, IdentifyCodeRequest, IdentifyCodeResponse,
    InquiryCodeRulesRequest, InquiryCodeRulesResponse, Scanned, UserInitiatedPayRequest,
    UserInitiatedPayResponse,
};
pub use to_wallet::{
    CancelPaymentRequest, CancelPaymentResponse, InquiryPaymentRequest, InquiryPaymentResponse,
    PayRequest, PayResponse, PaymentPromo, PaymentPromoDetail, RefundPromo, RefundPromoDetail,
    RefundRequest, RefundResponse, Surcharge,
};

#[cfg(test)]
#[path = "mpp_tests.rs"]
mod tests;
