//! `lts apply`: makes what a manifest says.

use std::num::NonZeroUsize;

use clap::Args;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// The manifest; `-` reads it from standard input.
    #[arg(short, long, value_name = "FILE", required_unless_present = "schema")]
    pub(crate) file: Option<String>,
    /// Shows what would be done, and does nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How many calls are made at a time.
    #[arg(long, value_name = "N", default_value = "16")]
    pub(crate) concurrency: NonZeroUsize,
    /// Deletes the streams of named groups that the manifest doesn't name; asks first.
    #[arg(long)]
    pub(crate) prune: bool,
    /// Doesn't ask.
    #[arg(short, long, requires = "prune")]
    pub(crate) yes: bool,
    /// Prints the JSON Schema of manifests, and ends.
    #[arg(long, conflicts_with_all = ["file", "dry_run", "concurrency", "prune", "yes"])]
    pub(crate) schema: bool,
}

pub(crate) fn run(_arguments: &ApplyArguments, _context: &Context) -> Result<(), Failure> {
    Err(Failure::Bug("apply is not part of this build".to_owned()))
}
