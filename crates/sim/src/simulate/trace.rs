//! What happened, as one number and, when asked for, as lines.

use base::Timestamp;

const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Mixes a number into a digest.
pub(crate) fn fold_number(digest: u64, number: u64) -> u64 {
    (digest.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Mixes bytes into a digest, eight at a time.
pub(crate) fn fold_bytes(digest: u64, bytes: &[u8]) -> u64 {
    let mut digest = fold_number(digest, bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        digest = (digest.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(PRIME);
    }
    digest
}

/// Takes in everything that happens in a run.
pub(crate) struct Trace {
    pub hash: u64,
    /// Kept only when a person wants to read them.
    pub lines: Option<Vec<String>>,
}

impl Trace {
    pub fn new(keeps_lines: bool) -> Trace {
        Trace { hash: 0, lines: keeps_lines.then(Vec::new) }
    }

    pub fn number(&mut self, number: u64) {
        self.hash = fold_number(self.hash, number);
    }

    /// Adds a line; the text is made only when somebody reads it.
    pub fn line(&mut self, now: Timestamp, text: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            let millis = now.millis() % 100_000_000;
            lines.push(format!("{:>6}.{:03} {}", millis / 1_000, millis % 1_000, text()));
        }
    }
}
