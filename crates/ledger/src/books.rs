//! The ledger: accounts, open sets, and the operations on them.
//!
//! Every operation checks first and then commits: after its comment line nothing can fail, so that
//! a refusal has changed nothing and no rollback exists.

use crate::account::{Account, AccountKey, Limits};
use crate::refusal::{LedgerFault, LedgerRefusal};
use crate::store::Store;
use crate::touched::Touched;
use crate::transfer::{MAX_TRANSFERS, Transfer};
use base::{Codec, DecodeError, Reader, Table, codec_struct};
use ids::SetId;
use money::Currency;
use std::collections::BTreeMap;

/// All that is booked in one currency, in minor units: the amount of every transfer, counted once.
///
/// Both together are at most `i128::MAX`, which bounds every account of the currency too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub posted: u128,
    pub pending: u128,
}

impl Codec for Totals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.posted.encode(out);
        self.pending.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let totals = Totals { posted: Codec::decode(input)?, pending: Codec::decode(input)? };
        let sum = totals.posted.checked_add(totals.pending);
        if sum.is_none_or(|sum| sum > i128::MAX.unsigned_abs()) {
            return Err(input.expected("totals of at most 127 bits"));
        }
        Ok(totals)
    }
}

/// Transfers that are reserved and not yet posted or voided.
#[derive(Clone, Debug)]
struct PendingSet {
    transfers: Vec<Transfer>,
}
codec_struct!(PendingSet { transfers });

/// How a set is to be booked, which decides what its other side is worth to a limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Booking {
    /// At once: credits of the set make room for its debits.
    Posted,
    /// Reserved: they may be voided, so they do not.
    Pending,
}

/// See the crate's text. A clone shares its pages with the original and costs microseconds.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accounts: Store,
    pending: Table<SetId, PendingSet>,
    totals: BTreeMap<Currency, Totals>,
}

impl Ledger {
    pub fn new() -> Ledger {
        Ledger::default()
    }

    /// An empty ledger that opens so many accounts without rebuilding its index.
    pub fn with_capacity(accounts: usize) -> Ledger {
        Ledger { accounts: Store::with_capacity(accounts), ..Ledger::default() }
    }

    /// Sets both limits of an account and opens it when it is new.
    ///
    /// Limits may lie inside the present balance: then only sets that take the account further out
    /// are refused.
    pub fn set_limits(&mut self, key: AccountKey, limits: Limits) {
        let slot = self.accounts.open(key);
        self.accounts.at_mut(slot).set_limits(limits);
    }

    /// The account, if a transfer or a limit ever named it.
    pub fn account(&self, key: &AccountKey) -> Option<&Account> {
        self.accounts.find(key).map(|slot| &self.accounts.at(slot).1)
    }

