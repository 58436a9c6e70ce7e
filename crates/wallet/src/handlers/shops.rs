//! The wallet's own shops and what is paid there.

use crate::command::shops::{OpenShop, PayShop, ShopCommand};
use crate::machine::{Context, of_ledger, refuse};
use crate::objects::{
    Origin, Party, Sale, ShopOrder, ShopOrderState, ShopRefund, Transfer, TransferState,
};
use crate::{CodeKind, Object, Once, Refusal, Reply, Shop, ShopKind, ShopNumber, Wallet};
use base::{ResultCode, Row, Span, Timestamp, decode_all, encode};
use ids::{PartnerText, PaymentId, RefundId, ShopOrderId, TransferId};
use std::sync::Arc;

/// How long a till may show a code.
const ORDER_WITHIN: Span = Span::hours(24);
/// Refunds of one sale, at most.
const MAX_REFUNDS: usize = 100;
/// Shops of one customer, at most.
const MAX_SHOPS: usize = 100;

/// An order as a till asks for it.
struct Asked {
    id: ShopOrderId,
    shop: ShopNumber,
    by: u32,
    amount_minor: u64,
    reference: PartnerText,
    until: Timestamp,
}

/// A refund as a shop asks for it.
struct Back {
    id: RefundId,
    shop: ShopNumber,
    by: u32,
    payment: PaymentId,
    amount_minor: u64,
}

