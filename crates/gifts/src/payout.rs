//! What leaves a gift, and to whom.

use base::codec_struct;
use money::{Currency, Money};

/// Amounts that leave the issuer's liability for one gift, by where they go. All are in the gift's
/// currency, and any may be zero: the books skip it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payout {
    /// For goods that were handed over.
    pub to_shop: Money,
    /// Back to who bought the gift.
    pub to_buyer: Money,
    /// To the balance of who claimed it.
    pub to_holder: Money,
    /// Kept by the issuer as revenue.
    pub to_issuer: Money,
}
codec_struct!(Payout { to_shop, to_buyer, to_holder, to_issuer });

impl Payout {
    /// Nothing to anybody.
    pub fn zero(currency: Currency) -> Payout {
        let zero = Money::zero(currency);
        Payout { to_shop: zero, to_buyer: zero, to_holder: zero, to_issuer: zero }
    }

    /// What leaves the liability in sum.
    pub fn total(&self) -> Money {
        let Payout { to_shop, to_buyer, to_holder, to_issuer } = *self;
        sum(sum(to_shop, to_buyer), sum(to_holder, to_issuer))
    }

    /// Both together. Panics when they are not of one gift.
    pub(crate) fn plus(&self, more: &Payout) -> Payout {
        Payout {
            to_shop: sum(self.to_shop, more.to_shop),
            to_buyer: sum(self.to_buyer, more.to_buyer),
            to_holder: sum(self.to_holder, more.to_holder),
            to_issuer: sum(self.to_issuer, more.to_issuer),
        }
    }
}

fn sum(one: Money, other: Money) -> Money {
    one.checked_add(other).expect("parts of one gift add up to no more than its price")
}
