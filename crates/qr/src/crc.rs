//! CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, no reflection, no final XOR.

/// Bytes taken at a time: table `n` holds what a byte followed by `n` zero bytes gives.
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
    let mut crc = 0xffff_u16;
    let mut chunks = bytes.chunks_exact(STEP);
    for chunk in &mut chunks {
        let [high, low] = crc.to_be_bytes();
        let first =
            TABLES[7][usize::from(chunk[0] ^ high)] ^ TABLES[6][usize::from(chunk[1] ^ low)];
        let rest = chunk[2..].iter().zip(TABLES[..6].iter().rev());
        crc = rest.fold(first, |crc, (byte, table)| crc ^ table[usize::from(*byte)]);
    }
    for byte in chunks.remainder() {
        let [high, _] = crc.to_be_bytes();
        crc = crc << 8 ^ TABLES[0][usize::from(high ^ byte)];
    }
    crc
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
    fn eight_at_a_time_or_one_by_one() {
        let bytes: Vec<u8> = (0..100_u8).map(|it| it.wrapping_mul(37)).collect();
        for length in 0..bytes.len() {
            let one_by_one = bytes[..length].iter().fold(0xffff_u16, |crc, byte| {
                crc << 8 ^ TABLES[0][usize::from(crc.to_be_bytes()[0] ^ byte)]
            });
            assert_eq!(crc16(&bytes[..length]), one_by_one, "{length}");
        }
    }
}
