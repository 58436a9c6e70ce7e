//! Disputes: a wallet asks the acquirer for the documents of a payment (a retrieval), or claims the
//! money back for its user (an escalation).
//!
//! Here is what is kept of one, and how long each may take. An accepted escalation is a refund of
//! the payment, so that refunds and disputes together never exceed what was paid.

use crate::Payment;
use base::{Span, Stamp, Text, Timestamp, codec_enum, codec_struct};
use ids::{PartnerText, RefundId};
use money::Money;
use payment::PaymentState;

/// Retrievals that one payment can have. Source: acquirer interface 2.10.
pub const MAX_RETRIEVALS: usize = 5;
/// Escalations that one payment can have. Source: acquirer interface 2.10.
pub const MAX_ESCALATIONS: usize = 2;
/// How long after the payment a retrieval or a first escalation may be opened. Source: acquirer
/// interface 2.10.
pub const DISPUTE_WINDOW: Span = Span::days(360);
/// How long after the end of the first escalation the second may be opened, however old the payment
/// is by then. Source: acquirer interface 2.10.
pub const SECOND_ESCALATION_WINDOW: Span = Span::days(25);
/// How long the acquirer has for documents. The protocol names no deadline: this one is ours.
pub const RETRIEVAL_REPLY: Span = Span::days(7);
/// How long the acquirer has to answer a claim; silence accepts it. The protocol names no deadline
/// and no outcome: both are ours.
pub const ESCALATION_REPLY: Span = Span::days(10);

/// What the wallet asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeKind {
    /// Documents that show what was bought.
    Retrieval,
    /// Money back, in the payment's currency.
    Escalation { amount: Money },
}
codec_enum!(DisputeKind { 0 = Retrieval, 1 = Escalation { amount } });

impl DisputeKind {
    pub const fn is_escalation(self) -> bool {
        matches!(self, DisputeKind::Escalation { .. })
    }

    /// How long the acquirer has to answer.
    pub const fn reply_within(self) -> Span {
        match self {
            DisputeKind::Retrieval => RETRIEVAL_REPLY,
            DisputeKind::Escalation { .. } => ESCALATION_REPLY,
        }
    }
}

/// What the acquirer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeAnswer {
    /// To a retrieval: it sent documents. They name people, so they never enter the log: the edge
    /// passes them on to the wallet.
    Documents,
    /// To an escalation: the payer gets this much back.
    Accepted { amount: Money },
    /// To an escalation: the payer gets nothing.
    Refused,
}
codec_enum!(DisputeAnswer { 0 = Documents, 1 = Accepted { amount }, 2 = Refused });

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeState {
    /// The acquirer has not answered.
    Open,
    /// Final. An escalation whose deadline passed was accepted by that.
    Answered(DisputeAnswer),
    /// Final: the deadline of a retrieval passed; or that of an escalation, when nothing of the
    /// payment was left to give back.
    Expired,
}
codec_enum!(DisputeState { 0 = Open, 1 = Answered(answer), 2 = Expired });

/// One dispute about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeRecord {
    /// The wallet's `disputeRequestId`, by which the acquirer names the dispute, too.
    pub request_id: PartnerText,
    pub kind: DisputeKind,
    pub state: DisputeState,
    pub reason: Option<Text<256>>,
    /// Drawn when the dispute was opened; an accepted escalation becomes the refund of this id.
    pub refund: RefundId,
    pub opened: Stamp,
    /// The acquirer's answer must come before.
    pub due: Timestamp,
    pub closed: Option<Stamp>,
}
codec_struct!(DisputeRecord { request_id, kind, state, reason, refund, opened, due, closed });

impl DisputeRecord {
    pub fn is_open(&self) -> bool {
        self.state == DisputeState::Open
    }
}

impl Payment {
    /// What refunds and accepted disputes have left to give back, in the order currency.
    pub fn left_minor(&self) -> u64 {
        match self.state {
            PaymentState::Paid => self.amount.minor().saturating_sub(self.refunded_minor()),
            PaymentState::Claiming
            | PaymentState::Presented
            | PaymentState::Pending
            | PaymentState::Unknown
            | PaymentState::Closing
            | PaymentState::Cancelling
            | PaymentState::Failed
            | PaymentState::Closed
            | PaymentState::Cancelled => 0,
        }
    }

    /// Does any dispute wait for the acquirer?
    pub fn has_open_dispute(&self) -> bool {
        self.disputes.iter().any(DisputeRecord::is_open)
    }

    /// Retrievals or escalations, as `kind` is, in the order of their opening.
    pub(crate) fn disputes_like(&self, kind: DisputeKind) -> Vec<&DisputeRecord> {
        let is_like = |it: &&DisputeRecord| it.kind.is_escalation() == kind.is_escalation();
        self.disputes.iter().filter(is_like).collect()
    }

    /// Was this refund made by an accepted dispute?
    pub fn is_by_dispute(&self, refund: RefundId) -> bool {
        self.disputes.iter().any(|dispute| dispute.refund == refund)
    }
}
