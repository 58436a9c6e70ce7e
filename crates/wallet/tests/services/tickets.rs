//! Tickets.

use crate::support::{Bare, text};
use crate::{all_refused, php, switch_off, ticket};
use base::{Machine, ResultCode, Span, Timestamp};
use dhow_wallet::chart::FEES;
use dhow_wallet::command::services::{AddShow, AtDoor, HoldSeats, TicketCommand};
use dhow_wallet::command::shops::ShopCommand;
use dhow_wallet::objects::{Booking, BookingState};
use dhow_wallet::{Command, Object, SHOW_KEPT_FOR, SeatState};
use ids::BookingId;
use services::{PriceClass, ReturnRule, Share, ShowRules, TicketPass, TicketState};

/// Two rows of four, the last place of the first row is a pillar; 2,000 in front, 3,001 behind.
pub fn rules(now: Timestamp, house: u32, film: u32) -> ShowRules {
    ShowRules {
        show: 77,
        film,
        house,
        sale_ends: now.after(Span::hours(5)),
        doors_open: now.after(Span::hours(4)),
        starts: now.after(Span::hours(5)),
        doors_close: now.after(Span::hours(6)),
        classes: vec![
            PriceClass { price: php(2_000), door: 1 },
            PriceClass { price: php(3_001), door: 2 },
        ],
        seats_in_row: 4,
        class_of_seat: vec![0, 0, 0, ShowRules::NO_SEAT, 1, 1, 1, 1],
        hold: Span::minutes(5),
        most_per_customer: 3,
        returns: Some(ReturnRule {
            until: now.after(Span::hours(3)),
            share: Share::new(8_000).unwrap(),
        }),
        fee: Share::ALL,
    }
}

/// A cinema with one show.
pub struct House {
    pub owner: u32,
    pub shop: u32,
    pub film: u32,
    pub show: u32,
}

pub fn house(bare: &mut Bare) -> House {
    let owner = bare.customer(1);
    let shop = bare.open_shop(owner);
    let (title, once) = (text("Himala"), bare.once());
    let film = bare.number(ticket(TicketCommand::AddFilm { shop, by: owner, title, once }));
    let rules = rules(bare.now, shop, film);
    let command = add(bare, owner, rules);
    let show = bare.number(command.clone());
    assert_eq!(bare.number(command), show, "asked twice, made once");
    House { owner, shop, film, show }
}

fn add(bare: &mut Bare, by: u32, rules: ShowRules) -> Command {
    let once = bare.once();
    ticket(TicketCommand::AddShow(AddShow { by, rules, once }))
}

pub fn hold(bare: &mut Bare, customer: u32, show: u32, seats: &[u16]) -> Command {
    let (id, once) = (bare.id(BookingId::new), bare.once());
    let seats = seats.to_vec();
    ticket(TicketCommand::Hold(HoldSeats { id, customer, show, seats, once }))
}

pub fn pay(customer: u32, id: BookingId) -> Command {
    ticket(TicketCommand::Pay { customer, id })
}

pub fn give_back(customer: u32, id: BookingId, serial: u32) -> Command {
    ticket(TicketCommand::Return { customer, id, serial })
}

fn admit(bare: &mut Bare, it: &House, door: u8, serial: u32) -> Command {
    let at = AtDoor { shop: it.shop, by: it.owner, show: it.show, door };
    let once = bare.once();
    ticket(TicketCommand::Admit { at, serial, once })
}

fn call_off(it: &House) -> Command {
    ticket(TicketCommand::CallOff { shop: it.shop, by: it.owner, show: it.show })
}

