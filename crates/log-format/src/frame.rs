//! Frames: one record as bytes, encoded in batches and decoded one at a time.

use crate::bytes::{field, u32_at, u64_at};
use crate::segment::{SEAL_BYTES, SEAL_MARK, SEAL_POSITION_AT, Seal};
use crate::{HASH_BYTES, Hash, Record, Tip, VERSION};
use aws_lc_rs::digest;
use base::Timestamp;
use std::ops::RangeInclusive;

const LENGTH_AT: usize = 4;
const VERSION_AT: usize = 8;
const ORDINAL_AT: usize = 9;
const POSITION_AT: usize = 13;
const TIME_AT: usize = 21;
const PAYLOAD_AT: usize = 29;

/// Bytes that a frame adds to its payload.
pub const FRAME_OVERHEAD: usize = PAYLOAD_AT + HASH_BYTES;

/// Longest frame in bytes, all fields included: damage cannot ask for more memory than this.
pub const MAX_FRAME: usize = 1 << 20;

/// Longest payload in bytes.
pub const MAX_PAYLOAD: usize = MAX_FRAME - FRAME_OVERHEAD;

/// Shortest frame of any version: checksum, length, version, hash.
const MIN_FRAME: usize = VERSION_AT + 1 + HASH_BYTES;

const _: () = assert!(SEAL_MARK as usize > MAX_FRAME, "a seal cannot be taken for a frame");

/// A payload longer than [`MAX_PAYLOAD`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record of {length} bytes is longer than the {MAX_PAYLOAD} allowed")]
pub struct TooLarge {
    pub length: usize,
}

/// Builds the bytes of one batch in one buffer, continuing a chain.
///
/// The buffer begins with the hash before the batch, so that what a record's hash covers always
/// lies in one piece; [`bytes`](Encoder::bytes) leaves it out.
pub struct Encoder {
    buffer: Vec<u8>,
    batch_tip: Tip,
    tip: Tip,
    ordinal: u32,
}

impl Encoder {
    pub fn new(tip: Tip) -> Encoder {
        Encoder { buffer: tip.hash.to_vec(), batch_tip: tip, tip, ordinal: 0 }
    }

    /// Adds a record to the batch. Fails, and adds nothing, when the payload is too long.
    ///
    /// Panics when `time` is before the newest record's: the clock above must never go back.
    pub fn push(&mut self, time: Timestamp, payload: &[u8]) -> Result<(), TooLarge> {
        let too_large = TooLarge { length: payload.len() };
        if payload.len() > MAX_PAYLOAD {
            return Err(too_large);
        }
        assert!(time >= self.tip.time, "the time of a record is never before the record before it");
        let length = payload.len() + FRAME_OVERHEAD - VERSION_AT;
        let length = u32::try_from(length).map_err(|_| too_large)?;
        let position = self.tip.position + 1;
        let start = self.buffer.len();
        self.buffer.reserve(payload.len() + FRAME_OVERHEAD);
        self.buffer.extend_from_slice(&[0; LENGTH_AT]);
        self.buffer.extend_from_slice(&length.to_le_bytes());
        self.buffer.push(VERSION);
        self.buffer.extend_from_slice(&self.ordinal.to_le_bytes());
        self.buffer.extend_from_slice(&position.to_le_bytes());
        self.buffer.extend_from_slice(&time.nanos().to_le_bytes());
        self.buffer.extend_from_slice(payload);
        let crc = crc32fast::hash(&self.buffer[start + LENGTH_AT..]);
        self.buffer[start..start + LENGTH_AT].copy_from_slice(&crc.to_le_bytes());
        let hash = sha256(&self.buffer[start - HASH_BYTES..]);
        self.buffer.extend_from_slice(&hash);
        self.tip = Tip { position, time, hash };
        self.ordinal += 1;
        Ok(())
    }

    /// The frames of this batch, ready to write.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[HASH_BYTES..]
    }

    /// The chain after the last record pushed.
    pub fn tip(&self) -> Tip {
        self.tip
    }

    /// The chain before the batch.
    pub fn batch_tip(&self) -> Tip {
        self.batch_tip
    }

    /// Begins the next batch where the last one ended; the buffer keeps its room.
    pub fn begin(&mut self) {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.tip.hash);
        self.batch_tip = self.tip;
        self.ordinal = 0;
    }
}

fn sha256(bytes: &[u8]) -> Hash {
    field(digest::digest(&digest::SHA256, bytes).as_ref(), 0)
}

/// A record that was checked against its checksum and the chain, still in the reader's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub position: u64,
    pub time: Timestamp,
    pub payload: &'a [u8],
    pub hash: Hash,
    /// How many records of the same batch stand before this one.
    pub ordinal: u32,
}

impl Frame<'_> {
    /// Bytes of the whole frame.
    pub fn length(&self) -> usize {
        self.payload.len() + FRAME_OVERHEAD
    }

    /// The chain after this record.
    pub fn tip(&self) -> Tip {
        Tip { position: self.position, time: self.time, hash: self.hash }
    }

    pub fn to_record(&self) -> Record {
        Record {
            position: self.position,
            time: self.time,
            payload: self.payload.to_vec(),
            hash: self.hash,
        }
    }
}

