//! The table of currencies against an independent one, in both directions.

use dhow_money::Currency;
use iso_currency::IntoEnumIterator;

/// Historic currencies that the other table has dropped.
const ONLY_OURS: &[&str] = &["ANG", "BYR", "EEK", "LTL", "LVL", "MRO", "STD", "USS", "VEF", "ZMK"];

/// Metals, units of account and codes for tests: without minor units they cannot carry an amount.
const ONLY_THEIRS: &[&str] =
    &["XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"];

#[test]
fn every_currency_of_theirs_is_ours_with_the_same_number_and_decimals() {
    let mut absent = Vec::new();
    for theirs in iso_currency::Currency::iter() {
        let Some(ours) = Currency::from_code(theirs.code()) else {
            assert_eq!(theirs.exponent(), None, "{} has minor units", theirs.code());
            absent.push(theirs.code());
            continue;
        };
        assert_eq!(ours.code(), theirs.code());
        assert_eq!(ours.numeric(), theirs.numeric(), "{ours}");
        assert_eq!(Some(u16::from(ours.exponent())), theirs.exponent(), "{ours}");
    }
    absent.sort_unstable();
    assert_eq!(absent, ONLY_THEIRS);
}

#[test]
fn every_currency_of_ours_is_theirs_or_retired() {
    let only_ours: Vec<_> = Currency::all()
        .filter(|ours| iso_currency::Currency::from_code(ours.code()).is_none())
        .collect();
    let codes: Vec<_> = only_ours.iter().map(|currency| currency.code()).collect();
    assert_eq!(codes, ONLY_OURS);
    assert!(only_ours.iter().all(|currency| currency.retired().is_some()));
}

#[test]
fn what_they_call_superseded_is_retired_here() {
    // Venezuela's two codes of 2021 are both current at ISO: the bolívar of 2018 and that of 2021.
    const BOTH_CURRENT: &[&str] = &["VES"];
    for theirs in iso_currency::Currency::iter().filter(|c| c.is_superseded().is_some()) {
        let ours = Currency::from_code(theirs.code()).expect("compared above");
        let expect_retired = !BOTH_CURRENT.contains(&ours.code());
        assert_eq!(ours.retired().is_some(), expect_retired, "{ours}");
    }
}
