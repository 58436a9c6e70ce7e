//! Walks the whole chain and tells what is wrong, changing nothing.

use crate::chain::read_live_chain;
use crate::disk::Disk;
use crate::error::{Damage, LogError};
use crate::records::Reading;
use log_format::Tip;

/// Records between two reports of progress.
const REPORT_EVERY: u64 = 1 << 16;

/// How far a walk has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub segments: usize,
    pub segments_done: usize,
    pub records: u64,
}

/// What a walk over the whole log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    pub segments: usize,
    /// Records whose checksum and place in the chain are right, from the first on.
    pub records: u64,
    /// The last of them; its hash stands for all.
    pub last: Tip,
    /// Bytes behind the last record that a crash, or a write going on, left: cut at the next
    /// opening.
    pub torn_bytes: u64,
    /// The first thing that is wrong, if anything is.
    pub damage: Option<Damage>,
}

/// Checks every record, header and seal, and reports to `progress` now and then.
///
/// Takes no lock. Damage is part of the report; an error means that something could not be read, or
/// was written by a later version.
pub fn verify<D: Disk>(
    disk: &D,
    mut progress: impl FnMut(Progress),
) -> Result<VerifyReport, LogError> {
    let mut report =
        VerifyReport { segments: 0, records: 0, last: Tip::START, torn_bytes: 0, damage: None };
    let segments = match read_live_chain(disk) {
        Ok(segments) => segments,
        Err(LogError::Damaged(damage)) => {
            report.damage = Some(damage);
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    report.segments = segments.len();
    let mut reading = Reading::new(disk.clone(), segments, 1, None);
    while let Some(record) = reading.next() {
        match record {
            Ok(_) => report.records += 1,
            Err(LogError::Damaged(damage)) => report.damage = Some(damage),
            Err(error) => return Err(error),
        }
        if report.records.is_multiple_of(REPORT_EVERY) {
            progress(Progress {
                segments: report.segments,
                segments_done: report.segments - reading.segments_left(),
                records: report.records,
            });
        }
    }
    report.last = reading.tip;
    report.torn_bytes = reading.torn_bytes;
    let (segments, records) = (report.segments, report.records);
    progress(Progress { segments, segments_done: segments - reading.segments_left(), records });
    Ok(report)
}
