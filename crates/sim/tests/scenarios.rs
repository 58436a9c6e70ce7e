//! Every file in `scenarios/` on the bare machine.

use dhow_sim::scenario::{self, OnBare, Runner, Scenario};

#[test]
fn all_scenarios_hold_on_the_bare_machine() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("scenarios/ is in the tree")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|it| it == "scn"))
        .collect();
    files.sort();
    let (mut failures, mut left_out) = (Vec::new(), 0);
    for path in &files {
        let source = std::fs::read_to_string(path).expect("a scenario is text");
        let ran = Scenario::parse(&source).and_then(|scenario| {
            if let Some(why) = scenario.left_out_on(Runner::Bare) {
                println!("left out: {}: {why}", path.display());
                left_out += 1;
                return Ok(());
            }
            scenario::run_on(&scenario, &mut OnBare::new())
        });
        if let Err(failure) = ran {
            failures.push(format!("{}: {failure}", path.display()));
        }
    }
    println!("{} scenarios, {left_out} left out", files.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(files.len() >= 64, "only {} scenarios were found", files.len());
    assert!(left_out <= 4, "{left_out} scenarios say nothing about the machine");
}

#[test]
fn a_scenario_that_is_wrong_says_where() {
    let failure = scenario::run("code c1 wallet=W-KR\n\npay p1 code=c1 amount=JPY:1 => S SUCCESS");
    let failure = failure.expect_err("the payment is not done yet");
    assert_eq!(failure.to_string(), "line 3: wanted `S SUCCESS`, came `U PAYMENT_IN_PROCESS`");
    assert!(scenario::run("dance").is_err());
    assert!(scenario::run("state p1").is_err(), "nobody paid");
}
