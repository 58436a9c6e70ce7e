//! Scenarios on the bare machine. What the edge would refuse before it makes a command (amounts
//! that are none) is refused here by the same rule.

use super::{
    Act, AmountText, Asked, Call, Consent, Outcome, PayAct, RefundAct, Restart, Says, Subject,
    TakeAct, WalletAct,
};
use crate::bare::Bare;
use crate::preset::{changes, country, currency, merchants, text};
use base::{Machine, MapHistory, ResultCode, Span, Stamp, Timestamp, decode_all, encode};
use directory::{Contract, ParticipantStatus};
use fx::RateFeed;
use ids::{CustomerAlias, ParticipantId, Partition, PaymentId, RefundId};
use money::{Currency, Money, Rate};
use network::{
    CancelPayment, Change, Command, EffectId, EffectKind, EffectOutcome, Event, Found, IssueCodes,
    LoadRates, Network, NewCode, NotifyPayment, Order, OrderToken, PartitionPlan, Pay, PayBy,
    Payment, PaymentCode, PaymentRef, Refund, Reply, TakeOrder, WalletAnswer, WalletVerdict, chart,
};
use payment::{RefundState, RefundVisible, refund_visible};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// When every scenario begins: 2026-03-01T09:00:00Z.
pub(super) const START: Timestamp = Timestamp::from_secs(1_772_355_600);

/// The bare machine under a scenario.
pub struct OnBare {
    pub(super) world: Bare,
    commands: Vec<(Stamp, Command)>,
    codes: BTreeMap<String, PaymentCode>,
    pub(super) payments: BTreeMap<String, PaymentId>,
    pub(super) agreements: BTreeMap<String, Consent>,
    drawn: u128,
}

impl OnBare {
    /// When every scenario begins: 2026-03-01T09:00:00Z.
    pub const START: Timestamp = START;

    /// The preset's world with nothing paid yet.
    pub fn new() -> OnBare {
        let mut it = OnBare {
            world: Bare::new(START),
            commands: Vec::new(),
            codes: BTreeMap::new(),
            payments: BTreeMap::new(),
            agreements: BTreeMap::new(),
            drawn: 0,
        };
        for change in changes(it.world.now) {
            it.operate(change);
        }
        for merchant in merchants() {
            it.submit(Command::RegisterMerchant(merchant));
        }
        it
    }
}

impl Default for OnBare {
    fn default() -> OnBare {
        OnBare::new()
    }
}

impl Subject for OnBare {
    fn perform(&mut self, act: &Act) -> Outcome {
        match act {
            Act::Code { name, wallet, user, region } => {
                self.code(name, wallet, (user, region.as_deref()))
            }
            Act::Pay(pay) => repeated(pay.asked.times, || self.pay(pay)),
            Act::Take(take) => self.take(take),
            Act::Wallet { it, call } => self.wallet(it, *call),
            Act::Told { it, wallet } => self.told(it, wallet),
            Act::Acknowledge { payment, yes } => self.acknowledge(payment, *yes),
            Act::Cancel(asked) => repeated(asked.times, || self.cancel(asked)),
            Act::Refund(refund) => repeated(refund.asked.times, || self.refund(refund)),
            Act::Inquiry(asked) => repeated(asked.times, || self.inquiry(asked)),
            Act::Tick(span) => self.tick(*span),
            Act::State(payment) => Ok(format!("{:?}", self.payment(payment)?.state)),
            Act::Waits(payment) => self.waits(payment),
            Act::Calls { payment, call } => Ok(calls(&*self.payment(payment)?, *call).to_string()),
            Act::Account(name) => Ok(self.account(name)),
            Act::Breaks => {
                let is_break = |event: &&Event| matches!(event, Event::Break { .. });
                Ok(self.world.events.iter().filter(is_break).count().to_string())
            }
            Act::Restart(restart) => self.restart(*restart),
            Act::Agreement(act) => self.agreement(act),
            Act::Dispute(act) => self.dispute(act),
            Act::Customs(act) => self.customs(act),
            Act::Hears(act) => self.hears(act),
            Act::Merchant(act) => self.merchant(act),
            Act::Push(act) => self.push(act),
            Act::Key { .. } | Act::Retire { .. } | Act::Replay(_) => {
                Err("the bare machine knows no signatures; say `only http: why`".to_owned())
            }
            other => self.change(other),
        }
    }