    /// All accounts, in the order in which they were opened.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountKey, &Account)> {
        self.accounts.entries()
    }

    /// All open sets, in no order that means anything.
    pub fn pending_sets(&self) -> impl Iterator<Item = (SetId, &[Transfer])> {
        self.pending.entries().map(|(id, set)| (*id, set.transfers.as_slice()))
    }

    /// The transfers of an open set.
    pub fn pending(&self, id: SetId) -> Option<&[Transfer]> {
        self.pending.get(&id).map(|set| set.transfers.as_slice())
    }

    /// What was ever booked, by currency.
    pub fn totals(&self) -> impl Iterator<Item = (Currency, Totals)> {
        self.totals.iter().map(|(currency, totals)| (*currency, *totals))
    }

    /// Would [`reserve`](Ledger::reserve) accept the set under a new id? If so,
    /// [`post`](Ledger::post) would too.
    pub fn check(&self, transfers: &[Transfer]) -> Result<(), LedgerRefusal> {
        check_shape(transfers)?;
        self.check_fit(transfers, &Touched::by(&self.accounts, transfers), Booking::Pending)
    }

    /// Posts a set at once, all or nothing. Only the outcome of the whole set must keep the limits.
    pub fn post(&mut self, transfers: &[Transfer]) -> Result<(), LedgerRefusal> {
        check_shape(transfers)?;
        let mut touched = Touched::by(&self.accounts, transfers);
        self.check_fit(transfers, &touched, Booking::Posted)?;
        // From here the command succeeds.
        if touched.has_new {
            touched = self.open_all(transfers);
        }
        for (slot, debits, credits) in touched.lines() {
            self.accounts.at_mut(slot).post(debits, credits);
        }
        self.total(transfers, |totals, amount| totals.posted += amount);
        Ok(())
    }

    /// Sets the transfers aside under `id`, all or nothing: they count against limits but move
    /// nothing yet.
    pub fn reserve(&mut self, id: SetId, transfers: Vec<Transfer>) -> Result<(), LedgerRefusal> {
        check_shape(&transfers)?;
        if self.pending.contains(&id) {
            return Err(LedgerRefusal::SetExists);
        }
        let mut touched = Touched::by(&self.accounts, &transfers);
        self.check_fit(&transfers, &touched, Booking::Pending)?;
        // From here the command succeeds.
        if touched.has_new {
            touched = self.open_all(&transfers);
        }
        for (slot, debits, credits) in touched.lines() {
            self.accounts.at_mut(slot).reserve(debits, credits);
        }
        self.total(&transfers, |totals, amount| totals.pending += amount);
        self.pending.insert(id, PendingSet { transfers });
        Ok(())
    }

    /// Posts an open set whole and closes it. Refused only as `UnknownSet`. Gives back what was
    /// posted.
    pub fn post_pending(&mut self, id: SetId) -> Result<Vec<Transfer>, LedgerRefusal> {
        let set = self.pending.remove(&id).ok_or(LedgerRefusal::UnknownSet)?;
        // From here the command succeeds.
        for (slot, debits, credits) in self.touched_by_open(&set.transfers).lines() {
            self.accounts.at_mut(slot).post_pending(debits, credits);
        }
        self.total(&set.transfers, |totals, amount| {
            totals.pending -= amount;
            totals.posted += amount;
        });
        Ok(set.transfers)
    }

    /// Posts of each transfer of an open set the amount given, in order, voids the rest, and closes
    /// it.
    ///
    /// Amounts left out at the end are zero. Gives back what was posted, without transfers of zero.
    /// Errors: `UnknownSet`, `MoreThanReserved`.
    pub fn post_partial(
        &mut self,
        id: SetId,
        amounts_minor: &[u64],
    ) -> Result<Vec<Transfer>, LedgerRefusal> {
        let reserved = self.pending(id).ok_or(LedgerRefusal::UnknownSet)?;
        for (index, amount_minor) in amounts_minor.iter().enumerate() {
            let most = reserved.get(index).map_or(0, |transfer| transfer.amount_minor);
            if *amount_minor > most {
                return Err(LedgerRefusal::MoreThanReserved { index });
            }
        }
        // From here the command succeeds.
        let mut posted = self.void(id).expect("the set was just seen");
        for (index, transfer) in posted.iter_mut().enumerate() {
            transfer.amount_minor = amounts_minor.get(index).copied().unwrap_or(0);
        }
        posted.retain(|transfer| transfer.amount_minor > 0);
        for (slot, debits, credits) in self.touched_by_open(&posted).lines() {
            self.accounts.at_mut(slot).post(debits, credits);
        }
        self.total(&posted, |totals, amount| totals.posted += amount);
        Ok(posted)
    }

    /// Gives an open set up and closes it. Refused only as `UnknownSet`. Gives back what was
    /// voided.
    pub fn void(&mut self, id: SetId) -> Result<Vec<Transfer>, LedgerRefusal> {
        let set = self.pending.remove(&id).ok_or(LedgerRefusal::UnknownSet)?;
        // From here the command succeeds.
        for (slot, debits, credits) in self.touched_by_open(&set.transfers).lines() {
            self.accounts.at_mut(slot).end_pending(debits, credits);
        }
        self.total(&set.transfers, |totals, amount| totals.pending -= amount);
        Ok(set.transfers)
    }

    /// Do the totals and every limit allow the set?
    fn check_fit(
        &self,
        transfers: &[Transfer],
        touched: &Touched,
        booking: Booking,
    ) -> Result<(), LedgerRefusal> {
        self.check_totals(transfers)?;
        // Accounts that are still to be opened have no limits.
        for (slot, debits, credits) in touched.lines() {
            let (key, account) = self.accounts.at(slot);
            let is_posted = booking == Booking::Posted;
            let offset = if is_posted { credits } else { 0 };
            // A set that does not raise the balance is never refused, even where the ceiling was
            // lowered below it; the floor likewise.
            if debits > offset && !account.is_under_ceiling(debits, offset) {
                return Err(LedgerRefusal::CeilingReached { account: *key });
            }
            let offset = if is_posted { debits } else { 0 };
            if credits > offset && !account.is_over_floor(offset, credits) {
                return Err(LedgerRefusal::FloorReached { account: *key });
            }
        }
        Ok(())
    }

    /// Keeps the totals of every currency, and so each side of every account, within 127 bits.
    fn check_totals(&self, transfers: &[Transfer]) -> Result<(), LedgerRefusal> {
        // The sum over all currencies bounds each of them, and is too small to bring the bound
        // nearer.
        let more: u128 = transfers.iter().map(|transfer| u128::from(transfer.amount_minor)).sum();
        let most = i128::MAX.unsigned_abs() - more;
        for run in runs(transfers) {
            let now = self.totals.get(&run[0].debit.currency).copied().unwrap_or_default();
            if now.posted + now.pending > most {
                return Err(LedgerRefusal::Overflow);
            }
        }
        Ok(())
    }

    /// Opens the accounts of the set that are new, and looks all of them up again.
    fn open_all(&mut self, transfers: &[Transfer]) -> Touched {
        for transfer in transfers {
            self.accounts.open(transfer.debit);
            self.accounts.open(transfer.credit);
        }
        Touched::by(&self.accounts, transfers)
    }

    /// The accounts of an open set.
    ///
    /// No limit is looked at when a set ends: pending amounts were counted in the worst direction,
    /// so that ending them can only take an account further in.
    fn touched_by_open(&self, transfers: &[Transfer]) -> Touched {
        let touched = Touched::by(&self.accounts, transfers);
        assert!(!touched.has_new, "every account of an open set is open");
        touched
    }

    /// Changes the totals of the currencies of the set, each by its sum.
    fn total(&mut self, transfers: &[Transfer], change: impl Fn(&mut Totals, u128)) {
        for run in runs(transfers) {
            let amount = run.iter().map(|transfer| u128::from(transfer.amount_minor)).sum();
            change(self.totals.entry(run[0].debit.currency).or_default(), amount);
        }
    }

    /// Walks all accounts and open sets and compares every sum that must agree.
    pub fn verify(&self) -> Result<(), LedgerFault> {
        let mut open: BTreeMap<AccountKey, Sides> = BTreeMap::new();
        for transfer in self.pending.entries().flat_map(|(_, set)| &set.transfers) {
            let amount = u128::from(transfer.amount_minor);
            open.entry(transfer.debit).or_default().add(amount, 0, transfer.debit.currency)?;
            open.entry(transfer.credit).or_default().add(0, amount, transfer.credit.currency)?;
        }
        let mut posted: BTreeMap<Currency, Sides> = BTreeMap::new();
        let mut pending: BTreeMap<Currency, Sides> = BTreeMap::new();
        for (key, account) in self.accounts.entries() {
            let sums = account.sums();
            let sides = Sides { debits: sums.debits_pending, credits: sums.credits_pending };
            if open.remove(key).unwrap_or_default() != sides {
                return Err(LedgerFault::OpenSetsDiffer { account: *key });
            }
            let currency = key.currency;
            pending.entry(currency).or_default().add(sides.debits, sides.credits, currency)?;
            let (debits, credits) = (sums.debits_posted, sums.credits_posted);
            posted.entry(currency).or_default().add(debits, credits, currency)?;
        }
        if let Some((account, _)) = open.pop_first() {
            return Err(LedgerFault::OpenSetsDiffer { account });
        }
        // A currency may have accounts without totals (only limits were set), or totals without
        // accounts.
        for currency in self.totals.keys().chain(posted.keys()) {
            let total = self.totals.get(currency).copied().unwrap_or_default();
            if !posted.get(currency).copied().unwrap_or_default().are_both(total.posted) {
                return Err(LedgerFault::PostedDiffers { currency: *currency });
            }
            if !pending.get(currency).copied().unwrap_or_default().are_both(total.pending) {
                return Err(LedgerFault::PendingDiffers { currency: *currency });
            }
        }
        Ok(())
    }
}

