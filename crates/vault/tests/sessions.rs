//! Devices and sessions.

mod world;

use base::{Span, Text, Timestamp};
use dhow_vault::{DeviceId, MAX_DEVICES, Vault, VaultError};
use world::{NOW, open, person, vault_with};

const PHONE: DeviceId = DeviceId(1);
const TABLET: DeviceId = DeviceId(2);

fn after(span: Span) -> Timestamp {
    NOW.after(span)
}

fn bind(vault: &Vault, number: u128, device: DeviceId) -> Result<(), VaultError> {
    vault.bind_device(person(number), device, &Text::new("my phone").unwrap(), NOW)
}

/// The customer of a token, or nothing.
fn customer(vault: &Vault, token: &str, device: DeviceId, now: Timestamp) -> Option<u32> {
    vault.check_session(token, device, now).unwrap().map(|session| session.customer)
}

#[test]
fn a_session_is_good_on_its_device_until_it_is_ended() {
    let (directory, vault) = vault_with(2);
    bind(&vault, 1, PHONE).unwrap();
    bind(&vault, 1, TABLET).unwrap();
    let token = vault.open_session(person(1), 1234, PHONE, NOW).unwrap();
    assert_eq!(token.as_str().len(), 64);
    assert_eq!(format!("{token:?}"), "SessionToken(***)");
    drop(vault);
    let vault = open(directory.path());
    let session = vault.check_session(token.as_str(), PHONE, NOW).unwrap().unwrap();
    assert_eq!((session.person, session.customer), (person(1), 1234));
    assert_eq!(customer(&vault, token.as_str(), TABLET, NOW), None);
    assert_eq!(customer(&vault, &token.as_str().to_uppercase(), PHONE, NOW), None);
    assert_eq!(customer(&vault, "", PHONE, NOW), None);
    assert!(vault.revoke_session(token.as_str()).unwrap());
    assert!(!vault.revoke_session(token.as_str()).unwrap());
    assert_eq!(customer(&vault, token.as_str(), PHONE, NOW), None);
}

#[test]
fn a_session_needs_a_bound_device() {
    let (_directory, vault) = vault_with(1);
    let opened = vault.open_session(person(1), 1, PHONE, NOW);
    assert!(matches!(opened, Err(VaultError::UnknownDevice)));
    let opened = vault.open_session(person(9), 1, PHONE, NOW);
    assert!(matches!(opened, Err(VaultError::UnknownPerson)));
    bind(&vault, 1, PHONE).unwrap();
    let token = vault.open_session(person(1), 1, PHONE, NOW).unwrap();
    assert!(vault.unbind_device(person(1), PHONE).unwrap());
    assert!(!vault.unbind_device(person(1), PHONE).unwrap());
    assert_eq!(customer(&vault, token.as_str(), PHONE, NOW), None);
}

#[test]
fn a_device_has_one_session_and_all_can_be_ended() {
    let (_directory, vault) = vault_with(2);
    for (number, device) in [(1, PHONE), (1, TABLET), (2, PHONE)] {
        bind(&vault, number, device).unwrap();
    }
    let open_session = |number, device| {
        let token = vault.open_session(person(number), 7, device, NOW).unwrap();
        token.as_str().to_owned()
    };
    let old = open_session(1, PHONE);
    let new = open_session(1, PHONE);
    let tablet = open_session(1, TABLET);
    let other = open_session(2, PHONE);
    let good = |token: &str, device| customer(&vault, token, device, NOW).is_some();
    assert!(
        !good(&old, PHONE) && good(&new, PHONE) && good(&tablet, TABLET) && good(&other, PHONE)
    );
    assert_eq!(vault.revoke_all_sessions(person(1)).unwrap(), 2);
    assert!(!good(&new, PHONE) && !good(&tablet, TABLET) && good(&other, PHONE));
    assert!(vault.erase(person(2)).unwrap());
    assert!(!good(&other, PHONE));
}

