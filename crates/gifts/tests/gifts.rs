//! Gift coupons under random histories: money adds up, codes open once, stock has an end.

use base::{Span, Text, Timestamp, decode_all, encode};
use dhow_gifts::{
    Audience, Checked, Claimant, ExpiredTo, Gift, GiftRules, GiftState, NewGift, Offer, OfferTerms,
    OpenCode, Payout, Places, Redemption, RefundRule, Remainder,
};
use money::{Currency, Money};
use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_oneof};
use proptest::proptest;
use std::collections::{BTreeMap, BTreeSet};

const LINK: [u8; 32] = [9; 32];
const STOCK: u32 = 4;
const PER_CUSTOMER: u32 = 2;

fn money(minor: u64) -> Money {
    Money::new(minor, Currency::from_code("THB").unwrap()).unwrap()
}

fn rules() -> Checked<GiftRules> {
    Checked::new(GiftRules {
        currency: money(0).currency(),
        least_face_minor: 1,
        most_face_minor: 1_000_000,
        least_price_bps: 1,
        least_validity: Span::days(1),
        most_validity: Span::days(366),
        most_stock: 100,
        most_per_customer: 10,
        may_forfeit: true,
        most_change_from_bps: 10_000,
        least_before_claim_bps: 0,
        least_after_expiry_bps: 0,
        most_code_life: Span::hours(1),
    })
    .unwrap()
}

/// What people do; gifts are named by their position among those bought, customers are 1 to 3.
#[derive(Clone, Copy, Debug)]
enum Event {
    Buy {
        buyer: u32,
        friend: Option<u32>,
    },
    Send {
        gift: usize,
        by: u32,
    },
    Claim {
        gift: usize,
        by: u32,
    },
    /// One of eight codes, so that old ones come again.
    Code {
        gift: usize,
        by: u32,
        digest: u8,
    },
    /// `share` of the face value in hundredths.
    Redeem {
        gift: usize,
        digest: u8,
        share: u64,
        store: u32,
    },
    Refund {
        gift: usize,
        by: u32,
    },
    Expire {
        gift: usize,
    },
    Pass {
        minutes: u64,
    },
}

/// The offer, its gifts, and what an outside observer adds up.
struct Story {
    offer: Offer,
    gifts: Vec<Gift>,
    now: Timestamp,
    bought: BTreeMap<u32, u32>,
    /// What was taken from buyers.
    paid_in: u64,
    /// To shop, buyers, holders, issuer.
    paid_out: [u64; 4],
    used_codes: BTreeSet<(usize, u8)>,
    expired: BTreeSet<usize>,
    refunded: BTreeSet<usize>,
}

impl Story {
    fn new(terms: OfferTerms) -> Story {
        Story {
            offer: Offer::new(5, terms, &rules()).unwrap(),
            gifts: Vec::new(),
            now: Timestamp::from_secs(1_000),
            bought: BTreeMap::new(),
            paid_in: 0,
            paid_out: [0; 4],
            used_codes: BTreeSet::new(),
            expired: BTreeSet::new(),
            refunded: BTreeSet::new(),
        }
    }

    fn play(&mut self, event: Event) {
        match event {
            Event::Buy { buyer, friend } => self.buy(buyer, friend),
            Event::Pass { minutes } => self.now = self.now.after(Span::minutes(minutes)),
            Event::Send { gift, .. }
            | Event::Claim { gift, .. }
            | Event::Code { gift, .. }
            | Event::Redeem { gift, .. }
            | Event::Refund { gift, .. }
            | Event::Expire { gift } => {
                if let Some(before) = self.gifts.get(gift).cloned() {
                    let payout = self.act(gift, event);
                    self.book(gift, &before, payout);
                }
            }
        }
        self.check();
    }

    fn buy(&mut self, buyer: u32, friend: Option<u32>) {
        let recipient = friend.map_or(Audience::Link(LINK), Audience::Named);
        let has = self.bought.get(&buyer).copied().unwrap_or(0);
        let wish = NewGift { buyer, recipient };
        let may = self.offer.left() > 0 && has < PER_CUSTOMER;
        match Gift::buy(&wish, &mut self.offer, has, self.now) {
            Ok((gift, has_now)) => {
                assert!(may);
                self.paid_in += gift.price().minor();
                self.gifts.push(gift);
                self.bought.insert(buyer, has_now);
            }
            Err(_) => assert!(!may),
        }
    }

