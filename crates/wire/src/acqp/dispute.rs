//! Disputes, between an acquirer and the network. Source: acquirer interface 2.6, 2.10.
//!
//! Of the evidence only the parts whose fields the public documents name are here; others are
//! ignored like every key that is not declared.

use crate::error::WireError;
use crate::message::{message, words};
use crate::parts::{Goods, Id, Shipping};
use crate::time::Datetime;
use crate::values::{Amount, Label, Opaque};
use base::Text;
use money::Money;

message! {
    /// A wallet asks for the documents of a payment.
    pub struct InitiateRetrievalRequest {
        required {
            dispute_request_id: Id,
            /// The acquirer's own.
            payment_request_id: Id,
        }
        optional {
            dispute_occur_time: Datetime,
            reason: Label<256>,
        }
    }

    /// A wallet claims money back.
    pub struct InitiateEscalationRequest {
        required {
            dispute_request_id: Id,
            /// The acquirer's own.
            payment_request_id: Id,
            escalation_amount: Amount,
        }
        optional {
            dispute_occur_time: Datetime,
            reason: Label<256>,
        }
    }

    pub struct ResponseRetrievalRequest {
        required { dispute_request_id: Id, }
        optional {
            payment_request_id: Id,
            /// Its values are not public: passed on as it is.
            response_code: Text<64>,
            transaction_receipt: TransactionReceipt,
            proof_of_delivery: ProofOfDelivery,
            other_documentation: Attachment,
        }
    }

    /// What it says of money is given by [`accepted`](ResponseEscalationRequest::accepted).
    pub struct ResponseEscalationRequest {
        required {
            dispute_request_id: Id,
            refund_type: RefundType,
        }
        optional {
            payment_request_id: Id,
            /// In the currency of the payment.
            refund_amount: Amount,
            planned_refund_time: Datetime,
            remarks: Label<256>,
            transaction_receipt: TransactionReceipt,
            proof_of_delivery: ProofOfDelivery,
            other_documentation: Attachment,
        }
    }

    pub struct TransactionReceipt {
        required {}
        optional {
            reference_order_id: Id,
            order_status: OrderStatus,
            order_amount: Amount,
            goods: Vec<Goods>,
        }
    }

    pub struct ProofOfDelivery {
        required {}
        optional {
            delivery_tracking_no: Label<128>,
            shipping: Shipping,
        }
    }

    /// A document, as text of its sender's making.
    pub struct Attachment {
        required {}
        optional {
            attachment_type: Label<64>,
            file: Opaque<65_536>,
            attachment_name: Label<256>,
            content: Opaque<65_536>,
            content_type: Label<128>,
        }
    }
}

words! {
    RefundType {
        AcceptRefund = "ACCEPT_REFUND",
        AcceptPartialRefund = "ACCEPT_PARTIAL_REFUND",
        RefuseRefund = "REFUSE_REFUND",
    }
    OrderStatus {
        Success = "SUCCESS",
        Failed = "FAILED",
        Cancelled = "CANCELLED",
        Refund = "REFUND",
        PartialRefund = "PARTIAL_REFUND",
        Chargeback = "CHARGEBACK",
        Unknown = "UNKNOWN",
    }
}

impl ResponseEscalationRequest {
    /// What the payer gets back of what was claimed; `None`: the acquirer refuses.
    pub fn accepted(&self, claimed: Money) -> Result<Option<Money>, WireError> {
        accepted(self.refund_type, self.refund_amount, claimed)
    }
}

