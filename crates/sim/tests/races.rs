//! Refunds against cancels on the bare machine: in any order, with a wallet that answers late, not
//! at all, or no, and after restarts, the payer never gets back more than was taken. Failure
//! catalogue A16 to A18.

use base::{ResultCode, Span, Timestamp};
use dhow_sim::bare::Bare;
use dhow_sim::preset::{changes, merchants, money, text};
use ids::{CustomerAlias, ParticipantId, Partition, PaymentId, RefundId};
use network::{
    CancelPayment, Command, EffectId, EffectKind, EffectOutcome, IssueCodes, NewCode, Order, Pay,
    PayBy, Payment, PaymentCode, PaymentRef, Refund, Reply, WalletAnswer, WalletVerdict, Way,
    chart,
};
use payment::{PaymentState, RefundState};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

const START: u64 = 1_790_000_000;
const WALLET: ParticipantId = ParticipantId(1);
const ACQUIRER: ParticipantId = ParticipantId(4);
const ID: PaymentId = PaymentId::new(START * 1_000, Partition(0), 1);
/// What the payment costs, in yen.
const PRICE: u64 = 1_200;

/// One thing that happens to a paid payment.
#[derive(Clone, Debug)]
enum Step {
    /// A refund of so many yen; `is_again`: the newest one once more.
    Refund {
        minor: u64,
        is_again: bool,
    },
    Cancel,
    /// What the wallet says to one of the calls that it was asked.
    Answer {
        pick: usize,
        verdict: u8,
    },
    Wait(Span),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let minor = prop_oneof![1..=PRICE, Just(PRICE), Just(1), Just(PRICE / 2)];
    let wait = prop_oneof![Just(Span::secs(3)), Just(Span::minutes(5)), Just(Span::hours(20))];
    let step = prop_oneof![
        4 => (minor, prop::bool::weighted(0.2))
            .prop_map(|(minor, is_again)| Step::Refund { minor, is_again }),
        2 => Just(Step::Cancel),
        5 => (0_usize..4, 0_u8..6).prop_map(|(pick, verdict)| Step::Answer { pick, verdict }),
        2 => wait.prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..30)
}

/// A machine with one paid payment, and the payer's account as the wallet keeps it.
struct Till {
    world: Bare,
    taken: u64,
    given_back: u64,
    /// What the wallet has carried out: it does nothing twice.
    carried_out: BTreeSet<RefundId>,
    has_cancelled: bool,
    refunds: Vec<Refund>,
    /// The acquirer was told that its cancel stands.
    is_cancelled: bool,
}

impl Till {
    fn new() -> Till {
        let mut world = Bare::new(Timestamp::from_secs(START));
        for change in changes(world.now) {
            world.operate(change);
        }
        for merchant in merchants() {
            world.submit(Command::RegisterMerchant(merchant));
        }
        let code = PaymentCode::from_random(7);
        world.submit(Command::IssueCodes(IssueCodes {
            mpp: WALLET,
            customer: text("minjun"),
            alias: CustomerAlias::from_u128(7),
            region: None,
            codes: vec![NewCode { code }],
        }));
        world.submit(pay(code));
        assert!(world.wallet(ID, EffectKind::Pay, WalletAnswer::of(WalletVerdict::Approved)));
        let mut till = Till {
            world,
            taken: 0,
            given_back: 0,
            carried_out: BTreeSet::new(),
            has_cancelled: false,
            refunds: Vec::new(),
            is_cancelled: false,
        };
        till.taken = till.payment().terms.as_ref().expect("it is paid").pay_to.minor();
        till
    }

