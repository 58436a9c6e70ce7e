//! Short hands and strategies for the tests of this crate.

use crate::parts::Id;
use crate::{Amount, Datetime, Label, Value, parse, render};
use base::{Text, Timestamp};
use money::{Currency, Money};
use proptest::prelude::*;

pub(crate) fn id(text: &str) -> Id {
    Text::new(text).unwrap()
}

pub(crate) fn label<const MAX: usize>(text: &str) -> Label<MAX> {
    Label::new(text).unwrap()
}

pub(crate) fn money(minor: u64, currency: &str) -> Money {
    Money::new(minor, Currency::from_code(currency).unwrap()).unwrap()
}

/// The sample is read, comes back the same when written, and is refused without any of the fields
/// that it needs.
pub(crate) fn reads_and_needs<T: Value + PartialEq + std::fmt::Debug>(
    sample: &str,
    needed: &[&str],
) {
    let message: T = parse(sample.as_bytes()).unwrap_or_else(|error| panic!("{sample}: {error}"));
    assert_eq!(parse::<T>(&render(&message)).unwrap(), message);
    for field in needed {
        let without = sample.replacen(&format!("\"{field}\":"), "\"unknown\":", 1);
        let error = parse::<T>(without.as_bytes()).expect_err(&without);
        assert_eq!((error.field.as_str(), error.problem.as_str()), (*field, "is missing"));
    }
}

pub(crate) fn ids() -> impl Strategy<Value = Id> {
    "[!-~]{1,64}".prop_map(|text| id(&text))
}

pub(crate) fn labels<const MAX: usize>() -> impl Strategy<Value = Label<MAX>> {
    "\\PC{1,80}".prop_filter_map("nothing left", |text| Label::new(&text).ok())
}

pub(crate) fn amounts() -> impl Strategy<Value = Amount> {
    let minor = prop_oneof![1..=1_000_u64, 1..=Money::MAX_MINOR];
    let currency = prop_oneof![Just("JPY"), Just("KRW"), Just("USD"), Just("KWD"), Just("IDR")];
    (minor, currency).prop_map(|(minor, currency)| Amount(money(minor, currency)))
}

pub(crate) fn times() -> impl Strategy<Value = Datetime> {
    (100_000_u64..10_000_000_000, -1439_i16..=1439).prop_map(|(secs, offset_minutes)| Datetime {
        at: Timestamp::from_secs(secs),
        offset_minutes,
    })
}

/// JSON-like noise.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\""),
        Just("\\u"),
        Just("null"),
        Just("\"paymentRequestId\""),
        Just("\"order\""),
        Just("\"paymentAmount\""),
        Just("1e9"),
        Just("-0"),
        Just("é"),
    ];
    prop_oneof![
        prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat()),
        "\\PC{0,60}",
    ]
}
