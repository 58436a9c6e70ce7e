//! Bills and airtime.

use crate::support::{Bare, desk, text};
use crate::{all_refused, bill, php, switch_off};
use base::{ResultCode, Span};
use dhow_wallet::chart::{FEES, FLOAT};
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::services::{BillCommand, CheckBill};
use dhow_wallet::objects::Bill;
use dhow_wallet::{Command, ErrandAnswer, ErrandKind, Object};
use ids::{BillId, NoteId};
use services::{AccountFormat, AmountRule, BillState, BillerRules, Category, CheckDigits};

/// A fee of 15; not known counts from a minute on, and twice in a row.
pub fn rules(biller: u32, amounts: AmountRule) -> BillerRules {
    BillerRules {
        biller,
        category: Category::Electricity,
        formats: vec![AccountFormat::new("##########", CheckDigits::None).unwrap()],
        amounts,
        fee: php(15),
        check_good_for: Span::minutes(10),
        settle: Span::minutes(1),
        not_known_needed: 2,
    }
}

pub fn free() -> AmountRule {
    AmountRule::Free { least: php(100), most: php(50_000) }
}

fn add(biller: u32, amounts: AmountRule) -> Command {
    let rules = Box::new(rules(biller, amounts));
    desk("ines", DeskAct::AddBiller { name: text("Meralco"), rules })
}

pub fn biller(bare: &mut Bare, amounts: AmountRule) -> u32 {
    let number = u32::try_from(bare.machine.billers().len()).unwrap();
    assert_eq!(bare.number(add(number, amounts)), number);
    number
}

pub fn check(bare: &mut Bare, customer: u32, biller: u32, due_minor: Option<u64>) -> Command {
    let (id, once) = (bare.id(BillId::new), bare.once());
    let account = NoteId::from_u128(3);
    bill(BillCommand::Check(CheckBill { id, customer, biller, account, due_minor, once }))
}

pub fn pay(bare: &mut Bare, customer: u32, id: BillId, amount_minor: u64) -> Command {
    let once = bare.once();
    bill(BillCommand::Pay { customer, id, amount_minor, once })
}

fn checked(bare: &mut Bare, customer: u32, biller: u32, due_minor: Option<u64>) -> BillId {
    let command = check(bare, customer, biller, due_minor);
    billed(bare.made(command)).id
}

