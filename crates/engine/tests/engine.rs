//! The engine on threads: durability before answers, restarts, timers, overload, effects.

mod toy;

use base::{Timestamp, encode};
use dhow_engine::{Clock, Engine, EngineError, Options, SubmitError};
use log::{Entry, Log, LogError, MemLog, Records};
use state::ListQuery;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex};
use toy::{Bank, Command, Reply, Script, add, options};

fn start(options: Options) -> (Engine<Bank>, dhow_engine::Startup) {
    Engine::start(options, Bank::default()).unwrap()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

async fn bank(engine: &Engine<Bank>) -> Vec<u8> {
    engine.read(|bank, _, _| encode(bank)).await.unwrap()
}

/// A log in memory that lets appends through only when told to, and fails when told to.
#[derive(Clone, Default)]
struct GatedLog {
    log: MemLog,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Default)]
struct Gate {
    shut: bool,
    failing: bool,
    entered: usize,
}

impl GatedLog {
    fn set(&self, change: impl FnOnce(&mut Gate)) {
        change(&mut self.gate.0.lock().unwrap());
        self.gate.1.notify_all();
    }

    /// Waits until an append stands at the gate.
    fn wait_for_entry(&self, count: usize) {
        let gate = self.gate.0.lock().unwrap();
        drop(self.gate.1.wait_while(gate, |gate| gate.entered < count).unwrap());
    }
}

impl Log for GatedLog {
    fn append(&mut self, batch: &[Entry]) -> Result<(), LogError> {
        let mut gate = self.gate.0.lock().unwrap();
        gate.entered += 1;
        self.gate.1.notify_all();
        let gate = self.gate.1.wait_while(gate, |gate| gate.shut).unwrap();
        if gate.failing {
            let source = std::io::Error::other("the disk is gone");
            return Err(LogError::Fatal { what: "segment 1".to_owned(), source });
        }
        self.log.append(batch)
    }
    fn next_position(&self) -> u64 {
        self.log.next_position()
    }
    fn last_time(&self) -> Timestamp {
        self.log.last_time()
    }
    fn read(&self, from: u64) -> Result<Records, LogError> {
        self.log.read(from)
    }
}

#[test]
fn nothing_is_answered_before_it_is_durable() {
    let directory = tempfile::tempdir().unwrap();
    let log = GatedLog::default();
    log.set(|gate| gate.shut = true);
    let (engine, _) =
        Engine::start_on(log.clone(), options(directory.path()).0, Bank::default()).unwrap();
    let mut events = engine.subscribe().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    engine.try_submit(add(1), move |answer| sender.send(answer).unwrap()).unwrap();
    log.wait_for_entry(1);
    // The record is written but not yet safe: nobody sees anything of it.
    let value = block(engine.read(|bank, history, stamp| {
        (bank.counters.0.len(), history.name(&1_u64.to_be_bytes()), stamp.position)
    }));
    assert_eq!(value.unwrap(), (0, None, 0));
    assert!(receiver.try_recv().is_err());
    log.set(|gate| gate.shut = false);
    let (stamp, reply) = receiver.recv().unwrap().unwrap();
    assert_eq!((stamp.position, reply), (1, Reply::Value(1)));
    assert_eq!(block(events.next()).unwrap().unwrap(), [(stamp, 1)]);
    engine.stop();
}

#[test]
fn a_failed_append_is_fatal_and_never_answered_with_success() {
    let directory = tempfile::tempdir().unwrap();
    let log = GatedLog::default();
    let (mut options, _) = options(directory.path());
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    options.on_fatal = Arc::new(move |error| tell.lock().unwrap().push(error.to_string()));
    let (engine, _) = Engine::start_on(log.clone(), options, Bank::default()).unwrap();
    block(async {
        engine.submit(add(1)).await.unwrap();
        log.set(|gate| gate.failing = true);
        assert_eq!(engine.submit(add(2)).await, Err(SubmitError::Stopped));
        assert_eq!(engine.submit(add(3)).await, Err(SubmitError::Stopped));
        assert_eq!(engine.read(|_, _, _| ()).await, Err(SubmitError::Stopped));
    });
    engine.stop();
    assert_eq!(*told.lock().unwrap(), ["log: segment 1: the disk is gone; the log is closed"]);
}

