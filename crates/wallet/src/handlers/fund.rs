//! The fund's side of savings: its prices, the rounds over all savers, and settling with it.
//!
//! A price starts a round in which all due orders are dealt. After it every day that has a price is
//! final: it is filed as a [`FundDay`], and the fund is told until it agrees. Only then does money
//! move between the fund and the float.

use crate::machine::{Context, Timer, refuse};
use crate::objects::{FundDay, FundDayState, Saving};
use crate::saving_book::{ACTS_PER_PIECE, LOOKS_PER_PIECE, NEXT_PIECE, next_sweep};
use crate::{ErrandAnswer, ErrandKind, Event, Object, Refusal, Reply, Wallet, chart};
use base::{ResultCode, Timestamp};
use ledger::Transfer;
use savings::{Approval, DaySheet, Disagreement, FundPrice, FundStatement, PriceRefusal, Saver};
use std::sync::Arc;

impl Wallet {
    /// Takes in the price of a day: the pool's units are paid at once, orders in a round.
    pub(crate) fn set_fund_price(
        &mut self,
        cx: &Context<'_>,
        price: FundPrice,
        approval: Approval,
    ) -> Result<(), Refusal> {
        let market = self.savings_market()?;
        let deals = self
            .savings
            .fund
            .accept_price(price, approval, cx.now(), market.rules())
            .map_err(|refusal| of_price(&refusal))?;
        // From here the command succeeds.
        for deal in deals {
            let set =
                self.books().pool_redeems(minor(deal.advanced_minor), minor(deal.proceeds_minor));
            self.post_some(&set);
        }
        if self.savings.deal_from.replace(0).is_none() {
            self.timers.insert((cx.now(), Timer::Deal));
        }
        Ok(())
    }

    /// Sets the time of the next sweep, by the rules as they are now.
    pub(crate) fn plan_sweep(&mut self, now: Timestamp) {
        let at = match &self.market.savings {
            Some(rules) if !self.savings.savers.is_empty() => next_sweep(now, rules),
            _ => None,
        };
        self.savings.sweep_from = 0;
        self.set_sweep(at);
    }

    fn set_sweep(&mut self, at: Option<Timestamp>) {
        if let Some(before) = self.savings.sweep_at {
            self.timers.remove(&(before, Timer::Sweep));
        }
        if let Some(at) = at {
            self.timers.insert((at, Timer::Sweep));
        }
        self.savings.sweep_at = at;
    }

    /// One piece of the sweep over all savers.
    pub(crate) fn sweep_round(&mut self, cx: &mut Context<'_>, due: Timestamp) {
        if self.savings.sweep_at != Some(due) {
            return;
        }
        let Ok(market) = self.savings_market() else { return self.plan_sweep(cx.now()) };
        let next = self.piece(self.savings.sweep_from, |wallet, number| {
            let is_on = wallet.savings.savers.get(&number).is_some_and(Saver::is_on);
            if is_on {
                wallet.sweep(cx, number, market.rules());
            }
            is_on
        });
        match next {
            Some(next) => {
                self.savings.sweep_from = next;
                self.set_sweep(Some(cx.now().after(NEXT_PIECE)));
            }
            None => self.plan_sweep(cx.now()),
        }
    }

    /// One piece of dealing what is due; at the end the days are filed.
    pub(crate) fn deal_round(&mut self, cx: &mut Context<'_>) {
        let Some(from) = self.savings.deal_from else { return };
        self.savings.deal_from = self.piece(from, |wallet, number| {
            let saver = wallet.savings.savers.get(&number);
            let is_due = saver.is_some_and(|saver| wallet.savings.is_due(saver));
            if is_due {
                wallet.settle_saver(cx, number);
            }
            is_due
        });
        match self.savings.deal_from {
            Some(_) => {
                self.timers.insert((cx.now().after(NEXT_PIECE), Timer::Deal));
            }
            None => self.file_days(cx),
        }
    }

