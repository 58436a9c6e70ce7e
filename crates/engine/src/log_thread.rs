//! Takes what has queued while the last sync ran, and makes it durable as one batch.

use crate::core::Sequencer;
use crate::engine::Shared;
use crate::inbox::Durable;
use crate::queue::Taken;
use crate::{EngineError, SubmitError};
use base::Machine;
use log::Log;
use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

pub(crate) fn run<M: Machine, L: Log>(
    shared: &Shared<M>,
    mut sequencer: Sequencer<L>,
    max_batch: usize,
) -> Result<(), EngineError> {
    let counters = &shared.counters;
    let clock = shared.clock.as_ref();
    let mut room = VecDeque::new();
    while let Some(taken) = shared.queue.take(max_batch, clock, sequencer.last_time(), room) {
        let Taken { mut jobs, tick, left } = taken;
        jobs.retain_mut(|job| {
            let fits = sequencer.push(&job.command);
            if !fits {
                job.done.answer(Err(SubmitError::TooLarge));
            }
            fits
        });
        counters.queue_depth.store(left as u64, Relaxed);
        if jobs.is_empty() {
            room = jobs;
            continue;
        }
        let started = Instant::now();
        // Whoever waits for these commands hears of the end only after the hook did.
        let appended = sequencer.append(clock.now()).inspect_err(|error| shared.fatal(error))?;
        counters.append.record(started.elapsed());
        counters.batches.fetch_add(1, Relaxed);
        counters.records.fetch_add(jobs.len() as u64, Relaxed);
        match shared.inbox.push(Durable { appended, jobs, tick }) {
            Some(empty) => room = empty,
            None => return Ok(()),
        }
    }
    shared.inbox.close();
    Ok(())
}
