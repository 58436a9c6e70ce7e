//! A bank that says yes, no, nothing, one thing and then another.

use crate::support::{Bare, desk};
use base::{ResultCode, Span, encode};
use dhow_wallet::command::desk::{DeskAct, MoveEnd, Proposed};
use dhow_wallet::objects::{BankState, BankWay};
use dhow_wallet::{Command, ErrandAnswer, ErrandKind, Object};
use ids::{BankMoveId, ProposalId};

const NO: ErrandAnswer = ErrandAnswer::No(ResultCode::ProcessFail);
const ASK: ErrandKind = ErrandKind::BankInquiry;
const SUBMIT: ErrandKind = ErrandKind::BankSubmit;

fn state(bare: &Bare, id: u128) -> BankState {
    match bare.object(id) {
        Object::BankMove(it) => it.state,
        other => panic!("{other:?}"),
    }
}

/// A customer with 10,000 who withdraws 4,000.
fn withdrawing() -> (Bare, u32, u128) {
    let mut bare = Bare::new();
    let customer = bare.rich(10_000);
    let out = bare.bank(customer, BankWay::Out, 4_000);
    let id = bare.made(out).id();
    (bare, customer, id)
}

#[test]
fn money_comes_in_when_the_bank_says_so() {
    let mut bare = Bare::new();
    let customer = bare.customer(0);
    let command = bare.bank(customer, BankWay::In, 4_000);
    let object = bare.made(command.clone());
    assert_eq!(bare.balance(customer), 0);
    assert_eq!(bare.repeated(command), object);
    bare.answer(SUBMIT, ErrandAnswer::Yes);
    assert_eq!((bare.balance(customer), bare.spent(customer)), (4_000, (0, 0)));
    let command = bare.bank(customer, BankWay::In, 4_000);
    let id = bare.made(command).id();
    bare.answer(SUBMIT, NO);
    assert_eq!(state(&bare, id), BankState::Failed(ResultCode::ProcessFail));
    assert_eq!(bare.balance(customer), 4_000);
}

#[test]
fn moves_that_wait_count_against_the_cap() {
    let mut bare = Bare::new();
    let customer = bare.customer(0);
    let first = bare.bank(customer, BankWay::In, 30_000);
    bare.made(first);
    let second = bare.bank(customer, BankWay::In, 20_001);
    assert_eq!(bare.refused(second), ResultCode::UserAmountExceedLimit);
    let nothing = bare.bank(customer, BankWay::In, 0);
    assert_eq!(bare.refused(nothing), ResultCode::ParamIllegal);
}

#[test]
fn money_that_leaves_is_held_until_the_bank_has_it() {
    let (mut bare, customer, id) = withdrawing();
    assert_eq!((bare.balance(customer), bare.available(customer)), (10_000, 5_990));
    assert_eq!(bare.spent(customer), (4_000, 4_000));
    let more = bare.bank(customer, BankWay::Out, 5_981);
    assert_eq!(bare.refused(more), ResultCode::UserBalanceNotEnough);
    bare.answer(SUBMIT, ErrandAnswer::Yes);
    assert_eq!(state(&bare, id), BankState::Done);
    assert_eq!((bare.balance(customer), bare.available(customer)), (5_990, 5_990));
}

#[test]
fn what_the_bank_refuses_is_not_spent() {
    let (mut bare, customer, id) = withdrawing();
    bare.answer(SUBMIT, NO);
    assert_eq!(state(&bare, id), BankState::Failed(ResultCode::ProcessFail));
    assert_eq!((bare.available(customer), bare.spent(customer)), (10_000, (0, 0)));
}

#[test]
fn a_silent_bank_is_asked_until_it_says() {
    let (mut bare, customer, id) = withdrawing();
    bare.answer(SUBMIT, ErrandAnswer::Silent);
    assert_eq!(state(&bare, id), BankState::Unknown);
    let mut waits = Vec::new();
    for _ in 0..200 {
        let (tried, from) = (bare.attempts.len(), bare.now);
        while bare.attempts.len() == tried {
            bare.pass(Span::secs(1));
        }
        waits.push(bare.now.since(from).as_millis() / 1_000);
        assert_eq!(bare.attempts[tried].1, ASK);
        bare.answer(ASK, ErrandAnswer::Silent);
        if waits.len() > 12 {
            // From here on it is the same for ever: hours go by faster.
            bare.pass(Span::secs(3_590));
        }
    }
    assert_eq!(waits[..11], [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 3_600]);
    assert!(waits[13..].iter().all(|wait| *wait == 10));
    assert_eq!((state(&bare, id), bare.available(customer)), (BankState::Unknown, 5_990));
    bare.pass(Span::hours(1));
    bare.answer(ASK, ErrandAnswer::Yes);
    assert_eq!((state(&bare, id), bare.balance(customer)), (BankState::Done, 5_990));
    let tried = bare.attempts.len();
    bare.pass(Span::days(2));
    assert_eq!(bare.attempts.len(), tried);
}

#[test]
fn a_bank_at_work_is_asked_later_and_one_that_forgot_gets_it_again() {
    let (mut bare, customer, id) = withdrawing();
    bare.answer(SUBMIT, ErrandAnswer::InProcess);
    bare.pass(Span::secs(2));
    bare.answer(ASK, ErrandAnswer::NotFound);
    bare.pass(Span::secs(4));
    assert_eq!(bare.attempts.last(), Some(&(id, SUBMIT, 3)));
    // A late answer to the first attempt is no answer to this one.
    let before = encode(&bare.machine);
    bare.answer_to((id, SUBMIT, 1), NO);
    assert!(encode(&bare.machine) == before && bare.breaks() == 0);
    bare.answer(SUBMIT, ErrandAnswer::Yes);
    assert_eq!((state(&bare, id), bare.balance(customer)), (BankState::Done, 5_990));
}