#[test]
fn a_broken_invariant_is_fatal() {
    let directory = tempfile::tempdir().unwrap();
    let (mut options, _) = options(directory.path());
    let told = Arc::new(Mutex::new(None));
    let tell = told.clone();
    options.on_fatal = Arc::new(move |error| {
        *tell.lock().unwrap() =
            Some(matches!(error, EngineError::Panicked { thread: "apply", .. }));
    });
    let (engine, _) = Engine::start_on(MemLog::new(), options, Bank::default()).unwrap();
    assert_eq!(block(engine.submit(Command::Break)), Err(SubmitError::Stopped));
    engine.stop();
    assert_eq!(*told.lock().unwrap(), Some(true));
}

#[test]
fn a_full_queue_answers_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let log = GatedLog::default();
    log.set(|gate| gate.shut = true);
    let (mut options, _) = options(directory.path());
    options.queue_capacity = 3;
    let (engine, _) = Engine::start_on(log.clone(), options, Bank::default()).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let submit = |request| {
        let sender = sender.clone();
        engine.try_submit(add(request), move |answer| sender.send(answer.unwrap().0).unwrap())
    };
    submit(0).unwrap();
    log.wait_for_entry(1);
    (1..=3).for_each(|request| submit(request).unwrap());
    assert_eq!(submit(4), Err(SubmitError::Overloaded));
    assert_eq!(block(engine.submit(add(5))), Err(SubmitError::Overloaded));
    assert_eq!(engine.counters().overloaded.load(Relaxed), 2);
    log.set(|gate| gate.shut = false);
    let positions: Vec<u64> = (0..4).map(|_| receiver.recv().unwrap().position).collect();
    assert_eq!(positions, [1, 2, 3, 4]);
    submit(4).unwrap();
    engine.stop();
    assert_eq!(receiver.recv().unwrap().position, 5);
    assert_eq!(submit(6), Err(SubmitError::Stopped));
    assert_eq!(engine.counters().batches.load(Relaxed), 3, "what queues up shares a batch");
}

#[test]
fn a_command_too_long_for_a_record_harms_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let (engine, _) =
        Engine::start_on(MemLog::new(), options(directory.path()).0, Bank::default()).unwrap();
    let too_long = Command::Blob { bytes: vec![0; log::MAX_PAYLOAD] };
    assert_eq!(block(engine.submit(too_long)), Err(SubmitError::TooLarge));
    assert_eq!(block(engine.submit(add(1))).unwrap().0.position, 1);
    engine.stop();
}

/// Submits a script, waits for all answers, and gives the bank.
fn work(directory: &Path, seed: u64, count: usize, snapshot_every: u64) -> Vec<u8> {
    let (mut options, clock) = options(directory);
    options.snapshot_every = snapshot_every;
    options.max_batch = 16;
    let now = clock.now();
    let (engine, _) = start(options);
    let mut script = Script::new(seed);
    let (sender, answers) = std::sync::mpsc::channel();
    for step in 0..count as u64 {
        clock.set(now.after(base::Span::millis(step)));
        let sender = sender.clone();
        let send = move |answer: Result<_, SubmitError>| sender.send(answer.is_ok()).unwrap();
        engine.try_submit(script.next(), send).unwrap();
    }
    assert!(answers.iter().take(count).all(|answered| answered));
    // A snapshot is written behind everybody's back: it must have had its time before the end.
    while snapshot_every < count as u64 && engine.counters().snapshot_position.load(Relaxed) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    block(async {
        engine.settle().await.unwrap();
        bank(&engine).await
    })
    // The engine is dropped here without being stopped, as if it had been killed.
}

fn reopen(directory: &Path) -> (Vec<u8>, dhow_engine::Startup) {
    let (mut options, _) = options(directory);
    options.clock = Arc::new(dhow_engine::ManualClock::new(Timestamp::default()));
    let progress = Arc::new(Mutex::new(None));
    let tell = progress.clone();
    options.on_progress = Some(Box::new(move |progress| *tell.lock().unwrap() = Some(progress)));
    let (engine, startup) = start(options);
    let told = progress.lock().unwrap().expect("the end of the replay is told");
    assert_eq!((told.position, told.log_end), (startup.position, startup.position));
    let found = block(bank(&engine));
    engine.stop();
    (found, startup)
}

