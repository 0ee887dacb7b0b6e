//! What `lts log put` does: it splits input into lines and writes them in batches.

mod follow;
mod lines;
mod offset;
mod writer;

pub(crate) use follow::follow;
pub(crate) use writer::Writer;

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use tokio::{
    sync::{
        Notify,
        mpsc::{self, Receiver},
    },
    time::{Instant, timeout_at},
};

use crate::error::CliError;
use lines::LineSplitter;

/// The longest time that a line waits for others.
const LINGER: Duration = Duration::from_secs(2);
/// How much is read at once, in bytes.
const CHUNK: usize = 256 << 10;
/// The name of standard input.
const STDIN: &str = "-";

/// Writes the lines of files, in their order, or those that were read until it is stopped. `-` is standard input.
pub(crate) async fn put_files(writer: &mut Writer, files: &[PathBuf], stop: &Notify) -> Result<(), CliError> {
    // Opened first, so that a missing file is found before anything is written.
    let inputs = files.iter().map(|file| Ok((file.display().to_string(), open(file)?)));
    let inputs = inputs.collect::<Result<Vec<_>, CliError>>()?;
    for (name, input) in inputs {
        let mut splitter = LineSplitter::default();
        let mut chunks = chunks(input);
        let mut flush_at = None;
        loop {
            let next = async {
                match flush_at {
                    Some(at) => timeout_at(at, chunks.recv()).await,
                    None => Ok(chunks.recv().await),
                }
            };
            let next = tokio::select! {
                biased;
                () = stop.notified() => None,
                chunk = next => Some(chunk),
            };
            let Some(chunk) = next else {
                while let Ok(Ok(chunk)) = chunks.try_recv() {
                    write_lines(writer, &mut splitter, &chunk).await?;
                }
                return writer.flush().await;
            };
            match chunk {
                Ok(Some(chunk)) => {
                    let chunk = chunk.map_err(|error| CliError::Io(name.clone(), error))?;
                    write_lines(writer, &mut splitter, &chunk).await?;
                    flush_at = flush_at.or_else(|| Some(Instant::now() + LINGER));
                }
                Ok(None) => break,
                Err(_) => {
                    writer.flush().await?;
                    flush_at = None;
                }
            }
        }
        if let Some(line) = splitter.rest() {
            writer.push(line).await?;
        }
    }
    writer.flush().await
}

async fn write_lines(writer: &mut Writer, splitter: &mut LineSplitter, chunk: &[u8]) -> Result<(), CliError> {
    for line in splitter.split(chunk) {
        writer.push(line).await?;
    }
    Ok(())
}

fn open(file: &Path) -> Result<Box<dyn Read + Send>, CliError> {
    if file.as_os_str() == STDIN {
        return Ok(Box::new(io::stdin()));
    }
    let opened = std::fs::File::open(file);
    let opened = opened.and_then(|opened| match opened.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(opened),
    });
    Ok(Box::new(opened.map_err(|error| CliError::Io(file.display().to_string(), error))?))
}

/// Reads on a thread of its own, which waits while the writer is busy: reading may block for any time.
fn chunks(mut input: Box<dyn Read + Send>) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel(2);
    thread::spawn(move || {
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = match input.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => {
                    chunk.truncate(length);
                    Ok(chunk)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let failed = read.is_err();
            if sender.blocking_send(read).is_err() || failed {
                break;
            }
        }
    });
    receiver
}
