//! The world that is measured: wallets, merchants and the commands of their payments.
//!
//! Everything is made by commands, as the running network makes it. The ledger has no account per
//! shopper; so many accounts are opened as wallets with many settlement currencies, and every
//! payment books on the accounts of a wallet drawn from all of them.

use anyhow::{Context, Result, bail};
use base::{Key, Text, Timestamp};
use directory::{Contract, Participant, ParticipantStatus, Product, Role};
use engine::{Engine, SubmitError};
use ids::{CustomerAlias, ParticipantId, Partition, PartnerText, PaymentId};
use money::{Currency, Day, Money};
use network::{
    AddParticipant, Change, Command, IssueCodes, Network, NewCode, Operator, Order, Pay, PayBy,
    PaymentCode, Reply, Way, partition_of_request,
};
use sim::preset;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// Codes of one `IssueCodes`, the most that the protocol allows.
const CODES_AT_ONCE: usize = 10;
/// Codes kept ready: enough to mix wallets, few enough to be spent within their minute.
const CODES_READY: usize = 32;
/// Commands under way while the world is set up.
const WINDOW: usize = 4_096;
/// The acquirers of `sim::preset`, by country.
const ACQUIRERS: [(u32, &str); 2] = [(4, "JPY"), (5, "THB")];

/// How large a world.
#[derive(Clone, Copy, Debug)]
pub struct WorldOptions {
    /// Accounts of the ledger, at least.
    pub accounts: u64,
    pub merchants: u32,
    /// Share of the payments that go to one merchant, in per cent.
    pub hot_pct: u64,
    pub partitions: u8,
}

struct Shop {
    acquirer: ParticipantId,
    reference: PartnerText,
    store: PartnerText,
    home: Currency,
}

/// Who may pay whom.
pub struct World {
    pub wallets: Vec<ParticipantId>,
    shops: Vec<Shop>,
    options: WorldOptions,
    dollars: Currency,
}

/// The machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn text<const MAX: usize>(text: &str) -> Result<Text<MAX>> {
    Text::new(text).map_err(|error| anyhow::anyhow!("{text:?}: {error}"))
}

/// All currencies in use, with `first` in front.
fn currencies(first: Currency) -> Vec<Currency> {
    let today = Day::of(now());
    let mut all = vec![first];
    all.extend(Currency::all().filter(|it| *it != first && it.is_active_on(today)));
    all
}

fn wallet(id: u32) -> Result<Participant> {
    let homes = [("KR", "KRW"), ("PH", "PHP"), ("HK", "HKD")];
    let (country, home) = homes[id as usize % homes.len()];
    let home = Currency::from_code(home).context("a currency of the preset")?;
    Ok(Participant {
        id: ParticipantId(id),
        role: Role::Mpp,
        code: text(&format!("W-{id}"))?,
        client_id: text(&format!("CLIENT-W-{id}"))?,
        name: text(&format!("Wallet {id}"))?,
        country: preset::country(country),
        status: ParticipantStatus::Active,
        keys: Vec::new(),
        endpoints: directory::Endpoints::default(),
        contract: Contract {
            settlement_currencies: currencies(home),
            products: Product::ALL.to_vec(),
            markup_bps: 50,
            // A cap that is checked and never reached.
            caps: vec![Money::new(1_000_000_000_000_000, home)?],
            ..Contract::default()
        },
    })
}

impl World {
    pub fn new(options: WorldOptions) -> Result<World> {
        let dollars = Currency::from_code("USD").context("dollars are known")?;
        let per_wallet = currencies(dollars).len() as u64;
        let extra = u32::try_from(options.accounts.div_ceil(per_wallet).max(1))
            .ok()
            .filter(|extra| *extra as usize <= directory::MAX_PARTICIPANTS - 5)
            .with_context(|| {
                let most = (directory::MAX_PARTICIPANTS as u64 - 5) * per_wallet;
                format!("--accounts: at most {most}")
            })?;
        let shop = |number: u32| -> Result<Shop> {
            let (acquirer, home) = ACQUIRERS[number as usize % ACQUIRERS.len()];
            Ok(Shop {
                acquirer: ParticipantId(acquirer),
                reference: text(&format!("M-{number:06}"))?,
                store: text(&format!("M-{number:06}-S1"))?,
                home: Currency::from_code(home).context("a currency of the preset")?,
            })
        };
        let shops = (0..options.merchants.max(1)).map(shop).collect::<Result<_>>()?;
        let wallets = (6..6 + extra).map(ParticipantId).collect();
        Ok(World { wallets, shops, options, dollars })
    }

    /// Tells one partition of this world. Commands that a former run sent are refused again.
    pub fn set_up(&self, engine: &Engine<Network>) -> Result<()> {
        let by = Operator { who: text("bench")?, why: text("set up")? };
        let operate = |change| Command::Operate { by: by.clone(), change };
        let mut drive = Drive::new(engine);
        for change in preset::changes(now()) {
            drive.submit(operate(change))?;
        }
        // Before the wallets: a merchant that is registered is shown to all that approve merchants,
        // and no network has as many wallets as this world.
        for shop in &self.shops {
            let reference = shop.reference.as_str();
            let it = preset::merchant(shop.acquirer.0, reference, "Shop", ("5812", "Osaka"));
            drive.submit(Command::RegisterMerchant(it))?;
        }
        for id in &self.wallets {
            let participant = wallet(id.0)?;
            let add = Change::AddParticipant(Box::new(AddParticipant { participant }));
            drive.submit(operate(add))?;
        }
        drive.finish()
    }
}

