//! Accounts: who, what for, in which currency; what is booked on them and what may be.

use base::{Codec, DecodeError, Key, Reader, codec_struct};
use money::{Currency, Position};

/// Whose account it is. The machine's chart of accounts gives the number its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub u64);

/// What the account is for. The machine's chart of accounts gives the number its meaning and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purpose(pub u16);

/// The name of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    pub owner: Owner,
    pub purpose: Purpose,
    pub currency: Currency,
}
codec_struct!(AccountKey { owner, purpose, currency });

impl Codec for Owner {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Owner(u64::decode(input)?))
    }
}

impl Codec for Purpose {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Purpose(u16::decode(input)?))
    }
}

impl Key for AccountKey {
    fn hash64(&self) -> u64 {
        // Purpose and currency are spread over the high bits, where owners (counted from 0) do not
        // reach.
        let kind = u64::from(self.purpose.0) << 16 | u64::from(self.currency.numeric());
        <u64 as Key>::mix(self.owner.0 ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// Bounds of an account's balance (debits less credits) in minor units. `None`: unbounded.
///
/// Pending transfers count in the worst direction: the ceiling holds even if every pending debit is
/// posted and every pending credit voided, the floor in the opposite case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub floor: Option<i128>,
    pub ceiling: Option<i128>,
}
codec_struct!(Limits { floor, ceiling });

/// Unbounded, kept as the outermost value so that an account stays small: no balance lies beyond
/// it.
const NO_FLOOR: i128 = i128::MIN;
const NO_CEILING: i128 = i128::MAX;

/// What is booked on one account, in minor units of its currency.
///
/// Posted and pending of one side together are at most `i128::MAX`, so that balances never
/// overflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub(crate) debits_posted: u128,
    pub(crate) credits_posted: u128,
    pub(crate) debits_pending: u128,
    pub(crate) credits_pending: u128,
    floor: i128,
    ceiling: i128,
}

impl Default for Account {
    /// Nothing booked, nothing bounded: what an account is when a transfer first names it.
    fn default() -> Account {
        Account {
            debits_posted: 0,
            credits_posted: 0,
            debits_pending: 0,
            credits_pending: 0,
            floor: NO_FLOOR,
            ceiling: NO_CEILING,
        }
    }
}

impl Account {
    pub const fn debits_posted(&self) -> u128 {
        self.debits_posted
    }
    pub const fn credits_posted(&self) -> u128 {
        self.credits_posted
    }
    pub const fn debits_pending(&self) -> u128 {
        self.debits_pending
    }
    pub const fn credits_pending(&self) -> u128 {
        self.credits_pending
    }

    /// Posted debits less posted credits.
    pub fn balance(&self) -> i128 {
        signed(self.debits_posted) - signed(self.credits_posted)
    }

    /// The balance if every pending debit is posted and every pending credit voided.
    pub fn highest(&self) -> i128 {
        signed(self.debits_posted + self.debits_pending) - signed(self.credits_posted)
    }

    /// The balance if every pending credit is posted and every pending debit voided.
    pub fn lowest(&self) -> i128 {
        signed(self.debits_posted) - signed(self.credits_posted + self.credits_pending)
    }

    /// [`balance`](Account::balance) with its currency.
    pub fn position(&self, key: &AccountKey) -> Position {
        Position::new(self.balance(), key.currency)
    }

