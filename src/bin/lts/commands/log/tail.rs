//! `lts log tail`: show lines as they arrive.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use clap::Args;
use huaweicloud_lts::{
    Error,
    logs::{LogLine, Tail},
};
use tokio::sync::mpsc;

use super::{
    labels::LabelFilter,
    target::{failed, logs},
};
use crate::{
    context::Context,
    error::CliError,
    output::{LinePrinter, eprint_line, quoted},
    parsers,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts log tail app nginx
  lts log tail app nginx,worker error --since 10m
  lts log tail app nginx -o json | jq -r .content

Runs until it is interrupted. A line is shown once, and lines that arrive late are found for the time of --late. \
-o json prints an object per line: {time, line_num, content, labels}, and {stream} with several streams.")]
pub(crate) struct TailArguments {
    /// Name or id of the group.
    group: String,
    /// Names or ids of streams.
    #[arg(value_name = "STREAM[,STREAM…]")]
    streams: String,
    /// Words that the lines have; without it, all lines.
    query: Option<String>,
    /// Begin this long ago.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = parsers::duration)]
    since: Duration,
    #[command(flatten)]
    labels: LabelFilter,
    /// The pause between two looks.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parsers::nonzero_duration)]
    interval: Duration,
    /// How late a line may arrive.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parsers::duration)]
    late: Duration,
    /// Print the lines without their times.
    #[arg(long)]
    raw: bool,
}

impl TailArguments {
    pub(super) fn run(&self, context: &Context) -> Result<(), CliError> {
        context.run_with_interrupt(async |interrupt| {
            let work = self.follow(context);
            tokio::select! {
                result = work => result,
                () = interrupt => Ok(()),
            }
        })
    }

    async fn follow(&self, context: &Context) -> Result<(), CliError> {
        let labels = self.labels.get()?;
        let lts = context.client()?;
        let (sender, mut lines) = mpsc::channel(64);
        let mut names = Vec::new();
        for stream in self.streams.split(',') {
            let (logs, name) = logs(lts, &self.group, stream).await?;
            let tail = logs.tail(self.query.as_deref().unwrap_or_default());
            let tail = tail.since(self.since).interval(self.interval).late(self.late);
            let tail = labels.iter().fold(tail, |tail, (name, value)| tail.label(name, value));
            let (index, sender) = (names.len(), sender.clone());
            names.push(name);
            tokio::spawn(follow(tail, index, sender));
        }
        drop(sender);
        if io::stderr().is_terminal() {
            eprint_line(format_args!("Following {}; Ctrl-C ends.", quoted("log stream", &names)));
        }
        let mut printer = LinePrinter::new(context.output, self.raw, self.query.as_deref()).align(&names);
        let mut has_failed = vec![false; names.len()];
        while let Some((index, line)) = lines.recv().await {
            let name = &names[index];
            match line {
                Ok(line) => {
                    has_failed[index] = false;
                    let shown = (names.len() > 1).then_some((name.as_str(), index));
                    if !printer.print(&line, shown)? {
                        return Ok(());
                    }
                    if lines.is_empty() {
                        printer.flush()?;
                    }
                }
                Err(error) if error.is_retryable() => {
                    if !has_failed[index] {
                        let stream = quoted("log stream", &[name]);
                        eprint_line(format_args!(
                            "note: searching {stream} failed and is tried again: {error}"
                        ));
                    }
                    has_failed[index] = true;
                }
                Err(error) => return Err(failed(name, self.query.as_deref(), error)),
            }
        }
        Ok(())
    }
}

/// Sends lines and errors until the receiver is gone.
async fn follow(mut tail: Tail, index: usize, sender: mpsc::Sender<(usize, Result<LogLine, Error>)>) {
    loop {
        let line = tail.next_line().await;
        let is_last = line.as_ref().is_err_and(|error| !error.is_retryable());
        if sender.send((index, line)).await.is_err() || is_last {
            break;
        }
    }
}
