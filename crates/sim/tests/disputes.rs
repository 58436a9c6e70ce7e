//! Disputes on the bare machine: who may open one, when, how often and for how much; what its end
//! moves; and that refunds and disputes together never give back more than was taken.

use base::{ResultCode, Span, Timestamp};
use dhow_sim::bare::Bare;
use dhow_sim::preset::{changes, merchants, money, text};
use ids::{CustomerAlias, ParticipantId, Partition, PaymentId, RefundId};
use network::{
    AnswerDispute, CancelPayment, Command, DisputeAnswer, DisputeKind, DisputeRecord, DisputeState,
    EffectKind, EffectOutcome, ErrandOutcome, IssueCodes, Message, NewCode, OpenDispute, Order,
    Pay, PayBy, Payment, PaymentCode, PaymentRef, Refund, Reply, WalletAnswer, WalletVerdict, Way,
    What, chart,
};
use payment::{PaymentState, RefundState};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};
use std::sync::Arc;

/// Source of the counts and windows: acquirer interface 2.10. The deadlines are ours
/// (docs/protocol.md).
const MAX_RETRIEVALS: usize = 5;
const MAX_ESCALATIONS: usize = 2;
const DISPUTE_WINDOW: Span = Span::days(360);
const SECOND_ESCALATION_WINDOW: Span = Span::days(25);
const RETRIEVAL_REPLY: Span = Span::days(7);
const ESCALATION_REPLY: Span = Span::days(10);

const START: u64 = 1_790_000_000;
const HANRO: u32 = 1;
const LUZON: u32 = 2;
const SAKURA: u32 = 4;
const CHAO: u32 = 5;
/// What every payment here costs, in yen.
const PRICE: u64 = 1200;

const SOON: Span = Span::secs(1);

fn approved() -> WalletAnswer {
    WalletAnswer { wallet_id: Some(text("W-1")), ..WalletAnswer::of(WalletVerdict::Approved) }
}

fn claim(minor: u64) -> DisputeKind {
    DisputeKind::Escalation { amount: money("JPY", minor) }
}

fn accept(minor: u64) -> DisputeAnswer {
    DisputeAnswer::Accepted { amount: money("JPY", minor) }
}

/// A bare machine with the preset world, and short hands for what partners ask of it.
struct Desk {
    world: Bare,
    drawn: u128,
    /// What the payer has back, in yen, as the wallet heard it.
    credited: u64,
}

impl Desk {
    fn new() -> Desk {
        let mut world = Bare::new(Timestamp::from_secs(START));
        for change in changes(world.now) {
            assert!(!matches!(world.operate(change), Reply::Refused(_)));
        }
        for merchant in merchants() {
            assert!(matches!(world.submit(Command::RegisterMerchant(merchant)), Reply::Done));
        }
        Desk { world, drawn: 0, credited: 0 }
    }

    fn draw(&mut self) -> u128 {
        self.drawn += 1;
        self.drawn
    }

    /// A payment that waits for its wallet.
    fn pending(&mut self, mpp: u32) -> PaymentId {
        let number = self.draw();
        let code = PaymentCode::from_random(number * 1_000_003);
        self.world.submit(Command::IssueCodes(IssueCodes {
            mpp: ParticipantId(mpp),
            customer: text("minjun"),
            alias: CustomerAlias::from_u128(7),
            region: None,
            codes: vec![NewCode { code }],
        }));
        let reply = self.world.submit(Command::Pay(Box::new(Pay {
            id: PaymentId::new(START * 1000, Partition(0), number),
            acquirer: ParticipantId(SAKURA),
            request_id: text::<64>(&format!("PR-{number}")),
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
        })));
        let Reply::Payment { payment, .. } = reply else { panic!("{reply:?}") };
        assert_eq!(payment.state, PaymentState::Pending, "{:?}", payment.message);
        payment.id
    }

    fn paid(&mut self, mpp: u32) -> PaymentId {
        let id = self.pending(mpp);
        assert!(self.world.wallet(id, EffectKind::Pay, approved()));
        id
    }

