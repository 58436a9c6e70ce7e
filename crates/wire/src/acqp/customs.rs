//! Customs declarations: an acquirer tells a customs office of a payment. Source: acquirer
//! interface 2.6, 2.10.

use crate::error::WireError;
use crate::message::{message, words};
use crate::parts::Id;
use crate::result::WireResult;
use crate::time::Datetime;
use crate::values::{Amount, Label};
use base::Text;

/// Declarations that one inquiry can name. Source: acquirer interface 2.6.
pub const MAX_DECLARATIONS: usize = 10;

message! {
    pub struct DeclareRequest {
        required {
            payment_request_id: Id,
            /// The same id again updates the declaration.
            customs_declaration_request_id: Id,
            customs: Customs,
            merchant_customs_info: MerchantCustomsInfo,
            /// In CNY; all declarations of a payment together fit its `customsDeclarationAmount`.
            declaration_amount: Amount,
        }
        optional {
            is_split: bool,
            reference_order_id: Id,
            buyer_certificate: Certificate,
        }
    }

    pub struct DeclareResponse {
        required { result: WireResult, }
        optional {
            psp_payment_id: Id,
            psp_declaration_request_id: Id,
            psp_customs_code: Text<128>,
            clearing_channel: ClearingChannel,
            clearing_transaction_id: Text<128>,
            identity_check_result: IdentityCheckResult,
            psp_order_amount: Amount,
        }
    }

    /// The list is given by [`ids`](InquireDeclarationRequestsRequest::ids).
    pub struct InquireDeclarationRequestsRequest {
        required { declaration_request_ids: Vec<Id>, }
        optional {}
    }

    pub struct InquireDeclarationRequestsResponse {
        required { result: WireResult, }
        optional {
            declaration_requests_not_found: Vec<Id>,
            declaration_records: Vec<DeclarationRecord>,
        }
    }

    pub struct DeclarationRecord {
        required { customs_declaration_request_id: Id, }
        optional {
            psp_declaration_request_id: Id,
            psp_payment_id: Id,
            customs: Customs,
            merchant_customs_info: MerchantCustomsInfo,
            declaration_amount: Amount,
            is_split: bool,
            reference_order_id: Id,
            /// `WAITING_FOR_PROCESSING`; the other words are not public.
            declaration_request_status: Text<64>,
            modified_time: Datetime,
            customs_result_code: Text<128>,
            customs_result_description: Label<256>,
            customs_result_returned_time: Datetime,
        }
    }

    pub struct Customs {
        required {
            customs_code: Text<128>,
            region: Text<2>,
        }
        optional {}
    }

    pub struct MerchantCustomsInfo {
        required {
            merchant_customs_code: Text<128>,
            merchant_customs_name: Label<256>,
        }
        optional {}
    }

    /// A buyer's document of identity: never logged.
    pub struct Certificate {
        required {}
        optional {
            certificate_type: Text<64>,
            certificate_no: Text<64>,
            holder_name: Label<256>,
            effective_date: Label<64>,
            expire_date: Label<64>,
        }
    }
}

words! {
    ClearingChannel { Cup = "CUP", Nucc = "NUCC", Other = "OTHER", }
    IdentityCheckResult { Passed = "CHECK_PASSED", NotPassed = "CHECK_NOT_PASSED", }
}

impl DeclareRequest {
    /// The order that a split declaration is about; `None` when it is about the whole payment.
    pub fn split_order(&self) -> Result<Option<&Id>, WireError> {
        match (self.is_split == Some(true), &self.reference_order_id) {
            (false, _) => Ok(None),
            (true, Some(order)) => Ok(Some(order)),
            (true, None) => {
                Err(WireError::missing("referenceOrderId", "a split declaration needs it"))
            }
        }
    }
}

impl InquireDeclarationRequestsRequest {
    /// One to [`MAX_DECLARATIONS`] ids.
    pub fn ids(&self) -> Result<&[Id], WireError> {
        let ids = &self.declaration_request_ids;
        if ids.is_empty() || ids.len() > MAX_DECLARATIONS {
            let problem = "does not name 1 to 10 declarations";
            return Err(WireError::new("declarationRequestIds", problem, "send 1 to 10 ids"));
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{id, reads_and_needs};

    const DECLARE: &str = r#"{"paymentRequestId":"PR-1","customsDeclarationRequestId":"C-1",
        "customs":{"customsCode":"HANGZHOU","region":"CN"},
        "merchantCustomsInfo":{"merchantCustomsCode":"330196","merchantCustomsName":"Shop"},
        "declarationAmount":{"currency":"CNY","value":"100"},"isSplit":"true",
        "referenceOrderId":"O-1","buyerCertificate":{"certificateType":"ID_CARD"}}"#;

    #[test]
    fn every_message_reads_a_sample_and_needs_its_fields() {
        let needed = [
            "paymentRequestId",
            "customsDeclarationRequestId",
            "customs",
            "merchantCustomsInfo",
            "declarationAmount",
        ];
        reads_and_needs::<DeclareRequest>(DECLARE, &needed);
        let result = r#""result":{"resultCode":"SUCCESS","resultStatus":"S"}"#;
        let declared = format!(
            r#"{{{result},"pspPaymentId":"P-1","clearingChannel":"NUCC",
            "identityCheckResult":"CHECK_PASSED"}}"#
        );
        reads_and_needs::<DeclareResponse>(&declared, &["result"]);
        let inquiry = r#"{"declarationRequestIds":["C-1","C-2"]}"#;
        let needed = ["declarationRequestIds"];
        reads_and_needs::<InquireDeclarationRequestsRequest>(inquiry, &needed);
        let found = format!(
            r#"{{{result},"declarationRequestsNotFound":["C-2"],"declarationRecords":
            [{{"customsDeclarationRequestId":"C-1","isSplit":"false",
            "declarationRequestStatus":"WAITING_FOR_PROCESSING"}}]}}"#
        );
        reads_and_needs::<InquireDeclarationRequestsResponse>(&found, &["result"]);
    }

    #[test]
    fn a_split_declaration_names_its_order() {
        let mut request: DeclareRequest = crate::parse(DECLARE.as_bytes()).unwrap();
        assert_eq!(request.split_order(), Ok(Some(&id("O-1"))));
        request.reference_order_id = None;
        assert_eq!(request.split_order().unwrap_err().field, "referenceOrderId");
        request.is_split = None;
        assert_eq!(request.split_order(), Ok(None));
    }

    #[test]
    fn an_inquiry_names_one_to_ten_declarations() {
        for (count, is_good) in [(0, false), (1, true), (10, true), (11, false)] {
            let ids = vec![id("C-1"); count];
            assert_eq!(InquireDeclarationRequestsRequest::new(ids).ids().is_ok(), is_good);
        }
    }
}
