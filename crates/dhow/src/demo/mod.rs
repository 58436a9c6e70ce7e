//! The demonstration: a network, three simulated wallets, two simulated acquirers with shops, and
//! one payment told as a story.

use crate::node::{Node, NodeOptions};
use anyhow::{Context, Result, bail};
use api::ops::PaymentStory;
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
    AcquirerConfig, Credentials, NetworkPeer, Outcome, Presented, SimAcquirer, SimMerchant,
    SimWallet, Traffic, TrafficOptions, WalletConfig,
};
use sim::preset;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::SigningKey;

/// How to run the demonstration.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    pub node: NodeOptions,
    /// First of the five ports of the simulated partners; 0 takes free ones.
    pub partners_port: u16,
}

/// The running demonstration.
pub struct Demo {
    pub node: Node,
    pub wallets: Vec<Arc<SimWallet>>,
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

fn partner_key(data: &Path, code: &str) -> Result<Arc<SigningKey>> {
    let directory = data.join("partners").join(code);
    Ok(Arc::new(crate::node::network_key(&directory)?))
}

fn listen(options: &DemoOptions, at: u16) -> SocketAddr {
    let port = if options.partners_port == 0 { 0 } else { options.partners_port + at };
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn endpoints(address: SocketAddr, is_wallet: bool, notify: Option<String>) -> Result<Endpoints> {
    let text = |text: &str| -> Result<Option<directory::Url>> { Ok(Some(text.parse()?)) };
    let mut endpoints =
        Endpoints { origin: text(&format!("http://{address}"))?, ..Endpoints::default() };
    if is_wallet {
        endpoints.pay = text(wire::paths::wallet::PAY)?;
        endpoints.inquiry = text(wire::paths::wallet::INQUIRY_PAYMENT)?;
        endpoints.cancel = text(wire::paths::wallet::CANCEL_PAYMENT)?;
        endpoints.refund = text(wire::paths::wallet::REFUND)?;
        endpoints.registration = text(wire::paths::wallet::REGISTRATION)?;
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
        let mut demo = Demo { node, wallets: Vec::new(), acquirers: Vec::new() };
        for (at, participant) in (1..).zip(preset::participants()) {
            let key = partner_key(&options.node.data, participant.code.as_str())?;
            let credentials = Credentials::new(participant.client_id.as_str(), Arc::clone(&key));
            let address = listen(options, at);
            let found = match participant.role {
                directory::Role::Mpp => {
                    demo.start_wallet(&participant, credentials, (peer.clone(), address)).await?
                }
                directory::Role::Acqp => {
                    let code = participant.code.as_str();
                    let journal =
                        options.node.data.join("partners").join(code).join("journal.jsonl");
                    let place = (peer.clone(), address, journal);
                    demo.start_acquirer(&participant, credentials, place).await?
                }
            };
            demo.enrol(participant, &key, found).await?;
        }
        demo.load_rates().await?;
        demo.know_stickers().await?;
        demo.node.call_partners().await?;
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
        let mut endpoints = endpoints(wallet.address(), true, None)?;
        endpoints.app_link = Some(wallet.app_link().parse()?);
        self.wallets.push(Arc::new(wallet));
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
        let endpoints = endpoints(acquirer.address(), false, Some(acquirer.notify_url()))?;
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
        Ok(Story { payment: PaymentStory::of(&payment, &self.node.directory), elapsed_ms })
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
        let (order, result) = wallet.scan_and_pay("maria", code.as_str()).await?;
        let price = order.pay_to_amount.map_or_else(String::new, |it| it.0.to_string());
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
        let Some(page) = wallet.identify(STICKER).await?.redirect_url else {
            return Ok(
                "A national code on a sticker: left out, your code rules do not name it\n".into()
            );
        };
        let attempt = EntryToken::new(u128::from_be_bytes(crate::node::random()?));
        let order = open_page(page.as_str(), Some(format!("amount=60&attempt={attempt}"))).await?;
        let (taken, result) = wallet.scan_and_pay("jose", &order).await?;
        let price = taken.pay_to_amount.map_or_else(String::new, |it| it.0.to_string());
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
        let agreement = page.split_once("agreement=").map_or("", |(_, id)| id);
        let back = wallet.consent("seoyeon", agreement).context("the wallet asks its user")?;
        let shop_page = open_page(&back, None).await?;
        let code = shop_page.split_once("authCode=").map_or("", |(_, rest)| rest);
        let code = code.split('&').next().unwrap_or_default();
        shop.take_tokens(&state, code).await?;
        let (_, first) = shop.debit(&state).await?;
        let (_, second) = shop.debit(&state).await?;
        Ok(format!(
            "A subscription\n--------------\nSeoyeon from Seoul lets a tea house in Kyoto debit her \
             from now on:\n  {agreement}\nThe first month: {first}, the second, without her: \
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

/// One payment, told.
pub struct Story {
    pub payment: PaymentStory,
    pub elapsed_ms: u128,
}

fn major(currency: &str, minor: u64) -> String {
    let money = money::Currency::from_code(currency).map(|it| Money::new(minor, it));
    match money {
        Some(Ok(money)) => money.to_string(),
        _ => format!("{currency} {minor} (minor units)"),
    }
}

impl Story {
    /// The story as a newcomer reads it.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("writing to a String cannot fail");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let it = &self.payment;
        let show = |amount: &Option<api::ops::AmountView>| {
            amount.as_ref().map_or_else(String::new, |amount| {
                major(&amount.currency, amount.value.parse().unwrap_or_default())
            })
        };
        let price = show(&Some(it.payment_amount.clone()));
        writeln!(out, "\nA payment across a border")?;
        writeln!(out, "-------------------------")?;
        writeln!(out, "Minjun from Seoul eats ramen in Osaka. The shop's price: {price}.")?;
        writeln!(
            out,
            "Minjun shows a payment code of {}; the",
            it.wallet.as_deref().unwrap_or("?")
        )?;
        writeln!(out, "shop's terminal sends it to {}.", it.acquirer)?;
        writeln!(out, "The network answered after {} ms: {}.\n", self.elapsed_ms, it.result)?;
        if let Some(quote) = &it.payment_quote {
            writeln!(out, "  Minjun pays         {:>14}", show(&it.pay_to_amount))?;
            writeln!(
                out,
                "    at                {} (1 {} in {}), mid rate {}, mark-up {} bp",
                quote.price,
                &quote.pair[..3],
                &quote.pair[4..],
                quote.mid_price,
                quote.markup_bps
            )?;
        }
        writeln!(out, "  The acquirer gets   {:>14}", show(&it.settlement_amount))?;
        writeln!(out, "    less interchange  {:>14}  (the wallet's share)", show(&it.interchange))?;
        writeln!(out, "    less network fee  {:>14}", show(&it.network_fee))?;
        writeln!(out, "\n  The ledger, debit = credit in every currency:")?;
        self.write_entries(out)?;
        writeln!(out, "\n  What happened, by record of the log:")?;
        for step in &it.timeline {
            writeln!(out, "    #{:<5} {}  {}", step.log_position, step.time, step.what)?;
        }
        writeln!(out, "\n  payment id {}", it.id)
    }

    fn write_entries(&self, out: &mut String) -> std::fmt::Result {
        let mut sums = std::collections::BTreeMap::<&str, i128>::new();
        for entry in &self.payment.entries {
            let debit = entry.debit_minor.unwrap_or_default();
            let credit = entry.credit_minor.unwrap_or_default();
            *sums.entry(&entry.currency).or_default() += i128::from(debit) - i128::from(credit);
            let side = if debit > 0 { "debit " } else { "credit" };
            let amount = major(&entry.currency, debit.max(credit));
            writeln!(out, "    {:<28} {side} {amount:>14}", entry.account)?;
        }
        for (currency, sum) in sums {
            writeln!(out, "    sum in {currency}: {sum}")?;
        }
        Ok(())
    }
}
