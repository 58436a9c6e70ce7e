//! Savings: the switch, sweeping, prices and yields, taking out, paying directly from them, and
//! settling with the fund; and a month of days against a fund that keeps books of its own.

#[allow(dead_code, reason = "each test program uses its part of the support")]
mod support;

use base::{ResultCode, Span};
use dhow_wallet::command::desk::{DeskAct, Proposed};
use dhow_wallet::command::network::{NetworkCommand, PaidBy};
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::command::savings::{PutIn, SavingsCommand, TakeOut, TakeWay};
use dhow_wallet::objects::{FundDayState, PaymentState, Saving, SavingAct};
use dhow_wallet::{Command, ErrandAnswer, ErrandKind, Object, Reply, SavingsView, chart};
use savings::{Deal, FundPrice, FundStatement, LocalDay, Price, exact_value};
use std::collections::BTreeMap;
use support::{Bare, desk, network, people};

/// 100 centavos a unit.
const PAR: u64 = 10_000_000_000;
/// 2026-03-10, a Tuesday: the day on which every test starts at noon, three hours before the
/// cut-off.
const DAY: u16 = 20_522;
/// What one minor unit is in 10^-14.
const MINOR_E14: u128 = 100_000_000_000_000;

fn price(day: u16, price_e8: u64) -> FundPrice {
    FundPrice { day: LocalDay::from_number(day), price: Price::new(price_e8).unwrap() }
}

