//! Tests of the simulated books.

use super::*;

fn money(minor: u64, code: &str) -> Money {
    Money::new(minor, Currency::from_code(code).unwrap()).unwrap()
}

fn order(id: &str, won: u64) -> PayOrder {
    PayOrder {
        payment_request_id: id.into(),
        customer_id: "mina".into(),
        payment_amount: money(won / 9, "JPY"),
        pay_to_amount: money(won, "KRW"),
        compared: "code 1".into(),
        expires_at: Some(Timestamp::from_secs(100)),
    }
}

fn refund(id: &str, of: &str, won: u64) -> RefundOrder {
    RefundOrder {
        refund_request_id: id.into(),
        payment_request_id: of.into(),
        payment_id: None,
        refund_amount: money(won / 9, "JPY"),
        refund_from_amount: money(won, "KRW"),
        compared: String::new(),
    }
}

const NOW: Timestamp = Timestamp::from_secs(50);

fn books() -> Books {
    let mut books = Books::new(Currency::from_code("KRW").unwrap());
    books.top_up("mina", 10_000);
    books
}

fn paid(id: &str, won: u64) -> Books {
    let mut books = books();
    assert_eq!(books.begin(order(id, won), NOW), Begun::New);
    assert_eq!(books.debit(id, NOW), Some(PaymentState::Paid));
    books
}

fn balance(books: &Books) -> u64 {
    books.check().unwrap();
    books.accounts["mina"].balance_minor()
}

#[test]
fn a_repeat_takes_nothing() {
    let mut books = paid("p", 9_000);
    assert_eq!(books.begin(order("p", 9_000), NOW), Begun::Known);
    let later = PayOrder { expires_at: None, ..order("p", 9_000) };
    assert_eq!(books.begin(later, NOW), Begun::Known);
    assert_eq!(books.debit("p", NOW), Some(PaymentState::Paid));
    let others = [
        order("p", 9_009),
        PayOrder { customer_id: "other".into(), ..order("p", 9_000) },
        PayOrder { payment_amount: money(1, "JPY"), ..order("p", 9_000) },
        PayOrder { compared: "code 2".into(), ..order("p", 9_000) },
    ];
    for other in others {
        let refused = books.begin(other, NOW);
        assert_eq!(refused, Begun::Refused(ResultCode::RepeatReqInconsistent));
    }
    assert_eq!(balance(&books), 1_000);
}

#[test]
fn what_cannot_be_paid_fails_for_good() {
    let mut books = books();
    assert_eq!(books.begin(order("much", 10_001), NOW), Begun::New);
    let failed = Some(PaymentState::Failed(ResultCode::UserBalanceNotEnough));
    assert_eq!(books.debit("much", NOW), failed);
    books.top_up("mina", 1);
    assert_eq!(books.debit("much", NOW), failed, "a failed payment stays failed");
    let stranger = PayOrder { customer_id: "nobody".into(), ..order("who", 9) };
    assert_eq!(books.begin(stranger, NOW), Begun::Known);
    assert_eq!(books.payments["who"].state, PaymentState::Failed(ResultCode::UserNotExist));
    assert_eq!(books.begin(order("late", 9), Timestamp::from_secs(101)), Begun::Known);
    assert_eq!(books.payments["late"].state.code(), ResultCode::OrderIsClosed);
    assert_eq!(books.begin(order("slow", 9), NOW), Begun::New);
    let slow = books.debit("slow", Timestamp::from_secs(101)).unwrap();
    assert_eq!(slow.code(), ResultCode::OrderIsClosed, "the debit itself came too late");
    assert_eq!(books.begin(order("open", 9), NOW), Begun::New);
    books.expire("open", NOW);
    assert_eq!(books.payments["open"].state, PaymentState::InProcess);
    books.expire("open", Timestamp::from_secs(101));
    assert_eq!(books.payments["open"].state.code(), ResultCode::OrderIsClosed);
    let dollars = PayOrder { pay_to_amount: money(9, "USD"), ..order("usd", 9) };
    assert_eq!(books.begin(dollars, NOW), Begun::Refused(ResultCode::CurrencyNotSupport));
    assert!(!books.payments.contains_key("usd"));
    assert_eq!(balance(&books), 10_001);
}

#[test]
fn a_cancel_returns_all_and_shuts_the_door() {
    let mut books = paid("p", 9_000);
    assert_eq!(books.refund(refund("r", "p", 900), NOW), ResultCode::Success);
    books.cancel("p");
    books.cancel("p");
    assert_eq!(balance(&books), 10_000);
    assert_eq!(books.begin(order("p", 9_000), NOW), Begun::Known);
    assert_eq!(books.payments["p"].state.code(), ResultCode::OrderIsClosed);
    assert_eq!(books.refund(refund("r2", "p", 9), NOW), ResultCode::OrderStatusInvalid);
    books.cancel("never");
    assert_eq!(books.begin(order("never", 9), NOW), Begun::Refused(ResultCode::OrderIsClosed));
    assert_eq!(books.debit("never", NOW), Some(PaymentState::Cancelled));
    assert_eq!(books.refund(refund("r3", "never", 9), NOW), ResultCode::OrderNotExist);
    assert_eq!(balance(&books), 10_000);
}

#[test]
fn refunds_never_pass_what_was_paid() {
    let mut books = paid("p", 9_000);
    assert_eq!(books.refund(refund("a", "p", 4_500), NOW), ResultCode::Success);
    assert_eq!(books.refund(refund("a", "p", 4_500), NOW), ResultCode::Success);
    assert_eq!(balance(&books), 5_500, "a repeat returns nothing more");
    let other = books.refund(refund("a", "p", 4_509), NOW);
    assert_eq!(other, ResultCode::RepeatReqInconsistent);
    assert_eq!(books.refund(refund("b", "p", 4_509), NOW), ResultCode::RefundAmountExceed);
    let skewed = RefundOrder { refund_amount: money(501, "JPY"), ..refund("c", "p", 9) };
    assert_eq!(books.refund(skewed, NOW), ResultCode::RefundAmountExceed, "in either currency");
    let euros = RefundOrder { refund_amount: money(1, "EUR"), ..refund("d", "p", 9) };
    assert_eq!(books.refund(euros, NOW), ResultCode::CurrencyNotSupport);
    let wrong = RefundOrder { payment_id: Some("WP9".into()), ..refund("e", "p", 9) };
    assert_eq!(books.refund(wrong, NOW), ResultCode::OrderNotExist);
    assert_eq!(books.refund(refund("f", "p", 4_500), NOW), ResultCode::Success);
    assert_eq!(balance(&books), 10_000);
    books.refuse_refund(refund("g", "p", 1), ResultCode::UserStatusAbnormal, NOW);
    assert_eq!(books.refund(refund("g", "p", 1), NOW), ResultCode::UserStatusAbnormal);
}

#[test]
fn the_check_sees_lost_money() {
    let mut books = paid("p", 9_000);
    books.accounts.get_mut("mina").unwrap().credited_minor += 1;
    assert_eq!(books.check().unwrap_err(), "the account of mina is not the sum of its payments");
    let mut books = paid("p", 9_000);
    books.payments.get_mut("p").unwrap().state = PaymentState::Cancelled;
    assert!(books.check().unwrap_err().contains("not all of it is returned"));
}
