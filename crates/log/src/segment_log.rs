//! The log on a disk: appends in batches and rolls segments.

use crate::chain::{Segment, UNFINISHED, segment_name};
use crate::disk::{Disk, DiskFile};
use crate::error::LogError;
use crate::records::{Reading, Records};
use crate::recovery::{Recovery, recover};
use crate::walk::FIRST_FRAME;
use crate::{Entry, Log};
use base::{Timestamp, planted};
use log_format::{Encoder, MAX_PAYLOAD, SEAL_BYTES, Seal, SegmentHeader};

/// Numbers of the bugs that a simulator may plant here.
const PLANTED_NO_SYNC: u32 = 1;
const PLANTED_SYNC_RETRIED: u32 = 2;
const PLANTED_NO_DIR_SYNC: u32 = 4;

/// Bytes of zeros written at a time.
const ZEROS: usize = 1 << 20;

/// Is room for a segment made before it is used?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preallocate {
    No,
    /// Ask the file system for the room: quick, and a full disk shows when a segment begins.
    Reserve,
    /// Write zeros: appends of many kilobytes are then about twice as fast, for twice the bytes
    /// written and a pause at each roll.
    Zeros,
}

/// How a log is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub partition: u8,
    /// A segment ends before the batch that would make it longer. One batch alone may.
    pub segment_bytes: u64,
    pub preallocate: Preallocate,
    /// Check every record at opening, not only those of the newest segment.
    pub verify_all: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            partition: 0,
            segment_bytes: 64 << 20,
            preallocate: Preallocate::Reserve,
            verify_all: false,
        }
    }
}

/// The segment that records are appended to.
pub(crate) struct Active<F> {
    pub file: F,
    pub name: String,
    /// Where the next batch goes.
    pub end: u64,
}

/// A partition's log in the files of one directory, which it holds locked.
pub struct SegmentLog<D: Disk> {
    disk: D,
    options: Options,
    segments: Vec<Segment>,
    /// None until the first batch.
    active: Option<Active<D::File>>,
    encoder: Encoder,
    poisoned: bool,
    _lock: D::Lock,
}

impl<D: Disk> SegmentLog<D> {
    /// Opens the log, making it when the directory is empty, and cuts what a crash tore.
    ///
    /// Errors: `Locked`, `Damaged` with file and offset, `UnknownVersion`, or a failed read or
    /// write.
    pub fn open(disk: D, options: Options) -> Result<(SegmentLog<D>, Recovery), LogError> {
        let lock = disk.lock().map_err(|source| match source.kind() {
            std::io::ErrorKind::WouldBlock => LogError::Locked,
            _ => LogError::write("cannot lock the log", source),
        })?;
        let (segments, active, recovery) = recover(&disk, &options)?;
        let log = SegmentLog {
            disk,
            options,
            segments,
            active,
            encoder: Encoder::new(recovery.last),
            poisoned: false,
            _lock: lock,
        };
        Ok((log, recovery))
    }

    /// Position, time and hash of the newest durable record.
    pub fn tip(&self) -> log_format::Tip {
        // A batch that failed is in the encoder, but not acknowledged.
        if self.poisoned { self.encoder.batch_tip() } else { self.encoder.tip() }
    }

    /// Writes the batch in the encoder and makes it durable.
    fn commit(&mut self, created: Timestamp) -> Result<(), LogError> {
        let length = self.encoder.bytes().len() as u64;
        let full = self.active.as_ref().is_none_or(|active| {
            let after = active.end + length + SEAL_BYTES as u64;
            active.end > FIRST_FRAME && after > self.options.segment_bytes
        });
        if full {
            self.roll(created)?;
        }
        let active = self.active.as_mut().expect("a roll leaves a segment to write to");
        let Active { file, name, end } = active;
        file.write_at(*end, self.encoder.bytes())
            .map_err(|source| LogError::write(format!("cannot write {name}"), source))?;
        sync(file, name)?;
        *end += length;
        Ok(())
    }

