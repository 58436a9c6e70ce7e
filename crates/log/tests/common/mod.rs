//! Small tools around a faulty disk.
#![allow(dead_code, reason = "each test program uses its own part")]

pub mod life;

use base::Timestamp;
use dhow_log::{Disk, Entry, FaultyDisk, Log, LogError, Options, Preallocate, Record, SegmentLog};

/// Fixed pseudo-random numbers (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }
    pub fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap()
    }
}

/// The names of a disk's segments, in order.
pub fn segments(disk: &FaultyDisk) -> Vec<String> {
    let mut names = disk.list().unwrap();
    names.retain(|name| name.ends_with(".log"));
    names.sort_unstable();
    names
}

pub fn flip(disk: &FaultyDisk, name: &str, bit: usize) {
    let mut bytes = disk.bytes(name);
    bytes[bit / 8] ^= 1 << (bit % 8);
    disk.set_bytes(name, &bytes);
}

pub fn cut_power(disk: &FaultyDisk, dice: &mut Dice) {
    disk.cut_power(&mut |bound| dice.below(bound));
}

pub fn options(segment_bytes: u64) -> Options {
    Options { segment_bytes, preallocate: Preallocate::Reserve, ..Options::default() }
}

/// Entries whose content tells their position, so that a reader can check them.
pub fn entries(first: u64, count: u64, length: usize) -> Vec<Entry> {
    (first..first + count)
        .map(|position| {
            let mut payload = format!("entry {position} ").into_bytes();
            payload.resize(payload.len().max(length), b'.');
            Entry { time: Timestamp::from_secs(1_000 + position), payload }
        })
        .collect()
}

pub fn read_all<D: Disk>(log: &SegmentLog<D>) -> Result<Vec<Record>, LogError> {
    log.read(1)?.collect()
}

pub fn same(records: &[Record], entries: &[Entry]) -> bool {
    records.len() == entries.len()
        && (1..).zip(records).zip(entries).all(|((position, record), entry)| {
            record.position == position
                && record.time == entry.time
                && record.payload == entry.payload
        })
}

/// A log of several segments, batches of one to three records, and what went in.
pub fn sample(segment_bytes: u64, batches: u64) -> (FaultyDisk, Vec<Entry>) {
    let disk = FaultyDisk::default();
    let (mut log, _) = SegmentLog::open(disk.clone(), options(segment_bytes)).unwrap();
    let mut all = Vec::new();
    for batch in 0..batches {
        let length = usize::try_from(20 + batch * 37 % 90).unwrap();
        let batch = entries(log.next_position(), batch % 3 + 1, length);
        log.append(&batch).unwrap();
        all.extend(batch);
    }
    drop(log);
    (disk, all)
}