    /// Applies all commands to a new machine: it must come to the same balances and history.
    fn finish(&mut self) -> Result<(), String> {
        let (machine, history) = self.replayed();
        if history != self.world.history {
            return Err("applied again, the commands give another history".to_owned());
        }
        let sums = |machine: &Network| {
            let accounts = machine.ledger().accounts();
            accounts.map(|(key, account)| (*key, account.balance())).collect::<BTreeMap<_, _>>()
        };
        if sums(&machine) != sums(&self.world.machine) {
            return Err("applied again, the commands give other balances".to_owned());
        }
        Ok(())
    }
}

/// Takes a step several times; the outcomes that came, each once.
pub(super) fn repeated(times: u32, mut once: impl FnMut() -> Outcome) -> Outcome {
    let outcomes: Result<BTreeSet<String>, String> = (0..times).map(|_| once()).collect();
    Ok(outcomes?.into_iter().collect::<Vec<_>>().join(" or "))
}

pub(super) fn shown(code: ResultCode) -> String {
    format!("{} {code}", code.status().as_str())
}

/// An amount as the edge reads it.
pub(super) fn positive(text: &AmountText) -> Result<Money, ResultCode> {
    let money = Currency::from_code(&text.currency)
        .and_then(|currency| Money::parse_minor(&text.value, currency).ok());
    money.filter(|money| !money.is_zero()).ok_or(ResultCode::ParamIllegal)
}

/// An amount of the scenario itself.
pub(super) fn amount(text: &AmountText) -> Result<Money, String> {
    positive(text).map_err(|_| format!("{}:{} is no amount", text.currency, text.value))
}

fn word_of(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Pay => Call::Pay.as_str(),
        EffectKind::Inquiry => Call::Inquiry.as_str(),
        EffectKind::Cancel => Call::Cancel.as_str(),
        EffectKind::Refund(_) => Call::Refund.as_str(),
        EffectKind::Notify => Call::Notify.as_str(),
        EffectKind::Claim => "claim",
        EffectKind::EndDebit => "end-debit",
        EffectKind::Push => "push",
        EffectKind::PushInquiry => "push-inquiry",
    }
}

fn calls(payment: &Payment, call: Call) -> u32 {
    match call {
        Call::Pay => payment.pay_attempts,
        Call::Inquiry => payment.inquiries,
        Call::Cancel => payment.cancels,
        Call::Refund => payment.refunds.iter().map(|refund| refund.attempts).sum(),
        Call::Notify => payment.notifies,
    }
}

impl TakeAct {
    /// The user's id, when several take part.
    pub fn customer(&self, number: u32) -> String {
        if self.users == 1 { self.user.clone() } else { format!("{}-{number}", self.user) }
    }
}

impl Says {
    pub(super) const fn verdict(self) -> WalletVerdict {
        match self {
            Says::Approved => WalletVerdict::Approved,
            Says::Declined(code) => WalletVerdict::Declined(code),
            Says::InProcess => WalletVerdict::InProcess,
            Says::Silent => WalletVerdict::Silent,
            Says::NotFound => WalletVerdict::NotFound,
        }
    }
}

fn answer(it: &WalletAct) -> Result<WalletAnswer, String> {
    Ok(WalletAnswer {
        wallet_id: Some(text("wallet-id")),
        amount: it.amount.as_ref().map(amount).transpose()?,
        pay_to: it.pay_to.as_ref().map(amount).transpose()?,
        ..WalletAnswer::of(it.says.verdict())
    })
}

impl OnBare {
    pub(super) fn submit(&mut self, command: Command) -> Reply {
        let position = self.world.position + 1;
        let stamp = Stamp { position, time: self.world.now };
        self.commands.push((stamp, command.clone()));
        self.world.submit(command)
    }

    pub(super) fn operate(&mut self, change: Change) -> Reply {
        let by = network::Operator { who: text("scenario"), why: text("step") };
        self.submit(Command::Operate { by, change })
    }

    pub(super) fn participant(&self, code: &str) -> Result<ParticipantId, String> {
        let found = self.world.machine.directory().by_code(code);
        found.map(|it| it.id).ok_or_else(|| format!("no participant {code}"))
    }

