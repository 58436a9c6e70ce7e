//! Moves rows from memory into the archive and the index store, behind the log and off its path.

use crate::cold::{Queue, Shared};
use crate::filter::{Filter, Print};
use crate::overlay::Rows;
use crate::sync::{lock, wait};
use crate::{Batch, IndexStore, Mark, Space, StateError};
use base::Row;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Rows written in one atomic batch, roughly.
const GROUP_ROWS: usize = 8_192;
/// Records whose rows are forgotten under one lock, so that the apply thread never waits long.
const EVICT_RECORDS: usize = 64;

/// Keys of an opened store read at a time, between two groups.
const SCAN_KEYS: usize = 2_048;

/// Reads all keys that a space held when the store was opened into a filter, bit by bit: whoever
/// waits for rows to be indexed waits for little of it.
struct Scan {
    space: Space,
    after: Option<Vec<u8>>,
    keys: Filter,
    is_done: bool,
}

impl Scan {
    /// `known` 0: the store is empty, there is nothing to read.
    fn new(space: Space, known: u64) -> Scan {
        Scan { space, after: None, keys: Filter::default(), is_done: known == 0 }
    }

    /// Reads on; says whether it came to the end.
    fn step(&mut self, store: &dyn IndexStore) -> Result<bool, StateError> {
        if !self.is_done {
            let keys = store.keys_after(self.space, self.after.as_deref(), SCAN_KEYS)?;
            keys.iter().for_each(|key| self.keys.insert(Print::of(key)));
            self.is_done = keys.len() < SCAN_KEYS;
            self.after = keys.into_iter().next_back();
        }
        Ok(self.is_done)
    }
}

/// See the module's text. Step it by hand (simulator) or give it a thread.
pub struct Indexer {
    shared: Arc<Shared>,
    batch: Batch,
    /// Names, until all are read: then they are where the apply thread looks.
    names: Option<Scan>,
    /// Ids of the objects that the store has; new ones are added as they are written.
    objects: Scan,
}

impl Indexer {
    pub(crate) fn new(shared: Arc<Shared>, known: u64) -> Indexer {
        let names = Some(Scan::new(Space::Names, known));
        let objects = Scan::new(Space::Objects, known);
        let mut indexer = Indexer { shared, batch: Batch::default(), names, objects };
        indexer.hand_names_over();
        indexer
    }

    fn hand_names_over(&mut self) {
        if let Some(names) = self.names.take_if(|names| names.is_done) {
            self.shared.old_names.get_or_init(|| names.keys);
        }
    }

    fn is_scanning(&self) -> bool {
        self.names.is_some() || !self.objects.is_done
    }

    fn scan(&mut self) -> Result<(), StateError> {
        let store = self.shared.store.as_ref();
        if let Some(names) = &mut self.names {
            names.step(store)?;
            self.hand_names_over();
        } else {
            self.objects.step(store)?;
        }
        Ok(())
    }

    /// Offset of the newest version of an object that is in the archive.
    fn newest_offset(&self, id: u128) -> Result<Option<u64>, StateError> {
        let is_new =
            self.objects.is_done && !self.objects.keys.may_hold(Print::of(&id.to_be_bytes()));
        if is_new { Ok(None) } else { self.shared.newest_offset(id) }
    }

    /// Indexes one group of waiting rows; says whether there was anything to do.
    pub fn step(&mut self) -> Result<bool, StateError> {
        self.scan()?;
        let (group, position) = take_group(&mut lock(&self.shared.queue));
        if position <= self.shared.applied.load(Ordering::Acquire) {
            return Ok(false);
        }
        self.write(&group, position)?;
        for records in group.chunks(EVICT_RECORDS) {
            let mut overlay = lock(&self.shared.overlay);
            records.iter().for_each(|rows| overlay.evict(rows));
        }
        self.shared.applied.store(position, Ordering::Release);
        let mut queue = lock(&self.shared.queue);
        queue.rows -= group.iter().map(|rows| rows.rows.len()).sum::<usize>();
        queue.size_bytes -= group.iter().map(|rows| rows.weight_bytes()).sum::<usize>();
        drop(queue);
        self.shared.advanced.notify_all();
        Ok(true)
    }

