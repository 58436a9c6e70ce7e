//! Scenarios: a small text language, run on the bare machine.
//!
//! One step a line, `#` begins a comment, what has to come of a step stands behind `=>`.
//!
//! | Step | |
//! |---|---|
//! | `code c1 wallet=W-KR user=minjun [region=JP]` | the wallet fetches a payment code |
//! | `pay p1 acquirer=A-JP code=c1 amount=JPY:1200 [settle=USD] [as=other-id] [expiry=30s] [notify=yes] => U PAYMENT_IN_PROCESS` | |
//! | `wallet p1 approved [pay_to=KRW:1] => Paid` | answers the open call; also `declined CODE`, `in-process`, `silent`, `not-found` |
//! | `told p1 wallet=W-KR approved => S` | the wallet's `notifyPayment` |
//! | `acknowledge p1 yes` | the acquirer's answer to our notification |
//! | `cancel p1 acquirer=A-JP => S SUCCESS` | |
//! | `refund r1 p1 amount=JPY:500 [acquirer=A-JP] => U UNKNOWN_EXCEPTION` | |
//! | `inquiry p1 acquirer=A-JP => S PAYMENT_IN_PROCESS` | result of the inquiry, then of the payment |
//! | `state p1 => Unknown`, `waits p1 => inquiry`, `account NAME => 10879`, `breaks => 1` | |
//! | `tick 30s`, `suspend W-KR`, `resume W-KR`, `cap W-KR KRW:100000`, `halt JPY KRW`, `restart` | |
//!
//! After every step the books balance; at the end all commands, applied again, give the same bytes.

use crate::bare::Bare;
use crate::preset::{changes, country, currency, merchants, text};
use base::{Machine, MapHistory, ResultCode, Span, Stamp, Timestamp, decode_all, encode};
use directory::ParticipantStatus;
use ids::{CustomerAlias, ParticipantId, Partition, PaymentId, RefundId};
use money::{Currency, Money};
use network::{
    CancelPayment, Change, Command, EffectId, EffectKind, EffectOutcome, Event, Found, IssueCodes,
    Network, NewCode, NotifyPayment, Order, PartitionPlan, Pay, PaymentCode, PaymentRef, Refund,
    Reply, WalletAnswer, WalletVerdict, chart,
};
use payment::{RefundState, refund_visible};
use std::collections::BTreeMap;

/// A scenario that did not go as it says: the line, what was wanted and what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub line: usize,
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

type Outcome = Result<String, String>;

/// One step, taken apart: words, then `name=value` pairs.
struct Step<'a> {
    words: Vec<&'a str>,
    named: BTreeMap<&'a str, &'a str>,
}

impl<'a> Step<'a> {
    fn parse(text: &'a str) -> Step<'a> {
        let mut step = Step { words: Vec::new(), named: BTreeMap::new() };
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some((name, value)) => {
                    step.named.insert(name, value);
                }
                None => step.words.push(word),
            }
        }
        step
    }
    fn word(&self, at: usize) -> Result<&'a str, String> {
        self.words.get(at).copied().ok_or_else(|| format!("word {at} is missing"))
    }
    fn named(&self, name: &str) -> Result<&'a str, String> {
        self.named.get(name).copied().ok_or_else(|| format!("{name}= is missing"))
    }
    fn or(&self, name: &str, default: &'a str) -> &'a str {
        self.named.get(name).copied().unwrap_or(default)
    }
}

fn amount(text: &str) -> Result<Money, String> {
    let (code, minor) = text.split_once(':').ok_or("an amount is CUR:minor")?;
    let currency = Currency::from_code(code).ok_or("no such currency")?;
    Money::parse_minor(minor, currency).map_err(|error| error.to_string())
}

fn span(text: &str) -> Result<Span, String> {
    let (digits, unit) = text.split_at(text.len().saturating_sub(1));
    let number: u64 = digits.parse().map_err(|_| "a span is a number and s, m, h or d")?;
    match unit {
        "s" => Ok(Span::secs(number)),
        "m" => Ok(Span::minutes(number)),
        "h" => Ok(Span::hours(number)),
        "d" => Ok(Span::days(number)),
        _ => Err("a span ends in s, m, h or d".to_owned()),
    }
}

fn shown(code: ResultCode) -> String {
    format!("{} {code}", code.status().as_str())
}

