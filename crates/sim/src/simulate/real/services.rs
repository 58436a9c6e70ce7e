//! What a real wallet's customers do with service codes: donations, rides, tickets, bills.

use super::hand::{Hand, desk};
use crate::preset::text;
use base::{Span, Timestamp};
use ids::{BillId, BookingId, DonationId, NoteId, RideId};
use services::{
    AccountFormat, AmountRule, BillState, BillerRules, BoxRules, Category, CheckDigits, Fare,
    LineRules, PriceClass, ReturnRule, Share, ShowRules, Stop,
};
use wallet::command::desk::DeskAct;
use wallet::command::services::{
    AddShow, AtDoor, BillCommand, Board, CheckBill, DonationCommand, Give, HoldSeats, Leave,
    PutBox, PutLine, RideCommand, ServiceCommand, TicketCommand,
};
use wallet::{Command, Object};

/// The house, the carrier and the charity are these shops, each run by the customer of its number.
const HOUSE: u32 = 0;
const CARRIER: u32 = 0;
const CHARITY: u32 = 1;

fn service(it: ServiceCommand) -> Command {
    Command::Service(Box::new(it))
}

impl Hand<'_> {
    /// What has to be there before anybody can use it.
    pub fn services(&mut self) -> Vec<Command> {
        let (unit, currency) = (self.unit(), self.currency());
        let rules = BoxRules {
            donation_box: 0,
            charity: CHARITY,
            presets: vec![self.money(unit)],
            least: self.money(1),
            most: self.money(100 * unit),
            open_from: Timestamp::from_secs(0),
            open_until: self.now.after(Span::days(4)),
            goal: None,
            fee: Share::NONE,
        };
        let (name, once) = (text("relief"), self.once());
        let put = PutBox { by: CHARITY, number: None, name, rules, once };
        let stops = [(10, 1), (11, 1), (12, 2), (13, 3)];
        let line = LineRules {
            line: 0,
            carrier: CARRIER,
            currency,
            stops: stops.map(|(stop, zone)| Stop { stop, zone }).into(),
            fare: Fare::ZoneCount { fares_minor: vec![5 * unit, 9 * unit, 13 * unit] },
            cap: self.money(50 * unit),
            forgotten: self.money(10 * unit),
            longest: Span::minutes(10),
            refund_within: Span::hours(2),
            fee: Share::NONE,
        };
        let (name, once) = (text("a line"), self.once());
        let line = PutLine { by: CARRIER, number: None, name, rules: line, once };
        let format = AccountFormat::new("##########", CheckDigits::None);
        let biller = BillerRules {
            biller: 0,
            category: Category::Electricity,
            formats: format.into_iter().collect(),
            amounts: AmountRule::Free { least: self.money(1), most: self.money(300 * unit) },
            fee: self.money(unit / 10),
            check_good_for: Span::minutes(5),
            // Longer than any message is on its way.
            settle: Span::minutes(10),
            not_known_needed: 2,
        };
        let biller = DeskAct::AddBiller { name: text("a biller"), rules: Box::new(biller) };
        let (title, once) = (text("a film"), self.once());
        let film = TicketCommand::AddFilm { shop: HOUSE, by: HOUSE, title, once };
        vec![
            service(ServiceCommand::Donation(DonationCommand::PutBox(put))),
            service(ServiceCommand::Ride(RideCommand::PutLine(line))),
            desk("ines", biller),
            service(ServiceCommand::Ticket(film)),
        ]
    }

    /// Donations and rides.
    pub fn on_the_way(&mut self) -> Option<Command> {
        let customer = self.customer();
        let stop = u16::try_from(self.dice.between(10, 14)).expect("a few stops");
        let vehicle = u32::try_from(self.dice.below(3)).expect("a few vehicles");
        Some(match self.dice.below(8) {
            0 => {
                let (id, amount_minor, once) =
                    (self.id(DonationId::new), self.amount(40), self.once());
                let give = Give { id, customer, donation_box: 0, amount_minor, name: None, once };
                service(ServiceCommand::Donation(DonationCommand::Give(give)))
            }
            1..4 => {
                let (id, once) = (self.id(RideId::new), self.once());
                let board = Board { id, customer, line: 0, vehicle, stop, once };
                service(ServiceCommand::Ride(RideCommand::Board(board)))
            }
            4..7 => {
                let aboard = self.one(|object| match object {
                    Object::Ride(it) if it.is_under_way() => {
                        Some((it.body.customer, it.body.vehicle))
                    }
                    _ => None,
                });
                let (customer, vehicle) = aboard.unwrap_or((customer, vehicle));
                let leave = Leave { customer, line: 0, vehicle, stop, once: self.once() };
                service(ServiceCommand::Ride(RideCommand::Leave(leave)))
            }
            _ => {
                let id = self.one(|object| match object {
                    Object::Ride(it) => Some(it.id),
                    _ => None,
                })?;
                service(ServiceCommand::Ride(RideCommand::Cancel {
                    shop: CARRIER,
                    by: CARRIER,
                    id,
                }))
            }
        })
    }

    fn show(&mut self) -> TicketCommand {
        let (unit, now) = (self.unit(), self.now);
        let length = self.dice.pick(&[Span::minutes(1), Span::hours(1)]);
        let after = |times: u64| now.after(Span::from_nanos(length.nanos() * times));
        let class = |hand: &Self, units, door| PriceClass { price: hand.money(units * unit), door };
        let rules = ShowRules {
            show: 0,
            film: 0,
            house: HOUSE,
            sale_ends: after(5),
            doors_open: after(4),
            starts: after(5),
            doors_close: after(6),
            classes: vec![class(self, 20, 1), class(self, 31, 2)],
            seats_in_row: 4,
            class_of_seat: vec![0, 0, 0, ShowRules::NO_SEAT, 1, 1, 1, 1],
            hold: Span::minutes(1),
            most_per_customer: 3,
            returns: Share::new(8_000).map(|share| ReturnRule { until: after(3), share }),
            fee: Share::NONE,
        };
        TicketCommand::AddShow(AddShow { by: HOUSE, rules, once: self.once() })
    }

    /// Tickets, from the show to the door.
    pub fn at_the_cinema(&mut self) -> Option<Command> {
        let shows: Vec<u32> = self.machine.shows().map(|(number, _)| number).collect();
        let choice = self.dice.below(14);
        if shows.is_empty() || choice == 0 {
            return Some(service(ServiceCommand::Ticket(self.show())));
        }
        let show = shows[shows.len() - 1 - self.dice.index(shows.len().min(3))];
        let booking = self.one(|object| match object {
            Object::Booking(it) => {
                Some((it.id, it.customer, it.show, it.tickets.first().map(|(serial, _)| *serial)))
            }
            _ => None,
        });
        Some(service(ServiceCommand::Ticket(match choice {
            1 => TicketCommand::CallOff { shop: HOUSE, by: HOUSE, show },
            2..6 => {
                let seat = |hand: &mut Self| u16::try_from(hand.dice.below(8)).expect("a seat");
                let (id, customer, once) = (self.id(BookingId::new), self.customer(), self.once());
                let mut seats = vec![seat(self)];
                if self.dice.per_mille(400) {
                    seats.push(seat(self));
                }
                TicketCommand::Hold(HoldSeats { id, customer, show, seats, once })
            }
            6..10 => {
                let (id, customer, ..) = booking?;
                TicketCommand::Pay { customer, id }
            }
            10 => {
                let (id, customer, ..) = booking?;
                TicketCommand::Release { customer, id }
            }
            11 => {
                let (id, customer, _, serial) = booking?;
                TicketCommand::Return { customer, id, serial: serial? }
            }
            _ => {
                let (.., show, serial) = booking?;
                let door = if self.dice.per_mille(500) { 1 } else { 2 };
                let at = AtDoor { shop: HOUSE, by: HOUSE, show, door };
                match self.dice.per_mille(600) {
                    true => TicketCommand::Admit { at, serial: serial?, once: self.once() },
                    false => TicketCommand::Report { at, admitted: vec![(serial?, self.now)] },
                }
            }
        })))
    }

    /// Bills.
    pub fn with_bills(&mut self) -> Option<Command> {
        let customer = self.customer();
        if self.dice.per_mille(450) {
            let due = self.amount(100);
            let due_minor = self.dice.per_mille(500).then_some(due);
            let (id, once) = (self.id(BillId::new), self.once());
            let account = NoteId::from_u128(3);
            let check = CheckBill { id, customer, biller: 0, account, due_minor, once };
            return Some(service(ServiceCommand::Bill(BillCommand::Check(check))));
        }
        if self.dice.per_mille(150) {
            let owed = self.machine.biller_payable(0);
            let amount_minor = self.dice.between(1, owed.max(1));
            *self.drawn += 1;
            let reference = text(&format!("b{}", self.drawn));
            return Some(desk(
                "omar",
                DeskAct::SettleBiller { reference, biller: 0, amount_minor },
            ));
        }
        let (id, customer, due) = self.one(|object| match object {
            Object::Bill(it) if it.body.state == BillState::Checked => {
                Some((it.id, it.body.customer, it.body.due))
            }
            _ => None,
        })?;
        let amount = self.amount(100);
        let amount_minor = due.map_or(amount, |due| due.minor());
        let once = self.once();
        Some(service(ServiceCommand::Bill(BillCommand::Pay { customer, id, amount_minor, once })))
    }
}
