//! The directory of a partition's derived files: opened, judged, and if need be emptied.

use crate::archive::{sync_directory, write_whole};
use crate::{Archive, Cold, FjallStore, IndexStore, Indexer, Limits, StateError};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the log and the snapshots say, against which the index is judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expect {
    /// Position of the last record of the log; 0 when it is empty.
    pub log_end: u64,
    /// Position of the newest good snapshot; 0 when there is none.
    pub snapshot: u64,
}

/// Index and archive of one partition, fit for use.
pub struct Home {
    pub cold: Cold,
    pub indexer: Indexer,
    /// Why index and archive were deleted, when they were. Then every record from position 1 on
    /// has to be applied again: a snapshot yields no rows.
    pub rebuilt: Option<String>,
}

impl Home {
    /// Opens `directory/index` and `directory/archive`. What is damaged, missing or behind the
    /// snapshot is deleted; the log is the truth.
    ///
    /// Errors: when the index is ahead of the log (which has then lost acknowledged records), when
    /// another process holds the index, or when the disk refuses.
    pub fn open(directory: &Path, expect: Expect, limits: Limits) -> Result<Home, StateError> {
        fs::create_dir_all(directory).map_err(StateError::io("create", directory))?;
        let marker = directory.join("rebuild");
        let fresh = !directory.join("index").exists() && !directory.join("archive").exists();
        let reason = match judge(directory, &marker, expect) {
            Ok((store, archive)) => {
                let made = Cold::with_marker(store, archive, limits, Some(marker))?;
                let rebuilt = (fresh && expect.log_end > 0)
                    .then(|| "index and archive were not there".to_owned());
                return Ok(Home { cold: made.0, indexer: made.1, rebuilt });
            }
            Err(Verdict::Refuse(error)) => return Err(error),
            Err(Verdict::Rebuild(reason)) => reason,
        };
        // The note first: a crash in between must not leave one half behind that looks whole.
        write_whole(&marker, &[reason.as_bytes()])?;
        sync_directory(directory)?;
        clear_home(directory)?;
        let store: Arc<dyn IndexStore> = Arc::new(FjallStore::open(&directory.join("index"))?);
        let archive = Arc::new(Archive::open(&directory.join("archive"), 0, 0)?);
        fs::remove_file(&marker).map_err(StateError::io("remove", &marker))?;
        let (cold, indexer) = Cold::with_marker(store, archive, limits, Some(marker))?;
        Ok(Home { cold, indexer, rebuilt: Some(reason) })
    }
}

/// Deletes index and archive; the log rebuilds them.
pub fn clear_home(directory: &Path) -> Result<(), StateError> {
    for name in ["index", "archive"] {
        let path: PathBuf = directory.join(name);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StateError::io("remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

enum Verdict {
    Rebuild(String),
    Refuse(StateError),
}

impl From<StateError> for Verdict {
    fn from(error: StateError) -> Verdict {
        match error.is_damage() {
            true => Verdict::Rebuild(error.to_string()),
            false => Verdict::Refuse(error),
        }
    }
}

type Opened = (Arc<dyn IndexStore>, Arc<Archive>);

fn judge(directory: &Path, marker: &Path, expect: Expect) -> Result<Opened, Verdict> {
    if marker.exists() {
        let why = fs::read_to_string(marker).unwrap_or_default();
        return Err(Verdict::Rebuild(format!("damage was noted before: {why}")));
    }
    let store = FjallStore::open(&directory.join("index"))?;
    let (applied, synced) = (store.applied()?, store.synced()?);
    if applied.position < expect.snapshot {
        let (index, snapshot) = (applied.position, expect.snapshot);
        let reason = format!("the index is at {index}, behind the snapshot at {snapshot}");
        return Err(Verdict::Rebuild(reason));
    }
    if applied.position > expect.log_end {
        return Err(Verdict::Refuse(StateError::AheadOfLog {
            path: directory.join("index"),
            position: applied.position,
            log_end: expect.log_end,
        }));
    }
    let archive = directory.join("archive");
    let archive = Archive::open(&archive, applied.archive_end, synced.archive_end)?;
    Ok((Arc::new(store), Arc::new(archive)))
}
