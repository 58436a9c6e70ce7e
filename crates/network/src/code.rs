//! Payment codes: one minute, one use, 24 digits that only the network can map back.
//!
//! Shape: 6 digits of code issuer, `02` for payment codes, 16 digits of user number. Of the issuer
//! the first three digits vary (25 to 30, then any digit) and the last three are the network's
//! routing number, so that acquirers route by the public rule `^(2[5-9]|30)\d001\d*$` while a guess
//! has 6 x 10 x 10^16 possibilities:
//! with 10^8 live codes one guess hits any of them with a chance below 2 x 10^-10.
//! Source: wallet interface 3.1, acquirer interface 4.5, failure catalogue E1.

use base::{Codec, DecodeError, Key, Reader, Table, Timestamp, codec_enum, codec_struct};
use directory::Country;
use ids::{CustomerAlias, ParticipantId, Partition, PartnerText, PaymentId};

/// Possibilities of the varying digits of a code.
const SPACE: u128 = 60 * 10_u128.pow(16);

/// A payment code as the number that its 24 digits make.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentCode(u128);

impl PaymentCode {
    /// The network's routing number: digits 4 to 6.
    pub const ROUTING: u128 = 1;
    pub const DIGITS: usize = 24;

    /// Makes a code from random bits; any 128 bits will do and all codes are equally likely to
    /// within 2^-60.
    pub const fn from_random(random: u128) -> PaymentCode {
        let pick = random % SPACE;
        let user_number = pick % 10_u128.pow(16);
        let issuer = pick / 10_u128.pow(16);
        // 250..=309: two digits from 25 to 30 and one free digit.
        let head = (250 + issuer) * 1_000 + PaymentCode::ROUTING;
        PaymentCode((head * 100 + 2) * 10_u128.pow(16) + user_number)
    }

    /// Reads a scanned text. `None` when it is not a payment code of this network.
    pub fn parse(text: &str) -> Option<PaymentCode> {
        if text.len() != PaymentCode::DIGITS || !text.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let number: u128 = text.parse().ok()?;
        let head = number / 10_u128.pow(18);
        let kind = number / 10_u128.pow(16) % 100;
        let is_ours = (250..310).contains(&(head / 1_000))
            && head % 1_000 == PaymentCode::ROUTING
            && kind == 2;
        is_ours.then_some(PaymentCode(number))
    }

    /// The partition that issued the code and alone may spend it.
    #[expect(clippy::cast_possible_truncation, reason = "a remainder below 256")]
    pub fn partition(self, partitions: u8) -> Partition {
        Partition((self.hash64() % u64::from(partitions.max(1))) as u8)
    }

    /// The code with all but its last four digits hidden, for logs and consoles.
    pub fn masked(self) -> String {
        let text = self.to_string();
        format!("********************{}", &text[20..])
    }
}

impl std::fmt::Display for PaymentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:024}", self.0)
    }
}

impl std::fmt::Debug for PaymentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Codec for PaymentCode {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(PaymentCode(u128::decode(input)?))
    }
}

impl Key for PaymentCode {
    fn hash64(&self) -> u64 {
        self.0.hash64()
    }
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeUse {
    Fresh,
    /// Spent by this payment, whatever became of the payment.
    Spent(PaymentId),
}
codec_enum!(CodeUse { 0 = Fresh, 1 = Spent(payment) });

/// What a live code means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeEntry {
    pub mpp: ParticipantId,
    pub customer: PartnerText,
    pub alias: CustomerAlias,
    /// Where the user said the payment would be; the wallet checks it.
    pub region: Option<Country>,
    pub from: Timestamp,
    pub until: Timestamp,
    pub spent: CodeUse,
}
codec_struct!(CodeEntry { mpp, customer, alias, region, from, until, spent });

/// All codes that may still be scanned, in two generations: the older one is forgotten as a whole,
/// so that millions of codes need no timers of their own.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeBook {
    young: Table<PaymentCode, CodeEntry>,
    old: Table<PaymentCode, CodeEntry>,
}
codec_struct!(CodeBook { young, old });

impl CodeBook {
    pub fn contains(&self, code: PaymentCode) -> bool {
        self.young.contains(&code) || self.old.contains(&code)
    }
    pub fn get_mut(&mut self, code: PaymentCode) -> Option<&mut CodeEntry> {
        match self.young.contains(&code) {
            true => self.young.get_mut(&code),
            false => self.old.get_mut(&code),
        }
    }
    pub fn insert(&mut self, code: PaymentCode, entry: CodeEntry) {
        self.young.insert(code, entry);
    }
    /// Forgets the older generation. `true` when codes are left and there will be more to forget.
    pub fn age(&mut self) -> bool {
        self.old = std::mem::take(&mut self.young);
        !self.old.is_empty()
    }
    pub fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }
}

/// A code asked for one region is not shown in another.
pub fn region_matches(region: Option<Country>, merchant: Country) -> bool {
    region.is_none_or(|region| region == merchant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_public_shape() {
        let mut random = 1u128;
        for _ in 0..10_000 {
            random = random.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(9);
            let code = PaymentCode::from_random(random);
            let text = code.to_string();
            assert_eq!(text.len(), 24);
            let head: u32 = text[..2].parse().unwrap();
            assert!((25..=30).contains(&head), "{text}");
            assert_eq!(&text[3..8], "00102");
            assert_eq!(PaymentCode::parse(&text), Some(code));
        }
    }

    #[test]
    fn other_texts_are_not_codes() {
        for text in [
            "",
            "25100102012345678901234",
            "2510010201234567890123456",
            "241001020123456789012345",
            "311001020123456789012345",
            "251002020123456789012345",
            "251001030123456789012345",
            "25100102012345678901234x",
            "+51001020123456789012345",
        ] {
            assert_eq!(PaymentCode::parse(text), None, "{text}");
        }
    }
}
