//! The demonstration: a network, three wallets, two simulated acquirers with shops, and payments
//! told as stories. The wallets are real ones with named customers, or simulated ones that
//! misbehave on request.

mod coffee;
mod phones;
mod real_wallets;
mod story;

pub use phones::{PIN, Phones};
pub use story::Story;

use crate::node::{Node, NodeOptions};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use directory::{
    CodeAction, CodeMatch, CodeRule, CodeRules, EmvGuid, Endpoints, MerchantKey, Participant,
    ParticipantKey,
};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use ids::PaymentId;
use money::Money;
use network::{AddParticipant, Change, EntryCode, EntryToken, LoadRates, StorePlace};
use partner_sims::{
    AcquirerConfig, Credentials, NetworkPeer, Outcome, Payers, Presented, ScannedOrder,
    SimAcquirer, SimMerchant, SimWallet, Traffic, TrafficOptions, WalletConfig,
};
use sim::preset;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::SigningKey;

/// How to run the demonstration.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    pub node: NodeOptions,
    /// First of the five ports of the partners; 0 takes free ones.
    pub partners_port: u16,
    /// Wallets that misbehave on request, instead of real ones.
    pub simulates_wallets: bool,
}

/// The running demonstration.
pub struct Demo {
    pub node: Node,
    /// Hanro Pay's users, and those of the other two, in the order of the participants.
    pub wallets: Vec<Arc<dyn Payers>>,
    /// With [`DemoOptions::simulates_wallets`], the same wallets as what they are.
    pub simulated: Vec<Arc<SimWallet>>,
    /// Without it, the phones of the real wallets' customers.
    pub phones: Vec<Arc<Phones>>,
    pub acquirers: Vec<Arc<SimAcquirer>>,
}

/// User, wallet and opening balance in minor units.
#[rustfmt::skip]
const USERS: [(&str, &str, u64); 6] = [
    ("W-KR", "minjun",  2_000_000_000),
    ("W-KR", "seoyeon", 1_500_000_000),
    ("W-PH", "maria",     900_000_000),
    ("W-PH", "jose",      700_000_000),
    ("W-HK", "wing",      500_000_000),
    ("W-HK", "kayan",     400_000_000),
];

/// What `dhow qr make --scheme promptpay` makes for the stall.
const STICKER: &str = "00020101021129370016A00000067701011101130066812345678\
                       53037645802TH5917Mango Sticky Rice6007Bangkok6304F282";

