//! Collected codes written again, and codes in which anything was changed.

use dhow_qr::{ConsumerCode, MerchantCode, crc16};
use serde_json::{Map, Value, json};

const PAYNOW: &str = "000201010212\
     26570009SG.PAYNOW010120213201929813CSPW030110513SPW65822746305204000\
     0530370254031005802SG5925SHOPEEPAY PRIVATE LIMITED6009SINGAPORE630426E1";
const EMV: &str = "00020101021229300012D156000000000510A93FO3230Q31280012D1560000000103081234567852\
     0441115802JP5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.72530315\
     65502016233030412340603***0708A60086670902ME91320016A011223344998877070812345678\
     630420EE";
const KHQR: &str = "000201010212\
     29180014your_name@bank520459995303116540498005802KH5909Your Name6010\
     Phnom Penh62510109TRX01234502090123456780311Phsar Thmei0706POS-01993400131773894\
     603019011317738947758196304A5A3";
const CONSUMER: &[u8] = b"\x85\x05CPV01\x61\x16\x4f\x05\xa0\0\0\0\x03\x50\x04Card\x63\x07\x9f\x36\
                          \x01\x07\x82\x01\0\x62\x0f\x5a\x03\x12\x34\x5f\x5f\x2d\
                          \x02en\x64\x03\x9f\x26\0";

/// How many codes are read in which something was changed.
const ROUNDS: u32 = 25_000;

fn examples() -> Vec<Map<String, Value>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let Ok(text) = std::fs::read_to_string(format!("{root}/emvqr_examples.jsonl")) else {
        println!("left out: the collected codes are not on this machine");
        return Vec::new();
    };
    text.lines().map(|line| serde_json::from_str(line).expect("a code per line")).collect()
}

#[test]
fn a_collected_code_is_written_as_it_was_read() {
    let mut written = 0;
    let examples = examples();
    for example in &examples {
        if example["valid"] == json!(true) && example["mode"] == "mpm" {
            let payload = example["payload"].as_str().unwrap();
            let code = MerchantCode::read(payload).unwrap();
            assert_eq!(code.write().unwrap(), payload, "{}", example["id"]);
            written += 1;
        }
    }
    assert!(examples.is_empty() || written > 10, "{written}");
}

/// A generator of Sebastiano Vigna's kind (splitmix64): the same seed, the same changes.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number from 0 to `end`, not `end` itself; 0 for an empty range.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap().max(1);
        usize::try_from(self.next() % end).unwrap()
    }
}

/// One change: a bit, a cut, an insertion, a piece twice, or a piece of another code.
fn change(dice: &mut Dice, code: &mut Vec<u8>, other: &[u8]) {
    let at = dice.below(code.len());
    let end = (at + dice.below(12)).min(code.len());
    match dice.below(6) {
        0 if !code.is_empty() => code[at] ^= 1 << dice.below(8),
        1 => drop(code.drain(at..end)),
        2 => code.insert(at, b'0' + u8::try_from(dice.below(10)).unwrap()),
        3 => drop(code.splice(at..at, code[at..end].to_vec())),
        4 => {
            let from = dice.below(other.len());
            let to = (from + dice.below(40)).min(other.len());
            drop(code.splice(at..end, other[from..to].iter().copied()));
        }
        _ if !code.is_empty() => code[at] = b'0' + u8::try_from(dice.below(10)).unwrap(),
        _ => {}
    }
}

/// The code with the checksum that belongs to it, so that the reader looks further.
fn sealed(code: &mut Vec<u8>) {
    code.truncate(code.len().saturating_sub(4));
    let checksum = format!("{:04X}", crc16(code));
    code.extend_from_slice(checksum.as_bytes());
}

#[test]
fn whatever_was_changed_is_read_or_refused() {
    let codes = [PAYNOW.as_bytes(), EMV.as_bytes(), KHQR.as_bytes(), CONSUMER];
    let mut dice = Dice(20_261_123);
    let mut taken = 0;
    for _ in 0..ROUNDS {
        let mut code = codes[dice.below(codes.len())].to_vec();
        let other = codes[dice.below(codes.len())];
        for _ in 0..=dice.below(3) {
            change(&mut dice, &mut code, other);
        }
        if code.starts_with(&CONSUMER[..2]) {
            taken += u32::from(ConsumerCode::read(&code).is_ok());
            continue;
        }
        if dice.below(4) > 0 {
            sealed(&mut code);
        }
        let text = String::from_utf8_lossy(&code);
        match MerchantCode::read(&text) {
            Ok(code) => {
                assert_eq!(code.write().unwrap().to_uppercase(), text.to_uppercase());
                taken += 1;
            }
            Err(error) => assert!(!error.reason.is_empty()),
        }
    }
    // Otherwise the changes are so rough that nothing beyond the first check is seen.
    assert!(taken > ROUNDS / 100, "{taken}");
}
