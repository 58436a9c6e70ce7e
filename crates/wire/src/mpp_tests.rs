//! Golden bodies of the wallet's side, lenient answers, and round trips.

use super::*;
use crate::parts::{PaymentFactor, PaymentMethod, Quote};
use crate::testing::{id, money};
use crate::{
    Amount, AmountOrZero, Code, ResultCode, ResultOnly, ResultStatus, WireResult, acqp, parse,
    render,
};
use money::{Currency, Rate};

fn text<T: crate::Value>(message: &T) -> String {
    String::from_utf8(render(message)).unwrap()
}

fn pay() -> PayRequest {
    let order = br#"{"referenceOrderId":"O","orderDescription":"tea","orderAmount":{"currency":"JPY","value":"100"},
        "merchant":{"referenceMerchantId":"M","merchantName":"Shop","merchantMCC":"5812"}}"#;
    let factor = PaymentFactor {
        is_in_store_payment: Some(true),
        is_cashier_payment: Some(false),
        ..PaymentFactor::new()
    };
    let method = PaymentMethod {
        payment_method_id: Some(base::Text::new("28").unwrap()),
        ..PaymentMethod::new(base::Text::new("CONNECT_WALLET").unwrap())
    };
    let (order, jpy) = (parse(order).unwrap(), Amount(money(100, "JPY")));
    let krw = Amount(money(1000, "KRW"));
    PayRequest::new(id("A"), id("W"), id("PR"), order, jpy, krw, method, factor)
}

#[test]
fn pay_to_the_wallet_has_only_texts() {
    assert_eq!(
        text(&pay()),
        concat!(
            r#"{"acquirerId":"A","pspId":"W","paymentRequestId":"PR","order":{"referenceOrderId":"O","orderDescription":"tea","#,
            r#""orderAmount":{"currency":"JPY","value":"100"},"merchant":{"referenceMerchantId":"M","merchantMCC":"5812","#,
            r#""merchantName":"Shop"}},"paymentAmount":{"currency":"JPY","value":"100"},"#,
            r#""payToAmount":{"currency":"KRW","value":"1000"},"paymentMethod":{"paymentMethodType":"CONNECT_WALLET","#,
            r#""paymentMethodId":"28"},"paymentFactor":{"isInStorePayment":"true","isCashierPayment":"false"}}"#
        )
    );
    assert_eq!(parse::<PayRequest>(&render(&pay())), Ok(pay()));
}

