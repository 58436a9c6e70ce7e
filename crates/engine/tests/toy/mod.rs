//! A small machine for tests: a bank of counters with names, closed objects, timers and an outbox.

#![allow(dead_code, reason = "each test file uses a part of it")]

use base::{
    Codec, History, Machine, Outcome, Row, Span, Stamp, Table, Timestamp, codec_enum, codec_struct,
};
use dhow_engine::{Clock, ManualClock, Options};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Adds `amount` to a counter, once per request name.
    Add {
        request: u64,
        counter: u64,
        amount: u64,
    },
    /// Closes a counter: its value goes to history and an effect is wished for.
    Close {
        counter: u64,
    },
    /// Loads a closed counter back.
    Reopen {
        counter: u64,
    },
    /// The outcome of an effect.
    Done {
        effect: u64,
    },
    /// Adds to a counter when `after_ms` have passed.
    Later {
        counter: u64,
        after_ms: u64,
    },
    Tick,
    /// As many bytes as asked for.
    Blob {
        bytes: Vec<u8>,
    },
    /// A broken invariant.
    Break,
}
codec_enum!(Command {
    0 = Add { request, counter, amount },
    1 = Close { counter },
    2 = Reopen { counter },
    3 = Done { effect },
    4 = Later { counter, after_ms },
    5 = Tick,
    6 = Blob { bytes },
    7 = Break,
});

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reply {
    Value(u64),
    /// The request was seen before, with this value after it.
    Repeated(u64),
    Refused,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bank {
    pub counters: Table64,
    pub timers: BTreeMap<(Timestamp, u64), u64>,
    pub wishes: BTreeMap<u64, u64>,
    pub ticks: u64,
    /// Folds every stamp in: two banks agree only when they were given the same times.
    pub trace: u64,
}
codec_struct!(Bank { counters, timers, wishes, ticks, trace });

#[derive(Clone, Debug, Default)]
pub struct Table64(pub Table<u64, u64>);

impl PartialEq for Table64 {
    fn eq(&self, other: &Table64) -> bool {
        self.0.len() == other.0.len() && self.0.entries().all(|(k, v)| other.0.get(k) == Some(v))
    }
}

impl Codec for Table64 {
    /// Sorted, so that equal banks have equal bytes whatever way they came about.
    fn encode(&self, out: &mut Vec<u8>) {
        let sorted: BTreeMap<u64, u64> = self.0.entries().map(|(k, v)| (*k, *v)).collect();
        sorted.encode(out);
    }
    fn decode(input: &mut base::Reader<'_>) -> Result<Self, base::DecodeError> {
        let mut table = Table::new();
        for (key, value) in BTreeMap::<u64, u64>::decode(input)? {
            table.insert(key, value);
        }
        Ok(Table64(table))
    }
}

impl Machine for Bank {
    type Command = Command;
    type Reply = Reply;
    type Event = u64;
    type Effect = u64;

    fn apply(&mut self, stamp: Stamp, command: Command, history: &dyn History) -> Outcome<Bank> {
        self.trace =
            (self.trace ^ stamp.position ^ stamp.time.nanos()).wrapping_mul(0x100_0000_01b3);
        let mut outcome =
            Outcome { reply: Reply::Refused, events: vec![], effects: vec![], rows: vec![] };
        match command {
            Command::Add { request, counter, amount } => {
                let name = request.to_be_bytes().to_vec();
                if let Some(value) = history.name(&name) {
                    let value = value.try_into().expect("eight bytes were stored");
                    outcome.reply = Reply::Repeated(u64::from_be_bytes(value));
                    self.trace = self.trace.wrapping_add(1);
                    return outcome;
                }
                let value = self.counters.0.entry(counter, || 0);
                *value += amount;
                outcome.reply = Reply::Value(*value);
                outcome.events.push(*value);
                outcome.rows.push(Row::Name { name, value: value.to_be_bytes().to_vec() });
                let list = counter.to_be_bytes().to_vec();
                outcome.rows.push(Row::Listed { list, id: u128::from(request) });
            }
            Command::Close { counter } => {
                if let Some(value) = self.counters.0.remove(&counter) {
                    let bytes = value.to_be_bytes().to_vec();
                    outcome.rows.push(Row::Object { id: u128::from(counter), bytes });
                    outcome.reply = Reply::Value(value);
                    self.wishes.insert(stamp.position, counter);
                    outcome.effects.push(stamp.position);
                }
            }
            Command::Reopen { counter } => {
                if let Some(bytes) = history.object(u128::from(counter))
                    && !self.counters.0.contains(&counter)
                {
                    let value = bytes.try_into().expect("eight bytes were stored");
                    self.counters.0.insert(counter, u64::from_be_bytes(value));
                    outcome.reply = Reply::Value(u64::from_be_bytes(value));
                }
            }
            Command::Done { effect } => {
                if let Some(counter) = self.wishes.remove(&effect) {
                    outcome.reply = Reply::Value(counter);
                }
            }
            Command::Later { counter, after_ms } => {
                let due = stamp.time.after(Span::millis(after_ms));
                self.timers.insert((due, stamp.position), counter);
                outcome.reply = Reply::Value(0);
            }
            Command::Tick => self.tick_one(stamp),
            Command::Blob { bytes } => outcome.reply = Reply::Value(bytes.len() as u64),
            Command::Break => panic!("an invariant is broken"),
        }
        outcome
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first_key_value().map(|((due, _), _)| *due)
    }

    fn tick() -> Command {
        Command::Tick
    }

    fn outbox(&self) -> Vec<u64> {
        self.wishes.keys().copied().collect()
    }
}

impl Bank {
    /// One timer per tick, so that several due ones need several ticks.
    fn tick_one(&mut self, stamp: Stamp) {
        self.ticks += 1;
        if let Some(first) = self.timers.first_entry()
            && first.key().0 <= stamp.time
        {
            let counter = first.remove();
            *self.counters.0.entry(counter, || 0) += 1;
        }
    }
}

/// A fixed sequence of pseudo-random commands.
pub struct Script(u64);

impl Script {
    pub fn new(seed: u64) -> Script {
        Script(seed)
    }

    pub fn next(&mut self) -> Command {
        self.0 = <u64 as base::Key>::mix(self.0);
        let (kind, counter) = (self.0 % 16, (self.0 >> 8) % 20);
        match kind {
            0..=8 => Command::Add { request: (self.0 >> 16) % 600, counter, amount: 1 + kind },
            9..=10 => Command::Close { counter },
            11..=12 => Command::Reopen { counter },
            13 => Command::Done { effect: (self.0 >> 16) % 800 },
            14 => Command::Later { counter, after_ms: self.0 >> 32 & 0xff },
            _ => Command::Tick,
        }
    }

    pub fn take(&mut self, count: usize) -> Vec<Command> {
        std::iter::repeat_with(|| self.next()).take(count).collect()
    }
}

pub fn add(request: u64) -> Command {
    Command::Add { request, counter: request % 10, amount: 1 }
}

/// Options for a test: a clock that stands at one second, no end of the process.
pub fn options(directory: &Path) -> (Options, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1)));
    let mut options = Options::new(directory, "bank");
    options.clock = clock.clone() as Arc<dyn Clock>;
    options.on_fatal = Arc::new(|error| eprintln!("fatal in a test: {error}"));
    (options, clock)
}
