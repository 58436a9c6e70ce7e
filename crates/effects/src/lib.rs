//! The outbox: calls to participants, lanes, deadlines, circuit breakers.
