//! Prints lines of logs, for people or as JSON.

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Stdout, Write},
};

use anstyle::{AnsiColor, Style};
use huaweicloud_lts::{escape, logs::LogLine};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{
    format::{Format, Output},
    hits::Hits,
    print::stdout_is_terminal,
    table::stdout_has_color,
};
use crate::error::CliError;

/// The style of a hit.
const HIT: Style = AnsiColor::Red.on_default().bold();
/// The styles of streams' names.
const NAMES: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
];

/// Prints lines one after the other.
pub(crate) struct LinePrinter {
    out: BufWriter<Stdout>,
    format: Format,
    raw: bool,
    /// The columns that names of streams take.
    name_width: usize,
    is_terminal: bool,
    has_color: bool,
    hits: Hits,
    /// The number of the line that stands out on a terminal.
    emphasized: Option<String>,
    zone: TimeZone,
}

/// The JSON form of a line.
#[derive(Serialize)]
struct JsonLine<'a> {
    time: Option<String>,
    line_num: &'a str,
    content: &'a str,
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<&'a str>,
}

impl LinePrinter {
    /// With `raw`, lines are printed without their times. Words of the query are marked.
    pub(crate) fn new(output: Output, raw: bool, query: Option<&str>) -> Self {
        Self {
            out: BufWriter::with_capacity(64 << 10, io::stdout()),
            format: output.format,
            raw,
            name_width: 0,
            is_terminal: stdout_is_terminal(),
            has_color: stdout_has_color(),
            hits: Hits::of_query(query.unwrap_or_default()),
            emphasized: None,
            zone: TimeZone::system(),
        }
    }

    /// Makes the line of this number stand out on a terminal.
    pub(crate) fn emphasize(mut self, line_num: &str) -> Self {
        self.emphasized = Some(line_num.to_owned());
        self
    }

    /// Gives the names of streams the same width, so that the lines begin in the same column.
    pub(crate) fn align(mut self, names: &[String]) -> Self {
        self.name_width = names.iter().map(|name| escape::line(name).width()).max().unwrap_or_default();
        self
    }

    /// Whether a line of progress on standard error would not be among the lines.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.is_terminal
    }

    /// Prints a line, after the name and number of its stream if there are several. Returns false if standard output was closed.
    pub(crate) fn print(&mut self, line: &LogLine, stream: Option<(&str, usize)>) -> Result<bool, CliError> {
        let printed = match self.format {
            Format::Json => self.print_json(line, stream.map(|(name, _)| name)),
            Format::Table | Format::Yaml => self.print_text(line, stream),
        };
        still_read(printed)
    }

    pub(crate) fn flush(&mut self) -> Result<(), CliError> {
        still_read(self.out.flush()).map(|_| ())
    }

    fn print_json(&mut self, line: &LogLine, stream: Option<&str>) -> io::Result<()> {
        let time = timestamp(line).map(|time| format!("{time:.9}"));
        let LogLine { line_num, content, labels, .. } = line;
        let line = JsonLine { time, line_num, content, labels, stream };
        let json = serde_json::to_string(&line)?;
        writeln!(self.out, "{}", escape::json(&json))
    }

    fn print_text(&mut self, line: &LogLine, stream: Option<(&str, usize)>) -> io::Result<()> {
        let is_emphasized = self.has_color && self.emphasized.as_ref() == Some(&line.line_num);
        let style = if is_emphasized { Style::new().bold() } else { Style::new() };
        if !self.raw
            && let Some(time) = timestamp(line)
        {
            let local = time.to_zoned(self.zone.clone());
            write!(self.out, "{style}{}{style:#}  ", local.strftime("%Y-%m-%d %H:%M:%S%.3f"))?;
        }
        if let Some((name, index)) = stream {
            let name = escape::line(name);
            let gap = " ".repeat(self.name_width.saturating_sub(name.width()) + 2);
            if self.has_color {
                let style = NAMES[index % NAMES.len()].on_default();
                write!(self.out, "{style}{name}{style:#}{gap}")?;
            } else {
                write!(self.out, "{name}{gap}")?;
            }
        }
        if self.raw && !self.is_terminal {
            return writeln!(self.out, "{}", line.content);
        }
        // Tabs harm no terminal, and many lines have columns.
        let parts: Vec<_> = line.content.split('\t').map(escape::line).collect();
        let content = parts.join("\t");
        if !self.has_color || is_emphasized {
            return writeln!(self.out, "{style}{content}{style:#}");
        }
        let mut end = 0;
        for hit in self.hits.find(&content) {
            write!(self.out, "{}{HIT}{}{HIT:#}", &content[end..hit.start], &content[hit.clone()])?;
            end = hit.end;
        }
        writeln!(self.out, "{}", &content[end..])
    }
}

fn timestamp(line: &LogLine) -> Option<Timestamp> {
    Timestamp::from_nanosecond(line.time()?.as_nanoseconds().into()).ok()
}

/// A closed pipe is no error: the reader has what it wanted.
fn still_read(written: io::Result<()>) -> Result<bool, CliError> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(CliError::Output(error)),
    }
}
