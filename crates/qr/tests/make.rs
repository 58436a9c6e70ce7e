//! Codes that are made from fields: every one is read back as it was meant.

use dhow_qr::{
    Account, Initiation, MerchantCode, NATIONALS, National, NewCode, NewLanguage, NewTip,
    ObjectTag, QrError, SchemeField, scheme_of,
};
use money::Currency;
use proptest::option::of;
use proptest::prelude::*;

fn shop() -> NewCode {
    NewCode {
        mcc: Some("5814".to_owned()),
        currency: Currency::from_code("SGD"),
        country: Some("SG".to_owned()),
        name: Some("Kaya House".to_owned()),
        city: Some("Singapore".to_owned()),
        ..NewCode::default()
    }
}

fn with_account(mut code: NewCode) -> NewCode {
    code.put(ObjectTag::within(26, 0), "com.example.dhow").unwrap();
    code
}

fn fields(texts: &[&str]) -> Vec<SchemeField> {
    texts.iter().map(|it| it.parse().unwrap()).collect()
}

fn made(scheme: &str, texts: &[&str], mut code: NewCode) -> Result<String, QrError> {
    National::named(scheme)?.fill(&fields(texts), &mut code)?;
    code.write()
}

/// A merchant of no country yet, as the command line has it before the scheme is applied.
fn merchant() -> NewCode {
    NewCode { country: None, currency: None, ..shop() }
}

#[test]
fn codes_of_others_are_made_again_object_by_object() {
    let dynamic = Some(Initiation::Dynamic);
    let still = Some(Initiation::Static);
    for (scheme, texts, code, expected) in [
        (
            "promptpay",
            vec!["mobile_number=091-234-5678"],
            NewCode { initiation: still, amount_minor: Some(10_088), ..NewCode::default() },
            // 53 and 54 stand before 58 here, by rising tag.
            "00020101021129370016A00000067701011101130066912345678530376454\
             06100.885802TH6304",
        ),
        (
            "paynow",
            vec!["uen=201929813CSPW", "is_amount_editable=yes", "reference=SPW6582274630"],
            NewCode {
                initiation: dynamic,
                amount_minor: Some(10_000),
                name: Some("SHOPEEPAY PRIVATE LIMITED".to_owned()),
                ..NewCode::default()
            },
            "00020101021226570009SG.PAYNOW010120213201929813CSPW030110513SPW6582274630520400005303\
             7025406100.005802SG5925SHOPEEPAY PRIVATE LIMITED6009Singapore6304",
        ),
        (
            "vietqr",
            vec!["bank_bin=970436", "account=1031353245"],
            NewCode {
                initiation: dynamic,
                amount_minor: Some(123_455),
                additional: [(8, "thing".to_owned())].into(),
                ..NewCode::default()
            },
            "00020101021238540010A000000727012400069704360110103135324502\
             08QRIBFTTA5303704540612345\
             55802VN62090805thing6304",
        ),
        (
            "pix",
            vec!["key=abc@example.com"],
            NewCode {
                amount_minor: Some(12_345),
                name: Some("MATHEUS".to_owned()),
                city: Some("SAOPAULO".to_owned()),
                ..NewCode::default()
            },
            "00020126370014br.gov.bcb.pix0115abc@example.com5204000053039865406123.45\
             5802BR5907MATHEUS6008SAOPAULO62070503***6304",
        ),
        (
            "khqr",
            vec!["bakong_account=your_name@bank"],
            NewCode {
                initiation: dynamic,
                amount_minor: Some(980_000),
                name: Some("Your Name".to_owned()),
                ..NewCode::default()
            },
            "00020101021229180014your_name@bank5204599953031165404\
             98005802KH5909Your Name6010Phnom Penh6304",
        ),
    ] {
        let text = made(scheme, &texts, code).unwrap();
        assert_eq!(&text[..text.len() - 4], expected, "{scheme}");
    }
}