    fn payment(&self, id: PaymentId) -> Arc<Payment> {
        self.world.machine.payment(&self.world.history, id).expect("the payment is kept")
    }

    fn dispute(&self, id: PaymentId, number: usize) -> DisputeRecord {
        self.payment(id).disputes[number].clone()
    }

    fn open(&mut self, mpp: u32, name: &str, id: PaymentId, kind: DisputeKind) -> Reply {
        let refund = RefundId::new(START * 1000, Partition(0), self.draw());
        self.world.submit(Command::OpenDispute(OpenDispute {
            mpp: ParticipantId(mpp),
            request_id: text::<64>(name),
            payment: id,
            kind,
            reason: Some(text("goods never came")),
            refund,
        }))
    }

    fn answer(&mut self, name: &str, payment: PaymentId, answer: DisputeAnswer) -> Reply {
        self.answer_as(SAKURA, name, payment, answer)
    }

    fn answer_as(
        &mut self,
        acquirer: u32,
        name: &str,
        payment: PaymentId,
        answer: DisputeAnswer,
    ) -> Reply {
        self.world.submit(Command::AnswerDispute(AnswerDispute {
            acquirer: ParticipantId(acquirer),
            request_id: text::<64>(name),
            payment,
            answer,
        }))
    }

    fn ask_refund(&mut self, id: PaymentId, minor: u64) -> Reply {
        let number = self.draw();
        self.world.submit(Command::Refund(Refund {
            id: RefundId::new(START * 1000, Partition(0), number),
            acquirer: ParticipantId(SAKURA),
            payment: PaymentRef { request_id: None, id: Some(id) },
            request_id: text::<64>(&format!("RF-{number}")),
            amount: money("JPY", minor),
            reason: None,
        }))
    }

    /// A refund that the wallet carries out.
    fn refund(&mut self, id: PaymentId, minor: u64) {
        let Reply::Refund { number, .. } = self.ask_refund(id, minor) else { panic!("refused") };
        assert!(self.world.wallet(id, EffectKind::Refund(number), approved()));
        assert_eq!(self.payment(id).refunds[number as usize].state, RefundState::Done);
    }

    /// Opens and ends one dispute.
    fn settle(&mut self, name: &str, id: PaymentId, kind: DisputeKind, answer: DisputeAnswer) {
        opened(&self.open(HANRO, name, id, kind));
        opened(&self.answer(name, id, answer));
    }

    /// All messages that are out, acknowledged.
    fn heard(&mut self) -> Vec<(ParticipantId, Message)> {
        let ids: Vec<_> = self.world.errands.keys().copied().collect();
        let mut heard = Vec::new();
        for id in ids {
            let errand = Arc::clone(&self.world.errands[&id]);
            self.world.errand(id, ErrandOutcome::Acknowledged);
            if let Message::DisputeAnswered { payment, number } = &errand.message
                && let DisputeState::Answered(DisputeAnswer::Accepted { amount }) =
                    payment.disputes[*number as usize].state
            {
                self.credited += amount.minor();
            }
            heard.push((errand.to, errand.message.clone()));
        }
        heard
    }

    fn balances(&self) -> String {
        let accounts = self.world.machine.ledger().accounts();
        let mut lines: Vec<String> = accounts
            .filter(|(_, account)| account.balance() != 0)
            .map(|(key, account)| format!("{} {}", chart::name(*key), account.balance()))
            .collect();
        lines.sort();
        lines.join("\n")
    }
}

/// The dispute as the reply shows it, and whether it is a repeat.
fn shown(reply: &Reply) -> (DisputeRecord, bool) {
    match reply {
        Reply::Dispute { payment, number, is_repeat } => {
            (payment.disputes[*number as usize].clone(), *is_repeat)
        }
        other => panic!("{other:?}"),
    }
}

fn opened(reply: &Reply) {
    assert!(!shown(reply).1, "it is new");
}

#[track_caller]
fn refused(reply: &Reply, code: ResultCode, words: &str) {
    let Reply::Refused(refusal) = reply else { panic!("{reply:?}") };
    assert_eq!(refusal.code, code, "{}", refusal.message);
    assert!(refusal.message.contains(words), "{}", refusal.message);
}

