//! Rides.

use crate::support::{Bare, people, text};
use crate::{all_refused, php, ride, switch_off};
use account::CustomerInput;
use base::{ResultCode, Span};
use dhow_wallet::Command;
use dhow_wallet::Object;
use dhow_wallet::chart::{FEES, HELD};
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::command::services::{Board, Leave, PutLine, RideCommand};
use dhow_wallet::objects::Ride;
use ids::RideId;
use services::{Fare, LineRules, RideState, Share, Stop};

/// Four stops in three zones: 500, 900, 1,300; forgotten costs 1,000.
pub fn rules(carrier: u32) -> LineRules {
    let stops = [(10, 1), (11, 1), (12, 2), (13, 3)];
    LineRules {
        line: 77,
        carrier,
        currency: crate::support::peso(),
        stops: stops.map(|(stop, zone)| Stop { stop, zone }).into(),
        fare: Fare::ZoneCount { fares_minor: vec![500, 900, 1_300] },
        cap: php(5_000),
        forgotten: php(1_000),
        longest: Span::hours(3),
        refund_within: Span::days(2),
        fee: Share::ALL,
    }
}

pub fn put(bare: &mut Bare, by: u32, number: Option<u32>, rules: LineRules) -> Command {
    let (name, once) = (text("Line 4"), bare.once());
    ride(RideCommand::PutLine(PutLine { by, number, name, rules, once }))
}

pub fn board(bare: &mut Bare, customer: u32, line: u32, (vehicle, stop): (u32, u16)) -> Command {
    let (id, once) = (bare.id(RideId::new), bare.once());
    ride(RideCommand::Board(Board { id, customer, line, vehicle, stop, once }))
}

pub fn leave(bare: &mut Bare, customer: u32, line: u32, (vehicle, stop): (u32, u16)) -> Command {
    let once = bare.once();
    ride(RideCommand::Leave(Leave { customer, line, vehicle, stop, once }))
}