/// The running scenario.
struct Run {
    world: Bare,
    commands: Vec<(Stamp, Command)>,
    codes: BTreeMap<String, PaymentCode>,
    payments: BTreeMap<String, PaymentId>,
    refunds: BTreeMap<String, (PaymentId, u32)>,
    drawn: u128,
}

/// Runs a scenario to its end.
pub fn run(source: &str) -> Result<(), Failure> {
    let mut run = Run::new();
    for (at, raw) in source.lines().enumerate() {
        let line = raw.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let fail = |message| Failure { line: at + 1, message };
        let (step, wanted) = match line.split_once("=>") {
            Some((step, wanted)) => (step.trim(), Some(wanted.trim())),
            None => (line, None),
        };
        let came = run.step(&Step::parse(step)).map_err(fail)?;
        if wanted.is_some_and(|wanted| wanted != came) {
            let wanted = wanted.unwrap_or_default();
            return Err(fail(format!("wanted `{wanted}`, came `{came}`")));
        }
    }
    let last = source.lines().count();
    run.replay().map_err(|message| Failure { line: last, message })
}

impl Run {
    fn new() -> Run {
        let world = Bare::new(Timestamp::from_secs(1_772_355_600));
        let mut run = Run {
            world,
            commands: Vec::new(),
            codes: BTreeMap::new(),
            payments: BTreeMap::new(),
            refunds: BTreeMap::new(),
            drawn: 0,
        };
        for change in changes(run.world.now) {
            run.operate(change);
        }
        for merchant in merchants() {
            run.submit(Command::RegisterMerchant(merchant));
        }
        run
    }

    fn submit(&mut self, command: Command) -> Reply {
        let position = self.world.position + 1;
        let stamp = Stamp { position, time: self.world.now };
        self.commands.push((stamp, command.clone()));
        self.world.submit(command)
    }

    fn operate(&mut self, change: Change) -> String {
        let by = network::Operator { who: text("scenario"), why: text("step") };
        match self.submit(Command::Operate { by, change }) {
            Reply::Refused(refusal) => shown(refusal.code),
            _ => "S SUCCESS".to_owned(),
        }
    }

    fn participant(&self, code: &str) -> Result<ParticipantId, String> {
        let found = self.world.machine.directory().by_code(code);
        found.map(|it| it.id).ok_or_else(|| format!("no participant {code}"))
    }

    fn draw(&mut self) -> u128 {
        self.drawn += 1;
        <u64 as base::Key>::mix(u64::try_from(self.drawn).unwrap_or_default()).into()
    }

    fn id(&self, name: &str) -> Result<PaymentId, String> {
        self.payments.get(name).copied().ok_or_else(|| format!("no payment {name}"))
    }

    fn payment(&self, name: &str) -> Result<std::sync::Arc<network::Payment>, String> {
        let id = self.id(name)?;
        let found = self.world.machine.payment(&self.world.history, id);
        found.ok_or_else(|| format!("payment {name} is gone"))
    }

    fn step(&mut self, step: &Step<'_>) -> Outcome {
        match step.word(0)? {
            "code" => self.code(step),
            "pay" => self.pay(step),
            "wallet" => self.wallet(step),
            "told" => self.told(step),
            "acknowledge" => self.acknowledge(step),
            "cancel" => self.cancel(step),
            "refund" => self.refund(step),
            "inquiry" => self.inquiry(step),
            "tick" => self.tick(span(step.word(1)?)?),
            "state" => Ok(format!("{:?}", self.payment(step.word(1)?)?.state)),
            "waits" => self.waits(step.word(1)?),
            "account" => Ok(self.account(step.word(1)?)),
            "breaks" => {
                let is_break = |event: &&Event| matches!(event, Event::Break { .. });
                Ok(self.world.events.iter().filter(is_break).count().to_string())
            }
            "suspend" => self.status(step.word(1)?, ParticipantStatus::Suspended),
            "resume" => self.status(step.word(1)?, ParticipantStatus::Active),
            "cap" => self.cap(step),
            "halt" => {
                let (base, quote) = (currency(step.word(1)?), currency(step.word(2)?));
                Ok(self.operate(Change::HaltCorridor { base, quote, is_halted: true }))
            }
            "restart" => self.restart(),
            other => Err(format!("no step is called {other}")),
        }
    }

