//! A circuit breaker: after several failures in a row a partner is left alone for a while.
//!
//! Pure: the caller passes the time. While the circuit is open nothing is sent; then a few probes
//! are let through, and the first that succeeds closes the circuit again.

use base::{Span, Timestamp};

/// When a circuit opens and how it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerOptions {
    /// Failures in a row that open the circuit; at least 1.
    pub failures_to_open: u32,
    /// How long an open circuit lets nothing through, the first time.
    pub rest: Span,
    /// Each failed probe doubles the rest, up to this.
    pub max_rest: Span,
    /// Probes that may be under way at once while the circuit is half open.
    pub max_probes: u32,
}

impl Default for BreakerOptions {
    fn default() -> BreakerOptions {
        BreakerOptions {
            failures_to_open: 10,
            rest: Span::secs(2),
            max_rest: Span::secs(30),
            max_probes: 1,
        }
    }
}

/// What the circuit does with the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go out.
    Closed,
    /// Nothing goes out until this time.
    Open { until: Timestamp },
    /// Single probes go out.
    HalfOpen,
}

/// Leave to make one call; it has to be given back with [`Breaker::done`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit is given back with `done`"]
pub struct Permit {
    is_probe: bool,
    /// Answers to calls from before the circuit last changed say nothing about now.
    era: u64,
}

/// One partner's circuit.
#[derive(Clone, Debug)]
pub struct Breaker {
    options: BreakerOptions,
    state: BreakerState,
    era: u64,
    failures: u32,
    probes: u32,
    rest: Span,
}

impl Breaker {
    pub fn new(options: BreakerOptions) -> Breaker {
        Breaker {
            options,
            state: BreakerState::Closed,
            era: 0,
            failures: 0,
            probes: 0,
            rest: options.rest,
        }
    }

    pub fn state(&self) -> BreakerState {
        self.state
    }

    pub fn is_open(&self) -> bool {
        self.state != BreakerState::Closed
    }

    /// Asks for leave to make a call. `None`: leave the partner alone.
    pub fn ask(&mut self, now: Timestamp) -> Option<Permit> {
        if let BreakerState::Open { until } = self.state
            && until <= now
        {
            self.change(BreakerState::HalfOpen);
        }
        match self.state {
            BreakerState::Closed => Some(Permit { is_probe: false, era: self.era }),
            BreakerState::Open { .. } => None,
            BreakerState::HalfOpen if self.probes < self.options.max_probes => {
                self.probes += 1;
                Some(Permit { is_probe: true, era: self.era })
            }
            BreakerState::HalfOpen => None,
        }
    }

    /// Says what came of a call: `true` when the partner gave any usable answer, also a refusal.
    pub fn done(&mut self, permit: Permit, is_alive: bool, now: Timestamp) {
        if permit.era != self.era {
            return;
        }
        if permit.is_probe {
            self.probes = self.probes.saturating_sub(1);
        }
        if is_alive {
            self.failures = 0;
            if permit.is_probe {
                self.rest = self.options.rest;
                self.change(BreakerState::Closed);
            }
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if permit.is_probe {
            let longer = Span::from_nanos(self.rest.nanos().saturating_mul(2));
            self.rest = longer.min(self.options.max_rest);
            self.change(BreakerState::Open { until: now.after(self.rest) });
        } else if self.failures >= self.options.failures_to_open.max(1) {
            self.change(BreakerState::Open { until: now.after(self.rest) });
        }
    }

    /// Gives a permit back for a call that never left: it says nothing about the partner.
    pub fn release(&mut self, permit: Permit) {
        if permit.era == self.era && permit.is_probe {
            self.probes = self.probes.saturating_sub(1);
        }
    }

    fn change(&mut self, state: BreakerState) {
        self.state = state;
        self.era += 1;
        self.failures = 0;
        self.probes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: BreakerOptions = BreakerOptions {
        failures_to_open: 3,
        rest: Span::secs(2),
        max_rest: Span::secs(5),
        max_probes: 1,
    };

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(1_000 + secs)
    }

    fn fail(breaker: &mut Breaker, secs: u64) {
        let permit = breaker.ask(at(secs)).expect("the circuit lets a call through");
        breaker.done(permit, false, at(secs));
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_does_not() {
        let mut breaker = Breaker::new(OPTIONS);
        fail(&mut breaker, 0);
        fail(&mut breaker, 0);
        let permit = breaker.ask(at(0)).unwrap();
        breaker.done(permit, true, at(0));
        fail(&mut breaker, 0);
        fail(&mut breaker, 0);
        assert!(!breaker.is_open());
        fail(&mut breaker, 0);
        assert_eq!(breaker.state(), BreakerState::Open { until: at(2) });
        assert_eq!(breaker.ask(at(1)), None);
    }

    #[test]
    fn one_probe_decides() {
        let mut breaker = Breaker::new(OPTIONS);
        for _ in 0..3 {
            fail(&mut breaker, 0);
        }
        let probe = breaker.ask(at(2)).expect("the rest is over");
        assert_eq!(breaker.ask(at(2)), None, "one probe at a time");
        breaker.done(probe, true, at(3));
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert!(breaker.ask(at(3)).is_some());
    }

    #[test]
    fn failed_probes_double_the_rest_up_to_its_bound() {
        let mut breaker = Breaker::new(OPTIONS);
        for _ in 0..3 {
            fail(&mut breaker, 0);
        }
        fail(&mut breaker, 2);
        assert_eq!(breaker.state(), BreakerState::Open { until: at(6) });
        fail(&mut breaker, 6);
        assert_eq!(breaker.state(), BreakerState::Open { until: at(11) });
        let probe = breaker.ask(at(11)).unwrap();
        breaker.done(probe, true, at(11));
        for _ in 0..3 {
            fail(&mut breaker, 11);
        }
        assert_eq!(breaker.state(), BreakerState::Open { until: at(13) }, "short again");
    }

    #[test]
    fn late_answers_from_before_change_nothing() {
        let mut breaker = Breaker::new(OPTIONS);
        let late_success = breaker.ask(at(0)).unwrap();
        let late_failure = breaker.ask(at(0)).unwrap();
        for _ in 0..3 {
            fail(&mut breaker, 0);
        }
        breaker.done(late_success, true, at(1));
        assert!(breaker.is_open());
        let probe = breaker.ask(at(2)).unwrap();
        breaker.done(late_failure, false, at(2));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.done(probe, true, at(2));
        assert!(!breaker.is_open());
    }
}
