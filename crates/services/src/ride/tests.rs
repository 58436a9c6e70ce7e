//! Fares by hand, refusals by name, and one fare for every ride in any order of scans.

use super::*;
use base::{decode_all, encode};
use money::Currency;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};

fn thb(minor: u64) -> Money {
    Money::new(minor, Currency::from_code("THB").unwrap()).unwrap()
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

/// Five stops 11 to 15 in zones 1, 1, 2, 3, 3.
fn rules(fare: Fare) -> LineRules {
    let zones = [1, 1, 2, 3, 3];
    LineRules {
        line: 8,
        carrier: 70,
        currency: thb(0).currency(),
        stops: (11..).zip(zones).map(|(stop, zone)| Stop { stop, zone }).collect(),
        fare,
        cap: thb(6_000),
        forgotten: thb(4_500),
        longest: Span::hours(3),
        refund_within: Span::days(7),
        fee: Share::new(100).unwrap(),
    }
}

fn distance() -> Fare {
    let rate = DistanceRate { base_minor: 1_000, base_m: 2_000, unit_m: 500, unit_minor: 300 };
    Fare::Distance { rate, legs_m: vec![1_500, 501, 5_000, 90_000] }
}

fn line(fare: Fare) -> Line {
    Line::new(rules(fare)).unwrap()
}

fn matrix() -> Fare {
    let rows = [[1_000, 1_500, 2_500], [1_600, 1_000, 1_500], [9_000, 1_500, 1_000]];
    Fare::ZoneMatrix { fares_minor: rows.into_iter().map(Vec::from).collect() }
}

#[test]
fn fares_by_hand() {
    let counted = || Fare::ZoneCount { fares_minor: vec![800, 1_400, 2_000] };
    let cases = [
        (Fare::Flat { fare_minor: 1_200 }, 11, 15, 1_200),
        (counted(), 11, 12, 800),
        (counted(), 11, 13, 1_400),
        (counted(), 15, 11, 2_000),
        (matrix(), 11, 13, 1_500),
        (matrix(), 13, 11, 1_600),
        (matrix(), 14, 12, 6_000), // 9,000 is above the cap
        (distance(), 11, 11, 1_000),
        (distance(), 11, 12, 1_000), // 1,500 m, within the base
        (distance(), 11, 13, 1_300), // 2,001 m: one unit is begun
        (distance(), 12, 14, 3_400), // 5,501 m: eight units are begun
        (distance(), 15, 11, 6_000),
    ];
    for (fare, from, to, expect) in cases {
        assert_eq!(line(fare.clone()).fare(from, to), Ok(thb(expect)), "{fare:?} {from} {to}");
    }
}

#[test]
fn the_highest_fare_covers_a_forgotten_ride() {
    assert_eq!(line(matrix()).highest_fare(11), Ok(thb(4_500)));
    assert_eq!(line(matrix()).highest_fare(15), Ok(thb(6_000)));
    assert_eq!(line(matrix()).highest_fare(99), Err(RideRefusal::StopNotOnLine));
    let tuk_tuk = LineRules { stops: vec![], ..rules(Fare::Flat { fare_minor: 5_000 }) };
    let tuk_tuk = Line::new(tuk_tuk).unwrap();
    assert_eq!(tuk_tuk.highest_fare(0), Ok(thb(5_000)));
    assert_eq!(tuk_tuk.fare(0, 77), Ok(thb(5_000)));
}

#[test]
fn a_wrong_rule_is_named() {
    type Edit = fn(&mut LineRules);
    let cases: [(&str, Edit); 14] = [
        ("stops", |r| r.stops.clear()),
        ("stops", |r| r.stops[0].stop = 12),
        ("stops", |r| r.stops[0].zone = 0),
        ("stops", |r| r.stops[0].zone = 4),
        ("fare", |r| r.fare = Fare::ZoneCount { fares_minor: vec![1, 2] }),
        ("fare", |r| r.fare = Fare::ZoneMatrix { fares_minor: vec![vec![1], vec![1, 2]] }),
        ("fare", |r| r.fare = Fare::Flat { fare_minor: u64::MAX }),
        ("legs_m", |r| {
            r.fare = distance();
            r.stops.truncate(3);
        }),
        ("unit_m", |r| {
            let rate = DistanceRate { base_minor: 1, base_m: 1, unit_m: 0, unit_minor: 1 };
            r.fare = Fare::Distance { rate, legs_m: vec![1; 4] };
        }),
        ("cap", |r| r.cap = thb(0)),
        ("cap", |r| r.cap = Money::zero(Currency::from_code("IDR").unwrap())),
        ("forgotten", |r| r.forgotten = thb(6_001)),
        ("longest", |r| r.longest = Span::secs(0)),
        ("longest", |r| r.longest = Span::hours(49)),
    ];
    for (field, edit) in cases {
        let mut wrong = rules(matrix());
        edit(&mut wrong);
        assert_eq!(Line::new(wrong.clone()).unwrap_err().field, field);
        assert!(decode_all::<Line>(&encode(&wrong)).is_err(), "{field}");
    }
    for fare in [matrix(), distance(), Fare::Flat { fare_minor: 1 }] {
        let good = line(fare);
        assert_eq!(decode_all::<Line>(&encode(&good)), Ok(good));
    }
}

fn boarding(vehicle: u32, stop: u16, secs: u64) -> Boarding {
    Boarding { customer: 5, vehicle, stop, now: at(secs) }
}

fn leaving(vehicle: u32, stop: u16, secs: u64) -> Leaving {
    Leaving { vehicle, stop, now: at(secs) }
}

#[test]
fn every_wrong_scan_has_its_name() {
    let bus = line(distance());
    let other = Line::new(LineRules { line: 9, ..rules(distance()) }).unwrap();
    let ride = Ride::board(&bus, boarding(3, 11, 100), None).unwrap().ride;
    assert_eq!(decode_all::<Ride>(&encode(&ride)), Ok(ride));
    let again = Ride::board(&bus, boarding(3, 12, 101), Some(&ride));
    assert_eq!(again, Err(RideRefusal::AlreadyAboard));
    let nowhere = Ride::board(&other, boarding(4, 99, 101), Some(&ride));
    assert_eq!(nowhere, Err(RideRefusal::StopNotOnLine));
    let wrong = [
        (&bus, leaving(3, 99, 200), RideRefusal::StopNotOnLine),
        (&bus, leaving(4, 12, 200), RideRefusal::OtherVehicle),
        (&other, leaving(3, 12, 200), RideRefusal::OtherVehicle),
    ];
    for (line, scan, refusal) in wrong {
        assert_eq!(ride.leave(line, scan), Err(refusal), "{scan:?}");
    }
    let (left, plan) = ride.leave(&bus, leaving(0, 13, 200)).unwrap();
    assert_eq!((plan.pay.total(), plan.released), (thb(1_300), thb(4_700)));
    assert_eq!((plan.pay.payee(), plan.pay.fee()), (thb(1_287), thb(13)));
    assert_eq!(left.leave(&bus, leaving(3, 13, 201)), Err(RideRefusal::AlreadyLeft));
    assert_eq!(left.forget(Timestamp::MAX), None);
}

#[test]
fn a_forgotten_ride_costs_one_fare_whoever_notices_first() {
    let bus = line(distance());
    let ride = Ride::board(&bus, boarding(3, 11, 100), None).unwrap().ride;
    let due = ride.overdue;
    assert_eq!(due, at(100 + 3 * 3_600));
    assert_eq!(ride.forget(due.before(Span::from_nanos(1))), None);
    let by_timer = ride.forget(due).unwrap();
    // Leaving at that very instant is too late, and boarding the same vehicle is a new ride.
    let late = Leaving { now: due, ..leaving(3, 12, 0) };
    assert_eq!(ride.leave(&bus, late), Ok(by_timer));
    let next = Ride::board(&bus, Boarding { now: due, ..boarding(3, 12, 0) }, Some(&ride)).unwrap();
    assert_eq!(next.earlier, Some(by_timer));
    assert_eq!(by_timer.1.pay.total(), thb(4_500));
    assert_eq!(by_timer.0.forget(due), None);
    assert_eq!(by_timer.0.leave(&bus, leaving(3, 12, 0)), Err(RideRefusal::WasForgotten));
}

#[test]
fn boarding_another_vehicle_ends_the_ride_before() {
    let bus = line(distance());
    let ride = Ride::board(&bus, boarding(3, 11, 100), None).unwrap().ride;
    let next = Ride::board(&bus, boarding(4, 12, 200), Some(&ride)).unwrap();
    let (earlier, plan) = next.earlier.unwrap();
    assert_eq!((earlier.state, plan.pay.total()), (RideState::Forgotten, thb(4_500)));
    assert_eq!(next.ride.vehicle, 4);
}

#[test]
fn a_cancelled_ride_costs_nothing() {
    let bus = line(distance());
    let ride = Ride::board(&bus, boarding(3, 11, 100), None).unwrap().ride;
    let (broken, act) = ride.cancel(at(150)).unwrap();
    assert_eq!(act, RideCancel::Release(thb(6_000)));
    assert_eq!(broken.cancel(at(151)), Ok((broken, RideCancel::Nothing)));
    assert_eq!(broken.leave(&bus, leaving(3, 12, 160)), Err(RideRefusal::WasCancelled));
    let (left, plan) = ride.leave(&bus, leaving(3, 12, 200)).unwrap();
    let week = at(200).after(Span::days(7));
    assert_eq!(left.cancel(week), Err(RideRefusal::TooLateToCancel));
    let (back, act) = left.cancel(week.before(Span::secs(1))).unwrap();
    let RideCancel::Refund(refund) = act else { panic!("{act:?}") };
    assert_eq!(refund.to_customer(), plan.pay.total());
    assert_eq!(refund.from_payee(), plan.pay.payee());
    assert_eq!(back.cancel(week), Ok((back, RideCancel::Nothing)));
}

#[test]
fn a_fare_that_rose_on_the_way_is_held_to_what_was_reserved() {
    let cheap = line(Fare::Flat { fare_minor: 1_000 });
    let ride = Ride::board(&cheap, boarding(3, 11, 100), None).unwrap().ride;
    let dear = Line::new(LineRules { cap: thb(90_000), ..rules(distance()) }).unwrap();
    let (_, plan) = ride.leave(&dear, leaving(3, 15, 200)).unwrap();
    assert_eq!((plan.pay.total(), plan.released), (thb(4_500), thb(0)));
}

#[derive(Clone, Debug)]
enum Scan {
    Board { vehicle: u32, stop: u16 },
    Leave { vehicle: u32, stop: u16 },
    Timer,
    Cancel,
}

fn any_scan() -> impl Strategy<Value = Scan> {
    let place = || (0u32..3, 10u16..17);
    prop_oneof![
        4 => place().prop_map(|(vehicle, stop)| Scan::Board { vehicle, stop }),
        4 => place().prop_map(|(vehicle, stop)| Scan::Leave { vehicle, stop }),
        2 => Just(Scan::Timer),
        1 => Just(Scan::Cancel),
    ]
}

fn any_line() -> impl Strategy<Value = Line> {
    let counted = prop::collection::vec(0u64..9_000, 3)
        .prop_map(|fares_minor| Fare::ZoneCount { fares_minor });
    let flat = (0u64..9_000).prop_map(|fare_minor| Fare::Flat { fare_minor });
    prop_oneof![counted, flat, Just(matrix()), Just(distance())].prop_map(line)
}

/// What one customer's scans did to the books: a model with nothing but sums.
#[derive(Default, Debug)]
struct Books {
    reserved: u64,
    released: u64,
    paid: u64,
    refunded: u64,
    /// Fares that were taken.
    fares: usize,
    boarded: usize,
    cancelled_aboard: usize,
}

impl Books {
    fn end(&mut self, (ride, plan): &(Ride, FarePlan)) {
        assert_eq!(plan.pay.total().minor() + plan.released.minor(), ride.reserved.minor());
        assert!(plan.pay.total().minor() <= 6_000, "within the cap");
        self.paid += plan.pay.total().minor();
        self.released += plan.released.minor();
        self.fares += 1;
    }

    fn scan(&mut self, latest: &mut Option<Ride>, line: &Line, (scan, now): (&Scan, u64)) {
        match scan {
            Scan::Board { vehicle, stop } => {
                let boarding = boarding(*vehicle, *stop, now);
                let Ok(done) = Ride::board(line, boarding, latest.as_ref()) else { return };
                if let Some(earlier) = &done.earlier {
                    self.end(earlier);
                }
                self.reserved += done.ride.reserved.minor();
                self.boarded += 1;
                *latest = Some(done.ride);
            }
            Scan::Leave { vehicle, stop } => {
                let Some(ride) = latest else { return };
                let Ok(done) = ride.leave(line, leaving(*vehicle, *stop, now)) else { return };
                self.end(&done);
                *ride = done.0;
            }
            Scan::Timer => {
                let Some(ride) = latest else { return };
                let Some(done) = ride.forget(at(now)) else { return };
                self.end(&done);
                *ride = done.0;
            }
            Scan::Cancel => {
                let Some(ride) = latest else { return };
                let Ok((next, act)) = ride.cancel(at(now)) else { return };
                match act {
                    RideCancel::Release(amount) => {
                        self.released += amount.minor();
                        self.cancelled_aboard += 1;
                    }
                    RideCancel::Refund(plan) => self.refunded += plan.to_customer().minor(),
                    RideCancel::Nothing => {}
                }
                *ride = next;
            }
        }
    }
}

proptest! {
    #[test]
    fn one_fare_for_each_ride_in_any_order(
        line in any_line(),
        scans in prop::collection::vec((any_scan(), 0u64..9_000), 0..40)
    ) {
        let (mut books, mut latest, mut now) = (Books::default(), None, 0);
        for (scan, later) in scans {
            now += later;
            books.scan(&mut latest, &line, (&scan, now));
            let is_aboard = latest.is_some_and(|ride: Ride| ride.state == RideState::Boarded);
            let held = latest.filter(|_| is_aboard).map_or(0, |ride| ride.reserved.minor());
            prop_assert_eq!(books.reserved, books.paid + books.released + held);
            let open = usize::from(is_aboard);
            prop_assert_eq!(books.boarded, books.fares + books.cancelled_aboard + open);
            prop_assert!(books.refunded <= books.paid);
        }
    }

    #[test]
    fn every_fare_is_within_cap_and_reservation(
        line in any_line(),
        from in 11u16..16,
        to in 11u16..16
    ) {
        let fare = line.fare(from, to).unwrap();
        prop_assert!(fare.minor() <= line.rules().cap.minor());
        prop_assert!(fare.minor() <= line.highest_fare(from).unwrap().minor());
    }

    #[test]
    fn damaged_rules_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(line) = decode_all::<Line>(&bytes) {
            let _ = line.highest_fare(0);
        }
    }
}
