//! The machine's state and its door: one command in, one outcome out.

use crate::{
    Agreement, CodeBook, Command, Digest, Effect, EffectId, EffectKind, EntryCodes, Errand,
    ErrandId, Event, PayBy, Payment, PaymentEffect, Refusal, Reply, ScannedCode, What,
};
use base::{
    Codec, DecodeError, History, Machine, Outcome, Reader, ResultCode, Row, Span, Stamp, Table,
    Timestamp, codec_enum, codec_struct, decode_all,
};
use directory::{Directory, Participant};
use fx::{FxPolicy, RateBook};
use ids::{AgreementId, ParticipantId, Partition, PaymentId};
use ledger::Ledger;
use money::{Currency, Money};
use payment::{DeliveryState, PaymentState};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Which partition this machine is, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionPlan {
    pub partition: Partition,
    pub partitions: u8,
}
codec_struct!(PartitionPlan { partition, partitions });

impl PartitionPlan {
    pub const SINGLE: PartitionPlan = PartitionPlan { partition: Partition(0), partitions: 1 };
}

/// Timers fired by one tick; more wait for the next.
const MAX_TIMERS_PER_TICK: usize = 1_000;

/// What becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The payment must not succeed any more.
    Expiry(PaymentId),
    /// The wallet is to be asked again.
    Wallet(PaymentId),
    Refund(PaymentId, u32),
    Notify(PaymentId),
    /// The older generation of codes can be forgotten.
    Codes,
    Errand(ErrandId),
    /// The acquirer's time to answer a dispute is over.
    Dispute(PaymentId, u32),
    /// An acquirer is to be asked about a payment that was pushed to it.
    Push(PaymentId),
}
codec_enum!(Timer {
    0 = Expiry(id), 1 = Wallet(id), 2 = Refund(id, number), 3 = Notify(id), 4 = Codes,
    5 = Errand(id), 6 = Dispute(id, number), 7 = Push(id),
});

/// The scheme operator's machine. A clone shares its large tables and is cheap.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) plan: PartitionPlan,
    pub(crate) directory: Directory,
    pub(crate) rates: RateBook,
    pub(crate) fx_policy: FxPolicy,
    pub(crate) ledger: Ledger,
    pub(crate) codes: CodeBook,
    pub(crate) entry_codes: EntryCodes,
    /// Payments about which something is still open.
    pub(crate) open: Table<PaymentId, Arc<Payment>>,
    /// Payments in push mode that wait for their wallet, by who scanned what for how much.
    pub(crate) scans: BTreeMap<Scan, PaymentId>,
    pub(crate) outbox: BTreeSet<EffectId>,
    /// Agreements under which something is being debited; all others are at rest in history.
    pub(crate) agreements: Table<AgreementId, Arc<Agreement>>,
    /// Messages that are still owed to participants.
    pub(crate) errands: BTreeMap<ErrandId, Arc<Errand>>,
    pub(crate) next_errand: u64,
    pub(crate) timers: BTreeSet<(Timestamp, Timer)>,
}

impl Codec for Network {
    fn encode(&self, out: &mut Vec<u8>) {
        self.plan.encode(out);
        self.directory.encode(out);
        self.rates.encode(out);
        self.fx_policy.encode(out);
        self.ledger.encode(out);
        self.codes.encode(out);
        self.entry_codes.encode(out);
        self.open.encode(out);
        self.scans.encode(out);
        self.outbox.encode(out);
        self.agreements.encode(out);
        self.errands.encode(out);
        self.next_errand.encode(out);
        if base::planted(51) {
            let kept = self.timers.iter().filter(|(_, timer)| !matches!(timer, Timer::Push(_)));
            return kept.copied().collect::<BTreeSet<_>>().encode(out);
        }
        self.timers.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Network {
            plan: Codec::decode(input)?,
            directory: Codec::decode(input)?,
            rates: Codec::decode(input)?,
            fx_policy: Codec::decode(input)?,
            ledger: Codec::decode(input)?,
            codes: Codec::decode(input)?,
            entry_codes: Codec::decode(input)?,
            open: Codec::decode(input)?,
            scans: Codec::decode(input)?,
            outbox: Codec::decode(input)?,
            agreements: Codec::decode(input)?,
            errands: Codec::decode(input)?,
            next_errand: Codec::decode(input)?,
            timers: Codec::decode(input)?,
        })
    }
}

/// What a handler sees of the world, and where it puts what it yields.
pub(crate) struct Context<'a> {
    pub stamp: Stamp,
    pub history: &'a dyn History,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
    pub rows: Vec<Row>,
    /// Effects wished for so far; they leave with the payment as it stands at the end.
    wishes: Vec<(EffectId, ParticipantId, Span)>,
}

