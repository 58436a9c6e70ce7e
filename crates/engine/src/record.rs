//! A command as the payload of a log record: one byte of version, then the command's own bytes.

use crate::EngineError;
use base::{Codec, decode_all};

/// Version of the payloads that this program writes.
const VERSION: u8 = 1;

pub(crate) fn encode<C: Codec>(command: &C, out: &mut Vec<u8>) {
    out.push(VERSION);
    command.encode(out);
}

pub(crate) fn decode<C: Codec>(position: u64, payload: &[u8]) -> Result<C, EngineError> {
    match payload.split_first() {
        Some((&VERSION, bytes)) => {
            decode_all(bytes).map_err(|error| EngineError::NotACommand { position, error })
        }
        other => {
            let version = other.map_or(0, |(version, _)| *version);
            Err(EngineError::UnknownVersion { position, version })
        }
    }
}
