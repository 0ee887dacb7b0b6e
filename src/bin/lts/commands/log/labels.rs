//! The labels of lines on the command line.

use clap::Args;

use crate::{error::CliError, parsers};

/// The labels of the lines to find.
#[derive(Debug, Args)]
pub(super) struct LabelFilter {
    /// Only lines with this label. Can be given several times.
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = parsers::label)]
    labels: Vec<(String, String)>,
}

impl LabelFilter {
    /// The labels. A name that was given twice is an error.
    pub(super) fn get(&self) -> Result<&[(String, String)], CliError> {
        ensure_distinct(&self.labels)?;
        Ok(&self.labels)
    }
}

/// Fails if a label was given twice.
pub(super) fn ensure_distinct(labels: &[(String, String)]) -> Result<(), CliError> {
    parsers::ensure_distinct("label", labels.iter().map(|(name, _)| name))
}