/// Fields that fit, scheme by scheme, and what the template of that scheme then says.
const GOOD: &[(&str, &[&str], &str, &str)] = &[
    ("promptpay", &["mobile_number=+66 91 234 5678"], "mobile_number", "0066912345678"),
    ("promptpay", &["national_or_tax_id=1-2345-67890-12-3"], "national_or_tax_id", "1234567890123"),
    ("promptpay", &["e_wallet_id=123456789012345"], "e_wallet_id", "123456789012345"),
    ("promptpay_bill", &["biller_id=010556000000001", "reference_1=INV42"], "reference_1", "INV42"),
    ("paynow", &["mobile_number=9123 4567", "expiry_date=20271231"], "proxy", "+6591234567"),
    ("paynow", &["uen=201929813C"], "is_amount_editable", "1"),
    ("duitnow", &["acquirer_id=890053", "merchant_id=MDN42"], "merchant_id", "MDN42"),
    (
        "qris",
        &[
            "acquirer_domain=ID.CO.EXAMPLE.WWW",
            "merchant_pan=936008223210000455",
            "merchant_id=210000455",
            "national_merchant_id=ID2021071980399",
            "merchant_criteria=UBE",
        ],
        "national_merchant_id",
        "ID2021071980399",
    ),
    ("qrph", &["acquirer_bic=PAPHPHM1XXX", "merchant_id=09102140"], "acquirer_bic", "PAPHPHM1XXX"),
    ("vietqr", &["bank_bin=970415", "card=9704150000000001"], "service", "QRIBFTTC"),
    ("khqr", &["bakong_account=a@aba", "acquiring_bank=ABA"], "acquiring_bank", "ABA"),
    (
        "khqr",
        &[
            "bakong_account=a@aba",
            "merchant_id=42",
            "acquiring_bank=ABA",
            "created_ms=1773894603019",
            "expires_ms=1773894775819",
        ],
        "merchant_id",
        "42",
    ),
    ("pix", &["key=+5561912345678", "message=Obrigado"], "message", "Obrigado"),
];

#[test]
fn every_scheme_is_recognised_in_what_it_makes() {
    for (name, texts, field, expected) in GOOD {
        let scheme = National::named(name).unwrap();
        let text = made(name, texts, merchant()).unwrap();
        let code = MerchantCode::read(&text).unwrap();
        assert_eq!(code.get(58), Some(scheme.country));
        let said = code.accounts().find_map(|account| {
            let Account::Network(template) = account else { return None };
            let known = scheme_of(template.guid()?, scheme.country)?;
            assert!(known.name.starts_with(name) || known.name == "qris_issuer", "{}", known.name);
            let mut objects = template.objects();
            objects.find(|(tag, _)| known.field(*tag) == Some(*field)).map(|(_, value)| value)
        });
        assert_eq!(said, Some(*expected), "{name}: {text}");
    }
    for scheme in NATIONALS {
        assert!(GOOD.iter().any(|(name, ..)| *name == scheme.name), "{} is tested", scheme.name);
        assert_eq!(scheme.help().lines().count(), scheme.fields.len());
    }
}

