//! PINs.

mod world;

use dhow_vault::{PinCost, PinRefusal, Settings, Vault, VaultError};
use world::{MASTER, open, person, settings, vault_with};

#[test]
fn a_pin_is_right_or_not() {
    let (directory, vault) = vault_with(2);
    assert!(!vault.has_pin(person(1)).unwrap());
    assert!(!vault.check_pin(person(1), "481516").unwrap());
    vault.set_pin(person(1), "481516").unwrap().unwrap();
    drop(vault);
    let vault = open(directory.path());
    assert!(vault.has_pin(person(1)).unwrap());
    assert!(vault.check_pin(person(1), "481516").unwrap());
    for wrong in ["481517", "", "4815160", "48151\0", "\u{664}\u{668}\u{661}"] {
        assert!(!vault.check_pin(person(1), wrong).unwrap(), "{wrong}");
    }
    for nobody in [person(2), person(9)] {
        assert!(!vault.check_pin(nobody, "481516").unwrap());
    }
    vault.set_pin(person(1), "271828").unwrap().unwrap();
    assert!(!vault.check_pin(person(1), "481516").unwrap());
    assert!(vault.check_pin(person(1), "271828").unwrap());
}

#[test]
fn an_easy_pin_is_refused_and_changes_nothing() {
    let (_directory, vault) = vault_with(1);
    vault.change_profile(person(1), |p| p.birth_date = "1990-03-07".parse().ok()).unwrap();
    vault.set_pin(person(1), "481516").unwrap().unwrap();
    for (pin, refusal) in [
        ("111111", PinRefusal::SameDigits),
        ("456789", PinRefusal::Sequence),
        ("070390", PinRefusal::BirthDate),
        ("1234", PinRefusal::NotSixDigits),
    ] {
        assert_eq!(vault.set_pin(person(1), pin).unwrap(), Err(refusal));
    }
    assert!(vault.check_pin(person(1), "481516").unwrap());
    assert!(matches!(vault.set_pin(person(9), "481516"), Err(VaultError::UnknownPerson)));
}

#[test]
fn a_hash_of_another_cost_is_good_and_renewed() {
    let (directory, vault) = vault_with(1);
    vault.set_pin(person(1), "481516").unwrap().unwrap();
    drop(vault);
    let dearer = Settings { pin: PinCost { memory_kib: 16, passes: 2, lanes: 1 }, ..settings() };
    for _ in 0..2 {
        let vault = Vault::open_with(directory.path(), MASTER, dearer).unwrap();
        assert!(!vault.check_pin(person(1), "481517").unwrap());
        assert!(vault.check_pin(person(1), "481516").unwrap());
    }
    assert!(open(directory.path()).check_pin(person(1), "481516").unwrap());
}

#[test]
fn the_default_cost_is_the_recommended_minimum_and_works() {
    let PinCost { memory_kib, passes, lanes } = PinCost::default();
    assert_eq!((memory_kib, passes, lanes), (19_456, 2, 1));
    let impossible = PinCost { memory_kib: 1, passes: 0, lanes: 0 };
    let (directory, vault) = vault_with(1);
    drop(vault);
    let settings = Settings { pin: impossible, ..settings() };
    let refused = Vault::open_with(directory.path(), MASTER, settings).err();
    assert!(matches!(refused, Some(VaultError::Setting { name: "pin", .. })));
}
