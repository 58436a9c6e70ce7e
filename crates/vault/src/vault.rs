//! The vault as a whole: opening, making and erasing persons, and how a person's records are
//! reached.

use crate::alias::{Alias, Claim};
use crate::key_file::KeyFile;
use crate::pin::PinHasher;
use crate::seal::{KEY_BYTES, Seal, derived};
use crate::store::{Batch, Space, Store};
use crate::sync::{Shards, lock};
use crate::{Profile, Settings, VaultError};
use aws_lc_rs::hmac;
use base::Codec;
use ids::PersonId;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

/// Rows that one batch of an erasure removes.
const ERASED_AT_ONCE: usize = 1_000;
/// First byte of the mark of a person whose erasure has begun.
const ERASING: u8 = b'e';
/// First byte of the mark of a free slot.
const FREE: u8 = b'f';

/// What a record is. The numbers are frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Profile = 1,
    Pin = 2,
    Device = 3,
    Session = 4,
    Note = 5,
    Alias = 6,
    Document = 7,
}

impl Kind {
    fn what(self) -> &'static str {
        match self {
            Kind::Profile => "a profile",
            Kind::Pin => "a PIN hash",
            Kind::Device => "a device",
            Kind::Session => "a session",
            Kind::Note => "a note",
            Kind::Alias => "an alias",
            Kind::Document => "a document",
        }
    }

    fn space(self) -> Space {
        if self == Kind::Document { Space::Documents } else { Space::Records }
    }
}

/// Personal data and secrets of customers. See the crate's text.
pub struct Vault {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    keys: KeyFile,
    slots: Mutex<Slots>,
    persons: Shards,
    pub(crate) aliases: Shards,
    pub(crate) codes: Shards,
    /// Makes digests of aliases and one-time codes.
    pub(crate) digests: hmac::Key,
    /// Seals what belongs to no person yet.
    pub(crate) shared: Seal,
    pub(crate) pins: PinHasher,
}

/// Slots of the key file that nobody has.
struct Slots {
    free: Vec<u64>,
    end: u64,
}

/// One person's records, for as long as nobody else changes them.
pub(crate) struct Held<'a> {
    store: &'a Store,
    person: PersonId,
    seal: Seal,
    _guard: MutexGuard<'a, ()>,
}

impl Vault {
    /// Opens or creates the vault in a directory, with the settings of [`Settings::default`].
    ///
    /// Errors: [`VaultError::WrongMasterKey`], [`VaultError::Locked`] when another process has it,
    /// damage, and faults of the disk.
    pub fn open(directory: &Path, master_key: [u8; KEY_BYTES]) -> Result<Vault, VaultError> {
        Vault::open_with(directory, master_key, Settings::default())
    }

    /// Like [`Vault::open`], with other settings.
    pub fn open_with(
        directory: &Path,
        master_key: [u8; KEY_BYTES],
        settings: Settings,
    ) -> Result<Vault, VaultError> {
        let pins = PinHasher::new(settings.pin)?;
        let made = std::fs::create_dir_all(directory);
        made.map_err(VaultError::io("creating", directory))?;
        let key = |label: &str| derived(&master_key, label);
        // The head of the key file is read first: a wrong master key must not touch the store.
        let is_new = !directory.join("store").exists();
        let keys = KeyFile::open(directory, Seal::new(&key("persons' keys"))?, is_new)?;
        let end = keys.end()?;
        if is_new && end > 1 {
            return Err(VaultError::damaged("the missing store", directory.to_string_lossy()));
        }
        let store = Store::open(directory)?;
        let slots = Mutex::new(Slots { free: Vec::new(), end });
        let vault = Vault {
            store,
            settings,
            keys,
            slots,
            persons: Shards::new(),
            aliases: Shards::new(),
            codes: Shards::new(),
            digests: hmac::Key::new(hmac::HMAC_SHA256, &key("digests")),
            shared: Seal::new(&key("shared records"))?,
            pins,
        };
        vault.finish_erasures()?;
        vault.load_free_slots()?;
        Ok(vault)
    }

