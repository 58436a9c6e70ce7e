//! Power cuts, kills, failed syncs and full disks at any step: what was acknowledged is there.

mod common;

use common::{Dice, Fail, FakeDisk, entries, options, read_all, same};
use dhow_log::{Entry, Log, LogError, SegmentLog};

/// One log's life under faults, and what it must still know.
pub struct Life {
    disk: FakeDisk,
    dice: Dice,
    /// Acknowledged, in order.
    acked: Vec<Entry>,
    /// Handed in last and not acknowledged: any first part of it may be found.
    unsure: Vec<Entry>,
}

impl Life {
    pub fn new(seed: u64) -> Life {
        let disk = FakeDisk::default();
        Life { disk, dice: Dice(seed), acked: Vec::new(), unsure: Vec::new() }
    }

    /// Opens, which may itself be cut short, checks everything, and appends until something fails.
    pub fn run(&mut self) -> Result<(), String> {
        let fail = [Fail::Power, Fail::Io, Fail::Full][self.dice.index(3)];
        let step = 1 + self.dice.below(40);
        self.disk.fail_in(step, fail);
        let opened = SegmentLog::open(self.disk.clone(), options(3_000));
        match opened {
            Ok((log, _)) => self.live(log)?,
            Err(LogError::Fatal { .. } | LogError::DiskFull { .. }) => {}
            Err(error) => return Err(format!("opening: {error}")),
        }
        if self.dice.below(3) == 0 {
            self.disk.kill_process();
        } else {
            self.disk.cut_power(&mut self.dice);
        }
        Ok(())
    }

    fn live(&mut self, mut log: SegmentLog<FakeDisk>) -> Result<(), String> {
        self.check(&log)?;
        for _ in 0..self.dice.below(30) {
            let length = 10 + self.dice.index(700);
            let batch = entries(log.next_position(), 1 + self.dice.below(6), length);
            match log.append(&batch) {
                Ok(()) => self.acked.extend(batch),
                Err(LogError::Fatal { .. } | LogError::DiskFull { .. }) => {
                    self.unsure = batch;
                    if !matches!(log.append(&self.unsure), Err(LogError::Poisoned)) {
                        return Err("an append after a failure did not fail".into());
                    }
                    return Ok(());
                }
                Err(error) => return Err(format!("appending: {error}")),
            }
        }
        Ok(())
    }

    fn check(&mut self, log: &SegmentLog<FakeDisk>) -> Result<(), String> {
        let records = read_all(log).map_err(|error| format!("reading: {error}"))?;
        let extra = records.len().checked_sub(self.acked.len());
        let extra = extra.ok_or(format!("{} of {} left", records.len(), self.acked.len()))?;
        let unsure = std::mem::take(&mut self.unsure);
        self.acked.extend(unsure.into_iter().take(extra));
        if same(&records, &self.acked) { Ok(()) } else { Err("other records".into()) }
    }

    /// Runs, then opens without faults and looks once more.
    pub fn whole(seed: u64) -> Result<(), String> {
        let mut life = Life::new(seed);
        for _ in 0..4 {
            life.run()?;
        }
        let mut opened = options(3_000);
        opened.verify_all = true;
        let (log, _) = SegmentLog::open(life.disk.clone(), opened).map_err(|e| e.to_string())?;
        life.check(&log)
    }
}

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
    let appends = |disk: &FakeDisk, acked: &mut Vec<Entry>| -> Result<(), LogError> {
        let (mut log, _) = SegmentLog::open(disk.clone(), options(600))?;
        for _ in 0..8 {
            let batch = entries(log.next_position(), 2, 60);
            log.append(&batch)?;
            acked.extend(batch);
        }
        Ok(())
    };
    let quiet = FakeDisk::default();
    appends(&quiet, &mut Vec::new()).unwrap();
    assert!(quiet.names().len() >= 3, "the run rolls");
    for step in 1..=quiet.steps() {
        for seed in 0..8 {
            let (disk, mut acked) = (FakeDisk::default(), Vec::new());
            disk.fail_in(step, Fail::Power);
            assert!(appends(&disk, &mut acked).is_err());
            disk.cut_power(&mut Dice(seed));
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
    let disk = FakeDisk::default();
    let (mut log, _) = SegmentLog::open(disk.clone(), options(3_000)).unwrap();
    log.append(&entries(1, 3, 10)).unwrap();
    disk.fail_in(2, Fail::Io);
    let failed = log.append(&entries(4, 1, 10)).unwrap_err();
    assert!(matches!(failed, LogError::Fatal { .. }), "{failed}");
    assert!(failed.to_string().contains("cannot sync 00000000000000000001.log"), "{failed}");
    assert!(matches!(log.append(&entries(4, 1, 10)), Err(LogError::Poisoned)));
    assert_eq!(log.next_position(), 4);
    assert_eq!(read_all(&log).unwrap().len(), 3);
}

/// The page cache still shows the batch whose sync failed: what is built on it must not fall with it.
#[test]
fn what_a_failed_sync_left_in_the_cache_is_written_again() {
    let disk = FakeDisk::default();
    let (mut log, _) = SegmentLog::open(disk.clone(), options(3_000)).unwrap();
    log.append(&entries(1, 3, 10)).unwrap();
    disk.fail_in(2, Fail::Io);
    log.append(&entries(4, 1, 10)).unwrap_err();
    drop(log);
    let (mut log, recovery) = SegmentLog::open(disk.clone(), options(3_000)).unwrap();
    assert_eq!(recovery.records, 4);
    log.append(&entries(5, 1, 10)).unwrap();
    drop(log);
    disk.cut_power(&mut Dice(1));
    let (log, _) = SegmentLog::open(disk, options(3_000)).unwrap();
    assert!(same(&read_all(&log).unwrap(), &entries(1, 5, 10)));
}

#[test]
fn a_full_disk_has_its_own_code_and_acknowledges_nothing() {
    let disk = FakeDisk::default();
    let (mut log, _) = SegmentLog::open(disk.clone(), options(600)).unwrap();
    log.append(&entries(1, 2, 10)).unwrap();
    disk.fail_in(1, Fail::Full);
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
