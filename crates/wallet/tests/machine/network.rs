//! Payments abroad: what the network asks, and what customers decide about scanned orders.

use crate::people::by_desk;
use crate::support::{Bare, network, order_view, yen};
use account::CustomerInput;
use base::{ResultCode, Span, encode};
use dhow_wallet::command::network::{NetworkCommand, NetworkPay, NetworkRefund, PaidBy, TakeOrder};
use dhow_wallet::objects::{Payment, PaymentState};
use dhow_wallet::{CodeKind, Command, ErrandAnswer, ErrandKind, NetworkName, Object, Reply};
use ids::{PartnerText, PaymentId, RefundId};
use money::{Currency, Money};

const NOTIFY: ErrandKind = ErrandKind::NotifyPayment;

fn payment(object: &Object) -> &Payment {
    match object {
        Object::Payment(it) => it,
        other => panic!("{other:?}"),
    }
}

fn pay(it: &NetworkPay) -> Command {
    network(NetworkCommand::Pay(it.clone()))
}

fn cancel(request: &PartnerText) -> Command {
    network(NetworkCommand::Cancel { request: request.clone() })
}

fn refund(bare: &mut Bare, of: &NetworkPay, price_minor: u64) -> NetworkRefund {
    NetworkRefund {
        id: bare.id(RefundId::new),
        request: bare.name(),
        payment: of.request.clone(),
        payment_id: Some(of.id),
        price_minor,
        amount: yen(1),
        digest: bare.digest(),
    }
}

fn back(it: &NetworkRefund) -> Command {
    network(NetworkCommand::Refund(it.clone()))
}

#[test]
fn a_payment_is_taken_once_whatever_comes_again() {
    let mut bare = Bare::new();
    let ann = bare.rich(10_000);
    let it = bare.network_pay(PaidBy::Customer(ann), 900);
    let object = bare.made(pay(&it));
    assert_eq!(payment(&object).state, PaymentState::Paid);
    assert_eq!((bare.balance(ann), bare.machine.network_payable()), (9_100, 900));
    // Other ids from the edge, same content: the same payment.
    let again = NetworkPay { id: bare.id(PaymentId::new), ..it.clone() };
    assert_eq!(bare.repeated(pay(&again)), object);
    let other = NetworkPay { digest: [1; 32], ..it };
    assert_eq!(bare.refused(pay(&other)), ResultCode::RepeatReqInconsistent);
    assert_eq!(bare.balance(ann), 9_100);
}

#[test]
fn a_refusal_is_kept_under_its_id() {
    let mut bare = Bare::new();
    let ann = bare.rich(500);
    let it = bare.network_pay(PaidBy::Customer(ann), 900);
    let object = bare.made(pay(&it));
    assert_eq!(payment(&object).result(), ResultCode::UserBalanceNotEnough);
    bare.top_up(ann, 10_000);
    assert_eq!(bare.repeated(pay(&it)), object);
    assert_eq!((bare.balance(ann), bare.spent(ann)), (10_500, (0, 0)));
    let refund = refund(&mut bare, &it, 1);
    assert_eq!(bare.refused(back(&refund)), ResultCode::OrderStatusInvalid);
    // Nothing, nobody, and too late.
    let nothing = bare.network_pay(PaidBy::Customer(ann), 0);
    assert_eq!(payment(&bare.made(pay(&nothing))).result(), ResultCode::ParamIllegal);
    let mut late = bare.network_pay(PaidBy::Customer(ann), 1);
    late.expires = Some(bare.now);
    assert_eq!(payment(&bare.made(pay(&late))).result(), ResultCode::OrderIsClosed);
    let nobody = bare.network_pay(PaidBy::Customer(99), 1);
    assert_eq!(bare.refused(pay(&nobody)), ResultCode::UserNotExist);
    bare.done(by_desk(ann, CustomerInput::Freeze));
    let frozen = bare.network_pay(PaidBy::Customer(ann), 1);
    assert_eq!(payment(&bare.made(pay(&frozen))).result(), ResultCode::UserStatusAbnormal);
}

#[test]
fn a_cancel_that_comes_first_is_remembered() {
    let mut bare = Bare::new();
    let ann = bare.rich(10_000);
    let it = bare.network_pay(PaidBy::Customer(ann), 900);
    for _ in 0..2 {
        assert!(matches!(bare.apply(cancel(&it.request)), Reply::Tombstone));
    }
    assert!(matches!(
        bare.machine.network_name(&bare.history, &it.request),
        NetworkName::Tombstone
    ));
    assert_eq!(bare.refused(pay(&it)), ResultCode::OrderIsClosed);
    let refund = refund(&mut bare, &it, 1);
    assert_eq!(bare.refused(back(&refund)), ResultCode::OrderNotExist);
    assert_eq!(bare.balance(ann), 10_000);
}

