//! Load on engines in process: payments in, the wallets' answers after them, every latency counted.
//!
//! Each partition has a thread that sends payments and one that answers the wallets' calls out of
//! the engine's own outbox. A closed loop keeps a number of payments under way; an open loop sends
//! at a fixed rate and counts from the moment at which a payment was to be sent, so that a stall
//! counts for all whom it made wait.

use super::halt::Halt;
use super::latency::Latency;
use super::world::{Traffic, slot_of};
use anyhow::{Result, anyhow};
use engine::{Effects, Engine, SubmitError};
use ids::PaymentId;
use network::{
    Command, Effect, EffectKind, EffectOutcome, Network, Reply, WalletAnswer, WalletVerdict,
};
use payment::PaymentState;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Payments under way at most in an open loop: 4 seconds at 30,000 a second.
const OPEN_LOOP_SLOTS: u32 = 120_000;

/// One payment of so many is looked up when the load has ended.
const SAMPLED_OF: u64 = 512;

/// When payments are sent.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// So many are under way all the time.
    Closed { in_flight: u32 },
    /// So many a second, whatever becomes of them.
    Open { rate: u64 },
}

impl Pace {
    /// Payments that can be under way at once.
    pub fn slots(self) -> u32 {
        match self {
            Pace::Closed { in_flight } => in_flight.max(1),
            Pace::Open { .. } => OPEN_LOOP_SLOTS,
        }
    }

    /// Commands that can wait in a queue: of each payment one, and requests for codes.
    pub fn queue_capacity(self) -> usize {
        self.slots() as usize * 2 + 1_024
    }
}

/// What all threads count.
pub struct Tally {
    begun: Instant,
    pub paid: AtomicU64,
    pub sent: AtomicU64,
    /// Whether latencies count now.
    pub is_measuring: AtomicBool,
    pub halt: Halt,
    /// From `pay` to its durable reply.
    pub pay: Latency,
    /// From `pay` to the durable reply to the wallet's answer.
    pub whole: Latency,
    /// The first thing that went wrong.
    /// Some paid payments, to be looked up later.
    sample: Mutex<Vec<PaymentId>>,
    paid_ids: Mutex<Option<Sender<PaymentId>>>,
}

impl Tally {
    /// Ids of paid payments go to `paid_ids`, once each is durable.
    pub fn new(paid_ids: Option<Sender<PaymentId>>) -> Arc<Tally> {
        Arc::new(Tally {
            begun: Instant::now(),
            paid: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            is_measuring: AtomicBool::new(false),
            halt: Halt::default(),
            pay: Latency::default(),
            whole: Latency::default(),
            sample: Mutex::default(),
            paid_ids: Mutex::new(paid_ids),
        })
    }

    /// Takes the ids of some payments that were paid.
    pub fn take_sample(&self) -> Vec<PaymentId> {
        self.sample.lock().map(|mut ids| std::mem::take(&mut *ids)).unwrap_or_default()
    }

    fn nanos(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn since(&self, start_nanos: u64) -> Duration {
        Duration::from_nanos(self.nanos().saturating_sub(start_nanos))
    }
}

/// What the two threads of one partition share.
struct Lane {
    engine: Engine<Network>,
    tally: Arc<Tally>,
    /// When the payment of each slot was (to be) sent, in nanoseconds of the tally.
    starts: Vec<AtomicU64>,
    freed: Sender<u32>,
    paid_ids: Option<Sender<PaymentId>>,
}

impl Lane {
    fn free(&self, slot: u32) {
        // The sender may have gone home.
        let _ = self.freed.send(slot);
    }

