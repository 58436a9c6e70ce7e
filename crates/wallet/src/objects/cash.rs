//! Cash over an agent's counter: the agent's money here against notes in the hand.

use account::LocalDay;
use base::{Stamp, Timestamp, codec_enum, codec_struct};
use ids::CashId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CashWay {
    /// The customer gave cash and has money here.
    In,
    /// The customer gets cash for a one-time code.
    Out,
}
codec_enum!(CashWay { 0 = In, 1 = Out });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CashState {
    /// The money is held until an agent brings the code, or the time is over.
    Called {
        until: Timestamp,
    },
    /// The agent has given or taken the cash.
    Done {
        agent: u32,
    },
    /// The customer did not want it any more.
    Withdrawn,
    Expired,
}
codec_enum!(CashState { 0 = Called { until }, 1 = Done { agent }, 2 = Withdrawn, 3 = Expired });

/// See the module's text. Amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cash {
    pub id: CashId,
    pub customer: u32,
    pub way: CashWay,
    pub amount_minor: u64,
    /// On top of cash that goes out, off cash that comes in.
    pub fee_minor: u64,
    pub state: CashState,
    /// The day on which it was counted against the limits.
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(Cash { id, customer, way, amount_minor, fee_minor, state, counted, created });
