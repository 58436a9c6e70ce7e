//! Where accounts live: never removed, found once per set, then reached by number.
//!
//! It differs from `base::Table` in what an account allows: no removal, so slots are dense, need no
//! empty entries and can be held on to; and an index that carries hash bits, so that a look-up
//! touches one index word and one account. Pages and chunks are shared with clones and copied when
//! written.

use crate::account::{Account, AccountKey};
use base::{Codec, DecodeError, Key, Reader};
use std::sync::Arc;

/// Accounts in one page: one copy-on-write copies this many. With the counts that `Arc` puts in
/// front a page is 1,024 bytes, a chunk 8,192: nothing is lost where an allocator rounds up.
const PAGE: usize = 21;
/// Places in one chunk of the index, shared and copied like a page.
const CHUNK: usize = 1_022;
/// Bytes to reserve for each account in a snapshot: twice what an ordinary one takes.
const RESERVED_EACH: usize = 48;
/// A place of the index that holds nothing; a full place holds slot + 1 below 32 bits of hash.
const EMPTY: u64 = 0;
const SLOT_BITS: u32 = 32;

/// The number of an account: dense from 0, in the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u32);

impl Slot {
    /// No account: the slot after the last possible one.
    pub const NONE: Slot = Slot(u32::MAX);
}

type Page = [(AccountKey, Account); PAGE];

/// See the module's text. At most 2^32 - 2 accounts.
#[derive(Clone, Debug)]
pub struct Store {
    pages: Vec<Arc<Page>>,
    index: Index,
    len: u32,
}

/// Places by hash: a power of two of them, in chunks.
#[derive(Clone, Debug)]
struct Index {
    chunks: Vec<Arc<[u64; CHUNK]>>,
    places: usize,
}

impl Index {
    /// Room for so many accounts, at most 3/4 full.
    fn for_accounts(accounts: usize) -> Index {
        let places = accounts.saturating_mul(4).div_ceil(3).next_power_of_two().max(1_024);
        let chunks = places.div_ceil(CHUNK);
        let chunks = std::iter::repeat_with(|| Arc::new([EMPTY; CHUNK])).take(chunks).collect();
        Index { chunks, places }
    }

    fn is_full(&self, accounts: usize) -> bool {
        accounts * 4 > self.places * 3
    }

    fn at(&self, at: usize) -> u64 {
        self.chunks[at / CHUNK][at % CHUNK]
    }

    fn set(&mut self, at: usize, place: u64) {
        Arc::make_mut(&mut self.chunks[at / CHUNK])[at % CHUNK] = place;
    }

    /// Where a hash begins to look: the low bits, the high ones being the tag.
    #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the place")]
    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.places - 1)
    }

    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.places - 1)
    }
}

impl Default for Store {
    fn default() -> Store {
        Store::with_capacity(0)
    }
}

impl Store {
    /// Room in the index for so many accounts without a rebuild.
    pub fn with_capacity(accounts: usize) -> Store {
        Store { pages: Vec::new(), index: Index::for_accounts(accounts), len: 0 }
    }

    pub fn find(&self, key: &AccountKey) -> Option<Slot> {
        let hash = key.hash64();
        let mut at = self.index.home(hash);
        loop {
            let place = self.index.at(at);
            if place == EMPTY {
                return None;
            }
            if place >> SLOT_BITS == hash >> SLOT_BITS {
                let slot = slot_of(place);
                if self.at(slot).0 == *key {
                    return Some(slot);
                }
            }
            at = self.index.next(at);
        }
    }

    pub fn at(&self, slot: Slot) -> &(AccountKey, Account) {
        let number = slot.0 as usize;
        &self.pages[number / PAGE][number % PAGE]
    }

    pub fn at_mut(&mut self, slot: Slot) -> &mut Account {
        let number = slot.0 as usize;
        &mut Arc::make_mut(&mut self.pages[number / PAGE])[number % PAGE].1
    }

    /// The slot of the account, opened with nothing on it when it is new.
    pub fn open(&mut self, key: AccountKey) -> Slot {
        match self.find(&key) {
            Some(slot) => slot,
            None => self.push(key, Account::default()),
        }
    }

    /// Adds an account that is not there.
    fn push(&mut self, key: AccountKey, account: Account) -> Slot {
        if self.index.is_full(self.len as usize + 1) {
            self.rebuild(self.index.places);
        }
        let slot = self.put_last(key, account);
        self.link(key.hash64(), slot);
        slot
    }