#[test]
fn a_session_ends_for_want_of_use_and_for_its_age() {
    let (_directory, vault) = vault_with(1);
    bind(&vault, 1, PHONE).unwrap();
    let day = |count| after(Span::days(count));
    let token = vault.open_session(person(1), 1, PHONE, NOW).unwrap();
    let is_good = |now| customer(&vault, token.as_str(), PHONE, now).is_some();
    for count in [0, 6, 12, 18, 24, 29] {
        assert!(is_good(day(count)), "day {count}");
    }
    assert!(is_good(day(30).before(Span::from_nanos(1))));
    assert!(!is_good(day(30)));
    assert_eq!(vault.sweep_sessions(day(29)).unwrap(), 0);
    assert_eq!(vault.sweep_sessions(day(30)).unwrap(), 1);
    assert!(!vault.revoke_session(token.as_str()).unwrap());
    let token = vault.open_session(person(1), 1, PHONE, NOW).unwrap();
    let is_good = |now| customer(&vault, token.as_str(), PHONE, now).is_some();
    assert!(!is_good(day(7)));
    assert!(is_good(day(7).before(Span::from_nanos(1))));
    // Used a moment ago, it is good for a week again.
    assert!(is_good(day(13)));
}

#[test]
fn stepping_up_holds_for_its_time_and_session() {
    let (_directory, vault) = vault_with(1);
    bind(&vault, 1, PHONE).unwrap();
    let token = vault.open_session(person(1), 1, PHONE, NOW).unwrap();
    let is_up = |now| {
        let session = vault.check_session(token.as_str(), PHONE, now).unwrap();
        session.unwrap().is_stepped_up(now)
    };
    assert!(!is_up(NOW));
    assert!(!vault.step_up(token.as_str(), TABLET, NOW, Span::minutes(5)).unwrap());
    assert!(!is_up(NOW));
    assert!(vault.step_up(token.as_str(), PHONE, NOW, Span::minutes(5)).unwrap());
    assert!(is_up(NOW));
    assert!(is_up(after(Span::minutes(5)).before(Span::from_nanos(1))));
    assert!(!is_up(after(Span::minutes(5))));
    assert!(!vault.step_up("nobody's", PHONE, NOW, Span::minutes(5)).unwrap());
}

#[test]
fn devices_are_listed_and_bounded() {
    let (_directory, vault) = vault_with(1);
    for number in 0..MAX_DEVICES as u128 {
        bind(&vault, 1, DeviceId(number)).unwrap();
    }
    let full = bind(&vault, 1, DeviceId(99));
    assert!(matches!(full, Err(VaultError::Full { max: MAX_DEVICES, .. })));
    let label = Text::new("renamed").unwrap();
    vault.bind_device(person(1), PHONE, &label, after(Span::days(1))).unwrap();
    vault.open_session(person(1), 1, PHONE, after(Span::hours(1))).unwrap();
    let devices = vault.devices(person(1)).unwrap();
    assert_eq!(devices.len(), MAX_DEVICES);
    let phone = devices.iter().find(|device| device.id == PHONE).unwrap();
    assert_eq!((phone.label.as_str(), phone.bound_at), ("renamed", NOW));
    assert_eq!(phone.last_seen, Some(after(Span::hours(1))));
    assert!(devices.iter().all(|device| device.id == PHONE || device.last_seen.is_none()));
}

#[test]
fn a_session_that_is_used_while_it_is_ended_stays_ended() {
    let (_directory, vault) = vault_with(1);
    bind(&vault, 1, PHONE).unwrap();
    for _ in 0..10 {
        let token = vault.open_session(person(1), 1, PHONE, NOW).unwrap();
        std::thread::scope(|scope| {
            for number in 1..5u64 {
                let (vault, token) = (&vault, &token);
                scope.spawn(move || {
                    for step in 0..20 {
                        // Each of these writes when the session was last seen.
                        let now = after(Span::minutes(10 * step + number));
                        vault.check_session(token.as_str(), PHONE, now).unwrap();
                    }
                });
            }
            vault.revoke_all_sessions(person(1)).unwrap();
        });
        assert_eq!(customer(&vault, token.as_str(), PHONE, NOW), None);
        assert_eq!(vault.devices(person(1)).unwrap()[0].last_seen, None);
    }
}
