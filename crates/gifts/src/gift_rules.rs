//! What a market allows with gift coupons, and the rules that an offer chooses within that.
//!
//! A market's rules are the least that its customers are owed: a shop's offer may be kinder.

use crate::rules::{RuleFault, Rules, require};
use base::{Span, codec_enum, codec_struct};
use money::{Currency, Money};

/// The longest validity after purchase that a market may allow.
pub const MAX_VALIDITY: Span = Span::days(3_653);

/// The longest life of a one-time code that a market may allow.
const MAX_CODE_LIFE: Span = Span::days(1);

/// A whole in basis points.
pub(crate) const WHOLE_BPS: u32 = 10_000;

/// What becomes of the value that a redemption leaves over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// One redemption ends the gift, and the issuer keeps what is left.
    Forfeit,
    /// What is left stays on the gift. As soon as this share of the face value (1 to 10,000) was
    /// used in sum, the gift ends and the rest goes to the holder's balance.
    Change { from_used_bps: u32 },
    /// What is left stays on the gift until it is used or expires.
    Keep,
}
codec_enum!(Remainder { 0 = Forfeit, 1 = Change { from_used_bps }, 2 = Keep });

/// Who has the refund of a gift that expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiredTo {
    /// Who bought it.
    Buyer,
    /// Who claimed it; the buyer when nobody has.
    Holder,
}
codec_enum!(ExpiredTo { 0 = Buyer, 1 = Holder });

/// What comes back of the money in a gift; the issuer keeps what does not. Shares are basis points
/// of what is unused, up to 10,000, rounded up to a minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundRule {
    /// To the buyer who asks before the gift is claimed; 0: it cannot be given back.
    pub before_claim_bps: u32,
    /// After expiry, without being asked; 0: nothing.
    pub after_expiry_bps: u32,
    pub expired_to: ExpiredTo,
}
codec_struct!(RefundRule { before_claim_bps, after_expiry_bps, expired_to });

/// A market's rules for gift coupons. Amounts are minor units of the market's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftRules {
    pub currency: Currency,
    /// Face value of one coupon.
    pub least_face_minor: u64,
    pub most_face_minor: u64,
    /// The sale price is at least this share of the face value, 1 to 10,000 basis points: a cap on
    /// what a mistake in a discount can cost a shop.
    pub least_price_bps: u32,
    /// From purchase to expiry; up to [`MAX_VALIDITY`].
    pub least_validity: Span,
    pub most_validity: Span,
    /// Coupons of one offer, and of these for one buyer.
    pub most_stock: u32,
    pub most_per_customer: u32,
    /// May an offer have [`Remainder::Forfeit`]?
    pub may_forfeit: bool,
    /// The largest `from_used_bps` that an offer with [`Remainder::Change`] may have.
    pub most_change_from_bps: u32,
    /// The least that an offer gives back in each case of [`RefundRule`].
    pub least_before_claim_bps: u32,
    pub least_after_expiry_bps: u32,
    /// How long a one-time code may be good for; up to a day.
    pub most_code_life: Span,
}
codec_struct!(GiftRules {
    currency,
    least_face_minor,
    most_face_minor,
    least_price_bps,
    least_validity,
    most_validity,
    most_stock,
    most_per_customer,
    may_forfeit,
    most_change_from_bps,
    least_before_claim_bps,
    least_after_expiry_bps,
    most_code_life,
});

