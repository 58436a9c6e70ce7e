//! A wallet without a script is a correct one.

use super::*;
use base::ResultCode as C;
use wire::Datetime;

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_takes_nothing() {
    let stage = Stage::new().await;
    let first = stage.pay(&pay("P1", 1_000)).await;
    assert_eq!(first.result.code(), C::Success);
    assert_eq!(first.customer_id, Some(id("mina")));
    assert_eq!(first.pay_to_amount, Some(Amount(money(9_000, "KRW"))));
    assert_eq!(first.payment_time, Some(Datetime::utc(stage.now())));
    stage.now_secs.fetch_add(3_600, Ordering::SeqCst);
    assert_eq!(stage.pay(&pay("P1", 1_000)).await, first, "even after its expiry");
    let other = mpp::PayRequest { payment_amount: Amount(money(1_001, "JPY")), ..pay("P1", 1_000) };
    assert_eq!(stage.pay_code(&other).await, C::RepeatReqInconsistent);
    let mut other = pay("P1", 1_000);
    other.payment_method.payment_method_id = Some(Text::new("2510010200000002").unwrap());
    assert_eq!(stage.pay_code(&other).await, C::RepeatReqInconsistent);
    assert_eq!(stage.inquired("P1").await, C::Success);
    assert_eq!(stage.balance(), 91_000);
}

#[tokio::test]
async fn what_cannot_be_paid_is_refused() {
    let stage = Stage::new().await;
    assert_eq!(stage.pay_code(&pay("poor", 20_000)).await, C::UserBalanceNotEnough);
    assert_eq!(stage.inquired("poor").await, C::UserBalanceNotEnough);
    let mut stranger = pay("who", 10);
    stranger.payment_method.customer_id = Some(id("nobody"));
    assert_eq!(stage.pay_code(&stranger).await, C::UserNotExist);
    let mut late = pay("late", 10);
    late.payment_expiry_time = Some(Datetime::utc(Timestamp::from_secs(START_SECS - 1)));
    assert_eq!(stage.pay_code(&late).await, C::OrderIsClosed);
    let dollars = mpp::PayRequest { pay_to_amount: Amount(money(9, "USD")), ..pay("usd", 10) };
    assert_eq!(stage.pay_code(&dollars).await, C::CurrencyNotSupport);
    assert_eq!(stage.inquired("unknown").await, C::OrderNotExist);
    let half: ResultOnly =
        stage.call(paths::wallet::PAY, &ResultOnly::new(C::Success.into()), LONG).await.unwrap();
    assert_eq!(half.result.code(), C::ParamIllegal);
    assert_eq!(stage.balance(), 100_000);
}

#[tokio::test]
async fn a_cancel_returns_the_money_or_leaves_a_tombstone() {
    let stage = Stage::new().await;
    assert_eq!(stage.pay_code(&pay("P1", 1_000)).await, C::Success);
    for _ in 0..2 {
        assert_eq!(stage.cancel("P1").await, C::Success);
        assert_eq!(stage.balance(), 100_000);
    }
    assert_eq!(stage.inquired("P1").await, C::OrderIsClosed);
    assert_eq!(stage.cancel("P2").await, C::Success);
    assert_eq!(stage.inquired("P2").await, C::OrderIsClosed);
    assert_eq!(stage.pay_code(&pay("P2", 1_000)).await, C::OrderIsClosed);
    assert_eq!(stage.balance(), 100_000);
}

#[tokio::test]
async fn refunds_are_bounded_by_the_payment() {
    let stage = Stage::new().await;
    let paid = stage.pay(&pay("P1", 1_000)).await;
    let half = refund("R1", &paid, "P1", 500);
    let first = stage.refund(&half).await;
    assert_eq!(first.result.code(), C::Success);
    assert!(first.refund_id.is_some() && first.refund_time.is_some());
    assert_eq!(stage.refund(&half).await, first);
    let other = refund("R1", &paid, "P1", 499);
    assert_eq!(stage.refund(&other).await.result.code(), C::RepeatReqInconsistent);
    let more = refund("R2", &paid, "P1", 501);
    assert_eq!(stage.refund(&more).await.result.code(), C::RefundAmountExceed);
    let unknown = refund("R3", &paid, "P9", 1);
    assert_eq!(stage.refund(&unknown).await.result.code(), C::OrderNotExist);
    let rest = refund("R4", &paid, "P1", 500);
    assert_eq!(stage.refund(&rest).await.result.code(), C::Success);
    assert_eq!(stage.balance(), 100_000);
}

#[tokio::test]
async fn what_the_network_did_not_sign_is_refused_with_a_signature() {
    let mut stage = Stage::new().await;
    stage.client = client(key(), 1);
    assert_eq!(stage.pay_code(&pay("P1", 1_000)).await, C::InvalidSignature);
    stage.client = client(stage.network_key.clone(), 2);
    assert_eq!(stage.pay_code(&pay("P1", 1_000)).await, C::KeyNotFound);
    stage.client = client(stage.network_key.clone(), 1);
    let nowhere: ResultOnly =
        stage.call("/v1/payments/other", &pay("P1", 1_000), LONG).await.unwrap();
    assert_eq!(nowhere.result.code(), C::NoInterfaceDef);
    assert_eq!(stage.balance(), 100_000);
    assert_eq!(stage.wallet.state().counts["refusedSignatures"], 2);
    assert_eq!(stage.pay_code(&pay("P1", 1_000)).await, C::Success);
}

#[tokio::test]
async fn the_wallet_calls_the_network() {
    let stage = Stage::new().await;
    let (from, until) = (Datetime::utc(stage.now()), Datetime::utc(stage.now()));
    let code = mpp::PaymentCode::new(Text::new("251001020000000000000001").unwrap(), from, until);
    let answer = mpp::GetPaymentCodeResponse {
        payment_codes: Some(vec![code.clone(), code]),
        ..mpp::GetPaymentCodeResponse::new(C::Success.into())
    };
    stage.network.say(wire::Api::GetPaymentCode, &answer);
    let codes = stage.wallet.payment_codes("mina", Some("JP"), 2).await.unwrap();
    assert_eq!(codes.len(), 2);
    let heard = stage.network.heard(wire::Api::GetPaymentCode);
    let request: mpp::GetPaymentCodeRequest = wire::parse(&heard[0]).unwrap();
    assert_eq!((request.quantity(), request.region), (Ok(2), Some(Text::new("JP").unwrap())));
    stage.network.say(wire::Api::GetPaymentCode, &ResultOnly::new(C::AccessDenied.into()));
    let refused = stage.wallet.payment_code("mina", None).await.unwrap_err();
    assert_eq!(refused.to_string(), "the network answered F ACCESS_DENIED");

    let rate = money::Rate::parse(
        Currency::from_code("JPY").unwrap(),
        Currency::from_code("KRW").unwrap(),
        "9.05",
    );
    let answer = mpp::InquiryForeignExchangeQuoteResponse {
        foreign_exchange_quote: Some(wire::parts::Quote::from_rate(rate.unwrap())),
        ..mpp::InquiryForeignExchangeQuoteResponse::new(C::Success.into())
    };
    stage.network.say(wire::Api::InquiryForeignExchangeQuote, &answer);
    let (sell, buy) = (Currency::from_code("JPY").unwrap(), Currency::from_code("KRW").unwrap());
    let quote = stage.wallet.exchange_quote(sell, buy).await.unwrap();
    assert_eq!(quote.rate(), rate.ok());
}
