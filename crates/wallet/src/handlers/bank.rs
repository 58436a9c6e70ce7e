//! Money in and out: banks and agents.

use crate::command::bank::{BankCommand, CallCash, MoveMoney, TakeCash};
use crate::command::desk::MoveEnd;
use crate::errand::MAX_ATTEMPTS;
use crate::machine::{Context, name_kind, name_of, of_ledger, refuse};
use crate::objects::{
    BankInput, BankMove, BankState, BankStep, BankWay, Cash, CashState, CashWay, bank_step,
};
use crate::{
    ErrandAnswer, ErrandKind, Event, Object, Refusal, Reply, Shop, ShopKind, ShopNumber, Wallet,
};
use base::{ResultCode, Row, decode_all, encode};
use ids::{BankMoveId, CashId, SetId};
use std::sync::Arc;

impl Wallet {
    pub(crate) fn bank(&mut self, cx: &mut Context<'_>, it: BankCommand) -> Result<Reply, Refusal> {
        match it {
            BankCommand::Move(it) => self.move_money(cx, it),
            BankCommand::CallCash(it) => self.call_cash(cx, it),
            BankCommand::EndCash { customer, id } => self.end_cash(cx, customer, id),
            BankCommand::GiveCash { agent, by, code } => self.give_cash(cx, (agent, by), code),
            BankCommand::TakeCash(it) => self.take_cash(cx, it),
        }
    }