fn billed(object: Object) -> Bill {
    match object {
        Object::Bill(it) => it.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

fn state(bare: &Bare, id: BillId) -> BillState {
    billed(bare.object(id.as_u128())).body.state
}

/// A bill of 2,000 that the biller was just told of, by a customer who had 10,000.
fn paying(bare: &mut Bare) -> (u32, BillId) {
    let customer = bare.rich(10_000);
    let biller = biller(bare, free());
    let id = checked(bare, customer, biller, None);
    let command = pay(bare, customer, id, 2_000);
    bare.made(command);
    (customer, id)
}

#[test]
fn a_confirmed_bill_is_posted() {
    let mut bare = Bare::new();
    let customer = bare.rich(10_000);
    let number = biller(&mut bare, free());
    let command = check(&mut bare, customer, number, None);
    let first = billed(bare.made(command.clone()));
    assert_eq!(billed(bare.repeated(command)), first);
    assert_eq!(
        (first.account(), first.body.state),
        (Some(NoteId::from_u128(3)), BillState::Checked)
    );
    let command = pay(&mut bare, customer, first.id, 2_000);
    bare.made(command.clone());
    bare.repeated(command);
    // Another request for the same bill pays it no second time.
    let again = pay(&mut bare, customer, first.id, 2_000);
    bare.repeated(again);
    let other = pay(&mut bare, customer, first.id, 2_001);
    assert_eq!(bare.refused(other), ResultCode::OrderStatusInvalid);
    assert_eq!((bare.balance(customer), bare.available(customer)), (10_000, 7_985));
    assert_eq!(bare.machine.in_services(Some(customer)).bills_minor, 2_015);
    assert_eq!(bare.machine.biller_payable(number), 0);
    bare.answer(ErrandKind::BillPay, ErrandAnswer::Yes);
    assert_eq!(state(&bare, first.id), BillState::Confirmed);
    assert_eq!((bare.balance(customer), bare.spent(customer).0), (7_985, 2_000));
    assert_eq!((bare.machine.biller_payable(number), bare.own(FEES)), (2_000, 15));
    // The operator pays the biller from the float, once for each reference.
    let settle = |amount_minor, reference: &str| {
        let reference = text(reference);
        desk("ines", DeskAct::SettleBiller { reference, biller: number, amount_minor })
    };
    assert_eq!(bare.refused(settle(2_001, "one")), ResultCode::ParamIllegal);
    bare.done(settle(1_500, "one"));
    bare.done(settle(1_500, "one"));
    assert_eq!(bare.refused(settle(500, "one")), ResultCode::RepeatReqInconsistent);
    assert_eq!((bare.machine.biller_payable(number), bare.own(FLOAT)), (500, -8_500));
}

#[test]
fn a_refused_bill_is_free_again() {
    let mut bare = Bare::new();
    let (customer, id) = paying(&mut bare);
    let attempt = *bare.attempts.last().unwrap();
    bare.answer(ErrandKind::BillPay, ErrandAnswer::No(ResultCode::ProcessFail));
    assert_eq!(state(&bare, id), BillState::Reversed);
    assert_eq!((bare.available(customer), bare.spent(customer)), (10_000, (0, 0)));
    let again = pay(&mut bare, customer, id, 2_000);
    assert_eq!(bare.refused(again), ResultCode::OrderIsClosed);
    bare.answer_to(attempt, ErrandAnswer::Silent);
    assert_eq!(bare.breaks(), 0);
    // The customer has the money, and the biller says that it has it: somebody must look.
    bare.answer_to(attempt, ErrandAnswer::Yes);
    assert_eq!((bare.breaks(), bare.balance(customer)), (1, 10_000));
}

#[test]
fn a_silent_biller_is_asked_until_it_knows() {
    let mut bare = Bare::new();
    let (customer, id) = paying(&mut bare);
    let first = *bare.attempts.last().unwrap();
    bare.answer(ErrandKind::BillPay, ErrandAnswer::Silent);
    assert_eq!(state(&bare, id), BillState::Unknown);
    for answer in [ErrandAnswer::InProcess, ErrandAnswer::NotFound, ErrandAnswer::Silent] {
        bare.pass(Span::secs(5));
        bare.answer(ErrandKind::BillInquiry, answer);
        assert_eq!(state(&bare, id), BillState::Unknown, "too early to prove anything");
    }
    // An answer to an attempt that nobody waits for changes nothing while it is being asked.
    bare.answer_to(first, ErrandAnswer::No(ResultCode::ProcessFail));
    assert_eq!((state(&bare, id), bare.breaks()), (BillState::Unknown, 0));
    let mut breaks = 0;
    for _ in 0..6 {
        bare.pass(Span::minutes(31));
        bare.answer(ErrandKind::BillInquiry, ErrandAnswer::Silent);
        breaks += bare.breaks();
    }
    assert_eq!(breaks, 1, "somebody is told once that it takes long");
    assert_eq!(bare.available(customer), 7_985, "silence alone ends nothing");
    bare.pass(Span::hours(1));
    bare.answer(ErrandKind::BillInquiry, ErrandAnswer::NotFound);
    assert_eq!(state(&bare, id), BillState::Unknown);
    bare.pass(Span::hours(1));
    bare.answer(ErrandKind::BillInquiry, ErrandAnswer::NotFound);
    assert_eq!(state(&bare, id), BillState::Reversed);
    assert_eq!(bare.available(customer), 10_000);
}

#[test]
fn an_unpaid_check_lapses() {
    let mut bare = Bare::new();
    let customer = bare.rich(10_000);
    let number = biller(&mut bare, AmountRule::Presented { most: php(9_000) });
    let id = checked(&mut bare, customer, number, Some(1_234));
    let cases = [
        (pay(&mut bare, customer, id, 1_000), ResultCode::ParamIllegal),
        (pay(&mut bare, customer + 1, id, 1_234), ResultCode::OrderNotExist),
    ];
    all_refused(&mut bare, cases);
    bare.pass_asleep(Span::minutes(10));
    let late = pay(&mut bare, customer, id, 1_234);
    assert_eq!(bare.refused(late), ResultCode::OrderIsClosed);
    bare.tick();
    assert_eq!(state(&bare, id), BillState::Lapsed);
    let late = pay(&mut bare, customer, id, 1_234);
    assert_eq!(bare.refused(late), ResultCode::OrderIsClosed);
    let nothing = checked(&mut bare, customer, number, None);
    let nothing = pay(&mut bare, customer, nothing, 1_234);
    assert_eq!(bare.refused(nothing), ResultCode::OrderIsClosed);
    let much = checked(&mut bare, customer, number, Some(9_001));
    let much = pay(&mut bare, customer, much, 9_001);
    assert_eq!(bare.refused(much), ResultCode::PaymentAmountExceedLimit);
}

#[test]
fn the_directory_is_the_desks() {
    let mut bare = Bare::new();
    let airtime = AmountRule::Fixed { amounts: vec![php(1_000), php(5_000)] };
    let number = biller(&mut bare, airtime.clone());
    assert_eq!(bare.number(add(number, airtime.clone())), number, "said twice, made once");
    let foreign = BillerRules { fee: crate::support::yen(1), ..rules(1, free()) };
    let foreign = DeskAct::AddBiller { name: text("Tokyo"), rules: Box::new(foreign) };
    let change = |number, is_listed| {
        let (name, rules) = (text("Smart"), Box::new(rules(number, airtime.clone())));
        desk("ines", DeskAct::ChangeBiller { name, rules, is_listed })
    };
    let cases = [
        (add(number, free()), ResultCode::RepeatReqInconsistent),
        (add(5, free()), ResultCode::ParamIllegal),
        (add(1, AmountRule::Fixed { amounts: vec![] }), ResultCode::ParamIllegal),
        (desk("ines", foreign), ResultCode::CurrencyNotSupport),
        (change(5, true), ResultCode::OrderNotExist),
    ];
    all_refused(&mut bare, cases);
    let customer = bare.rich(10_000);
    let id = checked(&mut bare, customer, number, None);
    let between = pay(&mut bare, customer, id, 2_000);
    assert_eq!(bare.refused(between), ResultCode::ParamIllegal);
    bare.number(change(number, false));
    let cases = [
        (check(&mut bare, customer, number, None), ResultCode::BusinessNotSupport),
        (pay(&mut bare, customer, id, 1_000), ResultCode::BusinessNotSupport),
        (check(&mut bare, customer, 9, None), ResultCode::OrderNotExist),
    ];
    all_refused(&mut bare, cases);
    bare.number(change(number, true));
    let poor = bare.customer(1);
    let dear = checked(&mut bare, poor, number, None);
    let dear = pay(&mut bare, poor, dear, 1_000);
    assert_eq!(bare.refused(dear), ResultCode::UserBalanceNotEnough);
    let command = pay(&mut bare, customer, id, 1_000);
    bare.made(command);
    // What is under way ends, whatever is switched off.
    switch_off(&mut bare);
    bare.answer(ErrandKind::BillPay, ErrandAnswer::Yes);
    assert_eq!(bare.balance(customer), 8_985);
    let off = check(&mut bare, customer, number, None);
    assert_eq!(bare.refused(off), ResultCode::BusinessNotSupport);
}
