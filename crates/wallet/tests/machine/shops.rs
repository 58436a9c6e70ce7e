//! The wallet's own shops.

use crate::people::by_desk;
use crate::support::{Bare, listed, open_shop, text};
use account::CustomerInput;
use base::{ResultCode, Span, encode};
use dhow_wallet::command::shops::ShopCommand;
use dhow_wallet::objects::{Sale, ShopOrderState};
use dhow_wallet::{Command, Object, ShopKind, list_of_shop};
use ids::{PaymentId, RefundId, ShopOrderId};

struct Stall {
    bare: Bare,
    ann: u32,
    owner: u32,
    shop: u32,
}

fn stall() -> Stall {
    let mut bare = Bare::new();
    let (ann, owner) = (bare.rich(10_000), bare.customer(0));
    let shop = bare.open_shop(owner);
    Stall { bare, ann, owner, shop }
}

fn sale(object: &Object) -> &Sale {
    match object {
        Object::Sale(it) => it,
        other => panic!("{other:?}"),
    }
}

impl Stall {
    fn order(&mut self, amount_minor: u64) -> Command {
        Command::Shop(ShopCommand::Order {
            id: self.bare.id(ShopOrderId::new),
            shop: self.shop,
            by: self.owner,
            amount_minor,
            reference: text("table 4"),
            until: self.bare.now.after(Span::minutes(5)),
            once: self.bare.once(),
        })
    }

    fn pay(&mut self, amount: u64, order: Option<&Object>) -> Command {
        match self.bare.pay_shop(self.ann, self.shop, amount) {
            Command::Shop(ShopCommand::Pay(mut it)) => {
                it.order = order.map(|order| ShopOrderId::from_u128(order.id()));
                Command::Shop(ShopCommand::Pay(it))
            }
            other => other,
        }
    }

    fn refund(&mut self, sale: &Object, amount_minor: u64) -> Command {
        Command::Shop(ShopCommand::Refund {
            id: self.bare.id(RefundId::new),
            shop: self.shop,
            by: self.owner,
            payment: PaymentId::from_u128(sale.id()),
            amount_minor,
            once: self.bare.once(),
        })
    }

    fn pay_out(&mut self, amount_minor: u64) -> Command {
        let once = self.bare.once();
        Command::Shop(ShopCommand::PayOut { shop: self.shop, by: self.owner, amount_minor, once })
    }

