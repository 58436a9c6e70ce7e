//! Standing agreements on the bare machine: any order of debits, outcomes, fresh tokens and ends.
//! Failure catalogue E11: a debit is refused from the moment of the cancel; the allowance holds.

use base::{ResultCode, Span, Timestamp};
use dhow_sim::bare::Bare;
use dhow_sim::preset::{changes, merchants, money, participants, rate_feed, text};
use ids::{AgreementId, CustomerAlias, ParticipantId, Partition, PaymentId};
use network::{
    Agreement, Change, Command, Consenter, Digest, EffectKind, EndAgreement, EndedBy,
    ErrandOutcome, Grant, GrantTokens, LoadRates, Message, Order, Pay, PayBy, Payment, Prepare,
    Reply, Scope, Sealed, TokenUse, WalletAnswer, WalletVerdict, Way,
};
use payment::PaymentState;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const ID: AgreementId = AgreementId::new(1_789_999_999_999, Partition(0), 9);
/// What one debit of 100 yen may cost at most, and what 30 days allow, in won.
const ALLOWANCE: u64 = 5_000;

fn world() -> Bare {
    let mut world = Bare::new(Timestamp::from_secs(1_790_000_000));
    for change in changes(world.now) {
        assert!(!matches!(world.operate(change), Reply::Refused(_)));
    }
    for merchant in merchants() {
        assert!(matches!(world.submit(Command::RegisterMerchant(merchant)), Reply::Done));
    }
    let korean = participants().remove(0);
    let mut contract = korean.contract;
    contract.debit_allowances = vec![money("KRW", ALLOWANCE)];
    let participant = korean.id;
    world.operate(Change::SetContract { participant, contract: Box::new(contract) });
    world
}

fn prepare() -> Prepare {
    Prepare {
        id: ID,
        acquirer: ParticipantId(4),
        mpp: Some(ParticipantId(1)),
        client: text("M-TEA"),
        merchant: text("M-TEA"),
        reference: Some(text("SUB-1")),
        name: text("Kyoto Tea House"),
        display_name: None,
        scopes: vec![Scope::AgreementPay],
        redirect_url: text("https://tea.example/back"),
        auth_state: text("state"),
    }
}

fn access(generation: u32) -> Digest {
    let mut digest = [7; 32];
    digest[..4].copy_from_slice(&generation.to_be_bytes());
    digest
}

fn grant(generation: u32, until: Timestamp) -> Command {
    let mut proof = access(generation);
    proof[31] = 1;
    Command::GrantTokens(Box::new(GrantTokens {
        agreement: ID,
        mpp: ParticipantId(1),
        user: Consenter { customer: text("minjun"), alias: CustomerAlias::from_u128(7) },
        grant: Grant {
            generation,
            proof,
            access: access(generation),
            access_until: until,
            refresh: None,
            refresh_until: None,
            wallet_access: proof,
            wallet_tokens: Sealed(vec![1, 2, 3]),
        },
        is_unasked: false,
    }))
}

fn end(by: EndedBy) -> Command {
    let participant = match by {
        EndedBy::Acquirer => Some(ParticipantId(4)),
        EndedBy::Wallet => Some(ParticipantId(1)),
        EndedBy::Operator => None,
    };
    Command::EndAgreement(EndAgreement { agreement: ID, by, participant, access: None })
}

fn debit(number: u128, generation: u32, minor: u64, merchant: &str) -> Command {
    let amount = money("JPY", minor);
    Command::Pay(Box::new(Pay {
        id: PaymentId::new(1_790_000_000_000, Partition(0), number),
        acquirer: ParticipantId(4),
        request_id: text::<64>(&format!("DEBIT-{number}")),
        order: Order {
            reference: text("O-1"),
            description: text("tea"),
            amount,
            merchant: text(merchant),
            store: None,
            terminal: None,
        },
        amount,
        settlement_currency: None,
        method_type: text("CONNECT_WALLET"),
        way: Way::AutoDebit,
        by: PayBy::Token(TokenUse { agreement: ID, access: access(generation) }),
        expiry: None,
        notify_url: None,
        redirect_url: None,
        push: None,
    }))
}

