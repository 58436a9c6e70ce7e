//! History for the apply thread: recent rows in memory, older ones in the index and the archive.
//!
//! During replay the index may be ahead of the record being applied. So every name carries the
//! position at which it was given and every archived version its own, and whatever was written at
//! or after the record being applied does not exist yet. Rows of records that the index already has
//! are not kept again.

use crate::filter::{Filter, Print};
use crate::overlay::{Overlay, Rows};
use crate::sync::{lock, wait};
use crate::{Archive, IndexStore, Indexer, ListQuery, Order, Space, StateError};
use base::{History, MapHistory, Row};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};

/// A history that takes in the rows of each record.
pub trait Keeper: History {
    /// Record `position` is about to be applied: nothing from it or after it is visible.
    fn begin(&mut self, position: u64);
    /// Takes the rows that record `position` yielded.
    fn keep(&mut self, position: u64, rows: Vec<Row>);
    /// All records up to `position` have been applied and kept.
    fn finish(&mut self, position: u64) -> Result<(), StateError>;
}

impl Keeper for MapHistory {
    fn begin(&mut self, _position: u64) {}
    fn keep(&mut self, _position: u64, rows: Vec<Row>) {
        MapHistory::keep(self, rows);
    }
    fn finish(&mut self, _position: u64) -> Result<(), StateError> {
        Ok(())
    }
}

/// How much may wait for the indexer before the apply thread waits for it. The default holds more
/// than two seconds of rows at 60,000 payments a second.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub rows: usize,
    pub size_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { rows: 1_000_000, size_bytes: 512 << 20 }
    }
}

impl Limits {
    /// For programs of one thread, where waiting for the indexer would be forever.
    pub fn unlimited() -> Limits {
        Limits { rows: usize::MAX, size_bytes: usize::MAX }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) waiting: VecDeque<Arc<Rows>>,
    pub(crate) rows: usize,
    pub(crate) size_bytes: usize,
    /// Everything up to this position has been handed over.
    pub(crate) handed: u64,
    pub(crate) stopped: bool,
    pub(crate) fault: Option<String>,
}

pub(crate) struct Shared {
    pub(crate) store: Arc<dyn IndexStore>,
    pub(crate) archive: Arc<Archive>,
    pub(crate) overlay: Mutex<Overlay>,
    pub(crate) queue: Mutex<Queue>,
    /// Rung when rows arrive or the indexer is told to stop.
    pub(crate) arrived: Condvar,
    /// Rung when the indexer has come further, or failed.
    pub(crate) advanced: Condvar,
    pub(crate) applied: AtomicU64,
    /// Names that the store held when it was opened: there as soon as all of them have been read.
    pub(crate) old_names: OnceLock<Filter>,
    /// Created when a look-up finds damage, so that the next start rebuilds.
    pub(crate) marker: Option<PathBuf>,
}

impl Shared {
    fn name(&self, name: &[u8], as_of: u64) -> Result<Option<Vec<u8>>, StateError> {
        if let Some(value) = lock(&self.overlay).name(name, as_of) {
            return Ok(Some(value));
        }
        let Some(mut row) = self.store.get(Space::Names, name)? else { return Ok(None) };
        let Some(position) = row.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)) else {
            return Err(self.damaged("a name's row is too short"));
        };
        if position >= as_of && !base::planted(6) {
            return Ok(None);
        }
        row.drain(..8);
        Ok(Some(row))
    }

    fn object(&self, id: u128, as_of: u64) -> Result<Option<Vec<u8>>, StateError> {
        if let Some(bytes) = lock(&self.overlay).object(id, as_of) {
            return Ok(Some(bytes));
        }
        let mut next = self.newest_offset(id)?;
        while let Some(offset) = next {
            let version = self.archive.read(offset)?;
            if version.id != id {
                return Err(self.damaged("an object's row points at another object"));
            }
            if version.position < as_of {
                return Ok(Some(version.bytes));
            }
            next = version.previous;
        }
        Ok(None)
    }

    pub(crate) fn newest_offset(&self, id: u128) -> Result<Option<u64>, StateError> {
        let Some(row) = self.store.get(Space::Objects, &id.to_be_bytes())? else { return Ok(None) };
        let bytes = row.try_into().map_err(|_| self.damaged("an object's row is not 8 bytes"))?;
        Ok(Some(u64::from_be_bytes(bytes)))
    }

    fn damaged(&self, reason: &str) -> StateError {
        StateError::Store { path: PathBuf::from("index"), reason: reason.to_owned() }
    }

    /// Notes that the derived files cannot be trusted: the next start deletes and rebuilds them.
    pub(crate) fn note_damage(&self, error: &StateError) {
        if let Some(marker) = self.marker.as_ref().filter(|_| error.is_damage()) {
            // Best effort: without the note the same damage is found again at the next look-up.
            let _ = std::fs::write(marker, error.to_string());
        }
    }
}

