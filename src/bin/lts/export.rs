//! `lts export`: the manifest of what there is.

use clap::Args;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {}

pub(crate) fn run(_arguments: &ExportArguments, _context: &Context) -> Result<(), Failure> {
    Err(Failure::Bug("export is not part of this build".to_owned()))
}
