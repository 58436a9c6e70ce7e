//! The transition table of a ticket.

use base::{Timestamp, codec_enum, codec_struct};

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TicketState {
    /// Paid, and good at the door. Ends: admitted, returned, or the show is called off.
    Sold,
    /// Its bearer is inside. Ends: the show is called off.
    Admitted,
    /// Given back by the customer; its seat was free again. Final.
    Returned,
    /// The show was called off and the whole price went back. Final.
    Refunded,
}
codec_enum!(TicketState { 0 = Sold, 1 = Admitted, 2 = Returned, 3 = Refunded });

impl TicketState {
    /// Every state, in the order of their tags.
    pub const ALL: [TicketState; 4] =
        [TicketState::Sold, TicketState::Admitted, TicketState::Returned, TicketState::Refunded];
}

/// Which door let somebody in, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    pub door: u8,
    pub at: Timestamp,
}
codec_struct!(Admission { door, at });

/// What can happen to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TicketInput {
    /// A door asks before it lets somebody in.
    Admit,
    /// A door that had no network tells whom it let in; the same report again is left out before.
    Report,
    /// The customer gives it back.
    Return,
    /// The show is called off.
    CallOff,
}

impl TicketInput {
    /// Every input.
    pub const ALL: [TicketInput; 4] =
        [TicketInput::Admit, TicketInput::Report, TicketInput::Return, TicketInput::CallOff];
}

/// What the machine must do with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketStep {
    /// Go to the state; `Returned` and `Refunded` give money back.
    To(TicketState),
    /// Tell why not; change nothing.
    Refuse(TicketRefusal),
    /// Nothing left to do.
    Same,
    /// The doors contradict the books: somebody was let in who should not have been. Change
    /// nothing, record a break.
    Break,
}

/// Why something about tickets is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TicketRefusal {
    /// The show is called off.
    CalledOff,
    /// The sale has ended.
    SaleEnded,
    /// No seats were asked for, or one twice.
    BadWish,
    /// There is no such seat.
    NoSuchSeat { seat: u16 },
    /// More seats than one customer may have.
    TooManySeats { most: u16 },
    /// Somebody else holds or has the seat, or this customer already does.
    SeatTaken { seat: u16 },
    /// The show has sold and taken back as many tickets as it can remember.
    TooManySales,
    /// The hold is not there, or not this customer's.
    NoSuchHold,
    /// The hold ended before it was paid; its seats are free again.
    HoldExpired,
    /// The ticket is not there, or not this customer's.
    NoSuchTicket,
    /// Somebody came in with it.
    AlreadyAdmitted,
    /// The customer gave it back.
    WasReturned,
    /// The show takes no tickets back.
    NotReturnable,
    /// The time to give it back is over.
    TooLateToReturn,
}
codec_enum!(TicketRefusal {
    0 = CalledOff,
    1 = SaleEnded,
    2 = BadWish,
    3 = NoSuchSeat { seat },
    4 = TooManySeats { most },
    5 = SeatTaken { seat },
    6 = TooManySales,
    7 = NoSuchHold,
    8 = HoldExpired,
    9 = NoSuchTicket,
    10 = AlreadyAdmitted,
    11 = WasReturned,
    12 = NotReturnable,
    13 = TooLateToReturn,
});

/// The transition table of a ticket: every pair is decided.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "one row per cell, in reading order")]
pub const fn ticket_step(from: TicketState, on: TicketInput) -> TicketStep {
    use TicketInput as I;
    use TicketRefusal as R;
    use TicketState as S;
    match (from, on) {
        (S::Sold,     I::Admit)   => TicketStep::To(S::Admitted),
        (S::Sold,     I::Report)  => TicketStep::To(S::Admitted),
        (S::Sold,     I::Return)  => TicketStep::To(S::Returned),
        (S::Sold,     I::CallOff) => TicketStep::To(S::Refunded),

        (S::Admitted, I::Admit)   => TicketStep::Refuse(R::AlreadyAdmitted),
        (S::Admitted, I::Report)  => TicketStep::Break,              // let in twice
        (S::Admitted, I::Return)  => TicketStep::Refuse(R::AlreadyAdmitted),
        (S::Admitted, I::CallOff) => TicketStep::To(S::Refunded),    // the film broke

        (S::Returned, I::Admit)   => TicketStep::Refuse(R::WasReturned),
        (S::Returned, I::Report)  => TicketStep::Break,              // the door's list was old
        (S::Returned, I::Return)  => TicketStep::Refuse(R::WasReturned),
        (S::Returned, I::CallOff) => TicketStep::Same,

        (S::Refunded, I::Admit)   => TicketStep::Refuse(R::CalledOff),
        (S::Refunded, I::Report)  => TicketStep::Same,               // came in before it was told
        (S::Refunded, I::Return)  => TicketStep::Refuse(R::CalledOff),
        (S::Refunded, I::CallOff) => TicketStep::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        let mut text = String::new();
        for from in TicketState::ALL {
            writeln!(text, "{from:?}").unwrap();
            for on in TicketInput::ALL {
                writeln!(text, "    {:<9}{:?}", format!("{on:?}"), ticket_step(from, on)).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }
}