#[test]
fn a_dispute_reaches_the_acquirer_and_its_end_the_wallet() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    assert!(desk.world.machine.open_payment(id).is_none(), "a paid payment is at rest");
    opened(&desk.open(HANRO, "D-1", id, claim(500)));
    assert!(desk.world.machine.open_payment(id).is_some(), "it is awake again");
    let heard = desk.heard();
    let [(to, Message::Dispute { number: 0, .. })] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!(to.0, SAKURA);

    let (dispute, _) = shown(&desk.answer("D-1", id, accept(500)));
    assert_eq!(dispute.state, DisputeState::Answered(accept(500)));
    let heard = desk.heard();
    let [(to, Message::DisputeAnswered { payment, number: 0 })] = &heard[..] else {
        panic!("{heard:?}")
    };
    assert_eq!((to.0, payment.disputes[0].state), (HANRO, dispute.state));
    assert!(desk.world.machine.open_payment(id).is_none(), "and at rest");
}

#[test]
fn documents_of_a_retrieval_are_not_told_by_the_machine() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    opened(&desk.open(HANRO, "D-1", id, DisputeKind::Retrieval));
    assert_eq!(desk.heard().len(), 1);
    opened(&desk.answer("D-1", id, DisputeAnswer::Documents));
    assert_eq!(desk.heard().len(), 0, "the edge passes them on");
    assert_eq!(desk.payment(id).refunds.len(), 0);
}

#[test]
fn only_the_wallet_of_a_paid_payment_opens_a_dispute() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    let kind = DisputeKind::Retrieval;
    let reply = desk.open(SAKURA, "D-1", id, kind);
    refused(&reply, ResultCode::AccessDenied, "only wallets");
    let reply = desk.open(99, "D-1", id, kind);
    refused(&reply, ResultCode::InvalidClient, "not known");
    let reply = desk.open(LUZON, "D-1", id, kind);
    refused(&reply, ResultCode::OrderNotExist, "no such payment");
    let unknown = PaymentId::new(1, Partition(0), 1);
    let reply = desk.open(HANRO, "D-1", unknown, kind);
    refused(&reply, ResultCode::OrderNotExist, "no such payment");

    let pending = desk.pending(HANRO);
    let reply = desk.open(HANRO, "D-1", pending, kind);
    refused(&reply, ResultCode::ProcessFail, "not paid yet");
    let declined = WalletAnswer::of(WalletVerdict::Declined(ResultCode::RiskReject));
    desk.world.wallet(pending, EffectKind::Pay, declined);
    let reply = desk.open(HANRO, "D-1", pending, claim(1));
    refused(&reply, ResultCode::OrderIsClosed, "no money");
    // None of the refusals used the id up.
    opened(&desk.open(HANRO, "D-1", id, kind));
}

#[test]
fn one_id_is_one_dispute_for_its_wallet_and_for_the_acquirer() {
    let mut desk = Desk::new();
    let (one, other, foreign) = (desk.paid(HANRO), desk.paid(HANRO), desk.paid(LUZON));
    opened(&desk.open(HANRO, "D-1", one, claim(500)));
    let (dispute, is_repeat) = shown(&desk.open(HANRO, "D-1", one, claim(500)));
    assert!(is_repeat && dispute.is_open());
    let reply = desk.open(HANRO, "D-1", other, claim(500));
    refused(&reply, ResultCode::RepeatReqInconsistent, "paymentRequestId");
    let reply = desk.open(HANRO, "D-1", one, DisputeKind::Retrieval);
    refused(&reply, ResultCode::RepeatReqInconsistent, "cannot share");
    let reply = desk.open(LUZON, "D-1", foreign, claim(500));
    refused(&reply, ResultCode::RepeatReqInconsistent, "draw a new one");
    opened(&desk.open(LUZON, "D-2", foreign, claim(500)));

    opened(&desk.answer("D-1", one, DisputeAnswer::Refused));
    let (dispute, is_repeat) = shown(&desk.open(HANRO, "D-1", one, claim(500)));
    assert!(is_repeat);
    assert_eq!(dispute.state, DisputeState::Answered(DisputeAnswer::Refused));
    assert_eq!(desk.payment(one).disputes.len(), 1);
    assert_eq!(desk.payment(other).disputes.len(), 0);
}

