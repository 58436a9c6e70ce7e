//! All seats of one show: who holds which, and the tickets that were sold.

use super::door::{Door, DoorRefusal, check_pass};
use super::pass::TicketPass;
use super::step::{Admission, TicketInput, TicketRefusal, TicketState, TicketStep, ticket_step};
use super::{PriceClass, Show};
use crate::{PayPlan, RefundPlan, Share};
use base::{Codec, DecodeError, Reader, Timestamp, codec_struct};
use std::collections::{BTreeMap, BTreeSet};

/// Most tickets of a show, returned ones among them: a seat can be sold again after a return.
pub const MAX_TICKETS: usize = 10_000;

/// Seats that a customer would like to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatWish {
    pub customer: u32,
    /// All of them or none.
    pub seats: Vec<u16>,
}
codec_struct!(SeatWish { customer, seats });

/// Seats that wait for their customer to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub customer: u32,
    pub seats: Vec<u16>,
    /// The first instant at which the seats are free again.
    pub until: Timestamp,
}
codec_struct!(Hold { customer, seats, until });

/// Which hold, and who says that it is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldRef {
    pub hold: u32,
    pub customer: u32,
}
codec_struct!(HoldRef { hold, customer });

/// A hold that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub hold: u32,
    /// Free again at this instant: arm a timer.
    pub until: Timestamp,
    /// What all its seats cost.
    pub plan: PayPlan,
    /// Holds that had run out and were swept away first.
    pub expired: Vec<Hold>,
}

/// A ticket, from the sale on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub customer: u32,
    pub seat: u16,
    pub plan: PayPlan,
    pub state: TicketState,
    pub admission: Option<Admission>,
}
codec_struct!(Ticket { customer, seat, plan, state, admission });

impl Ticket {
    /// Does it own its seat? A returned one does not.
    pub fn is_live(&self) -> bool {
        matches!(self.state, TicketState::Sold | TicketState::Admitted)
    }
}

/// Which ticket, and who says that it is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketRef {
    pub serial: u32,
    pub customer: u32,
}
codec_struct!(TicketRef { serial, customer });

/// What paying for a hold does; made by [`Seating::sale`], done by [`Seating::sell`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    hold: u32,
    /// With the serials that they will have.
    pub tickets: Vec<(u32, Ticket)>,
    /// All tickets together.
    pub plan: PayPlan,
}

/// What giving one ticket back does; done by [`Seating::give_back`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketRefund {
    pub serial: u32,
    pub customer: u32,
    pub plan: RefundPlan,
    to: TicketState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Free,
    Held(u32),
    Sold(u32),
}

/// The seats of one show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seating {
    show: Show,
    /// Follows from holds and tickets: it says for each seat what to look up there.
    places: Vec<Place>,
    holds: BTreeMap<u32, Hold>,
    tickets: BTreeMap<u32, Ticket>,
    next_hold: u32,
    is_called_off: bool,
}

impl Seating {
    /// All seats are free.
    pub fn new(show: Show) -> Seating {
        let places = vec![Place::Free; show.places()];
        let (holds, tickets) = (BTreeMap::new(), BTreeMap::new());
        Seating { show, places, holds, tickets, next_hold: 1, is_called_off: false }
    }

    pub fn show(&self) -> &Show {
        &self.show
    }

    pub fn ticket(&self, serial: u32) -> Option<&Ticket> {
        self.tickets.get(&serial)
    }

    /// Tickets by serial.
    pub fn tickets(&self) -> impl Iterator<Item = (u32, &Ticket)> {
        self.tickets.iter().map(|(serial, ticket)| (*serial, ticket))
    }

    /// Holds by number, those among them that have run out and were not swept away yet.
    pub fn holds(&self) -> impl Iterator<Item = (u32, &Hold)> {
        self.holds.iter().map(|(number, hold)| (*number, hold))
    }

    pub fn is_called_off(&self) -> bool {
        self.is_called_off
    }

    /// May the seat be held at this time?
    pub fn is_free(&self, seat: u16, now: Timestamp) -> bool {
        match self.places.get(usize::from(seat)) {
            Some(Place::Free) => self.show.class(seat).is_some(),
            Some(Place::Held(hold)) => self.holds.get(hold).is_none_or(|hold| hold.until <= now),
            Some(Place::Sold(_)) | None => false,
        }
    }

