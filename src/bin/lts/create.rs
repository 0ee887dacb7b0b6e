//! Creates resources, one for each name.

use crate::{
    context::Context,
    error::CliError,
    failures::Failures,
    output::{Created, CreatedKind, print_created},
};

/// What a command has created so far.
#[derive(Debug)]
pub(crate) struct Creations<'c> {
    created: Vec<Created>,
    failures: Failures<'c>,
}

impl Creations<'_> {
    pub(crate) fn add(&mut self, result: Result<Created, CliError>) {
        match result {
            Ok(created) => self.created.push(created),
            Err(error) => self.failures.report(&with_advice(error)),
        }
    }
}

/// Adds to the advice about something that exists the option that accepts it.
fn with_advice(error: CliError) -> CliError {
    match error {
        CliError::Call { what, error, .. } if error.is_already_exists() || error.is_in_use() => {
            CliError::Call { what, error, advice: Some("With --if-not-exists, that is no error.") }
        }
        error => error,
    }
}

/// Runs `work`, and prints what it created even if it is interrupted. `number` is that of the names.
pub(crate) fn create_all(
    context: &Context,
    kind: &CreatedKind,
    number: usize,
    work: impl AsyncFnOnce(&mut Creations<'_>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut creations = Creations { created: Vec::new(), failures: Failures::new(context) };
    let result = context.run(work(&mut creations));
    let Creations { created, failures } = creations;
    if result.is_ok() || !created.is_empty() {
        print_created(context.output, kind, &created, number > 1)?;
    }
    result.and(failures.result())
}
