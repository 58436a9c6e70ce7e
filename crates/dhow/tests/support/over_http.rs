//! Scenarios through HTTP: every step of a partner is a signed message over a socket, every step
//! of the operator a request to the operations API. Only the clock and the question which calls are
//! due reach past the edges.

use super::client::{Courier, Draft, Message};
use super::desk::{Desk, NOTIFY_PATH};
use super::net::{Net, Place};
use super::spelling;
use bytes::Bytes;
use directory::Contract;
use engine::{Clock, ManualClock};
use money::Money;
use network::{Effect, EffectKind, PaymentEffect};
use serde_json::Value;
use sim::scenario::{Act, Asked, Forged, OnBare, Outcome, PayAct, RefundAct, Subject, TakeAct};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use wire::{Api, Datetime, SigningKey, VerifyingKey, WireResult, acqp, mpp};

/// Drawn once: what is tested is who may use a key, not how it is drawn.
static KEYS: LazyLock<[Arc<SigningKey>; 3]> = LazyLock::new(|| {
    [(); 3].map(|()| Arc::new(SigningKey::generate_rsa2048().expect("a key can be drawn")))
});

/// A call that is due and does not come, or an answer that changes nothing, ends the scenario after
/// this long. Nothing else waits by this machine's clock.
const PATIENCE: Duration = Duration::from_secs(60);

/// A payment as the scenario knows it.
pub(super) struct Known {
    pub id: String,
    /// The order's amount as JSON.
    pub amount: String,
    /// What is scanned, for an order that a wallet is to take up.
    pub code: Option<String>,
    /// Who took it up, and what the wallet is to debit.
    pub taken: Option<(Money, String)>,
}

/// The network over HTTP under a scenario.
pub struct OverHttp {
    pub(super) home: tempfile::TempDir,
    pub(super) clock: Arc<ManualClock>,
    pub(super) desk: Desk,
    pub(super) courier: Courier,
    pub(super) partners: Handle,
    /// Always there, except while it starts again.
    pub(super) net: Option<Net>,
    pub(super) contracts: BTreeMap<String, Contract>,
    codes: BTreeMap<String, String>,
    pub(super) payments: BTreeMap<String, Known>,
    sent: BTreeMap<String, Message>,
    pub(super) silences: usize,
}

impl OverHttp {
    /// A new network; its partners live on the given runtime.
    pub fn new(partners: &Handle) -> Result<OverHttp, String> {
        let network = VerifyingKey::parse(KEYS[0].public().to_spki_der());
        let network = Arc::new(network.map_err(|error| error.to_string())?);
        let clock = Arc::new(ManualClock::new(OnBare::START));
        let desk = partners.block_on(Desk::open(KEYS[1].clone(), network.clone()));
        let keys = [KEYS[1].clone(), KEYS[2].clone()];
        let contracts = sim::preset::participants();
        let contracts = contracts.into_iter().map(|it| (it.code.to_string(), it.contract));
        let mut it = OverHttp {
            home: tempfile::tempdir().map_err(|error| error.to_string())?,
            courier: Courier::new(clock.clone(), keys, network),
            clock,
            desk: desk.map_err(|error| error.to_string())?,
            partners: partners.clone(),
            net: None,
            contracts: contracts.collect(),
            codes: BTreeMap::new(),
            payments: BTreeMap::new(),
            sent: BTreeMap::new(),
            silences: 0,
        };
        it.start()?;
        Ok(it)
    }

    /// Starts the network on what its directory holds.
    pub(super) fn start(&mut self) -> Result<(), String> {
        let place = Place {
            home: self.home.path(),
            clock: self.clock.clone(),
            network_key: KEYS[0].clone(),
            partner_key: &KEYS[1],
            partners: &self.desk.origin,
        };
        self.net = Some(Net::start(&place)?);
        Ok(())
    }

    pub(super) fn net(&self) -> &Net {
        self.net.as_ref().expect("the network runs between two steps")
    }

