//! Takes effects, makes the calls, and brings the outcomes back.

use crate::answers;
use crate::client::{Answer, Call, CallError, SignedClient};
use crate::errands;
use crate::lane::{Lane, LaneOptions, LaneSnapshot};
use crate::participants::{DirectoryView, Partner};
use crate::partitions::Partitions;
use crate::render::{self, Ends};
use crate::tokens::Tokens;
use base::ResultStatus;
use bytes::Bytes;
use directory::MerchantKey;
use engine::SubmitError;
use ids::ParticipantId;
use network::{
    Claim, ClaimAnswer, Command, DecideMerchant, Effect, EffectId, EffectKind, EffectOutcome,
    Errand, ErrandId, ErrandOutcome, Message, Payment, PaymentCode, PaymentEffect, PushAnswer,
    Reply, WalletAnswer, WalletVerdict,
};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wire::acqp::InquiryRegistrationStatusResponse;
use wire::{Opaque, ResultOnly, Text, Value, paths};

/// Settings of the workers.
#[derive(Clone, Debug, Default)]
pub struct EffectsOptions {
    pub lane: LaneOptions,
    /// Instead of every effect's own time-out: for a network whose clock is set by hand, where the
    /// time that passes here has no meaning.
    pub timeout: Option<Duration>,
}

/// First wait when the engine is overloaded; doubled up to [`MAX_BACK_OFF`].
const BACK_OFF: Duration = Duration::from_millis(5);
const MAX_BACK_OFF: Duration = Duration::from_secs(1);

/// The workers; cheap to clone.
#[derive(Clone)]
pub struct Effects {
    shared: Arc<Shared>,
}

struct Shared {
    partitions: Partitions,
    directory: Arc<DirectoryView>,
    client: SignedClient,
    tokens: Tokens,
    options: EffectsOptions,
    lanes: Mutex<HashMap<ParticipantId, Arc<Lane>>>,
    seen: Mutex<Seen>,
}

/// Attempts taken lately. More than can be under way are remembered, and a forgotten one would only
/// repeat a call that is idempotent at the partner.
const MAX_SEEN: usize = 200_000;

/// Names one attempt.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Attempt {
    Payment(EffectId),
    Errand(ErrandId, u32),
}

impl Attempt {
    fn of(effect: &Effect) -> Attempt {
        match effect {
            Effect::Payment(effect) => Attempt::Payment(effect.id),
            Effect::Errand(errand) => Attempt::Errand(errand.id, errand.attempts),
        }
    }
}

#[derive(Default)]
struct Seen {
    ids: HashSet<Attempt>,
    order: VecDeque<Attempt>,
}

impl Seen {
    /// Is it the first time?
    fn first(&mut self, id: Attempt) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

impl Effects {
    pub fn new(
        partitions: Partitions,
        directory: Arc<DirectoryView>,
        client: SignedClient,
        tokens: Tokens,
        options: EffectsOptions,
    ) -> Effects {
        let (lanes, seen) = (Mutex::default(), Mutex::default());
        let shared = Shared { partitions, directory, client, tokens, options, lanes, seen };
        Effects { shared: Arc::new(shared) }
    }

    /// Makes and opens the tokens of agreements.
    pub fn tokens(&self) -> &Tokens {
        &self.shared.tokens
    }

    /// Takes the effects of all partitions and carries them out until the engines stop. Call it
    /// before the first command is let in: payments that are older are taken up as after a restart.
    ///
    /// Errors: an engine has stopped or is overloaded.
    pub async fn start(&self) -> Result<(), SubmitError> {
        for partition in self.shared.partitions.all() {
            let ask = |_: &network::Network, _: &dyn base::History, stamp: base::Stamp| stamp;
            let start = self.shared.partitions.read(partition, ask).await?.position;
            let engine = self.shared.partitions.engine(partition);
            let Some(mut stream) = engine.and_then(engine::Engine::take_effects) else {
                return Err(SubmitError::Stopped);
            };
            let effects = self.clone();
            tokio::spawn(async move {
                while let Some(batch) = stream.next().await {
                    for effect in batch {
                        let is_older = match &effect {
                            Effect::Payment(it) => it.payment.created.position <= start,
                            Effect::Errand(_) => false,
                        };
                        effects.take(effect, is_older);
                    }
                }
            });
        }
        Ok(())
    }

    /// Starts on one effect, on a task of its own. Call it inside a runtime.
    pub fn accept(&self, effect: Effect) {
        self.take(effect, false);
    }