fn paid(reply: Reply) -> Arc<Payment> {
    match reply {
        Reply::Payment { payment, .. } => payment,
        other => panic!("a debit is answered with a payment, not {other:?}"),
    }
}

fn agreement(world: &Bare) -> Arc<Agreement> {
    world.machine.agreement(&world.history, ID).expect("the agreement was prepared")
}

fn refusal(reply: &Reply) -> Option<ResultCode> {
    match reply {
        Reply::Refused(refusal) => Some(refusal.code),
        _ => None,
    }
}

#[test]
fn who_may_debit_and_when() {
    let mut world = world();
    let in_a_day = world.now.after(Span::hours(24));
    assert_eq!(
        paid(world.submit(debit(1, 1, 100, "M-TEA"))).result,
        ResultCode::InvalidToken,
        "nothing was prepared"
    );
    assert!(matches!(
        world.submit(Command::Prepare(Box::new(prepare()))),
        Reply::Agreement { is_repeat: false, .. }
    ));
    let same = Prepare { id: AgreementId::from_u128(5), ..prepare() };
    assert!(matches!(
        world.submit(Command::Prepare(Box::new(same.clone()))),
        Reply::Agreement { is_repeat: true, agreement } if agreement.id == ID
    ));
    let other = Prepare { merchant: text("M-RAMEN"), ..same };
    let reply = world.submit(Command::Prepare(Box::new(other)));
    assert_eq!(refusal(&reply), Some(ResultCode::RepeatReqInconsistent));
    let code = |world: &mut Bare, number, generation, merchant: &str| {
        let payment = paid(world.submit(debit(number, generation, 100, merchant)));
        (payment.state, payment.result)
    };
    let refused = (PaymentState::Failed, ResultCode::InvalidToken);
    assert_eq!(code(&mut world, 2, 1, "M-TEA"), refused, "nobody consented");
    assert!(matches!(world.submit(grant(1, in_a_day)), Reply::Agreement { .. }));
    assert!(matches!(world.submit(grant(1, in_a_day)), Reply::Agreement { is_repeat: true, .. }));
    assert_eq!(code(&mut world, 3, 1, "M-TEA").0, PaymentState::Pending);
    assert_eq!(code(&mut world, 4, 1, "M-RAMEN"), refused, "another merchant");
    assert_eq!(code(&mut world, 5, 2, "M-TEA"), refused, "a token that was never given");
    let until = world.now.after(Span::hours(48));
    assert!(matches!(world.submit(grant(2, until)), Reply::Agreement { .. }));
    assert_eq!(code(&mut world, 6, 1, "M-TEA"), refused, "a token that was replaced");
    assert_eq!(code(&mut world, 7, 2, "M-TEA").0, PaymentState::Pending);
    let stale = world.submit(grant(2, in_a_day));
    assert!(matches!(stale, Reply::Agreement { is_repeat: true, .. }));
    world.advance(Span::hours(48));
    let expired = (PaymentState::Failed, ResultCode::ExpiredAccessToken);
    assert_eq!(code(&mut world, 8, 2, "M-TEA"), expired);
}

#[test]
fn both_sides_hear_of_an_end() {
    for (by, told) in [
        (EndedBy::Acquirer, vec![ParticipantId(1)]),
        (EndedBy::Wallet, vec![ParticipantId(4)]),
        (EndedBy::Operator, vec![ParticipantId(1), ParticipantId(4)]),
    ] {
        let mut world = world();
        world.submit(Command::Prepare(Box::new(prepare())));
        let until = world.now.after(Span::days(30));
        world.submit(grant(1, until));
        assert!(matches!(world.submit(end(by)), Reply::Agreement { is_repeat: false, .. }));
        assert!(matches!(world.submit(end(by)), Reply::Agreement { is_repeat: true, .. }));
        let who: Vec<ParticipantId> = world.errands.values().map(|errand| errand.to).collect();
        assert_eq!(who, told, "{by:?}");
        // A partner that is deaf is told again, also after a restart.
        let first = *world.errands.keys().next().unwrap();
        assert!(world.errand(first, ErrandOutcome::Silent));
        assert!(!world.errands.contains_key(&first));
        world.advance(Span::minutes(3));
        let again = Arc::clone(&world.errands[&first]);
        assert_eq!(again.attempts, 2);
        let is_cancel = matches!(again.message, Message::CancelToken(_));
        assert_eq!(is_cancel, again.to == ParticipantId(1));
        world.relaunch();
        assert!(world.errand(first, ErrandOutcome::Acknowledged));
        world.advance(Span::days(2));
        assert!(!world.errands.contains_key(&first), "what was heard is not said again");
        let late = world.submit(grant(2, until));
        assert_eq!(refusal(&late), Some(ResultCode::InvalidAuthcode), "an end is for good");
    }
}

