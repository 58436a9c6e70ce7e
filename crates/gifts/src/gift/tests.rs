//! One gift: who may do what, in which order it is refused, and where the money goes.

use super::*;
use crate::gift_rules::tests::rules;
use crate::offer::{OfferTerms, Places};
use base::{Span, Text};
use std::collections::BTreeSet;

const BUYER: u32 = 1;
const FRIEND: u32 = 2;
const OTHER: u32 = 3;
const LINK: [u8; 32] = [9; 32];

fn won(minor: u64) -> Money {
    Money::new(minor, rules().currency).unwrap()
}

fn start() -> Timestamp {
    Timestamp::from_secs(1_000)
}

fn end() -> Timestamp {
    start().after(Span::days(90))
}

fn market() -> Checked<GiftRules> {
    Checked::new(GiftRules {
        may_forfeit: true,
        most_change_from_bps: 10_000,
        least_before_claim_bps: 0,
        least_after_expiry_bps: 0,
        ..rules()
    })
    .unwrap()
}

/// A coffee of 5,000 for 4,500, good in stores 3 and 4 of shop 9.
fn offer(remainder: Remainder, refund: RefundRule) -> Offer {
    let terms = OfferTerms {
        shop: 9,
        title: Text::new("coffee").unwrap(),
        face: won(5_000),
        price: won(4_500),
        validity: Span::days(90),
        stock: 10,
        per_customer: 10,
        sale_from: Timestamp::from_secs(0),
        sale_until: Timestamp::MAX,
        places: Places::Stores(BTreeSet::from([3, 4])),
        remainder,
        refund,
    };
    Offer::new(5, terms, &market()).unwrap()
}

const REFUND: RefundRule =
    RefundRule { before_claim_bps: 10_000, after_expiry_bps: 9_000, expired_to: ExpiredTo::Holder };

fn buy(offer: &mut Offer, recipient: Audience) -> Gift {
    let wish = NewGift { buyer: BUYER, recipient };
    Gift::buy(&wish, offer, 0, start()).unwrap().0
}

fn named(customer: u32) -> Claimant {
    Claimant { customer, link: None }
}

fn claimed(offer: &mut Offer) -> Gift {
    let mut gift = buy(offer, Audience::Named(FRIEND));
    gift.send(BUYER, start()).unwrap();
    gift.claim(&named(FRIEND), start()).unwrap();
    gift
}

fn open_code(gift: &mut Gift, digest: u8) -> Result<(), GiftRefusal> {
    let code = OpenCode { digest: [digest; 32], until: start().after(Span::minutes(5)) };
    gift.issue_code(FRIEND, code, start(), &market())
}

fn at_till(face: u64, code: u8) -> Redemption {
    Redemption { face: won(face), shop: 9, store: 3, code: [code; 32] }
}

/// Shop, buyer, holder, issuer.
fn parts(payout: &Payout) -> [u64; 4] {
    [payout.to_shop, payout.to_buyer, payout.to_holder, payout.to_issuer].map(Money::minor)
}

fn use_once(gift: &mut Gift, offer: &Offer, face: u64, code: u8) -> ([u64; 4], u64, GiftState) {
    open_code(gift, code).unwrap();
    let done = gift.redeem(&at_till(face, code), offer, start()).unwrap();
    (parts(&done.payout), done.face_left.minor(), gift.state())
}

