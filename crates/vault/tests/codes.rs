//! One-time codes: few tries, short life, and the same answers for everybody.

mod world;

use base::{Span, Timestamp};
use dhow_vault::{CodePurpose, CodeState, Issued, LastCode, Vault};
use world::{NOW, new_vault, open, phone, vault_with};

const SIGN_IN: CodePurpose = CodePurpose::SignIn;

fn issue(vault: &Vault, number: &str, purpose: CodePurpose, now: Timestamp) -> String {
    match vault.issue_code(&phone(number), purpose, now).unwrap() {
        Issued::Code(code) => code.as_str().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Another code of six digits.
fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[test]
fn a_code_passes_once_for_its_alias_and_purpose() {
    let (directory, vault) = new_vault();
    let code = issue(&vault, "010 1111 1111", SIGN_IN, NOW);
    assert_eq!(code.len(), 6);
    issue(&vault, "010 2222 2222", SIGN_IN, NOW);
    let check = |vault: &Vault, number, purpose, code: &str| {
        vault.check_code(&phone(number), purpose, code, NOW).unwrap()
    };
    assert!(!check(&vault, "010 3333 3333", SIGN_IN, &code));
    assert!(!check(&vault, "010 1111 1111", CodePurpose::CashOut, &code));
    assert!(!check(&vault, "010 1111 1111", SIGN_IN, &wrong(&code)));
    assert!(!check(&vault, "010 1111 1111", SIGN_IN, ""));
    drop(vault);
    let vault = open(directory.path());
    assert!(check(&vault, "010 1111 1111", SIGN_IN, &code));
    assert!(!check(&vault, "010 1111 1111", SIGN_IN, &code));
}

#[test]
fn a_code_ends_with_its_time_and_with_its_tries() {
    let (directory, vault) = new_vault();
    let check = |vault: &Vault, code: &str, now| {
        vault.check_code(&phone("010 1111 1111"), SIGN_IN, code, now).unwrap()
    };
    let minutes = |count| NOW.after(Span::minutes(count));
    let code = issue(&vault, "010 1111 1111", SIGN_IN, NOW);
    assert!(!check(&vault, &code, minutes(3)));
    assert!(check(&vault, &code, minutes(3).before(Span::from_nanos(1))));
    let code = issue(&vault, "010 1111 1111", SIGN_IN, minutes(10));
    for _ in 0..4 {
        assert!(!check(&vault, &wrong(&code), minutes(10)));
    }
    // Tries are counted on the disk.
    drop(vault);
    let vault = open(directory.path());
    assert!(check(&vault, &code, minutes(10)));
    let code = issue(&vault, "010 1111 1111", SIGN_IN, minutes(20));
    for _ in 0..5 {
        assert!(!check(&vault, &wrong(&code), minutes(20)));
    }
    assert!(!check(&vault, &code, minutes(20)));
}

#[test]
fn the_next_code_waits_and_a_day_has_a_number_of_them() {
    let (_directory, vault) = new_vault();
    let alias = phone("010 1111 1111");
    let seconds = |count| NOW.after(Span::secs(count));
    let first = issue(&vault, "010 1111 1111", SIGN_IN, NOW);
    let soon = vault.issue_code(&alias, SIGN_IN, seconds(59)).unwrap();
    assert_eq!(soon, Issued::TooSoon { again_at: seconds(60) });
    // A code for another purpose does not wait, and does not void the first.
    issue(&vault, "010 1111 1111", CodePurpose::CashOut, seconds(1));
    assert!(vault.check_code(&alias, SIGN_IN, &first, seconds(2)).unwrap());
    let second = issue(&vault, "010 1111 1111", SIGN_IN, seconds(60));
    for count in 2..9 {
        issue(&vault, "010 1111 1111", SIGN_IN, seconds(60 * count));
    }
    if first != second {
        assert!(!vault.check_code(&alias, SIGN_IN, &second, seconds(490)).unwrap());
    }
    let many = Issued::TooMany { again_at: NOW.after(Span::days(1)) };
    assert_eq!(vault.issue_code(&alias, SIGN_IN, seconds(600)).unwrap(), many);
    assert_eq!(vault.issue_code(&alias, CodePurpose::StepUp, seconds(600)).unwrap(), many);
    issue(&vault, "010 2222 2222", SIGN_IN, seconds(600));
    issue(&vault, "010 1111 1111", SIGN_IN, NOW.after(Span::days(1)));
}

#[test]
fn challenges_count_and_pass_by_themselves() {
    let (_directory, vault) = new_vault();
    let alias = phone("010 1111 1111");
    let (one, two) = (CodePurpose::Challenge(1), CodePurpose::Challenge(2));
    let minutes = |count| NOW.after(Span::minutes(count));
    let first = issue(&vault, "010 1111 1111", one, NOW);
    let second = issue(&vault, "010 1111 1111", two, NOW);
    if first != second {
        assert!(!vault.check_code(&alias, two, &first, NOW).unwrap());
    }
    assert!(vault.check_code(&alias, one, &first, NOW).unwrap());
    for count in 1..10 {
        issue(&vault, "010 1111 1111", one, minutes(count));
    }
    let many = Issued::TooMany { again_at: NOW.after(Span::days(1)) };
    assert_eq!(vault.issue_code(&alias, one, minutes(10)).unwrap(), many);
    issue(&vault, "010 1111 1111", two, minutes(10));
    issue(&vault, "010 1111 1111", SIGN_IN, minutes(10));
}

#[test]
fn a_look_at_a_code_is_no_try() {
    let (_directory, vault) = new_vault();
    let alias = phone("010 1111 1111");
    let look = |now| vault.last_code(&alias, SIGN_IN, now).unwrap();
    let last = |made_at, state| Some(LastCode { made_at, state });
    assert_eq!(look(NOW), None);
    let code = issue(&vault, "010 1111 1111", SIGN_IN, NOW);
    for _ in 0..9 {
        assert_eq!(look(NOW), last(NOW, CodeState::Open));
    }
    let late = NOW.after(Span::minutes(3));
    assert_eq!(look(late), last(NOW, CodeState::Late));
    assert!(vault.check_code(&alias, SIGN_IN, &code, NOW).unwrap());
    assert_eq!(look(late), last(NOW, CodeState::Used));
    let code = issue(&vault, "010 1111 1111", SIGN_IN, late);
    for _ in 0..5 {
        assert!(!vault.check_code(&alias, SIGN_IN, &wrong(&code), late).unwrap());
    }
    assert_eq!(look(late), last(late, CodeState::TriedOut));
}

#[test]
fn known_and_unknown_people_get_the_same_answers() {
    let (_directory, vault) = vault_with(1);
    vault.claim_alias(world::person(1), &phone("010 1111 1111")).unwrap();
    let story = |number: &str| {
        let mut answers = Vec::new();
        for step in 0..15 {
            let now = NOW.after(Span::secs(40 * step));
            let issued = vault.issue_code(&phone(number), SIGN_IN, now).unwrap();
            answers.push(match issued {
                Issued::Code(code) => {
                    let alias = phone(number);
                    let check = |code: &str| vault.check_code(&alias, SIGN_IN, code, now).unwrap();
                    format!("{} {}", check(&wrong(code.as_str())), check(code.as_str()))
                }
                other => format!("{other:?}"),
            });
        }
        answers
    };
    assert_eq!(story("010 1111 1111"), story("010 9999 9999"));
}

#[test]
fn threads_have_five_tries_together() {
    let (_directory, vault) = new_vault();
    let alias = phone("010 1111 1111");
    let guess = |guesses: &[String], now| {
        std::thread::scope(|scope| {
            let check = |code: &String| {
                let (vault, alias, code) = (&vault, &alias, code.clone());
                scope.spawn(move || vault.check_code(alias, SIGN_IN, &code, now).unwrap())
            };
            let threads: Vec<_> = guesses.iter().map(check).collect();
            let yes = threads.into_iter().map(|thread| thread.join().unwrap());
            yes.filter(|yes| *yes).count()
        })
    };
    // All wrong: the right one comes too late.
    let code = issue(&vault, "010 1111 1111", SIGN_IN, NOW);
    assert_eq!(guess(&vec![wrong(&code); 64], NOW), 0);
    assert_eq!(guess(&[code], NOW), 0);
    // All right: it passes once.
    let later = NOW.after(Span::minutes(5));
    let code = issue(&vault, "010 1111 1111", SIGN_IN, later);
    assert_eq!(guess(&vec![code; 64], later), 1);
    // One right among 63 wrong ones passes at most once, and leaves no try over.
    for round in 0..6 {
        let later = NOW.after(Span::minutes(10 + 2 * round));
        let code = issue(&vault, "010 1111 1111", SIGN_IN, later);
        let mut guesses = vec![wrong(&code); 64];
        guesses[usize::try_from(round).unwrap() * 10] = code.clone();
        assert!(guess(&guesses, later) <= 1);
        assert_eq!(guess(&[code], later), 0);
    }
}

#[test]
fn sweeping_forgets_only_what_no_longer_counts() {
    let (_directory, vault) = new_vault();
    issue(&vault, "010 1111 1111", SIGN_IN, NOW);
    let later = NOW.after(Span::hours(12));
    let code = issue(&vault, "010 2222 2222", SIGN_IN, later);
    assert_eq!(vault.sweep_codes(later).unwrap(), 0);
    assert_eq!(vault.sweep_codes(NOW.after(Span::days(1))).unwrap(), 1);
    assert!(vault.check_code(&phone("010 2222 2222"), SIGN_IN, &code, later).unwrap());
}
