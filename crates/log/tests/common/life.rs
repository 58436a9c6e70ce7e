//! A log's life on a failing disk, drawn from a seed.

use super::{Dice, cut_power, entries, options, read_all, same};
use dhow_log::{DiskFault, Entry, FaultyDisk, Log, LogError, SegmentLog};

/// One log's life under faults, and what it must still know.
pub struct Life {
    disk: FaultyDisk,
    dice: Dice,
    /// Acknowledged, in order.
    acked: Vec<Entry>,
    /// Handed in last and not acknowledged: any first part of it may be found.
    unsure: Vec<Entry>,
}

impl Life {
    pub fn new(seed: u64) -> Life {
        let disk = FaultyDisk::default();
        Life { disk, dice: Dice(seed), acked: Vec::new(), unsure: Vec::new() }
    }

    /// Opens, which may itself be cut short, checks everything, and appends until something fails.
    pub fn run(&mut self) -> Result<(), String> {
        let fault = [DiskFault::Power, DiskFault::Io, DiskFault::Full][self.dice.index(3)];
        let step = 1 + self.dice.below(40);
        self.disk.arm(step, fault);
        let opened = SegmentLog::open(self.disk.clone(), options(3_000));
        match opened {
            Ok((log, _)) => self.live(log)?,
            Err(LogError::Fatal { .. } | LogError::DiskFull { .. }) => {}
            Err(error) => return Err(format!("opening: {error}")),
        }
        if self.dice.below(3) == 0 {
            self.disk.kill_process();
        } else {
            cut_power(&self.disk, &mut self.dice);
        }
        Ok(())
    }

    fn live(&mut self, mut log: SegmentLog<FaultyDisk>) -> Result<(), String> {
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

    fn check(&mut self, log: &SegmentLog<FaultyDisk>) -> Result<(), String> {
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
