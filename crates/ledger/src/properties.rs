//! Properties of the ledger over random sequences of operations, beside a model that is too simple
//! to be wrong.

use crate::{AccountKey, Ledger, LedgerRefusal, Limits, Owner, Purpose, Transfer, entries};
use base::{decode_all, encode};
use ids::{Partition, SetId};
use money::Currency;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof};
use proptest::proptest;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Op {
    Post(Vec<Transfer>),
    Reserve(SetId, Vec<Transfer>),
    PostPending(SetId),
    PostPartial(SetId, Vec<u64>),
    Void(SetId),
}

fn key(owner: u64, code: &str) -> AccountKey {
    let currency = Currency::from_code(code).expect("a currency of the test");
    AccountKey { owner: Owner(owner), purpose: Purpose(1), currency }
}

fn any_key() -> impl Strategy<Value = AccountKey> {
    (0u64..4, prop_oneof![9 => Just("JPY"), 1 => Just("KRW")]).prop_map(|(o, code)| key(o, code))
}

/// Mostly well-formed; now and then zero, between two currencies or onto itself.
fn any_transfer() -> impl Strategy<Value = Transfer> {
    (any_key(), any_key(), prop_oneof![30 => 1u64..60, 1 => Just(0u64)])
        .prop_map(|(debit, credit, amount_minor)| Transfer { debit, credit, amount_minor })
}

fn any_set_id() -> impl Strategy<Value = SetId> {
    (0u128..6).prop_map(|number| SetId::new(1, Partition(0), number))
}

fn any_op() -> impl Strategy<Value = Op> {
    let transfers = || prop::collection::vec(any_transfer(), 0..5);
    prop_oneof![
        3 => transfers().prop_map(Op::Post),
        4 => (any_set_id(), transfers()).prop_map(|(id, transfers)| Op::Reserve(id, transfers)),
        2 => any_set_id().prop_map(Op::PostPending),
        2 => (any_set_id(), prop::collection::vec(0u64..60, 0..5))
            .prop_map(|(id, amounts)| Op::PostPartial(id, amounts)),
        1 => any_set_id().prop_map(Op::Void),
    ]
}

/// Limits of the yen accounts; the balance of zero at the start keeps them.
fn any_limits() -> impl Strategy<Value = Vec<Limits>> {
    let one = (prop::option::of(-90i128..=0), prop::option::of(0i128..=90));
    prop::collection::vec(one.prop_map(|(floor, ceiling)| Limits { floor, ceiling }), 4)
}

fn ledger_with(limits: &[Limits]) -> Ledger {
    let mut ledger = Ledger::new();
    for (owner, limits) in (0..).zip(limits) {
        ledger.set_limits(key(owner, "JPY"), *limits);
    }
    ledger
}

fn apply(ledger: &mut Ledger, op: &Op) -> Result<Vec<Transfer>, LedgerRefusal> {
    match op {
        Op::Post(transfers) => ledger.post(transfers).map(|()| transfers.clone()),
        Op::Reserve(id, transfers) => ledger.reserve(*id, transfers.clone()).map(|()| Vec::new()),
        Op::PostPending(id) => ledger.post_pending(*id),
        Op::PostPartial(id, amounts) => ledger.post_partial(*id, amounts),
        Op::Void(id) => ledger.void(*id),
    }
}

/// Posted and pending, debits and credits, of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    posted: [i128; 2],
    pending: [i128; 2],
}

/// The books as plain maps: each operation is done on a copy and kept when every limit still holds.
#[derive(Clone, Default)]
struct Model {
    accounts: BTreeMap<AccountKey, Sums>,
    sets: BTreeMap<SetId, Vec<Transfer>>,
    limits: BTreeMap<AccountKey, Limits>,
}

impl Model {
    fn book(&mut self, transfer: &Transfer, posted: u64, pending: i128) {
        for (side, key) in [transfer.debit, transfer.credit].into_iter().enumerate() {
            let sums = self.accounts.entry(key).or_default();
            sums.posted[side] += i128::from(posted);
            sums.pending[side] += pending;
        }
    }

    fn is_within_limits(&self) -> bool {
        self.limits.iter().all(|(key, limits)| {
            let sums = self.accounts.get(key).copied().unwrap_or_default();
            let balance = sums.posted[0] - sums.posted[1];
            limits.ceiling.is_none_or(|most| balance + sums.pending[0] <= most)
                && limits.floor.is_none_or(|least| balance - sums.pending[1] >= least)
        })
    }

    /// Does the operation, or answers false and is unchanged.
    fn apply(&mut self, op: &Op) -> bool {
        let mut next = self.clone();
        let is_sound = |transfers: &[Transfer]| {
            transfers.iter().all(|t| {
                t.amount_minor > 0 && t.debit.currency == t.credit.currency && t.debit != t.credit
            })
        };
        let fits = match op {
            Op::Post(transfers) => {
                transfers.iter().for_each(|t| next.book(t, t.amount_minor, 0));
                is_sound(transfers)
            }
            Op::Reserve(id, transfers) => {
                transfers.iter().for_each(|t| next.book(t, 0, i128::from(t.amount_minor)));
                is_sound(transfers) && next.sets.insert(*id, transfers.clone()).is_none()
            }
            Op::PostPending(id) => next.end(*id, None),
            Op::PostPartial(id, amounts) => next.end(*id, Some(amounts)),
            Op::Void(id) => next.end(*id, Some(&[])),
        };
        let fits = fits && next.is_within_limits();
        if fits {
            *self = next;
        }
        fits
    }

