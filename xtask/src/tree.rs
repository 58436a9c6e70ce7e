//! Reads the tree: the files git knows, and what cargo says about the packages.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Why the tree could not be read.
#[derive(Debug)]
pub struct TreeError(String);

impl std::fmt::Display for TreeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TreeError {}

/// One tracked file.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// Whether git marks it executable.
    pub executable: bool,
    pub bytes: Vec<u8>,
}

impl File {
    /// The text, unless the file is binary.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }
}

/// One package of the workspace with its direct dependencies.
pub struct Package {
    pub name: String,
    /// Folder from the root: `crates/money`.
    pub folder: String,
    /// `crates/money/Cargo.toml`.
    pub manifest_path: String,
    /// The text of that file.
    pub manifest: String,
    pub dependencies: Vec<Dependency>,
}

/// One edge from a package, dev-dependencies left out.
#[derive(Debug, PartialEq)]
pub struct Dependency {
    pub name: String,
    /// Whether it lies in this workspace.
    pub ours: bool,
}

fn output(mut command: Command) -> Result<Vec<u8>, TreeError> {
    let output = command.output().map_err(|e| TreeError(format!("{command:?}: {e}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(TreeError(format!("{command:?}: {}", complaint.trim())))
}

/// All tracked files that still lie on the disk. A link is left out: what it points at is checked
/// where it lies.
pub fn files(root: &Path) -> Result<Vec<File>, TreeError> {
    let mut git = Command::new("git");
    // The tree may belong to another user, as in a container: it is only read here.
    git.current_dir(root).args(["-c", "safe.directory=*", "ls-files", "-z", "--stage"]);
    let listing = String::from_utf8_lossy(&output(git)?).into_owned();
    let mut files = Vec::new();
    for entry in listing.split('\0') {
        let Some((stage, path)) = entry.split_once('\t') else { continue };
        let on_disk = root.join(path);
        if !on_disk.is_file() || on_disk.is_symlink() {
            continue;
        }
        let bytes = std::fs::read(&on_disk).map_err(|e| TreeError(format!("{path}: {e}")))?;
        files.push(File { path: path.to_owned(), executable: stage.starts_with("100755"), bytes });
    }
    Ok(files)
}

/// The text of one file that the rules themselves stand on.
pub fn required_text(files: &[File], path: &str) -> Result<String, TreeError> {
    let file = files.iter().find(|file| file.path == path);
    file.and_then(File::text)
        .map(str::to_owned)
        .ok_or_else(|| TreeError(format!("{path} is not a tracked text")))
}

/// All packages of the workspace.
pub fn packages(root: &Path) -> Result<Vec<Package>, TreeError> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.current_dir(root);
    command.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let metadata: Value = serde_json::from_slice(&output(command)?)
        .map_err(|e| TreeError(format!("cargo metadata: {e}")))?;
    let top = metadata["workspace_root"].as_str().unwrap_or_default();
    let list = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|package| {
            let manifest = package["manifest_path"].as_str().unwrap_or_default();
            let text = std::fs::read_to_string(manifest)
                .map_err(|e| TreeError(format!("{manifest}: {e}")))?;
            Ok(parse_package(package, top, text))
        })
        .collect()
}

fn parse_package(package: &Value, top: &str, manifest: String) -> Package {
    let path = package["manifest_path"].as_str().unwrap_or_default();
    let manifest_path = path.strip_prefix(top).unwrap_or(path).trim_start_matches('/').to_owned();
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    Package {
        name: package["name"].as_str().unwrap_or_default().to_owned(),
        folder: manifest_path.trim_end_matches("/Cargo.toml").to_owned(),
        manifest_path,
        manifest,
        dependencies: dependencies
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| Dependency {
                name: dependency["name"].as_str().unwrap_or_default().to_owned(),
                ours: dependency["path"].is_string(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_cargo_says() {
        let said = serde_json::json!({
            "name": "dhow-money",
            "manifest_path": "/top/crates/money/Cargo.toml",
            "dependencies": [
                { "name": "dhow-base", "path": "/top/crates/base" },
                { "name": "proptest", "kind": "dev" },
                { "name": "cc", "kind": "build" },
            ],
        });
        let package = parse_package(&said, "/top", String::new());
        assert_eq!(package.folder, "crates/money");
        assert_eq!(package.manifest_path, "crates/money/Cargo.toml");
        let edge = |name: &str, ours| Dependency { name: name.to_owned(), ours };
        let edges = [edge("dhow-base", true), edge("cc", false)];
        assert_eq!(package.dependencies, edges);
    }
}
