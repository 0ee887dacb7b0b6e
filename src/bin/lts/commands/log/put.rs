//! `lts log put`: write lines.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    pin::pin,
};

use clap::Args;
use huaweicloud_lts::streams::LogStream;
use serde::Serialize;
use tokio::sync::Notify;

use super::labels;
use crate::{
    context::{Context, announce_interrupt},
    error::CliError,
    output::{eprint_line, progress_line},
    parsers,
    put::{self, Writer},
    resolve::{self, Ambiguity},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts log put app nginx -m 'a line' -m 'another line'
  my-program | lts log put app worker
  lts log put app nginx -f access.log --label host=web-1
  lts log put app nginx -f access.log --follow

Each line gets the time at which it is read. Lines over 1 MiB are cut, and bytes that are not UTF-8 are \
replaced. A failed batch is sent again, so a line may be there twice; none is lost. An interrupt ends the reading; \
lines that were read are written.

--follow waits for more lines until it is interrupted, and keeps its place in FILE.lts-offset: started again, it \
goes on where it stopped. A renamed file is read to its end, a truncated one from its beginning.

JSON: {lines, bytes}.")]
pub(crate) struct PutArguments {
    /// Name or id of the group.
    group: String,
    /// Name or id of the stream.
    stream: String,
    /// Write this line. Can be given several times.
    #[arg(short, long = "message", value_name = "LINE", allow_hyphen_values = true)]
    messages: Vec<String>,
    /// Write the lines of a file, or of standard input (-), which is the default. Can be given several times.
    #[arg(short, long = "file", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Add a label to all lines. Can be given several times.
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = parsers::label)]
    labels: Vec<(String, String)>,
    /// Wait for more lines of the file, until interrupted.
    #[arg(long)]
    follow: bool,
    /// Keep the place in the file here instead of in FILE.lts-offset.
    #[arg(long, value_name = "FILE", requires = "follow", value_hint = clap::ValueHint::FilePath)]
    offset_file: Option<PathBuf>,
}

/// The JSON form of what was written.
#[derive(Serialize)]
struct WrittenLines {
    lines: u64,
    bytes: u64,
}

impl PutArguments {
    pub(super) fn run(&self, context: &Context) -> Result<(), CliError> {
        let followed = self.followed_file()?;
        labels::ensure_distinct(&self.labels)?;
        context.run_with_interrupt(async |interrupt| {
            let (stream, mut writer) = self.writer(context).await?;
            let stop = Notify::new();
            let result = {
                let mut work = pin!(self.put(&mut writer, followed, &stream, &stop));
                tokio::select! {
                    result = &mut work => result,
                    () = interrupt => if self.follow {
                        Ok(())
                    } else {
                        announce_interrupt("writing the lines that were read");
                        stop.notify_one();
                        work.await.and(Err(CliError::Interrupted))
                    },
                }
            };
            writer.finish_progress();
            // What failed before it wrote anything says so itself.
            if !context.output.quiet && (result.is_ok() || writer.written().lines > 0) {
                writer.summary().into_iter().for_each(eprint_line);
            }
            result?;
            let written = writer.written();
            context.output.data(&WrittenLines { lines: written.lines, bytes: written.bytes }, String::new)
        })
    }

    /// The one file that `--follow` reads.
    fn followed_file(&self) -> Result<Option<&PathBuf>, CliError> {
        if !self.follow {
            return Ok(None);
        }
        match (self.files.as_slice(), self.messages.as_slice()) {
            ([file], []) if file.as_os_str() != "-" => Ok(Some(file)),
            _ => Err(CliError::Usage {
                what: "--follow needs one file, and no message".to_owned(),
                hint: Some(
                    "pass -f FILE once; standard input is read to its end without --follow".to_owned(),
                ),
            }),
        }
    }

    async fn writer(&self, context: &Context) -> Result<(LogStream, Writer), CliError> {
        let lts = context.client()?;
        let group = resolve::group(lts, &self.group, Ambiguity::FailForName).await?;
        let streams = lts.group(&group.id);
        let stream = resolve::stream(&streams, &group.name, &self.stream, Ambiguity::FailForName).await?;
        let progress = progress_line(context.output.quiet);
        let logs = streams.stream(&stream.id).logs();
        let name = format!("log stream {:?}", stream.name);
        let writer = Writer::new(logs, name, self.labels.clone(), progress, self.follow);
        Ok((stream, writer))
    }

    async fn put(
        &self,
        writer: &mut Writer,
        followed: Option<&PathBuf>,
        stream: &LogStream,
        stop: &Notify,
    ) -> Result<(), CliError> {
        if let Some(file) = followed {
            return put::follow(writer, file, self.offset_file.as_deref(), stream.id.as_str()).await;
        }
        for message in &self.messages {
            writer.push_text(message).await?;
        }
        let standard_input = [PathBuf::from("-")];
        let files = match self.files.as_slice() {
            [] if self.messages.is_empty() => {
                if io::stdin().is_terminal() {
                    eprint_line("Reading lines from the terminal; Ctrl-D ends.");
                }
                &standard_input
            }
            files => files,
        };
        put::put_files(writer, files, stop).await
    }
}
