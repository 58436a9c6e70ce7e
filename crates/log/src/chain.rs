//! The segments of a log as a chain: names, headers and seals, checked without reading records.

use crate::disk::{Disk, DiskFile};
use crate::error::LogError;
use crate::walk::{Step, Walk};
use log_format::{HEADER_BYTES, HeaderError, Seal, SegmentHeader, Tip};

const SUFFIX: &str = ".log";

/// Ends the name of a segment that is not finished: it holds no record and may be removed.
pub const UNFINISHED: &str = ".new";

#[derive(Clone, Debug)]
pub struct Segment {
    pub name: String,
    pub header: SegmentHeader,
}

pub struct Chain {
    pub segments: Vec<Segment>,
    /// The last segment but one has no seal yet: a crash came between making the newest segment, which
    /// is then still empty, and sealing the one before it.
    pub unsealed: bool,
}

/// Twenty digits, so that names sort like numbers.
pub fn segment_name(first_position: u64) -> String {
    format!("{first_position:020}{SUFFIX}")
}

/// Like [`read_chain`] of any partition, for a log that a running process may be writing: what looks
/// wrong may only have changed between two looks.
pub fn read_live_chain<D: Disk>(disk: &D) -> Result<Chain, LogError> {
    for _ in 0..3 {
        if let Ok(chain) = read_chain(disk, None) {
            return Ok(chain);
        }
    }
    read_chain(disk, None)
}

/// Reads names, headers and seals, and refuses whatever does not follow from the segment before it.
pub fn read_chain<D: Disk>(disk: &D, partition: Option<u8>) -> Result<Chain, LogError> {
    let mut names = disk.list().map_err(|source| LogError::read("the log directory", source))?;
    names.retain(|name| name.ends_with(SUFFIX));
    names.sort();
    let mut segments: Vec<Segment> = Vec::with_capacity(names.len());
    let mut unsealed = false;
    for name in names {
        let header = read_header(disk, &name)?;
        if name != segment_name(header.first_position()) {
            let text = format!("this is segment {}", segment_name(header.first_position()));
            return Err(LogError::damaged(&name, 0, text));
        }
        if partition.is_some_and(|partition| partition != header.partition) {
            let text = format!("this segment belongs to partition {}", header.partition);
            return Err(LogError::damaged(&name, 0, text));
        }
        let before = segments.last();
        if before.is_some_and(|before| before.header.partition != header.partition) {
            return Err(LogError::damaged(&name, 0, "the segment before is of another partition"));
        }
        if unsealed {
            // Only the last segment but one may lack its seal.
            return Err(missing_seal(&segments[segments.len() - 2], &segments[segments.len() - 1]));
        }
        unsealed = !continues(disk, before, &header)?;
        segments.push(Segment { name, header });
    }
    if unsealed && let [.., before, newest] = &segments[..] {
        if has_records(disk, newest)? {
            return Err(missing_seal(before, newest));
        }
    }
    Ok(Chain { segments, unsealed })
}

fn missing_seal(before: &Segment, after: &Segment) -> LogError {
    LogError::damaged(&before.name, after.header.previous_end, "the seal is missing or damaged")
}

pub fn read_header<D: Disk>(disk: &D, name: &str) -> Result<SegmentHeader, LogError> {
    let mut bytes = [0; HEADER_BYTES];
    let file = disk.open_read(name).map_err(|source| LogError::read(name, source))?;
    let count = file.read_at(0, &mut bytes).map_err(|source| LogError::read(name, source))?;
    SegmentHeader::decode(&bytes[..count]).map_err(|error| match error {
        HeaderError::UnknownVersion(version) => {
            LogError::UnknownVersion { file: name.to_owned(), offset: 0, version }
        }
        error => LogError::damaged(name, 0, error),
    })
}

/// Does the segment before end as `header` says, and is it sealed? An error when it does not end so.
fn continues<D: Disk>(
    disk: &D,
    before: Option<&Segment>,
    header: &SegmentHeader,
) -> Result<bool, LogError> {
    let Some(before) = before else {
        if header.previous == Tip::START && header.previous_end == 0 {
            return Ok(true);
        }
        return Err(missing(&segment_name(1)));
    };
    let mut walk = open_walk(disk, before)?;
    if let Some(seal) = walk.seal_at(header.previous_end)? {
        return fits(&seal, header).map(|()| true);
    }
    // Only now are the records worth reading: they tell what is missing.
    loop {
        let reached = walk.tip == header.previous && walk.offset == header.previous_end;
        let (tip, offset) = (walk.tip, walk.offset);
        match walk.step()? {
            Step::Record(_) => {}
            Step::Seal(seal) => {
                fits(&seal, header)?;
                return Err(not_continuing(header));
            }
            Step::End | Step::Bad(_) if reached => return Ok(false),
            Step::End if tip.position >= header.previous.position => {
                return Err(not_continuing(header));
            }
            Step::End => {
                return Err(LogError::damaged(&before.name, offset, "the records end too early"));
            }
            Step::Bad(what) => return Err(LogError::damaged(&before.name, offset, what)),
        }
    }
}

fn fits(seal: &Seal, header: &SegmentHeader) -> Result<(), LogError> {
    if seal.tip == header.previous {
        Ok(())
    } else if seal.tip.position < header.previous.position {
        Err(missing(&segment_name(seal.tip.position + 1)))
    } else {
        Err(not_continuing(header))
    }
}

fn not_continuing(header: &SegmentHeader) -> LogError {
    let name = segment_name(header.first_position());
    LogError::damaged(&name, 0, "it does not continue the segment before it")
}

pub fn missing(name: &str) -> LogError {
    LogError::damaged(name, 0, "the segment is missing")
}

pub fn open_walk<D: Disk>(disk: &D, segment: &Segment) -> Result<Walk<D::File>, LogError> {
    let file =
        disk.open_read(&segment.name).map_err(|source| LogError::read(&segment.name, source))?;
    Ok(Walk::new(file, &segment.name, &segment.header))
}

fn has_records<D: Disk>(disk: &D, segment: &Segment) -> Result<bool, LogError> {
    let mut walk = open_walk(disk, segment)?;
    Ok(matches!(walk.step()?, Step::Record(_)))
}
