//! Standing agreements.

use crate::support::{Bare, network, people, text};
use account::CustomerInput;
use base::{ResultCode, Span};
use dhow_wallet::command::network::{
    GrantBy, GrantTokens, NetworkCommand, PaidBy, PrepareAgreement,
};
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::objects::{Agreement, AgreementEnd, AgreementState, TokenDigest};
use dhow_wallet::{Command, ErrandAnswer, ErrandKind, Object};
use ids::AgreementId;

const CODE: TokenDigest = TokenDigest([1; 32]);
const TOLD: ErrandKind = ErrandKind::TokenCancelled;

/// Access and refresh token of a generation.
fn tokens(generation: u8) -> (TokenDigest, TokenDigest) {
    (TokenDigest([generation + 100; 32]), TokenDigest([generation + 200; 32]))
}

struct Asked {
    bare: Bare,
    ann: u32,
    id: AgreementId,
}

fn prepare(id: AgreementId, digest: [u8; 32]) -> Command {
    network(NetworkCommand::Prepare(PrepareAgreement {
        id,
        auth_client: text("client"),
        merchant: text("Films by the month"),
        reference: text("agreement-1"),
        reference_merchant: None,
        redirect: text("https://films.example/done"),
        state: None,
        scopes: vec![text("AGREEMENT_PAY")],
        digest,
    }))
}

fn asked() -> Asked {
    let mut bare = Bare::new();
    let ann = bare.rich(10_000);
    let id = bare.id(AgreementId::new);
    bare.made(prepare(id, [1; 32]));
    Asked { bare, ann, id }
}

/// Consented with an allowance of 2,000 a month, and with tokens.
fn active() -> Asked {
    let mut it = asked();
    it.bare.made(it.consent(it.ann, CODE));
    let grant = it.grant(GrantBy::AuthCode(CODE), 1);
    it.bare.made(grant);
    it
}

impl Asked {
    fn consent(&self, customer: u32, code: TokenDigest) -> Command {
        let id = self.id;
        network(NetworkCommand::Consent { customer, id, code, allowance_minor: 2_000 })
    }

    fn grant(&self, by: GrantBy, generation: u8) -> Command {
        let (access, refresh) = tokens(generation);
        network(NetworkCommand::GrantTokens(GrantTokens {
            by,
            access,
            access_until: self.bare.now.after(Span::days(10)),
            refresh,
            refresh_until: self.bare.now.after(Span::days(100)),
        }))
    }

    fn end(&self, customer: u32) -> Command {
        let (id, by) = (self.id, AgreementEnd::Customer);
        network(NetworkCommand::EndAgreement { customer, id, by })
    }

    /// What a debit with the tokens of a generation comes to.
    fn debit(&mut self, generation: u8, price: u64) -> ResultCode {
        let pay = self.bare.network_pay(PaidBy::Token(tokens(generation).0), price);
        match self.bare.apply(network(NetworkCommand::Pay(pay))) {
            dhow_wallet::Reply::Made { object: Object::Payment(it), .. } => it.result(),
            dhow_wallet::Reply::Refused(refusal) => refusal.code,
            other => panic!("{other:?}"),
        }
    }