#[test]
fn a_field_that_is_wrong_is_named_with_what_it_must_be() {
    for (scheme, texts, expected) in [
        ("wechat", vec![], "scheme: `wechat` is not known: one of promptpay, "),
        ("promptpay", vec![], "mobile_number: is missing: PromptPay transfer (Thailand) needs one"),
        ("promptpay", vec!["mobile_number=12"], "mobile_number: `12` is not what it must be: 10"),
        (
            "promptpay",
            vec!["mobile_number=0912345678", "e_wallet_id=123456789012345"],
            "e_wallet_id: is one too many",
        ),
        (
            "promptpay",
            vec!["uen=1"],
            "uen: is no field of PromptPay transfer (Thailand), which has",
        ),
        ("paynow", vec!["uen=1"], "uen: `1` is not what it must be: 9 or 10"),
        ("paynow", vec!["uen=201929813C", "expiry_date=20261332"], "expiry_date: `20261332`"),
        ("paynow", vec!["uen=201929813C", "is_amount_editable=1"], "is_amount_editable: `1`"),
        ("duitnow", vec!["acquirer_id=890053"], "merchant_id: is missing: DuitNow (Malaysia)"),
        ("duitnow", vec!["acquirer_id=1", "acquirer_id=1"], "acquirer_id: is given twice"),
        ("qris", vec!["acquirer_domain=example.com"], "acquirer_domain: `example.com`"),
        ("qrph", vec!["acquirer_bic=x"], "acquirer_bic: `x`"),
        ("vietqr", vec!["bank_bin=970415"], "account: is missing"),
        ("khqr", vec!["bakong_account=bank"], "bakong_account: `bank`"),
        ("khqr", vec!["bakong_account=a@b@c"], "bakong_account: `a@b@c`"),
        ("khqr", vec!["bakong_account=a@b", "merchant_id=1"], "acquiring_bank: is missing"),
        (
            "khqr",
            vec!["bakong_account=a@b", "created_ms=1773894603019", "expires_ms=1773894603019"],
            "expires_ms: is not later",
        ),
        ("pix", vec!["key=a b"], "key: `a b`"),
    ] {
        let error = made(scheme, &texts, merchant()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let elsewhere = made("pix", &["key=a@b"], shop()).unwrap_err().to_string();
    assert!(elsewhere.starts_with("country: is `SG`, but Pix"), "{elsewhere}");
    let yen = NewCode { country: None, currency: Currency::from_code("JPY"), ..shop() };
    let error = made("khqr", &["bakong_account=a@b"], yen).unwrap_err().to_string();
    assert_eq!(error, "currency: is JPY, but KHQR, Bakong (Cambodia) is in KHR or USD");
    let dollars = NewCode { country: None, currency: Currency::from_code("USD"), ..shop() };
    assert!(made("khqr", &["bakong_account=a@b"], dollars).is_ok());
}

#[test]
fn what_cannot_be_written_is_told() {
    let long = "x".repeat(99);
    let put = |at: &str, value: &str| shop().put(at.parse().unwrap(), value).unwrap_err();
    assert!(put("00", "01").to_string().starts_with("00: is written by itself"));
    assert!(put("26", "0004abcd").to_string().starts_with("26: is a template"));
    assert!(put("59.01", "x").to_string().starts_with("59.01: stands in no template"));
    assert!(put("62.01", "a\nb").to_string().starts_with("62.01: has a line break"));
    for text in ["5", "26.1", "ab", "26.01.02", "+1", ""] {
        assert!(text.parse::<ObjectTag>().is_err(), "{text}");
    }
    let written = |code: NewCode| code.write().unwrap_err().to_string();
    assert!(written(shop()).starts_with("02-51: no merchant account"));
    let ready = || with_account(shop());
    assert!(ready().write().is_ok());
    assert!(written(NewCode { amount_minor: Some(0), ..ready() }).starts_with("54: is zero"));
    let open = NewCode { currency: None, amount_minor: Some(1), ..ready() };
    assert!(written(open).starts_with("54: needs a currency"));
    assert!(written(NewCode { amount_minor: Some(u64::MAX), ..ready() }).starts_with("54: `1844"));
    assert!(written(NewCode { name: None, ..ready() }).starts_with("59: is missing"));
    assert!(written(NewCode { name: Some(long.clone()), ..ready() }).contains("at most 25"));
    let mut twice = ready();
    twice.put(ObjectTag::top(59), "Another").unwrap();
    assert!(written(twice).starts_with("59: is given twice"));
    let mut many = ready();
    many.put(ObjectTag::within(27, 0), &long).unwrap();
    assert!(written(many).starts_with("27: has 103 characters"));
    let mut long_within = ready();
    long_within.put(ObjectTag::within(27, 1), &"x".repeat(100)).unwrap();
    assert!(written(long_within).starts_with("27.01: has 100 characters"));
    let mut whole = ready();
    for tag in 80..90 {
        whole.put(ObjectTag::within(tag, 0), "example").unwrap();
        whole.put(ObjectTag::within(tag, 1), &"x".repeat(80)).unwrap();
    }
    assert!(written(whole).starts_with("the code has "));
}

#[test]
fn tips_are_read_as_they_are_written() {
    for (text, expected) in [
        ("prompt", NewTip::Prompt),
        ("fixed=150", NewTip::FixedMinor(150)),
        ("percent=5", NewTip::PercentHundredths(500)),
        ("percent=7.25", NewTip::PercentHundredths(725)),
    ] {
        assert_eq!(text.parse(), Ok(expected));
        let written = NewCode { tip: Some(expected), ..with_account(shop()) }.write().unwrap();
        let code = MerchantCode::read(&written).unwrap();
        assert!(code.tip().is_some() && code.warnings().is_empty(), "{written}");
    }
    for text in ["", "yes", "fixed=-1", "fixed=", "percent=0", "percent=100", "prompt=1"] {
        assert!(text.parse::<NewTip>().is_err(), "{text}");
    }
}

/// A short text without blanks at its ends or control characters, of at most so many characters.
fn text(most: usize) -> impl Strategy<Value = String> {
    let letters = "[A-Za-z0-9 .&'\u{e0}-\u{f6}\u{e01}-\u{e2e}\u{4e00}-\u{4eff}]";
    proptest::string::string_regex(&format!("{letters}{{1,{most}}}")).unwrap()
}

fn tip() -> impl Strategy<Value = NewTip> {
    prop_oneof![
        Just(NewTip::Prompt),
        (1..100_000_u64).prop_map(NewTip::FixedMinor),
        (1..10_000_u16).prop_map(NewTip::PercentHundredths),
    ]
}

prop_compose! {
    fn money()(
        at in 0..Currency::all().count(), minor in of(1..1_000_000_000_u64), tip in of(tip()),
        initiation in of(prop_oneof![Just(Initiation::Static), Just(Initiation::Dynamic)]),
    ) -> NewCode {
        // A number that was inherited leads to the heir.
        let numeric = Currency::all().nth(at).map_or(702, Currency::numeric);
        let currency = Currency::from_numeric(numeric);
        NewCode { initiation, currency, amount_minor: minor, tip, ..NewCode::default() }
    }
}

prop_compose! {
    fn code()(
        money in money(), mcc in "[0-9]{4}", country in "[A-JL-Z][A-Z]", name in text(25),
        city in text(15), postal_code in of(text(10)),
        additional in proptest::collection::btree_map(1..=8_u8, text(8), 0..4),
        language in of(("[a-z]{2}", text(25), of(text(15)))),
        objects in proptest::collection::btree_map((26..=51_u8, 1..=99_u8), text(20), 1..4),
        open in proptest::collection::btree_map(80..=99_u8, text(20), 0..2),
        card in of((2..=25_u8, "[0-9]{13,19}")),
    ) -> NewCode {
        let language =
            language.map(|(language, name, city)| NewLanguage { language, name, city });
        let mut code = NewCode {
            mcc: Some(mcc), country: Some(country), name: Some(name), city: Some(city),
            postal_code, additional, language, ..money
        };
        for ((top, inner), value) in &objects {
            // The first of a template brings its id.
            let _ = code.put(ObjectTag::within(*top, 0), "com.example");
            code.put(ObjectTag::within(*top, *inner), value).unwrap();
        }
        for (top, value) in &open {
            code.put(ObjectTag::within(*top, 0), value).unwrap();
        }
        if let Some((tag, number)) = card {
            code.put(ObjectTag::top(tag), &number).unwrap();
        }
        code
    }
}

proptest! {
    #[test]
    fn what_was_made_is_read(new in code()) {
        let text = match new.write() {
            Ok(text) => text,
            // Four accounts and long texts can be more than a code may have.
            Err(error) => {
                prop_assert!(error.to_string().contains(" characters"), "{error}");
                return Ok(());
            }
        };
        let read = MerchantCode::read(&text)?;
        prop_assert_eq!(read.initiation(), new.initiation);
        prop_assert_eq!(read.currency(), new.currency);
        prop_assert_eq!(read.amount_minor(), new.amount_minor);
        for (tag, field) in [
            (52, &new.mcc), (58, &new.country), (59, &new.name), (60, &new.city),
            (61, &new.postal_code),
        ] {
            prop_assert_eq!(read.get(tag), field.as_deref());
        }
        let additional = read.additional();
        prop_assert_eq!(additional.is_some(), !new.additional.is_empty());
        for (tag, value) in &new.additional {
            prop_assert_eq!(additional.unwrap().get(*tag), Some(&**value));
        }
        if let Some(it) = &new.language {
            let language = read.language().unwrap();
            prop_assert_eq!(language.get(0), Some(&*it.language));
            prop_assert_eq!(language.get(1), Some(&*it.name));
            prop_assert_eq!(language.get(2), it.city.as_deref());
        }
        let indicator = new.tip.map(|tip| match tip {
            NewTip::Prompt => "01",
            NewTip::FixedMinor(_) => "02",
            NewTip::PercentHundredths(_) => "03",
        });
        prop_assert_eq!(read.tip().map(|tip| tip.indicator), indicator);
        let tags: Vec<u8> = read.objects().map(|(tag, _)| tag).filter(|it| *it != 63).collect();
        prop_assert!(tags.is_sorted());
        // All that was put is there again, and nothing else.
        let mut again = new.clone();
        for account in read.accounts() {
            match account {
                Account::Number { tag, value } => {
                    prop_assert!(again.put(ObjectTag::top(tag), value).is_err());
                }
                Account::Network(template) => {
                    for (tag, value) in template.objects() {
                        let at = ObjectTag::within(template.tag, tag);
                        prop_assert!(again.put(at, value).is_err());
                    }
                }
            }
        }
        prop_assert_eq!(read.write()?, text);
    }
}
