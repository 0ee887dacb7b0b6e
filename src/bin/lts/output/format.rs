//! The output formats, and data that can be printed in all of them.

use std::fmt::Display;

use clap::ValueEnum;
use serde::Serialize;

use super::print::print;
use crate::error::CliError;

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

/// How a command prints its data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// Print bare ids, and no progress.
    pub(crate) quiet: bool,
}

impl Output {
    pub(crate) fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet }
    }

    /// Prints data as JSON or YAML, or as the table that the closure makes.
    pub(crate) fn data<T: Serialize + ?Sized>(
        self,
        data: &T,
        table: impl FnOnce() -> String,
    ) -> Result<(), CliError> {
        match self.format {
            Format::Table => print(&table()),
            Format::Json => {
                let json = serde_json::to_string_pretty(data).map_err(|e| not_serializable(&e))?;
                print(&(json + "\n"))
            }
            Format::Yaml => print(&yaml(data).map_err(|e| not_serializable(&e))?),
        }
    }

    /// Prints only the ids with `--quiet`, otherwise the data.
    pub(crate) fn ids_or_data<T: Serialize + ?Sized>(
        self,
        ids: impl IntoIterator<Item = impl Display>,
        data: &T,
        table: impl FnOnce() -> String,
    ) -> Result<(), CliError> {
        if self.quiet {
            return print(&ids.into_iter().map(|id| format!("{id}\n")).collect::<String>());
        }
        self.data(data, table)
    }
}

fn not_serializable(error: &dyn Display) -> CliError {
    CliError::Bug(format!("the data can't be serialized: {error}"))
}

/// Serializes as YAML. Long strings stay on one line.
fn yaml<T: Serialize + ?Sized>(data: &T) -> Result<String, serde_saphyr::SerializeError> {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    serde_saphyr::to_string_with_options(&data, options)
}
