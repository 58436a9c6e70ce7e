//! Gift coupons on the bare machine: from the offer to the till, with books that agree after each
//! step.

mod random;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/mod.rs"]
mod support;

use account::CustomerInput;
use base::{ResultCode, Span, Timestamp};
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::gifts::{BuyGift, GiftCommand, RedeemGift};
use dhow_wallet::command::shops::{OpenShop, ShopCommand};
use dhow_wallet::objects::Gift;
use dhow_wallet::{
    Command, Features, Market, Object, ShopKind, chart, gift_of_code, list_of_customer,
    list_of_shop, object_of_link,
};
use geo::Position;
use gifts::{Audience, ExpiredTo, GiftState, OfferTerms, OpenCode, Places, RefundRule, Remainder};
use ids::GiftId;
use money::Money;
use std::collections::BTreeSet;
use support::{BASIC, Bare, desk, listed, market, peso, text};

const VALID: Span = Span::days(60);

/// What makes a good wish a bad one.
type Change = fn(&mut OfferTerms);

fn pesos(minor: u64) -> Money {
    Money::new(minor, peso()).unwrap()
}

/// Coffee for 1,000, sold at 900: nothing is forfeited, all comes back.
fn terms(shop: u32) -> OfferTerms {
    OfferTerms {
        shop,
        title: text("coffee"),
        face: pesos(1_000),
        price: pesos(900),
        validity: VALID,
        stock: 20,
        per_customer: 3,
        sale_from: Timestamp::from_secs(0),
        sale_until: Timestamp::MAX,
        places: Places::AllStores,
        remainder: Remainder::Keep,
        refund: RefundRule {
            before_claim_bps: 10_000,
            after_expiry_bps: 10_000,
            expired_to: ExpiredTo::Buyer,
        },
    }
}

/// One shop with one offer, a buyer with 10,000 and a friend with nothing.
struct Scene {
    bare: Bare,
    owner: u32,
    shop: u32,
    offer: u32,
    buyer: u32,
    friend: u32,
}

fn scene(change: impl FnOnce(&mut OfferTerms)) -> Scene {
    let mut bare = Bare::new();
    let owner = bare.customer(1);
    let shop = bare.open_shop(owner);
    let mut terms = terms(shop);
    change(&mut terms);
    let command = make_offer(&mut bare, owner, &terms);
    let offer = bare.number(command);
    let (buyer, friend) = (bare.rich(10_000), bare.customer(0));
    Scene { bare, owner, shop, offer, buyer, friend }
}

fn gift_command(it: GiftCommand) -> Command {
    Command::Gift(it)
}

fn make_offer(bare: &mut Bare, by: u32, terms: &OfferTerms) -> Command {
    let terms = Box::new(terms.clone());
    gift_command(GiftCommand::MakeOffer { by, terms, once: bare.once() })
}

fn buy(bare: &mut Bare, buyer: u32, offer: u32, to: Option<Audience>) -> (GiftId, Command) {
    let id = bare.id(GiftId::new);
    let it = BuyGift { id, buyer, offer, to, note: None, once: bare.once() };
    (id, gift_command(GiftCommand::Buy(Box::new(it))))
}

fn send(by: u32, id: GiftId, to: Audience) -> Command {
    gift_command(GiftCommand::Send { by, id, to, note: None })
}

fn claim(customer: u32, id: GiftId, link: Option<[u8; 32]>) -> Command {
    gift_command(GiftCommand::Claim { customer, id, link })
}

fn refund(by: u32, id: GiftId) -> Command {
    gift_command(GiftCommand::Refund { by, id })
}

fn issue(customer: u32, id: GiftId, digest: [u8; 32], until: Timestamp) -> Command {
    gift_command(GiftCommand::IssueCode { customer, id, code: OpenCode { digest, until } })
}

fn redeem(
    bare: &mut Bare,
    (shop, by): (u32, u32),
    code: [u8; 32],
    face_minor: Option<u64>,
) -> Command {
    let once = bare.once();
    gift_command(GiftCommand::Redeem(RedeemGift { shop, by, code, face_minor, once }))
}

impl Scene {
    /// Bought and sent to the friend by name.
    fn sent(&mut self) -> GiftId {
        let to = Some(Audience::Named(self.friend));
        let (id, command) = buy(&mut self.bare, self.buyer, self.offer, to);
        self.bare.made(command);
        id
    }

