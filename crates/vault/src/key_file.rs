//! The persons' keys, wrapped by the master key: slots of a fixed size in one file, overwritten in
//! place when a person is erased.
//!
//! A slot is 128 bytes and never crosses a sector, so that a power cut leaves the old or the new
//! slot. Slot 0 tells the master key: it seals zeros. Which slot is whose stands in the store.

use crate::VaultError;
use crate::seal::{KEY_BYTES, SEAL_BYTES, Seal, random};
use ids::PersonId;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const SLOT_BYTES: usize = 128;
const MAGIC: [u8; 8] = *b"DHOWKEY1";
/// First byte of a slot that holds a key; an empty slot is zeros.
const HELD: u8 = 1;
const OWNER_AT: usize = 1;
const KEY_AT: usize = 17;
const KEY_END: usize = KEY_AT + SEAL_BYTES + KEY_BYTES;

pub(crate) struct KeyFile {
    path: PathBuf,
    file: File,
    wrap: Seal,
    /// After a failed write or sync nobody knows what is on the disk.
    is_broken: AtomicBool,
}

impl KeyFile {
    /// Opens the file, or makes it when `may_create`.
    pub(crate) fn open(
        directory: &Path,
        wrap: Seal,
        may_create: bool,
    ) -> Result<KeyFile, VaultError> {
        let path = directory.join("keys");
        if !path.exists() {
            if !may_create {
                return Err(VaultError::damaged("the missing key file", path.to_string_lossy()));
            }
            create(directory, &path, &wrap)?;
        }
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(VaultError::io("opening", &path))?;
        let keys = KeyFile { path, file, wrap, is_broken: AtomicBool::new(false) };
        keys.check_master_key()?;
        Ok(keys)
    }

    fn check_master_key(&self) -> Result<(), VaultError> {
        let head = self.read(0)?;
        if head[..MAGIC.len()] != MAGIC {
            return Err(VaultError::damaged("the head", self.path.to_string_lossy()));
        }
        let sealed = &head[MAGIC.len()..MAGIC.len() + SEAL_BYTES + KEY_BYTES];
        match self.wrap.open::<[u8; KEY_BYTES]>(&MAGIC, sealed) {
            Some(_) => Ok(()),
            None => Err(VaultError::WrongMasterKey { path: self.path.clone() }),
        }
    }

    /// The first slot behind all that were ever used.
    pub(crate) fn end(&self) -> Result<u64, VaultError> {
        let meta = self.file.metadata().map_err(VaultError::io("asking for", &self.path))?;
        Ok(meta.len().div_ceil(SLOT_BYTES as u64))
    }

    /// Draws a key for a person and puts it, wrapped, into a slot. Synced when it returns.
    pub(crate) fn make(&self, slot: u64, owner: PersonId) -> Result<Seal, VaultError> {
        let mut key: [u8; KEY_BYTES] = random()?;
        let wrapped = self.wrap.seal(&place(slot, owner), &key)?;
        let seal = Seal::new(&key)?;
        forget(&mut key);
        let mut bytes = [0; SLOT_BYTES];
        bytes[0] = HELD;
        bytes[OWNER_AT..KEY_AT].copy_from_slice(&owner.as_u128().to_be_bytes());
        bytes[KEY_AT..KEY_END].copy_from_slice(&wrapped);
        self.write(slot, &bytes)?;
        Ok(seal)
    }

    /// The key in a person's slot. `None`: the slot is empty.
    pub(crate) fn get(&self, slot: u64, owner: PersonId) -> Result<Option<Seal>, VaultError> {
        let bytes = self.read(slot)?;
        if bytes == [0; SLOT_BYTES] {
            return Ok(None);
        }
        let damaged = || VaultError::damaged("the key of a person", format!("slot {slot}"));
        let is_held = bytes[0] == HELD && bytes[KEY_END..].iter().all(|byte| *byte == 0);
        let is_owner = bytes[OWNER_AT..KEY_AT] == owner.as_u128().to_be_bytes();
        if !is_held || !is_owner {
            return Err(damaged());
        }
        let key = self.wrap.open(&place(slot, owner), &bytes[KEY_AT..KEY_END]);
        let mut key: [u8; KEY_BYTES] = key.ok_or_else(damaged)?;
        let seal = Seal::new(&key);
        forget(&mut key);
        seal.map(Some)
    }

    /// Overwrites a slot with zeros. Synced when it returns.
    pub(crate) fn erase(&self, slot: u64) -> Result<(), VaultError> {
        self.write(slot, &[0; SLOT_BYTES])
    }

    fn read(&self, slot: u64) -> Result<[u8; SLOT_BYTES], VaultError> {
        let mut bytes = [0; SLOT_BYTES];
        let read = self.file.read_exact_at(&mut bytes, offset(slot));
        match read {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(VaultError::damaged("the end", self.path.to_string_lossy()))
            }
            Err(error) => Err(VaultError::io("reading", &self.path)(error)),
        }
    }

    fn write(&self, slot: u64, bytes: &[u8; SLOT_BYTES]) -> Result<(), VaultError> {
        if self.is_broken.load(Ordering::Acquire) {
            return Err(VaultError::Broken { path: self.path.clone() });
        }
        let written = self.file.write_all_at(bytes, offset(slot));
        written.and_then(|()| self.file.sync_data()).map_err(|error| {
            self.is_broken.store(true, Ordering::Release);
            VaultError::io("writing", &self.path)(error)
        })
    }
}

/// Writes the head to a file aside and moves it into place: there is no half-made key file.
fn create(directory: &Path, path: &Path, wrap: &Seal) -> Result<(), VaultError> {
    let mut head = [0; SLOT_BYTES];
    let sealed = wrap.seal(&MAGIC, &[0u8; KEY_BYTES])?;
    head[..MAGIC.len()].copy_from_slice(&MAGIC);
    head[MAGIC.len()..MAGIC.len() + sealed.len()].copy_from_slice(&sealed);
    let new = directory.join("keys.new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(&head)?;
        file.sync_all()
    });
    written.map_err(VaultError::io("writing", &new))?;
    std::fs::rename(&new, path).map_err(VaultError::io("renaming", &new))?;
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(VaultError::io("syncing", directory))
}

fn offset(slot: u64) -> u64 {
    slot * SLOT_BYTES as u64
}

/// What a wrapped key is bound to.
fn place(slot: u64, owner: PersonId) -> Vec<u8> {
    [&b"key"[..], &slot.to_be_bytes(), &owner.as_u128().to_be_bytes()].concat()
}

/// Overwrites a key in memory; the black box keeps the compiler from leaving that out.
fn forget(key: &mut [u8; KEY_BYTES]) {
    key.fill(0);
    std::hint::black_box(key);
}
