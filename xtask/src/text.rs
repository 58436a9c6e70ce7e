//! Length, columns, first lines and unfinished work.

use crate::Report;
use crate::source::{Source, names};
use crate::tree::File;

/// Lines of one file: beyond the first number tidy warns, beyond the second it fails.
const MANY_LINES: usize = 600;
const TOO_MANY_LINES: usize = 1_000;

/// Columns of one line of Rust, counted in characters.
const MAX_COLUMNS: usize = 100;

/// Bytes of one tracked file. Larger things are made, not kept.
const MAX_BLOB_BYTES: usize = 256 * 1024;

// Put together from halves, so that this file does not contain what it looks for.
const UNFINISHED: &str = concat!("FIX", "ME");
const UNFINISHED_SHORT: &str = concat!("X", "XX");
const FOREIGN_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/fa", "rm/")];

/// Macros that stand for work not done.
const UNFINISHED_MACROS: &[&str] = &["dbg", "todo", "unimplemented"];

/// What holds for every tracked file.
pub fn check_file(file: &File, report: &mut Report) {
    if file.bytes.len() > MAX_BLOB_BYTES {
        let message = format!("{} bytes; the limit is {MAX_BLOB_BYTES}", file.bytes.len());
        report.error(&file.path, message);
    }
    let Some(text) = file.text() else { return };
    // A script that cannot be started would be left out of a run without a word.
    let is_script = text.starts_with("#!") && !text.starts_with("#![");
    if is_script && !file.executable {
        report.error(&file.path, "is a script but not executable in git");
    }
    for (at, line) in text.lines().enumerate() {
        let place = || format!("{}:{}", file.path, at + 1);
        if let Some(found) = FOREIGN_PATHS.iter().find(|found| line.contains(**found)) {
            report.error(&place(), format!("`{found}` is a path of one machine"));
        }
        if line.contains(UNFINISHED) {
            report.error(&place(), format!("{UNFINISHED}: finish it or open an issue"));
        }
    }
}

/// What holds for every Rust file.
pub fn check_rust(path: &str, text: &str, source: &Source, report: &mut Report) {
    let count = text.lines().count();
    if count > TOO_MANY_LINES {
        report.error(path, format!("{count} lines; the limit is {TOO_MANY_LINES}"));
    } else if count > MANY_LINES {
        report.warn(path, format!("{count} lines; split it before {TOO_MANY_LINES}"));
    }
    if !text.starts_with("//!") {
        report.error(path, "does not start with `//!`: say what the module is for");
    }
    for (at, line) in text.lines().enumerate() {
        let columns = line.chars().count();
        // An address, a string and a row of a table cannot be broken.
        let is_whole = line.contains("https://")
            || line.contains('"')
            || line.contains('`')
            || line.trim_start().starts_with("//! |");
        if columns > MAX_COLUMNS && !is_whole {
            let message = format!("{columns} columns; the limit is {MAX_COLUMNS}");
            report.error(&format!("{path}:{}", at + 1), message);
        }
    }
    for (at, line) in source.code.iter().enumerate() {
        for (start, name) in names(line) {
            let is_macro = line[start + name.len()..].starts_with('!');
            if is_macro && UNFINISHED_MACROS.contains(&name) {
                report
                    .error(&format!("{path}:{}", at + 1), format!("`{name}!` is unfinished work"));
            }
        }
    }
    for (at, line) in source.comments.iter().enumerate() {
        // In back quotes it is the currency code.
        let is_note = |start: usize| !line[..start].ends_with('`');
        if names(line).any(|(start, name)| name == UNFINISHED_SHORT && is_note(start)) {
            let message = format!("{UNFINISHED_SHORT}: finish it or open an issue");
            report.error(&format!("{path}:{}", at + 1), message);
        }
    }
}

/// Every package takes the lints of the workspace.
pub fn check_manifest(path: &str, manifest: &str, report: &mut Report) {
    if !manifest.contains("[lints]\nworkspace = true") {
        report.error(path, "does not inherit the workspace's lints");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_errors(path: &str, text: &str, executable: bool) -> Vec<String> {
        let mut report = Report::default();
        let file = File { path: path.to_owned(), executable, bytes: text.as_bytes().to_vec() };
        check_file(&file, &mut report);
        report.errors
    }

    fn rust(text: &str) -> Report {
        let mut report = Report::default();
        check_rust("a.rs", text, &Source::new("a.rs", text), &mut report);
        report
    }

    #[test]
    fn large_files_and_foreign_paths_are_refused() {
        let large = "a".repeat(MAX_BLOB_BYTES + 1);
        assert_eq!(
            file_errors("a.json", &large, false),
            ["a.json: 262145 bytes; the limit is 262144"]
        );
        for path in FOREIGN_PATHS {
            assert_eq!(file_errors("a.md", &format!("see\n{path}x"), false).len(), 1);
        }
        assert_eq!(file_errors("a.md", "a network/worker path", false), [""; 0]);
    }

    #[test]
    fn scripts_can_be_started() {
        assert_eq!(
            file_errors("a.sh", "#!/bin/sh\n", false),
            ["a.sh: is a script but not executable in git"]
        );
        assert_eq!(file_errors("a.sh", "#!/bin/sh\n", true), [""; 0]);
        assert_eq!(file_errors("a.rs", "#![no_std]\n", false), [""; 0]);
    }

    #[test]
    fn unfinished_work_is_seen() {
        assert_eq!(file_errors("a.sh", UNFINISHED, false).len(), 1);
        let errors = rust("//! A.\nfn a() { todo!() }\nlet todo = \"todo!()\";\n").errors;
        assert_eq!(errors, ["a.rs:2: `todo!` is unfinished work"]);
        assert_eq!(rust(&format!("//! A.\n// {UNFINISHED_SHORT} later\n")).errors.len(), 1);
        // It is also a currency: ISO 4217 calls "no currency" so.
        let currency = format!("//! `{UNFINISHED_SHORT}`\nlet a = \"{UNFINISHED_SHORT}\";\n");
        assert_eq!(rust(&currency).errors, [""; 0]);
    }

    #[test]
    fn long_files_and_lines_are_seen() {
        let lines = |count: usize| format!("//! A.\n{}", "\n".repeat(count - 1));
        assert_eq!(rust(&lines(600)).warnings.len(), 0);
        assert_eq!(rust(&lines(601)).warnings, ["a.rs: 601 lines; split it before 1000"]);
        assert_eq!(rust(&lines(1_001)).errors, ["a.rs: 1001 lines; the limit is 1000"]);
        let wide = |count: usize| format!("//! A.\n// {}\n", "ü".repeat(count - 3));
        assert_eq!(rust(&wide(100)).errors.len(), 0);
        assert_eq!(rust(&wide(101)).errors, ["a.rs:2: 101 columns; the limit is 100"]);
    }

    #[test]
    fn modules_say_what_they_are_for() {
        assert_eq!(rust("fn a() {}\n").errors.len(), 1);
    }

    #[test]
    fn packages_inherit_the_lints() {
        let mut report = Report::default();
        check_manifest("Cargo.toml", "[lints]\nworkspace = true\n", &mut report);
        assert_eq!(report.errors, [""; 0]);
        check_manifest("Cargo.toml", "[package]\n", &mut report);
        assert_eq!(report.errors.len(), 1);
    }
}
