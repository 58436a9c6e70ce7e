//! The ceiling that signatures set: so many pairs of sign and verify can all cores do a second.

use anyhow::{Context, Result, anyhow};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::{SignatureHeader, SignedMessage, SigningKey};

/// Length of a `pay` request, about: what is hashed for each signature.
const BODY_BYTES: usize = 1_100;
/// Pairs between two looks at the clock.
const BETWEEN_LOOKS: u64 = 16;

/// Pairs of one signature made and one checked, a second, with all cores at it.
pub fn pairs_per_second(key: &Arc<SigningKey>, length: Duration) -> Result<f64> {
    let cores = std::thread::available_parallelism().context("the number of cores")?.get();
    let begun = Instant::now();
    let threads = (0..cores).map(|_| {
        let key = Arc::clone(key);
        std::thread::spawn(move || pairs_until(&key, begun + length))
    });
    let threads: Vec<_> = threads.collect();
    let mut pairs = 0;
    for thread in threads {
        pairs += thread.join().map_err(|_| anyhow!("a thread that signs panicked"))??;
    }
    Ok(pairs as f64 / begun.elapsed().as_secs_f64())
}

/// The work of one message: made as its sender makes it, read and checked as its receiver does.
fn pairs_until(key: &SigningKey, until: Instant) -> Result<u64> {
    let body = vec![b'x'; BODY_BYTES];
    let (path, time) = ("/aps/api/v1/payments/pay", "2026-01-01T00:00:00Z");
    let message = SignedMessage::new(path, "CLIENT-A-JP", time, &body)?;
    let mut pairs = 0;
    while Instant::now() < until {
        for _ in 0..BETWEEN_LOOKS {
            let header = SignatureHeader::sign(key, 1, &message).to_string();
            SignatureHeader::parse(&header)?.verify(key.public(), &message)?;
        }
        pairs += BETWEEN_LOOKS;
    }
    Ok(pairs)
}