    /// What the event takes out of the gift; zero when it was refused or takes nothing.
    fn act(&mut self, at: usize, event: Event) -> Payout {
        let (now, gift) = (self.now, &mut self.gifts[at]);
        let is_late = now >= gift.expires();
        let zero = Payout::zero(gift.price().currency());
        match event {
            Event::Send { by, .. } => assert!(gift.send(by, now).is_err() || by == gift.buyer()),
            Event::Claim { by, .. } => {
                let by = Claimant { customer: by, link: Some(LINK) };
                assert!(gift.claim(&by, now).is_err() || gift.holder() == Some(by.customer));
            }
            Event::Code { by, digest, .. } => {
                let until = now.after(Span::hours(1));
                let issued =
                    gift.issue_code(by, OpenCode { digest: [digest; 32], until }, now, &rules());
                let is_old = self.used_codes.contains(&(at, digest));
                assert!(issued.is_err() || (gift.holder() == Some(by) && !is_old));
            }
            Event::Redeem { digest, share, store, .. } => {
                let face = money(gift.face().minor() * share / 100);
                let wish = Redemption { face, shop: 9, store, code: [digest; 32] };
                if let Ok(done) = gift.redeem(&wish, &self.offer, now) {
                    assert!(!is_late && store == 3 && share > 0);
                    assert!(self.used_codes.insert((at, digest)), "a code opens once");
                    return done.payout;
                }
            }
            Event::Refund { by, .. } => {
                if let Ok(back) = gift.refund(by, now) {
                    assert!(!is_late && by == gift.buyer() && gift.holder().is_none());
                    assert!(self.refunded.insert(at), "money goes back once");
                    let has = self.bought[&by];
                    self.bought.insert(by, self.offer.put_back(has));
                    return back;
                }
            }
            Event::Expire { .. } => {
                if let Some(back) = gift.expire(now) {
                    assert!(is_late && self.expired.insert(at), "a gift expires once");
                    return back;
                }
            }
            Event::Buy { .. } | Event::Pass { .. } => {}
        }
        zero
    }

    /// What leaves a gift is what it owes less than before, and only a holder's gift pays a holder.
    fn book(&mut self, at: usize, before: &Gift, payout: Payout) {
        let gift = &self.gifts[at];
        let left = before.liability().checked_sub(gift.liability()).unwrap();
        assert_eq!(payout.total(), left);
        assert!(payout.to_holder.is_zero() || gift.holder().is_some());
        assert!(!before.state().is_final() || gift == before, "what has ended stays as it is");
        let Payout { to_shop, to_buyer, to_holder, to_issuer } = payout;
        for (sum, part) in self.paid_out.iter_mut().zip([to_shop, to_buyer, to_holder, to_issuer]) {
            *sum += part.minor();
        }
    }

    fn check(&self) {
        let owed: u64 = self.gifts.iter().map(|gift| gift.liability().minor()).sum();
        assert_eq!(self.paid_in, owed + self.paid_out.iter().sum::<u64>());
        for gift in &self.gifts {
            assert_eq!(gift.state().is_final(), gift.liability().is_zero());
            assert_eq!(gift.state().is_final(), gift.face_left().is_zero());
            // A discount never pays a shop more than it sold for.
            let used: u64 = gift.uses().iter().map(|done| done.face_minor).sum();
            assert!(used <= gift.face().minor());
            let due = u128::from(gift.price().minor()) * u128::from(used)
                / u128::from(gift.face().minor());
            assert_eq!(u128::from(gift.paid_out().to_shop.minor()), due);
            let open = gift.code().map(|code| code.digest);
            assert!(
                gift.uses().iter().all(|done| Some(done.code) != open),
                "a used code is closed"
            );
            assert_eq!(decode_all::<Gift>(&encode(gift)).as_ref(), Ok(gift));
        }
        let sold = u32::try_from(self.gifts.len() - self.refunded.len()).unwrap();
        assert!(sold <= STOCK);
        assert_eq!((self.offer.sold(), self.offer.left()), (sold, STOCK - sold));
        for (customer, has) in &self.bought {
            let of = |(at, gift): &(usize, &Gift)| {
                gift.buyer() == *customer && !self.refunded.contains(at)
            };
            let count = self.gifts.iter().enumerate().filter(of).count();
            assert_eq!(u32::try_from(count).unwrap(), *has);
            assert!(*has <= PER_CUSTOMER);
        }
        assert_eq!(decode_all::<Offer>(&encode(&self.offer)).as_ref(), Ok(&self.offer));
    }
}

