//! A whole network over real sockets for the scenarios: its clock is set by hand, and its partners
//! answer when the scenario says so.

pub mod answers;
pub mod client;
pub mod desk;
pub mod net;
pub mod operator;
pub mod over_http;
pub mod recorded;
pub mod spelling;