    fn code(&mut self, step: &Step<'_>) -> Outcome {
        let code = PaymentCode::from_random(self.draw());
        let reply = Command::IssueCodes(IssueCodes {
            mpp: self.participant(step.named("wallet")?)?,
            customer: text(step.or("user", "minjun")),
            alias: CustomerAlias::from_u128(7),
            region: step.named.get("region").map(|region| country(region)),
            codes: vec![NewCode { code }],
        });
        match self.submit(reply) {
            Reply::Codes(_) => {
                self.codes.insert(step.word(1)?.to_owned(), code);
                Ok("S SUCCESS".to_owned())
            }
            Reply::Refused(refusal) => Ok(shown(refusal.code)),
            _ => Err("an unexpected reply".to_owned()),
        }
    }

    fn pay(&mut self, step: &Step<'_>) -> Outcome {
        let name = step.word(1)?;
        let acquirer = self.participant(step.or("acquirer", "A-JP"))?;
        let default = if acquirer.0 == 4 { "M-RAMEN" } else { "M-MANGO" };
        let merchant = step.or("merchant", default);
        let price = amount(step.named("amount")?)?;
        let code = step.named("code")?;
        let code = self.codes.get(code).map_or_else(|| code.to_owned(), ToString::to_string);
        let id = PaymentId::new(self.world.now.millis(), Partition(0), self.draw());
        let settle = step.or("settle", price.currency().code());
        let expiry = match step.named.get("expiry") {
            Some(after) => Some(self.world.now.after(span(after)?)),
            None => None,
        };
        let store =
            step.named.get("store").map_or_else(|| format!("{merchant}-S1"), ToString::to_string);
        let pay = Pay {
            id,
            acquirer,
            request_id: text(step.or("as", name)),
            order: Order {
                reference: text(name),
                description: text("an order"),
                amount: price,
                merchant: text(merchant),
                store: Some(text(&store)),
                terminal: None,
            },
            amount: price,
            settlement_currency: Some(currency(settle)),
            method_type: text("CONNECT_WALLET"),
            product: directory::Product::InStorePayment,
            code: text(&code),
            expiry,
            notify_url: step.named.get("notify").map(|_| text("http://127.0.0.1/notify")),
        };
        match self.submit(Command::Pay(Box::new(pay))) {
            Reply::Payment { payment, .. } => {
                self.payments.insert(name.to_owned(), payment.id);
                Ok(shown(payment.visible_result()))
            }
            Reply::Refused(refusal) => Ok(shown(refusal.code)),
            _ => Err("an unexpected reply".to_owned()),
        }
    }

    /// Reads `approved`, `declined CODE`, ... from word `at` on.
    fn answer(step: &Step<'_>, at: usize) -> Result<WalletAnswer, String> {
        let verdict = match step.word(at)? {
            "approved" => WalletVerdict::Approved,
            "declined" => {
                let code = step.word(at + 1)?;
                let code = ResultCode::from_text(code).ok_or("no such result code")?;
                WalletVerdict::Declined(code)
            }
            "in-process" => WalletVerdict::InProcess,
            "silent" => WalletVerdict::Silent,
            "not-found" => WalletVerdict::NotFound,
            other => return Err(format!("a wallet does not say {other}")),
        };
        let mut answer = WalletAnswer::of(verdict);
        if let Some(pay_to) = step.named.get("pay_to") {
            answer.pay_to = Some(amount(pay_to)?);
        }
        if let Some(paid) = step.named.get("amount") {
            answer.amount = Some(amount(paid)?);
        }
        answer.wallet_id = Some(text("wallet-id"));
        Ok(answer)
    }

    fn open_call(&self, name: &str, wanted: Option<&str>) -> Result<EffectId, String> {
        let id = self.id(name)?;
        let fits = |effect: &&EffectId| {
            effect.payment == id
                && !matches!(effect.kind, EffectKind::Notify)
                && wanted.is_none_or(|wanted| wanted == word_of(effect.kind))
        };
        let found = self.world.effects.keys().find(fits).copied();
        found.ok_or_else(|| format!("no call to the wallet is open for {name}"))
    }

