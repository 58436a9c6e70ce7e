//! By which codes customers may pay, where the machine takes payments.

use crate::support::{Bare, desk, market, network, order_view, text};
use base::{ResultCode, Span};
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::network::{
    GrantBy, GrantTokens, NetworkCommand, PaidBy, PrepareAgreement, TakeOrder,
};
use dhow_wallet::command::shops::ShopCommand;
use dhow_wallet::objects::{PaymentState, TokenDigest};
use dhow_wallet::{CodeKind, CodeRule, Command, Market, Object, PayCodes, Reply};
use ids::{AgreementId, PaymentId, ShopOrderId};

const PRICE: u64 = 900;
const BELOW: CodeRule = CodeRule { is_on: true, most_minor: Some(PRICE - 1) };
const EXACTLY: CodeRule = CodeRule { is_on: true, most_minor: Some(PRICE) };
const ACCESS: TokenDigest = TokenDigest([7; 32]);
const AUTH_CODE: TokenDigest = TokenDigest([8; 32]);

/// A customer, a shop, an agreement with a token, and the market's rules for codes.
struct Scene {
    bare: Bare,
    ann: u32,
    owner: u32,
    shop: u32,
}

fn scene() -> Scene {
    let mut bare = Bare::new();
    let (ann, owner) = (bare.rich(190_000), bare.customer(0));
    let shop = bare.open_shop(owner);
    let agreement = bare.id(AgreementId::new);
    let mut it = Scene { bare, ann, owner, shop };
    let prepare = it.prepare(agreement);
    it.bare.made(prepare);
    it.bare.made(it.consent(agreement, AUTH_CODE));
    let until = it.bare.now.after(Span::days(10));
    it.bare.made(network(NetworkCommand::GrantTokens(GrantTokens {
        by: GrantBy::AuthCode(AUTH_CODE),
        access: ACCESS,
        access_until: until,
        refresh: TokenDigest([9; 32]),
        refresh_until: until,
    })));
    it
}

impl Scene {
    fn prepare(&mut self, id: AgreementId) -> Command {
        network(NetworkCommand::Prepare(PrepareAgreement {
            id,
            auth_client: text("client"),
            merchant: text("Films by the month"),
            reference: self.bare.name(),
            reference_merchant: None,
            redirect: text("https://films.example/done"),
            state: None,
            scopes: vec![text("AGREEMENT_PAY")],
            digest: [1; 32],
        }))
    }

    fn consent(&self, id: AgreementId, code: TokenDigest) -> Command {
        let allowance_minor = 100_000;
        network(NetworkCommand::Consent { customer: self.ann, id, code, allowance_minor })
    }

    fn set(&mut self, kind: CodeKind, rule: CodeRule) {
        let mut codes = PayCodes::ON;
        *match kind {
            CodeKind::User => &mut codes.user,
            CodeKind::Order => &mut codes.order,
            CodeKind::Entry => &mut codes.entry,
            CodeKind::National => &mut codes.national,
            CodeKind::Cashier => &mut codes.cashier,
            CodeKind::AutoDebit => &mut codes.auto_debit,
        } = rule;
        self.bare.done(desk("ines", DeskAct::SetMarket(Box::new(Market { codes, ..market() }))));
    }

    /// What a payment at the shop comes to, for an order of its till or by its printed code.
    fn at_shop(&mut self, has_order: bool) -> ResultCode {
        let order = has_order.then(|| {
            let order = Command::Shop(ShopCommand::Order {
                id: self.bare.id(ShopOrderId::new),
                shop: self.shop,
                by: self.owner,
                amount_minor: PRICE,
                reference: text("table 4"),
                until: self.bare.now.after(Span::minutes(5)),
                once: self.bare.once(),
            });
            ShopOrderId::from_u128(self.bare.made(order).id())
        });
        let pay = match self.bare.pay_shop(self.ann, self.shop, PRICE) {
            Command::Shop(ShopCommand::Pay(mut it)) => {
                it.order = order;
                Command::Shop(ShopCommand::Pay(it))
            }
            other => other,
        };
        self.outcome(pay)
    }

    fn take(&mut self, code: CodeKind) -> (PaymentId, Command) {
        let id = self.bare.id(PaymentId::new);
        let take = network(NetworkCommand::TakeOrder(TakeOrder {
            id,
            customer: self.ann,
            code,
            request: self.bare.name(),
            price_minor: PRICE,
            order: order_view(),
            expires: self.bare.now.after(Span::minutes(10)),
        }));
        (id, take)
    }

