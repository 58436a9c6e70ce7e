//! Scanned codes: any text read as a merchant-presented code and any bytes as a consumer-presented
//! one are taken or refused with a reason, and what was taken is written as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qr::{ConsumerCode, MerchantCode, Tolerance, crc16};

fn check_merchant(text: &str) {
    match MerchantCode::read(text) {
        Ok(code) => {
            let written = code.write().expect("a code that was read can be written");
            let is_lower = |tolerance| tolerance == Tolerance::LowercaseChecksum;
            if code.warnings().iter().any(|it| is_lower(it.tolerance)) {
                assert_eq!(written.to_ascii_uppercase(), text.to_ascii_uppercase());
            } else {
                assert_eq!(written, text);
            }
            // What others ask of a code has an answer too.
            let _ = (code.tip(), code.initiation(), code.has_alipay());
        }
        Err(error) => assert!(!error.reason.is_empty()),
    }
}

fuzz_target!(|bytes: &[u8]| {
    match ConsumerCode::read(bytes) {
        Ok(code) => assert!(!code.applications.is_empty()),
        Err(error) => assert!(!error.reason.is_empty()),
    }
    let text = String::from_utf8_lossy(bytes);
    check_merchant(&text);
    // No fuzzer guesses a checksum, so the same text is read again with the one that belongs to it.
    if let Some(body) = text.char_indices().rev().nth(3).map(|(at, _)| &text[..at]) {
        check_merchant(&format!("{body}{:04X}", crc16(body.as_bytes())));
    }
});
