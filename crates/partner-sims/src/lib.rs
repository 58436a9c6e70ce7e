//! A simulated wallet and a simulated acquirer as HTTP servers and clients.
//!
//! Both speak nothing but the public protocol of `wire`, sign and verify every message, and keep
//! books of their own, so that tests can hold the network's ledger against what its partners saw.
//! Both can be told to misbehave: by script (`POST /sim/behaviour`, or [`SimWallet::script`]) and,
//! for the wallet, by price.
//!
//! | Price ends in | What the wallet does |
//! |---|---|
//! | `...01` | the balance is not enough |
//! | `...02` | risk control refuses |
//! | `...03` | U, then S after 3 s |
//! | `...04` | the answer comes after 8 s |
//! | `...05` | paid, but the answer is lost |
//!
//! The price is `paymentAmount` in minor units: `1205` of JPY is 1,205 yen, of USD 12.05 dollars.
//! It counts for the first
//! `pay` with an id, when no script waits; [`WalletConfig::has_magic_amounts`] switches it off.
//!
//! | Endpoint of both | |
//! |---|---|
//! | `GET /healthz` | `ok` |
//! | `GET /sim/state` | balances or sales, payments, scripts, counters, as JSON |
//! | `POST /sim/behaviour` | a [`ScriptChange`]: `{"api":"pay","words":"U, F, S"}` |
//! | `POST /sim/complete` | wallet only, a [`Completion`]: the user decides on an open payment |
//! | `POST /sim/code` | acquirer only: an order behind a code of its own |
//! | `POST /sim/sticker` | acquirer only: a code of its country, and what becomes of payments |
//! | `POST /sim/scan` | wallet only, a [`Scan`]: a user scans an order code |
//! | `GET /app/pay` | wallet only: its app as pages, opened with `?codeValue=` |
//!
//! [`conform`] holds anybody's wallet or acquirer to the same protocol.
//!
//! No business rule of the network is here, and nothing here is fit for real money.

mod acquirer;
mod behaviour;
mod books;
pub mod conform;
mod edge;
mod journal;
mod magic;
mod pages;
mod payers;
mod script;
mod server;
mod traffic;
mod wallet;

pub use acquirer::{
    AcquirerConfig, Ended, Outcome, Polling, Presented, Pushes, Refund, Sale, SimAcquirer,
    SimMerchant, Told, Verdict,
};
pub use behaviour::{Api, Behaviour, Said, UnknownBehaviour};
pub use books::{
    Account, Begun, Books, PayOrder, PaymentRow, PaymentState, RefundOrder, RefundRow,
};
pub use edge::{Clock, Credentials, NetworkPeer, SimError};
pub use effects::CallError;
pub use journal::{Journal, JournalAmount, Line, Source};
pub use magic::{Magic, of as magic_behaviour, table as magic_amounts};
pub use payers::{Payers, ScannedOrder, UserCall};
pub use script::{MAX_STEPS, ScriptChange, ScriptError, Scripts, Step, parse_steps};
pub use traffic::{Traffic, TrafficOptions, TrafficStats};
pub use wallet::{Completion, Scan, SimWallet, WalletConfig, WalletPaths, WalletState};

#[cfg(test)]
mod tests;