#[test]
fn what_is_left_over_follows_the_offer() {
    let mut forfeit = offer(Remainder::Forfeit, REFUND);
    let mut gift = claimed(&mut forfeit);
    let done = use_once(&mut gift, &forfeit, 3_000, 1);
    assert_eq!(done, ([2_700, 0, 0, 1_800], 0, GiftState::Used));

    let mut change = offer(Remainder::Change { from_used_bps: 6_000 }, REFUND);
    let mut gift = claimed(&mut change);
    let done = use_once(&mut gift, &change, 2_999, 1);
    assert_eq!(done, ([2_699, 0, 0, 0], 2_001, GiftState::PartlyUsed));
    let done = use_once(&mut gift, &change, 1, 2);
    assert_eq!(done, ([1, 0, 1_800, 0], 0, GiftState::Used));

    let mut keep = offer(Remainder::Keep, REFUND);
    let mut gift = claimed(&mut keep);
    let done = use_once(&mut gift, &keep, 4_999, 1);
    assert_eq!(done, ([4_499, 0, 0, 0], 1, GiftState::PartlyUsed));
    assert_eq!(gift.liability(), won(1));
    let done = use_once(&mut gift, &keep, 1, 2);
    assert_eq!(done, ([1, 0, 0, 0], 0, GiftState::Used));
    assert_eq!(parts(gift.paid_out()), [4_500, 0, 0, 0]);
}

#[test]
fn one_wins_between_refund_and_claim() {
    let mut offer = offer(Remainder::Keep, RefundRule { before_claim_bps: 9_999, ..REFUND });
    let mut gift = buy(&mut offer, Audience::Named(FRIEND));
    gift.send(BUYER, start()).unwrap();
    let mut other = gift.clone();
    assert_eq!(gift.refund(FRIEND, start()), Err(GiftRefusal::NotYours));
    // 4,499.55 in the buyer's favour.
    assert_eq!(parts(&gift.refund(BUYER, start()).unwrap()), [0, 4_500, 0, 0]);
    let gone = GiftRefusal::State(GiftState::Refunded);
    assert_eq!(gift.refund(BUYER, start()), Err(gone));
    assert_eq!(gift.claim(&named(FRIEND), start()), Err(gone));
    assert_eq!(gift.send(BUYER, start()), Err(gone));
    assert_eq!(gift.expire(end()), None);

    assert_eq!(other.claim(&named(FRIEND), start()), Ok(false));
    assert_eq!(other.refund(BUYER, start()), Err(GiftRefusal::State(GiftState::Claimed)));
    assert_eq!(open_code(&mut other, 1), Ok(()));
    assert_eq!(other.refund(BUYER, start()), Err(GiftRefusal::State(GiftState::Claimed)));
    assert!(other.redeem(&at_till(1, 1), &offer, start()).is_ok());
}

#[test]
fn an_offer_without_refund_gives_none() {
    let none = RefundRule { before_claim_bps: 0, after_expiry_bps: 0, ..REFUND };
    let mut offer = offer(Remainder::Keep, none);
    let mut gift = buy(&mut offer, Audience::Named(FRIEND));
    assert_eq!(gift.refund(BUYER, start()), Err(GiftRefusal::NotRefundable));
    assert_eq!(gift.expire(end()).map(|back| parts(&back)), Some([0, 0, 0, 4_500]));
}

#[test]
fn what_expires_goes_where_the_offer_says() {
    for (expired_to, unclaimed, held) in [
        (ExpiredTo::Holder, [0, 4_050, 0, 450], [0, 0, 2_430, 270]),
        (ExpiredTo::Buyer, [0, 4_050, 0, 450], [0, 2_430, 0, 270]),
    ] {
        let mut offer = offer(Remainder::Keep, RefundRule { expired_to, ..REFUND });
        let mut gift = buy(&mut offer, Audience::Named(FRIEND));
        assert_eq!(gift.expire(Timestamp::from_nanos(end().nanos() - 1)), None);
        assert_eq!(gift.expire(end()).map(|back| parts(&back)), Some(unclaimed));
        assert_eq!(gift.expire(end()), None);
        let mut gift = claimed(&mut offer);
        use_once(&mut gift, &offer, 2_000, 1);
        assert_eq!(gift.expire(end()).map(|back| parts(&back)), Some(held));
        assert_eq!(gift.expire(end()), None);
        assert!(gift.liability().is_zero() && gift.face_left().is_zero());
    }
}