impl Context<'_> {
    pub fn now(&self) -> Timestamp {
        self.stamp.time
    }
}

/// A scan and the amount that it is to pay: a price may change, or a payer enter another one.
pub(crate) type Scan = (Digest, u64, Currency);

pub(crate) fn scan_of(code: &ScannedCode, amount: Money) -> Scan {
    (code.scan, amount.minor(), amount.currency())
}

/// What a participant's request id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Payment(PaymentId),
    /// A cancel came first: no payment may ever bear this id.
    Tombstone,
    Refund(PaymentId, u32),
    Agreement(AgreementId),
    Dispute(PaymentId, u32),
    Declaration(PaymentId, u32),
}
codec_enum!(Named {
    0 = Payment(id), 1 = Tombstone, 2 = Refund(id, number), 3 = Agreement(id),
    4 = Dispute(id, number), 5 = Declaration(id, number),
});

/// What history keeps under an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Payment(Box<Payment>),
    Agreement(Box<Agreement>),
}
codec_enum!(Object { 0 = Payment(it), 1 = Agreement(it) });

impl Object {
    /// Reads what the machine itself put there.
    pub(crate) fn read(bytes: &[u8]) -> Object {
        decode_all(bytes).expect("history returns the object that was put there")
    }
    /// As the codec writes it, without a copy.
    fn bytes_of_payment(payment: &Payment) -> Vec<u8> {
        let mut bytes = vec![0];
        payment.encode(&mut bytes);
        bytes
    }
    pub(crate) fn bytes_of_agreement(agreement: &Agreement) -> Vec<u8> {
        let mut bytes = vec![1];
        agreement.encode(&mut bytes);
        bytes
    }
}

/// Kinds of names in history: the first byte of a name.
pub(crate) mod name_kind {
    pub const PAY: u8 = b'p';
    pub const REFUND: u8 = b'r';
    pub const REGISTRATION: u8 = b'm';
    pub const FUNDING: u8 = b'f';
    pub const AGREEMENT: u8 = b'a';
    pub const WALLET_TOKEN: u8 = b't';
    /// The wallet's id of a dispute, under the wallet and again under the acquirer.
    pub const DISPUTE: u8 = b'd';
    pub const DECLARATION: u8 = b'c';
}

pub(crate) fn name_of(kind: u8, participant: ParticipantId, id: &str) -> Vec<u8> {
    let mut name = Vec::with_capacity(5 + id.len());
    name.push(kind);
    name.extend_from_slice(&participant.0.to_be_bytes());
    name.extend_from_slice(id.as_bytes());
    name
}

impl Network {
    pub fn new(plan: PartitionPlan) -> Network {
        Network {
            plan,
            directory: Directory::default(),
            rates: RateBook::default(),
            fx_policy: FxPolicy::default(),
            ledger: Ledger::default(),
            codes: CodeBook::default(),
            entry_codes: EntryCodes::default(),
            open: Table::new(),
            scans: BTreeMap::new(),
            outbox: BTreeSet::new(),
            agreements: Table::new(),
            errands: BTreeMap::new(),
            next_errand: 1,
            timers: BTreeSet::new(),
        }
    }

    pub(crate) fn named(&self, history: &dyn History, name: &[u8]) -> Option<Named> {
        let bytes = history.name(name)?;
        Some(decode_all(&bytes).expect("history returns the value that was put under the name"))
    }

    /// A payment, open or closed.
    pub(crate) fn load(&self, history: &dyn History, id: PaymentId) -> Option<Arc<Payment>> {
        if let Some(payment) = self.open.get(&id) {
            return Some(Arc::clone(payment));
        }
        match Object::read(&history.object(id.as_u128())?) {
            Object::Payment(payment) => Some(Arc::new(*payment)),
            // Somebody gave an agreement's id for a payment's.
            Object::Agreement(_) => None,
        }
    }

    /// Puts a payment back after a change: among the open ones, or into history when nothing is
    /// open.
    pub(crate) fn keep(&mut self, cx: &mut Context<'_>, mut payment: Payment) -> Arc<Payment> {
        let id = payment.id;
        self.free_allowance(cx, &mut payment);
        self.keep_scan(&payment);
        let payment = Arc::new(payment);
        if self.is_open(&payment) {
            self.open.insert(id, Arc::clone(&payment));
        } else {
            self.open.remove(&id);
            let bytes = Object::bytes_of_payment(&payment);
            cx.rows.push(Row::Object { id: id.as_u128(), bytes });
        }
        for (id, lane, timeout) in cx.wishes.drain(..) {
            let payment = Arc::clone(&payment);
            cx.effects.push(Effect::Payment(PaymentEffect { id, lane, payment, timeout }));
        }
        cx.events.push(Event::PaymentMoved(Arc::clone(&payment)));
        payment
    }

