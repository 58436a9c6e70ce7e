//! Transfers that a customer planned: once later, or again and again.

use account::{LocalDay, Zone};
use base::{ResultCode, Span, Stamp, Timestamp, codec_enum, codec_struct};
use ids::{NoteId, ScheduleId, TransferId};

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    Day,
    Week,
    /// On this day of the month, or on the last one of a shorter month.
    Month {
        day: u8,
    },
}
codec_enum!(Every { 0 = Day, 1 = Week, 2 = Month { day } });

impl Every {
    /// When the next one is due after one that was due at `due`, at the same time of day there.
    pub fn next(self, due: Timestamp, zone: Zone) -> Timestamp {
        match self {
            Every::Day => due.after(Span::days(1)),
            Every::Week => due.after(Span::days(7)),
            Every::Month { day } => {
                let today: LocalDay = zone.day_of(due);
                let time_of_day = due.since(zone.start_of(today));
                zone.start_of(today.a_month_later(u32::from(day))).after(time_of_day)
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleState {
    Active,
    /// All transfers had their turn.
    Ended,
    Cancelled,
}
codec_enum!(ScheduleState { 0 = Active, 1 = Ended, 2 = Cancelled });

/// See the module's text. A turn that cannot be carried out is left out and told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub id: ScheduleId,
    pub from: u32,
    pub to: u32,
    pub amount_minor: u64,
    pub note: Option<NoteId>,
    pub every: Every,
    pub next: Timestamp,
    /// Turns to come.
    pub left: u32,
    /// Turns that were carried out.
    pub done: u32,
    /// What the last turn came to.
    pub last: Option<ResultCode>,
    pub state: ScheduleState,
    pub created: Stamp,
}
codec_struct!(Schedule {
    id,
    from,
    to,
    amount_minor,
    note,
    every,
    next,
    left,
    done,
    last,
    state,
    created,
});

impl Schedule {
    /// The id of the transfer of this turn: a function of the plan and the turn.
    pub fn transfer_id(&self, turn: u32, now: Timestamp) -> TransferId {
        let random = self.id.as_u128().wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let random = (random >> 40).wrapping_add(u128::from(turn));
        TransferId::new(now.millis(), self.id.partition(), random)
    }
}