    fn start_of(&self, slot: u32) -> u64 {
        self.starts[slot as usize].load(Relaxed)
    }
}

/// Load that runs until it is stopped.
pub struct Load {
    tally: Arc<Tally>,
    senders: Vec<JoinHandle<()>>,
    wallets: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts two threads for each partition.
    pub fn start(
        partitions: Vec<(Engine<Network>, Traffic)>,
        pace: Pace,
        tally: Arc<Tally>,
    ) -> Result<Load> {
        let count = u32::try_from(partitions.len()).unwrap_or(u32::MAX);
        let pace = match pace {
            Pace::Closed { in_flight } => Pace::Closed { in_flight: in_flight.div_ceil(count) },
            Pace::Open { rate } => Pace::Open { rate: rate.div_ceil(count.into()).max(1) },
        };
        let mut load = Load { tally: Arc::clone(&tally), senders: Vec::new(), wallets: Vec::new() };
        let paid_ids = tally.paid_ids.lock().ok().and_then(|mut ids| ids.take());
        for (engine, traffic) in partitions {
            let (freed, slots) = channel();
            let effects = engine.take_effects();
            let effects = effects.ok_or_else(|| anyhow!("the effects were taken already"))?;
            let starts = (0..pace.slots()).map(|_| AtomicU64::new(0)).collect();
            let (tally, paid_ids) = (Arc::clone(&tally), paid_ids.clone());
            let lane = Arc::new(Lane { engine, tally, starts, freed, paid_ids });
            let wallet = Arc::clone(&lane);
            let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
            load.wallets.push(named("bench-wallet").spawn(move || answer(&wallet, effects))?);
            let sender = Sending { lane, traffic, free: (0..pace.slots()).collect(), slots };
            load.senders.push(named("bench-sender").spawn(move || sender.run(pace))?);
        }
        Ok(load)
    }

