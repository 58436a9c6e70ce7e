//! Damaged, missing and foreign segments: cut only where a crash may have torn, else refused by
//! name.

mod common;

use common::{Dice, entries, flip, options, read_all, same, sample, segments};
use dhow_log::{Damage, FaultyDisk, Log, LogError, SegmentLog, records, verify};

fn open(disk: &FaultyDisk) -> Result<SegmentLog<FaultyDisk>, LogError> {
    SegmentLog::open(disk.clone(), options(1_000)).map(|(log, _)| log)
}

fn refused(disk: &FaultyDisk) -> Damage {
    match open(disk) {
        Err(LogError::Damaged(damage)) => damage,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the damaged log was opened"),
    }
}

/// File and offset of every batch: where it begins and its first position.
fn batches(disk: &FaultyDisk) -> Vec<(String, usize, u64)> {
    let mut found = Vec::new();
    for name in segments(disk) {
        let bytes = disk.bytes(&name);
        let mut at = log_format::HEADER_BYTES;
        while let Some(log_format::Probe::Frame { position, batch_first }) =
            log_format::probe(&bytes[at..], &(1..=u64::MAX))
        {
            if position == batch_first {
                found.push((name.clone(), at, position));
            }
            let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap());
            at += 8 + usize::try_from(length).unwrap();
        }
    }
    found
}

#[test]
fn truncation_at_every_byte_of_the_last_records_is_cut_and_reported() {
    let (disk, all) = sample(1_000, 9);
    let name = segments(&disk).pop().unwrap();
    let bytes = disk.bytes(&name);
    let (file, start, first) = batches(&disk).pop().unwrap();
    assert_eq!(file, name);
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for length in start..used {
        let disk = disk.copy();
        disk.set_bytes(&name, &bytes[..length]);
        let (mut log, recovery) = SegmentLog::open(disk, options(1_000)).unwrap();
        let kept = usize::try_from(recovery.records).unwrap();
        assert!((first..=all.len() as u64).contains(&(recovery.records + 1)));
        assert!(same(&read_all(&log).unwrap(), &all[..kept]));
        let at = recovery.cut_at.map_or(length, |(_, at)| usize::try_from(at).unwrap());
        let torn = bytes[..length].iter().rposition(|byte| *byte != 0).unwrap() + 1;
        assert_eq!(at as u64 + recovery.cut_bytes, at.max(torn) as u64, "all torn bytes are cut");
        let more = entries(log.next_position(), 2, 30);
        log.append(&more).unwrap();
        assert_eq!(read_all(&log).unwrap().len(), kept + 2);
    }
}

#[test]
fn every_flipped_bit_is_cut_from_the_last_batch_or_refused() {
    let (disk, all) = sample(1_000, 14);
    assert!(segments(&disk).len() >= 4);
    let newest = segments(&disk).pop().unwrap();
    let (_, last_batch, last_first) = batches(&disk).pop().unwrap();
    let mut dice = Dice(11);
    let mut cut = 0;
    for _ in 0..10_000 {
        let names = segments(&disk);
        let name = &names[dice.index(names.len())];
        let bit = dice.index(disk.bytes(name).len() * 8);
        let damaged = disk.copy();
        flip(&damaged, name, bit);
        // First as a reader without a lock sees it, then as the program that opens it.
        let report = verify(&damaged, |_| {}).unwrap();
        let whole = usize::try_from(report.records).unwrap();
        let mut served = records(&damaged, 1).map_or(Vec::new(), Iterator::collect);
        served.retain(Result::is_ok);
        let served: Vec<_> = served.into_iter().map(Result::unwrap).collect();
        assert_eq!(served.len(), whole);
        assert!(same(&served, &all[..whole]), "{name} bit {bit} is served");
        if let Some(damage) = report.damage {
            assert_eq!(&damage.file, name, "bit {bit}: {damage}");
            assert!(damage.offset <= bit as u64 / 8, "bit {bit}: {damage}");
            let mut strict = options(1_000);
            strict.verify_all = true;
            let opened = SegmentLog::open(damaged, strict).map(|_| ());
            assert!(matches!(opened, Err(LogError::Damaged(_))), "{name} bit {bit}");
        } else {
            assert!(name == &newest && bit / 8 >= last_batch, "{name} bit {bit} is not seen");
            let (log, recovery) = SegmentLog::open(damaged, options(1_000)).unwrap();
            assert!(recovery.cut_bytes > 0 && recovery.records + 1 >= last_first);
            assert!(same(&read_all(&log).unwrap(), &all[..whole]));
            cut += 1;
        }
    }
    assert!(cut > 100, "some bits hit the last batch or the room behind it: {cut}");
}

#[test]
fn a_quick_opening_still_never_serves_damage_in_an_old_segment() {
    let (disk, all) = sample(1_000, 14);
    let name = segments(&disk)[1].clone();
    flip(&disk, &name, 300 * 8);
    let log = open(&disk).unwrap();
    let read: Vec<_> = log.read(1).unwrap().collect();
    let (last, before) = read.split_last().unwrap();
    let before: Vec<_> = before.iter().map(|record| record.as_ref().unwrap().clone()).collect();
    assert!(same(&before, &all[..before.len()]));
    let Err(LogError::Damaged(damage)) = last else { panic!("{last:?}") };
    assert!(damage.file == name && damage.offset <= 300, "{damage}");
}

