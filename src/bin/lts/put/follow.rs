//! Follows a growing file: through renaming, truncation, and its own restarts.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    CHUNK, LINGER,
    lines::LineSplitter,
    offset::{Offset, OffsetFile, identity},
    writer::Writer,
};
use crate::error::CliError;

/// The pause before the file is looked at again.
const POLL: Duration = Duration::from_millis(200);

/// A file that is read, and how far its lines were written.
struct Followed {
    file: File,
    splitter: LineSplitter,
    /// The end of what was read.
    read: u64,
    /// The end of the last line that was written.
    written: Offset,
}

impl Followed {
    fn new(mut file: File, offset: u64, stream: &str) -> io::Result<Self> {
        let written = Offset::of(&mut file, offset, stream)?;
        Ok(Self { file, splitter: LineSplitter::default(), read: offset, written })
    }

    /// The next bytes, none at the end of the file.
    fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = Vec::new();
        self.file.seek(SeekFrom::Start(self.read))?;
        self.file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
        self.read += chunk.len() as u64;
        Ok(chunk)
    }

    /// Whether the file was truncated, or written again from its start.
    fn has_restarted(&mut self) -> io::Result<bool> {
        Ok(self.file.metadata()?.len() < self.read || !self.written.is_of(&mut self.file)?)
    }
}

/// Writes the lines of a file as they come, without an end. The place in the file is kept after each batch.
pub(crate) async fn follow(
    writer: &mut Writer,
    path: &Path,
    offset_file: Option<&Path>,
    stream: &str,
) -> Result<(), CliError> {
    let failed = |error: io::Error| CliError::Io(path.display().to_string(), error);
    let offset_file = OffsetFile::new(path, offset_file)?;
    let mut followed = match offset_file.read()? {
        Some(offset) if offset.stream != stream => {
            return Err(CliError::Usage {
                what: format!("{} was written to another stream, {}", path.display(), offset.stream),
                hint: Some("pass another --offset-file to write it to this stream, too".to_owned()),
            });
        }
        Some(offset) => match offset.find(path).map_err(failed)? {
            Some(file) => Followed::new(file, offset.offset, stream),
            None => Followed::new(File::open(path).map_err(failed)?, 0, stream),
        },
        None => Followed::new(File::open(path).map_err(failed)?, 0, stream),
    }
    .map_err(failed)?;
    loop {
        let end = read_to_end(writer, &mut followed, &offset_file).await.map_err(|error| error.at(path))?;
        if end == End::Restarted {
            let file = followed.file.try_clone().map_err(failed)?;
            followed = Followed::new(file, 0, stream).map_err(failed)?;
            offset_file.write(&followed.written)?;
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if identity(&metadata) != identity(&followed.file.metadata().map_err(failed)?) => {
                let next = match File::open(path) {
                    Ok(next) => next,
                    // Renamed again since.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(failed(error)),
                };
                // Its writer may have added lines until it opened the new file.
                read_to_end(writer, &mut followed, &offset_file).await.map_err(|error| error.at(path))?;
                if let Some(line) = followed.splitter.rest() {
                    writer.push(line).await?;
                    writer.flush().await?;
                }
                followed = Followed::new(next, 0, stream).map_err(failed)?;
                offset_file.write(&followed.written)?;
            }
            // Between the renaming and the creation of the next file.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => sleep(POLL).await,
        }
    }
}

/// Why reading a file to its end failed.
enum ReadError {
    File(io::Error),
    Command(CliError),
}

impl ReadError {
    fn at(self, path: &Path) -> CliError {
        match self {
            Self::File(error) => CliError::Io(path.display().to_string(), error),
            Self::Command(error) => error,
        }
    }
}

/// Why there was no more to read.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// Nothing was added for a while.
    Reached,
    /// The file was truncated, or written again from its start.
    Restarted,
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<CliError> for ReadError {
    fn from(error: CliError) -> Self {
        Self::Command(error)
    }
}

/// Writes the lines that are there, and waits a little for others to fill the last batch.
async fn read_to_end(
    writer: &mut Writer,
    followed: &mut Followed,
    offset_file: &OffsetFile,
) -> Result<End, ReadError> {
    let mut started = None;
    loop {
        if followed.has_restarted()? {
            // The place of these lines is gone.
            writer.flush().await?;
            return Ok(End::Restarted);
        }
        let chunk = followed.chunk()?;
        if chunk.is_empty() {
            if started.is_some_and(|started: Instant| started.elapsed() < LINGER) {
                sleep(POLL).await;
                continue;
            }
            break;
        }
        started = started.or_else(|| Some(Instant::now()));
        for line in followed.splitter.split(&chunk) {
            let before = writer.written().input_length;
            writer.push(line).await?;
            keep_place(writer, followed, offset_file, before)?;
        }
        if started.is_some_and(|started: Instant| started.elapsed() >= LINGER) {
            let before = writer.written().input_length;
            writer.flush().await?;
            keep_place(writer, followed, offset_file, before)?;
            started = None;
        }
    }
    let before = writer.written().input_length;
    writer.flush().await?;
    keep_place(writer, followed, offset_file, before)?;
    Ok(End::Reached)
}

/// Keeps the place if a batch was written since `before`.
fn keep_place(
    writer: &Writer,
    followed: &mut Followed,
    offset_file: &OffsetFile,
    before: u64,
) -> Result<(), ReadError> {
    let written = writer.written().input_length - before;
    if written > 0 {
        let offset = followed.written.offset + written;
        followed.written = Offset::of(&mut followed.file, offset, &followed.written.stream.clone())?;
        offset_file.write(&followed.written)?;
    }
    Ok(())
}