    /// Makes a person, with a first alias if one is given: all of it or nothing.
    ///
    /// Of two that claim one alias at the same time one is made, the other is told
    /// [`Claim::Taken`]. Errors: [`VaultError::KnownPerson`].
    pub fn create(
        &self,
        person: PersonId,
        profile: &Profile,
        alias: Option<&Alias>,
    ) -> Result<Claim, VaultError> {
        let guard = self.lock(person);
        let row = person_key(person);
        if self.store.get(Space::Slots, &row)?.is_some() {
            return Err(VaultError::KnownPerson);
        }
        let digest = alias.map(|alias| self.alias_digest(alias));
        let _alias_guard = digest.map(|digest| self.aliases.lock(digest[0]));
        if let Some(digest) = digest
            && self.alias_owner(&digest)?.is_some()
        {
            return Ok(Claim::Taken);
        }
        let slot = self.take_slot();
        // A power cut between key and batch leaves a key that was never used.
        let seal = self.keys.make(slot, person)?;
        let held = Held { store: &self.store, person, seal, _guard: guard };
        let mut batch = Batch::new();
        batch.put(Space::Slots, &row, slot.to_be_bytes().to_vec());
        batch.remove(Space::Marks, &free_mark(slot));
        held.put(&mut batch, Kind::Profile, &[], profile)?;
        if let (Some(alias), Some(digest)) = (alias, digest) {
            self.put_alias(&held, &mut batch, alias, &digest)?;
        }
        self.store.commit(batch)?;
        Ok(Claim::Claimed)
    }

    /// Is there such a person?
    pub fn exists(&self, person: PersonId) -> Result<bool, VaultError> {
        Ok(self.hold(person)?.is_some())
    }

    /// Erases a person: the key for ever, then aliases, sessions and records. `false`: there was
    /// nobody.
    ///
    /// Once it returns the wrapped key's bytes are overwritten and synced. Once it has begun, a
    /// power cut does not stop it: the next opening finishes it.
    pub fn erase(&self, person: PersonId) -> Result<bool, VaultError> {
        let guard = self.lock(person);
        let Some(slot) = self.slot(person)? else { return Ok(false) };
        self.begin_erasure(person)?;
        self.finish_erasure(person, slot)?;
        lock(&self.slots).free.push(slot);
        drop(guard);
        Ok(true)
    }

    /// From here the person is gone for everybody, and a power cut does not bring it back.
    pub(crate) fn begin_erasure(&self, person: PersonId) -> Result<(), VaultError> {
        let mut batch = Batch::new();
        batch.put(Space::Marks, &erasing_mark(person), Vec::new());
        self.store.commit(batch)
    }

    fn finish_erasure(&self, person: PersonId, slot: u64) -> Result<(), VaultError> {
        self.keys.erase(slot)?;
        let row = person_key(person);
        // Where they lead stands in their keys, so that damaged records are no obstacle.
        for digest in self.digests_of(person, Kind::Alias)? {
            self.drop_alias(person, &digest)?;
        }
        for space in [Space::Records, Space::Documents] {
            loop {
                let keys = self.store.keys(space, &row, ERASED_AT_ONCE)?;
                if keys.is_empty() {
                    break;
                }
                let mut batch = Batch::new();
                for key in keys {
                    if let Some(token) = tail_of(&key, Kind::Session) {
                        batch.remove(Space::Sessions, token);
                    }
                    batch.remove(space, &key);
                }
                self.store.commit_lazily(batch)?;
            }
        }
        let mut batch = Batch::new();
        batch.remove(Space::Slots, &row);
        batch.remove(Space::Marks, &erasing_mark(person));
        batch.put(Space::Marks, &free_mark(slot), Vec::new());
        self.store.commit(batch)
    }

    fn finish_erasures(&self) -> Result<(), VaultError> {
        for mark in self.store.keys(Space::Marks, &[ERASING], usize::MAX)? {
            let damaged = || VaultError::damaged("the mark of an erasure", "marks");
            let person = mark.get(1..).and_then(|id| id.try_into().ok()).ok_or_else(damaged)?;
            let person = PersonId::from_u128(u128::from_be_bytes(person));
            let slot = self.slot(person)?.ok_or_else(damaged)?;
            self.finish_erasure(person, slot)?;
        }
        Ok(())
    }

    fn load_free_slots(&self) -> Result<(), VaultError> {
        let mut slots = lock(&self.slots);
        for mark in self.store.keys(Space::Marks, &[FREE], usize::MAX)? {
            let slot = mark.get(1..).and_then(|slot| slot.try_into().ok());
            let slot = slot.ok_or_else(|| VaultError::damaged("the mark of a slot", "marks"))?;
            slots.free.push(u64::from_be_bytes(slot));
        }
        Ok(())
    }

    fn take_slot(&self) -> u64 {
        let mut slots = lock(&self.slots);
        slots.free.pop().unwrap_or_else(|| {
            slots.end += 1;
            slots.end - 1
        })
    }

