//! Data on standard output: tables for people, JSON and YAML for programs, bare ids for scripts. What else there
//! is to say goes to standard error.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use comfy_table::{Attribute, Cell, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::exit::Failure;

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
            rows(&["ID", "CREATED"], vec![vec![id.to_string(), state.to_owned()]])
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

/// Prints bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(written)
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

/// A table without lines around it, its header left out if it is empty.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if !header.is_empty() {
        let bold = |name: &&str| match is_coloured() {
            true => Cell::new(name).add_attribute(Attribute::Bold),
            false => Cell::new(name),
        };
        table.set_header(header.iter().map(bold));
    }
    table
}

/// Rows as a table.
pub(crate) fn rows(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = table(header);
    table.add_rows(rows);
    table.trim_fmt() + "\n"
}

fn written(error: io::Error) -> Failure {
    Failure::Io("standard output".to_owned(), error)
}