    /// Puts an account behind all others, where the index does not find it yet.
    fn put_last(&mut self, key: AccountKey, account: Account) -> Slot {
        let slot = Slot(self.len);
        assert!(slot.0 < u32::MAX - 1, "the ledger holds less than 2^32 - 1 accounts");
        let (page, at) = (slot.0 as usize / PAGE, slot.0 as usize % PAGE);
        if page == self.pages.len() {
            // Entries after `len` are never read: they only fill the page.
            self.pages.push(Arc::new(std::array::from_fn(|_| (key, Account::default()))));
        }
        Arc::make_mut(&mut self.pages[page])[at] = (key, account);
        self.len += 1;
        slot
    }

    fn link(&mut self, hash: u64, slot: Slot) {
        let mut at = self.index.home(hash);
        while self.index.at(at) != EMPTY {
            at = self.index.next(at);
        }
        self.index.set(at, hash >> SLOT_BITS << SLOT_BITS | (u64::from(slot.0) + 1));
    }

    /// Makes the index again, with room for so many accounts.
    fn rebuild(&mut self, accounts: usize) {
        // The old one goes first, so that there are never two.
        self.index = Index::for_accounts(0);
        self.index = Index::for_accounts(accounts);
        for number in 0..self.len {
            let hash = self.at(Slot(number)).0.hash64();
            self.link(hash, Slot(number));
        }
    }

    /// All accounts in the order of opening.
    pub fn entries(&self) -> impl Iterator<Item = (&AccountKey, &Account)> {
        let all = self.pages.iter().flat_map(|page| page.iter());
        all.take(self.len as usize).map(|(key, account)| (key, account))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half of a full place is slot + 1")]
fn slot_of(place: u64) -> Slot {
    Slot(place as u32 - 1)
}

impl Codec for Store {
    fn encode(&self, out: &mut Vec<u8>) {
        u64::from(self.len).encode(out);
        // At once, since a buffer that doubles is there twice while it moves. What stays unused of
        // it is never touched, and serves what comes after the accounts.
        out.reserve(self.len as usize * RESERVED_EACH);
        for (key, account) in self.entries() {
            key.encode(out);
            account.encode(out);
        }
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = input.count()?;
        // Damage may claim any count, so accounts come first; then the index is made once, as large
        // as they really need.
        let mut store = Store::default();
        for _ in 0..count {
            let key = AccountKey::decode(input)?;
            store.put_last(key, Account::decode(input)?);
        }
        store.index = Index::for_accounts(store.len as usize);
        for number in 0..store.len {
            let key = store.at(Slot(number)).0;
            if store.find(&key).is_some() {
                return Err(input.expected("an account that was not there before"));
            }
            store.link(key.hash64(), Slot(number));
        }
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Owner, Purpose};
    use base::{decode_all, encode};
    use money::Currency;
    use std::collections::BTreeMap;

    fn key(number: u64) -> AccountKey {
        let currency =
            Currency::from_code(if number.is_multiple_of(2) { "JPY" } else { "KRW" }).unwrap();
        let purpose = Purpose(u16::try_from(number / 2 % 5).unwrap());
        AccountKey { owner: Owner(number / 10), purpose, currency }
    }

    #[test]
    fn behaves_like_a_map_while_it_grows() {
        let (mut store, mut model) = (Store::default(), BTreeMap::new());
        let mut word = 7;
        for step in 0..60_000u128 {
            word = <u64 as Key>::mix(word);
            let key = key(word % 20_000);
            assert_eq!(store.find(&key).is_some(), model.contains_key(&key));
            let slot = store.open(key);
            assert_eq!(store.at(slot).0, key);
            store.at_mut(slot).change(|sums| sums.debits_posted = step);
            model.insert(key, step);
        }
        let mut all: Vec<_> = store.entries().map(|(k, a)| (*k, a.debits_posted())).collect();
        all.sort_unstable();
        assert_eq!(all, model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_clone_is_a_snapshot_and_bytes_keep_the_order() {
        let mut store = Store::default();
        for number in 0..1_000 {
            let slot = store.open(key(number));
            store.at_mut(slot).change(|sums| sums.credits_posted = number.into());
        }
        let (snapshot, bytes) = (store.clone(), encode(&store));
        for number in 0..2_000 {
            let slot = store.open(key(number));
            store.at_mut(slot).change(|sums| sums.credits_posted += 1);
        }
        assert_eq!(encode(&snapshot), bytes);
        let copy: Store = decode_all(&bytes).unwrap();
        assert_eq!(encode(&copy), bytes);
        assert!((0..1_000).all(|number| copy.find(&key(number)) == store.find(&key(number))));
        assert_eq!(copy.find(&key(1_000)), None);
    }

    #[test]
    fn the_same_account_twice_does_not_decode() {
        let mut store = Store::default();
        store.open(key(1));
        let one = encode(&store);
        let twice = [&[2], &one[1..], &one[1..]].concat();
        assert!(decode_all::<Store>(&twice).is_err());
    }
}