#[test]
fn windows_end_at_their_instant() {
    // What stands before, how long to wait after that, what is opened, and whether it is too late.
    let before = |span: Span| Span::from_nanos(span.nanos() - 1);
    let cases = [
        (false, before(DISPUTE_WINDOW), DisputeKind::Retrieval, false),
        (false, DISPUTE_WINDOW, DisputeKind::Retrieval, true),
        (false, before(DISPUTE_WINDOW), claim(1), false),
        (false, DISPUTE_WINDOW, claim(1), true),
        (true, before(SECOND_ESCALATION_WINDOW), claim(1), false),
        (true, SECOND_ESCALATION_WINDOW, claim(1), true),
        (true, SECOND_ESCALATION_WINDOW, DisputeKind::Retrieval, false),
    ];
    for (has_first, wait, kind, is_late) in cases {
        let mut desk = Desk::new();
        let id = desk.paid(HANRO);
        if has_first {
            desk.settle("D-1", id, claim(100), DisputeAnswer::Refused);
        }
        desk.world.advance(wait);
        let reply = desk.open(HANRO, "D-2", id, kind);
        if is_late {
            refused(&reply, ResultCode::ProcessFail, "360 days");
        } else {
            opened(&reply);
        }
    }
}

#[test]
fn a_second_escalation_may_come_after_the_first_window() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    desk.world.advance(Span::days(359));
    opened(&desk.open(HANRO, "D-1", id, claim(100)));
    desk.world.advance(Span::days(9));
    opened(&desk.answer("D-1", id, DisputeAnswer::Refused));
    desk.world.advance(Span::days(24));
    opened(&desk.open(HANRO, "D-2", id, claim(100)));
    // Longer than a refund could wait: the deadline gives the money back all the same.
    desk.world.advance(ESCALATION_REPLY);
    assert_eq!(desk.dispute(id, 1).state, DisputeState::Answered(accept(100)));
}

#[test]
fn disputes_of_a_kind_are_counted_and_come_one_after_the_other() {
    let cases = [
        (DisputeKind::Retrieval, DisputeAnswer::Documents, MAX_RETRIEVALS),
        (claim(100), DisputeAnswer::Refused, MAX_ESCALATIONS),
    ];
    for (kind, answer, most) in cases {
        let mut desk = Desk::new();
        let id = desk.paid(HANRO);
        for number in 0..most {
            let name = format!("D-{number}");
            opened(&desk.open(HANRO, &name, id, kind));
            if number + 1 < most {
                let reply = desk.open(HANRO, "D-X", id, kind);
                refused(&reply, ResultCode::ProcessFail, "wait for its end");
            }
            opened(&desk.answer(&name, id, answer));
        }
        let reply = desk.open(HANRO, "D-X", id, kind);
        refused(&reply, ResultCode::ProcessFail, "has had its");
        // The other kind has a count of its own.
        let other = if kind.is_escalation() { DisputeKind::Retrieval } else { claim(1) };
        opened(&desk.open(HANRO, "D-Y", id, other));
    }
}

#[test]
fn a_claim_fits_what_refunds_and_disputes_have_left() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    let yen = |desk: &mut Desk, minor| desk.open(HANRO, "D-1", id, claim(minor));
    refused(&yen(&mut desk, 0), ResultCode::ParamIllegal, "at least 1");
    refused(&yen(&mut desk, PRICE + 1), ResultCode::RefundAmountExceed, "left");
    let kind = DisputeKind::Escalation { amount: money("USD", 1) };
    let reply = desk.open(HANRO, "D-1", id, kind);
    refused(&reply, ResultCode::CurrencyNotSupport, "currency");
    desk.refund(id, 200);
    let Reply::Refund { .. } = desk.ask_refund(id, 300) else { panic!("it is under way") };
    refused(&yen(&mut desk, 701), ResultCode::RefundAmountExceed, "left");
    opened(&yen(&mut desk, 700));
    opened(&desk.answer("D-1", id, accept(600)));
    let reply = desk.open(HANRO, "D-2", id, claim(101));
    refused(&reply, ResultCode::RefundAmountExceed, "left");
    opened(&desk.open(HANRO, "D-2", id, claim(100)));
}

