//! A bare machine for tests: its clock moves when it is told to, its books are checked after every
//! command, and at the end the whole log is replayed and must give the same bytes.

use account::{AccountRules, Fee, LocalDay, PayeeRules, PinRules, Tier, Zone};
use base::{Machine, MapHistory, ResultCode, Span, Stamp, Text, Timestamp, decode_all, encode};
use dhow_wallet::command::bank::{BankCommand, CallCash, MoveMoney};
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::network::{NetworkCommand, NetworkPay, PaidBy};
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::command::send::{Send, SendCommand};
use dhow_wallet::command::shops::{OpenShop, PayShop, ShopCommand};
use dhow_wallet::objects::{BankWay, OrderView};
use dhow_wallet::{
    Command, ErrandAnswer, ErrandKind, Event, Features, Market, Object, Once, Operator, PayCodes,
    Reply, ServiceRules, ShopKind, Wallet, chart,
};
use gifts::{Checked, GiftRules, PacketRules};
use ids::{NoteId, Partition, PartnerText, PaymentId};
use ledger::Purpose;
use money::{Currency, Money};
use savings::{Calendar, Price, SATURDAY_SUNDAY, SavingsRules, SavingsTerms};
use services::Share;
use std::collections::BTreeMap;

/// Tiers of the test's market: limits of one payment, a day, a month, and the balance.
pub const BASIC: [u64; 4] = [5_000, 8_000, 20_000, 50_000];
pub const FULL: [u64; 4] = [100_000, 200_000, 500_000, 1_000_000];
pub const SEND_FEE_MOST: u64 = 20;
pub const COOLING: Span = Span::hours(2);

/// 2026-03-10, noon in Manila.
const START: Timestamp = Timestamp::from_secs(1_773_115_200);

pub fn peso() -> Currency {
    Currency::from_code("PHP").unwrap()
}

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn fixed(minor: u64) -> Fee {
    Fee { fixed_minor: minor, share_bps: 0, least_minor: 0, most_minor: minor }
}

pub fn packet_rules() -> Checked<PacketRules> {
    Checked::new(PacketRules {
        currency: peso(),
        fewest_shares: 2,
        most_shares: 100,
        least_total_minor: 10,
        most_total_minor: 20_000,
        least_share_minor: 1,
        life: Span::hours(24),
        most_packets_a_day: 3,
        most_total_a_day_minor: 40_000,
        sender_may_claim: true,
    })
    .unwrap()
}

pub fn gift_rules() -> Checked<GiftRules> {
    Checked::new(GiftRules {
        currency: peso(),
        least_face_minor: 100,
        most_face_minor: 50_000,
        least_price_bps: 5_000,
        least_validity: Span::days(30),
        most_validity: Span::days(366),
        most_stock: 1_000,
        most_per_customer: 10,
        may_forfeit: true,
        most_change_from_bps: 6_000,
        least_before_claim_bps: 0,
        least_after_expiry_bps: 0,
        most_code_life: Span::minutes(5),
    })
    .unwrap()
}

pub fn market() -> Market {
    Market {
        code: text("ph"),
        brand: text("Bangka"),
        country: text("PH"),
        languages: vec![text("en")],
        local_scheme: text("qrph"),
        features: Features {
            packets: true,
            gifts: true,
            savings: true,
            services: true,
            agents: true,
        },
        codes: PayCodes::ON,
        account: AccountRules {
            currency: peso(),
            zone: Zone::new(480).unwrap(),
            tiers: vec![Tier::new("basic", BASIC).unwrap(), Tier::new("full", FULL).unwrap()],
            withdraw_fee: fixed(10),
            send_fee: Fee {
                fixed_minor: 0,
                share_bps: 100,
                least_minor: 0,
                most_minor: SEND_FEE_MOST,
            },
            cash_in_fee: fixed(3),
            cash_out_fee: fixed(5),
            payee: PayeeRules {
                cooling_from_minor: 1_000,
                cooling: COOLING,
                first_most_minor: 3_000,
            },
            pin: PinRules { tries: 3, wait: Span::minutes(10), waits: 2 },
            holidays: [LocalDay(20_600)].into(),
        },
        request_for: Span::days(3),
        cash_for: Span::minutes(30),
        packets: packet_rules(),
        gifts: gift_rules(),
        savings: Some(SavingsRules::new(savings_terms()).unwrap()),
        services: ServiceRules {
            donation_fee: Share::NONE,
            ride_fee: Share::new(200).unwrap(),
            ticket_fee: Share::new(150).unwrap(),
        },
    }
}