    /// Begins a segment. It gets its name only when its header is durable, and the old segment its
    /// seal only when the name is: so whatever a crash leaves can be told from damage.
    fn roll(&mut self, created: Timestamp) -> Result<(), LogError> {
        let previous = self.encoder.batch_tip();
        let previous_end = self.active.as_ref().map_or(0, |active| active.end);
        let partition = self.options.partition;
        let header = SegmentHeader { partition, created, previous, previous_end };
        let name = segment_name(header.first_position());
        let file = create_segment(&self.disk, &self.options, &name, &header)
            .map_err(|source| LogError::write(format!("cannot create {name}"), source))?;
        if let Some(old) = &mut self.active {
            seal(old, Seal { tip: previous })?;
        }
        self.segments.push(Segment { name: name.clone(), header });
        self.active = Some(Active { file, name, end: FIRST_FRAME });
        Ok(())
    }
}

impl<D: Disk> Log for SegmentLog<D> {
    fn append(&mut self, batch: &[Entry]) -> Result<(), LogError> {
        if self.poisoned {
            return Err(LogError::Poisoned);
        }
        check_sizes(batch)?;
        let Some(first) = batch.first() else { return Ok(()) };
        self.encoder.begin();
        for (index, entry) in batch.iter().enumerate() {
            self.encoder
                .push(entry.time, &entry.payload)
                .map_err(|error| LogError::TooLarge { index, length: error.length })?;
        }
        // Whatever fails from here on, nobody knows what reached the disk.
        self.poisoned = true;
        self.commit(first.time)?;
        self.poisoned = false;
        Ok(())
    }

    fn next_position(&self) -> u64 {
        self.tip().position + 1
    }

    fn last_time(&self) -> Timestamp {
        self.tip().time
    }

    fn read(&self, from: u64) -> Result<Records, LogError> {
        let until = Some(self.next_position());
        let segments = self.segments.clone();
        Ok(Box::new(Reading::new(self.disk.clone(), segments, from.max(1), until)))
    }
}

/// Refuses a batch with a payload that is too long, before anything of it is used.
pub(crate) fn check_sizes(batch: &[Entry]) -> Result<(), LogError> {
    match batch.iter().position(|entry| entry.payload.len() > MAX_PAYLOAD) {
        Some(index) => Err(LogError::TooLarge { index, length: batch[index].payload.len() }),
        None => Ok(()),
    }
}

fn sync<F: DiskFile>(file: &mut F, name: &str) -> Result<(), LogError> {
    if planted(PLANTED_NO_SYNC) {
        return Ok(());
    }
    let mut synced = file.sync_data();
    if planted(PLANTED_SYNC_RETRIED) && synced.is_err() {
        synced = file.sync_data();
    }
    synced.map_err(|source| LogError::write(format!("cannot sync {name}"), source))
}

/// Ends a segment for good.
pub(crate) fn seal<F: DiskFile>(old: &mut Active<F>, seal: Seal) -> Result<(), LogError> {
    old.file
        .write_at(old.end, &seal.encode())
        .and_then(|()| old.file.sync_data())
        .map_err(|source| LogError::write(format!("cannot seal {}", old.name), source))
}

fn create_segment<D: Disk>(
    disk: &D,
    options: &Options,
    name: &str,
    header: &SegmentHeader,
) -> std::io::Result<D::File> {
    let unfinished = format!("{name}{UNFINISHED}");
    let mut file = disk.create(&unfinished)?;
    make_room(&mut file, 0, options)?;
    file.write_at(0, &header.encode())?;
    file.sync_data()?;
    disk.rename(&unfinished, name)?;
    if !planted(PLANTED_NO_DIR_SYNC) {
        disk.sync_dir()?;
    }
    Ok(file)
}

/// Makes room from `used` to the full length, as the options say.
pub(crate) fn make_room<F: DiskFile>(
    file: &mut F,
    used: u64,
    options: &Options,
) -> std::io::Result<()> {
    let size = options.segment_bytes;
    if options.preallocate == Preallocate::No || file.size()? >= size {
        return Ok(());
    }
    file.preallocate(size)?;
    if options.preallocate == Preallocate::Zeros {
        let zeros = vec![0; ZEROS];
        let mut at = used;
        while at < size {
            let count = usize::try_from(size - at).unwrap_or(ZEROS).min(ZEROS);
            file.write_at(at, &zeros[..count])?;
            at += count as u64;
        }
    }
    Ok(())
}
