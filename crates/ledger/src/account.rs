//! Accounts: who, what for, in which currency; what is booked on them and what may be.

use base::{Codec, DecodeError, Key, Reader, codec_struct};
use money::{Currency, Position};
use std::num::NonZeroU64;

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

/// Unbounded, kept as the outermost value: no balance lies beyond it.
const NO_FLOOR: i128 = i128::MIN;
const NO_CEILING: i128 = i128::MAX;

/// All that an account holds, in minor units of its currency: what is read and changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    pub debits_posted: u128,
    pub credits_posted: u128,
    pub debits_pending: u128,
    pub credits_pending: u128,
    floor: i128,
    ceiling: i128,
}

/// [`Sums`] in a third of the bytes: nothing is pending, and no number goes beyond 64 bits.
/// Unbounded is the outermost value here, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Narrow {
    debits_posted: u64,
    credits_posted: u64,
    /// The floor with its bits turned over where `i64::MAX` has ones: never zero, which leaves room
    /// for the pointer's tag.
    floor: NonZeroU64,
    ceiling: i64,
}

const FLOOR_MASK: u64 = i64::MAX.cast_unsigned();

impl Narrow {
    /// `None` when something is pending, or a number needs more than 64 bits.
    fn of(sums: &Sums) -> Option<Narrow> {
        if sums.debits_pending != 0 || sums.credits_pending != 0 {
            return None;
        }
        let floor = match sums.floor {
            NO_FLOOR => i64::MIN,
            floor => i64::try_from(floor).ok().filter(|floor| *floor != i64::MIN)?,
        };
        let ceiling = match sums.ceiling {
            NO_CEILING => i64::MAX,
            ceiling => i64::try_from(ceiling).ok().filter(|ceiling| *ceiling != i64::MAX)?,
        };
        Some(Narrow {
            debits_posted: u64::try_from(sums.debits_posted).ok()?,
            credits_posted: u64::try_from(sums.credits_posted).ok()?,
            floor: NonZeroU64::new(floor.cast_unsigned() ^ FLOOR_MASK)?,
            ceiling,
        })
    }

    fn sums(&self) -> Sums {
        let floor = (self.floor.get() ^ FLOOR_MASK).cast_signed();
        Sums {
            debits_posted: self.debits_posted.into(),
            credits_posted: self.credits_posted.into(),
            debits_pending: 0,
            credits_pending: 0,
            floor: if floor == i64::MIN { NO_FLOOR } else { floor.into() },
            ceiling: if self.ceiling == i64::MAX { NO_CEILING } else { self.ceiling.into() },
        }
    }
}

/// How an account is kept: narrow whenever its numbers allow it, so that equal accounts look equal.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    Narrow(Narrow),
    Wide(Box<Sums>),
}

/// What is booked on one account, in minor units of its currency.
///
/// Posted and pending of one side together are at most `i128::MAX`, so that balances never
/// overflow. It takes 32 bytes, because a wallet has a hundred million of them; 96 more while
/// something is pending, or numbers go beyond 64 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account(Kept);

impl Default for Account {
    /// Nothing booked, nothing bounded: what an account is when a transfer first names it.
    fn default() -> Account {
        Account::of(Sums::default())
    }
}

