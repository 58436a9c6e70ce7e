//! What a shop sells: an item coupon, how many of it, to whom, until when, and where it is good.
//!
//! The terms of an offer never change; a shop that wants other ones ends the sale and makes a new
//! offer. What one buyer has is counted by the machine, since an offer may have many buyers.

use crate::gift_rules::{GiftRules, RefundRule, Remainder, WHOLE_BPS};
use crate::rules::Checked;
use base::{Span, Text, Timestamp, codec_enum, codec_struct};
use money::{Currency, Money, Rounding, share_bps};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most stores that an offer can list. A shop with more of them offers in all.
pub const MAX_PLACES: usize = 1_000;

/// Where a coupon is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    /// In every store of the shop, also in new ones.
    AllStores,
    /// In these stores of the shop, by number; 1 to [`MAX_PLACES`].
    Stores(BTreeSet<u32>),
}
codec_enum!(Places { 0 = AllStores, 1 = Stores(stores) });

/// The terms of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferTerms {
    /// The shop's number.
    pub shop: u32,
    /// Under which name title, text and picture are kept.
    pub title: Text<64>,
    /// What the coupon is worth at the till, in the market's currency.
    pub face: Money,
    /// What the buyer pays: above zero, up to the face value. The shop bears the difference, since
    /// it has the price for goods of the face value.
    pub price: Money,
    /// From purchase to expiry.
    pub validity: Span,
    /// How many may be sold.
    pub stock: u32,
    /// How many one buyer may have.
    pub per_customer: u32,
    /// On sale from this moment on.
    pub sale_from: Timestamp,
    /// Not on sale any more from this moment on.
    pub sale_until: Timestamp,
    pub places: Places,
    pub remainder: Remainder,
    pub refund: RefundRule,
}
codec_struct!(OfferTerms {
    shop,
    title,
    face,
    price,
    validity,
    stock,
    per_customer,
    sale_from,
    sale_until,
    places,
    remainder,
    refund,
});

/// Which term of an offer the market does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferRefusal {
    /// Face value or price is not in the market's currency.
    Currency { expected: Currency },
    /// The face value is out of bounds.
    Face { least_minor: u64, most_minor: u64 },
    /// The price is zero, too small a share of the face value, or above it.
    Price { least_minor: u64, most_minor: u64 },
    /// Too short or too long.
    Validity { least: Span, most: Span },
    /// None, or too many.
    Stock { most: u32 },
    /// None, too many, or more than there are.
    PerCustomer { most: u32 },
    /// The sale ends before it begins.
    Sale,
    /// No store, or too many.
    Places { most: usize },
    /// Worse for the holder than the market allows, or no share.
    Remainder,
    /// Worse for the buyer or holder than the market allows, or more than all.
    Refund,
}

/// Why a coupon cannot be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaleRefusal {
    NotYetOnSale,
    NoLongerOnSale,
    SoldOut,
    /// The buyer has as many as one may have.
    CustomerLimit,
}

/// An offer of a shop, and how much of it is sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    number: u32,
    terms: Arc<OfferTerms>,
    sold: u32,
    /// When the shop ended the sale, if it did.
    ended: Option<Timestamp>,
}
codec_struct!(Offer { number, terms, sold, ended });

impl Offer {
    /// An offer that the market allows. Refusals are in the order of [`OfferRefusal`].
    pub fn new(
        number: u32,
        terms: OfferTerms,
        rules: &Checked<GiftRules>,
    ) -> Result<Offer, OfferRefusal> {
        check_value(&terms, rules)?;
        check_sale(&terms, rules)?;
        check_promise(&terms, rules)?;
        Ok(Offer { number, terms: Arc::new(terms), sold: 0, ended: None })
    }

    pub fn number(&self) -> u32 {
        self.number
    }

    pub fn terms(&self) -> &OfferTerms {
        &self.terms
    }

    /// How many are sold and were not given back.
    pub fn sold(&self) -> u32 {
        self.sold
    }

    /// How many can still be sold.
    pub fn left(&self) -> u32 {
        self.terms.stock - self.sold
    }

    /// Ends the sale now. What was sold stays good. Ending it again changes nothing.
    pub fn end_sale(&mut self, now: Timestamp) {
        self.ended.get_or_insert(now);
    }

