//! Reads one segment record by record.

use crate::disk::DiskFile;
use crate::error::LogError;
use log_format::{
    Decoded, FRAME_OVERHEAD, Frame, HASH_BYTES, HEADER_BYTES, MAX_FRAME, Probe, SEAL_BYTES, Seal,
    SegmentHeader, Tip, decode, probe,
};

/// Bytes read at a time: the largest frame always fits, and few bytes are moved in between.
const BUFFER: usize = 4 * MAX_FRAME;

/// A header, as a file offset.
pub const FIRST_FRAME: u64 = HEADER_BYTES as u64;

pub enum Step<'a> {
    Record(Frame<'a>),
    Seal(Seal),
    /// Preallocated zeros, or the end of the file.
    End,
    /// No record, or only a part of one.
    Bad(String),
}

/// Walks the frames of one segment; it never goes past anything but a right record.
pub struct Walk<F> {
    file: F,
    pub name: String,
    /// The chain after the last record read.
    pub tip: Tip,
    /// Where the next frame begins in the file.
    pub offset: u64,
    /// Where the batch of the last record read begins.
    pub batch_start: u64,
    buffer: Vec<u8>,
    /// Where the next frame begins in the buffer.
    start: usize,
    /// Nothing is left in the file behind the buffer.
    whole: bool,
}

impl<F: DiskFile> Walk<F> {
    pub fn new(file: F, name: &str, header: &SegmentHeader) -> Walk<F> {
        Walk {
            file,
            name: name.to_owned(),
            tip: header.previous,
            offset: FIRST_FRAME,
            batch_start: FIRST_FRAME,
            buffer: Vec::new(),
            start: 0,
            whole: false,
        }
    }

    pub fn step(&mut self) -> Result<Step<'_>, LogError> {
        if !self.whole && self.buffer.len() - self.start < MAX_FRAME {
            self.fill()?;
        }
        match decode(&self.buffer[self.start..], &self.tip) {
            Decoded::Record(frame) => {
                if frame.ordinal == 0 {
                    self.batch_start = self.offset;
                }
                self.tip = frame.tip();
                self.start += frame.length();
                self.offset += frame.length() as u64;
                Ok(Step::Record(frame))
            }
            Decoded::Seal(seal) => Ok(Step::Seal(seal)),
            Decoded::End => Ok(Step::End),
            Decoded::Incomplete => Ok(Step::Bad("the record is cut short".into())),
            Decoded::Damaged(fault) => Ok(Step::Bad(fault.to_string())),
            Decoded::UnknownVersion(version) => Err(self.unknown_version(self.offset, version)),
        }
    }

    /// The seal that stands at `offset`, if one does. The walk stays where it is.
    pub fn seal_at(&self, offset: u64) -> Result<Option<Seal>, LogError> {
        let mut bytes = [0; SEAL_BYTES];
        let count = self.file.read_at(offset, &mut bytes);
        let count = count.map_err(|source| LogError::read(&self.name, source))?;
        match decode(&bytes[..count], &self.tip) {
            Decoded::Seal(seal) => Ok(Some(seal)),
            _ => Ok(None),
        }
    }

    fn unknown_version(&self, offset: u64, version: u8) -> LogError {
        LogError::UnknownVersion { file: self.name.clone(), offset, version }
    }

    /// Forgets what was read ahead: the file may have grown since.
    pub fn refresh(&mut self) {
        self.buffer.clear();
        self.start = 0;
        self.whole = false;
    }

    fn fill(&mut self) -> Result<(), LogError> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let kept = self.buffer.len();
        let from = self.offset + kept as u64;
        let room = self.room_for(from, BUFFER - kept)?;
        self.buffer.resize(kept + room, 0);
        let count = self.file.read_at(from, &mut self.buffer[kept..]);
        let count = count.map_err(|source| LogError::read(&self.name, source))?;
        self.whole = count < room;
        self.buffer.truncate(kept + count);
        Ok(())
    }

    /// At most `most` bytes, and one more than a shorter rest of the file needs, so that a read
    /// that does not fill them has met its end.
    fn room_for(&self, from: u64, most: usize) -> Result<usize, LogError> {
        let size = self.file.size().map_err(|source| LogError::read(&self.name, source))?;
        let rest = size.saturating_sub(from).saturating_add(1);
        Ok(usize::try_from(rest).unwrap_or(most).min(most))
    }

    /// Where the last byte that is not zero ends, looking from `from` on; `from` when all are zero.
    pub fn written_end(&self, from: u64) -> Result<u64, LogError> {
        let mut chunk = vec![0; self.room_for(from, MAX_FRAME)?];
        let (mut at, mut end) = (from, from);
        loop {
            let count = self.file.read_at(at, &mut chunk);
            let count = count.map_err(|source| LogError::read(&self.name, source))?;
            if let Some(last) = chunk[..count].iter().rposition(|byte| *byte != 0) {
                end = at + last as u64 + 1;
            }
            at += count as u64;
            if count < chunk.len() {
                return Ok(end);
            }
        }
    }

    /// Judges the bytes from the first bad one (`self.offset`) to `end`: may they be cut?
    ///
    /// A crash can tear only the batch that was being written, because each batch is synced before
    /// the next begins. So what belongs to a later batch, or a seal, proves that the bytes here
    /// were durable once and are damaged now; whole records of the same batch prove nothing, as
    /// sectors of one write reach the disk in any order.
    pub fn judge_tail(&self, end: u64, what: &str) -> Result<(), LogError> {
        let length = usize::try_from(end - self.offset).map_err(|_| self.damaged("too long"))?;
        // A hash may end in zeros that were taken for padding.
        let mut tail = vec![0; length + HASH_BYTES];
        let count = self.file.read_at(self.offset, &mut tail);
        tail.truncate(count.map_err(|source| LogError::read(&self.name, source))?);
        let lost = self.tip.position + 1;
        // Nothing behind can be further on than one record for each smallest frame.
        let most = (tail.len() / FRAME_OVERHEAD) as u64 + 1;
        let positions = lost..=lost.saturating_add(most);
        for at in 0..tail.len().min(length) {
            match probe(&tail[at..], &positions) {
                Some(Probe::Frame { position, batch_first }) if batch_first > lost => {
                    let text = format!("{what}; record {position} behind it is whole");
                    return Err(self.damaged(&text));
                }
                Some(Probe::Seal(_)) => {
                    return Err(self.damaged(&format!("{what}; the seal behind it is whole")));
                }
                Some(Probe::UnknownVersion(version)) => {
                    return Err(self.unknown_version(self.offset + at as u64, version));
                }
                Some(Probe::Frame { .. }) | None => {}
            }
        }
        Ok(())
    }

    /// Behind the seal that stands here, nothing may be written.
    pub fn check_padding(&self) -> Result<(), LogError> {
        let padding = self.offset + SEAL_BYTES as u64;
        let end = self.written_end(padding)?;
        if end == padding {
            return Ok(());
        }
        Err(LogError::damaged(&self.name, end - 1, "something is written behind the seal"))
    }

    /// Damage at the place where the next record should begin.
    pub fn damaged(&self, what: &str) -> LogError {
        LogError::damaged(&self.name, self.offset, what)
    }
}
