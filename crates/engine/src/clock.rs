//! Where the engine's time comes from. It enters the machine only through log records.

use crate::sync::lock;
use base::Timestamp;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Called when a clock was set.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// A source of time. It may jump; the log's time never goes back.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// How long to sleep at most when waiting for `due`; `None`: until the clock is set.
    fn sleep(&self, due: Timestamp) -> Option<Duration>;

    /// Asks to be woken whenever the clock is set by hand.
    fn on_set(&self, wake: Wake);
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// A sleep is never longer than this, so that a clock set forward is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// Nor shorter: the system does not wake more finely, and a timer must not become a busy loop.
const SHORTEST_SLEEP: Duration = Duration::from_micros(50);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    fn sleep(&self, due: Timestamp) -> Option<Duration> {
        let wanted = Duration::from_nanos(due.since(self.now()).nanos());
        Some(wanted.clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
    }

    fn on_set(&self, _wake: Wake) {}
}

/// A clock that stands still until it is set: for tests and scenarios.
#[derive(Default)]
pub struct ManualClock {
    nanos: AtomicU64,
    wakes: Mutex<Vec<Wake>>,
}

impl ManualClock {
    pub fn new(now: Timestamp) -> ManualClock {
        ManualClock { nanos: AtomicU64::new(now.nanos()), wakes: Mutex::default() }
    }

    /// Sets the clock, forward or back, and wakes the engines that run by it.
    pub fn set(&self, now: Timestamp) {
        self.nanos.store(now.nanos(), Ordering::SeqCst);
        lock(&self.wakes).iter().for_each(|wake| wake());
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.nanos.load(Ordering::SeqCst))
    }

    fn sleep(&self, _due: Timestamp) -> Option<Duration> {
        None
    }

    fn on_set(&self, wake: Wake) {
        lock(&self.wakes).push(wake);
    }
}
