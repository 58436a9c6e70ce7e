//! Customers: registered once, stopped, closed, and known better or less well.

use crate::support::{BASIC, Bare, COOLING, desk, people};
use account::{CustomerInput, CustomerState};
use base::{ResultCode, Span, encode};
use dhow_wallet::command::bank::BankCommand;
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::command::send::SendCommand;
use dhow_wallet::command::shops::ShopCommand;
use dhow_wallet::objects::BankWay;
use dhow_wallet::{Command, ErrandAnswer, ErrandKind};
use ids::PersonId;

fn change(customer: u32, input: CustomerInput) -> Command {
    people(PeopleCommand::Change { customer, input })
}

pub fn by_desk(customer: u32, input: CustomerInput) -> Command {
    desk("ines", DeskAct::ChangeCustomer { customer, input })
}

#[test]
fn a_person_registers_once() {
    let mut bare = Bare::new();
    let register = |person, tier| people(PeopleCommand::Register { person, tier });
    let [ann, ben] = [1, 2].map(PersonId::from_u128);
    assert_eq!(bare.number(register(ann, 0)), 0);
    assert_eq!(bare.number(register(ben, 1)), 1);
    let before = encode(&bare.machine);
    assert_eq!(bare.number(register(ann, 1)), 0);
    assert!(encode(&bare.machine) == before);
    assert_eq!(bare.refused(register(PersonId::from_u128(3), 2)), ResultCode::ParamIllegal);
    assert_eq!(bare.machine.all_customers().len(), 2);
}

#[test]
fn pin_tries_end_in_waits_and_waits_in_a_new_pin() {
    let mut bare = Bare::new();
    let customer = bare.customer(0);
    let (take, pass) = (PeopleCommand::TakeTry { customer }, PeopleCommand::PassTry { customer });
    let locked = ResultCode::UserPaymentVerificationFailed;
    for _ in 0..3 {
        bare.done(people(take.clone()));
    }
    assert_eq!(bare.refused(people(take.clone())), locked);
    bare.pass(Span::minutes(9));
    assert_eq!(bare.refused(people(take.clone())), locked);
    bare.pass(Span::minutes(2));
    for _ in 0..3 {
        bare.done(people(take.clone()));
    }
    bare.pass(Span::days(400));
    assert_eq!(bare.refused(people(take.clone())), locked);
    bare.done(people(pass));
    bare.done(people(take));
    let nobody = people(PeopleCommand::TakeTry { customer: 9 });
    assert_eq!(bare.refused(nobody), ResultCode::UserNotExist);
}

#[test]
fn a_right_pin_ends_the_count_of_wrong_ones() {
    let mut bare = Bare::new();
    let customer = bare.customer(0);
    for _ in 0..10 {
        bare.done(people(PeopleCommand::TakeTry { customer }));
        bare.done(people(PeopleCommand::TakeTry { customer }));
        bare.done(people(PeopleCommand::PassTry { customer }));
    }
}

#[test]
fn a_stopped_account_takes_money_in_and_gives_none() {
    for is_frozen in [false, true] {
        let mut bare = Bare::new();
        let (ann, ben) = (bare.rich(10_000), bare.rich(10_000));
        let shop = bare.open_shop(ben);
        match is_frozen {
            true => bare.done(by_desk(ann, CustomerInput::Freeze)),
            false => bare.done(change(ann, CustomerInput::Pause)),
        }
        let (send, receive) = (bare.send(ann, ben, 100), bare.send(ben, ann, 100));
        let pay = bare.pay_shop(ann, shop, 100);
        let out = bare.bank(ann, BankWay::Out, 100);
        let cash = bare.call_cash(ann, 100, [1; 32]);
        for command in [send, pay, out, cash] {
            assert_eq!(bare.refused(command), ResultCode::UserStatusAbnormal);
        }
        bare.made(receive);
        assert_eq!(bare.balance(ann), 10_100);
        match is_frozen {
            true => {
                let resume = change(ann, CustomerInput::Resume);
                assert_eq!(bare.refused(resume), ResultCode::UserStatusAbnormal);
                let unfreeze = change(ann, CustomerInput::Unfreeze);
                assert_eq!(bare.refused(unfreeze), ResultCode::AccessDenied);
                bare.done(by_desk(ann, CustomerInput::Unfreeze));
            }
            false => bare.done(change(ann, CustomerInput::Resume)),
        }
        let send = bare.send(ann, ben, 100);
        bare.made(send);
    }
}

