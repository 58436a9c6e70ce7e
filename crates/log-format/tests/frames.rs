//! Frames, headers and seals under truncation, bit flips and foreign versions.

use base::Timestamp;
use dhow_log_format::{
    Decoded, Encoder, FRAME_OVERHEAD, Fault, HeaderError, MAX_FRAME, MAX_PAYLOAD, Probe, Seal,
    SegmentHeader, Tip, TooLarge, VERSION, decode, probe,
};
use proptest::prelude::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn batch(payloads: &[&[u8]]) -> Encoder {
    let mut encoder = Encoder::new(Tip::START);
    for (second, payload) in (1..).zip(payloads) {
        encoder.push(at(second), payload).unwrap();
    }
    encoder
}

/// Every whole record from the front, and what stands behind them.
fn walk(mut bytes: &[u8]) -> (Vec<Vec<u8>>, Decoded<'_>) {
    let (mut payloads, mut tip) = (Vec::new(), Tip::START);
    loop {
        match decode(bytes, &tip) {
            Decoded::Record(frame) => {
                payloads.push(frame.payload.to_vec());
                tip = frame.tip();
                bytes = &bytes[frame.length()..];
            }
            other => return (payloads, other),
        }
    }
}

/// Recomputes the checksum of a frame, a seal or a header after a change made on purpose.
fn fix_crc(bytes: &mut [u8], covered: std::ops::Range<usize>, crc_at: usize) {
    let crc = crc32fast::hash(&bytes[covered]);
    bytes[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
}

#[test]
fn records_come_back_in_order_with_their_chain() {
    let mut encoder = batch(&[b"one", b"", b"three"]);
    let mut bytes = encoder.bytes().to_vec();
    let first_batch = encoder.tip();
    encoder.begin();
    encoder.push(at(9), b"four").unwrap();
    bytes.extend_from_slice(encoder.bytes());
    bytes.extend_from_slice(&[0; 100]);
    let (payloads, end) = walk(&bytes);
    assert_eq!(payloads, [&b"one"[..], b"", b"three", b"four"]);
    assert_eq!(end, Decoded::End);
    assert_eq!(first_batch.position, 3);
    let Decoded::Record(fourth) = decode(encoder.bytes(), &first_batch) else { panic!() };
    assert_eq!((fourth.position, fourth.time, fourth.ordinal), (4, at(9), 0));
    assert_eq!(fourth.tip(), encoder.tip());
}

#[test]
fn the_hash_covers_the_record_and_the_hash_before_it() {
    let encoder = batch(&[b"one", b"two"]);
    let bytes = encoder.bytes();
    let Decoded::Record(first) = decode(bytes, &Tip::START) else { panic!() };
    let second = &bytes[first.length()..];
    let mut covered = first.hash.to_vec();
    covered.extend_from_slice(&second[..second.len() - 32]);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &covered);
    assert_eq!(digest.as_ref(), encoder.tip().hash);
    let elsewhere = Tip { hash: [7; 32], ..first.tip() };
    assert_eq!(decode(second, &elsewhere), Decoded::Damaged(Fault::Chain));
}

/// The bytes of version 1 are frozen: a change here makes every log out there unreadable.
#[test]
fn version_1_is_frozen() {
    let encoder = batch(&[b"dhow"]);
    let text: String = encoder.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text, FROZEN);
}

const FROZEN: &str = concat!(
    "46b824b1390000000100000000010000000000000000ca9a3b0000000064686f77",
    "ac18522492e89e42f9f2084ff1b19fae10acc7a409c7e72a02b3bf2b921349fd"
);

#[test]
fn a_record_out_of_place_or_time_is_damage() {
    let encoder = batch(&[b"one", b"two"]);
    let first = 3 + FRAME_OVERHEAD;
    let second = &encoder.bytes()[first..];
    let wrong_place = decode(second, &Tip::START);
    assert_eq!(wrong_place, Decoded::Damaged(Fault::Position { expected: 1, found: 2 }));
    let later = Tip { time: at(100), ..Tip::START };
    assert_eq!(decode(encoder.bytes(), &later), Decoded::Damaged(Fault::Time));
    let mut bytes = encoder.bytes().to_vec();
    bytes[9] = 1;
    fix_crc(&mut bytes, 4..first - 32, 0);
    assert_eq!(decode(&bytes, &Tip::START), Decoded::Damaged(Fault::Ordinal));
    assert_eq!(probe(second, &(3..=9)), None);
    assert_eq!(probe(second, &(2..=2)), Some(Probe::Frame { position: 2, batch_first: 1 }));
}