#[test]
fn only_the_acquirer_of_the_payment_answers() {
    let mut desk = Desk::new();
    let (id, other) = (desk.paid(HANRO), desk.paid(HANRO));
    opened(&desk.open(HANRO, "D-1", id, claim(500)));
    let all = accept(500);
    let reply = desk.answer_as(CHAO, "D-1", id, all);
    refused(&reply, ResultCode::OrderNotExist, "no such dispute");
    let reply = desk.answer_as(HANRO, "D-1", id, all);
    refused(&reply, ResultCode::AccessDenied, "only acquirers");
    let reply = desk.answer("D-2", id, all);
    refused(&reply, ResultCode::OrderNotExist, "no such dispute");
    let reply = desk.answer("D-1", other, all);
    refused(&reply, ResultCode::RepeatReqInconsistent, "another payment");
    let find = |who, name: &str| {
        let (machine, history) = (&desk.world.machine, &desk.world.history);
        machine
            .find_dispute(history, ParticipantId(who), &text::<64>(name))
            .map(|(it, at)| (it.id, at))
    };
    assert_eq!(find(SAKURA, "D-1"), Some((id, 0)));
    assert_eq!(find(HANRO, "D-1"), Some((id, 0)));
    assert_eq!(find(CHAO, "D-1"), None);
    assert_eq!(find(LUZON, "D-1"), None);
}

#[test]
fn an_answer_fits_its_dispute_and_stands() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    opened(&desk.open(HANRO, "R-1", id, DisputeKind::Retrieval));
    opened(&desk.open(HANRO, "E-1", id, claim(500)));
    for answer in [accept(1), DisputeAnswer::Refused] {
        refused(&desk.answer("R-1", id, answer), ResultCode::ParamIllegal, "is a retrieval");
    }
    let reply = desk.answer("E-1", id, DisputeAnswer::Documents);
    refused(&reply, ResultCode::ParamIllegal, "is an escalation");
    let reply = desk.answer("E-1", id, accept(501));
    refused(&reply, ResultCode::RefundAmountExceed, "claimed");
    refused(&desk.answer("E-1", id, accept(0)), ResultCode::ParamIllegal, "at least 1");

    opened(&desk.answer("E-1", id, accept(300)));
    let (_, is_repeat) = shown(&desk.answer("E-1", id, accept(300)));
    assert!(is_repeat);
    for answer in [accept(301), DisputeAnswer::Refused] {
        let reply = desk.answer("E-1", id, answer);
        refused(&reply, ResultCode::RepeatReqInconsistent, "another answer");
    }
    assert_eq!(desk.payment(id).refunded_minor(), 300);
    opened(&desk.answer("R-1", id, DisputeAnswer::Documents));
    assert!(shown(&desk.answer("R-1", id, DisputeAnswer::Documents)).1);
}

#[test]
fn an_accepted_claim_moves_money_as_a_refund_does() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    desk.refund(id, 500);
    desk.settle("D-1", id, claim(333), accept(333));
    let payment = desk.payment(id);
    let refund = &payment.refunds[1];
    assert_eq!((refund.state, refund.amount), (RefundState::Done, money("JPY", 333)));
    assert_eq!(refund.request_id, text("D-1"));
    assert_eq!(refund.reason, Some(text("dispute")));
    assert!(payment.is_by_dispute(refund.id) && !payment.is_by_dispute(payment.refunds[0].id));
    let reply = desk.ask_refund(id, 368);
    let Reply::Refund { payment, number, .. } = reply else { panic!("{reply:?}") };
    assert_eq!(payment.refunds[number as usize].result, ResultCode::RefundAmountExceed);
    desk.refund(id, 367);
    // As after three refunds: the network keeps its own fee, and all else is gone.
    assert_eq!(desk.balances(), "acqp/4/payable/USD 2\nfee/network/USD -2");
}

