//! Data on standard output: tables for people, JSON and YAML for programs.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
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

/// Prints a text as it is.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(written)
}

/// Prints data as JSON or YAML; a table is `table`'s business.
pub(crate) fn data<T: Serialize>(
    format: Format,
    data: &T,
    table: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let bug = |e: &dyn std::fmt::Display| Failure::Bug(format!("data can't be written: {e}"));
    match format {
        Format::Table => text(&table()),
        Format::Json => text(&(serde_json::to_string_pretty(data).map_err(|e| bug(&e))? + "\n")),
        Format::Yaml => text(&serde_yaml::to_string(data).map_err(|e| bug(&e))?),
    }
}

/// A table without lines around it, its header left out if it is empty.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if !header.is_empty() {
        table.set_header(header);
    }
    table
}

fn written(error: io::Error) -> Failure {
    Failure::Io("standard output".to_owned(), error)
}
