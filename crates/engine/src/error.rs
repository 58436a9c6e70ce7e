//! Why an engine does not start, stops, or does not take a command.

use base::DecodeError;
use log::LogError;
use state::StateError;

/// A fault: the process must end, or cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("log: {0}")]
    Log(#[from] LogError),
    #[error("derived state: {0}")]
    State(#[from] StateError),
    /// A record of a version that this program does not know is never skipped.
    #[error("record {position} has version {version}, which this program does not know")]
    UnknownVersion { position: u64, version: u8 },
    #[error("record {position} is not a command: {error}")]
    NotACommand { position: u64, error: DecodeError },
    #[error("record {found} stands where record {expected} belongs")]
    OutOfOrder { expected: u64, found: u64 },
    #[error("position {position} is not reached yet: the log ends at {log_end}")]
    NotYet { position: u64, log_end: u64 },
    /// A broken invariant of the machine or of the engine.
    #[error("the {thread} thread panicked: {message}")]
    Panicked { thread: &'static str, message: String },
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// Why a command or a question got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full. The command was not taken; try again later.
    #[error("the queue is full")]
    Overloaded,
    /// The engine stopped. Whether a command that was taken is in the log is not known.
    #[error("the engine has stopped")]
    Stopped,
    /// The command is longer than a record may be. It was not taken.
    #[error("the command is longer than a record may be")]
    TooLarge,
}