#[test]
fn a_killed_engine_comes_back_equal_from_the_log_alone_and_from_a_snapshot() {
    for snapshot_every in [1_000_000, 40] {
        let directory = tempfile::tempdir().unwrap();
        let before = work(directory.path(), 5, 120, snapshot_every);
        let (found, startup) = reopen(directory.path());
        assert_eq!(found, before);
        assert_eq!(startup.rebuilt, None);
        assert_eq!(startup.replayed + startup.snapshot.unwrap_or(0), startup.position);
        assert_eq!(startup.snapshot.is_none(), snapshot_every == 1_000_000);
        // Stopping wrote a snapshot: nothing is left to replay.
        let (found, again) = reopen(directory.path());
        assert_eq!(found, before);
        assert_eq!((again.snapshot, again.replayed), (Some(again.position), 0));
    }
}

/// Damages derived files in some way.
type Spoil = fn(&Path);

#[test]
fn damaged_derived_files_are_passed_over_or_rebuilt() {
    fn newest_snapshot(home: &Path) -> std::path::PathBuf {
        let entries = std::fs::read_dir(home.join("snapshots")).unwrap();
        entries.map(|entry| entry.unwrap().path()).max().unwrap()
    }
    let spoils: [(&str, Spoil, bool); 4] = [
        ("snapshot", |home| std::fs::write(newest_snapshot(home), "half").unwrap(), false),
        ("index", |home| std::fs::remove_dir_all(home.join("index")).unwrap(), true),
        ("archive", |home| std::fs::remove_dir_all(home.join("archive")).unwrap(), true),
        (
            "all",
            |home| {
                for name in ["snapshots", "archive", "index"] {
                    std::fs::remove_dir_all(home.join(name)).unwrap();
                }
            },
            true,
        ),
    ];
    let directory = tempfile::tempdir().unwrap();
    let before = work(directory.path(), 6, 80, 1_000_000);
    assert_eq!(reopen(directory.path()).0, before);
    for (what, spoil, rebuilt) in spoils {
        spoil(&directory.path().join("partition-0"));
        let (found, startup) = reopen(directory.path());
        assert_eq!(found, before, "{what}");
        assert_eq!(startup.rebuilt.is_some(), rebuilt, "{what}");
        assert_eq!((startup.snapshot, startup.replayed), (None, startup.position), "{what}");
        assert_eq!(startup.snapshots_refused.len(), usize::from(what == "snapshot"));
        let (found, startup) = reopen(directory.path());
        assert_eq!((found, startup.rebuilt), (before.clone(), None), "{what}");
    }
}

#[test]
fn a_log_that_lost_records_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    work(directory.path(), 7, 50, 1_000_000);
    reopen(directory.path());
    std::fs::remove_dir_all(directory.path().join("partition-0/log")).unwrap();
    let lost = Engine::start(options(directory.path()).0, Bank::default()).err();
    assert!(lost.expect("refused").to_string().contains("records are lost"));
}

#[test]
fn timers_fire_once_each_when_the_clock_is_set() {
    let directory = tempfile::tempdir().unwrap();
    let (options, clock) = options(directory.path());
    let (engine, _) = Engine::start_on(MemLog::new(), options, Bank::default()).unwrap();
    let ticks = async || engine.read(|bank, _, stamp| (bank.ticks, stamp.position)).await.unwrap();
    block(async {
        for (counter, after_ms) in [(1, 10), (2, 20), (3, 20), (4, 1_000)] {
            engine.submit(Command::Later { counter, after_ms }).await.unwrap();
        }
        engine.settle().await.unwrap();
        assert_eq!(ticks().await, (0, 4));
        clock.set(Timestamp::from_millis(1_020));
        engine.settle().await.unwrap();
        assert_eq!(ticks().await, (3, 7), "three timers, three ticks, none in vain");
        clock.set(Timestamp::from_secs(100));
        engine.settle().await.unwrap();
        clock.set(Timestamp::from_secs(200));
        engine.settle().await.unwrap();
        assert_eq!(ticks().await, (4, 8));
    });
    engine.stop();
}

#[test]
fn the_system_clock_fires_timers_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let (mut options, _) = options(directory.path());
    options.clock = Arc::new(dhow_engine::SystemClock);
    let (engine, _) = Engine::start_on(MemLog::new(), options, Bank::default()).unwrap();
    block(engine.submit(Command::Later { counter: 1, after_ms: 30 })).unwrap();
    while block(engine.read(|bank, _, _| bank.ticks)).unwrap() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let (timers, ticks) = block(engine.read(|bank, _, _| (bank.timers.len(), bank.ticks))).unwrap();
    assert_eq!((timers, ticks), (0, 1));
    engine.stop();
}

