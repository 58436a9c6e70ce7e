//! Seats and doors by example: races, deadlines, refusals by name.

use super::*;
use crate::{RuleFault, Share};
use base::{Codec, Span, Timestamp, decode_all, encode};
use money::{Currency, Money};

pub fn hkd(minor: u64) -> Money {
    Money::new(minor, Currency::from_code("HKD").unwrap()).unwrap()
}

pub fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

/// Two rows of four; the last place of the first row is a pillar. Holds last 300 s.
pub fn rules() -> ShowRules {
    ShowRules {
        show: 6,
        film: 2,
        house: 80,
        sale_ends: at(9_000),
        doors_open: at(8_000),
        starts: at(10_000),
        doors_close: at(11_000),
        classes: vec![
            PriceClass { price: hkd(9_000), door: 1 },
            PriceClass { price: hkd(12_001), door: 2 },
        ],
        seats_in_row: 4,
        class_of_seat: vec![0, 0, 0, ShowRules::NO_SEAT, 1, 1, 1, 1],
        hold: Span::secs(300),
        most_per_customer: 3,
        returns: Some(ReturnRule { until: at(7_000), share: Share::new(8_000).unwrap() }),
        fee: Share::new(150).unwrap(),
    }
}

pub fn seating() -> Seating {
    Seating::new(Show::new(rules()).unwrap())
}

fn wish(customer: u32, seats: &[u16]) -> SeatWish {
    SeatWish { customer, seats: seats.to_vec() }
}

fn buy(seating: &mut Seating, customer: u32, seats: &[u16], secs: u64) -> Vec<u32> {
    let held = seating.hold(wish(customer, seats), at(secs)).unwrap();
    let sale = seating.sale(HoldRef { hold: held.hold, customer }, at(secs)).unwrap();
    seating.sell(&sale);
    sale.tickets.iter().map(|(serial, _)| *serial).collect()
}

fn survives<T: Codec + PartialEq + std::fmt::Debug>(value: &T) {
    assert_eq!(decode_all::<T>(&encode(value)).as_ref(), Ok(value));
}

#[test]
fn a_wrong_rule_is_named() {
    type Edit = fn(&mut ShowRules);
    let cases: [(&str, Edit); 14] = [
        ("hold", |r| r.hold = Span::secs(0)),
        ("hold", |r| r.hold = Span::hours(2)),
        ("doors_close", |r| r.doors_close = r.doors_open),
        ("starts", |r| r.starts = at(7_999)),
        ("sale_ends", |r| r.sale_ends = at(11_001)),
        ("returns", |r| r.returns = Some(ReturnRule { until: at(8_001), share: Share::ALL })),
        ("classes", |r| r.classes.clear()),
        ("classes", |r| r.classes[0].price = hkd(0)),
        ("classes", |r| r.classes[0].price = Money::zero(Currency::from_code("KRW").unwrap())),
        ("class_of_seat", |r| r.class_of_seat.clear()),
        ("class_of_seat", |r| r.class_of_seat = vec![0; 2_004]),
        ("class_of_seat", |r| r.class_of_seat[0] = 2),
        ("seats_in_row", |r| r.seats_in_row = 3),
        ("most_per_customer", |r| r.most_per_customer = 0),
    ];
    for (field, edit) in cases {
        let mut wrong = rules();
        edit(&mut wrong);
        let fault: RuleFault = Show::new(wrong.clone()).unwrap_err();
        assert_eq!(fault.field, field, "{fault}");
        assert!(decode_all::<Show>(&encode(&wrong)).is_err(), "{field}");
    }
    survives(&Show::new(rules()).unwrap());
}

