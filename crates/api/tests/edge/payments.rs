//! What acquirers and wallets are told, and what wallets are asked.

use crate::wallet::Mood;
use crate::world::{ACQUIRER, Settings, WALLET, World, expect_code, field, pay_body};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_from_code_to_refund() {
    let world = World::new().await;
    let code = world.code().await;
    let paid = world.ask("payments/pay", &pay_body("PR-1", &code, 1_200)).await;
    expect_code(&paid, "SUCCESS");
    assert_eq!(field(&paid, "acquirerId").as_deref(), Some("C-ACQP_1"));
    assert_eq!(field(&paid, "pspId").as_deref(), Some("C-MPP_1"));
    assert_eq!(field(&paid, "walletBrandName").as_deref(), Some("MPP_1 Pay"));
    assert_eq!(field(&paid, "mppPaymentId").as_deref(), Some("WP-1"));
    assert!(field(&paid, "customerId").unwrap().starts_with("cus_"), "{paid}");
    assert!(paid.contains(r#""settlementAmount":{"currency":"JPY","value":"1200"}"#), "{paid}");
    let payment_id = field(&paid, "paymentId").unwrap();

    let asked = world.wallet.called("/v1/payments/pay").await;
    assert_eq!(field(&asked, "paymentRequestId").as_ref(), Some(&payment_id));
    assert_eq!(field(&asked, "customerId").as_deref(), Some("u-1"));
    assert_eq!(field(&asked, "merchantName").as_deref(), Some("Shop KK"), "as registered");
    assert_eq!(field(&asked, "quoteCurrencyPair").as_deref(), Some("JPY/KRW"), "{asked}");
    assert!(asked.contains(r#""payToAmount":{"currency":"KRW""#), "{asked}");
    let told = world.wallet.called("/notified").await;
    assert!(told.contains(r#""paymentRequestId":"PR-1""#), "{told}");
    assert_eq!(field(&told, "resultCode").as_deref(), Some("SUCCESS"));

    let again = world.ask("payments/pay", &pay_body("PR-1", &code, 1_200)).await;
    assert_eq!(again, paid, "the same request gets the same answer");
    let other = world.ask("payments/pay", &pay_body("PR-1", &code, 1_201)).await;
    expect_code(&other, "REPEAT_REQ_INCONSISTENT");
    assert_eq!(world.wallet.calls("/v1/payments/pay").len(), 1);

    let refund = format!(
        r#"{{"refundRequestId":"RR-1","paymentId":"{payment_id}","refundAmount":{{"currency":"JPY","value":200}}}}"#
    );
    let refunded = world.ask("payments/refund", &refund).await;
    expect_code(&refunded, "SUCCESS");
    assert!(
        refunded.contains(r#""settlementAmount":{"currency":"JPY","value":"200"}"#),
        "{refunded}"
    );
    assert_eq!(world.ask("payments/refund", &refund).await, refunded);
    assert_eq!(world.wallet.calls("/v1/payments/refund").len(), 1);

    let inquired = world.ask("payments/inquiryPayment", r#"{"paymentRequestId":"PR-1"}"#).await;
    expect_code(&inquired, "SUCCESS");
    assert!(
        inquired.contains(r#""transactionType":"REFUND","transactionStatus":"SUCCESS""#),
        "{inquired}"
    );
    let cancelled = world.ask("payments/cancelPayment", r#"{"paymentRequestId":"PR-1"}"#).await;
    expect_code(&cancelled, "PROCESS_FAIL");
    // Pay and refund at the wallet, one notification at the acquirer.
    let answered = || {
        let lanes = world.effects.snapshot();
        lanes.iter().filter_map(|lane| lane.calls.get("answered")).sum::<u64>()
    };
    while answered() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(world.effects.snapshot().iter().all(|lane| lane.calls.len() == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_partitions_of_a_network_look_like_one() {
    let world = World::with(Settings { partitions: 3, ..Settings::default() }).await;
    // Codes and payments fall into partitions at random: all ways between them are taken.
    for number in 0..12 {
        let code = world.code().await;
        let id = format!("PR-{number}");
        let paid = world.ask("payments/pay", &pay_body(&id, &code, 500)).await;
        expect_code(&paid, "SUCCESS");
        let payment_id = field(&paid, "paymentId").unwrap();
        let refund = format!(
            r#"{{"refundRequestId":"RR-{number}","paymentRequestId":"{id}","refundAmount":{{"currency":"JPY","value":"500"}}}}"#
        );
        expect_code(&world.ask("payments/refund", &refund).await, "SUCCESS");
        let by_id = format!(r#"{{"paymentId":"{payment_id}"}}"#);
        expect_code(&world.ask("payments/inquiryPayment", &by_id).await, "SUCCESS");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_final_and_say_why() {
    let world = World::new().await;
    world.wallet.set(Mood::Declines);
    let code = world.code().await;
    let declined = world.ask("payments/pay", &pay_body("PR-1", &code, 1_200)).await;
    expect_code(&declined, "USER_BALANCE_NOT_ENOUGH");
    let spent = world.ask("payments/pay", &pay_body("PR-2", &code, 1_200)).await;
    assert_ne!(field(&spent, "resultStatus").as_deref(), Some("S"), "{spent}");
    let invalid = world.ask("payments/pay", &pay_body("PR-3", "12345", 1_200)).await;
    expect_code(&invalid, "INVALID_CODE");
    let told = field(&invalid, "resultMessage").unwrap();
    assert!(told.starts_with("paymentMethod.paymentMethodId"), "{told}");
    let factor = r#""isInStorePayment":"true","isCashierPayment":"false","inStorePaymentScenario":"PaymentCode""#;
    let debit = pay_body("PR-4", &code, 1).replace(factor, r#""isAgreementPayment":"true""#);
    expect_code(&world.ask("payments/pay", &debit).await, "MERCHANT_NOT_REGISTERED");
    let order = r#""isCashierPayment":"true","inStorePaymentScenario":"OrderCode""#;
    let order = pay_body("PR-6", &code, 1).replace(factor, order);
    let shown = world.ask("payments/pay", &order).await;
    expect_code(&shown, "PAYMENT_IN_PROCESS");
    assert!(shown.contains(r#""codeValue":"https://pay.example/28100104"#), "{shown}");
    let broken = world.ask("payments/pay", r#"{"paymentRequestId":"PR-5"}"#).await;
    expect_code(&broken, "PARAM_ILLEGAL");
    assert!(field(&broken, "resultMessage").unwrap().starts_with("order"), "{broken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclear_answer_is_in_process_until_the_wallet_says_more() {
    for mood in [Mood::IsSilent, Mood::Forges, Mood::Contradicts] {
        let mut settings = Settings::default();
        settings.edge.wait = Duration::from_millis(300);
        let world = World::with(settings).await;
        world.wallet.set(mood);
        let code = world.code().await;
        let body = pay_body("PR-1", &code, 1_200);
        let waiting = world.ask("payments/pay", &body).await;
        expect_code(&waiting, "PAYMENT_IN_PROCESS");
        let inquired = world.ask("payments/inquiryPayment", r#"{"paymentRequestId":"PR-1"}"#).await;
        expect_code(&inquired, "SUCCESS");
        assert!(inquired.contains(r#""resultCode":"PAYMENT_IN_PROCESS""#), "{inquired}");

        let payment_id = field(&waiting, "paymentId").unwrap();
        let asked = world.wallet.called("/v1/payments/pay").await;
        let (_, pay_to) = asked.split_once(r#""payToAmount":{"#).unwrap();
        let pay_to = pay_to.split_once('}').unwrap().0;
        let notification = |yen: u32| {
            format!(
                r#"{{"paymentResult":{{"resultStatus":"S","resultCode":"SUCCESS"}},"paymentRequestId":"{payment_id}","paymentId":"WP-9","paymentTime":"2026-11-22T16:20:47+09:00",
"paymentAmount":{{"currency":"JPY","value":"{yen}"}},"payToAmount":{{{pay_to}}},"customerId":"u-1"}}"#
            )
        };
        let path = "/aps/api/v1/payments/notifyPayment";
        let wrong = world.call(WALLET, path, &notification(1_201)).await.unwrap();
        expect_code(&wrong, "REPEAT_REQ_INCONSISTENT");
        let right = world.call(WALLET, path, &notification(1_200)).await.unwrap();
        expect_code(&right, "SUCCESS");
        let paid = world.ask("payments/pay", &body).await;
        expect_code(&paid, "SUCCESS");
        assert_eq!(field(&paid, "mppPaymentId").as_deref(), Some("WP-9"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_at_once_are_one_payment() {
    let world = World::new().await;
    let body = pay_body("PR-1", &world.code().await, 1_200);
    let ask = || world.ask("payments/pay", &body);
    let (one, other, third) = tokio::join!(ask(), ask(), ask());
    expect_code(&one, "SUCCESS");
    assert_eq!((&one, &one), (&other, &third));
    assert_eq!(world.wallet.calls("/v1/payments/pay").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_and_what_is_foreign_look_alike() {
    let world = World::new().await;
    let paid = world.ask("payments/pay", &pay_body("PR-1", &world.code().await, 900)).await;
    let payment_id = field(&paid, "paymentId").unwrap();
    for body in [
        r#"{"paymentRequestId":"PR-9"}"#,
        r#"{"paymentId":"pay_00000000000000000000000000000001"}"#,
        r#"{"paymentId":"pay_000000000000ff000000000000000001"}"#,
        r#"{"paymentId":"2022112209090909"}"#,
        r#"{"paymentRequestId":"PR-9","paymentId":"P-9"}"#,
    ] {
        expect_code(&world.ask("payments/inquiryPayment", body).await, "ORDER_NOT_EXIST");
    }
    let both = format!(r#"{{"paymentRequestId":"PR-1","paymentId":"{payment_id}"}}"#);
    expect_code(&world.ask("payments/inquiryPayment", &both).await, "SUCCESS");
    let torn = format!(r#"{{"paymentRequestId":"PR-2","paymentId":"{payment_id}"}}"#);
    expect_code(&world.ask("payments/inquiryPayment", &torn).await, "PARAM_ILLEGAL");
    expect_code(&world.ask("payments/inquiryPayment", "{}").await, "PARAM_ILLEGAL");

    let cancelled = world.ask("payments/cancelPayment", r#"{"paymentRequestId":"PR-7"}"#).await;
    expect_code(&cancelled, "SUCCESS");
    let late = world.ask("payments/pay", &pay_body("PR-7", &world.code().await, 900)).await;
    expect_code(&late, "ORDER_IS_CLOSED");
    let tombstone = world.ask("payments/inquiryPayment", r#"{"paymentRequestId":"PR-7"}"#).await;
    expect_code(&tombstone, "SUCCESS");
    assert!(tombstone.contains(r#""resultCode":"ORDER_IS_CLOSED""#), "{tombstone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn merchants_codes_and_quotes() {
    let world = World::new().await;
    let registration = r#"{"registrationRequestId":"REG-1","productCodes":["IN_STORE_PAYMENT"],
"merchantInfo":{"referenceMerchantId":"M-2","merchantMCC":"5411","merchantAddress":{"region":"JP","city":"Kyoto"},
"registrationDetail":{"legalName":"Shop Two KK","registrationType":"ENTERPRISE_REGISTRATION_NO","registrationNo":"1"}},
"storeInfo":{"referenceStoreId":"S-1","storeName":"Gion","storeMCC":"5411"},"passThroughInfo":"x=1"}"#;
    let registered = world.ask("merchants/registration", registration).await;
    expect_code(&registered, "SUCCESS");
    assert_eq!(field(&registered, "passThroughInfo").as_deref(), Some("x=1"));
    for body in [r#"{"registrationRequestId":"REG-1"}"#, r#"{"referenceMerchantId":"M-2"}"#] {
        let status = world.ask("merchants/inquiryRegistrationStatus", body).await;
        expect_code(&status, "SUCCESS");
        assert_eq!(field(&status, "registrationStatus").as_deref(), Some("COMPLETED"));
        assert!(status.contains(r#""pspName":"MPP_1 Pay""#), "{status}");
    }
    let unknown =
        world.ask("merchants/inquiryRegistrationStatus", r#"{"referenceMerchantId":"M-3"}"#);
    expect_code(&unknown.await, "RECORD_NOT_FOUND");

    let path = "/aps/api/v1/codes/getPaymentCode";
    let ten = r#"{"customerId":"u-1","codeQuantity":"10","region":"JP"}"#;
    let codes = world.call(WALLET, path, ten).await.unwrap();
    assert_eq!(codes.matches("\"paymentCode\":").count(), 10, "{codes}");
    let eleven =
        world.call(WALLET, path, r#"{"customerId":"u-1","codeQuantity":11}"#).await.unwrap();
    expect_code(&eleven, "PARAM_ILLEGAL");

    let ask = r#"{"sellCurrency":"KRW","buyCurrency":"JPY"}"#;
    for path in [
        "/aps/v1/payments/inquiryForeignExchangeQuote",
        "/aps/api/v1/payments/inquiryForeignExchangeQuote",
    ] {
        let quote = world.call(WALLET, path, ask).await.unwrap();
        expect_code(&quote, "SUCCESS");
        assert_eq!(field(&quote, "quotePrice").as_deref(), Some("9.045"), "9 and 50 bps on top");
        let same = r#"{"sellCurrency":"KRW","buyCurrency":"KRW"}"#;
        expect_code(&world.call(WALLET, path, same).await.unwrap(), "PARAM_ILLEGAL");
        let dear = r#"{"sellCurrency":"KRW","buyCurrency":"THB"}"#;
        expect_code(&world.call(WALLET, path, dear).await.unwrap(), "CURRENCY_NOT_SUPPORT");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_interface_knows_its_callers() {
    let world = World::new().await;
    for api in wire::Api::ALL {
        let stranger = match api.caller() {
            wire::Caller::Acqp => WALLET,
            wire::Caller::Mpp => ACQUIRER,
        };
        let answer = world.call(stranger, api.path(), "{}").await.unwrap();
        expect_code(&answer, "ACCESS_DENIED");
    }
}
