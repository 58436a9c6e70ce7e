//! A disk in memory that loses, tears and refuses as real ones do, and small tools around it.
#![allow(dead_code, reason = "each test program uses its own part")]

pub mod life;

use base::Timestamp;
use dhow_log::{Disk, DiskFile, Entry, Log, LogError, Options, Preallocate, Record, SegmentLog};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

const SECTOR: usize = 512;

/// Fixed pseudo-random numbers (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }
    pub fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap()
    }
}

/// What the disk does at a chosen step instead of obeying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fail {
    /// A write keeps a part, and from then on nothing answers until the power is back.
    Power,
    /// One step fails with an I/O error; a failed sync forgets what it should have made durable.
    Io,
    /// Steps that need room fail until it is made.
    Full,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Size(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Write(offset, content) => {
                let end = offset + content.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset..end].copy_from_slice(content);
            }
            Change::Size(size) => bytes.resize(*size, 0),
        }
    }
}

#[derive(Default, Clone)]
struct Content {
    durable: Vec<u8>,
    current: Vec<u8>,
    pending: Vec<Change>,
}

impl Content {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.current);
        self.pending.push(change);
    }

    /// Any of the sectors written since the last sync may have reached the disk.
    fn lose_power(&mut self, dice: &mut Dice) {
        let keep_of_8 = dice.below(9);
        for change in std::mem::take(&mut self.pending) {
            let Change::Write(offset, content) = change else {
                if dice.below(8) < keep_of_8 {
                    change.apply(&mut self.durable);
                }
                continue;
            };
            let mut at = 0;
            while at < content.len() {
                let border = SECTOR - (offset + at) % SECTOR;
                let end = content.len().min(at + border);
                if dice.below(8) < keep_of_8 {
                    let sector = content[at..end].to_vec();
                    Change::Write(offset + at, sector).apply(&mut self.durable);
                }
                at = end;
            }
        }
        self.current = self.durable.clone();
    }
}

#[derive(Default)]
struct World {
    contents: Vec<Content>,
    names: BTreeMap<String, usize>,
    /// Names after each change since the last directory sync, the synced ones first.
    histories: Vec<BTreeMap<String, usize>>,
    locked: bool,
    steps: u64,
    fail_at: Option<(u64, Fail)>,
    down: bool,
    full: bool,
    boot: u64,
}

/// Clones are the same disk.
#[derive(Clone, Default)]
pub struct FakeDisk(Arc<Mutex<World>>);

pub struct FakeFile {
    world: Arc<Mutex<World>>,
    content: usize,
    boot: u64,
}

pub struct FakeLock {
    world: Arc<Mutex<World>>,
    boot: u64,
}

impl Drop for FakeLock {
    fn drop(&mut self) {
        let mut world = self.world.lock().unwrap();
        if world.boot == self.boot {
            world.locked = false;
        }
    }
}

impl FakeDisk {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// The step with this number, counted from now, fails.
    pub fn fail_in(&self, steps: u64, fail: Fail) {
        let mut world = self.world();
        world.fail_at = Some((world.steps + steps, fail));
    }

    pub fn steps(&self) -> u64 {
        self.world().steps
    }

    /// The process dies, the machine goes on: what was written is still there.
    pub fn kill_process(&self) {
        let mut world = self.world();
        world.locked = false;
        world.down = false;
        world.full = false;
        world.fail_at = None;
        world.boot += 1;
    }

    /// The machine dies: what was not synced may be there, in any part.
    pub fn cut_power(&self, dice: &mut Dice) {
        self.kill_process();
        let mut world = self.world();
        let past = world.histories.len();
        if past > 0 {
            world.names = world.histories[dice.index(past + 1).min(past - 1)].clone();
        }
        let names = world.names.clone();
        world.histories = vec![names];
        for content in &mut world.contents {
            content.lose_power(dice);
        }
    }

    pub fn names(&self) -> Vec<String> {
        self.world().names.keys().filter(|name| name.ends_with(".log")).cloned().collect()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let world = self.world();
        world.contents[world.names[name]].current.clone()
    }

    pub fn set_bytes(&self, name: &str, bytes: &[u8]) {
        let mut world = self.world();
        let content =
            Content { durable: bytes.to_vec(), current: bytes.to_vec(), pending: Vec::new() };
        world.contents.push(content);
        let index = world.contents.len() - 1;
        world.names.insert(name.to_owned(), index);
    }

    pub fn take(&self, name: &str) -> Vec<u8> {
        let bytes = self.bytes(name);
        self.world().names.remove(name);
        bytes
    }

    pub fn flip(&self, name: &str, bit: usize) {
        let mut bytes = self.bytes(name);
        bytes[bit / 8] ^= 1 << (bit % 8);
        self.set_bytes(name, &bytes);
    }

    /// An independent disk with the same durable and current bytes.
    pub fn copy(&self) -> FakeDisk {
        let copy = FakeDisk::default();
        for name in self.world().names.keys() {
            copy.world().names.insert(name.clone(), 0);
        }
        let names: Vec<String> = copy.world().names.keys().cloned().collect();
        for name in names {
            copy.set_bytes(&name, &self.bytes(&name));
        }
        copy
    }
}

