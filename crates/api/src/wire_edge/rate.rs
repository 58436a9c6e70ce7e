//! How many requests each client may send: a bucket of tokens that refills with time.

use base::Timestamp;
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Mutex;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// One second's worth of requests at once, then as many per second.
pub(crate) struct RateLimit<K> {
    nanos_per_request: u64,
    /// When each client's bucket will be full again, if nothing more is taken.
    full_at: Mutex<HashMap<K, Timestamp>>,
}

impl<K: Eq + Hash> RateLimit<K> {
    pub fn new(per_second: NonZeroU32) -> RateLimit<K> {
        let nanos_per_request = NANOS_PER_SEC / u64::from(per_second.get());
        RateLimit { nanos_per_request, full_at: Mutex::default() }
    }

    /// Takes one token. `false` when there is none; then nothing is taken.
    pub fn take(&self, client: K, now: Timestamp) -> bool {
        let mut full_at = self.full_at.lock().expect("nothing panics while it counts");
        let full_at = full_at.entry(client).or_default();
        let next = (*full_at).max(now).nanos().saturating_add(self.nanos_per_request);
        // An empty bucket takes one second to fill.
        if next > now.nanos().saturating_add(NANOS_PER_SEC) {
            return false;
        }
        *full_at = Timestamp::from_nanos(next);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Span;

    #[test]
    fn one_second_at_once_and_then_as_time_goes_by() {
        let limit = RateLimit::new(NonZeroU32::new(10).unwrap());
        let start = Timestamp::from_secs(1_790_000_000);
        let taken = (0..20).filter(|_| limit.take("a", start)).count();
        assert_eq!(taken, 10);
        assert!(limit.take("b", start), "others have their own");
        assert!(!limit.take("a", start.after(Span::millis(99))));
        assert!(limit.take("a", start.after(Span::millis(100))));
        assert!(!limit.take("a", start.after(Span::millis(100))));
        let later = start.after(Span::secs(60));
        assert_eq!((0..20).filter(|_| limit.take("a", later)).count(), 10, "it never overflows");
    }
}
