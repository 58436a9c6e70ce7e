//! What needs to look behind the vault's door: damage to each record, and power cuts between two
//! writes.

use crate::store::{Batch, Space};
use crate::vault::{Kind, record_key};
use crate::{Alias, Document, DocumentId, Phone, PinCost, Profile, Settings, Vault, VaultError};
use base::{Text, Timestamp};
use ids::{NoteId, PersonId};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PERSON: PersonId = PersonId::from_u128(1 << 90);
const OTHER: PersonId = PersonId::from_u128(2 << 90);
const NOTE: NoteId = NoteId::from_u128(3);
const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

fn open(directory: &Path) -> Result<Vault, VaultError> {
    let pin = PinCost { memory_kib: 8, passes: 1, lanes: 1 };
    Vault::open_with(directory, [7; 32], Settings { pin, ..Settings::default() })
}

fn alias() -> Alias {
    Alias::Phone(Phone::new("010 1234 5678", "82").unwrap())
}

/// A vault with two persons, of whom the first has one of everything.
fn filled() -> (TempDir, Vault) {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path()).unwrap();
    vault.create(PERSON, &Profile::default(), Some(&alias())).unwrap();
    vault.create(OTHER, &Profile::default(), None).unwrap();
    vault.put_note(PERSON, NOTE, &Text::new("hello").unwrap()).unwrap();
    vault.set_pin(PERSON, "481516").unwrap().unwrap();
    let media_type = Text::new("image/png").unwrap();
    let document = Document { media_type, content: vec![1, 2, 3] };
    vault.put_document(PERSON, DocumentId(1), &document).unwrap();
    vault.bind_device(PERSON, crate::DeviceId(1), &Text::new("phone").unwrap(), NOW).unwrap();
    (directory, vault)
}

/// Reads what a person has; the first error, if any.
fn read_all(vault: &Vault) -> Result<(), VaultError> {
    vault.profile(PERSON)?;
    vault.note(PERSON, NOTE)?;
    vault.check_pin(PERSON, "481516")?;
    vault.document(PERSON, DocumentId(1))?;
    vault.devices(PERSON)?;
    vault.aliases(PERSON)?;
    vault.find_alias(&alias())?;
    vault.profile(OTHER)?;
    Ok(())
}

#[test]
fn a_flipped_byte_of_any_record_is_refused() {
    let (_directory, vault) = filled();
    read_all(&vault).unwrap();
    for space in [Space::Records, Space::Documents, Space::Aliases] {
        for (key, value) in vault.store.rows_after(space, &[], 100).unwrap() {
            for at in 0..value.len() {
                let mut broken = value.clone();
                broken[at] ^= 1;
                replace(&vault, space, &key, broken);
                let error = read_all(&vault).expect_err("a byte was flipped");
                assert!(matches!(error, VaultError::Damaged { .. }), "{error}");
            }
            for length in [0, 1, value.len() - 1] {
                replace(&vault, space, &key, value[..length].to_vec());
                assert!(read_all(&vault).is_err(), "cut to {length}");
            }
            replace(&vault, space, &key, value);
        }
    }
    read_all(&vault).unwrap();
}

fn replace(vault: &Vault, space: Space, key: &[u8], value: Vec<u8>) {
    let mut batch = Batch::new();
    batch.put(space, key, value);
    vault.store.commit_lazily(batch).unwrap();
}

#[test]
fn a_record_does_not_open_in_another_place() {
    let (_directory, vault) = filled();
    let from = record_key(PERSON, Kind::Note, &NOTE.as_u128().to_be_bytes());
    let sealed = vault.store.get(Space::Records, &from).unwrap().unwrap();
    let another_note = NoteId::from_u128(4);
    for (person, note) in [(OTHER, NOTE), (PERSON, another_note)] {
        let to = record_key(person, Kind::Note, &note.as_u128().to_be_bytes());
        replace(&vault, Space::Records, &to, sealed.clone());
        assert!(matches!(vault.note(person, note), Err(VaultError::Damaged { .. })));
    }
    assert_eq!(vault.note(PERSON, NOTE).unwrap().unwrap().as_str(), "hello");
}