#[test]
fn a_cancel_of_what_was_paid_gives_all_that_is_left_back_once() {
    for refunded in [0, 300] {
        let mut bare = Bare::new();
        let ann = bare.rich(10_000);
        let it = bare.network_pay(PaidBy::Customer(ann), 900);
        bare.made(pay(&it));
        if refunded > 0 {
            let refund = refund(&mut bare, &it, refunded);
            bare.made(back(&refund));
        }
        let cancelled = bare.made(cancel(&it.request));
        assert_eq!(payment(&cancelled).state, PaymentState::Cancelled);
        assert_eq!(bare.repeated(cancel(&it.request)), cancelled);
        assert_eq!((bare.balance(ann), bare.spent(ann)), (10_000, (0, 0)));
        assert_eq!(bare.machine.network_payable(), 0);
        let refund = refund(&mut bare, &it, 1);
        assert_eq!(bare.refused(back(&refund)), ResultCode::OrderStatusInvalid);
        // The payment's own repeat tells how it stands now.
        assert_eq!(bare.repeated(pay(&it)), cancelled);
    }
}

#[test]
fn refunds_come_in_parts_once_each_and_never_pass_the_payment() {
    let mut bare = Bare::new();
    let ann = bare.rich(10_000);
    let it = bare.network_pay(PaidBy::Customer(ann), 900);
    bare.made(pay(&it));
    let first = refund(&mut bare, &it, 500);
    let object = bare.made(back(&first));
    assert_eq!(bare.repeated(back(&first)), object);
    assert_eq!((payment(&object).left_minor(), bare.balance(ann)), (400, 9_600));
    let other = NetworkRefund { digest: [1; 32], ..first.clone() };
    assert_eq!(bare.refused(back(&other)), ResultCode::RepeatReqInconsistent);
    let elsewhere = NetworkRefund { payment: bare.name(), ..first };
    assert_eq!(bare.refused(back(&elsewhere)), ResultCode::RepeatReqInconsistent);
    let over = refund(&mut bare, &it, 401);
    assert_eq!(bare.refused(back(&over)), ResultCode::RefundAmountExceed);
    // A small part of what the merchant took may be worth nothing here: it is kept all the same.
    let nothing = refund(&mut bare, &it, 0);
    bare.made(back(&nothing));
    bare.repeated(back(&nothing));
    assert_eq!(bare.balance(ann), 9_600);
    let won = Money::new(1, Currency::from_code("KRW").unwrap()).unwrap();
    let won = NetworkRefund { amount: won, ..refund(&mut bare, &it, 1) };
    assert_eq!(bare.refused(back(&won)), ResultCode::CurrencyNotSupport);
    let strange =
        NetworkRefund { payment_id: Some(PaymentId::from_u128(5)), ..refund(&mut bare, &it, 1) };
    assert_eq!(bare.refused(back(&strange)), ResultCode::OrderNotExist);
    let rest = refund(&mut bare, &it, 400);
    bare.made(back(&rest));
    assert_eq!((bare.balance(ann), bare.spent(ann)), (10_000, (0, 0)));
    // A cancel after that has nothing to give.
    bare.made(cancel(&it.request));
    assert_eq!(bare.balance(ann), 10_000);
}

struct Scanned {
    bare: Bare,
    ann: u32,
    order: TakeOrder,
}

/// A customer with 10,000 who scanned an order of 900 that is over in ten minutes.
fn scanned() -> Scanned {
    let mut bare = Bare::new();
    let ann = bare.rich(10_000);
    let order = TakeOrder {
        id: bare.id(PaymentId::new),
        customer: ann,
        code: CodeKind::Order,
        request: bare.name(),
        price_minor: 900,
        order: order_view(),
        expires: bare.now.after(Span::minutes(10)),
    };
    bare.made(network(NetworkCommand::TakeOrder(order.clone())));
    Scanned { bare, ann, order }
}

impl Scanned {
    fn take(&self) -> Command {
        network(NetworkCommand::TakeOrder(self.order.clone()))
    }
    fn confirm(&self) -> Command {
        network(NetworkCommand::Confirm { customer: self.ann, id: self.order.id })
    }
    fn decline(&self) -> Command {
        let code = ResultCode::ProcessFail;
        network(NetworkCommand::Decline { customer: self.ann, id: self.order.id, code })
    }
    fn now(&self) -> Payment {
        payment(&self.bare.object(self.order.id.as_u128())).clone()
    }
}