#[test]
fn lengths_are_bounded() {
    let mut encoder = Encoder::new(Tip::START);
    let longest = vec![5; MAX_PAYLOAD];
    encoder.push(at(1), &longest).unwrap();
    assert_eq!(encoder.bytes().len(), MAX_FRAME);
    let Decoded::Record(frame) = decode(encoder.bytes(), &Tip::START) else { panic!() };
    assert_eq!(frame.to_record().payload, longest);
    let length = MAX_PAYLOAD + 1;
    assert_eq!(encoder.push(at(1), &vec![5; length]), Err(TooLarge { length }));
    assert_eq!(encoder.bytes().len(), MAX_FRAME, "a refused record leaves no bytes");
    for length in [0u32, 32, (1 << 20) - 7, u32::MAX] {
        let mut bytes = vec![1; MAX_FRAME + 100];
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        assert_eq!(decode(&bytes, &Tip::START), Decoded::Damaged(Fault::Length { length }));
    }
}

#[test]
#[should_panic(expected = "the time of a record is never before the record before it")]
fn time_never_goes_back() {
    let mut encoder = batch(&[b"one", b"two"]);
    let _ = encoder.push(at(1), b"three");
}

#[test]
fn a_later_version_stops_the_reader() {
    let encoder = batch(&[b"one"]);
    let mut bytes = encoder.bytes().to_vec();
    bytes[8] = VERSION + 1;
    fix_crc(&mut bytes, 4..3 + FRAME_OVERHEAD - 32, 0);
    assert_eq!(decode(&bytes, &Tip::START), Decoded::UnknownVersion(VERSION + 1));
    assert_eq!(probe(&bytes, &(0..=u64::MAX)), Some(Probe::UnknownVersion(VERSION + 1)));
    let mut seal = Seal { tip: encoder.tip() }.encode();
    seal[8] = VERSION + 1;
    let end = seal.len();
    fix_crc(&mut seal, 4..end, 0);
    assert_eq!(decode(&seal, &encoder.tip()), Decoded::UnknownVersion(VERSION + 1));
    let mut header = header().encode();
    header[8] = VERSION + 1;
    let end = header.len();
    fix_crc(&mut header, 0..end - 4, end - 4);
    assert_eq!(SegmentHeader::decode(&header), Err(HeaderError::UnknownVersion(VERSION + 1)));
}

#[test]
fn truncation_at_every_byte_is_incomplete_or_the_end() {
    let encoder = batch(&[b"a record", b"another"]);
    let bytes = encoder.bytes();
    let first = 8 + FRAME_OVERHEAD;
    for length in 0..bytes.len() {
        let (payloads, end) = walk(&bytes[..length]);
        assert_eq!(payloads.len(), usize::from(length >= first), "at {length}");
        let on_a_border = length == 0 || length == first;
        assert!(end == Decoded::Incomplete || (on_a_border && end == Decoded::End), "{end:?}");
    }
    let seal = Seal { tip: encoder.tip() }.encode();
    for length in 1..seal.len() {
        assert_eq!(decode(&seal[..length], &Tip::START), Decoded::Incomplete);
    }
    assert_eq!(decode(&seal, &Tip::START), Decoded::Seal(Seal { tip: encoder.tip() }));
    assert_eq!(probe(&seal, &(2..=9)), Some(Probe::Seal(Seal { tip: encoder.tip() })));
    assert_eq!(probe(&seal, &(3..=9)), None);
    let header = header().encode();
    for length in 0..header.len() {
        assert_eq!(SegmentHeader::decode(&header[..length]), Err(HeaderError::Short));
    }
}

fn header() -> SegmentHeader {
    SegmentHeader {
        partition: 3,
        created: at(50),
        previous: Tip { position: 41, time: at(49), hash: [9; 32] },
        previous_end: 4_096,
    }
}

#[test]
fn every_bit_of_header_and_seal_counts() {
    let (seal, header) = (Seal { tip: header().previous }, header());
    assert_eq!(SegmentHeader::decode(&header.encode()), Ok(header));
    assert_eq!(header.first_position(), 42);
    for bit in 0..header.encode().len() * 8 {
        let mut bytes = header.encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(SegmentHeader::decode(&bytes).is_err(), "bit {bit}");
    }
    for bit in 0..seal.encode().len() * 8 {
        let mut bytes = seal.encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(!matches!(decode(&bytes, &Tip::START), Decoded::Seal(_)), "bit {bit}");
    }
}

proptest! {
    /// No single flipped bit is served: the records before it come back, and nothing behind.
    #[test]
    fn a_flipped_bit_is_never_another_record(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6),
        bit in any::<prop::sample::Index>(),
    ) {
        let slices: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
        let encoder = batch(&slices);
        let mut bytes = encoder.bytes().to_vec();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut end = 0;
        let whole = payloads.iter().take_while(|payload| {
            end += payload.len() + FRAME_OVERHEAD;
            end <= bit / 8
        });
        let whole = whole.count();
        let (read, stop) = walk(&bytes);
        prop_assert_eq!(&read[..], &payloads[..whole]);
        prop_assert!(matches!(stop, Decoded::Damaged(_) | Decoded::Incomplete), "{:?}", stop);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (records, _) = walk(&bytes);
        prop_assert!(records.is_empty());
        prop_assert!(SegmentHeader::decode(&bytes).is_err());
        prop_assert!(probe(&bytes, &(0..=u64::MAX)).is_none());
    }
}
