//! Money between customers: new payees, taking back, requests, bills that are split, plans.

use crate::people::by_desk;
use crate::support::{Bare, COOLING, listed, people};
use account::CustomerInput;
use base::{ResultCode, Span, encode};
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::command::send::{Ask, AskPart, Plan, SendCommand};
use dhow_wallet::objects::{
    Every, Origin, Request, RequestState, Schedule, ScheduleState, Transfer, TransferState,
};
use dhow_wallet::{Command, Object, list_of_customer};
use ids::{RequestId, ScheduleId, TransferId};

fn transfer(object: &Object) -> &Transfer {
    match object {
        Object::Transfer(it) => it,
        other => panic!("{other:?}"),
    }
}

fn request(bare: &Bare, id: RequestId) -> Request {
    match bare.object(id.as_u128()) {
        Object::Request(it) => it.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

fn plan(bare: &Bare, id: ScheduleId) -> Schedule {
    match bare.object(id.as_u128()) {
        Object::Schedule(it) => it.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

fn take_back(customer: u32, transfer: &Object) -> Command {
    let id = TransferId::from_u128(transfer.id());
    Command::Send(SendCommand::TakeBack { customer, id })
}

fn unaware(command: Command) -> Command {
    match command {
        Command::Send(SendCommand::Send(mut it)) => {
            it.knows_new_payee = false;
            Command::Send(SendCommand::Send(it))
        }
        other => other,
    }
}

#[test]
fn a_new_payee_is_warned_of_bounded_and_waited_for() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(50_000), bare.customer(1));
    let first = bare.send(ann, ben, 999);
    assert_eq!(bare.refused(unaware(first.clone())), ResultCode::RiskReject);
    let over = bare.send(ann, ben, 3_001);
    assert_eq!(bare.refused(over), ResultCode::RiskReject);
    let object = bare.made(first.clone());
    assert_eq!(transfer(&object).state, TransferState::Done);
    assert_eq!((bare.balance(ann), bare.balance(ben)), (50_000 - 999 - 9, 999));
    // The same again is the same transfer; the same name for something else is refused.
    let before = encode(&bare.machine);
    assert_eq!(bare.repeated(first.clone()), object);
    assert!(encode(&bare.machine) == before);
    let Command::Send(SendCommand::Send(mut other)) = first else { unreachable!() };
    other.once.digest = [255; 32];
    let other = Command::Send(SendCommand::Send(other));
    assert_eq!(bare.refused(other), ResultCode::RepeatReqInconsistent);
    // A small transfer first does not open the way for a large one, until the wait is over.
    let over = bare.send(ann, ben, 3_001);
    assert_eq!(bare.refused(over), ResultCode::RiskReject);
    let second = bare.send(ann, ben, 1_000);
    let object = bare.made(unaware(second));
    let until = bare.now.after(COOLING);
    assert_eq!(transfer(&object).state, TransferState::Held { until });
    assert_eq!(bare.balance(ben), 999);
    bare.pass(COOLING);
    assert_eq!(bare.balance(ben), 1_999);
    let third = bare.send(ann, ben, 30_000);
    let third = bare.made(unaware(third));
    assert_eq!(transfer(&third).state, TransferState::Done);
    // Both find it among what concerns them.
    for who in [ann, ben] {
        let list = listed(&bare.history, &list_of_customer(who));
        assert!(list.contains(&third.id()));
    }
}

#[test]
fn nobody_sends_nothing_or_to_oneself_or_to_nobody() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(5_000), bare.customer(1));
    for (to, amount, code) in [
        (ben, 0, ResultCode::ParamIllegal),
        (ann, 100, ResultCode::ParamIllegal),
        (9, 100, ResultCode::UserNotExist),
        (ben, 100_001, ResultCode::RiskReject),
    ] {
        let send = bare.send(ann, to, amount);
        assert_eq!(bare.refused(send), code, "{to} {amount}");
    }
    let poor = bare.send(ben, ann, 100);
    assert_eq!(bare.refused(poor), ResultCode::UserBalanceNotEnough);
    // The fee, too, must be there.
    let all = bare.send(ann, ben, 2_990);
    bare.made(all);
    let rest = bare.balance(ann);
    let send = bare.send(ann, ben, rest);
    assert_eq!(bare.refused(send), ResultCode::UserBalanceNotEnough);
}

