//! A hash table for hot look-ups: compact, deterministic, and cheap to snapshot.
//!
//! Entries live in pages behind `Arc`, found through an open-addressing index of slot numbers. A
//! clone shares all pages: a writer copies a page when it changes it while a clone still holds it,
//! so that a snapshot of millions of entries costs microseconds and is written out by another
//! thread in peace.
//!
//! The hash is fixed and there is no public iteration in hash order: what a machine does cannot
//! depend on it. `entries` walks slots and serves snapshots and order-free sums only.

use crate::{Codec, DecodeError, Reader};
use std::sync::Arc;

/// Entries in one page: one copy-on-write copies this many.
const PAGE: usize = 64;
/// Places in one chunk of the index, shared and copied like a page.
const CHUNK: usize = 1024;
/// A place of the index that holds nothing.
const EMPTY: u64 = 0;
const SLOT_BITS: u32 = 32;

/// Linear probing over a power of two of places, never more than 3/4 full.
///
/// A full place holds the low 32 bits of the hash above slot + 1. So most look-ups read one place
/// and one entry, and moving a place needs no key: its home follows from the bits it carries.
#[derive(Clone, Debug)]
struct Index {
    chunks: Vec<Arc<[u64; CHUNK]>>,
}

impl Index {
    fn with_places(places: usize) -> Index {
        let chunks = places.next_power_of_two().div_ceil(CHUNK).max(1);
        Index { chunks: std::iter::repeat_with(|| Arc::new([EMPTY; CHUNK])).take(chunks).collect() }
    }
    fn len(&self) -> usize {
        self.chunks.len() * CHUNK
    }
    fn mask(&self) -> usize {
        self.len() - 1
    }
    fn at(&self, at: usize) -> u64 {
        self.chunks[at / CHUNK][at % CHUNK]
    }
    fn set(&mut self, at: usize, place: u64) {
        Arc::make_mut(&mut self.chunks[at / CHUNK])[at % CHUNK] = place;
    }
    /// Where a hash begins to look: its low bits.
    #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the place")]
    fn home(&self, hash: u64) -> usize {
        hash as usize & self.mask()
    }
    fn home_of_place(&self, place: u64) -> usize {
        self.home(place >> SLOT_BITS)
    }
    fn link(&mut self, place: u64) {
        let mut at = self.home_of_place(place);
        while self.at(at) != EMPTY {
            at = (at + 1) & self.mask();
        }
        self.set(at, place);
    }
}

