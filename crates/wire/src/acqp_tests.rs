//! Golden bodies of the acquirer's side, what is refused and with which words, and round trips.

use super::*;
use crate::parts::{Order, PaymentFactor, PaymentMethod, Quote};
use crate::testing::{id, label, money};
use crate::{
    Amount, AmountOrZero, Datetime, Mode, ResultCode, WireError, WireResult, parse, render,
};
use base::Timestamp;
use money::{Currency, Rate};

fn text<T: crate::Value>(message: &T) -> String {
    String::from_utf8(render(message)).unwrap()
}

/// A payment by scanned code, as an acquirer sends it.
const USER_CODE: &str = r#"{"paymentRequestId":"PR-1","order":{"referenceOrderId":"O-1","orderDescription":"tea","orderAmount":{"currency":"JPY","value":"1200"},
 "merchant":{"referenceMerchantId":"M-1","merchantName":"Shop KK","merchantMCC":"5812","merchantAddress":{"region":"JP","city":"Osaka"},
 "store":{"referenceStoreId":"S-1","storeName":"Umeda","storeMCC":"5812"}}},
 "paymentAmount":{"currency":"JPY","value":"1200"},
 "paymentMethod":{"paymentMethodType":"CONNECT_WALLET","paymentMethodId":"251001020000000000000001"},
 "paymentFactor":{"isInStorePayment":"true","isCashierPayment":"false","inStorePaymentScenario":"PaymentCode"},
 "settlementStrategy":{"settlementCurrency":"USD"},"paymentNotifyUrl":"https://acq.example/n"}"#;

fn pay() -> PayRequest {
    parse(USER_CODE.as_bytes()).unwrap()
}

#[test]
fn pay_request_is_read() {
    let pay = pay();
    assert_eq!(pay.mode(), Ok(Mode::UserCode));
    assert_eq!(pay.payment_amount, Amount(money(1200, "JPY")));
    let method_id = pay.payment_method.payment_method_id.clone().unwrap();
    assert_eq!(method_id.as_str(), "251001020000000000000001");
    let address = pay.order.merchant.merchant_address.clone().unwrap();
    assert_eq!(address.region.as_str(), "JP");
    let currency = pay.settlement_strategy.clone().unwrap().settlement_currency.unwrap().0;
    assert_eq!(currency, Currency::from_code("USD").unwrap());
}

#[test]
fn pay_request_is_written_as_it_was_read() {
    let compact: String = USER_CODE.lines().map(|line| line.trim_start_matches(' ')).collect();
    let back: PayRequest = parse(text(&pay()).as_bytes()).unwrap();
    assert_eq!(back, pay());
    // Same fields; only their order is ours.
    assert_eq!(text(&pay()).len(), compact.len());
}