#[test]
fn what_waits_is_taken_back_with_its_fee_once() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(5_000), bare.customer(1));
    let send = bare.send(ann, ben, 2_000);
    let held = bare.made(send);
    assert_eq!(bare.spent(ann), (2_000, 2_000));
    assert_eq!(bare.refused(take_back(ben, &held)), ResultCode::OrderNotExist);
    let back = bare.made(take_back(ann, &held));
    assert_eq!(transfer(&back).state, TransferState::TakenBack);
    assert_eq!((bare.balance(ann), bare.spent(ann)), (5_000, (0, 0)));
    assert_eq!(bare.repeated(take_back(ann, &held)), back);
    bare.pass(COOLING);
    assert_eq!((bare.balance(ann), bare.balance(ben)), (5_000, 0));
}

#[test]
fn what_has_arrived_or_is_due_is_not_taken_back() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(5_000), bare.customer(1));
    let send = bare.send(ann, ben, 2_000);
    let held = bare.made(send);
    // The timer has not fired, but the time of the record decides.
    bare.pass_asleep(COOLING);
    assert_eq!(bare.refused(take_back(ann, &held)), ResultCode::OrderStatusInvalid);
    bare.tick();
    assert_eq!(bare.refused(take_back(ann, &held)), ResultCode::OrderStatusInvalid);
    assert_eq!(bare.balance(ben), 2_000);
}

#[test]
fn what_waits_when_the_account_is_stopped_comes_back() {
    for is_frozen in [false, true] {
        let mut bare = Bare::new();
        let (ann, thief) = (bare.rich(5_000), bare.customer(1));
        let send = bare.send(ann, thief, 3_000);
        bare.made(send);
        match is_frozen {
            true => bare.done(by_desk(ann, CustomerInput::Freeze)),
            false => {
                let input = CustomerInput::Pause;
                bare.done(people(PeopleCommand::Change { customer: ann, input }));
            }
        }
        bare.pass(COOLING);
        assert_eq!((bare.balance(ann), bare.balance(thief)), (5_000, 0));
    }
}

#[test]
fn what_arrives_passes_no_cap_but_is_not_lost() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(5_000), bare.customer(0));
    let send = bare.send(ann, ben, 3_000);
    bare.made(send);
    bare.top_up(ben, 49_000);
    bare.pass(COOLING);
    assert_eq!(bare.balance(ben), 52_000);
}

/// Asks each payer for its amount until three days later.
fn ask(bare: &mut Bare, asker: u32, parts: &[(u32, u64)]) -> (Command, Vec<RequestId>) {
    let parts: Vec<AskPart> = parts
        .iter()
        .map(|&(payer, amount_minor)| AskPart { id: bare.id(RequestId::new), payer, amount_minor })
        .collect();
    let ids = parts.iter().map(|part| part.id).collect();
    let (until, once) = (bare.now.after(Span::days(30)), bare.once());
    (Command::Send(SendCommand::Ask(Ask { asker, parts, note: None, until, once })), ids)
}

fn pay(bare: &mut Bare, customer: u32, request: RequestId) -> Command {
    let (id, once) = (bare.id(TransferId::new), bare.once());
    Command::Send(SendCommand::PayRequest { customer, request, id, once })
}

fn end(customer: u32, request: RequestId) -> Command {
    Command::Send(SendCommand::EndRequest { customer, request })
}

