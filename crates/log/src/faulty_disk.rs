//! A disk in memory that loses, tears and refuses as real ones do: for tests and simulators.
//!
//! What was synced stays. Of what was written since, a power cut keeps any part, sector by sector.
//! After a failed sync the page cache still shows what the disk does not hold. Names are durable
//! only after the directory was synced.

use crate::{Disk, DiskFile};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is written or lost as a whole.
const SECTOR: usize = 512;

/// What the disk does at a chosen step instead of obeying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// The power goes: a write keeps a part, and nothing answers until the power is back.
    Power,
    /// One step fails with an I/O error; a failed sync forgets what it should have made durable.
    Io,
    /// Steps that need room fail until the process is started again.
    Full,
}

#[derive(Clone)]
enum Change {
    Bytes { at: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Bytes { at, bytes } => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Change::Length(length) => content.resize(*length, 0),
        }
    }
}

#[derive(Default)]
struct Content {
    durable: Vec<u8>,
    cached: Vec<u8>,
    unsynced: Vec<Change>,
}

impl Content {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.cached);
        self.unsynced.push(change);
    }

    fn lose_power(&mut self, below: &mut dyn FnMut(u64) -> u64) {
        // From nothing to everything, so that both ends are met often.
        let kept_of_8 = below(9);
        for change in std::mem::take(&mut self.unsynced) {
            match change {
                Change::Length(_) if below(8) < kept_of_8 => change.apply(&mut self.durable),
                Change::Length(_) => {}
                Change::Bytes { at, bytes } => {
                    let mut from = 0;
                    while from < bytes.len() {
                        let border = SECTOR - (at + from) % SECTOR;
                        let to = bytes.len().min(from + border);
                        if below(8) < kept_of_8 {
                            let part = bytes[from..to].to_vec();
                            Change::Bytes { at: at + from, bytes: part }.apply(&mut self.durable);
                        }
                        from = to;
                    }
                }
            }
        }
        self.cached.clone_from(&self.durable);
    }
}

type Names = BTreeMap<String, usize>;

#[derive(Default)]
struct Platter {
    contents: Vec<Content>,
    names: Names,
    /// The names as they were after each change since the directory was synced, the synced ones
    /// first.
    past_names: Vec<Names>,
    is_locked: bool,
    is_down: bool,
    is_full: bool,
    armed: Option<(u64, DiskFault)>,
    steps: u64,
    boot: u64,
}

/// How a step failed, and whether the fault was made here and now.
type Refused = (io::Error, Option<DiskFault>);

impl Platter {
    fn step(&mut self, boot: u64, needs_room: bool) -> Result<(), Refused> {
        if self.is_down || self.boot != boot {
            return Err((io::Error::other("the machine is off"), None));
        }
        self.steps += 1;
        if self.is_full && needs_room {
            return Err((io::ErrorKind::StorageFull.into(), Some(DiskFault::Full)));
        }
        let Some((_, fault)) = self.armed.filter(|(step, _)| *step <= self.steps) else {
            return Ok(());
        };
        match fault {
            DiskFault::Power => {
                self.is_down = true;
                Err((io::Error::other("the machine is off"), Some(fault)))
            }
            DiskFault::Io => {
                self.armed = None;
                Err((io::Error::from_raw_os_error(5), Some(fault)))
            }
            DiskFault::Full if needs_room => {
                self.is_full = true;
                Err((io::ErrorKind::StorageFull.into(), Some(fault)))
            }
            DiskFault::Full => Ok(()),
        }
    }

    fn name_step(&mut self, needs_room: bool) -> io::Result<()> {
        self.step(self.boot, needs_room).map_err(|(error, _)| error)
    }

    fn names_changed(&mut self) {
        self.past_names.push(self.names.clone());
    }
}

/// Clones are handles on the same disk.
#[derive(Clone, Default)]
pub struct FaultyDisk {
    platter: Arc<Mutex<Platter>>,
}

/// An open file of a [`FaultyDisk`].
pub struct FaultyFile {
    platter: Arc<Mutex<Platter>>,
    content: usize,
    boot: u64,
}

/// The lock of a [`FaultyDisk`]'s directory.
pub struct FaultyLock {
    platter: Arc<Mutex<Platter>>,
    boot: u64,
}

