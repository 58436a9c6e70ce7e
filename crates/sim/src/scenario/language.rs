//! The language: text into steps. What a step means is for the [`Subject`](super::Subject).

use super::{
    AgreementAct, CustomsAct, DisputeAct, Failure, HearsAct, MerchantAct, PushAct, TermsAct,
};
use base::{ResultCode, Span};
use network::Way;
use std::collections::BTreeMap;

/// What a scenario can be run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    Bare,
    Http,
}

/// A scenario, read.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Rows of the failure catalogue, as `A1`, or `protocol`.
    pub covers: Vec<String>,
    /// The one runner it is for, and why.
    pub only: Option<(Runner, String)>,
    pub lines: Vec<Line>,
}

/// One step and what has to come of it.
#[derive(Clone, Debug)]
pub struct Line {
    /// Line of the file, from 1.
    pub number: usize,
    pub act: Act,
    pub wanted: Option<String>,
}

/// `JPY:1200`, not yet read: what is no amount is for the network to refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountText {
    pub currency: String,
    pub value: String,
}

/// One request written in several ways that mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    Plain,
    /// Keys in another order.
    Reordered,
    /// Line breaks and blanks.
    Spaced,
    /// Numbers and booleans instead of their text.
    Native,
    /// A field that nobody knows.
    Extended,
}

/// What is wrong with a signed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forged {
    No,
    /// One byte of the body changed after signing.
    Body,
    /// Signed for another path.
    Path,
    /// Signed for another client.
    Client,
    /// Signed with another time.
    Time,
}

/// What every request of an acquirer says.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The scenario's name of the payment.
    pub payment: String,
    /// `paymentRequestId`.
    pub request_id: String,
    pub acquirer: String,
    /// Sent so often at the same time.
    pub times: u32,
    /// The payment is named by the network's id.
    pub by_id: bool,
    pub key_version: u32,
    pub forged: Forged,
}

#[derive(Clone, Debug)]
pub struct PayAct {
    pub asked: Asked,
    pub way: Way,
    /// The scenario's name of a code, or the scanned text itself; empty when a wallet is to take
    /// the order up.
    pub code: String,
    pub amount: AmountText,
    pub settle: String,
    pub merchant: String,
    pub store: String,
    pub expiry: Option<Span>,
    pub notifies: bool,
    pub spelling: Spelling,
}

/// A user scans the order's code.
#[derive(Clone, Debug)]
pub struct TakeAct {
    pub payment: String,
    pub wallet: String,
    pub user: String,
    /// So many users at once, each with a number behind the name; 1 is the user itself.
    pub users: u32,
    /// The last digit of the code is another.
    pub is_guessed: bool,
}

#[derive(Clone, Debug)]
pub struct RefundAct {
    pub asked: Asked,
    /// `refundRequestId`.
    pub name: String,
    pub amount: AmountText,
}

/// A call to a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Pay,
    Inquiry,
    Cancel,
    Refund,
    Notify,
}

impl Call {
    pub const ALL: [Call; 5] = [Call::Pay, Call::Inquiry, Call::Cancel, Call::Refund, Call::Notify];

    pub const fn as_str(self) -> &'static str {
        match self {
            Call::Pay => "pay",
            Call::Inquiry => "inquiry",
            Call::Cancel => "cancel",
            Call::Refund => "refund",
            Call::Notify => "notify",
        }
    }

    fn parse(text: &str) -> Result<Call, String> {
        let found = Call::ALL.into_iter().find(|call| call.as_str() == text);
        found.ok_or_else(|| format!("no call is named {text}"))
    }
}

/// What a wallet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    Approved,
    Declined(ResultCode),
    InProcess,
    Silent,
    NotFound,
}

#[derive(Clone, Debug)]
pub struct WalletAct {
    pub payment: String,
    pub says: Says,
    pub amount: Option<AmountText>,
    pub pay_to: Option<AmountText>,
}

