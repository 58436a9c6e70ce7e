//! How long the machine itself stands still: what no program on it can be faster than.
//!
//! A virtual machine that has used up its share of a host's time is stopped, often for tens of
//! milliseconds, and every latency contains that.

use super::latency::{Latency, Quantiles};
use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Long enough to cost nothing, short against the pauses that are looked for.
const SLEEP: Duration = Duration::from_millis(5);

/// A thread that only sleeps, and notes by how much too long.
pub struct Pauses {
    latency: Arc<Latency>,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Pauses {
    pub fn watch() -> Result<Pauses> {
        let (latency, is_over) = (Arc::new(Latency::default()), Arc::new(AtomicBool::new(false)));
        let (noted, told) = (Arc::clone(&latency), Arc::clone(&is_over));
        let thread = std::thread::Builder::new().name("bench-pauses".to_owned()).spawn(move || {
            while !told.load(Relaxed) {
                let begun = Instant::now();
                std::thread::sleep(SLEEP);
                noted.record(begun.elapsed().saturating_sub(SLEEP));
            }
        });
        Ok(Pauses { latency, is_over, thread: thread.context("a thread that sleeps")? })
    }

    /// By how much the sleeps were too long.
    pub fn end(self) -> Quantiles {
        self.is_over.store(true, Relaxed);
        // It cannot panic, and if it did, what it noted would still be true.
        let _ = self.thread.join();
        self.latency.quantiles()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeps_are_counted() {
        let pauses = Pauses::watch().unwrap();
        std::thread::sleep(SLEEP * 10);
        assert!(pauses.end().count >= 1);
    }
}
