//! Money between customers: transfers, requests for money, plans.

use crate::command::send::{Ask, Plan, Send, SendCommand};
use crate::machine::{Context, name_kind, name_of, refuse};
use crate::objects::{
    Every, Origin, Party, Request, RequestState, Schedule, ScheduleState, Transfer, TransferState,
};
use crate::{Object, Once, Refusal, Reply, Wallet};
use base::{ResultCode, Row, Span, Timestamp, decode_all, encode};
use ids::{RequestId, ScheduleId, TransferId};

/// Parts of one bill, at most.
const MAX_PARTS: usize = 50;
/// Turns of one plan, at most: ten years of days.
const MAX_TURNS: u32 = 3_660;
/// How far ahead a plan may begin.
const PLAN_WITHIN: Span = Span::days(366);

/// A transfer to be made, whatever it came from.
struct Wanted {
    id: TransferId,
    from: u32,
    to: u32,
    amount_minor: u64,
    note: Option<ids::NoteId>,
    origin: Origin,
    knows_new_payee: bool,
    /// When the customer wanted it: a plan's turns were wanted long before.
    wanted: Timestamp,
}

impl Wallet {
    pub(crate) fn send_command(
        &mut self,
        cx: &mut Context<'_>,
        it: SendCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            SendCommand::Send(it) => self.send(cx, it),
            SendCommand::TakeBack { customer, id } => self.take_back(cx, customer, id),
            SendCommand::Ask(it) => self.ask(cx, &it),
            SendCommand::PayRequest { customer, request, id, once } => {
                self.pay_request(cx, customer, (request, id), &once)
            }
            SendCommand::EndRequest { customer, request } => {
                self.end_request(cx, customer, request)
            }
            SendCommand::Plan(it) => self.plan(cx, it),
            SendCommand::EndPlan { customer, id } => self.end_plan(cx, customer, id),
        }
    }

    fn send(&mut self, cx: &mut Context<'_>, it: Send) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.from, &it.once)? {
            return Ok(reply);
        }
        let wanted = Wanted {
            id: it.id,
            from: it.from,
            to: it.to,
            amount_minor: it.amount_minor,
            note: it.note,
            origin: Origin::Direct,
            knows_new_payee: it.knows_new_payee,
            wanted: cx.now(),
        };
        let object = self.transfer(cx, wanted)?;
        if !base::planted(68) {
            Wallet::remember(cx, it.from, &it.once, vec![object.id()]);
        }
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// Moves the money, at once or after the wait that a new payee costs.
    fn transfer(&mut self, cx: &mut Context<'_>, it: Wanted) -> Result<Object, Refusal> {
        if it.amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        if it.from == it.to {
            return refuse(ResultCode::ParamIllegal, "to: must be somebody else");
        }
        self.payer(it.from)?;
        self.payee(it.to)?;
        let payee = name_of(name_kind::PAYEE, &[&it.from.to_be_bytes(), &it.to.to_be_bytes()]);
        let known_since = cx
            .name(&payee)
            .map(|bytes| decode_all(&bytes).expect("history returns the time that was put there"));
        let until = self.cooling(cx, &it, known_since)?;
        let (books, account) = (self.books(), &self.market.account);
        let fee_minor = account.send_fee.of(it.amount_minor);
        let set = match until {
            Some(_) => books.hold(it.from, it.amount_minor, fee_minor),
            None => {
                let (from, to) = (books.customer(it.from), books.customer(it.to));
                books.pay(from, to, it.amount_minor, fee_minor)
            }
        };
        self.spend(cx, it.from, it.amount_minor, (it.id.as_u128(), &set))?;
        // From here the command succeeds.
        if known_since.is_none() {
            cx.rows.push(Row::Name { name: payee, value: encode(&cx.now()) });
        }
        let state = until.map_or(TransferState::Done, |until| TransferState::Held { until });
        let transfer = Transfer {
            id: it.id,
            from: Party::Customer(it.from),
            to: it.to,
            amount_minor: it.amount_minor,
            fee_minor,
            note: it.note,
            origin: it.origin,
            state,
            created: cx.stamp,
        };
        Ok(self.make(cx, transfer))
    }

    /// Until when a transfer to a new payee waits. Source: failure catalogue E12.
    ///
    /// A payee is new until the wait is over that began with the first transfer, whatever became of
    /// that one: a small transfer first does not open the way for a large one. It does not matter
    /// who asked for the money, but a plan that is as old as the wait could be ended meanwhile.
    fn cooling(
        &self,
        cx: &Context<'_>,
        it: &Wanted,
        known_since: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, Refusal> {
        let (rules, now) = (self.market.account.payee, cx.now());
        let is_over = |since: Timestamp| since.after(rules.cooling) <= now;
        if known_since.is_some_and(is_over) || (it.wanted < now && is_over(it.wanted)) {
            return Ok(None);
        }
        if it.amount_minor > rules.first_most_minor {
            let message = format!(
                "amount: to somebody new it may be {} minor units at most",
                rules.first_most_minor
            );
            return Err(Refusal::new(ResultCode::RiskReject, message));
        }
        if known_since.is_none() && !it.knows_new_payee {
            return refuse(
                ResultCode::RiskReject,
                "to: nothing was ever sent to this person; if you are sure, set knowsNewPayee",
            );
        }
        let waits = it.amount_minor >= rules.cooling_from_minor;
        Ok(waits.then(|| now.after(rules.cooling)))
    }

    /// The wait is over. An account that was stopped meanwhile, because it was taken over perhaps,
    /// gets its money back, and so does who sent to somebody who left.
    pub(crate) fn transfer_arrives(&mut self, cx: &mut Context<'_>, it: &Transfer) {
        let is_stopped = match it.from {
            Party::Customer(from) => self.payer(from).is_err(),
            Party::Shop(_) => false,
        };
        if is_stopped || self.payee(it.to).is_err() {
            self.goes_back(cx, it);
            return;
        }
        let to = self.books().customer(it.to);
        let set = self.books().arrive(to, it.amount_minor);
        self.give(to, &set);
        self.keep(cx, Transfer { state: TransferState::Done, ..it.clone() });
    }

    /// What waited is the sender's again, and a request that it answered is not paid.
    fn goes_back(&mut self, cx: &mut Context<'_>, it: &Transfer) -> Object {
        let home = match it.from {
            Party::Customer(from) => {
                let counted = self.market.account.zone.day_of(it.created.time);
                self.uncount(from, it.amount_minor, counted);
                self.home_of(from)
            }
            Party::Shop(shop) => self.books().shop(shop),
        };
        let set = self.books().unhold(home, it.amount_minor, it.fee_minor);
        self.give(home, &set);
        if base::planted(57) {
            self.give(home, &set);
        }
        if let Origin::Request(id) = it.origin
            && let Ok(request) = self.find_request(cx, id)
        {
            self.keep(cx, Request { state: RequestState::Declined, ..request });
        }
        self.keep(cx, Transfer { state: TransferState::TakenBack, ..it.clone() })
    }

    fn take_back(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        id: TransferId,
    ) -> Result<Reply, Refusal> {
        let found = self.load(cx.history, id.as_u128());
        let transfer = match found {
            Some(Object::Transfer(it)) if it.from == Party::Customer(customer) => it,
            _ => return refuse(ResultCode::OrderNotExist, "there is no such transfer"),
        };
        match transfer.state {
            TransferState::Held { until } if until > cx.now() => {}
            TransferState::TakenBack => {
                let object = Object::Transfer(transfer);
                return Ok(Reply::Made { object, is_repeat: true });
            }
            TransferState::Held { .. } | TransferState::Done => {
                return refuse(ResultCode::OrderStatusInvalid, "the money has arrived already");
            }
        }
        // From here the command succeeds.
        let object = self.goes_back(cx, &transfer);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn ask(&mut self, cx: &mut Context<'_>, it: &Ask) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.asker, &it.once)? {
            return Ok(match reply {
                Reply::Made { object, .. } => Reply::Several(vec![object]),
                other => other,
            });
        }
        self.payee(it.asker)?;
        if it.parts.is_empty() || it.parts.len() > MAX_PARTS {
            return refuse(ResultCode::ParamIllegal, "parts: must be 1 to 50");
        }
        if it.until <= cx.now() {
            return refuse(ResultCode::ParamIllegal, "until: must lie ahead");
        }
        for part in &it.parts {
            if part.amount_minor == 0 {
                return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
            }
            if part.payer == it.asker {
                return refuse(ResultCode::ParamIllegal, "payer: must be somebody else");
            }
            self.payee(part.payer)?;
        }
        // From here the command succeeds.
        let group = it.parts[0].id;
        let until = it.until.min(cx.now().after(self.market.request_for));
        let mut made = Vec::with_capacity(it.parts.len());
        for part in &it.parts {
            let request = Request {
                id: part.id,
                asker: it.asker,
                payer: part.payer,
                amount_minor: part.amount_minor,
                note: it.note,
                group,
                until,
                state: RequestState::Open,
                created: cx.stamp,
            };
            made.push(self.make(cx, request));
        }
        let ids = made.iter().map(Object::id).collect();
        Wallet::remember(cx, it.asker, &it.once, ids);
        Ok(Reply::Several(made))
    }

    fn find_request(&self, cx: &Context<'_>, id: RequestId) -> Result<Request, Refusal> {
        match self.load(cx.history, id.as_u128()) {
            Some(Object::Request(it)) => Ok(it.as_ref().clone()),
            _ => refuse(ResultCode::OrderNotExist, "there is no such request"),
        }
    }

    fn pay_request(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        (request, id): (RequestId, TransferId),
        once: &Once,
    ) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, customer, once)? {
            return Ok(reply);
        }
        let request = self.find_request(cx, request)?;
        if request.payer != customer {
            return refuse(ResultCode::OrderNotExist, "there is no such request");
        }
        if request.state != RequestState::Open || request.until <= cx.now() {
            return refuse(ResultCode::OrderIsClosed, "the request is paid, declined or over");
        }
        let wanted = Wanted {
            id,
            from: customer,
            to: request.asker,
            amount_minor: request.amount_minor,
            note: request.note,
            origin: Origin::Request(request.id),
            knows_new_payee: true,
            wanted: cx.now(),
        };
        let object = self.transfer(cx, wanted)?;
        // From here the command succeeds.
        self.keep(cx, Request { state: RequestState::Paid(id), ..request });
        Wallet::remember(cx, customer, once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn end_request(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        request: RequestId,
    ) -> Result<Reply, Refusal> {
        let request = self.find_request(cx, request)?;
        let state = match customer {
            it if it == request.payer => RequestState::Declined,
            it if it == request.asker => RequestState::Withdrawn,
            _ => return refuse(ResultCode::OrderNotExist, "there is no such request"),
        };
        if request.state == state {
            let object = Object::from(request);
            return Ok(Reply::Made { object, is_repeat: true });
        }
        if request.state != RequestState::Open {
            return refuse(ResultCode::OrderIsClosed, "the request is paid, declined or over");
        }
        // From here the command succeeds.
        let object = self.keep(cx, Request { state, ..request });
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(crate) fn request_expires(&mut self, cx: &mut Context<'_>, it: &Request) {
        self.keep(cx, Request { state: RequestState::Expired, ..it.clone() });
    }

    fn plan(&mut self, cx: &mut Context<'_>, it: Plan) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.from, &it.once)? {
            return Ok(reply);
        }
        self.payer(it.from)?;
        self.payee(it.to)?;
        if it.from == it.to {
            return refuse(ResultCode::ParamIllegal, "to: must be somebody else");
        }
        if it.amount_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "amount: must be at least 1");
        }
        if it.times == 0 || it.times > MAX_TURNS {
            return refuse(ResultCode::ParamIllegal, "times: must be 1 to 3660");
        }
        if matches!(it.every, Every::Month { day } if !(1..=31).contains(&day)) {
            return refuse(ResultCode::ParamIllegal, "day: must be 1 to 31");
        }
        if it.first <= cx.now() || it.first > cx.now().after(PLAN_WITHIN) {
            return refuse(ResultCode::ParamIllegal, "first: must lie ahead, within a year");
        }
        // From here the command succeeds.
        let plan = Schedule {
            id: it.id,
            from: it.from,
            to: it.to,
            amount_minor: it.amount_minor,
            note: it.note,
            every: it.every,
            next: it.first,
            left: it.times,
            done: 0,
            last: None,
            state: ScheduleState::Active,
            created: cx.stamp,
        };
        let object = self.make(cx, plan);
        Wallet::remember(cx, it.from, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// One turn: the transfer if it can be made, and the next turn whatever came of it.
    pub(crate) fn schedule_turn(&mut self, cx: &mut Context<'_>, it: &Schedule) {
        let mut plan = it.clone();
        let wanted = Wanted {
            id: plan.transfer_id(plan.left, cx.now()),
            from: plan.from,
            to: plan.to,
            amount_minor: plan.amount_minor,
            note: plan.note,
            origin: Origin::Schedule(plan.id),
            knows_new_payee: true,
            wanted: plan.created.time,
        };
        let result = self.transfer(cx, wanted).map_or_else(|it| it.code, |_| ResultCode::Success);
        plan.last = Some(result);
        if result == ResultCode::Success {
            plan.done += 1;
        }
        plan.left -= 1;
        if plan.left == 0 {
            plan.state = ScheduleState::Ended;
        } else if [plan.from, plan.to].iter().any(|who| self.payee(*who).is_err()) {
            // Nobody comes back to an account that was closed.
            plan.state = ScheduleState::Cancelled;
        }
        plan.next = plan.every.next(plan.next, self.market.account.zone);
        self.keep(cx, plan);
    }

    fn end_plan(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        id: ScheduleId,
    ) -> Result<Reply, Refusal> {
        let plan = match self.load(cx.history, id.as_u128()) {
            Some(Object::Schedule(it)) if it.from == customer => it,
            _ => return refuse(ResultCode::OrderNotExist, "there is no such plan"),
        };
        if plan.state != ScheduleState::Active {
            return Ok(Reply::Made { object: Object::Schedule(plan), is_repeat: true });
        }
        // From here the command succeeds.
        let ended = Schedule { state: ScheduleState::Cancelled, ..plan.as_ref().clone() };
        let object = self.keep(cx, ended);
        Ok(Reply::Made { object, is_repeat: false })
    }
}
