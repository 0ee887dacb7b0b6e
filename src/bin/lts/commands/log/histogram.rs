//! `lts log histogram`: count lines over time.

use clap::Args;
use huaweicloud_lts::logs::{Bucket, SearchTime};
use jiff::Timestamp;
use serde::Serialize;

use super::target::{failed, logs, range};
use crate::{
    context::Context,
    error::CliError,
    output::{eprint_line, local_search_time, stdout_width},
    parsers,
};

/// The width of a bar where there is no terminal.
const WIDTH: usize = 80;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts log histogram app nginx error
  lts log histogram app nginx 'status:500' --since 7d --buckets 28

JSON and YAML: an array of {startTime, endTime, started_at, num}; times are in milliseconds, started_at is \
RFC 3339.")]
pub(crate) struct HistogramArguments {
    /// Name or id of the group.
    group: String,
    /// Name or id of the stream.
    stream: String,
    /// Words that the lines have; without it, all lines.
    query: Option<String>,
    /// Begin at this time or this long ago.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parsers::time)]
    since: SearchTime,
    /// End at this time or this long ago; by default now.
    #[arg(long, value_name = "TIME", value_parser = parsers::time)]
    until: Option<SearchTime>,
    /// The number of steps, of a second at least and a day at most.
    #[arg(long, value_name = "N", default_value = "40", value_parser = parsers::whole_number(1..=10_000u32))]
    buckets: u32,
}

/// The JSON form of a step.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    start_time: i64,
    end_time: i64,
    #[serde(rename = "started_at")]
    started_at: String,
    num: u64,
}

impl HistogramArguments {
    pub(super) fn run(&self, context: &Context) -> Result<(), CliError> {
        let (since, until) = range(self.since, self.until)?;
        context.run(async {
            let (logs, name) = logs(context.client()?, &self.group, &self.stream).await?;
            let call = logs.histogram(self.query.as_deref().unwrap_or_default());
            let histogram = call
                .between(since, until)
                .buckets(self.buckets)
                .await
                .map_err(|error| failed(&name, self.query.as_deref(), error))?;
            if !histogram.complete {
                eprint_line(
                    "note: the service did not search the whole range, so the counts may be too small",
                );
            }
            let steps: Vec<_> = histogram.buckets.iter().map(step).collect();
            context.output.data(&steps, || bars(&histogram.buckets))
        })
    }
}

fn step(bucket: &Bucket) -> Step {
    let (start_time, end_time) = (bucket.start.as_milliseconds(), bucket.end.as_milliseconds());
    let started_at = Timestamp::from_millisecond(start_time).map(|time| format!("{time:.3}"));
    Step { start_time, end_time, started_at: started_at.unwrap_or_default(), num: bucket.count }
}

/// A row for each step: its start, its count, and a bar.
fn bars(buckets: &[Bucket]) -> String {
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or_default();
    let digits = most.to_string().len();
    let room =
        stdout_width().unwrap_or(WIDTH).saturating_sub("2026-11-26 10:00:00".len() + digits + 4).max(1);
    let bar = |count: u64| {
        let length = (count as f64 / most.max(1) as f64 * room as f64).round() as usize;
        "█".repeat(length.max(usize::from(count > 0)))
    };
    let row = |bucket: &Bucket| {
        let row =
            format!("{}  {:>digits$}  {}", local_search_time(bucket.start), bucket.count, bar(bucket.count));
        format!("{}\n", row.trim_end())
    };
    buckets.iter().map(row).collect()
}
