//! Deletes resources after a confirmation.

use clap::Args;
use huaweicloud_lts::{Error, transfers::LogTransfer};

use crate::{
    confirm::{confirm, ensure_confirmable},
    context::Context,
    error::{CliError, ResultExt},
    failures::Failures,
    in_the_way,
    output::{Named, eprint_line, quoted},
    resolve::ignore_not_found,
};

/// How resources of a kind are deleted.
pub(crate) trait Deletion<R> {
    /// Where the resources are, to follow their names.
    fn place(&self) -> String {
        String::new()
    }

    /// The question before the resources are deleted, with what is lost.
    async fn question(&self, resources: &[R]) -> Result<String, CliError>;

    async fn delete(&self, resource: &R) -> Result<(), Error>;

    /// The transfers that must be deleted before the resource, as far as they can be listed.
    async fn transfers(&self, resource: &R) -> Vec<LogTransfer>;
}

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
    pub(crate) fn ensure_confirmable<R: Named>(&self, names: &[String]) -> Result<(), CliError> {
        ensure_confirmable(self.yes, &format!("deleting {}", quoted(R::KIND, names)))
    }

    /// Deletes the resources that were found, and reports the others.
    pub(crate) async fn delete_all<R: Named>(
        &self,
        context: &Context,
        found: Vec<Result<R, CliError>>,
        deletion: &impl Deletion<R>,
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
        if !self.yes {
            confirm(self.yes, &deletion.question(&resources).await?).await?;
        }
        for resource in &resources {
            let what = quoted(R::KIND, &[resource.name()]) + &deletion.place();
            let mut deleted = deletion.delete(resource).await.context(|| format!("could not delete {what}"));
            if let Err(CliError::Call { error, advice, .. }) = &mut deleted
                && error.is_in_use()
            {
                *advice = in_the_way::advice(&deletion.transfers(resource).await);
            }
            match ignore_not_found(deleted, self.if_exists) {
                Ok(Some(())) if !context.output.quiet => eprint_line(format_args!("deleted {what}")),
                Ok(_) => {}
                Err(error) => failures.report(&error),
            }
        }
        failures.result()
    }
}