    pub fn limits(&self) -> Limits {
        Limits {
            floor: self.has_floor().then_some(self.floor),
            ceiling: self.has_ceiling().then_some(self.ceiling),
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.floor = limits.floor.unwrap_or(NO_FLOOR);
        self.ceiling = limits.ceiling.unwrap_or(NO_CEILING);
    }

    const fn has_floor(&self) -> bool {
        self.floor != NO_FLOOR
    }

    const fn has_ceiling(&self) -> bool {
        self.ceiling != NO_CEILING
    }

    /// Would the highest balance stay at or below the ceiling?
    pub(crate) fn is_under_ceiling(&self, more_debits: u128, more_credits: u128) -> bool {
        if !self.has_ceiling() {
            return true;
        }
        let debits = signed(self.debits_posted + self.debits_pending + more_debits);
        debits - signed(self.credits_posted + more_credits) <= self.ceiling
    }

    /// Would the lowest balance stay at or above the floor?
    pub(crate) fn is_over_floor(&self, more_debits: u128, more_credits: u128) -> bool {
        if !self.has_floor() {
            return true;
        }
        let credits = signed(self.credits_posted + self.credits_pending + more_credits);
        signed(self.debits_posted + more_debits) - credits >= self.floor
    }

    /// Takes off what a set that ends had reserved.
    pub(crate) fn end_pending(&mut self, debits: u128, credits: u128) {
        self.debits_pending -= debits;
        self.credits_pending -= credits;
    }
}

fn signed(minor: u128) -> i128 {
    i128::try_from(minor).expect("each side of an account is bounded by i128::MAX")
}

impl Codec for Account {
    fn encode(&self, out: &mut Vec<u8>) {
        self.debits_posted.encode(out);
        self.credits_posted.encode(out);
        self.debits_pending.encode(out);
        self.credits_pending.encode(out);
        self.limits().encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut account = Account {
            debits_posted: u128::decode(input)?,
            credits_posted: u128::decode(input)?,
            debits_pending: u128::decode(input)?,
            credits_pending: u128::decode(input)?,
            ..Account::default()
        };
        account.set_limits(Limits::decode(input)?);
        for (posted, pending) in [
            (account.debits_posted, account.debits_pending),
            (account.credits_posted, account.credits_pending),
        ] {
            let sum = posted.checked_add(pending);
            if sum.is_none_or(|sum| sum > i128::MAX.unsigned_abs()) {
                return Err(input.expected("an account's side of at most 127 bits"));
            }
        }
        Ok(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    #[test]
    fn an_account_takes_112_bytes_with_its_key() {
        assert!(std::mem::size_of::<(AccountKey, Account)>() <= 112);
    }

    #[test]
    fn pending_counts_in_the_worst_direction() {
        let account = Account {
            debits_posted: 100,
            credits_posted: 30,
            debits_pending: 20,
            credits_pending: 5,
            ..Account::default()
        };
        assert_eq!(account.balance(), 70);
        assert_eq!(account.highest(), 90);
        assert_eq!(account.lowest(), 65);
    }

    #[test]
    fn accounts_survive_the_round_trip_and_damage_is_refused() {
        let mut account = Account { debits_posted: 7, credits_pending: 9, ..Account::default() };
        for limits in [
            Limits::default(),
            Limits { floor: Some(-5), ceiling: None },
            Limits { floor: Some(0), ceiling: Some(i128::MAX - 1) },
        ] {
            account.set_limits(limits);
            assert_eq!(account.limits(), limits);
            assert_eq!(decode_all::<Account>(&encode(&account)).unwrap(), account);
        }
        let damaged = Account {
            debits_posted: i128::MAX.unsigned_abs(),
            debits_pending: 1,
            ..Account::default()
        };
        assert!(decode_all::<Account>(&encode(&damaged)).is_err());
    }

    #[test]
    fn neighbouring_accounts_hash_apart() {
        let yen = Currency::from_code("JPY").unwrap();
        let won = Currency::from_code("KRW").unwrap();
        let mut places = std::collections::BTreeSet::new();
        for owner in 0..1_000 {
            for purpose in 0..8 {
                for currency in [yen, won] {
                    let key =
                        AccountKey { owner: Owner(owner), purpose: Purpose(purpose), currency };
                    places.insert(key.hash64() & 0xf_ffff);
                }
            }
        }
        // 16,000 keys on 2^20 places: chance alone leaves about 15,880 apart.
        assert!(places.len() > 15_800, "{}", places.len());
    }
}
