//! Holds a partner to the protocol: plays the network towards a wallet or an acquirer, tries each
//! rule, and reports which are kept.
//!
//! It speaks nothing but the public protocol and knows nothing of the simulated partners. Rules are
//! tried one after the other, so that what was exchanged for each can be shown; a rule that needs
//! what another one could not get is skipped, not failed.

mod acquirer;
mod listen;
mod peer;
mod push;
mod report;
mod rules;
mod run;
mod wallet;
mod wallet_checks;

pub use acquirer::AcquirerTrial;
pub use peer::PeerConfig;
pub use push::PushTrial;
pub use report::{Direction, Judged, Level, Message, Report, Rule, Verdict};
pub use rules::acquirer::ALL as ACQUIRER_RULES;
pub use rules::wallet::ALL as WALLET_RULES;
pub use wallet::WalletTrial;
