//! Numbers from a seed: the keystream of ChaCha20 (RFC 8439), and fair draws from it.
//!
//! | | |
//! |---|---|
//! | key | the seed, 32 bytes |
//! | nonce | 12 zero bytes: a seed is used for one draw only |
//! | block counter | begins at 0 |
//! | word | the next 8 bytes of the keystream, least significant first |
//!
//! A cipher and not a faster generator, because whoever sees the first shares of a packet must not
//! be able to work out the next ones; and this one, because every language has it in a library.

/// "expand 32-byte k", as RFC 8439 section 2.3 wants it.
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// The keystream of one seed, and how much of it was used.
pub struct Keystream {
    key: [u32; 8],
    next_block: u32,
    block: [u32; 16],
    /// Position in the block, in units of 32 bits; always even.
    at: usize,
}

impl Keystream {
    pub fn new(seed: &[u8; 32]) -> Keystream {
        let mut key = [0; 8];
        for (word, bytes) in key.iter_mut().zip(seed.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        Keystream { key, next_block: 0, block: [0; 16], at: 16 }
    }

    /// The next word.
    fn word(&mut self) -> u64 {
        if self.at == self.block.len() {
            self.block = block(&self.key, self.next_block, [0; 3]);
            // 2^32 blocks are 256 GiB: no draw comes near.
            self.next_block += 1;
            self.at = 0;
        }
        let [low, high] = [self.block[self.at], self.block[self.at + 1]];
        self.at += 2;
        u64::from(high) << 32 | u64::from(low)
    }

    /// A number from 0 to `count - 1`, each equally likely. `count` is at least 1.
    ///
    /// The highest `2^64 mod count` values of a word would favour small numbers: a word among them
    /// is thrown away and the next one taken. The result is the word modulo `count`.
    pub fn below(&mut self, count: u64) -> u64 {
        // 2^64 - count and 2^64 leave the same rest.
        let uneven = count.wrapping_neg() % count;
        loop {
            let word = self.word();
            if word <= u64::MAX - uneven {
                return word % count;
            }
        }
    }
}

/// One block: RFC 8439 section 2.3.
fn block(key: &[u32; 8], counter: u32, nonce: [u32; 3]) -> [u32; 16] {
    let mut start = [0; 16];
    start[..4].copy_from_slice(&CONSTANTS);
    start[4..12].copy_from_slice(key);
    start[12] = counter;
    start[13..].copy_from_slice(&nonce);
    let mut state = start;
    for _ in 0..10 {
        for column in 0..4 {
            quarter_round(&mut state, [column, column + 4, column + 8, column + 12]);
        }
        for diagonal in 0..4 {
            let [b, c, d] = [1, 2, 3].map(|row| row * 4 + (diagonal + row) % 4);
            quarter_round(&mut state, [diagonal, b, c, d]);
        }
    }
    for (word, first) in state.iter_mut().zip(start) {
        *word = word.wrapping_add(first);
    }
    state
}

/// RFC 8439 section 2.1, on four words of the state.
fn quarter_round(state: &mut [u32; 16], [a, b, c, d]: [usize; 4]) {
    for (left, right) in [(16, 12), (8, 7)] {
        state[a] = state[a].wrapping_add(state[b]);
        state[d] = (state[d] ^ state[a]).rotate_left(left);
        state[c] = state[c].wrapping_add(state[d]);
        state[b] = (state[b] ^ state[c]).rotate_left(right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8439 section 2.3.2.
    #[test]
    fn the_block_of_the_standard() {
        let mut key = [0; 8];
        for (word, first) in key.iter_mut().zip((0u8..32).step_by(4)) {
            *word = u32::from_le_bytes([first, first + 1, first + 2, first + 3]);
        }
        let found = block(&key, 1, [0x0900_0000, 0x4a00_0000, 0]);
        let expected = [
            0xe4e7_f110,
            0x1559_3bd1,
            0x1fdd_0f50,
            0xc471_20a3,
            0xc7f4_d1c7,
            0x0368_c033,
            0x9aaa_2204,
            0x4e6c_d4c3,
            0x4664_82d2,
            0x09aa_9f07,
            0x05d7_c214,
            0xa202_8bd9,
            0xd19c_12b5,
            0xb94e_16de,
            0xe883_d0cb,
            0x4e3c_50a2,
        ];
        assert_eq!(found, expected);
    }

    /// RFC 8439 appendix A.1, vectors 1 and 2: key and nonce zero, blocks 0 and 1.
    #[test]
    fn words_follow_the_stream_over_the_end_of_a_block() {
        let mut stream = Keystream::new(&[0; 32]);
        let words: Vec<u64> = (0..9).map(|_| stream.word()).collect();
        assert_eq!(words[0], u64::from_le_bytes([0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90]));
        assert_eq!(words[8], u64::from_le_bytes([0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a]));
    }

    #[test]
    fn draws_are_in_range_and_none_is_favoured() {
        let mut stream = Keystream::new(&[3; 32]);
        let mut seen = [0u32; 6];
        for _ in 0..12_000 {
            seen[usize::try_from(stream.below(6)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| count.abs_diff(2_000) < 200), "{seen:?}");
        assert_eq!(stream.below(1), 0);
        // A quarter of all words is thrown away; kept, the lowest third would come half the time.
        let count = 3 << 62;
        let low = (0..3_000).filter(|_| stream.below(count) < 1 << 62).count();
        assert!(low.abs_diff(1_000) < 130, "{low}");
    }
}