fn locked(platter: &Mutex<Platter>) -> MutexGuard<'_, Platter> {
    platter.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for FaultyLock {
    fn drop(&mut self) {
        let mut platter = locked(&self.platter);
        if platter.boot == self.boot {
            platter.is_locked = false;
        }
    }
}

impl FaultyDisk {
    /// Lets the step with this number, counted from now, fail.
    pub fn arm(&self, steps: u64, fault: DiskFault) {
        let mut platter = locked(&self.platter);
        platter.armed = Some((platter.steps + steps, fault));
    }

    /// Takes an armed fault away.
    pub fn disarm(&self) {
        locked(&self.platter).armed = None;
    }

    /// Steps so far: everything that changes files or names.
    pub fn steps(&self) -> u64 {
        locked(&self.platter).steps
    }

    /// What a reader sees in a file; panics when there is none of this name.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let platter = locked(&self.platter);
        platter.contents[platter.names[name]].cached.clone()
    }

    /// Puts a file there, durably, in place of one with this name.
    pub fn set_bytes(&self, name: &str, bytes: &[u8]) {
        let mut platter = locked(&self.platter);
        let (durable, cached) = (bytes.to_vec(), bytes.to_vec());
        let content = platter.contents.len();
        platter.contents.push(Content { durable, cached, unsynced: Vec::new() });
        platter.names.insert(name.to_owned(), content);
    }

    /// Takes a file away and says what a reader saw in it.
    pub fn take(&self, name: &str) -> Vec<u8> {
        let bytes = self.bytes(name);
        locked(&self.platter).names.remove(name);
        bytes
    }

    /// An independent disk with what a reader sees now, all of it durable.
    pub fn copy(&self) -> FaultyDisk {
        let copy = FaultyDisk::default();
        let names: Vec<String> = locked(&self.platter).names.keys().cloned().collect();
        names.iter().for_each(|name| copy.set_bytes(name, &self.bytes(name)));
        copy
    }

    /// Did the power go?
    pub fn is_down(&self) -> bool {
        locked(&self.platter).is_down
    }

    /// The process dies and the machine goes on: whatever was written can still be read.
    pub fn kill_process(&self) {
        let mut platter = locked(&self.platter);
        platter.is_locked = false;
        platter.is_down = false;
        platter.is_full = false;
        platter.armed = None;
        platter.boot += 1;
    }

    /// The machine dies: of what was not synced any part may be there. Which, is drawn from `below`:
    /// a number from 0 up to its argument, without it.
    pub fn cut_power(&self, below: &mut dyn FnMut(u64) -> u64) {
        self.kill_process();
        let mut platter = locked(&self.platter);
        let past = platter.past_names.len();
        if past > 0 {
            // The newest is the likeliest, as on a disk that writes soon.
            let kept = place(below(past as u64 + 1)).min(past - 1);
            platter.names = platter.past_names[kept].clone();
        }
        platter.past_names = vec![platter.names.clone()];
        for content in &mut platter.contents {
            content.lose_power(below);
        }
    }
}

impl Disk for FaultyDisk {
    type File = FaultyFile;
    type Lock = FaultyLock;