    /// Bought, sent, and in the friend's hands.
    fn claimed(&mut self) -> GiftId {
        let id = self.sent();
        self.bare.made(claim(self.friend, id, None));
        id
    }

    fn code(&mut self, id: GiftId) -> [u8; 32] {
        let digest = self.bare.digest();
        let until = self.bare.now.after(Span::minutes(5));
        self.bare.made(issue(self.friend, id, digest, until));
        digest
    }

    /// The friend shows a new code at the till of the offer's own shop.
    fn use_some(&mut self, id: GiftId, face_minor: Option<u64>) {
        let code = self.code(id);
        let command = redeem(&mut self.bare, (self.shop, self.owner), code, face_minor);
        self.bare.made(command);
    }

    /// What buyer, friend and shop have, and what is left on gifts.
    fn money(&self) -> [u64; 4] {
        let bare = &self.bare;
        let left = u64::try_from(bare.own(chart::GIFTS)).unwrap();
        let shop = bare.machine.shop_balance(self.shop);
        [bare.balance(self.buyer), bare.balance(self.friend), shop, left]
    }

    fn gift(&self, id: GiftId) -> Gift {
        match self.bare.object(id.as_u128()) {
            Object::Gift(it) => it.as_ref().clone(),
            other => panic!("{other:?}"),
        }
    }

    fn bought(&self) -> (u32, u32) {
        let machine = &self.bare.machine;
        let sold = machine.offer(self.offer).unwrap().sold();
        (sold, machine.bought_of_offer(self.offer, self.buyer))
    }
}

#[test]
fn a_coupon_goes_from_its_buyer_to_a_friend_to_the_till() {
    let mut it = scene(|_| {});
    let (id, command) = buy(&mut it.bare, it.buyer, it.offer, None);
    it.bare.made(command.clone());
    it.bare.repeated(command);
    assert_eq!(it.money(), [9_100, 0, 0, 900]);
    assert_eq!((it.bought(), it.bare.spent(it.buyer)), ((1, 1), (900, 900)));
    // Nobody but the buyer and the shop is told before it is sent.
    let ids = [id.as_u128()];
    let of = |bare: &Bare, list: Vec<u8>| listed(&bare.history, &list);
    assert_eq!(of(&it.bare, list_of_customer(it.buyer)).last(), Some(&ids[0]));
    assert_eq!(of(&it.bare, list_of_shop(it.shop)), ids);
    let early = claim(it.friend, id, None);
    assert_eq!(it.bare.refused(early.clone()), ResultCode::OrderNotExist);

    let to = Audience::Named(it.friend);
    assert_eq!(it.bare.refused(send(it.friend, id, to)), ResultCode::OrderNotExist);
    it.bare.made(send(it.buyer, id, to));
    it.bare.repeated(send(it.buyer, id, to));
    let elsewhere = send(it.buyer, id, Audience::Named(it.owner));
    assert_eq!(it.bare.refused(elsewhere), ResultCode::OrderStatusInvalid);
    assert_eq!(of(&it.bare, list_of_customer(it.friend)), ids);
    it.bare.made(early.clone());
    it.bare.repeated(early);
    assert_eq!(of(&it.bare, list_of_customer(it.friend)), ids);

    // 333 of 1,000 is 299.7 of 900: rounded down, and the last use takes what is left.
    it.use_some(id, Some(333));
    assert_eq!(it.money(), [9_100, 0, 299, 601]);
    assert_eq!(it.gift(id).body.state(), GiftState::PartlyUsed);
    it.use_some(id, None);
    assert_eq!(it.money(), [9_100, 0, 900, 0]);
    assert_eq!(it.gift(id).body.state(), GiftState::Used);
    assert_eq!(it.bare.machine.open_objects().count(), 0);
    it.bare.pass(VALID);
    assert_eq!(it.money(), [9_100, 0, 900, 0]);
}

