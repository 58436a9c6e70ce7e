//! The machine's state and its door: one command in, one outcome out; and what all handlers share:
//! keeping objects, names, errands, taking and giving money.

use crate::command::Once;
use crate::errand::{Attempt, next_after};
use crate::gift_book::GiftBook;
use crate::packet_book::PacketBook;
use crate::posting::Books;
use crate::saving_book::SavingBook;
use crate::service_book::ServiceBook;
use crate::{
    Command, Errand, ErrandAnswer, ErrandKind, Event, Market, Object, Refusal, Reply, Shop, chart,
};
use account::{Customer, Customers, LimitReached, LocalDay};
use base::{
    History, Machine, Outcome, ResultCode, Row, Span, Stamp, Table, Timestamp, codec_enum,
    codec_struct, decode_all, encode,
};
use ids::{Partition, SetId};
use ledger::{AccountKey, Ledger, LedgerRefusal, Limits, Transfer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Timers fired by one tick; more wait for the next.
const MAX_TIMERS_PER_TICK: usize = 1_000;

/// What becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Time does something to the object: see [`Object::due`].
    Object(u128),
    /// The errand is to be tried again.
    Errand(u128, ErrandKind),
    /// Idle balance is swept: the next piece of the round.
    Sweep,
    /// Due orders of savers are dealt: the next piece of the round.
    Deal,
    /// A show pays back, or is forgotten.
    Show(u32),
}
codec_enum!(Timer {
    0 = Object(id),
    1 = Errand(about, kind),
    2 = Sweep,
    3 = Deal,
    4 = Show(number),
});

/// The wallet operator's machine. A clone shares its large tables and is cheap.
#[derive(Clone, Debug)]
pub struct Wallet {
    pub(crate) partition: Partition,
    pub(crate) market: Arc<Market>,
    pub(crate) ledger: Ledger,
    pub(crate) customers: Customers,
    pub(crate) shops: Vec<Arc<Shop>>,
    /// Objects about which something is still to come.
    pub(crate) open: Table<u128, Object>,
    pub(crate) errands: BTreeMap<(u128, ErrandKind), Arc<Errand>>,
    pub(crate) timers: BTreeSet<(Timestamp, Timer)>,
    pub(crate) savings: SavingBook,
    pub(crate) services: ServiceBook,
    pub(crate) packets: PacketBook,
    pub(crate) gifts: GiftBook,
}
codec_struct!(Wallet {
    partition,
    market,
    ledger,
    customers,
    shops,
    open,
    errands,
    timers,
    savings,
    services,
    packets,
    gifts,
});

/// What a handler sees of the world, and where it puts what it yields.
pub(crate) struct Context<'a> {
    pub stamp: Stamp,
    pub history: &'a dyn History,
    pub events: Vec<Event>,
    pub rows: Vec<Row>,
    /// Errands to be tried now; they leave with their objects as they stand at the end.
    wishes: BTreeSet<(u128, ErrandKind)>,
}

impl Context<'_> {
    pub fn now(&self) -> Timestamp {
        self.stamp.time
    }

    /// What a name means, also when this very command gave it: one tick does many things.
    pub fn name(&self, name: &[u8]) -> Option<Vec<u8>> {
        let given = self.rows.iter().find_map(|row| match row {
            Row::Name { name: given, value } if given == name => Some(value.clone()),
            _ => None,
        });
        given.or_else(|| self.history.name(name))
    }
}

/// Kinds of names in history: the first byte of a name.
pub(crate) mod name_kind {
    /// A customer's own name for a request.
    pub const ONCE: u8 = b'k';
    /// The customer's number by person, and the person by number.
    pub const PERSON: u8 = b'p';
    pub const CUSTOMER: u8 = b'q';
    /// Sender and payee: the sender has sent to this payee before.
    pub const PAYEE: u8 = b'y';
    pub const NETWORK_PAYMENT: u8 = b'n';
    pub const NETWORK_REFUND: u8 = b'r';
    pub const TOKEN: u8 = b't';
    pub const CASH_CODE: u8 = b'c';
    pub const AGREEMENT: u8 = b'a';
    /// What the wallet paid the network.
    pub const SETTLEMENT: u8 = b'w';
    /// What the wallet paid a biller.
    pub const BILLER_SETTLEMENT: u8 = b'b';
    /// The red packet or gift that a link opens, and the gift of a one-time code.
    pub const LINK: u8 = b'l';
    pub const GIFT_CODE: u8 = b'g';
    /// A break, of the lists of a day.
    pub const BREAK: u8 = b'x';
}

