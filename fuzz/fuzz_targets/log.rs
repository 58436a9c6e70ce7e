//! The log's reader: headers, seals and frames. No bytes break it, and a record that it takes is
//! one that the writer would have written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use log_format::{Decoded, Encoder, HEADER_BYTES, SegmentHeader, Tip, decode, probe};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = SegmentHeader::decode(bytes) {
        assert_eq!(header.encode(), bytes[..HEADER_BYTES]);
    }
    let _ = probe(bytes, &(1..=u64::from(u32::MAX)));
    let (mut rest, mut tip) = (bytes, Tip::START);
    while let Decoded::Record(frame) = decode(rest, &tip) {
        let length = frame.length();
        assert!(length <= rest.len(), "a record ends within the bytes");
        assert!(frame.position > tip.position, "positions grow");
        tip = frame.tip();
        rest = &rest[length..];
    }
    // The same bytes as a payload: written, read, and unchanged.
    let mut encoder = Encoder::new(Tip::START);
    if encoder.push(base::Timestamp::from_secs(1), bytes).is_ok() {
        let Decoded::Record(frame) = decode(encoder.bytes(), &Tip::START) else {
            panic!("what was written can be read");
        };
        assert_eq!(frame.payload, bytes);
    }
});
