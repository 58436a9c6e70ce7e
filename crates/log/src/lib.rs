//! The durable log: segments on a disk, group commit, recovery.
//!
//! One directory holds one partition. [`SegmentLog::append`] returns when its whole batch is on the
//! disk, with one write and one sync. What a crash tore is cut and reported when the log is opened;
//! what was durable and is damaged is refused with file and byte offset, and never served.
//!
//! ```no_run
//! use base::Timestamp;
//! use dhow_log::{Entry, Log, Options, RealDisk, SegmentLog};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let disk = RealDisk::new("/var/lib/dhow/log-0")?;
//! let (mut log, recovery) = SegmentLog::open(disk, Options::default())?;
//! println!("{recovery}");
//! log.append(&[Entry { time: Timestamp::from_secs(1), payload: b"pay".to_vec() }])?;
//! for record in log.read(1)? {
//!     println!("{}", record?.position);
//! }
//! # Ok(())
//! # }
//! ```

mod chain;
mod disk;
mod error;
mod faulty_disk;
mod mem_log;
mod real_disk;
mod records;
mod recovery;
mod segment_log;
mod verify;
mod walk;

pub use disk::{Disk, DiskFile};
pub use error::{Damage, LogError};
pub use faulty_disk::{DiskFault, FaultyDisk, FaultyFile, FaultyLock};
pub use log_format::{MAX_PAYLOAD, Record, Tip};
pub use mem_log::MemLog;
pub use real_disk::{RealDisk, RealFile};
pub use records::{Records, records};
pub use recovery::Recovery;
pub use segment_log::{Options, Preallocate, SegmentLog};
pub use verify::{Progress, VerifyReport, verify};

use base::Timestamp;

/// A command on its way into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Not before the time of the entry before it.
    pub time: Timestamp,
    /// At most [`MAX_PAYLOAD`] bytes.
    pub payload: Vec<u8>,
}

/// A partition's log. Nothing above it may know where it lives.
pub trait Log: Send {
    /// Appends `batch` at consecutive positions; all of it is durable when this returns `Ok`.
    ///
    /// After [`LogError::Fatal`] or [`LogError::DiskFull`] the batch is not acknowledged, it may or
    /// may not be found after a restart, and every later append fails: the process must end. After
    /// [`LogError::TooLarge`] nothing was written and the log goes on. Panics when time goes back.
    fn append(&mut self, batch: &[Entry]) -> Result<(), LogError>;

    /// The position that the next entry will have; 1 in an empty log.
    fn next_position(&self) -> u64;

    /// Time of the newest record, 0 in an empty log: the least time that the next entry may have.
    fn last_time(&self) -> Timestamp;

    /// The records from position `from` to the newest one of this moment, each checked as it is
    /// read.
    fn read(&self, from: u64) -> Result<Records, LogError>;
}