impl Default for Sums {
    fn default() -> Sums {
        Sums {
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
    pub(crate) fn of(sums: Sums) -> Account {
        Account(match Narrow::of(&sums) {
            Some(narrow) => Kept::Narrow(narrow),
            None => Kept::Wide(Box::new(sums)),
        })
    }

    pub(crate) fn sums(&self) -> Sums {
        match &self.0 {
            Kept::Narrow(narrow) => narrow.sums(),
            Kept::Wide(sums) => **sums,
        }
    }

    /// The one way in which an account changes.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Sums)) {
        let mut sums = self.sums();
        change(&mut sums);
        match (&mut self.0, Narrow::of(&sums)) {
            (_, Some(narrow)) => self.0 = Kept::Narrow(narrow),
            (Kept::Wide(kept), None) => **kept = sums,
            (Kept::Narrow(_), None) => self.0 = Kept::Wide(Box::new(sums)),
        }
    }

    pub fn debits_posted(&self) -> u128 {
        self.sums().debits_posted
    }
    pub fn credits_posted(&self) -> u128 {
        self.sums().credits_posted
    }
    pub fn debits_pending(&self) -> u128 {
        self.sums().debits_pending
    }
    pub fn credits_pending(&self) -> u128 {
        self.sums().credits_pending
    }

    /// Posted debits less posted credits.
    pub fn balance(&self) -> i128 {
        let it = self.sums();
        signed(it.debits_posted) - signed(it.credits_posted)
    }

    /// The balance if every pending debit is posted and every pending credit voided.
    pub fn highest(&self) -> i128 {
        let it = self.sums();
        signed(it.debits_posted + it.debits_pending) - signed(it.credits_posted)
    }

    /// The balance if every pending credit is posted and every pending debit voided.
    pub fn lowest(&self) -> i128 {
        let it = self.sums();
        signed(it.debits_posted) - signed(it.credits_posted + it.credits_pending)
    }

    /// [`balance`](Account::balance) with its currency.
    pub fn position(&self, key: &AccountKey) -> Position {
        Position::new(self.balance(), key.currency)
    }

    pub fn limits(&self) -> Limits {
        let it = self.sums();
        Limits {
            floor: (it.floor != NO_FLOOR).then_some(it.floor),
            ceiling: (it.ceiling != NO_CEILING).then_some(it.ceiling),
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.change(|sums| {
            sums.floor = limits.floor.unwrap_or(NO_FLOOR);
            sums.ceiling = limits.ceiling.unwrap_or(NO_CEILING);
        });
    }

    /// Would the highest balance stay at or below the ceiling?
    pub(crate) fn is_under_ceiling(&self, more_debits: u128, more_credits: u128) -> bool {
        let it = self.sums();
        if it.ceiling == NO_CEILING {
            return true;
        }
        let debits = signed(it.debits_posted + it.debits_pending + more_debits);
        debits - signed(it.credits_posted + more_credits) <= it.ceiling
    }

    /// Would the lowest balance stay at or above the floor?
    pub(crate) fn is_over_floor(&self, more_debits: u128, more_credits: u128) -> bool {
        let it = self.sums();
        if it.floor == NO_FLOOR {
            return true;
        }
        let credits = signed(it.credits_posted + it.credits_pending + more_credits);
        signed(it.debits_posted + more_debits) - credits >= it.floor
    }

    /// Books at once.
    pub(crate) fn post(&mut self, debits: u128, credits: u128) {
        self.change(|sums| {
            sums.debits_posted += debits;
            sums.credits_posted += credits;
        });
    }

    /// Sets aside.
    pub(crate) fn reserve(&mut self, debits: u128, credits: u128) {
        self.change(|sums| {
            sums.debits_pending += debits;
            sums.credits_pending += credits;
        });
    }

    /// Books what a set that ends had reserved.
    pub(crate) fn post_pending(&mut self, debits: u128, credits: u128) {
        self.change(|sums| {
            sums.debits_pending -= debits;
            sums.credits_pending -= credits;
            sums.debits_posted += debits;
            sums.credits_posted += credits;
        });
    }

    /// Takes off what a set that ends had reserved.
    pub(crate) fn end_pending(&mut self, debits: u128, credits: u128) {
        self.change(|sums| {
            sums.debits_pending -= debits;
            sums.credits_pending -= credits;
        });
    }
}

fn signed(minor: u128) -> i128 {
    i128::try_from(minor).expect("each side of an account is bounded by i128::MAX")
}

impl Codec for Account {
    fn encode(&self, out: &mut Vec<u8>) {
        let it = self.sums();
        it.debits_posted.encode(out);
        it.credits_posted.encode(out);
        it.debits_pending.encode(out);
        it.credits_pending.encode(out);
        self.limits().encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let sums = Sums {
            debits_posted: u128::decode(input)?,
            credits_posted: u128::decode(input)?,
            debits_pending: u128::decode(input)?,
            credits_pending: u128::decode(input)?,
            ..Sums::default()
        };
        let mut account = Account::of(sums);
        account.set_limits(Limits::decode(input)?);
        for (posted, pending) in
            [(sums.debits_posted, sums.debits_pending), (sums.credits_posted, sums.credits_pending)]
        {
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
    fn an_account_takes_48_bytes_with_its_key() {
        assert_eq!(std::mem::size_of::<(AccountKey, Account)>(), 48);
    }

    #[test]
    fn every_number_comes_back_on_both_sides_of_64_bits() {
        let amounts = [0, 1, u128::from(u64::MAX), 1 << 64, i128::MAX.unsigned_abs()];
        let (low, high) = (i128::from(i64::MIN), i128::from(i64::MAX));
        let bounds =
            [NO_FLOOR, low - 1, low, low + 1, -1, 0, 1, high - 1, high, high + 1, NO_CEILING];
        for amount in amounts {
            for bound in bounds {
                for at in 0..6 {
                    let mut sums = Sums::default();
                    match at {
                        0 => sums.debits_posted = amount,
                        1 => sums.credits_posted = amount,
                        2 => sums.debits_pending = amount,
                        3 => sums.credits_pending = amount,
                        4 => sums.floor = bound,
                        _ => sums.ceiling = bound,
                    }
                    let account = Account::of(sums);
                    assert_eq!(account.sums(), sums);
                    assert_eq!(decode_all::<Account>(&encode(&account)).unwrap(), account);
                }
            }
        }
    }

    #[test]
    fn an_account_that_grew_wide_is_narrow_again_when_it_fits() {
        let mut account = Account::default();
        account.reserve(5, 0);
        account.reserve(2, 1 << 64);
        assert!(matches!(account.0, Kept::Wide(_)));
        account.end_pending(0, 1 << 64);
        account.post_pending(7, 0);
        assert_eq!(account.sums(), Sums { debits_posted: 7, ..Sums::default() });
        assert!(matches!(account.0, Kept::Narrow(_)));
        account.post(0, 1 << 64);
        assert!(matches!(account.0, Kept::Wide(_)));
    }

    #[test]
    fn pending_counts_in_the_worst_direction() {
        let account = Account::of(Sums {
            debits_posted: 100,
            credits_posted: 30,
            debits_pending: 20,
            credits_pending: 5,
            ..Sums::default()
        });
        assert_eq!(account.balance(), 70);
        assert_eq!(account.highest(), 90);
        assert_eq!(account.lowest(), 65);
    }

    #[test]
    fn accounts_survive_the_round_trip_and_damage_is_refused() {
        let sums = Sums { debits_posted: 7, credits_pending: 9, ..Sums::default() };
        let mut account = Account::of(sums);
        for limits in [
            Limits::default(),
            Limits { floor: Some(-5), ceiling: None },
            Limits { floor: Some(0), ceiling: Some(i128::MAX - 1) },
        ] {
            account.set_limits(limits);
            assert_eq!(account.limits(), limits);
            assert_eq!(decode_all::<Account>(&encode(&account)).unwrap(), account);
        }
        let damaged = Account::of(Sums {
            debits_posted: i128::MAX.unsigned_abs(),
            debits_pending: 1,
            ..Sums::default()
        });
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
