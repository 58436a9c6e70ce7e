//! How far the store has come, written down beside it: so that lost records are noticed.
//!
//! The store's journal ends where it can no longer be read, as it does after a power cut. Damage
//! in its middle looks the same and would silently take acknowledged records with it. Each batch
//! therefore has a number, and the number of the last synced one is also written to a small file,
//! without a sync of its own: it may lag behind the store but is never ahead of it.

use crate::VaultError;
use crate::seal::digest_of;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const NUMBER_BYTES: usize = 8;
const FILE_BYTES: usize = 16;

pub(crate) struct Commits {
    path: PathBuf,
    file: File,
}

impl Commits {
    /// Opens or makes the file, and reads the number in it: zero in a new one.
    pub(crate) fn open(path: &Path) -> Result<(Commits, u64), VaultError> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(VaultError::io("opening", path))?;
        let commits = Commits { path: path.to_path_buf(), file };
        let meta = commits.file.metadata().map_err(VaultError::io("asking for", path))?;
        if meta.len() == 0 {
            return Ok((commits, 0));
        }
        let mut bytes = [0; FILE_BYTES];
        let read = commits.file.read_exact_at(&mut bytes, 0);
        read.map_err(VaultError::io("reading", path))?;
        let number: [u8; NUMBER_BYTES] = bytes[..NUMBER_BYTES].try_into().expect("it is shorter");
        let number = u64::from_be_bytes(number);
        if bytes != bytes_of(number) {
            return Err(VaultError::damaged("the number of writes", path.to_string_lossy()));
        }
        Ok((commits, number))
    }

    /// Notes the number of a batch that is synced.
    pub(crate) fn note(&self, number: u64) -> Result<(), VaultError> {
        let written = self.file.write_all_at(&bytes_of(number), 0);
        written.map_err(VaultError::io("writing", &self.path))
    }
}

/// The number and a check of it.
fn bytes_of(number: u64) -> [u8; FILE_BYTES] {
    let mut bytes = [0; FILE_BYTES];
    bytes[..NUMBER_BYTES].copy_from_slice(&number.to_be_bytes());
    bytes[NUMBER_BYTES..].copy_from_slice(&digest_of(&number.to_be_bytes())[..NUMBER_BYTES]);
    bytes
}
