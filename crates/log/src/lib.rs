//! The durable log: segments on a disk, group commit, recovery.