    fn order_state(&self, order: &Object) -> ShopOrderState {
        match self.bare.object(order.id()) {
            Object::ShopOrder(it) => it.state,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_shop_opens_in_one_step_and_once() {
    let mut bare = Bare::new();
    let owner = bare.customer(0);
    let once = bare.once();
    let open = open_shop(owner, once.clone());
    let shop = bare.number(open.clone());
    assert_eq!(bare.number(open.clone()), shop);
    assert_eq!(bare.machine.shops().len(), 1);
    let other = open_shop(owner, dhow_wallet::Once { digest: [9; 32], ..once.clone() });
    assert_eq!(bare.refused(other), ResultCode::RepeatReqInconsistent);
    // The same name for a request of another kind is refused as well.
    bare.top_up(owner, 100);
    let mut send = bare.send(owner, 0, 1);
    if let Command::Send(dhow_wallet::command::send::SendCommand::Send(it)) = &mut send {
        it.once.key = once.key.clone();
    }
    assert_eq!(bare.refused(send), ResultCode::RepeatReqInconsistent);
    let Command::Shop(ShopCommand::Open(mut agent)) = open else { unreachable!() };
    (agent.kind, agent.once) = (ShopKind::Agent, bare.once());
    let agent = Command::Shop(ShopCommand::Open(agent));
    assert_eq!(bare.refused(agent), ResultCode::AccessDenied);
    for _ in 1..100 {
        bare.open_shop(owner);
    }
    let once = bare.once();
    assert_eq!(bare.refused(open_shop(owner, once)), ResultCode::ProcessFail);
}

#[test]
fn a_printed_code_takes_what_the_payer_enters() {
    let mut it = stall();
    let pay = it.pay(1_200, None);
    let object = it.bare.made(pay.clone());
    assert_eq!(it.bare.repeated(pay), object);
    assert_eq!(it.bare.machine.shop_balance(it.shop), 1_200);
    assert_eq!((it.bare.balance(it.ann), it.bare.spent(it.ann)), (8_800, (1_200, 1_200)));
    assert_eq!(listed(&it.bare.history, &list_of_shop(it.shop)), [object.id()]);
    let nothing = it.pay(0, None);
    assert_eq!(it.bare.refused(nothing), ResultCode::ParamIllegal);
    let own = it.bare.pay_shop(it.owner, it.shop, 1);
    assert_eq!(it.bare.refused(own), ResultCode::RiskReject);
    let nowhere = it.bare.pay_shop(it.ann, 9, 1);
    assert_eq!(it.bare.refused(nowhere), ResultCode::MerchantNotRegistered);
    let set = |is_open| ShopCommand::SetOpen { shop: it.shop, by: it.owner, is_open };
    it.bare.done(Command::Shop(set(false)));
    let pay = it.pay(1, None);
    assert_eq!(it.bare.refused(pay), ResultCode::BusinessNotSupport);
}

#[test]
fn an_order_is_paid_once_and_for_its_amount() {
    let mut it = stall();
    let order = it.order(500);
    let shown = it.bare.made(order.clone());
    assert_eq!(it.bare.repeated(order), shown);
    let less = it.pay(499, Some(&shown));
    assert_eq!(it.bare.refused(less), ResultCode::ParamIllegal);
    let pay = it.pay(500, Some(&shown));
    let object = it.bare.made(pay.clone());
    assert_eq!(it.bare.repeated(pay), object);
    let paid = ShopOrderState::Paid(sale(&object).id);
    assert_eq!(it.order_state(&shown), paid);
    let second = it.pay(500, Some(&shown));
    assert_eq!(it.bare.refused(second), ResultCode::OrderIsClosed);
    let id = ShopOrderId::from_u128(shown.id());
    let end = ShopCommand::EndOrder { shop: it.shop, by: it.owner, id };
    assert_eq!(it.bare.refused(Command::Shop(end)), ResultCode::OrderIsClosed);
    assert_eq!(it.bare.machine.shop_balance(it.shop), 500);
}

#[test]
fn an_order_that_is_over_or_anothers_is_not_paid() {
    let mut it = stall();
    let order = it.order(500);
    let [late, ended] = [order, it.order(500)].map(|order| it.bare.made(order));
    let other = it.bare.open_shop(it.owner);
    let id = ShopOrderId::from_u128(ended.id());
    let elsewhere = ShopCommand::EndOrder { shop: other, by: it.owner, id };
    assert_eq!(it.bare.refused(Command::Shop(elsewhere)), ResultCode::OrderNotExist);
    let end = Command::Shop(ShopCommand::EndOrder { shop: it.shop, by: it.owner, id });
    let withdrawn = it.bare.made(end.clone());
    assert_eq!(it.bare.repeated(end), withdrawn);
    let pay = it.pay(500, Some(&ended));
    assert_eq!(it.bare.refused(pay), ResultCode::OrderIsClosed);
    it.bare.pass_asleep(Span::minutes(5));
    let pay = it.pay(500, Some(&late));
    assert_eq!(it.bare.refused(pay.clone()), ResultCode::OrderIsClosed);
    it.bare.tick();
    assert_eq!(it.order_state(&late), ShopOrderState::Expired);
    assert_eq!(it.bare.refused(pay), ResultCode::OrderIsClosed);
}

#[test]
fn refunds_never_pass_what_was_paid_or_what_the_shop_has() {
    let mut it = stall();
    let pay = it.pay(1_000, None);
    let object = it.bare.made(pay);
    let part = it.refund(&object, 400);
    let refunded = it.bare.made(part.clone());
    assert_eq!(it.bare.repeated(part), refunded);
    assert_eq!(sale(&refunded).left_minor(), 600);
    assert_eq!((it.bare.balance(it.ann), it.bare.spent(it.ann)), (9_400, (600, 600)));
    let over = it.refund(&object, 601);
    assert_eq!(it.bare.refused(over), ResultCode::RefundAmountExceed);
    let out = it.pay_out(500);
    it.bare.made(out);
    let poor = it.refund(&object, 101);
    assert_eq!(it.bare.refused(poor), ResultCode::UserBalanceNotEnough);
    let rest = it.refund(&object, 100);
    it.bare.made(rest);
    assert_eq!(it.bare.machine.shop_balance(it.shop), 0);
    let nothing = it.refund(&object, 0);
    assert_eq!(it.bare.refused(nothing), ResultCode::ParamIllegal);
    // Another shop of the same owner has no such sale.
    it.shop = it.bare.open_shop(it.owner);
    let elsewhere = it.refund(&object, 1);
    assert_eq!(it.bare.refused(elsewhere), ResultCode::OrderNotExist);
}

#[test]
fn a_refund_makes_room_only_on_the_day_and_in_the_month_of_the_sale() {
    let mut it = stall();
    let pay = it.pay(1_000, None);
    let first = it.bare.made(pay);
    it.bare.pass(Span::days(1));
    let pay = it.pay(300, None);
    it.bare.made(pay);
    let refund = it.refund(&first, 400);
    it.bare.made(refund);
    assert_eq!(it.bare.spent(it.ann), (300, 900));
    // The next month.
    it.bare.pass(Span::days(25));
    let pay = it.pay(200, None);
    it.bare.made(pay);
    let refund = it.refund(&first, 600);
    it.bare.made(refund);
    assert_eq!(it.bare.spent(it.ann), (200, 200));
}

#[test]
fn a_refund_reaches_who_is_over_the_cap_or_stopped() {
    let mut it = stall();
    let payer = it.bare.customer(0);
    it.bare.top_up(payer, 50_000);
    let pay = it.bare.pay_shop(payer, it.shop, 5_000);
    let object = it.bare.made(pay);
    it.bare.top_up(payer, 5_000);
    it.bare.done(by_desk(payer, CustomerInput::Freeze));
    let refund = it.refund(&object, 5_000);
    it.bare.made(refund);
    assert_eq!(it.bare.balance(payer), 55_000);
    // The cap stands for everything else.
    let before = encode(&it.bare.machine);
    let send = it.bare.send(it.ann, payer, 1);
    assert_eq!(it.bare.refused(send), ResultCode::UserAmountExceedLimit);
    assert!(encode(&it.bare.machine) == before);
}

#[test]
fn a_refund_to_somebody_who_left_is_kept_for_them() {
    use crate::support::people;
    use dhow_wallet::chart::UNCLAIMED;
    use dhow_wallet::command::people::PeopleCommand;
    let mut it = stall();
    let payer = it.bare.customer(0);
    it.bare.top_up(payer, 700);
    let pay = it.bare.pay_shop(payer, it.shop, 700);
    let object = it.bare.made(pay);
    let input = CustomerInput::Close;
    it.bare.done(people(PeopleCommand::Change { customer: payer, input }));
    let refund = it.refund(&object, 700);
    it.bare.made(refund);
    assert_eq!((it.bare.own(UNCLAIMED), it.bare.balance(payer)), (700, 0));
}

#[test]
fn takings_go_to_the_owner_within_the_cap() {
    let mut it = stall();
    let pay = it.pay(2_000, None);
    it.bare.made(pay);
    let over = it.pay_out(2_001);
    assert_eq!(it.bare.refused(over), ResultCode::UserBalanceNotEnough);
    it.bare.top_up(it.owner, 49_000);
    let too_much = it.pay_out(1_001);
    assert_eq!(it.bare.refused(too_much), ResultCode::UserAmountExceedLimit);
    let out = it.pay_out(1_000);
    let object = it.bare.made(out.clone());
    assert_eq!(it.bare.repeated(out), object);
    assert_eq!((object.customers(), object.shop()), (vec![it.owner], Some(it.shop)));
    assert_eq!((it.bare.balance(it.owner), it.bare.machine.shop_balance(it.shop)), (50_000, 1_000));
    let once = it.bare.once();
    let strange = ShopCommand::PayOut { shop: it.shop, by: it.ann, amount_minor: 1, once };
    assert_eq!(it.bare.refused(Command::Shop(strange)), ResultCode::MerchantNotRegistered);
}
