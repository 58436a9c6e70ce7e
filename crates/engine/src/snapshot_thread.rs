//! Writes snapshots from copies, behind everybody's back.

use crate::counters::Counters;
use base::{Machine, Stamp};
use state::{IndexerThread, SnapshotDir, StateError};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Receiver;

/// Runs until the sender is gone. A snapshot that fails costs a longer replay, nothing else.
pub(crate) fn run<M: Machine>(
    copies: &Receiver<(M, Stamp)>,
    indexer: &IndexerThread,
    snapshots: &SnapshotDir,
    counters: &Counters,
) {
    for (machine, stamp) in copies {
        match write(&machine, stamp, indexer, snapshots) {
            Ok(()) => counters.snapshot_position.store(stamp.position, Relaxed),
            Err(error) => {
                counters.snapshot_failures.fetch_add(1, Relaxed);
                tracing::warn!(position = stamp.position, %error, "no snapshot was written");
            }
        }
    }
}

/// A snapshot says that nothing before it is needed again, so the rows of all records up to it must
/// be on the disk first.
fn write<M: Machine>(
    machine: &M,
    stamp: Stamp,
    indexer: &IndexerThread,
    snapshots: &SnapshotDir,
) -> Result<(), StateError> {
    indexer.wait_for(stamp.position)?;
    indexer.persist()?;
    snapshots.write(machine, stamp)?;
    Ok(())
}
