//! What the log asks of a disk: the real one, or one with faults in a simulator.

use std::io;

/// A directory of files as the log uses it. Clones are handles on the same directory.
pub trait Disk: Clone + Send + 'static {
    type File: DiskFile + 'static;
    /// Held as long as the log is open; letting go of it unlocks.
    type Lock: Send + 'static;

    /// Locks the directory; [`io::ErrorKind::WouldBlock`] when someone else holds it.
    fn lock(&self) -> io::Result<Self::Lock>;

    /// Names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes an empty file; [`io::ErrorKind::AlreadyExists`] when the name is taken.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file to read and write.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file only to read.
    fn open_read(&self, name: &str) -> io::Result<Self::File> {
        self.open(name)
    }

    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name at once. Durable after [`sync_dir`](Disk::sync_dir).
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes created, removed and renamed names durable.
    fn sync_dir(&self) -> io::Result<()>;
}

/// An open file.
pub trait DiskFile: Send {
    /// Length in bytes.
    fn size(&self) -> io::Result<u64>;

    /// Fills `into` from `offset` on as far as the file goes: fewer bytes come back only at its
    /// end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`, or fails, and then any part of them may be there.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes content and length durable.
    fn sync_data(&mut self) -> io::Result<()>;

    /// Cuts the file to `size` bytes. Durable after [`sync_data`](DiskFile::sync_data).
    fn truncate(&mut self, size: u64) -> io::Result<()>;

    /// Reserves room so that the file is at least `size` bytes long; new bytes read as zeros.
    fn preallocate(&mut self, size: u64) -> io::Result<()>;
}