    fn wallet(&mut self, step: &Step<'_>) -> Outcome {
        let name = step.word(1)?;
        let answer = Run::answer(step, 2)?;
        let id = self.open_call(name, step.named.get("call").copied())?;
        self.effect_done(id, EffectOutcome::Wallet(answer));
        let payment = self.payment(name)?;
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

    fn acknowledge(&mut self, step: &Step<'_>) -> Outcome {
        let id = self.id(step.word(1)?)?;
        let is_notify = |it: &&EffectId| it.payment == id && it.kind == EffectKind::Notify;
        let open = self.world.effects.keys().find(is_notify).copied();
        let open = open.ok_or("no notification is under way")?;
        self.effect_done(open, EffectOutcome::Delivered(step.word(2)? == "yes"));
        let payment = self.payment(step.word(1)?)?;
        Ok(payment.notify.map_or_else(|| "none".to_owned(), |state| format!("{state:?}")))
    }

    fn told(&mut self, step: &Step<'_>) -> Outcome {
        let command = Command::NotifyPayment(NotifyPayment {
            mpp: self.participant(step.named("wallet")?)?,
            payment: self.id(step.word(1)?)?,
            customer: None,
            answer: Run::answer(step, 2)?,
        });
        Ok(match self.submit(command) {
            Reply::Refused(refusal) => shown(refusal.code),
            _ => "S SUCCESS".to_owned(),
        })
    }

    fn reference(step: &Step<'_>, name: &str) -> PaymentRef {
        PaymentRef { request_id: Some(text(step.or("as", name))), id: None }
    }

    fn cancel(&mut self, step: &Step<'_>) -> Outcome {
        let acquirer = self.participant(step.or("acquirer", "A-JP"))?;
        let payment = Run::reference(step, step.word(1)?);
        Ok(match self.submit(Command::CancelPayment(CancelPayment { acquirer, payment })) {
            Reply::Refused(refusal) => shown(refusal.code),
            _ => "S SUCCESS".to_owned(),
        })
    }

    fn refund(&mut self, step: &Step<'_>) -> Outcome {
        let name = step.word(1)?;
        let refund = Refund {
            id: RefundId::new(self.world.now.millis(), Partition(0), self.draw()),
            acquirer: self.participant(step.or("acquirer", "A-JP"))?,
            payment: Run::reference(step, step.word(2)?),
            request_id: text(name),
            amount: amount(step.named("amount")?)?,
            reason: None,
        };
        match self.submit(Command::Refund(refund)) {
            Reply::Refund { payment, number, .. } => {
                self.refunds.insert(name.to_owned(), (payment.id, number));
                let refund = &payment.refunds[number as usize];
                Ok(match refund.state {
                    RefundState::Refused => shown(refund.result),
                    state => match refund_visible(state) {
                        payment::RefundVisible::Success => shown(ResultCode::Success),
                        _ => shown(ResultCode::UnknownException),
                    },
                })
            }
            Reply::Refused(refusal) => Ok(shown(refusal.code)),
            _ => Err("an unexpected reply".to_owned()),
        }
    }

    fn inquiry(&mut self, step: &Step<'_>) -> Outcome {
        let acquirer = self.participant(step.or("acquirer", "A-JP"))?;
        let reference = Run::reference(step, step.word(1)?);
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

    fn status(&mut self, code: &str, status: ParticipantStatus) -> Outcome {
        let participant = self.participant(code)?;
        Ok(self.operate(Change::SetStatus { participant, status }))
    }

    fn cap(&mut self, step: &Step<'_>) -> Outcome {
        let id = self.participant(step.word(1)?)?;
        let found = self.world.machine.directory().participant(id);
        let mut contract = found.ok_or("no such participant")?.contract.clone();
        contract.caps = vec![amount(step.word(2)?)?];
        Ok(self.operate(Change::SetContract { participant: id, contract: Box::new(contract) }))
    }

    /// Goes on from the bytes of a snapshot.
    fn restart(&mut self) -> Outcome {
        let bytes = encode(&self.world.machine);
        self.world.machine = decode_all(&bytes).map_err(|error| error.to_string())?;
        for effect in self.world.machine.outbox() {
            self.world.effects.insert(effect.id, effect);
        }
        Ok(String::new())
    }

    /// Applies all commands to a new machine: it must come to the same state and history.
    fn replay(&self) -> Result<(), String> {
        let mut machine = Network::new(PartitionPlan::SINGLE);
        let mut history = MapHistory::default();
        for (stamp, command) in &self.commands {
            let outcome = machine.apply(*stamp, command.clone(), &history);
            history.keep(outcome.rows);
        }
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

fn word_of(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Pay => "pay",
        EffectKind::Inquiry => "inquiry",
        EffectKind::Cancel => "cancel",
        EffectKind::Refund(_) => "refund",
        EffectKind::Notify => "notify",
        EffectKind::Claim => "claim",
    }
}
