//! Double-entry accounts with posted and pending totals, limits, and atomic sets of transfers.
//!
//! A transfer debits one account and credits another with the same amount, so that every set
//! balances by construction. A set is checked as a whole and then booked as a whole, at once
//! ([`Ledger::post`]) or in two steps ([`Ledger::reserve`], then [`Ledger::post_pending`],
//! [`Ledger::post_partial`] or [`Ledger::void`]). A set that was reserved can always be posted: its
//! limits were checked when it was reserved.
//!
//! ```
//! use dhow_ledger::{AccountKey, Ledger, LedgerRefusal, Limits, Owner, Purpose, Transfer};
//! let yen = money::Currency::from_code("JPY").unwrap();
//! let wallet = AccountKey { owner: Owner(7), purpose: Purpose(1), currency: yen };
//! let shop = AccountKey { owner: Owner(9), purpose: Purpose(2), currency: yen };
//! let sale = |amount_minor| [Transfer { debit: wallet, credit: shop, amount_minor }];
//!
//! let mut ledger = Ledger::new();
//! ledger.set_limits(wallet, Limits { floor: None, ceiling: Some(1_000) });
//! ledger.post(&sale(800)).unwrap();
//! assert_eq!(ledger.post(&sale(300)), Err(LedgerRefusal::CeilingReached { account: wallet }));
//! assert_eq!(ledger.account(&shop).unwrap().balance(), -800);
//! ledger.verify().unwrap();
//! ```

mod account;
mod books;
#[cfg(test)]
mod properties;
mod refusal;
mod store;
mod touched;
mod transfer;

pub use account::{Account, AccountKey, Limits, Owner, Purpose};
pub use books::{Ledger, Totals};
pub use refusal::{LedgerFault, LedgerRefusal};
pub use transfer::{Entry, MAX_TRANSFERS, Transfer, entries};
