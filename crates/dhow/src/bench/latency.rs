//! Latencies counted in buckets: cheap enough to count every one of millions.

use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Buckets for each power of two: a bucket is at most 1.6 % wide.
const STEPS: u32 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();
const BUCKETS: usize = (STEPS * (u64::BITS - STEP_BITS + 1)) as usize;

/// Counts durations from many threads.
pub struct Latency {
    counts: Vec<AtomicU64>,
    largest_nanos: AtomicU64,
}

/// What most callers waited at most, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    pub count: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
}

impl Default for Latency {
    fn default() -> Latency {
        let counts = std::iter::repeat_with(AtomicU64::default).take(BUCKETS).collect();
        Latency { counts, largest_nanos: AtomicU64::new(0) }
    }
}

/// Small values have a bucket each; above, the leading bits choose.
#[expect(clippy::cast_possible_truncation, reason = "a bucket's number is below BUCKETS")]
fn bucket_of(nanos: u64) -> usize {
    if nanos < u64::from(STEPS) {
        return nanos as usize;
    }
    let shift = u64::BITS - nanos.leading_zeros() - STEP_BITS - 1;
    let step = (nanos >> shift) - u64::from(STEPS);
    ((shift + 1) * STEPS) as usize + step as usize
}

/// The largest value of a bucket.
fn upper_nanos(bucket: usize) -> u64 {
    let (octave, step) = (bucket as u64 / u64::from(STEPS), bucket as u64 % u64::from(STEPS));
    match octave {
        0 => step,
        _ => (((step + u64::from(STEPS) + 1) as u128) << (octave - 1))
            .saturating_sub(1)
            .try_into()
            .unwrap_or(u64::MAX),
    }
}

fn as_ms(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64() * 1e3
}

impl Latency {
    pub fn record(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket_of(nanos)].fetch_add(1, Relaxed);
        self.largest_nanos.fetch_max(nanos, Relaxed);
    }

    pub fn quantiles(&self) -> Quantiles {
        let counts: Vec<u64> = self.counts.iter().map(|count| count.load(Relaxed)).collect();
        let count: u64 = counts.iter().sum();
        let largest = self.largest_nanos.load(Relaxed);
        let at = |per_mille: u64| {
            // The smallest bucket that this share of all durations does not exceed.
            let wanted = (count * per_mille).div_ceil(1_000).max(1);
            let mut seen = 0;
            let found = counts.iter().position(|bucket| {
                seen += bucket;
                seen >= wanted
            });
            found.map_or(0.0, |bucket| as_ms(upper_nanos(bucket).min(largest)))
        };
        let (p50_ms, p99_ms, p999_ms) = (at(500), at(990), at(999));
        Quantiles { count, p50_ms, p99_ms, p999_ms, max_ms: as_ms(largest) }
    }
}

impl std::fmt::Display for Quantiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "p50 {:.2} ms, p99 {:.2}, p99.9 {:.2}, max {:.2}",
            self.p50_ms, self.p99_ms, self.p999_ms, self.max_ms
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_and_are_narrow() {
        let mut nanos = 0;
        while nanos < 1 << 40 {
            let bucket = bucket_of(nanos);
            let upper = upper_nanos(bucket);
            assert!(upper >= nanos && (upper - nanos) * 64 <= nanos.max(64), "{nanos} {upper}");
            assert_eq!(bucket_of(upper), bucket);
            assert_eq!(bucket_of(upper + 1), bucket + 1);
            nanos = nanos * 9 / 8 + 1;
        }
        assert!(bucket_of(u64::MAX) < BUCKETS);
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let latency = Latency::default();
        assert_eq!(latency.quantiles(), Quantiles::default());
        (1..=10_000).for_each(|micros| latency.record(Duration::from_micros(micros)));
        let found = latency.quantiles();
        assert_eq!(found.count, 10_000);
        for (found, exact) in [(found.p50_ms, 5.0), (found.p99_ms, 9.9), (found.p999_ms, 9.99)] {
            assert!(found >= exact && found <= exact * 1.02, "{found} {exact}");
        }
        assert!((found.max_ms - 10.0).abs() < 1e-9);
    }
}