#[test]
fn a_bank_that_never_knows_the_move_is_looked_at_after_days() {
    let (mut bare, customer, id) = withdrawing();
    let mut breaks = 0;
    bare.answer(SUBMIT, ErrandAnswer::NotFound);
    for _ in 0..130 {
        bare.pass(Span::hours(1));
        let last = *bare.attempts.last().unwrap();
        bare.answer_to(last, ErrandAnswer::NotFound);
        breaks += bare.breaks();
    }
    assert_eq!((breaks, bare.attempts.last().unwrap().1), (1, ASK));
    assert_eq!((state(&bare, id), bare.available(customer)), (BankState::Asked, 5_990));
    bare.pass(Span::hours(1));
    bare.answer(ASK, NO);
    assert_eq!(bare.available(customer), 10_000);
}

#[test]
fn a_bank_that_contradicts_itself_moves_nothing_and_is_told_of() {
    for (first, second) in [(ErrandAnswer::Yes, NO), (NO, ErrandAnswer::Yes)] {
        let (mut bare, customer, id) = withdrawing();
        bare.answer(SUBMIT, first);
        let (before, balance) = (encode(&bare.machine), bare.balance(customer));
        bare.answer(SUBMIT, first);
        assert_eq!(bare.breaks(), 0);
        for harmless in [ErrandAnswer::Silent, ErrandAnswer::NotFound, ErrandAnswer::InProcess] {
            bare.answer_to((id, ASK, 1), harmless);
            assert_eq!(bare.breaks(), 0);
        }
        bare.answer(SUBMIT, second);
        assert_eq!((bare.breaks(), bare.balance(customer)), (1, balance));
        assert!(encode(&bare.machine) == before);
    }
}

#[test]
fn what_comes_back_a_day_later_makes_no_room_today() {
    let (mut bare, customer, _) = withdrawing();
    bare.answer(SUBMIT, ErrandAnswer::Silent);
    bare.pass(Span::days(1));
    let out = bare.bank(customer, BankWay::Out, 1_000);
    bare.made(out);
    assert_eq!(bare.spent(customer), (1_000, 5_000));
    let late = *bare.attempts.iter().rev().find(|(_, kind, _)| *kind == ASK).unwrap();
    bare.answer_to(late, NO);
    assert_eq!(bare.spent(customer), (1_000, 1_000));
}

fn ended(bare: &mut Bare, id: u128, end: MoveEnd) -> Command {
    let what = Proposed::EndMove { id: BankMoveId::from_u128(id), end };
    let id = bare.id(ProposalId::new);
    bare.made(desk("ines", DeskAct::Propose { id, what }));
    let own = desk("ines", DeskAct::Approve { id, what });
    assert_eq!(bare.refused(own), ResultCode::AccessDenied);
    desk("olga", DeskAct::Approve { id, what })
}

#[test]
fn two_people_end_what_the_bank_is_silent_about_and_it_ends_once() {
    for (end, balance, available, opposite) in
        [(MoveEnd::Done, 5_990, 5_990, NO), (MoveEnd::Failed, 10_000, 10_000, ErrandAnswer::Yes)]
    {
        let (mut bare, customer, id) = withdrawing();
        bare.answer(SUBMIT, ErrandAnswer::Silent);
        let (first, second) = (ended(&mut bare, id, end), ended(&mut bare, id, end));
        assert_eq!((bare.balance(customer), bare.available(customer)), (10_000, 5_990));
        // The bank is being asked when the two decide.
        bare.pass(Span::secs(2));
        let asked = *bare.attempts.last().unwrap();
        bare.made(first);
        assert_eq!((bare.balance(customer), bare.available(customer)), (balance, available));
        let spent = if end == MoveEnd::Done { (4_000, 4_000) } else { (0, 0) };
        assert_eq!(bare.spent(customer), spent);
        assert_eq!(bare.refused(second), ResultCode::OrderNotExist);
        let tried = bare.attempts.len();
        bare.pass(Span::days(1));
        assert_eq!(bare.attempts.len(), tried);
        bare.answer_to(asked, opposite);
        assert_eq!((bare.breaks(), bare.balance(customer)), (1, balance));
    }
}

#[test]
fn a_top_up_that_two_people_say_failed_leaves_room_below_the_cap() {
    let mut bare = Bare::new();
    let customer = bare.customer(0);
    let command = bare.bank(customer, BankWay::In, 30_000);
    let id = bare.made(command).id();
    let end = ended(&mut bare, id, MoveEnd::Failed);
    bare.made(end);
    assert_eq!(bare.balance(customer), 0);
    let command = bare.bank(customer, BankWay::In, 50_000);
    bare.made(command);
    bare.answer(SUBMIT, ErrandAnswer::Yes);
    assert_eq!(bare.balance(customer), 50_000);
    let unknown = Proposed::EndMove { id: BankMoveId::from_u128(id), end: MoveEnd::Done };
    let id = bare.id(ProposalId::new);
    let too_late = desk("ines", DeskAct::Propose { id, what: unknown });
    assert_eq!(bare.refused(too_late), ResultCode::OrderNotExist);
}
