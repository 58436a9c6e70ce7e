//! The index store on fjall, a log-structured store in pure Rust.

use crate::index::{id_of_list_key, list_bounds};
use crate::{Batch, IndexStore, ListQuery, Mark, Order, Space, StateError};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use std::ops::Bound;
use std::path::{Path, PathBuf};

const APPLIED: &[u8] = b"applied";
const SYNCED: &[u8] = b"synced";
/// Blocks of tables kept in memory, in bytes.
const CACHE_SIZE_BYTES: u64 = 64 << 20;

/// See the module's text.
pub struct FjallStore {
    path: PathBuf,
    database: Database,
    names: Keyspace,
    objects: Keyspace,
    lists: Keyspace,
    marks: Keyspace,
}

impl FjallStore {
    /// Opens or creates the store in directory `path`.
    ///
    /// Errors: [`StateError::Locked`] when another process has it, [`StateError::Store`] on damage.
    pub fn open(path: &Path) -> Result<FjallStore, StateError> {
        let database = Database::builder(path)
            .cache_size(CACHE_SIZE_BYTES)
            .open()
            .map_err(|error| fault(path, error))?;
        let space = |name: &str| {
            database.keyspace(name, KeyspaceCreateOptions::default).map_err(|e| fault(path, e))
        };
        Ok(FjallStore {
            path: path.to_path_buf(),
            names: space("names")?,
            objects: space("objects")?,
            lists: space("lists")?,
            marks: space("marks")?,
            database,
        })
    }

    fn space(&self, space: Space) -> &Keyspace {
        match space {
            Space::Names => &self.names,
            Space::Objects => &self.objects,
            Space::Lists => &self.lists,
        }
    }

    fn mark(&self, key: &[u8]) -> Result<Mark, StateError> {
        let Some(bytes) = self.marks.get(key).map_err(|e| fault(&self.path, e))? else {
            return Ok(Mark::default());
        };
        Mark::from_bytes(&bytes).ok_or_else(|| StateError::Store {
            path: self.path.clone(),
            reason: "a mark is not 16 bytes long".to_owned(),
        })
    }
}

fn fault(path: &Path, error: fjall::Error) -> StateError {
    let path = path.to_path_buf();
    match error {
        fjall::Error::Locked => StateError::Locked { path },
        fjall::Error::Io(source) => StateError::Io { action: "index access", path, source },
        other => StateError::Store { path, reason: other.to_string() },
    }
}

impl IndexStore for FjallStore {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        let value = self.space(space).get(key).map_err(|e| fault(&self.path, e))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn write(&self, batch: &Batch, mark: Mark) -> Result<(), StateError> {
        let mut writes =
            fjall::OwnedWriteBatch::with_capacity(self.database.clone(), batch.len() + 1);
        for (space, key, value) in batch.iter() {
            writes.insert(self.space(space), key, value);
        }
        writes.insert(&self.marks, APPLIED, mark.to_bytes());
        writes.commit().map_err(|e| fault(&self.path, e))
    }

    fn scan(&self, list: &[u8], query: ListQuery) -> Result<Vec<u128>, StateError> {
        let Some((first, last)) = list_bounds(list, query) else { return Ok(Vec::new()) };
        let mut rows = self.lists.range(first..=last);
        let mut ids = Vec::new();
        while ids.len() < query.limit {
            let row = match query.order {
                Order::OldestFirst => rows.next(),
                Order::NewestFirst => rows.next_back(),
            };
            let Some(row) = row else { break };
            let key = row.key().map_err(|e| fault(&self.path, e))?;
            ids.extend(id_of_list_key(&key));
        }
        Ok(ids)
    }

    fn keys_after(
        &self,
        space: Space,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StateError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.space(space).range::<&[u8], _>((start, Bound::Unbounded));
        let key = |row: fjall::Guard| row.key().map(|key| key.to_vec());
        let keys: Result<_, _> = rows.take(limit).map(key).collect();
        keys.map_err(|error| fault(&self.path, error))
    }

    fn applied(&self) -> Result<Mark, StateError> {
        self.mark(APPLIED)
    }

    fn synced(&self) -> Result<Mark, StateError> {
        self.mark(SYNCED)
    }

    fn persist(&self, synced: Mark) -> Result<(), StateError> {
        self.marks.insert(SYNCED, synced.to_bytes()).map_err(|e| fault(&self.path, e))?;
        self.database.persist(PersistMode::SyncAll).map_err(|e| fault(&self.path, e))
    }
}
