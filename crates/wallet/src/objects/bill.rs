//! A bill or airtime: checked, reserved, and paid when the biller has it.

use account::LocalDay;
use base::{Stamp, Timestamp, codec_struct};
use ids::{BillId, NoteId};
use services::{BillState, PayPlan};

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    pub id: BillId,
    pub body: services::Bill,
    /// Somebody was told that the biller is silent for long.
    pub is_alerted: bool,
    /// The day on which it was counted against the limits.
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(Bill { id, body, is_alerted, counted, created });

impl Bill {
    /// The customer's number with the biller, in the vault.
    pub fn account(&self) -> Option<NoteId> {
        self.body.account.as_str().parse().ok()
    }

    /// What was paid for it, or is to be, once the customer said so.
    pub fn plan(&self) -> Option<PayPlan> {
        self.body.paid.map(|(plan, _)| plan)
    }

    /// Is its money set aside, and the biller asked?
    pub fn is_under_way(&self) -> bool {
        matches!(self.body.state, BillState::Paying | BillState::Unknown)
    }

    pub fn is_open(&self) -> bool {
        self.is_under_way() || self.body.state == BillState::Checked
    }

    pub(crate) fn due(&self) -> Option<Timestamp> {
        (self.body.state == BillState::Checked).then_some(self.body.lapses)
    }
}