/// Orders until three in the afternoon, Mondays to Fridays; a hundred pesos at once in a day.
pub fn savings_terms() -> SavingsTerms {
    SavingsTerms {
        currency: peso(),
        min_sweep_minor: 100,
        instant_limit_minor: 10_000,
        pool_limit_minor: 15_000,
        band_bps: 50,
        max_price_age_days: 10,
        lowest_price: Price::new(5_000_000_000).unwrap(),
        highest_price: Price::new(20_000_000_000).unwrap(),
        calendar: Calendar {
            cut_off_min: 15 * 60,
            offset_min: 480,
            closed_weekdays: SATURDAY_SUNDAY,
            holidays: Vec::new(),
        },
    }
}

/// See the module's text. Ids are drawn from a counter.
pub struct Bare {
    pub machine: Wallet,
    pub history: MapHistory,
    pub now: Timestamp,
    /// What the last command yielded.
    pub events: Vec<Event>,
    /// Attempts whose answers are out, as the world sees them: never taken away by the machine.
    pub attempts: Vec<(u128, ErrandKind, u32)>,
    log: Vec<(Stamp, Command)>,
    drawn: u64,
}

impl Bare {
    pub fn new() -> Bare {
        Bare {
            machine: Wallet::new(Partition(0), market()),
            history: MapHistory::default(),
            now: START,
            events: Vec::new(),
            attempts: Vec::new(),
            log: Vec::new(),
            drawn: 0,
        }
    }

    // The machine.

    pub fn apply(&mut self, command: Command) -> Reply {
        let position = self.log.len() as u64 + 1;
        let stamp = Stamp { position, time: self.now };
        // The log keeps what the bytes say, not what the test holds.
        let command: Command = decode_all(&encode(&command)).unwrap();
        self.log.push((stamp, command.clone()));
        let outcome = self.machine.apply(stamp, command, &self.history);
        self.history.keep(outcome.rows);
        self.events = outcome.events;
        for attempt in outcome.effects {
            let errand = &attempt.errand;
            self.attempts.push((errand.about, errand.kind, errand.attempt));
        }
        self.check();
        outcome.reply
    }

    pub fn made(&mut self, command: Command) -> Object {
        match self.apply(command) {
            Reply::Made { object, .. } => object,
            other => panic!("{other:?}"),
        }
    }

    pub fn repeated(&mut self, command: Command) -> Object {
        match self.apply(command) {
            Reply::Made { object, is_repeat: true } => object,
            other => panic!("{other:?}"),
        }
    }

    pub fn several(&mut self, command: Command) -> Vec<Object> {
        match self.apply(command) {
            Reply::Several(objects) => objects,
            other => panic!("{other:?}"),
        }
    }

    pub fn number(&mut self, command: Command) -> u32 {
        match self.apply(command) {
            Reply::Number(number) => number,
            other => panic!("{other:?}"),
        }
    }

    pub fn done(&mut self, command: Command) {
        let reply = self.apply(command);
        assert!(matches!(reply, Reply::Done), "{reply:?}");
    }

    /// The code of a refusal, which has changed nothing.
    pub fn refused(&mut self, command: Command) -> ResultCode {
        let before = encode(&self.machine);
        let reply = self.apply(command);
        assert!(encode(&self.machine) == before, "a refusal changes nothing");
        match reply {
            Reply::Refused(refusal) => refusal.code,
            other => panic!("{other:?}"),
        }
    }