    fn contract(&self, code: &str) -> Result<(ParticipantId, Contract), String> {
        let id = self.participant(code)?;
        let found = self.world.machine.directory().participant(id);
        Ok((id, found.ok_or("no such participant")?.contract.clone()))
    }

    pub(super) fn draw(&mut self) -> u128 {
        self.drawn += 1;
        <u64 as base::Key>::mix(u64::try_from(self.drawn).unwrap_or_default()).into()
    }

    pub(super) fn id(&self, name: &str) -> Result<PaymentId, String> {
        self.payments.get(name).copied().ok_or_else(|| format!("no payment {name}"))
    }

    fn payment(&self, name: &str) -> Result<Arc<Payment>, String> {
        let found = self.world.machine.payment(&self.world.history, self.id(name)?);
        found.ok_or_else(|| format!("payment {name} is gone"))
    }

    /// What an operator changes.
    fn change(&mut self, act: &Act) -> Outcome {
        let change = match act {
            Act::Status { participant, is_suspended } => Change::SetStatus {
                participant: self.participant(participant)?,
                status: match is_suspended {
                    true => ParticipantStatus::Suspended,
                    false => ParticipantStatus::Active,
                },
            },
            Act::Cap { wallet, cap } => {
                let (participant, mut contract) = self.contract(wallet)?;
                contract.caps = vec![amount(cap)?];
                Change::SetContract { participant, contract: Box::new(contract) }
            }
            Act::Terms(terms) => {
                let (participant, contract) = self.contract(&terms.participant)?;
                let contract = Box::new(terms.change(contract)?);
                Change::SetContract { participant, contract }
            }
            Act::Halt { base, quote, is_halted } => Change::HaltCorridor {
                base: currency(base),
                quote: currency(quote),
                is_halted: *is_halted,
            },
            Act::Rates { reference, prices, accept } => {
                let reference = currency(reference);
                let rate = |(code, price): &(String, String)| {
                    Rate::parse(reference, currency(code), price).map_err(|_| ())
                };
                let rates: Result<Vec<Rate>, ()> = prices.iter().map(rate).collect();
                let Ok(rates) = rates else { return Ok(shown(ResultCode::ParamIllegal)) };
                let feed = RateFeed {
                    source: text("preset"),
                    as_of: self.world.now,
                    reference,
                    rates,
                    accept_outside_band: *accept,
                };
                Change::LoadRates(Box::new(LoadRates { feed }))
            }
            _ => return Err("the bare machine cannot take this step".to_owned()),
        };
        Ok(match self.operate(change) {
            Reply::Refused(refusal) => shown(refusal.code),
            Reply::Rates(report) => {
                format!("{} taken, {} refused", report.accepted, report.rejected.len())
            }
            _ => shown(ResultCode::Success),
        })
    }

    fn code(&mut self, name: &str, wallet: &str, of: (&str, Option<&str>)) -> Outcome {
        let (user, region) = of;
        let code = PaymentCode::from_random(self.draw());
        let command = Command::IssueCodes(IssueCodes {
            mpp: self.participant(wallet)?,
            customer: text(user),
            alias: CustomerAlias::from_u128(7),
            region: region.map(country),
            codes: vec![NewCode { code }],
        });
        match self.submit(command) {
            Reply::Codes(_) => {
                self.codes.insert(name.to_owned(), code);
                Ok(shown(ResultCode::Success))
            }
            Reply::Refused(refusal) => Ok(shown(refusal.code)),
            _ => Err("an unexpected reply".to_owned()),
        }
    }

    fn pay(&mut self, it: &PayAct) -> Outcome {
        let price = match positive(&it.amount) {
            Ok(price) => price,
            Err(code) => return Ok(shown(code)),
        };
        let id = PaymentId::new(self.world.now.millis(), Partition(0), self.draw());
        let by = if it.way.is_presented() {
            PayBy::Order(OrderToken::new(id, self.draw()))
        } else {
            let code = self.codes.get(&it.code).map(ToString::to_string);
            PayBy::Code(text(&code.unwrap_or_else(|| it.code.clone())))
        };
        let pay = Pay {
            id,
            acquirer: self.participant(&it.asked.acquirer)?,
            request_id: text(&it.asked.request_id),
            order: Order {
                reference: text(&it.asked.payment),
                description: text("an order"),
                amount: price,
                merchant: text(&it.merchant),
                store: Some(text(&it.store)),
                terminal: None,
            },
            amount: price,
            settlement_currency: Some(currency(&it.settle)),
            method_type: text("CONNECT_WALLET"),
            way: it.way,
            by,
            expiry: it.expiry.map(|after| self.world.now.after(after)),
            notify_url: it.notifies.then(|| text("http://127.0.0.1/notify")),
            redirect_url: None,
            push: None,
        };
        self.submit_pay(&it.asked.payment, pay)
    }

