//! Dependencies point down, and pure crates stand alone.

use crate::Report;
use crate::tree::Package;

/// Where a crate stands: its tier, and its step within the tier.
///
/// An edge must lead to a lower place, so crates on the same step are strangers to each other.
type Place = (u8, u8);

/// The highest tier that has no I/O, no clock and no external dependency.
const LAST_PURE_TIER: u8 = 2;

/// Every crate of the workspace, from the bottom up. A new crate is one row here and one in
/// ARCHITECTURE.md.
const PLACES: &[(&str, Place)] = &[
    ("base", (0, 0)),
    ("money", (0, 1)),
    ("ids", (0, 1)),
    ("qr", (0, 2)),
    ("geo", (0, 2)),
    // `ledger` is the one domain crate that its siblings may see.
    ("ledger", (1, 0)),
    ("directory", (1, 1)),
    ("fx", (1, 1)),
    ("payment", (1, 1)),
    ("account", (1, 1)),
    ("gifts", (1, 1)),
    ("savings", (1, 1)),
    ("services", (1, 1)),
    ("network", (2, 0)),
    ("wallet", (2, 0)),
    ("wire", (3, 0)),
    ("log-format", (3, 0)),
    ("code-image", (3, 0)),
    ("log", (4, 0)),
    ("vault", (4, 0)),
    ("state", (4, 1)),
    ("engine", (4, 2)),
    ("effects", (4, 3)),
    ("api", (4, 4)),
    ("wallet-edge", (4, 5)),
    ("partner-sims", (5, 0)),
    ("sim", (5, 1)),
    ("dhow", (5, 2)),
    ("xtask", (5, 2)),
];

fn place(package: &str) -> Option<Place> {
    let short = package.strip_prefix("dhow-").unwrap_or(package);
    PLACES.iter().find(|(name, _)| *name == short).map(|(_, place)| *place)
}

/// Is this file of a pure crate? `path` counts from the root.
pub fn is_pure(path: &str) -> bool {
    let name = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next());
    name.and_then(place).is_some_and(|(tier, _)| tier <= LAST_PURE_TIER)
}

pub fn check(packages: &[Package], report: &mut Report) {
    for package in packages {
        let Some(from) = place(&package.name) else {
            report.error(&package.manifest_path, "has no place yet: xtask/src/layers.rs");
            continue;
        };
        for dependency in &package.dependencies {
            if dependency.ours {
                check_edge(package, from, &dependency.name, report);
            } else if from.0 <= LAST_PURE_TIER {
                let message = format!(
                    "depends on `{}`, but tiers 0 to {LAST_PURE_TIER} have no external dependency",
                    dependency.name
                );
                report.error(&package.manifest_path, message);
            }
        }
    }
}

fn check_edge(package: &Package, from: Place, dependency: &str, report: &mut Report) {
    // Without a place it is reported on its own line already.
    let Some(to) = place(dependency) else { return };
    if to < from {
        return;
    }
    let message = format!(
        "`{}` (tier {}, step {}) must not depend on `{dependency}` (tier {}, step {}): \
         dependencies point down",
        package.name, from.0, from.1, to.0, to.1
    );
    report.error(&package.manifest_path, message);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Dependency;

    fn package(name: &str, edges: &[(&str, bool)]) -> Package {
        Package {
            name: name.to_owned(),
            folder: String::new(),
            manifest_path: name.to_owned(),
            manifest: String::new(),
            dependencies: edges
                .iter()
                .map(|(name, ours)| Dependency { name: (*name).to_owned(), ours: *ours })
                .collect(),
        }
    }

    fn errors(packages: &[Package]) -> Vec<String> {
        let mut report = Report::default();
        check(packages, &mut report);
        report.errors
    }

    #[test]
    fn edges_that_lead_down_are_fine() {
        let fine = [
            package("dhow-fx", &[("dhow-base", true), ("dhow-ledger", true)]),
            package("dhow-engine", &[("dhow-log", true), ("dhow-state", true), ("tokio", false)]),
            package("dhow-api", &[("dhow-effects", true), ("dhow-engine", true)]),
            package("dhow", &[("dhow-sim", true), ("dhow-partner-sims", true)]),
        ];
        assert_eq!(errors(&fine), [""; 0]);
    }

    #[test]
    fn edges_that_lead_up_or_sideways_are_named() {
        let bad = [
            package("dhow-fx", &[("dhow-payment", true)]),
            package("dhow-ledger", &[("dhow-network", true)]),
            package("dhow-log", &[("dhow-state", true)]),
            package("dhow-effects", &[("dhow-api", true)]),
        ];
        let errors = errors(&bad);
        assert_eq!(errors.len(), 4);
        assert_eq!(
            errors[0],
            "dhow-fx: `dhow-fx` (tier 1, step 1) must not depend on `dhow-payment` \
             (tier 1, step 1): dependencies point down"
        );
    }

    #[test]
    fn pure_crates_have_no_external_dependency() {
        let errors = errors(&[package("dhow-network", &[("serde", false)])]);
        assert_eq!(
            errors,
            ["dhow-network: depends on `serde`, but tiers 0 to 2 have no external dependency"]
        );
    }

    #[test]
    fn a_crate_without_a_place_is_named() {
        let errors = errors(&[package("dhow-toolbox", &[])]);
        assert_eq!(errors, ["dhow-toolbox: has no place yet: xtask/src/layers.rs"]);
    }

    #[test]
    fn knows_pure_files() {
        assert!(is_pure("crates/money/src/rate.rs"));
        assert!(!is_pure("crates/wire/src/lib.rs"));
        assert!(!is_pure("xtask/src/lib.rs"));
    }
}
