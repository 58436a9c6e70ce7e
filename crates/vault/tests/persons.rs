//! Persons: what is kept of them, what others see, and how they are erased.

mod world;

use base::Text;
use dhow_vault::{
    Alias, Claim, DeviceId, Document, DocumentId, Email, MAX_DOCUMENT_BYTES, MAX_DOCUMENTS,
    Profile, Vault, VaultError,
};
use ids::NoteId;
use world::{MASTER, NOW, contents, new_vault, open, person, phone, vault_with, with};

const NOTE: NoteId = NoteId::from_u128(77);
const PASSPORT: DocumentId = DocumentId(5);

fn minsu() -> Profile {
    let Alias::Phone(phone) = phone("010-5555-1234") else { unreachable!("it is a phone") };
    Profile {
        phone: Some(phone),
        email: Email::new("minsu@example.org").ok(),
        display_name: Text::new("Minsu").ok(),
        legal_name: Text::new("Minsu Seong").ok(),
        birth_date: "1990-03-07".parse().ok(),
        document_number: Text::new("M12345678").ok(),
        language: Text::new("ko").ok(),
    }
}

/// Everything that a person can have.
fn fill(vault: &Vault) {
    let phone = phone("010-5555-1234");
    assert_eq!(vault.create(person(1), &minsu(), Some(&phone)).unwrap(), Claim::Claimed);
    vault.put_note(person(1), NOTE, &Text::new("for the coffee").unwrap()).unwrap();
    let scan = Document { media_type: Text::new("image/png").unwrap(), content: vec![0xab; 5_000] };
    vault.put_document(person(1), PASSPORT, &scan).unwrap();
    vault.set_pin(person(1), "481516").unwrap().unwrap();
    let label = Text::new("phone").unwrap();
    vault.bind_device(person(1), DeviceId(9), &label, NOW).unwrap();
}

#[test]
fn what_was_put_is_there_after_reopening() {
    let (directory, vault) = new_vault();
    fill(&vault);
    vault.change_profile(person(1), |profile| profile.language = Text::new("en").ok()).unwrap();
    drop(vault);
    let vault = open(directory.path());
    let expected = Profile { language: Text::new("en").ok(), ..minsu() };
    assert!(vault.profile(person(1)).unwrap() == Some(expected));
    assert_eq!(vault.note(person(1), NOTE).unwrap().unwrap().as_str(), "for the coffee");
    assert_eq!(vault.documents(person(1)).unwrap(), [PASSPORT]);
    let scan = vault.document(person(1), PASSPORT).unwrap().unwrap();
    assert_eq!((scan.media_type.as_str(), scan.content.len()), ("image/png", 5_000));
    assert_eq!(vault.find_alias(&phone("+82 10 5555 1234")).unwrap(), Some(person(1)));
    assert!(vault.check_pin(person(1), "481516").unwrap());
    assert_eq!(vault.devices(person(1)).unwrap().len(), 1);
}

#[test]
fn no_file_holds_personal_text() {
    let (directory, vault) = new_vault();
    fill(&vault);
    let person = person(1).as_u128().to_be_bytes();
    let files = contents(directory.path());
    assert!(with(&files, &person) > 1, "what is looked for would be found");
    for text in ["Minsu", "5555", "example.org", "M12345678", "coffee", "481516", "image/png"] {
        assert_eq!(with(&files, text.as_bytes()), 0, "{text}");
    }
    assert_eq!(with(&files, &[0xab; 16]), 0);
}

#[test]
fn others_see_masks() {
    let (_directory, vault) = vault_with(2);
    vault.change_profile(person(1), |profile| *profile = minsu()).unwrap();
    assert_eq!(vault.masked_name(person(1)).unwrap().as_deref(), Some("M*** S."));
    assert_eq!(vault.masked_phone(person(1)).unwrap().as_deref(), Some("+82 ** **** 1234"));
    vault.change_profile(person(1), |profile| profile.legal_name = None).unwrap();
    assert_eq!(vault.masked_name(person(1)).unwrap().as_deref(), Some("M***"));
    for nobody in [person(2), person(3)] {
        assert_eq!(vault.masked_name(nobody).unwrap(), None);
        assert_eq!(vault.masked_phone(nobody).unwrap(), None);
    }
    assert_eq!(format!("{:?}", vault.profile(person(1)).unwrap()), "Some(Profile(***))");
}

#[test]
fn an_erased_person_is_gone_and_its_key_is_in_no_file() {
    let (directory, vault) = new_vault();
    fill(&vault);
    // Slot 1 of the key file: 17 bytes that tell whose, then nonce, key and tag.
    let slot = std::fs::read(directory.path().join("keys")).unwrap()[128..256].to_vec();
    let wrapped = &slot[29..77];
    assert!(wrapped.iter().filter(|byte| **byte == 0).count() < 8, "it looks random");
    assert_eq!(with(&contents(directory.path()), wrapped), 1);
    assert!(vault.erase(person(1)).unwrap());
    let locked = Vault::open(directory.path(), MASTER).err();
    assert!(matches!(locked, Some(VaultError::Locked { .. })), "{locked:?}");
    let mut vault = Some(vault);
    for _ in 0..2 {
        // At first the one that erased, then one that was opened after it.
        let vault = vault.take().unwrap_or_else(|| open(directory.path()));
        assert_eq!(with(&contents(directory.path()), wrapped), 0);
        assert!(!vault.exists(person(1)).unwrap());
        assert!(vault.profile(person(1)).unwrap().is_none());
        assert_eq!(vault.note(person(1), NOTE).unwrap(), None);
        assert_eq!(vault.document(person(1), PASSPORT).unwrap(), None);
        assert_eq!(vault.documents(person(1)).unwrap(), []);
        assert_eq!(vault.devices(person(1)).unwrap(), []);
        assert_eq!(vault.find_alias(&phone("010-5555-1234")).unwrap(), None);
        assert!(!vault.check_pin(person(1), "481516").unwrap());
        assert!(!vault.erase(person(1)).unwrap());
        let refused = vault.put_note(person(1), NOTE, &Text::new("x").unwrap());
        assert!(matches!(refused, Err(VaultError::UnknownPerson)));
    }
    // The number and the slot are free for somebody else, who sees nothing of the old.
    let vault = open(directory.path());
    let taken = vault.create(person(2), &Profile::default(), Some(&phone("010-5555-1234")));
    assert_eq!(taken.unwrap(), Claim::Claimed);
    assert_eq!(std::fs::metadata(directory.path().join("keys")).unwrap().len(), 256);
    assert_eq!(vault.documents(person(2)).unwrap(), []);
}

