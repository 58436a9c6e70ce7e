//! What is paid at the wallet's own shops.

use account::LocalDay;
use base::{Stamp, Timestamp, codec_enum, codec_struct};
use ids::{PartnerText, PaymentId, RefundId, ShopOrderId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShopOrderState {
    Shown,
    Paid(PaymentId),
    Withdrawn,
    Expired,
}
codec_enum!(ShopOrderState { 0 = Shown, 1 = Paid(id), 2 = Withdrawn, 3 = Expired });

/// What a till shows for one sale: paid once, for the amount that it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopOrder {
    pub id: ShopOrderId,
    pub shop: u32,
    pub amount_minor: u64,
    /// The shop's own name for it.
    pub reference: PartnerText,
    pub until: Timestamp,
    pub state: ShopOrderState,
    pub created: Stamp,
}
codec_struct!(ShopOrder { id, shop, amount_minor, reference, until, state, created });

/// Money back from the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopRefund {
    pub id: RefundId,
    pub amount_minor: u64,
    pub at: Stamp,
}
codec_struct!(ShopRefund { id, amount_minor, at });

/// One payment at a shop of the wallet: paid when it is there at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    pub id: PaymentId,
    pub customer: u32,
    pub shop: u32,
    pub amount_minor: u64,
    pub order: Option<ShopOrderId>,
    pub refunds: Vec<ShopRefund>,
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(Sale { id, customer, shop, amount_minor, order, refunds, counted, created });

impl Sale {
    /// What is not refunded yet.
    pub fn left_minor(&self) -> u64 {
        let back: u64 = self.refunds.iter().map(|refund| refund.amount_minor).sum();
        self.amount_minor.saturating_sub(back)
    }
}
