//! Every file in `scenarios/` through HTTP, and which rows of the failure catalogue they cover.

mod support;

use sim::scenario::{Runner, Scenario, run_on};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::over_http::OverHttp;
use support::recorded;

/// Scenarios that run at the same time: they mostly wait for the disk.
const AT_ONCE: usize = 6;

/// Rows that no scenario can show, and what shows them.
const ELSEWHERE: &[(&str, &str)] = &[
    ("E4", "a table of code rules that clashes: crates/directory/src/code_rules/tests.rs"),
    ("E6", "damaged EMVCo codes: crates/qr/tests/mutations.rs, fuzz/fuzz_targets/code.rs"),
    ("E7", "codes of other hosts: crates/api/src/links.rs"),
];

/// All scenarios, by file name.
fn scenarios() -> Vec<(String, Scenario)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("scenarios/ is in the tree")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|it| it == "scn"))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let source = std::fs::read_to_string(path).expect("a scenario is text");
        match Scenario::parse(&source) {
            Ok(scenario) => (name, scenario),
            Err(failure) => panic!("{name}: {failure}"),
        }
    };
    paths.iter().map(read).collect()
}

/// Where the partners live.
fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("threads can be started")
}

#[test]
fn all_scenarios_hold_through_http() {
    // `SCENARIO=a06` runs those whose name begins so.
    let wanted = std::env::var("SCENARIO").unwrap_or_default();
    let mut all = scenarios();
    all.retain(|(name, _)| name.starts_with(&wanted));
    let count = all.len();
    let mut left_out = 0;
    all.retain(|(name, scenario)| {
        let why = scenario.left_out_on(Runner::Http);
        if let Some(why) = why {
            println!("left out: {name}: {why}");
            left_out += usize::from(!scenario.has_bare_steps());
        }
        why.is_none()
    });
    let runtime = runtime();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, scenario)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ran = OverHttp::new(runtime.handle()).and_then(|mut subject| {
                        run_on(scenario, &mut subject).map_err(|failure| failure.to_string())
                    });
                    if let Err(failure) = ran {
                        let mut failures = failures.lock().expect("no scenario panics");
                        failures.push(format!("{name}: {failure}"));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no scenario panics");
    failures.sort();
    let ran = all.len();
    println!("{count} scenarios, {} left out, {} failed", count - ran, failures.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(!wanted.is_empty() || count >= 64, "only {count} scenarios were found");
    assert!(left_out * 20 <= count, "more than one in twenty is left out through HTTP");
}

#[test]
fn recorded_requests_of_official_clients_are_answered() {
    let runtime = runtime();
    let world = OverHttp::new(runtime.handle()).expect("a network can be started");
    let Some(answers) = recorded::replay(&world) else {
        println!("left out: the recorded requests are not on this machine");
        return;
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (api, code) in &answers {
        *counts.entry(format!("{api:?} {code}")).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(line, n)| format!("{line}: {n}")).collect();
    println!("{}", counts.join("\n"));
    // A request that cannot be read or verified is the one thing that must not happen.
    for bad in ["INVALID_SIGNATURE", "PARAM_ILLEGAL", "UNKNOWN_EXCEPTION"] {
        assert!(answers.iter().all(|(_, code)| code != bad), "\n{}", counts.join("\n"));
    }
    assert!(answers.len() >= 6, "only {} signed requests were found", answers.len());
}

#[test]
fn every_row_of_the_catalogue_has_a_scenario() {
    let mut covered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, scenario) in scenarios() {
        assert!(!scenario.covers.is_empty(), "{name}: the first line names no row");
        for row in scenario.covers {
            covered.entry(row).or_default().push(name.clone());
        }
    }
    for (row, names) in &covered {
        println!("{row}: {}", names.join(", "));
    }
    let rows = |letter: char, last: u8| (1..=last).map(move |number| format!("{letter}{number}"));
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().map(|(row, _)| *row).collect();
    let missing: Vec<String> = rows('A', 22)
        .chain(rows('B', 12))
        .chain(rows('E', 8))
        .chain(["E11", "J10"].map(str::to_owned))
        .filter(|row| !covered.contains_key(row) && !elsewhere.contains(row.as_str()))
        .collect();
    assert!(missing.is_empty(), "no scenario covers {}", missing.join(", "));
    let both: Vec<_> = ELSEWHERE.iter().filter(|(row, _)| covered.contains_key(*row)).collect();
    assert!(both.is_empty(), "{both:?} have a scenario now");
}
