//! Snapshots: whole or passed over.

use base::{Codec, DecodeError, History, Machine, Outcome, Reader, Stamp, Timestamp};
use dhow_state::{SnapshotDir, StateError};

/// A machine that is nothing but its bytes.
#[derive(Clone, Debug, PartialEq)]
struct Blob(Vec<u8>);

impl Codec for Blob {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Blob(Vec::decode(input)?))
    }
}

impl Machine for Blob {
    type Command = ();
    type Reply = ();
    type Event = ();
    type Effect = ();
    fn apply(&mut self, _: Stamp, _: (), _: &dyn History) -> Outcome<Self> {
        Outcome { reply: (), events: Vec::new(), effects: Vec::new(), rows: Vec::new() }
    }
    fn next_timer(&self) -> Option<Timestamp> {
        None
    }
    fn tick() {}
    fn outbox(&self) -> Vec<()> {
        Vec::new()
    }
}

fn stamp(position: u64) -> Stamp {
    Stamp { position, time: Timestamp::from_secs(position) }
}

#[test]
fn the_newest_two_are_kept_and_come_back() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("snapshot-5.tmp"), "half").unwrap();
    let snapshots = SnapshotDir::new(directory.path(), "blob").unwrap();
    assert!(snapshots.load::<Blob>(0).unwrap().newest.is_none());
    for position in [3, 20, 100] {
        // Longer than one chunk, and once of exactly one.
        let blob = Blob(vec![7; (1 << 20) - 3 + usize::try_from(position).unwrap() % 3 * 500_000]);
        snapshots.write(&blob, stamp(position)).unwrap();
        let loaded = snapshots.load::<Blob>(position).unwrap();
        assert_eq!(loaded.newest, Some((blob, stamp(position))));
        assert!(loaded.refused.is_empty());
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    let ahead = snapshots.load::<Blob>(99).err().expect("the log has lost record 100");
    assert!(matches!(ahead, StateError::AheadOfLog { position: 100, log_end: 99, .. }));
    let other = SnapshotDir::new(directory.path(), "clob").unwrap();
    let loaded = other.load::<Blob>(100).unwrap();
    assert_eq!((loaded.newest, loaded.refused.len()), (None, 2));
}

#[test]
fn any_damage_falls_back_to_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    let snapshots = SnapshotDir::new(directory.path(), "blob").unwrap();
    snapshots.write(&Blob(vec![1; 50]), stamp(10)).unwrap();
    let path = snapshots.write(&Blob(vec![2; 50]), stamp(20)).unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut spoiled: Vec<Vec<u8>> = (0..good.len()).map(|end| good[..end].to_vec()).collect();
    spoiled.extend((0..good.len()).map(|at| {
        let mut bad = good.clone();
        bad[at] ^= 4;
        bad
    }));
    spoiled.push([good.as_slice(), b"x"].concat());
    for bad in spoiled {
        std::fs::write(&path, &bad).unwrap();
        let loaded = snapshots.load::<Blob>(30).unwrap();
        assert_eq!(loaded.newest, Some((Blob(vec![1; 50]), stamp(10))));
        assert_eq!(loaded.refused[0].path, path);
    }
    assert!(path.exists(), "damage deletes nothing");
}