#[test]
fn dialects_of_one_request_are_equal() {
    let edits: [(&str, &str); 9] = [
        (r#""value":"1200""#, r#""value":1200"#),
        (r#""isInStorePayment":"true""#, r#""isInStorePayment":true"#),
        (r#""isCashierPayment":"false""#, r#""isCashierPayment":false"#),
        (
            r#""paymentRequestId":"PR-1","#,
            r#""paymentRequestId":"PR-1","unknown":{"a":[1.5,null]},"#,
        ),
        (r#""paymentRequestId""#, r#""paymentRequestI\u0064""#),
        (r#""orderDescription":"tea""#, r#""orderDescription":"t\u0065a""#),
        (
            r#""settlementStrategy""#,
            r#""splitSettlementId":"","userRegion":null,"settlementStrategy""#,
        ),
        (r#""paymentNotifyUrl""#, r#""paymentExpiryTime":null,"paymentNotifyUrl""#),
        (r#""city":"Osaka""#, r#""city":"\u202eOsaka\u200b","state":"""#),
    ];
    for (from, to) in edits {
        let dialect = USER_CODE.replace(from, to);
        assert_ne!(dialect, USER_CODE, "{from}");
        assert_eq!(parse::<PayRequest>(dialect.as_bytes()).unwrap(), pay(), "{to}");
    }
    let empty = USER_CODE.replace(r#""settlementCurrency":"USD""#, r#""settlementCurrency":"""#);
    let empty: PayRequest = parse(empty.as_bytes()).unwrap();
    assert_eq!(empty.settlement_strategy.unwrap().settlement_currency, None);
}

fn refused(from: &str, to: &str) -> (String, String) {
    let body = USER_CODE.replacen(from, to, 1);
    assert_ne!(body, USER_CODE, "{from}");
    let error = parse::<PayRequest>(body.as_bytes()).expect_err(&body);
    assert!(!error.remedy.is_empty());
    assert_eq!(error.code(), ResultCode::ParamIllegal);
    (error.field, error.problem)
}

/// What a good request has, what stands there instead, the field that is refused, and why.
const REFUSALS: &[(&str, &str, &str, &str)] = &[
    (r#""paymentRequestId":"PR-1","#, "", "paymentRequestId", "is missing"),
    (r#""paymentRequestId":"PR-1""#, r#""paymentRequestId":null"#, "paymentRequestId", "is null"),
    (
        r#""paymentRequestId":"PR-1""#,
        r#""paymentRequestId":"""#,
        "paymentRequestId",
        "must not be empty",
    ),
    (
        r#""paymentRequestId":"PR-1""#,
        r#""paymentRequestId":7"#,
        "paymentRequestId",
        "is not a JSON string",
    ),
    (
        r#""paymentRequestId":"PR-1""#,
        r#""paymentRequestId":"a\u0000b""#,
        "paymentRequestId",
        "has a control, zero-width or direction character at position 1",
    ),
    (
        r#""paymentRequestId":"PR-1""#,
        r#""paymentRequestId":"a\u200bb""#,
        "paymentRequestId",
        "has a control, zero-width or direction character at position 1",
    ),
    (
        r#""paymentRequestId":"PR-1""#,
        r#""paymentRequestId":"A","paymentRequestId":"B""#,
        "paymentRequestId",
        "is there twice",
    ),
    (
        r#""value":"1200""#,
        r#""value":"1","value":"1200""#,
        "order.orderAmount.value",
        "is there twice",
    ),
    (r#""merchantName":"Shop KK","#, "", "order.merchant.merchantName", "is missing"),
    (
        r#""region":"JP""#,
        r#""region":"JPN""#,
        "order.merchant.merchantAddress.region",
        "must not be longer than 2 characters",
    ),
    (
        r#""currency":"JPY""#,
        r#""currency":"jpy""#,
        "order.orderAmount.currency",
        "is not an ISO 4217 code",
    ),
    (
        r#""currency":"JPY""#,
        r#""currency":"""#,
        "order.orderAmount.currency",
        "is not an ISO 4217 code",
    ),
    (
        r#""orderAmount":{"currency":"JPY","value":"1200"}"#,
        r#""orderAmount":["JPY","1200"]"#,
        "order.orderAmount",
        "is not a JSON object",
    ),
    (
        r#""orderAmount":{"currency":"JPY","value":"1200"}"#,
        r#""orderAmount":"""#,
        "order.orderAmount",
        "is not a JSON object",
    ),
    (
        r#""isInStorePayment":"true""#,
        r#""isInStorePayment":"yes""#,
        "paymentFactor.isInStorePayment",
        "is not `true` or `false`",
    ),
    (
        r#""isInStorePayment":"true""#,
        r#""isInStorePayment":1"#,
        "paymentFactor.isInStorePayment",
        "is not `true` or `false`",
    ),
    ("PaymentCode", "PAYMENT_CODE", "paymentFactor.inStorePaymentScenario", "is not a known value"),
    (r#""PaymentCode""#, r#""""#, "paymentFactor.inStorePaymentScenario", "is not a known value"),
    (
        r#""paymentNotifyUrl""#,
        r#""paymentExpiryTime":"tomorrow","paymentNotifyUrl""#,
        "paymentExpiryTime",
        "is not an ISO 8601 time with offset",
    ),
    (
        r#""paymentNotifyUrl""#,
        r#""paymentExpiryTime":"","paymentNotifyUrl""#,
        "paymentExpiryTime",
        "is not an ISO 8601 time with offset",
    ),
    (
        r#""orderDescription""#,
        r#""goods":[{},{"goodsName":5}],"orderDescription""#,
        "order.goods[1].goodsName",
        "is not a JSON string",
    ),
    (
        r#""orderDescription""#,
        r#""goods":{},"orderDescription""#,
        "order.goods",
        "is not a JSON array",
    ),
];

#[test]
fn refusals_name_the_field() {
    for &(from, to, field, problem) in REFUSALS {
        assert_eq!(refused(from, to), (field.into(), problem.into()), "{to}");
    }
}

#[test]
fn amounts_are_plain_digits() {
    let long = format!("\"{}\"", "9".repeat(30));
    let bad = [
        "0",
        "\"0\"",
        "-1",
        "\"-1\"",
        "-0",
        "\"-0\"",
        "\"+1\"",
        "\"01\"",
        "\"1e3\"",
        "1e3",
        "\"1.0\"",
        "1.0",
        "10.5",
        "1e400",
        "\"\"",
        "\" 1\"",
        "\"1 \"",
        "\"١٢\"",
        "\"0x10\"",
        "\"1_000\"",
        "\"1,000\"",
        "\"NaN\"",
        "true",
        "[1]",
        "123456789012345678901234567890",
        long.as_str(),
        "1000000000000001",
        "\"1000000000000001\"",
        "18446744073709551615",
        "18446744073709551616",
        "9007199254740993.0",
        "{}",
    ];
    for value in bad {
        let (field, problem) = refused(r#""value":"1200""#, &format!("\"value\":{value}"));
        assert_eq!(field, "order.orderAmount.value", "{value}");
        let is_range = problem == "is not a whole number from 1 to 10^15";
        // Of 1e400 the JSON reader itself says that it is out of range.
        assert!(
            is_range || (value == "1e400" && problem.contains("out of range")),
            "{value}: {problem}"
        );
    }
    for bare in ["01", "NaN", "Infinity", "+1", "1.", ".5"] {
        let (_, problem) = refused(r#""value":"1200""#, &format!("\"value\":{bare}"));
        assert!(problem.starts_with("is not valid JSON"), "{bare}: {problem}");
    }
    for good in ["1", "\"1\"", "1000000000000000", "\"1000000000000000\""] {
        let body = USER_CODE.replace(r#""value":"1200""#, &format!("\"value\":{good}"));
        assert!(parse::<PayRequest>(body.as_bytes()).is_ok(), "{good}");
    }
}

#[test]
fn bodies_that_are_not_json() {
    let cases: [(&[u8], &str); 10] = [
        (b"", "is empty"),
        (b"null", "is not a JSON object"),
        (b"[]", "is not a JSON object"),
        (b"7", "is not a JSON object"),
        (b"{", "is not valid JSON"),
        (b"{} {}", "goes on after its end"),
        (b"{'a':1}", "is not valid JSON"),
        (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
        (b"{\"paymentId\":\"\xc3\x28\"}", "is not UTF-8"),
        (b"a=b&c=d", "is not valid JSON"),
    ];
    for (body, problem) in cases {
        let error = parse::<InquiryPaymentRequest>(body).unwrap_err();
        assert_eq!(error.field, "body", "{error}");
        assert!(error.problem.starts_with(problem), "{error}");
    }
    for (body, problem) in [
        (r#"{"paymentId":"\ud800"}"#, "is not valid JSON"),
        (r#"{"paymentId":"\udc00\ud800"}"#, "is not valid JSON"),
        (r#"{"paymentId":"\u202e"}"#, "has a control"),
        (r#"{"paymentId":"\ufeffA"}"#, "has a control"),
    ] {
        let error = parse::<InquiryPaymentRequest>(body.as_bytes()).unwrap_err();
        assert!(error.problem.starts_with(problem), "{error}");
    }
    let foreign = r#"{"\u0007unknown key":tru}"#;
    let error = parse::<InquiryPaymentRequest>(foreign.as_bytes()).unwrap_err();
    assert_eq!(error.field, "body", "a partner's key is not repeated");
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    assert!(parse::<InquiryPaymentRequest>(deep.as_bytes()).is_err());
}

#[test]
fn each_way_to_pay_needs_its_fields() {
    let field = |change: &dyn Fn(&mut PayRequest)| {
        let mut request = pay();
        change(&mut request);
        request.mode().map_err(|error| error.field)
    };
    let factor = |json: &str| parse::<PaymentFactor>(json.as_bytes()).unwrap();
    let missing = |name: &str| Err(name.to_string());
    assert_eq!(field(&|_| ()), Ok(Mode::UserCode));
    assert_eq!(
        field(&|r| r.payment_method.payment_method_id = None),
        missing("paymentMethod.paymentMethodId")
    );
    assert_eq!(field(&|r| r.order.merchant.store = None), missing("order.merchant.store"));
    let entry = factor(r#"{"inStorePaymentScenario":"EntryCode"}"#);
    assert_eq!(field(&|r| r.payment_factor = entry.clone()), missing("order.env.userAgent"));
    let order = factor(r#"{"inStorePaymentScenario":"OrderCode"}"#);
    assert_eq!(field(&|r| r.payment_factor = order.clone()), Ok(Mode::OrderCode));
    let cashier = factor(r#"{"isCashierPayment":true}"#);
    assert_eq!(field(&|r| r.payment_factor = cashier.clone()), missing("order.env.terminalType"));
    for (env, expected) in [
        (r#"{"terminalType":"WEB"}"#, Ok(Mode::Cashier)),
        (r#"{"terminalType":"APP"}"#, missing("order.env.osType")),
        (r#"{"terminalType":"WAP","osType":"IOS"}"#, Ok(Mode::Cashier)),
    ] {
        let found = field(&|r| {
            r.payment_factor = cashier.clone();
            r.order.env = Some(parse(env.as_bytes()).unwrap());
        });
        assert_eq!(found, expected, "{env}");
    }
    let debit = factor(r#"{"isAgreementPayment":true}"#);
    let found = field(&|r| {
        r.payment_factor = debit.clone();
        r.payment_method.payment_method_id = None;
    });
    assert_eq!(found, missing("paymentMethod.paymentMethodId"));
}

#[test]
fn a_payment_is_named_by_either_id() {
    let parsed: CancelPaymentRequest =
        parse(br#"{"paymentRequestId":"","paymentId":"P"}"#).unwrap();
    assert_eq!(parsed.payment(), Ok(PaymentKey::PaymentId(&id("P"))));
    let parsed: InquiryPaymentRequest =
        parse(br#"{"paymentRequestId":"R","paymentId":"P"}"#).unwrap();
    let both = PaymentKey::Both { request_id: &id("R"), payment_id: &id("P") };
    assert_eq!(parsed.payment(), Ok(both));
    let parsed: InquiryPaymentRequest = parse(b"{}").unwrap();
    let missing =
        WireError::new("paymentRequestId", "is missing", "send paymentRequestId or paymentId");
    assert_eq!(parsed.payment(), Err(missing));
}

#[test]
fn answers_are_written_compactly_in_a_fixed_order() {
    let (jpy, usd) = (Currency::from_code("JPY").unwrap(), Currency::from_code("USD").unwrap());
    let at = Datetime { at: Timestamp::from_secs(1_767_287_045), offset_minutes: 540 };
    let response = PayResponse {
        acquirer_id: Some(id("A-1")),
        psp_id: Some(id("W-1")),
        payment_id: Some(id("P-1")),
        payment_time: Some(at),
        payment_amount: Some(Amount(money(1200, "JPY"))),
        settlement_amount: Some(AmountOrZero(money(800, "USD"))),
        settlement_quote: Some(Quote::from_rate(Rate::parse(jpy, usd, "0.006667").unwrap())),
        ..PayResponse::new(ResultCode::Success.into())
    };
    assert_eq!(
        text(&response),
        concat!(
            r#"{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"The request was carried out."},"#,
            r#""acquirerId":"A-1","pspId":"W-1","paymentId":"P-1","paymentTime":"2026-01-02T02:04:05+09:00","#,
            r#""paymentAmount":{"currency":"JPY","value":"1200"},"settlementAmount":{"currency":"USD","value":"800"},"#,
            r#""settlementQuote":{"quoteCurrencyPair":"JPY/USD","quotePrice":"0.006667","baseCurrency":"JPY"}}"#
        )
    );
    let refusal = PayResponse::new(WireResult::from(&WireError::missing("order", "send it")));
    assert_eq!(
        text(&refusal),
        r#"{"result":{"resultStatus":"F","resultCode":"PARAM_ILLEGAL","resultMessage":"order is missing; send it"}}"#
    );
}

#[test]
fn registration_needs_what_its_products_need() {
    let body = r#"{"registrationRequestId":"G1","productCodes":["IN_STORE_PAYMENT"],"merchantInfo":{"referenceMerchantId":"M1",
        "merchantMCC":"5812","registrationDetail":{"legalName":"Shop KK","registrationType":"ENTERPRISE_REGISTRATION_NO",
        "registrationNo":"123"}},"storeInfo":{"referenceStoreId":"S1","storeName":"Umeda","storeMCC":"5812"}}"#;
    let read = |body: &str| parse::<RegistrationRequest>(body.as_bytes()).unwrap();
    assert_eq!(read(body).check(), Ok(()));
    let field = |body: &str| read(body).check().unwrap_err().field;
    assert_eq!(field(&body.replace("storeInfo", "other")), "storeInfo");
    assert_eq!(field(&body.replace("\"IN_STORE_PAYMENT\"", "")), "productCodes");
    let cashier = body.replace("IN_STORE_PAYMENT", "CASHIER_PAYMENT");
    assert_eq!(field(&cashier), "merchantInfo.merchantDisplayName");
    let unknown = body.replace("IN_STORE_PAYMENT", "GIFT");
    let error = parse::<RegistrationRequest>(unknown.as_bytes()).unwrap_err();
    assert_eq!(error.field, "productCodes[0]");
    let inquiry: InquiryRegistrationStatusRequest = parse(b"{}").unwrap();
    assert_eq!(inquiry.check().unwrap_err().field, "registrationRequestId");
}

#[test]
fn texts_of_people_are_cleaned_and_bounded() {
    assert_eq!(label::<256>("Caf\u{200b}é\u{202e}\n咖啡\u{0}").as_str(), "Café 咖啡");
    assert!(crate::Label::<3>::new("abcd").is_err());
    assert!(crate::Label::<3>::new("\u{200b}").is_err());
    let long = USER_CODE.replace("\"tea\"", &format!("\"{}\"", "茶".repeat(257)));
    let error = parse::<PayRequest>(long.as_bytes()).unwrap_err();
    assert_eq!(error.field, "order.orderDescription");
}

mod round_trips {
    use super::*;
    use crate::testing::{amounts, any_text, ids, labels, times};
    use proptest::option::of;
    use proptest::prelude::*;

    fn orders() -> impl Strategy<Value = Order> {
        (ids(), labels::<256>(), amounts(), pay_parts()).prop_map(|(id, text, amount, pay)| {
            let mut order = pay.order;
            order.reference_order_id = id;
            order.order_description = text.clone();
            order.order_amount = amount;
            order.merchant.merchant_name = text;
            order
        })
    }

    fn pay_parts() -> impl Strategy<Value = PayRequest> {
        Just(pay())
    }

    fn factors() -> impl Strategy<Value = PaymentFactor> {
        let flag = of(any::<bool>());
        (flag.clone(), flag.clone(), flag).prop_map(|(in_store, cashier, agreement)| {
            PaymentFactor {
                is_in_store_payment: in_store,
                is_cashier_payment: cashier,
                is_agreement_payment: agreement,
                ..PaymentFactor::new()
            }
        })
    }

    proptest! {
        #[test]
        fn pay_requests(
            id in ids(),
            order in orders(),
            amount in amounts(),
            factor in factors(),
            expiry in of(times()),
            region in of("[A-Z]{2}"),
        ) {
            let method = PaymentMethod::new(base::Text::new("CONNECT_WALLET").unwrap());
            let mut request = PayRequest::new(id, order, amount, method, factor);
            request.payment_expiry_time = expiry;
            request.user_region = region.map(|region| base::Text::new(&region).unwrap());
            let _ = request.mode();
            prop_assert_eq!(parse::<PayRequest>(&render(&request)), Ok(request));
        }

        #[test]
        fn inquiry_responses(
            payment_id in of(ids()),
            amount in of(amounts()),
            time in of(times()),
            refunds in prop::collection::vec((ids(), ids(), of(amounts())), 0..4),
        ) {
            let refunds = refunds.into_iter().map(|(id, request_id, amount)| {
                let (kind, status) = (TransactionType::Refund, TransactionStatus::Success);
                Transaction {
                    transaction_amount: amount,
                    ..Transaction::new(kind, status, id, request_id)
                }
            });
            let response = InquiryPaymentResponse {
                payment_result: Some(ResultCode::PaymentInProcess.into()),
                payment_id,
                payment_amount: amount,
                payment_time: time,
                transactions: Some(refunds.collect()),
                ..InquiryPaymentResponse::new(ResultCode::Success.into())
            };
            prop_assert_eq!(parse::<InquiryPaymentResponse>(&render(&response)), Ok(response));
        }

        #[test]
        fn no_body_panics(text in any_text(), at in 0..USER_CODE.len(), byte: u8) {
            let _ = parse::<PayRequest>(text.as_bytes());
            let _ = parse::<RegistrationRequest>(text.as_bytes());
            let mut body = USER_CODE.as_bytes().to_vec();
            body[at] = byte;
            if let Ok(request) = parse::<PayRequest>(&body) {
                let _ = request.mode();
                prop_assert_eq!(parse::<PayRequest>(&render(&request)), Ok(request));
            }
            let _ = parse::<PayRequest>(&USER_CODE.as_bytes()[..at]);
        }
    }
}
