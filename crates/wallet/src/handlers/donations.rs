//! Donations: from a customer to a charity, at once and for good.

use super::services::{number_for, numbered, of_rule, remember_number};
use crate::command::services::{DonationCommand, Give, PutBox};
use crate::machine::{Context, refuse};
use crate::objects::Donation;
use crate::service_book::OwnBox;
use crate::{Refusal, Reply, Shop, ShopKind, Wallet};
use base::{ResultCode, Text};
use services::{
    BoxRules, BoxTotals, DonationBox, DonationRefusal, DonationWish, GiveAct, Giver, PayPlan,
};
use std::sync::Arc;

impl Wallet {
    pub(super) fn donation_command(
        &mut self,
        cx: &mut Context<'_>,
        it: DonationCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            DonationCommand::PutBox(it) => self.put_box(cx, it),
            DonationCommand::Give(it) => self.give_to_charity(cx, &it),
        }
    }

    fn put_box(&mut self, cx: &mut Context<'_>, it: PutBox) -> Result<Reply, Refusal> {
        if let Some(reply) = numbered(cx, it.by, &it.once)? {
            return Ok(reply);
        }
        self.has_services()?;
        let shop = self.shop_of(it.rules.charity, it.by)?;
        must_be_charity(&shop)?;
        self.must_be_own_currency(it.rules.least.currency())?;
        let is_own = |it: &Arc<OwnBox>| it.rules.rules().charity == shop.number;
        let number = number_for(&self.services.boxes, it.number, is_own)?;
        let fee = self.market.services.donation_fee;
        let rules = BoxRules { donation_box: number, fee, ..it.rules };
        let rules = DonationBox::new(rules).map_err(of_rule)?;
        // From here the command succeeds.
        let place = number as usize;
        let totals = self.services.boxes.get(place).map_or(BoxTotals::default(), |it| it.totals);
        let put = Arc::new(OwnBox { name: it.name, rules, totals });
        match self.services.boxes.get_mut(place) {
            Some(known) => *known = put,
            None => self.services.boxes.push(put),
        }
        Ok(remember_number(cx, it.by, &it.once, number))
    }

    fn give_to_charity(&mut self, cx: &mut Context<'_>, it: &Give) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        self.has_services()?;
        let Some(found) = self.services.boxes.get(it.donation_box as usize) else {
            return refuse(ResultCode::OrderNotExist, "box: there is no such donation box");
        };
        let charity = found.rules.rules().charity;
        let amount = self.amount(it.amount_minor)?;
        let plan = found.rules.plan(amount, cx.now()).map_err(of_donation)?;
        must_be_charity(self.open_one(charity)?.as_ref())?;
        self.must_be_other(charity, it.customer)?;
        let giver = match it.name {
            None => Giver::Anonymous,
            Some(name) => {
                let name = Text::new(&name.to_string());
                Giver::Named(name.expect("an id is shorter than what a reference may be"))
            }
        };
        let books = self.books();
        let (from, to) = (books.customer(it.customer), books.shop(charity));
        let set = books.pay(from, to, plan.payee().minor(), plan.fee().minor());
        self.spend(cx, it.customer, it.amount_minor, (it.id.as_u128(), &set))?;
        // From here the command succeeds.
        let wish = DonationWish { customer: it.customer, giver };
        let donation = Donation {
            id: it.id,
            charity,
            body: self.count_gift(cx, it.donation_box, (wish, plan)),
            counted: self.today(cx),
            created: cx.stamp,
        };
        let object = self.make(cx, donation);
        Wallet::remember(cx, it.customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// Counts a donation in its box, and gives it the next receipt of its charity.
    fn count_gift(
        &mut self,
        cx: &Context<'_>,
        donation_box: u32,
        (wish, plan): (DonationWish, PayPlan),
    ) -> services::Donation {
        let (year, _, _) = self.today(cx).date();
        let found = Arc::make_mut(&mut self.services.boxes[donation_box as usize]);
        let receipts = self.services.receipts.entry(found.rules.rules().charity).or_default();
        let year = u16::try_from(year).unwrap_or(u16::MAX);
        let act = GiveAct { plan, receipts, at: cx.now(), year };
        found.totals.give(&found.rules, wish, act)
    }
}

fn must_be_charity(shop: &Shop) -> Result<(), Refusal> {
    if shop.kind != ShopKind::Charity {
        return refuse(ResultCode::AccessDenied, "shop: the operator decides who is a charity");
    }
    Ok(())
}

fn of_donation(refusal: DonationRefusal) -> Refusal {
    match refusal {
        DonationRefusal::NotOpenYet { .. } => {
            Refusal::new(ResultCode::OrderStatusInvalid, "box: it is not open yet")
        }
        DonationRefusal::Closed { .. } => {
            Refusal::new(ResultCode::OrderIsClosed, "box: it takes nothing any more")
        }
        DonationRefusal::OtherCurrency => {
            Refusal::new(ResultCode::CurrencyNotSupport, "box: it takes another currency")
        }
        DonationRefusal::TooLittle { least } => {
            let message = format!("amount: must be at least {} minor units", least.minor());
            Refusal::new(ResultCode::ParamIllegal, message)
        }
        DonationRefusal::TooMuch { most } => {
            let message = format!("amount: must be {} minor units at most", most.minor());
            Refusal::new(ResultCode::PaymentAmountExceedLimit, message)
        }
        DonationRefusal::NotRefundable => {
            Refusal::new(ResultCode::ProcessFail, "donations are not given back")
        }
    }
}
