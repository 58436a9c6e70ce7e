//! The real disk: a directory of the file system.

use crate::disk::{Disk, DiskFile};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "lock";

/// A directory that holds one partition's log.
#[derive(Clone, Debug)]
pub struct RealDisk {
    dir: PathBuf,
}

impl RealDisk {
    /// Makes the directory when it is missing, durably, so that no later sync rests on nothing.
    pub fn new(dir: impl Into<PathBuf>) -> io::Result<RealDisk> {
        let dir = dir.into();
        let missing: Vec<&Path> = dir.ancestors().take_while(|path| !path.exists()).collect();
        fs::create_dir_all(&dir)?;
        for made in missing.iter().rev() {
            let parent = made.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(RealDisk { dir })
    }

    /// For reading a log that must already be there.
    pub fn existing(dir: impl Into<PathBuf>) -> io::Result<RealDisk> {
        let dir = dir.into();
        fs::read_dir(&dir)?;
        Ok(RealDisk { dir })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

impl Disk for RealDisk {
    type File = RealFile;
    type Lock = File;

    fn lock(&self) -> io::Result<File> {
        let path = self.path(LOCK_FILE);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.dir)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn create(&self, name: &str) -> io::Result<RealFile> {
        let options = OpenOptions::new().create_new(true).read(true).write(true).clone();
        Ok(RealFile { file: options.open(self.path(name))?, resized: true })
    }

    fn open(&self, name: &str) -> io::Result<RealFile> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(name))?;
        Ok(RealFile { file, resized: false })
    }

    fn open_read(&self, name: &str) -> io::Result<RealFile> {
        Ok(RealFile { file: File::open(self.path(name))?, resized: false })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn sync_dir(&self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }
}

/// A file of [`RealDisk`].
#[derive(Debug)]
pub struct RealFile {
    file: File,
    /// The length was changed since the last sync, which must then cover the metadata too.
    resized: bool,
}

impl DiskFile for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < into.len() {
            match self.file.read_at(&mut into[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        if self.resized {
            self.file.sync_all()?;
            self.resized = false;
            return Ok(());
        }
        self.file.sync_data()
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.resized = true;
        self.file.set_len(size)
    }

    fn preallocate(&mut self, size: u64) -> io::Result<()> {
        self.resized = true;
        reserve(&self.file, size)?;
        // Where the file system only promises room, the length must still be set.
        if self.size()? < size { self.file.set_len(size) } else { Ok(()) }
    }
}

#[cfg(target_os = "linux")]
fn reserve(file: &File, size: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    match fallocate(file, FallocateFlags::empty(), 0, size) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        result => Ok(result?),
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _size: u64) -> io::Result<()> {
    Ok(())
}
