//! Scanned codes: any text read as a merchant-presented code and any bytes as a consumer-presented
//! one are taken or refused with a reason, and what was taken is written as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qr::{Account, ConsumerCode, MerchantCode, Template, Tolerance, crc16, scheme_of};

fn is_lower(code: &MerchantCode<'_>) -> bool {
    code.warnings().iter().any(|it| it.tolerance == Tolerance::LowercaseChecksum)
}

fn check_template(template: &Template<'_>, country: &str) {
    for (tag, value) in template.objects() {
        assert_eq!(template.get(tag), Some(value), "{tag}");
        assert!(!value.is_empty(), "{tag}");
    }
    if let Some(scheme) = template.guid().and_then(|guid| scheme_of(guid, country)) {
        assert!(!scheme.name.is_empty());
    }
}

/// What is asked of a code has an answer that does not contradict another one.
fn check_content(code: &MerchantCode<'_>) {
    let country = code.get(58).expect("a code names its country");
    for (tag, value) in code.objects() {
        assert_eq!(code.get(tag), Some(value), "{tag}");
    }
    let networks = code.accounts().filter_map(|account| match account {
        Account::Network(template) => Some(template),
        Account::Number { .. } => None,
    });
    let others = code.unreserved().chain(code.additional()).chain(code.language());
    networks.chain(others).for_each(|template| check_template(&template, country));
    assert!(code.accounts().next().is_some() && code.currency().is_some());
    assert_eq!(code.amount_minor().is_some(), code.get(54).is_some());
    let _ = (code.tip(), code.initiation(), code.has_alipay(), code.profile());
    assert!(code.warnings().iter().all(|it| !it.to_string().is_empty()));
}

fn check_merchant(text: &str) {
    match MerchantCode::read(text) {
        Ok(code) => {
            check_content(&code);
            let written = code.write().expect("a code that was read can be written");
            let again = MerchantCode::read(&written).expect("what was written can be read");
            assert!(!is_lower(&again));
            if is_lower(&code) {
                let body = text.len() - 4;
                assert_eq!(written[..body], text[..body]);
                assert_eq!(written[body..], text[body..].to_ascii_uppercase());
                assert_eq!(code.warnings().len(), again.warnings().len() + 1);
            } else {
                assert_eq!(written, text);
                assert_eq!(code.warnings(), again.warnings());
            }
            assert_eq!(code.amount_minor(), again.amount_minor());
        }
        Err(error) => assert!(!error.reason.is_empty()),
    }
}

fn check_consumer(bytes: &[u8]) {
    match ConsumerCode::read(bytes) {
        Ok(code) => {
            assert!(!code.applications.is_empty());
            for part in code.applications.iter().chain(&code.common) {
                for field in part.fields.iter().chain(&part.transparent) {
                    assert!(!field.name().is_empty());
                    assert_eq!(field.hex().len(), 2 * field.value.len());
                    let _ = field.text();
                }
            }
        }
        Err(error) => assert!(!error.reason.is_empty()),
    }
}

fuzz_target!(|bytes: &[u8]| {
    check_consumer(bytes);
    let text = String::from_utf8_lossy(bytes);
    check_merchant(&text);
    // No fuzzer guesses a checksum, so the same text is read again with the one that belongs to it.
    if let Some(body) = text.char_indices().rev().nth(3).map(|(at, _)| &text[..at]) {
        let checksum = crc16(body.as_bytes());
        check_merchant(&format!("{body}{checksum:04X}"));
        check_merchant(&format!("{body}{checksum:04x}"));
    }
});