#[test]
fn a_bill_is_split_and_each_part_ends_once() {
    let mut bare = Bare::new();
    let ann = bare.customer(1);
    let [ben, cat, dan, eve] = [900; 4].map(|amount| bare.rich(amount));
    let parts = [(ben, 300), (cat, 301), (dan, 302), (eve, 303)];
    let (command, ids) = ask(&mut bare, ann, &parts);
    let made = bare.several(command.clone());
    assert_eq!(made.len(), 4);
    assert!(ids.iter().all(|id| request(&bare, *id).group == ids[0]));
    assert_eq!(bare.several(command), made);
    let paid = pay(&mut bare, ben, ids[0]);
    let object = bare.made(paid.clone());
    assert_eq!(transfer(&object).origin, Origin::Request(ids[0]));
    assert_eq!(bare.repeated(paid), object);
    let again = pay(&mut bare, ben, ids[0]);
    assert_eq!(bare.refused(again), ResultCode::OrderIsClosed);
    let others = pay(&mut bare, ben, ids[1]);
    assert_eq!(bare.refused(others), ResultCode::OrderNotExist);
    bare.made(end(cat, ids[1]));
    bare.repeated(end(cat, ids[1]));
    assert_eq!(bare.refused(end(ann, ids[1])), ResultCode::OrderIsClosed);
    bare.made(end(ann, ids[2]));
    assert_eq!(bare.refused(end(ben, ids[2])), ResultCode::OrderNotExist);
    // At the very instant at which it is over, paying is refused, fired or not.
    bare.pass_asleep(Span::days(3));
    let late = pay(&mut bare, eve, ids[3]);
    assert_eq!(bare.refused(late), ResultCode::OrderIsClosed);
    bare.tick();
    let states: Vec<RequestState> = ids.iter().map(|id| request(&bare, *id).state).collect();
    let paid = RequestState::Paid(TransferId::from_u128(object.id()));
    let [declined, withdrawn, over] =
        [RequestState::Declined, RequestState::Withdrawn, RequestState::Expired];
    assert_eq!(states, [paid, declined, withdrawn, over]);
    assert_eq!(bare.balance(ann), 300);
}

#[test]
fn what_is_asked_for_makes_sense() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.customer(1), bare.customer(1));
    let many = vec![(ben, 1); 51];
    for parts in [&[] as &[(u32, u64)], &many, &[(ben, 0)], &[(ann, 1)], &[(ben, 1), (ann, 1)]] {
        let (command, _) = ask(&mut bare, ann, parts);
        assert_eq!(bare.refused(command), ResultCode::ParamIllegal);
    }
    let (one, _) = ask(&mut bare, ann, &[(ben, 1)]);
    let first = bare.several(one.clone());
    assert_eq!(bare.several(one), first);
}

#[test]
fn a_request_from_somebody_new_waits_as_a_transfer_does() {
    let mut bare = Bare::new();
    let (thief, ben) = (bare.customer(1), bare.rich(5_000));
    let (command, ids) = ask(&mut bare, thief, &[(ben, 3_001), (ben, 3_000)]);
    bare.several(command);
    let over = pay(&mut bare, ben, ids[0]);
    assert_eq!(bare.refused(over), ResultCode::RiskReject);
    let command = pay(&mut bare, ben, ids[1]);
    let held = bare.made(command);
    assert!(held.is_open());
    bare.made(take_back(ben, &held));
    // What was taken back has not paid the request.
    assert_eq!(request(&bare, ids[1]).state, RequestState::Declined);
    assert_eq!(bare.balance(ben), 5_000);
}

struct Turns {
    amount: u64,
    after: Span,
    every: Every,
    times: u32,
}

fn planned(bare: &mut Bare, (from, to): (u32, u32), it: &Turns) -> (Command, ScheduleId) {
    let id = bare.id(ScheduleId::new);
    let (first, once) = (bare.now.after(it.after), bare.once());
    let plan = Plan {
        id,
        from,
        to,
        amount_minor: it.amount,
        note: None,
        first,
        every: it.every,
        times: it.times,
        once,
    };
    (Command::Send(SendCommand::Plan(plan)), id)
}

#[test]
fn a_plan_of_months_keeps_to_their_ends() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(90_000), bare.customer(1));
    // From 2026-03-10 noon to 2026-03-31 noon there.
    let every = Every::Month { day: 31 };
    let turns = Turns { amount: 10_000, after: Span::days(21), every, times: 4 };
    let (command, id) = planned(&mut bare, (ann, ben), &turns);
    let object = bare.made(command.clone());
    assert_eq!(bare.repeated(command), object);
    let mut dates = Vec::new();
    for _ in 0..130 {
        let before = bare.balance(ben);
        bare.pass(Span::days(1));
        if bare.balance(ben) > before {
            let zone = bare.machine.market().account.zone;
            dates.push(zone.day_of(bare.now).date());
        }
    }
    assert_eq!(dates, [(2026, 3, 31), (2026, 4, 30), (2026, 5, 31), (2026, 6, 30)]);
    let plan = plan(&bare, id);
    assert_eq!((plan.state, plan.done, plan.left), (ScheduleState::Ended, 4, 0));
    assert_eq!(bare.balance(ben), 40_000);
}