#[test]
fn at_the_very_end_only_expiry_is_left() {
    let mut offer = offer(Remainder::Keep, REFUND);
    let mut sent = buy(&mut offer, Audience::Named(FRIEND));
    let late = GiftRefusal::Expired;
    assert_eq!(sent.send(BUYER, end()), Err(late));
    sent.send(BUYER, start()).unwrap();
    assert_eq!(sent.claim(&named(FRIEND), end()), Err(late));
    assert_eq!(sent.refund(BUYER, end()), Err(late));
    let mut gift = claimed(&mut offer);
    open_code(&mut gift, 1).unwrap();
    assert_eq!(gift.redeem(&at_till(1, 1), &offer, end()), Err(late));
    gift.expire(end()).unwrap();
    assert_eq!(gift.code(), None);
    assert_eq!(gift.redeem(&at_till(1, 1), &offer, end()), Err(late));
}

#[test]
fn the_buyer_says_whom_it_is_for_until_it_is_sent() {
    let mut offer = offer(Remainder::Keep, REFUND);
    let mut gift = buy(&mut offer, Audience::Named(BUYER));
    let to = Audience::Named(FRIEND);
    assert_eq!(gift.address(FRIEND, to, start()), Err(GiftRefusal::NotYours));
    assert_eq!(gift.address(BUYER, to, end()), Err(GiftRefusal::Expired));
    assert_eq!(gift.recipient(), &Audience::Named(BUYER));
    gift.address(BUYER, Audience::Named(OTHER), start()).unwrap();
    gift.address(BUYER, to, start()).unwrap();
    gift.send(BUYER, start()).unwrap();
    let sent = GiftRefusal::State(GiftState::Sent);
    assert_eq!(gift.address(BUYER, Audience::Named(OTHER), start()), Err(sent));
    assert_eq!(gift.claim(&named(OTHER), start()), Err(GiftRefusal::NotForYou));
    assert_eq!(gift.claim(&named(FRIEND), start()), Ok(false));
}

#[test]
fn the_first_who_has_the_link_is_the_holder() {
    let mut offer = offer(Remainder::Keep, REFUND);
    let mut gift = buy(&mut offer, Audience::Link(LINK));
    let by = |customer, link| Claimant { customer, link: Some(link) };
    let unsent = GiftRefusal::State(GiftState::Paid);
    assert_eq!(gift.claim(&by(FRIEND, LINK), start()), Err(unsent));
    assert_eq!(gift.send(FRIEND, start()), Err(GiftRefusal::NotYours));
    assert_eq!((gift.send(BUYER, start()), gift.send(BUYER, start())), (Ok(()), Ok(())));
    assert_eq!(gift.claim(&by(FRIEND, [8; 32]), start()), Err(GiftRefusal::NotForYou));
    assert_eq!(gift.claim(&by(FRIEND, LINK), start()), Ok(false));
    assert_eq!(gift.claim(&by(FRIEND, LINK), start()), Ok(true));
    // The holder does not need the link any more.
    assert_eq!(gift.claim(&named(FRIEND), start()), Ok(true));
    assert_eq!(gift.claim(&by(OTHER, LINK), start()), Err(GiftRefusal::Taken));
    assert_eq!(gift.claim(&named(OTHER), start()), Err(GiftRefusal::NotForYou));
    assert_eq!(gift.holder(), Some(FRIEND));
}

