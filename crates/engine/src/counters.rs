//! Numbers an engine counts while it runs, for metrics and health.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Durations by powers of two: bucket `i` counts those below `2^i` nanoseconds, and not below
/// `2^(i-1)`.
#[derive(Debug)]
pub struct Histogram {
    buckets: [AtomicU64; Histogram::BUCKETS],
    sum_nanos: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram {
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            sum_nanos: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    pub const BUCKETS: usize = 40;

    pub(crate) fn record(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = (u64::BITS - nanos.leading_zeros()) as usize;
        self.buckets[bucket.min(Histogram::BUCKETS - 1)].fetch_add(1, Relaxed);
        self.sum_nanos.fetch_add(nanos, Relaxed);
    }

    /// Counts per bucket.
    pub fn buckets(&self) -> [u64; Histogram::BUCKETS] {
        std::array::from_fn(|at| self.buckets[at].load(Relaxed))
    }

    /// All durations together, in nanoseconds.
    pub fn sum_nanos(&self) -> u64 {
        self.sum_nanos.load(Relaxed)
    }
}

/// See the module's text. Readers may see one number a moment before another.
#[derive(Debug, Default)]
pub struct Counters {
    /// Batches made durable.
    pub batches: AtomicU64,
    /// Records made durable.
    pub records: AtomicU64,
    /// Commands refused because the queue was full.
    pub overloaded: AtomicU64,
    /// Commands waiting to be written.
    pub queue_depth: AtomicU64,
    /// One append with its sync.
    pub append: Histogram,
    /// Position of the newest record applied.
    pub applied_position: AtomicU64,
    /// Position up to which the index has everything; behind `applied_position` by its lag.
    pub indexed_position: AtomicU64,
    /// Position of the newest snapshot.
    pub snapshot_position: AtomicU64,
    /// Snapshots that could not be written.
    pub snapshot_failures: AtomicU64,
    /// Times that effects were kept back because their receiver was too slow.
    pub effects_held_back: AtomicU64,
}

impl Counters {
    /// Records whose rows the index does not have yet.
    pub fn index_lag(&self) -> u64 {
        self.applied_position.load(Relaxed).saturating_sub(self.indexed_position.load(Relaxed))
    }
}
