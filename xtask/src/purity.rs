//! Words that pure crates and money paths must not use, each with what to write instead.

use crate::Report;
use crate::layers::is_pure;
use crate::source::{Source, names};

/// What a pure crate must not name, and what takes its place.
const IMPURE: &[(&str, &str)] = &[
    ("SystemTime", "the time of the record's `Stamp`"),
    ("Instant", "the time of the record's `Stamp`"),
    ("HashMap", "`BTreeMap`, or `base::Table` for hot look-ups"),
    ("HashSet", "`BTreeSet`, or `base::Table` for hot look-ups"),
    ("f32", "integers with a scale"),
    ("f64", "integers with a scale"),
    ("tokio", "an effect: the runtime does the waiting"),
    ("async", "an effect: the runtime does the waiting"),
    ("rand", "a seed that travels in the command"),
    ("println", "an event: the runtime does the writing"),
    ("eprintln", "an event: the runtime does the writing"),
    ("Serialize", "`base::Codec`; JSON begins in tier 3"),
    ("Deserialize", "`base::Codec`; JSON begins in tier 3"),
];

/// Modules of `std` that a pure crate must not name.
const IMPURE_STD: &[(&str, &str)] = &[
    ("fs", "an effect, or bytes handed in"),
    ("net", "an effect, or bytes handed in"),
    ("io", "an effect, or bytes handed in"),
    ("env", "an argument"),
    ("thread", "nothing: a machine has one writer"),
    ("process", "an effect"),
];

/// Crates where money is parsed from bytes: a `Value` there keeps the last of duplicate keys.
const STRICT_JSON: &[&str] = &["crates/wire/", "crates/api/", "crates/effects/"];

/// The operations API answers consoles, carries no signed money, and may build JSON freely.
const FREE_JSON: &[&str] = &["/ops", "/operations"];

/// Where bugs may be planted on purpose, apart from tests.
const MAY_PLANT: &[&str] = &["crates/base/src/", "crates/sim/"];

pub fn check(path: &str, source: &Source, report: &mut Report) {
    if is_pure(path) {
        check_pure(path, source, report);
    }
    let strict = STRICT_JSON.iter().any(|start| path.starts_with(start));
    if strict && !FREE_JSON.iter().any(|part| path.contains(part)) {
        check_strict_json(path, source, report);
    }
    if !MAY_PLANT.iter().any(|start| path.starts_with(start)) {
        check_planting(path, source, report);
    }
}

/// Bugs on purpose stay where they are looked for.
fn check_planting(path: &str, source: &Source, report: &mut Report) {
    for (number, line) in source.shipped() {
        if names(line).any(|(_, name)| name == "plant") {
            let message = "plants a bug; only tests and the simulator may";
            report.error(&format!("{path}:{number}"), message);
        }
    }
}

fn check_pure(path: &str, source: &Source, report: &mut Report) {
    for (number, line) in source.shipped() {
        let place = format!("{path}:{number}");
        for (_, name) in names(line) {
            if let Some((_, instead)) = IMPURE.iter().find(|(word, _)| *word == name) {
                report.error(&place, format!("`{name}` in a pure crate; use {instead}"));
            }
        }
        if has_float(line) {
            report.error(&place, "a float in a pure crate; use integers with a scale");
        }
    }
    for (number, module) in imports(source, "std") {
        if let Some((_, instead)) = IMPURE_STD.iter().find(|(word, _)| *word == module) {
            let place = format!("{path}:{number}");
            report.error(&place, format!("`std::{module}` in a pure crate; use {instead}"));
        }
    }
}

fn check_strict_json(path: &str, source: &Source, report: &mut Report) {
    for (number, name) in imports(source, "serde_json") {
        if ["Value", "Map", "json"].contains(&name.as_str()) {
            let message = format!("`serde_json::{name}` on a money path; use a strict struct");
            report.error(&format!("{path}:{number}"), message);
        }
    }
}

/// A literal such as `1.5`; `x.0.1` is a tuple and `1..5` a range.
fn has_float(line: &str) -> bool {
    let bytes = line.as_bytes();
    names(line).any(|(start, name)| {
        let end = start + name.len();
        let tuple_field = start > 0 && bytes[start - 1] == b'.';
        name.as_bytes()[0].is_ascii_digit()
            && !name.starts_with("0x")
            && !tuple_field
            && bytes.get(end) == Some(&b'.')
            && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
    })
}

