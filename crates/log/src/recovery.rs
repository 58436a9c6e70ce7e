//! What happens when a log is opened: check, cut what a crash tore, refuse what is damaged.

use crate::chain::{Segment, UNFINISHED, missing, open_walk, read_chain, segment_name};
use crate::disk::{Disk, DiskFile};
use crate::error::LogError;
use crate::segment_log::{Active, Options, make_room, seal};
use crate::verify::verify;
use crate::walk::{FIRST_FRAME, Step, Walk};
use base::planted;
use log_format::{Seal, Tip};

const PLANTED_TAIL_NOT_CUT: u32 = 3;

/// What opening a log found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    pub segments: usize,
    /// Records in the log; also the position of the newest.
    pub records: u64,
    /// Records whose checksum and hash were checked now.
    pub checked: u64,
    /// Bytes of an unfinished write that were cut from the newest segment.
    pub cut_bytes: u64,
    /// Where they were cut from.
    pub cut_at: Option<(String, u64)>,
    /// Why the first of them was not a record.
    pub cut_because: Option<String>,
    pub last: Tip,
}

impl std::fmt::Display for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} records in {} segments", self.records, self.segments)?;
        if let (Some((file, offset)), Some(why)) = (&self.cut_at, &self.cut_because) {
            let bytes = self.cut_bytes;
            write!(f, "; {bytes} bytes of an unfinished write cut from {file} at {offset}: {why}")?;
        }
        Ok(())
    }
}

type Recovered<D> = (Vec<Segment>, Option<Active<<D as Disk>::File>>, Recovery);

pub(crate) fn recover<D: Disk>(disk: &D, options: &Options) -> Result<Recovered<D>, LogError> {
    remove_unfinished(disk)?;
    let segments = read_chain(disk, Some(options.partition))?;
    if options.verify_all
        && let Some(damage) = verify(disk, |_| {})?.damage
    {
        return Err(LogError::Damaged(damage));
    }
    // A name that the crash kept only in memory must be durable before anything rests on it.
    disk.sync_dir().map_err(|source| LogError::write("cannot sync the log directory", source))?;
    let mut recovery = Recovery {
        segments: segments.len(),
        records: 0,
        checked: 0,
        cut_bytes: 0,
        cut_at: None,
        cut_because: None,
        last: Tip::START,
    };
    let Some(newest) = segments.last() else { return Ok((segments, None, recovery)) };
    let mut walk = open_walk(disk, newest)?;
    let what = walk_to_end(&mut walk)?;
    recovery.last = walk.tip;
    recovery.records = walk.tip.position;
    recovery.checked = walk.tip.position - newest.header.previous.position;
    if recovery.checked == 0 {
        seal_before(disk, &segments)?;
    }
    let written = walk.written_end(walk.offset)?;
    let what = what.unwrap_or_else(|| "a hole before what was written later".to_owned());
    if written > walk.offset {
        walk.judge_tail(written, &what)?;
        recovery.cut_bytes = written - walk.offset;
        recovery.cut_at = Some((newest.name.clone(), walk.offset));
        recovery.cut_because = Some(what);
    }
    let active = settle(disk, options, &walk, written)
        .map_err(|source| LogError::write(format!("cannot repair {}", newest.name), source))?;
    Ok((segments, Some(active), recovery))
}

/// A segment that never got its name holds no record.
fn remove_unfinished<D: Disk>(disk: &D) -> Result<(), LogError> {
    let names = disk.list().map_err(|source| LogError::read("the log directory", source))?;
    for name in names.iter().filter(|name| name.ends_with(UNFINISHED)) {
        disk.remove(name)
            .map_err(|source| LogError::write(format!("cannot remove {name}"), source))?;
    }
    Ok(())
}

/// Finishes a roll that was cut short, or whose seal may be in the page cache only.
fn seal_before<D: Disk>(disk: &D, segments: &[Segment]) -> Result<(), LogError> {
    let [.., before, newest] = segments else { return Ok(()) };
    let file = disk.open(&before.name).map_err(|source| LogError::read(&before.name, source))?;
    let end = newest.header.previous_end;
    seal(&mut Active { file, name: before.name.clone(), end }, Seal { tip: newest.header.previous })
}

/// Reads to the end of the newest segment and tells what is wrong there, if anything is.
fn walk_to_end<F: DiskFile>(walk: &mut Walk<F>) -> Result<Option<String>, LogError> {
    loop {
        let next = walk.tip.position + 1;
        match walk.step()? {
            Step::Record(_) => {}
            Step::Seal(seal) if seal.tip.position + 1 == next => {
                return Err(missing(&segment_name(next)));
            }
            Step::Seal(_) => return Ok(Some("a seal of another segment".to_owned())),
            Step::End => return Ok(None),
            Step::Bad(what) => return Ok(Some(what)),
        }
    }
}

/// Leaves the newest segment with right records, all of them durable, and zeros behind them.
fn settle<D: Disk>(
    disk: &D,
    options: &Options,
    walk: &Walk<D::File>,
    written: u64,
) -> std::io::Result<Active<D::File>> {
    let mut file = disk.open(&walk.name)?;
    let mut end = walk.offset;
    if planted(PLANTED_TAIL_NOT_CUT) {
        end = written;
    } else if written > end {
        // Zeros must be durable before the next write: old bytes behind it could pass for records.
        file.truncate(end)?;
        file.sync_data()?;
    }
    make_room(&mut file, end.max(FIRST_FRAME), options)?;
    rewrite_last_batch(&mut file, walk)?;
    file.sync_data()?;
    Ok(Active { file, name: walk.name.clone(), end })
}

/// After a failed sync, and after a kill before one, the page cache shows records that the disk
/// need not hold, and may take them for written. Only the last batch can be such; written again, it
/// is synced like any other.
fn rewrite_last_batch<F: DiskFile>(file: &mut F, walk: &Walk<F>) -> std::io::Result<()> {
    let length = usize::try_from(walk.offset - walk.batch_start)
        .map_err(|_| std::io::Error::from(std::io::ErrorKind::FileTooLarge))?;
    if length == 0 {
        return Ok(());
    }
    let mut batch = vec![0; length];
    let count = file.read_at(walk.batch_start, &mut batch)?;
    if count < length {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    file.write_at(walk.batch_start, &batch)
}
