//! An index store in memory, for tests and the simulator. It survives a killed machine (a clone
//! shares the contents) as the page cache survives a killed process.

use crate::index::{id_of_list_key, list_bounds};
use crate::sync::lock;
use crate::{Batch, IndexStore, ListQuery, Mark, Order, Space, StateError};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
struct Contents {
    rows: BTreeMap<(Space, Vec<u8>), Vec<u8>>,
    applied: Mark,
    synced: Mark,
}

/// See the module's text.
#[derive(Clone, Debug, Default)]
pub struct MemStore {
    contents: Arc<Mutex<Contents>>,
}

impl IndexStore for MemStore {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(lock(&self.contents).rows.get(&(space, key.to_vec())).cloned())
    }

    fn write(&self, batch: &Batch, mark: Mark) -> Result<(), StateError> {
        let mut contents = lock(&self.contents);
        for (space, key, value) in batch.iter() {
            contents.rows.insert((space, key.to_vec()), value.to_vec());
        }
        contents.applied = mark;
        Ok(())
    }

    fn scan(&self, list: &[u8], query: ListQuery) -> Result<Vec<u128>, StateError> {
        let Some((first, last)) = list_bounds(list, query) else { return Ok(Vec::new()) };
        let contents = lock(&self.contents);
        let rows = contents.rows.range((Space::Lists, first)..=(Space::Lists, last));
        let ids = rows.filter_map(|((_, key), _)| id_of_list_key(key));
        Ok(match query.order {
            Order::OldestFirst => ids.take(query.limit).collect(),
            Order::NewestFirst => ids.rev().take(query.limit).collect(),
        })
    }

    fn keys_after(
        &self,
        space: Space,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StateError> {
        let contents = lock(&self.contents);
        let start = match after {
            Some(key) => Bound::Excluded((space, key.to_vec())),
            None => Bound::Included((space, Vec::new())),
        };
        let rows = contents.rows.range((start, Bound::Unbounded));
        let keys = rows.map(|(key, _)| key).take_while(|(of, _)| *of == space);
        Ok(keys.take(limit).map(|(_, key)| key.clone()).collect())
    }

    fn applied(&self) -> Result<Mark, StateError> {
        Ok(lock(&self.contents).applied)
    }

    fn synced(&self) -> Result<Mark, StateError> {
        Ok(lock(&self.contents).synced)
    }

    fn persist(&self, synced: Mark) -> Result<(), StateError> {
        lock(&self.contents).synced = synced;
        Ok(())
    }
}
