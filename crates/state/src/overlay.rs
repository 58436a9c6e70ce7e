//! Rows that the index does not have yet, held in memory and shared with the indexer's queue.

use crate::{ListQuery, Order};
use base::Row;
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The rows of one record.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) position: u64,
    pub(crate) rows: Vec<Row>,
}

impl Rows {
    /// Bytes these rows hold, roughly: what the queue counts.
    pub(crate) fn weight_bytes(&self) -> usize {
        let bytes = |row: &Row| match row {
            Row::Name { name, value } => name.len() + value.len(),
            Row::Object { bytes, .. } => bytes.len(),
            Row::Listed { list, .. } => list.len() + 16,
        };
        self.rows.iter().map(|row| bytes(row) + size_of::<Row>()).sum()
    }
}

/// One row of a record, shared.
#[derive(Clone, Debug)]
struct Shared {
    rows: Arc<Rows>,
    at: usize,
}

/// A name that hashes and compares as its bytes do, without a copy of them.
#[derive(Debug)]
struct Named(Shared);

impl Named {
    fn parts(&self) -> (&[u8], &[u8]) {
        match &self.0.rows.rows[self.0.at] {
            Row::Name { name, value } => (name, value),
            _ => (&[], &[]),
        }
    }
}

impl Borrow<[u8]> for Named {
    fn borrow(&self) -> &[u8] {
        self.parts().0
    }
}

impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().0.hash(state);
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Named) -> bool {
        self.parts().0 == other.parts().0
    }
}

impl Eq for Named {}

/// See the module's text.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    names: HashSet<Named>,
    objects: BTreeMap<(u128, u64), Shared>,
    lists: BTreeMap<Vec<u8>, BTreeMap<u128, u64>>,
}

impl Overlay {
    pub(crate) fn keep(&mut self, rows: &Arc<Rows>) {
        for (at, row) in rows.rows.iter().enumerate() {
            let shared = || Shared { rows: rows.clone(), at };
            match row {
                Row::Name { .. } => {
                    if !base::planted(5) {
                        let new = self.names.insert(Named(shared()));
                        assert!(new, "a name is given once");
                    }
                }
                Row::Object { id, .. } => {
                    self.objects.insert((*id, rows.position), shared());
                }
                Row::Listed { list, id } => {
                    match self.lists.get_mut(list) {
                        Some(ids) => ids.insert(*id, rows.position),
                        None => {
                            let ids = BTreeMap::from([(*id, rows.position)]);
                            self.lists.insert(list.clone(), ids);
                            None
                        }
                    };
                }
            }
        }
    }

    /// Forgets rows that the index has now.
    pub(crate) fn evict(&mut self, rows: &Rows) {
        for row in &rows.rows {
            match row {
                Row::Name { name, .. } => {
                    self.names.remove(name.as_slice());
                }
                Row::Object { id, .. } => {
                    self.objects.remove(&(*id, rows.position));
                }
                Row::Listed { list, id } => {
                    let Some(ids) = self.lists.get_mut(list) else { continue };
                    // Listed again since: the later row is not in the index yet.
                    if ids.get(id) == Some(&rows.position) {
                        ids.remove(id);
                    }
                    if ids.is_empty() {
                        self.lists.remove(list);
                    }
                }
            }
        }
    }

    /// What `name` means, when it was given before record `as_of`.
    pub(crate) fn name(&self, name: &[u8], as_of: u64) -> Option<Vec<u8>> {
        let named = self.names.get(name).filter(|named| named.0.rows.position < as_of)?;
        Some(named.parts().1.to_vec())
    }

    /// The newest version of `id` from before record `as_of`.
    pub(crate) fn object(&self, id: u128, as_of: u64) -> Option<Vec<u8>> {
        let (_, newest) = self.objects.range((id, 0)..(id, as_of)).next_back()?;
        match &newest.rows.rows[newest.at] {
            Row::Object { bytes, .. } => Some(bytes.clone()),
            _ => None,
        }
    }

    pub(crate) fn scan(&self, list: &[u8], query: ListQuery) -> Vec<u128> {
        let Some(ids) = self.lists.get(list).filter(|_| query.from <= query.to) else {
            return Vec::new();
        };
        let ids = ids.range(query.from..=query.to).map(|(id, _)| *id);
        match query.order {
            Order::OldestFirst => ids.take(query.limit).collect(),
            Order::NewestFirst => ids.rev().take(query.limit).collect(),
        }
    }

    /// Rows held: names, versions and lists.
    pub(crate) fn len(&self) -> usize {
        self.names.len() + self.objects.len() + self.lists.len()
    }
}
