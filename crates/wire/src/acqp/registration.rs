//! Registration of merchants and stores, and what the wallets decided.

use crate::error::WireError;
use crate::message::{message, words};
use crate::parts::{Address, Id, PassThrough, Url};
use crate::result::WireResult;
use crate::values::Label;
use base::Text;

message! {
    /// One merchant, or one store of it, for one or more products.
    pub struct RegistrationRequest {
        required {
            /// The acquirer's id, by which the call is idempotent.
            registration_request_id: Id,
            product_codes: Vec<ProductCode>,
            merchant_info: MerchantRegistration,
        }
        optional {
            /// Required for payments in a store.
            store_info: StoreRegistration,
            registration_notify_url: Url,
            pass_through_info: PassThrough,
        }
    }

    pub struct MerchantRegistration {
        required {
            reference_merchant_id: Id,
            #[serde(rename = "merchantMCC")]
            merchant_mcc: Text<32>,
            registration_detail: RegistrationDetail,
        }
        optional {
            merchant_name: Label<256>,
            merchant_display_name: Label<256>,
            merchant_address: Address,
            logo: Logo,
            websites: Vec<Website>,
        }
    }

    /// Who the merchant is before the law.
    pub struct RegistrationDetail {
        required {
            legal_name: Label<256>,
            registration_type: Text<64>,
            registration_no: Label<64>,
        }
        optional {
            registration_address: Address,
            business_type: Text<64>,
            contact_info: Vec<Contact>,
            registration_effective_date: Label<64>,
            registration_expire_date: Label<64>,
        }
    }

    pub struct Contact {
        required {
            contact_no: Label<256>,
            contact_type: Text<32>,
        }
        optional {}
    }

    pub struct Logo {
        required {}
        optional {
            logo_name: Label<256>,
            logo_url: Url,
        }
    }

    pub struct Website {
        required { url: Url, }
        optional {
            name: Label<256>,
            desc: Label<512>,
            website_type: Text<64>,
        }
    }

    pub struct StoreRegistration {
        required {
            reference_store_id: Id,
            store_name: Label<256>,
            #[serde(rename = "storeMCC")]
            store_mcc: Text<32>,
        }
        optional {
            store_display_name: Label<256>,
            store_address: Address,
        }
    }

    /// S means accepted for processing, not approved.
    pub struct RegistrationResponse {
        required { result: WireResult, }
        optional { pass_through_info: PassThrough, }
    }

    /// By request, or by merchant and perhaps store.
    pub struct InquiryRegistrationStatusRequest {
        required {}
        optional {
            registration_request_id: Id,
            reference_merchant_id: Id,
            reference_store_id: Id,
        }
    }

    pub struct InquiryRegistrationStatusResponse {
        required { result: WireResult, }
        optional {
            registration_result: RegistrationResult,
            psp_registration_result_list: Vec<MppRegistrationResult>,
        }
    }

    /// From the network to the acquirer; acknowledged with [`ResultOnly`](crate::ResultOnly).
    pub struct NotifyRegistrationStatusRequest {
        required {
            reference_merchant_id: Id,
            registration_result: RegistrationResult,
        }
        optional {
            registration_request_id: Id,
            reference_store_id: Id,
            psp_registration_result_list: Vec<MppRegistrationResult>,
            pass_through_info: PassThrough,
        }
    }

    pub struct RegistrationResult {
        required { registration_status: RegistrationStatus, }
        optional { rejection_reason: Label<512>, }
    }

    /// What one wallet decided.
    pub struct MppRegistrationResult {
        required {
            product_codes: Vec<ProductCode>,
            psp_name: Label<128>,
            registration_result: RegistrationResult,
        }
        optional {}
    }
}

words! {
    ProductCode {
        InStore = "IN_STORE_PAYMENT",
        Cashier = "CASHIER_PAYMENT",
        Agreement = "AGREEMENT_PAYMENT",
    }
    /// Overall `PENDING` or `COMPLETED`; of one wallet `PENDING`, `APPROVED` or `REJECTED`.
    RegistrationStatus {
        Pending = "PENDING",
        Completed = "COMPLETED",
        Approved = "APPROVED",
        Rejected = "REJECTED",
    }
}

impl RegistrationRequest {
    /// Checks what depends on the products: a store for payments in a store, a display name for the
    /// others.
    pub fn check(&self) -> Result<(), WireError> {
        if self.product_codes.is_empty() {
            return Err(WireError::new("productCodes", "is empty", "name at least one product"));
        }
        if self.product_codes.contains(&ProductCode::InStore) && self.store_info.is_none() {
            return Err(WireError::missing("storeInfo", "IN_STORE_PAYMENT needs a store"));
        }
        let is_remote = self.product_codes.iter().any(|code| *code != ProductCode::InStore);
        if is_remote && self.merchant_info.merchant_display_name.is_none() {
            let why = "CASHIER_PAYMENT and AGREEMENT_PAYMENT need it";
            return Err(WireError::missing("merchantInfo.merchantDisplayName", why));
        }
        Ok(())
    }
}

impl InquiryRegistrationStatusRequest {
    /// Checks that it names a registration.
    pub fn check(&self) -> Result<(), WireError> {
        if self.registration_request_id.is_none() && self.reference_merchant_id.is_none() {
            let why = "send registrationRequestId or referenceMerchantId";
            return Err(WireError::missing("registrationRequestId", why));
        }
        Ok(())
    }
}