impl Rules for GiftRules {
    fn check(&self) -> Result<(), RuleFault> {
        require(self.least_face_minor >= 1, "least_face_minor", "be 1 or more")?;
        let faces = self.least_face_minor..=Money::MAX_MINOR;
        let must = "be at least `least_face_minor` and an amount";
        require(faces.contains(&self.most_face_minor), "most_face_minor", must)?;
        let above_zero = 1..=WHOLE_BPS;
        let must = "be 1 to 10000 basis points";
        require(above_zero.contains(&self.least_price_bps), "least_price_bps", must)?;
        let is_change = above_zero.contains(&self.most_change_from_bps);
        require(is_change, "most_change_from_bps", must)?;
        let must = "be at most 10000 basis points";
        let is_share = self.least_before_claim_bps <= WHOLE_BPS;
        require(is_share, "least_before_claim_bps", must)?;
        let is_share = self.least_after_expiry_bps <= WHOLE_BPS;
        require(is_share, "least_after_expiry_bps", must)?;
        let lives = Span::from_nanos(1)..=MAX_CODE_LIFE;
        let must = "be above zero and at most a day";
        require(lives.contains(&self.most_code_life), "most_code_life", must)?;
        // A gift that is shorter than its code could not be used to its end.
        let is_longer = self.least_validity >= self.most_code_life;
        require(is_longer, "least_validity", "be at least `most_code_life`")?;
        let validities = self.least_validity..=MAX_VALIDITY;
        let must = "be at least `least_validity` and at most 3653 days";
        require(validities.contains(&self.most_validity), "most_validity", must)?;
        require(self.most_per_customer >= 1, "most_per_customer", "be 1 or more")?;
        require(self.most_stock >= 1, "most_stock", "be 1 or more")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::rules::Checked;
    use base::{decode_all, encode};

    pub fn rules() -> GiftRules {
        GiftRules {
            currency: Currency::from_code("KRW").unwrap(),
            least_face_minor: 1_000,
            most_face_minor: 500_000,
            least_price_bps: 5_000,
            least_validity: Span::days(30),
            most_validity: Span::days(366),
            most_stock: 1_000,
            most_per_customer: 10,
            may_forfeit: false,
            most_change_from_bps: 6_000,
            least_before_claim_bps: 10_000,
            least_after_expiry_bps: 9_000,
            most_code_life: Span::minutes(5),
        }
    }

    fn faulty(change: fn(&mut GiftRules)) -> &'static str {
        let mut rules = rules();
        change(&mut rules);
        assert!(decode_all::<Checked<GiftRules>>(&encode(&rules)).is_err());
        Checked::new(rules).unwrap_err().field
    }

    #[test]
    fn rules_that_make_no_sense_are_named() {
        let fine = Checked::new(rules()).unwrap();
        assert_eq!(decode_all::<Checked<GiftRules>>(&encode(&fine)), Ok(fine));
        assert_eq!(faulty(|r| r.least_face_minor = 0), "least_face_minor");
        assert_eq!(faulty(|r| r.most_face_minor = 999), "most_face_minor");
        assert_eq!(faulty(|r| r.most_face_minor = u64::MAX), "most_face_minor");
        assert_eq!(faulty(|r| r.least_price_bps = 0), "least_price_bps");
        assert_eq!(faulty(|r| r.least_price_bps = 10_001), "least_price_bps");
        assert_eq!(faulty(|r| r.most_change_from_bps = 0), "most_change_from_bps");
        assert_eq!(faulty(|r| r.most_change_from_bps = 10_001), "most_change_from_bps");
        assert_eq!(faulty(|r| r.least_before_claim_bps = 10_001), "least_before_claim_bps");
        assert_eq!(faulty(|r| r.least_after_expiry_bps = 10_001), "least_after_expiry_bps");
        assert_eq!(faulty(|r| r.most_code_life = Span::from_nanos(0)), "most_code_life");
        assert_eq!(faulty(|r| r.most_code_life = Span::days(2)), "most_code_life");
        assert_eq!(faulty(|r| r.least_validity = Span::secs(1)), "least_validity");
        assert_eq!(faulty(|r| r.most_validity = Span::days(29)), "most_validity");
        assert_eq!(faulty(|r| r.most_validity = Span::days(3_654)), "most_validity");
        assert_eq!(faulty(|r| r.most_per_customer = 0), "most_per_customer");
        assert_eq!(faulty(|r| r.most_stock = 0), "most_stock");
    }
}
