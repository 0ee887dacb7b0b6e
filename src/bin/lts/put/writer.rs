//! Writes lines in batches and counts them.

use std::time::Duration;

use huaweicloud_lts::{
    Error,
    logs::{Line, LineTime, Logs},
};
use indicatif::{HumanBytes, ProgressBar};

use super::lines::InputLine;
use crate::{
    error::CliError,
    output::{eprint_line, plural},
};

/// The most text of a batch in bytes.
const MAX_BYTES: usize = 512 << 10;
/// The most lines of a batch.
const MAX_LINES: usize = 4_096;

/// The pause before a batch is sent again, and the longest one.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// `1 line`, `2 lines`
fn count(lines: u64) -> String {
    plural(lines.try_into().unwrap_or(usize::MAX), "line")
}

/// Writes lines to a stream, one batch after the other.
pub(crate) struct Writer {
    logs: Logs,
    labels: Vec<(String, String)>,
    /// The stream's name, for messages.
    name: String,
    progress: ProgressBar,
    /// Whether a batch is sent again until the service takes it.
    persistent: bool,
    batch: Vec<Line>,
    batch_bytes: usize,
    /// The length of the batch in the input.
    input_length: u64,
    last_time: i64,
    written: Written,
}

/// What was written.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
    /// Lines that were too long.
    pub(crate) cut: u64,
    /// Lines with bytes that were no UTF-8.
    pub(crate) replaced: u64,
    /// Bytes of the input.
    pub(super) input_length: u64,
}

impl Writer {
    pub(crate) fn new(
        logs: Logs,
        name: String,
        labels: Vec<(String, String)>,
        progress: ProgressBar,
        persistent: bool,
    ) -> Self {
        Self {
            logs,
            labels,
            name,
            progress,
            persistent,
            batch: Vec::new(),
            batch_bytes: 0,
            input_length: 0,
            last_time: 0,
            written: Written::default(),
        }
    }

    /// Adds a line, and writes the batch if the line doesn't fit or fills it.
    pub(super) async fn push(&mut self, line: InputLine) -> Result<(), CliError> {
        if self.batch_bytes + line.content.len() > MAX_BYTES {
            self.flush().await?;
        }
        self.written.cut += u64::from(line.was_cut);
        self.written.replaced += u64::from(line.was_replaced);
        self.input_length += line.length;
        self.add(line.content);
        if self.batch.len() == MAX_LINES { self.flush().await } else { Ok(()) }
    }

    /// Adds a text as a line.
    pub(crate) async fn push_text(&mut self, text: &str) -> Result<(), CliError> {
        let line = InputLine { content: text.to_owned(), length: 0, was_replaced: false, was_cut: false };
        self.push(line).await
    }

    fn add(&mut self, content: String) {
        // A line of its own time each, so that the order stays.
        self.last_time = LineTime::now().as_nanoseconds().max(self.last_time + 1);
        self.batch_bytes += content.len();
        self.batch.push(Line::new(content).at(LineTime::from_nanoseconds(self.last_time)));
    }

    /// Writes the lines that are left.
    pub(crate) async fn flush(&mut self) -> Result<(), CliError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let mut pause = PAUSE.0;
        while let Err(error) = self.send().await {
            if !self.persistent || !(error.is_retryable() || error.outcome_unknown()) {
                let first = self.written.lines + 1;
                let what =
                    format!("writing to {} failed; from line {first} on nothing is certain", self.name);
                return Err(CliError::Call { what: Some(what), error, advice: None });
            }
            if pause == PAUSE.0 {
                eprint_line(format_args!(
                    "note: writing to {} failed and is tried again: {error}",
                    self.name
                ));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
        self.written.lines += self.batch.len() as u64;
        self.written.bytes += self.batch_bytes as u64;
        self.written.input_length += self.input_length;
        self.batch.clear();
        (self.batch_bytes, self.input_length) = (0, 0);
        let seconds = self.progress.elapsed().as_secs_f64().max(0.001);
        let Written { lines, bytes, .. } = self.written;
        let per_second = |number: u64| (number as f64 / seconds) as u64;
        self.progress.set_message(format!(
            "{}, {} ({} lines/s, {}/s)",
            count(lines),
            HumanBytes(bytes),
            per_second(lines),
            HumanBytes(per_second(bytes))
        ));
        self.progress.tick();
        Ok(())
    }

    async fn send(&self) -> Result<(), Error> {
        let call = self.logs.put(self.batch.iter().cloned()).accept_duplicates();
        self.labels.iter().fold(call, |call, (name, value)| call.label(name, value)).await
    }

    pub(crate) fn written(&self) -> Written {
        self.written
    }

    pub(crate) fn finish_progress(&self) {
        self.progress.finish_and_clear();
    }

    /// Says what was written.
    pub(crate) fn summary(&self) -> Vec<String> {
        let Written { lines, cut, replaced, .. } = self.written;
        let mut summary = vec![format!("wrote {} to {}", count(lines), self.name)];
        if cut > 0 {
            summary.push(format!("note: {} had more than 1 MiB and ends with \"[cut]\"", count(cut)));
        }
        if replaced > 0 {
            summary
                .push(format!("note: {} had bytes that are not UTF-8; they were replaced", count(replaced)));
        }
        summary
    }
}