/// The names directly behind `<from>::` in shipped code, also inside `<from>::{a, b::c}` over
/// several lines.
fn imports(source: &Source, from: &str) -> Vec<(usize, String)> {
    let tokens: Vec<(usize, &str)> = source
        .shipped()
        .flat_map(|(number, line)| tokens(line).map(move |token| (number, token)))
        .collect();
    let mut found = Vec::new();
    for (at, window) in tokens.windows(4).enumerate() {
        let [(_, first), (_, ":"), (_, ":"), (number, next)] = window else { continue };
        if *first != from {
            continue;
        }
        if *next == "{" {
            found.extend(listed(&tokens[at + 4..]));
        } else {
            found.push((*number, (*next).to_owned()));
        }
    }
    found
}

/// The first name of each entry in a list of imports, from behind its opening brace to its closing
/// one.
fn listed(tokens: &[(usize, &str)]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut depth = 1;
    let mut starts_entry = true;
    for (number, token) in tokens {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            name if starts_entry => found.push((*number, name.to_owned())),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        starts_entry = depth == 1 && *token == ",";
    }
    found
}

/// Names and single marks of one line.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let length = match names(rest).next() {
            Some((0, name)) => name.len(),
            _ => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(path, &Source::new(path, text), &mut report);
        report.errors
    }

    #[test]
    fn pure_crates_name_no_clock_and_no_hash_map() {
        assert_eq!(
            errors("crates/fx/src/lib.rs", "use std::collections::HashMap;\n"),
            ["crates/fx/src/lib.rs:1: `HashMap` in a pure crate; \
              use `BTreeMap`, or `base::Table` for hot look-ups"]
        );
        assert_eq!(errors("crates/fx/src/lib.rs", "let t = SystemTime::now();\n").len(), 1);
        assert_eq!(errors("crates/fx/src/lib.rs", "async fn f() {}\n").len(), 1);
        assert_eq!(errors("crates/api/src/lib.rs", "async fn f() {}\n").len(), 0);
    }

    #[test]
    fn words_in_comments_strings_and_tests_are_fine() {
        let text =
            "//! No HashMap.\nlet a = \"f64\";\n#[cfg(test)]\nmod tests {\n use std::fs;\n}\n";
        assert_eq!(errors("crates/fx/src/lib.rs", text), [""; 0]);
        assert_eq!(errors("crates/fx/src/lib.rs", "let InstantKind = 1;\n"), [""; 0]);
    }

    #[test]
    fn modules_of_std_are_seen_in_lists() {
        let text = "use std::{\n    fmt::{self, io},\n    fs,\n};\nlet x = std::env::args();\n";
        assert_eq!(
            errors("crates/fx/src/lib.rs", text),
            [
                "crates/fx/src/lib.rs:3: `std::fs` in a pure crate; \
                 use an effect, or bytes handed in",
                "crates/fx/src/lib.rs:5: `std::env` in a pure crate; use an argument",
            ]
        );
    }

    #[test]
    fn programs_plant_no_bug() {
        let text = "base::plant(3);\n";
        assert_eq!(
            errors("crates/dhow/src/main.rs", text),
            ["crates/dhow/src/main.rs:1: plants a bug; only tests and the simulator may"]
        );
        assert_eq!(errors("crates/sim/src/world.rs", text), [""; 0]);
        assert_eq!(errors("crates/log/tests/planted.rs", text), [""; 0]);
    }

    #[test]
    fn floats_are_seen() {
        assert_eq!(errors("crates/fx/src/lib.rs", "let x = 1.5;\n").len(), 1);
        assert_eq!(errors("crates/fx/src/lib.rs", "let x = pair.0.1 + a[0..5];\n").len(), 0);
        assert_eq!(errors("crates/fx/src/lib.rs", "let x: f64 = y;\n").len(), 1);
    }

    #[test]
    fn loose_json_stays_off_money_paths() {
        let text = "use serde_json::{Error, Value};\n";
        assert_eq!(
            errors("crates/wire/src/pay.rs", text),
            ["crates/wire/src/pay.rs:1: `serde_json::Value` on a money path; use a strict struct"]
        );
        assert_eq!(errors("crates/wire/src/pay.rs", "serde_json::json!(1);\n").len(), 1);
        assert_eq!(errors("crates/wire/src/pay.rs", "serde_json::from_slice(b);\n").len(), 0);
        assert_eq!(errors("crates/api/src/ops/rates.rs", text).len(), 0);
        assert_eq!(errors("crates/wire/tests/pay.rs", text).len(), 0);
    }
}
