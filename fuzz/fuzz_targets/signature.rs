//! The signature header, times in headers, and keys: no text breaks the reader, and what it takes
//! it writes so that it takes it again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{Datetime, SignatureHeader, SignedMessage, VerifyingKey, signed_path};

fuzz_target!(|text: &str| {
    if let Ok(header) = SignatureHeader::parse(text) {
        let written = header.to_string();
        let again = SignatureHeader::parse(&written).expect("what was written can be read");
        assert_eq!(again.to_string(), written);
    }
    if let Some(time) = Datetime::parse_header(text) {
        let again = Datetime::parse(&time.to_string()).expect("what was written can be read");
        // Times are written to the second, cut.
        assert_eq!(again.at.secs(), time.at.secs());
    }
    // Texts that are no key are refused, never taken for one of another kind.
    let _ = VerifyingKey::parse(text.as_bytes());
    let path = signed_path(text);
    if let Ok(message) = SignedMessage::new(path, "C1", "2026-11-22T07:20:47Z", text.as_bytes()) {
        let bytes = message.to_bytes();
        assert!(message.explain(&bytes).is_none(), "a message differs from itself");
    }
});
