//! A log that lives in memory, for tests and for machines that need not survive.

use crate::error::LogError;
use crate::records::Records;
use crate::segment_log::check_sizes;
use crate::{Entry, Log};
use base::Timestamp;
use log_format::{Encoder, Record, Tip};
use std::sync::Arc;

/// Same positions, same times, same hash chain as a log on disk; gone with the process.
#[derive(Clone, Default)]
pub struct MemLog {
    records: Vec<Arc<Record>>,
}

impl MemLog {
    pub fn new() -> MemLog {
        MemLog::default()
    }

    /// Where the chain stands.
    pub fn tip(&self) -> Tip {
        self.records.last().map_or(Tip::START, |record| Tip {
            position: record.position,
            time: record.time,
            hash: record.hash,
        })
    }
}

impl Log for MemLog {
    fn append(&mut self, batch: &[Entry]) -> Result<(), LogError> {
        check_sizes(batch)?;
        let mut encoder = Encoder::new(self.tip());
        for (index, Entry { time, payload }) in batch.iter().enumerate() {
            encoder
                .push(*time, payload)
                .map_err(|error| LogError::TooLarge { index, length: error.length })?;
            let Tip { position, time, hash } = encoder.tip();
            self.records.push(Arc::new(Record { position, time, payload: payload.clone(), hash }));
        }
        Ok(())
    }

    fn next_position(&self) -> u64 {
        self.tip().position + 1
    }

    fn last_time(&self) -> Timestamp {
        self.tip().time
    }

    fn read(&self, from: u64) -> Result<Records, LogError> {
        let skipped = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        let wanted = self.records.get(skipped..).unwrap_or_default().to_vec();
        Ok(Box::new(wanted.into_iter().map(|record| Ok(Record::clone(&record)))))
    }
}