    /// Sends no more, and waits until everything sent was paid. The wallets' threads end with
    /// their engine.
    pub fn finish(self) -> Result<Vec<JoinHandle<()>>> {
        self.tally.halt.set();
        for sender in self.senders {
            sender.join().map_err(|_| anyhow!("a sender panicked"))?;
        }
        let begun = Instant::now();
        while self.tally.paid.load(Relaxed) < self.tally.sent.load(Relaxed) {
            self.tally.halt.check()?;
            if begun.elapsed() > Duration::from_secs(60) {
                return Err(anyhow!("payments are still open a minute after the last was sent"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.tally.halt.check()?;
        Ok(self.wallets)
    }
}

/// The thread that sends payments.
struct Sending {
    lane: Arc<Lane>,
    traffic: Traffic,
    free: Vec<u32>,
    slots: Receiver<u32>,
}

impl Sending {
    fn run(mut self, pace: Pace) {
        let ended = match pace {
            Pace::Closed { .. } => self.closed(),
            Pace::Open { rate } => self.open(rate),
        };
        if let Err(error) = ended {
            self.lane.tally.halt.fail(format!("{error:#}"));
        }
    }

    fn is_over(&self) -> bool {
        self.lane.tally.halt.is_set()
    }

    fn closed(&mut self) -> Result<()> {
        while !self.is_over() {
            if self.free.is_empty() {
                match self.slots.recv_timeout(Duration::from_millis(100)) {
                    Ok(slot) => self.free.push(slot),
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
            self.free.extend(self.slots.try_iter());
            while let Some(slot) = self.free.pop() {
                let start = self.lane.tally.nanos();
                self.send(slot, start)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, rate: u64) -> Result<()> {
        let first = self.lane.tally.nanos();
        let mut number: u64 = 0;
        while !self.is_over() {
            let due = first + u64::try_from(u128::from(number) * 1_000_000_000 / u128::from(rate))?;
            let wait = due.saturating_sub(self.lane.tally.nanos());
            // Short waits would cost more in timers than they are long: the next round catches up.
            if wait > 200_000 {
                std::thread::sleep(Duration::from_nanos(wait));
                continue;
            }
            self.free.extend(self.slots.try_iter());
            let slot = self.free.pop().ok_or_else(|| {
                anyhow!(
                    "{OPEN_LOOP_SLOTS} payments are under way: --rate is more than the engine's"
                )
            })?;
            self.send(slot, due)?;
            number += 1;
        }
        Ok(())
    }

    fn send(&mut self, slot: u32, start: u64) -> Result<()> {
        if let Some(codes) = self.traffic.codes()? {
            let tally = Arc::clone(&self.lane.tally);
            submit(&self.lane, codes, move |answer| match answer {
                Ok(Reply::Codes(_)) => {}
                other => tally.halt.fail(format!("payment codes: {other:?}")),
            })?;
        }
        let pay = self.traffic.pay(slot)?;
        self.lane.starts[slot as usize].store(start, Relaxed);
        self.lane.tally.sent.fetch_add(1, Relaxed);
        let lane = Arc::clone(&self.lane);
        submit(&self.lane, Command::Pay(Box::new(pay)), move |answer| {
            match answer {
                Ok(Reply::Payment { payment, is_repeat: false })
                    if payment.state == PaymentState::Pending => {}
                other => lane.tally.halt.fail(format!("a payment was not taken: {other:?}")),
            }
            if lane.tally.is_measuring.load(Relaxed) {
                lane.tally.pay.record(lane.tally.since(start));
            }
        })
    }
}

/// Submits a command. The queue is made long enough for all that can be under way.
fn submit(
    lane: &Lane,
    command: Command,
    call: impl FnOnce(Result<Reply, SubmitError>) + Send + 'static,
) -> Result<()> {
    lane.engine.try_submit(command, move |answer| call(answer.map(|(_, reply)| reply)))?;
    Ok(())
}

/// The thread that plays all wallets: it approves what the outbox asks for.
fn answer(lane: &Arc<Lane>, mut effects: Effects<Network>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime else {
        return lane.tally.halt.fail("no runtime for the wallets".to_owned());
    };
    // An effect comes at least once; whose call was answered is remembered by slot.
    let mut answered = vec![0; lane.starts.len()];
    while let Some(effects) = runtime.block_on(effects.next()) {
        for effect in effects.into_iter().filter_map(Effect::of_payment) {
            let id = effect.id.payment.as_u128();
            if std::mem::replace(&mut answered[slot_of(effect.id.payment) as usize], id) == id {
                continue;
            }
            if effect.id.kind != EffectKind::Pay {
                return lane.tally.halt.fail(format!("an unexpected call: {:?}", effect.id.kind));
            }
            let payment = effect.payment;
            let answer = WalletAnswer {
                verdict: WalletVerdict::Approved,
                wallet_id: Some(payment.request_id.clone()),
                wallet_time: None,
                amount: Some(payment.amount),
                pay_to: payment.terms.as_ref().map(|terms| terms.pay_to),
            };
            let (id, done) = (effect.id, Arc::clone(lane));
            let outcome = EffectOutcome::Wallet(answer);
            let sent = submit(lane, Command::EffectDone { id, outcome }, move |answer| {
                paid(&done, id.payment, answer);
            });
            if let Err(error) = sent {
                return lane.tally.halt.fail(format!("{error:#}"));
            }
        }
    }
}

fn paid(lane: &Lane, id: PaymentId, answer: Result<Reply, SubmitError>) {
    if !matches!(answer, Ok(Reply::Done)) {
        return lane.tally.halt.fail(format!("a wallet's answer was not taken: {answer:?}"));
    }
    let slot = slot_of(id);
    if lane.tally.is_measuring.load(Relaxed) {
        lane.tally.whole.record(lane.tally.since(lane.start_of(slot)));
    }
    let number = lane.tally.paid.fetch_add(1, Relaxed);
    if number.is_multiple_of(SAMPLED_OF)
        && let Ok(mut sample) = lane.tally.sample.lock()
    {
        sample.push(id);
    }
    if let Some(ids) = &lane.paid_ids {
        // The reader ends before the load only when the program ends.
        let _ = ids.send(id);
    }
    lane.free(slot);
}