    /// Sends a `pay` and keeps the payment under the scenario's name of it.
    pub(super) fn submit_pay(&mut self, name: &str, pay: Pay) -> Outcome {
        match self.submit(Command::Pay(Box::new(pay))) {
            Reply::Payment { payment, .. } => {
                self.payments.insert(name.to_owned(), payment.id);
                Ok(shown(payment.visible_result()))
            }
            Reply::Refused(refusal) => Ok(shown(refusal.code)),
            _ => Err("an unexpected reply".to_owned()),
        }
    }

    fn take(&mut self, it: &TakeAct) -> Outcome {
        let mpp = self.participant(&it.wallet)?;
        let payment = self.payment(&it.payment)?;
        let token = payment.by.order().ok_or("the payment has no code to be scanned")?;
        let token = if it.is_guessed { OrderToken::new(token.payment, self.draw()) } else { token };
        let mut outcomes = BTreeSet::new();
        for number in 1..=it.users {
            let customer = text(&it.customer(number));
            let alias = CustomerAlias::from_u128(number.into());
            let order = TakeOrder { mpp, customer, alias, token };
            outcomes.insert(match self.submit(Command::TakeOrder(order)) {
                Reply::Payment { .. } => shown(ResultCode::Success),
                Reply::Refused(refusal) => shown(refusal.code),
                _ => return Err("an unexpected reply".to_owned()),
            });
        }
        Ok(outcomes.into_iter().collect::<Vec<_>>().join(" or "))
    }

    fn open_call(&self, name: &str, wanted: Option<Call>) -> Result<EffectId, String> {
        let id = self.id(name)?;
        let fits = |effect: &&EffectId| {
            effect.payment == id
                && effect.kind != EffectKind::Notify
                && wanted.is_none_or(|wanted| wanted.as_str() == word_of(effect.kind))
        };
        let found = self.world.effects.keys().find(fits).copied();
        found.ok_or_else(|| format!("no call to the wallet is open for {name}"))
    }

    fn wallet(&mut self, it: &WalletAct, call: Option<Call>) -> Outcome {
        let id = self.open_call(&it.payment, call)?;
        self.effect_done(id, EffectOutcome::Wallet(answer(it)?));
        let payment = self.payment(&it.payment)?;
        match id.kind {
            EffectKind::Refund(number) => {
                Ok(format!("{:?}", payment.refunds[number as usize].state))
            }
            _ => Ok(format!("{:?}", payment.state)),
        }
    }

    fn effect_done(&mut self, id: EffectId, outcome: EffectOutcome) {
        self.world.effects.remove(&id);
        self.submit(Command::EffectDone { id, outcome });
    }

    fn acknowledge(&mut self, name: &str, yes: bool) -> Outcome {
        let id = self.id(name)?;
        let is_notify = |it: &&EffectId| it.payment == id && it.kind == EffectKind::Notify;
        let open = self.world.effects.keys().find(is_notify).copied();
        let open = open.ok_or("no notification is under way")?;
        self.effect_done(open, EffectOutcome::Delivered(yes));
        let payment = self.payment(name)?;
        Ok(payment.notify.map_or_else(|| "none".to_owned(), |state| format!("{state:?}")))
    }

    fn told(&mut self, it: &WalletAct, wallet: &str) -> Outcome {
        let command = Command::NotifyPayment(NotifyPayment {
            mpp: self.participant(wallet)?,
            payment: self.id(&it.payment)?,
            customer: None,
            answer: answer(it)?,
        });
        Ok(match self.submit(command) {
            Reply::Refused(refusal) => shown(refusal.code),
            _ => shown(ResultCode::Success),
        })
    }

    fn reference(&self, asked: &Asked) -> Result<PaymentRef, String> {
        if asked.by_id {
            return Ok(PaymentRef { request_id: None, id: Some(self.id(&asked.payment)?) });
        }
        Ok(PaymentRef { request_id: Some(text(&asked.request_id)), id: None })
    }

