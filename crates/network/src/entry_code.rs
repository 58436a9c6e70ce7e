//! Entry codes: printed once, scanned for years. Each stands for one store.
//!
//! What is printed is a URL of the network with a token of 80 bits; it never expires. A store has
//! one at a time: issuing another revokes the one before, which is how a stolen or pasted-over code
//! is taken out of use.

use base::{Codec, DecodeError, Key, Reader, Table, codec_struct};
use directory::{MerchantKey, StoreText};
use money::Currency;

/// The part of an entry code that names the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryToken(u128);

const TOKEN_BITS: u32 = 80;
const TOKEN_DIGITS: usize = 20;

impl EntryToken {
    /// A token from random bits; the low 80 count.
    pub const fn new(random: u128) -> EntryToken {
        EntryToken(random & ((1 << TOKEN_BITS) - 1))
    }

    /// Reads 20 hexadecimal digits in small letters.
    pub fn parse(text: &str) -> Option<EntryToken> {
        let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let is_token = text.len() == TOKEN_DIGITS && text.bytes().all(is_hex);
        if is_token { u128::from_str_radix(text, 16).ok().map(EntryToken) } else { None }
    }
}

impl std::fmt::Display for EntryToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:020x}", self.0)
    }
}

impl Codec for EntryToken {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u128::decode(input)? {
            value if value >> TOKEN_BITS == 0 => Ok(EntryToken(value)),
            _ => Err(input.expected("a token of 80 bits")),
        }
    }
}

impl Key for EntryToken {
    fn hash64(&self) -> u64 {
        self.0.hash64()
    }
}

/// A store of a merchant of an acquirer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StorePlace {
    pub merchant: MerchantKey,
    pub store: StoreText,
}
codec_struct!(StorePlace { merchant, store });

impl Key for StorePlace {
    fn hash64(&self) -> u64 {
        let start = self.merchant.hash64();
        self.store.as_str().bytes().fold(start, |hash, byte| Self::mix(hash ^ u64::from(byte)))
    }
}

/// What an entry code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryCode {
    pub token: EntryToken,
    pub place: StorePlace,
    /// What the shopper enters amounts in.
    pub currency: Currency,
}
codec_struct!(EntryCode { token, place, currency });

/// All entry codes in use.
#[derive(Clone, Debug, Default)]
pub struct EntryCodes {
    by_token: Table<EntryToken, EntryCode>,
    by_store: Table<StorePlace, EntryToken>,
}
codec_struct!(EntryCodes { by_token, by_store });

impl EntryCodes {
    pub fn get(&self, token: EntryToken) -> Option<&EntryCode> {
        self.by_token.get(&token)
    }
    pub fn of_store(&self, place: &StorePlace) -> Option<&EntryCode> {
        self.by_token.get(self.by_store.get(place)?)
    }
    pub fn all(&self) -> impl Iterator<Item = &EntryCode> {
        self.by_token.entries().map(|(_, code)| code)
    }

    /// Puts the code in the place of the store's earlier one.
    pub(crate) fn issue(&mut self, code: EntryCode) {
        if let Some(before) = self.by_store.get(&code.place).copied() {
            self.by_token.remove(&before);
        }
        self.by_store.insert(code.place.clone(), code.token);
        self.by_token.insert(code.token, code);
    }

    /// Takes a code out of use. `false` when it was not in use.
    pub(crate) fn revoke(&mut self, token: EntryToken) -> bool {
        let Some(code) = self.by_token.get(&token).cloned() else { return false };
        self.by_token.remove(&token);
        self.by_store.remove(&code.place);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ids::ParticipantId;

    fn code(token: u128, store: &str) -> EntryCode {
        let reference = "M-1".parse().unwrap();
        let merchant = MerchantKey { acquirer: ParticipantId(4), reference };
        EntryCode {
            token: EntryToken::new(token),
            place: StorePlace { merchant, store: store.parse().unwrap() },
            currency: Currency::from_code("JPY").unwrap(),
        }
    }

    #[test]
    fn a_store_has_one_code_at_a_time() {
        let mut codes = EntryCodes::default();
        codes.issue(code(1, "S-1"));
        codes.issue(code(2, "S-2"));
        codes.issue(code(3, "S-1"));
        assert_eq!(codes.get(EntryToken::new(1)), None);
        assert_eq!(codes.of_store(&code(0, "S-1").place), Some(&code(3, "S-1")));
        assert_eq!(codes.all().count(), 2);
        assert!(codes.revoke(EntryToken::new(3)));
        assert!(!codes.revoke(EntryToken::new(3)));
        assert_eq!(codes.of_store(&code(0, "S-1").place), None);
        assert_eq!(codes.get(EntryToken::new(2)), Some(&code(2, "S-2")));
    }

    #[test]
    fn tokens_are_twenty_digits() {
        let token = EntryToken::new(u128::MAX);
        assert_eq!(token.to_string(), "f".repeat(20));
        assert_eq!(EntryToken::parse(&token.to_string()), Some(token));
        for text in ["", "F".repeat(20).as_str(), "0".repeat(19).as_str(), "+".repeat(20).as_str()]
        {
            assert_eq!(EntryToken::parse(text), None, "{text}");
        }
    }
}