#[test]
fn a_flipped_byte_of_the_key_file_is_refused() {
    let (directory, vault) = filled();
    let path = directory.path().join("keys");
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 3 * 128);
    // The person's slot is read anew each time.
    for at in 128..256 {
        let mut broken = bytes.clone();
        broken[at] ^= 1;
        std::fs::write(&path, broken).unwrap();
        let error = read_all(&vault).expect_err("a byte was flipped");
        assert_eq!(error.to_string(), "the key of a person in slot 1 is damaged", "byte {at}");
        assert!(vault.profile(OTHER).unwrap().is_some(), "others can be read");
    }
    // Another person's slot, an empty one and none are no key either.
    let swapped = [&bytes[..128], &bytes[256..], &bytes[128..256]].concat();
    let emptied = [&bytes[..128], &[0; 128], &bytes[256..]].concat();
    for broken in [&swapped[..], &emptied[..], &bytes[..200]] {
        std::fs::write(&path, broken).unwrap();
        assert!(matches!(vault.profile(PERSON), Err(VaultError::Damaged { .. })));
    }
    std::fs::write(&path, &bytes).unwrap();
    read_all(&vault).unwrap();
    drop(vault);
    for at in 0..68 {
        let mut broken = bytes.clone();
        broken[at] ^= 1;
        std::fs::write(&path, broken).unwrap();
        assert!(open(directory.path()).is_err(), "byte {at} of the head");
    }
}

#[test]
fn a_damaged_person_can_be_erased() {
    let (directory, vault) = filled();
    for space in [Space::Records, Space::Documents, Space::Aliases] {
        for (key, _) in vault.store.rows_after(space, &[], 100).unwrap() {
            if space == Space::Aliases || key.starts_with(&PERSON.as_u128().to_be_bytes()) {
                replace(&vault, space, &key, b"nonsense".to_vec());
            }
        }
    }
    assert!(vault.erase(PERSON).unwrap());
    drop(vault);
    let vault = open(directory.path()).unwrap();
    assert!(!vault.exists(PERSON).unwrap());
    assert_eq!(vault.find_alias(&alias()).unwrap(), None);
    assert!(vault.profile(OTHER).unwrap().is_some());
}

#[test]
fn an_erasure_cut_off_is_finished_by_the_next_opening() {
    // After the mark; after the key; and after some of the records.
    for cut_after in 0..3 {
        let (directory, vault) = filled();
        vault.begin_erasure(PERSON).unwrap();
        if cut_after >= 1 {
            let path = directory.path().join("keys");
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[128..256].fill(0);
            std::fs::write(&path, bytes).unwrap();
        }
        if cut_after >= 2 {
            let mut batch = Batch::new();
            batch.remove(Space::Records, &record_key(PERSON, Kind::Profile, &[]));
            vault.store.commit(batch).unwrap();
        }
        // Until then nobody sees the person any more.
        assert!(!vault.exists(PERSON).unwrap());
        assert!(vault.profile(PERSON).unwrap().is_none());
        drop(vault);
        let vault = open(directory.path()).unwrap();
        assert!(!vault.exists(PERSON).unwrap());
        assert_eq!(vault.find_alias(&alias()).unwrap(), None);
        let left = vault.store.rows_after(Space::Records, &[], 100).unwrap();
        assert!(left.iter().all(|(key, _)| key.starts_with(&OTHER.as_u128().to_be_bytes())));
        let keys = std::fs::read(directory.path().join("keys")).unwrap();
        assert_eq!(keys[128..256], [0; 128]);
        assert!(vault.profile(OTHER).unwrap().is_some());
        vault.create(PERSON, &Profile::default(), Some(&alias())).unwrap();
    }
}