    fn write(&mut self, group: &[Arc<Rows>], position: u64) -> Result<(), StateError> {
        self.batch.clear();
        // Offsets of this group's versions: the store does not have them yet.
        let mut newest: BTreeMap<u128, u64> = BTreeMap::new();
        for rows in group {
            let given = rows.position.to_be_bytes();
            for row in &rows.rows {
                match row {
                    Row::Name { name, value } => {
                        self.batch.put(Space::Names, &[name], &[&given, value]);
                    }
                    Row::Object { id, bytes } => {
                        let previous = match newest.get(id) {
                            Some(offset) => Some(*offset),
                            None => self.newest_offset(*id)?,
                        };
                        let archive = &self.shared.archive;
                        let at = archive.append_parts(*id, rows.position, previous, bytes)?;
                        newest.insert(*id, at);
                    }
                    Row::Listed { list, id } => {
                        let prefix = crate::index::list_prefix(list);
                        self.batch.put(Space::Lists, &[&prefix, list, &id.to_be_bytes()], &[]);
                    }
                }
            }
        }
        for (id, offset) in &newest {
            self.batch.put(Space::Objects, &[&id.to_be_bytes()], &[&offset.to_be_bytes()]);
            self.objects.keys.insert(Print::of(&id.to_be_bytes()));
        }
        self.batch.sort();
        // Flushed before the index points at it: the index is never ahead of the archive.
        let archive_end = self.shared.archive.flush()?;
        self.shared.store.write(&self.batch, Mark { position, archive_end })
    }

    /// Runs on a thread of its own until stopped.
    pub fn spawn(self) -> std::io::Result<IndexerThread> {
        let shared = self.shared.clone();
        let thread =
            std::thread::Builder::new().name("indexer".to_owned()).spawn(move || run(self))?;
        Ok(IndexerThread { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Syncs what is indexed: see [`IndexerThread::persist`].
    pub fn persist(&self) -> Result<(), StateError> {
        persist(&self.shared)
    }
}

/// Takes about [`GROUP_ROWS`] rows off the queue, and the position that they reach.
fn take_group(queue: &mut Queue) -> (Vec<Arc<Rows>>, u64) {
    let (mut group, mut rows) = (Vec::new(), 0);
    while rows < GROUP_ROWS {
        let Some(next) = queue.waiting.pop_front() else { return (group, queue.handed) };
        rows += next.rows.len();
        group.push(next);
    }
    let position = match queue.waiting.front() {
        Some(next) => next.position - 1,
        None => queue.handed,
    };
    (group, position)
}

fn run(mut indexer: Indexer) {
    let shared = indexer.shared.clone();
    let _told = TellOnPanic(shared.clone());
    loop {
        {
            let mut queue = lock(&shared.queue);
            while !queue.stopped
                && queue.handed <= shared.applied.load(Ordering::Acquire)
                && !indexer.is_scanning()
            {
                queue = wait(&shared.arrived, queue);
            }
            if queue.stopped {
                return;
            }
        }
        if let Err(error) = indexer.step() {
            shared.note_damage(&error);
            lock(&shared.queue).fault = Some(error.to_string());
            shared.advanced.notify_all();
            return;
        }
    }
}

/// Lets nobody wait for an indexer that panicked.
struct TellOnPanic(Arc<Shared>);

impl Drop for TellOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.queue).fault = Some("it panicked".to_owned());
            self.0.advanced.notify_all();
        }
    }
}

fn persist(shared: &Shared) -> Result<(), StateError> {
    // The mark is read first: the archive then holds at least what the mark speaks of.
    let mark = shared.store.applied()?;
    shared.archive.sync()?;
    shared.store.persist(mark)
}

/// A running indexer. Dropping it stops the thread after the group it is at.
pub struct IndexerThread {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl IndexerThread {
    /// Waits until everything up to `position` is indexed.
    pub fn wait_for(&self, position: u64) -> Result<(), StateError> {
        let mut queue = lock(&self.shared.queue);
        loop {
            if self.shared.applied.load(Ordering::Acquire) >= position {
                return Ok(());
            }
            if queue.stopped {
                return Err(StateError::IndexerStopped("it was told to".to_owned()));
            }
            if let Some(fault) = &queue.fault {
                return Err(StateError::IndexerStopped(fault.clone()));
            }
            queue = wait(&self.shared.advanced, queue);
        }
    }

    /// Makes everything indexed so far survive a power cut.
    pub fn persist(&self) -> Result<(), StateError> {
        persist(&self.shared)
    }

    /// Stops the thread without waiting for rows in the queue; they are indexed after the restart.
    pub fn stop(&self) {
        lock(&self.shared.queue).stopped = true;
        self.shared.arrived.notify_all();
        self.shared.advanced.notify_all();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // A panic has already told the apply thread, through the fault.
            let _ = thread.join();
        }
    }
}

impl Drop for IndexerThread {
    fn drop(&mut self) {
        self.stop();
    }
}
