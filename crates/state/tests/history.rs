//! Rows through memory, indexer, store and archive, compared with plain maps.

use base::{History, MapHistory, Row};
use dhow_state::{
    Archive, Cold, Expect, FjallStore, Home, IndexStore, Indexer, Keeper, Limits, ListQuery,
    MemStore, Order, StateError,
};
use std::path::Path;
use std::sync::Arc;

/// The rows of record `position` of a fixed workload: names once, objects often, two lists.
fn rows(position: u64) -> Vec<Row> {
    let id = u128::from(position % 17);
    let mut rows = vec![Row::Object { id, bytes: format!("{id} at {position}").into_bytes() }];
    if position.is_multiple_of(2) {
        let name = format!("name {position}").into_bytes();
        rows.push(Row::Name { name, value: position.to_be_bytes().to_vec() });
    }
    let list = format!("list {}", position % 2).into_bytes();
    rows.push(Row::Listed { list, id: u128::from(position) << 64 });
    rows
}

fn keep(cold: &mut Cold, position: u64) {
    cold.begin(position);
    cold.keep(position, rows(position));
    cold.finish(position).unwrap();
}

/// Everything a machine could see as of record `position` agrees with maps filled up to there.
fn compare(cold: &mut Cold, model: &MapHistory, position: u64) {
    cold.begin(position);
    for id in 0..20 {
        assert_eq!(cold.object(id), model.object(id), "object {id} as of {position}");
    }
    for number in 0..position + 20 {
        let name = format!("name {number}").into_bytes();
        assert_eq!(cold.name(&name), model.name(&name), "name {number} as of {position}");
    }
}

fn drain(indexer: &mut Indexer) {
    while indexer.step().unwrap() {}
}

fn run(store: Arc<dyn IndexStore>, archive: Arc<Archive>) {
    let (mut cold, mut indexer) =
        Cold::new(store.clone(), archive.clone(), Limits::unlimited()).unwrap();
    let mut model = MapHistory::default();
    for position in 1..=120 {
        compare(&mut cold, &model, position);
        keep(&mut cold, position);
        model.keep(rows(position));
        if position.is_multiple_of(7) {
            drain(&mut indexer);
        }
    }
    drain(&mut indexer);
    assert_eq!(cold.reader().recent_rows(), 0, "what is indexed is forgotten");
    assert_eq!(cold.reader().applied(), 120);

    // Replay with the index ahead: each record sees exactly what it saw at first.
    let (mut cold, mut indexer) = Cold::new(store, archive, Limits::unlimited()).unwrap();
    let mut model = MapHistory::default();
    for position in 1..=140 {
        compare(&mut cold, &model, position);
        keep(&mut cold, position);
        model.keep(rows(position));
    }
    assert_eq!(cold.reader().waiting_rows(), 20 * 2 + 10, "only what the index lacks is queued");
    let reader = cold.reader();
    let newest = |order, limit, from, to| {
        let query = ListQuery { from, to, order, limit };
        let ids = reader.list(b"list 1", query).unwrap();
        ids.into_iter().map(|id| id >> 64).collect::<Vec<_>>()
    };
    for _ in 0..2 {
        assert_eq!(newest(Order::NewestFirst, 3, 0, u128::MAX), [139, 137, 135]);
        assert_eq!(newest(Order::OldestFirst, 2, 119 << 64, u128::MAX), [119, 121]);
        assert_eq!(newest(Order::NewestFirst, 9, 117 << 64, 121 << 64), [121, 119, 117]);
        assert_eq!(newest(Order::OldestFirst, 9, 2, 1), [0_u128; 0]);
        assert_eq!(reader.object(3, 100).unwrap().unwrap(), b"3 at 88");
        assert_eq!(reader.object(3, 3).unwrap(), None);
        drain(&mut indexer);
    }
}

#[test]
fn memory_store_agrees_with_maps() {
    run(Arc::new(MemStore::default()), Arc::new(Archive::in_memory()));
}

#[test]
fn fjall_and_files_agree_with_maps() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(FjallStore::open(&directory.path().join("index")).unwrap());
    run(store, Arc::new(Archive::open(&directory.path().join("archive"), 0, 0).unwrap()));
}