    fn agreement(&self) -> Agreement {
        match self.bare.object(self.id.as_u128()) {
            Object::Agreement(it) => it.as_ref().clone(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_merchant_asks_once() {
    let mut it = asked();
    let other = it.bare.id(AgreementId::new);
    let same = it.bare.repeated(prepare(other, [1; 32]));
    assert_eq!(same.id(), it.id.as_u128());
    let differs = prepare(other, [2; 32]);
    assert_eq!(it.bare.refused(differs), ResultCode::RepeatReqInconsistent);
}

#[test]
fn consent_is_one_customers_and_in_time() {
    let mut it = asked();
    let ben = it.bare.customer(0);
    let object = it.bare.made(it.consent(it.ann, CODE));
    assert_eq!(object.customers(), [it.ann]);
    it.bare.repeated(it.consent(it.ann, CODE));
    let theirs = it.consent(ben, TokenDigest([2; 32]));
    assert_eq!(it.bare.refused(theirs), ResultCode::InvalidContract);

    let mut it = asked();
    it.bare.pass_asleep(Span::minutes(30));
    let late = it.consent(it.ann, CODE);
    assert_eq!(it.bare.refused(late.clone()), ResultCode::InvalidContract);
    it.bare.tick();
    assert_eq!(
        it.agreement().state,
        AgreementState::Ended { by: AgreementEnd::Time, generation: 0 }
    );
    assert_eq!(it.bare.refused(late), ResultCode::InvalidContract);
}

#[test]
fn a_code_gives_tokens_once_and_in_time() {
    let mut it = active();
    let before = it.agreement();
    // The answer was lost: the same tokens again, whatever was drawn this time.
    let again = it.grant(GrantBy::AuthCode(CODE), 2);
    it.bare.repeated(again);
    assert_eq!(it.agreement(), before);
    let grant = it.grant(GrantBy::RefreshToken(tokens(1).1), 2);
    it.bare.made(grant);
    let late = it.grant(GrantBy::AuthCode(CODE), 3);
    assert_eq!(it.bare.refused(late), ResultCode::InvalidAuthcode);
    let unknown = it.grant(GrantBy::AuthCode(TokenDigest([9; 32])), 2);
    assert_eq!(it.bare.refused(unknown), ResultCode::InvalidAuthcode);

    let mut it = asked();
    it.bare.made(it.consent(it.ann, CODE));
    it.bare.pass_asleep(Span::minutes(10));
    let late = it.grant(GrantBy::AuthCode(CODE), 1);
    assert_eq!(it.bare.refused(late), ResultCode::InvalidAuthcode);
    it.bare.tick();
    assert_eq!(
        it.agreement().state,
        AgreementState::Ended { by: AgreementEnd::Time, generation: 0 }
    );
}

#[test]
fn one_token_for_both_ends_is_refused() {
    let mut it = asked();
    it.bare.made(it.consent(it.ann, CODE));
    let mut grant = it.grant(GrantBy::AuthCode(CODE), 1);
    if let Command::Network(command) = &mut grant
        && let NetworkCommand::GrantTokens(grant) = command.as_mut()
    {
        grant.refresh = grant.access;
    }
    assert_eq!(it.bare.refused(grant), ResultCode::ProcessFail);
}

#[test]
fn a_refresh_makes_the_tokens_before_worthless() {
    let mut it = active();
    let (access, refresh) = tokens(1);
    assert_eq!(it.debit(1, 100), ResultCode::Success);
    let grant = it.grant(GrantBy::RefreshToken(refresh), 2);
    it.bare.made(grant);
    assert_eq!(
        (it.debit(1, 100), it.debit(2, 100)),
        (ResultCode::InvalidToken, ResultCode::Success)
    );
    let again = it.grant(GrantBy::RefreshToken(refresh), 3);
    it.bare.repeated(again);
    assert_eq!(it.debit(3, 100), ResultCode::InvalidToken);
    let wrong_kind = it.grant(GrantBy::RefreshToken(tokens(2).0), 3);
    assert_eq!(it.bare.refused(wrong_kind), ResultCode::InvalidRefreshToken);
    let end = network(NetworkCommand::EndByToken { access });
    assert_eq!(it.bare.refused(end), ResultCode::InvalidToken);
    it.bare.pass(Span::days(10));
    assert_eq!(it.debit(2, 100), ResultCode::ExpiredAccessToken);
    it.bare.pass(Span::days(90));
    let late = it.grant(GrantBy::RefreshToken(tokens(2).1), 3);
    assert_eq!(it.bare.refused(late), ResultCode::InvalidRefreshToken);
}

#[test]
fn debits_keep_to_the_allowance_of_a_month() {
    let mut it = active();
    assert_eq!(it.debit(1, 2_001), ResultCode::UserAmountExceedLimit);
    assert_eq!(it.debit(1, 1_500), ResultCode::Success);
    assert_eq!(it.debit(1, 501), ResultCode::UserAmountExceedLimit);
    assert_eq!(it.debit(1, 500), ResultCode::Success);
    assert_eq!(
        (it.debit(1, 1), it.bare.balance(it.ann)),
        (ResultCode::UserAmountExceedLimit, 8_000)
    );
    // What the network takes back may be debited again in the same month.
    let pay = it.bare.network_pay(PaidBy::Token(tokens(1).0), 1);
    let paid: Vec<_> = it.bare.objects().into_values().collect();
    let request = paid
        .iter()
        .find_map(|object| match object {
            Object::Payment(it) if it.price_minor == 500 => Some(it.request.clone()),
            _ => None,
        })
        .unwrap();
    it.bare.made(network(NetworkCommand::Cancel { request }));
    it.bare.made(network(NetworkCommand::Pay(pay)));
    assert_eq!(it.agreement().taken_minor, 1_501);
    // The next month, before the token is too old.
    it.bare.pass(Span::days(9));
    let grant = it.grant(GrantBy::RefreshToken(tokens(1).1), 2);
    it.bare.made(grant);
    it.bare.pass(Span::days(9));
    let grant = it.grant(GrantBy::RefreshToken(tokens(2).1), 3);
    it.bare.made(grant);
    it.bare.pass(Span::days(9));
    assert_eq!(it.debit(3, 2_000), ResultCode::Success);
}

#[test]
fn from_the_instant_of_its_end_nothing_is_debited() {
    let mut it = active();
    let (access, refresh) = tokens(1);
    let ben = it.bare.customer(0);
    assert_eq!(it.bare.refused(it.end(ben)), ResultCode::InvalidContract);
    let ended = it.bare.made(it.end(it.ann));
    assert_eq!(it.bare.repeated(it.end(it.ann)), ended);
    assert_eq!(it.debit(1, 100), ResultCode::InvalidToken);
    let grant = it.grant(GrantBy::RefreshToken(refresh), 2);
    assert_eq!(it.bare.refused(grant), ResultCode::InvalidRefreshToken);
    it.bare.repeated(network(NetworkCommand::EndByToken { access }));
    // The network is told until it knows.
    it.bare.answer(TOLD, ErrandAnswer::Silent);
    it.bare.pass(Span::secs(2));
    it.bare.answer(TOLD, ErrandAnswer::No(ResultCode::InvalidToken));
    assert_eq!((it.bare.breaks(), it.bare.machine.open_objects().count()), (0, 0));
    assert_eq!(it.bare.balance(it.ann), 10_000);
}

#[test]
fn the_merchant_ends_it_through_the_network() {
    let mut it = active();
    let end = network(NetworkCommand::EndByToken { access: tokens(1).0 });
    let ended = it.bare.made(end.clone());
    assert_eq!(
        it.agreement().state,
        AgreementState::Ended { by: AgreementEnd::Merchant, generation: 1 }
    );
    assert_eq!(it.bare.repeated(end), ended);
    let unknown = network(NetworkCommand::EndByToken { access: TokenDigest([9; 32]) });
    assert_eq!(it.bare.refused(unknown), ResultCode::InvalidToken);
}

#[test]
fn who_left_or_stopped_the_account_is_not_debited() {
    let mut it = active();
    let change = |input| people(PeopleCommand::Change { customer: it.ann, input });
    let (pause, resume) = (change(CustomerInput::Pause), change(CustomerInput::Resume));
    let close = change(CustomerInput::Close);
    it.bare.done(pause);
    assert_eq!(it.debit(1, 100), ResultCode::UserStatusAbnormal);
    it.bare.done(resume);
    let ben = it.bare.customer(1);
    let shop = it.bare.open_shop(ben);
    let drain = it.bare.pay_shop(it.ann, shop, 10_000);
    it.bare.made(drain);
    it.bare.done(close);
    assert_eq!(it.debit(1, 100), ResultCode::UserStatusAbnormal);
    let grant = it.grant(GrantBy::RefreshToken(tokens(1).1), 2);
    assert_eq!(it.bare.refused(grant), ResultCode::InvalidRefreshToken);
}