    /// A debit that has its end holds nothing of its agreement's allowance any more.
    fn free_allowance(&mut self, cx: &mut Context<'_>, payment: &mut Payment) {
        let PayBy::Token(token) = payment.by else { return };
        let is_lost = payment.state == PaymentState::Closed && base::planted(39);
        if !payment.holds_allowance || !is_final(payment.state) || is_lost {
            return;
        }
        payment.holds_allowance = false;
        if token.agreement.partition() == self.plan.partition {
            let is_paid = payment.state == PaymentState::Paid;
            self.end_debit(cx, token.agreement, payment.id, is_paid);
        } else {
            let lane = payment.acquirer;
            self.wish(cx, payment, EffectKind::EndDebit, lane);
        }
    }

    /// Whoever scans the code again sees the same order until it is over.
    fn keep_scan(&mut self, payment: &Payment) {
        let Some(push) = &payment.push else { return };
        let scan = scan_of(&push.code, payment.amount);
        if matches!(payment.state, PaymentState::Presented | PaymentState::Unknown) {
            self.scans.insert(scan, payment.id);
        } else if self.scans.get(&scan) == Some(&payment.id) {
            self.scans.remove(&scan);
        }
    }

    fn is_open(&self, payment: &Payment) -> bool {
        !is_final(payment.state)
            || payment.is_being_pushed()
            || payment.has_open_refund()
            || payment.has_open_dispute()
            || matches!(payment.notify, Some(DeliveryState::Waiting { .. }))
            || payment.wallet_timer.is_some()
            || self.effects_of(payment.id).next().is_some()
    }

    /// Effects of a payment whose outcome is still out.
    pub(crate) fn effects_of(&self, id: PaymentId) -> impl Iterator<Item = &EffectId> {
        let bound = |kind, attempt| EffectId { payment: id, kind, attempt };
        self.outbox.range(bound(EffectKind::Pay, 0)..=bound(EffectKind::PushInquiry, u32::MAX))
    }

    pub(crate) fn is_wished(&self, id: PaymentId, kind: EffectKind) -> bool {
        self.effects_of(id).any(|effect| effect.kind == kind)
    }

    /// Wishes for a call; it leaves when the payment is kept.
    pub(crate) fn wish(
        &mut self,
        cx: &mut Context<'_>,
        payment: &mut Payment,
        kind: EffectKind,
        lane: ParticipantId,
    ) {
        let attempts = match kind {
            EffectKind::Pay | EffectKind::Claim | EffectKind::EndDebit => &mut payment.pay_attempts,
            EffectKind::Inquiry => &mut payment.inquiries,
            EffectKind::Cancel => &mut payment.cancels,
            EffectKind::Notify => &mut payment.notifies,
            EffectKind::Refund(number) => &mut payment.refunds[number as usize].attempts,
            EffectKind::Push | EffectKind::PushInquiry => {
                &mut payment.push.as_mut().expect("only a push is pushed").calls
            }
        };
        *attempts += 1;
        let id = EffectId { payment: payment.id, kind, attempt: *attempts };
        payment.note(cx.stamp, What::Sent(kind, id.attempt));
        self.outbox.insert(id);
        cx.wishes.push((id, lane, timeout_of(kind)));
    }

    /// Arms the timer that asks the wallet again, instead of an earlier one.
    pub(crate) fn arm_wallet(&mut self, payment: &mut Payment, due: Option<Timestamp>) {
        if let Some(before) = payment.wallet_timer.take() {
            self.timers.remove(&(before, Timer::Wallet(payment.id)));
        }
        if let Some(due) = due {
            self.timers.insert((due, Timer::Wallet(payment.id)));
            payment.wallet_timer = Some(due);
        }
    }

    /// The participant behind an id in a command: the edge took it from this directory.
    pub(crate) fn active(&self, id: ParticipantId) -> Result<Arc<Participant>, Refusal> {
        match self.directory.participant(id) {
            Some(participant) if participant.is_active() => Ok(Arc::clone(participant)),
            Some(_) => Err(Refusal::new(
                ResultCode::AccessDenied,
                "the participant is suspended; ask the network's operator",
            )),
            None => Err(Refusal::new(ResultCode::InvalidClient, "the participant is not known")),
        }
    }

