//! The edges of a wallet: everything between its machine and the world.
//!
//! - `app`: the REST API that the wallet's app uses, for customers and for those who run shops.
//! - `desk`: the REST API of the wallet's operator.
//! - `pages`: what a browser shows where the app is not installed.
//! - `mpp`: the network's signed calls, as an ordinary wallet answers them.
//! - `errands`: carries out what the machine wishes for: calls to the bank, the network, billers.
//! - `link`: the wallet's own signed calls to the network.
//! - `market_file`: reads a market's rules.
//!
//! No business decision is made here: bytes become commands, replies become answers. Personal data
//! goes to the vault and never into a command.

pub mod app;
pub mod bank;
pub mod biller;
mod biller_words;
mod contract;
pub mod desk;
mod edge;
mod errands;
pub mod fund;
mod fund_text;
mod link;
mod market_file;
mod messenger;
pub mod mpp;
pub mod pages;
mod random;
mod serve;

pub use edge::{Edge, EdgeError};
pub use link::{Link, LinkError, NetworkPeer};
pub use market_file::{MarketFileError, SHIPPED_MARKETS, read_market, shipped_market};
pub use messenger::{KeptMessage, KeptMessages, Messenger};
pub use serve::{WalletNode, WalletOptions};
