//! The output formats, and data that can be printed in all of them.

use std::fmt::{self, Display};

use clap::ValueEnum;
use huaweicloud_lts::escape;
use serde::Serialize;

use super::{json::Json, print::print};
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

impl Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Yaml => "yaml",
        })
    }
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
                print(&(escape::json(&json) + "\n"))
            }
            Format::Yaml => print(&yaml(data)?),
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
            let line = |id: String| format!("{}\n", escape::line(&id));
            return print(&ids.into_iter().map(|id| line(id.to_string())).collect::<String>());
        }
        self.data(data, table)
    }
}

fn not_serializable(error: &dyn Display) -> CliError {
    CliError::Bug(format!("the data can't be serialized: {error}"))
}

/// Serializes as YAML. Long strings stay on one line.
fn yaml<T: Serialize + ?Sized>(data: &T) -> Result<String, CliError> {
    // JSON in between, since every string has to be prepared. Block scalars would have unescaped tabs.
    let json = serde_json::to_string(data).map_err(|e| not_serializable(&e))?;
    let json: Json = serde_json::from_str(&json).map_err(|e| not_serializable(&e))?;
    let json = json.map_strings(&|text| escape::yaml_string(&text).into_owned());
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX, prefer_block_scalars: false };
    let yaml = serde_saphyr::to_string_with_options(&json, options).map_err(|e| not_serializable(&e))?;
    Ok(escape::yaml(&yaml).into_owned())
}