#[test]
fn an_agreements_id_is_no_payments() {
    let mut world = world();
    world.submit(Command::Prepare(Box::new(prepare())));
    let id = PaymentId::from_u128(ID.as_u128());
    assert!(world.machine.payment(&world.history, id).is_none());
    let own = AgreementId::from_u128(77);
    assert!(world.machine.agreement(&world.history, own).is_none());
}

#[derive(Clone, Debug)]
enum Step {
    Debit {
        minor: u64,
        is_old: bool,
    },
    /// Of a debit that is open: approved, declined, silent.
    Answer {
        pick: usize,
        verdict: u8,
    },
    /// A debit from before, as it was sent then.
    Again {
        pick: usize,
    },
    Refresh,
    /// By the wallet, the acquirer or the operator; mostly by nobody.
    End(u8),
    Wait {
        secs: u64,
    },
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (50_u64..300, prop::bool::weighted(0.1))
            .prop_map(|(minor, is_old)| Step::Debit { minor, is_old }),
        5 => (0_usize..8, 0_u8..3).prop_map(|(pick, verdict)| Step::Answer { pick, verdict }),
        2 => (0_usize..8).prop_map(|pick| Step::Again { pick }),
        1 => Just(Step::Refresh),
        1 => (0_u8..18).prop_map(Step::End),
        2 => (1_u64..4_000_000).prop_map(|secs| Step::Wait { secs }),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..60)
}

/// What a user was or may yet be debited for, by payment.
#[derive(Default)]
struct Debited {
    amounts: BTreeMap<PaymentId, (u64, u64)>,
}

impl Debited {
    /// In the stretch of 30 days, without what came to nothing.
    fn sum(&self, world: &Bare, stretch: u64) -> u64 {
        let counts = |id: &PaymentId| {
            let payment = world.machine.payment(&world.history, *id).expect("it was accepted");
            use PaymentState as S;
            !matches!(payment.state, S::Failed | S::Closed | S::Cancelled)
        };
        let own = self.amounts.iter().filter(|(id, (at, _))| *at == stretch && counts(id));
        own.map(|(_, (_, minor))| minor).sum()
    }
}

/// A run, and what the test itself knows of it.
struct Walk {
    world: Bare,
    start: Timestamp,
    /// When tokens expire: never, here.
    far: Timestamp,
    generation: u32,
    is_over: bool,
    number: u128,
    /// Debits as they were sent.
    sent: Vec<(Command, PaymentId)>,
    debited: Debited,
}

