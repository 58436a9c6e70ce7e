//! Push mode on the bare machine: the acquirer takes a payment, refuses it, or never says, and the
//! money is where it belongs at the end of each.

use base::{ResultCode, Span, Timestamp};
use dhow_sim::bare::Bare;
use dhow_sim::preset::{changes, merchants, money, text};
use ids::{CustomerAlias, ParticipantId, Partition, PartnerText, PaymentId};
use network::{
    BreakKind, CancelPayment, Command, EffectKind, EffectOutcome, Found, NotifyPayment, NotifyPush,
    Order, OrderToken, Pay, PayBy, Payment, PaymentRef, PushAnswer, Refund, Reply, ScannedCode,
    Sealed, TakeOrder, WalletAnswer, WalletVerdict, Way,
};
use payment::{PaymentState, PushInput, PushState};
use proptest::prelude::*;
use std::sync::Arc;

const ACQUIRER: ParticipantId = ParticipantId(5);
const WALLET: ParticipantId = ParticipantId(2);

/// A network, and orders in push mode.
struct Stall {
    world: Bare,
    orders: u128,
}

fn approved() -> WalletAnswer {
    WalletAnswer::of(WalletVerdict::Approved)
}

fn says(says: PushInput, name: Option<&str>) -> PushAnswer {
    let code = match says {
        PushInput::Accepted => ResultCode::Success,
        PushInput::Refused => ResultCode::RiskReject,
        _ => ResultCode::UnknownException,
    };
    PushAnswer { says, code, request_id: name.map(text::<64>) }
}

impl Stall {
    fn new() -> Stall {
        let mut world = Bare::new(Timestamp::from_secs(1_790_000_000));
        for change in changes(world.now) {
            assert!(!matches!(world.operate(change), Reply::Refused(_)));
        }
        for merchant in merchants() {
            world.submit(Command::RegisterMerchant(merchant));
        }
        Stall { world, orders: 0 }
    }

    /// A user scans a sticker and enters an amount; `who` tells users apart.
    fn scan(&mut self, who: u8, minor: u64) -> Arc<Payment> {
        self.orders += 1;
        let id = PaymentId::new(self.world.now.millis(), Partition(0), self.orders);
        let amount = money("THB", minor);
        let reply = self.world.submit(Command::Pay(Box::new(Pay {
            id,
            acquirer: ACQUIRER,
            request_id: text(&id.to_string()),
            order: Order {
                reference: text("O-1"),
                description: text("mango"),
                amount,
                merchant: text("M-MANGO"),
                store: None,
                terminal: None,
            },
            amount,
            settlement_currency: None,
            method_type: text("CONNECT_WALLET"),
            way: Way::EntryCode,
            by: PayBy::Order(OrderToken::new(id, 7)),
            expiry: None,
            notify_url: Some(text("https://bank.example/notify")),
            redirect_url: None,
            push: Some(ScannedCode { text: Sealed(vec![1, 2, 3]), scan: [who; 32] }),
        })));
        match reply {
            Reply::Payment { payment, .. } => payment,
            other => panic!("an unexpected reply: {other:?}"),
        }
    }

    fn take(&mut self, who: u8, payment: &Payment) {
        let token = payment.by.order().expect("it waits for a wallet");
        let customer: PartnerText = text(&format!("user-{who}"));
        let alias = CustomerAlias::from_u128(u128::from(who));
        let take = TakeOrder { mpp: WALLET, customer, alias, token };
        let reply = self.world.submit(Command::TakeOrder(take));
        assert!(matches!(reply, Reply::Payment { .. }), "{reply:?}");
    }

    fn pay(&mut self, id: PaymentId) {
        let told = NotifyPayment { mpp: WALLET, payment: id, customer: None, answer: approved() };
        let reply = self.world.submit(Command::NotifyPayment(told));
        assert!(matches!(reply, Reply::Done), "{reply:?}");
    }

    /// A payment that its wallet has made, and of which the acquirer is being told.
    fn paid(&mut self, minor: u64) -> PaymentId {
        let payment = self.scan(1, minor);
        self.take(1, &payment);
        self.pay(payment.id);
        payment.id
    }

    fn payment(&self, id: PaymentId) -> Arc<Payment> {
        self.world.machine.payment(&self.world.history, id).expect("it was opened")
    }