fn listen(options: &DemoOptions, at: u16) -> SocketAddr {
    let port = if options.partners_port == 0 { 0 } else { options.partners_port + at };
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Where a partner is reached: a wallet at the usual paths behind a prefix, an acquirer without.
fn endpoints(
    address: SocketAddr,
    wallet_prefix: Option<&str>,
    notify: Option<String>,
) -> Result<Endpoints> {
    let text = |text: &str| -> Result<Option<directory::Url>> { Ok(Some(text.parse()?)) };
    let mut endpoints =
        Endpoints { origin: text(&format!("http://{address}"))?, ..Endpoints::default() };
    if let Some(prefix) = wallet_prefix {
        let at = |path: &str| text(&format!("{prefix}{path}"));
        endpoints.pay = at(wire::paths::wallet::PAY)?;
        endpoints.inquiry = at(wire::paths::wallet::INQUIRY_PAYMENT)?;
        endpoints.cancel = at(wire::paths::wallet::CANCEL_PAYMENT)?;
        endpoints.refund = at(wire::paths::wallet::REFUND)?;
        endpoints.registration = at(wire::paths::wallet::REGISTRATION)?;
        endpoints.prepare = at(wire::paths::wallet::PREPARE)?;
        endpoints.apply_token = at(wire::paths::wallet::APPLY_TOKEN)?;
        endpoints.cancel_token = at(wire::paths::wallet::CANCEL_TOKEN)?;
        endpoints.inquiry_user_info = at(wire::paths::wallet::INQUIRY_USER_INFO)?;
    } else {
        endpoints.registration = text(wire::paths::acquirer::NOTIFY_REGISTRATION_STATUS)?;
        endpoints.push_payment = text(wire::paths::acquirer::PUSH_PAYMENT)?;
        endpoints.inquiry_push_payment = text(wire::paths::acquirer::INQUIRY_PUSH_PAYMENT)?;
    }
    if let Some(url) = notify {
        endpoints.notify = text(&url)?;
    }
    Ok(endpoints)
}

fn shops(acquirer: &Participant) -> Result<Vec<SimMerchant>> {
    let own = preset::merchants().into_iter().filter(|it| it.acquirer == acquirer.id);
    own.map(|it| {
        let store = it.store.context("the demonstration's shops have stores")?;
        Ok(SimMerchant {
            merchant_id: it.reference.to_string(),
            name: it.name.to_string(),
            mcc: it.mcc.to_string(),
            currency: acquirer.contract.settlement_currencies[0],
            region: it.country.to_string(),
            city: it.city.map(|city| city.to_string()).unwrap_or_default(),
            store_id: store.reference.to_string(),
            store_name: store.name.to_string(),
        })
    })
    .collect()
}

impl Demo {
    pub async fn start(options: &DemoOptions) -> Result<Demo> {
        // Partners first: after a kill, the outbox would call wallets that do not listen yet.
        let node = Node::open(&options.node).await?;
        let key = wire::VerifyingKey::parse(node.key.public().to_spki_der())?;
        let peer = NetworkPeer::new(&node.base_url(), Arc::new(key));
        let mut demo = Demo {
            node,
            wallets: Vec::new(),
            simulated: Vec::new(),
            phones: Vec::new(),
            acquirers: Vec::new(),
        };
        for (at, participant) in (1..).zip(preset::participants()) {
            let directory = options.node.data.join("partners").join(participant.code.as_str());
            let is_real = participant.role == directory::Role::Mpp && !options.simulates_wallets;
            let key = if is_real {
                crate::wallet::wallet_key(&directory)?
            } else {
                Arc::new(crate::node::network_key(&directory)?)
            };
            let credentials = Credentials::new(participant.client_id.as_str(), Arc::clone(&key));
            let address = listen(options, at);
            let found = match participant.role {
                directory::Role::Mpp if is_real => {
                    demo.start_real_wallet(&participant, (&peer, address), directory).await?
                }
                directory::Role::Mpp => {
                    demo.start_wallet(&participant, credentials, (peer.clone(), address)).await?
                }
                directory::Role::Acqp => {
                    let place = (peer.clone(), address, directory.join("journal.jsonl"));
                    demo.start_acquirer(&participant, credentials, place).await?
                }
            };
            demo.enrol(participant, &key, found).await?;
        }
        demo.load_rates().await?;
        demo.know_stickers().await?;
        demo.node.call_partners().await?;
        for phones in &demo.phones {
            phones.set_up(&USERS).await?;
        }
        for acquirer in &demo.acquirers {
            for merchant in acquirer.merchants() {
                acquirer.register(merchant).await?;
            }
        }
        Ok(demo)
    }

    async fn start_wallet(
        &mut self,
        it: &Participant,
        credentials: Credentials,
        (peer, address): (NetworkPeer, SocketAddr),
    ) -> Result<Endpoints> {
        let currency = it.contract.settlement_currencies[0];
        let mut config = WalletConfig::new(credentials, currency, it.country.as_str(), peer);
        config.name = it.name.to_string();
        config.listen = address;
        config.has_magic_amounts = false;
        for (_, user, balance) in USERS.iter().filter(|(code, ..)| *code == it.code.as_str()) {
            config = config.with_user(user, *balance);
        }
        let wallet = SimWallet::start(config).await.with_context(|| busy(address))?;
        let mut endpoints = endpoints(wallet.address(), Some(""), None)?;
        endpoints.app_link = Some(wallet.app_link().parse()?);
        let wallet = Arc::new(wallet);
        self.simulated.push(Arc::clone(&wallet));
        self.wallets.push(wallet);
        Ok(endpoints)
    }

    async fn start_acquirer(
        &mut self,
        it: &Participant,
        credentials: Credentials,
        (peer, address, journal): (NetworkPeer, SocketAddr, PathBuf),
    ) -> Result<Endpoints> {
        let mut config =
            AcquirerConfig::new(credentials, it.contract.settlement_currencies[0], peer);
        config.name = it.name.to_string();
        config.listen = address;
        config.merchants = shops(it)?;
        config.journal = Some(journal);
        let acquirer = SimAcquirer::start(config).await.with_context(|| busy(address))?;
        let endpoints = endpoints(acquirer.address(), None, Some(acquirer.notify_url()))?;
        self.acquirers.push(Arc::new(acquirer));
        Ok(endpoints)
    }

    /// Adds the participant on the first start; later its address may have changed.
    async fn enrol(
        &self,
        mut participant: Participant,
        key: &SigningKey,
        endpoints: Endpoints,
    ) -> Result<()> {
        let why = "demonstration";
        let id = participant.id;
        if self.node.directory.partner(id).is_none() {
            let from = base::Timestamp::default();
            let spki = key.public().to_spki_der().to_vec();
            participant.keys.push(ParticipantKey { version: 1, spki, from, until: None });
            participant.endpoints = endpoints;
            let add = Change::AddParticipant(Box::new(AddParticipant { participant }));
            self.node.operate("demo", why, add).await?;
        } else {
            let endpoints = Box::new(endpoints);
            let change = Change::SetEndpoints { participant: id, endpoints };
            self.node.operate("demo", why, change).await?;
        }
        self.node.directory.refresh().await?;
        Ok(())
    }

    async fn load_rates(&self) -> Result<()> {
        let ask = |_: &network::Network, _: &dyn base::History, stamp: base::Stamp| stamp.time;
        let now = self.node.partitions.read(ids::Partition(0), ask).await?;
        let feed = preset::rate_feed(now);
        let change = Change::LoadRates(Box::new(LoadRates { feed }));
        self.node.operate("demo", "rates of the demonstration", change).await?;
        Ok(())
    }

    /// Minjun from Korea pays for ramen in Osaka; the whole story of it.
    pub async fn pay_once(&self) -> Result<Story> {
        let wallet = self.wallets.first().context("the demonstration has a Korean wallet")?;
        let shop = self.acquirers.first().context("the demonstration has a Japanese acquirer")?;
        let code = wallet.payment_code("minjun", Some("JP")).await?;
        let yen = money::Currency::from_code("JPY").context("yen are known")?;
        let sale = shop.sale("M-RAMEN", Money::new(1200, yen)?, &code);
        let started = Instant::now();
        let ended = shop.pay_to_end(&sale).await?;
        let elapsed_ms = started.elapsed().as_millis();
        if ended.outcome != Outcome::Paid {
            bail!("the payment ended {:?}; look at it with `dhow payment search`", ended.outcome);
        }
        let id = ended.answer.as_ref().and_then(|answer| answer.payment_id.as_ref());
        let id: PaymentId = id.context("a paid payment has an id")?.as_str().parse()?;
        let ask = move |machine: &network::Network, history: &dyn base::History, _: base::Stamp| {
            machine.payment(history, id)
        };
        let found = self.node.partitions.read(id.partition(), ask).await?;
        let payment = found.context("the network knows what it was paid")?;
        let payment = api::ops::PaymentStory::of(&payment, &self.node.directory);
        Ok(Story { payment, elapsed_ms })
    }

    /// Maria from Manila scans the code on a till in Bangkok: one paragraph.
    pub async fn scan_once(&self) -> Result<String> {
        let wallet = self.wallets.get(1).context("the demonstration has a Philippine wallet")?;
        let shop = self.acquirers.get(1).context("the demonstration has a Thai acquirer")?;
        let baht = money::Currency::from_code("THB").context("baht are known")?;
        let sale = shop.sale("M-MANGO", Money::new(12_000, baht)?, "");
        let answer = shop.present(&sale, Presented::OrderCode).await?;
        let form = answer.order_code_form.context("the network gives a code")?;
        let code = form.code_details.first().context("the code has a form")?.code_value.clone();
        let ScannedOrder { price, result } = wallet.scan_and_pay("maria", code.as_str()).await?;
        let price = price.map_or_else(String::new, |it| it.to_string());
        Ok(format!(
            "A code on a till\n----------------\nMaria from Manila scans what a stall in Bangkok \
             shows for {}:\n  {code}\nHer wallet shows {price} at a locked rate; she confirms: \
             {result}.\n",
            sale.price
        ))
    }

    /// Jose from Manila pays by the national code on a stall's sticker in Bangkok, which says no
    /// amount and was never made for his wallet: one paragraph.
    pub async fn sticker_once(&self) -> Result<String> {
        let wallet = self.wallets.get(1).context("the demonstration has a Philippine wallet")?;
        let shop = self.acquirers.get(1).context("the demonstration has a Thai acquirer")?;
        shop.put_sticker(STICKER, "M-MANGO", None);
        let Some(page) = wallet.page_of("jose", STICKER).await? else {
            return Ok(
                "A national code on a sticker: left out, your code rules do not name it\n".into()
            );
        };
        let attempt = EntryToken::new(u128::from_be_bytes(crate::node::random()?));
        let order = open_page(&page, Some(format!("amount=60&attempt={attempt}"))).await?;
        let ScannedOrder { price, result } = wallet.scan_and_pay("jose", &order).await?;
        let price = price.map_or_else(String::new, |it| it.to_string());
        Ok(format!(
            "A national code on a sticker\n----------------------------\nJose from Manila scans \
             a stall's PromptPay sticker in Bangkok and enters 60 baht:\n  {STICKER}\nHis wallet \
             shows {price}; he confirms: {result}. The stall's bank is told that it is paid.\n"
        ))
    }

    /// A page that asks for the amount and leads on to a code: where payers pay by the sticker.
    pub fn sticker_page(&self) -> String {
        self.node.links.page_of_code(STICKER)
    }

    /// The codes of the stalls' country are known, unless the operator has rules of his own.
    async fn know_stickers(&self) -> Result<()> {
        let ask = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
            machine.directory().code_rules().rules.is_empty()
        };
        if !self.node.partitions.read(ids::Partition(0), ask).await? {
            return Ok(());
        }
        let participants = self.node.directory.now();
        let acquirer = participants.iter().find(|it| it.participant.code.as_str() == "A-TH");
        let acquirer = acquirer.context("the demonstration has a Thai acquirer")?;
        let promptpay = EmvGuid { guid: "A000000677010111".parse()?, member: None };
        let rules = vec![CodeRule {
            id: "promptpay".parse()?,
            matches: CodeMatch::EmvGuid(promptpay),
            acquirer: acquirer.participant.id,
            action: CodeAction::Decode,
        }];
        let change = Change::SetCodeRules(Box::new(CodeRules { version: "1".parse()?, rules }));
        self.node.operate("demo", "codes of the stalls' country", change).await?;
        Ok(())
    }

    /// Seoyeon from Seoul subscribes to a tea house in Kyoto: one paragraph.
    pub async fn subscribe_once(&self) -> Result<String> {
        let wallet = self.wallets.first().context("the demonstration has a Korean wallet")?;
        let shop = self.acquirers.first().context("the demonstration has a Japanese acquirer")?;
        let (state, page) = shop.subscribe("W-KR").await?;
        let back = wallet.consent("seoyeon", &page).await?;
        let shop_page = open_page(&back, None).await?;
        let code = shop_page.split_once("authCode=").map_or("", |(_, rest)| rest);
        let code = code.split('&').next().unwrap_or_default();
        shop.take_tokens(&state, code).await?;
        let (_, first) = shop.debit(&state).await?;
        let (_, second) = shop.debit(&state).await?;
        Ok(format!(
            "A subscription\n--------------\nSeoyeon from Seoul lets a tea house in Kyoto debit her \
             from now on:\n  {page}\nThe first month: {first}, the second, without her: \
             {second}.\n"
        ))
    }

    /// The printed code of a stall in Bangkok: the same after every start.
    pub async fn printed_code(&self) -> Result<String> {
        let acquirer = self.node.directory.now();
        let acquirer = acquirer.iter().find(|it| it.participant.code.as_str() == "A-TH");
        let acquirer = acquirer.context("the demonstration has a Thai acquirer")?;
        let merchant =
            MerchantKey { acquirer: acquirer.participant.id, reference: "M-MANGO".parse()? };
        let place = StorePlace { merchant, store: "M-MANGO-S1".parse()? };
        let wanted = place.clone();
        let ask = move |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
            machine.entry_codes().of_store(&wanted).map(|code| code.token)
        };
        let token = match self.node.partitions.read(ids::Partition(0), ask).await? {
            Some(token) => token,
            None => {
                let token = EntryToken::new(u128::from_be_bytes(crate::node::random()?));
                let currency = acquirer.participant.contract.settlement_currencies[0];
                let code = EntryCode { token, place, currency };
                let change = Change::IssueEntryCode(code);
                self.node.operate("demo", "a code to print", change).await?;
                token
            }
        };
        Ok(self.node.links.entry_code(token))
    }

    /// Light traffic, one payment every so often.
    pub fn traffic(&self, every: Duration) -> Traffic {
        let options = TrafficOptions { every, ..TrafficOptions::default() };
        Traffic::start(self.wallets.clone(), self.acquirers.clone(), options)
    }
}

/// Where a page leads on to, when it is opened or a form is sent to it.
async fn open_page(page: &str, form: Option<String>) -> Result<String> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = match form {
        None => hyper::Request::get(page).body(Full::default())?,
        Some(form) => hyper::Request::post(page)
            .header(hyper::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(form))?,
    };
    let answer = client.request(request).await?;
    let location = answer.headers().get(hyper::header::LOCATION);
    let location = location.context("the page leads on to another")?;
    Ok(location.to_str()?.to_owned())
}

fn busy(address: SocketAddr) -> String {
    format!("cannot listen on {address}; choose other ports with --partners-port")
}
