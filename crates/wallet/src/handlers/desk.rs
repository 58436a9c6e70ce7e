//! What the operator's people do.

use crate::chart::{ADJUSTMENTS, FLOAT};
use crate::command::desk::{Correction, DeskAct, Proposed};
use crate::machine::{Context, name_kind, name_of, of_ledger, refuse};
use crate::objects::{PROPOSAL_FOR, Proposal, ProposalState};
use crate::{Event, Market, Object, Refusal, Reply, Shop, ShopKind, ShopNumber, Wallet};
use base::{Operator, ResultCode, Row, encode};
use ids::{PartnerText, ProposalId};
use savings::Approval;
use std::sync::Arc;

impl Wallet {
    pub(crate) fn desk(
        &mut self,
        cx: &mut Context<'_>,
        by: Operator,
        act: DeskAct,
    ) -> Result<Reply, Refusal> {
        match act {
            DeskAct::SetMarket(market) => self.set_market(cx, *market),
            DeskAct::SetTier { customer, tier } => self.set_tier(cx, customer, tier),
            DeskAct::ChangeCustomer { customer, input } => {
                self.change_customer(cx, customer, input)
            }
            DeskAct::AddBiller { name, rules } => self.add_biller(name, *rules),
            DeskAct::ChangeBiller { name, rules, is_listed } => {
                self.change_biller(name, *rules, is_listed)
            }
            DeskAct::SettleBiller { reference, biller, amount_minor } => {
                self.settle_biller(cx, &reference, (biller, amount_minor))
            }
            DeskAct::SetShopKind { shop, kind } => self.set_shop_kind(shop, kind),
            DeskAct::Propose { id, what } => self.propose(cx, by, id, what),
            DeskAct::Approve { id, what } => self.approve(cx, &by, id, what),
            DeskAct::Reject { id } => self.reject(cx, by, id),
            DeskAct::SettleNetwork { reference, amount_minor } => {
                self.settle_network(cx, &reference, amount_minor)
            }
            DeskAct::SetFundPrice(price) => {
                self.set_fund_price(cx, price, Approval::Plain)?;
                Ok(Reply::Done)
            }
            DeskAct::SettleFund { statement, rounding_minor } => {
                self.settle_fund(cx, statement, rounding_minor)
            }
            DeskAct::MakeOffer { terms, once } => self.make_offer(cx, None, *terms, &once),
            DeskAct::EndOffer { offer } => self.end_offer(cx, None, offer),
        }
    }

    fn set_market(&mut self, cx: &Context<'_>, market: Market) -> Result<Reply, Refusal> {
        if let Err(error) = market.check() {
            return Err(Refusal::new(ResultCode::ParamIllegal, error.to_string()));
        }
        let now = &self.market;
        if market.code != now.code || market.account.currency != now.account.currency {
            return refuse(
                ResultCode::ParamIllegal,
                "code, currency: a wallet stays in its market; start another one for another",
            );
        }
        if market.account.zone != now.account.zone {
            return refuse(ResultCode::ParamIllegal, "zone: what was spent is counted by its days");
        }
        if market.account.tiers.len() < now.account.tiers.len() {
            return refuse(ResultCode::ParamIllegal, "tiers: customers are in the one left out");
        }
        if market.savings.is_none() && !self.savings.is_empty() {
            return refuse(ResultCode::ParamIllegal, "savings: customers have something in them");
        }
        // From here the command succeeds.
        let caps = |it: &Market| -> Vec<u64> {
            it.account.tiers.iter().map(|tier| tier.balance_minor).collect()
        };
        let is_other_cap = caps(&market) != caps(now);
        self.market = Arc::new(market);
        // A sweep that is under way goes on by the new rules.
        if self.savings.sweep_from == 0 {
            self.plan_sweep(cx.now());
        }
        if is_other_cap {
            for number in 0..self.customers.len() {
                self.set_cap(number);
            }
        }
        Ok(Reply::Done)
    }

    fn set_tier(&mut self, cx: &mut Context<'_>, number: u32, tier: u8) -> Result<Reply, Refusal> {
        self.customer(number)?;
        if usize::from(tier) >= self.market.account.tiers.len() {
            return refuse(ResultCode::ParamIllegal, "tier: the market has no such tier");
        }
        // From here the command succeeds.
        if let Some(customer) = self.customers.get_mut(number) {
            customer.tier = tier;
        }
        self.set_cap(number);
        cx.events.push(Event::CustomerChanged(number));
        Ok(Reply::Done)
    }

    fn set_shop_kind(&mut self, shop: ShopNumber, kind: ShopKind) -> Result<Reply, Refusal> {
        let Some(found) = self.shops.get(shop as usize) else {
            return refuse(ResultCode::MerchantNotRegistered, "shop: there is no such shop");
        };
        // From here the command succeeds.
        let changed = Shop { kind, ..found.as_ref().clone() };
        self.put_shop(changed);
        Ok(Reply::Done)
    }