    fn outcome(&mut self, command: Command) -> ResultCode {
        match self.bare.apply(command) {
            Reply::Made { object: Object::Payment(it), .. } => it.result(),
            Reply::Made { .. } => ResultCode::Success,
            Reply::Refused(refusal) => refusal.code,
            other => panic!("{other:?}"),
        }
    }

    /// What paying the price comes to, by a code of this kind; all that there are, one after
    /// another.
    fn outcomes(&mut self) -> Vec<(CodeKind, ResultCode)> {
        let user = self.bare.network_pay(PaidBy::Customer(self.ann), PRICE);
        let debit = self.bare.network_pay(PaidBy::Token(ACCESS), PRICE);
        let mut found = vec![
            (CodeKind::User, self.outcome(network(NetworkCommand::Pay(user)))),
            (CodeKind::AutoDebit, self.outcome(network(NetworkCommand::Pay(debit)))),
            (CodeKind::Order, self.at_shop(true)),
            (CodeKind::Entry, self.at_shop(false)),
        ];
        for kind in [CodeKind::Order, CodeKind::Entry, CodeKind::National, CodeKind::Cashier] {
            let (id, take) = self.take(kind);
            let taken = self.bare.apply(take);
            let confirm = network(NetworkCommand::Confirm { customer: self.ann, id });
            let code = match taken {
                Reply::Refused(refusal) => refusal.code,
                _ => self.outcome(confirm),
            };
            found.push((kind, code));
        }
        found
    }
}

#[test]
fn each_kind_is_held_to_its_own_rule_and_no_other() {
    let mut it = scene();
    for kind in CodeKind::ALL {
        for (rule, expected) in [
            (CodeRule::OFF, ResultCode::BusinessNotSupport),
            (BELOW, ResultCode::PaymentAmountExceedLimit),
            (EXACTLY, ResultCode::Success),
        ] {
            it.set(kind, rule);
            let before = it.bare.balance(it.ann);
            let mut paid = 0;
            for (of, code) in it.outcomes() {
                let expected = if of == kind { expected } else { ResultCode::Success };
                assert_eq!(code, expected, "{of:?} under {kind:?} {rule:?}");
                paid += if code == ResultCode::Success { PRICE } else { 0 };
            }
            assert_eq!(it.bare.balance(it.ann), before - paid);
        }
    }
}

#[test]
fn an_order_that_is_shown_when_its_kind_goes_off_is_not_paid() {
    let mut it = scene();
    let (id, take) = it.take(CodeKind::National);
    it.bare.made(take.clone());
    it.set(CodeKind::National, CodeRule::OFF);
    let confirm = network(NetworkCommand::Confirm { customer: it.ann, id });
    assert_eq!(it.bare.refused(confirm.clone()), ResultCode::BusinessNotSupport);
    // What was taken up is still shown, and paid when the rule is back.
    it.bare.repeated(take);
    it.set(CodeKind::National, CodeRule::ON);
    match it.bare.made(confirm) {
        Object::Payment(payment) => assert_eq!(payment.state, PaymentState::Paid),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_consents_to_debits_that_are_switched_off() {
    let mut it = scene();
    let id = it.bare.id(AgreementId::new);
    let prepare = it.prepare(id);
    it.bare.made(prepare);
    it.set(CodeKind::AutoDebit, CodeRule::OFF);
    let consent = it.consent(id, TokenDigest([2; 32]));
    assert_eq!(it.bare.refused(consent.clone()), ResultCode::BusinessNotSupport);
    it.set(CodeKind::AutoDebit, BELOW);
    it.bare.made(consent);
}

#[test]
fn a_market_with_a_limit_that_means_nothing_is_refused() {
    let mut it = scene();
    let highest = market().account.tiers.iter().map(|tier| tier.payment_minor).max().unwrap();
    let codes =
        PayCodes { entry: CodeRule { is_on: true, most_minor: Some(highest) }, ..PayCodes::ON };
    let set = desk("ines", DeskAct::SetMarket(Box::new(Market { codes, ..market() })));
    assert_eq!(it.bare.refused(set), ResultCode::ParamIllegal);
}
