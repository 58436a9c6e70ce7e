//! The outbox: calls to participants, lanes, deadlines, circuit breakers.
//!
//! The machine wishes for calls; [`Effects`] makes them and brings each outcome back as a command.
//! Every participant has a lane of its own, so that a slow wallet delays nobody else. Schedules
//! live in the machine: an effect is tried once, and silence is an outcome like any other.
//!
//! [`SignedClient`] makes one signed call and checks the signed answer; [`DirectoryView`] is a copy
//! of the participants with their keys parsed; [`Partitions`] is the door to the machine's
//! partitions.

mod answers;
mod breaker;
mod client;
mod connector;
mod errands;
mod feed;
mod lane;
mod participants;
mod partitions;
mod rate_feed;
mod render;
mod target;
mod tokens;
mod worker;

pub use answers::of_push_notification;
pub use breaker::{Breaker, BreakerOptions, BreakerState, Permit};
pub use client::{Answer, Call, CallError, CallKeys, ClientOptions, Post, RawAnswer, SignedClient};
pub use errands::{
    acquirer_of_registration, agreement_text, bound_wallet, decision_of, decisions, overall,
};
pub use feed::{FeedError, FeedFile};
pub use lane::{LaneOptions, LaneSnapshot};
pub use participants::{DirectoryView, Participants, Partner};
pub use partitions::Partitions;
pub use rate_feed::{RateFeedOptions, fetch_rates, follow_rates};
pub use render::{wire_factor, wire_order, wire_quote};
pub use target::{Target, TargetError, TargetRule};
pub use tokens::{Tokens, WalletTokens, digest_of, named_agreement, network_code};
pub use worker::{Effects, EffectsOptions};
