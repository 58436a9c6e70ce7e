//! The world of `dhow bench wallet`: a market, customers who are there already, shops, pairs who
//! know each other, and the commands that they send.

use super::halt::Halt;
use super::latency::Latency;
use super::world::now;
use anyhow::{Context, Result, anyhow, bail};
use base::{Key, Span, Text};
use engine::{Engine, SubmitError};
use ids::{Partition, PartnerText, PaymentId, PersonId, TransferId};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use wallet::command::people::PeopleCommand;
use wallet::command::send::{Send, SendCommand};
use wallet::command::shops::{OpenShop, PayShop, ShopCommand};
use wallet::{Command, Market, Object, Once, Reply, ShopKind, Wallet};

/// On every customer's account at the beginning, in minor units.
pub const BALANCE_MINOR: u64 = 1_000_000;
/// One transfer of so many goes to somebody new.
const NEW_PAYEE_OF: u64 = 10;
/// One object of so many is looked up when the load has ended.
const SAMPLED_OF: u64 = 512;
/// Answers to wait for, at most, before the next is sent while the world is set up.
const SETUP_WINDOW: u64 = 2_000;

/// What a customer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Pays at a shop of the wallet by its printed code.
    Pay,
    /// Sends another customer money.
    Send,
}

/// How large a world.
#[derive(Clone, Copy, Debug)]
pub struct WalletWorld {
    pub customers: u32,
    pub shops: u32,
    /// Pairs of whom the first knows the second as a payee.
    pub pairs: u32,
}

/// A shipped market, but for the limits of its lowest tier and the wait that a new payee costs.
pub fn market() -> Result<Market> {
    let file =
        wallet_edge::shipped_market("ph").context("the market ph ships with this program")?;
    let mut market = wallet_edge::read_market(file)?;
    let lowest = market.account.tiers.first_mut().context("a market has a tier")?;
    (lowest.payment_minor, lowest.day_minor) = (1_000_000, 100_000_000);
    (lowest.month_minor, lowest.balance_minor) = (1_000_000_000, 1_000_000_000);
    // Whoever was sent money once is known at once, and nothing is held back for hours.
    market.account.payee.cooling = Span::secs(0);
    market.account.payee.cooling_from_minor = u64::MAX;
    market.account.payee.first_most_minor = 1_000_000;
    Ok(market)
}

fn text<const MAX: usize>(text: &str) -> Result<Text<MAX>> {
    Text::new(text).map_err(|error| anyhow!("{text:?}: {error}"))
}

/// Draws commands.
pub struct WalletTraffic {
    world: WalletWorld,
    word: u64,
}

impl WalletTraffic {
    pub fn new(world: WalletWorld, seed: u64) -> WalletTraffic {
        WalletTraffic { world, word: <u64 as Key>::mix(seed ^ now().nanos()) }
    }

    fn draw(&mut self) -> u64 {
        self.word = self.word.wrapping_add(0x9e37_79b9_7f4a_7c15);
        <u64 as Key>::mix(self.word)
    }