/// A name in history: its kind and the parts that make it up.
pub(crate) fn name_of(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut name = vec![kind];
    for part in parts {
        name.extend_from_slice(part);
    }
    name
}

pub(crate) fn refuse<T>(code: ResultCode, message: &'static str) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

impl Wallet {
    /// The machine of an empty log. The market's rules may later change by command.
    pub fn new(partition: Partition, market: Market) -> Wallet {
        let mut ledger = Ledger::new();
        // What people who left are owed is never paid out to more than them.
        let unclaimed = chart::own(chart::UNCLAIMED, market.account.currency);
        ledger.set_limits(unclaimed, Limits { floor: None, ceiling: Some(0) });
        Wallet {
            partition,
            market: Arc::new(market),
            ledger,
            customers: Customers::default(),
            shops: Vec::new(),
            open: Table::new(),
            errands: BTreeMap::new(),
            timers: BTreeSet::new(),
            packets: PacketBook::new(),
            gifts: GiftBook::new(),
            savings: SavingBook::default(),
            services: ServiceBook::default(),
        }
    }

    pub(crate) fn books(&self) -> Books {
        Books { currency: self.market.account.currency }
    }

    pub(crate) fn today(&self, cx: &Context<'_>) -> LocalDay {
        self.market.account.zone.day_of(cx.now())
    }

    // Objects and names.

    /// An object, open or closed.
    pub(crate) fn load(&self, history: &dyn History, id: u128) -> Option<Object> {
        if let Some(object) = self.open.get(&id) {
            return Some(object.clone());
        }
        let bytes = history.object(id)?;
        Some(decode_all(&bytes).expect("history returns the object that was put there"))
    }

    /// Keeps a new object, and lists it for whom it concerns.
    pub(crate) fn make(&mut self, cx: &mut Context<'_>, object: impl Into<Object>) -> Object {
        let object = object.into();
        let id = object.id();
        for customer in object.customers() {
            cx.rows.push(Row::Listed { list: crate::list_of_customer(customer), id });
        }
        if let Some(shop) = object.shop() {
            cx.rows.push(Row::Listed { list: crate::list_of_shop(shop), id });
        }
        self.keep(cx, object)
    }

    /// Puts an object back after a change: among the open ones, or into history when nothing is to
    /// come. Its timer follows what the object says.
    pub(crate) fn keep(&mut self, cx: &mut Context<'_>, object: impl Into<Object>) -> Object {
        let object = object.into();
        let id = object.id();
        let before = self.open.get(&id).and_then(Object::due);
        let due = object.due();
        let is_same = self.open.get(&id) == Some(&object);
        if before != due {
            if let Some(before) = before {
                self.timers.remove(&(before, Timer::Object(id)));
            }
            if let Some(due) = due {
                self.timers.insert((due, Timer::Object(id)));
            }
        }
        if object.is_open() || self.has_errand(id) {
            self.open.insert(id, object.clone());
        } else {
            if self.open.remove(&id).is_some() {
                self.list_closed(cx, &object);
            }
            cx.rows.push(Row::Object { id, bytes: encode(&object) });
        }
        if !is_same {
            let customers = object.customers();
            cx.events.push(Event::Moved { customers, object: object.clone() });
        }
        object
    }

    /// What an earlier request of this name came to. Errors: the name was used for something else.
    pub(crate) fn repeat(
        &self,
        cx: &Context<'_>,
        by: u32,
        once: &Once,
    ) -> Result<Option<Reply>, Refusal> {
        let Some(bytes) = cx.history.name(&once_name(by, once)) else { return Ok(None) };
        // A name that opened a shop holds a number instead.
        let (digest, ids): ([u8; 32], Vec<u128>) =
            decode_all(&bytes).map_err(|_| used_otherwise())?;
        if digest != once.digest {
            return Err(used_otherwise());
        }
        let mut objects: Vec<Object> =
            ids.into_iter().filter_map(|id| self.load(cx.history, id)).collect();
        Ok(Some(match objects.len() {
            1 => Reply::Made { object: objects.remove(0), is_repeat: true },
            _ => Reply::Several(objects),
        }))
    }

    /// Remembers what a request came to.
    pub(crate) fn remember(cx: &mut Context<'_>, by: u32, once: &Once, ids: Vec<u128>) {
        let value = encode(&(once.digest, ids));
        cx.rows.push(Row::Name { name: once_name(by, once), value });
    }

    // Customers and money.

    pub(crate) fn customer(&self, number: u32) -> Result<&Customer, Refusal> {
        self.customers
            .get(number)
            .ok_or_else(|| Refusal::new(ResultCode::UserNotExist, "there is no such customer"))
    }

    /// A customer who may send money now.
    pub(crate) fn payer(&self, number: u32) -> Result<Customer, Refusal> {
        let customer = *self.customer(number)?;
        if !customer.state.may_pay() {
            return refuse(
                ResultCode::UserStatusAbnormal,
                "the account is paused, frozen or closed: no money leaves it",
            );
        }
        Ok(customer)
    }

    /// A customer who may get money now.
    pub(crate) fn payee(&self, number: u32) -> Result<(), Refusal> {
        if !self.customer(number)?.state.may_receive() {
            return refuse(ResultCode::UserStatusAbnormal, "the payee's account is closed");
        }
        Ok(())
    }

    /// Counts an amount against the payer's limits and books the set, both or neither. What the
    /// balance does not cover comes from the payer's savings, if they are switched on; `about` is
    /// the id of what is paid.
    pub(crate) fn spend(
        &mut self,
        cx: &mut Context<'_>,
        payer: u32,
        counted_minor: u64,
        (about, set): (u128, &[Transfer]),
    ) -> Result<(), Refusal> {
        let counted = self.count(cx, payer, counted_minor)?;
        match self.plan_cover(cx, payer, set)? {
            None => self.ledger.post(set).map_err(|refusal| of_ledger(&refusal))?,
            Some(plan) => self.post_covered(cx, payer, (about, plan), set)?,
        }
        // From here the command succeeds.
        self.put_customer(payer, counted);
        Ok(())
    }

    /// As [`spend`](Wallet::spend), but never from savings: for money that leaves the wallet.
    pub(crate) fn spend_balance(
        &mut self,
        cx: &Context<'_>,
        payer: u32,
        counted_minor: u64,
        set: &[Transfer],
    ) -> Result<(), Refusal> {
        let counted = self.count(cx, payer, counted_minor)?;
        self.ledger.post(set).map_err(|refusal| of_ledger(&refusal))?;
        // From here the command succeeds.
        self.put_customer(payer, counted);
        Ok(())
    }

    /// As [`spend_balance`](Wallet::spend_balance), but the set is only reserved.
    pub(crate) fn reserve(
        &mut self,
        cx: &Context<'_>,
        payer: u32,
        counted_minor: u64,
        (id, set): (u128, Vec<Transfer>),
    ) -> Result<(), Refusal> {
        let counted = self.count(cx, payer, counted_minor)?;
        let id = SetId::from_u128(id);
        self.ledger.reserve(id, set).map_err(|refusal| of_ledger(&refusal))?;
        // From here the command succeeds.
        self.put_customer(payer, counted);
        Ok(())
    }

    /// The payer after an amount was counted; nothing is changed yet.
    fn count(&self, cx: &Context<'_>, payer: u32, minor: u64) -> Result<Customer, Refusal> {
        let mut customer = self.payer(payer)?;
        let tier = self.market.account.tier(customer.tier);
        let counted = customer.spend(tier, minor, self.today(cx));
        if !base::planted(69) {
            counted.map_err(of_limit)?;
        }
        Ok(customer)
    }

    /// What was counted on a day is not spent after all.
    pub(crate) fn uncount(&mut self, customer: u32, minor: u64, counted: LocalDay) {
        if let Some(customer) = self.customers.get_mut(customer) {
            customer.give_back(minor, counted);
        }
    }

    fn put_customer(&mut self, number: u32, customer: Customer) {
        *self.customers.get_mut(number).expect("the customer was read before") = customer;
    }

    /// Where money that comes back to a customer goes: to people who left, it is kept for them.
    pub(crate) fn home_of(&self, number: u32) -> AccountKey {
        match self.customers.get(number) {
            Some(customer) if customer.state.may_receive() || base::planted(61) => {
                self.books().customer(number)
            }
            _ => self.books().own(chart::UNCLAIMED),
        }
    }

    /// Books what comes back to somebody: no limit of a balance stands in its way. The caller has
    /// seen to it that the account it comes from, where that has a ceiling, covers it.
    pub(crate) fn give(&mut self, to: AccountKey, set: &[Transfer]) {
        let limits = self.ledger.account(&to).map(ledger::Account::limits).unwrap_or_default();
        self.ledger.set_limits(to, Limits { floor: None, ..limits });
        let given = self.ledger.post(set);
        self.ledger.set_limits(to, limits);
        given.expect("the money that comes back is on the account that it comes from");
    }

    /// Sets what a customer's account may hold, as the tier says.
    pub(crate) fn set_cap(&mut self, number: u32) {
        let Some(customer) = self.customers.get(number) else { return };
        let cap = self.market.account.tier(customer.tier).balance_minor;
        let limits = Limits { floor: Some(-i128::from(cap)), ceiling: Some(0) };
        self.ledger.set_limits(self.books().customer(number), limits);
    }

    // Errands.

    fn has_errand(&self, about: u128) -> bool {
        let first = ErrandKind::BankSubmit;
        let found = self.errands.range((about, first)..).next();
        found.is_some_and(|((of, _), _)| *of == about)
    }

    /// Wishes for an errand, to be tried now. The object is kept after this.
    pub(crate) fn wish(&mut self, cx: &mut Context<'_>, about: u128, kind: ErrandKind) {
        let attempt = self.errands.get(&(about, kind)).map_or(0, |errand| errand.attempt) + 1;
        let errand = Errand { about, kind, attempt, is_out: true };
        self.errands.insert((about, kind), Arc::new(errand));
        cx.wishes.insert((about, kind));
    }

    /// The errand will be tried again after a while; `false` when it is given up.
    pub(crate) fn later(
        &mut self,
        cx: &Context<'_>,
        about: u128,
        kind: ErrandKind,
        wait: Option<Span>,
    ) -> bool {
        let Some(errand) = self.errands.get_mut(&(about, kind)) else { return false };
        let Some(wait) = wait.or_else(|| next_after(kind, errand.attempt)) else {
            self.errands.remove(&(about, kind));
            return false;
        };
        Arc::make_mut(errand).is_out = false;
        self.timers.insert((cx.now().after(wait), Timer::Errand(about, kind)));
        true
    }

    /// The errand becomes one of another kind. Attempts are counted on, so that a late answer to an
    /// earlier one is known to be late.
    pub(crate) fn turn_errand(&mut self, about: u128, (from, to): (ErrandKind, ErrandKind)) {
        if let Some(errand) = self.errands.remove(&(about, from)) {
            let errand = Errand { kind: to, ..errand.as_ref().clone() };
            self.errands.insert((about, to), Arc::new(errand));
        }
    }

    pub(crate) fn end_errand(&mut self, about: u128, kind: ErrandKind) {
        self.errands.remove(&(about, kind));
    }

    fn errand_done(
        &mut self,
        cx: &mut Context<'_>,
        (about, kind): (u128, ErrandKind),
        attempt: u32,
        answer: ErrandAnswer,
    ) -> Reply {
        let is_last = |errand: &Arc<Errand>| errand.is_out && errand.attempt == attempt;
        if self.errands.get(&(about, kind)).is_some_and(is_last)
            && let Some(object) = self.open.get(&about).cloned()
        {
            self.answered(cx, kind, object, answer);
        } else {
            self.answered_late(cx, about, answer);
        }
        Reply::Done
    }

    fn fire_timers(&mut self, cx: &mut Context<'_>) -> Reply {
        for _ in 0..MAX_TIMERS_PER_TICK {
            match self.timers.first() {
                Some(&(due, timer)) if due <= cx.now() => {
                    self.timers.remove(&(due, timer));
                    self.fire(cx, due, timer);
                }
                _ => break,
            }
        }
        Reply::Done
    }

    fn fire(&mut self, cx: &mut Context<'_>, due: Timestamp, timer: Timer) {
        match timer {
            Timer::Object(id) => {
                let object = self.open.get(&id).filter(|object| object.due() == Some(due));
                if let Some(object) = object.cloned() {
                    self.time_is_over(cx, object);
                }
            }
            Timer::Errand(about, kind) => {
                let waits = self.errands.get(&(about, kind)).is_some_and(|it| !it.is_out);
                if waits && self.open.contains(&about) {
                    self.wish(cx, about, kind);
                }
            }
            Timer::Sweep => self.sweep_round(cx, due),
            Timer::Deal => self.deal_round(cx),
            Timer::Show(number) => self.show_turn(cx, number),
        }
    }

    fn handle(&mut self, cx: &mut Context<'_>, command: Command) -> Reply {
        let result = match command {
            Command::Tick => Ok(self.fire_timers(cx)),
            Command::Desk { by, act } => self.desk(cx, by, *act),
            Command::People(it) => self.people(cx, it),
            Command::Send(it) => self.send_command(cx, it),
            Command::Bank(it) => self.bank(cx, it),
            Command::Shop(it) => self.shop_command(cx, it),
            Command::Network(it) => self.network(cx, *it),
            Command::Savings(it) => self.savings_command(cx, it),
            Command::Service(it) => self.service_command(cx, *it),
            Command::Packet(it) => self.packet_command(cx, it),
            Command::Gift(it) => self.gift_command(cx, it),
            Command::ErrandDone { about, kind, attempt, answer } => {
                Ok(self.errand_done(cx, (about, kind), attempt, answer))
            }
        };
        result.unwrap_or_else(Reply::Refused)
    }

    fn attempt(&self, about: u128, kind: ErrandKind) -> Option<Attempt> {
        let errand = Arc::clone(self.errands.get(&(about, kind))?);
        Some(Attempt { errand, object: self.open.get(&about)?.clone() })
    }
}

pub(crate) fn used_otherwise() -> Refusal {
    Refusal::new(
        ResultCode::RepeatReqInconsistent,
        "the idempotency key was used for another request; use a new one",
    )
}

pub(crate) fn once_name(by: u32, once: &Once) -> Vec<u8> {
    name_of(name_kind::ONCE, &[&by.to_be_bytes(), once.key.as_str().as_bytes()])
}

fn of_limit(reached: LimitReached) -> Refusal {
    let code = match reached {
        LimitReached::Payment { .. } => ResultCode::PaymentAmountExceedLimit,
        LimitReached::Day { .. } | LimitReached::Month { .. } => ResultCode::UserAmountExceedLimit,
    };
    Refusal::new(code, format!("amount: {reached}"))
}

/// What the ledger refused, in the words of whose account it was.
pub(crate) fn of_ledger(refusal: &LedgerRefusal) -> Refusal {
    match refusal {
        LedgerRefusal::CeilingReached { account } if account.purpose == chart::SHOP => {
            Refusal::new(ResultCode::UserBalanceNotEnough, "the shop's balance does not cover it")
        }
        LedgerRefusal::CeilingReached { .. } => {
            Refusal::new(ResultCode::UserBalanceNotEnough, "the balance does not cover it")
        }
        LedgerRefusal::FloorReached { .. } => Refusal::new(
            ResultCode::UserAmountExceedLimit,
            "the account that the money goes to may not hold so much",
        ),
        other => Refusal::new(ResultCode::ProcessFail, format!("it cannot be booked: {other}")),
    }
}

impl Machine for Wallet {
    type Command = Command;
    type Reply = Reply;
    type Event = Event;
    type Effect = Attempt;

    fn apply(&mut self, stamp: Stamp, command: Command, history: &dyn History) -> Outcome<Self> {
        let mut cx = Context {
            stamp,
            history,
            events: Vec::new(),
            rows: Vec::new(),
            wishes: BTreeSet::new(),
        };
        let reply = self.handle(&mut cx, command);
        self.list_breaks(&mut cx);
        let wishes = cx.wishes.iter();
        let effects = wishes.filter_map(|&(about, kind)| self.attempt(about, kind)).collect();
        Outcome { reply, events: cx.events, effects, rows: cx.rows }
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(due, _)| *due)
    }

    fn tick() -> Command {
        Command::Tick
    }

    fn outbox(&self) -> Vec<Attempt> {
        let is_forgotten =
            |errand: &Errand| base::planted(60) && errand.kind == ErrandKind::NotifyPayment;
        let out = self.errands.values().filter(|errand| errand.is_out && !is_forgotten(errand));
        out.filter_map(|errand| self.attempt(errand.about, errand.kind)).collect()
    }
}
