//! HTTP edges: the partner protocol, the operations API and the payers' pages.
//!
//! [`serve`] runs one listener with strict limits; [`wire_edge::WireEdge`] answers partners: it
//! checks the signature over the raw bytes, turns the message into a command, waits for what the
//! partner waits for, and signs the answer.

pub mod auth;
mod head_guard;
pub mod links;
pub mod ops;
pub mod pages;
pub mod server;
pub mod wire_edge;

pub use server::{ServerOptions, serve};
