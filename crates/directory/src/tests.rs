//! Table tests of the directory.

use crate::*;
use base::{Timestamp, decode_all, encode};
use money::{Currency, Money};

fn text(text: &str) -> PartnerText {
    PartnerText::new(text).unwrap()
}

fn jpy() -> Currency {
    Currency::from_code("JPY").unwrap()
}

fn participant(number: u32) -> Participant {
    Participant {
        id: ParticipantId(number),
        role: Role::Acqp,
        code: text(&format!("A-{number}")),
        client_id: text(&format!("CLIENT-{number}")),
        name: text("Sakura"),
        country: Country::new("JP").unwrap(),
        status: ParticipantStatus::Active,
        keys: Vec::new(),
        endpoints: Endpoints::default(),
        contract: Contract { settlement_currencies: vec![jpy()], ..Contract::default() },
    }
}

#[test]
fn ids_names_and_versions_are_taken_once() {
    let mut directory = Directory::default();
    assert_eq!(directory.next_id(), ParticipantId(1));
    directory.add(participant(1)).unwrap();
    assert_eq!(directory.next_id(), ParticipantId(2));
    assert_eq!(directory.add(participant(1)), Err(DirectoryError::IdTaken(ParticipantId(1))));
    let twin = Participant { client_id: text("CLIENT-1"), ..participant(2) };
    assert_eq!(directory.add(twin), Err(DirectoryError::ClientIdTaken(text("CLIENT-1"))));
    let twin = Participant { code: text("A-1"), ..participant(2) };
    assert_eq!(directory.add(twin), Err(DirectoryError::CodeTaken(text("A-1"))));
    assert_eq!(directory.by_client("CLIENT-1").unwrap().id, ParticipantId(1));
    assert_eq!(directory.by_code("A-2"), None);
    let copy: Directory = decode_all(&encode(&directory)).unwrap();
    assert_eq!(copy.by_code("A-1").unwrap(), directory.by_code("A-1").unwrap());
}

#[test]
fn keys_overlap_and_end_at_an_instant() {
    let mut directory = Directory::default();
    directory.add(participant(1)).unwrap();
    let id = ParticipantId(1);
    let at = Timestamp::from_secs;
    let key = |version, from| ParticipantKey { version, spki: vec![1], from, until: None };
    directory.add_key(id, key(1, at(10))).unwrap();
    directory.add_key(id, key(2, at(20))).unwrap();
    assert_eq!(directory.add_key(id, key(2, at(20))), Err(DirectoryError::KeyVersionTaken(2)));
    directory.retire_key(id, 1, at(30)).unwrap();
    let participant = directory.participant(id).unwrap();
    let valid = |version, secs| participant.key(version, at(secs)).is_some();
    assert!(!valid(1, 9) && valid(1, 10) && valid(1, 29) && !valid(1, 30));
    assert!(!valid(2, 19) && valid(2, 20) && valid(2, 1_000));
    assert_eq!(directory.retire_key(id, 3, at(1)), Err(DirectoryError::UnknownKey(3)));
}

#[test]
fn contracts_that_cannot_be_are_refused() {
    let good = participant(1).contract;
    let rule = |fees, currency| FeeRule { mcc: None, reach: None, currency, fees };
    let fees = |interchange_bps, network_fixed_minor| Fees {
        interchange_bps,
        network_fixed_minor,
        ..Fees::default()
    };
    assert_eq!(good.check(), Ok(()));
    assert_eq!(Contract::default().check(), Err(ContractError::NoSettlementCurrency));
    let bad = Contract { fees: vec![rule(fees(5_001, 0), None)], ..good.clone() };
    assert_eq!(bad.check(), Err(ContractError::FeesTooHigh { rule: 0 }));
    let bad = Contract { fees: vec![rule(fees(0, 5), None)], ..good.clone() };
    assert_eq!(bad.check(), Err(ContractError::FixedFeeWithoutCurrency { rule: 0 }));
    let bad = Contract { markup_bps: 2_001, ..good.clone() };
    assert_eq!(bad.check(), Err(ContractError::MarkupTooHigh));
    let limited = Contract { max_payments: vec![Money::new(500, jpy()).unwrap()], ..good };
    let mcc = Mcc::new("5812").unwrap();
    assert!(!limited.is_outside_limits(Money::new(500, jpy()).unwrap(), mcc));
    assert!(limited.is_outside_limits(Money::new(501, jpy()).unwrap(), mcc));
}

#[test]
fn code_rules_lead_to_acquirers_and_change_with_their_version() {
    let mut directory = Directory::default();
    directory.add(participant(1)).unwrap();
    directory.add(Participant { role: Role::Mpp, ..participant(2) }).unwrap();
    assert_eq!(directory.code_rules(), &CodeRules::default());
    let rule = |id: &str, prefix: &str, acquirer| CodeRule {
        id: text(id),
        matches: CodeMatch::Prefix(CodeText::new(prefix).unwrap()),
        acquirer: ParticipantId(acquirer),
        action: CodeAction::Decode,
    };
    let table = |version: &str, rules: &[CodeRule]| CodeRules {
        version: CodeRulesVersion::new(version).unwrap(),
        rules: rules.to_vec(),
    };
    let first = table("1", &[rule("a", "381", 1)]);
    directory.set_code_rules(first.clone()).unwrap();
    directory.set_code_rules(first.clone()).unwrap();
    let refused = |directory: &mut Directory, table: CodeRules| {
        let before = directory.code_rules().clone();
        let error = directory.set_code_rules(table).unwrap_err();
        assert_eq!(directory.code_rules(), &before);
        error
    };
    let version = first.version.clone();
    let same_version = table("1", &[rule("a", "382", 1)]);
    let taken = DirectoryError::CodeRulesVersionTaken(version);
    assert_eq!(refused(&mut directory, same_version), taken);
    for acquirer in [2, 3] {
        let astray = table("2", &[rule("a", "381", 1), rule("b", "382", acquirer)]);
        let acquirer = ParticipantId(acquirer);
        let expected = DirectoryError::NotAnAcquirer { rule: text("b"), acquirer };
        assert_eq!(refused(&mut directory, astray), expected);
    }
    let twice = table("2", &[rule("a", "381", 1), rule("a", "382", 1)]);
    let expected = DirectoryError::CodeRules(CodeRuleConflict::IdTaken(text("a")));
    assert_eq!(refused(&mut directory, twice), expected);
    directory.set_code_rules(table("2", &first.rules)).unwrap();
    let copy: Directory = decode_all(&encode(&directory)).unwrap();
    assert_eq!(copy.code_rules(), directory.code_rules());
    let found = copy.code_rules().identify("38112");
    assert_eq!(found, Identified::Rule(&first.rules[0]));
}
