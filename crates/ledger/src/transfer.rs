//! Transfers, and the lines they make in the books.

use crate::AccountKey;
use base::codec_struct;

/// Most transfers in one set. A payment in three currencies with all its fees takes about ten.
pub const MAX_TRANSFERS: usize = 32;

/// Debits one account and credits another of the same currency with the same amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub debit: AccountKey,
    pub credit: AccountKey,
    /// In minor units of the currency of both accounts; above zero.
    pub amount_minor: u64,
}
codec_struct!(Transfer { debit, credit, amount_minor });

/// What a set of transfers does to one account, in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub account: AccountKey,
    pub debit_minor: u128,
    pub credit_minor: u128,
}

/// One line per account, in the order in which the set first names them: for people to read.
///
/// Per currency the debits equal the credits, whatever the transfers are.
pub fn entries(transfers: &[Transfer]) -> Vec<Entry> {
    let mut lines: Vec<Entry> = Vec::with_capacity(transfers.len() * 2);
    for transfer in transfers {
        let amount = u128::from(transfer.amount_minor);
        line(&mut lines, transfer.debit).debit_minor += amount;
        line(&mut lines, transfer.credit).credit_minor += amount;
    }
    lines
}

fn line(lines: &mut Vec<Entry>, account: AccountKey) -> &mut Entry {
    // A set has few accounts: walking them is quicker than a map.
    let at = lines.iter().position(|line| line.account == account).unwrap_or_else(|| {
        lines.push(Entry { account, debit_minor: 0, credit_minor: 0 });
        lines.len() - 1
    });
    &mut lines[at]
}
