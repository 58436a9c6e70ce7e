//! A ride: the highest fare is held from boarding on, and one fare is paid.

use account::LocalDay;
use base::{Stamp, codec_struct};
use ids::RideId;
use services::RideState;

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ride {
    pub id: RideId,
    pub body: services::Ride,
    /// The day on which what is held was counted against the limits.
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(Ride { id, body, counted, created });

impl Ride {
    pub fn is_under_way(&self) -> bool {
        self.body.state == RideState::Boarded
    }

    /// What is held for it, in minor units.
    pub fn held_minor(&self) -> u64 {
        if self.is_under_way() { self.body.reserved.minor() } else { 0 }
    }
}