/// See the module's text. Owned by the thread that applies.
pub struct Cold {
    past: Past,
    limits: Limits,
    /// The index had everything up to here when this was made.
    known: u64,
    fresh: Vec<Arc<Rows>>,
    /// Names given since.
    new_names: Filter,
}

impl Cold {
    /// History on a store and an archive that belong together, and the indexer that fills them.
    pub fn new(
        store: Arc<dyn IndexStore>,
        archive: Arc<Archive>,
        limits: Limits,
    ) -> Result<(Cold, Indexer), StateError> {
        Cold::with_marker(store, archive, limits, None)
    }

    pub(crate) fn with_marker(
        store: Arc<dyn IndexStore>,
        archive: Arc<Archive>,
        limits: Limits,
        marker: Option<PathBuf>,
    ) -> Result<(Cold, Indexer), StateError> {
        let known = store.applied()?.position;
        let shared = Arc::new(Shared {
            store,
            archive,
            overlay: Mutex::default(),
            queue: Mutex::new(Queue { handed: known, ..Queue::default() }),
            arrived: Condvar::new(),
            advanced: Condvar::new(),
            applied: AtomicU64::new(known),
            old_names: OnceLock::new(),
            marker,
        });
        let indexer = Indexer::new(shared.clone(), known);
        let past = Past { shared, as_of: u64::MAX };
        Ok((Cold { past, limits, known, fresh: Vec::new(), new_names: Filter::default() }, indexer))
    }

    /// A handle for other threads.
    pub fn reader(&self) -> ColdReader {
        ColdReader { shared: self.past.shared.clone() }
    }

    /// Was a name surely never given? Not known before the store's names have all been read.
    fn is_new(&self, name: &[u8]) -> bool {
        let print = Print::of(name);
        let old = self.past.shared.old_names.get();
        old.is_some_and(|old| !old.may_hold(print)) && !self.new_names.may_hold(print)
    }
}

impl History for Cold {
    fn object(&self, id: u128) -> Option<Vec<u8>> {
        self.past.object(id)
    }
    fn name(&self, name: &[u8]) -> Option<Vec<u8>> {
        if self.is_new(name) { None } else { self.past.name(name) }
    }
}

impl Keeper for Cold {
    fn begin(&mut self, position: u64) {
        self.past.begin(position);
    }

    fn keep(&mut self, position: u64, rows: Vec<Row>) {
        if rows.is_empty() || position <= self.known {
            return;
        }
        for row in &rows {
            if let Row::Name { name, .. } = row
                && !base::planted(9)
            {
                self.new_names.insert(Print::of(name));
            }
        }
        let rows = Arc::new(Rows { position, rows });
        lock(&self.past.shared.overlay).keep(&rows);
        self.fresh.push(rows);
    }

