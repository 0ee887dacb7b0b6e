//! Deletes resources after a confirmation.

use clap::Args;
use huaweicloud_lts::Error;

use crate::{
    confirm::{confirm, ensure_confirmable},
    context::Context,
    error::{CliError, ResultExt},
    failures::Failures,
    output::{Resource, eprint_line, quoted},
    resolve::ignore_not_found,
};

#[derive(Debug, Args)]
pub(crate) struct DeleteOptions {
    /// Skip the confirmation prompt.
    #[arg(short, long)]
    yes: bool,
    /// Ignore names and ids that do not exist.
    #[arg(long)]
    pub(crate) if_exists: bool,
}

impl DeleteOptions {
    /// Fails before any request if the confirmation can't be asked for.
    pub(crate) fn ensure_confirmable<R: Resource>(&self, names: &[String]) -> Result<(), CliError> {
        ensure_confirmable(self.yes, &format!("deleting {}", quoted(R::KIND, names)))
    }

    /// Deletes the resources that were found, and reports the others. `place` and `question` complete the texts that
    /// people see: where the resources are, and what else is deleted with them.
    pub(crate) async fn delete_all<R: Resource>(
        &self,
        context: &Context,
        found: Vec<Result<R, CliError>>,
        place: &str,
        question: impl FnOnce(&str) -> String,
        delete: impl AsyncFn(&R) -> Result<(), Error>,
    ) -> Result<(), CliError> {
        let mut failures = Failures::new(context);
        let mut resources: Vec<R> = Vec::new();
        for found in found {
            match ignore_not_found(found, self.if_exists) {
                // The name and the id may both have been given.
                Ok(Some(found)) if resources.iter().any(|known| known.id() == found.id()) => {}
                Ok(found) => resources.extend(found),
                Err(error) => failures.report(&error),
            }
        }
        if resources.is_empty() {
            return failures.result();
        }
        let names: Vec<&str> = resources.iter().map(R::name).collect();
        confirm(self.yes, &question(&quoted(R::KIND, &names))).await?;
        for resource in &resources {
            let what = quoted(R::KIND, &[resource.name()]) + place;
            let deleted = delete(resource).await.context(|| format!("could not delete {what}"));
            match ignore_not_found(deleted, self.if_exists) {
                Ok(Some(())) if !context.output.quiet => eprint_line(format_args!("deleted {what}")),
                Ok(_) => {}
                Err(error) => failures.report(&error),
            }
        }
        failures.result()
    }
}
