//! What time does to shows: those that were called off pay everybody back, piece by piece; those
//! that are long over are forgotten.

use crate::machine::{Context, Timer};
use crate::{Event, Object, ShopNumber, Wallet};
use base::{Span, Timestamp};
use ids::BookingId;
use services::TicketRefund;

/// Tickets that one piece pays back; the booking of the last one is paid back as a whole.
const REFUNDS_PER_PIECE: usize = 100;
/// Until the next piece: others get their turn.
const NEXT_PIECE: Span = Span::millis(1);
/// Until a house that could not pay is tried again.
const TRY_AGAIN: Span = Span::hours(1);

impl Wallet {
    /// Time does something to the show at this instant, and no longer at the one before.
    pub(super) fn plan_show(&mut self, number: u32, turn: Timestamp) {
        if let Some(show) = self.services.shows.get(&number) {
            self.timers.remove(&(show.turn, Timer::Show(number)));
            self.show_mut(number).turn = turn;
        }
        self.timers.insert((turn, Timer::Show(number)));
    }

    pub(crate) fn show_turn(&mut self, cx: &mut Context<'_>, number: u32) {
        let Some(show) = self.services.shows.get(&number) else { return };
        let forgotten = show.forgotten();
        let due = self.due_refunds(number);
        if due.is_empty() && forgotten <= cx.now() {
            self.services.shows.remove(&number);
            return;
        }
        let turn = if due.is_empty() {
            forgotten
        } else if due.iter().all(|(id, refunds)| self.pay_back(cx, *id, refunds)) {
            cx.now().after(NEXT_PIECE)
        } else {
            cx.now().after(TRY_AGAIN)
        };
        self.plan_show(number, turn);
    }

    /// The next piece of what a show that was called off has to give back, by booking.
    fn due_refunds(&self, number: u32) -> Vec<(BookingId, Vec<TicketRefund>)> {
        let mut due: Vec<(BookingId, Vec<TicketRefund>)> = Vec::new();
        let show = &self.services.shows[&number];
        let all = show.seating.refunds().map(|refund| (show.bookings[&refund.serial], refund));
        for (count, (id, refund)) in all.enumerate() {
            match due.last_mut() {
                // A booking's tickets have serials one after the other.
                Some((last, refunds)) if *last == id => refunds.push(refund),
                _ if count >= REFUNDS_PER_PIECE => break,
                _ => due.push((id, vec![refund])),
            }
        }
        due
    }

    /// Pays one booking back, ticket by ticket. `false`: its house cannot, and somebody must look.
    fn pay_back(&mut self, cx: &mut Context<'_>, id: BookingId, refunds: &[TicketRefund]) -> bool {
        let mut booking = self.booking(cx, id).as_ref().clone();
        let mut is_paid = true;
        for refund in refunds {
            is_paid = self.shop_balance(booking.house) >= refund.plan.from_payee().minor();
            if !is_paid {
                break;
            }
            self.give_ticket_back(&mut booking, refund);
        }
        if !is_paid {
            let object = Object::from(booking.clone());
            let what = "a shop cannot pay back the tickets of a show that was called off";
            cx.events.push(Event::Break { object, what });
        }
        self.keep(cx, booking);
        is_paid
    }

    /// What a shop has still to give back for shows that were called off, in minor units.
    pub(crate) fn owed_for_shows(&self, shop: ShopNumber) -> u64 {
        let own = self.services.shows.values().filter(|show| show.house() == shop);
        own.map(|show| show.owed_minor()).sum()
    }
}
