//! The terms of an offer of gift coupons as they are written, by shops here and by the operator at
//! the desk.

use super::failure::Failure;
use super::view::{AmountBody, read_text, read_time};
use base::{Span, Timestamp};
use gifts::{ExpiredTo, OfferTerms, Places, RefundRule, Remainder};
use money::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use wallet::Market;

const DAY_MS: u64 = 86_400_000;
const WHOLE_BPS: u32 = 10_000;

/// What becomes of the value that a redemption leaves over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RemainderRule {
    /// It stays on the coupon until it is used or expires.
    Keep,
    /// It stays, and once `fromUsedBps` of the face value are used the rest is paid to the holder.
    Change,
    /// One redemption ends the coupon, and the shop keeps what is left.
    Forfeit,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RemainderBody {
    rule: RemainderRule,
    /// With `CHANGE`: basis points of the face value.
    #[schema(example = 6000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    from_used_bps: Option<u32>,
}

impl RemainderBody {
    pub fn of(remainder: Remainder) -> RemainderBody {
        let (rule, from_used_bps) = match remainder {
            Remainder::Keep => (RemainderRule::Keep, None),
            Remainder::Change { from_used_bps } => (RemainderRule::Change, Some(from_used_bps)),
            Remainder::Forfeit => (RemainderRule::Forfeit, None),
        };
        RemainderBody { rule, from_used_bps }
    }

    fn read(self) -> Result<Remainder, Failure> {
        match (self.rule, self.from_used_bps) {
            (RemainderRule::Keep, None) => Ok(Remainder::Keep),
            (RemainderRule::Change, Some(from_used_bps)) => Ok(Remainder::Change { from_used_bps }),
            (RemainderRule::Forfeit, None) => Ok(Remainder::Forfeit),
            (RemainderRule::Change, None) => {
                Err(Failure::illegal("remainder.fromUsedBps: give it with CHANGE"))
            }
            (RemainderRule::Keep | RemainderRule::Forfeit, Some(_)) => {
                Err(Failure::illegal("remainder.fromUsedBps: give it with CHANGE only"))
            }
        }
    }
}

/// Who has the money of a coupon that expired.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ExpiredToBody {
    Buyer,
    /// The buyer, when nobody has claimed it.
    Holder,
}

/// What comes back of a coupon's unused value, in basis points; the shop keeps the rest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct GiveBackBody {
    /// To the buyer who asks before it is claimed.
    #[schema(example = 10000)]
    before_claim_bps: u32,
    /// When it has expired.
    #[schema(example = 10000)]
    after_expiry_bps: u32,
    expired_to: ExpiredToBody,
}

impl GiveBackBody {
    pub fn of(rule: RefundRule) -> GiveBackBody {
        GiveBackBody {
            before_claim_bps: rule.before_claim_bps,
            after_expiry_bps: rule.after_expiry_bps,
            expired_to: match rule.expired_to {
                ExpiredTo::Buyer => ExpiredToBody::Buyer,
                ExpiredTo::Holder => ExpiredToBody::Holder,
            },
        }
    }

    fn read(self) -> RefundRule {
        RefundRule {
            before_claim_bps: self.before_claim_bps,
            after_expiry_bps: self.after_expiry_bps,
            expired_to: match self.expired_to {
                ExpiredToBody::Buyer => ExpiredTo::Buyer,
                ExpiredToBody::Holder => ExpiredTo::Holder,
            },
        }
    }
}

/// What nobody has a disadvantage of: all comes back, what expired to whom it was given.
const ALL_BACK: RefundRule = RefundRule {
    before_claim_bps: WHOLE_BPS,
    after_expiry_bps: WHOLE_BPS,
    expired_to: ExpiredTo::Holder,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct OfferBody {
    #[schema(example = "A cup of coffee")]
    title: String,
    /// What a coupon is worth at the till.
    face: AmountBody,
    /// What it costs; without it, as much as it is worth.
    price: Option<AmountBody>,
    /// From purchase to expiry, within the market's rules.
    #[schema(example = 365)]
    validity_days: u64,
    /// How many may be sold.
    stock: u32,
    /// How many one buyer may have.
    per_customer: u32,
    /// Without it, now.
    sale_from: Option<String>,
    sale_until: String,
    /// Numbers of the shops in which it is good; without it, all of the same owner.
    stores: Option<BTreeSet<u32>>,
    /// Without it, `KEEP`.
    remainder: Option<RemainderBody>,
    /// Without it, all comes back, what expired to the holder.
    refund: Option<GiveBackBody>,
}

impl OfferBody {
    /// The terms of an offer of a shop that is made now. Errors: a field that makes none.
    pub fn terms(
        &self,
        shop: u32,
        market: &Market,
        now: Timestamp,
    ) -> Result<OfferTerms, api::ops::Failure> {
        self.read(shop, market, now).map_err(|it| api::ops::Failure {
            code: it.code,
            message: it.message,
            status: it.status,
        })
    }

    fn read(&self, shop: u32, market: &Market, now: Timestamp) -> Result<OfferTerms, Failure> {
        let currency = market.account.currency;
        let money = |amount: &AmountBody, field: &str| {
            let minor = amount.read(field, currency)?;
            Money::new(minor, currency)
                .map_err(|error| Failure::illegal(format!("{field}.value: {error}")))
        };
        let face = money(&self.face, "face")?;
        let rules = &market.gifts;
        let days = |span: Span| span.as_millis() / DAY_MS;
        let (least, most) = (days(rules.least_validity), days(rules.most_validity));
        if !(least..=most).contains(&self.validity_days) {
            return Err(Failure::illegal(format!("validityDays: give {least} to {most}")));
        }
        Ok(OfferTerms {
            shop,
            title: read_text(&self.title, "title")?,
            face,
            price: match &self.price {
                Some(price) => money(price, "price")?,
                None => face,
            },
            validity: Span::days(self.validity_days),
            stock: self.stock,
            per_customer: self.per_customer,
            sale_from: match &self.sale_from {
                Some(text) => read_time(text, "saleFrom")?,
                None => now,
            },
            sale_until: read_time(&self.sale_until, "saleUntil")?,
            places: match &self.stores {
                Some(stores) => Places::Stores(stores.clone()),
                None => Places::AllStores,
            },
            remainder: match self.remainder {
                Some(remainder) => remainder.read()?,
                None => Remainder::Keep,
            },
            refund: self.refund.map_or(ALL_BACK, GiveBackBody::read),
        })
    }
}