    fn draw_wide(&mut self) -> u128 {
        u128::from(self.draw()) << 64 | u128::from(self.draw())
    }

    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.draw() % u64::from(bound.max(1))).unwrap_or_default()
    }

    /// A name of the caller's for a request, and a digest as the edge would make it.
    fn once(&mut self) -> Result<Once> {
        let key: PartnerText = text(&format!("{:032x}", self.draw_wide()))?;
        let mut digest = [0; 32];
        digest[..16].copy_from_slice(&self.draw_wide().to_be_bytes());
        digest[16..].copy_from_slice(&self.draw_wide().to_be_bytes());
        Ok(Once { key, digest })
    }

    /// The two of a pair, each of them drawn from a place of the whole that no other pair has.
    fn pair(&self, number: u32) -> (u32, u32) {
        let stride = self.world.customers / self.world.pairs;
        let from = number * stride;
        let half = self.world.customers / 2;
        (from, (from + half) % self.world.customers)
    }

    /// Two different customers.
    fn strangers(&mut self) -> (u32, u32) {
        let from = self.below(self.world.customers);
        let further = 1 + self.below(self.world.customers - 1);
        let to = (u64::from(from) + u64::from(further)) % u64::from(self.world.customers);
        (from, u32::try_from(to).unwrap_or_default())
    }

    fn transfer(&mut self, (from, to): (u32, u32), knows_new_payee: bool) -> Result<Command> {
        Ok(Command::Send(SendCommand::Send(Send {
            id: TransferId::new(now().millis(), Partition(0), self.draw_wide()),
            from,
            to,
            amount_minor: 100 + self.draw() % 1_000,
            note: None,
            knows_new_payee,
            once: self.once()?,
        })))
    }

    fn payment(&mut self) -> Result<Command> {
        let shop = self.below(self.world.shops);
        let mut customer = self.below(self.world.customers);
        if customer == shop {
            // Shops belong to the customers of the same numbers, and nobody pays at his own.
            customer = (customer + 1) % self.world.customers;
        }
        Ok(Command::Shop(ShopCommand::Pay(PayShop {
            id: PaymentId::new(now().millis(), Partition(0), self.draw_wide()),
            customer,
            shop,
            amount_minor: 100 + self.draw() % 1_000,
            order: None,
            once: self.once()?,
        })))
    }

    fn next(&mut self, deed: Deed) -> Result<Command> {
        match deed {
            Deed::Pay => self.payment(),
            Deed::Send if self.draw().is_multiple_of(NEW_PAYEE_OF) => {
                let strangers = self.strangers();
                self.transfer(strangers, true)
            }
            Deed::Send => {
                let number = self.below(self.world.pairs);
                self.transfer(self.pair(number), false)
            }
        }
    }

    fn open_shop(&mut self, owner: u32) -> Result<Command> {
        Ok(Command::Shop(ShopCommand::Open(OpenShop {
            owner,
            name: text(&format!("Shop {owner}"))?,
            mcc: text("5812")?,
            city: text("Manila")?,
            position: None,
            kind: ShopKind::Plain,
            once: self.once()?,
        })))
    }
}

/// Opens the shops, and lets each pair get to know each other by a first transfer.
pub fn set_up(engine: &Engine<Wallet>, world: WalletWorld) -> Result<()> {
    let mut traffic = WalletTraffic::new(world, 1);
    let opened = (0..world.shops).map(|owner| traffic.open_shop(owner)).collect::<Result<_>>()?;
    drive(engine, opened)?;
    let met = (0..world.pairs).map(|number| traffic.transfer(traffic.pair(number), true));
    drive(engine, met.collect::<Result<_>>()?)
}

/// Registers so many more customers, by commands.
pub fn register(engine: &Engine<Wallet>, count: u32) -> Result<()> {
    let mut traffic = WalletTraffic::new(WalletWorld { customers: 1, shops: 1, pairs: 1 }, 2);
    let mut register = || {
        let person = PersonId::new(now().millis(), Partition(0), traffic.draw_wide());
        Command::People(PeopleCommand::Register { person, tier: 0 })
    };
    drive(engine, (0..count).map(|_| register()).collect())
}

/// Sends commands with a bounded number under way. Errors: the first refusal.
fn drive(engine: &Engine<Wallet>, commands: Vec<Command>) -> Result<()> {
    let (open, refusal) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(None)));
    let wait_below = |most: u64| {
        while open.load(Relaxed) >= most {
            std::thread::sleep(Duration::from_micros(200));
        }
    };
    for command in commands {
        wait_below(SETUP_WINDOW);
        open.fetch_add(1, Relaxed);
        let (open, refusal) = (Arc::clone(&open), Arc::clone(&refusal));
        engine.try_submit(command, move |answer| {
            if let (Err(fault), Ok(mut first)) = (done(answer), refusal.lock()) {
                first.get_or_insert(fault);
            }
            open.fetch_sub(1, Relaxed);
        })?;
    }
    wait_below(1);
    match refusal.lock().ok().and_then(|mut first| first.take()) {
        Some(refusal) => bail!("the world cannot be set up: {refusal}"),
        None => Ok(()),
    }
}

type Answer = Result<(base::Stamp, Reply), SubmitError>;

