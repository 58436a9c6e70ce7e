//! Gift coupons: the price rests on an account of its own, and leaves it as the coupon is used,
//! given back, or over.

use crate::command::gifts::{BuyGift, GiftCommand, RedeemGift};
use crate::gift_book::MAX_OFFERS;
use crate::machine::{Context, name_kind, name_of, once_name, refuse, used_otherwise};
use crate::objects::Gift;
use crate::{Object, Once, Refusal, Reply, ShopNumber, Wallet};
use base::{ResultCode, Row, decode_all, encode};
use gifts::{
    Audience, Claimant, CodeRefusal, GiftRefusal, GiftState, NewGift, Offer, OfferRefusal,
    OfferTerms, OpenCode, Payout, Places, Redemption, SaleRefusal,
};
use ids::{GiftId, NoteId};
use ledger::AccountKey;
use money::Money;
use std::sync::Arc;

/// The operator's requests have names of their own beside those of customers.
const DESK: u32 = u32::MAX;

impl Wallet {
    pub(crate) fn gift_command(
        &mut self,
        cx: &mut Context<'_>,
        it: GiftCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            GiftCommand::MakeOffer { by, terms, once } => {
                self.make_offer(cx, Some(by), *terms, &once)
            }
            GiftCommand::EndOffer { by, offer } => self.end_offer(cx, Some(by), offer),
            GiftCommand::Buy(it) => self.buy_gift(cx, &it),
            GiftCommand::Send { by, id, to, note } => self.send_gift(cx, (by, id), to, note),
            GiftCommand::Claim { customer, id, link } => {
                self.claim_gift(cx, id, &Claimant { customer, link })
            }
            GiftCommand::IssueCode { customer, id, code } => {
                self.issue_code(cx, customer, id, code)
            }
            GiftCommand::Redeem(it) => self.redeem_gift(cx, &it),
            GiftCommand::Refund { by, id } => self.refund_gift(cx, by, id),
        }
    }

    // Offers.

    /// `by` is the shop's owner; nobody: the operator's desk.
    pub(crate) fn make_offer(
        &mut self,
        cx: &mut Context<'_>,
        by: Option<u32>,
        terms: OfferTerms,
        once: &Once,
    ) -> Result<Reply, Refusal> {
        // An offer is no object: the name says its number.
        let name = once_name(by.unwrap_or(DESK), once);
        if let Some(bytes) = cx.name(&name) {
            let (digest, number): ([u8; 32], u32) =
                decode_all(&bytes).map_err(|_| used_otherwise())?;
            return if digest == once.digest {
                Ok(Reply::Number(number))
            } else {
                Err(used_otherwise())
            };
        }
        if !self.market.features.gifts {
            return refuse(ResultCode::BusinessNotSupport, "this wallet has no gift coupons");
        }
        if let Some(owner) = by {
            self.shop_of(terms.shop, owner)?;
            self.payer(owner)?;
        }
        self.open_one(terms.shop)?;
        self.check_places(by, &terms.places)?;
        if terms.sale_until <= cx.now() {
            return refuse(ResultCode::ParamIllegal, "saleUntil: must lie ahead");
        }
        if self.gifts.of_shop(terms.shop).len() >= MAX_OFFERS {
            return refuse(ResultCode::ProcessFail, "the shop made as many offers as one may");
        }
        let Some(number) = self.gifts.next_number() else {
            return refuse(ResultCode::ProcessFail, "the wallet has as many offers as it can");
        };
        let offer = Offer::new(number, terms, &self.market.gifts).map_err(|it| of_offer(&it))?;
        // From here the command succeeds.
        self.gifts.add(offer);
        cx.rows.push(Row::Name { name, value: encode(&(once.digest, number)) });
        Ok(Reply::Number(number))
    }

    /// An owner can promise for own shops only, the operator for all that are there.
    fn check_places(&self, by: Option<u32>, places: &Places) -> Result<(), Refusal> {
        let Places::Stores(stores) = places else { return Ok(()) };
        for store in stores {
            match (self.shops.get(*store as usize), by) {
                (Some(shop), Some(owner)) if shop.owner == owner => {}
                (Some(_), None) => {}
                _ => return refuse(ResultCode::MerchantNotRegistered, "stores: one is not yours"),
            }
        }
        Ok(())
    }

    pub(crate) fn end_offer(
        &mut self,
        cx: &Context<'_>,
        by: Option<u32>,
        number: u32,
    ) -> Result<Reply, Refusal> {
        let offer = self.offer_of(number)?;
        if let Some(owner) = by {
            self.shop_of(offer.terms().shop, owner)?;
        }
        // From here the command succeeds.
        let mut ended = offer.as_ref().clone();
        ended.end_sale(cx.now());
        self.gifts.put(ended);
        Ok(Reply::Done)
    }

    fn offer_of(&self, number: u32) -> Result<Arc<Offer>, Refusal> {
        let offer = self.gifts.offer(number).cloned();
        offer
            .ok_or_else(|| Refusal::new(ResultCode::OrderNotExist, "offer: there is no such offer"))
    }

    // The buyer's side.

    fn buy_gift(&mut self, cx: &mut Context<'_>, it: &BuyGift) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.buyer, &it.once)? {
            return Ok(reply);
        }
        if !self.market.features.gifts {
            return refuse(ResultCode::BusinessNotSupport, "this wallet has no gift coupons");
        }
        self.payer(it.buyer)?;
        let mut offer = self.offer_of(it.offer)?.as_ref().clone();
        let shop = self.open_one(offer.terms().shop)?;
        if shop.owner == it.buyer {
            return refuse(ResultCode::RiskReject, "offer: nobody buys at a shop of his own");
        }
        // Until it is sent it is the buyer's own.
        let recipient = it.to.unwrap_or(Audience::Named(it.buyer));
        let wish = NewGift { buyer: it.buyer, recipient };
        let bought = self.gifts.bought(it.offer, it.buyer);
        let (mut body, bought) =
            gifts::Gift::buy(&wish, &mut offer, bought, cx.now()).map_err(of_sale)?;
        let link = match &it.to {
            Some(to) => {
                body.send(it.buyer, cx.now()).map_err(|it| of_gift(&it))?;
                self.new_audience(cx, to)?
            }
            None => None,
        };
        let price_minor = body.price().minor();
        let set = self.books().buy_gift(it.buyer, price_minor);
        self.spend(cx, it.buyer, price_minor, (it.id.as_u128(), &set))?;
        // From here the command succeeds.
        self.gifts.put(offer);
        self.gifts.set_bought(it.offer, it.buyer, bought);
        if let Some(name) = link {
            cx.rows.push(Row::Name { name, value: encode(&it.id.as_u128()) });
        }
        let gift = Gift {
            id: it.id,
            body,
            shop: shop.number,
            note: it.note,
            counted: self.today(cx),
            created: cx.stamp,
        };
        let object = self.make(cx, gift);
        Wallet::remember(cx, it.buyer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn find_gift(&self, cx: &Context<'_>, id: GiftId) -> Result<Arc<Gift>, Refusal> {
        match self.load(cx.history, id.as_u128()) {
            Some(Object::Gift(it)) => Ok(it),
            _ => Err(of_gift(&GiftRefusal::NotYours)),
        }
    }

    fn send_gift(
        &mut self,
        cx: &mut Context<'_>,
        (by, id): (u32, GiftId),
        to: Audience,
        note: Option<NoteId>,
    ) -> Result<Reply, Refusal> {
        let gift = self.find_gift(cx, id)?;
        let mut body = gift.body.clone();
        if body.state() != GiftState::Paid && *body.recipient() == to {
            body.send(by, cx.now()).map_err(|it| of_gift(&it))?;
            return Ok(Reply::Made { object: Object::Gift(gift), is_repeat: true });
        }
        let sent = body.address(by, to, cx.now()).and_then(|()| body.send(by, cx.now()));
        sent.map_err(|it| of_gift(&it))?;
        let link = self.new_audience(cx, &to)?;
        // From here the command succeeds.
        if let Some(name) = link {
            cx.rows.push(Row::Name { name, value: encode(&id.as_u128()) });
        }
        let mut sent = gift.with(body);
        sent.note = note.or(gift.note);
        let object = self.keep_gift(cx, &gift, sent);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn refund_gift(&mut self, cx: &mut Context<'_>, by: u32, id: GiftId) -> Result<Reply, Refusal> {
        let gift = self.find_gift(cx, id)?;
        let mut body = gift.body.clone();
        if body.buyer() == by && body.state() == GiftState::Refunded {
            return Ok(Reply::Made { object: Object::Gift(gift), is_repeat: true });
        }
        let payout = body.refund(by, cx.now()).map_err(|it| of_gift(&it))?;
        let mut offer = self.offer_of(body.offer())?.as_ref().clone();
        // From here the command succeeds.
        let bought = offer.put_back(self.gifts.bought(body.offer(), by));
        self.gifts.put(offer);
        self.gifts.set_bought(body.offer(), by, bought);
        self.pay_out_gift(&gift, &payout, gift.shop);
        self.uncount(by, payout.to_buyer.minor(), gift.counted);
        let object = self.keep_gift(cx, &gift, gift.with(body));
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(crate) fn gift_expires(&mut self, cx: &mut Context<'_>, it: &Gift) {
        let mut body = it.body.clone();
        if let Some(payout) = body.expire(cx.now()) {
            self.pay_out_gift(it, &payout, it.shop);
            self.keep_gift(cx, it, it.with(body));
        }
    }

    // The holder's and the shop's side.

    fn claim_gift(
        &mut self,
        cx: &mut Context<'_>,
        id: GiftId,
        by: &Claimant,
    ) -> Result<Reply, Refusal> {
        let gift = self.find_gift(cx, id)?;
        let mut body = gift.body.clone();
        if body.claim(by, cx.now()).map_err(|it| of_gift(&it))? {
            return Ok(Reply::Made { object: Object::Gift(gift), is_repeat: true });
        }
        self.payee(by.customer)?;
        // From here the command succeeds.
        let object = self.keep_gift(cx, &gift, gift.with(body));
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn issue_code(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        id: GiftId,
        code: OpenCode,
    ) -> Result<Reply, Refusal> {
        let gift = self.find_gift(cx, id)?;
        let mut body = gift.body.clone();
        if body.holder() == Some(customer) && body.code() == Some(&code) {
            return Ok(Reply::Made { object: Object::Gift(gift), is_repeat: true });
        }
        body.issue_code(customer, code, cx.now(), &self.market.gifts).map_err(|it| of_gift(&it))?;
        self.payer(customer)?;
        let name = name_of(name_kind::GIFT_CODE, &[&code.digest]);
        if cx.name(&name).is_some() {
            return refuse(ResultCode::ProcessFail, "the code was drawn before; try again");
        }
        // From here the command succeeds.
        cx.rows.push(Row::Name { name, value: encode(&id) });
        let object = self.keep_gift(cx, &gift, gift.with(body));
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn redeem_gift(&mut self, cx: &mut Context<'_>, it: &RedeemGift) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.by, &it.once)? {
            return Ok(reply);
        }
        let till = self.shop_of(it.shop, it.by)?;
        self.open_one(it.shop)?;
        let Some(id) = crate::gift_of_code(cx.history, &it.code) else {
            return Err(of_gift(&GiftRefusal::Code(CodeRefusal::Unknown)));
        };
        let gift = self.find_gift(cx, id)?;
        let offer = self.offer_of(gift.body.offer())?;
        let face = match it.face_minor {
            Some(minor) => Money::new(minor, gift.body.face().currency())
                .map_err(|_| Refusal::new(ResultCode::ParamIllegal, "amount: too large"))?,
            None => gift.body.face_left(),
        };
        // A store of the offer is a shop here; one that takes no coupons of it is a strange shop.
        let shop = if self.takes_coupons(&till, &offer) { gift.shop } else { till.number };
        let mut body = gift.body.clone();
        let wish = Redemption { face, shop, store: till.number, code: it.code };
        let redeemed = body.redeem(&wish, &offer, cx.now()).map_err(|it| of_gift(&it))?;
        if let Some(holder) = gift.body.holder() {
            self.payer(holder)?;
        }
        // From here the command succeeds.
        self.pay_out_gift(&gift, &redeemed.payout, till.number);
        if till.number != gift.shop && !gift.was_used_at(till.number) {
            let list = crate::list_of_shop(till.number);
            cx.rows.push(Row::Listed { list, id: id.as_u128() });
        }
        if base::planted(62) {
            body = gift.body.clone();
        }
        let object = self.keep_gift(cx, &gift, gift.with(body));
        Wallet::remember(cx, it.by, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// Keeps a gift after a step, and lists it for those whom it concerns only now.
    fn keep_gift(&mut self, cx: &mut Context<'_>, before: &Gift, after: Gift) -> Object {
        let (id, known) = (after.id.as_u128(), before.customers());
        for customer in after.customers() {
            if !known.contains(&customer) {
                cx.rows.push(Row::Listed { list: crate::list_of_customer(customer), id });
            }
        }
        self.keep(cx, after)
    }

    /// Books what a step takes out of a gift; at the till, what it gets for goods.
    fn pay_out_gift(&mut self, gift: &Gift, payout: &Payout, till: ShopNumber) {
        let buyer = self.home_of(gift.body.buyer());
        // One of the two has nothing of it.
        let holder = gift.body.holder().map_or(buyer, |number| self.home_of(number));
        let person = if payout.to_holder.is_zero() { buyer } else { holder };
        let set = self.books().out_of_gift(&[
            (self.home_of_shop(till), payout.to_shop.minor()),
            (buyer, payout.to_buyer.minor()),
            (holder, payout.to_holder.minor()),
            (self.home_of_shop(gift.shop), payout.to_issuer.minor()),
        ]);
        self.give(person, &set);
    }

    /// Where a shop's money goes: when its owner left, it is kept as the owner's would be.
    pub(crate) fn home_of_shop(&self, number: ShopNumber) -> AccountKey {
        let owner = self.shops.get(number as usize).map(|shop| shop.owner);
        match owner.and_then(|owner| self.customers.get(owner)) {
            Some(owner) if owner.state.may_receive() => self.books().shop(number),
            _ => self.books().own(crate::chart::UNCLAIMED),
        }
    }
}

fn of_offer(refusal: &OfferRefusal) -> Refusal {
    let message = match refusal {
        OfferRefusal::Currency { expected } => format!("currency: must be {}", expected.code()),
        OfferRefusal::Face { least_minor, most_minor } => {
            format!("face: must be {least_minor} to {most_minor} minor units")
        }
        OfferRefusal::Price { least_minor, most_minor } => {
            format!("price: must be {least_minor} to {most_minor} minor units")
        }
        OfferRefusal::Validity { least, most } => {
            let secs = [least, most].map(|span| span.as_millis() / 1_000);
            format!("validity: must be {} to {} seconds", secs[0], secs[1])
        }
        OfferRefusal::Stock { most } => format!("stock: must be 1 to {most}"),
        OfferRefusal::PerCustomer { most } => format!("perCustomer: must be 1 to {most}"),
        OfferRefusal::Sale => "saleUntil: must be after saleFrom".to_owned(),
        OfferRefusal::Places { most } => format!("stores: must be 1 to {most}"),
        OfferRefusal::Remainder => "remainder: the market does not allow this rule".to_owned(),
        OfferRefusal::Refund => "refund: the market wants more to be given back".to_owned(),
    };
    Refusal::new(ResultCode::ParamIllegal, message)
}

fn of_sale(refusal: SaleRefusal) -> Refusal {
    let (code, message) = match refusal {
        SaleRefusal::NotYetOnSale => (ResultCode::OrderIsClosed, "offer: not yet on sale"),
        SaleRefusal::NoLongerOnSale => (ResultCode::OrderIsClosed, "offer: no longer on sale"),
        SaleRefusal::SoldOut => (ResultCode::OrderIsClosed, "offer: sold out"),
        SaleRefusal::CustomerLimit => {
            (ResultCode::PaymentCountExceedLimit, "offer: you have as many as one may have")
        }
    };
    Refusal::new(code, message)
}

fn of_gift(refusal: &GiftRefusal) -> Refusal {
    let (code, message) = match refusal {
        // As if it were not there: whose it is is nobody else's business.
        GiftRefusal::NotYours | GiftRefusal::NotForYou => {
            (ResultCode::OrderNotExist, "there is no such gift")
        }
        GiftRefusal::Taken => (ResultCode::OrderIsClosed, "somebody with the same link was first"),
        GiftRefusal::State(GiftState::Paid) => {
            (ResultCode::OrderStatusInvalid, "the gift was not sent yet")
        }
        GiftRefusal::State(GiftState::Sent) => {
            (ResultCode::OrderStatusInvalid, "the gift is on its way and was not claimed yet")
        }
        GiftRefusal::State(GiftState::Claimed | GiftState::PartlyUsed) => {
            (ResultCode::OrderStatusInvalid, "the gift has its holder")
        }
        GiftRefusal::State(GiftState::Used) => (ResultCode::OrderIsClosed, "the gift is used up"),
        GiftRefusal::State(GiftState::Refunded) => {
            (ResultCode::OrderIsClosed, "the buyer gave the gift back")
        }
        GiftRefusal::State(GiftState::Expired) | GiftRefusal::Expired => {
            (ResultCode::OrderIsClosed, "the gift's time is over")
        }
        GiftRefusal::NotRefundable => {
            (ResultCode::BusinessNotSupport, "the offer gives no money back")
        }
        GiftRefusal::BadCode => {
            (ResultCode::ParamIllegal, "code: used before, or not good for a time that is allowed")
        }
        GiftRefusal::Code(CodeRefusal::Used) => {
            (ResultCode::ExpiredCode, "code: it was used before; ask for a new one")
        }
        GiftRefusal::Code(CodeRefusal::Late) => {
            (ResultCode::ExpiredCode, "code: its time is over; ask for a new one")
        }
        GiftRefusal::Code(CodeRefusal::Unknown) => {
            (ResultCode::InvalidCode, "code: no gift waits for it; ask for a new one")
        }
        GiftRefusal::Place => (ResultCode::BusinessNotSupport, "shop: the gift is not good here"),
        GiftRefusal::Currency { .. } => {
            (ResultCode::ParamIllegal, "currency: not that of the gift")
        }
        GiftRefusal::Zero => (ResultCode::ParamIllegal, "amount: must be at least 1"),
        GiftRefusal::Exceeds { left_minor } => {
            let message = format!("amount: {left_minor} minor units are left on the gift");
            return Refusal::new(ResultCode::UserBalanceNotEnough, message);
        }
        GiftRefusal::TooManyUses { left_minor } => {
            let message = format!("amount: the last use of a gift takes all {left_minor} left");
            return Refusal::new(ResultCode::ParamIllegal, message);
        }
    };
    Refusal::new(code, message)
}
