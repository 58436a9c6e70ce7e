//! Seeded runs of the whole network: none breaks an invariant, each repeats itself, and the book
//! about the simulator lists what the simulator has.

use dhow_sim::simulate::{Invariant, Options, PLANTS, run};

fn hold(seeds: std::ops::RangeInclusive<u64>, options: &Options) {
    for seed in seeds {
        let report = run(seed, options);
        if let Some(broken) = report.broken {
            panic!("seed {seed} with {} steps: {broken}", options.steps);
        }
    }
}

#[test]
fn runs_hold() {
    hold(1..=60, &Options::default());
}

#[test]
fn slow_many_runs_hold() {
    hold(1_001..=1_170, &Options::default());
}

#[test]
fn slow_many_other_runs_hold() {
    hold(1_171..=1_340, &Options::default());
}

#[test]
fn slow_long_runs_hold() {
    hold(1..=12, &Options { steps: 1_500, ..Options::default() });
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let options = Options::default();
    let mut hashes = std::collections::BTreeSet::new();
    for seed in 1..=12 {
        let (once, again) = (run(seed, &options), run(seed, &options));
        assert_eq!(once.trace_hash, again.trace_hash, "seed {seed}");
        assert_eq!(once.tally.records, again.tally.records, "seed {seed}");
        hashes.insert(once.trace_hash);
    }
    assert_eq!(hashes.len(), 12, "every seed gives a run of its own");
}

#[test]
fn runs_do_what_they_are_for() {
    let mut sum = dhow_sim::simulate::Tally::default();
    for seed in 1..=30 {
        let tally = run(seed, &Options::default()).tally;
        sum.records += tally.records;
        sum.restarts += tally.restarts;
        sum.power_cuts += tally.power_cuts;
        sum.paid += tally.paid;
        sum.refunds += tally.refunds;
        sum.disputes += tally.disputes;
        sum.accepted += tally.accepted;
        sum.unanswered += tally.unanswered;
        sum.decisions += tally.decisions;
        sum.declarations += tally.declarations;
        sum.pushed += tally.pushed;
        sum.undone += tally.undone;
        sum.given_up += tally.given_up;
        sum.real_records += tally.real_records;
        sum.real_restarts += tally.real_restarts;
        sum.real_acts += tally.real_acts;
    }
    println!("{sum:?}");
    assert!(sum.records > 5_000 && sum.restarts > 60 && sum.power_cuts > 15, "{sum:?}");
    assert!(sum.paid > 300 && sum.refunds > 50, "{sum:?}");
    assert!(sum.disputes > 40 && sum.accepted > 20 && sum.unanswered > 10, "{sum:?}");
    assert!(sum.pushed > 40 && sum.undone > 10 && sum.given_up > 4, "{sum:?}");
    assert!(sum.real_records > 2_000 && sum.real_restarts > 40, "{sum:?}");
    assert!(sum.real_acts > 500, "{sum:?}");
    assert!(sum.decisions > 30 && sum.declarations > 20, "{sum:?}");
}

/// The book names every planted bug and every invariant.
#[test]
fn the_book_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/simulator.md");
    let book = std::fs::read_to_string(path).expect("docs/simulator.md is part of the project");
    for plant in PLANTS {
        let row = format!("| {} | {} | {} | ", plant.number, plant.name, plant.breaks);
        let line = book.lines().find(|line| line.starts_with(&row));
        let line = line.unwrap_or_else(|| panic!("docs/simulator.md lacks the row {row}"));
        let finder = line[row.len()..].split(' ').next().unwrap_or_default();
        let named = Invariant::ALL.iter().any(|invariant| format!("{invariant:?}") == finder);
        assert!(named, "docs/simulator.md: bug {} is found by {finder}?", plant.number);
    }
    for invariant in Invariant::ALL {
        let row = format!("| `{invariant:?}` | {} |", invariant.text());
        assert!(book.contains(&row), "docs/simulator.md lacks the row {row}");
    }
}