/// Two sums that should agree.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sides {
    debits: u128,
    credits: u128,
}

impl Sides {
    fn add(&mut self, debits: u128, credits: u128, currency: Currency) -> Result<(), LedgerFault> {
        let overflow = LedgerFault::Overflow { currency };
        self.debits = self.debits.checked_add(debits).ok_or(overflow)?;
        self.credits = self.credits.checked_add(credits).ok_or(overflow)?;
        Ok(())
    }

    fn are_both(self, value: u128) -> bool {
        self.debits == value && self.credits == value
    }
}

fn check_shape(transfers: &[Transfer]) -> Result<(), LedgerRefusal> {
    if transfers.len() > MAX_TRANSFERS {
        return Err(LedgerRefusal::TooManyTransfers);
    }
    for (index, transfer) in transfers.iter().enumerate() {
        if transfer.amount_minor == 0 {
            return Err(LedgerRefusal::ZeroAmount { index });
        }
        if transfer.debit.currency != transfer.credit.currency {
            return Err(LedgerRefusal::CurrencyMismatch { index });
        }
        if transfer.debit == transfer.credit {
            return Err(LedgerRefusal::SameAccount { index });
        }
    }
    Ok(())
}

/// Neighbours of one currency: sets list them together, which spares looking up the totals each
/// time.
fn runs(transfers: &[Transfer]) -> impl Iterator<Item = &[Transfer]> {
    transfers.chunk_by(|one, next| one.debit.currency == next.debit.currency)
}