#[test]
fn a_code_opens_once_and_only_while_it_is_the_newest() {
    let mut offer = offer(Remainder::Keep, REFUND);
    let mut gift = buy(&mut offer, Audience::Named(FRIEND));
    assert_eq!(open_code(&mut gift, 1), Err(GiftRefusal::NotYours));
    let mut gift = claimed(&mut offer);
    let code = |digest: u8, until| OpenCode { digest: [digest; 32], until };
    let soon = start().after(Span::minutes(5));
    let by_other = gift.issue_code(OTHER, code(1, soon), start(), &market());
    assert_eq!(by_other, Err(GiftRefusal::NotYours));
    for until in [start(), Timestamp::from_nanos(soon.nanos() + 1)] {
        let bad = gift.issue_code(FRIEND, code(1, until), start(), &market());
        assert_eq!(bad, Err(GiftRefusal::BadCode));
    }
    let redeem = |gift: &mut Gift, digest, now| gift.redeem(&at_till(10, digest), &offer, now);
    let refused = |why| Err(GiftRefusal::Code(why));
    assert_eq!(redeem(&mut gift, 1, start()), refused(CodeRefusal::Unknown));
    open_code(&mut gift, 1).unwrap();
    open_code(&mut gift, 2).unwrap();
    assert_eq!(redeem(&mut gift, 1, start()), refused(CodeRefusal::Unknown));
    assert_eq!(redeem(&mut gift, 2, soon), refused(CodeRefusal::Late));
    assert!(redeem(&mut gift, 2, start()).is_ok());
    assert_eq!(redeem(&mut gift, 2, start()), refused(CodeRefusal::Used));
    assert_eq!(open_code(&mut gift, 2), Err(GiftRefusal::BadCode));
    open_code(&mut gift, 3).unwrap();
    assert_eq!(redeem(&mut gift, 2, start()), refused(CodeRefusal::Used));
    assert!(redeem(&mut gift, 3, start()).is_ok());
}

#[test]
fn a_till_is_refused_in_order_and_the_code_stays_good() {
    let mut offer = offer(Remainder::Keep, REFUND);
    let mut gift = claimed(&mut offer);
    open_code(&mut gift, 1).unwrap();
    let fresh = gift.clone();
    let mut refused = |wish: Redemption| gift.redeem(&wish, &offer, start()).unwrap_err();
    let yen = Money::zero(Currency::from_code("JPY").unwrap());
    let mut wish = Redemption { face: yen, shop: 8, store: 3, code: [2; 32] };
    assert_eq!(refused(wish), GiftRefusal::Code(CodeRefusal::Unknown));
    wish.code = [1; 32];
    assert_eq!(refused(wish), GiftRefusal::Place);
    (wish.shop, wish.store) = (9, 5);
    assert_eq!(refused(wish), GiftRefusal::Place);
    wish.store = 4;
    assert_eq!(refused(wish), GiftRefusal::Currency { expected: won(0).currency() });
    wish.face = won(0);
    assert_eq!(refused(wish), GiftRefusal::Zero);
    wish.face = won(5_001);
    assert_eq!(refused(wish), GiftRefusal::Exceeds { left_minor: 5_000 });
    assert_eq!(gift, fresh);
    wish.face = won(5_000);
    assert!(gift.redeem(&wish, &offer, start()).is_ok());
    let again = gift.redeem(&wish, &offer, start());
    assert_eq!(again, Err(GiftRefusal::Code(CodeRefusal::Used)));
    let used = Err(GiftRefusal::State(GiftState::Used));
    assert_eq!(gift.redeem(&at_till(1, 7), &offer, start()), used);
}

#[test]
fn the_last_use_that_there_may_be_takes_all() {
    let mut offer = offer(Remainder::Keep, REFUND);
    let mut gift = claimed(&mut offer);
    for code in 1..u8::try_from(MAX_USES).unwrap() {
        use_once(&mut gift, &offer, 1, code);
    }
    open_code(&mut gift, 99).unwrap();
    let left_minor = 5_000 - 31;
    let refused = gift.redeem(&at_till(1, 99), &offer, start());
    assert_eq!(refused, Err(GiftRefusal::TooManyUses { left_minor }));
    assert!(gift.redeem(&at_till(left_minor, 99), &offer, start()).is_ok());
    assert_eq!((gift.state(), gift.uses().len()), (GiftState::Used, MAX_USES));
}