    pub fn check(&self) {
        self.machine.verify().unwrap();
        let sum: i128 = self.machine.ledger().accounts().map(|(_, it)| it.balance()).sum();
        assert_eq!(sum, 0, "all accounts together are nothing");
        if self.log.len().is_multiple_of(7) {
            let bytes = encode(&self.machine);
            let copy: Wallet = decode_all(&bytes).unwrap();
            assert!(encode(&copy) == bytes, "a snapshot comes back as it was");
        }
    }

    /// The same log gives the same state, from the start and from a snapshot in the middle.
    pub fn replay(&self) {
        let mut machine = Wallet::new(Partition(0), market());
        let mut history = MapHistory::default();
        for (number, (stamp, command)) in self.log.iter().enumerate() {
            if number == self.log.len() / 2 {
                machine = decode_all(&encode(&machine)).unwrap();
            }
            history.keep(machine.apply(*stamp, command.clone(), &history).rows);
        }
        assert!(encode(&machine) == encode(&self.machine), "a replay gives the same state");
        assert!(history == self.history, "a replay gives the same history");
    }

    // Time.

    /// Moves the clock and does what becomes due on the way, each at its time.
    pub fn pass(&mut self, span: Span) {
        let until = self.now.after(span);
        while let Some(due) = self.machine.next_timer().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.apply(Wallet::tick());
        }
        self.now = until;
    }

    /// Moves the clock; nothing becomes due until something else happens.
    pub fn pass_asleep(&mut self, span: Span) {
        self.now = self.now.after(span);
    }

    pub fn tick(&mut self) {
        self.done(Wallet::tick());
    }

    // What a caller makes up.

    pub fn draw(&mut self) -> u128 {
        self.drawn += 1;
        // Apart from the ids that the machine derives itself.
        u128::from(self.drawn) << 32
    }

    pub fn id<T>(&mut self, make: fn(u64, Partition, u128) -> T) -> T {
        let random = self.draw();
        make(self.now.millis(), Partition(0), random)
    }

    pub fn digest(&mut self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..16].copy_from_slice(&self.draw().to_be_bytes());
        digest
    }

    pub fn name(&mut self) -> PartnerText {
        text(&format!("name-{}", self.draw()))
    }

    pub fn once(&mut self) -> Once {
        Once { key: self.name(), digest: self.digest() }
    }

    // Errands.

    /// Answers the last attempt of an errand of this kind.
    pub fn answer(&mut self, kind: ErrandKind, answer: ErrandAnswer) {
        let last = self.attempts.iter().rev().find(|(_, of, _)| *of == kind);
        let attempt = *last.expect("an errand of the kind was tried");
        self.answer_to(attempt, answer);
    }

    pub fn answer_to(
        &mut self,
        (about, kind, attempt): (u128, ErrandKind, u32),
        answer: ErrandAnswer,
    ) {
        self.done(Command::ErrandDone { about, kind, attempt, answer });
    }

    pub fn breaks(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Break { .. })).count()
    }

    // Money.

    pub fn balance(&self, customer: u32) -> u64 {
        self.machine.overview(customer, self.now).unwrap().balance_minor
    }

    pub fn available(&self, customer: u32) -> u64 {
        self.machine.overview(customer, self.now).unwrap().available_minor
    }

    /// Spent today and this month.
    pub fn spent(&self, customer: u32) -> (u64, u64) {
        let view = self.machine.overview(customer, self.now).unwrap();
        (view.spent_day_minor, view.spent_month_minor)
    }

    /// What is owed on one of the operator's own accounts.
    pub fn own(&self, purpose: Purpose) -> i128 {
        let account = self.machine.ledger().account(&chart::own(purpose, peso()));
        account.map_or(0, |account| -account.balance())
    }

    pub fn object(&self, id: u128) -> Object {
        self.machine.object(&self.history, id).expect("the object is known")
    }

    /// All objects that ever were, as they stand.
    pub fn objects(&self) -> BTreeMap<u128, Object> {
        let closed = self.history.objects.iter();
        let mut all: BTreeMap<u128, Object> =
            closed.map(|(id, bytes)| (*id, decode_all(bytes).unwrap())).collect();
        all.extend(self.machine.open_objects().map(|object| (object.id(), object.clone())));
        all
    }

    // People, and commands that many tests need.

    pub fn customer(&mut self, tier: u8) -> u32 {
        let person = self.id(ids::PersonId::new);
        self.number(Command::People(PeopleCommand::Register { person, tier }))
    }

    /// A customer of the highest tier with so much on the account.
    pub fn rich(&mut self, amount_minor: u64) -> u32 {
        let customer = self.customer(1);
        self.top_up(customer, amount_minor);
        customer
    }

    pub fn bank(&mut self, customer: u32, way: BankWay, amount_minor: u64) -> Command {
        Command::Bank(BankCommand::Move(MoveMoney {
            id: self.id(ids::BankMoveId::new),
            customer,
            way,
            amount_minor,
            bank_account: NoteId::from_u128(7),
            once: self.once(),
        }))
    }

    pub fn top_up(&mut self, customer: u32, amount_minor: u64) {
        let command = self.bank(customer, BankWay::In, amount_minor);
        self.made(command);
        self.answer(ErrandKind::BankSubmit, ErrandAnswer::Yes);
    }

    /// The sender knows that the payee is new.
    pub fn send(&mut self, from: u32, to: u32, amount_minor: u64) -> Command {
        Command::Send(SendCommand::Send(Send {
            id: self.id(ids::TransferId::new),
            from,
            to,
            amount_minor,
            note: None,
            knows_new_payee: true,
            once: self.once(),
        }))
    }

    pub fn call_cash(&mut self, customer: u32, amount_minor: u64, code: [u8; 32]) -> Command {
        Command::Bank(BankCommand::CallCash(CallCash {
            id: self.id(ids::CashId::new),
            customer,
            amount_minor,
            code,
            until: self.now.after(Span::minutes(10)),
            once: self.once(),
        }))
    }

    pub fn open_shop(&mut self, owner: u32) -> u32 {
        let once = self.once();
        self.number(open_shop(owner, once))
    }

    /// A shop that the operator made an agent.
    pub fn agent(&mut self, owner: u32) -> u32 {
        let shop = self.open_shop(owner);
        self.done(desk("ines", DeskAct::SetShopKind { shop, kind: ShopKind::Agent }));
        shop
    }

    pub fn pay_shop(&mut self, customer: u32, shop: u32, amount_minor: u64) -> Command {
        Command::Shop(ShopCommand::Pay(PayShop {
            id: self.id(PaymentId::new),
            customer,
            shop,
            amount_minor,
            order: None,
            once: self.once(),
        }))
    }

    /// The network's `pay` for a code of this customer.
    pub fn network_pay(&mut self, by: PaidBy, price_minor: u64) -> NetworkPay {
        NetworkPay {
            id: self.id(PaymentId::new),
            request: self.name(),
            by,
            price_minor,
            order: order_view(),
            expires: None,
            digest: self.digest(),
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.replay();
        }
    }
}