#[test]
fn the_first_with_the_link_has_the_gift() {
    let mut it = scene(|_| {});
    let link = [7; 32];
    let (id, command) = buy(&mut it.bare, it.buyer, it.offer, Some(Audience::Link(link)));
    it.bare.made(command);
    assert_eq!(object_of_link(&it.bare.history, &link), Some(id.as_u128()));
    let other = it.bare.customer(0);
    assert_eq!(it.bare.refused(claim(other, id, Some([8; 32]))), ResultCode::OrderNotExist);
    it.bare.made(claim(it.friend, id, Some(link)));
    assert_eq!(it.bare.refused(claim(other, id, Some(link))), ResultCode::OrderIsClosed);
    it.bare.repeated(claim(it.friend, id, None));
    assert_eq!(listed(&it.bare.history, &list_of_customer(it.friend)), [id.as_u128()]);
    // The link opens nothing else ever again.
    let (_, command) = buy(&mut it.bare, it.buyer, it.offer, Some(Audience::Link(link)));
    assert_eq!(it.bare.refused(command), ResultCode::ProcessFail);
}

#[test]
fn one_code_is_redeemed_once() {
    let mut it = scene(|_| {});
    let id = it.claimed();
    let second = it.bare.open_shop(it.owner);
    let code = it.code(id);
    assert_eq!(gift_of_code(&it.bare.history, &code), Some(id));
    let first = redeem(&mut it.bare, (it.shop, it.owner), code, Some(400));
    it.bare.made(first.clone());
    // A till that lost the answer asks again, another one is too late.
    it.bare.repeated(first);
    for shop in [it.shop, second] {
        let again = redeem(&mut it.bare, (shop, it.owner), code, Some(400));
        assert_eq!(it.bare.refused(again), ResultCode::ExpiredCode);
    }
    let reissued = issue(it.friend, id, code, it.bare.now.after(Span::minutes(1)));
    assert_eq!(it.bare.refused(reissued), ResultCode::ParamIllegal);
    assert_eq!(it.money(), [9_100, 0, 360, 540]);
    // The other shop of the same owner takes the rest, and finds it among its own.
    let code = it.code(id);
    let some = redeem(&mut it.bare, (second, it.owner), code, Some(100));
    it.bare.made(some);
    let code = it.code(id);
    let rest = redeem(&mut it.bare, (second, it.owner), code, None);
    it.bare.made(rest);
    assert_eq!(it.bare.machine.shop_balance(second), 540);
    assert_eq!(listed(&it.bare.history, &list_of_shop(second)), [id.as_u128()]);
    let again = redeem(&mut it.bare, (second, it.owner), code, None);
    assert_eq!(it.bare.refused(again), ResultCode::ExpiredCode);
}

#[test]
fn codes_that_open_nothing() {
    let mut it = scene(|_| {});
    let id = it.claimed();
    let till = (it.shop, it.owner);
    let now = it.bare.now;
    let until = now.after(Span::minutes(5));
    let refused = |it: &mut Scene, customer, digest, until| {
        it.bare.refused(issue(customer, id, digest, until))
    };
    assert_eq!(refused(&mut it, 999, [1; 32], until), ResultCode::OrderNotExist);
    let (buyer, friend) = (it.buyer, it.friend);
    assert_eq!(refused(&mut it, buyer, [1; 32], until), ResultCode::OrderNotExist);
    assert_eq!(refused(&mut it, friend, [1; 32], now), ResultCode::ParamIllegal);
    let long = now.after(Span::minutes(6));
    assert_eq!(refused(&mut it, friend, [1; 32], long), ResultCode::ParamIllegal);

    let old = it.code(id);
    let new = it.code(id);
    let command = issue(friend, id, new, until);
    it.bare.repeated(command);
    assert_eq!(refused(&mut it, friend, old, until), ResultCode::ProcessFail);
    for (code, result) in [([9; 32], ResultCode::InvalidCode), (old, ResultCode::InvalidCode)] {
        let command = redeem(&mut it.bare, till, code, None);
        assert_eq!(it.bare.refused(command), result);
    }
    for (face, result) in [(0, ResultCode::ParamIllegal), (1_001, ResultCode::UserBalanceNotEnough)]
    {
        let command = redeem(&mut it.bare, till, new, Some(face));
        assert_eq!(it.bare.refused(command), result);
    }
    let foreign = redeem(&mut it.bare, (it.shop, it.buyer), new, None);
    assert_eq!(it.bare.refused(foreign), ResultCode::MerchantNotRegistered);
    let strange = it.bare.open_shop(it.buyer);
    let command = redeem(&mut it.bare, (strange, it.buyer), new, None);
    assert_eq!(it.bare.refused(command), ResultCode::BusinessNotSupport);
    // What a frozen holder has stays where it is.
    let change = |input| desk("ines", DeskAct::ChangeCustomer { customer: friend, input });
    it.bare.done(change(CustomerInput::Freeze));
    let command = redeem(&mut it.bare, till, new, None);
    assert_eq!(it.bare.refused(command), ResultCode::UserStatusAbnormal);
    let more = it.bare.digest();
    assert_eq!(refused(&mut it, friend, more, until), ResultCode::UserStatusAbnormal);
    it.bare.done(change(CustomerInput::Unfreeze));
    it.bare.pass(Span::minutes(5));
    let command = redeem(&mut it.bare, till, new, None);
    assert_eq!(it.bare.refused(command), ResultCode::ExpiredCode);
    it.use_some(id, None);
}

