//! ARCHITECTURE.md names every crate and every top folder, and nothing that is gone.

use crate::Report;
use crate::tree::{File, Package};

const MAP: &str = "ARCHITECTURE.md";

/// Folders whose paths are followed when the map names them.
const FOLLOWED: &[&str] = &["crates/", "docs/", "tests/", "fuzz/", "xtask/", "scenarios/"];

pub fn check(map: &str, packages: &[Package], files: &[File], report: &mut Report) {
    let named = named_paths(map);
    for package in packages {
        if !named.iter().any(|(_, path)| *path == package.folder) {
            report.error(MAP, format!("does not name `{}`", package.folder));
        }
    }
    let mut folders: Vec<&str> =
        files.iter().filter_map(|file| file.path.split_once('/')).map(|(top, _)| top).collect();
    folders.dedup();
    for folder in folders.into_iter().filter(|folder| !folder.starts_with('.')) {
        let named = named.iter().any(|(_, path)| path.split('/').next() == Some(folder));
        if !named {
            report.error(MAP, format!("does not name the folder `{folder}`"));
        }
    }
    for (number, path) in named {
        if FOLLOWED.iter().any(|start| path.starts_with(start)) && !exists(path, files) {
            report.error(&format!("{MAP}:{number}"), format!("names `{path}`, which is gone"));
        }
    }
}

/// Is it a tracked file, or a folder that holds one?
fn exists(path: &str, files: &[File]) -> bool {
    files.iter().any(|file| {
        file.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// What stands in back quotes, looks like a path and has no space or star in it, with its line.
fn named_paths(map: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, line) in map.lines().enumerate() {
        for quoted in line.split('`').skip(1).step_by(2) {
            let is_path = quoted.bytes().all(|b| b.is_ascii_alphanumeric() || b"_./-".contains(&b));
            if is_path {
                found.push((at + 1, quoted.trim_end_matches('/')));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(map: &str, folders: &[&str], paths: &[&str]) -> Vec<String> {
        let package = |folder: &&str| Package {
            name: String::new(),
            folder: (*folder).to_owned(),
            manifest_path: String::new(),
            manifest: String::new(),
            dependencies: Vec::new(),
        };
        let packages: Vec<Package> = folders.iter().map(package).collect();
        let file =
            |path: &&str| File { path: (*path).to_owned(), executable: false, bytes: Vec::new() };
        let files: Vec<File> = paths.iter().map(file).collect();
        let mut report = Report::default();
        check(map, &packages, &files, &mut report);
        report.errors
    }

    #[test]
    fn a_true_map_passes() {
        let map = "| `crates/a` | one |\nand `crates/a/src/lib.rs`, `Money`, `docs/`\n";
        let paths = ["crates/a/src/lib.rs", "docs/x.md", ".ci/run", "README.md"];
        assert_eq!(errors(map, &["crates/a"], &paths), [""; 0]);
    }

    #[test]
    fn what_is_missing_or_gone_is_named() {
        let paths = ["crates/ab/src/lib.rs", "web/x.ts"];
        assert_eq!(
            errors("`crates/a`\n", &["crates/ab"], &paths),
            [
                "ARCHITECTURE.md: does not name `crates/ab`",
                "ARCHITECTURE.md: does not name the folder `web`",
                "ARCHITECTURE.md:1: names `crates/a`, which is gone",
            ]
        );
    }
}
