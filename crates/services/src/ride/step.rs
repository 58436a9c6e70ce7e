//! The transition table of a ride.

use base::codec_enum;

/// Where a ride stands. A customer who never rode has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RideState {
    /// Under way. Holds: the highest fare is reserved. Waits for: the scan of leaving. Ends: left,
    /// overdue, another vehicle boarded, or cancelled.
    Boarded,
    /// Scanned out; the fare is paid. Ends: cancelled by the carrier within the line's time.
    Left,
    /// Not scanned out in time; the forgotten fare is paid, once. Ends: as `Left`.
    Forgotten,
    /// The carrier cancelled it; nothing is paid, or it was given back. Final.
    Cancelled,
}
codec_enum!(RideState { 0 = Boarded, 1 = Left, 2 = Forgotten, 3 = Cancelled });

impl RideState {
    /// Every state, in the order of their tags.
    pub const ALL: [RideState; 4] =
        [RideState::Boarded, RideState::Left, RideState::Forgotten, RideState::Cancelled];
}

/// What can happen to the latest ride of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RideInput {
    /// Scanned to board the vehicle of this ride, before it is overdue.
    Board,
    /// Scanned to board another vehicle or line, or the same one after the ride is overdue.
    BoardOther,
    /// Scanned to leave at a stop of the line.
    Leave,
    /// Scanned to leave with the code of another vehicle or line.
    LeaveElsewhere,
    /// Scanned to leave at a stop that is not on the line.
    LeaveOffLine,
    /// The longest time of a ride is over.
    Overdue,
    /// The carrier cancels.
    Cancel,
}

impl RideInput {
    /// Every input.
    pub const ALL: [RideInput; 7] = [
        RideInput::Board,
        RideInput::BoardOther,
        RideInput::Leave,
        RideInput::LeaveElsewhere,
        RideInput::LeaveOffLine,
        RideInput::Overdue,
        RideInput::Cancel,
    ];
}

/// What the machine must do with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RideStep {
    /// Begin a new ride; the one before has ended.
    Start,
    /// End the ride before as forgotten, with its one fare, and begin a new one.
    ForgetAndStart,
    /// Go to the state and do what it holds.
    To(RideState),
    /// Give the fare back and go to `Cancelled`, within the line's time.
    Refund,
    /// Tell the customer or carrier why not; change nothing.
    Refuse(RideRefusal),
    /// A repeat: change nothing.
    Same,
}

/// Why a scan or a cancel is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RideRefusal {
    /// Boarded this vehicle before: there is one fare for one customer, and the ride goes on.
    AlreadyAboard,
    /// Nothing was boarded.
    NotAboard,
    /// The ride was left before, and is paid.
    AlreadyLeft,
    /// The ride was ended by rule, and is paid.
    WasForgotten,
    /// The carrier cancelled the ride.
    WasCancelled,
    /// The code belongs to another vehicle or line than was boarded.
    OtherVehicle,
    /// The stop is not one of the line; the ride goes on.
    StopNotOnLine,
    /// The fare was paid longer ago than the line gives back.
    TooLateToCancel,
}
codec_enum!(RideRefusal {
    0 = AlreadyAboard,
    1 = NotAboard,
    2 = AlreadyLeft,
    3 = WasForgotten,
    4 = WasCancelled,
    5 = OtherVehicle,
    6 = StopNotOnLine,
    7 = TooLateToCancel,
});

/// The transition table of a customer's latest ride: every pair is decided.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "one row per cell, in reading order")]
pub const fn ride_step(from: Option<RideState>, on: RideInput) -> RideStep {
    use RideInput as I;
    use RideRefusal as R;
    use RideState as S;
    match (from, on) {
        (None,               I::Board)          => RideStep::Start,
        (None,               I::BoardOther)     => RideStep::Start,
        (None,               I::Leave)          => RideStep::Refuse(R::NotAboard),
        (None,               I::LeaveElsewhere) => RideStep::Refuse(R::NotAboard),
        (None,               I::LeaveOffLine)   => RideStep::Refuse(R::NotAboard),
        (None,               I::Overdue)        => RideStep::Same,
        (None,               I::Cancel)         => RideStep::Refuse(R::NotAboard),

        (Some(S::Boarded),   I::Board)          => RideStep::Refuse(R::AlreadyAboard),
        (Some(S::Boarded),   I::BoardOther)     => RideStep::ForgetAndStart,
        (Some(S::Boarded),   I::Leave)          => RideStep::To(S::Left),
        (Some(S::Boarded),   I::LeaveElsewhere) => RideStep::Refuse(R::OtherVehicle),
        (Some(S::Boarded),   I::LeaveOffLine)   => RideStep::Refuse(R::StopNotOnLine),
        (Some(S::Boarded),   I::Overdue)        => RideStep::To(S::Forgotten),
        (Some(S::Boarded),   I::Cancel)         => RideStep::To(S::Cancelled),

        (Some(S::Left),      I::Board)          => RideStep::Start,
        (Some(S::Left),      I::BoardOther)     => RideStep::Start,
        (Some(S::Left),      I::Leave)          => RideStep::Refuse(R::AlreadyLeft),
        (Some(S::Left),      I::LeaveElsewhere) => RideStep::Refuse(R::AlreadyLeft),
        (Some(S::Left),      I::LeaveOffLine)   => RideStep::Refuse(R::AlreadyLeft),
        (Some(S::Left),      I::Overdue)        => RideStep::Same,      // crossed the scan
        (Some(S::Left),      I::Cancel)         => RideStep::Refund,

        (Some(S::Forgotten), I::Board)          => RideStep::Start,
        (Some(S::Forgotten), I::BoardOther)     => RideStep::Start,
        (Some(S::Forgotten), I::Leave)          => RideStep::Refuse(R::WasForgotten),
        (Some(S::Forgotten), I::LeaveElsewhere) => RideStep::Refuse(R::WasForgotten),
        (Some(S::Forgotten), I::LeaveOffLine)   => RideStep::Refuse(R::WasForgotten),
        (Some(S::Forgotten), I::Overdue)        => RideStep::Same,
        (Some(S::Forgotten), I::Cancel)         => RideStep::Refund,

        (Some(S::Cancelled), I::Board)          => RideStep::Start,
        (Some(S::Cancelled), I::BoardOther)     => RideStep::Start,
        (Some(S::Cancelled), I::Leave)          => RideStep::Refuse(R::WasCancelled),
        (Some(S::Cancelled), I::LeaveElsewhere) => RideStep::Refuse(R::WasCancelled),
        (Some(S::Cancelled), I::LeaveOffLine)   => RideStep::Refuse(R::WasCancelled),
        (Some(S::Cancelled), I::Overdue)        => RideStep::Same,
        (Some(S::Cancelled), I::Cancel)         => RideStep::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        let mut text = String::new();
        for from in [None].into_iter().chain(RideState::ALL.map(Some)) {
            writeln!(text, "{from:?}").unwrap();
            for on in RideInput::ALL {
                writeln!(text, "    {:<16}{:?}", format!("{on:?}"), ride_step(from, on)).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }
}