#[test]
fn a_gift_is_given_back_before_it_is_claimed_and_not_after() {
    for claim_first in [true, false] {
        let mut it = scene(|_| {});
        let id = it.sent();
        assert_eq!(it.bare.refused(refund(it.friend, id)), ResultCode::OrderNotExist);
        if claim_first {
            it.bare.made(claim(it.friend, id, None));
            assert_eq!(it.bare.refused(refund(it.buyer, id)), ResultCode::OrderStatusInvalid);
            assert_eq!((it.money(), it.bought()), ([9_100, 0, 0, 900], (1, 1)));
        } else {
            it.bare.made(refund(it.buyer, id));
            it.bare.repeated(refund(it.buyer, id));
            assert_eq!(it.bare.refused(claim(it.friend, id, None)), ResultCode::OrderIsClosed);
            assert_eq!((it.money(), it.bought()), ([10_000, 0, 0, 0], (0, 0)));
            assert_eq!(it.bare.spent(it.buyer), (0, 0));
        }
    }
    // An offer that keeps a tenth, and one that gives nothing back.
    let mut it = scene(|terms| terms.refund.before_claim_bps = 9_000);
    let id = it.sent();
    it.bare.made(refund(it.buyer, id));
    assert_eq!(it.money(), [9_910, 0, 90, 0]);
    let mut it = scene(|terms| terms.refund.before_claim_bps = 0);
    let id = it.sent();
    assert_eq!(it.bare.refused(refund(it.buyer, id)), ResultCode::BusinessNotSupport);
}

#[test]
fn what_is_left_over_and_what_expires_goes_where_the_market_says() {
    // A market that protects the holder: change from 60 in 100, and 90 in 100 after expiry.
    let kind = |terms: &mut OfferTerms| {
        terms.remainder = Remainder::Change { from_used_bps: 6_000 };
        let expired_to = ExpiredTo::Holder;
        terms.refund = RefundRule { before_claim_bps: 10_000, after_expiry_bps: 9_000, expired_to };
    };
    // One that leaves all to the shop.
    let hard = |terms: &mut OfferTerms| {
        terms.remainder = Remainder::Forfeit;
        terms.refund.after_expiry_bps = 0;
    };
    let mut it = scene(kind);
    let id = it.claimed();
    it.use_some(id, Some(500));
    assert_eq!(it.money(), [9_100, 0, 450, 450]);
    it.use_some(id, Some(100));
    assert_eq!(it.money(), [9_100, 360, 540, 0]);

    // Change comes also to a holder who may hold no more.
    let mut it = scene(kind);
    let id = it.claimed();
    it.bare.top_up(it.friend, BASIC[3]);
    it.use_some(id, Some(600));
    assert_eq!(it.money(), [9_100, BASIC[3] + 360, 540, 0]);

    let mut it = scene(hard);
    let id = it.claimed();
    it.use_some(id, Some(500));
    assert_eq!(it.money(), [9_100, 0, 900, 0]);

    let mut it = scene(kind);
    it.claimed();
    it.sent();
    it.bare.pass(VALID);
    // The holder of one has its 810; the other, which nobody claimed, goes back to its buyer.
    assert_eq!(it.money(), [9_010, 810, 180, 0]);

    let mut it = scene(hard);
    it.claimed();
    it.sent();
    it.bare.pass(VALID);
    assert_eq!(it.money(), [8_200, 0, 1_800, 0]);
}

