//! Gift coupons: offers of shops, and each coupon from its buyer to its holder to the till.

use crate::{Once, ShopNumber};
use base::{codec_enum, codec_struct};
use gifts::{Audience, OfferTerms, OpenCode};
use ids::{GiftId, NoteId};

/// A customer buys a coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuyGift {
    pub id: GiftId,
    pub buyer: u32,
    pub offer: u32,
    /// Sent in the same step; without it the buyer sends later.
    pub to: Option<Audience>,
    /// The text on the card.
    pub note: Option<NoteId>,
    pub once: Once,
}
codec_struct!(BuyGift { id, buyer, offer, to, note, once });

/// A till takes a coupon, whole or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedeemGift {
    pub shop: ShopNumber,
    pub by: u32,
    /// SHA-256 of the code that the holder showed: it says which gift.
    pub code: [u8; 32],
    /// In minor units of the face value; without it, all that is left.
    pub face_minor: Option<u64>,
    pub once: Once,
}
codec_struct!(RedeemGift { shop, by, code, face_minor, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GiftCommand {
    /// A shop's owner makes an offer.
    MakeOffer {
        by: u32,
        terms: Box<OfferTerms>,
        once: Once,
    },
    /// A shop's owner ends the sale. What was sold stays good.
    EndOffer {
        by: u32,
        offer: u32,
    },
    Buy(Box<BuyGift>),
    /// The buyer sends the card.
    Send {
        by: u32,
        id: GiftId,
        to: Audience,
        note: Option<NoteId>,
    },
    /// A friend takes the gift.
    Claim {
        customer: u32,
        id: GiftId,
        /// SHA-256 of the link's secret, when the customer came with one.
        link: Option<[u8; 32]>,
    },
    /// The holder has a one-time code, drawn by the edge with 80 random bits or more and hashed.
    IssueCode {
        customer: u32,
        id: GiftId,
        code: OpenCode,
    },
    Redeem(RedeemGift),
    /// The buyer gives it back before it is claimed.
    Refund {
        by: u32,
        id: GiftId,
    },
}
codec_enum!(GiftCommand {
    0 = MakeOffer { by, terms, once },
    1 = EndOffer { by, offer },
    2 = Buy(it),
    3 = Send { by, id, to, note },
    4 = Claim { customer, id, link },
    5 = IssueCode { customer, id, code },
    6 = Redeem(it),
    7 = Refund { by, id },
});
