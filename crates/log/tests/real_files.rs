//! The log on the real file system.

mod common;

use common::{entries, options, read_all, same};
use dhow_log::{
    Entry, Log, LogError, MAX_PAYLOAD, MemLog, Options, Preallocate, Progress, RealDisk,
    SegmentLog, records, verify,
};
use std::path::Path;

fn open(dir: &Path, options: Options) -> Result<SegmentLog<RealDisk>, LogError> {
    SegmentLog::open(RealDisk::new(dir.join("logs/0")).unwrap(), options).map(|(log, _)| log)
}

#[test]
fn records_survive_a_reopening_and_the_chain_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (mut mem, mut first) = (MemLog::new(), 1);
    for preallocate in [Preallocate::No, Preallocate::Reserve, Preallocate::Zeros] {
        let mut log = open(dir.path(), Options { preallocate, ..options(4_000) }).unwrap();
        assert_eq!(log.next_position(), first);
        for count in [1, 5, 20] {
            let batch = entries(first, count, 100);
            log.append(&batch).unwrap();
            mem.append(&batch).unwrap();
            first += count;
        }
        log.append(&[]).unwrap();
        assert_eq!(log.next_position(), first);
        assert_eq!(log.last_time(), mem.last_time());
        assert!(same(&read_all(&log).unwrap(), &entries(1, first - 1, 100)));
    }
    let disk = RealDisk::existing(dir.path().join("logs/0")).unwrap();
    let read: Vec<_> = records(&disk, 40).unwrap().map(Result::unwrap).collect();
    let remembered: Vec<_> = mem.read(40).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, remembered, "positions, times and hashes do not depend on segments");
    assert_eq!(read[0].position, 40);
    let mut seen = Vec::new();
    let report = verify(&disk, |progress| seen.push(progress)).unwrap();
    assert_eq!((report.records, report.damage, report.torn_bytes), (first - 1, None, 0));
    assert_eq!((report.last, report.segments > 3), (mem.tip(), true));
    let segments = report.segments;
    assert_eq!(seen, [Progress { segments, segments_done: segments, records: first - 1 }]);
}

#[test]
fn a_second_opening_is_refused_until_the_first_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path(), options(4_000)).unwrap();
    log.append(&entries(1, 1, 10)).unwrap();
    let second = open(dir.path(), options(4_000)).map(|_| ()).unwrap_err();
    assert_eq!(second.to_string(), "another process has this log open");
    let disk = RealDisk::existing(dir.path().join("logs/0")).unwrap();
    assert_eq!(records(&disk, 1).unwrap().count(), 1, "reading needs no lock");
    drop(log);
    assert_eq!(open(dir.path(), options(4_000)).unwrap().next_position(), 2);
}

#[test]
fn a_read_sees_what_was_there_when_it_began() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path(), options(2_000)).unwrap();
    log.append(&entries(1, 4, 300)).unwrap();
    let mut reading = log.read(2).unwrap();
    assert_eq!(reading.next().unwrap().unwrap().position, 2);
    for first in [5, 9, 13] {
        log.append(&entries(first, 4, 300)).unwrap();
    }
    assert_eq!(reading.map(|record| record.unwrap().position).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(log.read(0).unwrap().count(), 16);
    assert_eq!(log.read(17).unwrap().count(), 0);
    assert_eq!(log.read(u64::MAX).unwrap().count(), 0);
}

#[test]
fn records_of_any_length_up_to_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path(), options(3 << 20)).unwrap();
    let time = base::Timestamp::from_secs(1);
    let entry = |length| Entry { time, payload: vec![7; length] };
    let refused = log.append(&[entry(1), entry(MAX_PAYLOAD + 1)]).unwrap_err();
    assert!(matches!(refused, LogError::TooLarge { index: 1, .. }));
    assert_eq!(log.next_position(), 1, "a refused batch leaves nothing and the log goes on");
    let lengths = [0, 1, MAX_PAYLOAD, 5, MAX_PAYLOAD - 1, MAX_PAYLOAD, 0, MAX_PAYLOAD];
    let batch: Vec<_> = lengths.into_iter().map(entry).collect();
    log.append(&batch).unwrap();
    log.append(&batch[1..4]).unwrap();
    drop(log);
    let log = open(dir.path(), options(3 << 20)).unwrap();
    let read = read_all(&log).unwrap();
    assert!(same(&read, &[&batch[..], &batch[1..4]].concat()));
}

#[test]
fn a_torn_tail_is_cut_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path(), options(4_000)).unwrap();
    log.append(&entries(1, 3, 100)).unwrap();
    drop(log);
    let path = dir.path().join("logs/0/00000000000000000001.log");
    let mut bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 4_000, "the room of a segment is made beforehand");
    bytes[500..600].fill(9);
    std::fs::write(&path, &bytes).unwrap();
    let disk = RealDisk::new(dir.path().join("logs/0")).unwrap();
    let (log, recovery) = SegmentLog::open(disk.clone(), options(4_000)).unwrap();
    assert_eq!(recovery.records, 2);
    assert_eq!(
        recovery.to_string(),
        "2 records in 1 segments; 200 bytes of an unfinished write cut from \
         00000000000000000001.log at 400: the checksum does not match"
    );
    drop(log);
    let (_log, recovery) = SegmentLog::open(disk, options(4_000)).unwrap();
    assert_eq!((recovery.cut_bytes, recovery.records, recovery.checked), (0, 2, 2));
}