#[test]
fn effects_come_again_until_their_outcome_is_known() {
    let directory = tempfile::tempdir().unwrap();
    let (engine, _) = start(options(directory.path()).0);
    let mut effects = engine.take_effects().unwrap();
    assert!(engine.take_effects().is_none());
    block(async {
        engine.submit(Command::Add { request: 1, counter: 1, amount: 7 }).await.unwrap();
        engine.submit(Command::Add { request: 2, counter: 2, amount: 7 }).await.unwrap();
        engine.submit(Command::Close { counter: 1 }).await.unwrap();
        engine.submit(Command::Close { counter: 2 }).await.unwrap();
        assert_eq!(effects.next().await.unwrap(), [3]);
        assert_eq!(effects.next().await.unwrap(), [4]);
        engine.submit(Command::Done { effect: 3 }).await.unwrap();
    });
    drop(engine);
    let (engine, _) = start(options(directory.path()).0);
    let mut effects = engine.take_effects().unwrap();
    assert_eq!(block(effects.next()).unwrap(), [4]);
    engine.stop();
    assert_eq!(block(effects.next()), None);
}

#[test]
fn effects_beyond_the_channel_are_held_back_and_sent_later() {
    let directory = tempfile::tempdir().unwrap();
    let (mut options, _) = options(directory.path());
    options.max_batch = 1;
    let (engine, _) = Engine::start_on(MemLog::new(), options, Bank::default()).unwrap();
    for counter in 0..1_500 {
        let last = block(async {
            engine.submit(Command::Add { request: counter, counter, amount: 1 }).await.unwrap();
            engine.submit(Command::Close { counter }).await.unwrap()
        });
        assert_eq!(last.0.position, counter * 2 + 2);
    }
    assert!(engine.counters().effects_held_back.load(Relaxed) > 0);
    let mut effects = engine.take_effects().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    block(async {
        while seen.len() < 1_500 {
            seen.extend(effects.next().await.unwrap());
        }
    });
    assert_eq!(seen.len(), 1_500);
    engine.stop();
}

#[test]
fn sixty_four_submitters_get_one_effect_each_and_lists_are_whole() {
    let directory = tempfile::tempdir().unwrap();
    let (engine, _) = start(options(directory.path()).0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let replies: Vec<_> = runtime.block_on(async {
        let tasks: Vec<_> = (0..64_u64)
            .map(|task| {
                let engine = engine.clone();
                // All race for the same twenty requests.
                tokio::spawn(async move {
                    let mut replies = Vec::new();
                    for request in 0..20 {
                        let request = (request + task) % 20;
                        let (stamp, reply) = engine.submit(add(request)).await.unwrap();
                        replies.push((stamp.position, reply));
                    }
                    replies
                })
            })
            .collect();
        let mut replies = Vec::new();
        for task in tasks {
            replies.extend(task.await.unwrap());
        }
        replies
    });
    let executed = replies.iter().filter(|(_, reply)| matches!(reply, Reply::Value(_))).count();
    assert_eq!(executed, 20);
    let mut positions: Vec<u64> = replies.iter().map(|(position, _)| *position).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=1_280).collect::<Vec<u64>>());
    let list = engine.history().list(&3_u64.to_be_bytes(), ListQuery::newest(10)).unwrap();
    assert_eq!(list, [13, 3]);
    engine.stop();
    // Two requests add to this counter, in an order that nobody fixed.
    let value = engine.history().name(&3_u64.to_be_bytes()).unwrap().unwrap();
    assert!([1, 2].contains(&u64::from_be_bytes(value.try_into().unwrap())));
}

#[test]
fn the_past_is_made_again_at_any_position() {
    for snapshot_every in [1_000_000, 40] {
        let directory = tempfile::tempdir().unwrap();
        let (mut options, _) = options(directory.path());
        options.snapshot_every = snapshot_every;
        let (engine, _) = start(options);
        let mut script = Script::new(11);
        let mut states = vec![encode(&Bank::default())];
        block(async {
            for _ in 0..150 {
                engine.submit(script.next()).await.unwrap();
                states.push(bank(&engine).await);
            }
        });
        for (position, state) in states.iter().enumerate().step_by(7) {
            let (machine, stamp) = engine.past(position as u64).unwrap();
            assert_eq!(stamp.position, position as u64);
            assert_eq!(&encode(&machine), state, "at {position}");
        }
        let error = engine.past(151).err().unwrap();
        assert_eq!(error.to_string(), "position 151 is not reached yet: the log ends at 150");
        engine.stop();
    }
}