    fn move_money(&mut self, cx: &mut Context<'_>, it: MoveMoney) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        if it.amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        let (books, id) = (self.books(), it.id.as_u128());
        let fee_minor = match it.way {
            BankWay::In => 0,
            BankWay::Out => self.market.account.withdraw_fee.of(it.amount_minor),
        };
        match it.way {
            BankWay::In => {
                self.payer(it.customer)?;
                let set = books.bank_in(it.customer, it.amount_minor);
                let reserved = self.ledger.reserve(SetId::from_u128(id), set);
                reserved.map_err(|refusal| of_ledger(&refusal))?;
            }
            BankWay::Out => {
                let set = books.bank_out(it.customer, it.amount_minor, fee_minor);
                self.reserve(cx, it.customer, it.amount_minor, (id, set))?;
            }
        }
        // From here the command succeeds.
        let moved = BankMove {
            id: it.id,
            customer: it.customer,
            way: it.way,
            amount_minor: it.amount_minor,
            fee_minor,
            bank_account: it.bank_account,
            state: BankState::Asked,
            counted: self.today(cx),
            created: cx.stamp,
        };
        self.wish(cx, id, ErrandKind::BankSubmit);
        let object = self.make(cx, moved);
        Wallet::remember(cx, it.customer, &it.once, vec![id]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// What the bank says, or that it says nothing.
    pub(crate) fn bank_answered(
        &mut self,
        cx: &mut Context<'_>,
        kind: ErrandKind,
        it: &BankMove,
        answer: ErrandAnswer,
    ) {
        let id = it.id.as_u128();
        let input = match answer {
            ErrandAnswer::Yes => BankInput::Yes,
            ErrandAnswer::No(code) => BankInput::No(code),
            ErrandAnswer::InProcess => BankInput::InProcess,
            ErrandAnswer::NotFound => BankInput::NotFound,
            ErrandAnswer::Silent if base::planted(67) => BankInput::No(ResultCode::ProcessFail),
            ErrandAnswer::Silent => BankInput::Silent,
        };
        let mut moved = it.clone();
        match bank_step(it.state, input) {
            BankStep::To(state) => {
                self.end_errand(id, kind);
                self.settle_move(it, state);
                moved.state = state;
            }
            BankStep::Inquire => {
                moved.state = BankState::Unknown;
                self.ask_again(cx, &moved, (kind, ErrandKind::BankInquiry));
            }
            BankStep::Submit => self.ask_again(cx, &moved, (kind, ErrandKind::BankSubmit)),
            BankStep::Same => self.end_errand(id, kind),
            BankStep::Conflict => {
                self.end_errand(id, kind);
                let (object, what) = (Object::from(moved.clone()), "the bank contradicts itself");
                cx.events.push(Event::Break { object, what });
            }
        }
        self.keep(cx, moved);
    }

    /// The same errand or the other one, after a while. A bank that does not know the move gets it
    /// again for days; then somebody must look, and it is only asked, for ever.
    fn ask_again(
        &mut self,
        cx: &mut Context<'_>,
        moved: &BankMove,
        (done, next): (ErrandKind, ErrandKind),
    ) {
        let id = moved.id.as_u128();
        let attempt = self.errands.get(&(id, done)).map_or(0, |errand| errand.attempt);
        let next = if attempt < MAX_ATTEMPTS { next } else { ErrandKind::BankInquiry };
        if attempt == MAX_ATTEMPTS {
            let (object, what) = (moved.clone().into(), "no bank says what became of a move");
            cx.events.push(Event::Break { object, what });
        }
        self.turn_errand(id, (done, next));
        self.later(cx, id, next, None);
    }

    /// An answer that nobody waits for. It changes nothing, but somebody must look at a bank that
    /// now says the opposite of what it said.
    pub(crate) fn answered_late(
        &mut self,
        cx: &mut Context<'_>,
        about: u128,
        answer: ErrandAnswer,
    ) {
        if let Some(Object::Bill(it)) = self.load(cx.history, about) {
            self.biller_answered_late(cx, &it, answer);
            return;
        }
        let input = match answer {
            ErrandAnswer::Yes => BankInput::Yes,
            ErrandAnswer::No(code) => BankInput::No(code),
            // Said before it was decided, perhaps, and only heard now.
            ErrandAnswer::InProcess | ErrandAnswer::NotFound | ErrandAnswer::Silent => return,
        };
        if let Some(Object::BankMove(it)) = self.load(cx.history, about)
            && bank_step(it.state, input) == BankStep::Conflict
        {
            let (object, what) = (Object::BankMove(it), "the bank contradicts itself");
            cx.events.push(Event::Break { object, what });
        }
    }

    /// The move, if its bank has still to say what became of it.
    pub(crate) fn open_move(&self, id: BankMoveId) -> Result<Arc<BankMove>, Refusal> {
        match self.open.get(&id.as_u128()) {
            Some(Object::BankMove(it)) => Ok(it.clone()),
            _ => refuse(ResultCode::OrderNotExist, "move: no such move waits for its bank"),
        }
    }

    /// Two people say what the bank does not. Should it still speak, and say the opposite, that is
    /// a break: see [`Wallet::answered_late`].
    pub(crate) fn end_move(
        &mut self,
        cx: &mut Context<'_>,
        id: BankMoveId,
        end: MoveEnd,
    ) -> Result<(), Refusal> {
        let it = self.open_move(id)?;
        // From here the command succeeds.
        let state = match end {
            MoveEnd::Done => BankState::Done,
            MoveEnd::Failed => BankState::Failed(ResultCode::ProcessFail),
        };
        for kind in [ErrandKind::BankSubmit, ErrandKind::BankInquiry] {
            self.end_errand(id.as_u128(), kind);
        }
        self.settle_move(&it, state);
        self.keep(cx, BankMove { state, ..it.as_ref().clone() });
        Ok(())
    }

    fn settle_move(&mut self, it: &BankMove, state: BankState) {
        let set = SetId::from_u128(it.id.as_u128());
        let settled = match state {
            BankState::Done => self.ledger.post_pending(set),
            BankState::Asked | BankState::Unknown | BankState::Failed(_) => self.ledger.void(set),
        };
        settled.expect("a move that waits for its bank is reserved");
        let is_failed = matches!(state, BankState::Failed(_)) && !base::planted(59);
        if is_failed && it.way == BankWay::Out {
            self.uncount(it.customer, it.amount_minor, it.counted);
        }
    }

    fn call_cash(&mut self, cx: &mut Context<'_>, it: CallCash) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        if !self.market.features.agents {
            return refuse(ResultCode::BusinessNotSupport, "this wallet has no agents");
        }
        if it.amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        if it.until <= cx.now() {
            return refuse(ResultCode::ParamIllegal, "until: must lie ahead");
        }
        let name = name_of(name_kind::CASH_CODE, &[&it.code]);
        if cx.history.name(&name).is_some() {
            return refuse(ResultCode::ProcessFail, "the code was drawn before; try again");
        }
        let fee_minor = self.market.account.cash_out_fee.of(it.amount_minor);
        let set = self.books().hold(it.customer, it.amount_minor, fee_minor);
        self.spend_balance(cx, it.customer, it.amount_minor, &set)?;
        // From here the command succeeds.
        cx.rows.push(Row::Name { name, value: encode(&it.id) });
        let until = it.until.min(cx.now().after(self.market.cash_for));
        let cash = Cash {
            id: it.id,
            customer: it.customer,
            way: CashWay::Out,
            amount_minor: it.amount_minor,
            fee_minor,
            state: CashState::Called { until },
            counted: self.today(cx),
            created: cx.stamp,
        };
        let object = self.make(cx, cash);
        Wallet::remember(cx, it.customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// The held cash goes back to its customer.
    fn uncall_cash(&mut self, cx: &mut Context<'_>, cash: &Cash, state: CashState) -> Object {
        let home = self.home_of(cash.customer);
        let set = self.books().unhold(home, cash.amount_minor, cash.fee_minor);
        self.give(home, &set);
        self.uncount(cash.customer, cash.amount_minor, cash.counted);
        self.keep(cx, Cash { state, ..cash.clone() })
    }

    pub(crate) fn cash_expires(&mut self, cx: &mut Context<'_>, it: &Cash) {
        self.uncall_cash(cx, it, CashState::Expired);
    }

    fn end_cash(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        id: CashId,
    ) -> Result<Reply, Refusal> {
        let cash = match self.load(cx.history, id.as_u128()) {
            Some(Object::Cash(it)) if it.customer == customer => it,
            _ => return refuse(ResultCode::OrderNotExist, "there is no such cash"),
        };
        match cash.state {
            CashState::Called { .. } => {}
            CashState::Withdrawn => {
                return Ok(Reply::Made { object: Object::Cash(cash), is_repeat: true });
            }
            CashState::Done { .. } | CashState::Expired => {
                return refuse(
                    ResultCode::OrderIsClosed,
                    "the cash was given, or its time is over",
                );
            }
        }
        // From here the command succeeds.
        let object = self.uncall_cash(cx, &cash, CashState::Withdrawn);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// The shop, if it is an agent that this customer runs, whose own account is not stopped.
    fn agent(&self, (agent, by): (ShopNumber, u32)) -> Result<Arc<Shop>, Refusal> {
        let shop = self.shop_of(agent, by)?;
        self.payer(by)?;
        if shop.kind != ShopKind::Agent || !shop.is_open {
            return refuse(ResultCode::AccessDenied, "the shop is no agent, or is closed");
        }
        Ok(shop)
    }

    fn give_cash(
        &mut self,
        cx: &mut Context<'_>,
        agent: (ShopNumber, u32),
        code: [u8; 32],
    ) -> Result<Reply, Refusal> {
        self.agent(agent)?;
        let invalid = "code: no cash waits for it; ask the customer for a new one";
        let Some(bytes) = cx.history.name(&name_of(name_kind::CASH_CODE, &[&code])) else {
            return refuse(ResultCode::InvalidCode, invalid);
        };
        let id: CashId = decode_all(&bytes).expect("history returns the id that was put there");
        let cash = match self.load(cx.history, id.as_u128()) {
            Some(Object::Cash(it)) => it,
            _ => return refuse(ResultCode::InvalidCode, invalid),
        };
        match cash.state {
            // Whoever has the code of a stopped account may have stolen it.
            CashState::Called { until } if until > cx.now() => _ = self.payer(cash.customer)?,
            CashState::Done { agent: of } if of == agent.0 => {
                return Ok(Reply::Made { object: Object::Cash(cash), is_repeat: true });
            }
            _ => return refuse(ResultCode::ExpiredCode, "code: it was used, or its time is over"),
        }
        // From here the command succeeds.
        let till = self.books().shop(agent.0);
        let set = self.books().arrive(till, cash.amount_minor);
        self.give(till, &set);
        cx.rows.push(Row::Listed { list: crate::list_of_shop(agent.0), id: id.as_u128() });
        let state = CashState::Done { agent: agent.0 };
        let object = self.keep(cx, Cash { state, ..cash.as_ref().clone() });
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn take_cash(&mut self, cx: &mut Context<'_>, it: TakeCash) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.by, &it.once)? {
            return Ok(reply);
        }
        if !self.market.features.agents {
            return refuse(ResultCode::BusinessNotSupport, "this wallet has no agents");
        }
        self.agent((it.agent, it.by))?;
        self.payee(it.customer)?;
        if it.amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        let fee_minor = self.market.account.cash_in_fee.of(it.amount_minor);
        let Some(arrives) = it.amount_minor.checked_sub(fee_minor).filter(|left| *left > 0) else {
            return refuse(ResultCode::ParamIllegal, "amount: must be more than the fee");
        };
        let books = self.books();
        let set = books.pay(books.shop(it.agent), books.customer(it.customer), arrives, fee_minor);
        self.ledger.post(&set).map_err(|refusal| of_ledger(&refusal))?;
        // From here the command succeeds.
        let cash = Cash {
            id: it.id,
            customer: it.customer,
            way: CashWay::In,
            amount_minor: it.amount_minor,
            fee_minor,
            state: CashState::Done { agent: it.agent },
            counted: self.today(cx),
            created: cx.stamp,
        };
        let object = self.make(cx, cash);
        Wallet::remember(cx, it.by, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }
}