#[test]
fn at_the_instant_of_expiry_all_is_too_late_whether_or_not_the_timer_was_first() {
    for timer_first in [true, false] {
        let mut it = scene(|_| {});
        let (sent, held) = (it.sent(), it.claimed());
        it.bare.pass(Span::from_nanos(VALID.nanos() - 1));
        let code = it.code(held);
        it.bare.pass_asleep(Span::from_nanos(1));
        if timer_first {
            it.bare.tick();
        }
        let late = redeem(&mut it.bare, (it.shop, it.owner), code, None);
        let buyer = it.buyer;
        for command in [claim(it.friend, sent, None), refund(buyer, sent), late] {
            assert_eq!(it.bare.refused(command), ResultCode::OrderIsClosed);
        }
        it.bare.tick();
        it.bare.tick();
        assert_eq!(it.money(), [10_000, 0, 0, 0]);
        assert_eq!(it.gift(sent).body.state(), GiftState::Expired);
    }
}

#[test]
fn of_twenty_coupons_sixty_four_buyers_have_twenty() {
    let mut it = scene(|_| {});
    let buyers: Vec<u32> = (0..64).map(|_| it.bare.rich(1_000)).collect();
    let mut bought = 0;
    for buyer in &buyers {
        let (_, command) = buy(&mut it.bare, *buyer, it.offer, None);
        if bought < 20 {
            it.bare.made(command);
            bought += 1;
        } else {
            assert_eq!(it.bare.refused(command), ResultCode::OrderIsClosed);
        }
    }
    let sum: u64 = buyers.iter().map(|buyer| it.bare.balance(*buyer)).sum();
    assert_eq!((sum, it.money()[3]), (64_000 - 20 * 900, 20 * 900));
    assert!(it.bare.machine.offers_on_sale(it.shop, it.bare.now).is_empty());
}

#[test]
fn one_buyer_has_as_many_as_one_may() {
    let mut it = scene(|_| {});
    let ids: Vec<GiftId> = (0..3).map(|_| it.sent()).collect();
    let (_, more) = buy(&mut it.bare, it.buyer, it.offer, None);
    assert_eq!(it.bare.refused(more.clone()), ResultCode::PaymentCountExceedLimit);
    it.bare.made(refund(it.buyer, ids[1]));
    it.bare.made(more);
    let (_, again) = buy(&mut it.bare, it.buyer, it.offer, None);
    assert_eq!(it.bare.refused(again), ResultCode::PaymentCountExceedLimit);
}

#[test]
fn offers_that_cannot_be_made_or_bought() {
    let mut it = scene(|_| {});
    let (owner, shop) = (it.owner, it.shop);
    let cases: [(ResultCode, Change); 6] = [
        (ResultCode::ParamIllegal, |it| it.face = pesos(99)),
        (ResultCode::ParamIllegal, |it| it.price = pesos(499)),
        (ResultCode::ParamIllegal, |it| it.validity = Span::days(29)),
        (ResultCode::ParamIllegal, |it| it.sale_until = Timestamp::from_secs(1)),
        (ResultCode::ParamIllegal, |it| it.places = Places::Stores(BTreeSet::new())),
        (ResultCode::MerchantNotRegistered, |it| {
            it.places = Places::Stores(BTreeSet::from([0, 77]));
        }),
    ];
    for (code, change) in cases {
        let mut terms = terms(shop);
        change(&mut terms);
        let command = make_offer(&mut it.bare, owner, &terms);
        assert_eq!(it.bare.refused(command), code, "{terms:?}");
    }
    let foreign = make_offer(&mut it.bare, it.buyer, &terms(shop));
    assert_eq!(it.bare.refused(foreign), ResultCode::MerchantNotRegistered);
    let (_, own) = buy(&mut it.bare, owner, it.offer, None);
    assert_eq!(it.bare.refused(own), ResultCode::RiskReject);
    let (_, unknown) = buy(&mut it.bare, it.buyer, 77, None);
    assert_eq!(it.bare.refused(unknown), ResultCode::OrderNotExist);

    // Asked for again it is the same offer, and the number of another has another.
    let again = make_offer(&mut it.bare, owner, &terms(shop));
    let number = it.bare.number(again.clone());
    assert_eq!((it.bare.number(again), number), (number, it.offer + 1));
    assert_eq!(it.bare.machine.offers_on_sale(shop, it.bare.now).len(), 2);
    let held = it.claimed();
    let end = |by, offer| gift_command(GiftCommand::EndOffer { by, offer });
    let buyer = it.buyer;
    assert_eq!(it.bare.refused(end(buyer, it.offer)), ResultCode::MerchantNotRegistered);
    it.bare.done(end(owner, it.offer));
    let (_, late) = buy(&mut it.bare, it.buyer, it.offer, None);
    assert_eq!(it.bare.refused(late), ResultCode::OrderIsClosed);
    // What was sold stays good, also when the wallet sells no more of them.
    let off = Market { features: Features { gifts: false, ..market().features }, ..market() };
    it.bare.done(desk("ines", DeskAct::SetMarket(Box::new(off))));
    let (_, off) = buy(&mut it.bare, it.buyer, number, None);
    assert_eq!(it.bare.refused(off), ResultCode::BusinessNotSupport);
    let off = make_offer(&mut it.bare, owner, &terms(shop));
    assert_eq!(it.bare.refused(off), ResultCode::BusinessNotSupport);
    it.use_some(held, None);
}

