//! What the edge draws, since the machine draws nothing: ids, payment codes, and names of users.

use aws_lc_rs::{hmac, rand};
use base::Timestamp;
use ids::{AgreementId, CustomerAlias, ParticipantId, Partition, PaymentId, QuoteId, RefundId};
use network::{EntryToken, OrderToken, PaymentCode};

/// 128 bits that nobody can guess.
fn random_bits() -> u128 {
    let mut bytes = [0; 16];
    // Without random bits nothing that is drawn here may go out.
    rand::fill(&mut bytes).expect("the system gives random bytes");
    u128::from_be_bytes(bytes)
}

pub(crate) fn payment_id(now: Timestamp, partition: Partition) -> PaymentId {
    PaymentId::new(now.millis(), partition, random_bits())
}

pub(crate) fn agreement_id(now: Timestamp, partition: Partition) -> AgreementId {
    AgreementId::new(now.millis(), partition, random_bits())
}

pub(crate) fn refund_id(now: Timestamp, partition: Partition) -> RefundId {
    RefundId::new(now.millis(), partition, random_bits())
}

pub(crate) fn quote_id(now: Timestamp) -> QuoteId {
    QuoteId::new(now.millis(), Partition(0), random_bits())
}

/// Any partition; codes of one user need not live in the same.
pub(crate) fn partition(partitions: u8) -> Partition {
    let number = random_bits() % u128::from(partitions.max(1));
    Partition(u8::try_from(number).expect("a remainder below 256"))
}

/// A code that lives in this partition. On average it takes as many draws as there are partitions.
pub(crate) fn payment_code(partition: Partition, partitions: u8) -> PaymentCode {
    loop {
        let code = PaymentCode::from_random(random_bits());
        if code.partition(partitions) == partition {
            return code;
        }
    }
}

/// What stands on a page's own script and style.
pub fn nonce() -> String {
    format!("{:032x}", random_bits())
}

/// What tells one page from another: 20 digits.
pub(crate) fn attempt() -> EntryToken {
    EntryToken::new(random_bits())
}

/// The code of an order.
pub(crate) fn order_token(payment: PaymentId) -> OrderToken {
    OrderToken::new(payment, random_bits())
}

/// Makes the names under which acquirers see users: the same user always has the same, and nobody
/// without the secret can tell which user it is.
pub(crate) struct Aliases {
    key: hmac::Key,
}

impl Aliases {
    pub fn new(secret: &[u8]) -> Aliases {
        Aliases { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    pub fn of(&self, mpp: ParticipantId, customer: &str) -> CustomerAlias {
        // The number has a fixed length, so that no two pairs give the same bytes.
        let text = [&mpp.0.to_be_bytes()[..], customer.as_bytes()].concat();
        let tag = hmac::sign(&self.key, &text);
        let head = tag.as_ref().first_chunk().expect("a SHA-256 tag has 32 bytes");
        CustomerAlias::from_u128(u128::from_be_bytes(*head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_live_where_they_should() {
        for number in 0..7 {
            assert_eq!(payment_code(Partition(number), 7).partition(7), Partition(number));
        }
        assert_ne!(payment_code(Partition(0), 1), payment_code(Partition(0), 1));
        assert!(partition(3).0 < 3);
    }

    #[test]
    fn a_user_has_one_name_and_nobody_shares_it() {
        let aliases = Aliases::new(b"0123456789abcdef");
        let name = aliases.of(ParticipantId(1), "u-1");
        assert_eq!(name, aliases.of(ParticipantId(1), "u-1"));
        assert_ne!(name, aliases.of(ParticipantId(2), "u-1"));
        assert_ne!(name, aliases.of(ParticipantId(1), "u-2"));
        assert_ne!(name, Aliases::new(b"another secret of ours").of(ParticipantId(1), "u-1"));
    }
}