#[test]
fn of_two_customers_the_first_in_order_has_the_seat() {
    for (first, second) in [(1, 2), (2, 1)] {
        let mut it = seating();
        let held = it.hold(wish(first, &[4, 5]), at(10)).unwrap();
        let before = it.clone();
        let lost = it.hold(wish(second, &[6, 5]), at(10));
        assert_eq!(lost, Err(TicketRefusal::SeatTaken { seat: 5 }));
        assert_eq!(it, before, "a refusal changes nothing: seat 6 is not held");
        let stolen = it.sale(HoldRef { hold: held.hold, customer: second }, at(11));
        assert_eq!(stolen, Err(TicketRefusal::NoSuchHold));
        let own = HoldRef { hold: held.hold, customer: first };
        let sale = it.sale(own, at(11)).unwrap();
        assert_eq!(sale.plan, held.plan);
        assert_eq!((sale.plan.total(), sale.plan.fee()), (hkd(24_002), hkd(360)));
        it.sell(&sale);
        assert_eq!(it.sale(own, at(12)), Err(TicketRefusal::NoSuchHold));
        survives(&it);
    }
}

#[test]
fn wishes_are_refused_by_name() {
    let mut it = seating();
    let cases = [
        (wish(1, &[]), 10, TicketRefusal::BadWish),
        (wish(1, &[4, 4]), 10, TicketRefusal::BadWish),
        (wish(1, &[3]), 10, TicketRefusal::NoSuchSeat { seat: 3 }),
        (wish(1, &[8]), 10, TicketRefusal::NoSuchSeat { seat: 8 }),
        (wish(1, &[0, 1, 2, 4]), 10, TicketRefusal::TooManySeats { most: 3 }),
        (wish(1, &[0]), 9_000, TicketRefusal::SaleEnded),
    ];
    for (wish, secs, refusal) in cases {
        assert_eq!(it.hold(wish.clone(), at(secs)), Err(refusal), "{wish:?}");
    }
    // Held and bought seats count together, and only as long as they are held.
    buy(&mut it, 1, &[0, 1], 10);
    it.hold(wish(1, &[2]), at(20)).unwrap();
    assert_eq!(it.hold(wish(1, &[4]), at(21)), Err(TicketRefusal::TooManySeats { most: 3 }));
    assert!(it.hold(wish(1, &[4]), at(320)).is_ok());
}

#[test]
fn a_hold_ends_at_its_instant_whichever_record_comes_first() {
    let mut by_timer = seating();
    let held = by_timer.hold(wish(1, &[4]), at(10)).unwrap();
    assert_eq!((held.until, by_timer.next_expiry()), (at(310), Some(at(310))));
    let own = HoldRef { hold: held.hold, customer: 1 };
    let mut lazily = by_timer.clone();
    assert!(lazily.sale(own, at(309)).is_ok());
    assert_eq!(lazily.sale(own, at(310)), Err(TicketRefusal::HoldExpired));
    assert!(!lazily.is_free(4, at(309)) && lazily.is_free(4, at(310)));
    assert_eq!(by_timer.expire(at(309)), []);
    assert_eq!(by_timer.expire(at(310)).len(), 1);
    assert_eq!(by_timer.sale(own, at(310)), Err(TicketRefusal::NoSuchHold));
    // The next customer gets the seat at that instant in both orders.
    assert_eq!(by_timer.hold(wish(2, &[4]), at(310)).unwrap().expired.len(), 0);
    assert_eq!(lazily.hold(wish(2, &[4]), at(310)).unwrap().expired.len(), 1);
    assert_eq!(by_timer, lazily);
}

#[test]
fn a_hold_never_outlives_the_sale() {
    let mut it = seating();
    let held = it.hold(wish(1, &[4]), at(8_999)).unwrap();
    assert_eq!(held.until, at(9_000));
}

