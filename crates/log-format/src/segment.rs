//! What frames a segment: the header that continues the chain and the seal that ends it.

use crate::bytes::{field, u32_at, u64_at};
use crate::frame::{Decoded, Fault};
use crate::{HASH_BYTES, Tip, VERSION};
use base::Timestamp;

const MAGIC: [u8; 8] = *b"DHOWLOG\n";

/// Bytes of a header: magic, version, partition, four numbers, the chain, checksum.
pub const HEADER_BYTES: usize = 8 + 1 + 1 + 4 * 8 + HASH_BYTES + 4;

/// Bytes of a seal: checksum, mark, version, position, time, hash.
pub const SEAL_BYTES: usize = 4 + 4 + 1 + 8 + 8 + HASH_BYTES;

/// Stands where a frame has its length, and is longer than any frame.
pub(crate) const SEAL_MARK: u32 = u32::from_le_bytes(*b"SEAL");

pub(crate) const SEAL_POSITION_AT: usize = 9;

/// The first bytes of a segment.
///
/// It repeats where the segment before it must end, so that a missing, renamed, swapped or
/// shortened segment shows without reading records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    pub partition: u8,
    /// Time of the batch that opened the segment.
    pub created: Timestamp,
    /// The chain before this segment's first record.
    pub previous: Tip,
    /// Offset in the previous segment at which its seal stands; 0 in the first segment.
    pub previous_end: u64,
}

/// Why bytes are not a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("the header is shorter than {HEADER_BYTES} bytes")]
    Short,
    #[error("the file does not begin like a log segment")]
    Magic,
    #[error("the header's checksum does not match")]
    Checksum,
    #[error("the header has version {0}, which this program does not know")]
    UnknownVersion(u8),
    #[error("the header's first position is beyond the last possible one")]
    Position,
}

impl SegmentHeader {
    /// Position of the first record that the segment holds or will hold.
    pub fn first_position(&self) -> u64 {
        self.previous.position + 1
    }

    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = Vec::with_capacity(HEADER_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, self.partition]);
        out.extend_from_slice(&self.first_position().to_le_bytes());
        out.extend_from_slice(&self.created.nanos().to_le_bytes());
        out.extend_from_slice(&self.previous.time.nanos().to_le_bytes());
        out.extend_from_slice(&self.previous_end.to_le_bytes());
        out.extend_from_slice(&self.previous.hash);
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        field(&out, 0)
    }

    /// Reads a header off the front of `bytes`.
    pub fn decode(bytes: &[u8]) -> Result<SegmentHeader, HeaderError> {
        let bytes = bytes.get(..HEADER_BYTES).ok_or(HeaderError::Short)?;
        if bytes[..8] != MAGIC {
            return Err(HeaderError::Magic);
        }
        let (covered, crc) = bytes.split_at(HEADER_BYTES - 4);
        if crc32fast::hash(covered) != u32_at(crc, 0) {
            return Err(HeaderError::Checksum);
        }
        if bytes[8] != VERSION {
            return Err(HeaderError::UnknownVersion(bytes[8]));
        }
        let position = u64_at(bytes, 10).checked_sub(1).ok_or(HeaderError::Position)?;
        Ok(SegmentHeader {
            partition: bytes[9],
            created: Timestamp::from_nanos(u64_at(bytes, 18)),
            previous: Tip {
                position,
                time: Timestamp::from_nanos(u64_at(bytes, 26)),
                hash: field(bytes, 42),
            },
            previous_end: u64_at(bytes, 34),
        })
    }
}

/// The end of a full segment: written once the next segment is durable, so that a sealed segment
/// without a successor is known to have lost it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The chain after the segment's last record.
    pub tip: Tip,
}

impl Seal {
    pub fn encode(&self) -> [u8; SEAL_BYTES] {
        let mut out = vec![0; 4];
        out.extend_from_slice(&SEAL_MARK.to_le_bytes());
        out.push(VERSION);
        out.extend_from_slice(&self.tip.position.to_le_bytes());
        out.extend_from_slice(&self.tip.time.nanos().to_le_bytes());
        out.extend_from_slice(&self.tip.hash);
        let crc = crc32fast::hash(&out[4..]);
        out[..4].copy_from_slice(&crc.to_le_bytes());
        field(&out, 0)
    }

    /// `bytes` are [`SEAL_BYTES`] long and carry the mark.
    pub(crate) fn decode(bytes: &[u8]) -> Decoded<'_> {
        if crc32fast::hash(&bytes[4..]) != u32_at(bytes, 0) {
            return Decoded::Damaged(Fault::Checksum);
        }
        if bytes[8] != VERSION {
            return Decoded::UnknownVersion(bytes[8]);
        }
        let tip = Tip {
            position: u64_at(bytes, SEAL_POSITION_AT),
            time: Timestamp::from_nanos(u64_at(bytes, 17)),
            hash: field(bytes, 25),
        };
        Decoded::Seal(Seal { tip })
    }
}
