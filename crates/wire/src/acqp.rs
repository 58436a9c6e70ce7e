//! Messages between an acquirer (ACQP) and the network, both directions of each.
//!
//! Requests come with a field per name of the public interface; what depends on other fields is
//! checked by methods that give the checked thing: [`PayRequest::mode`], `payment()` on inquiry,
//! cancel and refund.

mod after;
mod agreement;
mod consult;
mod customs;
mod decode;
mod dispute;
mod pay;
mod push;
mod registration;

pub use after::{
    CancelPaymentRequest, CancelPaymentResponse, InquiryPaymentRequest, InquiryPaymentResponse,
    NotifyPaymentRequest, PaymentKey, RefundRequest, RefundResponse, Transaction,
    TransactionStatus, TransactionType,
};
pub use agreement::{
    ApplyTokenRequest, ApplyTokenResponse, AuthNotifyRequest, AuthNotifyType, BoundWallet,
    CancelTokenRequest, ConsultUnbindingRequest, ConsultUnbindingResponse, GrantType,
    PrepareRequest, PrepareResponse, Scope,
};
pub use consult::{
    AmountLimit, ConnectWallet, ConsultPaymentRequest, ConsultPaymentResponse,
    PaymentMethodCategory, PaymentOption, PaymentOptionDetail, SupportWallet, WalletFeature,
};
pub use customs::{
    Certificate, ClearingChannel, Customs, DeclarationRecord, DeclareRequest, DeclareResponse,
    IdentityCheckResult, InquireDeclarationRequestsRequest, InquireDeclarationRequestsResponse,
    MAX_DECLARATIONS, MerchantCustomsInfo,
};
pub use decode::{AskedOrder, UserInitiatedPayRequest, UserInitiatedPayResponse};
pub(crate) use dispute::accepted;
pub use dispute::{
    Attachment, InitiateEscalationRequest, InitiateRetrievalRequest, OrderStatus, ProofOfDelivery,
    RefundType, ResponseEscalationRequest, ResponseRetrievalRequest, TransactionReceipt,
};
pub use pay::{CodeDetail, CodeValueType, DisplayType, OrderCodeForm, PayRequest, PayResponse};
pub use push::{
    InquiryPushPaymentRequest, NotifyPushPaymentRequest, PushPaymentRequest, PushPaymentResponse,
};
pub use registration::{
    Contact, InquiryRegistrationStatusRequest, InquiryRegistrationStatusResponse, Logo,
    MerchantRegistration, MppRegistrationResult, NotifyRegistrationStatusRequest, ProductCode,
    RegistrationDetail, RegistrationRequest, RegistrationResponse, RegistrationResult,
    RegistrationStatus, StoreRegistration, Website,
};

#[cfg(test)]
#[path = "acqp_tests.rs"]
mod tests;