    /// Takes up the outbox after a restart. A `pay` that may have left before is not sent again:
    /// its outcome is silence at once, and the machine inquires. Everything else is idempotent at
    /// the partner.
    pub fn resume(&self, outbox: Vec<Effect>) {
        for effect in outbox {
            self.take(effect, true);
        }
    }

    fn take(&self, effect: Effect, is_resumed: bool) {
        // Effects come at least once; each attempt is made once.
        let attempt = Attempt::of(&effect);
        if !self.shared.seen.lock().expect("nothing panics while it is looked up").first(attempt) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let effect = match effect {
                Effect::Payment(effect) => effect,
                Effect::Errand(errand) => return shared.run_errand(&errand).await,
            };
            let outcome = match effect.id.kind {
                EffectKind::Pay if is_resumed => Some(silent()),
                _ => shared.carry_out(&effect).await,
            };
            if let Some(outcome) = outcome {
                shared.bring_back(&effect, outcome).await;
            }
        });
    }

    /// Asks a participant something that the caller waits for, on the participant's own lane. `path`
    /// counts from its origin, or is an absolute URL that the operator entered.
    ///
    /// Errors: no verified and well-formed answer in time.
    pub async fn ask<T: Value>(
        &self,
        participant: ParticipantId,
        path: &str,
        body: Bytes,
        timeout: Duration,
    ) -> Result<T, CallError> {
        let partner = self.shared.directory.partner(participant);
        let partner = partner.ok_or_else(|| missing("the participant is not in the directory"))?;
        let origin = partner.participant.endpoints.origin.as_ref().map(|origin| origin.as_str());
        let url = place(origin, path);
        let url = url.ok_or_else(|| missing("the participant has no origin; set its endpoints"))?;
        let timeout = self.shared.options.timeout.unwrap_or(timeout);
        let lane = self.shared.lane(participant);
        let answer = lane.run(timeout, |left| {
            self.shared.client.call(Call {
                url: &url,
                own_origin: Some(&url),
                client_id: partner.participant.client_id.as_str(),
                body,
                keys: &*partner,
                timeout: left,
            })
        });
        read(&answer.await?)
    }

    /// All lanes that were used so far, by participant.
    pub fn snapshot(&self) -> Vec<LaneSnapshot> {
        let lanes = self.shared.lanes.lock().expect("nothing panics while lanes are looked up");
        let mut snapshots: Vec<LaneSnapshot> = lanes.values().map(|lane| lane.snapshot()).collect();
        snapshots.sort_by_key(|lane| lane.participant);
        snapshots
    }
}

fn silent() -> EffectOutcome {
    EffectOutcome::Wallet(WalletAnswer::of(WalletVerdict::Silent))
}

/// One call, ready to be made.
struct Planned {
    url: String,
    own_origin: Option<String>,
    body: Bytes,
}

impl Shared {
    /// `None` only when the engine has stopped.
    async fn carry_out(&self, effect: &PaymentEffect) -> Option<EffectOutcome> {
        match effect.id.kind {
            EffectKind::Claim => return self.claim(effect).await,
            EffectKind::EndDebit => return self.end_debit(effect).await,
            _ => {}
        }
        let outcome = match self.call(effect).await {
            Ok(outcome) => outcome,
            Err(error) => {
                let (payment, kind) = (effect.id.payment, effect.id.kind);
                tracing::info!(%payment, ?kind, lane = effect.lane.0, %error, "no usable answer");
                match effect.id.kind {
                    EffectKind::Notify => EffectOutcome::Delivered(false),
                    EffectKind::Push | EffectKind::PushInquiry => {
                        EffectOutcome::Pushed(PushAnswer::SILENT)
                    }
                    _ => silent(),
                }
            }
        };
        Some(outcome)
    }

    async fn call(&self, effect: &PaymentEffect) -> Result<EffectOutcome, CallError> {
        let lane = self.lane(effect.lane);
        let partner = self.directory.partner(effect.lane);
        let partner = partner.ok_or_else(|| missing("the participant is not in the directory"))?;
        let planned = self.plan(effect, &partner).await?;
        let own = Duration::from_nanos(effect.timeout.nanos());
        let timeout = self.options.timeout.unwrap_or(own);
        let answer = lane.run(timeout, |left| self.send(&planned, &partner, left, effect.id.kind));
        answer.await
    }

