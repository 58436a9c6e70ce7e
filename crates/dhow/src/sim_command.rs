//! `dhow sim`: runs of the seeded simulator, each drawn from one number.

use crate::progress::Progress;
use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use sim::simulate::{Broken, Options, Report, run as run_seed};
use std::ops::RangeInclusive;

/// What to run.
#[derive(Debug, Args)]
pub struct Sim {
    /// Seeds to run, first and last.
    #[arg(long, default_value = "1..100", value_parser = parse_seeds)]
    seeds: RangeInclusive<u64>,
    /// One seed only.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Steps of each run before its faults stop.
    #[arg(long, default_value_t = Options::default().steps)]
    steps: u32,
    /// Tell the story of every run.
    #[arg(long)]
    trace: bool,
    /// Make every run twice and compare everything that happened.
    #[arg(long)]
    twice: bool,
}

fn parse_seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let wrong = || "write the first and the last seed, such as 1..1000".to_owned();
    let (first, last) = text.split_once("..").ok_or_else(wrong)?;
    let first: u64 = first.parse().map_err(|_| wrong())?;
    let last: u64 = last.trim_start_matches('=').parse().map_err(|_| wrong())?;
    if first > last { Err(wrong()) } else { Ok(first..=last) }
}

/// A run that did not hold.
struct Failure {
    seed: u64,
    why: String,
    invariant: String,
}

impl Sim {
    fn repeat(&self, seed: u64) -> String {
        format!("dhow sim --seed {seed} --steps {} --trace", self.steps)
    }

    fn seeds(&self) -> RangeInclusive<u64> {
        self.seed.map_or_else(|| self.seeds.clone(), |seed| seed..=seed)
    }

    /// Makes one run, twice if asked to.
    fn check(&self, seed: u64) -> (Report, Option<Failure>) {
        let options = Options { steps: self.steps, keeps_lines: self.trace, ..Options::default() };
        let report = run_seed(seed, &options);
        if let Some(broken) = &report.broken {
            let Broken { invariant, .. } = broken;
            let failure =
                Failure { seed, why: broken.to_string(), invariant: format!("{invariant:?}") };
            return (report, Some(failure));
        }
        if self.twice && run_seed(seed, &options).trace_hash != report.trace_hash {
            let why = "the second run was another one".to_owned();
            return (report, Some(Failure { seed, why, invariant: "SameSeedSameRun".to_owned() }));
        }
        (report, None)
    }
}

/// Runs the seeds and tells which of them broke an invariant.
///
/// Errors: when one did, so that the program ends with code 1.
pub fn run(args: &Sim, json: bool) -> Result<()> {
    let seeds = args.seeds();
    let (first, last) = (*seeds.start(), *seeds.end());
    let count = last - first + 1;
    let mut failures: Vec<Failure> = Vec::new();
    let (mut records, mut restarts) = (0, 0);
    let mut hash = 0_u64;
    let mut bar = Progress::new("runs", count);
    for seed in seeds {
        let (report, failure) = args.check(seed);
        records += report.tally.records;
        restarts += report.tally.restarts;
        hash = hash.rotate_left(7) ^ report.trace_hash;
        report.lines.iter().for_each(|line| println!("{line}"));
        if let Some(failure) = failure {
            bar.say(&format!("seed {seed}: {}\n  repeat it: {}", failure.why, args.repeat(seed)));
            failures.push(failure);
        }
        bar.at(seed - first + 1, count);
    }
    drop(bar);
    let broken = failures.len();
    if json {
        let failures: Vec<_> = failures
            .iter()
            .map(|it| {
                json!({
                    "seed": it.seed,
                    "invariant": it.invariant,
                    "message": it.why,
                    "repeat": args.repeat(it.seed),
                })
            })
            .collect();
        let told = json!({
            "runs": count,
            "broken": broken,
            "records": records,
            "restarts": restarts,
            "traceHash": format!("{hash:016x}"),
            "failures": failures,
        });
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        println!(
            "{count} runs, {records} records, {restarts} starts, {broken} broken; \
             trace {hash:016x}"
        );
    }
    if broken > 0 {
        bail!("{broken} of {count} runs broke an invariant");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_two_numbers() {
        assert_eq!(parse_seeds("1..1000"), Ok(1..=1000));
        assert_eq!(parse_seeds("5..=5"), Ok(5..=5));
        for bad in ["", "7", "9..1", "a..b", "1.."] {
            assert!(parse_seeds(bad).is_err(), "{bad}");
        }
    }
}
