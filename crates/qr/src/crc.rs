//! CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, no reflection, no final XOR.
//!
//! Long texts are first folded, eight bytes at a time and without tables, to 32 bytes that have the
//! same checksum. The polynomial is x^16 + x^12 + x^5 + 1, and squaring a polynomial over bits
//! doubles its exponents; four times, and x^256 is x^192 + x^80 + 1 as far as the checksum knows.

/// Bytes in front of a text that make a start of 0xFFFF of a start of 0.
const START: u64 = 0x84cf;

/// How many bytes of a word there are: table `n` holds what a byte followed by `n` zero bytes gives.
const STEP: usize = 8;

const TABLES: [[u16; 256]; STEP] = {
    let mut tables = [[0; 256]; STEP];
    let mut byte: u16 = 0;
    while byte < 256 {
        let mut crc = byte << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
            bit += 1;
        }
        tables[0][byte as usize] = crc;
        byte += 1;
    }
    let mut after = 1;
    while after < STEP {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[after - 1][byte];
            tables[after][byte] = before << 8 ^ tables[0][(before >> 8) as usize];
            byte += 1;
        }
        after += 1;
    }
    tables
};

/// The checksum of a code's bytes, its own object's tag and length (`6304`) among them.
pub fn crc16(bytes: &[u8]) -> u16 {
    let (first, words) = bytes.as_rchunks();
    let [c, d] =
        first.iter().fold([0, START], |[c, d], byte| [c << 8 | d >> 56, d << 8 | u64::from(*byte)]);
    let folded = words.iter().fold([0, 0, c, d], |[a, b, c, d], word| {
        // With the new word `a` stands at x^256: it goes to x^192, to x^80, which is 16 bits into a
        // word, and to 1.
        [b ^ a, c ^ a >> 48, d ^ a << 16, u64::from_be_bytes(*word) ^ a]
    });
    folded.iter().fold(0, |crc, word| {
        let bytes = (word ^ u64::from(crc) << 48).to_be_bytes();
        let tables = TABLES.iter().rev();
        bytes.iter().zip(tables).fold(0, |crc, (byte, table)| crc ^ table[usize::from(*byte)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_catalogue_of_crcs() {
        assert_eq!(crc16(b"123456789"), 0x29b1);
        assert_eq!(crc16(b""), 0xffff);
    }

    #[test]
    fn many_at_a_time_or_one_by_one() {
        let bytes: Vec<u8> = (0..100_u8).map(|it| it.wrapping_mul(37)).collect();
        for length in 0..bytes.len() {
            let one_by_one = bytes[..length].iter().fold(0xffff_u16, |crc, byte| {
                crc << 8 ^ TABLES[0][usize::from(crc.to_be_bytes()[0] ^ byte)]
            });
            assert_eq!(crc16(&bytes[..length]), one_by_one, "{length}");
        }
    }
}