fn ridden(object: Object) -> Ride {
    match object {
        Object::Ride(it) => it.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

/// A customer with 10,000, and a line of somebody's shop.
struct World {
    bare: Bare,
    customer: u32,
    owner: u32,
    shop: u32,
    line: u32,
}

fn world() -> World {
    let mut bare = Bare::new();
    let (customer, owner) = (bare.rich(10_000), bare.customer(1));
    let shop = bare.open_shop(owner);
    let command = put(&mut bare, owner, None, rules(shop));
    let line = bare.number(command);
    World { bare, customer, owner, shop, line }
}

#[test]
fn a_ride_holds_the_highest_fare_and_costs_its_own() {
    let World { mut bare, customer, shop, line, .. } = world();
    let command = board(&mut bare, customer, line, (7, 10));
    let aboard = ridden(bare.made(command.clone()));
    assert_eq!(ridden(bare.repeated(command)), aboard);
    assert_eq!((bare.balance(customer), bare.own(HELD)), (8_700, 1_300));
    assert_eq!(bare.spent(customer), (1_300, 1_300));
    assert_eq!(bare.machine.in_services(Some(customer)).rides_minor, 1_300);
    let again = board(&mut bare, customer, line, (7, 11));
    let elsewhere = leave(&mut bare, customer, line, (8, 12));
    let off = leave(&mut bare, customer, line, (7, 99));
    let cases = [
        (again, ResultCode::OrderStatusInvalid),
        (elsewhere, ResultCode::InvalidCode),
        (off, ResultCode::ParamIllegal),
    ];
    all_refused(&mut bare, cases);
    bare.pass(Span::minutes(20));
    let command = leave(&mut bare, customer, line, (7, 12));
    let left = ridden(bare.made(command.clone()));
    assert_eq!(left.body.state, RideState::Left);
    assert_eq!(ridden(bare.repeated(command)), left);
    // 2 % of 900 is the wallet's.
    assert_eq!((bare.balance(customer), bare.own(HELD)), (9_100, 0));
    assert_eq!((bare.machine.shop_balance(shop), bare.own(FEES)), (882, 18));
    assert_eq!(bare.spent(customer), (900, 900));
    let twice = leave(&mut bare, customer, line, (7, 12));
    assert_eq!(bare.refused(twice), ResultCode::OrderIsClosed);
    let latest = bare.machine.latest_ride_of(&bare.history, customer).unwrap();
    assert_eq!(*latest, left);
    bare.pass(Span::hours(3));
    assert_eq!(bare.balance(customer), 9_100, "one fare, whatever time does");
}

#[test]
fn a_forgotten_ride_costs_one_fare() {
    let World { mut bare, customer, shop, line, .. } = world();
    let command = board(&mut bare, customer, line, (7, 10));
    let aboard = ridden(bare.made(command));
    bare.pass(Span::hours(3));
    let Object::Ride(forgotten) = bare.object(aboard.id.as_u128()) else { panic!() };
    assert_eq!(forgotten.body.state, RideState::Forgotten);
    assert_eq!((bare.balance(customer), bare.machine.shop_balance(shop)), (9_000, 980));
    let late = leave(&mut bare, customer, line, (7, 12));
    assert_eq!(bare.refused(late), ResultCode::OrderIsClosed);
    // The scan and the timer at one instant: whoever is first, it is one fare.
    let command = board(&mut bare, customer, line, (7, 10));
    bare.made(command);
    bare.pass_asleep(Span::hours(3));
    let command = leave(&mut bare, customer, line, (7, 11));
    assert_eq!(ridden(bare.made(command)).body.state, RideState::Forgotten);
    bare.tick();
    assert_eq!(bare.balance(customer), 8_000);
    assert_eq!(bare.own(HELD), 0);
}

#[test]
fn boarding_another_vehicle_ends_the_ride_before() {
    let World { mut bare, customer, line, .. } = world();
    let first = board(&mut bare, customer, line, (7, 10));
    let first = ridden(bare.made(first));
    // So much is left that the next ride is covered by what the first one frees, and only so.
    let owner = bare.customer(1);
    let shop = bare.open_shop(owner);
    let spent = bare.pay_shop(customer, shop, 7_690);
    bare.made(spent);
    assert_eq!(bare.balance(customer), 1_010);
    let second = board(&mut bare, customer, line, (8, 10));
    let second = ridden(bare.made(second));
    let Object::Ride(before) = bare.object(first.id.as_u128()) else { panic!() };
    assert_eq!(before.body.state, RideState::Forgotten);
    assert_eq!((bare.balance(customer), bare.own(HELD)), (10, 1_300));
    // What does not cover the next ride leaves the one before as it was.
    let third = board(&mut bare, customer, line, (9, 10));
    assert_eq!(bare.refused(third), ResultCode::UserBalanceNotEnough);
    let command = leave(&mut bare, customer, line, (8, 10));
    assert_eq!(ridden(bare.made(command)).id, second.id);
    assert_eq!(bare.balance(customer), 810);
}

#[test]
fn what_comes_back_from_a_ride_passes_a_cap() {
    let World { mut bare, line, owner, shop, .. } = world();
    let command = put(&mut bare, owner, None, LineRules { cap: php(100), ..cheap(shop) });
    let cheap = bare.number(command);
    let (basic, cap) = (bare.customer(0), crate::support::BASIC[3]);
    bare.top_up(basic, cap);
    let command = board(&mut bare, basic, line, (7, 10));
    bare.made(command);
    bare.top_up(basic, 1_300);
    // 300 of the first ride come back, and 100 are held for the second.
    let command = board(&mut bare, basic, cheap, (8, 11));
    bare.made(command);
    assert_eq!(bare.balance(basic), cap + 200);
    let more = bare.bank(basic, dhow_wallet::objects::BankWay::In, 1);
    assert_eq!(bare.refused(more), ResultCode::UserAmountExceedLimit, "the cap holds again");
    let command = leave(&mut bare, basic, cheap, (8, 11));
    bare.made(command);
    assert_eq!(bare.balance(basic), cap + 200);
    let command = board(&mut bare, basic, line, (7, 10));
    bare.made(command);
    bare.top_up(basic, 1_100);
    bare.pass(Span::hours(3));
    assert_eq!(bare.balance(basic), cap + 300);
}

#[test]
fn a_carrier_cancels() {
    let World { mut bare, customer, owner, shop, line } = world();
    let aboard = board(&mut bare, customer, line, (7, 10));
    let aboard = ridden(bare.made(aboard)).id;
    let cancel = |by, id| ride(RideCommand::Cancel { shop, by, id });
    assert_eq!(bare.refused(cancel(customer, aboard)), ResultCode::MerchantNotRegistered);
    bare.made(cancel(owner, aboard));
    bare.repeated(cancel(owner, aboard));
    assert_eq!((bare.balance(customer), bare.spent(customer)), (10_000, (0, 0)));
    // A paid fare comes back whole, with the fee; but only from money that is there.
    let paid = board(&mut bare, customer, line, (7, 10));
    let paid = ridden(bare.made(paid)).id;
    let command = leave(&mut bare, customer, line, (7, 13));
    bare.made(command);
    let once = bare.once();
    let amount_minor = bare.machine.shop_balance(shop);
    bare.made(Command::Shop(dhow_wallet::command::shops::ShopCommand::PayOut {
        shop,
        by: owner,
        amount_minor,
        once,
    }));
    assert_eq!(bare.refused(cancel(owner, paid)), ResultCode::UserBalanceNotEnough);
    let takings = bare.rich(2_000);
    let takings = bare.pay_shop(takings, shop, 2_000);
    bare.made(takings);
    bare.made(cancel(owner, paid));
    assert_eq!((bare.balance(customer), bare.own(FEES)), (10_000, 0));
    assert_eq!(bare.spent(customer), (0, 0));
    let late = board(&mut bare, customer, line, (7, 10));
    let late = ridden(bare.made(late)).id;
    let command = leave(&mut bare, customer, line, (7, 13));
    bare.made(command);
    bare.pass(Span::days(2));
    assert_eq!(bare.refused(cancel(owner, late)), ResultCode::RefundWindowExceed);
}

#[test]
fn rides_are_refused_in_order() {
    let World { mut bare, customer, owner, shop, line } = world();
    let none = leave(&mut bare, customer, line, (7, 10));
    let own = board(&mut bare, owner, line, (7, 10));
    let poor = bare.customer(1);
    let cases = [
        (none, ResultCode::OrderNotExist),
        (own, ResultCode::RiskReject),
        (board(&mut bare, customer, 9, (7, 10)), ResultCode::OrderNotExist),
        (board(&mut bare, customer, line, (7, 9)), ResultCode::ParamIllegal),
        (board(&mut bare, poor, line, (7, 10)), ResultCode::UserBalanceNotEnough),
        (put(&mut bare, customer, None, rules(shop)), ResultCode::MerchantNotRegistered),
        (put(&mut bare, owner, Some(5), rules(shop)), ResultCode::OrderNotExist),
    ];
    all_refused(&mut bare, cases);
    let stop = |by, is_running| ride(RideCommand::SetRunning { by, line, is_running });
    assert_eq!(bare.refused(stop(customer, false)), ResultCode::MerchantNotRegistered);
    let command = board(&mut bare, customer, line, (7, 10));
    bare.made(command);
    // Nobody leaves the wallet while aboard, even with nothing else on the account.
    let close = PeopleCommand::Change { customer, input: CustomerInput::Close };
    assert_eq!(bare.refused(people(close)), ResultCode::OrderStatusInvalid);
    // Whoever is aboard can leave the line, whatever its owner and the market do meanwhile.
    bare.done(stop(owner, false));
    let command = put(&mut bare, owner, Some(line), LineRules { cap: php(100), ..cheap(shop) });
    bare.number(command);
    let stopped = board(&mut bare, poor, line, (7, 10));
    assert_eq!(bare.refused(stopped), ResultCode::BusinessNotSupport);
    switch_off(&mut bare);
    let off = board(&mut bare, poor, line, (7, 10));
    assert_eq!(bare.refused(off), ResultCode::BusinessNotSupport);
    let command = leave(&mut bare, customer, line, (7, 10));
    bare.made(command);
    assert_eq!(bare.balance(customer), 9_900);
}

fn cheap(carrier: u32) -> LineRules {
    LineRules { forgotten: php(100), ..rules(carrier) }
}