#[test]
fn a_flipped_byte_of_the_stores_files_is_an_error_or_changes_nothing() {
    for is_flushed in [false, true] {
        let (directory, vault) = filled();
        if is_flushed {
            vault.store.flush();
        }
        drop(vault);
        let files = files(directory.path());
        let mut cases = Vec::new();
        for (path, bytes, _) in &files {
            let step = bytes.len().checked_div(tries(path, is_flushed)).unwrap_or(0).max(1);
            let places = (0..bytes.len()).step_by(step).take(tries(path, is_flushed));
            cases.extend(places.map(|at| (path, at)));
        }
        // Most of the time goes into waiting for the disk.
        let (files, cases) = (&files, &cases);
        let refused = std::thread::scope(|scope| {
            let part = |part| {
                let part = cases.iter().skip(part).step_by(8);
                scope.spawn(|| part.filter(|(path, at)| is_refused(files, path, *at)).count())
            };
            let threads: Vec<_> = (0..8).map(part).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert!(refused > 5, "{refused} of {}", cases.len());
    }
}

/// How many bytes of a file are flipped, one after the other.
fn tries(path: &Path, is_flushed: bool) -> usize {
    let text = path.to_string_lossy();
    let is_table = text.contains("/tables/") || text.contains("/blobs/");
    match is_flushed {
        true if is_table => 3,
        false if text.ends_with(".jnl") => 16,
        false if text == "commits" => 3,
        _ => 0,
    }
}

/// Flips a byte in a copy of a vault. What is not refused must still be whole.
fn is_refused(files: &[Kept], path: &Path, at: usize) -> bool {
    let copy = tempfile::tempdir().unwrap();
    put(files, copy.path());
    let file = File::options().read(true).write(true).open(copy.path().join(path)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at as u64).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], at as u64).unwrap();
    let outcome = open(copy.path()).and_then(|vault| {
        read_all(&vault)?;
        Ok(vault.note(PERSON, NOTE)?.is_some() && vault.exists(OTHER)?)
    });
    if let Ok(is_whole) = outcome {
        assert!(is_whole, "{} {at}", path.display());
    }
    outcome.is_err()
}

#[test]
fn a_store_that_lost_its_last_writes_is_refused() {
    let (directory, vault) = filled();
    drop(vault);
    let older = files(directory.path());
    let vault = open(directory.path()).unwrap();
    vault.remove_note(PERSON, NOTE).unwrap();
    vault.revoke_all_sessions(PERSON).unwrap();
    drop(vault);
    // The old store beside the new number: also what a restored copy looks like.
    let noted = std::fs::read(directory.path().join("commits")).unwrap();
    let copy = tempfile::tempdir().unwrap();
    put(&older, copy.path());
    std::fs::write(copy.path().join("commits"), &noted).unwrap();
    let error = open(copy.path()).err().expect("writes are missing");
    assert!(matches!(error, VaultError::RecordsLost { lost: 2, .. }), "{error}");
    // The other way round is what a power cut leaves.
    let (_, before, _) = older.iter().find(|(path, ..)| path == Path::new("commits")).unwrap();
    std::fs::write(directory.path().join("commits"), before).unwrap();
    read_all(&open(directory.path()).unwrap()).unwrap();
    // An operator may decide to go on.
    std::fs::remove_file(copy.path().join("commits")).unwrap();
    read_all(&open(copy.path()).unwrap()).unwrap();
}

/// Path within the vault, content without zeros at the end, and length.
type Kept = (PathBuf, Vec<u8>, u64);

fn files(root: &Path) -> Vec<Kept> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut content = std::fs::read(&path).unwrap();
            let length = content.len() as u64;
            let is_used = |page: &[u8]| page != &[0; 4_096][..page.len()];
            let pages = content.chunks(4_096).rposition(is_used).map_or(0, |last| last + 1);
            content.truncate(pages * 4_096);
            let used = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            content.truncate(used);
            found.push((path.strip_prefix(root).unwrap().to_path_buf(), content, length));
        }
    }
    found.sort();
    found
}

fn put(files: &[Kept], root: &Path) {
    for (path, content, length) in files {
        let target = root.join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        let file = File::create(&target).unwrap();
        file.write_all_at(content, 0).unwrap();
        file.set_len(*length).unwrap();
    }
    // Folders without a file are expected too.
    for keyspace in std::fs::read_dir(root.join("store/keyspaces")).unwrap() {
        for folder in ["tables", "blobs"] {
            std::fs::create_dir_all(keyspace.as_ref().unwrap().path().join(folder)).unwrap();
        }
    }
}
