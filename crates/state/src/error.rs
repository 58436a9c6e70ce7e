//! Why derived state cannot be used.

use std::path::{Path, PathBuf};

/// A fault of derived state. None of them endangers the log.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The disk refused.
    #[error("{path}: {action} failed: {source}")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    /// Bytes are not what was written. The cure is to delete and rebuild from the log.
    #[error("{path}: damaged at byte {offset}: {reason}")]
    Damaged { path: PathBuf, offset: u64, reason: String },
    /// The index store failed.
    #[error("index store {path}: {reason}")]
    Store { path: PathBuf, reason: String },
    /// A derived file reflects records that the log does not have: the log has lost some.
    #[error(
        "{path} reflects record {position}, but the log ends at {log_end}: records are lost; \
         restore the log, or delete {path} to go on without them"
    )]
    AheadOfLog { path: PathBuf, position: u64, log_end: u64 },
    /// Another process holds the index store.
    #[error("index store {path} is held by another process")]
    Locked { path: PathBuf },
    /// The indexer has stopped for the reason given: nothing can be kept any more.
    #[error("the indexer has stopped: {0}")]
    IndexerStopped(String),
}

impl StateError {
    /// Makes an [`StateError::Io`]; for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| StateError::Io { action, path, source }
    }

    /// Whether deleting and rebuilding is the answer. A full disk or a missing permission is not
    /// damage: rebuilding would not help, and deleting could hurt.
    pub fn is_damage(&self) -> bool {
        match self {
            StateError::Damaged { .. } | StateError::Store { .. } => true,
            StateError::Io { source, .. } => matches!(
                source.kind(),
                std::io::ErrorKind::NotFound
                    | std::io::ErrorKind::UnexpectedEof
                    | std::io::ErrorKind::InvalidData
            ),
            StateError::Locked { .. }
            | StateError::AheadOfLog { .. }
            | StateError::IndexerStopped(_) => false,
        }
    }
}