/// A whole acceptance may leave the amount out and must not name another one; that a part is not
/// more than the claim is for the network to say.
pub(crate) fn accepted(
    refund_type: RefundType,
    amount: Option<Amount>,
    claimed: Money,
) -> Result<Option<Money>, WireError> {
    let field = "refundAmount";
    match (refund_type, amount) {
        (RefundType::AcceptRefund, None) => Ok(Some(claimed)),
        (RefundType::AcceptRefund, Some(Amount(amount))) if amount == claimed => Ok(Some(claimed)),
        (RefundType::AcceptRefund, Some(_)) => Err(WireError::new(
            field,
            "is not the amount that was claimed",
            "leave it out, or send ACCEPT_PARTIAL_REFUND",
        )),
        (RefundType::AcceptPartialRefund, Some(Amount(amount))) => Ok(Some(amount)),
        (RefundType::AcceptPartialRefund, None) => {
            Err(WireError::missing(field, "ACCEPT_PARTIAL_REFUND needs it"))
        }
        (RefundType::RefuseRefund, None) => Ok(None),
        (RefundType::RefuseRefund, Some(_)) => {
            Err(WireError::new(field, "contradicts REFUSE_REFUND", "leave it out"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{money, reads_and_needs};

    const ESCALATION: &str = r#"{"disputeRequestId":"D-1","refundType":"ACCEPT_PARTIAL_REFUND",
        "paymentRequestId":"PR-1","refundAmount":{"currency":"JPY","value":"500"},
        "plannedRefundTime":"2026-01-02T03:04:05+09:00","remarks":"half of it came back",
        "transactionReceipt":{"referenceOrderId":"O-1","orderStatus":"SUCCESS",
            "orderAmount":{"currency":"JPY","value":"1200"},"goods":[{"goodsName":"tea"}]},
        "proofOfDelivery":{"deliveryTrackingNo":"T-1","shipping":{"shippingCarrier":"Yamato"}},
        "otherDocumentation":{"attachmentName":"slip.txt","content":"line\nline"}}"#;

    #[test]
    fn every_message_reads_a_sample_and_needs_its_fields() {
        let common = r#""disputeRequestId":"D-1","paymentRequestId":"PR-1""#;
        let occurred = r#""disputeOccurTime":"2026-01-02T03:04:05+09:00","reason":"never came""#;
        let both = ["disputeRequestId", "paymentRequestId"];
        let retrieval = format!("{{{common},{occurred}}}");
        reads_and_needs::<InitiateRetrievalRequest>(&retrieval, &both);
        let amount = r#""escalationAmount":{"currency":"JPY","value":"500"}"#;
        let escalation = format!("{{{common},{amount},{occurred}}}");
        let needed = [both[0], both[1], "escalationAmount"];
        reads_and_needs::<InitiateEscalationRequest>(&escalation, &needed);
        let response = format!(r#"{{{common},"responseCode":"ANY"}}"#);
        reads_and_needs::<ResponseRetrievalRequest>(&response, &["disputeRequestId"]);
        let needed = ["disputeRequestId", "refundType"];
        reads_and_needs::<ResponseEscalationRequest>(ESCALATION, &needed);
    }

    #[test]
    fn an_answer_says_one_thing_about_money() {
        let (claimed, half) = (money(1000, "JPY"), money(500, "JPY"));
        let whole = RefundType::AcceptRefund;
        let part = RefundType::AcceptPartialRefund;
        let none = RefundType::RefuseRefund;
        let cases = [
            (whole, None, Ok(Some(claimed))),
            (whole, Some(claimed), Ok(Some(claimed))),
            (whole, Some(half), Err("is not the amount that was claimed")),
            (part, Some(half), Ok(Some(half))),
            (part, None, Err("is missing")),
            (none, None, Ok(None)),
            (none, Some(half), Err("contradicts REFUSE_REFUND")),
        ];
        for (kind, amount, expected) in cases {
            let mut answer = ResponseEscalationRequest::new(crate::testing::id("D-1"), kind);
            answer.refund_amount = amount.map(Amount);
            let said = answer.accepted(claimed);
            let said = said.as_ref().map_err(|error| error.problem.as_str());
            assert_eq!(said.copied(), expected, "{kind} {amount:?}");
        }
    }
}
