//! How an engine is started, and what its start found.

use crate::{Clock, EngineError, SystemClock};
use state::{Limits, Refused};
use std::path::PathBuf;
use std::sync::Arc;

/// How far a replay has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Position just applied.
    pub position: u64,
    /// Position at which the log ends.
    pub log_end: u64,
    pub records_per_second: u64,
}

/// Told now and then while the log is replayed.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

/// Told once, when the engine cannot go on.
pub type OnFatal = Arc<dyn Fn(&EngineError) + Send + Sync>;

/// How to run one partition.
pub struct Options {
    /// The program's directory; a partition lives in `partition-<number>` below it.
    pub directory: PathBuf,
    pub partition: u8,
    /// Name of the machine, at most 255 bytes: written to snapshots and checked.
    pub kind: String,
    /// Commands that may wait; one more is answered [`Overloaded`](crate::SubmitError::Overloaded).
    pub queue_capacity: usize,
    /// Commands in one batch, at most.
    pub max_batch: usize,
    /// A snapshot is written every so many records.
    pub snapshot_every: u64,
    /// A log segment ends before the batch that would make it longer; see [`log::Options`].
    pub segment_bytes: u64,
    pub clock: Arc<dyn Clock>,
    /// By default prints a line and ends the process with code 70 (an internal software error in
    /// sysexits.h). When it returns, the engine is stopped and answers nobody.
    pub on_fatal: OnFatal,
    pub on_progress: Option<OnProgress>,
    pub index_limits: Limits,
}

impl Options {
    pub fn new(directory: impl Into<PathBuf>, kind: &str) -> Options {
        Options {
            directory: directory.into(),
            partition: 0,
            kind: kind.to_owned(),
            queue_capacity: 16_384,
            max_batch: 2_048,
            snapshot_every: 1_000_000,
            segment_bytes: log::Options::default().segment_bytes,
            clock: Arc::new(SystemClock),
            on_fatal: Arc::new(end_process),
            on_progress: None,
            index_limits: Limits::default(),
        }
    }

    /// Directory of this partition.
    pub fn home(&self) -> PathBuf {
        self.directory.join(format!("partition-{}", self.partition))
    }
}

/// The last words go to the standard error, which needs no working log.
fn end_process(error: &EngineError) {
    eprintln!("dhow: the engine cannot go on: {error}");
    std::process::exit(70);
}

/// What a start found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Startup {
    /// Position of the snapshot used.
    pub snapshot: Option<u64>,
    /// Snapshots passed over, with reasons.
    pub snapshots_refused: Vec<Refused>,
    /// Records applied again.
    pub replayed: u64,
    /// Position of the last record.
    pub position: u64,
    /// Bytes of an unfinished write that were cut from the log.
    pub torn_bytes: u64,
    /// Why index and archive were deleted and rebuilt, when they were.
    pub rebuilt: Option<String>,
    pub elapsed_ms: u64,
}