pub fn yen(minor: u64) -> Money {
    Money::new(minor, Currency::from_code("JPY").unwrap()).unwrap()
}

pub fn order_view() -> OrderView {
    OrderView {
        amount: yen(900),
        merchant: text("Kissa Kamome"),
        reference: None,
        rate: Some(text("JPY/PHP 0.38")),
        acquirer: text("acquirer"),
        redirect: None,
        saved_minor: 0,
    }
}

pub fn open_shop(owner: u32, once: Once) -> Command {
    Command::Shop(ShopCommand::Open(OpenShop {
        owner,
        name: text("Halo-halo"),
        mcc: text("5814"),
        city: text("Cebu"),
        position: None,
        kind: ShopKind::Plain,
        once,
    }))
}

pub fn people(it: PeopleCommand) -> Command {
    Command::People(it)
}

pub fn network(it: NetworkCommand) -> Command {
    Command::Network(Box::new(it))
}

pub fn desk(who: &str, act: DeskAct) -> Command {
    Command::Desk { by: Operator { who: text(who), why: text("a test") }, act: Box::new(act) }
}

/// What a history holds, for tests of lists.
pub fn listed(history: &MapHistory, list: &[u8]) -> Vec<u128> {
    history.lists.get(list).cloned().unwrap_or_default()
}
