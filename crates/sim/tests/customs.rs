//! Customs declarations on the bare machine: whose payments, how much, changed and filed.

use base::{ResultCode, Timestamp};
use dhow_sim::bare::Bare;
use dhow_sim::preset::{changes, currency, merchants, money, participants, text};
use ids::{CustomerAlias, ParticipantId, Partition, PaymentId};
use network::{
    Change, Command, DeclarationContent, DeclarationState, Declare, EffectKind, IssueCodes,
    NewCode, Order, Pay, PayBy, PaymentCode, Reply, SetDeclaration, WalletAnswer, WalletVerdict,
    Way,
};

/// A world whose Hong Kong wallet settles in CNY, and two paid payments: by it, and by the Korean.
fn world() -> Bare {
    let mut world = Bare::new(Timestamp::from_secs(1_790_000_000));
    for change in changes(world.now) {
        assert!(!matches!(world.operate(change), Reply::Refused(_)));
    }
    let chinese = participants().remove(2);
    let mut contract = chinese.contract;
    contract.settlement_currencies = vec![currency("CNY")];
    let participant = chinese.id;
    world.operate(Change::SetContract { participant, contract: Box::new(contract) });
    for merchant in merchants() {
        world.submit(Command::RegisterMerchant(merchant));
    }
    for (number, mpp) in [(1, ParticipantId(3)), (2, ParticipantId(1))] {
        pay(&mut world, number, mpp);
    }
    world
}

fn pay(world: &mut Bare, number: u128, mpp: ParticipantId) {
    let code = PaymentCode::from_random(number);
    world.submit(Command::IssueCodes(IssueCodes {
        mpp,
        customer: text("wing"),
        alias: CustomerAlias::from_u128(7),
        region: None,
        codes: vec![NewCode { code }],
    }));
    let id = PaymentId::new(1_790_000_000_000, Partition(0), number);
    let amount = money("JPY", 12_000);
    world.submit(Command::Pay(Box::new(Pay {
        id,
        acquirer: ParticipantId(4),
        request_id: text::<64>(&format!("PR-{number}")),
        order: Order {
            reference: text("O-1"),
            description: text("tea"),
            amount,
            merchant: text("M-TEA"),
            store: None,
            terminal: None,
        },
        amount,
        settlement_currency: None,
        method_type: text("CONNECT_WALLET"),
        way: Way::UserCode,
        by: PayBy::Code(text(&code.to_string())),
        expiry: None,
        notify_url: None,
        redirect_url: None,
        push: None,
    })));
    assert!(world.wallet(id, EffectKind::Pay, WalletAnswer::of(WalletVerdict::Approved)));
}

fn declare(world: &mut Bare, payment: &str, id: &str, minor: u64) -> Result<usize, ResultCode> {
    let content = DeclarationContent {
        customs_code: text("HANGZHOU"),
        merchant_code: text("330196"),
        merchant_name: text("Kyoto Tea House"),
        amount: money("CNY", minor),
        order: None,
    };
    let (acquirer, payment, request_id) = (ParticipantId(4), text(payment), text(id));
    let it = Declare { acquirer, payment, request_id, content };
    match world.submit(Command::Declare(Box::new(it))) {
        Reply::Declared { payment, .. } => Ok(payment.declarations.len()),
        Reply::Refused(refusal) => Err(refusal.code),
        other => panic!("an unexpected reply: {other:?}"),
    }
}

#[test]
fn declarations_fit_what_was_paid_in_yuan() {
    let mut world = world();
    let paid = PaymentId::new(1_790_000_000_000, Partition(0), 1);
    let paid = world.machine.payment(&world.history, paid).expect("it was paid");
    let whole = paid.customs_amount().expect("it was paid in CNY").minor();
    assert_eq!(declare(&mut world, "PR-9", "C-1", 1), Err(ResultCode::OrderNotExist));
    assert_eq!(declare(&mut world, "PR-2", "C-1", 1), Err(ResultCode::BusinessNotSupport));
    assert_eq!(declare(&mut world, "PR-1", "C-1", 0), Err(ResultCode::ParamIllegal));
    assert_eq!(declare(&mut world, "PR-1", "C-1", whole + 1), Err(ResultCode::ParamIllegal));
    assert_eq!(declare(&mut world, "PR-1", "C-1", whole - 10), Ok(1));
    assert_eq!(declare(&mut world, "PR-1", "C-1", whole - 10), Ok(1), "the same is the same");
    assert_eq!(declare(&mut world, "PR-1", "C-2", 11), Err(ResultCode::ParamIllegal));
    assert_eq!(declare(&mut world, "PR-1", "C-2", 10), Ok(2));
    assert_eq!(declare(&mut world, "PR-1", "C-1", whole - 20), Ok(2), "the same id changes it");
    assert_eq!(declare(&mut world, "PR-1", "C-2", 20), Ok(2));
    assert_eq!(declare(&mut world, "PR-2", "C-2", 1), Err(ResultCode::RepeatReqInconsistent));
}

#[test]
fn what_was_filed_and_changes_has_to_be_filed_again() {
    let mut world = world();
    assert_eq!(declare(&mut world, "PR-1", "C-1", 100), Ok(1));
    let set = |world: &mut Bare, id: &str, state| {
        let (acquirer, request_id) = (ParticipantId(4), text(id));
        world.operate(Change::SetDeclaration(SetDeclaration { acquirer, request_id, state }))
    };
    let stands = |world: &Bare| {
        let acquirer = ParticipantId(4);
        let found = world.machine.find_declaration(&world.history, acquirer, &text("C-1"));
        let (payment, number) = found.expect("it was declared");
        payment.declarations[number as usize].state.clone()
    };
    assert_eq!(stands(&world), DeclarationState::Waiting);
    set(&mut world, "C-1", DeclarationState::Filed);
    assert_eq!(stands(&world), DeclarationState::Filed);
    assert_eq!(declare(&mut world, "PR-1", "C-1", 100), Ok(1));
    assert_eq!(stands(&world), DeclarationState::Filed, "the same content stays filed");
    assert_eq!(declare(&mut world, "PR-1", "C-1", 90), Ok(1));
    assert_eq!(stands(&world), DeclarationState::Waiting);
    let reply = set(&mut world, "C-9", DeclarationState::Filed);
    assert!(matches!(reply, Reply::Refused(it) if it.code == ResultCode::RecordNotFound));
}
