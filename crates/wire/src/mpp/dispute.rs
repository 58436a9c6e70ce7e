//! Disputes, between the network and a wallet. Source: wallet interface 1.6, 2.16.

use crate::acqp::{Attachment, ProofOfDelivery, RefundType, TransactionReceipt};
use crate::error::WireError;
use crate::message::message;
use crate::parts::Id;
use crate::time::Datetime;
use crate::values::{Amount, Label};
use base::Text;
use money::Money;

message! {
    /// The wallet asks for the documents of a payment.
    pub struct InitiateRetrievalRequest {
        required {
            dispute_request_id: Id,
            /// The network's id of the payment.
            payment_request_id: Id,
            dispute_occur_time: Datetime,
        }
        optional { reason: Label<256>, }
    }

    /// The wallet claims money back for its user.
    pub struct InitiateEscalationRequest {
        required {
            dispute_request_id: Id,
            /// The network's id of the payment.
            payment_request_id: Id,
            /// In the currency of the payment, as the acquirer is asked for it.
            escalation_amount: Amount,
        }
        optional {
            dispute_occur_time: Datetime,
            reason: Label<256>,
        }
    }

    /// The acquirer's documents, passed on.
    pub struct ResponseRetrievalRequest {
        required { dispute_request_id: Id, }
        optional {
            payment_request_id: Id,
            response_code: Text<64>,
            transaction_receipt: TransactionReceipt,
            proof_of_delivery: ProofOfDelivery,
            other_documentation: Attachment,
        }
    }

    /// How an escalation ended: by the acquirer's answer, or by its deadline.
    pub struct ResponseEscalationRequest {
        required {
            dispute_request_id: Id,
            refund_type: RefundType,
        }
        optional {
            payment_request_id: Id,
            /// In the currency of the payment.
            refund_amount: Amount,
        }
    }
}

impl ResponseEscalationRequest {
    /// What the payer gets back of what was claimed; `None`: nothing.
    pub fn accepted(&self, claimed: Money) -> Result<Option<Money>, WireError> {
        crate::acqp::accepted(self.refund_type, self.refund_amount, claimed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{id, money, reads_and_needs};

    #[test]
    fn every_message_reads_a_sample_and_needs_its_fields() {
        let common = r#""disputeRequestId":"D-1","paymentRequestId":"PR-1""#;
        let occurred = r#""disputeOccurTime":"2026-01-02T03:04:05+09:00","reason":"never came""#;
        let both = ["disputeRequestId", "paymentRequestId"];
        let needed = [both[0], both[1], "disputeOccurTime"];
        let retrieval = format!("{{{common},{occurred}}}");
        reads_and_needs::<InitiateRetrievalRequest>(&retrieval, &needed);
        let amount = r#""escalationAmount":{"currency":"JPY","value":"500"}"#;
        let escalation = format!("{{{common},{amount},{occurred}}}");
        let needed = [both[0], both[1], "escalationAmount"];
        reads_and_needs::<InitiateEscalationRequest>(&escalation, &needed);
        let receipt = r#""transactionReceipt":{"referenceOrderId":"O-1","orderStatus":"REFUND"}"#;
        let response = format!("{{{common},{receipt}}}");
        reads_and_needs::<ResponseRetrievalRequest>(&response, &["disputeRequestId"]);
        let response = format!(r#"{{{common},"refundType":"ACCEPT_REFUND"}}"#);
        let needed = ["disputeRequestId", "refundType"];
        reads_and_needs::<ResponseEscalationRequest>(&response, &needed);
    }

    #[test]
    fn a_partial_end_names_its_amount() {
        let claimed = money(1000, "JPY");
        let part = ResponseEscalationRequest::new(id("D-1"), RefundType::AcceptPartialRefund);
        assert_eq!(part.accepted(claimed).unwrap_err().field, "refundAmount");
        let whole = ResponseEscalationRequest::new(id("D-1"), RefundType::AcceptRefund);
        assert_eq!(whole.accepted(claimed), Ok(Some(claimed)));
    }
}