#[test]
fn an_account_closes_when_nothing_is_on_it_or_under_way() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.customer(1), bare.rich(10_000));
    let close = change(ann, CustomerInput::Close);
    let still = ResultCode::OrderStatusInvalid;
    // A top-up that the bank has not answered.
    let move_in = bare.bank(ann, BankWay::In, 2_010);
    bare.made(move_in);
    assert_eq!(bare.refused(close.clone()), still);
    bare.answer(ErrandKind::BankSubmit, ErrandAnswer::Yes);
    assert_eq!(bare.refused(close.clone()), still);
    // A transfer that waits, with its fee.
    let send = bare.send(ann, ben, 1_990);
    let held = bare.made(send).id();
    assert_eq!(bare.balance(ann), 1);
    let send = bare.send(ann, ben, 1);
    bare.made(send);
    assert_eq!(bare.balance(ann), 0);
    assert_eq!(bare.refused(close.clone()), still);
    bare.pass(COOLING);
    assert!(!bare.object(held).is_open());
    // Cash that is called for.
    bare.top_up(ann, 105);
    let cash = bare.call_cash(ann, 100, [1; 32]);
    let cash = bare.made(cash).id();
    assert_eq!((bare.balance(ann), bare.refused(close.clone())), (0, still));
    let id = ids::CashId::from_u128(cash);
    bare.made(Command::Bank(BankCommand::EndCash { customer: ann, id }));
    let send = bare.send(ann, ben, 104);
    bare.made(send);
    // A shop that is open, then one that has money.
    let shop = bare.open_shop(ann);
    assert_eq!(bare.refused(close.clone()), still);
    let pay = bare.pay_shop(ben, shop, 50);
    bare.made(pay);
    bare.done(Command::Shop(ShopCommand::SetOpen { shop, by: ann, is_open: false }));
    assert_eq!(bare.refused(close.clone()), still);
    let once = bare.once();
    bare.made(Command::Shop(ShopCommand::PayOut { shop, by: ann, amount_minor: 50, once }));
    let send = bare.send(ann, ben, 50);
    bare.made(send);
    bare.done(close.clone());
    assert_eq!(bare.machine.overview(ann, bare.now).unwrap().customer.state, CustomerState::Closed);
    // For ever, and its shop with it.
    bare.done(close);
    let gone = ResultCode::UserStatusAbnormal;
    for input in [CustomerInput::Pause, CustomerInput::Resume] {
        assert_eq!(bare.refused(change(ann, input)), gone);
    }
    assert_eq!(bare.refused(by_desk(ann, CustomerInput::Unfreeze)), gone);
    let open = Command::Shop(ShopCommand::SetOpen { shop, by: ann, is_open: true });
    assert_eq!(bare.refused(open), gone);
    let send = bare.send(ben, ann, 1);
    assert_eq!(bare.refused(send), gone);
}

#[test]
fn a_transfer_to_somebody_who_left_goes_back() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.rich(10_000), bare.customer(0));
    let send = bare.send(ann, ben, 2_000);
    bare.made(send);
    assert_eq!((bare.balance(ann), bare.spent(ann)), (7_980, (2_000, 2_000)));
    bare.done(change(ben, CustomerInput::Close));
    bare.pass(COOLING);
    assert_eq!((bare.balance(ann), bare.spent(ann)), (10_000, (0, 0)));
}

