//! Snapshots of a machine: whole, checksummed, and only ever replaced by a newer one.
//!
//! A file `snapshot-<position>` is
//! `"DHOWSNAP" | version u16 | kind length u8, kind | position u64 | time u64 | length u64 |
//! crc32 of all that`, then the machine's bytes in chunks of 1 MiB, each followed by its crc32;
//! numbers are big-endian. It is written beside its name, synced, renamed, and the directory
//! synced. The newest two are kept: a damaged one is passed over and the log makes up for it.

use crate::StateError;
use crate::archive::sync_directory;
use base::{Machine, Stamp, Timestamp, decode_all, encode};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"DHOWSNAP";
const VERSION: u16 = 1;
const CHUNK: usize = 1 << 20;
const KEPT: usize = 2;

/// The snapshots of one machine.
#[derive(Clone, Debug)]
pub struct SnapshotDir {
    directory: PathBuf,
    kind: String,
}

/// A snapshot that could not be used: damage is reported, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub path: PathBuf,
    pub reason: String,
}

/// What was found at a start.
pub struct Loaded<M> {
    /// The newest good snapshot.
    pub newest: Option<(M, Stamp)>,
    /// Newer ones that were passed over.
    pub refused: Vec<Refused>,
}

impl SnapshotDir {
    /// For reading beside the program that writes: nothing is created or cleaned up.
    pub fn existing(directory: &Path, kind: &str) -> SnapshotDir {
        SnapshotDir { directory: directory.to_path_buf(), kind: kind.to_owned() }
    }

    /// `kind` names the machine, at most 255 bytes: a snapshot of another kind is refused.
    pub fn new(directory: &Path, kind: &str) -> Result<SnapshotDir, StateError> {
        assert!(kind.len() <= 255, "the name of a machine's kind has at most 255 bytes");
        fs::create_dir_all(directory).map_err(StateError::io("create", directory))?;
        for entry in fs::read_dir(directory).map_err(StateError::io("list", directory))?.flatten() {
            let path = entry.path();
            // Half-written when the process ended.
            if path.extension().is_some_and(|extension| extension == "tmp") {
                fs::remove_file(&path).map_err(StateError::io("remove", &path))?;
            }
        }
        Ok(SnapshotDir { directory: directory.to_path_buf(), kind: kind.to_owned() })
    }

    /// Reads the newest good snapshot. Errors: when it is ahead of the log, which ends at `log_end`
    /// and has then lost acknowledged records; when the disk refuses.
    pub fn load<M: Machine>(&self, log_end: u64) -> Result<Loaded<M>, StateError> {
        let mut refused = Vec::new();
        for position in self.positions()?.into_iter().rev() {
            let path = self.path(position);
            match self.read(position)? {
                Ok(_) if position > log_end => {
                    return Err(StateError::AheadOfLog { path, position, log_end });
                }
                Ok(newest) => return Ok(Loaded { newest: Some(newest), refused }),
                Err(reason) => refused.push(Refused { path, reason }),
            }
        }
        Ok(Loaded { newest: None, refused })
    }

