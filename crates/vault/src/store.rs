//! The store below the vault, on fjall: keyspaces, batches that are synced, and prefix scans.
//!
//! What fjall notices is an error, and where it panics over damaged files that is made one too.
//! What it does not notice, the loss of records at the end, [`Commits`] does.

use crate::VaultError;
use crate::commits::Commits;
use crate::sync::lock;
use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, OwnedWriteBatch, PersistMode,
};
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Blocks of tables kept in memory, in bytes.
const CACHE_SIZE_BYTES: u64 = 32 << 20;
/// The mark that holds the number of the last batch.
const LAST: &[u8] = b"n";

/// What is kept apart. The numbers are frozen: a key begins with its space's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// Person to slot of the key file.
    Slots = 1,
    /// Person, kind and reference to a sealed record.
    Records = 2,
    /// Digest of an alias to its person, sealed.
    Aliases = 3,
    /// Person and document to a sealed document.
    Documents = 4,
    /// Digest of a token to its person.
    Sessions = 5,
    /// Digest of an alias to its one-time codes, sealed.
    Codes = 6,
    /// Persons whose erasure has begun, slots that are free, and the number of the last batch.
    Marks = 7,
}

impl Space {
    /// A key as the store has it.
    fn key(self, key: &[u8]) -> Vec<u8> {
        [&[self as u8], key].concat()
    }
}

/// Key and value of a row.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

pub(crate) struct Store {
    path: PathBuf,
    database: Database,
    /// What stays for as long as its person.
    lasting: Keyspace,
    /// What is large.
    documents: Keyspace,
    /// What soon goes again.
    passing: Keyspace,
    /// The number of the last batch. Batches are written one at a time, in the order of numbers.
    written: Mutex<u64>,
    synced: Mutex<Synced>,
}

/// Up to which batch the store is synced, and where that is noted.
struct Synced {
    last: u64,
    commits: Commits,
}

/// Writes that happen all or not at all.
pub(crate) struct Batch(Vec<(Space, Vec<u8>, Option<Vec<u8>>)>);

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch(Vec::new())
    }

    pub(crate) fn put(&mut self, space: Space, key: &[u8], value: Vec<u8>) {
        self.0.push((space, key.to_vec(), Some(value)));
    }

    pub(crate) fn remove(&mut self, space: Space, key: &[u8]) {
        self.0.push((space, key.to_vec(), None));
    }
}

impl Store {
    /// Opens or creates the store in a directory.
    ///
    /// Errors: held by another process, damage, and fewer batches than were written once.
    pub(crate) fn open(directory: &Path) -> Result<Store, VaultError> {
        let path = directory.join("store");
        let noted_path = directory.join("commits");
        let (database, [lasting, documents, passing]) = calmly(&path, || {
            let database = Database::builder(&path).cache_size(CACHE_SIZE_BYTES).open()?;
            let plain = KeyspaceCreateOptions::default;
            let apart = || plain().with_kv_separation(Some(KvSeparationOptions::default()));
            let lasting = database.keyspace("lasting", plain)?;
            let documents = database.keyspace("documents", apart)?;
            let passing = database.keyspace("passing", plain)?;
            Ok((database, [lasting, documents, passing]))
        })?;
        let (commits, noted) = Commits::open(&noted_path)?;
        let (written, synced) = (Mutex::new(0), Mutex::new(Synced { last: noted, commits }));
        let store = Store { path, database, lasting, documents, passing, written, synced };
        let last = match store.get(Space::Marks, LAST)? {
            None => 0,
            Some(bytes) => u64::from_be_bytes(
                bytes
                    .try_into()
                    .map_err(|_| VaultError::damaged("the number of the last batch", "marks"))?,
            ),
        };
        if last < noted {
            return Err(VaultError::RecordsLost { path: noted_path, lost: noted - last });
        }
        *lock(&store.written) = last;
        Ok(store)
    }

