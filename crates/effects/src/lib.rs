//! The outbox: calls to participants, lanes, deadlines, circuit breakers.
//!
//! [`SignedClient`] makes one signed call and checks the signed answer.

mod breaker;
mod client;
mod target;

pub use breaker::{Breaker, BreakerOptions, BreakerState, Permit};
pub use client::{Answer, Call, CallError, CallKeys, ClientOptions, SignedClient};
pub use target::{Target, TargetError, TargetRule};