    /// Holds seats for a customer, all of them or none, until they are paid, released or the hold
    /// runs out; never beyond the end of the sale.
    ///
    /// Errors, in this order: `CalledOff`, `SaleEnded`, `BadWish`, `NoSuchSeat`, `TooManySeats`,
    /// `SeatTaken`, `TooManySales`. Nothing is changed then.
    pub fn hold(&mut self, wish: SeatWish, now: Timestamp) -> Result<Held, TicketRefusal> {
        let plan = self.check_wish(&wish, now)?;
        // From here it succeeds.
        let expired = self.expire(now);
        let SeatWish { customer, seats } = wish;
        let rules = self.show.rules();
        let until = now.after(rules.hold).min(rules.sale_ends);
        let hold = self.next_hold;
        self.next_hold += 1;
        self.put(&seats, Place::Held(hold));
        self.holds.insert(hold, Hold { customer, seats, until });
        Ok(Held { hold, until, plan, expired })
    }

    fn check_wish(&self, wish: &SeatWish, now: Timestamp) -> Result<PayPlan, TicketRefusal> {
        let rules = self.show.rules();
        if self.is_called_off {
            return Err(TicketRefusal::CalledOff);
        }
        if now >= rules.sale_ends {
            return Err(TicketRefusal::SaleEnded);
        }
        let once: BTreeSet<u16> = wish.seats.iter().copied().collect();
        if once.is_empty() || once.len() != wish.seats.len() {
            return Err(TicketRefusal::BadWish);
        }
        let plan = self.price(&wish.seats)?;
        if self.seats_of(wish.customer, now) + once.len() > usize::from(rules.most_per_customer) {
            return Err(TicketRefusal::TooManySeats { most: rules.most_per_customer });
        }
        if let Some(seat) = wish.seats.iter().find(|seat| !self.is_free(**seat, now)) {
            return Err(TicketRefusal::SeatTaken { seat: *seat });
        }
        // Every hold finds room for its tickets, so that a sale cannot fail for want of it.
        let live = self.holds.values().filter(|hold| hold.until > now);
        let held: usize = live.map(|hold| hold.seats.len()).sum();
        if self.tickets.len() + held + once.len() > MAX_TICKETS {
            return Err(TicketRefusal::TooManySales);
        }
        Ok(plan)
    }

    fn price(&self, seats: &[u16]) -> Result<PayPlan, TicketRefusal> {
        let currency = self.show.rules().classes[0].price.currency();
        seats.iter().try_fold(PayPlan::nothing(currency), |sum, seat| {
            let next = self.ticket_plan(*seat)?;
            Ok(sum.plus(next).expect("all seats of a show together cost an amount"))
        })
    }

    fn ticket_plan(&self, seat: u16) -> Result<PayPlan, TicketRefusal> {
        let (_, class) = self.show.class(seat).ok_or(TicketRefusal::NoSuchSeat { seat })?;
        Ok(PayPlan::within(class.price, self.show.rules().fee))
    }

    /// Seats that a customer holds at this time or has bought.
    pub fn seats_of(&self, customer: u32, now: Timestamp) -> usize {
        let is_held = |hold: &&Hold| hold.customer == customer && hold.until > now;
        let held: usize = self.holds.values().filter(is_held).map(|hold| hold.seats.len()).sum();
        let is_bought = |ticket: &&Ticket| ticket.customer == customer && ticket.is_live();
        held + self.tickets.values().filter(is_bought).count()
    }

    /// The customer gives a hold up. Error: `NoSuchHold`.
    pub fn release(&mut self, of: HoldRef) -> Result<Hold, TicketRefusal> {
        self.own_hold(of)?;
        Ok(self.drop_hold(of.hold))
    }

