//! Every file in `scenarios/` on the bare machine.

use dhow_sim::scenario;

#[test]
fn all_scenarios_hold_on_the_bare_machine() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let mut failures = Vec::new();
    let mut count = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("scenarios/ is in the tree")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|it| it == "scn"))
        .collect();
    files.sort();
    for path in files {
        let source = std::fs::read_to_string(&path).expect("a scenario is text");
        count += 1;
        if let Err(failure) = scenario::run(&source) {
            failures.push(format!("{}: {failure}", path.display()));
        }
    }
    assert!(count >= 40, "only {count} scenarios were found");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_scenario_that_is_wrong_says_where() {
    let failure = scenario::run("code c1 wallet=W-KR\n\npay p1 code=c1 amount=JPY:1 => S SUCCESS");
    let failure = failure.expect_err("the payment is not done yet");
    assert_eq!(failure.to_string(), "line 3: wanted `S SUCCESS`, came `U PAYMENT_IN_PROCESS`");
    assert!(scenario::run("dance").is_err());
    assert!(scenario::run("pay p1 amount=JPY:x code=c").is_err());
}
