//! `cargo xtask tidy`: holds the tree to its own rules and names every place that breaks one.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments != ["tidy"] {
        eprintln!("usage: cargo xtask tidy");
        return ExitCode::from(2);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let report = match xtask::tidy(&root) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("tidy could not read the tree: {error}");
            return ExitCode::from(2);
        }
    };
    for warning in &report.warnings {
        println!("warning: {warning}");
    }
    for error in &report.errors {
        println!("{error}");
    }
    if report.errors.is_empty() {
        println!("tidy: {} files keep the rules", report.files);
        ExitCode::SUCCESS
    } else {
        println!("tidy: {} places break a rule (STYLE.md says why)", report.errors.len());
        ExitCode::FAILURE
    }
}
