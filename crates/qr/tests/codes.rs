//! Codes that others made, codes that are wrong, and codes that nobody made.

use dhow_qr::{Account, Fault, MerchantCode, Writer, crc16, scheme_of};
use proptest::prelude::*;

const PAYNOW: &str = "00020101021226570009SG.PAYNOW010120213201929813CSPW030110513SPW658227463052040000530370254031005802SG5925SHOPEEPAY PRIVATE LIMITED6009SINGAPORE630426E1";

/// The text with the checksum that belongs to it.
fn sealed(text: &str) -> String {
    let text = format!("{text}6304");
    format!("{text}{:04X}", crc16(text.as_bytes()))
}

#[track_caller]
fn check(text: &str, fault: Fault, expected: &str) {
    let error = MerchantCode::read(text).expect_err("it must be refused");
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_eq!(error.fault, fault, "{error}");
}

const HEAD: &str = "00020101021126110007example";
const TAIL: &str = "5802SG5904Shop6004Town";

fn with(parts: &str) -> String {
    sealed(&format!("{HEAD}52045814{parts}{TAIL}"))
}

#[test]
fn a_code_says_who_is_paid_what_and_where() {
    let code = MerchantCode::read(PAYNOW).unwrap();
    assert_eq!(
        (code.get(59), code.amount_minor()),
        (Some("SHOPEEPAY PRIVATE LIMITED"), Some(10_000))
    );
    let Some(Account::Network(account)) = code.accounts().next() else { panic!("an account") };
    let scheme = scheme_of(account.guid().unwrap(), "SG").unwrap();
    assert_eq!((scheme.name, scheme.field(2)), ("paynow", Some("proxy")));
    assert_eq!(account.get(2), Some("201929813CSPW"));
    assert!(code.warnings().is_empty() && !code.has_alipay());
}

#[test]
fn what_is_wrong_is_named() {
    let flipped = PAYNOW.replace("SHOPEE", "SHOPPE");
    check(&flipped, Fault::Crc, "63: the checksum is 26E1");
    check(&format!("{PAYNOW}00"), Fault::Structure, "63: must be the end, but 2 more bytes");
    check(&PAYNOW[..PAYNOW.len() - 8], Fault::Crc, "63: is missing");
    check(&PAYNOW[..PAYNOW.len() - 1], Fault::Structure, "63: should have 4 characters");
    check("002", Fault::Structure, "ends with `002`");
    check("", Fault::NotEmv, "nothing was read");
    check("https://example.com", Fault::NotEmv, "a web address");
    check("281012345678901234567890", Fault::NotEmv, "a number");
    check("0002ab", Fault::Crc, "63: is missing");
    check("00x2ab", Fault::Structure, "`00x2` is not a tag and a length");
}

#[test]
fn each_object_is_held_to_its_form() {
    use Fault::{Format, Mandatory, Structure};
    for (text, fault, expected) in [
        (with("530370254045.005303702"), Structure, "53: is there twice"),
        (with("53037025400"), Structure, "54: is empty"),
        (with("5303702540612,000"), Format, "54: `12,000`"),
        (with("530370254010"), Format, "54: is zero"),
        (with("530370254051.005"), Format, "54: `1.005` has more than the 2 decimals of SGD"),
        (with("5303999"), Format, "53: `999` is not the number of a currency"),
        (with("5303SGD"), Format, "53: `SGD` is not 3 digits"),
        (with(""), Mandatory, "53: is missing"),
        (with("5303702550203"), Mandatory, "57: is missing although 55 asks"),
        (with("5303702550204"), Format, "55: is `04`"),
        (with("53037025502035703100"), Format, "57: `100`"),
        (with("530370264060002ZH"), Mandatory, "64.01: is missing"),
        (with("530370262050111x"), Structure, "62.01: should have 11"),
        (with("530370262080102A"), Structure, ""),
        (with("5303702801001069876AB"), Mandatory, "80.00: is missing"),
        (with(&format!("530370262300726{}", "x".repeat(26))), Format, "62.07: has 26"),
        (sealed(&format!("{HEAD}520458145303702{}", "5902No5802SG")), Mandatory, "60: is missing"),
        (sealed("000201520458145303702"), Mandatory, "02-51: no merchant account"),
        (sealed("0002010102132602XX"), Structure, "26"),
        (sealed("000209021234"), Structure, ""),
    ] {
        check(&text, fault, expected);
    }
}

