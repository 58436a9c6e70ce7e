//! Gift coupons under any steps in any order.

use super::support::{Bare, gift_rules};
use super::{buy, claim, issue, make_offer, pesos, redeem, refund, send, terms};
use base::Span;
use dhow_wallet::{Object, chart};
use gifts::{Audience, ExpiredTo, RefundRule, Remainder};
use ids::GiftId;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof};

/// One step of the property's world. Places are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Buy { who: u8, offer: u8, to: Option<u8> },
    Send { gift: u8, to: u8 },
    Claim { gift: u8, who: u8 },
    Use { gift: u8, face_minor: Option<u64> },
    Refund { gift: u8 },
    Pass { hours: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (any::<u8>(), any::<u8>(), any::<Option<u8>>())
            .prop_map(|(who, offer, to)| Step::Buy { who, offer, to }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(gift, to)| Step::Send { gift, to }),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(gift, who)| Step::Claim { gift, who }),
        4 => (any::<u8>(), prop::option::of(0u64..1_100))
            .prop_map(|(gift, face_minor)| Step::Use { gift, face_minor }),
        1 => any::<u8>().prop_map(|gift| Step::Refund { gift }),
        1 => (1u64..800).prop_map(|hours| Step::Pass { hours }),
    ];
    prop::collection::vec(step, 1..40)
}

/// Three offers of one shop, with the three rules for what is left over.
fn world() -> (Bare, u32, u32) {
    let mut bare = Bare::new();
    let owner = bare.customer(1);
    let shop = bare.open_shop(owner);
    let rules = [
        (Remainder::Keep, 10_000, ExpiredTo::Buyer),
        (Remainder::Change { from_used_bps: 6_000 }, 9_000, ExpiredTo::Holder),
        (Remainder::Forfeit, 0, ExpiredTo::Holder),
    ];
    for (remainder, bps, expired_to) in rules {
        let mut terms = terms(shop);
        terms.price = pesos(777);
        terms.remainder = remainder;
        terms.refund = RefundRule { before_claim_bps: bps, after_expiry_bps: bps, expired_to };
        let command = make_offer(&mut bare, owner, &terms);
        bare.number(command);
    }
    (bare, owner, shop)
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever happens in whatever order: the books agree after each step (`Bare`), what was paid
    /// for a gift is what went out of it, and in the end nothing is owed.
    #[test]
    fn what_was_paid_for_gifts_goes_out_once(steps in steps()) {
        let (mut bare, owner, shop) = world();
        let people: Vec<u32> = (0..4).map(|_| bare.rich(10_000)).collect();
        let mut ids: Vec<GiftId> = Vec::new();
        for step in steps {
            run(&mut bare, (shop, owner), &people, (&mut ids, step));
        }
        bare.pass(gift_rules().most_validity);
        let sum: u64 = people.iter().map(|it| bare.balance(*it)).sum();
        assert_eq!((sum + bare.machine.shop_balance(shop), bare.own(chart::GIFTS)), (40_000, 0));
        for (_, object) in bare.objects() {
            let Object::Gift(it) = object else { continue };
            assert_eq!(it.body.paid_out().total(), it.body.price());
            assert!(it.body.state().is_final());
        }
    }
}

fn run(bare: &mut Bare, till: (u32, u32), people: &[u32], (ids, step): (&mut Vec<GiftId>, Step)) {
    let person = |place: u8| people[usize::from(place) % people.len()];
    let count = ids.len().max(1);
    let chosen =
        |place: u8| match bare.objects().get(&ids.get(usize::from(place) % count)?.as_u128()) {
            Some(Object::Gift(it)) => Some(it.as_ref().clone()),
            _ => None,
        };
    match step {
        Step::Buy { who, offer, to } => {
            let to = to.map(|to| Audience::Named(person(to)));
            let (id, command) = buy(bare, person(who), u32::from(offer % 3), to);
            bare.apply(command);
            ids.push(id);
        }
        Step::Send { gift, to } => {
            if let Some(gift) = chosen(gift) {
                let to = Audience::Named(person(to));
                bare.apply(send(gift.body.buyer(), gift.id, to));
            }
        }
        Step::Claim { gift, who } => {
            if let Some(gift) = chosen(gift) {
                bare.apply(claim(person(who), gift.id, None));
            }
        }
        Step::Use { gift, face_minor } => {
            if let Some(gift) = chosen(gift) {
                let (digest, until) = (bare.digest(), bare.now.after(Span::minutes(5)));
                let holder = gift.body.holder().unwrap_or(gift.body.buyer());
                bare.apply(issue(holder, gift.id, digest, until));
                let command = redeem(bare, till, digest, face_minor);
                bare.apply(command);
            }
        }
        Step::Refund { gift } => {
            if let Some(gift) = chosen(gift) {
                bare.apply(refund(gift.body.buyer(), gift.id));
            }
        }
        Step::Pass { hours } => bare.pass(Span::hours(hours)),
    }
}