#[test]
fn a_returned_ticket_gives_its_share_and_its_seat() {
    let mut it = seating();
    let serials = buy(&mut it, 1, &[4, 5], 10);
    let own = TicketRef { serial: serials[0], customer: 1 };
    let other = TicketRef { customer: 2, ..own };
    assert_eq!(it.refund(other, at(20)), Err(TicketRefusal::NoSuchTicket));
    assert_eq!(it.refund(own, at(7_000)), Err(TicketRefusal::TooLateToReturn));
    let back = it.refund(own, at(6_999)).unwrap();
    // 80 % of 120.01, and 80 % of the fee of 1.80.
    assert_eq!((back.plan.to_customer(), back.plan.from_fee()), (hkd(9_600), hkd(143)));
    it.give_back(&back);
    assert_eq!(it.refund(own, at(20)), Err(TicketRefusal::WasReturned));
    let again = buy(&mut it, 2, &[4], 30);
    assert_ne!(again[0], serials[0], "a seat that is sold again has a new serial");
    let none = Show::new(ShowRules { returns: None, ..rules() }).unwrap();
    let mut none = Seating::new(none);
    let serial = buy(&mut none, 1, &[4], 10)[0];
    let refused = none.refund(TicketRef { serial, customer: 1 }, at(20));
    assert_eq!(refused, Err(TicketRefusal::NotReturnable));
}

#[test]
fn a_show_that_is_called_off_gives_everything_back_once() {
    let mut it = seating();
    let serials = buy(&mut it, 1, &[4, 5], 10);
    buy(&mut it, 2, &[0], 10);
    let back = it.refund(TicketRef { serial: serials[0], customer: 1 }, at(20)).unwrap();
    it.give_back(&back);
    it.hold(wish(3, &[6]), at(30)).unwrap();
    assert_eq!(it.refunds().count(), 0);
    it.call_off();
    assert_eq!(it.next_expiry(), None);
    assert_eq!(it.hold(wish(3, &[6]), at(31)), Err(TicketRefusal::CalledOff));
    let own = TicketRef { serial: serials[1], customer: 1 };
    assert_eq!(it.refund(own, at(31)), Err(TicketRefusal::CalledOff));
    let due: Vec<TicketRefund> = it.refunds().collect();
    let amounts: Vec<Money> = due.iter().map(|refund| refund.plan.to_customer()).collect();
    assert_eq!(amounts, [hkd(12_001), hkd(9_000)]);
    it.give_back(&due[0]);
    assert_eq!(it.refunds().count(), 1);
    survives(&it);
    it.give_back(&due[1]);
    assert_eq!(it.refunds().count(), 0);
    let by = Admission { door: 2, at: at(8_500) };
    assert_eq!(it.admit(serials[1], by), Err(DoorRefusal::CalledOff));
}

#[test]
fn a_door_without_network_admits_once() {
    let mut it = seating();
    let serials = buy(&mut it, 1, &[4, 5, 0], 10);
    let back = it.refund(TicketRef { serial: serials[1], customer: 1 }, at(20)).unwrap();
    let [good, returned, other] = [0, 1, 2].map(|n| it.pass(serials[n]).unwrap());
    it.give_back(&back);
    let mut door = it.door(2);
    let foreign = TicketPass { show: 7, ..good };
    let cases = [
        (foreign, 8_500, Err(DoorRefusal::OtherShow { show: 7 })),
        (other, 8_500, Err(DoorRefusal::OtherDoor { door: 1 })),
        (good, 7_999, Err(DoorRefusal::TooEarly { opens: at(8_000) })),
        (good, 11_000, Err(DoorRefusal::TooLate)),
        (returned, 8_500, Err(DoorRefusal::WasReturned)),
        (good, 8_000, Ok(())),
        (good, 8_600, Err(DoorRefusal::AlreadyAdmitted { at: at(8_000) })),
    ];
    for (pass, secs, expect) in cases {
        assert_eq!(door.admit(&pass, at(secs)), expect, "{pass:?} at {secs}");
    }
    survives(&door);
    // The report may come twice; another door's report of the same ticket is a break.
    let report: Vec<(u32, Timestamp)> = door.admitted().collect();
    assert_eq!(report, [(serials[0], at(8_000))]);
    let by = Admission { door: 2, at: at(8_000) };
    assert_eq!(it.report(serials[0], by), Ok(TicketStep::To(TicketState::Admitted)));
    assert_eq!(it.report(serials[0], by), Ok(TicketStep::Same));
    let twice = Admission { door: 3, ..by };
    assert_eq!(it.report(serials[0], twice), Ok(TicketStep::Break));
    assert_eq!(it.report(serials[1], by), Ok(TicketStep::Break));
    assert_eq!(it.report(99, by), Err(TicketRefusal::NoSuchTicket));
    // A new device at the entrance knows whom the old one let in.
    let known = it.door(2).admit(&good, at(8_700));
    assert_eq!(known, Err(DoorRefusal::AlreadyAdmitted { at: at(8_000) }));
}

