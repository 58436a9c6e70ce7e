//! One participant's lane: how many calls are under way, how many wait, and its circuit.

use crate::breaker::{Breaker, BreakerOptions, BreakerState, Permit};
use crate::client::{CallError, now};
use ids::ParticipantId;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Limits of one lane.
#[derive(Clone, Copy, Debug)]
pub struct LaneOptions {
    /// Calls under way at once.
    pub max_in_flight: usize,
    /// Calls waiting for a place; more are silence at once.
    pub max_waiting: usize,
    pub breaker: BreakerOptions,
}

impl Default for LaneOptions {
    fn default() -> LaneOptions {
        LaneOptions { max_in_flight: 64, max_waiting: 4_096, breaker: BreakerOptions::default() }
    }
}

/// What one lane looks like now.
#[derive(Clone, Debug)]
pub struct LaneSnapshot {
    pub participant: ParticipantId,
    pub in_flight: usize,
    pub waiting: usize,
    pub circuit: BreakerState,
    /// Calls so far, by outcome: `answered` or the reason for silence.
    pub calls: BTreeMap<&'static str, u64>,
}

pub(crate) struct Lane {
    participant: ParticipantId,
    options: LaneOptions,
    places: Semaphore,
    waiting: AtomicUsize,
    breaker: Mutex<Breaker>,
    calls: Mutex<BTreeMap<&'static str, u64>>,
}

impl Lane {
    pub(crate) fn new(participant: ParticipantId, options: LaneOptions) -> Lane {
        Lane {
            participant,
            options,
            places: Semaphore::new(options.max_in_flight.max(1)),
            waiting: AtomicUsize::new(0),
            breaker: Mutex::new(Breaker::new(options.breaker)),
            calls: Mutex::default(),
        }
    }

    pub(crate) fn snapshot(&self) -> LaneSnapshot {
        LaneSnapshot {
            participant: self.participant,
            in_flight: self.options.max_in_flight.max(1) - self.places.available_permits(),
            waiting: self.waiting.load(Ordering::Relaxed),
            circuit: self.lock().state(),
            calls: self.calls.lock().expect("nothing panics while it counts").clone(),
        }
    }

    /// Makes a call in this lane, within `timeout` together with the wait for a place. `make` is
    /// told how much time is left for the call itself.
    pub(crate) async fn run<T, F>(
        &self,
        timeout: Duration,
        make: impl FnOnce(Duration) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let outcome = self.wait_and_call(timeout, make).await;
        let label = outcome.as_ref().err().map_or("answered", CallError::label);
        *self.calls.lock().expect("nothing panics while it counts").entry(label).or_default() += 1;
        metrics::counter!("dhow_effect_calls_total", "outcome" => label).increment(1);
        outcome
    }

    async fn wait_and_call<T, F>(
        &self,
        timeout: Duration,
        make: impl FnOnce(Duration) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let started = tokio::time::Instant::now();
        let _place = self.place(timeout).await?;
        let left = timeout.saturating_sub(started.elapsed());
        let permit = self.lock().ask(now()).ok_or(CallError::CircuitOpen)?;
        let mut leave = Leave { lane: self, permit: Some(permit) };
        let outcome = make(left).await;
        leave.give_back(outcome.as_ref().err());
        outcome
    }

    async fn place(
        &self,
        timeout: Duration,
    ) -> Result<tokio::sync::SemaphorePermit<'_>, CallError> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        // An open circuit is told at once, not after waiting behind calls that run into their
        // deadline.
        if matches!(self.lock().state(), BreakerState::Open { until } if until > now())
            || self.waiting.load(Ordering::Relaxed) >= self.options.max_waiting
        {
            return Err(CallError::CircuitOpen);
        }
        let _waiting = Waiting::new(&self.waiting);
        match tokio::time::timeout(timeout, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(CallError::Timeout(timeout)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().expect("nothing panics inside the breaker")
    }
}

/// Counts itself while it lives, also when the waiting task is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Waiting<'_> {
    fn new(count: &AtomicUsize) -> Waiting<'_> {
        count.fetch_add(1, Ordering::Relaxed);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Gives the breaker's permit back, also when the call's task is dropped: a lost probe would keep
/// the circuit half open for ever.
struct Leave<'a> {
    lane: &'a Lane,
    permit: Option<Permit>,
}

impl Leave<'_> {
    fn give_back(&mut self, error: Option<&CallError>) {
        let Some(permit) = self.permit.take() else { return };
        let mut breaker = self.lane.lock();
        match error {
            // Nothing was sent: that says nothing about the partner.
            Some(CallError::Target(_) | CallError::CircuitOpen) => breaker.release(permit),
            Some(_) => breaker.done(permit, false, now()),
            None => breaker.done(permit, true, now()),
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.lane.lock().release(permit);
        }
    }
}
