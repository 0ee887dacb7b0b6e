//! `lts log search`: find lines.

use clap::Args;
use huaweicloud_lts::{
    logs::{SearchLogs, SearchTime},
    spec::limits,
};

use super::{
    labels::LabelFilter,
    target::{failed, logs, range},
};
use crate::{
    context::Context,
    error::CliError,
    output::{Format, LinePrinter, eprint_line, local_search_time, progress_line},
    parsers,
};

/// The most lines without `--limit`.
const DEFAULT_LIMIT: u32 = 100;
/// The largest page.
const MAX_PAGE: u32 = limits::LIST_LOGS_REQUEST_BODY_LIMIT.max as u32;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts log search app nginx
  lts log search app nginx 'error AND timeout' --since 2h
  lts log search app nginx '#\"not found\"' --label host=web-1 --limit 20
  lts log search app nginx --since '2026-11-26 10:00' --until 1h --all
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
    #[command(flatten)]
    labels: LabelFilter,
    /// The most lines; by default 100.
    #[arg(long, value_name = "N", value_parser = parsers::whole_number(1..=u32::MAX))]
    limit: Option<u32>,
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
        let labels = self.labels.get()?;
        let (since, until) = range(self.since, self.until)?;
        context.run(async {
            let lts = context.client()?;
            let (logs, name) = logs(lts, &self.group, &self.stream).await?;
            let search = logs.search(self.query.as_deref().unwrap_or_default()).between(since, until);
            let search = labels.iter().fold(search, |search, (name, value)| search.label(name, value));
            let mut printer = LinePrinter::new(context.output, self.raw, self.query.as_deref());
            let printed = if self.all {
                self.print_all(search, &name, &mut printer).await
            } else {
                self.print_newest(search, &name, &mut printer).await
            };
            printer.flush()?;
            let found = printed?;
            if context.output.format == Format::Table {
                match found {
                    Found::Nothing => {
                        let [since, until] = [since, until].map(local_search_time);
                        eprint_line(format_args!("There are no such lines from {since} to {until}."));
                    }
                    Found::Some => {}
                    Found::SomeOfMore => eprint_line(format_args!(
                        "note: these are the newest {DEFAULT_LIMIT} lines; --limit prints more, --all prints all"
                    )),
                }
            }
            Ok(())
        })
    }

    /// Prints every line, page by page.
    async fn print_all(
        &self,
        search: SearchLogs,
        name: &str,
        printer: &mut LinePrinter,
    ) -> Result<Found, CliError> {
        let failed = |error| failed(name, self.query.as_deref(), error);
        let progress = progress_line(!printer.shows_progress());
        let search = if self.reverse { search.newest_first() } else { search };
        let mut pages = search.limit(MAX_PAGE).pages();
        let mut found: u64 = 0;
        while let Some(line) = pages.next_line().await.map_err(failed)? {
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
        Ok(if found == 0 { Found::Nothing } else { Found::Some })
    }

    /// Prints the newest lines.
    async fn print_newest(
        &self,
        search: SearchLogs,
        name: &str,
        printer: &mut LinePrinter,
    ) -> Result<Found, CliError> {
        let failed = |error| failed(name, self.query.as_deref(), error);
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        // Without a limit, one line more says whether there are more.
        let wanted = if self.limit.is_none() { limit + 1 } else { limit };
        let mut pages = search.newest_first().limit(wanted.min(MAX_PAGE)).pages();
        let mut lines = Vec::new();
        while lines.len() < wanted as usize
            && let Some(line) = pages.next_line().await.map_err(failed)?
        {
            lines.push(line);
        }
        let found = match lines.len() {
            0 => Found::Nothing,
            number if number > limit as usize => Found::SomeOfMore,
            _ => Found::Some,
        };
        lines.truncate(limit as usize);
        if !self.reverse {
            lines.reverse();
        }
        for line in &lines {
            if !printer.print(line, None)? {
                break;
            }
        }
        Ok(found)
    }
}

/// What a search found.
enum Found {
    Nothing,
    Some,
    /// The default number of lines, and there are more.
    SomeOfMore,
}