    fn cancel(&mut self, asked: &Asked) -> Outcome {
        let acquirer = self.participant(&asked.acquirer)?;
        let payment = self.reference(asked)?;
        Ok(match self.submit(Command::CancelPayment(CancelPayment { acquirer, payment })) {
            Reply::Refused(refusal) => shown(refusal.code),
            _ => shown(ResultCode::Success),
        })
    }

    fn refund(&mut self, it: &RefundAct) -> Outcome {
        let amount = match positive(&it.amount) {
            Ok(amount) => amount,
            Err(code) => return Ok(shown(code)),
        };
        let refund = Refund {
            id: RefundId::new(self.world.now.millis(), Partition(0), self.draw()),
            acquirer: self.participant(&it.asked.acquirer)?,
            payment: self.reference(&it.asked)?,
            request_id: text(&it.name),
            amount,
            reason: None,
        };
        match self.submit(Command::Refund(refund)) {
            Reply::Refund { payment, number, .. } => {
                let refund = &payment.refunds[number as usize];
                Ok(match refund.state {
                    RefundState::Refused => shown(refund.result),
                    state => match refund_visible(state) {
                        RefundVisible::Success => shown(ResultCode::Success),
                        _ => shown(ResultCode::UnknownException),
                    },
                })
            }
            Reply::Refused(refusal) => Ok(shown(refusal.code)),
            _ => Err("an unexpected reply".to_owned()),
        }
    }

    fn inquiry(&mut self, asked: &Asked) -> Outcome {
        let acquirer = self.participant(&asked.acquirer)?;
        let reference = self.reference(asked)?;
        let found = self.world.machine.find(&self.world.history, acquirer, &reference);
        Ok(match found {
            Found::Payment(payment) => format!("S {}", payment.visible_result()),
            Found::Tombstone => format!("S {}", ResultCode::OrderIsClosed),
            Found::Missing => shown(ResultCode::OrderNotExist),
            Found::Mismatch => shown(ResultCode::ParamIllegal),
        })
    }

    fn tick(&mut self, span: Span) -> Outcome {
        let end = self.world.now.after(span);
        while let Some(due) = self.world.machine.next_timer().filter(|due| *due <= end) {
            self.world.now = self.world.now.max(due);
            self.submit(Network::tick());
        }
        self.world.now = end;
        Ok(String::new())
    }

    fn waits(&self, name: &str) -> Outcome {
        let id = self.id(name)?;
        let open = self.world.effects.keys().filter(|effect| effect.payment == id);
        let words: Vec<&str> = open.map(|effect| word_of(effect.kind)).collect();
        Ok(if words.is_empty() { "nothing".to_owned() } else { words.join(" ") })
    }

    fn account(&self, name: &str) -> String {
        let accounts = self.world.machine.ledger().accounts();
        let found = accounts.filter(|(key, _)| chart::name(**key) == name);
        found.map(|(_, account)| account.balance()).sum::<i128>().to_string()
    }

    /// Goes on from the bytes of a snapshot, or from nothing but the commands.
    fn restart(&mut self, restart: Restart) -> Outcome {
        if restart.without_snapshots || restart.without_index {
            (self.world.machine, self.world.history) = self.replayed();
        } else {
            let bytes = encode(&self.world.machine);
            self.world.machine = decode_all(&bytes).map_err(|error| error.to_string())?;
        }
        self.world.relaunch();
        // A `pay` that may have left is not sent a second time: the workers count it as silence.
        let is_pay = |id: &&EffectId| id.kind == EffectKind::Pay;
        let out: Vec<EffectId> = self.world.effects.keys().filter(is_pay).copied().collect();
        for id in out {
            let silent = WalletAnswer::of(WalletVerdict::Silent);
            self.effect_done(id, EffectOutcome::Wallet(silent));
        }
        Ok(String::new())
    }

    fn replayed(&self) -> (Network, MapHistory) {
        let mut machine = Network::new(PartitionPlan::SINGLE);
        let mut history = MapHistory::default();
        for (stamp, command) in &self.commands {
            let outcome = machine.apply(*stamp, command.clone(), &history);
            history.keep(outcome.rows);
        }
        (machine, history)
    }
}