impl World {
    /// Counts a step that changes something; `Err` with `Some(fail)` when this one is to fail.
    fn step(&mut self, boot: u64, needs_room: bool) -> Result<(), (io::Error, Option<Fail>)> {
        let gone = || io::Error::other("the machine is off");
        if self.down || self.boot != boot {
            return Err((gone(), None));
        }
        self.steps += 1;
        if self.full && needs_room {
            return Err((io::ErrorKind::StorageFull.into(), Some(Fail::Full)));
        }
        match self.fail_at {
            Some((step, fail)) if step <= self.steps => match fail {
                Fail::Power => {
                    self.down = true;
                    Err((gone(), Some(fail)))
                }
                Fail::Io => {
                    self.fail_at = None;
                    Err((io::Error::from_raw_os_error(5), Some(fail)))
                }
                Fail::Full if needs_room => {
                    self.full = true;
                    Err((io::ErrorKind::StorageFull.into(), Some(fail)))
                }
                Fail::Full => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn name_step(&mut self, needs_room: bool) -> io::Result<()> {
        let boot = self.boot;
        self.step(boot, needs_room).map_err(|(error, _)| error)
    }

    fn names_changed(&mut self) {
        self.histories.push(self.names.clone());
    }
}

impl Disk for FakeDisk {
    type File = FakeFile;
    type Lock = FakeLock;

    fn lock(&self) -> io::Result<FakeLock> {
        let mut world = self.world();
        if world.locked {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        world.locked = true;
        if world.histories.is_empty() {
            world.histories = vec![world.names.clone()];
        }
        Ok(FakeLock { world: Arc::clone(&self.0), boot: world.boot })
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.world().names.keys().rev().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<FakeFile> {
        let mut world = self.world();
        world.name_step(true)?;
        if world.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        world.contents.push(Content::default());
        let content = world.contents.len() - 1;
        world.names.insert(name.to_owned(), content);
        world.names_changed();
        Ok(FakeFile { world: Arc::clone(&self.0), content, boot: world.boot })
    }

    fn open(&self, name: &str) -> io::Result<FakeFile> {
        let world = self.world();
        let content = *world.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(FakeFile { world: Arc::clone(&self.0), content, boot: world.boot })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.world();
        world.name_step(false)?;
        world.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        world.names_changed();
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut world = self.world();
        world.name_step(false)?;
        let content = world.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        world.names.insert(to.to_owned(), content);
        world.names_changed();
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut world = self.world();
        world.name_step(false)?;
        world.histories = vec![world.names.clone()];
        Ok(())
    }
}

impl DiskFile for FakeFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.world.lock().unwrap().contents[self.content].current.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let world = self.world.lock().unwrap();
        let bytes = &world.contents[self.content].current;
        let start = usize::try_from(offset).unwrap().min(bytes.len());
        let count = into.len().min(bytes.len() - start);
        into[..count].copy_from_slice(&bytes[start..start + count]);
        Ok(count)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut world = self.world.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        let (kept, result) = match world.step(self.boot, true) {
            Ok(()) => (bytes.len(), Ok(())),
            Err((error, Some(_))) => (bytes.len() / 2, Err(error)),
            Err((error, None)) => (0, Err(error)),
        };
        if kept > 0 {
            world.contents[self.content].change(Change::Write(offset, bytes[..kept].to_vec()));
        }
        result
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut world = self.world.lock().unwrap();
        let step = world.step(self.boot, false);
        let content = &mut world.contents[self.content];
        match step {
            Ok(()) => {
                for change in content.pending.drain(..) {
                    change.apply(&mut content.durable);
                }
                Ok(())
            }
            Err((error, Some(Fail::Io))) => {
                // The page cache keeps the pages and takes them for clean.
                content.pending.clear();
                Err(error)
            }
            Err((error, _)) => Err(error),
        }
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        let mut world = self.world.lock().unwrap();
        world.step(self.boot, false).map_err(|(error, _)| error)?;
        world.contents[self.content].change(Change::Size(usize::try_from(size).unwrap()));
        Ok(())
    }

    fn preallocate(&mut self, size: u64) -> io::Result<()> {
        let mut world = self.world.lock().unwrap();
        world.step(self.boot, true).map_err(|(error, _)| error)?;
        let size = usize::try_from(size).unwrap();
        let content = &mut world.contents[self.content];
        if content.current.len() < size {
            content.change(Change::Size(size));
        }
        Ok(())
    }
}

pub fn options(segment_bytes: u64) -> Options {
    Options { segment_bytes, preallocate: Preallocate::Reserve, ..Options::default() }
}

/// Entries whose content tells their position, so that a reader can check them.
pub fn entries(first: u64, count: u64, length: usize) -> Vec<Entry> {
    (first..first + count)
        .map(|position| {
            let mut payload = format!("entry {position} ").into_bytes();
            payload.resize(payload.len().max(length), b'.');
            Entry { time: Timestamp::from_secs(1_000 + position), payload }
        })
        .collect()
}

pub fn read_all<D: Disk>(log: &SegmentLog<D>) -> Result<Vec<Record>, LogError> {
    log.read(1)?.collect()
}

pub fn same(records: &[Record], entries: &[Entry]) -> bool {
    records.len() == entries.len()
        && (1..).zip(records).zip(entries).all(|((position, record), entry)| {
            record.position == position
                && record.time == entry.time
                && record.payload == entry.payload
        })
}

/// A log of several segments, batches of one to three records, and what went in.
pub fn sample(segment_bytes: u64, batches: u64) -> (FakeDisk, Vec<Entry>) {
    let disk = FakeDisk::default();
    let (mut log, _) = SegmentLog::open(disk.clone(), options(segment_bytes)).unwrap();
    let mut all = Vec::new();
    for batch in 0..batches {
        let length = usize::try_from(20 + batch * 37 % 90).unwrap();
        let batch = entries(log.next_position(), batch % 3 + 1, length);
        log.append(&batch).unwrap();
        all.extend(batch);
    }
    drop(log);
    (disk, all)
}