impl Codec for Ledger {
    fn encode(&self, out: &mut Vec<u8>) {
        self.accounts.encode(out);
        self.pending.encode(out);
        self.totals.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Ledger {
            accounts: Codec::decode(input)?,
            pending: Codec::decode(input)?,
            totals: Codec::decode(input)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Sums;
    use crate::{Entry, Owner, Purpose, entries};
    use base::{decode_all, encode};
    use ids::Partition;

    fn key(owner: u64, code: &str) -> AccountKey {
        let currency = Currency::from_code(code).unwrap();
        AccountKey { owner: Owner(owner), purpose: Purpose(1), currency }
    }

    /// `amount` yen from account 1.. to account 2..: the first is debited.
    fn yen(debit: u64, credit: u64, amount_minor: u64) -> Transfer {
        Transfer { debit: key(debit, "JPY"), credit: key(credit, "JPY"), amount_minor }
    }

    fn set(number: u128) -> SetId {
        SetId::new(1_790_000_000_000, Partition(0), number)
    }

    fn with_limits(floor: Option<i128>, ceiling: Option<i128>) -> Ledger {
        let mut ledger = Ledger::new();
        ledger.set_limits(key(1, "JPY"), Limits { floor, ceiling });
        ledger
    }

    fn tamper(ledger: &mut Ledger, key: AccountKey, change: impl FnOnce(&mut Sums)) {
        let slot = ledger.accounts.open(key);
        ledger.accounts.at_mut(slot).change(change);
    }

    #[test]
    fn a_set_of_the_wrong_shape_is_refused_by_the_first_fault() {
        let mixed = Transfer { credit: key(2, "KRW"), ..yen(1, 2, 5) };
        let cases: [(&[Transfer], LedgerRefusal); 5] = [
            (&[yen(1, 2, 5), yen(1, 2, 0)], LedgerRefusal::ZeroAmount { index: 1 }),
            (&[mixed], LedgerRefusal::CurrencyMismatch { index: 0 }),
            (&[yen(1, 2, 5), yen(3, 3, 5)], LedgerRefusal::SameAccount { index: 1 }),
            (&[mixed, yen(1, 2, 0)], LedgerRefusal::CurrencyMismatch { index: 0 }),
            (&[yen(1, 2, 1); MAX_TRANSFERS + 1], LedgerRefusal::TooManyTransfers),
        ];
        for (transfers, refusal) in cases {
            let mut ledger = Ledger::new();
            assert_eq!(ledger.check(transfers), Err(refusal));
            assert_eq!(ledger.post(transfers), Err(refusal));
            assert_eq!(ledger.reserve(set(1), transfers.to_vec()), Err(refusal));
            assert_eq!(encode(&ledger), encode(&Ledger::new()));
        }
        Ledger::new().post(&[yen(1, 2, 1); MAX_TRANSFERS]).unwrap();
    }

    #[test]
    fn a_limit_sees_the_sum_of_the_set() {
        let mut ledger = with_limits(None, Some(100));
        let reached = LedgerRefusal::CeilingReached { account: key(1, "JPY") };
        assert_eq!(ledger.check(&[yen(1, 2, 60), yen(1, 3, 41)]), Err(reached));
        assert_eq!(ledger.check(&[yen(1, 2, 60), yen(1, 3, 40)]), Ok(()));
        // At once, what the set gives back makes room, in whichever order it is listed.
        let netted = [yen(1, 2, 150), yen(2, 1, 50)];
        ledger.post(&netted).unwrap();
        assert_eq!(ledger.account(&key(1, "JPY")).unwrap().balance(), 100);
        assert_eq!(ledger.post(&[yen(1, 2, 1)]), Err(reached));
        // Reserved, it does not: the giving back could be voided.
        let mut ledger = with_limits(None, Some(100));
        assert_eq!(ledger.reserve(set(1), netted.to_vec()), Err(reached));

        let mut ledger = with_limits(Some(-10), None);
        let reached = LedgerRefusal::FloorReached { account: key(1, "JPY") };
        assert_eq!(ledger.post(&[yen(2, 1, 6), yen(3, 1, 5)]), Err(reached));
        ledger.reserve(set(1), vec![yen(2, 1, 6), yen(3, 1, 4)]).unwrap();
        assert_eq!(ledger.post(&[yen(2, 1, 1)]), Err(reached));
    }

    #[test]
    fn pending_debits_fill_the_ceiling_until_they_are_voided() {
        let mut ledger = with_limits(None, Some(100));
        ledger.reserve(set(1), vec![yen(1, 2, 70)]).unwrap();
        let reached = LedgerRefusal::CeilingReached { account: key(1, "JPY") };
        assert_eq!(ledger.reserve(set(2), vec![yen(1, 2, 31)]), Err(reached));
        assert_eq!(ledger.void(set(1)).unwrap(), [yen(1, 2, 70)]);
        ledger.reserve(set(2), vec![yen(1, 2, 31)]).unwrap();
        ledger.verify().unwrap();
    }

    #[test]
    fn a_limit_set_inside_the_balance_refuses_only_what_goes_further_out() {
        let mut ledger = Ledger::new();
        ledger.post(&[yen(1, 2, 100)]).unwrap();
        ledger.reserve(set(1), vec![yen(1, 2, 10)]).unwrap();
        ledger.set_limits(key(1, "JPY"), Limits { floor: None, ceiling: Some(50) });
        let reached = LedgerRefusal::CeilingReached { account: key(1, "JPY") };
        assert_eq!(ledger.post(&[yen(1, 2, 1)]), Err(reached));
        ledger.post(&[yen(2, 1, 20)]).unwrap();
        ledger.post_pending(set(1)).unwrap();
        assert_eq!(ledger.account(&key(1, "JPY")).unwrap().balance(), 90);
    }

    #[test]
    fn a_set_is_open_once_and_ends_once() {
        let mut ledger = Ledger::new();
        let transfers = vec![yen(1, 2, 9), yen(2, 3, 4)];
        ledger.reserve(set(1), transfers.clone()).unwrap();
        assert_eq!(ledger.reserve(set(1), transfers.clone()), Err(LedgerRefusal::SetExists));
        assert_eq!(ledger.pending(set(1)), Some(transfers.as_slice()));
        assert_eq!(ledger.post_pending(set(1)).unwrap(), transfers);
        assert_eq!(ledger.post_pending(set(1)), Err(LedgerRefusal::UnknownSet));
        assert_eq!(ledger.void(set(1)), Err(LedgerRefusal::UnknownSet));
        assert_eq!(ledger.post_partial(set(1), &[]), Err(LedgerRefusal::UnknownSet));
        assert_eq!(ledger.pending(set(1)), None);
        assert_eq!(ledger.account(&key(2, "JPY")).unwrap().balance(), -5);
    }

    #[test]
    fn a_partial_post_voids_the_rest() {
        let mut ledger = Ledger::new();
        let transfers = vec![yen(1, 2, 9), yen(2, 3, 4), yen(3, 4, 2)];
        ledger.reserve(set(1), transfers).unwrap();
        let before = encode(&ledger);
        for (amounts, index) in [(&[10, 4][..], 0), (&[9, 5], 1), (&[9, 4, 2, 1], 3)] {
            let refusal = LedgerRefusal::MoreThanReserved { index };
            assert_eq!(ledger.post_partial(set(1), amounts), Err(refusal));
            assert_eq!(encode(&ledger), before);
        }
        assert_eq!(ledger.post_partial(set(1), &[7, 0]).unwrap(), [yen(1, 2, 7)]);
        assert_eq!(ledger.account(&key(1, "JPY")).unwrap().balance(), 7);
        assert_eq!(ledger.account(&key(2, "JPY")).unwrap().balance(), -7);
        assert_eq!(ledger.account(&key(3, "JPY")).unwrap().balance(), 0);
        assert_eq!(ledger.totals().next().unwrap().1, Totals { posted: 7, pending: 0 });
        ledger.verify().unwrap();
    }

    #[test]
    fn overflow_is_refused_at_the_last_unit() {
        let yen_code = Currency::from_code("JPY").unwrap();
        let mut ledger = Ledger::new();
        ledger.post(&[yen(1, 2, 1)]).unwrap();
        let (one, two) = (key(1, "JPY"), key(2, "JPY"));
        let nearly = i128::MAX.unsigned_abs() - 10;
        tamper(&mut ledger, one, |sums| sums.debits_posted = nearly);
        tamper(&mut ledger, two, |sums| sums.credits_posted = nearly);
        ledger.totals.insert(yen_code, Totals { posted: nearly, pending: 0 });
        ledger.verify().unwrap();
        assert_eq!(ledger.post(&[yen(1, 2, 6), yen(3, 4, 5)]), Err(LedgerRefusal::Overflow));
        assert_eq!(ledger.check(&[yen(1, 2, u64::MAX)]), Err(LedgerRefusal::Overflow));
        ledger.reserve(set(1), vec![yen(1, 2, 6), yen(1, 4, 4)]).unwrap();
        assert_eq!(ledger.account(&key(1, "JPY")).unwrap().highest(), i128::MAX);
        ledger.post_pending(set(1)).unwrap();
        assert_eq!(ledger.account(&key(1, "JPY")).unwrap().balance(), i128::MAX);
        assert_eq!(ledger.post(&[yen(3, 4, 1)]), Err(LedgerRefusal::Overflow));
        ledger.verify().unwrap();
        let copy: Ledger = decode_all(&encode(&ledger)).unwrap();
        assert_eq!(encode(&copy), encode(&ledger));
    }

    #[test]
    fn verify_finds_every_kind_of_damage() {
        let mut good = Ledger::new();
        good.post(&[yen(1, 2, 5)]).unwrap();
        good.reserve(set(1), vec![yen(1, 2, 3)]).unwrap();
        good.verify().unwrap();
        let (currency, account) = (Currency::from_code("JPY").unwrap(), key(1, "JPY"));

        let mut bad = good.clone();
        tamper(&mut bad, account, |sums| sums.debits_posted += 1);
        assert_eq!(bad.verify(), Err(LedgerFault::PostedDiffers { currency }));
        let mut bad = good.clone();
        tamper(&mut bad, account, |sums| sums.debits_pending += 1);
        assert_eq!(bad.verify(), Err(LedgerFault::OpenSetsDiffer { account }));
        let mut bad = good.clone();
        bad.pending.remove(&set(1));
        assert_eq!(bad.verify(), Err(LedgerFault::OpenSetsDiffer { account }));
        let mut bad = good.clone();
        bad.totals.entry(currency).or_default().posted += 1;
        assert_eq!(bad.verify(), Err(LedgerFault::PostedDiffers { currency }));
        let mut bad = good.clone();
        bad.totals.entry(currency).or_default().pending -= 1;
        assert_eq!(bad.verify(), Err(LedgerFault::PendingDiffers { currency }));
        let mut bad = good.clone();
        bad.accounts = Store::default();
        assert_eq!(bad.verify(), Err(LedgerFault::OpenSetsDiffer { account }));
        let mut bad = good.clone();
        tamper(&mut bad, account, |sums| sums.debits_posted = u128::MAX);
        tamper(&mut bad, key(9, "JPY"), |sums| sums.debits_posted = 1);
        assert_eq!(bad.verify(), Err(LedgerFault::Overflow { currency }));
    }

    #[test]
    fn damaged_totals_do_not_decode() {
        let totals = Totals { posted: u128::MAX, pending: 1 };
        assert!(decode_all::<Totals>(&encode(&totals)).is_err());
    }

    #[test]
    fn entries_are_one_line_per_account_and_sum_to_zero() {
        let transfers = [yen(1, 2, 9), yen(2, 3, 4), yen(1, 3, 1)];
        let lines = entries(&transfers);
        let line = |owner, debit_minor, credit_minor| Entry {
            account: key(owner, "JPY"),
            debit_minor,
            credit_minor,
        };
        assert_eq!(lines, [line(1, 10, 0), line(2, 4, 9), line(3, 0, 5)]);
        let debits: u128 = lines.iter().map(|line| line.debit_minor).sum();
        let credits: u128 = lines.iter().map(|line| line.credit_minor).sum();
        assert_eq!(debits, credits);
    }
}