    /// Would a buyer who has `bought` of it get one more?
    ///
    /// Refusals, in order: `NotYetOnSale`, `NoLongerOnSale`, `SoldOut`, `CustomerLimit`.
    pub fn would_sell(&self, bought: u32, now: Timestamp) -> Result<(), SaleRefusal> {
        if now < self.terms.sale_from {
            return Err(SaleRefusal::NotYetOnSale);
        }
        if now >= self.terms.sale_until || self.ended.is_some_and(|ended| now >= ended) {
            return Err(SaleRefusal::NoLongerOnSale);
        }
        if self.left() == 0 {
            return Err(SaleRefusal::SoldOut);
        }
        if bought >= self.terms.per_customer {
            return Err(SaleRefusal::CustomerLimit);
        }
        Ok(())
    }

    /// Takes one off the stock: the buyer's new count.
    pub(crate) fn sell(&mut self, bought: u32, now: Timestamp) -> Result<u32, SaleRefusal> {
        self.would_sell(bought, now)?;
        self.sold += 1;
        Ok(bought + 1)
    }

    /// One that was sold comes back to the stock, since its buyer had it refunded before it was
    /// claimed: the buyer's new count. Panics when none is sold, or the buyer has none.
    pub fn put_back(&mut self, bought: u32) -> u32 {
        self.sold = self.sold.checked_sub(1).expect("only what was sold comes back");
        bought.checked_sub(1).expect("only who bought gives back")
    }

    /// Is a coupon good in this store of this shop?
    pub fn is_good_at(&self, shop: u32, store: u32) -> bool {
        let is_listed = match &self.terms.places {
            Places::AllStores => true,
            Places::Stores(stores) => stores.contains(&store),
        };
        shop == self.terms.shop && is_listed
    }
}

fn check_value(terms: &OfferTerms, rules: &Checked<GiftRules>) -> Result<(), OfferRefusal> {
    let currency = rules.currency;
    if terms.face.currency() != currency || terms.price.currency() != currency {
        return Err(OfferRefusal::Currency { expected: currency });
    }
    let (least_minor, most_minor) = (rules.least_face_minor, rules.most_face_minor);
    if !(least_minor..=most_minor).contains(&terms.face.minor()) {
        return Err(OfferRefusal::Face { least_minor, most_minor });
    }
    // The share is above zero, so that the least price is too.
    let least = share_bps(terms.face, rules.least_price_bps, Rounding::Up)
        .expect("a share of at most the whole is an amount");
    let (least_minor, most_minor) = (least.minor(), terms.face.minor());
    if !(least_minor..=most_minor).contains(&terms.price.minor()) {
        return Err(OfferRefusal::Price { least_minor, most_minor });
    }
    Ok(())
}

fn check_sale(terms: &OfferTerms, rules: &Checked<GiftRules>) -> Result<(), OfferRefusal> {
    let (least, most) = (rules.least_validity, rules.most_validity);
    if !(least..=most).contains(&terms.validity) {
        return Err(OfferRefusal::Validity { least, most });
    }
    if !(1..=rules.most_stock).contains(&terms.stock) {
        return Err(OfferRefusal::Stock { most: rules.most_stock });
    }
    let most = rules.most_per_customer.min(terms.stock);
    if !(1..=most).contains(&terms.per_customer) {
        return Err(OfferRefusal::PerCustomer { most });
    }
    if terms.sale_from >= terms.sale_until {
        return Err(OfferRefusal::Sale);
    }
    match &terms.places {
        Places::Stores(stores) if !(1..=MAX_PLACES).contains(&stores.len()) => {
            Err(OfferRefusal::Places { most: MAX_PLACES })
        }
        Places::Stores(_) | Places::AllStores => Ok(()),
    }
}

fn check_promise(terms: &OfferTerms, rules: &Checked<GiftRules>) -> Result<(), OfferRefusal> {
    let is_allowed = match terms.remainder {
        Remainder::Forfeit => rules.may_forfeit,
        Remainder::Change { from_used_bps } => {
            (1..=rules.most_change_from_bps).contains(&from_used_bps)
        }
        Remainder::Keep => true,
    };
    if !is_allowed {
        return Err(OfferRefusal::Remainder);
    }
    let before = rules.least_before_claim_bps..=WHOLE_BPS;
    let after = rules.least_after_expiry_bps..=WHOLE_BPS;
    let RefundRule { before_claim_bps, after_expiry_bps, expired_to: _ } = terms.refund;
    if !before.contains(&before_claim_bps) || !after.contains(&after_expiry_bps) {
        return Err(OfferRefusal::Refund);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
