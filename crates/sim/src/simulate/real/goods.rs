//! What a real wallet's customers do with red packets, gift coupons and savings.

use super::hand::{Hand, desk};
use crate::preset::text;
use base::{Span, Timestamp};
use gifts::{
    Audience, ExpiredTo, GiftState, OfferTerms, OpenCode, PacketKind, Places, RefundRule,
    Remainder, Seed, Split,
};
use ids::{GiftId, PacketId, SavingId};
use savings::{FundPrice, Price};
use wallet::command::desk::DeskAct;
use wallet::command::gifts::{BuyGift, GiftCommand, RedeemGift};
use wallet::command::packets::{MakePacket, PacketCommand};
use wallet::command::savings::{PutIn, SavingsCommand, TakeOut, TakeWay};
use wallet::objects::{FundDayState, Gift};
use wallet::{Command, Object};

/// A hundred minor units for a unit of the fund.
const PAR_E8: u64 = 10_000_000_000;

impl Hand<'_> {
    fn audience(&mut self) -> Audience {
        match self.dice.per_mille(500) {
            true => Audience::Named(self.customer()),
            false => Audience::Link(self.digest()),
        }
    }

    /// Red packets: claims race with each other, with time and with the sender.
    pub fn with_packets(&mut self) -> Option<Command> {
        let choice = self.dice.below(10);
        if choice < 3 {
            let kind = self.dice.pick(&[PacketKind::Lucky, PacketKind::Equal]);
            let count = u32::try_from(self.dice.between(2, 5)).expect("at most five");
            let total = self.amount(60) + 20;
            let total = total - total % u64::from(count);
            let audience = Audience::Link(self.digest());
            return Some(Command::Packet(PacketCommand::Make(Box::new(MakePacket {
                id: self.id(PacketId::new),
                sender: self.customer(),
                audience,
                split: Split { kind, total: self.money(total), count, least_minor: 1 },
                seed: Seed(self.digest()),
                commitment: self.digest(),
                note: None,
                once: self.once(),
            }))));
        }
        let (id, sender, audience) = self.one(|object| match object {
            Object::Packet(it) => Some((it.id(), it.body.sender(), *it.body.audience())),
            _ => None,
        })?;
        let link = match audience {
            Audience::Link(digest) => Some(digest),
            Audience::Named(_) => None,
        };
        Some(Command::Packet(match choice {
            9 => PacketCommand::Cancel { customer: sender, id },
            _ => PacketCommand::Claim { customer: self.customer(), id, link },
        }))
    }

    /// A new offer of the first shop.
    pub fn offer(&mut self) -> Command {
        let unit = self.unit();
        let face = self.dice.between(2, 80) * unit;
        let price = face - face * self.dice.below(5) / 10;
        let bps = |dice: &mut super::Dice| {
            u32::try_from(dice.pick(&[0_u64, 5_000, 9_000, 10_000])).expect("basis points")
        };
        let terms = OfferTerms {
            shop: 0,
            title: text("coffee"),
            face: self.money(face),
            price: self.money(price),
            validity: Span::secs(self.dice.pick(&[120, 3_600, 90_000])),
            stock: 20,
            per_customer: 4,
            sale_from: Timestamp::from_secs(0),
            sale_until: Timestamp::MAX,
            places: Places::AllStores,
            remainder: self.dice.pick(&[
                Remainder::Keep,
                Remainder::Change { from_used_bps: 6_000 },
                Remainder::Forfeit,
            ]),
            refund: RefundRule {
                before_claim_bps: bps(self.dice),
                after_expiry_bps: bps(self.dice),
                expired_to: self.dice.pick(&[ExpiredTo::Buyer, ExpiredTo::Holder]),
            },
        };
        let (terms, once) = (Box::new(terms), self.once());
        Command::Gift(GiftCommand::MakeOffer { by: 0, terms, once })
    }

    /// Gift coupons, from the offer to the till.
    pub fn with_gifts(&mut self) -> Option<Command> {
        let choice = self.dice.below(12);
        if choice == 0 {
            return Some(self.offer());
        }
        if choice < 4 {
            let offers = self.machine.offers_of_shop(0);
            let offer = offers.get(self.dice.index(offers.len().max(1)))?.number();
            let to = if self.dice.per_mille(500) { Some(self.audience()) } else { None };
            let (id, buyer, once) = (self.id(GiftId::new), self.customer(), self.once());
            let buy = BuyGift { id, buyer, offer, to, note: None, once };
            return Some(Command::Gift(GiftCommand::Buy(Box::new(buy))));
        }
        let gift = self.one(|object| match object {
            Object::Gift(it) => Some(it.clone()),
            _ => None,
        })?;
        // Mostly what comes next.
        let next = match gift.body.state() {
            GiftState::Paid => 4,
            GiftState::Sent => 5,
            GiftState::Claimed | GiftState::PartlyUsed if gift.body.code().is_none() => 7,
            GiftState::Claimed | GiftState::PartlyUsed => 9,
            GiftState::Used | GiftState::Refunded | GiftState::Expired => choice,
        };
        let choice = if self.dice.per_mille(700) { next } else { choice };
        self.with_gift(&gift, choice).map(Command::Gift)
    }

    fn with_gift(&mut self, gift: &Gift, choice: u64) -> Option<GiftCommand> {
        let (id, buyer) = (gift.id, gift.body.buyer());
        let holder = gift.body.holder().unwrap_or(buyer);
        Some(match choice {
            4 => GiftCommand::Send { by: buyer, id, to: self.audience(), note: None },
            5 | 6 => {
                let (customer, link) = match *gift.body.recipient() {
                    Audience::Named(named) => (named, None),
                    Audience::Link(digest) => (self.customer(), Some(digest)),
                };
                GiftCommand::Claim { customer, id, link }
            }
            7 | 8 => {
                let until = self.now.after(Span::secs(self.dice.between(5, 60)));
                let code = OpenCode { digest: self.digest(), until };
                GiftCommand::IssueCode { customer: holder, id, code }
            }
            9 | 10 => {
                let code = gift.body.code()?.digest;
                let left = gift.body.face_left().minor();
                let part = self.dice.between(1, left.max(1));
                let face_minor = if self.dice.per_mille(500) { Some(part) } else { None };
                let once = self.once();
                GiftCommand::Redeem(RedeemGift { shop: 0, by: 0, code, face_minor, once })
            }
            _ => GiftCommand::Refund { by: buyer, id },
        })
    }

    /// Savings.
    pub fn with_savings(&mut self) -> Option<Command> {
        let (customer, unit) = (self.customer(), self.unit());
        Some(Command::Savings(match self.dice.below(8) {
            0..3 => SavingsCommand::Switch {
                customer,
                is_on: self.dice.per_mille(850),
                keep_back_major: u32::try_from(self.dice.below(10) * unit / 50).unwrap_or(0),
            },
            3..5 => {
                let (id, amount_minor, once) =
                    (self.id(SavingId::new), self.amount(300), self.once());
                SavingsCommand::Put(PutIn { id, customer, amount_minor, once })
            }
            _ => {
                let amount_minor = self.amount(200);
                let way = self.dice.pick(&[
                    TakeWay::AtOnce { amount_minor },
                    TakeWay::Ordinary { amount_minor },
                    TakeWay::All,
                ]);
                let (id, once) = (self.id(SavingId::new), self.once());
                SavingsCommand::TakeOut(TakeOut { id, customer, way, once })
            }
        }))
    }

    /// The fund's price of the next day that has none, once its orders are complete. `None` while
    /// there is no such day.
    pub fn fund_price(&mut self) -> Option<Command> {
        let calendar = self.machine.market().savings.as_ref()?.calendar();
        let last = self.machine.fund().prices().last();
        let today = calendar.local_day(self.now);
        let day = match last {
            Some(last) => last.day.after(1)?,
            None => today,
        };
        // A fund that was late tells the newest day only.
        let day = if self.dice.per_mille(300) { day.max(today) } else { day };
        if calendar.closes(day) > self.now {
            return None;
        }
        let before = last.map_or(PAR_E8, |last| last.price.e8());
        let change = self.dice.below(before / 300);
        let price = Price::new(before - before / 700 + change)?;
        Some(desk("fund", DeskAct::SetFundPrice(FundPrice { day, price })))
    }

    /// What the fund does not agree to by itself is settled by its statement.
    pub fn settle_fund(&mut self) -> Option<Command> {
        let days = self.machine.unsettled_fund_days();
        let is_refused = |state: FundDayState| matches!(state, FundDayState::Refused(_));
        let day = days.into_iter().find(|day| is_refused(day.state))?;
        let (statement, rounding_minor) = (day.statement, day.rounding_minor);
        Some(desk("omar", DeskAct::SettleFund { statement, rounding_minor }))
    }
}