    fn lock(&self) -> io::Result<FaultyLock> {
        let mut platter = locked(&self.platter);
        if platter.is_locked {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        platter.is_locked = true;
        if platter.past_names.is_empty() {
            platter.past_names = vec![platter.names.clone()];
        }
        Ok(FaultyLock { platter: Arc::clone(&self.platter), boot: platter.boot })
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(locked(&self.platter).names.keys().rev().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<FaultyFile> {
        let mut platter = locked(&self.platter);
        platter.name_step(true)?;
        if platter.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let content = platter.contents.len();
        platter.contents.push(Content::default());
        platter.names.insert(name.to_owned(), content);
        platter.names_changed();
        Ok(FaultyFile { platter: Arc::clone(&self.platter), content, boot: platter.boot })
    }

    fn open(&self, name: &str) -> io::Result<FaultyFile> {
        let platter = locked(&self.platter);
        let content = *platter.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(FaultyFile { platter: Arc::clone(&self.platter), content, boot: platter.boot })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut platter = locked(&self.platter);
        platter.name_step(false)?;
        platter.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        platter.names_changed();
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut platter = locked(&self.platter);
        platter.name_step(false)?;
        let content = platter.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        platter.names.insert(to.to_owned(), content);
        platter.names_changed();
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut platter = locked(&self.platter);
        platter.name_step(false)?;
        platter.past_names = vec![platter.names.clone()];
        Ok(())
    }
}

/// No file of a simulated disk is longer than memory.
fn place(offset: u64) -> usize {
    usize::try_from(offset).expect("files in memory are short")
}

impl DiskFile for FaultyFile {
    fn size(&self) -> io::Result<u64> {
        Ok(locked(&self.platter).contents[self.content].cached.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let platter = locked(&self.platter);
        let bytes = &platter.contents[self.content].cached;
        let start = place(offset).min(bytes.len());
        let count = into.len().min(bytes.len() - start);
        into[..count].copy_from_slice(&bytes[start..start + count]);
        Ok(count)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut platter = locked(&self.platter);
        let (kept, done) = match platter.step(self.boot, true) {
            Ok(()) => (bytes.len(), Ok(())),
            Err((error, Some(_))) => (bytes.len() / 2, Err(error)),
            Err((error, None)) => (0, Err(error)),
        };
        if kept > 0 {
            let change = Change::Bytes { at: place(offset), bytes: bytes[..kept].to_vec() };
            platter.contents[self.content].change(change);
        }
        done
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut platter = locked(&self.platter);
        let step = platter.step(self.boot, false);
        let content = &mut platter.contents[self.content];
        match step {
            Ok(()) => {
                for change in content.unsynced.drain(..) {
                    change.apply(&mut content.durable);
                }
                Ok(())
            }
            Err((error, Some(DiskFault::Io))) => {
                // The page cache keeps the pages and takes them for clean.
                content.unsynced.clear();
                Err(error)
            }
            Err((error, _)) => Err(error),
        }
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        let mut platter = locked(&self.platter);
        platter.step(self.boot, false).map_err(|(error, _)| error)?;
        platter.contents[self.content].change(Change::Length(place(size)));
        Ok(())
    }

    fn preallocate(&mut self, size: u64) -> io::Result<()> {
        let mut platter = locked(&self.platter);
        platter.step(self.boot, true).map_err(|(error, _)| error)?;
        let content = &mut platter.contents[self.content];
        if content.cached.len() < place(size) {
            content.change(Change::Length(place(size)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(disk: &FaultyDisk) -> Vec<u8> {
        let file = disk.open("a").unwrap();
        let mut bytes = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
        file.read_at(0, &mut bytes).unwrap();
        bytes
    }

    /// Fixed numbers, another row for each seed.
    fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
        let mut word = seed;
        move |bound| {
            word = <u64 as base::Key>::mix(word);
            word % bound
        }
    }

    #[test]
    fn a_power_cut_keeps_what_was_synced_and_any_part_of_the_rest() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..64 {
            let disk = FaultyDisk::default();
            let _lock = disk.lock().unwrap();
            let mut file = disk.create("a").unwrap();
            disk.sync_dir().unwrap();
            file.write_at(0, &[1; SECTOR]).unwrap();
            file.sync_data().unwrap();
            file.write_at(SECTOR as u64, &[2; SECTOR]).unwrap();
            disk.cut_power(&mut numbers(seed));
            let left = bytes(&disk);
            assert_eq!(left[..SECTOR], [1; SECTOR]);
            seen.insert(left.len());
            assert!(file.write_at(0, &[3]).is_err(), "a file of before the cut is closed");
        }
        assert_eq!(seen, [SECTOR, 2 * SECTOR].into());
    }

    #[test]
    fn a_failed_sync_loses_what_the_cache_still_shows() {
        let disk = FaultyDisk::default();
        let mut file = disk.create("a").unwrap();
        disk.sync_dir().unwrap();
        file.write_at(0, b"x").unwrap();
        disk.arm(1, DiskFault::Io);
        assert!(file.sync_data().is_err());
        assert!(file.sync_data().is_ok(), "the second one lies");
        assert_eq!(bytes(&disk), b"x");
        disk.cut_power(&mut numbers(1));
        assert_eq!(bytes(&disk), b"");
    }
}