    fn payment(&self) -> Arc<Payment> {
        self.world.machine.payment(&self.world.history, ID).expect("the payment is kept")
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Refund { minor, is_again } => self.refund(*minor, *is_again),
            Step::Cancel => self.cancel(),
            Step::Answer { pick, verdict } => self.answer(*pick, *verdict),
            Step::Wait(span) => self.world.advance(*span),
            Step::Restart => {
                let bytes = base::encode(&self.world.machine);
                self.world.machine = base::decode_all(&bytes).expect("what was written is read");
                self.world.relaunch();
            }
        }
        self.check();
    }

    fn refund(&mut self, minor: u64, is_again: bool) {
        let number = self.refunds.len() + 1;
        let fresh = Refund {
            id: RefundId::new(START * 1_000, Partition(0), number as u128),
            acquirer: ACQUIRER,
            payment: PaymentRef { request_id: None, id: Some(ID) },
            request_id: text(&format!("RF-{number}")),
            amount: money("JPY", minor),
            reason: None,
        };
        let again = self.refunds.last().filter(|_| is_again).cloned();
        let before = self.payment().refunds.len();
        let (refund, is_new) = again.map_or((fresh, true), |refund| (refund, false));
        let reply = self.world.submit(Command::Refund(refund.clone()));
        let Reply::Refund { payment, number, is_repeat } = reply else {
            panic!("a refund is answered with a refund: {reply:?}")
        };
        assert_eq!(is_repeat, !is_new);
        assert_eq!(payment.refunds.len(), before + usize::from(is_new));
        if is_new {
            let is_open = payment.refunds[number as usize].state == RefundState::Pending;
            assert!(!is_open || !self.is_cancelled, "a refund passed after the cancel");
            self.refunds.push(refund);
        }
    }

    fn cancel(&mut self) {
        let payment = PaymentRef { request_id: None, id: Some(ID) };
        let held = self.payment().refunded_minor();
        let cancel = CancelPayment { acquirer: ACQUIRER, payment };
        match self.world.submit(Command::CancelPayment(cancel)) {
            Reply::Cancelled(Some(_)) => {
                assert!(self.is_cancelled || held == 0, "a cancel passed beside a refund");
                self.is_cancelled = true;
            }
            Reply::Refused(refusal) => {
                let is_late = refusal.code == ResultCode::CancelWindowExceed;
                assert!(!self.is_cancelled && (is_late || held > 0), "{refusal:?}");
            }
            other => panic!("a cancel stands or is refused: {other:?}"),
        }
    }

    /// The wallet does what it is asked, blindly, and says so or not.
    fn answer(&mut self, pick: usize, verdict: u8) {
        let open: Vec<EffectId> = self.world.effects.keys().copied().collect();
        let Some(id) = open.get(pick % open.len().max(1)).copied() else { return };
        // A wallet may do as it was asked and stay silent.
        if matches!(verdict, 0..=3) {
            self.carry_out(id);
        }
        let says = match (id.kind, verdict) {
            (EffectKind::Refund(number), 4) if !self.was_carried_out(number) => {
                WalletVerdict::Declined(ResultCode::UserStatusAbnormal)
            }
            (_, 0..=2) => WalletVerdict::Approved,
            (_, 3 | 4) => WalletVerdict::Silent,
            _ => WalletVerdict::InProcess,
        };
        self.world.answer(id, EffectOutcome::Wallet(WalletAnswer::of(says)));
    }

    fn was_carried_out(&self, number: u32) -> bool {
        self.carried_out.contains(&self.payment().refunds[number as usize].id)
    }

    fn carry_out(&mut self, id: EffectId) {
        match id.kind {
            EffectKind::Refund(number) => {
                let refund = self.payment().refunds[number as usize].clone();
                if self.carried_out.insert(refund.id) {
                    self.given_back += refund.shares.pay_to;
                }
            }
            EffectKind::Cancel if !self.has_cancelled => {
                self.has_cancelled = true;
                self.given_back += self.taken;
            }
            EffectKind::Cancel => {}
            other => panic!("nothing else is asked of the wallet: {other:?}"),
        }
    }

    fn check(&self) {
        let (back, taken) = (self.given_back, self.taken);
        assert!(back <= taken, "{back} given back of {taken}");
        let payment = self.payment();
        assert!(payment.refunded_minor() <= PRICE, "refunds of more than was paid");
        use PaymentState as S;
        let wanted = if self.is_cancelled { [S::Cancelling, S::Cancelled] } else { [S::Paid; 2] };
        assert!(wanted.contains(&payment.state), "{:?}", payment.state);
    }

    /// The wallet carries out what is open; then its books and the network's agree.
    fn finish(mut self) {
        for _ in 0..200 {
            if self.world.machine.open_count() == 0 {
                break;
            }
            if self.world.effects.is_empty() {
                self.world.advance(Span::hours(1));
            }
            self.answer(0, 0);
            self.check();
        }
        assert_eq!(self.world.machine.open_count(), 0, "everything ends");
        let accounts = self.world.machine.ledger().accounts();
        let owed = accounts.filter(|(key, _)| chart::name(**key) == "mpp/1/receivable/KRW");
        let owed: i128 = owed.map(|(_, account)| account.balance()).sum();
        assert_eq!(owed, i128::from(self.taken - self.given_back), "the books agree");
        if self.is_cancelled {
            assert_eq!(self.given_back, self.taken, "a cancel gives everything back");
        }
    }
}

fn pay(code: PaymentCode) -> Command {
    Command::Pay(Box::new(Pay {
        id: ID,
        acquirer: ACQUIRER,
        request_id: text("PR-1"),
        order: Order {
            reference: text("O-1"),
            description: text("ramen"),
            amount: money("JPY", PRICE),
            merchant: text("M-RAMEN"),
            store: Some(text("M-RAMEN-S1")),
            terminal: None,
        },
        amount: money("JPY", PRICE),
        settlement_currency: Some(money("USD", 0).currency()),
        method_type: text("CONNECT_WALLET"),
        way: Way::UserCode,
        by: PayBy::Code(text(&code.to_string())),
        expiry: None,
        notify_url: None,
        redirect_url: None,
        push: None,
    }))
}

#[test]
fn a_planted_bug_is_seen() {
    let refund_after_cancel = || {
        let mut till = Till::new();
        till.step(&Step::Cancel);
        till.step(&Step::Refund { minor: PRICE, is_again: false });
        till.finish();
    };
    refund_after_cancel();
    if base::plant(24) {
        let seen = std::panic::catch_unwind(refund_after_cancel);
        base::plant(0);
        assert!(seen.is_err(), "cancelled payments can be refunded, and nobody sees it");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn refunds_and_cancels_in_any_order_give_the_money_back_once(steps in steps()) {
        let mut till = Till::new();
        steps.iter().for_each(|step| till.step(step));
        till.finish();
    }
}
