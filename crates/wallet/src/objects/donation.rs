//! What a customer gave to a charity: over when it is made.

use account::LocalDay;
use base::{Stamp, codec_struct};
use ids::{DonationId, NoteId};
use services::Giver;

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Donation {
    pub id: DonationId,
    /// The shop that is the charity.
    pub charity: u32,
    /// Amount, receipt and giver. The customer's number in it is not for the charity.
    pub body: services::Donation,
    /// The day on which it was counted against the limits.
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(Donation { id, charity, body, counted, created });

impl Donation {
    pub fn customer(&self) -> u32 {
        self.body.wish.customer
    }

    /// Under which name of the vault the giver appears to the charity; without one, the charity
    /// learns nothing of the giver.
    pub fn name(&self) -> Option<NoteId> {
        match &self.body.wish.giver {
            Giver::Anonymous => None,
            Giver::Named(name) => name.as_str().parse().ok(),
        }
    }
}
