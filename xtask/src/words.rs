//! The banned names of GLOSSARY.md: one word for one thing.
//!
//! Two tables there are law. Under "Banned anywhere in a name", a word may not be a part of any
//! name (`txn`, `TxnState`, `open_txn`). Under "Banned as a whole name", a word may not be all
//! there is to a declared name. Under "Names that others chose", a name that a library forces on us
//! is listed and free.

use crate::Report;
use crate::source::{Source, names};

/// The law, as read from GLOSSARY.md.
#[derive(Debug, Default)]
pub struct Glossary {
    parts: Vec<(String, String)>,
    whole: Vec<(String, String)>,
    free: Vec<String>,
}

impl Glossary {
    /// Reads the rows `| `word` | what to say |` under the three headings.
    pub fn parse(text: &str) -> Glossary {
        let mut glossary = Glossary::default();
        let mut heading = "";
        for line in text.lines() {
            if let Some(title) = line.strip_prefix('#') {
                heading = title.trim_start_matches('#').trim();
                continue;
            }
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, word, instead, ..] = cells[..] else { continue };
            let Some(word) = word.strip_prefix('`').and_then(|word| word.strip_suffix('`')) else {
                continue;
            };
            let row = (word.to_owned(), instead.to_owned());
            match heading {
                "Banned anywhere in a name" => glossary.parts.push(row),
                "Banned as a whole name" => glossary.whole.push(row),
                "Names that others chose" => glossary.free.push(row.0),
                _ => {}
            }
        }
        glossary
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() || self.whole.is_empty()
    }

    /// What to say instead of the banned part of `name`, if it has one. A plural counts as the
    /// word.
    fn banned_part(&self, name: &str) -> Option<&(String, String)> {
        if self.free.iter().any(|free| free == name) {
            return None;
        }
        let parts = parts(name);
        self.parts.iter().find(|(word, _)| {
            parts.iter().any(|part| part == word || part.strip_suffix('s') == Some(word))
        })
    }
}

/// `open_txnState2` is `open`, `txn`, `state2`.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before_is_lower = false;
    for c in name.chars() {
        if c == '_' || (c.is_ascii_uppercase() && before_is_lower) {
            parts.push(String::new());
        }
        before_is_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if c != '_' {
            parts.last_mut().expect("starts with one part").push(c.to_ascii_lowercase());
        }
    }
    parts
}

/// Words behind which a name is declared.
const DECLARES: &[&str] =
    &["let", "mut", "fn", "mod", "struct", "enum", "trait", "type", "const", "static"];

pub fn check(path: &str, source: &Source, glossary: &Glossary, report: &mut Report) {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
    if let Some((word, instead)) = glossary.banned_part(stem) {
        report.error(path, format!("`{word}` is banned in file names; {instead}"));
    }
    for (at, line) in source.code.iter().enumerate() {
        let place = format!("{path}:{}", at + 1);
        let mut before = "";
        for (_, name) in names(line) {
            if let Some((word, instead)) = glossary.banned_part(name) {
                report.error(&place, format!("`{name}`: `{word}` is banned; {instead}"));
            }
            let declared = DECLARES.contains(&before);
            let whole = glossary.whole.iter().find(|(word, _)| *word == name.to_lowercase());
            if let (true, Some((_, instead))) = (declared, whole) {
                report.error(&place, format!("`{name}` says nothing; {instead}"));
            }
            before = name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: &str = "# Glossary\n\n## Banned anywhere in a name\n\n| Banned | Say |\n|---|---|\n\
        | `txn` | say payment |\n| `charge` | say fee |\n\n## Banned as a whole name\n\n\
        | `data` | name the thing |\n\n## Names that others chose\n\n| `run_txn` | a store |\n\n\
        ## Words\n\n| `payment` | money for goods |\n";

    fn errors(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(path, &Source::new(path, text), &Glossary::parse(LAW), &mut report);
        report.errors
    }

    #[test]
    fn names_fall_into_parts() {
        assert_eq!(parts("open_txnState2"), ["open", "txn", "state2"]);
        assert_eq!(parts("HTTPTxn"), ["httptxn"]);
        assert_eq!(parts("TXN_LIMIT"), ["txn", "limit"]);
    }

    #[test]
    fn banned_parts_are_named_with_the_word_to_use() {
        assert_eq!(
            errors("a.rs", "let open_txns = 1;\n"),
            ["a.rs:1: `open_txns`: `txn` is banned; say payment"]
        );
        assert_eq!(errors("a.rs", "struct TxnState;\nconst CHARGE_MAX: u8 = 1;\n").len(), 2);
        assert_eq!(
            errors("a.rs", "let surcharge = recharge; // txn\n\"txn\";\nrun_txn();\n"),
            [""; 0]
        );
        assert_eq!(
            errors("src/txn_log.rs", ""),
            ["src/txn_log.rs: `txn` is banned in file names; say payment"]
        );
    }

    #[test]
    fn empty_words_may_not_be_declared() {
        assert_eq!(
            errors("a.rs", "let mut data = 1;\n"),
            ["a.rs:1: `data` says nothing; name the thing"]
        );
        assert_eq!(errors("a.rs", "let market_data = reader.data();\n"), [""; 0]);
    }
}
