//! Bills and airtime: reserved here, then the biller is told; posted when it has the payment.

use super::services::of_rule;
use crate::command::services::{BillCommand, CheckBill};
use crate::machine::{Context, name_kind, name_of, of_ledger, refuse};
use crate::objects::Bill;
use crate::service_book::OwnBiller;
use crate::{ErrandAnswer, ErrandKind, Event, Object, Once, Refusal, Reply, Wallet, chart};
use base::{ResultCode, Row, Text, encode};
use ids::{BillId, PartnerText, SetId};
use services::{
    BillMove, BillRefusal, BillState, Biller, BillerAnswer, BillerRules, CheckedAccount,
    UNKNOWN_ALERT_AFTER,
};
use std::sync::Arc;

impl Wallet {
    pub(super) fn bill_command(
        &mut self,
        cx: &mut Context<'_>,
        it: BillCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            BillCommand::Check(it) => self.check_bill(cx, &it),
            BillCommand::Pay { customer, id, amount_minor, once } => {
                self.pay_bill(cx, (customer, id), amount_minor, &once)
            }
        }
    }

    // The directory, which the desk keeps.

    pub(super) fn add_biller(
        &mut self,
        name: Text<64>,
        rules: BillerRules,
    ) -> Result<Reply, Refusal> {
        let number = rules.biller;
        let new = self.new_biller(name, rules)?;
        match self.services.billers.get(number as usize) {
            Some(known) if *known.as_ref() == new => return Ok(Reply::Number(number)),
            Some(_) => {
                return refuse(
                    ResultCode::RepeatReqInconsistent,
                    "biller: the number is another's",
                );
            }
            None if number as usize != self.services.billers.len() => {
                return refuse(ResultCode::ParamIllegal, "biller: must be the next number");
            }
            None => {}
        }
        // From here the command succeeds.
        self.services.billers.push(Arc::new(new));
        Ok(Reply::Number(number))
    }

    pub(super) fn change_biller(
        &mut self,
        name: Text<64>,
        rules: BillerRules,
        is_listed: bool,
    ) -> Result<Reply, Refusal> {
        let number = rules.biller;
        self.biller(number)?;
        let changed = OwnBiller { is_listed, ..self.new_biller(name, rules)? };
        // From here the command succeeds.
        self.services.billers[number as usize] = Arc::new(changed);
        Ok(Reply::Number(number))
    }

    fn new_biller(&self, name: Text<64>, rules: BillerRules) -> Result<OwnBiller, Refusal> {
        self.must_be_own_currency(rules.fee.currency())?;
        let biller = Biller::new(rules).map_err(of_rule)?;
        Ok(OwnBiller { name, biller, is_listed: true })
    }

    fn biller(&self, number: u32) -> Result<Arc<OwnBiller>, Refusal> {
        let found = self.services.billers.get(number as usize).map(Arc::clone);
        found.ok_or_else(|| Refusal::new(ResultCode::OrderNotExist, "there is no such biller"))
    }

    /// A biller that takes new bills.
    fn listed_biller(&self, number: u32) -> Result<Arc<OwnBiller>, Refusal> {
        let found = self.biller(number)?;
        if !found.is_listed {
            return refuse(ResultCode::BusinessNotSupport, "the biller takes no bills here now");
        }
        Ok(found)
    }

    /// The wallet paid a biller what it is owed, from the float: booked once for each reference.
    pub(super) fn settle_biller(
        &mut self,
        cx: &mut Context<'_>,
        reference: &PartnerText,
        (biller, amount_minor): (u32, u64),
    ) -> Result<Reply, Refusal> {
        let name = name_of(name_kind::BILLER_SETTLEMENT, &[reference.as_str().as_bytes()]);
        let value = encode(&(biller, amount_minor));
        if let Some(known) = cx.history.name(&name) {
            if known != value {
                return refuse(
                    ResultCode::RepeatReqInconsistent,
                    "reference: it names another settlement",
                );
            }
            return Ok(Reply::Done);
        }
        if amount_minor == 0 || amount_minor > self.biller_payable(biller) {
            return refuse(
                ResultCode::ParamIllegal,
                "amount: must be at least 1, and no more than what is owed",
            );
        }
        let float = self.ledger.account(&self.books().own(chart::FLOAT));
        if float.is_none_or(|it| it.balance() < i128::from(amount_minor)) {
            return refuse(ResultCode::UserBalanceNotEnough, "the float does not cover it");
        }
        let set = self.books().settle_biller(biller, amount_minor);
        self.ledger.post(&set).map_err(|refusal| of_ledger(&refusal))?;
        // From here the command succeeds.
        cx.rows.push(Row::Name { name, value });
        Ok(Reply::Done)
    }

    // Bills.

    fn check_bill(&mut self, cx: &mut Context<'_>, it: &CheckBill) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        self.has_services()?;
        self.payer(it.customer)?;
        let found = self.listed_biller(it.biller)?;
        let due = it.due_minor.map(|minor| self.amount(minor)).transpose()?;
        let account = Text::new(&it.account.to_string());
        let account = account.expect("an id is shorter than what a reference may be");
        // From here the command succeeds.
        let checked = CheckedAccount { customer: it.customer, account, due, now: cx.now() };
        let bill = Bill {
            id: it.id,
            body: services::Bill::checked(&found.biller, checked),
            is_alerted: false,
            counted: self.today(cx),
            created: cx.stamp,
        };
        let object = self.make(cx, bill);
        Wallet::remember(cx, it.customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn pay_bill(
        &mut self,
        cx: &mut Context<'_>,
        (customer, id): (u32, BillId),
        amount_minor: u64,
        once: &Once,
    ) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, customer, once)? {
            return Ok(reply);
        }
        let bill = match self.load(cx.history, id.as_u128()) {
            Some(Object::Bill(it)) if it.body.customer == customer => it,
            _ => return refuse(ResultCode::OrderNotExist, "there is no such bill"),
        };
        let found = self.biller(bill.body.biller)?;
        let amount = self.amount(amount_minor)?;
        let outcome = bill.body.pay(&found.biller, amount, cx.now()).map_err(of_bill)?;
        let BillMove::Reserve(plan) = outcome.act else {
            if bill.plan().is_some_and(|plan| plan.payee() != amount) {
                return refuse(ResultCode::OrderStatusInvalid, "the bill is paid already");
            }
            // This name stands for this request from now on, too.
            Wallet::remember(cx, customer, once, vec![bill.id.as_u128()]);
            return Ok(Reply::Made { object: Object::Bill(bill), is_repeat: true });
        };
        self.has_services()?;
        self.listed_biller(bill.body.biller)?;
        let books = self.books();
        let (from, to) = (books.customer(customer), books.biller(bill.body.biller));
        let set = books.pay(from, to, plan.payee().minor(), plan.fee().minor());
        self.reserve(cx, customer, amount_minor, (id.as_u128(), set))?;
        // From here the command succeeds.
        self.wish(cx, id.as_u128(), ErrandKind::BillPay);
        let counted = self.today(cx);
        let object = self.keep(cx, Bill { body: outcome.bill, counted, ..bill.as_ref().clone() });
        Wallet::remember(cx, customer, once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(super) fn bill_lapses(&mut self, cx: &mut Context<'_>, it: &Bill) {
        let body = it.body.lapse(cx.now()).bill;
        self.keep(cx, Bill { body, ..it.clone() });
    }

    /// What the biller says, or that it says nothing.
    pub(super) fn biller_answered(
        &mut self,
        cx: &mut Context<'_>,
        kind: ErrandKind,
        it: &Bill,
        answer: ErrandAnswer,
    ) {
        let id = it.id.as_u128();
        let found = self.biller(it.body.biller).expect("billers are never taken away");
        let outcome = it.body.answered(&found.biller, answer_of(answer), cx.now());
        let mut bill = Bill { body: outcome.bill, ..it.clone() };
        self.settle_bill(&bill, outcome.act);
        match outcome.ask_at {
            Some(at) => {
                self.turn_errand(id, (kind, ErrandKind::BillInquiry));
                self.later(cx, id, ErrandKind::BillInquiry, Some(at.since(cx.now())));
            }
            None => self.end_errand(id, kind),
        }
        let is_silent = |sent: base::Timestamp| sent.after(UNKNOWN_ALERT_AFTER) <= cx.now();
        let is_late = bill.body.paid.is_some_and(|(_, sent)| is_silent(sent));
        if bill.body.state == BillState::Unknown && is_late && !bill.is_alerted {
            bill.is_alerted = true;
            let object = Object::from(bill.clone());
            cx.events.push(Event::Break { object, what: "the biller does not say what became" });
        }
        if outcome.is_break {
            self.biller_breaks(cx, &bill);
        }
        self.keep(cx, bill);
    }

    fn settle_bill(&mut self, bill: &Bill, act: BillMove) {
        let set = SetId::from_u128(bill.id.as_u128());
        let settled = match act {
            // What is reserved is reserved when the customer pays.
            BillMove::Nothing | BillMove::Reserve(_) => return,
            BillMove::Post(_) => self.ledger.post_pending(set),
            BillMove::Release(_) => self.ledger.void(set),
        };
        settled.expect("a bill that waits for its biller is reserved");
        if let (BillMove::Release(_), Some(plan)) = (act, bill.plan()) {
            self.uncount(bill.body.customer, plan.payee().minor(), bill.counted);
        }
    }

    /// An answer that nobody waits for changes nothing, but somebody must look at a biller that
    /// has what the customer got back, or has not what it said it had.
    pub(super) fn biller_answered_late(
        &mut self,
        cx: &mut Context<'_>,
        it: &Bill,
        answer: ErrandAnswer,
    ) {
        if it.is_under_way() {
            return;
        }
        let Ok(found) = self.biller(it.body.biller) else { return };
        if it.body.answered(&found.biller, answer_of(answer), cx.now()).is_break {
            self.biller_breaks(cx, it);
        }
    }

    fn biller_breaks(&self, cx: &mut Context<'_>, it: &Bill) {
        let (object, what) = (Object::from(it.clone()), "the biller contradicts itself");
        cx.events.push(Event::Break { object, what });
    }
}

fn answer_of(answer: ErrandAnswer) -> BillerAnswer {
    match answer {
        ErrandAnswer::Yes => BillerAnswer::Confirmed,
        ErrandAnswer::No(_) => BillerAnswer::Refused,
        ErrandAnswer::InProcess => BillerAnswer::InProcess,
        ErrandAnswer::NotFound => BillerAnswer::NotKnown,
        ErrandAnswer::Silent => BillerAnswer::Silent,
    }
}

fn of_bill(refusal: BillRefusal) -> Refusal {
    match refusal {
        BillRefusal::OtherBiller => {
            Refusal::new(ResultCode::ProcessFail, "the bill is another biller's")
        }
        BillRefusal::CheckTooOld => {
            Refusal::new(ResultCode::OrderIsClosed, "the check is too old; check the account again")
        }
        BillRefusal::WasReversed => {
            Refusal::new(ResultCode::OrderIsClosed, "the biller refused it; begin a new bill")
        }
        BillRefusal::OtherCurrency => {
            Refusal::new(ResultCode::CurrencyNotSupport, "the biller takes another currency")
        }
        BillRefusal::AmountNotOffered => {
            Refusal::new(ResultCode::ParamIllegal, "amount: the biller does not take this amount")
        }
        BillRefusal::NothingDue => Refusal::new(ResultCode::OrderIsClosed, "nothing is due"),
        BillRefusal::NotTheAmountDue { due } => {
            let message = format!("amount: must be {} minor units, which are due", due.minor());
            Refusal::new(ResultCode::ParamIllegal, message)
        }
        BillRefusal::AboveMost { most } => {
            let message = format!("amount: must be {} minor units at most", most.minor());
            Refusal::new(ResultCode::PaymentAmountExceedLimit, message)
        }
    }
}
