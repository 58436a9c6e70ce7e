//! Snapshots, archive and indexes derived from the log.
