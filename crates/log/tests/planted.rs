//! The bugs planted in the log are each found by the crash test within 500 seeds.

mod common;

use common::life::Life;

/// One test, because a planted bug is planted in the whole process.
#[test]
fn every_planted_bug_is_found() {
    for bug in 1..=4 {
        assert!(base::plant(bug), "this build can plant");
        let found = (0..500).find(|seed| Life::whole(*seed).is_err());
        base::plant(0);
        println!("bug {bug}: found by seed {found:?}");
        assert!(found.is_some(), "planted bug {bug} was not found");
    }
}