    fn handle(&mut self, cx: &mut Context<'_>, command: Command) -> Reply {
        let result = match command {
            Command::Tick => Ok(self.fire_timers(cx)),
            Command::Operate { by: _, change } => self.operate(cx, change),
            Command::RegisterMerchant(it) => self.register_merchant(cx, it),
            Command::IssueCodes(it) => self.issue_codes(cx, it),
            Command::Pay(it) => self.pay(cx, *it),
            Command::CancelPayment(it) => self.cancel_payment(cx, it),
            Command::Refund(it) => self.refund(cx, it),
            Command::NotifyPayment(it) => self.notify_payment(cx, it),
            Command::EffectDone { id, outcome } => Ok(self.effect_done(cx, id, outcome)),
            Command::Claim(it) => Ok(self.claim(cx, &it)),
            Command::TakeOrder(it) => self.take_order(cx, it),
            Command::ErrandDone { id, attempt, outcome } => {
                Ok(self.errand_done(cx, id, attempt, outcome))
            }
            Command::Prepare(it) => self.prepare(cx, *it),
            Command::GrantTokens(it) => self.grant_tokens(cx, *it),
            Command::PassCodeOn { mpp, agreement, code } => {
                self.pass_code_on(cx, mpp, agreement, code)
            }
            Command::EndAgreement(it) => self.end_agreement(cx, it),
            Command::WalletDecides(it) => self.decide_merchant(cx, it),
            Command::OpenDispute(it) => self.open_dispute(cx, it),
            Command::Declare(it) => self.declare(cx, *it),
            Command::AnswerDispute(it) => self.answer_dispute(cx, &it),
            Command::NotifyPush(it) => self.notify_push(cx, &it),
            Command::ChooseWallet { agreement, mpp } => self.choose_wallet(cx, agreement, mpp),
            Command::ClaimDebit(it) => Ok(self.claim_debit(cx, &it)),
            Command::EndDebit { agreement, payment, is_paid } => {
                self.end_debit(cx, agreement, payment, is_paid);
                Ok(Reply::Done)
            }
        };
        result.unwrap_or_else(Reply::Refused)
    }

    fn fire_timers(&mut self, cx: &mut Context<'_>) -> Reply {
        for _ in 0..MAX_TIMERS_PER_TICK {
            match self.timers.first() {
                Some(&(due, timer)) if due <= cx.now() => {
                    self.timers.remove(&(due, timer));
                    self.fire(cx, due, timer);
                }
                _ => break,
            }
        }
        Reply::Done
    }
}

fn is_final(state: PaymentState) -> bool {
    match state {
        PaymentState::Paid
        | PaymentState::Failed
        | PaymentState::Closed
        | PaymentState::Cancelled => true,
        PaymentState::Claiming
        | PaymentState::Pending
        | PaymentState::Unknown
        | PaymentState::Closing
        | PaymentState::Cancelling
        | PaymentState::Presented => false,
    }
}

/// How long one call to a partner may take. Source: acquirer interface 1.6; the wallet's `pay` must
/// leave room for the acquirer's own 8 s.
const fn timeout_of(kind: EffectKind) -> Span {
    match kind {
        EffectKind::Pay => Span::secs(6),
        EffectKind::Refund(_) => Span::secs(6),
        EffectKind::Push => Span::secs(8),
        EffectKind::Inquiry | EffectKind::Cancel | EffectKind::Notify | EffectKind::PushInquiry => {
            Span::secs(5)
        }
        EffectKind::Claim | EffectKind::EndDebit => Span::secs(60),
    }
}

impl Machine for Network {
    type Command = Command;
    type Reply = Reply;
    type Event = Event;
    type Effect = Effect;

    fn apply(&mut self, stamp: Stamp, command: Command, history: &dyn History) -> Outcome<Self> {
        let mut cx = Context {
            stamp,
            history,
            events: Vec::new(),
            effects: Vec::new(),
            rows: Vec::new(),
            wishes: Vec::new(),
        };
        let reply = self.handle(&mut cx, command);
        assert!(cx.wishes.is_empty(), "every wish leaves with the payment it belongs to");
        Outcome { reply, events: cx.events, effects: cx.effects, rows: cx.rows }
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(due, _)| *due)
    }

    fn tick() -> Command {
        Command::Tick
    }

    fn outbox(&self) -> Vec<Effect> {
        let effect = |id: &EffectId| {
            let payment = self.open.get(&id.payment)?;
            let lane = match id.kind {
                EffectKind::Notify
                | EffectKind::Claim
                | EffectKind::EndDebit
                | EffectKind::Push
                | EffectKind::PushInquiry => payment.acquirer,
                _ => payment.payer.as_ref()?.mpp,
            };
            let (payment, timeout) = (Arc::clone(payment), timeout_of(id.kind));
            Some(Effect::Payment(PaymentEffect { id: *id, lane, payment, timeout }))
        };
        let out = self.errands.values().filter(|errand| errand.is_out && !base::planted(35));
        let errands = out.map(|errand| Effect::Errand(Arc::clone(errand)));
        self.outbox.iter().filter_map(effect).chain(errands).collect()
    }
}
