//! The engine without threads: replay equality, with indexes that are behind, even and ahead.

mod toy;

use base::{MapHistory, Stamp, Timestamp, encode};
use dhow_engine::{Core, EngineError};
use log::{Entry, Log, MemLog};
use state::{Archive, Cold, Indexer, Limits, MemStore};
use std::sync::Arc;
use toy::{Bank, Command, Reply, Script, add};

fn cold(store: &MemStore, archive: &Arc<Archive>) -> (Cold, Indexer) {
    Cold::new(Arc::new(store.clone()), archive.clone(), Limits::unlimited()).unwrap()
}

fn time(step: u64) -> Timestamp {
    // Goes back now and then, as clocks do.
    Timestamp::from_millis(1_000 + step * 10 - step % 7 * 15)
}

/// What a run looked like: a reply per record, and the bank at the end.
fn plain_run(batches: &[Vec<Command>]) -> (Vec<(Stamp, Reply)>, Bank, MemLog) {
    let history = MapHistory::default();
    let mut core =
        Core::recover(MemLog::new(), Bank::default(), Stamp::default(), history).unwrap();
    let mut replies = Vec::new();
    for (step, batch) in (0..).zip(batches) {
        let outcomes = core.commit(batch.clone(), time(step)).unwrap();
        replies.extend(outcomes.into_iter().map(|(stamp, outcome)| (stamp, outcome.reply)));
    }
    (replies, core.machine().clone(), core.log().clone())
}

fn batches(seed: u64) -> Vec<Vec<Command>> {
    let mut script = Script::new(seed);
    (0..150_u64).map(|size| script.take(usize::try_from(size % 9).unwrap() + 1)).collect()
}

#[test]
fn a_run_on_indexes_answers_as_one_on_maps() {
    for seed in 0..5 {
        let batches = batches(seed);
        let (expected, bank, _) = plain_run(&batches);
        assert!(expected.iter().any(|(_, reply)| matches!(reply, Reply::Repeated(_))));
        let (store, archive) = (MemStore::default(), Arc::new(Archive::in_memory()));
        let (history, mut indexer) = cold(&store, &archive);
        let mut core =
            Core::recover(MemLog::new(), Bank::default(), Stamp::default(), history).unwrap();
        let mut replies = Vec::new();
        for (step, batch) in (0..).zip(&batches) {
            let outcomes = core.commit(batch.clone(), time(step)).unwrap();
            replies.extend(outcomes.into_iter().map(|(stamp, outcome)| (stamp, outcome.reply)));
            if step % (seed + 1) == 0 {
                while indexer.step().unwrap() {}
            }
        }
        assert_eq!(replies, expected);
        assert_eq!(encode(core.machine()), encode(&bank));
    }
}

/// A crash anywhere, with the index anywhere at or before it and the snapshot anywhere at or
/// before the index: the machine comes out the same, byte for byte.
#[test]
fn replay_is_equal_wherever_index_and_snapshot_stand() {
    let batches = batches(9);
    let (_, _, full) = plain_run(&batches);
    let records: Vec<_> = full.read(1).unwrap().map(Result::unwrap).collect();
    for (crash, indexed, snapshot) in
        [(700, 700, 0), (700, 350, 0), (700, 0, 0), (700, 350, 349), (701, 700, 700), (1, 0, 0)]
    {
        let mut log = MemLog::new();
        for record in &records[..crash] {
            let payload = record.payload.clone();
            log.append(&[Entry { time: record.time, payload }]).unwrap();
        }
        let run = |upto: usize, store: &MemStore, archive: &Arc<Archive>, from: (Bank, Stamp)| {
            let (history, indexer) = cold(store, archive);
            let mut part = MemLog::new();
            for record in &records[..upto] {
                let payload = record.payload.clone();
                part.append(&[Entry { time: record.time, payload }]).unwrap();
            }
            let core = Core::recover(part, from.0, from.1, history).unwrap();
            (core.machine().clone(), core.last(), indexer)
        };
        let fresh = || (MemStore::default(), Arc::new(Archive::in_memory()));
        let new = || (Bank::default(), Stamp::default());
        let plain = fresh();
        let (expected, _, _) = run(crash, &plain.0, &plain.1, new());
        let taken = fresh();
        let (bank, stamp, _) = run(snapshot, &taken.0, &taken.1, new());
        let lived = fresh();
        let (_, _, mut indexer) = run(indexed, &lived.0, &lived.1, new());
        while indexer.step().unwrap() {}
        let (found, last, mut indexer) = run(crash, &lived.0, &lived.1, (bank, stamp));
        assert_eq!(encode(&found), encode(&expected), "{crash} {indexed} {snapshot}");
        assert_eq!(last.position, crash as u64);
        while indexer.step().unwrap() {}
        // And what was indexed in two goes is what was indexed in one.
        let (history, mut all) = cold(&plain.0, &plain.1);
        Core::recover(log, Bank::default(), Stamp::default(), history).unwrap();
        while all.step().unwrap() {}
        let (one, _) = cold(&plain.0, &plain.1);
        let (two, _) = cold(&lived.0, &lived.1);
        assert_eq!(one.reader().applied(), two.reader().applied());
        for id in 0..20 {
            for as_of in [1, 100, 400, u64::MAX] {
                let versions = [&one, &two].map(|cold| cold.reader().object(id, as_of).unwrap());
                assert_eq!(versions[0], versions[1]);
            }
        }
    }
}

#[test]
fn time_never_goes_back_and_stamps_are_what_the_log_holds() {
    let (replies, _, log) = plain_run(&batches(3));
    let records: Vec<_> = log.read(1).unwrap().map(Result::unwrap).collect();
    assert_eq!(replies.len(), records.len());
    for ((stamp, _), record) in replies.iter().zip(&records) {
        assert_eq!((stamp.position, stamp.time), (record.position, record.time));
    }
    assert!(replies.is_sorted_by_key(|(stamp, _)| stamp.time));
    assert!((1..150).any(|step| time(step) < time(step - 1)), "the clock of this test goes back");
}

#[test]
fn a_tick_is_due_by_the_later_of_clock_and_log() {
    let history = MapHistory::default();
    let mut core =
        Core::recover(MemLog::new(), Bank::default(), Stamp::default(), history).unwrap();
    assert!(!core.tick_due(Timestamp::MAX));
    core.commit(vec![Command::Later { counter: 1, after_ms: 500 }], Timestamp::from_secs(9))
        .unwrap();
    assert!(!core.tick_due(Timestamp::from_millis(9_499)));
    assert!(core.tick_due(Timestamp::from_millis(9_500)));
    core.commit(vec![add(1)], Timestamp::from_secs(10)).unwrap();
    assert!(core.tick_due(Timestamp::from_secs(3)), "the log is already past the timer");
}

#[test]
fn unknown_records_stop_the_replay() {
    let recover = |payload: Vec<u8>| {
        let mut log = MemLog::new();
        log.append(&[Entry { time: Timestamp::default(), payload }]).unwrap();
        let history = MapHistory::default();
        Core::recover(log, Bank::default(), Stamp::default(), history).err().expect("refused")
    };
    let unknown = recover(vec![9, 5]);
    assert!(matches!(unknown, EngineError::UnknownVersion { position: 1, version: 9 }));
    assert!(matches!(recover(vec![1, 99]), EngineError::NotACommand { position: 1, .. }));
    assert!(matches!(recover(vec![1, 5, 0]), EngineError::NotACommand { position: 1, .. }));
}