fn saving(object: Object) -> Saving {
    match object {
        Object::Saving(it) => it.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

impl Bare {
    fn switch(&mut self, customer: u32, is_on: bool, keep_back_major: u32) -> Reply {
        let it = SavingsCommand::Switch { customer, is_on, keep_back_major };
        self.apply(Command::Savings(it))
    }

    fn put(&mut self, customer: u32, amount_minor: u64) -> Command {
        let (id, once) = (self.id(ids::SavingId::new), self.once());
        Command::Savings(SavingsCommand::Put(PutIn { id, customer, amount_minor, once }))
    }

    fn take(&mut self, customer: u32, way: TakeWay) -> Command {
        let (id, once) = (self.id(ids::SavingId::new), self.once());
        Command::Savings(SavingsCommand::TakeOut(TakeOut { id, customer, way, once }))
    }

    /// The fund's price of a day, some hours after its cut-off, and what comes of it.
    fn price(&mut self, day: u16, price_e8: u64) {
        self.done(desk("fund", DeskAct::SetFundPrice(price(day, price_e8))));
        self.pass(Span::secs(1));
    }

    fn view(&self, customer: u32) -> SavingsView {
        self.machine.savings_of(&self.history, customer, self.now).unwrap()
    }

    /// Savings objects of a customer in the order in which they are listed, as they read.
    fn acts(&self, customer: u32) -> Vec<SavingAct> {
        let ids = support::listed(&self.history, &dhow_wallet::list_of_customer(customer));
        let all = ids.into_iter().map(|id| self.object(id));
        all.filter_map(|it| match it {
            Object::Saving(it) => Some(it.act.clone()),
            _ => None,
        })
        .collect()
    }

    /// A customer with savings on, of whom so much was dealt at par on the first day; the clock
    /// stands at six in the evening.
    fn saver(&mut self, amount_minor: u64) -> u32 {
        let customer = self.rich(amount_minor);
        self.switch(customer, true, 0);
        self.pass(Span::hours(6));
        self.price(DAY, PAR);
        assert_eq!(self.view(customer).value_minor, amount_minor);
        customer
    }
}

#[test]
fn the_switch_sweeps_at_once_what_is_above_what_stays() {
    let mut bare = Bare::new();
    let customer = bare.rich(50_000);
    assert!(bare.machine.savings_of(&bare.history, customer, bare.now).is_none());
    let put = bare.put(customer, 100);
    assert_eq!(bare.refused(put), ResultCode::BusinessNotSupport);
    assert!(matches!(bare.switch(customer, false, 0), Reply::Done));
    let Reply::Made { object, is_repeat: false } = bare.switch(customer, true, 120) else {
        panic!("it is swept at once");
    };
    let day = LocalDay::from_number(DAY);
    assert_eq!(saving(object).act, SavingAct::Swept { amount_minor: 38_000, day });
    assert_eq!((bare.balance(customer), bare.own(chart::SAVINGS)), (12_000, 38_000));
    // Once more with less that stays: the rest, unless it is too little to be swept.
    assert!(matches!(bare.switch(customer, true, 119), Reply::Made { .. }));
    assert!(matches!(bare.switch(customer, true, 119), Reply::Done));
    assert_eq!(bare.view(customer).waiting, [(day, 38_100)]);
    // Off: nothing more is swept, what waits stays.
    assert!(matches!(bare.switch(customer, false, 0), Reply::Done));
    bare.pass(Span::days(1));
    assert_eq!((bare.balance(customer), bare.view(customer).is_on), (11_900, false));
    let put = bare.put(customer, 100);
    assert_eq!(bare.refused(put), ResultCode::BusinessNotSupport);
}

#[test]
fn idle_balance_is_swept_before_the_cut_off_of_dealing_days_only() {
    let mut bare = Bare::new();
    let customer = bare.rich(5_000);
    bare.switch(customer, true, 0);
    let modest = bare.rich(700);
    bare.switch(modest, true, 7);
    let frozen = bare.customer(1);
    bare.switch(frozen, true, 0);
    bare.top_up(frozen, 900);
    let input = account::CustomerInput::Freeze;
    bare.done(desk("ines", DeskAct::ChangeCustomer { customer: frozen, input }));
    bare.top_up(customer, 2_000);
    bare.pass(Span::minutes(149));
    assert_eq!(bare.balance(customer), 2_000);
    bare.pass(Span::minutes(1));
    assert_eq!(bare.balance(customer), 0);
    assert_eq!(bare.view(customer).waiting, [(LocalDay::from_number(DAY), 7_000)]);
    // Three days later it is Friday evening: the next sweep is on Monday.
    bare.pass(Span::days(3));
    bare.price(DAY + 2, PAR);
    bare.top_up(customer, 300);
    bare.pass(Span::days(2));
    assert_eq!(bare.balance(customer), 300);
    bare.pass(Span::days(1));
    assert_eq!([customer, modest, frozen].map(|it| bare.balance(it)), [0, 700, 900]);
    assert_eq!(bare.view(customer).waiting, [(LocalDay::from_number(DAY + 6), 300)]);
}

#[test]
fn many_savers_are_swept_and_dealt_in_pieces() {
    let mut bare = Bare::new();
    let savers: Vec<u32> = (0..501).map(|_| bare.customer(1)).collect();
    for saver in &savers {
        bare.switch(*saver, true, 0);
    }
    for saver in [0, 499, 500] {
        bare.top_up(savers[saver], 1_000);
    }
    bare.pass_asleep(Span::minutes(150));
    bare.tick();
    assert_eq!([0, 499, 500].map(|at| bare.balance(savers[at])), [0, 0, 1_000]);
    bare.pass(Span::secs(1));
    assert_eq!(bare.balance(savers[500]), 0);
    bare.pass(Span::hours(4));
    bare.price(DAY, PAR);
    assert_eq!(bare.view(savers[500]).units, 10_000_000);
    assert_eq!(bare.machine.fund().totals().subscribing_minor, 0);
}

#[test]
fn a_price_deals_what_waits_and_yields_are_shown_as_of_their_day() {
    let mut bare = Bare::new();
    let customer = bare.rich(10_000);
    bare.switch(customer, true, 0);
    let early = desk("fund", DeskAct::SetFundPrice(price(DAY, PAR)));
    assert_eq!(bare.refused(early), ResultCode::OrderStatusInvalid);
    bare.pass(Span::hours(6));
    bare.price(DAY, PAR);
    let view = bare.view(customer);
    assert_eq!((view.units, view.value_minor, view.waiting.len()), (100_000_000, 10_000, 0));
    let acts = bare.acts(customer);
    let [SavingAct::Swept { .. }, SavingAct::Settled(settled)] = acts.as_slice() else {
        panic!("{acts:?}");
    };
    let day = LocalDay::from_number(DAY);
    let dealt = Deal::Subscribed {
        day,
        price: price(DAY, PAR),
        amount_minor: 10_000,
        units: 100_000_000,
        residue_e14: 0,
    };
    assert_eq!((settled.deals.as_slice(), settled.units), ([dealt].as_slice(), 100_000_000));
    // Two more days earn; looking does not need the saver to be settled.
    for (after, e8) in [(1, PAR + 2_000_000), (2, PAR + 5_000_000)] {
        bare.pass(Span::days(1));
        bare.price(DAY + after, e8);
    }
    let shown = |bare: &Bare| -> Vec<(u16, i128)> {
        let yields = bare.view(customer).yields;
        yields.iter().map(|it| (it.day.number(), it.micro_minor())).collect()
    };
    let expected = [(DAY + 2, 3_000_000), (DAY + 1, 2_000_000)];
    assert_eq!(shown(&bare), expected);
    let view = bare.view(customer);
    assert_eq!((view.value_minor, view.gain_minor), (10_005, 5));
    assert_eq!(view.price, Some(price(DAY + 2, PAR + 5_000_000)));
    // Settled by an act of the customer, the yields are found in history.
    bare.switch(customer, true, 0);
    assert_eq!(shown(&bare), expected);
    bare.pass(Span::days(1));
    bare.price(DAY + 3, PAR + 6_000_000);
    bare.switch(customer, true, 1);
    let mut longer = vec![(DAY + 3, 1_000_000)];
    longer.extend(expected);
    assert_eq!(shown(&bare), longer);
    assert_eq!(bare.view(customer).seven_day_yield_ppm, None);
    bare.pass(Span::days(4));
    bare.price(DAY + 7, PAR + 7_000_000);
    // 0.07 percent in seven days are 3.65 percent in a year.
    assert_eq!(bare.view(customer).seven_day_yield_ppm, Some(36_500));
}

#[test]
fn at_once_within_the_limit_and_the_rest_at_its_price() {
    let mut bare = Bare::new();
    let customer = bare.saver(30_000);
    let command = bare.take(customer, TakeWay::AtOnce { amount_minor: 9_000 });
    let object = bare.made(command.clone());
    let SavingAct::TakenOut { drawn, ordered: None } = saving(object).act else { panic!() };
    assert_eq!((drawn.recalled_minor, drawn.amount_minor()), (0, 9_000));
    assert_eq!((bare.balance(customer), bare.own(chart::POOL)), (9_000, -9_000));
    bare.repeated(command);
    assert_eq!(bare.view(customer).instant_left_minor, 1_000);
    let command = bare.take(customer, TakeWay::AtOnce { amount_minor: 1_001 });
    assert_eq!(bare.refused(command), ResultCode::UserAmountExceedLimit);
    // It is after the cut-off: what is ordered deals tomorrow.
    let command = bare.take(customer, TakeWay::Ordinary { amount_minor: 5_000 });
    let SavingAct::TakenOut { drawn, ordered: Some(ordered) } = saving(bare.made(command)).act
    else {
        panic!()
    };
    assert_eq!((drawn.amount_minor(), ordered.units), (0, 50_000_000));
    assert_eq!(ordered.day.number(), DAY + 1);
    for way in [TakeWay::Ordinary { amount_minor: 16_001 }, TakeWay::Ordinary { amount_minor: 0 }] {
        let command = bare.take(customer, way);
        let code = bare.refused(command);
        let is_zero = way == TakeWay::Ordinary { amount_minor: 0 };
        assert_eq!(code == ResultCode::ParamIllegal, is_zero);
    }
    bare.switch(customer, false, 0);
    bare.pass(Span::days(1));
    bare.price(DAY + 1, PAR + 10_000_000);
    assert_eq!(bare.balance(customer), 9_000 + 5_005);
    // The pool had paid 9,000 for units that bring 9,009: that is the operator's.
    assert_eq!((bare.own(chart::POOL), bare.own(chart::POOL_GAIN)), (0, 9));
    let view = bare.view(customer);
    assert_eq!((view.units, view.value_minor), (160_000_000, 16_016));
    // Everything, waiting cash included; then the account can be closed, and not before.
    let close = people(PeopleCommand::Change { customer, input: account::CustomerInput::Close });
    let command = bare.take(customer, TakeWay::All);
    bare.made(command);
    bare.pass(Span::days(1));
    let other = bare.rich(10);
    let all = bare.send(customer, other, bare.balance(customer).min(900));
    bare.made(all);
    assert_eq!(bare.refused(close.clone()), ResultCode::OrderStatusInvalid);
    bare.price(DAY + 2, PAR + 10_000_000);
    assert_eq!(bare.view(customer).units, 0);
    let bank = bare.bank(customer, dhow_wallet::objects::BankWay::Out, bare.balance(customer) - 10);
    bare.made(bank);
    bare.answer(ErrandKind::BankSubmit, ErrandAnswer::Yes);
    bare.done(close);
}

#[test]
fn waiting_cash_comes_back_before_the_cut_off_and_not_after() {
    let mut bare = Bare::new();
    let customer = bare.rich(3_000);
    bare.switch(customer, true, 100_000);
    let command = bare.put(customer, 2_000);
    bare.made(command.clone());
    bare.repeated(command);
    let command = bare.put(customer, 1_001);
    assert_eq!(bare.refused(command), ResultCode::UserBalanceNotEnough);
    let command = bare.take(customer, TakeWay::AtOnce { amount_minor: 500 });
    let SavingAct::TakenOut { drawn, .. } = saving(bare.made(command)).act else { panic!() };
    assert_eq!((drawn.recalled_minor, drawn.redeemed), (500, None));
    assert_eq!(bare.balance(customer), 1_500);
    bare.pass(Span::hours(3));
    let command = bare.take(customer, TakeWay::All);
    assert_eq!(bare.refused(command), ResultCode::ParamIllegal);
    let command = bare.take(customer, TakeWay::AtOnce { amount_minor: 500 });
    assert_eq!(bare.refused(command), ResultCode::OrderStatusInvalid);
}

#[test]
fn savings_pay_what_the_balance_does_not() {
    let mut bare = Bare::new();
    let customer = bare.saver(20_000);
    let owner = bare.customer(1);
    let shop = bare.open_shop(owner);
    bare.top_up(customer, 1_000);
    assert_eq!(bare.view(customer).spendable_minor, 10_000);
    let command = bare.pay_shop(customer, shop, 3_500);
    let sale = bare.made(command);
    assert_eq!((bare.balance(customer), bare.machine.shop_balance(shop)), (0, 3_500));
    let acts = bare.acts(customer);
    let Some(SavingAct::Paid { about, drawn }) = acts.last() else { panic!("{acts:?}") };
    assert_eq!((*about, drawn.amount_minor()), (sale.id(), 2_500));
    // Waiting cash is taken before units: the limit is not touched.
    bare.top_up(customer, 4_000);
    bare.pass(Span::hours(19));
    let command = bare.put(customer, 4_000);
    bare.made(command);
    let command = bare.pay_shop(customer, shop, 1_500);
    bare.made(command);
    let view = bare.view(customer);
    assert_eq!((view.recallable_minor, view.instant_left_minor), (2_500, 10_000));
    // Abroad, too; and what goes to the bank or to an agent does not draw on them.
    let pay = bare.network_pay(PaidBy::Customer(customer), 2_600);
    let object = bare.made(network(NetworkCommand::Pay(pay)));
    assert!(matches!(&object, Object::Payment(it) if it.state == PaymentState::Paid));
    let view = bare.view(customer);
    assert_eq!((view.recallable_minor, view.instant_left_minor), (0, 9_900));
    let bank = bare.bank(customer, dhow_wallet::objects::BankWay::Out, 50);
    assert_eq!(bare.refused(bank), ResultCode::UserBalanceNotEnough);
    let cash = bare.call_cash(customer, 50, [1; 32]);
    assert_eq!(bare.refused(cash), ResultCode::UserBalanceNotEnough);
    bare.switch(customer, false, 0);
    let command = bare.pay_shop(customer, shop, 1);
    assert_eq!(bare.refused(command), ResultCode::UserBalanceNotEnough);
}

#[test]
fn the_cash_of_an_order_that_is_due_pays_before_units_do() {
    let mut bare = Bare::new();
    let customer = bare.saver(9_000);
    let owner = bare.customer(1);
    let shop = bare.open_shop(owner);
    let command = bare.take(customer, TakeWay::Ordinary { amount_minor: 2_000 });
    bare.made(command);
    bare.pass(Span::days(1));
    // The price is there, and no round has begun.
    bare.done(desk("fund", DeskAct::SetFundPrice(price(DAY + 1, PAR))));
    let command = bare.pay_shop(customer, shop, 9_001);
    assert_eq!(bare.refused(command), ResultCode::UserBalanceNotEnough);
    let command = bare.pay_shop(customer, shop, 1_500);
    bare.made(command);
    assert_eq!((bare.balance(customer), bare.own(chart::POOL)), (500, 0));
    let command = bare.pay_shop(customer, shop, 1_500);
    bare.made(command);
    assert_eq!((bare.balance(customer), bare.own(chart::POOL)), (0, -1_000));
}

#[test]
fn the_second_of_two_payments_finds_what_the_first_left() {
    let mut bare = Bare::new();
    let other = bare.rich(9_000);
    bare.switch(other, true, 0);
    let customer = bare.saver(12_000);
    let owner = bare.customer(1);
    let shop = bare.open_shop(owner);
    let [first, second] = [6_000, 6_000].map(|amount| bare.pay_shop(customer, shop, amount));
    bare.made(first.clone());
    bare.repeated(first);
    // The day's limit leaves 4,000, though units are there.
    assert_eq!(bare.refused(second.clone()), ResultCode::UserAmountExceedLimit);
    assert_eq!(bare.machine.shop_balance(shop), 6_000);
    let command = bare.pay_shop(customer, shop, 6_001);
    assert_eq!(bare.refused(command), ResultCode::UserBalanceNotEnough);
    // A new day has a new limit; the pool waits for its money until the fund's next price.
    bare.pass(Span::hours(12));
    bare.made(second);
    assert_eq!((bare.view(customer).units, bare.own(chart::POOL)), (0, -12_000));
    let command = bare.pay_shop(customer, shop, 1);
    assert_eq!(bare.refused(command), ResultCode::UserBalanceNotEnough);
    // Another customer has a limit left, but the pool has not: 3,000 are all that it can pay.
    let [above, within] = [3_001, 3_000].map(|amount| bare.pay_shop(other, shop, amount));
    assert_eq!(bare.refused(above), ResultCode::UserBalanceNotEnough);
    bare.made(within);
    bare.pass(Span::hours(12));
    bare.price(DAY + 1, PAR);
    assert_eq!((bare.own(chart::POOL), bare.view(other).instant_left_minor), (0, 7_000));
}

#[test]
fn a_payment_that_the_payee_may_not_get_takes_nothing_from_savings() {
    let mut bare = Bare::new();
    let customer = bare.saver(9_000);
    let full = bare.customer(0);
    bare.top_up(full, support::BASIC[3] - 300);
    // A price that the saver was not settled at: a refusal does not settle it either.
    bare.pass(Span::days(1));
    bare.price(DAY + 1, PAR);
    let command = bare.send(customer, full, 500);
    assert_eq!(bare.refused(command), ResultCode::UserAmountExceedLimit);
    for way in [TakeWay::AtOnce { amount_minor: 10_001 }, TakeWay::Ordinary { amount_minor: 9_001 }]
    {
        let command = bare.take(customer, way);
        assert_eq!(bare.refused(command), ResultCode::UserBalanceNotEnough);
    }
    let command = bare.put(customer, 1);
    assert_eq!(bare.refused(command), ResultCode::UserBalanceNotEnough);
    // The fee comes from savings, too.
    let command = bare.send(customer, full, 200);
    let sent = bare.made(command);
    let acts = bare.acts(customer);
    let Some(SavingAct::Paid { about, drawn }) = acts.last() else { panic!("{acts:?}") };
    assert_eq!((*about, drawn.amount_minor()), (sent.id(), 202));
}

#[test]
fn a_market_keeps_savings_while_there_is_something_in_them() {
    let mut bare = Bare::new();
    let customer = bare.rich(1_000);
    bare.switch(customer, true, 0);
    let mut without = support::market();
    without.savings = None;
    let set = |market| desk("ines", DeskAct::SetMarket(Box::new(market)));
    assert_eq!(bare.refused(set(without.clone())), ResultCode::ParamIllegal);
    without.features.savings = false;
    assert_eq!(bare.refused(set(without.clone())), ResultCode::ParamIllegal);
    let command = bare.take(customer, TakeWay::All);
    bare.made(command);
    bare.done(set(without));
    let command = bare.put(customer, 100);
    assert_eq!(bare.refused(command), ResultCode::BusinessNotSupport);
    bare.pass(Span::days(1));
    assert_eq!(bare.balance(customer), 1_000);
    // Back again, the switch is where it was.
    bare.done(set(support::market()));
    bare.pass(Span::days(1));
    assert_eq!(bare.balance(customer), 0);
}

#[test]
fn a_price_that_jumps_needs_two_people() {
    let mut bare = Bare::new();
    bare.saver(1_000);
    bare.pass(Span::days(1));
    let jump = price(DAY + 1, PAR + PAR / 100);
    let command = desk("fund", DeskAct::SetFundPrice(jump));
    assert_eq!(bare.refused(command), ResultCode::ParamIllegal);
    let (id, what) = (bare.id(ids::ProposalId::new), Proposed::FundPrice(jump));
    bare.made(desk("ines", DeskAct::Propose { id, what }));
    let approve = DeskAct::Approve { id, what };
    assert_eq!(bare.refused(desk("ines", approve.clone())), ResultCode::AccessDenied);
    let other = Proposed::FundPrice(price(DAY + 1, PAR));
    let command = desk("jun", DeskAct::Approve { id, what: other });
    assert_eq!(bare.refused(command), ResultCode::RepeatReqInconsistent);
    bare.made(desk("jun", approve));
    assert_eq!(bare.machine.fund().prices().last(), Some(jump));
}

#[test]
fn the_fund_is_told_until_it_agrees_and_then_the_float_moves() {
    let mut bare = Bare::new();
    let customer = bare.saver(10_000);
    assert_eq!((bare.own(chart::FUND), bare.own(chart::FLOAT)), (10_000, -10_000));
    let told = bare.attempts.iter().filter(|(_, kind, _)| *kind == ErrandKind::FundOrder).count();
    assert_eq!(told, 1);
    bare.answer(ErrandKind::FundOrder, ErrandAnswer::Silent);
    bare.pass(Span::minutes(1));
    bare.answer(ErrandKind::FundOrder, ErrandAnswer::Yes);
    assert_eq!((bare.own(chart::FUND), bare.own(chart::FLOAT)), (0, 0));
    assert!(bare.machine.unsettled_fund_days().is_empty());
    // The next day the fund refuses: nothing moves until its statement is the wallet's.
    let command = bare.take(customer, TakeWay::Ordinary { amount_minor: 4_000 });
    bare.made(command);
    bare.switch(customer, false, 0);
    bare.pass(Span::days(1));
    bare.price(DAY + 1, PAR);
    bare.answer(ErrandKind::FundOrder, ErrandAnswer::No(ResultCode::ProcessFail));
    assert_eq!((bare.breaks(), bare.own(chart::FUND)), (1, -4_000));
    let day = bare.machine.unsettled_fund_days()[0].clone();
    assert_eq!(day.state, FundDayState::Refused(ResultCode::ProcessFail));
    let settle = |statement: FundStatement, rounding_minor| {
        desk("ines", DeskAct::SettleFund { statement, rounding_minor })
    };
    let mut wrong = day.statement;
    wrong.redeemed_units += 1;
    assert_eq!(bare.refused(settle(wrong, 0)), ResultCode::ParamIllegal);
    assert_eq!(bare.refused(settle(day.statement, 1)), ResultCode::ParamIllegal);
    wrong.day = LocalDay::from_number(DAY + 2);
    assert_eq!(bare.refused(settle(wrong, 0)), ResultCode::OrderNotExist);
    bare.made(settle(day.statement, 0));
    bare.repeated(settle(day.statement, 0));
    assert_eq!((bare.own(chart::FUND), bare.own(chart::FLOAT)), (0, -4_000));
}

/// The fund's own books: what it was given and paid, and what its units earned.
#[derive(Default)]
struct Fund {
    units: u128,
    /// Exactly, in 10^-14 of a minor unit.
    worth_e14: i128,
    last_e8: u64,
}

impl Fund {
    /// Takes the days that the wallet told it; each was dealt at the last price.
    fn deal(&mut self, bare: &mut Bare) {
        let attempts = std::mem::take(&mut bare.attempts);
        for attempt in attempts {
            if attempt.1 != ErrandKind::FundOrder {
                continue;
            }
            let Object::FundDay(day) = bare.object(attempt.0) else { panic!() };
            let it = day.statement;
            self.units = self.units + it.issued_units - it.redeemed_units;
            let cash = i128::try_from(it.subscribed_minor).unwrap()
                - i128::try_from(it.paid_minor).unwrap()
                - i128::from(day.rounding_minor);
            self.worth_e14 += cash * i128::try_from(MINOR_E14).unwrap();
            bare.answer_to(attempt, ErrandAnswer::Yes);
        }
    }

    fn earn(&mut self, e8: u64) {
        let change = i128::from(e8) - i128::from(self.last_e8);
        self.worth_e14 += i128::try_from(self.units).unwrap() * change;
        self.last_e8 = e8;
    }
}

#[test]
fn a_month_of_days_agrees_with_the_funds_own_books() {
    let mut bare = Bare::new();
    let customers: Vec<u32> = (0..6).map(|_| bare.rich(40_000)).collect();
    let owner = bare.customer(1);
    let shop = bare.open_shop(owner);
    let (mut fund, mut e8) = (Fund { last_e8: PAR, ..Fund::default() }, PAR);
    let mut seed: u64 = 11;
    let mut draw = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut codes: BTreeMap<ResultCode, u32> = BTreeMap::new();
    let mut paid = 0;
    for days in 0..30u16 {
        bare.top_up(customers[usize::from(days % 6)], 5_000);
        for _ in 0..8 {
            let customer = customers[usize::try_from(draw(6)).unwrap()];
            let amount = 1 + draw(4_000);
            let command = match draw(7) {
                0 => {
                    bare.switch(customer, draw(5) > 0, u32::try_from(draw(60)).unwrap());
                    continue;
                }
                1 => bare.put(customer, amount),
                2 => bare.take(customer, TakeWay::AtOnce { amount_minor: amount }),
                3 => bare.take(customer, TakeWay::Ordinary { amount_minor: amount }),
                4 if days % 9 == 0 => bare.take(customer, TakeWay::All),
                _ => bare.pay_shop(customer, shop, amount * 2),
            };
            match bare.apply(command) {
                Reply::Refused(refusal) => *codes.entry(refusal.code).or_default() += 1,
                Reply::Made { .. } => paid += 1,
                other => panic!("{other:?}"),
            }
            bare.pass(Span::minutes(draw(50)));
        }
        // To eight in the evening of the day; prices come on weekdays, and once two days late.
        let evening = support::savings_terms().calendar.closes(LocalDay::from_number(DAY + days));
        bare.pass(evening.after(Span::hours(5)).since(bare.now));
        let is_open = LocalDay::from_number(DAY + days).weekday() < 5;
        if is_open && ![14, 15].contains(&days) {
            e8 = e8 + draw(3_000_000) - 500_000;
            fund.earn(e8);
            bare.price(DAY + days, e8);
            fund.deal(&mut bare);
        }
        let back = bare.take(owner, TakeWay::All);
        assert_eq!(bare.refused(back), ResultCode::BusinessNotSupport);
        bare.pass(Span::hours(13));
    }
    assert!(paid > 100 && codes.len() >= 3, "{paid} {codes:?}");
    let totals = bare.machine.fund().totals();
    assert_eq!(totals.units + totals.advanced_units, fund.units);
    // What the fund has beyond its units is the rounding that is less than a minor unit.
    let units_e14 = exact_value(u64::try_from(fund.units).unwrap(), Price::new(e8).unwrap());
    let beyond = u128::try_from(fund.worth_e14).unwrap() - units_e14;
    assert_eq!(beyond, totals.residue_e14);
    assert!(beyond < MINOR_E14 && bare.own(chart::ROUNDING) > 0);
}