    fn propose(
        &mut self,
        cx: &mut Context<'_>,
        by: Operator,
        id: ProposalId,
        what: Proposed,
    ) -> Result<Reply, Refusal> {
        if let Some(Object::Proposal(known)) = self.load(cx.history, id.as_u128()) {
            if known.what != what || known.by != by.who {
                return refuse(ResultCode::RepeatReqInconsistent, "id: it names another proposal");
            }
            return Ok(Reply::Made { object: Object::Proposal(known), is_repeat: true });
        }
        match what {
            Proposed::Correct { customer, amount_minor, .. } => {
                self.customer(customer)?;
                if amount_minor == 0 {
                    return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
                }
            }
            Proposed::FundPrice(_) => {
                self.savings_market()?;
            }
            Proposed::EndMove { id, .. } => {
                self.open_move(id)?;
            }
        }
        // From here the command succeeds.
        let proposal = Proposal {
            id,
            what,
            by: by.who,
            why: by.why,
            state: ProposalState::Open,
            created: cx.stamp,
        };
        let object = self.make(cx, proposal);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn open_proposal(&self, cx: &Context<'_>, id: ProposalId) -> Result<Arc<Proposal>, Refusal> {
        match self.load(cx.history, id.as_u128()) {
            Some(Object::Proposal(it))
                if it.state == ProposalState::Open
                    && it.created.time.after(PROPOSAL_FOR) > cx.now() =>
            {
                Ok(it)
            }
            Some(Object::Proposal(_)) => {
                refuse(ResultCode::OrderIsClosed, "the proposal was decided, or its time is over")
            }
            _ => refuse(ResultCode::OrderNotExist, "there is no such proposal"),
        }
    }

    /// Somebody else agrees to the very content that was proposed. Source: failure catalogue K7.
    fn approve(
        &mut self,
        cx: &mut Context<'_>,
        by: &Operator,
        id: ProposalId,
        what: Proposed,
    ) -> Result<Reply, Refusal> {
        let proposal = self.open_proposal(cx, id)?;
        if proposal.by == by.who {
            return refuse(ResultCode::AccessDenied, "nobody approves a proposal of his own");
        }
        if proposal.what != what {
            return refuse(
                ResultCode::RepeatReqInconsistent,
                "the proposal says something else; look at it again",
            );
        }
        match what {
            Proposed::Correct { customer, amount_minor, way } => {
                self.correct(cx, customer, amount_minor, way)?;
            }
            Proposed::FundPrice(price) => self.set_fund_price(cx, price, Approval::FourEyes)?,
            Proposed::EndMove { id, end } => self.end_move(cx, id, end)?,
        }
        // From here the command succeeds.
        let state = ProposalState::Approved { by: by.who.clone() };
        let object = self.keep(cx, Proposal { state, ..proposal.as_ref().clone() });
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn correct(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        amount_minor: u64,
        way: Correction,
    ) -> Result<(), Refusal> {
        self.customer(customer)?;
        let (books, home) = (self.books(), self.home_of(customer));
        let other = books.own(ADJUSTMENTS);
        match way {
            Correction::Give => self.give(home, &books.pay(other, home, amount_minor, 0)),
            Correction::Take => {
                let set = books.pay(home, other, amount_minor, 0);
                self.ledger.post(&set).map_err(|refusal| of_ledger(&refusal))?;
            }
        }
        // From here the command succeeds.
        cx.events.push(Event::CustomerChanged(customer));
        Ok(())
    }

    fn reject(
        &mut self,
        cx: &mut Context<'_>,
        by: Operator,
        id: ProposalId,
    ) -> Result<Reply, Refusal> {
        let proposal = self.open_proposal(cx, id)?;
        // From here the command succeeds.
        let state = ProposalState::Rejected { by: by.who };
        let object = self.keep(cx, Proposal { state, ..proposal.as_ref().clone() });
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(crate) fn proposal_expires(&mut self, cx: &mut Context<'_>, it: &Proposal) {
        self.keep(cx, Proposal { state: ProposalState::Expired, ..it.clone() });
    }

    fn settle_network(
        &mut self,
        cx: &mut Context<'_>,
        reference: &PartnerText,
        amount_minor: u64,
    ) -> Result<Reply, Refusal> {
        let name = name_of(name_kind::SETTLEMENT, &[reference.as_str().as_bytes()]);
        if let Some(bytes) = cx.history.name(&name) {
            if bytes != encode(&amount_minor) {
                return refuse(
                    ResultCode::RepeatReqInconsistent,
                    "reference: it names a settlement of another amount",
                );
            }
            return Ok(Reply::Done);
        }
        if amount_minor == 0 || amount_minor > self.network_payable() {
            return refuse(
                ResultCode::ParamIllegal,
                "amount: must be at least 1, and no more than what is owed",
            );
        }
        let float = self.ledger.account(&self.books().own(FLOAT));
        if float.is_none_or(|it| it.balance() < i128::from(amount_minor)) {
            return refuse(ResultCode::UserBalanceNotEnough, "the float does not cover it");
        }
        let set = self.books().settle_network(amount_minor);
        self.ledger.post(&set).map_err(|refusal| of_ledger(&refusal))?;
        // From here the command succeeds.
        cx.rows.push(Row::Name { name, value: encode(&amount_minor) });
        Ok(Reply::Done)
    }
}