#[test]
fn a_scanned_order_is_paid_when_the_customer_says_so() {
    let mut it = scanned();
    it.bare.repeated(it.take());
    let second = it.bare.customer(0);
    let theirs = TakeOrder { customer: second, id: PaymentId::from_u128(1), ..it.order.clone() };
    let theirs = network(NetworkCommand::TakeOrder(theirs));
    assert_eq!(it.bare.refused(theirs), ResultCode::RepeatReqInconsistent);
    let id = it.order.id;
    let strange = network(NetworkCommand::Confirm { customer: second, id });
    assert_eq!(it.bare.refused(strange), ResultCode::OrderNotExist);
    assert_eq!(it.bare.balance(it.ann), 10_000);
    let paid = it.bare.made(it.confirm());
    assert_eq!(it.bare.repeated(it.confirm()), paid);
    assert_eq!((it.now().state, it.bare.balance(it.ann)), (PaymentState::Paid, 9_100));
    assert_eq!(it.bare.refused(it.decline()), ResultCode::OrderIsClosed);
    assert_eq!(it.bare.attempts.iter().filter(|(_, kind, _)| *kind == NOTIFY).count(), 1);
    it.bare.answer(NOTIFY, ErrandAnswer::Yes);
    assert_eq!(it.bare.machine.open_objects().count(), 0);
    // A `pay` under the name of a scanned order is none.
    let mut same = it.bare.network_pay(PaidBy::Customer(it.ann), 900);
    (same.request, same.digest) = (it.order.request.clone(), [0; 32]);
    assert_eq!(it.bare.refused(pay(&same)), ResultCode::RepeatReqInconsistent);
}

#[test]
fn a_scanned_order_may_be_declined_cancelled_or_run_out() {
    let mut it = scanned();
    let declined = it.bare.made(it.decline());
    assert_eq!(it.bare.repeated(it.decline()), declined);
    assert_eq!(it.bare.refused(it.confirm()), ResultCode::OrderIsClosed);
    it.bare.answer(NOTIFY, ErrandAnswer::Yes);

    let mut it = scanned();
    it.bare.made(cancel(&it.order.request));
    assert_eq!(it.bare.refused(it.confirm()), ResultCode::OrderIsClosed);
    assert!(!it.bare.object(it.order.id.as_u128()).is_open());

    let mut it = scanned();
    it.bare.pass_asleep(Span::minutes(10));
    assert_eq!(it.bare.refused(it.confirm()), ResultCode::OrderIsClosed);
    it.bare.tick();
    assert_eq!(it.now().state, PaymentState::Failed(ResultCode::OrderIsClosed));
    it.bare.answer(NOTIFY, ErrandAnswer::No(ResultCode::ProcessFail));
    assert_eq!((it.bare.breaks(), it.bare.balance(it.ann)), (0, 10_000));
}

#[test]
fn a_confirmation_that_the_balance_does_not_cover_may_be_tried_again() {
    let mut it = scanned();
    let shop_owner = it.bare.customer(1);
    let shop = it.bare.open_shop(shop_owner);
    let drain = it.bare.pay_shop(it.ann, shop, 9_500);
    it.bare.made(drain);
    assert_eq!(it.bare.refused(it.confirm()), ResultCode::UserBalanceNotEnough);
    it.bare.top_up(it.ann, 1_000);
    it.bare.made(it.confirm());
    assert_eq!(it.bare.balance(it.ann), 600);
}

#[test]
fn the_network_is_told_until_it_knows_or_somebody_must_look() {
    let mut it = scanned();
    it.bare.made(it.confirm());
    it.bare.answer(NOTIFY, ErrandAnswer::Silent);
    let before = it.bare.attempts.len();
    it.bare.pass(Span::secs(1));
    assert_eq!(it.bare.attempts.len(), before);
    it.bare.pass(Span::secs(1));
    assert_eq!(it.bare.attempts.last(), Some(&(it.order.id.as_u128(), NOTIFY, 2)));
    // The answer to the first attempt, once more and late.
    let state = encode(&it.bare.machine);
    it.bare.answer_to((it.order.id.as_u128(), NOTIFY, 1), ErrandAnswer::Yes);
    assert!(encode(&it.bare.machine) == state);
    let mut breaks = 0;
    while it.bare.machine.open_objects().count() > 0 {
        it.bare.answer(NOTIFY, ErrandAnswer::Silent);
        breaks += it.bare.breaks();
        it.bare.pass(Span::hours(1));
    }
    let told = it.bare.attempts.iter().filter(|(_, kind, _)| *kind == NOTIFY).count();
    assert_eq!((told, breaks), (106, 1));
    // What is given up can still be cancelled.
    it.bare.made(cancel(&it.order.request));
    assert_eq!(it.bare.balance(it.ann), 10_000);
}

#[test]
fn a_network_that_refuses_what_was_paid_is_looked_at() {
    let mut it = scanned();
    it.bare.made(it.confirm());
    it.bare.answer(NOTIFY, ErrandAnswer::No(ResultCode::ProcessFail));
    assert_eq!((it.bare.breaks(), it.now().state), (1, PaymentState::Paid));
    assert_eq!(it.bare.machine.open_objects().count(), 0);
}

#[test]
fn a_cancel_while_the_news_is_out_is_kept_until_the_network_has_it() {
    let mut it = scanned();
    it.bare.made(it.confirm());
    it.bare.made(cancel(&it.order.request));
    assert_eq!((it.now().state, it.bare.balance(it.ann)), (PaymentState::Cancelled, 10_000));
    assert_eq!(it.bare.machine.open_objects().count(), 1);
    it.bare.answer(NOTIFY, ErrandAnswer::Yes);
    assert_eq!(it.bare.machine.open_objects().count(), 0);
    assert_eq!(it.now().state, PaymentState::Cancelled);
}