    /// Does something for the customers from one number on; says where to go on, if not all are
    /// through.
    fn piece(&mut self, from: u32, mut act: impl FnMut(&mut Wallet, u32) -> bool) -> Option<u32> {
        let (count, mut acts) = (self.customers.len(), 0);
        let end = count.min(from.saturating_add(LOOKS_PER_PIECE));
        for number in from..end {
            if act(self, number) {
                acts += 1;
            }
            if acts == ACTS_PER_PIECE && number + 1 < count {
                return Some(number + 1);
            }
        }
        (end < count).then_some(end)
    }

    /// All orders that have a price are dealt: their days are final, and the fund is told.
    fn file_days(&mut self, cx: &mut Context<'_>) {
        let is_new = |sheet: &&DaySheet| Some(sheet.day) > self.savings.filed && sheet.is_closed();
        let sheets: Vec<DaySheet> =
            self.savings.fund.sheets().iter().filter(is_new).copied().collect();
        let Some(last) = sheets.last().map(|sheet| sheet.day) else { return };
        // What rounding has left goes with the newest of the days.
        let rounding_minor = minor(self.savings.fund.take_residue());
        let set = self.books().fund_rounding(rounding_minor);
        self.post_some(&set);
        for sheet in sheets {
            let id = Saving::day_id(sheet.day, self.partition);
            let statement = FundStatement {
                day: sheet.day,
                subscribed_minor: sheet.subscribed_minor,
                issued_units: sheet.issued_units,
                redeemed_units: sheet.redeemed_units,
                paid_minor: sheet.paid_minor,
            };
            let rounding_minor = if sheet.day == last { rounding_minor } else { 0 };
            let state = FundDayState::Asked;
            self.savings.filed = Some(sheet.day);
            self.savings.unsettled.insert(sheet.day, id);
            self.wish(cx, id.as_u128(), ErrandKind::FundOrder);
            self.make(cx, FundDay { id, statement, rounding_minor, state, created: cx.stamp });
        }
    }

    /// What the fund says to a day, or that it says nothing.
    pub(crate) fn fund_answered(
        &mut self,
        cx: &mut Context<'_>,
        it: &FundDay,
        answer: ErrandAnswer,
    ) {
        match answer {
            ErrandAnswer::Yes => {
                self.fund_settles(cx, it);
            }
            ErrandAnswer::No(code) => {
                self.end_errand(it.id.as_u128(), ErrandKind::FundOrder);
                let refused = FundDay { state: FundDayState::Refused(code), ..it.clone() };
                let object = self.keep(cx, refused);
                cx.events.push(Event::Break { object, what: "the fund does not agree to a day" });
            }
            ErrandAnswer::InProcess | ErrandAnswer::NotFound | ErrandAnswer::Silent => {
                self.later(cx, it.id.as_u128(), ErrandKind::FundOrder, None);
                self.keep(cx, it.clone());
            }
        }
    }