/// The object that a command made, if it made one.
fn done(answer: Answer) -> Result<Option<Object>, String> {
    match answer {
        Ok((_, Reply::Made { object, is_repeat: false })) => Ok(Some(object)),
        Ok((_, Reply::Number(_) | Reply::Done)) => Ok(None),
        Ok((_, Reply::Refused(it))) => Err(format!("{}: {}", it.code, it.message)),
        Ok((_, other)) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// What all submitters count.
#[derive(Default)]
pub struct WalletTally {
    pub done: AtomicU64,
    pub is_measuring: AtomicBool,
    pub latency: Latency,
    /// What the shops were paid, in minor units.
    pub paid_minor: AtomicU64,
    pub halt: Halt,
    sample: Mutex<Vec<u128>>,
}

impl WalletTally {
    fn count(&self, answer: Answer, begun: Instant) {
        let object = match done(answer) {
            Ok(Some(object)) => object,
            other => return self.halt.fail(format!("not carried out: {other:?}")),
        };
        if self.is_measuring.load(Relaxed) {
            self.latency.record(begun.elapsed());
        }
        if let Object::Sale(sale) = &object {
            self.paid_minor.fetch_add(sale.amount_minor, Relaxed);
        }
        let number = self.done.fetch_add(1, Relaxed);
        if number.is_multiple_of(SAMPLED_OF)
            && let Ok(mut sample) = self.sample.lock()
        {
            sample.push(object.id());
        }
    }
}

/// Load that runs until it is stopped: a closed loop on each of several threads.
pub struct WalletLoad {
    pub tally: Arc<WalletTally>,
    submitters: Vec<JoinHandle<()>>,
}

impl WalletLoad {
    pub fn start(
        engine: &Engine<Wallet>,
        (world, deed): (WalletWorld, Deed),
        submitters: u32,
        in_flight: u32,
    ) -> Result<WalletLoad> {
        let tally = Arc::new(WalletTally::default());
        let mut running = Vec::new();
        for number in 0..submitters.max(1) {
            let (engine, tally) = (engine.clone(), Arc::clone(&tally));
            let traffic = WalletTraffic::new(world, u64::from(number) + 3);
            let slots = in_flight.div_ceil(submitters.max(1)).max(1);
            let thread = std::thread::Builder::new().name("bench-sender".to_owned());
            running.push(thread.spawn(move || {
                if let Err(error) = submit(&engine, (traffic, deed), slots, &tally) {
                    tally.halt.fail(format!("{error:#}"));
                }
            })?);
        }
        Ok(WalletLoad { tally, submitters: running })
    }

    /// Sends no more, waits until all that was sent is answered, and gives some ids of what was
    /// made, and what the shops were paid.
    pub fn finish(self) -> Result<(Vec<u128>, u64)> {
        self.tally.halt.set();
        for submitter in self.submitters {
            submitter.join().map_err(|_| anyhow!("a submitter panicked"))?;
        }
        self.tally.halt.check()?;
        let sample = self.tally.sample.lock().map(|mut ids| std::mem::take(&mut *ids));
        Ok((sample.unwrap_or_default(), self.tally.paid_minor.load(Relaxed)))
    }
}

/// Keeps `slots` commands under way until told to stop, then waits for their answers.
fn submit(
    engine: &Engine<Wallet>,
    (mut traffic, deed): (WalletTraffic, Deed),
    slots: u32,
    tally: &Arc<WalletTally>,
) -> Result<()> {
    let (freed, free) = channel();
    let mut open = 0;
    while open > 0 || !tally.halt.is_set() {
        while open < slots && !tally.halt.is_set() {
            let (command, begun) = (traffic.next(deed)?, Instant::now());
            let (tally, freed) = (Arc::clone(tally), freed.clone());
            engine.try_submit(command, move |answer| {
                tally.count(answer, begun);
                // The submitter waits for every answer; only a panic takes it away before.
                let _ = freed.send(());
            })?;
            open += 1;
        }
        match free.recv_timeout(Duration::from_secs(60)) {
            Ok(()) => open -= 1,
            Err(RecvTimeoutError::Timeout) => bail!("no answer for a minute"),
            Err(RecvTimeoutError::Disconnected) => bail!("the engine is gone"),
        }
        open -= u32::try_from(free.try_iter().take(open as usize).count())?;
    }
    Ok(())
}
