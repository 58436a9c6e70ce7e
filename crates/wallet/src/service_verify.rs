//! Whether services agree with the books and with each other; a part of [`Wallet::verify`].

use crate::machine::Timer;
use crate::objects::{Bill, Ride};
use crate::service_book::OwnShow;
use crate::{ErrandKind, Object, Wallet};
use ids::SetId;
use std::collections::BTreeSet;

impl Wallet {
    pub(crate) fn verify_services(&self) -> Result<(), String> {
        let mut held = BTreeSet::new();
        for object in self.open_objects() {
            match object {
                Object::Ride(it) => self.verify_ride(it)?,
                Object::Bill(it) => self.verify_bill(it)?,
                Object::Booking(it) => _ = held.insert((it.show, it.hold, it.seats.clone())),
                _ => {}
            }
        }
        for (number, show) in self.shows() {
            let is_kept = |(hold, it): (u32, &services::Hold)| {
                held.contains(&(number, hold, it.seats.clone()))
            };
            if !show.seating.holds().all(is_kept) {
                return Err(format!("seats of show {number} are held for no booking"));
            }
            self.verify_show(number, show)?;
        }
        self.verify_boxes()
    }

    fn verify_ride(&self, it: &Ride) -> Result<(), String> {
        if it.is_under_way() && self.services.rides.get(&it.body.customer) != Some(&it.id) {
            return Err(format!("{it:?} is under way beside another ride"));
        }
        Ok(())
    }

    /// Exactly the bills that are under way are reserved, and asked about.
    fn verify_bill(&self, it: &Bill) -> Result<(), String> {
        let id = it.id.as_u128();
        let reserved = self.ledger.pending(SetId::from_u128(id));
        let reserved: u64 = reserved.unwrap_or_default().iter().map(|it| it.amount_minor).sum();
        let expected = it.plan().filter(|_| it.is_under_way());
        if reserved != expected.map_or(0, |plan| plan.total().minor()) {
            return Err(format!("{reserved} is reserved for {it:?}"));
        }
        let kinds = [ErrandKind::BillPay, ErrandKind::BillInquiry];
        let asked = kinds.iter().filter(|kind| self.errands.contains_key(&(id, **kind))).count();
        if asked != usize::from(it.is_under_way()) {
            return Err(format!("a biller is asked {asked} times about {it:?}"));
        }
        Ok(())
    }

    fn verify_show(&self, number: u32, show: &OwnShow) -> Result<(), String> {
        if !self.timers.contains(&(show.turn, Timer::Show(number))) {
            return Err(format!("no timer waits for show {number}"));
        }
        let mut seats = BTreeSet::new();
        for (serial, ticket) in show.seating.tickets() {
            if !show.bookings.contains_key(&serial) {
                return Err(format!("ticket {serial} of show {number} has no booking"));
            }
            if ticket.is_live() && !seats.insert(ticket.seat) {
                return Err(format!("seat {} of show {number} is sold twice", ticket.seat));
            }
        }
        Ok(())
    }

    fn verify_boxes(&self) -> Result<(), String> {
        for (number, found) in self.services.boxes.iter().enumerate() {
            if found.totals.payee_minor > found.totals.given_minor {
                return Err(format!("box {number} paid out more than it took"));
            }
        }
        Ok(())
    }
}
