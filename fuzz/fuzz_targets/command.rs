//! Commands as the log keeps them: no bytes break the reader, and what it takes it writes so that
//! it reads the same command again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use network::Command;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(command) = base::decode_all::<Command>(bytes) {
        let written = base::encode(&command);
        let again = base::decode_all::<Command>(&written).expect("what was written can be read");
        assert_eq!(base::encode(&again), written);
    }
});
