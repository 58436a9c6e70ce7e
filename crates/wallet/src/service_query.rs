//! What may be asked about services: directories, the seats of a show, what is reserved.

use crate::objects::Ride;
use crate::service_book::{Film, OwnBiller, OwnBox, OwnLine, OwnShow};
use crate::{Object, Wallet};
use base::{History, Timestamp};
use ids::RideId;
use money::Money;
use services::{Door, TicketPass};
use std::sync::Arc;

/// Whether somebody can have a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatState {
    Free,
    Held,
    Sold,
}

/// One seat of a show; places without a seat are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatView {
    /// From 0, row by row: what a hold names.
    pub seat: u16,
    /// As printed, from 1 on.
    pub row: u16,
    /// As printed, from 1 on.
    pub number: u16,
    /// Its place among the show's price classes.
    pub class: u8,
    pub price: Money,
    pub state: SeatState,
}

/// What is reserved for services that are under way. Amounts in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InServices {
    /// Highest fares of rides.
    pub rides_minor: u64,
    /// Bills and their fees, until their billers have answered.
    pub bills_minor: u64,
    /// Seats that wait to be paid; no money is set aside for them.
    pub seats: usize,
}

impl Wallet {
    /// Donation boxes; a box's number is its place.
    pub fn donation_boxes(&self) -> &[Arc<OwnBox>] {
        &self.services.boxes
    }

    /// Lines; a line's number is its place.
    pub fn lines(&self) -> &[Arc<OwnLine>] {
        &self.services.lines
    }

    /// Films; a film's number is its place.
    pub fn films(&self) -> &[Arc<Film>] {
        &self.services.films
    }

    /// Billers; a biller's number is its place.
    pub fn billers(&self) -> &[Arc<OwnBiller>] {
        &self.services.billers
    }

    /// Shows that are not forgotten, by number.
    pub fn shows(&self) -> impl Iterator<Item = (u32, &Arc<OwnShow>)> {
        self.services.shows.iter().map(|(number, show)| (*number, show))
    }

    /// A show that is not forgotten.
    pub fn find_show(&self, number: u32) -> Option<&Arc<OwnShow>> {
        self.services.shows.get(&number)
    }

    /// Shows of a film for which seats are still sold, the next one first: what a poster leads to.
    pub fn shows_of(&self, film: u32, now: Timestamp) -> Vec<(u32, &Arc<OwnShow>)> {
        let is_on_sale = |show: &Arc<OwnShow>| {
            let rules = show.seating.show().rules();
            rules.film == film && rules.sale_ends > now && !show.seating.is_called_off()
        };
        let mut shows: Vec<_> = self.shows().filter(|(_, show)| is_on_sale(show)).collect();
        shows.sort_by_key(|(_, show)| show.seating.show().rules().starts);
        shows
    }

    /// All seats of a show as they are now. `None`: there is no such show, or it is long over.
    pub fn seats_of_show(&self, number: u32, now: Timestamp) -> Option<Vec<SeatView>> {
        let seating = &self.services.shows.get(&number)?.seating;
        let show = seating.show();
        let sold: std::collections::BTreeSet<u16> = seating
            .tickets()
            .filter(|(_, ticket)| ticket.is_live())
            .map(|(_, ticket)| ticket.seat)
            .collect();
        let seats = (0..).take(show.places());
        let view = |seat: u16| {
            let (class, price) = show.class(seat).map(|(class, it)| (class, it.price))?;
            let (row, number) = show.row_and_number(seat);
            let state = match seating.is_free(seat, now) {
                true => SeatState::Free,
                false if sold.contains(&seat) => SeatState::Sold,
                false => SeatState::Held,
            };
            Some(SeatView { seat, row, number, class, price, state })
        };
        Some(seats.filter_map(view).collect())
    }

    /// What a customer's ticket says at the door: the edge signs its bytes. `None`: the customer
    /// has no such ticket, it was given back, or the show is long over.
    pub fn ticket_pass(&self, customer: u32, show: u32, serial: u32) -> Option<TicketPass> {
        let seating = &self.services.shows.get(&show)?.seating;
        let ticket = seating.ticket(serial)?;
        let is_good = ticket.customer == customer && ticket.is_live() && !seating.is_called_off();
        is_good.then(|| seating.pass(serial)).flatten()
    }

    /// For the device at an entrance: whom it must not let in, and whom it has.
    pub fn door_of(&self, show: u32, door: u8) -> Option<Door> {
        Some(self.services.shows.get(&show)?.seating.door(door))
    }

    /// A customer's latest ride, under way or over.
    pub fn latest_ride_of(&self, history: &dyn History, customer: u32) -> Option<Arc<Ride>> {
        let id: &RideId = self.services.rides.get(&customer)?;
        match self.load(history, id.as_u128()) {
            Some(Object::Ride(it)) => Some(it),
            _ => None,
        }
    }

    /// What is reserved for one customer, or for all. A walk over what is open.
    pub fn in_services(&self, customer: Option<u32>) -> InServices {
        let mut sum = InServices::default();
        let is_wanted = |number: u32| customer.is_none_or(|wanted| wanted == number);
        for object in self.open_objects() {
            match object {
                Object::Ride(it) if is_wanted(it.body.customer) => {
                    sum.rides_minor += it.held_minor();
                }
                Object::Bill(it) if is_wanted(it.body.customer) && it.is_under_way() => {
                    sum.bills_minor += it.plan().map_or(0, |plan| plan.total().minor());
                }
                Object::Booking(it) if is_wanted(it.customer) && it.is_held() => {
                    sum.seats += it.seats.len();
                }
                _ => {}
            }
        }
        sum
    }

    /// What a biller is owed, in minor units; bills that are not confirmed do not count.
    pub fn biller_payable(&self, number: u32) -> u64 {
        let account = self.ledger.account(&self.books().biller(number));
        account.map_or(0, |account| u64::try_from(-account.balance()).unwrap_or(0))
    }
}