#[test]
fn an_acceptance_of_more_than_is_left_is_refused() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    opened(&desk.open(HANRO, "D-1", id, claim(PRICE)));
    let Reply::Refund { number, .. } = desk.ask_refund(id, 1000) else { panic!("refused") };
    let reply = desk.answer("D-1", id, accept(201));
    refused(&reply, ResultCode::RefundAmountExceed, "left");
    assert!(desk.dispute(id, 0).is_open());
    let declined = WalletAnswer::of(WalletVerdict::Declined(ResultCode::ProcessFail));
    desk.world.wallet(id, EffectKind::Refund(number), declined);
    opened(&desk.answer("D-1", id, accept(PRICE)));
    assert_eq!(desk.payment(id).left_minor(), 0);
}

#[test]
fn the_deadline_ends_what_nobody_answers() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    opened(&desk.open(HANRO, "R-1", id, DisputeKind::Retrieval));
    opened(&desk.open(HANRO, "E-1", id, claim(PRICE)));
    desk.world.advance(Span::from_nanos(RETRIEVAL_REPLY.nanos() - 1));
    assert!(desk.dispute(id, 0).is_open());
    desk.world.advance(Span::from_nanos(1));
    assert_eq!(desk.dispute(id, 0).state, DisputeState::Expired);
    let reply = desk.answer("R-1", id, DisputeAnswer::Documents);
    refused(&reply, ResultCode::OrderIsClosed, "deadline");
    desk.refund(id, 200);
    desk.world.advance(ESCALATION_REPLY);
    let dispute = desk.dispute(id, 1);
    assert_eq!(dispute.state, DisputeState::Answered(accept(1000)), "what was left");
    assert_eq!(dispute.closed.map(|at| at.time), Some(dispute.due));
    let reply = desk.answer("E-1", id, DisputeAnswer::Refused);
    refused(&reply, ResultCode::RepeatReqInconsistent, "deadline");
    let told = desk.heard();
    assert!(told.iter().any(|(to, it)| {
        to.0 == HANRO && matches!(it, Message::DisputeAnswered { number: 1, .. })
    }));
    let is_expiry = |what: &What| matches!(what, What::DisputeExpired(_));
    let payment = desk.payment(id);
    assert_eq!(payment.timeline.iter().filter(|it| is_expiry(&it.what)).count(), 2);
    assert_eq!(desk.balances(), "acqp/4/payable/USD 2\nfee/network/USD -2");
}

#[test]
fn a_claim_on_a_payment_that_was_given_back_otherwise_moves_nothing() {
    let mut desk = Desk::new();
    let (refunded, cancelled) = (desk.paid(HANRO), desk.paid(HANRO));
    opened(&desk.open(HANRO, "D-1", refunded, claim(PRICE)));
    opened(&desk.open(HANRO, "D-2", cancelled, claim(PRICE)));
    desk.refund(refunded, PRICE);
    let payment = PaymentRef { request_id: None, id: Some(cancelled) };
    let cancel = CancelPayment { acquirer: ParticipantId(SAKURA), payment };
    assert!(matches!(desk.world.submit(Command::CancelPayment(cancel)), Reply::Cancelled(_)));
    assert!(desk.world.wallet(cancelled, EffectKind::Cancel, approved()));
    for (name, id) in [("D-1", refunded), ("D-2", cancelled)] {
        refused(&desk.answer(name, id, accept(1)), ResultCode::RefundAmountExceed, "left");
    }
    desk.world.advance(ESCALATION_REPLY);
    for id in [refunded, cancelled] {
        assert_eq!(desk.dispute(id, 0).state, DisputeState::Expired);
    }
    assert_eq!(desk.payment(cancelled).refunds.len(), 0);
    assert_eq!(desk.balances(), "acqp/4/payable/USD 2\nfee/network/USD -2");
}

