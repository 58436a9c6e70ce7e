//! What a store surely does not hold, answered from memory.
//!
//! Most look-ups of names ask for one that is new: the request id of a new payment. A store has to
//! walk its tables to say no; a Bloom filter says it with one cache line a layer. It may be wrong
//! only the other way round: then the store is asked.
//!
//! Blocked filter: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters"
//! (2007). With 12 bits a key and 7 probes about one key in 100 is a false "maybe", per layer.

use base::Key;
use std::hash::{DefaultHasher, Hasher};

const BITS_PER_KEY: usize = 12;
const BLOCK_BITS: usize = 512;
/// Nine bits of the hash for each: 63 of 64.
const PROBES: u32 = 7;
const FIRST_LAYER_KEYS: usize = 1 << 14;
/// Each layer holds so many times the keys of the one before: few layers, at most 5/4 of the memory
/// that the keys need when the newest layer is full.
const GROWTH: usize = 4;

/// One cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Block([u64; BLOCK_BITS / 64]);

#[derive(Clone, Debug)]
struct Layer {
    blocks: Vec<Block>,
    room_keys: usize,
}

/// Where a key's bits are, from its hash: the block, and the bits within it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Print {
    place: u64,
    bits: u64,
}

impl Print {
    pub(crate) fn of(key: &[u8]) -> Print {
        // Fixed keys: what a process remembers must not depend on its luck.
        let mut hasher = DefaultHasher::new();
        hasher.write(key);
        let place = hasher.finish();
        Print { place, bits: <u64 as Key>::mix(place) }
    }

    /// Words and masks of the probes.
    fn probes(self) -> impl Iterator<Item = (usize, u64)> {
        (0..PROBES).map(move |probe| {
            let bit = (self.bits >> (9 * probe)) & (BLOCK_BITS as u64 - 1);
            ((bit / 64) as usize, 1 << (bit % 64))
        })
    }
}

impl Layer {
    fn new(keys: usize) -> Layer {
        let blocks = (keys * BITS_PER_KEY).div_ceil(BLOCK_BITS);
        Layer { blocks: vec![Block::default(); blocks], room_keys: keys }
    }

    /// The high half of the hash, spread over the blocks.
    fn block_of(&self, print: Print) -> usize {
        ((print.place >> 32) as usize * self.blocks.len()) >> 32
    }

    fn insert(&mut self, print: Print) {
        let at = self.block_of(print);
        let block = &mut self.blocks[at];
        print.probes().for_each(|(word, mask)| block.0[word] |= mask);
        self.room_keys -= 1;
    }

    fn may_hold(&self, print: Print) -> bool {
        let block = &self.blocks[self.block_of(print)];
        print.probes().all(|(word, mask)| block.0[word] & mask != 0)
    }
}

/// See the module's text. It grows with its keys and never forgets one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    layers: Vec<Layer>,
}

impl Filter {
    pub(crate) fn insert(&mut self, print: Print) {
        if self.layers.last().is_none_or(|newest| newest.room_keys == 0) {
            let growth = u32::try_from(self.layers.len()).unwrap_or(u32::MAX);
            self.layers.push(Layer::new(FIRST_LAYER_KEYS * GROWTH.pow(growth)));
        }
        if let Some(newest) = self.layers.last_mut() {
            newest.insert(print);
        }
    }

    /// `false`: the key was never put in.
    pub(crate) fn may_hold(&self, print: Print) -> bool {
        self.layers.iter().rev().any(|layer| layer.may_hold(print))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(number: u32) -> Print {
        Print::of(format!("name {number}").as_bytes())
    }

    #[test]
    fn what_was_put_in_is_found_and_little_else() {
        let mut filter = Filter::default();
        assert!(!filter.may_hold(print(0)));
        for number in 0..200_000 {
            filter.insert(print(number));
        }
        assert!(filter.layers.len() >= 3, "the filter grew");
        assert!((0..200_000).all(|number| filter.may_hold(print(number))));
        let wrong = (200_000..300_000).filter(|number| filter.may_hold(print(*number))).count();
        assert!(wrong < 4_000, "{wrong} of 100,000 are taken for known");
    }
}
