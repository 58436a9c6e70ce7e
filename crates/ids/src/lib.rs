//! The registry of identifiers.
//!
//! An id is 128 bits: 48 bits of milliseconds since 1970, 8 bits of partition, 72 bits that the
//! edge drew at random. Ids sort by time, and an id alone says where its object lives. As text it
//! is a prefix and 32 lower-case hexadecimal digits: `pay_0193…`. Ids are made at the edge and
//! travel in the command; a derived id is a function of its parent and an ordinal.
//!
//! ```
//! use dhow_ids::{Partition, PaymentId};
//! let id = PaymentId::new(1_700_000_000_000, Partition(3), 42);
//! assert_eq!(id.partition(), Partition(3));
//! assert_eq!(id.to_string().parse::<PaymentId>().unwrap(), id);
//! ```

use base::{Codec, DecodeError, Key, Reader, Text};

/// One partition of a program: its own writer, log and state. At most 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Partition(pub u8);
impl Codec for Partition {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Partition(u8::decode(input)?))
    }
}

/// Why a text is not an id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError {
    pub prefix: &'static str,
}

impl std::fmt::Display for IdError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "must be `{}_` and 32 lower-case hexadecimal digits", self.prefix)
    }
}

impl std::error::Error for IdError {}

const RANDOM_BITS: u32 = 72;

fn parse_hex(prefix: &'static str, text: &str) -> Result<u128, IdError> {
    let error = IdError { prefix };
    let digits = text.strip_prefix(prefix).and_then(|t| t.strip_prefix('_')).ok_or(error)?;
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if digits.len() != 32 || !digits.bytes().all(is_hex) {
        return Err(error);
    }
    u128::from_str_radix(digits, 16).map_err(|_| error)
}

macro_rules! ids {
    ($( $(#[$doc:meta])* $name:ident = $prefix:literal ),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            pub const PREFIX: &str = $prefix;

            /// Puts an id together; of `random` the low 72 bits count.
            pub const fn new(millis: u64, partition: Partition, random: u128) -> $name {
                let time = (millis as u128 & 0xffff_ffff_ffff) << 80;
                let random = random & ((1 << RANDOM_BITS) - 1);
                $name(time | (partition.0 as u128) << RANDOM_BITS | random)
            }
            pub const fn from_u128(value: u128) -> $name {
                $name(value)
            }
            pub const fn as_u128(self) -> u128 {
                self.0
            }
            /// Where the object lives.
            pub const fn partition(self) -> Partition {
                Partition(self.0.to_be_bytes()[6])
            }
            /// When the edge made the id, in milliseconds since 1970.
            pub const fn millis(self) -> u64 {
                (self.0 >> 80) as u64
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}_{:032x}", $prefix, self.0)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self}")
            }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex($prefix, text).map($name)
            }
        }
        impl Codec for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.to_be_bytes().encode(out);
            }
            fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok($name(u128::from_be_bytes(Codec::decode(input)?)))
            }
        }
        impl Key for $name {
            fn hash64(&self) -> u64 {
                self.0.hash64()
            }
        }
    )* };
}

ids! {
    /// One payment, from its first message to its last refund.
    PaymentId = "pay",
    /// One refund of a payment.
    RefundId = "rfd",
    /// One user's consent that a merchant may debit.
    AgreementId = "agr",
    /// One locked exchange rate.
    QuoteId = "fxq",
    /// The network's own name for a wallet's user, the only one that acquirers see.
    CustomerAlias = "cus",
    /// A set of pending transfers in the ledger: the business object that made it.
    SetId = "set",
    /// One person in a wallet's vault; the log knows persons by nothing else.
    PersonId = "psn",
    /// A text of a person in a wallet's vault.
    NoteId = "nte",
    /// Money that one customer of a wallet sends another.
    TransferId = "trf",
    /// One customer asks another for money.
    RequestId = "req",
    /// Transfers that a customer planned.
    ScheduleId = "sch",
    /// Money between a wallet and a bank.
    BankMoveId = "bnk",
    /// Cash over an agent's counter.
    CashId = "csh",
    /// What a wallet's own shop asks for, by a code that is paid once.
    ShopOrderId = "ord",
    /// A red packet.
    PacketId = "pkt",
    /// One gift coupon that was bought.
    GiftId = "gft",
    DonationId = "don",
    RideId = "rid",
    /// Seats of one show that one customer holds or has.
    BookingId = "bkg",
    /// One paid bill.
    BillId = "bil",
    /// What happened to a customer's savings, or a day of the fund.
    SavingId = "sav",
    /// What one employee wants to do and another must agree to.
    ProposalId = "prp",
}

/// A participant of the network, as a small number: dense, given once, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId(pub u32);

impl Codec for ParticipantId {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(ParticipantId(u32::decode(input)?))
    }
}

impl Key for ParticipantId {
    fn hash64(&self) -> u64 {
        self.0.hash64()
    }
}

/// An id that a partner chose: 1 to 64 characters.
pub type PartnerText = Text<64>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trip_and_refusals() {
        let id = RefundId::new(1_790_000_000_123, Partition(7), u128::MAX);
        assert_eq!(id.to_string().parse::<RefundId>(), Ok(id));
        assert_eq!(id.partition(), Partition(7));
        assert_eq!(id.millis(), 1_790_000_000_123);
        for bad in [
            "",
            "rfd_",
            "pay_00000000000000000000000000000001",
            "rfd_0",
            "rfd_+000000000000000000000000000000F",
        ] {
            assert!(bad.parse::<RefundId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let earlier = PaymentId::new(5, Partition(255), u128::MAX);
        let later = PaymentId::new(6, Partition(0), 0);
        assert!(earlier < later);
    }
}
