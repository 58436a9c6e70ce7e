//! Closed objects, appended once and never changed: a flat space of bytes cut into segment files.
//!
//! An entry is `length u32 | crc32 u32 | id u128 | position u64 | previous + 1 u64 | bytes`, all
//! big-endian; the checksum covers everything after itself. `previous` is the offset of the version
//! before, so that a look-up as of an earlier position walks back. A segment file is named after
//! the offset of its first byte; an entry never spans two segments. The archive is derived: it is
//! synced before a snapshot and rebuilt by replay.

use crate::StateError;
use crate::sync::{lock, read};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

const HEAD: usize = 40;
/// A segment that has reached this many bytes is closed.
const SEGMENT_BYTES: u64 = 256 << 20;
/// The longest object, so that damage cannot ask for all memory.
const MAX_OBJECT_BYTES: usize = 1 << 28;

/// One version of an object as it lies in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub id: u128,
    /// Position of the record that yielded it.
    pub position: u64,
    /// Offset of the version before.
    pub previous: Option<u64>,
    pub bytes: Vec<u8>,
}

/// Where appended bytes go.
#[derive(Debug)]
enum Media {
    Files { directory: PathBuf, segments: BTreeMap<u64, Arc<File>> },
    Memory(Vec<u8>),
}

#[derive(Debug, Default)]
struct Tail {
    /// Appended but not yet written out; starts at offset `written`.
    buffer: Vec<u8>,
    written: u64,
    segment_start: u64,
    /// Segments before this offset are synced and closed.
    synced_from: u64,
}

/// See the module's text. One thread appends, any thread reads what was flushed.
#[derive(Debug)]
pub struct Archive {
    media: RwLock<Media>,
    tail: Mutex<Tail>,
    segment_bytes: u64,
}

impl Archive {
    /// An archive in memory, for tests and the simulator.
    pub fn in_memory() -> Archive {
        Archive {
            media: RwLock::new(Media::Memory(Vec::new())),
            tail: Mutex::default(),
            segment_bytes: u64::MAX,
        }
    }

    /// Opens the archive in `directory` and cuts whatever lies beyond `end`, the first byte that no
    /// index row points at. Bytes from `synced` on may be lost after a power cut and are checked.
    ///
    /// Errors: [`StateError::Damaged`] when bytes below `end` are missing or wrong.
    pub fn open(directory: &Path, end: u64, synced: u64) -> Result<Archive, StateError> {
        Archive::open_with(directory, end, synced, SEGMENT_BYTES)
    }

    fn open_with(
        directory: &Path,
        end: u64,
        synced: u64,
        segment_bytes: u64,
    ) -> Result<Archive, StateError> {
        fs::create_dir_all(directory).map_err(StateError::io("create", directory))?;
        let segments = open_segments(directory, end)?;
        let start = segments.last_key_value().map_or(0, |(start, _)| *start);
        let tail = Tail {
            written: end,
            segment_start: start,
            synced_from: synced.min(end),
            ..Tail::default()
        };
        let archive = Archive {
            media: RwLock::new(Media::Files { directory: directory.to_path_buf(), segments }),
            tail: Mutex::new(tail),
            segment_bytes,
        };
        let mut at = synced.min(end);
        while at < end {
            let version = archive.read(at)?;
            at += HEAD as u64 + version.bytes.len() as u64;
        }
        if at != end {
            return Err(archive.damaged(end, "an entry crosses the end"));
        }
        Ok(archive)
    }

    /// Adds a version and says where. It can be read after [`flush`](Archive::flush).
    pub fn append(&self, version: &Version) -> Result<u64, StateError> {
        self.append_parts(version.id, version.position, version.previous, &version.bytes)
    }

