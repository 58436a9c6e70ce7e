//! What the tests share: a vault in a directory of its own, cheap PINs, and a few persons.

#![allow(dead_code)] // Each test file uses a part of it.

use base::Timestamp;
use dhow_vault::{Alias, Claim, Phone, PinCost, Profile, Settings, Vault};
use ids::PersonId;
use std::path::Path;
use tempfile::TempDir;

pub const MASTER: [u8; 32] = [7; 32];
pub const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

pub fn settings() -> Settings {
    Settings { pin: PinCost { memory_kib: 8, passes: 1, lanes: 1 }, ..Settings::default() }
}

pub fn open(directory: &Path) -> Vault {
    Vault::open_with(directory, MASTER, settings()).unwrap()
}

pub fn new_vault() -> (TempDir, Vault) {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    (directory, vault)
}

pub fn person(number: u128) -> PersonId {
    PersonId::from_u128(0x0193_0000_0000_0000_0000_0000_0000_0000 | number)
}

/// A vault with the persons 1 to `count`, who are known by nothing.
pub fn vault_with(count: u128) -> (TempDir, Vault) {
    let (directory, vault) = new_vault();
    for number in 1..=count {
        let made = vault.create(person(number), &Profile::default(), None).unwrap();
        assert_eq!(made, Claim::Claimed);
    }
    (directory, vault)
}

pub fn phone(text: &str) -> Alias {
    Alias::Phone(Phone::new(text, "82").unwrap())
}

/// The contents of all files below a directory.
pub fn contents(directory: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push(used(&std::fs::read(&path).unwrap()).to_vec());
        }
    }
    found
}

/// How many files hold these bytes.
pub fn with(contents: &[Vec<u8>], bytes: &[u8]) -> usize {
    let holds = |content: &&Vec<u8>| content.windows(bytes.len()).any(|part| part == bytes);
    contents.iter().filter(holds).count()
}

/// A file without the zeros behind its last bytes: the store keeps much room free.
fn used(content: &[u8]) -> &[u8] {
    let is_used = |page: &[u8]| page != &[0; 4_096][..page.len()];
    let pages = content.chunks(4_096).rposition(is_used).map_or(0, |last| last + 1);
    &content[..content.len().min(pages * 4_096)]
}
