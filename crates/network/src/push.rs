//! Push mode, for schemes whose wallet pays first: the acquirer says what its code means without
//! opening a payment of its own, the wallet pays, and the acquirer is told.
//!
//! The network opens the payment under its own id; the acquirer may give it a name of its own when
//! it is told. What was scanned may name people and is kept sealed, with a key that only the edge
//! has. Source: acquirer interface 7.7.

use crate::{Digest, Sealed};
use base::{ResultCode, codec_struct};
use ids::{ParticipantId, PartnerText, PaymentId};
use payment::{PushInput, PushState};

/// The scanned code behind a payment in push mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedCode {
    pub text: Sealed,
    /// Of the code and its user: one who scans the same code again sees the same open order.
    pub scan: Digest,
}
codec_struct!(ScannedCode { text, scan });

/// What a payment knows of its push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    pub code: ScannedCode,
    pub state: PushState,
    /// Calls made to the acquirer about it.
    pub calls: u32,
    /// Did the acquirer name the payment? Then the name is the payment's `request_id`.
    pub is_named: bool,
}
codec_struct!(Push { code, state, calls, is_named });

impl Push {
    pub(crate) const fn new(code: ScannedCode) -> Push {
        Push { code, state: PushState::Unpaid, calls: 0, is_named: false }
    }

    /// Is the acquirer's last word still out?
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, PushState::Waiting { .. })
    }
}

/// An acquirer's word about a pushed payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushAnswer {
    pub says: PushInput,
    /// Why, when it refuses.
    pub code: ResultCode,
    /// Its own name of the payment, once it has one.
    pub request_id: Option<PartnerText>,
}
codec_struct!(PushAnswer { says, code, request_id });

impl PushAnswer {
    /// No usable answer.
    pub const SILENT: PushAnswer = PushAnswer {
        says: PushInput::Silent,
        code: ResultCode::UnknownException,
        request_id: None,
    };
}

/// `notifyPushPayment` from an acquirer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyPush {
    pub acquirer: ParticipantId,
    pub payment: PaymentId,
    pub answer: PushAnswer,
}
codec_struct!(NotifyPush { acquirer, payment, answer });