    pub(crate) fn append_parts(
        &self,
        id: u128,
        position: u64,
        previous: Option<u64>,
        bytes: &[u8],
    ) -> Result<u64, StateError> {
        let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= MAX_OBJECT_BYTES);
        let length = length.expect("an archived object is smaller than 256 MiB");
        let mut tail = lock(&self.tail);
        let at = tail.written + tail.buffer.len() as u64;
        if at - tail.segment_start >= self.segment_bytes {
            self.flush_tail(&mut tail)?;
            tail.segment_start = at;
        }
        let start = tail.buffer.len();
        tail.buffer.extend_from_slice(&length.to_be_bytes());
        tail.buffer.extend_from_slice(&[0; 4]);
        tail.buffer.extend_from_slice(&id.to_be_bytes());
        tail.buffer.extend_from_slice(&position.to_be_bytes());
        tail.buffer.extend_from_slice(&previous.map_or(0, |offset| offset + 1).to_be_bytes());
        tail.buffer.extend_from_slice(bytes);
        let sum = crc32fast::hash(&tail.buffer[start + 8..]);
        tail.buffer[start + 4..start + 8].copy_from_slice(&sum.to_be_bytes());
        Ok(at)
    }

    /// Hands all appended bytes to the operating system and says where the archive ends.
    pub fn flush(&self) -> Result<u64, StateError> {
        let mut tail = lock(&self.tail);
        self.flush_tail(&mut tail)?;
        Ok(tail.written)
    }

    fn flush_tail(&self, tail: &mut Tail) -> Result<(), StateError> {
        if tail.buffer.is_empty() {
            return Ok(());
        }
        let mut media = self.media.write().unwrap_or_else(PoisonError::into_inner);
        match &mut *media {
            Media::Memory(bytes) => bytes.extend_from_slice(&tail.buffer),
            Media::Files { directory, segments } => {
                let path = segment_path(directory, tail.segment_start);
                let file = match segments.get(&tail.segment_start) {
                    Some(file) => file.clone(),
                    None => {
                        let file = Arc::new(open_file(&path)?);
                        segments.insert(tail.segment_start, file.clone());
                        file
                    }
                };
                // Written under the lock: readers of older bytes wait for one write at most.
                let at = tail.written - tail.segment_start;
                file.write_all_at(&tail.buffer, at).map_err(StateError::io("write", &path))?;
            }
        }
        tail.written += tail.buffer.len() as u64;
        tail.buffer.clear();
        Ok(())
    }

    /// Reads the version at `offset`, as [`append`](Archive::append) gave it.
    pub fn read(&self, offset: u64) -> Result<Version, StateError> {
        let mut head = [0; HEAD];
        self.read_at(offset, &mut head)?;
        let field = |from: usize| -> u64 {
            u64::from_be_bytes(head[from..from + 8].try_into().expect("eight bytes"))
        };
        let length = usize::try_from(field(0) >> 32).unwrap_or(usize::MAX);
        if length > MAX_OBJECT_BYTES {
            return Err(self.damaged(offset, "the length is out of range"));
        }
        let mut bytes = vec![0; length];
        self.read_at(offset + HEAD as u64, &mut bytes)?;
        let mut sum = crc32fast::Hasher::new();
        sum.update(&head[8..]);
        sum.update(&bytes);
        if u64::from(sum.finalize()) != field(0) & u64::from(u32::MAX) {
            return Err(self.damaged(offset, "the checksum does not match"));
        }
        let previous = field(32).checked_sub(1);
        if previous.is_some_and(|previous| previous >= offset) {
            return Err(self.damaged(offset, "the version before lies behind"));
        }
        let id = (u128::from(field(8)) << 64) | u128::from(field(16));
        Ok(Version { id, position: field(24), previous, bytes })
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), StateError> {
        let file = match &*read(&self.media) {
            Media::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let part = start.checked_add(into.len()).and_then(|end| bytes.get(start..end));
                into.copy_from_slice(part.ok_or_else(|| self.damaged(offset, "beyond the end"))?);
                return Ok(());
            }
            Media::Files { segments, .. } => {
                segments.range(..=offset).next_back().map(|(start, file)| (*start, file.clone()))
            }
        };
        let (start, file) = file.ok_or_else(|| self.damaged(offset, "no segment holds it"))?;
        file.read_exact_at(into, offset - start).map_err(|source| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => self.damaged(offset, "beyond the end"),
            _ => StateError::Io { action: "read", path: self.path_at(offset), source },
        })
    }

    /// Makes everything flushed so far survive a power cut.
    pub fn sync(&self) -> Result<(), StateError> {
        let (from, written) = {
            let tail = lock(&self.tail);
            (tail.synced_from, tail.written)
        };
        // The syncs run outside of both locks, so that neither the writer nor a reader waits.
        let files: Vec<Arc<File>> = match &*read(&self.media) {
            Media::Memory(_) => return Ok(()),
            Media::Files { segments, .. } => {
                let first = segments.range(..=from).next_back().map_or(0, |(start, _)| *start);
                segments.range(first..).map(|(_, file)| file.clone()).collect()
            }
        };
        for file in files {
            file.sync_data().map_err(StateError::io("sync", &self.path_at(from)))?;
        }
        if let Media::Files { directory, .. } = &*read(&self.media) {
            sync_directory(directory)?;
        }
        let mut tail = lock(&self.tail);
        tail.synced_from = tail.synced_from.max(written);
        Ok(())
    }

    fn path_at(&self, offset: u64) -> PathBuf {
        match &*read(&self.media) {
            Media::Memory(_) => PathBuf::from("memory"),
            Media::Files { directory, segments } => {
                let start = segments.range(..=offset).next_back().map_or(0, |(start, _)| *start);
                segment_path(directory, start)
            }
        }
    }

    /// `offset` counts from the beginning of the archive, not of the file.
    fn damaged(&self, offset: u64, reason: &str) -> StateError {
        let path = match self.media.try_read() {
            Ok(media) => match &*media {
                Media::Files { directory, .. } => directory.clone(),
                Media::Memory(_) => PathBuf::from("memory"),
            },
            Err(_) => PathBuf::from("archive"),
        };
        StateError::Damaged { path, offset, reason: reason.to_owned() }
    }
}

