//! The place in a followed file, kept in a file beside it.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::CliError;

/// How many bytes of a file's start tell it from another one.
const HEAD: u64 = 1_024;
const VERSION: u32 = 1;
/// The largest offset file that is read, in bytes.
const MAX_OFFSET_FILE: u64 = 64 << 10;

/// Which file was read, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Offset {
    version: u32,
    device: u64,
    inode: u64,
    pub(super) offset: u64,
    /// The SHA-256 of the first `min(offset, 1024)` bytes, in hexadecimal digits.
    head: String,
    /// The id of the stream that the lines were written to.
    pub(super) stream: String,
}

impl Offset {
    /// The place in an open file.
    pub(super) fn of(file: &mut File, offset: u64, stream: &str) -> io::Result<Self> {
        let (device, inode) = identity(&file.metadata()?);
        let head = head(file, offset)?;
        Ok(Self { version: VERSION, device, inode, offset, head, stream: stream.to_owned() })
    }

    /// Whether an open file is the one that was read, and still begins with what was read.
    pub(super) fn is_of(&self, file: &mut File) -> io::Result<bool> {
        let metadata = file.metadata()?;
        Ok(identity(&metadata) == (self.device, self.inode)
            && metadata.len() >= self.offset
            && head(file, self.offset)? == self.head)
    }

    /// The file that was read, under its name or after it was renamed within its folder.
    pub(super) fn find(&self, path: &Path) -> io::Result<Option<File>> {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let beside = fs::read_dir(folder.unwrap_or(Path::new(".")))?;
        let beside = beside.filter_map(|entry| Some(entry.ok()?.path()));
        for candidate in [path.to_owned()].into_iter().chain(beside) {
            let is_same = fs::metadata(&candidate)
                .is_ok_and(|found| found.is_file() && identity(&found) == (self.device, self.inode));
            if is_same
                && let Ok(mut file) = File::open(&candidate)
                && self.is_of(&mut file)?
            {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }
}

/// Device and inode of a file.
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (metadata.dev(), metadata.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        (0, 0)
    }
}

/// The hash of the start of a file, of as much as was read of it.
fn head(file: &mut File, offset: u64) -> io::Result<String> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.by_ref().take(offset.min(HEAD)).read_to_end(&mut start)?;
    Ok(Sha256::digest(&start).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The file that keeps the place.
pub(super) struct OffsetFile {
    path: PathBuf,
    temporary: PathBuf,
}

impl OffsetFile {
    /// `FILE.lts-offset`, unless another path is given. Fails if its folder can't be written.
    pub(super) fn new(followed: &Path, path: Option<&Path>) -> Result<Self, CliError> {
        let with_end = |path: &Path, end: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        let path = path.map_or_else(|| with_end(followed, ".lts-offset"), Path::to_owned);
        let temporary = with_end(&path, ".new");
        let file = Self { path, temporary };
        fs::write(&file.temporary, b"").map_err(|error| file.failed(error))?;
        Ok(file)
    }

    /// The place that was kept, if there is one.
    pub(super) fn read(&self) -> Result<Option<Offset>, CliError> {
        let text = match File::open(&self.path) {
            Ok(file) => io::read_to_string(file.take(MAX_OFFSET_FILE)).map_err(|error| self.failed(error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        };
        let offset: Option<Offset> = serde_json::from_str(&text).ok();
        let offset = offset.filter(|offset| offset.version == VERSION);
        offset.map(Some).ok_or_else(|| CliError::Usage {
            what: format!("{} is no offset file of this program", self.path.display()),
            hint: Some("delete it to read from the beginning, or pass another --offset-file".to_owned()),
        })
    }

    /// Replaces the place. After a crash the file has the old place or the new one.
    pub(super) fn write(&self, offset: &Offset) -> Result<(), CliError> {
        let text = serde_json::to_string(offset).map_err(|error| CliError::Bug(error.to_string()))?;
        let written = fs::write(&self.temporary, text);
        written.and_then(|()| fs::rename(&self.temporary, &self.path)).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> CliError {
        CliError::Io(self.path.display().to_string(), error)
    }
}

impl Drop for OffsetFile {
    fn drop(&mut self) {
        // There is none after a place was written.
        let _ = fs::remove_file(&self.temporary);
    }
}