#[test]
fn a_code_of_cambodia_is_held_to_khqr() {
    let khqr = |account: &str, money: &str| {
        let guid = format!("00{:02}{account}", account.len());
        let account = format!("29{:02}{guid}", guid.len());
        sealed(&format!("000201010212{account}52045999{money}5802KH5904Shop6010Phnom Penh"))
    };
    assert!(MerchantCode::read(&khqr("shop@bank", "530311654049800")).is_ok());
    assert!(MerchantCode::read(&khqr("shop@bank", "530384054049.80")).is_ok());
    check(&khqr("shop.bank", "5303116"), Fault::Format, "29-30.00: a Bakong account");
    check(&khqr("shop@bank", "5303704"), Fault::Format, "53: KHQR is in riel");
    check(&khqr("shop@bank", "530311654049.80"), Fault::Format, "54: an amount in riel");
}

#[test]
fn every_tolerance_is_reported() {
    let lower = PAYNOW.replace("26E1", "26e1");
    for (text, name) in [
        (lower, "lowercase_checksum: 63"),
        (with("5303702540510.00"), "static_with_amount: 54"),
        (with("53037025406100000").replace("010211", "010212"), "63"),
        (with("530339254051.000").replace("5802SG", "5802JP"), "63"),
        (with("530370255020156011"), "tip_not_asked_for: 56"),
        (with("530370262085004abcd"), "unnamed_additional: 62.50"),
    ] {
        match MerchantCode::read(&text) {
            Ok(code) => {
                let said: Vec<String> = code.warnings().iter().map(ToString::to_string).collect();
                assert!(said.iter().any(|it| it.starts_with(name)), "{said:?}");
            }
            Err(error) => assert!(error.to_string().starts_with(name), "{error}"),
        }
    }
    let yen = sealed(&format!("{HEAD}52045814530339254061000.05802JP5904Shop6004Town"));
    let code = MerchantCode::read(&yen).unwrap();
    assert_eq!(code.amount_minor(), Some(1_000));
    assert!(code.warnings().iter().any(|it| it.to_string().starts_with("trailing_zeros: 54")));
}

#[test]
fn lengths_count_characters_and_the_checksum_bytes() {
    let text = sealed(&format!("{HEAD}520458145303156{TAIL}64200002ZH0104最佳运输0202北京"));
    let code = MerchantCode::read(&text).unwrap();
    let language = code.language().unwrap();
    assert_eq!((language.get(1), language.get(2)), (Some("最佳运输"), Some("北京")));
    assert_eq!(code.write().unwrap(), text);
}

#[test]
fn the_longest_text_in_which_nothing_is_repeated() {
    let long = |length: usize| "🍜".repeat(length);
    let mut text = String::from("000201");
    for tag in (1..100).filter(|tag| *tag != 63) {
        let is_template = matches!(tag, 26..=51 | 62 | 64 | 80..=99);
        let value = if is_template { format!("0095{}", long(95)) } else { long(99) };
        text.push_str(&format!("{tag:02}99{value}"));
    }
    assert!(text.len() > 38_000);
    check(&sealed(&text), Fault::Format, "01: is `🍜");
    check(&sealed(&format!("{text}9904{}", long(4))), Fault::Structure, "99: is there twice");
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,300}") {
        let _ = MerchantCode::read(&text);
        let _ = MerchantCode::read(&format!("000201{text}"));
    }

    #[test]
    fn nor_does_a_code_in_which_something_was_changed(
        at in 0..PAYNOW.len(), other in any::<char>(), sealed_again in any::<bool>(),
    ) {
        let mut text = PAYNOW.to_owned();
        text.replace_range(at..=at, &other.to_string());
        if sealed_again {
            let body = &text[..text.char_indices().rev().nth(7).unwrap().0];
            text = sealed(body);
        }
        if let Ok(code) = MerchantCode::read(&text) {
            prop_assert_eq!(code.write().unwrap().to_uppercase(), text.to_uppercase());
        }
    }

    #[test]
    fn what_was_written_is_read(
        name in "[A-Za-z0-9 ]{1,25}", city in "[\u{e00}-\u{e5b}A-Z]{1,15}", id in "[a-z.]{1,20}",
        store in "[ -~]{1,25}", minor in 1..1_000_000_u64,
    ) {
        let mut writer = Writer::default();
        writer.object(0, "01")?;
        writer.object(1, "12")?;
        writer.template(26, &[(0, &id), (1, "42")])?;
        let amount = format!("{}.{:02}", minor / 100, minor % 100);
        for (tag, value) in [(52, "5814"), (53, "764"), (54, &*amount), (58, "TH"), (59, &*name)] {
            writer.object(tag, value)?;
        }
        writer.object(60, &city)?;
        writer.template(62, &[(3, &store)])?;
        let text = writer.finish()?;
        let code = MerchantCode::read(&text)?;
        prop_assert_eq!(code.get(59), Some(&*name));
        prop_assert_eq!(code.get(60), Some(&*city));
        prop_assert_eq!(code.amount_minor(), Some(minor));
        prop_assert_eq!(code.additional().unwrap().get(3), Some(&*store));
        prop_assert_eq!(code.write()?, text);
    }
}