#[test]
fn the_desk_makes_an_offer_for_shops_of_several_owners_and_each_till_has_its_part() {
    let mut bare = Bare::new();
    let (chain, partner) = (bare.customer(1), bare.customer(1));
    let at = |lat| Position::new(lat, 121_000_000).ok();
    let mut open = |owner, position| {
        let once = bare.once();
        bare.number(Command::Shop(ShopCommand::Open(OpenShop {
            owner,
            name: text("Halo-halo"),
            mcc: text("5814"),
            city: text("Cebu"),
            position,
            kind: ShopKind::Plain,
            once,
        })))
    };
    let issuer = open(chain, at(14_000_000));
    let other = open(partner, at(15_000_000));
    let off_map = open(chain, None);
    let unlisted = open(chain, at(16_000_000));
    let mut terms = terms(issuer);
    terms.places = Places::Stores(BTreeSet::from([other, off_map, issuer]));
    terms.remainder = Remainder::Forfeit;
    let command = make_offer(&mut bare, chain, &terms);
    assert_eq!(bare.refused(command), ResultCode::MerchantNotRegistered);
    let act = DeskAct::MakeOffer { terms: Box::new(terms), once: bare.once() };
    let offer = bare.number(desk("ines", act));
    let near: Vec<u32> = bare.machine.places_of_offer(offer).iter().map(|it| it.0).collect();
    assert_eq!(near, [issuer, other]);
    let wallet = &bare.machine;
    let many = dhow_wallet::offers_by_place(wallet.shops(), &wallet.offers_of_shop(issuer));
    assert_eq!(many, [issuer, other].map(|shop| (shop, vec![offer])).into());

    let (buyer, friend) = (bare.rich(10_000), bare.customer(0));
    let mut it = Scene { bare, owner: partner, shop: other, offer, buyer, friend };
    let id = it.claimed();
    let code = it.code(id);
    let strange = redeem(&mut it.bare, (unlisted, chain), code, Some(400));
    assert_eq!(it.bare.refused(strange), ResultCode::BusinessNotSupport);
    it.use_some(id, Some(400));
    // The till has its part of the price, and the shop that sold it keeps what was forfeited.
    assert_eq!(it.money(), [9_100, 0, 360, 0]);
    assert_eq!(it.bare.machine.shop_balance(issuer), 540);
    assert_eq!(listed(&it.bare.history, &list_of_shop(other)), [id.as_u128()]);
    assert_eq!(listed(&it.bare.history, &list_of_shop(issuer)), [id.as_u128()]);

    let set = ShopCommand::SetOpen { shop: other, by: partner, is_open: false };
    it.bare.done(Command::Shop(set));
    assert_eq!(it.bare.machine.places_of_offer(offer).len(), 1);
    it.bare.done(desk("ines", DeskAct::EndOffer { offer }));
    let (_, late) = buy(&mut it.bare, buyer, offer, None);
    assert_eq!(it.bare.refused(late), ResultCode::OrderIsClosed);
}
