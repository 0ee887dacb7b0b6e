//! The file with the state: whether it is an emulator's, its locks, and its creation.
//!
//! A file is created beside its path and renamed when it has the schema. So a file without our application id in its
//! header belongs to another program, and is left unchanged.

use std::{
    ffi::OsStr,
    fmt::Display,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use fs::TryLockError;
use rusqlite::Connection;

use super::{
    database::Database,
    error::{Result, StoreError},
    schema,
};

/// The first bytes of a SQLite database.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// The position of the application id.
const APPLICATION_ID: std::ops::Range<usize> = 68..72;

/// The exclusive right to use a data file. The system releases the locks when the process ends.
///
/// The lock of the path is a file beside it, which is also there before the data file is created.
pub(super) struct DataFile {
    path: PathBuf,
    _lock: Lock,
    _file_lock: Option<Lock>,
}

/// A locked file.
struct Lock(File);

impl Lock {
    fn new(file: File) -> std::result::Result<Self, (TryLockError, File)> {
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(error) => Err((error, file)),
        }
    }
}

/// Closing the file is not enough: it stays locked while a process that was just forked still has its descriptors.
impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Locks a data file itself, which the system identifies by device and inode, so that all its names share the lock.
#[cfg(target_os = "linux")]
fn lock_file(file: File) -> std::result::Result<Option<Lock>, TryLockError> {
    Lock::new(file).map(Some).map_err(|(error, file)| {
        // If the other emulator is in this process, closing the file would release the locks of its database.
        std::mem::forget(file);
        error
    })
}

/// On other systems such a lock would keep SQLite out, too, so a file must have one name.
#[cfg(not(target_os = "linux"))]
fn lock_file(file: File) -> std::result::Result<Option<Lock>, TryLockError> {
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&file.metadata().map_err(TryLockError::Error)?) > 1 {
        return Err(TryLockError::Error(std::io::Error::other("it has hard links")));
    }
    drop(file);
    Ok(None)
}

impl DataFile {
    /// Opens and locks a data file, creates it if needed, and migrates it to the current version.
    pub(super) fn open(given: &Path) -> Result<Self> {
        let problem = |text: &dyn Display| StoreError::DataFile(format!("{} {text}", given.display()));
        let cannot = |what: &str, error: &dyn Display| problem(&format_args!("can't be {what}: {error}"));
        let not_locked = |error| match error {
            TryLockError::WouldBlock => problem(&"is in use by another emulator"),
            TryLockError::Error(error) => cannot("locked", &error),
        };
        let path = resolve(given).map_err(|error| cannot("opened", &error))?;
        if path.exists() && !path.is_file() {
            return Err(problem(&"is no regular file"));
        }
        let lock_path = beside(&path, ".lock");
        let was_there = lock_path.exists();
        let lock = private().create(true).truncate(false).open(&lock_path);
        let lock =
            lock.map_err(|error| cannot("locked", &format_args!("{}: {error}", lock_path.display())))?;
        let lock = Lock::new(lock).map_err(|(error, _)| not_locked(error))?;
        let prepare = || {
            let existing = existing(&path).map_err(|error| cannot("opened", &error))?;
            let file = match existing {
                Some(file) => file,
                None => create(&path)
                    .and_then(|()| private().open(&path).map_err(io))
                    .map_err(|error| cannot("created", &error))?,
            };
            let is_ours = is_ours(&file);
            let file_lock = lock_file(file).map_err(not_locked)?;
            if !is_ours.map_err(|error| cannot("opened", &error))? {
                return Err(problem(&"is no emulator's file; it was left as it is"));
            }
            let database = Database::open(&path).and_then(|database| Ok((database.version()?, database)));
            let (version, database) = database.map_err(|error| cannot("read", &error))?;
            if version > schema::VERSION {
                return Err(problem(&format_args!(
                    "has version {version} of the schema, and this emulator knows none above {}",
                    schema::VERSION
                )));
            }
            database.migrate(version).map_err(|error| cannot("brought up to date", &error))?;
            Ok(file_lock)
        };
        let prepared = prepare();
        if prepared.is_err() && !was_there {
            // Leave no lock file beside a file that isn't ours.
            let _ = fs::remove_file(lock_path);
        }
        prepared.map(|file_lock| Self { path, _lock: lock, _file_lock: file_lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The file at a path; `None` if it is missing or empty.
fn existing(path: &Path) -> std::io::Result<Option<File>> {
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        file => {
            let file = file?;
            let is_empty = file.metadata()?.len() == 0;
            Ok((!is_empty).then_some(file))
        }
    }
}

/// Whether a file has our application id.
fn is_ours(file: &File) -> std::io::Result<bool> {
    let mut head = Vec::new();
    file.take(APPLICATION_ID.end as u64).read_to_end(&mut head)?;
    let id = head.get(APPLICATION_ID) == Some(&schema::APPLICATION_ID.to_be_bytes());
    Ok(id && head.starts_with(MAGIC))
}

/// Creates a data file. A process that is killed in between leaves no file at the path.
fn create(path: &Path) -> Result<()> {
    // SQLite would apply the leftovers of a deleted file to this one.
    for suffix in ["-wal", "-shm", "-journal"] {
        remove(&beside(path, suffix))?;
    }
    let new = beside(path, ".new");
    remove(&new)?;
    let made = || -> Result<()> {
        // SQLite gives its other files the same permissions.
        private().create_new(true).open(&new).map_err(io)?;
        schema::create_file(&Connection::open(&new)?)?;
        fs::rename(&new, path).map_err(io)?;
        // The directory entry must reach the disk, too.
        #[cfg(unix)]
        File::open(path.parent().unwrap_or(Path::new("/")))
            .and_then(|folder| folder.sync_all())
            .map_err(io)?;
        Ok(())
    };
    made().inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}

/// Options for files that only their owner can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(error)),
        _ => Ok(()),
    }
}

fn io(error: std::io::Error) -> StoreError {
    StoreError::Failed(Box::new(error))
}

/// The canonical path, so that all names of a file share one lock.
fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let name = path.file_name().ok_or(error)?;
            let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
            Ok(folder.canonicalize()?.join(name))
        }
        resolved => resolved,
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or(OsStr::new("")).to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
