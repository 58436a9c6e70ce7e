//! Which offers a market allows, and what stops a sale.

use super::*;
use crate::gift_rules::ExpiredTo;
use crate::gift_rules::tests::rules;
use base::{decode_all, encode};

fn won(minor: u64) -> Money {
    Money::new(minor, Currency::from_code("KRW").unwrap()).unwrap()
}

fn terms() -> OfferTerms {
    OfferTerms {
        shop: 9,
        title: Text::new("coffee").unwrap(),
        face: won(5_001),
        price: won(4_500),
        validity: Span::days(90),
        stock: 2,
        per_customer: 2,
        sale_from: Timestamp::from_secs(100),
        sale_until: Timestamp::from_secs(200),
        places: Places::Stores(BTreeSet::from([3, 4])),
        remainder: Remainder::Change { from_used_bps: 6_000 },
        refund: RefundRule {
            before_claim_bps: 10_000,
            after_expiry_bps: 9_000,
            expired_to: ExpiredTo::Holder,
        },
    }
}

fn refused(change: fn(&mut OfferTerms)) -> OfferRefusal {
    let mut terms = terms();
    change(&mut terms);
    Offer::new(1, terms, &Checked::new(rules()).unwrap()).unwrap_err()
}

#[test]
fn terms_that_the_market_does_not_allow() {
    assert!(Offer::new(1, terms(), &Checked::new(rules()).unwrap()).is_ok());
    let yen = Money::new(5_001, Currency::from_code("JPY").unwrap()).unwrap();
    let currency = OfferRefusal::Currency { expected: won(0).currency() };
    let mut foreign = terms();
    foreign.price = yen;
    assert_eq!(Offer::new(1, foreign, &Checked::new(rules()).unwrap()), Err(currency));
    let face = OfferRefusal::Face { least_minor: 1_000, most_minor: 500_000 };
    assert_eq!(refused(|t| t.face = won(999)), face);
    assert_eq!(refused(|t| t.face = won(500_001)), face);
    let price = OfferRefusal::Price { least_minor: 2_501, most_minor: 5_001 };
    assert_eq!(refused(|t| t.price = won(2_500)), price);
    assert_eq!(refused(|t| t.price = won(5_002)), price);
    let validity = OfferRefusal::Validity { least: Span::days(30), most: Span::days(366) };
    assert_eq!(refused(|t| t.validity = Span::days(29)), validity);
    assert_eq!(refused(|t| t.validity = Span::days(367)), validity);
    assert_eq!(refused(|t| t.stock = 0), OfferRefusal::Stock { most: 1_000 });
    assert_eq!(refused(|t| t.stock = 1_001), OfferRefusal::Stock { most: 1_000 });
    assert_eq!(refused(|t| t.per_customer = 0), OfferRefusal::PerCustomer { most: 2 });
    assert_eq!(refused(|t| t.per_customer = 3), OfferRefusal::PerCustomer { most: 2 });
    assert_eq!(refused(|t| t.sale_until = t.sale_from), OfferRefusal::Sale);
    let places = OfferRefusal::Places { most: MAX_PLACES };
    assert_eq!(refused(|t| t.places = Places::Stores(BTreeSet::new())), places);
    assert_eq!(refused(|t| t.places = Places::Stores((0..1_001).collect())), places);
    assert_eq!(refused(|t| t.remainder = Remainder::Forfeit), OfferRefusal::Remainder);
    for from_used_bps in [0, 6_001] {
        let mut terms = terms();
        terms.remainder = Remainder::Change { from_used_bps };
        let found = Offer::new(1, terms, &Checked::new(rules()).unwrap());
        assert_eq!(found, Err(OfferRefusal::Remainder));
    }
    assert_eq!(refused(|t| t.refund.before_claim_bps = 9_999), OfferRefusal::Refund);
    assert_eq!(refused(|t| t.refund.after_expiry_bps = 8_999), OfferRefusal::Refund);
    assert_eq!(refused(|t| t.refund.after_expiry_bps = 10_001), OfferRefusal::Refund);
}

#[test]
fn what_stops_a_sale() {
    let mut offer = Offer::new(1, terms(), &Checked::new(rules()).unwrap()).unwrap();
    let at = Timestamp::from_secs;
    assert_eq!(offer.sell(0, at(99)), Err(SaleRefusal::NotYetOnSale));
    assert_eq!(offer.sell(0, at(200)), Err(SaleRefusal::NoLongerOnSale));
    assert_eq!(offer.sell(2, at(100)), Err(SaleRefusal::CustomerLimit));
    assert_eq!(offer.sell(0, at(100)), Ok(1));
    assert_eq!(offer.sell(1, at(199)), Ok(2));
    assert_eq!((offer.sold(), offer.left()), (2, 0));
    assert_eq!(offer.sell(0, at(199)), Err(SaleRefusal::SoldOut));
    assert_eq!(offer.put_back(2), 1);
    offer.end_sale(at(150));
    offer.end_sale(at(160));
    assert_eq!(offer.sell(1, at(150)), Err(SaleRefusal::NoLongerOnSale));
    assert_eq!(offer.would_sell(1, at(149)), Ok(()));
    assert_eq!(decode_all::<Offer>(&encode(&offer)), Ok(offer));
}

#[test]
fn a_coupon_is_good_in_the_listed_stores_of_its_shop() {
    let rules = Checked::new(rules()).unwrap();
    let listed = Offer::new(1, terms(), &rules).unwrap();
    assert!(listed.is_good_at(9, 3) && !listed.is_good_at(9, 5) && !listed.is_good_at(8, 3));
    let everywhere = Offer::new(1, OfferTerms { places: Places::AllStores, ..terms() }, &rules);
    let everywhere = everywhere.unwrap();
    assert!(everywhere.is_good_at(9, 5) && !everywhere.is_good_at(8, 5));
}
