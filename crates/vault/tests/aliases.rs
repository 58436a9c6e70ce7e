//! Aliases: one owner each, found without being written down.

mod world;

use dhow_vault::{Alias, Claim, Email, MAX_ALIASES, Profile, VaultError};
use world::{new_vault, open, person, phone, vault_with};

#[test]
fn an_alias_has_one_owner() {
    let (directory, vault) = vault_with(2);
    let alias = phone("010 1234 5678");
    assert_eq!(vault.find_alias(&alias).unwrap(), None);
    assert_eq!(vault.claim_alias(person(1), &alias).unwrap(), Claim::Claimed);
    assert_eq!(vault.claim_alias(person(1), &alias).unwrap(), Claim::Claimed);
    assert_eq!(vault.claim_alias(person(2), &alias).unwrap(), Claim::Taken);
    assert!(!vault.release_alias(person(2), &alias).unwrap());
    drop(vault);
    let vault = open(directory.path());
    assert_eq!(vault.find_alias(&phone("+82 10 1234 5678")).unwrap(), Some(person(1)));
    assert_eq!(vault.aliases(person(1)).unwrap(), std::slice::from_ref(&alias));
    assert!(vault.release_alias(person(1), &alias).unwrap());
    assert!(!vault.release_alias(person(1), &alias).unwrap());
    assert_eq!(vault.claim_alias(person(2), &alias).unwrap(), Claim::Claimed);
    assert_eq!(vault.find_alias(&alias).unwrap(), Some(person(2)));
    assert_eq!(vault.aliases(person(1)).unwrap(), []);
    let stranger = vault.claim_alias(person(9), &phone("010 9999 9999"));
    assert!(matches!(stranger, Err(VaultError::UnknownPerson)));
}

#[test]
fn an_address_is_not_a_number_and_their_count_is_bounded() {
    let (_directory, vault) = vault_with(1);
    let email = |name: usize| Alias::Email(Email::new(&format!("n{name}@EXAMPLE.org")).unwrap());
    for name in 0..MAX_ALIASES {
        assert_eq!(vault.claim_alias(person(1), &email(name)).unwrap(), Claim::Claimed);
    }
    let full = vault.claim_alias(person(1), &email(99));
    assert!(matches!(full, Err(VaultError::Full { max: MAX_ALIASES, .. })));
    let lower = Alias::Email(Email::new("n3@example.ORG").unwrap());
    assert_eq!(vault.find_alias(&lower).unwrap(), Some(person(1)));
}

#[test]
fn of_registrations_at_one_time_one_wins() {
    let (_directory, vault) = new_vault();
    let alias = phone("010 1234 5678");
    let profile = Profile::default();
    let claims: Vec<Claim> = std::thread::scope(|scope| {
        let register = |number| {
            let (vault, alias, profile) = (&vault, &alias, &profile);
            scope.spawn(move || vault.create(person(number), profile, Some(alias)).unwrap())
        };
        let threads: Vec<_> = (1..=16).map(register).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Claimed).count(), 1);
    let winner = vault.find_alias(&alias).unwrap().unwrap();
    for number in 1..=16 {
        // Who lost was not made at all.
        assert_eq!(vault.exists(person(number)).unwrap(), person(number) == winner);
    }
}

#[test]
fn of_claims_at_one_time_one_wins_also_while_owners_are_erased() {
    let (_directory, vault) = vault_with(16);
    for round in 0..4u32 {
        let alias = phone(&format!("010 1234 567{round}"));
        let claims: Vec<Claim> = std::thread::scope(|scope| {
            let claim = |number| {
                let (vault, alias) = (&vault, &alias);
                scope.spawn(move || vault.claim_alias(person(number), alias).unwrap())
            };
            let threads: Vec<_> = (1..=16).map(claim).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winners: Vec<_> = (0..16).filter(|at| claims[*at] == Claim::Claimed).collect();
        assert_eq!(winners.len(), 1);
        let winner = person(winners[0] as u128 + 1);
        assert_eq!(vault.find_alias(&alias).unwrap(), Some(winner));
        assert!(vault.erase(winner).unwrap());
        assert_eq!(vault.find_alias(&alias).unwrap(), None);
        vault.create(winner, &Profile::default(), None).unwrap();
    }
}
