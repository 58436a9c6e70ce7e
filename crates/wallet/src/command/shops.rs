//! The wallet's own shops and what is paid there. Amounts in minor units.

use crate::shop::ShopKind;
use crate::{Once, ShopNumber};
use base::{Text, Timestamp, codec_enum, codec_struct};
use geo::Position;
use ids::{PartnerText, PaymentId, RefundId, ShopOrderId};

/// A customer opens a shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenShop {
    pub owner: u32,
    pub name: Text<64>,
    pub mcc: Text<4>,
    pub city: Text<32>,
    pub position: Option<Position>,
    pub kind: ShopKind,
    pub once: Once,
}
codec_struct!(OpenShop { owner, name, mcc, city, position, kind, once });

/// A customer pays at a shop: by its printed code, or for an order that the till shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayShop {
    pub id: PaymentId,
    pub customer: u32,
    pub shop: ShopNumber,
    /// What the payer entered, or saw.
    pub amount_minor: u64,
    pub order: Option<ShopOrderId>,
    pub once: Once,
}
codec_struct!(PayShop { id, customer, shop, amount_minor, order, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShopCommand {
    Open(OpenShop),
    /// A till shows a code for one sale.
    Order {
        id: ShopOrderId,
        shop: ShopNumber,
        by: u32,
        amount_minor: u64,
        reference: PartnerText,
        until: Timestamp,
        once: Once,
    },
    /// The till takes its code back.
    EndOrder {
        shop: ShopNumber,
        by: u32,
        id: ShopOrderId,
    },
    Pay(PayShop),
    Refund {
        id: RefundId,
        shop: ShopNumber,
        by: u32,
        payment: PaymentId,
        amount_minor: u64,
        once: Once,
    },
    /// The shop's money goes to its owner's account.
    PayOut {
        shop: ShopNumber,
        by: u32,
        amount_minor: u64,
        once: Once,
    },
    /// The owner closes or opens the shop for business.
    SetOpen {
        shop: ShopNumber,
        by: u32,
        is_open: bool,
    },
}
codec_enum!(ShopCommand {
    0 = Open(it),
    1 = Order { id, shop, by, amount_minor, reference, until, once },
    2 = EndOrder { shop, by, id },
    3 = Pay(it),
    4 = Refund { id, shop, by, payment, amount_minor, once },
    5 = PayOut { shop, by, amount_minor, once },
    6 = SetOpen { shop, by, is_open },
});
