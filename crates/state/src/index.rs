//! The narrow door to an index store: three sorted spaces and the position they reflect.

use crate::StateError;

/// A sorted key space of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// name -> position (8 bytes, big-endian), value.
    Names,
    /// id (16 bytes, big-endian) -> archive offset of the newest version (8 bytes, big-endian).
    Objects,
    /// length of the list's key (2 bytes), the list's key, id (16 bytes) -> nothing.
    Lists,
}

/// How far an index has come: written in the same atomic batch as the rows it speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// All rows of records up to and including this position are in.
    pub position: u64,
    /// First byte of the archive that no index row points at.
    pub archive_end: u64,
}

impl Mark {
    pub(crate) fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.position.to_be_bytes());
        bytes[8..].copy_from_slice(&self.archive_end.to_be_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Mark> {
        let position = u64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
        let archive_end = u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?);
        (bytes.len() == 16).then_some(Mark { position, archive_end })
    }
}

/// Puts to be written together. Keys and values share one buffer, so a row costs no allocation.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    puts: Vec<(Space, usize, usize, usize)>,
}

impl Batch {
    /// Adds a put whose key and value are the joined parts.
    pub fn put(&mut self, space: Space, key: &[&[u8]], value: &[&[u8]]) {
        let start = self.bytes.len();
        key.iter().for_each(|part| self.bytes.extend_from_slice(part));
        let middle = self.bytes.len();
        value.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.puts.push((space, start, middle, self.bytes.len()));
    }

    /// Puts in the order of their keys: a store that keeps keys sorted finds the place of each near
    /// the place of the one before. Puts of equal keys stay in their order.
    pub fn sort(&mut self) {
        let bytes = &self.bytes;
        self.puts.sort_by(|a, b| (a.0, &bytes[a.1..a.2]).cmp(&(b.0, &bytes[b.1..b.2])));
    }

    pub fn iter(&self) -> impl Iterator<Item = (Space, &[u8], &[u8])> {
        self.puts.iter().map(|&(space, start, middle, end)| {
            (space, &self.bytes[start..middle], &self.bytes[middle..end])
        })
    }

    pub fn len(&self) -> usize {
        self.puts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.puts.is_empty()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.puts.clear();
    }
}

/// In which direction a list is read. Ids sort by time, so the largest id is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// Which ids of a list are asked for: `from..=to`, both inclusive, at most `limit` of them.
#[derive(Clone, Copy, Debug)]
pub struct ListQuery {
    pub from: u128,
    pub to: u128,
    pub order: Order,
    pub limit: usize,
}

impl ListQuery {
    /// The newest `limit` ids of a list.
    pub fn newest(limit: usize) -> ListQuery {
        ListQuery { from: 0, to: u128::MAX, order: Order::NewestFirst, limit }
    }
}

/// An embedded sorted store. Writes are atomic and ordered; only [`persist`](IndexStore::persist)
/// makes them survive a power cut.
pub trait IndexStore: Send + Sync {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;

    /// Writes all puts and the mark, or nothing.
    fn write(&self, batch: &Batch, mark: Mark) -> Result<(), StateError>;

    /// Ids of one list, sorted as asked.
    fn scan(&self, list: &[u8], query: ListQuery) -> Result<Vec<u128>, StateError>;

    /// The next keys of a space after `after`, in order: all of them when there are fewer than
    /// `limit`.
    fn keys_after(
        &self,
        space: Space,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StateError>;

    /// The mark of the last write.
    fn applied(&self) -> Result<Mark, StateError>;

    /// The mark that the last [`persist`](IndexStore::persist) stated.
    fn synced(&self) -> Result<Mark, StateError>;

    /// Syncs everything written so far and notes that the archive is synced up to `synced`.
    fn persist(&self, synced: Mark) -> Result<(), StateError>;
}

/// First and last key of a query in [`Space::Lists`]; `None` when the bounds hold nothing.
pub(crate) fn list_bounds(list: &[u8], query: ListQuery) -> Option<(Vec<u8>, Vec<u8>)> {
    (query.from <= query.to).then(|| (list_key(list, query.from), list_key(list, query.to)))
}

pub(crate) fn list_prefix(list: &[u8]) -> [u8; 2] {
    u16::try_from(list.len()).expect("the key of a list is shorter than 64 KiB").to_be_bytes()
}

fn list_key(list: &[u8], id: u128) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 + list.len() + 16);
    key.extend_from_slice(&list_prefix(list));
    key.extend_from_slice(list);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// The id at the end of a list key.
pub(crate) fn id_of_list_key(key: &[u8]) -> Option<u128> {
    let tail = key.get(key.len().checked_sub(16)?..)?;
    Some(u128::from_be_bytes(tail.try_into().ok()?))
}