    fn push_state(&self, id: PaymentId) -> PushState {
        self.payment(id).push.as_ref().expect("it is in push mode").state
    }

    fn answer(&mut self, id: PaymentId, kind: EffectKind, answer: PushAnswer) -> bool {
        let open = self.world.effects.keys().find(|it| it.payment == id && it.kind == kind);
        let open = open.copied();
        open.is_some_and(|it| self.world.answer(it, EffectOutcome::Pushed(answer)))
    }

    fn notify(&mut self, id: PaymentId, answer: PushAnswer) -> Result<(), ResultCode> {
        let it = NotifyPush { acquirer: ACQUIRER, payment: id, answer };
        match self.world.submit(Command::NotifyPush(it)) {
            Reply::Done => Ok(()),
            Reply::Refused(refusal) => Err(refusal.code),
            other => panic!("an unexpected reply: {other:?}"),
        }
    }

    fn cancel(&mut self, id: PaymentId) -> Reply {
        let payment = PaymentRef { request_id: None, id: Some(id) };
        self.world.submit(Command::CancelPayment(CancelPayment { acquirer: ACQUIRER, payment }))
    }

    fn refund(&mut self, id: PaymentId, minor: u64) -> ResultCode {
        self.orders += 1;
        let payment = PaymentRef { request_id: None, id: Some(id) };
        let reply = self.world.submit(Command::Refund(Refund {
            id: ids::RefundId::new(self.world.now.millis(), Partition(0), self.orders),
            acquirer: ACQUIRER,
            payment,
            request_id: text(&format!("R-{}", self.orders)),
            amount: money("THB", minor),
            reason: None,
        }));
        match reply {
            Reply::Refund { payment, number, .. } => payment.refunds[number as usize].result,
            other => panic!("an unexpected reply: {other:?}"),
        }
    }

    /// What the wallet owes, over all of its payments.
    fn receivable(&self) -> i128 {
        let name = "mpp/2/receivable/PHP";
        let accounts = self.world.machine.ledger().accounts();
        let mut all =
            accounts.map(|(key, account)| (network::chart::name(*key), account.balance()));
        all.find(|(own, _)| own == name).map_or(0, |(_, balance)| balance)
    }

    fn breaks(&self, id: PaymentId) -> Vec<BreakKind> {
        self.payment(id).breaks().map(|(_, kind)| kind).collect()
    }
}

#[test]
fn an_accepted_push_is_paid_under_the_acquirers_name() {
    let mut stall = Stall::new();
    let id = stall.paid(6_000);
    assert_eq!(stall.payment(id).state, PaymentState::Paid);
    assert_eq!(stall.payment(id).visible_result(), ResultCode::PaymentInProcess);
    assert_eq!(stall.refund(id, 100), ResultCode::ProcessFail, "not accepted yet");
    assert!(stall.answer(id, EffectKind::Push, says(PushInput::Accepted, Some("BANK-1"))));
    let payment = stall.payment(id);
    assert_eq!(payment.visible_result(), ResultCode::Success);
    assert_eq!(payment.notify, None, "a push is no notification");
    let by_name = PaymentRef { request_id: Some(text("BANK-1")), id: None };
    let found = stall.world.machine.find(&stall.world.history, ACQUIRER, &by_name);
    assert!(matches!(found, Found::Payment(it) if it.id == id));
    assert!(stall.receivable() > 0);
    assert_eq!(stall.refund(id, 100), ResultCode::UnknownException, "now it can be refunded");
    assert_eq!(stall.notify(id, says(PushInput::Accepted, Some("BANK-1"))), Ok(()));
    assert_eq!(stall.breaks(id), []);
}

#[test]
fn a_refused_push_goes_back_to_the_payer() {
    let mut stall = Stall::new();
    let id = stall.paid(6_000);
    assert!(stall.answer(id, EffectKind::Push, says(PushInput::Refused, None)));
    assert_eq!(stall.payment(id).state, PaymentState::Cancelling);
    assert_eq!(stall.receivable(), 0);
    assert!(stall.world.wallet(id, EffectKind::Cancel, approved()));
    assert_eq!(stall.payment(id).state, PaymentState::Cancelled);
    assert_eq!(stall.payment(id).visible_result(), ResultCode::OrderIsClosed);
    let late = stall.notify(id, says(PushInput::Accepted, None));
    assert_eq!(late, Err(ResultCode::OrderIsClosed), "the acquirer must not credit its merchant");
    assert_eq!(stall.breaks(id), [BreakKind::OtherPushOutcome]);
    assert_eq!(stall.receivable(), 0);
}