#[test]
fn others_are_untouched_by_an_erasure() {
    let (directory, vault) = vault_with(40);
    for number in 1..=40 {
        let text = Text::new(&format!("note of {number}")).unwrap();
        vault.put_note(person(number), NOTE, &text).unwrap();
    }
    for number in (1..=40).step_by(3) {
        assert!(vault.erase(person(number)).unwrap());
    }
    drop(vault);
    let vault = open(directory.path());
    for number in 1..=40 {
        let expected = (number % 3 != 1).then(|| format!("note of {number}"));
        let note = vault.note(person(number), NOTE).unwrap();
        assert_eq!(note.map(|text| text.to_string()), expected);
    }
}

#[test]
fn changes_at_one_time_are_all_kept_and_none_survives_erasure() {
    let (_directory, vault) = vault_with(1);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let vault = &vault;
            scope.spawn(move || {
                for step in 0..5u128 {
                    let note = NoteId::from_u128(number * 100 + step);
                    vault.put_note(person(1), note, &Text::new("x").unwrap()).unwrap();
                    let longer = |profile: &mut Profile| {
                        let name = profile.display_name.as_ref().map_or("", Text::as_str);
                        profile.display_name = Text::new(&format!("{name}x")).ok();
                    };
                    vault.change_profile(person(1), longer).unwrap();
                }
            });
        }
    });
    let name = vault.profile(person(1)).unwrap().unwrap().display_name.unwrap();
    assert_eq!(name.as_str().len(), 40);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let vault = &vault;
            scope.spawn(move || {
                for step in 0..20u128 {
                    let note = NoteId::from_u128(number * 100 + step);
                    match vault.put_note(person(1), note, &Text::new("y").unwrap()) {
                        Ok(()) | Err(VaultError::UnknownPerson) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        let erased = (0..4).map(|_| scope.spawn(|| vault.erase(person(1)).unwrap()));
        let erased: Vec<_> = erased.collect();
        let yes = erased.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(yes.filter(|yes| *yes).count(), 1);
    });
    // A new person of the same id starts from nothing.
    vault.create(person(1), &Profile::default(), None).unwrap();
    for number in 0..8 {
        for step in 0..20u128 {
            let note = NoteId::from_u128(number * 100 + step);
            assert_eq!(vault.note(person(1), note).unwrap(), None);
        }
    }
}

#[test]
fn bounds_and_strangers_are_refused() {
    let (_directory, vault) = vault_with(1);
    let document =
        |size| Document { media_type: Text::new("image/png").unwrap(), content: vec![0; size] };
    let put = |number, size| vault.put_document(person(1), DocumentId(number), &document(size));
    assert!(matches!(put(0, MAX_DOCUMENT_BYTES + 1), Err(VaultError::TooLarge { .. })));
    for number in 0..MAX_DOCUMENTS as u128 {
        put(number, 1).unwrap();
    }
    assert!(matches!(put(99, 1), Err(VaultError::Full { max: MAX_DOCUMENTS, .. })));
    put(3, 2).unwrap();
    assert!(vault.remove_document(person(1), DocumentId(3)).unwrap());
    assert!(!vault.remove_document(person(1), DocumentId(3)).unwrap());
    put(99, 1).unwrap();
    let again = vault.create(person(1), &Profile::default(), None);
    assert!(matches!(again, Err(VaultError::KnownPerson)));
    let stranger = vault.change_profile(person(9), |_| {});
    assert!(matches!(stranger, Err(VaultError::UnknownPerson)));
    assert_eq!(vault.note(person(9), NOTE).unwrap(), None);
    assert!(!vault.remove_note(person(1), NOTE).unwrap());
}

#[test]
fn another_master_key_is_refused_and_changes_nothing() {
    let (directory, vault) = new_vault();
    fill(&vault);
    drop(vault);
    let error = Vault::open(directory.path(), [8; 32]).err().unwrap();
    assert!(matches!(error, VaultError::WrongMasterKey { .. }), "{error}");
    assert!(error.to_string().ends_with("was made with another master key"), "{error}");
    assert!(open(directory.path()).profile(person(1)).unwrap().is_some());
}

#[test]
fn half_a_vault_is_refused() {
    for missing in ["keys", "store"] {
        let (directory, vault) = new_vault();
        fill(&vault);
        drop(vault);
        let path = directory.path().join(missing);
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        let error = Vault::open(directory.path(), MASTER).err().unwrap();
        assert!(matches!(error, VaultError::Damaged { .. }), "{missing}: {error}");
        assert!(!path.exists(), "nothing is made in its place");
    }
}