fn terms() -> impl Strategy<Value = OfferTerms> {
    let remainder = prop_oneof![
        Just(Remainder::Forfeit),
        (1..=10_000u32).prop_map(|from_used_bps| Remainder::Change { from_used_bps }),
        Just(Remainder::Keep),
    ];
    let expired_to = prop_oneof![Just(ExpiredTo::Buyer), Just(ExpiredTo::Holder)];
    let shares = prop_oneof![Just(0u32), Just(10_000u32), 1..10_000u32];
    let refund = (shares.clone(), shares, expired_to).prop_map(
        |(before_claim_bps, after_expiry_bps, expired_to)| RefundRule {
            before_claim_bps,
            after_expiry_bps,
            expired_to,
        },
    );
    let value = prop_oneof![1..30u64, 1..1_000_000u64]
        .prop_flat_map(|face| (Just(face), face.div_ceil(10_000)..=face));
    (value, remainder, refund).prop_map(|((face, price), remainder, refund)| OfferTerms {
        shop: 9,
        title: Text::new("coffee").unwrap(),
        face: money(face),
        price: money(price),
        validity: Span::days(1),
        stock: STOCK,
        per_customer: PER_CUSTOMER,
        sale_from: Timestamp::from_secs(0),
        sale_until: Timestamp::MAX,
        places: Places::Stores(BTreeSet::from([3])),
        remainder,
        refund,
    })
}

fn event() -> impl Strategy<Value = Event> {
    let gift = || 0..4usize;
    let by = || 1..4u32;
    prop_oneof![
        4 => (by(), prop::option::of(by()))
            .prop_map(|(buyer, friend)| Event::Buy { buyer, friend }),
        6 => (gift(), by()).prop_map(|(gift, by)| Event::Send { gift, by }),
        6 => (gift(), by()).prop_map(|(gift, by)| Event::Claim { gift, by }),
        12 => (gift(), by(), 0..8u8)
            .prop_map(|(gift, by, digest)| Event::Code { gift, by, digest }),
        12 => (gift(), 0..8u8, 0..60u64, prop_oneof![4 => Just(3u32), 1 => Just(4u32)])
            .prop_map(|(gift, digest, share, store)| Event::Redeem { gift, digest, share, store }),
        2 => (gift(), by()).prop_map(|(gift, by)| Event::Refund { gift, by }),
        2 => gift().prop_map(|gift| Event::Expire { gift }),
        1 => (0..800u64).prop_map(|minutes| Event::Pass { minutes }),
    ]
}

/// A friend who has the gift and shows the newest code: what random events seldom come to.
fn visit() -> impl Strategy<Value = Vec<Event>> {
    (0..4usize, 1..4u32, 0..8u8, 1..60u64).prop_map(|(gift, by, digest, share)| {
        vec![
            Event::Send { gift, by: 1 },
            Event::Claim { gift, by },
            Event::Code { gift, by, digest },
            Event::Redeem { gift, digest, share, store: 3 },
            Event::Redeem { gift, digest, share, store: 3 },
        ]
    })
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(256))]

    #[test]
    fn every_history_adds_up(
        terms in terms(),
        steps in prop::collection::vec(
            prop_oneof![3 => event().prop_map(|event| vec![event]), 1 => visit()],
            1..60,
        ),
    ) {
        let mut story = Story::new(terms);
        story.play(Event::Buy { buyer: 1, friend: None });
        for event in steps.into_iter().flatten() {
            story.play(event);
        }
        story.play(Event::Pass { minutes: 24 * 60 });
        for gift in 0..story.gifts.len() {
            story.play(Event::Expire { gift });
        }
        prop_assert!(story.gifts.iter().all(|gift| gift.state().is_final()));
        let used = story.gifts.iter().filter(|gift| gift.state() == GiftState::Used).count();
        prop_assert!(used + story.expired.len() + story.refunded.len() == story.gifts.len());
    }
}
