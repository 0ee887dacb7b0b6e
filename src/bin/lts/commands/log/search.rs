//! `lts log search`: find lines.

use clap::Args;
use huaweicloud_lts::{
    logs::{Logs, SearchLogs, SearchTime},
    spec::limits,
};

use super::target::{failed, logs};
use crate::{
    context::Context,
    error::{CliError, ResultExt},
    output::{LinePrinter, progress_line},
    parsers,
};

/// The largest page.
const MAX_PAGE: u32 = limits::LIST_LOGS_REQUEST_BODY_LIMIT.max as u32;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts log search app nginx
  lts log search app nginx 'error AND timeout' --since 2h
  lts log search app nginx '#\"not found\"' --label host=web-1 --limit 20
  lts log search app nginx error --since '2026-11-26 10:00' --until '2026-11-26 11:00' --all
  lts log search app nginx error -o json | jq -r .content

Prints the newest lines, the oldest of them first, each after its time. -o json prints an object per line: \
{time, line_num, content, labels}. Times are local, RFC 3339, or ages such as 15m, 2h and 7d.")]
pub(crate) struct SearchArguments {
    /// Name or id of the group.
    group: String,
    /// Name or id of the stream.
    stream: String,
    /// Words that the lines have; without it, all lines.
    query: Option<String>,
    /// Begin at this time or this long ago.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parsers::time)]
    since: SearchTime,
    /// End at this time or this long ago; by default now.
    #[arg(long, value_name = "TIME", value_parser = parsers::time)]
    until: Option<SearchTime>,
    /// Find only lines with this label. Can be given several times.
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = parsers::label)]
    labels: Vec<(String, String)>,
    /// The most lines.
    #[arg(long, value_name = "N", default_value = "100", value_parser = parsers::whole_number(1..=u32::MAX))]
    limit: u32,
    /// Find all lines.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Print the newest line first.
    #[arg(long)]
    reverse: bool,
    /// Print the lines without their times.
    #[arg(long)]
    raw: bool,
}

impl SearchArguments {
    pub(super) fn run(&self, context: &Context) -> Result<(), CliError> {
        context.run(async {
            let lts = context.client()?;
            let (logs, name) = logs(lts, &self.group, &self.stream).await?;
            let mut printer = LinePrinter::new(context.output, self.raw, self.query.as_deref());
            let printed = if self.all {
                self.print_all(&logs, &name, &mut printer).await
            } else {
                self.print_newest(&logs, &name, &mut printer).await
            };
            printer.flush()?;
            printed
        })
    }

    /// Prints every line, page by page.
    async fn print_all(&self, logs: &Logs, name: &str, printer: &mut LinePrinter) -> Result<(), CliError> {
        let progress = progress_line(!printer.shows_progress());
        let mut pages = self.search(logs, MAX_PAGE, self.reverse).pages();
        let mut found: u64 = 0;
        while let Some(line) = pages.next_line().await.context(|| failed(name, self.query.as_deref()))? {
            found += 1;
            if found.is_multiple_of(u64::from(MAX_PAGE)) {
                progress.set_message(format!("{found} lines"));
                progress.tick();
            }
            if !printer.print(&line, None)? {
                break;
            }
        }
        progress.finish_and_clear();
        Ok(())
    }

    /// Prints the newest lines.
    async fn print_newest(&self, logs: &Logs, name: &str, printer: &mut LinePrinter) -> Result<(), CliError> {
        let mut pages = self.search(logs, self.limit.min(MAX_PAGE), true).pages();
        let mut lines = Vec::new();
        while lines.len() < self.limit as usize
            && let Some(line) = pages.next_line().await.context(|| failed(name, self.query.as_deref()))?
        {
            lines.push(line);
        }
        if !self.reverse {
            lines.reverse();
        }
        for line in &lines {
            if !printer.print(line, None)? {
                break;
            }
        }
        Ok(())
    }

    fn search(&self, logs: &Logs, page: u32, newest_first: bool) -> SearchLogs {
        let search = logs.search(self.query.as_deref().unwrap_or_default());
        let search = search.between(self.since, self.until.unwrap_or_else(parsers::now)).limit(page);
        let search = if newest_first { search.newest_first() } else { search };
        self.labels.iter().fold(search, |search, (name, value)| search.label(name, value))
    }
}
