//! What a set does, account by account, found once and kept on the stack.

use crate::store::{Slot, Store};
use crate::transfer::{MAX_TRANSFERS, Transfer};

/// Every account that a set names, once, with what the whole set debits and credits on it.
///
/// Accounts that are not open yet are left out and only noted.
pub struct Touched {
    slots: [Slot; 2 * MAX_TRANSFERS],
    sums: [(u128, u128); 2 * MAX_TRANSFERS],
    len: usize,
    pub has_new: bool,
}

impl Touched {
    /// Sums up at most [`MAX_TRANSFERS`] transfers.
    pub fn by(store: &Store, transfers: &[Transfer]) -> Touched {
        let mut touched = Touched {
            slots: [Slot::NONE; 2 * MAX_TRANSFERS],
            sums: [(0, 0); 2 * MAX_TRANSFERS],
            len: 0,
            has_new: false,
        };
        for transfer in transfers {
            let amount = u128::from(transfer.amount_minor);
            match store.find(&transfer.debit) {
                Some(slot) => touched.add(slot, amount, 0),
                None => touched.has_new = true,
            }
            match store.find(&transfer.credit) {
                Some(slot) => touched.add(slot, 0, amount),
                None => touched.has_new = true,
            }
        }
        touched
    }

    fn add(&mut self, slot: Slot, debits: u128, credits: u128) {
        let seen = self.slots[..self.len].iter().position(|known| *known == slot);
        let at = seen.unwrap_or(self.len);
        if seen.is_none() {
            self.slots[at] = slot;
            self.len += 1;
        }
        self.sums[at].0 += debits;
        self.sums[at].1 += credits;
    }

    /// (account, debits, credits) in the order in which the set first names the accounts.
    pub fn lines(&self) -> impl Iterator<Item = (Slot, u128, u128)> {
        let sums = self.sums[..self.len].iter();
        self.slots[..self.len].iter().zip(sums).map(|(slot, (d, c))| (*slot, *d, *c))
    }
}
