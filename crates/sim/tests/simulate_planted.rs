//! Every bug that can be planted is found by the simulator within 500 seeds.

use dhow_sim::simulate::{Options, PLANTS, run};

/// Every third bug, so that two cores share the work.
fn find(rest: usize) {
    for plant in PLANTS.iter().skip(rest).step_by(3) {
        let options = Options { plant: plant.number, ..Options::default() };
        let found = (1..=500).find_map(|seed| Some((seed, run(seed, &options).broken?)));
        let (seed, broken) =
            found.unwrap_or_else(|| panic!("bug {} was not found: {}", plant.number, plant.name));
        println!("bug {} ({}): seed {seed}: {broken}", plant.number, plant.name);
    }
}

#[test]
fn planted_bugs_are_found_one_of_three() {
    find(0);
}

#[test]
fn planted_bugs_are_found_two_of_three() {
    find(1);
}

#[test]
fn planted_bugs_are_found_three_of_three() {
    find(2);
}
