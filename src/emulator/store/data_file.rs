//! The file with the state: whether it is an emulator's, its lock, and its creation.
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

/// The exclusive right to use a data file. The system releases the lock when the process ends.
///
/// The lock is a separate file: closing a second handle of the database would release SQLite's own locks.
pub(super) struct DataFile {
    path: PathBuf,
    _lock: File,
}

impl DataFile {
    /// Opens and locks a data file, creates it if needed, and migrates it to the current version.
    pub(super) fn open(given: &Path) -> Result<Self> {
        let problem = |text: &dyn Display| StoreError::DataFile(format!("{} {text}", given.display()));
        let cannot = |what: &str, error: &dyn Display| problem(&format_args!("can't be {what}: {error}"));
        let path = resolve(given).map_err(|error| cannot("opened", &error))?;
        if path.exists() && !path.is_file() {
            return Err(problem(&"is no regular file"));
        }
        let lock_path = beside(&path, ".lock");
        let was_there = lock_path.exists();
        let lock = private().create(true).truncate(false).open(&lock_path);
        let lock =
            lock.map_err(|error| cannot("locked", &format_args!("{}: {error}", lock_path.display())))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(problem(&"is in use by another emulator")),
            Err(TryLockError::Error(error)) => return Err(cannot("locked", &error)),
        }
        let file = Self { path, _lock: lock };
        let ready = match file.is_ours() {
            Err(error) => Err(cannot("opened", &error)),
            Ok(None) => file.create().map_err(|error| cannot("created", &error)),
            Ok(Some(true)) => Ok(()),
            Ok(Some(false)) => Err(problem(&"is no emulator's file; it was left as it is")),
        };
        let ready = ready.and_then(|()| {
            let database =
                Database::open(&file.path).and_then(|database| Ok((database.version()?, database)));
            let (version, database) = database.map_err(|error| cannot("read", &error))?;
            if version > schema::VERSION {
                return Err(problem(&format_args!(
                    "has version {version} of the schema, and this emulator knows none above {}",
                    schema::VERSION
                )));
            }
            database.migrate(version).map_err(|error| cannot("brought up to date", &error))
        });
        if ready.is_err() && !was_there {
            // Leave no lock file beside a file that isn't ours.
            let _ = fs::remove_file(lock_path);
        }
        ready.map(|()| file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file has our application id; `None` if it is missing or empty.
    fn is_ours(&self) -> std::io::Result<Option<bool>> {
        let file = match OpenOptions::new().read(true).write(true).open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut head = Vec::new();
        file.take(APPLICATION_ID.end as u64).read_to_end(&mut head)?;
        let id = head.get(APPLICATION_ID) == Some(&schema::APPLICATION_ID.to_be_bytes());
        Ok((!head.is_empty()).then_some(id && head.starts_with(MAGIC)))
    }

    /// Creates the file. A process that is killed in between leaves no file at the path.
    fn create(&self) -> Result<()> {
        // SQLite would apply the leftovers of a deleted file to this one.
        for suffix in ["-wal", "-shm", "-journal"] {
            remove(&beside(&self.path, suffix))?;
        }
        let new = beside(&self.path, ".new");
        remove(&new)?;
        let made = || -> Result<()> {
            // SQLite gives its other files the same permissions.
            private().create_new(true).open(&new).map_err(io)?;
            schema::create_file(&Connection::open(&new)?)?;
            fs::rename(&new, &self.path).map_err(io)?;
            // The directory entry must reach the disk, too.
            #[cfg(unix)]
            File::open(self.path.parent().unwrap_or(Path::new("/")))
                .and_then(|folder| folder.sync_all())
                .map_err(io)?;
            Ok(())
        };
        made().inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    }
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