    fn lock(&self, person: PersonId) -> MutexGuard<'_, ()> {
        self.persons.lock(person.as_u128().to_be_bytes()[15])
    }

    fn slot(&self, person: PersonId) -> Result<Option<u64>, VaultError> {
        let Some(slot) = self.store.get(Space::Slots, &person_key(person))? else {
            return Ok(None);
        };
        let slot = slot.try_into().map_err(|_| VaultError::damaged("a slot's number", "slots"))?;
        Ok(Some(u64::from_be_bytes(slot)))
    }

    /// A person's records. `None`: nobody of that id, or one whose erasure has begun.
    pub(crate) fn hold(&self, person: PersonId) -> Result<Option<Held<'_>>, VaultError> {
        let guard = self.lock(person);
        let Some(slot) = self.slot(person)? else { return Ok(None) };
        if self.store.get(Space::Marks, &erasing_mark(person))?.is_some() {
            return Ok(None);
        }
        let Some(seal) = self.keys.get(slot, person)? else {
            return Err(VaultError::damaged("the key of a person", format!("slot {slot}")));
        };
        Ok(Some(Held { store: &self.store, person, seal, _guard: guard }))
    }

    /// Like [`Vault::hold`], where somebody has to be.
    pub(crate) fn hold_known(&self, person: PersonId) -> Result<Held<'_>, VaultError> {
        self.hold(person)?.ok_or(VaultError::UnknownPerson)
    }

    /// The digests behind which a person has records of a kind.
    fn digests_of(&self, person: PersonId, kind: Kind) -> Result<Vec<[u8; 32]>, VaultError> {
        let prefix = record_key(person, kind, &[]);
        let keys = self.store.keys(kind.space(), &prefix, usize::MAX)?;
        Ok(keys.iter().filter_map(|key| key[prefix.len()..].try_into().ok()).collect())
    }
}

impl Held<'_> {
    pub(crate) fn person(&self) -> PersonId {
        self.person
    }

    /// The record of a kind behind a reference.
    pub(crate) fn get<T: Codec>(&self, kind: Kind, tail: &[u8]) -> Result<Option<T>, VaultError> {
        let key = record_key(self.person, kind, tail);
        let Some(sealed) = self.store.get(kind.space(), &key)? else { return Ok(None) };
        let value = self.seal.open(&key, &sealed);
        value.map(Some).ok_or_else(|| VaultError::damaged(kind.what(), self.person.to_string()))
    }

    pub(crate) fn put<T: Codec>(
        &self,
        batch: &mut Batch,
        kind: Kind,
        tail: &[u8],
        value: &T,
    ) -> Result<(), VaultError> {
        let key = record_key(self.person, kind, tail);
        batch.put(kind.space(), &key, self.seal.seal(&key, value)?);
        Ok(())
    }

    pub(crate) fn remove(&self, batch: &mut Batch, kind: Kind, tail: &[u8]) {
        batch.remove(kind.space(), &record_key(self.person, kind, tail));
    }

    pub(crate) fn has(&self, kind: Kind, tail: &[u8]) -> Result<bool, VaultError> {
        let key = record_key(self.person, kind, tail);
        Ok(self.store.get(kind.space(), &key)?.is_some())
    }

    /// The references of a kind, in order.
    pub(crate) fn tails(&self, kind: Kind) -> Result<Vec<Vec<u8>>, VaultError> {
        let prefix = record_key(self.person, kind, &[]);
        let keys = self.store.keys(kind.space(), &prefix, usize::MAX)?;
        Ok(keys.iter().map(|key| key[prefix.len()..].to_vec()).collect())
    }

    /// Puts one record and syncs it.
    pub(crate) fn commit<T: Codec>(
        &self,
        kind: Kind,
        tail: &[u8],
        value: &T,
    ) -> Result<(), VaultError> {
        let mut batch = Batch::new();
        self.put(&mut batch, kind, tail, value)?;
        self.store.commit(batch)
    }

    /// Removes one record and syncs that. `false`: there was none.
    pub(crate) fn commit_removal(&self, kind: Kind, tail: &[u8]) -> Result<bool, VaultError> {
        if !self.has(kind, tail)? {
            return Ok(false);
        }
        let mut batch = Batch::new();
        self.remove(&mut batch, kind, tail);
        self.store.commit(batch)?;
        Ok(true)
    }
}

fn person_key(person: PersonId) -> [u8; 16] {
    person.as_u128().to_be_bytes()
}

/// Key of a record, and what its seal is bound to.
pub(crate) fn record_key(person: PersonId, kind: Kind, tail: &[u8]) -> Vec<u8> {
    [&person_key(person)[..], &[kind as u8], tail].concat()
}

/// The reference in a record's key, if the record is of this kind.
fn tail_of(key: &[u8], kind: Kind) -> Option<&[u8]> {
    key.get(16..)?.strip_prefix(&[kind as u8])
}

fn erasing_mark(person: PersonId) -> Vec<u8> {
    [&[ERASING], &person_key(person)[..]].concat()
}

fn free_mark(slot: u64) -> Vec<u8> {
    [&[FREE], &slot.to_be_bytes()[..]].concat()
}