    pub(super) fn known(&self, name: &str) -> Result<&Known, String> {
        self.payments.get(name).ok_or_else(|| format!("no payment {name}"))
    }

    /// Looks again until there is something.
    pub(super) fn until<T>(
        &self,
        what: &str,
        mut look: impl FnMut() -> Result<Option<T>, String>,
    ) -> Result<T, String> {
        let begun = Instant::now();
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{what} does not happen"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Calls that are due, in the order of their names.
    pub(super) fn outbox(&self) -> Result<Vec<PaymentEffect>, String> {
        let look = self.net().engine().read(|machine, _, _| base::Machine::outbox(machine));
        let effects = self.partners.block_on(look).map_err(|error| error.to_string())?;
        Ok(effects.into_iter().filter_map(Effect::of_payment).collect())
    }

    fn json(&self, answer: Result<Bytes, String>) -> Result<Value, String> {
        serde_json::from_slice(&answer?).map_err(|error| error.to_string())
    }

    /// Sends one message, or the same one many times at once; the outcomes that came, each once.
    fn ask(&mut self, asked: &Asked, api: Api, body: String, read: Read) -> Outcome {
        let client_id = format!("CLIENT-{}", asked.acquirer);
        let message = self.courier.seal(&Draft {
            path: api.path(),
            client_id: &client_id,
            body,
            key_version: asked.key_version,
            forged: asked.forged,
        });
        self.sent.insert(asked.payment.clone(), message.clone());
        let answers = self.send(&message, asked.times)?;
        let mut outcomes = BTreeSet::new();
        for answer in answers {
            outcomes.insert(read(&answer)?);
        }
        Ok(outcomes.into_iter().collect::<Vec<_>>().join(" or "))
    }

    fn send(&self, message: &Message, times: u32) -> Result<Vec<Bytes>, String> {
        let (courier, to) = (&self.courier, self.net().address);
        self.partners.block_on(async {
            let mut sending = JoinSet::new();
            for _ in 0..times {
                let (courier, message) = (courier.clone(), message.clone());
                sending.spawn(async move { courier.send(to, &message).await });
            }
            sending.join_all().await.into_iter().collect()
        })
    }

    fn code(&mut self, name: &str, wallet: &str, of: (&str, Option<&str>)) -> Outcome {
        let (user, region) = of;
        let region = region.map_or_else(String::new, |it| format!(r#","region":"{it}""#));
        let body = format!(r#"{{"customerId":"{user}","codeQuantity":1{region}}}"#);
        let answer = self.of_wallet(wallet, Api::GetPaymentCode, body)?;
        let it: mpp::GetPaymentCodeResponse = parse(&answer)?;
        if let Some(issued) = it.payment_codes.as_ref().and_then(|codes| codes.first()) {
            self.codes.insert(name.to_owned(), issued.payment_code.to_string());
        }
        Ok(shown(&it.result))
    }

    pub(super) fn of_wallet(&self, wallet: &str, api: Api, body: String) -> Result<Bytes, String> {
        let client_id = format!("CLIENT-{wallet}");
        let draft = Draft {
            path: api.path(),
            client_id: &client_id,
            body,
            key_version: 1,
            forged: Forged::No,
        };
        let message = self.courier.seal(&draft);
        self.partners.block_on(self.courier.send(self.net().address, &message))
    }

    fn pay(&mut self, it: &PayAct) -> Outcome {
        let code = self.codes.get(&it.code).unwrap_or(&it.code).clone();
        let expiry = it.expiry.map(|after| Datetime::utc(self.clock.now().after(after)));
        let notify = it.notifies.then(|| format!("{}{NOTIFY_PATH}", self.desk.origin));
        let body = spelling::pay(it, &code, expiry.map(|time| time.to_string()), notify);
        let mut first = None;
        let came = self.ask_pay(&it.asked, body, &mut first)?;
        if let Some((id, code)) = first {
            let amount = spelling::amount(&it.amount);
            // The same request again changes nothing about who took the order up.
            let before = self.payments.remove(&it.asked.payment).filter(|known| known.id == id);
            let taken = before.and_then(|known| known.taken);
            let known = Known { id: id.clone(), amount, code, taken };
            self.payments.insert(it.asked.payment.clone(), known);
            self.until_asked(&id)?;
        }
        Ok(came)
    }

    /// Waits until the wallet has heard of a payment that it is to be asked for, so that no later
    /// step overtakes the call.
    fn until_asked(&self, id: &str) -> Result<(), String> {
        let is_call = |effect: &PaymentEffect| {
            effect.id.kind == EffectKind::Pay && effect.id.payment.to_string() == id
        };
        self.until("the wallet's call", || {
            let is_done = self.desk.asked(id).is_some() || !self.outbox()?.iter().any(is_call);
            Ok(is_done.then_some(()))
        })
    }

    /// Keeps the payment's id and what is scanned for it: the same in every answer.
    fn ask_pay(
        &mut self,
        asked: &Asked,
        body: String,
        first: &mut Option<(String, Option<String>)>,
    ) -> Outcome {
        self.ask(asked, Api::Pay, body, &mut |answer| {
            let it: acqp::PayResponse = parse(answer)?;
            let found = it.payment_id.as_ref().map(|id| (id.to_string(), scanned(&it)));
            if first.is_some() && found != *first {
                return Err("the same request has two payments".to_owned());
            }
            *first = found;
            Ok(shown(&it.result))
        })
    }

    fn take(&mut self, it: &TakeAct) -> Outcome {
        let mut code = self.known(&it.payment)?.code.clone().ok_or("there is nothing to scan")?;
        if it.is_guessed {
            let last = if code.ends_with('0') { '1' } else { '0' };
            code.pop();
            code.push(last);
        }
        let client_id = format!("CLIENT-{}", it.wallet);
        let mut outcomes = BTreeSet::new();
        let messages = (1..=it.users).map(|number| {
            let customer = it.customer(number);
            let body = format!(r#"{{"codeValue":"{code}","customerId":"{customer}"}}"#);
            let path = Api::UserInitiatedPay.path();
            let (key_version, forged) = (1, Forged::No);
            let draft = Draft { path, client_id: &client_id, body, key_version, forged };
            (customer, self.courier.seal(&draft))
        });
        let messages: Vec<_> = messages.collect();
        let to = self.net().address;
        let answers = self.partners.block_on(async {
            let mut sending = JoinSet::new();
            for (customer, message) in messages {
                let courier = self.courier.clone();
                sending.spawn(async move { (customer, courier.send(to, &message).await) });
            }
            sending.join_all().await
        });
        for (customer, answer) in answers {
            let answer: mpp::UserInitiatedPayResponse = parse(&answer?)?;
            if let Some(pay_to) = answer.pay_to_amount {
                let known = self.payments.get_mut(&it.payment).ok_or("no such payment")?;
                known.taken = Some((pay_to.0, customer));
            }
            outcomes.insert(shown(&answer.result));
        }
        Ok(outcomes.into_iter().collect::<Vec<_>>().join(" or "))
    }

    /// `"paymentRequestId":"..."`, or the network's id.
    fn named(&self, asked: &Asked) -> Result<String, String> {
        if asked.by_id {
            return Ok(format!(r#""paymentId":"{}""#, self.known(&asked.payment)?.id));
        }
        Ok(format!(r#""paymentRequestId":"{}""#, asked.request_id))
    }

    fn cancel(&mut self, asked: &Asked) -> Outcome {
        let body = format!("{{{}}}", self.named(asked)?);
        self.ask(asked, Api::CancelPayment, body, &mut |answer| {
            Ok(shown(&parse::<acqp::CancelPaymentResponse>(answer)?.result))
        })
    }

    fn refund(&mut self, it: &RefundAct) -> Outcome {
        let (named, amount) = (self.named(&it.asked)?, spelling::amount(&it.amount));
        let body =
            format!(r#"{{"refundRequestId":"{}",{named},"refundAmount":{amount}}}"#, it.name);
        self.ask(&it.asked, Api::Refund, body, &mut |answer| {
            Ok(shown(&parse::<acqp::RefundResponse>(answer)?.result))
        })
    }

    fn inquiry(&mut self, asked: &Asked) -> Outcome {
        let body = format!("{{{}}}", self.named(asked)?);
        self.ask(asked, Api::InquiryPayment, body, &mut |answer| {
            let it: acqp::InquiryPaymentResponse = parse(answer)?;
            Ok(match it.payment_result {
                Some(result) => format!("S {}", result.result_code.as_str()),
                None => shown(&it.result),
            })
        })
    }

    fn replay(&mut self, name: &str) -> Outcome {
        let message = self.sent.get(name).cloned().ok_or("nothing was sent for it")?;
        let answer = self.send(&message, 1)?.remove(0);
        Ok(shown(&parse::<wire::ResultOnly>(&answer)?.result))
    }

    fn tick(&self, span: base::Span) -> Outcome {
        let end = self.clock.now().after(span);
        let engine = self.net().engine();
        self.partners
            .block_on(async {
                loop {
                    let due =
                        engine.read(|machine, _, _| base::Machine::next_timer(machine)).await?;
                    let Some(due) = due.filter(|due| *due <= end) else { break };
                    self.clock.set(due.max(self.clock.now()));
                    engine.settle().await?;
                }
                self.clock.set(end);
                engine.settle().await
            })
            .map_err(|error| error.to_string())?;
        Ok(String::new())
    }

    pub(super) fn get(&self, path: &str) -> Result<Value, String> {
        let ask = self.courier.operate(self.net().address, hyper::Method::GET, path, None);
        self.json(self.on_partners(ask).map(|(_, body)| body))
    }

    pub(super) fn on_partners<T>(&self, work: impl Future<Output = T>) -> T {
        self.partners.block_on(work)
    }
}

type Read<'a> = &'a mut dyn FnMut(&[u8]) -> Outcome;

/// What a payer scans or is led to.
fn scanned(it: &acqp::PayResponse) -> Option<String> {
    let forms = it.order_code_form.as_ref().map(|form| &form.code_details);
    let form = forms.and_then(|forms| forms.first()).map(|form| form.code_value.to_string());
    let url = it.normal_url.as_ref().or(it.payment_url.as_ref());
    form.or_else(|| url.map(ToString::to_string))
}

pub(super) fn shown(result: &WireResult) -> String {
    format!("{} {}", result.result_status.as_str(), result.result_code.as_str())
}

pub(super) fn parse<T: wire::Value>(body: &[u8]) -> Result<T, String> {
    wire::parse(body).map_err(|error| error.to_string())
}

impl Subject for OverHttp {
    fn perform(&mut self, act: &Act) -> Outcome {
        match act {
            Act::Code { name, wallet, user, region } => {
                self.code(name, wallet, (user, region.as_deref()))
            }
            Act::Pay(pay) => self.pay(pay),
            Act::Take(take) => self.take(take),
            Act::Wallet { it, call } => self.wallet(it, *call),
            Act::Told { it, wallet } => self.told(it, wallet),
            Act::Acknowledge { payment, yes } => self.acknowledge(payment, *yes),
            Act::Cancel(asked) => self.cancel(asked),
            Act::Refund(refund) => self.refund(refund),
            Act::Inquiry(asked) => self.inquiry(asked),
            Act::Tick(span) => self.tick(*span),
            Act::State(payment) => {
                Ok(self.story(payment)?["state"].as_str().unwrap_or_default().to_owned())
            }
            Act::Waits(payment) => self.waits(payment),
            Act::Calls { payment, call } => {
                // What is due and has not come yet is counted once it has.
                self.waits(payment)?;
                Ok(self.desk.count(*call, &self.known(payment)?.id).to_string())
            }
            Act::Account(name) => self.account(name),
            Act::Breaks => self.breaks(),
            Act::Restart(restart) => self.restart(*restart),
            Act::Replay(payment) => self.replay(payment),
            other => self.operate(other),
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        self.check_end()
    }
}