/// Why bytes that are all there are not the next record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a record cannot be {length} bytes long")]
    Length { length: u32 },
    #[error("the checksum does not match")]
    Checksum,
    #[error("record {found} stands where record {expected} belongs")]
    Position { expected: u64, found: u64 },
    #[error("its place in its batch cannot be")]
    Ordinal,
    #[error("its time is before the time of the record before it")]
    Time,
    #[error("it does not continue the hash chain")]
    Chain,
}

/// What stands at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    Record(Frame<'a>),
    /// The segment is full; the next one continues.
    Seal(Seal),
    /// Zeros of preallocated space, or nothing at all.
    End,
    /// The bytes end before the record does.
    Incomplete,
    /// The bytes are there and wrong.
    Damaged(Fault),
    /// Whole, but written by a program that knows more: to be stopped at, never skipped or cut.
    UnknownVersion(u8),
}

/// Reads the record that continues `after` off the front of `bytes`.
///
/// Hand in at least [`MAX_FRAME`] bytes, or all there are: `Incomplete` and `End` mean the end of
/// `bytes`.
pub fn decode<'a>(bytes: &'a [u8], after: &Tip) -> Decoded<'a> {
    match split(bytes) {
        Split::Frame { body, hash } => check(body, hash, after),
        Split::Other(decoded) => decoded,
    }
}

enum Split<'a> {
    /// From checksum to payload, and the hash: length and checksum are right.
    Frame {
        body: &'a [u8],
        hash: Hash,
    },
    Other(Decoded<'a>),
}

fn split(bytes: &[u8]) -> Split<'_> {
    let head = &bytes[..bytes.len().min(VERSION_AT)];
    if head.iter().all(|byte| *byte == 0) {
        return Split::Other(Decoded::End);
    }
    if head.len() < VERSION_AT {
        return Split::Other(Decoded::Incomplete);
    }
    let length = u32_at(head, LENGTH_AT);
    if length == SEAL_MARK {
        return Split::Other(match bytes.get(..SEAL_BYTES) {
            Some(seal) => Seal::decode(seal),
            None => Decoded::Incomplete,
        });
    }
    let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(VERSION_AT);
    if !(MIN_FRAME..=MAX_FRAME).contains(&whole) {
        return Split::Other(Decoded::Damaged(Fault::Length { length }));
    }
    let Some(frame) = bytes.get(..whole) else { return Split::Other(Decoded::Incomplete) };
    let (body, hash) = frame.split_at(whole - HASH_BYTES);
    if crc32fast::hash(&body[LENGTH_AT..]) != u32_at(body, 0) {
        return Split::Other(Decoded::Damaged(Fault::Checksum));
    }
    let version = body[VERSION_AT];
    if version != VERSION {
        return Split::Other(Decoded::UnknownVersion(version));
    }
    if whole < FRAME_OVERHEAD {
        return Split::Other(Decoded::Damaged(Fault::Length { length }));
    }
    Split::Frame { body, hash: field(hash, 0) }
}

fn check<'a>(body: &'a [u8], hash: Hash, after: &Tip) -> Decoded<'a> {
    let frame = Frame {
        position: u64_at(body, POSITION_AT),
        time: Timestamp::from_nanos(u64_at(body, TIME_AT)),
        payload: &body[PAYLOAD_AT..],
        hash,
        ordinal: u32_at(body, ORDINAL_AT),
    };
    let expected = after.position + 1;
    if frame.position != expected {
        return Decoded::Damaged(Fault::Position { expected, found: frame.position });
    }
    if u64::from(frame.ordinal) >= frame.position {
        return Decoded::Damaged(Fault::Ordinal);
    }
    if frame.time < after.time {
        return Decoded::Damaged(Fault::Time);
    }
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&after.hash);
    context.update(body);
    if context.finish().as_ref() != hash {
        return Decoded::Damaged(Fault::Chain);
    }
    Decoded::Record(frame)
}

/// What a look for life behind damage finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// A whole frame with a right checksum, whatever it continues.
    Frame {
        position: u64,
        batch_first: u64,
    },
    Seal(Seal),
    /// A whole frame of a later version.
    UnknownVersion(u8),
}

/// Highest version that a look behind damage takes seriously.
const LAST_VERSION_PROBED: u8 = 15;

/// Does a whole frame or seal begin here, with a position in `positions`? The chain is not looked
/// at.
///
/// Cheap where the answer is no, so that it can be asked at every byte: the checksum, which may
/// cover a megabyte, is computed only when the fields before it can be right.
pub fn probe(bytes: &[u8], positions: &RangeInclusive<u64>) -> Option<Probe> {
    let version = *bytes.get(VERSION_AT)?;
    let position_at =
        if u32_at(bytes, LENGTH_AT) == SEAL_MARK { SEAL_POSITION_AT } else { POSITION_AT };
    let position = u64::from_le_bytes(field(bytes.get(position_at..position_at + 8)?, 0));
    let plausible = match version {
        VERSION => positions.contains(&position),
        later => later > VERSION && later <= LAST_VERSION_PROBED,
    };
    if !plausible {
        return None;
    }
    match split(bytes) {
        Split::Frame { body, .. } => {
            let batch_first = position.checked_sub(u64::from(u32_at(body, ORDINAL_AT)))?;
            Some(Probe::Frame { position, batch_first })
        }
        Split::Other(Decoded::Seal(seal)) => Some(Probe::Seal(seal)),
        Split::Other(Decoded::UnknownVersion(version)) => Some(Probe::UnknownVersion(version)),
        Split::Other(_) => None,
    }
}
