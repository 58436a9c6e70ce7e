//! Customers of a wallet: how far they are known, what they may move, and whether they may move
//! anything at all.
//!
//! A [`Customer`] is 32 bytes, because a wallet holds a hundred million of them in memory. What a
//! customer owns is the ledger's, who a customer is the vault's. This crate decides, and books
//! nothing.
//!
//! ```
//! use base::Timestamp;
//! use dhow_account::{Customer, LimitReached, Tier, Zone};
//! let tier = Tier::new("basic", [5_000, 8_000, 20_000, 10_000]).unwrap();
//! let zone = Zone::new(8 * 60).unwrap();
//! let today = zone.day_of(Timestamp::from_secs(1_790_000_000));
//! let mut customer = Customer::new(0, today);
//! customer.spend(&tier, 5_000, today).unwrap();
//! assert_eq!(customer.spend(&tier, 5_000, today), Err(LimitReached::Day { left_minor: 3_000 }));
//! customer.spend(&tier, 5_000, today.next()).unwrap();
//! ```

mod calendar;
mod customer;
mod customers;
mod rules;
mod state;

pub use calendar::{LocalDay, Zone};
pub use customer::{Customer, LimitReached, PinLocked, Spent};
pub use customers::Customers;
pub use rules::{AccountRules, Fee, MAX_TIERS, PayeeRules, PinRules, RuleError, Tier};
pub use state::{CustomerInput, CustomerState, CustomerStep, customer_step};