/// What is gone or broken when the process starts again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restart {
    pub without_snapshots: bool,
    pub without_index: bool,
    /// The log ends in the beginning of a record that was never acknowledged.
    pub is_torn: bool,
}

/// One step.
#[derive(Clone, Debug)]
pub enum Act {
    Code { name: String, wallet: String, user: String, region: Option<String> },
    Pay(Box<PayAct>),
    Take(TakeAct),
    Wallet { it: WalletAct, call: Option<Call> },
    Told { it: WalletAct, wallet: String },
    Acknowledge { payment: String, yes: bool },
    Cancel(Asked),
    Refund(RefundAct),
    Inquiry(Asked),
    Tick(Span),
    State(String),
    Waits(String),
    Calls { payment: String, call: Call },
    Account(String),
    Breaks,
    Status { participant: String, is_suspended: bool },
    Cap { wallet: String, cap: AmountText },
    Terms(TermsAct),
    Halt { base: String, quote: String, is_halted: bool },
    Rates { reference: String, prices: Vec<(String, String)>, accept: bool },
    Restart(Restart),
    Key { participant: String, version: u32 },
    Retire { participant: String, version: u32 },
    Replay(String),
    Agreement(AgreementAct),
    Dispute(DisputeAct),
    Customs(CustomsAct),
    Hears(HearsAct),
    Merchant(MerchantAct),
    Push(PushAct),
}

impl Scenario {
    /// Reads a scenario; an error names the line.
    pub fn parse(source: &str) -> Result<Scenario, Failure> {
        let mut scenario = Scenario { covers: covered(source), only: None, lines: Vec::new() };
        for (number, raw) in (1..).zip(source.lines()) {
            let line = raw.split('#').next().unwrap_or_default().trim();
            let fail = |message| Failure { line: number, message };
            if line.is_empty() {
                continue;
            }
            if let Some(rest) = line.strip_prefix("only ") {
                scenario.only = Some(only(rest).map_err(fail)?);
                continue;
            }
            let (step, wanted) = match line.split_once("=>") {
                Some((step, wanted)) => (step.trim(), Some(wanted.trim().to_owned())),
                None => (line, None),
            };
            let act = Words::new(step).act().map_err(fail)?;
            scenario.lines.push(Line { number, act, wanted });
        }
        Ok(scenario)
    }

    /// Why this runner leaves it out, if it does.
    pub fn left_out_on(&self, runner: Runner) -> Option<&str> {
        let (only, why) = self.only.as_ref()?;
        (*only != runner).then_some(why)
    }

    /// Has it steps that only the bare machine takes? Through HTTP those products have programs of
    /// their own (`tests/e2e`).
    pub fn has_bare_steps(&self) -> bool {
        let is_bare = |line: &Line| {
            matches!(
                line.act,
                Act::Agreement(_)
                    | Act::Dispute(_)
                    | Act::Customs(_)
                    | Act::Merchant(_)
                    | Act::Hears(_)
                    | Act::Push(_)
            )
        };
        self.lines.iter().any(is_bare)
    }
}

/// The rows that the first line names.
fn covered(source: &str) -> Vec<String> {
    let first = source.lines().next().and_then(|line| line.strip_prefix("# "));
    let names = first.and_then(|line| line.split_once(':')).map_or("", |(names, _)| names);
    let is_row = |name: &str| {
        let (letter, number) = name.split_at(name.len().min(1));
        name == "protocol"
            || letter.bytes().all(|c| c.is_ascii_uppercase()) && number.parse::<u8>().is_ok()
    };
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    if names.iter().all(|name| is_row(name)) {
        names.into_iter().map(str::to_owned).collect()
    } else {
        Vec::new()
    }
}

fn only(rest: &str) -> Result<(Runner, String), String> {
    let (runner, why) = rest.split_once(':').ok_or("only needs `: why`")?;
    let runner = match runner.trim() {
        "bare" => Runner::Bare,
        "http" => Runner::Http,
        other => return Err(format!("nothing is run on {other}")),
    };
    Ok((runner, why.trim().to_owned()))
}

