//! Seats of one show that a customer holds, and the tickets that they become.
//!
//! Who has which seat is decided by the show's seating; what stands here of tickets is a copy of
//! what stood there last, for looking at when the show is long over.

use account::LocalDay;
use base::{Stamp, Timestamp, codec_enum, codec_struct};
use ids::BookingId;
use services::{PayPlan, Ticket, TicketState};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingState {
    /// Nobody else can have the seats until then.
    Held {
        until: Timestamp,
    },
    /// The tickets say what became of each.
    Paid,
    /// The customer did not want the seats any more.
    Released,
    Expired,
    /// The show was called off before the seats were paid.
    CalledOff,
}
codec_enum!(BookingState {
    0 = Held { until },
    1 = Paid,
    2 = Released,
    3 = Expired,
    4 = CalledOff,
});

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    pub id: BookingId,
    pub customer: u32,
    pub show: u32,
    /// The shop that is the house.
    pub house: u32,
    /// The seating's number for it.
    pub hold: u32,
    pub seats: Vec<u16>,
    /// What all seats cost.
    pub plan: PayPlan,
    pub state: BookingState,
    /// By serial, once paid.
    pub tickets: Vec<(u32, Ticket)>,
    /// What has gone back, in minor units.
    pub back_minor: u64,
    /// The day on which the price was counted against the limits.
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(Booking {
    id,
    customer,
    show,
    house,
    hold,
    seats,
    plan,
    state,
    tickets,
    back_minor,
    counted,
    created,
});

impl Booking {
    pub fn is_held(&self) -> bool {
        matches!(self.state, BookingState::Held { .. })
    }

    pub fn ticket(&self, serial: u32) -> Option<&Ticket> {
        self.tickets.iter().find(|(number, _)| *number == serial).map(|(_, ticket)| ticket)
    }

    /// Its tickets that are good for coming in.
    pub fn good_tickets(&self) -> impl Iterator<Item = u32> {
        let good = self.tickets.iter().filter(|(_, ticket)| ticket.state == TicketState::Sold);
        good.map(|(serial, _)| *serial)
    }
}