    /// Frees the seats of all holds that have run out, and tells whose they were.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Hold> {
        let is_over = |(number, hold): (&u32, &Hold)| (hold.until <= now).then_some(*number);
        let over: Vec<u32> = self.holds.iter().filter_map(is_over).collect();
        over.into_iter().map(|hold| self.drop_hold(hold)).collect()
    }

    /// When the next hold runs out.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.holds.values().map(|hold| hold.until).min()
    }

    /// What paying for a hold would do now. At the very instant at which a hold runs out it cannot
    /// be paid, whether or not its timer came first.
    ///
    /// Errors, in this order: `CalledOff`, `NoSuchHold`, `HoldExpired`.
    pub fn sale(&self, of: HoldRef, now: Timestamp) -> Result<Sale, TicketRefusal> {
        if self.is_called_off {
            return Err(TicketRefusal::CalledOff);
        }
        let hold = self.own_hold(of)?;
        if now >= hold.until {
            return Err(TicketRefusal::HoldExpired);
        }
        let plan = self.price(&hold.seats)?;
        let (customer, state) = (hold.customer, TicketState::Sold);
        let ticket = |seat: &u16| {
            let plan = self.ticket_plan(*seat)?;
            Ok(Ticket { customer, seat: *seat, plan, state, admission: None })
        };
        let tickets: Result<Vec<Ticket>, TicketRefusal> = hold.seats.iter().map(ticket).collect();
        Ok(Sale { hold: of.hold, tickets: (self.next_serial()..).zip(tickets?).collect(), plan })
    }

    /// Turns the hold of a sale into its tickets. The sale was made from these seats as they are.
    pub fn sell(&mut self, sale: &Sale) {
        assert!(
            self.holds.contains_key(&sale.hold),
            "a sale is done with the seats it was made of"
        );
        self.drop_hold(sale.hold);
        for (serial, ticket) in &sale.tickets {
            self.put(&[ticket.seat], Place::Sold(*serial));
            let before = self.tickets.insert(*serial, *ticket);
            assert!(before.is_none(), "a serial is given once");
        }
    }

    /// What taking a ticket back would give.
    ///
    /// Errors, in this order: `NoSuchTicket`, `CalledOff`, what the table says of its state,
    /// `NotReturnable`, `TooLateToReturn`.
    pub fn refund(&self, of: TicketRef, now: Timestamp) -> Result<TicketRefund, TicketRefusal> {
        let ticket = self.tickets.get(&of.serial).filter(|it| it.customer == of.customer);
        let ticket = ticket.ok_or(TicketRefusal::NoSuchTicket)?;
        if self.is_called_off {
            // Its whole price is on the way back.
            return Err(TicketRefusal::CalledOff);
        }
        let to = match ticket_step(ticket.state, TicketInput::Return) {
            TicketStep::To(to) => to,
            TicketStep::Refuse(refusal) => return Err(refusal),
            TicketStep::Same | TicketStep::Break => unreachable!("a return is done or refused"),
        };
        let rule = self.show.rules().returns.ok_or(TicketRefusal::NotReturnable)?;
        if now >= rule.until {
            return Err(TicketRefusal::TooLateToReturn);
        }
        let (serial, customer) = (of.serial, of.customer);
        Ok(TicketRefund { serial, customer, plan: ticket.plan.refund(rule.share), to })
    }

    /// Takes the ticket of a refund back; its seat is free again.
    pub fn give_back(&mut self, refund: &TicketRefund) {
        let ticket = self.tickets.get_mut(&refund.serial).expect("a refund is of a ticket here");
        assert!(ticket.is_live(), "a ticket is given back once");
        ticket.state = refund.to;
        let seat = ticket.seat;
        self.put(&[seat], Place::Free);
    }

    /// Calls the show off: nothing is sold or admitted any more, and holds are gone. Give back
    /// what [`Seating::refunds`] lists, at once or in parts.
    pub fn call_off(&mut self) {
        self.is_called_off = true;
        self.expire(Timestamp::MAX);
    }

    /// After [`Seating::call_off`]: all tickets whose whole price has still to go back.
    pub fn refunds(&self) -> impl Iterator<Item = TicketRefund> {
        let due = |(serial, ticket): (&u32, &Ticket)| {
            let TicketStep::To(to) = ticket_step(ticket.state, TicketInput::CallOff) else {
                return None;
            };
            let plan = ticket.plan.refund(Share::ALL);
            Some(TicketRefund { serial: *serial, customer: ticket.customer, plan, to })
        };
        self.tickets.iter().filter(|_| self.is_called_off).filter_map(due)
    }

    /// What the edge signs for this ticket. `None`: there is no such ticket.
    pub fn pass(&self, serial: u32) -> Option<TicketPass> {
        let ticket = self.tickets.get(&serial)?;
        let (class, PriceClass { door, .. }) = self.show.class(ticket.seat)?;
        let (row, number) = self.show.row_and_number(ticket.seat);
        let rules = self.show.rules();
        let (opens, closes) = (rules.doors_open, rules.doors_close);
        Some(TicketPass { show: rules.show, serial, row, number, class, door, opens, closes })
    }

    /// For the device at an entrance: a door that knows what was given back and whom this entrance
    /// let in. It is complete once the time to return tickets is over.
    pub fn door(&self, door: u8) -> Door {
        let is_returned = |(serial, ticket): (u32, &Ticket)| (!ticket.is_live()).then_some(serial);
        let is_inside = |(serial, ticket): (u32, &Ticket)| {
            ticket.admission.filter(|by| by.door == door).map(|by| (serial, by.at))
        };
        let returned = self.tickets().filter_map(is_returned).collect();
        let admitted = self.tickets().filter_map(is_inside).collect();
        Door::new((self.show.rules().show, door), returned, admitted)
    }

    /// Lets the bearer of a ticket of this show in, asked by a door with network.
    ///
    /// Errors, in this order: `CalledOff`, `NoSuchTicket`, `OtherDoor`, `TooEarly`, `TooLate`, and
    /// what the table says of the ticket's state.
    pub fn admit(&mut self, serial: u32, by: Admission) -> Result<(), DoorRefusal> {
        if self.is_called_off {
            return Err(DoorRefusal::CalledOff);
        }
        let pass = self.pass(serial).ok_or(DoorRefusal::NoSuchTicket)?;
        check_pass(&pass, (pass.show, by.door), by.at)?;
        let before = self.ticket(serial).and_then(|ticket| ticket.admission);
        match self.on_door(serial, by, TicketInput::Admit) {
            Ok(TicketStep::To(_)) => Ok(()),
            Ok(TicketStep::Refuse(TicketRefusal::AlreadyAdmitted)) => {
                Err(DoorRefusal::AlreadyAdmitted { at: before.map_or(by.at, |by| by.at) })
            }
            Ok(TicketStep::Refuse(TicketRefusal::WasReturned)) => Err(DoorRefusal::WasReturned),
            Ok(_) | Err(_) => Err(DoorRefusal::CalledOff),
        }
    }

    /// Takes down whom a door without network let in. The same report again is `Same`; `Break`
    /// means that the ticket came in elsewhere before or was given back.
    ///
    /// Error: `NoSuchTicket`.
    pub fn report(&mut self, serial: u32, by: Admission) -> Result<TicketStep, TicketRefusal> {
        if self.ticket(serial).is_some_and(|ticket| ticket.admission == Some(by)) {
            return Ok(TicketStep::Same);
        }
        self.on_door(serial, by, TicketInput::Report)
    }

    fn on_door(
        &mut self,
        serial: u32,
        by: Admission,
        on: TicketInput,
    ) -> Result<TicketStep, TicketRefusal> {
        let ticket = self.tickets.get_mut(&serial).ok_or(TicketRefusal::NoSuchTicket)?;
        let step = ticket_step(ticket.state, on);
        if let TicketStep::To(state) = step {
            *ticket = Ticket { state, admission: Some(by), ..*ticket };
        }
        Ok(step)
    }

    fn own_hold(&self, of: HoldRef) -> Result<&Hold, TicketRefusal> {
        let hold = self.holds.get(&of.hold).filter(|hold| hold.customer == of.customer);
        hold.ok_or(TicketRefusal::NoSuchHold)
    }

    fn drop_hold(&mut self, number: u32) -> Hold {
        let hold = self.holds.remove(&number).expect("the hold was found before");
        self.put(&hold.seats, Place::Free);
        hold
    }

    fn put(&mut self, seats: &[u16], place: Place) {
        for seat in seats {
            self.places[usize::from(*seat)] = place;
        }
    }

    /// Serials count from 1 on; tickets are never taken away.
    fn next_serial(&self) -> u32 {
        self.tickets.last_key_value().map_or(1, |(last, _)| last + 1)
    }

    /// Takes a seat while reading back. `None`: there is no such seat, or it is taken already.
    fn claim(&mut self, seat: u16, place: Place) -> Option<()> {
        self.show.class(seat)?;
        let at = self.places.get_mut(usize::from(seat)).filter(|at| **at == Place::Free)?;
        *at = place;
        Some(())
    }

    fn claim_all(&mut self) -> Option<()> {
        let is_serial =
            |serial: &u32| usize::try_from(*serial).is_ok_and(|it| (1..=MAX_TICKETS).contains(&it));
        let is_numbered = self.holds.keys().all(|hold| *hold < self.next_hold);
        if !is_numbered || !self.tickets.keys().all(is_serial) {
            return None;
        }
        for (number, hold) in self.holds.clone() {
            hold.seats.iter().try_for_each(|seat| self.claim(*seat, Place::Held(number)))?;
        }
        for (serial, ticket) in self.tickets.clone().into_iter().filter(|(_, it)| it.is_live()) {
            self.claim(ticket.seat, Place::Sold(serial))?;
        }
        Some(())
    }
}

/// The places are left out and made again, so that no bytes give a seat to two.
impl Codec for Seating {
    fn encode(&self, out: &mut Vec<u8>) {
        let Seating { show, places: _, holds, tickets, next_hold, is_called_off } = self;
        show.encode(out);
        holds.encode(out);
        tickets.encode(out);
        next_hold.encode(out);
        is_called_off.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let seating = Seating::new(Show::decode(input)?);
        let mut seating = Seating {
            holds: Codec::decode(input)?,
            tickets: Codec::decode(input)?,
            next_hold: Codec::decode(input)?,
            is_called_off: Codec::decode(input)?,
            ..seating
        };
        seating.claim_all().ok_or_else(|| input.expected("a seat that one has"))?;
        Ok(seating)
    }
}
