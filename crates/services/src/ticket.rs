//! Tickets: a show, seats held for minutes, tickets that are checked once at the door.
//!
//! [`Seating`] is all there is to know of one show's seats. Whoever comes first in the order of
//! records has a seat; there is no other race. The door admits by [`TicketPass`], whose bytes the
//! edge signs, so that it needs no network.

mod code;
mod door;
mod pass;
mod seating;
mod show;
mod step;

pub use code::TicketCode;
pub use door::{Door, DoorRefusal};
pub use pass::{PassError, TicketPass};
pub use seating::{
    Held, Hold, HoldRef, MAX_TICKETS, Sale, SeatWish, Seating, Ticket, TicketRef, TicketRefund,
};
pub use show::{MAX_SEATS, PriceClass, ReturnRule, Show, ShowRules};
pub use step::{Admission, TicketInput, TicketRefusal, TicketState, TicketStep, ticket_step};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
