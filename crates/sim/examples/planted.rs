//! Plants bugs and looks for them: `planted` prints the table of `docs/simulator.md`, and
//! `planted BUG FIRST LAST [STEPS] [trace]` runs seeds with one bug (0 for none).

use dhow_sim::simulate::{Options, PLANTS, run};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    let steps = number(3).and_then(|steps| u32::try_from(steps).ok());
    let steps = steps.unwrap_or(Options::default().steps);
    // A planted bug may make the product panic: the report says so in one line.
    std::panic::set_hook(Box::new(|_| {}));
    let Some(bug) = number(0).and_then(|bug| u32::try_from(bug).ok()) else {
        return table(steps);
    };
    let keeps_lines = words.iter().any(|word| word == "trace");
    let options = Options { steps, plant: bug, keeps_lines };
    let mut broken = 0;
    let (first, last) = (number(1).unwrap_or(1), number(2).unwrap_or(100));
    let mut records = 0;
    for seed in first..=last {
        let report = run(seed, &options);
        records += report.tally.records;
        report.lines.iter().for_each(|line| println!("{line}"));
        if keeps_lines {
            println!("{:?} {:x}", report.tally, report.trace_hash);
        }
        if let Some(why) = report.broken {
            broken += 1;
            println!("seed {seed}: {why}");
        }
    }
    println!("{broken} of {} runs broke, {records} records", last + 1 - first);
}

/// One row for each bug: the first seed that finds it, and what finds it.
fn table(steps: u32) {
    println!("| bug | what is planted | what it breaks | invariant that finds it | seed |");
    println!("|---|---|---|---|---|");
    for plant in PLANTS {
        let options = Options { steps, plant: plant.number, keeps_lines: false };
        let found = (1..=500).find_map(|seed| Some((seed, run(seed, &options).broken?)));
        let (seed, invariant) = match found {
            Some((seed, broken)) => (seed.to_string(), format!("{:?}", broken.invariant)),
            None => ("none".to_owned(), "none".to_owned()),
        };
        let (number, name, breaks) = (plant.number, plant.name, plant.breaks);
        println!("| {number} | {name} | {breaks} | {invariant} | {seed} |");
    }
}