fn segment_path(directory: &Path, start: u64) -> PathBuf {
    directory.join(format!("archive-{start:016x}"))
}

fn open_file(path: &Path) -> Result<File, StateError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(StateError::io("open", path))
}

pub(crate) fn sync_directory(directory: &Path) -> Result<(), StateError> {
    let file = File::open(directory).map_err(StateError::io("open", directory))?;
    file.sync_all().map_err(StateError::io("sync", directory))
}

/// Opens the segments below `end` and cuts the rest; every byte below `end` must be there.
fn open_segments(directory: &Path, end: u64) -> Result<BTreeMap<u64, Arc<File>>, StateError> {
    let mut starts = Vec::new();
    for entry in fs::read_dir(directory).map_err(StateError::io("list", directory))? {
        let entry = entry.map_err(StateError::io("list", directory))?;
        let name = entry.file_name();
        let start = name.to_str().and_then(|name| name.strip_prefix("archive-"));
        if let Some(start) = start.and_then(|hex| u64::from_str_radix(hex, 16).ok()) {
            starts.push(start);
        }
    }
    starts.sort_unstable();
    let mut segments = BTreeMap::new();
    let mut at = 0;
    for start in starts {
        let path = segment_path(directory, start);
        if start >= end {
            fs::remove_file(&path).map_err(StateError::io("remove", &path))?;
            continue;
        }
        if start != at {
            let reason = "the segment before it is missing or short".to_owned();
            return Err(StateError::Damaged { path, offset: at, reason });
        }
        let file = open_file(&path)?;
        let length = file.metadata().map_err(StateError::io("measure", &path))?.len();
        at = (start + length).min(end);
        if start + length > end {
            file.set_len(end - start).map_err(StateError::io("cut", &path))?;
        }
        segments.insert(start, Arc::new(file));
    }
    if at < end {
        let reason = "the archive ends before the index does".to_owned();
        return Err(StateError::Damaged { path: directory.to_path_buf(), offset: at, reason });
    }
    Ok(segments)
}

/// Writes a file that is there as a whole or not at all.
pub(crate) fn write_whole(path: &Path, parts: &[&[u8]]) -> Result<(), StateError> {
    let mut file = File::create(path).map_err(StateError::io("create", path))?;
    for part in parts {
        file.write_all(part).map_err(StateError::io("write", path))?;
    }
    file.sync_all().map_err(StateError::io("sync", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: u128, position: u64, previous: Option<u64>) -> Version {
        Version { id, position, previous, bytes: vec![position.to_be_bytes()[7]; 30] }
    }

    #[test]
    fn versions_come_back_from_files_and_from_memory() {
        let directory = tempfile::tempdir().unwrap();
        for archive in
            [Archive::in_memory(), Archive::open_with(directory.path(), 0, 0, 100).unwrap()]
        {
            let first = archive.append(&version(7, 1, None)).unwrap();
            archive.flush().unwrap();
            let mut offsets = vec![first];
            for position in 2..20 {
                let previous = offsets.last().copied();
                offsets.push(archive.append(&version(7, position, previous)).unwrap());
            }
            let end = archive.flush().unwrap();
            assert_eq!(end, 19 * 70);
            archive.sync().unwrap();
            let newest = archive.read(offsets[18]).unwrap();
            assert_eq!(newest, version(7, 19, Some(offsets[17])));
            assert_eq!(archive.read(offsets[0]).unwrap(), version(7, 1, None));
        }
        assert!(fs::read_dir(directory.path()).unwrap().count() > 5, "segments were rolled");
        let again = Archive::open_with(directory.path(), 19 * 70, 0, 100).unwrap();
        assert_eq!(again.read(18 * 70).unwrap().position, 19);
        assert_eq!(again.append(&version(8, 20, None)).unwrap(), 19 * 70);
        again.flush().unwrap();
        // What the index does not know is cut away.
        let shorter = Archive::open_with(directory.path(), 3 * 70, 0, 100).unwrap();
        assert!(shorter.read(3 * 70).is_err());
        assert_eq!(shorter.append(&version(9, 4, None)).unwrap(), 3 * 70);
    }

    #[test]
    fn every_flipped_byte_and_every_lost_byte_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let archive = Archive::open_with(directory.path(), 0, 0, 100).unwrap();
        for position in 1..=4 {
            archive.append(&version(position.into(), position, None)).unwrap();
        }
        let end = archive.flush().unwrap();
        drop(archive);
        let path = segment_path(directory.path(), 140);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(Archive::open_with(directory.path(), end, 0, 100).unwrap_err().is_damage());
            fs::write(&path, &good[..at]).unwrap();
            assert!(Archive::open_with(directory.path(), end, 0, 100).unwrap_err().is_damage());
        }
        fs::remove_file(&path).unwrap();
        assert!(Archive::open_with(directory.path(), end, 0, 100).unwrap_err().is_damage());
        fs::write(&path, &good).unwrap();
        Archive::open_with(directory.path(), end, 0, 100).unwrap();
    }
}