impl Wallet {
    pub(crate) fn shop_command(
        &mut self,
        cx: &mut Context<'_>,
        it: ShopCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            ShopCommand::Open(it) => self.open_shop(cx, it),
            ShopCommand::Order { id, shop, by, amount_minor, reference, until, once } => {
                let asked = Asked { id, shop, by, amount_minor, reference, until };
                self.order(cx, asked, &once)
            }
            ShopCommand::EndOrder { shop, by, id } => self.end_order(cx, (shop, by), id),
            ShopCommand::Pay(it) => self.pay_shop(cx, &it),
            ShopCommand::Refund { id, shop, by, payment, amount_minor, once } => {
                self.refund_sale(cx, &Back { id, shop, by, payment, amount_minor }, &once)
            }
            ShopCommand::PayOut { shop, by, amount_minor, once } => {
                self.pay_shop_out(cx, (shop, by), amount_minor, &once)
            }
            ShopCommand::SetOpen { shop, by, is_open } => {
                let found = self.shop_of(shop, by)?;
                if is_open {
                    self.payee(by)?;
                }
                // From here the command succeeds.
                self.put_shop(Shop { is_open, ..found.as_ref().clone() });
                Ok(Reply::Done)
            }
        }
    }

    /// A shop, if this customer runs it.
    pub(crate) fn shop_of(&self, shop: ShopNumber, by: u32) -> Result<Arc<Shop>, Refusal> {
        match self.shops.get(shop as usize) {
            Some(found) if found.owner == by => Ok(Arc::clone(found)),
            _ => refuse(ResultCode::MerchantNotRegistered, "shop: you run no such shop"),
        }
    }

    /// A shop that takes money now.
    pub(crate) fn open_one(&self, shop: ShopNumber) -> Result<Arc<Shop>, Refusal> {
        match self.shops.get(shop as usize) {
            Some(found) if found.is_open => Ok(Arc::clone(found)),
            Some(_) => refuse(ResultCode::BusinessNotSupport, "shop: it is closed"),
            None => refuse(ResultCode::MerchantNotRegistered, "shop: there is no such shop"),
        }
    }

    pub(crate) fn put_shop(&mut self, shop: Shop) {
        let place = shop.number as usize;
        self.shops[place] = Arc::new(shop);
    }

    fn open_shop(&mut self, cx: &mut Context<'_>, it: OpenShop) -> Result<Reply, Refusal> {
        // A shop is no object: the name says its number.
        let name = crate::machine::once_name(it.owner, &it.once);
        if let Some(bytes) = cx.history.name(&name) {
            let (digest, number): ([u8; 32], u32) =
                decode_all(&bytes).map_err(|_| crate::machine::used_otherwise())?;
            if digest != it.once.digest {
                return Err(crate::machine::used_otherwise());
            }
            return Ok(Reply::Number(number));
        }
        self.payer(it.owner)?;
        if it.kind != ShopKind::Plain {
            return refuse(ResultCode::AccessDenied, "kind: the operator decides who is an agent");
        }
        if self.shops.iter().filter(|shop| shop.owner == it.owner).count() >= MAX_SHOPS {
            return refuse(ResultCode::ProcessFail, "you run as many shops as one may");
        }
        let Ok(number) = ShopNumber::try_from(self.shops.len()) else {
            return refuse(ResultCode::ProcessFail, "the wallet has as many shops as it can");
        };
        // From here the command succeeds.
        self.shops.push(Arc::new(Shop {
            number,
            owner: it.owner,
            name: it.name,
            mcc: it.mcc,
            city: it.city,
            position: it.position,
            kind: it.kind,
            is_open: true,
        }));
        // What shops have is owed to them, and never less than nothing.
        let limits = ledger::Limits { floor: None, ceiling: Some(0) };
        self.ledger.set_limits(self.books().shop(number), limits);
        cx.rows.push(Row::Name { name, value: encode(&(it.once.digest, number)) });
        Ok(Reply::Number(number))
    }

    fn order(&mut self, cx: &mut Context<'_>, it: Asked, once: &Once) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.by, once)? {
            return Ok(reply);
        }
        self.shop_of(it.shop, it.by)?;
        self.open_one(it.shop)?;
        if it.amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        if it.until <= cx.now() || it.until > cx.now().after(ORDER_WITHIN) {
            return refuse(ResultCode::ParamIllegal, "until: must lie ahead, within a day");
        }
        // From here the command succeeds.
        let order = ShopOrder {
            id: it.id,
            shop: it.shop,
            amount_minor: it.amount_minor,
            reference: it.reference,
            until: it.until,
            state: ShopOrderState::Shown,
            created: cx.stamp,
        };
        let object = self.make(cx, order);
        Wallet::remember(cx, it.by, once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn find_order(&self, cx: &Context<'_>, id: ShopOrderId) -> Result<ShopOrder, Refusal> {
        match self.load(cx.history, id.as_u128()) {
            Some(Object::ShopOrder(it)) => Ok(it.as_ref().clone()),
            _ => refuse(ResultCode::OrderNotExist, "order: there is no such order"),
        }
    }

    fn end_order(
        &mut self,
        cx: &mut Context<'_>,
        (shop, by): (ShopNumber, u32),
        id: ShopOrderId,
    ) -> Result<Reply, Refusal> {
        self.shop_of(shop, by)?;
        let order = self.find_order(cx, id)?;
        if order.shop != shop {
            return refuse(ResultCode::OrderNotExist, "order: there is no such order");
        }
        let state = match order.state {
            ShopOrderState::Shown => ShopOrderState::Withdrawn,
            ShopOrderState::Withdrawn => {
                return Ok(Reply::Made { object: order.into(), is_repeat: true });
            }
            ShopOrderState::Paid(_) | ShopOrderState::Expired => {
                return refuse(ResultCode::OrderIsClosed, "order: it is paid, or its time is over");
            }
        };
        // From here the command succeeds.
        let object = self.keep(cx, ShopOrder { state, ..order });
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(crate) fn shop_order_expires(&mut self, cx: &mut Context<'_>, it: &ShopOrder) {
        self.keep(cx, ShopOrder { state: ShopOrderState::Expired, ..it.clone() });
    }

    /// The order that is paid, if one is: paid once, and for the amount that it says.
    fn payable(&self, cx: &Context<'_>, it: &PayShop) -> Result<Option<ShopOrder>, Refusal> {
        let Some(id) = it.order else { return Ok(None) };
        let order = self.find_order(cx, id)?;
        if order.shop != it.shop {
            return refuse(ResultCode::OrderNotExist, "order: it is another shop's");
        }
        match order.state {
            ShopOrderState::Shown if order.until > cx.now() => {}
            ShopOrderState::Paid(_) => {
                return refuse(ResultCode::OrderIsClosed, "order: it is paid already");
            }
            ShopOrderState::Shown | ShopOrderState::Withdrawn | ShopOrderState::Expired => {
                return refuse(ResultCode::OrderIsClosed, "order: it is over; ask for a new code");
            }
        }
        if order.amount_minor != it.amount_minor {
            return refuse(ResultCode::ParamIllegal, "amount: must be what the order says");
        }
        Ok(Some(order))
    }

    fn pay_shop(&mut self, cx: &mut Context<'_>, it: &PayShop) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        let shop = self.open_one(it.shop)?;
        if shop.owner == it.customer {
            return refuse(ResultCode::RiskReject, "shop: nobody pays at a shop of his own");
        }
        if it.amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        let order = self.payable(cx, it)?;
        let code = if order.is_some() { CodeKind::Order } else { CodeKind::Entry };
        self.market.codes.admit(code, it.amount_minor)?;
        let books = self.books();
        let (from, to) = (books.customer(it.customer), books.shop(it.shop));
        let set = books.pay(from, to, it.amount_minor, 0);
        self.spend(cx, it.customer, it.amount_minor, (it.id.as_u128(), &set))?;
        // From here the command succeeds.
        if let Some(order) = order {
            self.keep(cx, ShopOrder { state: ShopOrderState::Paid(it.id), ..order });
        }
        let sale = Sale {
            id: it.id,
            customer: it.customer,
            shop: it.shop,
            amount_minor: it.amount_minor,
            order: it.order,
            refunds: Vec::new(),
            counted: self.today(cx),
            created: cx.stamp,
        };
        let object = self.make(cx, sale);
        Wallet::remember(cx, it.customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn refund_sale(
        &mut self,
        cx: &mut Context<'_>,
        it: &Back,
        once: &Once,
    ) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.by, once)? {
            return Ok(reply);
        }
        self.shop_of(it.shop, it.by)?;
        let sale = match self.load(cx.history, it.payment.as_u128()) {
            Some(Object::Sale(sale)) if sale.shop == it.shop => sale,
            _ => return refuse(ResultCode::OrderNotExist, "payment: the shop has no such payment"),
        };
        if it.amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        if it.amount_minor > sale.left_minor() {
            return refuse(
                ResultCode::RefundAmountExceed,
                "amount: the refunds would be more than was paid",
            );
        }
        if sale.refunds.len() >= MAX_REFUNDS {
            return refuse(ResultCode::ProcessFail, "the payment has as many refunds as it can");
        }
        let (till, home) = (self.books().shop(it.shop), self.home_of(sale.customer));
        let set = self.books().pay(till, home, it.amount_minor, 0);
        if self.shop_balance(it.shop) < it.amount_minor {
            return refuse(
                ResultCode::UserBalanceNotEnough,
                "the shop's balance does not cover the refund",
            );
        }
        // From here the command succeeds.
        self.give(home, &set);
        self.uncount(sale.customer, it.amount_minor, sale.counted);
        let mut sale = sale.as_ref().clone();
        if !base::planted(70) {
            let amount_minor = it.amount_minor;
            sale.refunds.push(ShopRefund { id: it.id, amount_minor, at: cx.stamp });
        }
        let object = self.keep(cx, sale);
        Wallet::remember(cx, it.by, once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn pay_shop_out(
        &mut self,
        cx: &mut Context<'_>,
        (shop, by): (ShopNumber, u32),
        amount_minor: u64,
        once: &Once,
    ) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, by, once)? {
            return Ok(reply);
        }
        self.shop_of(shop, by)?;
        self.payee(by)?;
        if amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        if amount_minor > self.shop_balance(shop).saturating_sub(self.owed_for_shows(shop)) {
            return refuse(
                ResultCode::UserBalanceNotEnough,
                "the shop's balance does not cover it beside what goes back to its customers",
            );
        }
        let books = self.books();
        let set = books.pay(books.shop(shop), books.customer(by), amount_minor, 0);
        self.ledger.post(&set).map_err(|refusal| of_ledger(&refusal))?;
        // From here the command succeeds.
        let transfer = Transfer {
            id: TransferId::new(cx.now().millis(), self.partition, u128::from(cx.stamp.position)),
            from: Party::Shop(shop),
            to: by,
            amount_minor,
            fee_minor: 0,
            note: None,
            origin: Origin::PayOut,
            state: TransferState::Done,
            created: cx.stamp,
        };
        let object = self.make(cx, transfer);
        Wallet::remember(cx, by, once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }
}
