//! Records of the log as bytes: framing, checksum, hash chain. No files here.
//!
//! A segment is a [`SegmentHeader`], then frames back to back, then a [`Seal`] once it is full,
//! then zeros up to the length that was preallocated. All numbers are little-endian.
//!
//! ```text
//! frame  crc u32 | length u32 | version u8 | ordinal u32 | position u64 | time u64 | payload |
//! hash [32]
//! ```
//!
//! `crc` covers everything from `length` to the payload's end; `length` counts the bytes from
//! `version` to the hash's end. `hash` is SHA-256 over the previous record's hash and this frame up
//! to its own hash, so that one hash at the end stands for the whole log before it. `ordinal`
//! counts records within one append: it tells a write that was torn from damage to what was
//! durable.
//!
//! ```
//! use base::Timestamp;
//! use dhow_log_format::{Decoded, Encoder, Tip, decode};
//! let mut encoder = Encoder::new(Tip::START);
//! encoder.push(Timestamp::from_secs(1), b"first").unwrap();
//! let Decoded::Record(frame) = decode(encoder.bytes(), &Tip::START) else { panic!() };
//! assert_eq!((frame.position, frame.payload), (1, &b"first"[..]));
//! ```

mod bytes;
mod frame;
mod segment;

pub use frame::{
    Decoded, Encoder, FRAME_OVERHEAD, Fault, Frame, MAX_FRAME, MAX_PAYLOAD, Probe, TooLarge,
    decode, probe,
};
pub use segment::{HEADER_BYTES, HeaderError, SEAL_BYTES, Seal, SegmentHeader};

use base::Timestamp;

/// Version of frames, seals and headers that this program writes, and the only one it reads.
pub const VERSION: u8 = 1;

/// Bytes of a link of the chain: SHA-256.
pub const HASH_BYTES: usize = 32;

/// One link of the hash chain.
pub type Hash = [u8; HASH_BYTES];

/// One command as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Number in its partition's log; the first is 1.
    pub position: u64,
    /// Never earlier than the record before.
    pub time: Timestamp,
    pub payload: Vec<u8>,
    /// The chain up to and including this record.
    pub hash: Hash,
}

/// Where a chain stands: what the next record must continue from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Position of the newest record, 0 before the first.
    pub position: u64,
    pub time: Timestamp,
    pub hash: Hash,
}

impl Tip {
    /// Before the first record.
    pub const START: Tip =
        Tip { position: 0, time: Timestamp::from_nanos(0), hash: [0; HASH_BYTES] };
}