#[test]
fn damage_before_a_later_batch_in_the_newest_segment_is_refused() {
    let (disk, _) = sample(100_000, 6);
    let (name, start, first) = batches(&disk)[3].clone();
    flip(&disk, &name, (start + 40) * 8);
    let damage = refused(&disk);
    assert_eq!((damage.file, damage.offset), (name, start as u64));
    let behind = format!("the checksum does not match; record {} behind it is whole", first + 1);
    assert_eq!(damage.what, behind);
}

#[test]
fn a_missing_segment_is_named() {
    let (disk, _) = sample(1_000, 14);
    let names = segments(&disk);
    for (index, name) in names.iter().enumerate() {
        let disk = disk.copy();
        disk.take(name);
        let damage = refused(&disk);
        assert_eq!((&damage.file, &*damage.what), (name, "the segment is missing"), "{index}");
        assert_eq!(verify(&disk, |_| {}).unwrap().damage, Some(damage));
    }
}

#[test]
fn renamed_copied_swapped_and_empty_segments_are_refused() {
    let (disk, _) = sample(1_000, 14);
    let names = segments(&disk);
    let check = |change: &dyn Fn(&FaultyDisk), file: &str, what: &str| {
        let disk = disk.copy();
        change(&disk);
        let damage = refused(&disk);
        assert_eq!((&*damage.file, &*damage.what), (file, what));
    };
    let is_second = format!("this is segment {}", names[1]);
    let far = "00000000000000009999.log";
    check(&|disk| disk.set_bytes(far, &disk.take(&names[1])), far, &is_second);
    check(&|disk| disk.set_bytes(far, &disk.bytes(&names[1])), far, &is_second);
    check(&|disk| disk.set_bytes("copy.log", &disk.bytes(&names[1])), "copy.log", &is_second);
    check(&|disk| disk.set_bytes(&names[0], &disk.bytes(&names[1])), &names[0], &is_second);
    let short = "the header is shorter than 78 bytes";
    check(&|disk| disk.set_bytes(&names[2], &[]), &names[2], short);
    let no_header = "the file does not begin like a log segment";
    check(&|disk| disk.set_bytes(&names[2], &[0; 1_000]), &names[2], no_header);
}

#[test]
fn a_segment_of_another_log_or_partition_is_refused() {
    let (disk, _) = sample(1_000, 14);
    let other = FaultyDisk::default();
    let mut elsewhere = options(1_000);
    elsewhere.partition = 4;
    let (mut log, _) = SegmentLog::open(other.clone(), elsewhere).unwrap();
    log.append(&entries(1, 1, 40)).unwrap();
    drop(log);
    assert_eq!(refused(&other).what, "this segment belongs to partition 4");
    // The same shape, another content: only the chain tells them apart.
    let (twin, _) = sample(1_000, 14);
    let last = segments(&twin).pop().unwrap();
    let changed = FaultyDisk::default();
    let (mut log, _) = SegmentLog::open(changed.clone(), options(1_000)).unwrap();
    for mut batch in (0..14u64).map(|n| (n % 3 + 1, usize::try_from(20 + n * 37 % 90).unwrap())) {
        batch.1 = batch.1.max(18);
        let mut entries = entries(log.next_position(), batch.0, batch.1);
        entries[0].payload[0] ^= 1;
        log.append(&entries).unwrap();
    }
    drop(log);
    assert_eq!(segments(&changed), segments(&disk));
    disk.set_bytes(&last, &changed.bytes(&last));
    let damage = refused(&disk);
    assert_eq!(
        (&damage.file, &*damage.what),
        (&last, "it does not continue the segment before it")
    );
}

#[test]
fn a_later_version_stops_everything() {
    let (disk, _) = sample(100_000, 3);
    let (name, start, _) = batches(&disk).pop().unwrap();
    let mut bytes = disk.bytes(&name);
    let length = u32::from_le_bytes(bytes[start + 4..start + 8].try_into().unwrap());
    let hash_at = start + 8 + usize::try_from(length).unwrap() - 32;
    bytes[start + 8] = 2;
    let crc = crc32fast::hash(&bytes[start + 4..hash_at]);
    bytes[start..start + 4].copy_from_slice(&crc.to_le_bytes());
    disk.set_bytes(&name, &bytes);
    let Err(LogError::UnknownVersion { file, offset, version }) = open(&disk) else { panic!() };
    assert_eq!((file, offset, version), (name.clone(), start as u64, 2));
    assert!(matches!(verify(&disk, |_| {}), Err(LogError::UnknownVersion { .. })));
    // Behind a torn record too: what a newer program wrote is not ours to cut.
    let (first, at, _) = batches(&disk)[0].clone();
    flip(&disk, &first, (at + 40) * 8);
    assert!(matches!(open(&disk), Err(LogError::UnknownVersion { .. } | LogError::Damaged(_))));
}
