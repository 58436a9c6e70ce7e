//! Why the log refuses or fails.

use log_format::MAX_PAYLOAD;
use std::io;

/// Bytes that are not what the log wrote there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Name of the file in the log's directory.
    pub file: String,
    /// First byte that is not right.
    pub offset: u64,
    pub what: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: damaged at byte {}: {}", self.file, self.offset, self.what)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("another process has this log open")]
    Locked,
    #[error("{0}")]
    Damaged(Damage),
    #[error("{file}: byte {offset} has version {version}, which this program does not know")]
    UnknownVersion { file: String, offset: u64, version: u8 },
    #[error("entry {index} of the batch has {length} bytes, more than the {MAX_PAYLOAD} allowed")]
    TooLarge { index: usize, length: usize },
    /// Like `Fatal`, with a cause that an operator can take away before starting again.
    #[error("{what}: no space left on the disk")]
    DiskFull { what: String, source: io::Error },
    /// A write or sync failed. What is on the disk is not known until the log is opened again.
    #[error("{what}: {source}; the log is closed")]
    Fatal { what: String, source: io::Error },
    /// An earlier append failed.
    #[error("the log was closed by an earlier failed write")]
    Poisoned,
    /// Nothing was to be written.
    #[error("{what}: {source}")]
    Read { what: String, source: io::Error },
}

impl LogError {
    pub(crate) fn damaged(file: &str, offset: u64, what: impl ToString) -> LogError {
        LogError::Damaged(Damage { file: file.to_owned(), offset, what: what.to_string() })
    }

    pub(crate) fn read(file: &str, source: io::Error) -> LogError {
        LogError::Read { what: format!("cannot read {file}"), source }
    }

    /// A failed step of writing: fatal, whatever it was.
    pub(crate) fn write(what: impl Into<String>, source: io::Error) -> LogError {
        let what = what.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                LogError::DiskFull { what, source }
            }
            _ => LogError::Fatal { what, source },
        }
    }
}