fn open(directory: &Path, log_end: u64, snapshot: u64) -> Result<Home, StateError> {
    Home::open(directory, Expect { log_end, snapshot }, Limits::default())
}

/// A home with 50 records indexed and synced.
fn filled(directory: &Path) {
    let mut home = open(directory, 0, 0).unwrap();
    assert_eq!(home.rebuilt, None);
    for position in 1..=50 {
        keep(&mut home.cold, position);
    }
    drain(&mut home.indexer);
    home.indexer.persist().unwrap();
}

#[test]
fn a_good_home_is_kept_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path());
    let mut home = open(directory.path(), 60, 50).unwrap();
    assert_eq!(home.rebuilt, None);
    let mut model = MapHistory::default();
    (1..=50).for_each(|position| model.keep(rows(position)));
    compare(&mut home.cold, &model, 51);
    assert!(matches!(open(directory.path(), 60, 50), Err(StateError::Locked { .. })));
}

/// Damages a home in some way.
type Spoil = fn(&Path);

#[test]
fn damage_and_loss_are_rebuilt() {
    let spoils: [(&str, Spoil); 5] = [
        ("missing archive", |home| std::fs::remove_dir_all(home.join("archive")).unwrap()),
        ("missing index", |home| std::fs::remove_dir_all(home.join("index")).unwrap()),
        ("both missing", |home| dhow_state::clear_home(home).unwrap()),
        ("short archive", |home| {
            let path = home.join("archive/archive-0000000000000000");
            let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
            file.set_len(500).unwrap();
        }),
        ("damage noted", |home| std::fs::write(home.join("rebuild"), "seen").unwrap()),
    ];
    for (what, spoil) in spoils {
        let directory = tempfile::tempdir().unwrap();
        filled(directory.path());
        spoil(directory.path());
        let mut home = open(directory.path(), 60, 50).unwrap();
        assert!(home.rebuilt.is_some(), "{what}");
        assert_eq!(home.cold.reader().applied(), 0, "{what}");
        for position in 1..=50 {
            keep(&mut home.cold, position);
        }
        drain(&mut home.indexer);
        drop(home);
        assert_eq!(open(directory.path(), 60, 50).unwrap().rebuilt, None, "{what}");
    }
}

#[test]
fn an_index_against_the_log_is_judged() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path());
    let behind = open(directory.path(), 60, 51).unwrap().rebuilt.unwrap();
    assert!(behind.contains("behind the snapshot at 51"), "{behind}");
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path());
    let lost = open(directory.path(), 49, 49).err().expect("the log has lost a record");
    assert!(matches!(lost, StateError::AheadOfLog { position: 50, log_end: 49, .. }));
    assert!(open(directory.path(), 50, 49).unwrap().rebuilt.is_none(), "nothing was deleted");
}

#[test]
fn a_flipped_byte_in_the_archive_stops_the_machine_and_is_cured_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path());
    let path = directory.path().join("archive/archive-0000000000000000");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    // Below the synced mark the start does not read every byte.
    let home = open(directory.path(), 60, 50).unwrap();
    assert_eq!(home.rebuilt, None);
    assert!(home.cold.reader().object(15, u64::MAX).unwrap().is_some());
    let object = std::panic::AssertUnwindSafe(|| home.cold.object(50 % 17));
    assert!(std::panic::catch_unwind(object).is_err());
    drop(home);
    let rebuilt = open(directory.path(), 60, 50).unwrap().rebuilt.unwrap();
    assert!(rebuilt.contains("checksum"), "{rebuilt}");
}

#[test]
fn the_queue_is_bounded_and_the_thread_drains_it() {
    let limits = Limits { rows: 10, size_bytes: 1 << 20 };
    let store = Arc::new(MemStore::default());
    let (mut cold, indexer) = Cold::new(store, Arc::new(Archive::in_memory()), limits).unwrap();
    let thread = indexer.spawn().unwrap();
    for position in 1..=2_000 {
        keep(&mut cold, position);
        assert!(cold.reader().waiting_rows() <= 10);
    }
    thread.wait_for(2_000).unwrap();
    assert_eq!(cold.reader().recent_rows(), 0);
    thread.stop();
    assert!(thread.wait_for(2_001).is_err(), "nobody waits for a stopped indexer");
}