    /// Reads the newest good snapshot of a position not after `until`. Damaged ones are passed over.
    pub fn load_until<M: Machine>(&self, until: u64) -> Result<Option<(M, Stamp)>, StateError> {
        for position in self.positions()?.into_iter().rev().filter(|position| *position <= until) {
            if let Ok(found) = self.read(position)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The snapshot in a file, or why it cannot be used.
    fn read<M: Machine>(&self, position: u64) -> Result<Result<(M, Stamp), String>, StateError> {
        let path = self.path(position);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Err("a newer one has taken its place".to_owned()));
            }
            Err(error) => return Err(StateError::io("open", &path)(error)),
        };
        let whole = self.parse(&mut BufReader::with_capacity(CHUNK, file));
        Ok(whole.and_then(|(stamp, body)| {
            if stamp.position != position {
                return Err(format!("it says that it is of position {}", stamp.position));
            }
            let machine = decode_all::<M>(&body).map_err(|error| error.to_string())?;
            Ok((machine, stamp))
        }))
    }

    /// Writes a snapshot so that it survives a power cut, then drops all but the newest two.
    ///
    /// Index and archive must have been synced beyond `stamp.position` before.
    pub fn write<M: Machine>(&self, machine: &M, stamp: Stamp) -> Result<PathBuf, StateError> {
        let body = encode(machine);
        let path = self.path(stamp.position);
        let beside = path.with_extension("tmp");
        let file = File::create(&beside).map_err(StateError::io("create", &beside))?;
        let mut out = BufWriter::with_capacity(CHUNK, file);
        let written = self.write_parts(&mut out, &body, stamp).and_then(|()| {
            out.flush()?;
            out.get_ref().sync_all()
        });
        written.map_err(StateError::io("write", &beside))?;
        fs::rename(&beside, &path).map_err(StateError::io("rename", &beside))?;
        sync_directory(&self.directory)?;
        let positions = self.positions()?;
        for old in positions.iter().rev().skip(KEPT) {
            let path = self.path(*old);
            fs::remove_file(&path).map_err(StateError::io("remove", &path))?;
        }
        Ok(path)
    }

    fn write_parts(&self, out: &mut dyn Write, body: &[u8], stamp: Stamp) -> std::io::Result<()> {
        let head = self.head(stamp, body.len() as u64);
        out.write_all(&head)?;
        out.write_all(&crc32fast::hash(&head).to_be_bytes())?;
        for chunk in body.chunks(CHUNK) {
            out.write_all(chunk)?;
            out.write_all(&crc32fast::hash(chunk).to_be_bytes())?;
        }
        Ok(())
    }

    fn head(&self, stamp: Stamp, length: u64) -> Vec<u8> {
        let mut head = Vec::with_capacity(64);
        head.extend_from_slice(MAGIC);
        head.extend_from_slice(&VERSION.to_be_bytes());
        head.push(u8::try_from(self.kind.len()).expect("checked when the directory was made"));
        head.extend_from_slice(self.kind.as_bytes());
        head.extend_from_slice(&stamp.position.to_be_bytes());
        head.extend_from_slice(&stamp.time.nanos().to_be_bytes());
        head.extend_from_slice(&length.to_be_bytes());
        head
    }

    /// Checks every byte; gives the stamp and the machine's bytes, or says what is wrong.
    fn parse(&self, input: &mut dyn Read) -> Result<(Stamp, Vec<u8>), String> {
        let mut head = vec![0; MAGIC.len() + 3 + self.kind.len() + 24];
        take(input, &mut head)?;
        let numbers = head.split_at(head.len() - 24).1;
        let number =
            |at: usize| u64::from_be_bytes(numbers[at..at + 8].try_into().expect("eight bytes"));
        let stamp = Stamp { position: number(0), time: Timestamp::from_nanos(number(8)) };
        let length = number(16);
        if head != self.head(stamp, length) {
            return Err(format!("it is not a snapshot of {} in version {VERSION}", self.kind));
        }
        check_sum(input, &head).map_err(|reason| format!("its head: {reason}"))?;
        let mut body = Vec::new();
        while (body.len() as u64) < length {
            let start = body.len();
            // Grows chunk by chunk: a damaged length cannot ask for all memory.
            let size = usize::try_from(length - start as u64).unwrap_or(CHUNK).min(CHUNK);
            body.resize(start + size, 0);
            take(input, &mut body[start..])?;
            check_sum(input, &body[start..]).map_err(|reason| format!("byte {start}: {reason}"))?;
        }
        match input.read(&mut [0]) {
            Ok(0) => Ok((stamp, body)),
            Ok(_) => Err("bytes follow its end".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Positions of the snapshots there are, oldest first. Half-written ones do not count.
    fn positions(&self) -> Result<Vec<u64>, StateError> {
        let directory = &self.directory;
        let mut positions = Vec::new();
        for entry in fs::read_dir(directory).map_err(StateError::io("list", directory))? {
            let entry = entry.map_err(StateError::io("list", directory))?;
            let name = entry.file_name();
            let digits = name.to_str().and_then(|name| name.strip_prefix("snapshot-"));
            positions.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
        }
        positions.sort_unstable();
        Ok(positions)
    }

    fn path(&self, position: u64) -> PathBuf {
        self.directory.join(format!("snapshot-{position:020}"))
    }
}

fn take(input: &mut dyn Read, into: &mut [u8]) -> Result<(), String> {
    input.read_exact(into).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "it is too short".to_owned(),
        _ => error.to_string(),
    })
}

/// Reads four bytes, which must be the checksum of `bytes`.
fn check_sum(input: &mut dyn Read, bytes: &[u8]) -> Result<(), String> {
    let mut sum = [0; 4];
    take(input, &mut sum)?;
    match u32::from_be_bytes(sum) == crc32fast::hash(bytes) {
        true => Ok(()),
        false => Err("the checksum does not match".to_owned()),
    }
}