#[test]
fn an_acquirer_that_never_says_is_asked_by_the_schedule_and_given_up() {
    let mut stall = Stall::new();
    let id = stall.paid(6_000);
    assert!(stall.answer(id, EffectKind::Push, PushAnswer::SILENT));
    for wait in [4, 4, 30, 60, 60, 60, 300, 300] {
        assert_eq!(stall.payment(id).state, PaymentState::Paid);
        stall.world.advance(Span::millis(wait * 1_000 - 1));
        assert!(!stall.answer(id, EffectKind::PushInquiry, PushAnswer::SILENT), "too early");
        stall.world.advance(Span::millis(1));
        let answer = says(PushInput::InProcess, None);
        assert!(stall.answer(id, EffectKind::PushInquiry, answer), "after {wait} s");
    }
    assert_eq!(stall.push_state(id), PushState::GivenUp);
    assert_eq!(stall.payment(id).state, PaymentState::Cancelling);
    assert_eq!(stall.receivable(), 0);
    assert!(stall.world.wallet(id, EffectKind::Cancel, approved()));
    assert_eq!(stall.payment(id).state, PaymentState::Cancelled);
}

#[test]
fn an_acquirer_that_never_heard_is_told_again() {
    let mut stall = Stall::new();
    let id = stall.paid(6_000);
    assert!(stall.answer(id, EffectKind::Push, PushAnswer::SILENT));
    stall.world.advance(Span::secs(4));
    assert!(stall.answer(id, EffectKind::PushInquiry, says(PushInput::NotFound, None)));
    assert!(stall.answer(id, EffectKind::Push, says(PushInput::Accepted, Some("BANK-1"))));
    assert_eq!(stall.push_state(id), PushState::Accepted);
    assert!(stall.receivable() > 0);
}

#[test]
fn one_user_sees_one_open_order_and_others_have_their_own() {
    let mut stall = Stall::new();
    let first = stall.scan(1, 6_000);
    stall.take(1, &first);
    let again = stall.scan(1, 6_000);
    assert_eq!(again.id, first.id, "scanned again");
    assert_ne!(stall.scan(2, 6_000).id, first.id, "somebody else");
    assert_ne!(stall.scan(1, 7_000).id, first.id, "another amount");
    let mut stall = Stall::new();
    let first = stall.paid(6_000);
    let second = stall.paid(6_000);
    assert_ne!(first, second, "a sticker is paid as often as it is scanned");
}

#[test]
fn an_acquirer_that_cancels_has_the_last_word() {
    let mut stall = Stall::new();
    let id = stall.paid(6_000);
    assert!(matches!(stall.cancel(id), Reply::Cancelled(Some(_))));
    assert_eq!(stall.receivable(), 0);
    assert!(stall.answer(id, EffectKind::Push, says(PushInput::Accepted, None)));
    assert_eq!(stall.breaks(id), [], "its answer was on the way when it cancelled");
    assert_eq!(stall.payment(id).state, PaymentState::Cancelling);
}

#[test]
fn a_name_means_one_payment() {
    let mut stall = Stall::new();
    let one = stall.paid(6_000);
    assert!(stall.answer(one, EffectKind::Push, says(PushInput::Accepted, Some("BANK-1"))));
    let two = stall.paid(6_000);
    assert!(stall.answer(two, EffectKind::Push, says(PushInput::Accepted, Some("BANK-1"))));
    assert_eq!(stall.breaks(two), [BreakKind::OtherPushOutcome]);
    assert_eq!(stall.payment(two).visible_result(), ResultCode::PaymentInProcess);
    stall.world.advance(Span::secs(4));
    assert!(stall.answer(two, EffectKind::PushInquiry, says(PushInput::Accepted, Some("BANK-2"))));
    assert_eq!(stall.payment(two).visible_result(), ResultCode::Success, "it was asked again");
    let unpaid = stall.scan(3, 6_000);
    let early = stall.notify(unpaid.id, says(PushInput::Accepted, None));
    assert_eq!(early, Err(ResultCode::OrderNotExist), "the acquirer was told of no such payment");
    let vague = stall.notify(one, says(PushInput::InProcess, None));
    assert_eq!(vague, Err(ResultCode::ParamIllegal));
}