    async fn send(
        &self,
        planned: &Planned,
        partner: &Partner,
        timeout: Duration,
        kind: EffectKind,
    ) -> Result<EffectOutcome, CallError> {
        let answer = self.client.call(Call {
            url: &planned.url,
            own_origin: planned.own_origin.as_deref(),
            client_id: partner.participant.client_id.as_str(),
            body: planned.body.clone(),
            keys: partner,
            timeout,
        });
        let answer = answer.await?;
        let wallet = EffectOutcome::Wallet;
        Ok(match kind {
            EffectKind::Pay => wallet(answers::of_pay(&read(&answer)?)),
            EffectKind::Inquiry => wallet(answers::of_inquiry(&read(&answer)?)),
            EffectKind::Cancel => wallet(answers::of_cancel(&read(&answer)?)),
            EffectKind::Refund(_) => wallet(answers::of_refund(&read(&answer)?)),
            EffectKind::Notify => {
                let answer: ResultOnly = read(&answer)?;
                EffectOutcome::Delivered(answer.result.status() == ResultStatus::S)
            }
            EffectKind::Push => EffectOutcome::Pushed(answers::of_push(&read(&answer)?)),
            EffectKind::PushInquiry => {
                EffectOutcome::Pushed(answers::of_push_inquiry(&read(&answer)?))
            }
            EffectKind::Claim | EffectKind::EndDebit => {
                return Err(missing("what partitions ask of each other is not a call"));
            }
        })
    }

    /// The URL and the body of a call.
    async fn plan(&self, effect: &PaymentEffect, partner: &Partner) -> Result<Planned, CallError> {
        let payment = &*effect.payment;
        let participants = self.directory.now();
        let acquirer = participants.by_id(payment.acquirer);
        let acquirer = acquirer.ok_or_else(|| missing("the acquirer is not in the directory"))?;
        let mpp = payment.payer.as_ref().and_then(|payer| participants.by_id(payer.mpp));
        let (merchant, means) = match effect.id.kind {
            EffectKind::Pay => (self.merchant(payment).await?, Some(self.means(payment).await?)),
            EffectKind::Push => (self.merchant(payment).await?, None),
            _ => (None, None),
        };
        let ends = Ends {
            acquirer: &acquirer.participant,
            mpp: mpp.map(|mpp| &*mpp.participant),
            merchant: merchant.as_deref(),
        };
        let endpoints = &partner.participant.endpoints;
        let origin = endpoints.origin.as_ref().map(|origin| origin.as_str());
        let at = |path: &Option<directory::Url>, usual: &str| {
            place(origin, path.as_ref().map_or(usual, |path| path.as_str()))
        };
        let (url, body) = match effect.id.kind {
            EffectKind::Pay => {
                (at(&endpoints.pay, paths::wallet::PAY), body(render::pay(payment, means, &ends)))
            }
            EffectKind::Inquiry => (
                at(&endpoints.inquiry, paths::wallet::INQUIRY_PAYMENT),
                body(render::inquiry(payment, &ends)),
            ),
            EffectKind::Cancel => (
                at(&endpoints.cancel, paths::wallet::CANCEL_PAYMENT),
                body(render::cancel(payment, &ends)),
            ),
            EffectKind::Refund(number) => {
                let refund = usize::try_from(number).ok().and_then(|at| payment.refunds.get(at));
                let refund = refund.ok_or_else(|| missing("the payment has no such refund"))?;
                (
                    at(&endpoints.refund, paths::wallet::REFUND),
                    body(render::refund(payment, refund, &ends)),
                )
            }
            EffectKind::Notify => {
                let named = payment.notify_url.as_ref().map(|url| url.as_str().to_string());
                let own = || at(&endpoints.notify, paths::acquirer::NOTIFY_PAYMENT);
                (named.or_else(own), body(render::notify(payment, &ends)))
            }
            EffectKind::Push => (
                at(&endpoints.push_payment, paths::acquirer::PUSH_PAYMENT),
                body(render::push(payment, self.scanned(payment)?, &ends)),
            ),
            EffectKind::PushInquiry => (
                at(&endpoints.inquiry_push_payment, paths::acquirer::INQUIRY_PUSH_PAYMENT),
                body(render::push_inquiry(payment, self.scanned(payment)?, &ends)),
            ),
            EffectKind::Claim | EffectKind::EndDebit => {
                return Err(missing("what partitions ask of each other is not a call"));
            }
        };
        let url = url.ok_or_else(|| missing("the participant has no origin; set its endpoints"))?;
        let body = body.ok_or_else(|| missing("the payment lacks what the message says"))?;
        // What the operator entered may be called: the origin, or an absolute URL for
        // notifications.
        let notify = endpoints.notify.as_ref().map(|url| url.as_str());
        let entered = notify.filter(|url| is_absolute(url)).or(origin);
        let own_origin = match effect.id.kind {
            EffectKind::Notify => entered.map(str::to_string),
            _ => Some(url.clone()),
        };
        Ok(Planned { url, own_origin, body })
    }