    fn end(&mut self, id: SetId, amounts: Option<&[u64]>) -> bool {
        let Some(transfers) = self.sets.remove(&id) else { return false };
        for (index, transfer) in transfers.iter().enumerate() {
            let posted = match amounts {
                None => transfer.amount_minor,
                Some(amounts) => amounts.get(index).copied().unwrap_or(0),
            };
            if posted > transfer.amount_minor {
                return false;
            }
            self.book(transfer, posted, -i128::from(transfer.amount_minor));
        }
        amounts.is_none_or(|amounts| amounts.iter().skip(transfers.len()).all(|rest| *rest == 0))
    }
}

proptest! {
    /// Accepts exactly what the model accepts, agrees with it on every account, and keeps every
    /// limit.
    #[test]
    fn behaves_like_the_model(
        limits in any_limits(),
        ops in prop::collection::vec(any_op(), 0..60),
    ) {
        let mut ledger = ledger_with(&limits);
        let mut model = Model::default();
        for (key, account) in ledger.accounts() {
            model.limits.insert(*key, account.limits());
        }
        for op in &ops {
            let outcome = apply(&mut ledger, op);
            prop_assert_eq!(outcome.is_ok(), model.apply(op), "{:?} gave {:?}", op, outcome);
            for (key, account) in ledger.accounts() {
                let sums = model.accounts.get(key).copied().unwrap_or_default();
                prop_assert_eq!(account.balance(), sums.posted[0] - sums.posted[1]);
                prop_assert_eq!(account.highest(), account.balance() + sums.pending[0]);
                prop_assert_eq!(account.lowest(), account.balance() - sums.pending[1]);
                let Limits { floor, ceiling } = account.limits();
                prop_assert!(ceiling.is_none_or(|most| account.highest() <= most));
                prop_assert!(floor.is_none_or(|least| account.lowest() >= least));
            }
            prop_assert!(model.accounts.keys().all(|key| ledger.account(key).is_some()));
            for number in 0..6 {
                let id = SetId::new(1, Partition(0), number);
                prop_assert_eq!(ledger.pending(id), model.sets.get(&id).map(Vec::as_slice));
            }
        }
    }

    /// In every interleaving the books balance per currency, and a refused operation changes
    /// nothing.
    #[test]
    fn books_balance_and_refusals_change_nothing(
        limits in any_limits(),
        ops in prop::collection::vec(any_op(), 0..60),
    ) {
        let mut ledger = ledger_with(&limits);
        for op in &ops {
            let before = encode(&ledger);
            let snapshot = ledger.clone();
            match apply(&mut ledger, op) {
                Ok(posted) => {
                    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
                    for line in entries(&posted) {
                        let debit = i128::try_from(line.debit_minor).expect("a small amount");
                        let credit = i128::try_from(line.credit_minor).expect("a small amount");
                        *sums.entry(line.account.currency).or_default() += debit - credit;
                    }
                    prop_assert!(sums.values().all(|sum| *sum == 0));
                }
                Err(_) => prop_assert_eq!(encode(&ledger), before.clone(), "{:?}", op),
            }
            prop_assert_eq!(ledger.verify(), Ok(()));
            // A snapshot taken before keeps what it saw.
            prop_assert_eq!(encode(&snapshot), before);
            let mut balances: BTreeMap<Currency, i128> = BTreeMap::new();
            for (key, account) in ledger.accounts() {
                *balances.entry(key.currency).or_default() += account.balance();
            }
            prop_assert!(balances.values().all(|sum| *sum == 0));
        }
    }

    /// Whatever `check` accepts, reserving and posting accept too, and reserved sets always post.
    #[test]
    fn check_keeps_its_word(
        limits in any_limits(),
        ops in prop::collection::vec(any_op(), 0..30),
        transfers in prop::collection::vec(any_transfer(), 0..5),
    ) {
        let mut ledger = ledger_with(&limits);
        for op in &ops {
            let _ = apply(&mut ledger, op);
        }
        let before = encode(&ledger);
        let answer = ledger.check(&transfers);
        prop_assert_eq!(encode(&ledger), before);
        let id = SetId::new(2, Partition(0), 0);
        let mut reserved = ledger.clone();
        prop_assert_eq!(reserved.reserve(id, transfers.clone()), answer);
        if answer.is_ok() {
            prop_assert_eq!(reserved.post_pending(id), Ok(transfers.clone()));
            let mut posted = ledger.clone();
            prop_assert_eq!(posted.post(&transfers), Ok(()));
            prop_assert_eq!(encode(&posted), encode(&reserved));
        }
    }

    /// The same operations give the same bytes, also when a snapshot is loaded in between.
    #[test]
    fn replay_gives_equal_bytes(
        limits in any_limits(),
        ops in prop::collection::vec(any_op(), 0..60),
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut first, mut second) = (ledger_with(&limits), ledger_with(&limits));
        let cut = cut.index(ops.len() + 1);
        for (at, op) in ops.iter().enumerate() {
            if at == cut {
                second = decode_all(&encode(&second)).expect("a snapshot decodes");
            }
            prop_assert_eq!(apply(&mut first, op), apply(&mut second, op));
        }
        prop_assert_eq!(encode(&first), encode(&second));
        let copy: Ledger = decode_all(&encode(&first)).expect("a snapshot decodes");
        prop_assert_eq!(copy.verify(), Ok(()));
        prop_assert_eq!(encode(&copy), encode(&first));
    }
}