#[test]
fn a_plan_makes_sense() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.customer(1), bare.customer(1));
    let good = || Turns { amount: 5, after: Span::days(1), every: Every::Day, times: 3 };
    for wrong in [
        Turns { amount: 0, ..good() },
        Turns { after: Span::secs(0), ..good() },
        Turns { after: Span::days(367), ..good() },
        Turns { times: 0, ..good() },
        Turns { times: 3_661, ..good() },
        Turns { every: Every::Month { day: 0 }, ..good() },
        Turns { every: Every::Month { day: 32 }, ..good() },
    ] {
        let (command, _) = planned(&mut bare, (ann, ben), &wrong);
        assert_eq!(bare.refused(command), ResultCode::ParamIllegal);
    }
    let (command, _) = planned(&mut bare, (ann, ann), &good());
    assert_eq!(bare.refused(command), ResultCode::ParamIllegal);
}

#[test]
fn a_turn_that_cannot_be_is_left_out_and_the_next_one_comes() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(1_000), bare.customer(1));
    let turns = Turns { amount: 400, after: Span::hours(3), every: Every::Day, times: 5 };
    let (command, id) = planned(&mut bare, (ann, ben), &turns);
    bare.made(command);
    let mut told = Vec::new();
    for day in 0..5 {
        match day {
            1 => bare.done(by_desk(ann, CustomerInput::Freeze)),
            2 => bare.done(by_desk(ann, CustomerInput::Unfreeze)),
            4 => bare.top_up(ann, 1_000),
            _ => {}
        }
        bare.pass(Span::days(1));
        told.push(plan(&bare, id).last.unwrap());
    }
    let (yes, frozen) = (ResultCode::Success, ResultCode::UserStatusAbnormal);
    assert_eq!(told, [yes, frozen, yes, ResultCode::UserBalanceNotEnough, yes]);
    assert_eq!((plan(&bare, id).done, bare.balance(ben)), (3, 1_200));
}

#[test]
fn a_plan_ends_by_its_maker_or_when_one_of_the_two_has_left() {
    let mut bare = Bare::new();
    let (ann, ben, cat) = (bare.rich(1_000), bare.customer(1), bare.customer(1));
    let turns = Turns { amount: 100, after: Span::hours(3), every: Every::Week, times: 50 };
    let (command, id) = planned(&mut bare, (ann, ben), &turns);
    bare.made(command);
    let (other, to_cat) = planned(&mut bare, (ann, cat), &turns);
    bare.made(other);
    let end = |customer| Command::Send(SendCommand::EndPlan { customer, id });
    assert_eq!(bare.refused(end(ben)), ResultCode::OrderNotExist);
    bare.made(end(ann));
    bare.repeated(end(ann));
    let input = CustomerInput::Close;
    bare.done(people(PeopleCommand::Change { customer: cat, input }));
    bare.pass(Span::days(30));
    assert_eq!((bare.balance(ann), bare.balance(ben)), (1_000, 0));
    assert_eq!(plan(&bare, to_cat).state, ScheduleState::Cancelled);
    assert_eq!(plan(&bare, to_cat).left, 49);
}

#[test]
fn a_plan_made_just_now_is_no_way_around_the_wait() {
    let mut bare = Bare::new();
    let (ann, thief) = (bare.rich(50_000), bare.customer(1));
    let turns = Turns { amount: 3_001, after: Span::secs(1), every: Every::Day, times: 2 };
    let (command, id) = planned(&mut bare, (ann, thief), &turns);
    bare.made(command);
    bare.pass(Span::secs(1));
    assert_eq!(plan(&bare, id).last, Some(ResultCode::RiskReject));
    assert_eq!(bare.balance(ann), 50_000);
    bare.pass(Span::days(1));
    assert_eq!((plan(&bare, id).done, bare.balance(thief)), (1, 3_001));
}

#[test]
fn turns_that_are_due_at_once_all_come() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(50_000), bare.customer(1));
    let turns = Turns { amount: 100, after: Span::hours(5), every: Every::Day, times: 3 };
    for _ in 0..3 {
        let (command, _) = planned(&mut bare, (ann, ben), &turns);
        bare.made(command);
    }
    // Nobody fires timers for a week: then one tick does it all.
    bare.pass_asleep(Span::days(7));
    bare.tick();
    assert_eq!(bare.balance(ben), 900);
    assert_eq!(bare.machine.open_objects().count(), 0);
}