/// Where the money is after a push that came to nothing.
fn owed_after(word: PushInput) -> i128 {
    let mut stall = Stall::new();
    let id = stall.paid(6_000);
    stall.answer(id, EffectKind::Push, says(word, None));
    for _ in 0..10 {
        stall.world.advance(Span::minutes(5));
        stall.answer(id, EffectKind::PushInquiry, PushAnswer::SILENT);
    }
    stall.receivable()
}

/// Bugs 48 (a refusal is not undone) and 49 (silence counts as taken) are planted in the machine.
#[test]
fn planted_bugs_are_seen() {
    assert_eq!((owed_after(PushInput::Refused), owed_after(PushInput::Silent)), (0, 0));
    if base::plant(48) {
        assert_ne!(owed_after(PushInput::Refused), 0);
        base::plant(49);
        assert_ne!(owed_after(PushInput::Silent), 0);
        base::plant(0);
    }
}

/// One thing that happens to a pushed payment.
#[derive(Clone, Copy, Debug)]
enum Step {
    Told(PushInput),
    Asked(PushInput),
    Notified(PushInput),
    Cancel,
    WalletConfirms,
    Wait(u16),
    Restart,
}

fn input() -> impl Strategy<Value = PushInput> {
    prop::sample::select(PushInput::ALL.to_vec())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => input().prop_map(Step::Told),
        4 => input().prop_map(Step::Asked),
        2 => input().prop_map(Step::Notified),
        1 => Just(Step::Cancel),
        2 => Just(Step::WalletConfirms),
        4 => (1u16..400).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// In any order of answers, notifications, cancels, waits and restarts: the wallet owes the
    /// payment exactly as long as it is paid, an acceptance that was acknowledged stays unless the
    /// acquirer itself cancels, and silence brings it to an end.
    #[test]
    fn a_push_ends_and_the_books_follow(steps in prop::collection::vec(step(), 1..40)) {
        let mut stall = Stall::new();
        let id = stall.paid(6_000);
        let owed = stall.receivable();
        let mut is_accepted = false;
        let mut is_cancelled = false;
        for step in steps {
            match step {
                Step::Told(it) => drop(stall.answer(id, EffectKind::Push, says(it, None))),
                Step::Asked(it) => drop(stall.answer(id, EffectKind::PushInquiry, says(it, None))),
                Step::Notified(it) => {
                    let heard = stall.notify(id, says(it, None));
                    let is_end = matches!(it, PushInput::Accepted | PushInput::Refused);
                    prop_assert!(is_end || heard == Err(ResultCode::ParamIllegal));
                    if heard.is_ok() && it == PushInput::Accepted {
                        prop_assert_eq!(stall.push_state(id), PushState::Accepted);
                    }
                }
                Step::Cancel => is_cancelled |= matches!(stall.cancel(id), Reply::Cancelled(_)),
                Step::WalletConfirms => {
                    stall.world.wallet(id, EffectKind::Cancel, approved());
                }
                Step::Wait(secs) => stall.world.advance(Span::secs(u64::from(secs))),
                Step::Restart => stall.world.relaunch(),
            }
            is_accepted |= stall.push_state(id) == PushState::Accepted;
            let is_paid = stall.payment(id).state == PaymentState::Paid;
            prop_assert_eq!(stall.receivable(), if is_paid { owed } else { 0 });
            prop_assert!(!is_accepted || is_paid || is_cancelled);
        }
        for _ in 0..30 {
            stall.answer(id, EffectKind::Push, PushAnswer::SILENT);
            stall.answer(id, EffectKind::PushInquiry, PushAnswer::SILENT);
            stall.world.wallet(id, EffectKind::Cancel, approved());
            stall.world.advance(Span::minutes(5));
        }
        let payment = stall.payment(id);
        prop_assert!(!payment.is_being_pushed(), "{:?}", payment.push);
        let is_paid = payment.state == PaymentState::Paid;
        prop_assert!(is_paid || payment.state == PaymentState::Cancelled, "{:?}", payment.state);
        prop_assert_eq!(is_paid, is_accepted && !is_cancelled);
        prop_assert_eq!(stall.receivable(), if is_paid { owed } else { 0 });
    }
}
