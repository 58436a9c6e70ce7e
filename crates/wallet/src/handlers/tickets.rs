//! Tickets: seats are held, paid, given back, and checked at the door.

use super::services::{number_for, numbered, of_rule, remember_number};
use crate::command::services::{AddShow, AtDoor, HoldSeats, TicketCommand};
use crate::machine::{Context, refuse};
use crate::objects::{Booking, BookingState};
use crate::service_book::{Film, OwnShow};
use crate::{Event, Object, Once, Refusal, Reply, ShopNumber, Wallet};
use base::{ResultCode, Span, Text, Timestamp};
use ids::BookingId;
use services::{
    Admission, DoorRefusal, HoldRef, PayPlan, SeatWish, Seating, Show, ShowRules, TicketRef,
    TicketRefusal, TicketState, TicketStep,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far ahead a show may be.
const SHOW_WITHIN: Span = Span::days(366);
/// Tickets in one report of a door, at most.
const MAX_REPORT: usize = 2_000;

impl Wallet {
    pub(super) fn ticket_command(
        &mut self,
        cx: &mut Context<'_>,
        it: TicketCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            TicketCommand::AddFilm { shop, by, title, once } => {
                self.add_film(cx, (shop, by), title, &once)
            }
            TicketCommand::AddShow(it) => self.add_show(cx, it),
            TicketCommand::CallOff { shop, by, show } => self.call_off(cx, (shop, by), show),
            TicketCommand::Hold(it) => self.hold_seats(cx, it),
            TicketCommand::Release { customer, id } => self.release_seats(cx, customer, id),
            TicketCommand::Pay { customer, id } => self.pay_booking(cx, customer, id),
            TicketCommand::Return { customer, id, serial } => {
                self.return_ticket(cx, (customer, id), serial)
            }
            TicketCommand::Admit { at, serial, once } => self.admit(cx, at, serial, &once),
            TicketCommand::Report { at, admitted } => self.report(cx, at, &admitted),
        }
    }

    // The house's side.

    fn add_film(
        &mut self,
        cx: &mut Context<'_>,
        (shop, by): (ShopNumber, u32),
        title: Text<64>,
        once: &Once,
    ) -> Result<Reply, Refusal> {
        if let Some(reply) = numbered(cx, by, once)? {
            return Ok(reply);
        }
        self.has_services()?;
        self.shop_of(shop, by)?;
        let number = number_for(&self.services.films, None, |film| film.house == shop)?;
        // From here the command succeeds.
        self.services.films.push(Arc::new(Film { house: shop, title }));
        Ok(remember_number(cx, by, once, number))
    }

    fn add_show(&mut self, cx: &mut Context<'_>, it: AddShow) -> Result<Reply, Refusal> {
        if let Some(reply) = numbered(cx, it.by, &it.once)? {
            return Ok(reply);
        }
        self.has_services()?;
        let house = self.shop_of(it.rules.house, it.by)?.number;
        if self.services.films.get(it.rules.film as usize).is_none_or(|it| it.house != house) {
            return refuse(ResultCode::OrderNotExist, "film: the shop has no such film");
        }
        let now = cx.now();
        if it.rules.sale_ends <= now || it.rules.doors_close > now.after(SHOW_WITHIN) {
            return refuse(ResultCode::ParamIllegal, "rules: the show must be within a year");
        }
        let shows = self.services.shows.values().filter(|show| show.house() == house);
        if shows.count() >= super::services::MOST_OF_SHOP {
            return refuse(ResultCode::ProcessFail, "the shop has as many shows as one may");
        }
        let number = self.services.next_show;
        let Some(next_show) = number.checked_add(1) else {
            return refuse(ResultCode::ProcessFail, "the wallet has as many shows as it can");
        };
        let fee = self.market.services.ticket_fee;
        let rules = ShowRules { show: number, fee, ..it.rules };
        let show = Show::new(rules).map_err(of_rule)?;
        self.must_be_own_currency(show.rules().classes[0].price.currency())?;
        // From here the command succeeds.
        self.services.next_show = next_show;
        let (seating, bookings) = (Seating::new(show), BTreeMap::new());
        let mut new = OwnShow { seating, bookings, turn: now };
        new.turn = new.forgotten();
        self.plan_show(number, new.turn);
        self.services.shows.insert(number, Arc::new(new));
        Ok(remember_number(cx, it.by, &it.once, number))
    }

    fn show(&self, number: u32) -> Result<&Arc<OwnShow>, Refusal> {
        let found = self.services.shows.get(&number);
        found.ok_or_else(|| Refusal::new(ResultCode::OrderNotExist, "show: there is no such show"))
    }

    /// A show that this customer's shop gives.
    fn own_show(&self, (shop, by): (ShopNumber, u32), number: u32) -> Result<(), Refusal> {
        self.shop_of(shop, by)?;
        if self.show(number)?.house() != shop {
            return refuse(ResultCode::OrderNotExist, "show: there is no such show");
        }
        Ok(())
    }

    /// A show to be changed, which was found before.
    pub(super) fn show_mut(&mut self, number: u32) -> &mut OwnShow {
        let found = self.services.shows.get_mut(&number);
        Arc::make_mut(found.expect("the show was found before"))
    }

    fn call_off(
        &mut self,
        cx: &mut Context<'_>,
        own: (ShopNumber, u32),
        number: u32,
    ) -> Result<Reply, Refusal> {
        self.own_show(own, number)?;
        if self.show(number)?.seating.is_called_off() {
            return Ok(Reply::Done);
        }
        // From here the command succeeds. Held seats are let go when their time is over.
        self.show_mut(number).seating.call_off();
        self.plan_show(number, cx.now());
        Ok(Reply::Done)
    }

    // The customer's side.

    fn hold_seats(&mut self, cx: &mut Context<'_>, it: HoldSeats) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        self.has_services()?;
        self.payer(it.customer)?;
        let house = self.show(it.show)?.house();
        self.open_one(house)?;
        self.must_be_other(house, it.customer)?;
        let wish = SeatWish { customer: it.customer, seats: it.seats.clone() };
        let held = self.show_mut(it.show).seating.hold(wish, cx.now()).map_err(of_ticket)?;
        // From here the command succeeds. Holds that were swept away have timers of their own.
        let booking = Booking {
            id: it.id,
            customer: it.customer,
            show: it.show,
            house,
            hold: held.hold,
            seats: it.seats,
            plan: held.plan,
            state: BookingState::Held { until: held.until },
            tickets: Vec::new(),
            back_minor: 0,
            counted: self.today(cx),
            created: cx.stamp,
        };
        let object = self.make(cx, booking);
        Wallet::remember(cx, it.customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn booking_of(
        &self,
        cx: &Context<'_>,
        customer: u32,
        id: BookingId,
    ) -> Result<Arc<Booking>, Refusal> {
        match self.load(cx.history, id.as_u128()) {
            Some(Object::Booking(it)) if it.customer == customer => Ok(it),
            _ => refuse(ResultCode::OrderNotExist, "there is no such booking"),
        }
    }

    /// The seats of a booking are free again, if they are not already.
    fn let_go(&mut self, cx: &mut Context<'_>, it: &Booking, state: BookingState) -> Object {
        if self.services.shows.contains_key(&it.show) {
            let of = HoldRef { hold: it.hold, customer: it.customer };
            // Somebody who came when the time was over may have swept it away.
            let _ = self.show_mut(it.show).seating.release(of);
        }
        self.keep(cx, Booking { state, ..it.clone() })
    }

    fn release_seats(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        id: BookingId,
    ) -> Result<Reply, Refusal> {
        let booking = self.booking_of(cx, customer, id)?;
        match booking.state {
            BookingState::Held { .. } => {}
            BookingState::Released => {
                return Ok(Reply::Made { object: Object::Booking(booking), is_repeat: true });
            }
            BookingState::Paid => {
                return refuse(
                    ResultCode::OrderStatusInvalid,
                    "the seats are paid; give the tickets back instead",
                );
            }
            BookingState::Expired | BookingState::CalledOff => return Err(seats_are_free()),
        }
        // From here the command succeeds.
        let object = self.let_go(cx, &booking, BookingState::Released);
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(super) fn booking_expires(&mut self, cx: &mut Context<'_>, it: &Booking) {
        let is_off = self.show(it.show).is_ok_and(|show| show.seating.is_called_off());
        let state = if is_off { BookingState::CalledOff } else { BookingState::Expired };
        self.let_go(cx, it, state);
    }

    fn pay_booking(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        id: BookingId,
    ) -> Result<Reply, Refusal> {
        let booking = self.booking_of(cx, customer, id)?;
        match booking.state {
            BookingState::Held { .. } => {}
            BookingState::Paid => {
                return Ok(Reply::Made { object: Object::Booking(booking), is_repeat: true });
            }
            BookingState::Released | BookingState::Expired | BookingState::CalledOff => {
                return Err(seats_are_free());
            }
        }
        self.has_services()?;
        self.open_one(booking.house)?;
        let of = HoldRef { hold: booking.hold, customer };
        let sale = self.show(booking.show)?.seating.sale(of, cx.now()).map_err(of_ticket)?;
        self.spend_on(cx, &booking, sale.plan)?;
        // From here the command succeeds.
        let show = self.show_mut(booking.show);
        show.seating.sell(&sale);
        show.bookings.extend(sale.tickets.iter().map(|(serial, _)| (*serial, id)));
        let object = self.keep(
            cx,
            Booking {
                plan: sale.plan,
                state: BookingState::Paid,
                tickets: sale.tickets,
                counted: self.today(cx),
                ..booking.as_ref().clone()
            },
        );
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn spend_on(
        &mut self,
        cx: &mut Context<'_>,
        booking: &Booking,
        plan: PayPlan,
    ) -> Result<(), Refusal> {
        let books = self.books();
        let (from, to) = (books.customer(booking.customer), books.shop(booking.house));
        let set = books.pay(from, to, plan.payee().minor(), plan.fee().minor());
        let about = booking.id.as_u128();
        self.spend(cx, booking.customer, plan.total().minor(), (about, &set))
    }

    fn return_ticket(
        &mut self,
        cx: &mut Context<'_>,
        (customer, id): (u32, BookingId),
        serial: u32,
    ) -> Result<Reply, Refusal> {
        let booking = self.booking_of(cx, customer, id)?;
        let Some(ticket) = booking.ticket(serial) else {
            return Err(of_ticket(TicketRefusal::NoSuchTicket));
        };
        if ticket.state == TicketState::Returned {
            return Ok(Reply::Made { object: Object::Booking(booking), is_repeat: true });
        }
        let seating = &self.show(booking.show)?.seating;
        let refund = seating.refund(TicketRef { serial, customer }, cx.now()).map_err(of_ticket)?;
        if self.shop_balance(booking.house) < refund.plan.from_payee().minor() {
            return refuse(
                ResultCode::UserBalanceNotEnough,
                "the shop's balance does not cover the ticket",
            );
        }
        // From here the command succeeds.
        let mut after = booking.as_ref().clone();
        self.give_ticket_back(&mut after, &refund);
        let object = self.keep(cx, after);
        Ok(Reply::Made { object, is_repeat: false })
    }

    // The doors.

    fn admit(
        &mut self,
        cx: &mut Context<'_>,
        at: AtDoor,
        serial: u32,
        once: &Once,
    ) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, at.by, once)? {
            return Ok(reply);
        }
        self.own_show((at.shop, at.by), at.show)?;
        let by = Admission { door: at.door, at: cx.now() };
        self.show_mut(at.show).seating.admit(serial, by).map_err(of_door)?;
        // From here the command succeeds.
        let booking = self.booking_of_ticket(cx, at.show, serial);
        let object = self.keep_as_seated(cx, &booking);
        Wallet::remember(cx, at.by, once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn report(
        &mut self,
        cx: &mut Context<'_>,
        at: AtDoor,
        admitted: &[(u32, Timestamp)],
    ) -> Result<Reply, Refusal> {
        self.own_show((at.shop, at.by), at.show)?;
        if admitted.len() > MAX_REPORT {
            return refuse(ResultCode::ParamIllegal, "admitted: must be 2000 at most");
        }
        let seating = &self.show(at.show)?.seating;
        if admitted.iter().any(|(serial, _)| seating.ticket(*serial).is_none()) {
            return Err(of_ticket(TicketRefusal::NoSuchTicket));
        }
        // From here the command succeeds. A booking that was kept once is not read again: what is
        // in history is older than this command.
        let (mut came, mut broke) = (BTreeSet::new(), BTreeSet::new());
        for (serial, time) in admitted {
            let by = Admission { door: at.door, at: *time };
            let show = self.show_mut(at.show);
            let id = show.bookings[serial];
            match show.seating.report(*serial, by) {
                Ok(TicketStep::To(_)) => _ = came.insert(id),
                Ok(TicketStep::Break) => _ = broke.insert(id),
                Ok(TicketStep::Refuse(_) | TicketStep::Same) | Err(_) => {}
            }
        }
        for id in came.union(&broke) {
            let booking = self.booking(cx, *id);
            let object = self.keep_as_seated(cx, &booking);
            if broke.contains(id) {
                let what = "a door let somebody in with a ticket that was used or given back";
                cx.events.push(Event::Break { object, what });
            }
        }
        Ok(Reply::Done)
    }

    // Bookings that are known to be there.

    pub(super) fn booking(&self, cx: &Context<'_>, id: BookingId) -> Arc<Booking> {
        match self.load(cx.history, id.as_u128()) {
            Some(Object::Booking(it)) => it,
            other => panic!("a ticket's booking was kept, but {other:?} was found"),
        }
    }

    fn booking_of_ticket(&self, cx: &Context<'_>, show: u32, serial: u32) -> Arc<Booking> {
        self.booking(cx, self.services.shows[&show].bookings[&serial])
    }

    /// Keeps a booking with its tickets as the seating has them.
    fn keep_as_seated(&mut self, cx: &mut Context<'_>, booking: &Booking) -> Object {
        let mut after = booking.clone();
        self.copy_seated(&mut after);
        self.keep(cx, after)
    }

    fn copy_seated(&self, booking: &mut Booking) {
        let seating = &self.services.shows[&booking.show].seating;
        for (serial, ticket) in &mut booking.tickets {
            if let Some(now) = seating.ticket(*serial) {
                *ticket = *now;
            }
        }
    }

    /// Gives a ticket's money back, from a house that has it.
    pub(super) fn give_ticket_back(
        &mut self,
        booking: &mut Booking,
        refund: &services::TicketRefund,
    ) {
        let plan = refund.plan;
        let home = self.home_of(refund.customer);
        let till = self.books().shop(booking.house);
        let parts = (plan.from_payee().minor(), plan.from_fee().minor());
        let set = self.books().give_back(till, home, parts);
        self.give(home, &set);
        let back_minor = plan.to_customer().minor();
        self.uncount(refund.customer, back_minor, booking.counted);
        self.show_mut(booking.show).seating.give_back(refund);
        booking.back_minor += back_minor;
        self.copy_seated(booking);
    }
}

fn seats_are_free() -> Refusal {
    Refusal::new(ResultCode::OrderIsClosed, "the seats are free again; choose anew")
}

fn of_ticket(refusal: TicketRefusal) -> Refusal {
    let (code, message) = match refusal {
        TicketRefusal::CalledOff => (ResultCode::OrderIsClosed, "the show is called off"),
        TicketRefusal::SaleEnded => (ResultCode::OrderIsClosed, "the sale has ended"),
        TicketRefusal::BadWish => (ResultCode::ParamIllegal, "seats: at least one, each once"),
        TicketRefusal::NoSuchSeat { seat } => {
            let message = format!("seats: there is no seat {seat}");
            return Refusal::new(ResultCode::ParamIllegal, message);
        }
        TicketRefusal::TooManySeats { most } => {
            let message = format!("seats: you may have {most} of this show at most");
            return Refusal::new(ResultCode::PaymentCountExceedLimit, message);
        }
        TicketRefusal::SeatTaken { seat } => {
            let message = format!("seats: seat {seat} is taken; choose another");
            return Refusal::new(ResultCode::OrderStatusInvalid, message);
        }
        TicketRefusal::TooManySales => {
            (ResultCode::ProcessFail, "the show has sold as many tickets as it can")
        }
        TicketRefusal::NoSuchHold | TicketRefusal::HoldExpired => return seats_are_free(),
        TicketRefusal::NoSuchTicket => (ResultCode::OrderNotExist, "there is no such ticket"),
        TicketRefusal::AlreadyAdmitted => {
            (ResultCode::OrderStatusInvalid, "somebody came in with the ticket")
        }
        TicketRefusal::WasReturned => (ResultCode::OrderIsClosed, "the ticket was given back"),
        TicketRefusal::NotReturnable => {
            (ResultCode::ProcessFail, "this show takes no tickets back")
        }
        TicketRefusal::TooLateToReturn => {
            (ResultCode::RefundWindowExceed, "the time to give tickets back is over")
        }
    };
    Refusal::new(code, message)
}

fn of_door(refusal: DoorRefusal) -> Refusal {
    let (code, message) = match refusal {
        DoorRefusal::OtherShow { .. } => (ResultCode::InvalidCode, "it is another show's ticket"),
        DoorRefusal::OtherDoor { door } => {
            let message = format!("the ticket is good at entrance {door}");
            return Refusal::new(ResultCode::InvalidCode, message);
        }
        DoorRefusal::TooEarly { .. } => {
            (ResultCode::OrderStatusInvalid, "the doors are not open yet")
        }
        DoorRefusal::TooLate => (ResultCode::ExpiredCode, "the doors are closed"),
        DoorRefusal::WasReturned => (ResultCode::ExpiredCode, "the ticket was given back"),
        DoorRefusal::AlreadyAdmitted { .. } => {
            (ResultCode::ExpiredCode, "somebody came in with the ticket already")
        }
        DoorRefusal::Full => (ResultCode::ProcessFail, "more tickets than a show can have"),
        DoorRefusal::CalledOff => (ResultCode::OrderIsClosed, "the show is called off"),
        DoorRefusal::NoSuchTicket => (ResultCode::InvalidCode, "there is no such ticket"),
    };
    Refusal::new(code, message)
}
