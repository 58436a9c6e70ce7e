//! Cash over an agent's counter.

use crate::people::by_desk;
use crate::support::{Bare, desk, listed, market, people};
use account::CustomerInput;
use base::{ResultCode, Span};
use dhow_wallet::command::bank::{BankCommand, TakeCash};
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::objects::CashState;
use dhow_wallet::{Command, Object, chart, list_of_shop};
use ids::CashId;

const CODE: [u8; 32] = [77; 32];

struct Counter {
    bare: Bare,
    ann: u32,
    owner: u32,
    agent: u32,
}

fn counter() -> Counter {
    let mut bare = Bare::new();
    let (ann, owner) = (bare.rich(10_000), bare.customer(1));
    let agent = bare.agent(owner);
    Counter { bare, ann, owner, agent }
}

fn state(object: &Object) -> CashState {
    match object {
        Object::Cash(it) => it.state,
        other => panic!("{other:?}"),
    }
}

fn end(customer: u32, cash: &Object) -> Command {
    let id = CashId::from_u128(cash.id());
    Command::Bank(BankCommand::EndCash { customer, id })
}

impl Counter {
    fn call(&mut self, amount: u64) -> Object {
        let call = self.bare.call_cash(self.ann, amount, CODE);
        self.bare.made(call)
    }

    fn give(&self) -> Command {
        Command::Bank(BankCommand::GiveCash { agent: self.agent, by: self.owner, code: CODE })
    }

    fn take(&mut self, amount_minor: u64) -> Command {
        Command::Bank(BankCommand::TakeCash(TakeCash {
            id: self.bare.id(CashId::new),
            agent: self.agent,
            by: self.owner,
            customer: self.ann,
            amount_minor,
            once: self.bare.once(),
        }))
    }
}

#[test]
fn a_code_is_paid_out_once() {
    let mut it = counter();
    let call = it.bare.call_cash(it.ann, 2_000, CODE);
    let called = it.bare.made(call.clone());
    assert_eq!(it.bare.repeated(call), called);
    assert_eq!((it.bare.balance(it.ann), it.bare.own(chart::HELD)), (7_995, 2_000));
    let same = it.bare.call_cash(it.ann, 1, CODE);
    assert_eq!(it.bare.refused(same), ResultCode::ProcessFail);
    let wrong = BankCommand::GiveCash { agent: it.agent, by: it.owner, code: [1; 32] };
    assert_eq!(it.bare.refused(Command::Bank(wrong)), ResultCode::InvalidCode);
    let given = it.bare.made(it.give());
    assert_eq!(state(&given), CashState::Done { agent: it.agent });
    assert_eq!(it.bare.repeated(it.give()), given);
    assert_eq!(it.bare.machine.shop_balance(it.agent), 2_000);
    assert_eq!(listed(&it.bare.history, &list_of_shop(it.agent)), [given.id()]);
    // To another agent the code is used.
    let other = it.bare.agent(it.owner);
    let again = BankCommand::GiveCash { agent: other, by: it.owner, code: CODE };
    assert_eq!(it.bare.refused(Command::Bank(again)), ResultCode::ExpiredCode);
    assert_eq!(it.bare.refused(end(it.ann, &given)), ResultCode::OrderIsClosed);
    assert_eq!(it.bare.spent(it.ann), (2_000, 2_000));
}

#[test]
fn a_code_is_over_at_its_instant_whether_or_not_the_timer_fired() {
    let mut it = counter();
    let called = it.call(2_000);
    it.bare.pass_asleep(Span::minutes(10));
    assert_eq!(it.bare.refused(it.give()), ResultCode::ExpiredCode);
    it.bare.tick();
    assert_eq!(state(&it.bare.object(called.id())), CashState::Expired);
    assert_eq!((it.bare.balance(it.ann), it.bare.spent(it.ann)), (10_000, (0, 0)));
    assert_eq!(it.bare.refused(it.give()), ResultCode::ExpiredCode);
    assert_eq!(it.bare.refused(end(it.ann, &called)), ResultCode::OrderIsClosed);
}

#[test]
fn who_does_not_want_the_cash_has_the_money_with_its_fee() {
    let mut it = counter();
    let called = it.call(2_000);
    assert_eq!(it.bare.refused(end(it.owner, &called)), ResultCode::OrderNotExist);
    let ended = it.bare.made(end(it.ann, &called));
    assert_eq!(it.bare.repeated(end(it.ann, &called)), ended);
    assert_eq!((it.bare.balance(it.ann), it.bare.spent(it.ann)), (10_000, (0, 0)));
    assert_eq!(it.bare.refused(it.give()), ResultCode::ExpiredCode);
}

#[test]
fn no_cash_for_the_code_of_a_stopped_account() {
    let mut it = counter();
    it.call(2_000);
    let pause = PeopleCommand::Change { customer: it.ann, input: CustomerInput::Pause };
    it.bare.done(people(pause));
    assert_eq!(it.bare.refused(it.give()), ResultCode::UserStatusAbnormal);
    it.bare.pass(Span::minutes(10));
    assert_eq!(it.bare.balance(it.ann), 10_000);
}

#[test]
fn only_agents_whose_account_is_not_stopped_take_and_give() {
    let mut it = counter();
    it.call(2_000);
    let plain = it.bare.open_shop(it.owner);
    for (agent, by, code) in [
        (plain, it.owner, ResultCode::AccessDenied),
        (it.agent, it.ann, ResultCode::MerchantNotRegistered),
        (9, it.owner, ResultCode::MerchantNotRegistered),
    ] {
        let give = Command::Bank(BankCommand::GiveCash { agent, by, code: CODE });
        assert_eq!(it.bare.refused(give), code);
    }
    it.bare.done(by_desk(it.owner, CustomerInput::Freeze));
    assert_eq!(it.bare.refused(it.give()), ResultCode::UserStatusAbnormal);
    let take = it.take(100);
    assert_eq!(it.bare.refused(take), ResultCode::UserStatusAbnormal);
}

#[test]
fn cash_comes_in_from_what_the_agent_has() {
    let mut it = counter();
    let take = it.take(1_000);
    assert_eq!(it.bare.refused(take.clone()), ResultCode::UserBalanceNotEnough);
    it.call(2_000);
    it.bare.made(it.give());
    let taken = it.bare.made(take.clone());
    assert_eq!(it.bare.repeated(take), taken);
    assert_eq!(it.bare.machine.shop_balance(it.agent), 1_000);
    assert_eq!(it.bare.balance(it.ann), 10_000 - 2_005 + 997);
    for amount in [0, 1, 3] {
        let take = it.take(amount);
        assert_eq!(it.bare.refused(take), ResultCode::ParamIllegal, "the fee takes {amount}");
    }
    let mut without = market();
    without.features.agents = false;
    it.bare.done(desk("ines", DeskAct::SetMarket(Box::new(without))));
    let take = it.take(100);
    assert_eq!(it.bare.refused(take), ResultCode::BusinessNotSupport);
    let call = it.bare.call_cash(it.ann, 100, [2; 32]);
    assert_eq!(it.bare.refused(call), ResultCode::BusinessNotSupport);
}