#[test]
fn a_payment_with_an_accepted_dispute_cannot_be_cancelled() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    desk.settle("D-1", id, claim(1), accept(1));
    let payment = PaymentRef { request_id: None, id: Some(id) };
    let cancel = CancelPayment { acquirer: ParticipantId(SAKURA), payment };
    let reply = desk.world.submit(Command::CancelPayment(cancel));
    refused(&reply, ResultCode::ProcessFail, "refunds");
}

#[test]
fn a_dispute_on_its_way_survives_a_restart_and_is_tried_again() {
    let mut desk = Desk::new();
    let id = desk.paid(HANRO);
    opened(&desk.open(HANRO, "D-1", id, claim(500)));
    let bytes = base::encode(&desk.world.machine);
    desk.world.machine = base::decode_all(&bytes).expect("what was written can be read");
    desk.world.relaunch();
    let errand = *desk.world.errands.keys().next().expect("it goes out again");
    let outcome = ErrandOutcome::Refused(ResultCode::ProcessFail);
    assert!(desk.world.errand(errand, outcome));
    desk.world.advance(Span::minutes(5));
    assert_eq!(desk.heard().len(), 1, "no refusal ends it");
    desk.world.advance(ESCALATION_REPLY);
    assert_eq!(desk.dispute(id, 0).state, DisputeState::Answered(accept(500)));
}

#[test]
fn planted_bugs_are_seen() {
    let give_back_twice = || {
        let mut desk = Desk::new();
        let id = desk.paid(HANRO);
        desk.settle("D-1", id, claim(PRICE), accept(PRICE));
        desk.ask_refund(id, PRICE);
        desk.payment(id).refunded_minor()
    };
    let wait = || {
        let mut desk = Desk::new();
        let id = desk.paid(HANRO);
        opened(&desk.open(HANRO, "D-1", id, claim(PRICE)));
        desk.world.advance(Span::days(40));
        desk.dispute(id, 0).is_open()
    };
    assert!((give_back_twice(), wait()) == (PRICE, false));
    if base::plant(41) {
        assert_eq!(give_back_twice(), 2 * PRICE);
        base::plant(42);
        assert!(wait());
        base::plant(0);
    }
}

/// One thing that happens to the payment.
#[derive(Clone, Debug)]
enum Step {
    Refund(u64),
    /// What the wallet says to the oldest refund that it was asked for.
    WalletSays(WalletVerdict),
    Claim(u64),
    Retrieve,
    Answer(Said),
    Wait(Span),
}

/// What the acquirer answers to the newest dispute.
#[derive(Clone, Copy, Debug)]
enum Said {
    Documents,
    Whole,
    Part(u64),
    TooMuch,
    Refused,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let amount = prop_oneof![1..=PRICE, Just(PRICE), Just(1), Just(PRICE / 2), Just(PRICE + 1)];
    let verdict = prop_oneof![
        Just(WalletVerdict::Approved),
        Just(WalletVerdict::Approved),
        Just(WalletVerdict::Declined(ResultCode::ProcessFail)),
        Just(WalletVerdict::InProcess),
        Just(WalletVerdict::Silent),
    ];
    let said = prop_oneof![
        Just(Said::Documents),
        Just(Said::Whole),
        Just(Said::Whole),
        (1..=PRICE).prop_map(Said::Part),
        Just(Said::TooMuch),
        Just(Said::Refused),
    ];
    let wait = prop_oneof![Just(SOON), Just(Span::hours(6)), (1..=40_u64).prop_map(Span::days)];
    let step = prop_oneof![
        3 => amount.clone().prop_map(Step::Refund),
        3 => verdict.prop_map(Step::WalletSays),
        3 => amount.prop_map(Step::Claim),
        1 => Just(Step::Retrieve),
        3 => said.prop_map(Step::Answer),
        2 => wait.prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..40)
}

