//! Starting an engine: log, derived state, replay, threads.

use crate::apply_thread::ApplyThread;
use crate::core::{Applier, Sequencer, recover};
use crate::counters::Counters;
use crate::engine::{Engine, Origin, Shared, Threads};
use crate::inbox::Inbox;
use crate::publish::Publisher;
use crate::queue::Queue;
use crate::{EngineError, Options, Progress, Startup, log_thread, snapshot_thread};
use base::{Machine, Stamp};
use log::{Log, LogError, RealDisk, SegmentLog};
use state::{Cold, Expect, Home, IndexerThread, SnapshotDir};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

/// A machine that has caught up with its log.
struct Recovered<M> {
    applier: Applier<M, Cold>,
    indexer: IndexerThread,
    snapshots: SnapshotDir,
    /// Position of the snapshot that this began with; 0 without one.
    last_snapshot: u64,
}

impl<M: Machine> Engine<M> {
    /// Opens or creates the partition in `options.home()` and catches up with its log. `initial` is
    /// the machine of an empty log.
    ///
    /// Errors: when the log is damaged or held by another process, or has lost records that derived
    /// state reflects. Damaged derived state is no error: it is rebuilt, and reported.
    pub fn start(options: Options, initial: M) -> Result<(Engine<M>, Startup), EngineError> {
        let directory = options.home().join("log");
        let disk = std::fs::create_dir_all(&directory)
            .and_then(|()| RealDisk::new(&directory))
            .map_err(|source| LogError::Read {
                what: format!("cannot open {}", directory.display()),
                source,
            })?;
        let log_options = log::Options {
            partition: options.partition,
            segment_bytes: options.segment_bytes,
            ..Default::default()
        };
        let (log, recovery) = SegmentLog::open(disk, log_options)?;
        let (engine, mut startup) = Engine::start_on(log, options, initial)?;
        startup.torn_bytes = recovery.cut_bytes;
        Ok((engine, startup))
    }

    /// Like [`start`](Engine::start), on a log that is already open.
    pub fn start_on<L: Log + 'static>(
        log: L,
        mut options: Options,
        initial: M,
    ) -> Result<(Engine<M>, Startup), EngineError> {
        let begun = Instant::now();
        let mut startup = Startup::default();
        let origin = Origin {
            home: options.home(),
            kind: options.kind.clone(),
            initial: Mutex::new(initial.clone()),
        };
        let recovered = catch_up(&log, &mut options, initial, &mut startup)?;
        let engine = run(log, options, recovered, origin)?;
        startup.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok((engine, startup))
    }
}

fn catch_up<M: Machine, L: Log>(
    log: &L,
    options: &mut Options,
    initial: M,
    startup: &mut Startup,
) -> Result<Recovered<M>, EngineError> {
    let home = options.home();
    let log_end = log.next_position() - 1;
    let snapshots = SnapshotDir::new(&home.join("snapshots"), &options.kind)?;
    let loaded = snapshots.load::<M>(log_end)?;
    startup.snapshots_refused = loaded.refused;
    let snapshot = loaded.newest.as_ref().map_or(0, |(_, stamp)| stamp.position);
    let opened = Home::open(&home, Expect { log_end, snapshot }, options.index_limits)?;
    let newest = loaded.newest.filter(|_| opened.rebuilt.is_none());
    startup.rebuilt = opened.rebuilt;
    startup.snapshot = newest.as_ref().map(|(_, stamp)| stamp.position);
    let (machine, stamp) = newest.unwrap_or((initial, Stamp::default()));
    let mut applier = Applier::new(machine, stamp, opened.cold);
    let indexer = opened.indexer.spawn().map_err(EngineError::Thread)?;
    let begun = Instant::now();
    let mut on_progress = options.on_progress.take();
    startup.replayed = recover(log, &mut applier, &mut |position| {
        if let Some(tell) = &mut on_progress {
            let elapsed_ms = begun.elapsed().as_millis().max(1);
            let done = u128::from(position - stamp.position);
            let per_second = u64::try_from(done * 1_000 / elapsed_ms).unwrap_or(u64::MAX);
            tell(Progress { position, log_end, records_per_second: per_second });
        }
    })?;
    startup.position = applier.last().position;
    let last_snapshot = startup.snapshot.unwrap_or(0);
    Ok(Recovered { applier, indexer, snapshots, last_snapshot })
}

fn run<M: Machine, L: Log + 'static>(
    log: L,
    options: Options,
    recovered: Recovered<M>,
    origin: Origin<M>,
) -> Result<Engine<M>, EngineError> {
    let Recovered { applier, indexer, snapshots, last_snapshot } = recovered;
    let (publisher, effects) = Publisher::new();
    let counters = Arc::new(Counters::default());
    counters.applied_position.store(applier.last().position, Relaxed);
    counters.snapshot_position.store(last_snapshot, Relaxed);
    let shared = Arc::new(Shared {
        queue: Queue::new(options.queue_capacity, applier.machine().next_timer()),
        inbox: Inbox::new(options.queue_capacity),
        counters: counters.clone(),
        clock: options.clock.clone(),
        on_fatal: options.on_fatal.clone(),
        reader: applier.keeper().reader(),
        killed: AtomicBool::new(false),
        effects: Mutex::new(Some(effects)),
        events: publisher.events.downgrade(),
        origin,
    });
    let threads = Arc::new(Threads {
        shared: shared.clone(),
        indexer: Arc::new(indexer),
        running: Mutex::default(),
    });
    // Made first: should a thread not start, dropping it ends those that did.
    let engine = Engine { shared: shared.clone(), threads: threads.clone() };
    let weak = Arc::downgrade(&shared);
    options.clock.on_set(Box::new(move || {
        if let Some(shared) = weak.upgrade() {
            shared.queue.wake();
        }
    }));
    let (copies_in, copies) = sync_channel(1);
    let apply = ApplyThread {
        applier,
        publisher,
        snapshots: copies_in,
        snapshot_every: options.snapshot_every,
        last_snapshot,
    };
    let sequencer = Sequencer::new(log);
    let max_batch = options.max_batch.max(1);
    let indexer = threads.indexer.clone();
    let started = [
        spawn("log", &shared, move |shared| log_thread::run(shared, sequencer, max_batch)),
        spawn("apply", &shared, move |shared| apply.run(shared)),
        spawn("snapshot", &shared, move |_| {
            snapshot_thread::run(&copies, &indexer, &snapshots, &counters);
            Ok(())
        }),
    ];
    for thread in started {
        let thread = thread.map_err(EngineError::Thread)?;
        crate::sync::lock(&threads.running).push(thread);
    }
    Ok(engine)
}

/// Starts a thread whose errors and panics are fatal for the engine.
fn spawn<M: Machine>(
    name: &'static str,
    shared: &Arc<Shared<M>>,
    work: impl FnOnce(&Shared<M>) -> Result<(), EngineError> + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let shared = shared.clone();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let ended = catch_unwind(AssertUnwindSafe(|| work(&shared)));
        let ended = ended.unwrap_or_else(|panic| {
            Err(EngineError::Panicked { thread: name, message: message_of(panic.as_ref()) })
        });
        if let Err(error) = ended {
            shared.fatal(&error);
        }
    })
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
