//! Reads a whole log, segment by segment.

use crate::chain::{Segment, missing, open_walk, read_header, read_live_chain, segment_name};
use crate::disk::Disk;
use crate::error::LogError;
use crate::walk::{Step, Walk};
use log_format::{Record, Seal, Tip};

/// Records in order; ends after the first error.
pub type Records = Box<dyn Iterator<Item = Result<Record, LogError>> + Send>;

/// Reads a log from `from` on without opening it, as far as it is whole.
///
/// Takes no lock and writes nothing, so it may look at the log of a running process; a batch that
/// is being written then may show in part or not at all.
pub fn records<D: Disk>(disk: &D, from: u64) -> Result<Records, LogError> {
    let segments = read_live_chain(disk)?;
    Ok(Box::new(Reading::new(disk.clone(), segments, from, None)))
}

pub(crate) struct Reading<D: Disk> {
    disk: D,
    /// Those still to be read, last first.
    segments: Vec<Segment>,
    walk: Option<Walk<D::File>>,
    from: u64,
    /// One beyond the newest record there is, when that is known: fewer are an error.
    until: Option<u64>,
    over: bool,
    /// Where the newest segment was read afresh because it looked damaged.
    looked_again: Option<u64>,
    /// What was read so far.
    pub tip: Tip,
    /// Bytes at the end that a crash or a running write left behind.
    pub torn_bytes: u64,
}

impl<D: Disk> Reading<D> {
    pub fn new(disk: D, mut segments: Vec<Segment>, from: u64, until: Option<u64>) -> Reading<D> {
        let holding = segments.iter().rposition(|segment| segment.header.first_position() <= from);
        segments.drain(..holding.unwrap_or(0));
        segments.reverse();
        let over = segments.is_empty() || until.is_some_and(|until| from >= until);
        let tip = segments.last().map_or(Tip::START, |segment| segment.header.previous);
        Reading {
            disk,
            segments,
            walk: None,
            from,
            until,
            over,
            looked_again: None,
            tip,
            torn_bytes: 0,
        }
    }

    /// How many segments are not read to their end.
    pub fn segments_left(&self) -> usize {
        self.segments.len() + usize::from(self.walk.is_some())
    }

    fn advance(&mut self) -> Result<Option<Record>, LogError> {
        loop {
            let mut walk = match self.walk.take() {
                Some(walk) => walk,
                None => match self.segments.pop() {
                    Some(segment) => open_walk(&self.disk, &segment)?,
                    None => return Ok(None),
                },
            };
            if self.until.is_some_and(|until| walk.tip.position + 1 >= until) {
                return Ok(None);
            }
            let from = self.from;
            let stop = match walk.step()? {
                Step::Record(frame) => {
                    let record = (frame.position >= from).then(|| frame.to_record());
                    self.tip = frame.tip();
                    self.walk = Some(walk);
                    match record {
                        Some(record) => return Ok(Some(record)),
                        None => continue,
                    }
                }
                Step::Seal(seal) => Stop::Seal(seal),
                Step::End => Stop::Bad("the records end too early".to_owned()),
                Step::Bad(what) => Stop::Bad(what),
            };
            if self.segments.is_empty() {
                self.end_of_log(walk, stop)?;
            } else {
                self.end_of_segment(&walk, stop)?;
            }
        }
    }

    /// Nothing more can be read from a segment that another one follows: is that right?
    fn end_of_segment(&mut self, walk: &Walk<D::File>, stop: Stop) -> Result<(), LogError> {
        let next = self.segments.last().expect("a segment follows").header;
        let at_end = next.previous == walk.tip && next.previous_end == walk.offset;
        match stop {
            Stop::Seal(seal) if at_end && seal.tip == walk.tip => walk.check_padding(),
            Stop::Seal(_) => Err(walk.damaged("it is sealed wrongly")),
            // Sealing may have been cut short, but only while the newest segment is empty: the
            // chain was checked for that.
            Stop::Bad(_) if at_end && self.segments.len() == 1 => Ok(()),
            Stop::Bad(what) => Err(walk.damaged(&what)),
        }
    }

    /// Nothing more can be read from the newest segment: is that right?
    fn end_of_log(&mut self, mut walk: Walk<D::File>, stop: Stop) -> Result<(), LogError> {
        let what = match stop {
            Stop::Seal(seal) => return self.newer_segment(&seal),
            Stop::Bad(what) => what,
        };
        if self.until.is_some() {
            return Err(walk.damaged(&what));
        }
        let end = walk.written_end(walk.offset)?;
        let Err(damage) = walk.judge_tail(end, &what) else {
            self.torn_bytes = end - walk.offset;
            return Ok(());
        };
        // A writer may have gone on between the two looks; then the record is there by now.
        if self.looked_again == Some(walk.offset) {
            return Err(damage);
        }
        self.looked_again = Some(walk.offset);
        walk.refresh();
        self.walk = Some(walk);
        Ok(())
    }

    /// A seal ends what was the newest segment: a writer has begun another one, or it was lost.
    fn newer_segment(&mut self, seal: &Seal) -> Result<(), LogError> {
        let name = segment_name(seal.tip.position + 1);
        let names = self.disk.list().map_err(|e| LogError::read("the log directory", e))?;
        if seal.tip != self.tip || !names.contains(&name) {
            return Err(missing(&name));
        }
        let header = read_header(&self.disk, &name)?;
        if header.previous != self.tip {
            return Err(LogError::damaged(&name, 0, "it does not continue the segment before it"));
        }
        self.segments.push(Segment { name, header });
        Ok(())
    }
}

enum Stop {
    Seal(Seal),
    Bad(String),
}

impl<D: Disk> Iterator for Reading<D> {
    type Item = Result<Record, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let item = self.advance().transpose();
        self.over = !matches!(item, Some(Ok(_)));
        item
    }
}
