//! Power cuts, kills, failed syncs and full disks at any step: what was acknowledged is there.

mod common;

use common::life::Life;
use common::{Dice, cut_power, entries, options, read_all, same, segments};
use dhow_log::{DiskFault, Entry, FaultyDisk, Log, LogError, SegmentLog};

#[test]
fn acknowledged_records_survive_any_fault() {
    for seed in 0..2_000 {
        if let Err(what) = Life::whole(seed) {
            panic!("seed {seed}: {what}");
        }
    }
}

/// Every step of a run with several rolls is the last one before the power goes.
#[test]
fn power_fails_at_every_step() {
    let appends = |disk: &FaultyDisk, acked: &mut Vec<Entry>| -> Result<(), LogError> {
        let (mut log, _) = SegmentLog::open(disk.clone(), options(600))?;
        for _ in 0..8 {
            let batch = entries(log.next_position(), 2, 60);
            log.append(&batch)?;
            acked.extend(batch);
        }
        Ok(())
    };
    let quiet = FaultyDisk::default();
    appends(&quiet, &mut Vec::new()).unwrap();
    assert!(segments(&quiet).len() >= 3, "the run rolls");
    for step in 1..=quiet.steps() {
        for seed in 0..8 {
            let (disk, mut acked) = (FaultyDisk::default(), Vec::new());
            disk.arm(step, DiskFault::Power);
            assert!(appends(&disk, &mut acked).is_err());
            cut_power(&disk, &mut Dice(seed));
            let (mut log, _) = SegmentLog::open(disk.clone(), options(600))
                .unwrap_or_else(|error| panic!("step {step} seed {seed}: {error}"));
            let records = read_all(&log).unwrap();
            assert!(records.len() >= acked.len(), "step {step} seed {seed}");
            assert!(same(&records[..acked.len()], &acked));
            log.append(&entries(log.next_position(), 1, 10)).unwrap();
        }
    }
}

#[test]
fn a_failed_sync_closes_the_log_for_good() {
    let disk = FaultyDisk::default();
    let (mut log, _) = SegmentLog::open(disk.clone(), options(3_000)).unwrap();
    log.append(&entries(1, 3, 10)).unwrap();
    disk.arm(2, DiskFault::Io);
    let failed = log.append(&entries(4, 1, 10)).unwrap_err();
    assert!(matches!(failed, LogError::Fatal { .. }), "{failed}");
    assert!(failed.to_string().contains("cannot sync 00000000000000000001.log"), "{failed}");
    assert!(matches!(log.append(&entries(4, 1, 10)), Err(LogError::Poisoned)));
    assert_eq!(log.next_position(), 4);
    assert_eq!(read_all(&log).unwrap().len(), 3);
}

/// The page cache still shows the batch whose sync failed: what is built on it must not fall with
/// it.
#[test]
fn what_a_failed_sync_left_in_the_cache_is_written_again() {
    let disk = FaultyDisk::default();
    let (mut log, _) = SegmentLog::open(disk.clone(), options(3_000)).unwrap();
    log.append(&entries(1, 3, 10)).unwrap();
    disk.arm(2, DiskFault::Io);
    log.append(&entries(4, 1, 10)).unwrap_err();
    drop(log);
    let (mut log, recovery) = SegmentLog::open(disk.clone(), options(3_000)).unwrap();
    assert_eq!(recovery.records, 4);
    log.append(&entries(5, 1, 10)).unwrap();
    drop(log);
    cut_power(&disk, &mut Dice(1));
    let (log, _) = SegmentLog::open(disk, options(3_000)).unwrap();
    assert!(same(&read_all(&log).unwrap(), &entries(1, 5, 10)));
}

#[test]
fn a_full_disk_has_its_own_code_and_acknowledges_nothing() {
    let disk = FaultyDisk::default();
    let (mut log, _) = SegmentLog::open(disk.clone(), options(600)).unwrap();
    log.append(&entries(1, 2, 10)).unwrap();
    disk.arm(1, DiskFault::Full);
    let failed = log.append(&entries(3, 4, 10)).unwrap_err();
    assert!(matches!(failed, LogError::DiskFull { .. }), "{failed}");
    assert!(matches!(log.append(&entries(3, 4, 10)), Err(LogError::Poisoned)));
    drop(log);
    disk.kill_process();
    let (mut log, _) = SegmentLog::open(disk, options(600)).unwrap();
    let records = read_all(&log).unwrap();
    assert!(same(&records, &entries(1, 2 + records.len() as u64 - 2, 10)));
    log.append(&entries(log.next_position(), 4, 10)).unwrap();
}
