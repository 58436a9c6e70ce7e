//! What one employee wants to do and another must agree to.

use crate::command::desk::Proposed;
use base::{Span, Stamp, Text, codec_enum, codec_struct};
use ids::ProposalId;

/// How long somebody may think about it. Source: failure catalogue K7.
pub const PROPOSAL_FOR: Span = Span::hours(24);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposalState {
    Open,
    Approved { by: Text<64> },
    Rejected { by: Text<64> },
    Expired,
}
codec_enum!(ProposalState { 0 = Open, 1 = Approved { by }, 2 = Rejected { by }, 3 = Expired });

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub id: ProposalId,
    pub what: Proposed,
    pub by: Text<64>,
    pub why: Text<256>,
    pub state: ProposalState,
    pub created: Stamp,
}
codec_struct!(Proposal { id, what, by, why, state, created });