impl Walk {
    fn new() -> Walk {
        let mut world = world();
        world.submit(Command::Prepare(Box::new(prepare())));
        let start = world.now;
        let far = start.after(Span::days(3_650));
        world.submit(grant(1, far));
        let (sent, debited) = (Vec::new(), Debited::default());
        Walk { world, start, far, generation: 1, is_over: false, number: 0, sent, debited }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Debit { minor, is_old } => self.debit(minor, is_old),
            Step::Answer { pick, verdict } => self.answer(pick, verdict),
            Step::Refresh => {
                let reply = self.world.submit(grant(self.generation + 1, self.far));
                match refusal(&reply) {
                    None => self.generation += 1,
                    Some(_) => assert!(self.is_over),
                }
            }
            Step::Again { pick } => self.debit_again(pick),
            Step::End(side) => {
                let sides = [EndedBy::Wallet, EndedBy::Acquirer, EndedBy::Operator];
                if let Some(by) = sides.get(usize::from(side)) {
                    self.world.submit(end(*by));
                    self.is_over = true;
                }
            }
            Step::Wait { secs } => {
                self.world.advance(Span::secs(secs));
                let feed = rate_feed(self.world.now);
                self.world.operate(Change::LoadRates(Box::new(LoadRates { feed })));
            }
            Step::Restart => self.world.relaunch(),
        }
    }

    fn debit(&mut self, minor: u64, is_old: bool) {
        self.number += 1;
        let token = if is_old { self.generation - 1 } else { self.generation };
        let command = debit(self.number, token, minor, "M-TEA");
        let payment = paid(self.world.submit(command.clone()));
        self.sent.push((command, payment.id));
        let Some(terms) = &payment.terms else {
            let code = payment.result;
            let is_told = match code {
                ResultCode::InvalidToken => self.is_over || is_old,
                ResultCode::UserAmountExceedLimit => !self.is_over && !is_old,
                _ => false,
            };
            assert!(is_told, "refused with {code}: ended {}, old {is_old}", self.is_over);
            return;
        };
        assert!(!self.is_over, "a debit passed after the end");
        assert!(!is_old, "a debit passed with an old token");
        let stretch = self.world.now.since(self.start).nanos() / Span::days(30).nanos();
        self.debited.amounts.insert(payment.id, (stretch, terms.pay_to.minor()));
        assert!(self.debited.sum(&self.world, stretch) <= ALLOWANCE, "the allowance is passed");
    }

    /// The same request is the same debit, before and after the end: it takes nothing anew.
    fn debit_again(&mut self, pick: usize) {
        if self.sent.is_empty() {
            return;
        }
        let (command, id) = self.sent[pick % self.sent.len()].clone();
        let before = self.world.machine.payment(&self.world.history, id);
        let taken = agreement(&self.world).taken;
        let again = paid(self.world.submit(command));
        assert_eq!(before, Some(again), "a repeat changed the debit");
        assert_eq!(agreement(&self.world).taken, taken, "a repeat took of the allowance");
    }

    /// Answers one of the calls that are open.
    fn answer(&mut self, pick: usize, verdict: u8) {
        let open: Vec<_> = self.world.effects.keys().copied().collect();
        if open.is_empty() {
            return;
        }
        let id = open[pick % open.len()];
        let outcome = match (id.kind, verdict) {
            (EffectKind::Notify, _) => network::EffectOutcome::Delivered(verdict == 0),
            (_, 0) => wallet(WalletVerdict::Approved),
            (EffectKind::Pay | EffectKind::Inquiry, 1) => {
                wallet(WalletVerdict::Declined(ResultCode::UserBalanceNotEnough))
            }
            _ => wallet(WalletVerdict::Silent),
        };
        self.world.answer(id, outcome);
    }

    /// Everything that is open comes to its end; what the agreement counts is what was paid.
    fn finish(mut self) {
        for _ in 0..2_000 {
            if self.world.machine.open_count() == 0 {
                break;
            }
            if let Some(id) = self.world.effects.keys().next().copied() {
                let outcome = match id.kind {
                    EffectKind::Notify => network::EffectOutcome::Delivered(true),
                    _ => wallet(WalletVerdict::Approved),
                };
                self.world.answer(id, outcome);
            } else {
                self.world.advance(Span::minutes(2));
            }
        }
        let agreement = agreement(&self.world);
        assert!(agreement.open_debits.is_empty(), "{:?}", agreement.open_debits);
        let taken = agreement.taken.map_or(0, |taken| taken.amount.minor());
        let stretch = agreement.taken.map_or(0, |taken| taken.stretch);
        let paid = self.debited.sum(&self.world, stretch);
        assert_eq!(taken, paid, "what is counted is what was paid");
    }
}

fn wallet(verdict: WalletVerdict) -> network::EffectOutcome {
    network::EffectOutcome::Wallet(WalletAnswer::of(verdict))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400, failure_persistence: None, ..ProptestConfig::default()
    })]
    #[test]
    fn no_debit_after_the_end_and_none_above_the_allowance(steps in steps()) {
        let mut walk = Walk::new();
        steps.into_iter().for_each(|step| walk.step(step));
        walk.finish();
    }
}
