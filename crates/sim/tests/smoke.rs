//! One payment from code to refund on the bare machine, with what every account holds.

use base::{Span, Timestamp};
use dhow_sim::bare::Bare;
use dhow_sim::preset::{changes, merchants, money, text};
use ids::{CustomerAlias, ParticipantId, Partition, PaymentId, RefundId};
use network::{
    Command, EffectKind, IssueCodes, NewCode, Order, Pay, PayBy, PaymentCode, PaymentRef, Refund,
    Reply, WalletAnswer, WalletVerdict, Way, chart,
};
use payment::{PaymentState, RefundState};

fn world() -> Bare {
    let mut world = Bare::new(Timestamp::from_secs(1_790_000_000));
    for change in changes(world.now) {
        assert!(!matches!(world.operate(change), Reply::Refused(_)));
    }
    for merchant in merchants() {
        assert!(matches!(world.submit(Command::RegisterMerchant(merchant)), Reply::Done));
    }
    world
}

fn issue(world: &mut Bare, random: u128) -> PaymentCode {
    let code = PaymentCode::from_random(random);
    let reply = world.submit(Command::IssueCodes(IssueCodes {
        mpp: ParticipantId(1),
        customer: text("minjun"),
        alias: CustomerAlias::from_u128(7),
        region: None,
        codes: vec![NewCode { code }],
    }));
    assert!(matches!(reply, Reply::Codes(codes) if codes.len() == 1));
    code
}

fn pay(code: PaymentCode) -> Pay {
    Pay {
        id: PaymentId::new(1_790_000_000_000, Partition(0), 1),
        acquirer: ParticipantId(4),
        request_id: text("PR-1"),
        order: Order {
            reference: text("O-1"),
            description: text("ramen"),
            amount: money("JPY", 1200),
            merchant: text("M-RAMEN"),
            store: Some(text("M-RAMEN-S1")),
            terminal: None,
        },
        amount: money("JPY", 1200),
        settlement_currency: Some(money("USD", 0).currency()),
        method_type: text("CONNECT_WALLET"),
        way: Way::UserCode,
        by: PayBy::Code(text(&code.to_string())),
        expiry: None,
        notify_url: None,
        redirect_url: None,
        push: None,
    }
}

fn balances(world: &Bare) -> String {
    let accounts = world.machine.ledger().accounts();
    let mut lines: Vec<String> = accounts
        .filter(|(_, account)| account.balance() != 0)
        .map(|(key, account)| format!("{} {}", chart::name(*key), account.balance()))
        .collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn a_korean_wallet_pays_in_japan_and_is_refunded() {
    let mut world = world();
    let code = issue(&mut world, 12345);
    let request = pay(code);
    let Reply::Payment { payment, is_repeat: false } =
        world.submit(Command::Pay(Box::new(request.clone())))
    else {
        panic!("the payment is accepted")
    };
    assert_eq!(payment.state, PaymentState::Pending, "{:?}", payment.message);
    let approved =
        WalletAnswer { wallet_id: Some(text("W-1")), ..WalletAnswer::of(WalletVerdict::Approved) };
    assert!(world.wallet(payment.id, EffectKind::Pay, approved.clone()));
    assert_eq!(
        balances(&world),
        "acqp/4/payable/USD -787\n\
         fee/markup/KRW -54\n\
         fee/markup/USD -1\n\
         fee/network/USD -2\n\
         fx/KRW -10824\n\
         fx/USD 796\n\
         interchange/1/USD -6\n\
         mpp/1/receivable/KRW 10879\n\
         rounding/KRW -1"
    );

    let Reply::Payment { payment, is_repeat: true } = world.submit(Command::Pay(Box::new(request)))
    else {
        panic!("the same request is a repeat")
    };
    assert_eq!(payment.state, PaymentState::Paid);

    let mut number = 0;
    for part in [500, 333, 367] {
        number += 1;
        let refund = Refund {
            id: RefundId::new(1_790_000_000_000, Partition(0), number),
            acquirer: ParticipantId(4),
            payment: PaymentRef { request_id: Some(text("PR-1")), id: None },
            request_id: text::<64>(&format!("RF-{number}")),
            amount: money("JPY", part),
            reason: None,
        };
        let Reply::Refund { payment, number, .. } = world.submit(Command::Refund(refund)) else {
            panic!("the refund is accepted")
        };
        assert_eq!(payment.refunds[number as usize].state, RefundState::Pending);
        world.advance(Span::secs(1));
        assert!(world.wallet(payment.id, EffectKind::Refund(number), approved.clone()));
    }
    // The network keeps its own fee, as the contract says; all else is gone to the last unit.
    assert_eq!(balances(&world), "acqp/4/payable/USD 2\nfee/network/USD -2");
}
