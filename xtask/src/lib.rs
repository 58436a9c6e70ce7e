//! The rules of STYLE.md that a machine can hold, in one pass over the tracked files.
//!
//! | Module | What it holds |
//! |---|---|
//! | `layers` | dependencies point down; pure crates stand alone |
//! | `source` | splits Rust into code and comments, and knows what is test code |
//! | `purity` | words that pure crates and money paths must not use |
//! | `words` | the banned names of GLOSSARY.md |
//! | `text` | length, columns, first lines, unfinished work |
//! | `map` | ARCHITECTURE.md names what is there, and nothing that is gone |
//! | `tree` | reads the tree: tracked files and package descriptions |

mod layers;
mod map;
mod purity;
mod source;
mod text;
mod tree;
mod words;

use std::path::Path;

pub use tree::TreeError;

/// What tidy found. `errors` fail the build, `warnings` do not.
#[derive(Debug, Default)]
pub struct Report {
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
    /// How many tracked files were read.
    pub files: usize,
}

impl Report {
    fn error(&mut self, place: &str, message: impl std::fmt::Display) {
        self.errors.push(format!("{place}: {message}"));
    }
    fn warn(&mut self, place: &str, message: impl std::fmt::Display) {
        self.warnings.push(format!("{place}: {message}"));
    }
}

/// Checks the whole tree below `root`.
///
/// Errors: when git, cargo or a tracked file cannot be read. A broken rule is no error, but a line
/// of the report.
pub fn tidy(root: &Path) -> Result<Report, TreeError> {
    let mut report = Report::default();
    let packages = tree::packages(root)?;
    let files = tree::files(root)?;
    let glossary = words::Glossary::parse(&tree::required_text(&files, "GLOSSARY.md")?);
    if glossary.is_empty() {
        report.error("GLOSSARY.md", "the tables of banned names are gone");
    }
    layers::check(&packages, &mut report);
    for package in &packages {
        text::check_manifest(&package.manifest_path, &package.manifest, &mut report);
    }
    map::check(&tree::required_text(&files, "ARCHITECTURE.md")?, &packages, &files, &mut report);
    for file in &files {
        text::check_file(file, &mut report);
        let Some(text) = file.text() else { continue };
        if file.path.ends_with(".rs") {
            let source = source::Source::new(&file.path, text);
            text::check_rust(&file.path, text, &source, &mut report);
            purity::check(&file.path, &source, &mut report);
            words::check(&file.path, &source, &glossary, &mut report);
        }
    }
    report.files = files.len();
    Ok(report)
}