impl Desk {
    /// The wallet answers the oldest refund that it was asked for.
    fn wallet_says(&mut self, id: PaymentId, verdict: &WalletVerdict) -> bool {
        let asked = self.world.effects.keys().find(|it| it.payment == id).copied();
        let Some(asked) = asked else { return false };
        let EffectKind::Refund(number) = asked.kind else { panic!("{asked:?}") };
        if *verdict == WalletVerdict::Approved {
            self.credited += self.payment(id).refunds[number as usize].amount.minor();
        }
        let outcome = EffectOutcome::Wallet(WalletAnswer::of(verdict.clone()));
        self.world.answer(asked, outcome)
    }

    fn say(&mut self, id: PaymentId, said: Said) {
        let Some(dispute) = self.payment(id).disputes.last().cloned() else { return };
        let claimed = match dispute.kind {
            DisputeKind::Escalation { amount } => amount.minor(),
            DisputeKind::Retrieval => 1,
        };
        let answer = match said {
            Said::Documents => DisputeAnswer::Documents,
            Said::Whole => accept(claimed),
            Said::Part(minor) => accept(minor),
            Said::TooMuch => accept(claimed + 1),
            Said::Refused => DisputeAnswer::Refused,
        };
        let before = self.payment(id);
        let reply = self.answer(dispute.request_id.as_str(), id, answer);
        if matches!(said, Said::TooMuch) {
            assert!(matches!(reply, Reply::Refused(_)), "{reply:?}");
        }
        if matches!(reply, Reply::Refused(_)) {
            assert_eq!(before, self.payment(id), "a refusal changes nothing");
        }
    }

    fn happen(&mut self, id: PaymentId, step: &Step) {
        let name = format!("D-{}", self.drawn);
        match step {
            Step::Refund(minor) => drop(self.ask_refund(id, *minor)),
            Step::WalletSays(verdict) => drop(self.wallet_says(id, verdict)),
            Step::Claim(minor) => drop(self.open(HANRO, &name, id, claim(*minor))),
            Step::Retrieve => drop(self.open(HANRO, &name, id, DisputeKind::Retrieval)),
            Step::Answer(said) => self.say(id, *said),
            Step::Wait(span) => self.world.advance(*span),
        }
        self.heard();
        self.check(id);
    }

    /// What the payer has back, by what the wallet was told and by the books.
    fn check(&self, id: PaymentId) {
        let payment = self.payment(id);
        let done = payment.refunds.iter().filter(|it| it.state == RefundState::Done);
        let given: u64 = done.clone().map(|it| it.amount.minor()).sum();
        assert_eq!(self.credited, given, "the wallet heard of all of it");
        assert!(payment.refunded_minor() <= PRICE, "more than was paid");
        let taken = payment.terms.as_ref().expect("it is paid").pay_to.minor();
        let back: u64 = done.map(|it| it.shares.pay_to).sum();
        assert!(back <= taken && (given < PRICE || back == taken), "{back} of {taken}");
        let open = payment.disputes.iter().filter(|it| it.is_open());
        assert!(open.clone().all(|it| it.due > self.world.now), "a deadline passed");
        assert!(open.count() <= 2, "one of a kind");
        let closed = |it: &DisputeRecord| it.closed.is_some() != it.is_open();
        assert!(payment.disputes.iter().all(closed));
    }

    /// The wallet answers what it was asked, and the deadlines pass.
    fn finish(&mut self, id: PaymentId) {
        for _ in 0..100 {
            while self.wallet_says(id, &WalletVerdict::Approved) {}
            self.heard();
            if self.world.machine.open_count() == 0 {
                break;
            }
            self.world.advance(Span::days(1));
        }
        self.check(id);
        assert_eq!(self.world.machine.open_count(), 0, "everything ends");
        assert!(self.world.machine.errands().next().is_none(), "everybody has heard");
        assert!(!self.payment(id).has_open_dispute());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn refunds_and_disputes_together_never_give_back_more_than_was_taken(steps in steps()) {
        let mut desk = Desk::new();
        let id = desk.paid(HANRO);
        for step in &steps {
            desk.happen(id, step);
        }
        desk.finish(id);
        if desk.payment(id).left_minor() == 0 {
            assert_eq!(desk.balances(), "acqp/4/payable/USD 2\nfee/network/USD -2");
        }
    }
}