pub(super) fn span(text: &str) -> Result<Span, String> {
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

pub(super) fn amount(text: &str) -> Result<AmountText, String> {
    let (currency, value) = text.split_once(':').ok_or("an amount is CUR:minor")?;
    Ok(AmountText { currency: currency.to_owned(), value: value.to_owned() })
}

pub(super) fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn yes(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("say yes or no, not {other}")),
    }
}

/// A step taken apart: words, then `name=value` pairs.
pub(super) struct Words<'a> {
    words: Vec<&'a str>,
    named: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Words<'a> {
        let mut it = Words { words: Vec::new(), named: BTreeMap::new() };
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some((name, value)) => it.named.entry(name).or_default().push(value),
                None => it.words.push(word),
            }
        }
        it
    }

    pub(super) fn word(&self, at: usize) -> Result<&'a str, String> {
        self.words.get(at).copied().ok_or_else(|| format!("word {at} is missing"))
    }
    pub(super) fn text(&self, at: usize) -> Result<String, String> {
        self.word(at).map(str::to_owned)
    }

    /// Takes a named value out, so that what is left over at the end is known to mean nothing.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a str> {
        self.named.remove(name).and_then(|values| values.last().copied())
    }
    pub(super) fn needed(&mut self, name: &str) -> Result<&'a str, String> {
        self.take(name).ok_or_else(|| format!("{name}= is missing"))
    }
    pub(super) fn or(&mut self, name: &str, default: &'a str) -> &'a str {
        self.take(name).unwrap_or(default)
    }
    pub(super) fn amount(&mut self, name: &str) -> Result<Option<AmountText>, String> {
        self.take(name).map(amount).transpose()
    }

    fn act(mut self) -> Result<Act, String> {
        let act = self.read()?;
        match self.named.keys().next() {
            Some(name) => Err(format!("{name}= means nothing here")),
            None => Ok(act),
        }
    }

    fn read(&mut self) -> Result<Act, String> {
        Ok(match self.word(0)? {
            "code" => Act::Code {
                name: self.text(1)?,
                wallet: self.needed("wallet")?.to_owned(),
                user: self.or("user", "minjun").to_owned(),
                region: self.take("region").map(str::to_owned),
            },
            "pay" => Act::Pay(Box::new(self.pay()?)),
            "take" => Act::Take(TakeAct {
                payment: self.text(1)?,
                wallet: self.needed("wallet")?.to_owned(),
                user: self.or("user", "minjun").to_owned(),
                users: number(self.or("users", "1"))?,
                is_guessed: self.take("code").is_some_and(|it| it == "guessed"),
            }),
            "wallet" => {
                let call = self.take("call").map(Call::parse).transpose()?;
                Act::Wallet { it: self.wallet()?, call }
            }
            "told" => {
                let wallet = self.needed("wallet")?.to_owned();
                Act::Told { it: self.wallet()?, wallet }
            }
            "acknowledge" => Act::Acknowledge { payment: self.text(1)?, yes: yes(self.word(2)?)? },
            "cancel" => Act::Cancel(self.asked(1)?),
            "refund" => Act::Refund(RefundAct {
                asked: self.asked(2)?,
                name: self.text(1)?,
                amount: amount(self.needed("amount")?)?,
            }),
            "inquiry" => Act::Inquiry(self.asked(1)?),
            "tick" => Act::Tick(span(self.word(1)?)?),
            "state" => Act::State(self.text(1)?),
            "waits" => Act::Waits(self.text(1)?),
            "calls" => Act::Calls { payment: self.text(1)?, call: Call::parse(self.word(2)?)? },
            "account" => Act::Account(self.text(1)?),
            "breaks" => Act::Breaks,
            _ => return self.product(),
        })
    }

    /// Steps that belong to one product, in files of their own.
    fn product(&mut self) -> Result<Act, String> {
        Ok(match self.word(0)? {
            "agree" | "grant" | "refresh" | "debit" | "end" | "agreement" => {
                Act::Agreement(self.agreement()?)
            }
            "retrieval" | "escalate" | "answer" | "dispute" => Act::Dispute(self.dispute()?),
            "declare" | "customs" | "declaration" => Act::Customs(self.customs()?),
            "hears" => Act::Hears(self.hears()?),
            "report" | "decide" | "listens" => Act::Merchant(self.merchant()?),
            "scan" | "push" | "pushed" => Act::Push(self.push()?),
            _ => return self.operator(),
        })
    }

    /// Steps of those who run the network.
    fn operator(&mut self) -> Result<Act, String> {
        Ok(match self.word(0)? {
            "suspend" => Act::Status { participant: self.text(1)?, is_suspended: true },
            "resume" => Act::Status { participant: self.text(1)?, is_suspended: false },
            "cap" => Act::Cap { wallet: self.text(1)?, cap: amount(self.word(2)?)? },
            "terms" => Act::Terms(self.terms()?),
            word @ ("halt" | "free") => {
                Act::Halt { base: self.text(1)?, quote: self.text(2)?, is_halted: word == "halt" }
            }
            "rates" => self.rates()?,
            "restart" => self.restart()?,
            "key" => Act::Key { participant: self.text(1)?, version: number(self.word(2)?)? },
            "retire" => Act::Retire { participant: self.text(1)?, version: number(self.word(2)?)? },
            "replay" => Act::Replay(self.text(1)?),
            other => return Err(format!("no step is called {other}")),
        })
    }

    pub(super) fn asked(&mut self, at: usize) -> Result<Asked, String> {
        let payment = self.text(at)?;
        let forged = match self.or("forged", "no") {
            "no" => Forged::No,
            "body" => Forged::Body,
            "path" => Forged::Path,
            "client" => Forged::Client,
            "time" => Forged::Time,
            other => return Err(format!("nothing is forged by {other}")),
        };
        Ok(Asked {
            request_id: self.take("as").map_or_else(|| payment.clone(), str::to_owned),
            payment,
            acquirer: self.or("acquirer", "A-JP").to_owned(),
            times: number(self.or("times", "1"))?,
            by_id: self.take("by").is_some_and(|by| by == "id"),
            key_version: number(self.or("key", "1"))?,
            forged,
        })
    }

    fn pay(&mut self) -> Result<PayAct, String> {
        let asked = self.asked(1)?;
        let amount = amount(self.needed("amount")?)?;
        let merchant = if asked.acquirer == "A-JP" { "M-RAMEN" } else { "M-MANGO" };
        let merchant = self.or("merchant", merchant).to_owned();
        let spelling = match self.or("spelled", "plain") {
            "plain" => Spelling::Plain,
            "reordered" => Spelling::Reordered,
            "spaced" => Spelling::Spaced,
            "native" => Spelling::Native,
            "extended" => Spelling::Extended,
            other => return Err(format!("nothing is spelled {other}")),
        };
        let way = match self.or("way", "code") {
            "code" => Way::UserCode,
            "order" => Way::OrderCode,
            "entry" => Way::EntryCode,
            "cashier" => Way::Cashier,
            other => return Err(format!("nothing is paid by {other}")),
        };
        let code = if way.is_presented() { "" } else { self.needed("code")? }.to_owned();
        Ok(PayAct {
            asked,
            way,
            code,
            settle: self.take("settle").unwrap_or(&amount.currency).to_owned(),
            amount,
            store: self.take("store").map_or_else(|| format!("{merchant}-S1"), str::to_owned),
            merchant,
            expiry: self.take("expiry").map(span).transpose()?,
            notifies: self.take("notify").is_some_and(|it| it == "yes"),
            spelling,
        })
    }

    /// Reads `approved`, `declined CODE`, ...
    fn wallet(&mut self) -> Result<WalletAct, String> {
        let says = match self.word(2)? {
            "approved" => Says::Approved,
            "declined" => {
                let code = ResultCode::from_text(self.word(3)?);
                Says::Declined(code.ok_or("no such result code")?)
            }
            "in-process" => Says::InProcess,
            "silent" => Says::Silent,
            "not-found" => Says::NotFound,
            other => return Err(format!("a wallet does not say {other}")),
        };
        let payment = self.text(1)?;
        let (amount, pay_to) = (self.amount("amount")?, self.amount("pay_to")?);
        Ok(WalletAct { payment, says, amount, pay_to })
    }

    fn rates(&mut self) -> Result<Act, String> {
        let accept = self.take("accept").is_some_and(|it| it == "yes");
        let prices = std::mem::take(&mut self.named);
        let prices = prices.into_iter().flat_map(|(code, prices)| {
            prices.into_iter().map(move |price| (code.to_owned(), price.to_owned()))
        });
        Ok(Act::Rates { reference: self.text(1)?, prices: prices.collect(), accept })
    }

    fn restart(&mut self) -> Result<Act, String> {
        let mut restart = Restart::default();
        for part in self.named.remove("without").unwrap_or_default() {
            match part {
                "snapshots" => restart.without_snapshots = true,
                "index" => restart.without_index = true,
                other => return Err(format!("a start cannot be without {other}")),
            }
        }
        restart.is_torn = self.take("torn").is_some_and(|it| it == "yes");
        Ok(Act::Restart(restart))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_names_rows_or_nothing() {
        assert_eq!(covered("# A1, B12: text"), ["A1", "B12"]);
        assert_eq!(covered("# protocol: text"), ["protocol"]);
        for text in ["", "# no rows here", "# Rows: text", "A1: text", "# A1 and B2: text", "# :"] {
            assert!(covered(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_line() {
        for (text, wanted) in [
            ("\ndance", "line 2: no step is called dance"),
            ("tick 3", "line 1: a span is a number and s, m, h or d"),
            ("inquiry p1 colour=red", "line 1: colour= means nothing here"),
            ("pay p1 amount=JPY:1", "line 1: code= is missing"),
            ("wallet p1 sings", "line 1: a wallet does not say sings"),
            ("only trains: why", "line 1: nothing is run on trains"),
            ("calls p1 sms", "line 1: no call is named sms"),
            ("end a1 by=moonlight", "line 1: no agreement is ended by moonlight"),
            ("answer q1 loudly", "line 1: no dispute is answered loudly"),
            ("customs c1 lost", "line 1: customs do not say lost"),
            ("decide W-KR M-1 later", "line 1: a wallet does not decide later"),
            ("hears W-KR perhaps", "line 1: a message is not answered perhaps"),
        ] {
            let failure = Scenario::parse(text).unwrap_err();
            assert_eq!(failure.to_string(), wanted);
        }
    }

    #[test]
    fn a_step_is_read_with_its_defaults() {
        let scenario = Scenario::parse("only http: bytes\npay p1 code=c amount=JPY:5 => S X");
        let scenario = scenario.unwrap();
        assert_eq!(scenario.left_out_on(Runner::Bare), Some("bytes"));
        assert_eq!(scenario.left_out_on(Runner::Http), None);
        let [Line { number: 2, act: Act::Pay(pay), wanted: Some(wanted) }] = &scenario.lines[..]
        else {
            panic!("one pay is read: {scenario:?}")
        };
        assert_eq!(wanted, "S X");
        assert_eq!((pay.merchant.as_str(), pay.store.as_str()), ("M-RAMEN", "M-RAMEN-S1"));
        assert_eq!((pay.settle.as_str(), pay.asked.request_id.as_str()), ("JPY", "p1"));
        assert_eq!((pay.asked.times, pay.spelling), (1, Spelling::Plain));
    }
}
