//! Savings of customers: the switch, putting in, taking out, and paying directly from them.
//!
//! A saver is settled before anything is done with it, so that what it holds is told at the last
//! price. What may be refused is tried on a look ahead first.

use crate::command::savings::{PutIn, SavingsCommand, TakeOut, TakeWay};
use crate::machine::{Context, of_ledger, refuse};
use crate::objects::{Drawn, Ordered, Saving, SavingAct, Settled};
use crate::{Event, Market, Object, Refusal, Reply, Wallet, chart};
use base::ResultCode;
use ids::SavingId;
use ledger::Transfer;
use savings::{
    CoverNeed, CoverPlan, Deal, Fund, Saver, SavingsRefusal, SavingsRules, redeem_cash, sweep_plan,
};
use std::sync::Arc;

/// A market that has savings. A clone of it outlives changes of the machine.
pub(crate) struct SavingsMarket(Arc<Market>);

impl SavingsMarket {
    pub(crate) fn rules(&self) -> &SavingsRules {
        self.0.savings.as_ref().expect("it was looked for when this was made")
    }
}

impl Wallet {
    pub(crate) fn savings_command(
        &mut self,
        cx: &mut Context<'_>,
        it: SavingsCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            SavingsCommand::Switch { customer, is_on, keep_back_major } => {
                self.switch_savings(cx, customer, is_on, keep_back_major)
            }
            SavingsCommand::Put(it) => self.put_in(cx, it),
            SavingsCommand::TakeOut(it) => self.take_out(cx, it),
        }
    }

    /// Errors: the market has no savings.
    pub(crate) fn savings_market(&self) -> Result<SavingsMarket, Refusal> {
        if self.market.savings.is_none() {
            return refuse(ResultCode::BusinessNotSupport, "this wallet has no savings");
        }
        Ok(SavingsMarket(Arc::clone(&self.market)))
    }

    fn switch_savings(
        &mut self,
        cx: &mut Context<'_>,
        number: u32,
        is_on: bool,
        keep_back_major: u32,
    ) -> Result<Reply, Refusal> {
        let market = self.savings_market()?;
        self.payer(number)?;
        if !is_on && !self.savings.savers.contains(&number) {
            return Ok(Reply::Done);
        }
        // From here the command succeeds.
        let saver = self.savings.savers.entry(number, Saver::new);
        saver.switch(is_on);
        saver.set_keep_back(keep_back_major);
        self.settle_saver(cx, number);
        if self.savings.sweep_at.is_none() {
            self.plan_sweep(cx.now());
        }
        cx.events.push(Event::CustomerChanged(number));
        Ok(match self.sweep(cx, number, market.rules()) {
            Some(object) => Reply::Made { object, is_repeat: false },
            None => Reply::Done,
        })
    }

    /// The fund and a saver as settling the saver leaves them: copies to try an order on, so that
    /// one that is refused has not even settled. Errors: the customer never switched savings on.
    fn settled_ahead(&self, number: u32) -> Result<(Fund, Saver), Refusal> {
        let Some(mut saver) = self.savings.savers.get(&number).copied() else {
            return Err(of_savings(&SavingsRefusal::SwitchedOff));
        };
        let mut fund = self.savings.fund.clone();
        fund.settle(&mut saver);
        Ok((fund, saver))
    }

    /// Settles for good, and keeps what came of the copies.
    fn keep_tried(&mut self, cx: &mut Context<'_>, number: u32, (fund, saver): (Fund, Saver)) {
        self.settle_saver(cx, number);
        self.savings.fund = fund;
        self.savings.savers.insert(number, saver);
    }

    fn put_in(&mut self, cx: &mut Context<'_>, it: PutIn) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        let market = self.savings_market()?;
        self.payer(it.customer)?;
        let (mut fund, mut saver) = self.settled_ahead(it.customer)?;
        if !saver.is_on() {
            return Err(of_savings(&SavingsRefusal::SwitchedOff));
        }
        let set = self.books().save(it.customer, it.amount_minor);
        if !set.is_empty() {
            self.ledger.check(&set).map_err(|refusal| of_ledger(&refusal))?;
        }
        let day = fund
            .order_subscription(&mut saver, it.amount_minor, cx.now(), market.rules())
            .map_err(|refusal| of_savings(&refusal))?;
        // From here the command succeeds.
        self.keep_tried(cx, it.customer, (fund, saver));
        self.ledger.post(&set).expect("the set was checked");
        let act = SavingAct::Put { amount_minor: it.amount_minor, day };
        let object = self.saved(cx, (it.id, it.customer), act);
        Wallet::remember(cx, it.customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// Orders what is idle into the fund: nothing when that is too little, or has no place.
    pub(crate) fn sweep(
        &mut self,
        cx: &mut Context<'_>,
        number: u32,
        rules: &SavingsRules,
    ) -> Option<Object> {
        let saver = self.savings.savers.get(&number)?;
        if !saver.is_on() || !self.customers.get(number)?.state.may_pay() {
            return None;
        }
        let mut saver = self.settle_saver(cx, number)?;
        let room_minor = self.savings.fund.room_minor(&saver);
        let amount_minor = sweep_plan(self.available(number), &saver, rules).min(room_minor);
        if amount_minor < rules.terms().min_sweep_minor {
            return None;
        }
        let ordered =
            self.savings.fund.order_subscription(&mut saver, amount_minor, cx.now(), rules);
        // Days that wait for a late price leave no place: the balance stays idle until it comes.
        let day = ordered.ok()?;
        self.savings.savers.insert(number, saver);
        let set = self.books().save(number, amount_minor);
        self.ledger.post(&set).expect("what is available may leave the account");
        let id = self.own_saving_id(cx);
        Some(self.saved(cx, (id, number), SavingAct::Swept { amount_minor, day }))
    }

    fn take_out(&mut self, cx: &mut Context<'_>, it: TakeOut) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        let market = self.savings_market()?;
        self.payer(it.customer)?;
        let (mut fund, mut saver) = self.settled_ahead(it.customer)?;
        let rules = market.rules();
        let recallable_minor = fund.recallable_minor(&saver, cx.now(), rules);
        let recalled_minor = match it.way {
            TakeWay::AtOnce { amount_minor } | TakeWay::Ordinary { amount_minor } => {
                recallable_minor.min(amount_minor)
            }
            TakeWay::All => recallable_minor,
        };
        let (rest, units) = match it.way {
            TakeWay::AtOnce { amount_minor } => (amount_minor - recalled_minor, 0),
            TakeWay::Ordinary { amount_minor } => {
                (0, self.units_for(&saver, amount_minor - recalled_minor)?)
            }
            TakeWay::All => (0, saver.free_units()),
        };
        if recalled_minor == 0 && rest == 0 && units == 0 {
            let what = "amount: must be at least 1, and there must be something to take out";
            return refuse(ResultCode::ParamIllegal, what);
        }
        let set = self.books().draw(it.customer, recalled_minor, rest);
        if !set.is_empty() {
            self.ledger.check(&set).map_err(|refusal| of_ledger(&refusal))?;
        }
        let parts = [recalled_minor, rest, units];
        let (drawn, ordered) = take(&mut fund, &mut saver, parts, (cx, rules))
            .map_err(|refusal| of_savings(&refusal))?;
        // From here the command succeeds.
        self.keep_tried(cx, it.customer, (fund, saver));
        if !set.is_empty() {
            self.ledger.post(&set).expect("the set was checked");
        }
        let act = SavingAct::TakenOut { drawn, ordered };
        let object = self.saved(cx, (it.id, it.customer), act);
        Wallet::remember(cx, it.customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// Units that are worth this at the last price.
    fn units_for(&self, saver: &Saver, amount_minor: u64) -> Result<u64, Refusal> {
        if amount_minor == 0 {
            return Ok(0);
        }
        let missing = SavingsRefusal::NotEnough { short_minor: amount_minor };
        let last = self.savings.fund.prices().last().filter(|_| saver.free_units() > 0);
        let price = last.ok_or(missing).map_err(|refusal| of_savings(&refusal))?.price;
        Ok(redeem_cash(amount_minor, price).map_err(|refusal| of_savings(&refusal))?.units)
    }

    /// What savings have to add so that the payer's balance covers the set; `None` when nothing, or
    /// when they are off. Errors: they cannot.
    pub(crate) fn plan_cover(
        &mut self,
        cx: &mut Context<'_>,
        payer: u32,
        set: &[Transfer],
    ) -> Result<Option<CoverPlan>, Refusal> {
        let Some(saver) = self.savings.savers.get(&payer).filter(|it| it.is_on()) else {
            return Ok(None);
        };
        let Ok(market) = self.savings_market() else { return Ok(None) };
        let account = self.books().customer(payer);
        let leaving = set.iter().filter(|it| it.debit == account).map(|it| it.amount_minor);
        let payment_minor: u64 = leaving.sum();
        if payment_minor <= self.available(payer) {
            return Ok(None);
        }
        // Planned on a look ahead: what cannot be paid does not even settle. A redemption that is
        // due brings cash, which may be all that is missing.
        let (ahead, settlement) = self.savings.fund.preview(saver);
        let paid_out = settlement.deals.iter().map(|deal| match deal {
            Deal::Redeemed { amount_minor, .. } => *amount_minor,
            Deal::Subscribed { .. } => 0,
        });
        let balance_minor = self.available(payer) + paid_out.sum::<u64>();
        let need = CoverNeed { balance_minor, payment_minor };
        let plan = self
            .savings
            .fund
            .cover_plan(&ahead, need, cx.now(), market.rules())
            .map_err(|refusal| of_cover(&refusal))?;
        // Nor what its payee may not get: the pool stands in for the payer, as it has no limits.
        let pool = self.books().own(chart::POOL);
        let debit = |it: &Transfer| if it.debit == account { pool } else { it.debit };
        let probe: Vec<Transfer> =
            set.iter().map(|it| Transfer { debit: debit(it), ..*it }).collect();
        if !base::planted(64) {
            self.ledger.check(&probe).map_err(|refusal| of_ledger(&refusal))?;
        }
        self.settle_saver(cx, payer);
        Ok((payment_minor > balance_minor).then_some(plan))
    }

    /// Books the set together with what savings add, as planned just now.
    pub(crate) fn post_covered(
        &mut self,
        cx: &mut Context<'_>,
        payer: u32,
        (about, plan): (u128, CoverPlan),
        set: &[Transfer],
    ) -> Result<(), Refusal> {
        let market = self.savings_market()?;
        let mut all = self.books().draw(payer, plan.recalled_minor, plan.redeemed_minor);
        if base::planted(64) {
            self.ledger.post(&std::mem::take(&mut all)).map_err(|refusal| of_ledger(&refusal))?;
        }
        all.extend_from_slice(set);
        self.ledger.post(&all).map_err(|refusal| of_ledger(&refusal))?;
        // From here the command succeeds.
        let saver = self.savings.savers.get_mut(&payer).expect("the cover was planned for it");
        let redeemed = self
            .savings
            .fund
            .cover(saver, plan, cx.now(), market.rules())
            .expect("what was planned just now can be done");
        let drawn = Drawn { recalled_minor: plan.recalled_minor, redeemed };
        let id = self.own_saving_id(cx);
        self.saved(cx, (id, payer), SavingAct::Paid { about, drawn });
        Ok(())
    }

    /// Brings a saver up to the last price: orders that are due are dealt and booked, yields told.
    /// `None` for who never switched savings on.
    pub(crate) fn settle_saver(&mut self, cx: &mut Context<'_>, number: u32) -> Option<Saver> {
        let mut saver = *self.savings.savers.get(&number)?;
        if self.savings.fund.is_settled(&saver) {
            return Some(saver);
        }
        let before = saver.accrued_day();
        let settlement = self.savings.fund.settle(&mut saver);
        self.savings.savers.insert(number, saver);
        let books = self.books();
        for deal in &settlement.deals {
            match *deal {
                Deal::Subscribed { amount_minor, .. } => {
                    let set = books.fund_takes(amount_minor);
                    self.ledger.post(&set).expect("what waits was put aside");
                }
                Deal::Redeemed { amount_minor: 0, .. } => {}
                Deal::Redeemed { amount_minor, .. } => {
                    let home = self.home_of(number);
                    self.give(home, &books.fund_pays(home, amount_minor));
                }
            }
        }
        let until = saver.accrued_day();
        let settled = Settled {
            until,
            before,
            yields: settlement.yields,
            deals: settlement.deals,
            untold_until: settlement.untold_until,
            units: saver.units(),
        };
        let id = Saving::settlement_id(number, until, self.partition);
        self.saved(cx, (id, number), SavingAct::Settled(settled));
        Some(saver)
    }

    fn own_saving_id(&self, cx: &Context<'_>) -> SavingId {
        let place = u32::try_from(cx.rows.len()).expect("a record yields few rows");
        Saving::own_id(cx.stamp, place, self.partition)
    }

    fn saved(
        &mut self,
        cx: &mut Context<'_>,
        (id, customer): (SavingId, u32),
        act: SavingAct,
    ) -> Object {
        self.make(cx, Saving { id, customer, act, created: cx.stamp })
    }

    /// What a customer's balance has that is not reserved, in minor units.
    pub(crate) fn available(&self, number: u32) -> u64 {
        let account = self.ledger.account(&self.books().customer(number));
        account.map_or(0, |account| u64::try_from(-account.highest()).unwrap_or(0))
    }
}

/// Takes out cash for units at once or units for their dealing day, and waiting cash with either.
/// Errors: the fund refuses the units; nothing has changed then.
fn take(
    fund: &mut Fund,
    saver: &mut Saver,
    [recalled_minor, redeemed_minor, units]: [u64; 3],
    (cx, rules): (&Context<'_>, &SavingsRules),
) -> Result<(Drawn, Option<Ordered>), SavingsRefusal> {
    let mut drawn = Drawn { recalled_minor, redeemed: None };
    let mut ordered = None;
    if redeemed_minor > 0 {
        drawn.redeemed = Some(fund.redeem_instantly(saver, redeemed_minor, cx.now(), rules)?);
    } else if units > 0 {
        let day = fund.order_redemption(saver, units, cx.now(), rules)?;
        ordered = Some(Ordered { units, day });
    }
    if recalled_minor > 0 {
        fund.recall_subscription(saver, recalled_minor, cx.now(), rules)
            .expect("what can be recalled does not depend on the units");
    }
    Ok((drawn, ordered))
}

/// Why savings refuse, as the customer is told.
fn of_savings(refusal: &SavingsRefusal) -> Refusal {
    let code = match refusal {
        SavingsRefusal::ZeroAmount => {
            return Refusal::new(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        SavingsRefusal::SwitchedOff => ResultCode::BusinessNotSupport,
        SavingsRefusal::NotEnough { .. } | SavingsRefusal::NotEnoughUnits { .. } => {
            ResultCode::UserBalanceNotEnough
        }
        SavingsRefusal::TooMuch { .. }
        | SavingsRefusal::InstantLimit { .. }
        | SavingsRefusal::PoolLimit { .. } => ResultCode::UserAmountExceedLimit,
        SavingsRefusal::NoPrice
        | SavingsRefusal::PriceTooOld { .. }
        | SavingsRefusal::NoDealingDay
        | SavingsRefusal::EarlierOrderWaits { .. }
        | SavingsRefusal::TooManyOpenDays => ResultCode::OrderStatusInvalid,
        SavingsRefusal::Unsettled => ResultCode::ProcessFail,
    };
    Refusal::new(code, format!("savings: {refusal}"))
}

/// Why savings do not add to a payment: to whom it is paid, it is the money that is missing, unless
/// a limit of the customer's stands in the way.
fn of_cover(refusal: &SavingsRefusal) -> Refusal {
    let code = match refusal {
        SavingsRefusal::InstantLimit { .. } => ResultCode::UserAmountExceedLimit,
        _ => ResultCode::UserBalanceNotEnough,
    };
    Refusal::new(code, format!("the balance does not cover it; savings: {refusal}"))
}
