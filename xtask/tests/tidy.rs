//! The tree keeps its own rules.

use std::path::Path;

#[test]
fn tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let report = xtask::tidy(&root).expect("git, cargo and the tracked files can be read");
    assert!(report.files > 0, "git knows no file here");
    assert!(report.errors.is_empty(), "{}", report.errors.join("\n"));
}