#[test]
fn a_request_of_somebody_who_left_is_not_paid() {
    use dhow_wallet::command::send::{Ask, AskPart};
    let mut bare = Bare::new();
    let (ann, ben) = (bare.customer(0), bare.rich(1_000));
    let request = bare.id(ids::RequestId::new);
    let parts = vec![AskPart { id: request, payer: ben, amount_minor: 100 }];
    let (until, once) = (bare.now.after(Span::days(1)), bare.once());
    bare.several(Command::Send(SendCommand::Ask(Ask {
        asker: ann,
        parts,
        note: None,
        until,
        once,
    })));
    bare.done(change(ann, CustomerInput::Close));
    let (id, once) = (bare.id(ids::TransferId::new), bare.once());
    let pay = Command::Send(SendCommand::PayRequest { customer: ben, request, id, once });
    assert_eq!(bare.refused(pay), ResultCode::UserStatusAbnormal);
    bare.pass(Span::days(2));
    assert!(!bare.object(request.as_u128()).is_open());
}

#[test]
fn another_tier_holds_at_once() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.customer(0), bare.customer(1));
    let [payment, day, _, balance] = BASIC;
    bare.top_up(ann, balance);
    let more = bare.bank(ann, BankWay::In, 1);
    assert_eq!(bare.refused(more), ResultCode::UserAmountExceedLimit);
    let shop = bare.open_shop(ben);
    let over = bare.pay_shop(ann, shop, payment + 1);
    assert_eq!(bare.refused(over.clone()), ResultCode::PaymentAmountExceedLimit);
    bare.done(desk("ines", DeskAct::SetTier { customer: ann, tier: 1 }));
    bare.made(over);
    bare.top_up(ann, 100_000);
    let pay = bare.pay_shop(ann, shop, day);
    bare.made(pay);
    // Back again: what was spent counts, and what is over the lower cap stays and may go.
    bare.done(desk("ines", DeskAct::SetTier { customer: ann, tier: 0 }));
    assert!(bare.balance(ann) > balance);
    let pay = bare.pay_shop(ann, shop, 1);
    assert_eq!(bare.refused(pay), ResultCode::UserAmountExceedLimit);
    bare.pass(Span::days(1));
    let pay = bare.pay_shop(ann, shop, 1_000);
    bare.made(pay);
    let send = bare.send(ben, ann, 1);
    bare.top_up(ben, 10);
    assert_eq!(bare.refused(send), ResultCode::UserAmountExceedLimit);
    let unknown = desk("ines", DeskAct::SetTier { customer: ann, tier: 2 });
    assert_eq!(bare.refused(unknown), ResultCode::ParamIllegal);
}

#[test]
fn days_and_months_are_the_markets_own() {
    let mut bare = Bare::new();
    let (ann, ben) = (bare.customer(0), bare.customer(1));
    bare.top_up(ann, 50_000);
    let shop = bare.open_shop(ben);
    let [payment, day, month, _] = BASIC;
    let pay_day = |bare: &mut Bare| {
        for amount in [payment, day - payment] {
            let pay = bare.pay_shop(ann, shop, amount);
            bare.made(pay);
        }
        let pay = bare.pay_shop(ann, shop, 1);
        assert_eq!(bare.refused(pay), ResultCode::UserAmountExceedLimit);
    };
    pay_day(&mut bare);
    // It is noon: the day ends twelve hours later, not with the day of UTC.
    bare.pass(Span::hours(11));
    let pay = bare.pay_shop(ann, shop, 1);
    assert_eq!(bare.refused(pay), ResultCode::UserAmountExceedLimit);
    bare.pass(Span::hours(1));
    pay_day(&mut bare);
    bare.pass(Span::days(1));
    let left = month - 2 * day;
    let pay = bare.pay_shop(ann, shop, left + 1);
    assert_eq!(bare.refused(pay), ResultCode::UserAmountExceedLimit);
    let pay = bare.pay_shop(ann, shop, left);
    bare.made(pay);
    assert_eq!(bare.spent(ann), (left, month));
    // 2026-03-12, 00:00 there; the month ends twenty days later.
    bare.pass(Span::days(20));
    assert_eq!(bare.spent(ann), (0, 0));
    pay_day(&mut bare);
}
