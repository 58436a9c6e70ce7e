//! Messages between a wallet (MPP) and the network, both directions of each.
//!
//! From the wallet: `getPaymentCode`, `identifyCode`, `inquiryCodeRules`, `userInitiatedPay`,
//! `notifyPayment`, `inquiryForeignExchangeQuote`. To the wallet: `pay`, `inquiryPayment`,
//! `cancelPayment`, `refund`, at paths that the wallet chose. The wire still says `psp` for MPP.

mod calls;
mod scan;
mod to_wallet;

pub use calls::{
    GetPaymentCodeRequest, GetPaymentCodeResponse, IndirectMpp, InquiryForeignExchangeQuoteRequest,
    InquiryForeignExchangeQuoteResponse, NotifyPaymentRequest, PaymentCode,
};
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
