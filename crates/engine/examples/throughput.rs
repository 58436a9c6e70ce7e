//! How many commands a second the engine makes durable, applies and indexes, on a real disk.
//!
//! `cargo run --release -p dhow-engine --example throughput -- [seconds] [directory]`
//!
//! Every command yields a name, an object of 400 bytes and a row of a list; 30 % go to one list.

use base::{History, Machine, Outcome, Row, Stamp, Table, Timestamp, codec_struct};
use dhow_engine::{Engine, Options, SubmitError};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Clone)]
struct Pay {
    id: u128,
    request: [u8; 24],
    account: u64,
    body: Vec<u8>,
}
codec_struct!(Pay { id, request, account, body });

#[derive(Clone, Default)]
struct Bank {
    accounts: Table<u64, u64>,
}
codec_struct!(Bank { accounts });

impl Machine for Bank {
    type Command = Pay;
    type Reply = bool;
    type Event = u128;
    type Effect = u128;

    fn apply(&mut self, _: Stamp, pay: Pay, history: &dyn History) -> Outcome<Bank> {
        let known = history.name(&pay.request).is_some();
        let mut outcome =
            Outcome { reply: !known, events: Vec::new(), effects: Vec::new(), rows: Vec::new() };
        if !known {
            *self.accounts.entry(pay.account, || 0) += 1;
            let list = if pay.id % 10 < 3 { 0 } else { pay.account % 10_000 };
            outcome.rows = vec![
                Row::Name { name: pay.request.to_vec(), value: pay.id.to_be_bytes().to_vec() },
                Row::Object { id: pay.id, bytes: pay.body },
                Row::Listed { list: list.to_be_bytes().to_vec(), id: pay.id },
            ];
            outcome.events.push(pay.id);
        }
        outcome
    }

    fn next_timer(&self) -> Option<Timestamp> {
        None
    }
    fn tick() -> Pay {
        Pay { id: 0, request: [0; 24], account: 0, body: Vec::new() }
    }
    fn outbox(&self) -> Vec<u128> {
        Vec::new()
    }
}

fn pay(number: u64) -> Pay {
    let mix = <u64 as base::Key>::mix(number);
    let mut request = [0; 24];
    request[..8].copy_from_slice(&mix.to_be_bytes());
    request[8..16].copy_from_slice(&number.to_be_bytes());
    let id = u128::from(number) << 64 | u128::from(mix);
    Pay { id, request, account: mix % 1_000_000, body: vec![mix.to_be_bytes()[0]; 400] }
}

/// Keeps the queue about full for the given time; gives the latencies of one command in 64.
fn load(engine: &Engine<Bank>, seconds: u64, first: u64, done: &Arc<AtomicU64>) -> Vec<Duration> {
    let latencies = Arc::new(Mutex::new(Vec::new()));
    let begun = Instant::now();
    let mut number = first;
    while begun.elapsed() < Duration::from_secs(seconds) {
        if number - first - done.load(Relaxed) > 4_096 {
            std::thread::sleep(Duration::from_micros(50));
            continue;
        }
        number += 1;
        let sample = number.is_multiple_of(64).then(|| (latencies.clone(), Instant::now()));
        let done = done.clone();
        let submitted = engine.try_submit(pay(number), move |_| {
            done.fetch_add(1, Relaxed);
            if let Some((latencies, since)) = sample {
                latencies.lock().expect("no one panics with it").push(since.elapsed());
            }
        });
        assert!(submitted != Err(SubmitError::Stopped), "the engine runs");
    }
    std::mem::take(&mut *latencies.lock().expect("no one panics with it"))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10);
    let directory = arguments.next().unwrap_or_else(|| "throughput-state".to_owned());
    let options = Options::new(&directory, "throughput");
    let (engine, startup) = Engine::start(options, Bank::default()).expect("the engine starts");
    println!("{startup:?}");
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut latencies = load(&engine, seconds, startup.position, &done);
    let count = done.load(Relaxed);
    let elapsed = begun.elapsed();
    let lag = engine.counters().index_lag();
    engine.stop();
    latencies.sort_unstable();
    let at = |per_mille: usize| latencies[(latencies.len() - 1) * per_mille / 1_000];
    let rate = u128::from(count) * 1_000 / elapsed.as_millis();
    let batches = engine.counters().batches.load(Relaxed).max(1);
    println!(
        "{count} commands, {rate} a second, {} a batch, index behind by {lag}",
        count / batches
    );
    println!("latency p50 {:?} p99 {:?} p99.9 {:?} max {:?}", at(500), at(990), at(999), at(1_000));
    println!("with the index caught up and a snapshot: {:?}", begun.elapsed());
}
