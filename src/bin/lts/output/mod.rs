//! Data on standard output: tables for people, JSON and YAML for programs, bare ids for scripts. What else there
//! is to say goes to standard error.

pub(crate) mod list;

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use clap::ValueEnum;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::error::Failure;

/// How the header of a table looks on a terminal.
const BOLD: Style = Style::new().bold();
/// The blanks between two columns.
const GAP: usize = 2;
/// The narrowest that a wrapped column may become, in characters.
const LEAST: usize = 10;

/// How data is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table, fitted to the terminal.
    #[default]
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Where data goes, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// Bare ids, and no progress.
    pub(crate) quiet: bool,
}

impl Output {
    pub(crate) fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet }
    }

    /// Prints data as JSON or YAML; a table is `table`'s business.
    pub(crate) fn data<T: Serialize + ?Sized>(
        self,
        data: &T,
        table: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let bug = |e: &dyn Display| Failure::Bug(format!("data can't be written: {e}"));
        match self.format {
            Format::Table => text(&table()),
            Format::Json => text(&(serde_json::to_string_pretty(data).map_err(|e| bug(&e))? + "\n")),
            Format::Yaml => text(&serde_yaml::to_string(data).map_err(|e| bug(&e))?),
        }
    }

    /// Prints bare ids if that was asked for, else data.
    pub(crate) fn ids_or_data<T: Serialize + ?Sized>(
        self,
        ids: impl IntoIterator<Item = impl Display>,
        data: &T,
        table: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.quiet {
            return text(&ids.into_iter().map(|id| format!("{id}\n")).collect::<String>());
        }
        self.data(data, table)
    }

    /// Prints the id of what was created or found, in its JSON form `data`.
    pub(crate) fn created<T: Serialize>(
        self,
        id: &impl Display,
        created: bool,
        data: &T,
    ) -> Result<(), Failure> {
        let state = if created { "yes" } else { "no, it was there" };
        self.ids_or_data([id], data, || {
            rows(&["ID", "CREATED"], vec![vec![id.to_string(), state.to_owned()]], &[])
        })
    }

    /// A bar on standard error for so many steps; nothing is seen of it without a terminal.
    pub(crate) fn progress(self, steps: u64) -> ProgressBar {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        match ProgressStyle::with_template("{pos:>7}/{len} {wide_bar} {msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }
}

/// Prints a text as it is.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Prints bytes as they are. Whoever closed the pipe has what it wanted, and the command goes on: it may have more
/// to say elsewhere, and an exit code of its own.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(written(error)),
        _ => Ok(()),
    }
}

/// Says something besides the data, on standard error.
pub(crate) fn note(text: impl Display) {
    // Nobody may be listening.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether a person looks at the data.
pub(crate) fn is_seen() -> bool {
    io::stdout().is_terminal()
}

/// Whether the data may have colours: on a terminal, unless NO_COLOR says otherwise.
fn is_coloured() -> bool {
    !matches!(AutoStream::choice(&io::stdout()), ColorChoice::Never)
}

/// The width to which tables are fitted: that of the terminal, if it is one.
fn width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
}

/// A table without lines around it, wrapped to the terminal. Its header is left out if it is empty.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width() {
        table.set_width(width);
    }
    if !header.is_empty() {
        table.set_header(header);
    }
    table
}

/// A table as text.
pub(crate) fn drawn(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP as u16));
    }
    let text = table.trim_fmt() + "\n";
    match text.split_once('\n') {
        Some((header, rest)) if table.header().is_some() && is_coloured() => {
            format!("{BOLD}{header}{BOLD:#}\n{rest}")
        }
        _ => text,
    }
}

/// Rows as a table, in which the columns of these names may be wrapped; below each other, if a terminal is too
/// narrow even so.
pub(crate) fn rows(header: &[&str], rows: Vec<Vec<String>>, wrapping: &[&str]) -> String {
    let widest = |number: usize| {
        let cells = rows.iter().filter_map(|row| row.get(number)).map(|cell| cell.width());
        cells.chain([header[number].width()]).max().unwrap_or_default()
    };
    let wraps = |number: usize| wrapping.contains(&header[number]);
    let least = |number: usize| if wraps(number) { widest(number).min(LEAST) } else { widest(number) };
    let needed: usize = (0..header.len()).map(|number| least(number) + GAP).sum();
    if width().is_some_and(|width| needed > usize::from(width) + GAP) {
        return blocks(header, &rows);
    }
    let fixed: Vec<usize> = (0..header.len()).filter(|number| !wraps(*number)).collect();
    let mut table = table(header);
    table.add_rows(rows);
    for number in fixed {
        if let Some(column) = table.column_mut(number) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    drawn(table)
}

/// Each row as lines of its own.
fn blocks(header: &[&str], rows: &[Vec<String>]) -> String {
    let names = header.iter().map(|name| name.width()).max().unwrap_or_default();
    let line = |(name, cell): (&&str, &String)| format!("{name:<names$}  {cell}\n");
    let block = |row: &Vec<String>| header.iter().zip(row).map(line).collect::<String>();
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn written(error: io::Error) -> Failure {
    Failure::Io("standard output".to_owned(), error)
}