fn place_of(hash: u64, slot: u32) -> u64 {
    hash << SLOT_BITS | (u64::from(slot) + 1)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half of a full place is slot + 1")]
fn slot_of(place: u64) -> u32 {
    place as u32 - 1
}

/// A key that knows its own fixed hash.
pub trait Key: Eq + Clone {
    /// A 64-bit hash whose low bits are well mixed: see [`mix`](Key::mix).
    fn hash64(&self) -> u64;

    /// Mixes one word; chain it for keys of several words. (Finaliser of the SplitMix64 generator.)
    fn mix(word: u64) -> u64 {
        let mut x = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
}

impl Key for u32 {
    fn hash64(&self) -> u64 {
        Self::mix(u64::from(*self))
    }
}

impl Key for u64 {
    fn hash64(&self) -> u64 {
        Self::mix(*self)
    }
}

impl Key for u128 {
    #[expect(clippy::cast_possible_truncation, reason = "both halves are hashed")]
    fn hash64(&self) -> u64 {
        Self::mix(Self::mix(*self as u64) ^ ((*self >> 64) as u64))
    }
}

type Page<K, V> = Vec<Option<(K, V)>>;

/// See the module's text. At most 2^32 - 2 entries.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    pages: Vec<Arc<Page<K, V>>>,
    index: Index,
    free: Vec<u32>,
    len: usize,
}

impl<K: Key, V: Clone> Default for Table<K, V> {
    fn default() -> Self {
        Table::new()
    }
}

impl<K: Key, V: Clone> Table<K, V> {
    pub fn new() -> Table<K, V> {
        Table { pages: Vec::new(), index: Index::with_places(0), free: Vec::new(), len: 0 }
    }

    pub fn with_capacity(entries: usize) -> Table<K, V> {
        let index = Index::with_places(entries * 4 / 3 + 16);
        Table { index, ..Table::new() }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.find(key)?;
        self.slot(slot_of(self.index.at(at))).map(|(_, value)| value)
    }

    pub fn contains(&self, key: &K) -> bool {
        self.find(key).is_some()
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(key)?;
        let slot = slot_of(self.index.at(at)) as usize;
        Arc::make_mut(&mut self.pages[slot / PAGE])[slot % PAGE].as_mut().map(|(_, value)| value)
    }

    /// Puts `value` at `key` and gives back what stood there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        if (self.len + 1) * 4 > self.index.len() * 3 {
            self.grow();
        }
        let hash = key.hash64();
        let slot = self.take_slot();
        Arc::make_mut(&mut self.pages[slot as usize / PAGE])[slot as usize % PAGE] =
            Some((key, value));
        self.index.link(place_of(hash, slot));
        self.len += 1;
        None
    }

    /// The entry at `key`, made first when absent.
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if !self.contains(&key) {
            self.insert(key.clone(), make());
        }
        self.get_mut(&key).expect("the entry was just put there")
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(key)?;
        let slot = slot_of(self.index.at(at));
        self.unlink(at);
        self.free.push(slot);
        self.len -= 1;
        let slot = slot as usize;
        Arc::make_mut(&mut self.pages[slot / PAGE])[slot % PAGE].take().map(|(_, value)| value)
    }

    /// All entries in slot order: for snapshots and for sums that do not depend on order.
    pub fn entries(&self) -> impl Iterator<Item = (&K, &V)> {
        self.pages.iter().flat_map(|page| page.iter().flatten().map(|(k, v)| (k, v)))
    }

    fn slot(&self, slot: u32) -> Option<&(K, V)> {
        self.pages[slot as usize / PAGE][slot as usize % PAGE].as_ref()
    }

    fn find(&self, key: &K) -> Option<usize> {
        let hash = key.hash64();
        let tag = place_of(hash, 0) >> SLOT_BITS;
        let mut at = self.index.home(hash);
        loop {
            let place = self.index.at(at);
            if place == EMPTY {
                return None;
            }
            if place >> SLOT_BITS == tag && self.slot(slot_of(place)).is_some_and(|(k, _)| k == key)
            {
                return Some(at);
            }
            at = (at + 1) & self.index.mask();
        }
    }

    /// Empties index place `hole` and moves later places of the same run up, so that no probe
    /// stops short.
    fn unlink(&mut self, mut hole: usize) {
        let mask = self.index.mask();
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let place = self.index.at(at);
            if place == EMPTY {
                break;
            }
            let home = self.index.home_of_place(place);
            // The place may move when its home does not lie cyclically in (hole, at].
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(hole) & mask) {
                self.index.set(hole, place);
                hole = at;
            }
        }
        self.index.set(hole, EMPTY);
    }

    fn take_slot(&mut self) -> u32 {
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        let number = |slot: usize| u32::try_from(slot).unwrap_or(u32::MAX);
        let first = self.pages.len() * PAGE;
        let (first, last) = (number(first), number(first + PAGE));
        assert!(last != u32::MAX, "a table holds less than 2^32 entries");
        self.pages.push(Arc::new(std::iter::repeat_with(|| None).take(PAGE).collect()));
        self.free.extend((first + 1..last).rev());
        first
    }

    fn grow(&mut self) {
        let mut index = Index::with_places(self.index.len() * 2);
        for place in self.index.chunks.iter().flat_map(|chunk| chunk.iter()) {
            if *place != EMPTY {
                index.link(*place);
            }
        }
        self.index = index;
    }
}

/// In the order of the keys, so that equal content has equal bytes whatever slots it lies in.
impl<K: Key + Codec + Ord, V: Clone + Codec> Codec for Table<K, V> {
    fn encode(&self, out: &mut Vec<u8>) {
        let mut entries: Vec<_> = self.entries().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        (entries.len() as u64).encode(out);
        for (key, value) in entries {
            key.encode(out);
            value.encode(out);
        }
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = input.count()?;
        // Damage may claim any count: grow with what is really there.
        let mut table = Table::with_capacity(count.min(1 << 24));
        for _ in 0..count {
            let key = K::decode(input)?;
            if table.insert(key, V::decode(input)?).is_some() {
                return Err(input.expected("a key that was not there before"));
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A fixed sequence of pseudo-random operations, compared step by step with a `BTreeMap`.
    #[test]
    fn behaves_like_a_map() {
        let mut table: Table<u64, u64> = Table::new();
        let mut model = BTreeMap::new();
        let mut x = 7u64;
        for step in 0..200_000u64 {
            x = <u64 as Key>::mix(x);
            let key = x % 5_000;
            match (x >> 40) % 3 {
                0 => assert_eq!(table.insert(key, step), model.insert(key, step)),
                1 => assert_eq!(table.remove(&key), model.remove(&key)),
                _ => assert_eq!(table.get(&key), model.get(&key)),
            }
            assert_eq!(table.len(), model.len());
        }
        let mut all: Vec<_> = table.entries().map(|(k, v)| (*k, *v)).collect();
        all.sort_unstable();
        assert_eq!(all, model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_clone_is_a_snapshot() {
        let mut table: Table<u64, u64> = Table::new();
        for key in 0..1_000 {
            table.insert(key, key);
        }
        let snapshot = table.clone();
        for key in 0..1_000 {
            *table.get_mut(&key).unwrap() += 1;
        }
        table.remove(&3);
        assert_eq!(snapshot.get(&3), Some(&3));
        assert_eq!(snapshot.len(), 1_000);
        let copy: Table<u64, u64> = crate::decode_all(&crate::encode(&snapshot)).unwrap();
        assert!((0..1_000).all(|key| copy.get(&key) == Some(&key)));
    }
}
