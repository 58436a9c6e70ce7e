//! Locks by key: one of a fixed number of mutexes, chosen by a hash that the key brings along.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many mutexes there are: more than threads that work at one time.
const SHARDS: usize = 256;

/// A lock that outlives a panic: a reader still sees whole values, the store is transactional.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for many keys. Two keys may share one, so a thread holds at most one at a time of each
/// `Shards`.
pub(crate) struct Shards(Box<[Mutex<()>]>);

impl Shards {
    pub(crate) fn new() -> Shards {
        Shards((0..SHARDS).map(|_| Mutex::new(())).collect())
    }

    /// Locks by a byte that differs evenly between keys.
    pub(crate) fn lock(&self, byte: u8) -> MutexGuard<'_, ()> {
        lock(&self.0[usize::from(byte)])
    }
}