/// Sends commands with a bounded number under way, and remembers the first refusal.
struct Drive<'a> {
    engine: &'a Engine<Network>,
    open: Arc<AtomicUsize>,
    refusal: Arc<Mutex<Option<String>>>,
}

/// What a command came to, when it was not carried out.
fn fault(answer: Result<(base::Stamp, Reply), SubmitError>) -> Option<String> {
    match answer {
        Ok((_, Reply::Refused(refusal))) => Some(format!("{}: {}", refusal.code, refusal.message)),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}

impl<'a> Drive<'a> {
    fn new(engine: &'a Engine<Network>) -> Drive<'a> {
        Drive { engine, open: Arc::default(), refusal: Arc::default() }
    }

    fn wait_below(&self, most: usize) {
        while self.open.load(Relaxed) >= most {
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    fn submit(&mut self, command: Command) -> Result<()> {
        self.wait_below(WINDOW);
        let (open, refusal) = (Arc::clone(&self.open), Arc::clone(&self.refusal));
        self.open.fetch_add(1, Relaxed);
        self.engine.try_submit(command, move |answer| {
            if let (Some(fault), Ok(mut first)) = (fault(answer), refusal.lock()) {
                first.get_or_insert(fault);
            }
            open.fetch_sub(1, Relaxed);
        })?;
        Ok(())
    }

    fn finish(self) -> Result<()> {
        self.wait_below(1);
        match self.refusal.lock().ok().and_then(|mut first| first.take()) {
            Some(refusal) => bail!("the world cannot be set up: {refusal}"),
            None => Ok(()),
        }
    }
}

/// Draws the payments of one partition.
pub struct Traffic {
    world: Arc<World>,
    partition: Partition,
    word: u64,
    codes: Vec<PaymentCode>,
}

impl Traffic {
    /// Different seeds give different request ids, payers and prices.
    pub fn new(world: Arc<World>, partition: Partition, seed: u64) -> Traffic {
        Traffic { world, partition, word: <u64 as Key>::mix(seed), codes: Vec::new() }
    }

    fn draw(&mut self) -> u64 {
        self.word = self.word.wrapping_add(0x9e37_79b9_7f4a_7c15);
        <u64 as Key>::mix(self.word)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.draw() % bound.max(1) as u64).unwrap_or_default()
    }

    fn draw_wide(&mut self) -> u128 {
        u128::from(self.draw()) << 64 | u128::from(self.draw())
    }

    /// The wallets' next request for payment codes, when few are left. It is to be sent before
    /// the next payment.
    pub fn codes(&mut self) -> Result<Option<Command>> {
        if self.codes.len() >= CODES_READY {
            return Ok(None);
        }
        let partitions = self.world.options.partitions;
        let mut codes = Vec::with_capacity(CODES_AT_ONCE);
        while codes.len() < CODES_AT_ONCE {
            // The edge draws them like this: codes live in the partition that issued them.
            let code = PaymentCode::from_random(self.draw_wide());
            if code.partition(partitions) == self.partition {
                self.codes.push(code);
                codes.push(NewCode { code });
            }
        }
        let at = self.below(self.world.wallets.len());
        let customer = self.draw();
        Ok(Some(Command::IssueCodes(IssueCodes {
            mpp: self.world.wallets[at],
            customer: text(&format!("user-{customer:016x}"))?,
            alias: CustomerAlias::from_u128(customer.into()),
            region: None,
            codes,
        })))
    }

    /// One payment. The low 32 bits of its id are `slot`.
    pub fn pay(&mut self, slot: u32) -> Result<Pay> {
        let is_hot = self.draw() % 100 < self.world.options.hot_pct;
        let at = if is_hot { 0 } else { self.below(self.world.shops.len()) };
        let code_at = self.below(self.codes.len());
        if self.codes.is_empty() {
            bail!("codes are asked for before each payment");
        }
        let code = self.codes.swap_remove(code_at);
        let request_id = self.request_id(at)?;
        let (draw, wide) = (self.draw(), self.draw_wide());
        let shop = &self.world.shops[at];
        // 100 to 10,099 yen, or baht with two decimals.
        let amount = Money::new(100 + draw % 10_000, shop.home)?;
        let settled = if draw & 1 << 40 == 0 { shop.home } else { self.world.dollars };
        let random = wide << 32 | u128::from(slot);
        Ok(Pay {
            id: PaymentId::new(now().millis(), self.partition, random),
            acquirer: shop.acquirer,
            order: Order {
                reference: request_id.clone(),
                description: text("Dinner for two, table 7")?,
                amount,
                merchant: shop.reference.clone(),
                store: Some(shop.store.clone()),
                terminal: None,
            },
            request_id,
            amount,
            settlement_currency: Some(settled),
            method_type: text("CONNECT_WALLET")?,
            way: Way::UserCode,
            by: PayBy::Code(text(&code.to_string())?),
            expiry: None,
            notify_url: None,
            redirect_url: None,
            push: None,
        })
    }

    /// A request id whose partition is this one: the edge sends it here.
    fn request_id(&mut self, shop: usize) -> Result<PartnerText> {
        loop {
            let id = format!("{:016x}{:08x}", self.draw(), self.draw() >> 32);
            let acquirer = self.world.shops[shop].acquirer;
            let partitions = self.world.options.partitions;
            if partition_of_request(acquirer, &id, partitions) == self.partition {
                return text(&id);
            }
        }
    }
}

/// The slot that [`Traffic::pay`] put into an id.
#[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are wanted")]
pub fn slot_of(id: PaymentId) -> u32 {
    id.as_u128() as u32
}
