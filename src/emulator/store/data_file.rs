//! The file that keeps the state: whether it is ours, who may use it, and how it comes to be.
//!
//! A file appears at its path whole, with its schema: it is made beside it and then renamed. So whatever has
//! no mark of ours in its first bytes is somebody else's, and stays as it is.

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

/// What a SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where in its first bytes it says whose it is.
const APPLICATION_ID: std::ops::Range<usize> = 68..72;

/// The right to use a data file, as long as it lives. The system takes it from a process that is killed.
///
/// It is a file of its own: to close a second handle of the database would take SQLite's own lockout away.
pub(super) struct DataFile {
    path: PathBuf,
    _lock: File,
}

impl DataFile {
    /// Takes hold of a file, which is made if it isn't there, and is of this version afterwards.
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
            // Nothing is left beside a file that isn't ours.
            let _ = fs::remove_file(lock_path);
        }
        ready.map(|()| file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file has our mark. None if there is no file, or nothing in it.
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

    /// Makes the file. A process that is killed meanwhile leaves none.
    fn create(&self) -> Result<()> {
        // What belonged to a file that was deleted would be taken for a part of this one.
        for suffix in ["-wal", "-shm", "-journal"] {
            remove(&beside(&self.path, suffix))?;
        }
        let new = beside(&self.path, ".new");
        remove(&new)?;
        let made = || -> Result<()> {
            // SQLite gives the files that it makes beside it the same permissions.
            private().create_new(true).open(&new).map_err(io)?;
            schema::create_file(&Connection::open(&new)?)?;
            fs::rename(&new, &self.path).map_err(io)?;
            // The name has to reach the disk, too.
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

/// For files that only their owner can read.
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

/// The one name of a file that has several, so that all of them lead to one lock.
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