#[test]
fn results_of_wallets_are_taken_with_care() {
    let read = |json: &str| {
        let body = format!("{{\"result\":{json}}}");
        parse::<PayResponse>(body.as_bytes()).unwrap().result
    };
    let cases = [
        (r#"{"resultStatus":"S","resultCode":"SUCCESS"}"#, ResultStatus::S, ResultCode::Success),
        (
            r#"{"resultStatus":"F","resultCode":"USER_BALANCE_NOT_ENOUGH","resultMessage":""}"#,
            ResultStatus::F,
            ResultCode::UserBalanceNotEnough,
        ),
        (
            r#"{"resultStatus":"U","resultCode":"PAYMENT_IN_PROCESS"}"#,
            ResultStatus::U,
            ResultCode::PaymentInProcess,
        ),
        (
            r#"{"resultStatus":"A","resultCode":"ACCEPT"}"#,
            ResultStatus::U,
            ResultCode::UnknownException,
        ),
        (
            r#"{"resultStatus":"F","resultCode":"MOON_PHASE"}"#,
            ResultStatus::F,
            ResultCode::ProcessFail,
        ),
        (
            r#"{"resultStatus":"U","resultCode":"REFUND_IN_PROCESS"}"#,
            ResultStatus::U,
            ResultCode::UnknownException,
        ),
        // Contradictions are not known results.
        (
            r#"{"resultStatus":"F","resultCode":"SUCCESS"}"#,
            ResultStatus::U,
            ResultCode::UnknownException,
        ),
        (
            r#"{"resultStatus":"S","resultCode":"RISK_REJECT"}"#,
            ResultStatus::U,
            ResultCode::UnknownException,
        ),
    ];
    for (json, status, code) in cases {
        let result = read(json);
        assert_eq!((result.status(), result.code()), (status, code), "{json}");
    }
    let other = read(r#"{"resultStatus":"F","resultCode":"MOON_PHASE"}"#);
    assert_eq!(other.result_code, Code::Other(base::Text::new("MOON_PHASE").unwrap()));
    for bad in
        [r#"{"resultStatus":"X","resultCode":"SUCCESS"}"#, r#"{"resultCode":"SUCCESS"}"#, "[]"]
    {
        let body = format!("{{\"result\":{bad}}}");
        assert!(parse::<PayResponse>(body.as_bytes()).is_err(), "{bad}");
    }
    for &code in ResultCode::ALL {
        let result = WireResult::of(code);
        assert_eq!((result.status(), result.code()), (code.status(), code));
        let only = ResultOnly::new(result);
        assert_eq!(parse::<ResultOnly>(&render(&only)), Ok(only));
    }
    let long = WireResult::with_message(ResultCode::ProcessFail, &"ü\n".repeat(300));
    assert_eq!(
        long.result_message.unwrap().as_str().chars().count(),
        255,
        "256, without the last blank"
    );
}

#[test]
fn payment_codes() {
    let read = |json: &str| parse::<GetPaymentCodeRequest>(json.as_bytes()).unwrap();
    assert_eq!(
        read(
            r#"{"customerId":"U","region":"JP","env":{"deviceTokenId":"d"},"indirectMpp":{"x":1}}"#
        )
        .quantity(),
        Ok(1)
    );
    for (quantity, expected) in
        [("10", Some(10)), ("\"7\"", Some(7)), ("\"\"", Some(1)), ("0", None), ("11", None)]
    {
        let request = read(&format!("{{\"customerId\":\"U\",\"codeQuantity\":{quantity}}}"));
        assert_eq!(request.quantity().ok(), expected, "{quantity}");
    }
    for bad in ["1.0", "-1", "\"01\"", "\"+1\"", "4294967296", "true"] {
        let body = format!("{{\"customerId\":\"U\",\"codeQuantity\":{bad}}}");
        let error = parse::<GetPaymentCodeRequest>(body.as_bytes()).unwrap_err();
        assert_eq!(error.field, "codeQuantity", "{bad}");
    }
    let at = crate::Datetime::parse("2026-01-02T03:04:05+09:00").unwrap();
    let code = PaymentCode::new(base::Text::new("281012345678901234567890").unwrap(), at, at);
    let response = GetPaymentCodeResponse {
        payment_codes: Some(vec![code]),
        ..GetPaymentCodeResponse::new(ResultCode::Success.into())
    };
    assert!(text(&response).ends_with(concat!(
        r#""paymentCodeInfoList":[{"paymentCode":"281012345678901234567890","#,
        r#""codeValidityStartTime":"2026-01-02T03:04:05+09:00","codeExpiryTime":"2026-01-02T03:04:05+09:00"}]}"#
    )));
    assert_eq!(parse::<GetPaymentCodeResponse>(&render(&response)), Ok(response));
}

#[test]
fn notifications_are_final_and_complete() {
    let body = r#"{"paymentResult":{"resultStatus":"S","resultCode":"SUCCESS"},"paymentRequestId":"PR","paymentId":"WP",
        "paymentTime":"2026-01-02T03:04:05+09:00","paymentAmount":{"currency":"JPY","value":"100"},
        "payToAmount":{"currency":"KRW","value":"1000"},"customerId":"U"}"#;
    let check = |body: &str| {
        parse::<NotifyPaymentRequest>(body.as_bytes()).unwrap().check().map_err(|error| error.field)
    };
    assert_eq!(check(body), Ok(()));
    for field in ["paymentId", "paymentTime", "paymentAmount", "payToAmount", "customerId"] {
        let without = body.replace(&format!("\"{field}\""), "\"other\"");
        assert_eq!(check(&without), Err(field.to_string()));
    }
    let failed = r#"{"paymentResult":{"resultStatus":"F","resultCode":"RISK_REJECT"},"paymentRequestId":"PR"}"#;
    assert_eq!(check(failed), Ok(()));
    let open = failed.replace("\"F\"", "\"U\"").replace("RISK_REJECT", "PAYMENT_IN_PROCESS");
    assert_eq!(check(&open), Err("paymentResult.resultStatus".to_string()));
}

#[test]
fn rates_are_read_either_way_round() {
    let (jpy, krw) = (Currency::from_code("JPY").unwrap(), Currency::from_code("KRW").unwrap());
    let rate = Rate::parse(jpy, krw, "9.8765").unwrap();
    assert_eq!(Quote::from_rate(rate).rate(), Some(rate));
    let read = |json: &str| parse::<Quote>(json.as_bytes()).unwrap().rate();
    assert_eq!(read(r#"{"quoteCurrencyPair":"JPY/KRW","quotePrice":"9.8765"}"#), Some(rate));
    let reversed = r#"{"quoteCurrencyPair":"KRW/JPY","quotePrice":"9.8765","baseCurrency":"JPY"}"#;
    assert_eq!(read(reversed), Some(rate));
    for bad in [
        r#"{"quoteCurrencyPair":"JPYKRW","quotePrice":"9.8765"}"#,
        r#"{"quoteCurrencyPair":"JPY/XX","quotePrice":"9.8765"}"#,
        r#"{"quoteCurrencyPair":"JPY/KRW","quotePrice":"9.8765","baseCurrency":"USD"}"#,
        r#"{"quoteCurrencyPair":"JPY/KRW","quotePrice":"0"}"#,
        r#"{"quoteCurrencyPair":"JPY/KRW","quotePrice":"1e3"}"#,
        r#"{"quoteCurrencyPair":"JPY/KRW","quotePrice":"-1"}"#,
        r#"{"quoteCurrencyPair":"JPY/KRW","quotePrice":"NaN"}"#,
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
    let float = br#"{"quoteCurrencyPair":"JPY/KRW","quotePrice":9.8765}"#;
    assert_eq!(parse::<Quote>(float).unwrap_err().field, "quotePrice");
}

#[test]
fn quote_inquiry() {
    let body = br#"{"sellCurrency":"JPY","buyCurrency":"KRW"}"#;
    let request: InquiryForeignExchangeQuoteRequest = parse(body).unwrap();
    assert_eq!(request.sell_currency.code(), "JPY");
    assert_eq!(render(&request), body);
    let error =
        parse::<InquiryForeignExchangeQuoteRequest>(br#"{"sellCurrency":"JPY","buyCurrency":""}"#);
    assert_eq!(error.unwrap_err().field, "buyCurrency");
}

#[test]
fn one_time_codes() {
    let plain = r#"{"acquirerId":"A","pspId":"W","accessToken":"T"}"#;
    let send: SendOtpRequest = parse(plain.as_bytes()).unwrap();
    assert_eq!((text(&send).as_str(), send.verify_type), (plain, None));
    let typed = plain.replace('}', r#","verifyType":"EMAIL"}"#);
    let send: SendOtpRequest = parse(typed.as_bytes()).unwrap();
    assert_eq!((text(&send), send.verify_type), (typed, Some(VerifyType::Email)));
    for (bad, field) in [
        (plain.replace('}', r#","verifyType":"PIGEON"}"#), "verifyType"),
        (plain.replace(r#""T""#, "\"\""), "accessToken"),
        (plain.replace(r#""T""#, &format!("{:?}", "T".repeat(129))), "accessToken"),
        (plain.replace("pspId", "mppId"), "pspId"),
    ] {
        assert_eq!(parse::<SendOtpRequest>(bad.as_bytes()).unwrap_err().field, field, "{bad}");
    }
    let answer = SendOtpResponse {
        verify_request_id: Some(id("V")),
        ..SendOtpResponse::new(ResultCode::Success.into())
    };
    assert!(text(&answer).ends_with(r#""verifyRequestId":"V"}"#));
    assert_eq!(parse::<SendOtpResponse>(&render(&answer)), Ok(answer));
    let verify = plain.replace('}', r#","verifyRequestId":"V","otpCode":"012345"}"#);
    let read: VerifyOtpRequest = parse(verify.as_bytes()).unwrap();
    assert_eq!((text(&read), read.otp_code.as_str()), (verify.clone(), "012345"));
    for (bad, field) in [
        // A code is text: as a number it would lose its zeros.
        (verify.replace(r#""012345""#, "12345"), "otpCode"),
        (verify.replace(r#""012345""#, "\"\""), "otpCode"),
        (verify.replace("verifyRequestId", "other"), "verifyRequestId"),
    ] {
        assert_eq!(parse::<VerifyOtpRequest>(bad.as_bytes()).unwrap_err().field, field, "{bad}");
    }
}

mod round_trips {
    use super::*;
    use crate::testing::{amounts, any_text, ids, labels, times};
    use proptest::option::of;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn refunds(
            (acquirer, wallet, request, payment, refund) in (ids(), ids(), ids(), ids(), ids()),
            (amount, from) in (amounts(), amounts()),
            reason in of(labels::<256>()),
            zero: bool,
        ) {
            let from = if zero { AmountOrZero(money(0, "KRW")) } else { AmountOrZero(from.0) };
            let mut message =
                RefundRequest::new(acquirer, wallet, request, payment, refund, amount, from);
            message.refund_reason = reason;
            message.refund_quote = Some(Quote::new(base::Text::new("JPY/KRW").unwrap(), base::Text::new("9.1").unwrap()));
            prop_assert_eq!(parse::<RefundRequest>(&render(&message)), Ok(message));
        }

        #[test]
        fn answers_of_a_wallet(
            payment in of(ids()),
            time in of(times()),
            amount in of(amounts()),
            user in of(ids()),
        ) {
            let response = InquiryPaymentResponse {
                payment_result: Some(ResultCode::OrderIsClosed.into()),
                payment_id: payment,
                payment_time: time,
                pay_to_amount: amount,
                customer_id: user,
                ..InquiryPaymentResponse::new(ResultCode::Success.into())
            };
            prop_assert_eq!(parse::<InquiryPaymentResponse>(&render(&response)), Ok(response));
        }

        #[test]
        fn no_body_panics(text in any_text()) {
            let _ = parse::<NotifyPaymentRequest>(text.as_bytes());
            let _ = parse::<GetPaymentCodeRequest>(text.as_bytes());
            let _ = parse::<PayResponse>(text.as_bytes());
            let _ = parse::<acqp::NotifyPaymentRequest>(text.as_bytes());
        }
    }
}