    /// An employee has the fund's statement before them.
    pub(crate) fn settle_fund(
        &mut self,
        cx: &mut Context<'_>,
        statement: FundStatement,
        rounding_minor: u64,
    ) -> Result<Reply, Refusal> {
        let id = Saving::day_id(statement.day, self.partition).as_u128();
        let day = match self.load(cx.history, id) {
            Some(Object::FundDay(it)) => it,
            _ => {
                let why = "day: nothing was ordered for it, or its orders are still to be dealt";
                return refuse(ResultCode::OrderNotExist, why);
            }
        };
        // A sheet of long ago is dropped; what was filed of it is not.
        let agreed = match self.savings.fund.agree(&statement) {
            Err(Disagreement::NoSheet) if day.statement == statement => Ok(()),
            other => other,
        };
        if let Err(disagreement) = agreed {
            return Err(Refusal::new(ResultCode::ParamIllegal, disagreement.to_string()));
        }
        if day.rounding_minor != rounding_minor {
            let message = format!("roundingMinor: we have {}", day.rounding_minor);
            return Err(Refusal::new(ResultCode::ParamIllegal, message));
        }
        if day.state == FundDayState::Settled {
            return Ok(Reply::Made { object: Object::FundDay(day), is_repeat: true });
        }
        // From here the command succeeds.
        let object = self.fund_settles(cx, &day);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn fund_settles(&mut self, cx: &mut Context<'_>, it: &FundDay) -> Object {
        self.end_errand(it.id.as_u128(), ErrandKind::FundOrder);
        self.savings.unsettled.remove(&it.statement.day);
        let paid_minor = minor(it.statement.paid_minor) + it.rounding_minor;
        let set = self.books().settle_fund(minor(it.statement.subscribed_minor), paid_minor);
        self.post_some(&set);
        self.keep(cx, FundDay { state: FundDayState::Settled, ..it.clone() })
    }

    /// Posts between the operator's own accounts, which have no limits.
    fn post_some(&mut self, set: &[Transfer]) {
        if !set.is_empty() {
            self.ledger.post(set).expect("the operator's own accounts have no limits");
        }
    }

    /// Do the books, the fund and its savers agree, to the last minor unit and the last unit?
    pub(crate) fn verify_savings(&self) -> Result<(), String> {
        let book = &self.savings;
        book.fund
            .verify(book.savers.entries().map(|(_, saver)| saver))
            .map_err(|it| it.to_string())?;
        let totals = book.fund.totals();
        let owed = |minor: u128| i128::try_from(minor).map_err(|error| error.to_string());
        self.agree("what waits for the fund", chart::SAVINGS, owed(totals.subscribing_minor)?)?;
        self.agree("what the pool paid", chart::POOL, -owed(totals.advanced_minor)?)?;
        // The fund is owed what was dealt and not yet settled: in days that are filed, and since.
        let mut fund: i128 = 0;
        for id in book.unsettled.values() {
            let Some(Object::FundDay(it)) = self.open.get(&id.as_u128()) else {
                return Err(format!("{id}: the fund has not settled it, and it is not there"));
            };
            fund += owed(it.statement.subscribed_minor)? - owed(it.statement.paid_minor)?;
            fund -= i128::from(it.rounding_minor);
        }
        for sheet in book.fund.sheets().iter().filter(|sheet| Some(sheet.day) > book.filed) {
            fund += owed(sheet.subscribed_minor)? - owed(sheet.paid_minor)?;
        }
        self.agree("what the fund is owed", chart::FUND, fund)?;
        let open = |number| self.customers.get(number).is_some_and(|it| it.state.may_receive());
        match book.savers.entries().find(|(number, saver)| !saver.is_empty() && !open(**number)) {
            Some((number, _)) => Err(format!("customer {number} left savings behind")),
            None => Ok(()),
        }
    }

    /// Days that the fund has not settled, oldest first.
    pub fn unsettled_fund_days(&self) -> Vec<Arc<FundDay>> {
        let ids = self.savings.unsettled.values();
        ids.filter_map(|id| match self.open.get(&id.as_u128()) {
            Some(Object::FundDay(it)) => Some(Arc::clone(it)),
            _ => None,
        })
        .collect()
    }
}

/// An amount of the whole fund.
fn minor(amount: u128) -> u64 {
    u64::try_from(amount).expect("all money of a market is below 2^64 minor units")
}

fn of_price(refusal: &PriceRefusal) -> Refusal {
    let code = match refusal {
        PriceRefusal::OrdersUnsettled { .. } | PriceRefusal::TooEarly { .. } => {
            ResultCode::OrderStatusInvalid
        }
        PriceRefusal::NotNewer { .. }
        | PriceRefusal::OutOfRange { .. }
        | PriceRefusal::OutOfBand { .. } => ResultCode::ParamIllegal,
    };
    Refusal::new(code, refusal.to_string())
}
