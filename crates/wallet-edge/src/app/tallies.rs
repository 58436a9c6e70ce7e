//! How much somebody has asked within an hour, where asking again and again would tell what it
//! should not: who is a customer, which codes are open. In memory: a restart forgets it.

use super::failure::{Failure, too_many};
use base::{Span, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

const WITHIN: Span = Span::hours(1);
/// Counts kept before old ones are thrown away.
const KEPT: usize = 100_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counted {
    /// Questions for persons; one that finds nobody weighs more.
    Finds,
    /// Wrong codes for cash that an agent tried.
    CashCodes,
    /// Questions to billers; a number that one does not know weighs more.
    BillChecks,
}

impl Counted {
    const fn most(self) -> u32 {
        match self {
            Counted::Finds => 300,
            Counted::CashCodes => 10,
            Counted::BillChecks => 100,
        }
    }
}

#[derive(Default)]
pub(super) struct Tallies {
    counts: Mutex<BTreeMap<(Counted, u32), (Timestamp, u32)>>,
}

impl Tallies {
    /// Is there anything left? Errors: not within this hour.
    pub fn check(&self, what: Counted, customer: u32, now: Timestamp) -> Result<(), Failure> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get(&(what, customer)) {
            Some((since, count)) if now < since.after(WITHIN) && *count >= what.most() => {
                Err(too_many("you have asked too often; try again in an hour"))
            }
            _ => Ok(()),
        }
    }

    pub fn add(&self, what: Counted, customer: u32, weight: u32, now: Timestamp) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEPT {
            counts.retain(|_, (since, _)| now < since.after(WITHIN));
        }
        let entry = counts.entry((what, customer)).or_insert((now, 0));
        if now >= entry.0.after(WITHIN) {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_later_one_may_ask_again() {
        let (tallies, now) = (Tallies::default(), Timestamp::from_secs(10_000));
        for _ in 0..10 {
            tallies.check(Counted::CashCodes, 7, now).unwrap();
            tallies.add(Counted::CashCodes, 7, 1, now);
        }
        assert_eq!(tallies.check(Counted::CashCodes, 7, now).unwrap_err().status, 429);
        tallies.check(Counted::CashCodes, 8, now).unwrap();
        tallies.check(Counted::CashCodes, 7, now.after(WITHIN)).unwrap();
        tallies.add(Counted::CashCodes, 7, 1, now.after(WITHIN));
        tallies.check(Counted::CashCodes, 7, now.after(WITHIN)).unwrap();
    }
}