    fn space(&self, space: Space) -> &Keyspace {
        match space {
            Space::Slots | Space::Records | Space::Aliases => &self.lasting,
            Space::Documents => &self.documents,
            Space::Sessions | Space::Codes | Space::Marks => &self.passing,
        }
    }

    pub(crate) fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let value = calmly(&self.path, || self.space(space).get(space.key(key)))?;
        Ok(value.map(|value| value.to_vec()))
    }

    /// Up to `limit` keys that begin with `prefix`, in order.
    pub(crate) fn keys(
        &self,
        space: Space,
        prefix: &[u8],
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, VaultError> {
        let rows = || self.space(space).prefix(space.key(prefix)).take(limit);
        let key = |row: fjall::Guard| row.key().map(|key| key[1..].to_vec());
        calmly(&self.path, || rows().map(key).collect())
    }

    /// Up to `limit` rows behind a key, in order.
    pub(crate) fn rows_after(
        &self,
        space: Space,
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<Pair>, VaultError> {
        let range = (Bound::Excluded(space.key(after)), Bound::Excluded(vec![space as u8 + 1]));
        let rows = || self.space(space).range::<Vec<u8>, _>(range).take(limit);
        let pair = |row: fjall::Guard| row.into_inner().map(|(k, v)| (k[1..].to_vec(), v.to_vec()));
        calmly(&self.path, || rows().map(pair).collect())
    }

    /// Writes a batch and syncs it. Batches that are written at the same time share one sync.
    pub(crate) fn commit(&self, batch: Batch) -> Result<(), VaultError> {
        let number = self.write(batch)?;
        let mut synced = lock(&self.synced);
        if synced.last >= number {
            return Ok(());
        }
        // The journal is in the order of numbers: all that is written by now is synced with it.
        let last = *lock(&self.written);
        calmly(&self.path, || self.database.persist(PersistMode::SyncData))?;
        synced.last = last;
        synced.commits.note(last)
    }

    /// Writes a batch that a power cut may lose, until a later one is synced.
    pub(crate) fn commit_lazily(&self, batch: Batch) -> Result<(), VaultError> {
        self.write(batch).map(|_| ())
    }

    /// Writes a batch and returns its number.
    fn write(&self, batch: Batch) -> Result<u64, VaultError> {
        let capacity = batch.0.len() + 1;
        let mut writes = OwnedWriteBatch::with_capacity(self.database.clone(), capacity);
        for (space, key, value) in batch.0 {
            match value {
                Some(value) => writes.insert(self.space(space), space.key(&key), value),
                None => writes.remove(self.space(space), space.key(&key)),
            }
        }
        let mut written = lock(&self.written);
        let number = *written + 1;
        writes.insert(&self.passing, Space::Marks.key(LAST), number.to_be_bytes());
        calmly(&self.path, || writes.commit())?;
        *written = number;
        Ok(number)
    }

    /// Moves all rows from the journal to tables.
    #[cfg(test)]
    pub(crate) fn flush(&self) {
        for space in [&self.lasting, &self.documents, &self.passing] {
            space.rotate_memtable_and_wait().unwrap();
        }
    }
}

/// Runs what fjall does; its panic over damaged files is an error as well.
fn calmly<T>(path: &Path, act: impl FnOnce() -> fjall::Result<T>) -> Result<T, VaultError> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(outcome) => outcome.map_err(|error| fault(path, error)),
        Err(_) => Err(VaultError::Store {
            path: path.to_path_buf(),
            reason: "it stopped over files that it cannot make sense of".to_owned(),
        }),
    }
}

fn fault(path: &Path, error: fjall::Error) -> VaultError {
    let path = path.to_path_buf();
    match error {
        fjall::Error::Locked => VaultError::Locked { path },
        fjall::Error::Io(source) => VaultError::Io { action: "store access", path, source },
        other => VaultError::Store { path, reason: other.to_string() },
    }
}
