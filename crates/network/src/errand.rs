//! Errands: messages that have to reach a participant, about an agreement, a merchant or a
//! dispute.
//!
//! An errand is tried until it is answered or given up; its place in the list of what is owed goes
//! with the log, so neither a crash nor a partner's night out loses it.

use crate::{Agreement, Payment, Sealed};
use base::{ResultCode, Span, Stamp, codec_enum, codec_struct};
use directory::{Merchant, StoreText};
use ids::{ParticipantId, Partition};
use payment::{cancel_retry_after, notify_after};
use std::sync::Arc;

/// Names an errand: where it is kept, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrandId {
    pub partition: Partition,
    pub number: u64,
}
codec_struct!(ErrandId { partition, number });

/// What the acquirer is told of an agreement. Source: `authNotify`, acquirer interface 2.6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthNews {
    /// The user consented; inside is the wallet's code.
    CodeCreated(Sealed),
    /// The wallet gave a token without being asked for it.
    TokenCreated,
    /// The user, the wallet or the operator ended the agreement.
    TokenCancelled,
}
codec_enum!(AuthNews { 0 = CodeCreated(code), 1 = TokenCreated, 2 = TokenCancelled });

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// To the wallet: the agreement has ended.
    CancelToken(Arc<Agreement>),
    /// To the acquirer.
    AuthNotify { agreement: Arc<Agreement>, news: AuthNews },
    /// To a wallet: a merchant, or one store of it, was registered or changed.
    Registration { merchant: Arc<Merchant>, store: Option<StoreText> },
    /// To the acquirer: what wallets have decided so far about its merchant.
    RegistrationStatus(Arc<Merchant>),
    /// To the acquirer: a wallet opened this dispute about a payment, which is shown as it stood
    /// then.
    Dispute { payment: Arc<Payment>, number: u32 },
    /// To the wallet: how this escalation ended, by an answer or by its deadline. A retrieval's
    /// documents name people and must not enter the log: the edge that receives them passes them
    /// on itself.
    DisputeAnswered { payment: Arc<Payment>, number: u32 },
}
codec_enum!(Message {
    0 = CancelToken(agreement),
    1 = AuthNotify { agreement, news },
    2 = Registration { merchant, store },
    3 = RegistrationStatus(merchant),
    4 = Dispute { payment, number },
    5 = DisputeAnswered { payment, number },
});

impl Message {
    /// The agreement that the message is about.
    pub fn agreement(&self) -> Option<&Arc<Agreement>> {
        match self {
            Message::CancelToken(agreement) | Message::AuthNotify { agreement, .. } => {
                Some(agreement)
            }
            Message::Registration { .. }
            | Message::RegistrationStatus(_)
            | Message::Dispute { .. }
            | Message::DisputeAnswered { .. } => None,
        }
    }
}

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    pub id: ErrandId,
    /// Who is called.
    pub to: ParticipantId,
    pub message: Message,
    /// Attempts begun so far.
    pub attempts: u32,
    /// Is the answer to the last attempt still out?
    pub is_out: bool,
    pub created: Stamp,
}
codec_struct!(Errand { id, to, message, attempts, is_out, created });

/// Attempts to tell a wallet that a token has ended: ten quick ones, then hourly for four days.
const MAX_CANCELS: u32 = 100;

impl Errand {
    /// How long an attempt may take. Source: acquirer interface 1.6.
    pub const TIMEOUT: Span = Span::secs(5);

    /// The wait before the next attempt; `None`: it is given up.
    pub(crate) fn next_after(&self) -> Option<Span> {
        match self.message {
            Message::CancelToken(_) => (self.attempts < MAX_CANCELS)
                .then(|| cancel_retry_after(self.attempts.saturating_sub(1))),
            Message::AuthNotify { .. }
            | Message::Registration { .. }
            | Message::RegistrationStatus(_)
            | Message::Dispute { .. }
            | Message::DisputeAnswered { .. } => notify_after(self.attempts),
        }
    }

    /// Does this answer end the errand?
    pub(crate) fn is_ended_by(&self, outcome: ErrandOutcome) -> bool {
        match (&self.message, outcome) {
            (_, ErrandOutcome::Acknowledged) => true,
            // A wallet that refuses to end a token does not know it any more.
            (Message::CancelToken(_), ErrandOutcome::Refused(code)) => {
                matches!(code, ResultCode::InvalidToken | ResultCode::ExpiredAccessToken)
            }
            // It knows the merchant as it is.
            (Message::Registration { .. }, ErrandOutcome::Refused(code)) => {
                code == ResultCode::RepeatRegistration
            }
            (
                Message::AuthNotify { .. }
                | Message::RegistrationStatus(_)
                | Message::Dispute { .. }
                | Message::DisputeAnswered { .. },
                ErrandOutcome::Refused(_),
            )
            | (_, ErrandOutcome::Silent) => false,
        }
    }
}

/// What came of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrandOutcome {
    /// A signed S.
    Acknowledged,
    /// A signed F.
    Refused(ResultCode),
    /// Anything else, or nothing.
    Silent,
}
codec_enum!(ErrandOutcome { 0 = Acknowledged, 1 = Refused(code), 2 = Silent });