#[test]
fn a_door_with_network_admits_once() {
    let mut it = seating();
    let serials = buy(&mut it, 1, &[4, 0], 10);
    let by = |door, secs| Admission { door, at: at(secs) };
    let cases = [
        (99, by(2, 8_500), Err(DoorRefusal::NoSuchTicket)),
        (serials[0], by(1, 8_500), Err(DoorRefusal::OtherDoor { door: 2 })),
        (serials[0], by(2, 7_999), Err(DoorRefusal::TooEarly { opens: at(8_000) })),
        (serials[0], by(2, 11_000), Err(DoorRefusal::TooLate)),
        (serials[0], by(2, 8_500), Ok(())),
        (serials[0], by(2, 8_501), Err(DoorRefusal::AlreadyAdmitted { at: at(8_500) })),
    ];
    for (serial, by, expect) in cases {
        assert_eq!(it.admit(serial, by), expect, "{serial} {by:?}");
    }
    let inside = TicketRef { serial: serials[0], customer: 1 };
    assert_eq!(it.refund(inside, at(20)), Err(TicketRefusal::AlreadyAdmitted));
    it.call_off();
    assert_eq!(it.refunds().count(), 2, "who is inside gets the money back too");
}

#[test]
fn the_signed_bytes_are_frozen() {
    let mut it = seating();
    let serial = buy(&mut it, 1, &[6], 10)[0];
    let pass = it.pass(serial).unwrap();
    let bytes = pass.to_bytes();
    let (label, fields) = bytes.split_at(14);
    assert_eq!(label, b"DHOW TICKET 1\n");
    let hex: String = fields.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "000000060000000100020003010200000746a528800000000a012317b000");
    assert_eq!(TicketPass::from_bytes(&bytes), Ok(pass));
    assert_eq!(TicketPass::from_bytes(&bytes[1..]), Err(PassError::Length { found: 43 }));
    let mut wrong = bytes;
    wrong[0] = b'd';
    assert_eq!(TicketPass::from_bytes(&wrong), Err(PassError::Label));
    let code = TicketCode { pass, signature: [0xA5; 64] };
    assert_eq!(code.to_string().parse(), Ok(code));
    let lower = code.to_string().replace('A', "a");
    assert_eq!(lower.parse::<TicketCode>(), Err(PassError::Text));
    for text in ["", "DHT1/", "DHT2/00", "DHT1/é", &"DHT1/0".repeat(80)] {
        assert!(text.parse::<TicketCode>().is_err(), "{text}");
    }
}

#[test]
fn damage_gives_no_seat_to_two() {
    let mut it = seating();
    buy(&mut it, 1, &[4], 10);
    let mut bytes = encode(it.show());
    let hold = Hold { customer: 2, seats: vec![4], until: at(310) };
    encode(&std::collections::BTreeMap::from([(1u32, hold)])).iter().for_each(|b| bytes.push(*b));
    let tickets: std::collections::BTreeMap<u32, Ticket> =
        it.tickets().map(|(serial, ticket)| (serial, *ticket)).collect();
    tickets.encode(&mut bytes);
    (2u32, false).encode(&mut bytes);
    let error = decode_all::<Seating>(&bytes).unwrap_err();
    assert_eq!(error.expected, "a seat that one has");
}