pub fn booked(object: Object) -> Booking {
    match object {
        Object::Booking(it) => it.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

fn held(bare: &mut Bare, customer: u32, it: &House, seats: &[u16]) -> BookingId {
    let command = hold(bare, customer, it.show, seats);
    booked(bare.made(command)).id
}

fn bought(bare: &mut Bare, customer: u32, it: &House, seats: &[u16]) -> Booking {
    let id = held(bare, customer, it, seats);
    booked(bare.made(pay(customer, id)))
}

fn pay_out(bare: &mut Bare, it: &House, amount_minor: u64) -> Command {
    let once = bare.once();
    Command::Shop(ShopCommand::PayOut { shop: it.shop, by: it.owner, amount_minor, once })
}

#[test]
fn seats_are_held_then_paid_then_admitted_once() {
    let mut bare = Bare::new();
    let it = house(&mut bare);
    let customer = bare.rich(20_000);
    assert_eq!(bare.machine.shows_of(it.film, bare.now).len(), 1);
    let command = hold(&mut bare, customer, it.show, &[2, 4]);
    let booking = booked(bare.made(command.clone()));
    assert_eq!(booked(bare.repeated(command)), booking);
    assert_eq!(booking.plan.total(), php(5_001));
    assert_eq!(bare.balance(customer), 20_000, "a hold takes no money");
    assert_eq!(bare.machine.in_services(None).seats, 2);
    let states = |bare: &Bare| -> Vec<SeatState> {
        let seats = bare.machine.seats_of_show(it.show, bare.now).unwrap();
        seats.iter().map(|seat| seat.state).collect()
    };
    let (free, taken) = (SeatState::Free, SeatState::Held);
    assert_eq!(states(&bare), [free, free, taken, taken, free, free, free]);

    let paid = booked(bare.made(pay(customer, booking.id)));
    assert_eq!(booked(bare.repeated(pay(customer, booking.id))), paid);
    let serials: Vec<u32> = paid.good_tickets().collect();
    assert_eq!(serials, [1, 2]);
    // 1.5 % of each ticket is the wallet's, rounded down: 30 and 45.
    assert_eq!((bare.balance(customer), bare.machine.shop_balance(it.shop)), (14_999, 4_926));
    assert_eq!((bare.own(FEES), bare.spent(customer).0), (75, 5_001));
    let sold = SeatState::Sold;
    assert_eq!(states(&bare), [free, free, sold, sold, free, free, free]);

    let pass = bare.machine.ticket_pass(customer, it.show, 2).unwrap();
    assert_eq!((pass.row, pass.number, pass.door), (2, 1, 2));
    assert_eq!(TicketPass::from_bytes(&pass.to_bytes()), Ok(pass));
    assert_eq!(bare.machine.ticket_pass(customer + 1, it.show, 2), None);
    let early = admit(&mut bare, &it, 2, 2);
    assert_eq!(bare.refused(early), ResultCode::OrderStatusInvalid);
    bare.pass(Span::hours(4));
    let good = admit(&mut bare, &it, 2, 2);
    let inside = booked(bare.made(good.clone()));
    assert_eq!(inside.ticket(2).unwrap().state, TicketState::Admitted);
    bare.repeated(good);
    let cases = [
        (admit(&mut bare, &it, 2, 2), ResultCode::ExpiredCode),
        (admit(&mut bare, &it, 2, 1), ResultCode::InvalidCode),
        (admit(&mut bare, &it, 2, 9), ResultCode::InvalidCode),
    ];
    all_refused(&mut bare, cases);
    // Days later the show is forgotten, and the booking still says everything.
    bare.pass(SHOW_KEPT_FOR);
    bare.pass(Span::hours(2));
    assert_eq!(bare.machine.shows().count(), 0);
    assert_eq!(booked(bare.object(booking.id.as_u128())), inside);
    let late = admit(&mut bare, &it, 1, 1);
    assert_eq!(bare.refused(late), ResultCode::OrderNotExist);
}

#[test]
fn a_hold_that_runs_out_frees_its_seats() {
    let mut bare = Bare::new();
    let it = house(&mut bare);
    let [one, two] = [(); 2].map(|()| bare.rich(20_000));
    let first = held(&mut bare, one, &it, &[4]);
    let taken = hold(&mut bare, two, it.show, &[5, 4]);
    assert_eq!(bare.refused(taken), ResultCode::OrderStatusInvalid);
    // Its time is over, but no timer has fired: it cannot be paid, and another one gets the seat.
    bare.pass_asleep(Span::minutes(5));
    assert_eq!(bare.refused(pay(one, first)), ResultCode::OrderIsClosed);
    let second = held(&mut bare, two, &it, &[5, 4]);
    bare.tick();
    assert_eq!(booked(bare.object(first.as_u128())).state, BookingState::Expired);
    assert_eq!(bare.refused(pay(one, first)), ResultCode::OrderIsClosed);
    bare.made(ticket(TicketCommand::Release { customer: two, id: second }));
    bare.repeated(ticket(TicketCommand::Release { customer: two, id: second }));
    let third = bought(&mut bare, one, &it, &[4]);
    let release = ticket(TicketCommand::Release { customer: one, id: third.id });
    assert_eq!(bare.refused(release), ResultCode::OrderStatusInvalid);
    // A hold that cannot be paid for stays a hold.
    let poor = bare.customer(1);
    let unpaid = held(&mut bare, poor, &it, &[6]);
    assert_eq!(bare.refused(pay(poor, unpaid)), ResultCode::UserBalanceNotEnough);
    let release = ticket(TicketCommand::Release { customer: two, id: unpaid });
    assert_eq!(bare.refused(release), ResultCode::OrderNotExist);
    bare.pass(Span::minutes(5));
    assert_eq!(booked(bare.object(unpaid.as_u128())).state, BookingState::Expired);
}

#[test]
fn a_returned_ticket_gives_its_share_once() {
    let mut bare = Bare::new();
    let it = house(&mut bare);
    let customer = bare.rich(20_000);
    let booking = bought(&mut bare, customer, &it, &[4, 5]);
    let command = pay_out(&mut bare, &it, 5_000);
    bare.made(command);
    assert_eq!(
        bare.refused(give_back(customer, booking.id, 1)),
        ResultCode::UserBalanceNotEnough,
        "a house gives back what it has"
    );
    let more = bare.rich(20_000);
    bought(&mut bare, more, &it, &[6]);
    let after = booked(bare.made(give_back(customer, booking.id, 1)));
    // 80 % of 3,001, of which 35 come from the fee of 45.
    assert_eq!(after.back_minor, 2_400);
    assert_eq!(booked(bare.repeated(give_back(customer, booking.id, 1))), after);
    assert_eq!(bare.balance(customer), 20_000 - 6_002 + 2_400);
    assert_eq!((bare.own(FEES), bare.spent(customer).0), (45 + 45 + 45 - 35, 3_602));
    assert_eq!(bare.machine.ticket_pass(customer, it.show, 1), None);
    let other = bare.rich(20_000);
    let cases = [
        (give_back(other, booking.id, 2), ResultCode::OrderNotExist),
        (give_back(customer, booking.id, 3), ResultCode::OrderNotExist),
    ];
    all_refused(&mut bare, cases);
    bought(&mut bare, other, &it, &[4]);
    bare.pass(Span::hours(3));
    assert_eq!(bare.refused(give_back(customer, booking.id, 2)), ResultCode::RefundWindowExceed);
}

#[test]
fn a_show_that_is_called_off_pays_everybody_back_once() {
    let mut bare = Bare::new();
    let it = house(&mut bare);
    let [one, two, three] = [(); 3].map(|()| bare.rich(20_000));
    let first = bought(&mut bare, one, &it, &[4, 5]);
    bare.made(give_back(one, first.id, 1));
    let second = bought(&mut bare, two, &it, &[0, 1]);
    let waits = held(&mut bare, three, &it, &[6]);
    let takings = bare.machine.shop_balance(it.shop);
    let command = pay_out(&mut bare, &it, takings - 3_500);
    bare.made(command);

    let other = ticket(TicketCommand::CallOff { shop: it.shop, by: one, show: it.show });
    assert_eq!(bare.refused(other), ResultCode::MerchantNotRegistered);
    bare.done(call_off(&it));
    bare.done(call_off(&it));
    let rest = pay_out(&mut bare, &it, 1);
    assert_eq!(bare.refused(rest), ResultCode::UserBalanceNotEnough, "it is owed to customers");
    bare.tick();
    // 3,001 is given; of the next booking nothing is, and somebody is told.
    assert_eq!(bare.breaks(), 1);
    assert_eq!((bare.balance(one), bare.balance(two)), (20_000 - 3_001 + 2_400, 16_000));
    let taken = [
        (pay(three, waits), ResultCode::OrderIsClosed),
        (hold(&mut bare, one, it.show, &[2]), ResultCode::OrderIsClosed),
        (give_back(two, second.id, 3), ResultCode::OrderIsClosed),
    ];
    all_refused(&mut bare, taken);
    let money = bare.rich(50_000);
    let command = bare.pay_shop(money, it.shop, 1_970);
    bare.made(command);
    bare.pass(Span::hours(1));
    assert_eq!(bare.balance(two), 18_000, "as far as the money goes, ticket by ticket");
    let command = bare.pay_shop(money, it.shop, 40_000);
    bare.made(command);
    bare.pass(Span::hours(1));
    assert_eq!(bare.balance(two), 20_000);
    bare.pass(Span::days(9));
    assert_eq!((bare.balance(one), bare.balance(two)), (20_000 - 601, 20_000));
    // Of the ticket that was given back before the wallet keeps its part of the fee.
    assert_eq!((bare.own(FEES), bare.machine.shows().count()), (10, 0));
    assert_eq!(booked(bare.object(waits.as_u128())).state, BookingState::CalledOff);
    let back = booked(bare.object(second.id.as_u128()));
    assert!(back.tickets.iter().all(|(_, it)| it.state == TicketState::Refunded));
    assert_eq!(back.back_minor, 4_000);
}

#[test]
fn a_full_house_is_paid_back_in_pieces() {
    let mut bare = Bare::new();
    let it = house(&mut bare);
    let places = 400_u16;
    let big = ShowRules {
        classes: vec![PriceClass { price: php(100), door: 1 }],
        seats_in_row: 20,
        class_of_seat: vec![0; usize::from(places)],
        most_per_customer: 30,
        ..rules(bare.now, it.shop, it.film)
    };
    let command = add(&mut bare, it.owner, big);
    let it = House { show: bare.number(command), ..it };
    let mut customers = Vec::new();
    for from in (0..places).step_by(30) {
        let customer = bare.rich(20_000);
        let seats: Vec<u16> = (from..places.min(from + 30)).collect();
        bought(&mut bare, customer, &it, &seats);
        customers.push(customer);
    }
    bare.done(call_off(&it));
    let mut ticks = 0;
    while customers.iter().any(|customer| bare.balance(*customer) < 20_000) {
        bare.now = bare.machine.next_timer().unwrap();
        bare.tick();
        ticks += 1;
    }
    assert_eq!(ticks, 4, "400 tickets, 120 at once: a booking is paid back as a whole");
    assert_eq!((bare.machine.shop_balance(it.shop), bare.own(FEES)), (0, 0));
}

#[test]
fn a_door_without_network_reports_later() {
    let mut bare = Bare::new();
    let it = house(&mut bare);
    let customer = bare.rich(20_000);
    let booking = bought(&mut bare, customer, &it, &[0, 1, 2]);
    bare.made(give_back(customer, booking.id, 3));
    bare.pass(Span::hours(4));
    let mut door = bare.machine.door_of(it.show, 1).unwrap();
    let pass = bare.machine.ticket_pass(customer, it.show, 1).unwrap();
    door.admit(&pass, bare.now).unwrap();
    assert!(door.admit(&pass, bare.now).is_err());
    let at = AtDoor { shop: it.shop, by: it.owner, show: it.show, door: 1 };
    let report = |admitted: Vec<_>| ticket(TicketCommand::Report { at, admitted });
    let first = report(door.admitted().collect());
    bare.done(first.clone());
    let inside = booked(bare.object(booking.id.as_u128()));
    let states = [1, 2, 3].map(|serial| inside.ticket(serial).unwrap().state);
    use TicketState::{Admitted, Returned, Sold};
    assert_eq!(states, [Admitted, Sold, Returned]);
    bare.done(first);
    assert_eq!((bare.breaks(), bare.events.len()), (0, 0), "the same report again is nothing");
    // Another time for the same ticket, and a ticket that was given back: somebody must look.
    bare.done(report(vec![(1, bare.now.after(Span::secs(1))), (2, bare.now), (3, bare.now)]));
    assert_eq!(bare.breaks(), 1);
    let unknown = report(vec![(1, bare.now), (9, bare.now)]);
    assert_eq!(bare.refused(unknown), ResultCode::OrderNotExist);
    let foreign = AtDoor { by: customer, ..at };
    let foreign = ticket(TicketCommand::Report { at: foreign, admitted: vec![] });
    assert_eq!(bare.refused(foreign), ResultCode::MerchantNotRegistered);
}

#[test]
fn shows_are_refused_in_order() {
    let mut bare = Bare::new();
    let it = house(&mut bare);
    let customer = bare.rich(20_000);
    let good = rules(bare.now, it.shop, it.film);
    let other = house(&mut bare);
    let cases = [
        (add(&mut bare, customer, good.clone()), ResultCode::MerchantNotRegistered),
        (
            add(&mut bare, it.owner, ShowRules { film: other.film, ..good.clone() }),
            ResultCode::OrderNotExist,
        ),
        (
            add(&mut bare, it.owner, ShowRules { sale_ends: beginning(&good), ..good.clone() }),
            ResultCode::ParamIllegal,
        ),
        (
            add(&mut bare, it.owner, ShowRules { classes: vec![], ..good.clone() }),
            ResultCode::ParamIllegal,
        ),
        (hold(&mut bare, customer, 99, &[0]), ResultCode::OrderNotExist),
        (hold(&mut bare, it.owner, it.show, &[0]), ResultCode::RiskReject),
        (hold(&mut bare, customer, it.show, &[]), ResultCode::ParamIllegal),
        (hold(&mut bare, customer, it.show, &[3]), ResultCode::ParamIllegal),
        (hold(&mut bare, customer, it.show, &[0, 1, 2, 4]), ResultCode::PaymentCountExceedLimit),
    ];
    all_refused(&mut bare, cases);
    let held = held(&mut bare, customer, &it, &[0]);
    let is_open = false;
    bare.done(Command::Shop(ShopCommand::SetOpen { shop: it.shop, by: it.owner, is_open }));
    assert_eq!(bare.refused(pay(customer, held)), ResultCode::BusinessNotSupport);
    switch_off(&mut bare);
    let off = hold(&mut bare, customer, other.show, &[0]);
    assert_eq!(bare.refused(off), ResultCode::BusinessNotSupport);
}

/// Five hours before the sale ends: the beginning of the test.
fn beginning(good: &ShowRules) -> Timestamp {
    good.sale_ends.before(Span::hours(5))
}
