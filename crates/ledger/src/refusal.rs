//! Why the ledger refuses, and what can be wrong with it.

use crate::AccountKey;
use money::Currency;

/// Why a set was refused. Nothing was changed.
///
/// When several apply, the first by this order is returned: shape (in the order of the transfers),
/// the set's id, `Overflow`, then limits in the order in which the set names the accounts, ceiling
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerRefusal {
    /// The balance could rise above the account's ceiling.
    CeilingReached { account: AccountKey },
    /// The balance could fall below the account's floor.
    FloorReached { account: AccountKey },
    /// The accounts of transfer `index` (from 0) are in two currencies.
    CurrencyMismatch { index: usize },
    /// Transfer `index` moves nothing.
    ZeroAmount { index: usize },
    /// Transfer `index` debits the account that it credits.
    SameAccount { index: usize },
    /// More than [`MAX_TRANSFERS`](crate::MAX_TRANSFERS).
    TooManyTransfers,
    /// No set is open under this id: it never was, or it was posted or voided.
    UnknownSet,
    /// A set is open under this id.
    SetExists,
    /// Transfer `index` would be posted for more than was reserved.
    MoreThanReserved { index: usize },
    /// All that was ever booked in one currency would no longer fit 127 bits.
    Overflow,
}

impl std::fmt::Display for LedgerRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LedgerRefusal::CeilingReached { account } => {
                write!(f, "the ceiling of {account:?} would be crossed")
            }
            LedgerRefusal::FloorReached { account } => {
                write!(f, "the floor of {account:?} would be crossed")
            }
            LedgerRefusal::CurrencyMismatch { index } => {
                write!(f, "transfer {index} is between two currencies")
            }
            LedgerRefusal::ZeroAmount { index } => write!(f, "transfer {index} moves nothing"),
            LedgerRefusal::SameAccount { index } => {
                write!(f, "transfer {index} debits the account that it credits")
            }
            LedgerRefusal::TooManyTransfers => f.write_str("the set has too many transfers"),
            LedgerRefusal::UnknownSet => f.write_str("no set is open under this id"),
            LedgerRefusal::SetExists => f.write_str("a set is open under this id"),
            LedgerRefusal::MoreThanReserved { index } => {
                write!(f, "transfer {index} would be posted for more than was reserved")
            }
            LedgerRefusal::Overflow => f.write_str("the currency's totals would overflow"),
        }
    }
}

impl std::error::Error for LedgerRefusal {}

/// A broken invariant of the books: a damaged snapshot or a bug, never a matter of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerFault {
    /// Posted debits, posted credits and the running total of the currency are not all equal.
    PostedDiffers { currency: Currency },
    /// Pending debits, pending credits and the running total of the currency are not all equal.
    PendingDiffers { currency: Currency },
    /// The pending totals of the account are not those of the open sets.
    OpenSetsDiffer { account: AccountKey },
    /// The sums of the currency do not fit.
    Overflow { currency: Currency },
}

impl std::fmt::Display for LedgerFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LedgerFault::PostedDiffers { currency } => {
                write!(f, "posted debits and credits of {currency} do not agree")
            }
            LedgerFault::PendingDiffers { currency } => {
                write!(f, "pending debits and credits of {currency} do not agree")
            }
            LedgerFault::OpenSetsDiffer { account } => {
                write!(f, "what is pending on {account:?} is not what the open sets say")
            }
            LedgerFault::Overflow { currency } => write!(f, "the sums of {currency} do not fit"),
        }
    }
}

impl std::error::Error for LedgerFault {}