    /// What the payer scanned, of a payment in push mode.
    fn scanned(&self, payment: &Payment) -> Result<Opaque<512>, CallError> {
        let push = payment.push.as_ref();
        let text =
            push.and_then(|push| self.tokens.open_text(payment.id.as_u128(), &push.code.text));
        let text = text.and_then(|text| Opaque::new(&text).ok());
        text.ok_or_else(|| missing("the scanned code cannot be opened"))
    }

    async fn merchant(
        &self,
        payment: &Payment,
    ) -> Result<Option<Arc<directory::Merchant>>, CallError> {
        let reference = payment.order.merchant.clone();
        let key = MerchantKey { acquirer: payment.acquirer, reference };
        let found = self.directory.merchant(key).await;
        found.map_err(|_| missing("the engine has stopped"))
    }

    fn lane(&self, id: ParticipantId) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().expect("nothing panics while lanes are looked up");
        let lane = lanes.entry(id).or_insert_with(|| Arc::new(Lane::new(id, self.options.lane)));
        Arc::clone(lane)
    }

    /// Asks the partition that issued the code. The same payment may ask again and gets the same
    /// answer.
    async fn claim(&self, effect: &PaymentEffect) -> Option<EffectOutcome> {
        let payment = &effect.payment;
        let code = payment.by.code().and_then(|text| PaymentCode::parse(text.as_str()));
        let (partition, claim) = match (code, payment.by.token()) {
            (Some(code), _) => {
                let claim = Command::Claim(Claim { code, payment: payment.id });
                (code.partition(self.partitions.count()), claim)
            }
            (None, Some(token)) => {
                (token.agreement.partition(), Command::ClaimDebit(payment.debit(token)))
            }
            (None, None) => {
                let refused = ClaimAnswer::Refused(base::ResultCode::InvalidCode);
                return Some(EffectOutcome::Claimed(refused));
            }
        };
        match self.submit_until_accepted(partition, claim).await? {
            Reply::Claim(answer) => Some(EffectOutcome::Claimed(answer)),
            Reply::Refused(refusal) => {
                Some(EffectOutcome::Claimed(ClaimAnswer::Refused(refusal.code)))
            }
            other => unreachable!("a claim is answered with a claim's answer, not {other:?}"),
        }
    }

    /// Tells the partition of the agreement how a debit ended.
    async fn end_debit(&self, effect: &PaymentEffect) -> Option<EffectOutcome> {
        if let Some((partition, ended)) = effect.payment.end_of_debit() {
            self.submit_until_accepted(partition, ended).await?;
        }
        Some(EffectOutcome::Delivered(true))
    }

    /// What the wallet knows its payer by: the code that was scanned, or its own token.
    async fn means(&self, payment: &Payment) -> Result<Text<128>, CallError> {
        let Some(token) = payment.by.token() else {
            let code = payment.by.code().cloned();
            return code.ok_or_else(|| missing("the payment has no code"));
        };
        let id = token.agreement;
        let look = move |machine: &network::Network,
                         history: &dyn base::History,
                         _: base::Stamp| { machine.agreement(history, id) };
        let found = self.partitions.read(id.partition(), look).await;
        let found = found.map_err(|_| missing("the engine has stopped"))?;
        let sealed = found.as_ref().and_then(|agreement| agreement.grant.as_ref());
        let tokens = sealed.and_then(|grant| self.tokens.open(id, &grant.wallet_tokens));
        let tokens = tokens.ok_or_else(|| missing("the wallet's token cannot be opened"))?;
        Text::new(&tokens.access).map_err(|_| missing("the wallet's token is no text"))
    }

    /// One attempt of an errand, and its outcome back to the machine.
    async fn run_errand(&self, errand: &Errand) {
        let outcome = match self.errand(errand).await {
            Ok(outcome) => outcome,
            Err(error) => {
                let (errand, lane) = (errand.id.number, errand.to.0);
                tracing::info!(errand, lane, %error, "no usable answer");
                ErrandOutcome::Silent
            }
        };
        let (id, attempt) = (errand.id, errand.attempts);
        let done = Command::ErrandDone { id, attempt, outcome };
        self.submit_until_accepted(id.partition, done).await;
    }

    async fn errand(&self, errand: &Errand) -> Result<ErrandOutcome, CallError> {
        let partner = self.directory.partner(errand.to);
        let partner = partner.ok_or_else(|| missing("the participant is not in the directory"))?;
        let endpoints = &partner.participant.endpoints;
        let (named, usual) = errands::target(&errand.message, endpoints);
        let origin = endpoints.origin.as_ref().map(|origin| origin.as_str());
        let own = match &errand.message {
            Message::RegistrationStatus(merchant) => {
                merchant.notify_url.as_ref().or(named.as_ref())
            }
            _ => named.as_ref(),
        };
        let url = place(origin, own.map_or(usual, |url| url.as_str()));
        let url = url.ok_or_else(|| missing("the participant has no origin; set its endpoints"))?;
        // A URL that the acquirer named must be on the list, or at the origin that the operator
        // entered.
        let entered = match &errand.message {
            Message::RegistrationStatus(_) => origin.map(str::to_owned),
            _ => Some(url.clone()),
        };
        let body = errands::body(&errand.message, &self.directory.now(), &self.tokens);
        let body = body.ok_or_else(|| missing("what the message says is not there any more"))?;
        let usual = Duration::from_nanos(Errand::TIMEOUT.nanos());
        let lane = self.lane(errand.to);
        let answer = lane.run(self.options.timeout.unwrap_or(usual), |left| {
            self.client.call(Call {
                url: &url,
                own_origin: entered.as_deref(),
                client_id: partner.participant.client_id.as_str(),
                body: body.into(),
                keys: &*partner,
                timeout: left,
            })
        });
        let answer = answer.await?;
        let Message::Registration { merchant, .. } = &errand.message else {
            let answer: ResultOnly = read(&answer)?;
            return Ok(errands::outcome(&answer.result));
        };
        let answer: InquiryRegistrationStatusResponse = read(&answer)?;
        if let Some(approval) = errands::decision_of(answer.registration_result.as_ref()) {
            let decided = DecideMerchant { mpp: errand.to, merchant: merchant.key(), approval };
            for partition in self.partitions.all() {
                let decided = Command::WalletDecides(decided.clone());
                self.submit_until_accepted(partition, decided).await;
            }
        }
        Ok(errands::outcome(&answer.result))
    }

    async fn bring_back(&self, effect: &PaymentEffect, outcome: EffectOutcome) {
        let partition = effect.id.payment.partition();
        let done = Command::EffectDone { id: effect.id, outcome };
        self.submit_until_accepted(partition, done).await;
    }

    /// An outcome must not be lost because the engine is busy. `None` when the engine has stopped:
    /// after the restart the effect comes again.
    async fn submit_until_accepted(
        &self,
        partition: ids::Partition,
        command: Command,
    ) -> Option<Reply> {
        let mut wait = BACK_OFF;
        loop {
            match self.partitions.submit(partition, command.clone()).await {
                Ok((_, reply)) => return Some(reply),
                Err(SubmitError::Stopped) => return None,
                Err(error @ SubmitError::TooLarge) => {
                    tracing::error!(%error, "an outcome cannot be recorded");
                    return None;
                }
                Err(SubmitError::Overloaded) => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(MAX_BACK_OFF);
                }
            }
        }
    }
}

fn missing(what: &str) -> CallError {
    CallError::Unreachable(what.to_string())
}

fn read<T: Value>(answer: &Answer) -> Result<T, CallError> {
    wire::parse(&answer.body).map_err(|error| CallError::BadBody(error.to_string()))
}

fn body<T: Value>(message: Option<T>) -> Option<Bytes> {
    message.map(|message| wire::render(&message).into())
}

fn is_absolute(url: &str) -> bool {
    url.contains("://")
}

/// A path behind the participant's origin, or an absolute URL as it is.
fn place(origin: Option<&str>, path: &str) -> Option<String> {
    if is_absolute(path) {
        return Some(path.to_string());
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    origin.map(|origin| format!("{}{slash}{path}", origin.trim_end_matches('/')))
}
