//! Why the vault could not do what was asked. No text of an error carries personal data.

use std::path::{Path, PathBuf};

/// A fault of the vault, or something that its caller must not ask for.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk refused.
    #[error("{path}: {action} failed: {source}")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    /// The store below failed, or found damage itself.
    #[error("vault store {path}: {reason}")]
    Store { path: PathBuf, reason: String },
    /// Another process has the vault open.
    #[error("vault {path} is held by another process")]
    Locked { path: PathBuf },
    /// The vault was made with another master key.
    #[error("{path} was made with another master key")]
    WrongMasterKey { path: PathBuf },
    /// Stored bytes are not what was written.
    #[error("{what} in {place} is damaged")]
    Damaged { what: &'static str, place: String },
    /// The store has fewer batches than were written once.
    #[error(
        "the store has lost its last {lost} writes, by damage or an old copy; restore the vault, \
         or delete {path} to go on without them"
    )]
    RecordsLost { path: PathBuf, lost: u64 },
    /// A write of the key file failed before, and nobody knows what is on the disk.
    #[error("{path} could not be written; the vault has to be opened again")]
    Broken { path: PathBuf },
    /// A setting that cannot work.
    #[error("setting `{name}` {reason}")]
    Setting { name: &'static str, reason: String },
    /// Nobody of that id: never made, or erased.
    #[error("no such person")]
    UnknownPerson,
    /// A person of that id is there already.
    #[error("a person of this id is there already")]
    KnownPerson,
    /// The device is not bound to the person.
    #[error("the device is not bound to the person")]
    UnknownDevice,
    /// No room for one more.
    #[error("a person has at most {max} {what}")]
    Full { what: &'static str, max: usize },
    /// The document is larger than allowed.
    #[error("a document has at most {max} bytes")]
    TooLarge { max: usize },
    /// The system gave no random bytes, or the cipher refused to work.
    #[error("the system's cryptography failed")]
    Cryptography,
}

impl VaultError {
    /// Makes a [`VaultError::Io`]; for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| VaultError::Io { action, path, source }
    }

    /// Makes a [`VaultError::Damaged`].
    pub(crate) fn damaged(what: &'static str, place: impl Into<String>) -> VaultError {
        VaultError::Damaged { what, place: place.into() }
    }
}

impl From<aws_lc_rs::error::Unspecified> for VaultError {
    fn from(_: aws_lc_rs::error::Unspecified) -> VaultError {
        VaultError::Cryptography
    }
}
