//! Order codes: one order, until it is paid or expires, that nobody can guess.
//!
//! What is scanned is a URL of the network that ends in `281`, the network's routing number, `04`
//! for orders (the shape of the public rule; wallet interface 3.2) and a token. The token names the
//! payment, and with it the partition, and carries 80 bits drawn at the edge: a guess against a
//! known payment succeeds once in 10^24.

use base::{Codec, DecodeError, Reader};
use ids::{Partition, PaymentId};

/// Bits that only those know who saw the code.
const SECRET_BITS: u32 = 80;
const SECRET_DIGITS: usize = 20;

/// What an order code carries behind its head.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OrderToken {
    pub payment: PaymentId,
    secret: u128,
}

impl OrderToken {
    /// What stands before the token in the last part of the URL's path.
    pub const HEAD: &'static str = "28100104";

    /// A token from random bits; of `random` the low 80 count.
    pub const fn new(payment: PaymentId, random: u128) -> OrderToken {
        OrderToken { payment, secret: random & ((1 << SECRET_BITS) - 1) }
    }

    /// Reads a token: 32 digits of the payment and 20 of the secret, hexadecimal in small letters.
    pub fn parse(text: &str) -> Option<OrderToken> {
        let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        if !text.bytes().all(is_hex) {
            return None;
        }
        let (id, secret) = text.split_at_checked(32)?;
        if secret.len() != SECRET_DIGITS {
            return None;
        }
        let payment = PaymentId::from_u128(u128::from_str_radix(id, 16).ok()?);
        Some(OrderToken { payment, secret: u128::from_str_radix(secret, 16).ok()? })
    }

    /// Where the order lives.
    pub const fn partition(self) -> Partition {
        self.payment.partition()
    }
}

impl std::fmt::Display for OrderToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}{:020x}", self.payment.as_u128(), self.secret)
    }
}

/// Without the secret: it must not come into any text that people read.
impl std::fmt::Debug for OrderToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OrderToken({})", self.payment)
    }
}

impl Codec for OrderToken {
    fn encode(&self, out: &mut Vec<u8>) {
        self.payment.encode(out);
        self.secret.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (payment, secret) = (Codec::decode(input)?, u128::decode(input)?);
        match secret >> SECRET_BITS {
            0 => Ok(OrderToken { payment, secret }),
            _ => Err(input.expected("a secret of 80 bits")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_come_back() {
        let payment = PaymentId::new(1_790_000_000_000, Partition(3), 77);
        for random in [0, 1, u128::MAX, 0x1234_5678_9abc_def0_1234] {
            let token = OrderToken::new(payment, random);
            let text = token.to_string();
            assert_eq!(text.len(), 52);
            assert_eq!(OrderToken::parse(&text), Some(token));
            assert_eq!(base::decode_all(&base::encode(&token)), Ok(token));
            assert_eq!(token.partition(), Partition(3));
            assert!(!format!("{token:?}").contains(&text[32..]));
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let good = OrderToken::new(PaymentId::from_u128(7), 9).to_string();
        let texts =
            ["", "0", &good[1..], &format!("{good}0"), &good.replace('7', "G"), "\u{e9}\u{e9}"];
        for text in texts {
            assert_eq!(OrderToken::parse(text), None, "{text}");
        }
        assert_eq!(OrderToken::parse(&format!("+{}", &good[1..])), None);
    }
}
