//! All customers of a wallet: numbered from 0, found by number, never removed.
//!
//! Pages are shared with clones and copied when written, as in the ledger's store.

use crate::Customer;
use base::{Codec, DecodeError, Reader};
use std::sync::Arc;

/// Customers in one page: one copy-on-write copies this many. With the counts that `Arc` puts in
/// front a page is 1,008 bytes: little is lost where an allocator rounds up.
const PAGE: usize = 31;
/// Bytes to reserve for each customer in a snapshot, which takes up to 30.
const RESERVED_EACH: usize = 20;

/// See the module's text. At most 2^32 - 1.
#[derive(Clone, Debug, Default)]
pub struct Customers {
    /// Entries after `len` are never read: they only fill the page.
    pages: Vec<Arc<[Customer; PAGE]>>,
    len: u32,
}

impl Customers {
    pub fn len(&self) -> u32 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a customer and gives its number. `None` when there are 2^32 - 1.
    pub fn add(&mut self, customer: Customer) -> Option<u32> {
        let number = self.len;
        self.len = self.len.checked_add(1)?;
        let (page, at) = place(number);
        match self.pages.get_mut(page) {
            Some(page) => Arc::make_mut(page)[at] = customer,
            None => self.pages.push(Arc::new([customer; PAGE])),
        }
        Some(number)
    }

    pub fn get(&self, number: u32) -> Option<&Customer> {
        let (page, at) = place(number);
        (number < self.len).then(|| &self.pages[page][at])
    }

    pub fn get_mut(&mut self, number: u32) -> Option<&mut Customer> {
        let (page, at) = place(number);
        (number < self.len).then(|| &mut Arc::make_mut(&mut self.pages[page])[at])
    }

    /// All, in the order of their numbers.
    pub fn entries(&self) -> impl Iterator<Item = (u32, &Customer)> {
        (0..self.len).zip(self.pages.iter().flat_map(|page| page.iter()))
    }
}

/// The page, and the place in it.
fn place(number: u32) -> (usize, usize) {
    (number as usize / PAGE, number as usize % PAGE)
}

impl Codec for Customers {
    fn encode(&self, out: &mut Vec<u8>) {
        self.len.encode(out);
        // At once, since a buffer that doubles is there twice while it moves.
        out.reserve(self.len as usize * RESERVED_EACH);
        for (_, customer) in self.entries() {
            customer.encode(out);
        }
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = u32::decode(input)?;
        let mut customers = Customers::default();
        for _ in 0..count {
            let customer = Customer::decode(input)?;
            customers.add(customer).ok_or_else(|| input.expected("fewer customers"))?;
        }
        Ok(customers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LocalDay;

    #[test]
    fn clones_do_not_see_later_changes_and_bytes_come_back() {
        let mut customers = Customers::default();
        for number in 0..300 {
            assert_eq!(customers.add(Customer::new(0, LocalDay(number))), Some(number));
        }
        let before = customers.clone();
        customers.get_mut(299).unwrap().tier = 2;
        assert_eq!(before.get(299).unwrap().tier, 0);
        assert_eq!(customers.get(300), None);
        assert!(customers.get_mut(300).is_none());
        let copy: Customers = base::decode_all(&base::encode(&customers)).unwrap();
        assert_eq!(copy.len(), 300);
        assert_eq!(copy.get(299), customers.get(299));
    }
}
