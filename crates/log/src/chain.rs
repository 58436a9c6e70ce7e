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

/// Twenty digits, so that names sort like numbers.
pub fn segment_name(first_position: u64) -> String {
    format!("{first_position:020}{SUFFIX}")
}

/// Like [`read_chain`] of any partition, for a log that a running process may be writing: what
/// looks wrong may only have changed between two looks.
pub fn read_live_chain<D: Disk>(disk: &D) -> Result<Vec<Segment>, LogError> {
    for _ in 0..3 {
        if let Ok(segments) = read_chain(disk, None) {
            return Ok(segments);
        }
    }
    read_chain(disk, None)
}

/// Reads names, headers and seals, and refuses whatever does not follow from the segment before it.
///
/// The last segment but one may lack its seal while the newest is empty: a crash came between
/// making the newest and sealing the one before.
pub fn read_chain<D: Disk>(disk: &D, partition: Option<u8>) -> Result<Vec<Segment>, LogError> {
    let segments = read_headers(disk, partition)?;
    for (index, segment) in segments.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &segments[before]);
        if continues(disk, before, &segment.header)? {
            continue;
        }
        let newest = index + 1 == segments.len();
        if let Some(before) = before
            && !(newest && is_empty(disk, segment)?)
        {
            return Err(missing_seal(before, segment));
        }
    }
    Ok(segments)
}

fn read_headers<D: Disk>(disk: &D, partition: Option<u8>) -> Result<Vec<Segment>, LogError> {
    let mut names = disk.list().map_err(|source| LogError::read("the log directory", source))?;
    names.retain(|name| name.ends_with(SUFFIX));
    names.sort();
    let mut segments: Vec<Segment> = Vec::with_capacity(names.len());
    for name in names {
        let header = read_header(disk, &name)?;
        let rightly = segment_name(header.first_position());
        if name != rightly {
            return Err(LogError::damaged(&name, 0, format!("this is segment {rightly}")));
        }
        let expected = segments.last().map(|before| before.header.partition).or(partition);
        if expected.is_some_and(|expected| expected != header.partition) {
            let text = format!("this segment belongs to partition {}", header.partition);
            return Err(LogError::damaged(&name, 0, text));
        }
        segments.push(Segment { name, header });
    }
    Ok(segments)
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

/// Does the segment before end as `header` says, and is it sealed? An error when it does not end
/// so.
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

/// Does the segment begin with no record? What is torn in its first batch is no record either.
fn is_empty<D: Disk>(disk: &D, segment: &Segment) -> Result<bool, LogError> {
    let mut walk = open_walk(disk, segment)?;
    Ok(!matches!(walk.step()?, Step::Record(_)))
}