    /// Hands the rows to the indexer; waits while its queue is full.
    fn finish(&mut self, position: u64) -> Result<(), StateError> {
        self.past.as_of = u64::MAX;
        let shared = &self.past.shared;
        let (mut rows, mut size_bytes) = (0, 0);
        for fresh in &self.fresh {
            rows += fresh.rows.len();
            size_bytes += fresh.weight_bytes();
        }
        let mut queue = lock(&shared.queue);
        while queue.fault.is_none()
            && !queue.stopped
            && queue.rows > 0
            && (queue.rows + rows > self.limits.rows
                || queue.size_bytes.saturating_add(size_bytes) > self.limits.size_bytes)
        {
            queue = wait(&shared.advanced, queue);
        }
        if let Some(fault) = &queue.fault {
            return Err(StateError::IndexerStopped(fault.clone()));
        }
        if queue.stopped {
            return Err(StateError::IndexerStopped("it was told to".to_owned()));
        }
        queue.rows += rows;
        queue.size_bytes += size_bytes;
        queue.handed = queue.handed.max(position);
        queue.waiting.extend(self.fresh.drain(..));
        drop(queue);
        shared.arrived.notify_one();
        Ok(())
    }
}

/// Reads history from any thread: always durable, always the newest unless told otherwise.
#[derive(Clone)]
pub struct ColdReader {
    shared: Arc<Shared>,
}

impl ColdReader {
    /// The newest version of an object from before record `as_of`; `u64::MAX` for the newest.
    pub fn object(&self, id: u128, as_of: u64) -> Result<Option<Vec<u8>>, StateError> {
        self.shared.object(id, as_of).inspect_err(|error| self.shared.note_damage(error))
    }

    pub fn name(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.shared.name(name, u64::MAX).inspect_err(|error| self.shared.note_damage(error))
    }

    /// Ids of a list, those not yet indexed among them.
    pub fn list(&self, list: &[u8], query: ListQuery) -> Result<Vec<u128>, StateError> {
        // Memory first: a row that moves to the index in between is then found twice, never lost.
        let mut ids = lock(&self.shared.overlay).scan(list, query);
        ids.extend(self.shared.store.scan(list, query)?);
        match query.order {
            Order::OldestFirst => ids.sort_unstable(),
            Order::NewestFirst => ids.sort_unstable_by(|a, b| b.cmp(a)),
        }
        ids.dedup();
        ids.truncate(query.limit);
        Ok(ids)
    }

    /// History as the records of the past saw it, for applying them once more beside the engine.
    pub fn past(&self) -> Past {
        Past { shared: self.shared.clone(), as_of: 0 }
    }

    /// Position up to which the index has everything.
    pub fn applied(&self) -> u64 {
        self.shared.applied.load(Ordering::Acquire)
    }

    /// Names, versions and lists that memory holds because the index lacks them.
    pub fn recent_rows(&self) -> usize {
        lock(&self.shared.overlay).len()
    }

    /// Rows that wait for the indexer.
    pub fn waiting_rows(&self) -> usize {
        lock(&self.shared.queue).rows
    }
}

/// History as one record saw it: for records that are applied once more, it keeps nothing.
pub struct Past {
    shared: Arc<Shared>,
    as_of: u64,
}

impl Past {
    /// Bytes that are not what was written would make this machine differ from all others: stop.
    fn whole<T>(&self, answer: Result<T, StateError>) -> T {
        match answer {
            Ok(value) => value,
            Err(error) => {
                self.shared.note_damage(&error);
                panic!("history cannot be read: {error}; the next start rebuilds what is damaged");
            }
        }
    }
}

impl History for Past {
    fn object(&self, id: u128) -> Option<Vec<u8>> {
        self.whole(self.shared.object(id, self.as_of))
    }
    fn name(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.whole(self.shared.name(name, self.as_of))
    }
}

impl Keeper for Past {
    fn begin(&mut self, position: u64) {
        self.as_of = position;
    }
    fn keep(&mut self, _position: u64, _rows: Vec<Row>) {}
    fn finish(&mut self, _position: u64) -> Result<(), StateError> {
        Ok(())
    }
}
