//! Creates resources, one for each name.

use huaweicloud_lts::Error;

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
            CliError::Call { what, error, advice: Some("With --if-not-exists, that is no error.".to_owned()) }
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

/// Creates a resource unless `find` finds it. Returns its id, and whether it was created: also if the response got lost
/// and the resource exists then.
pub(crate) async fn create_unless_exists<I>(
    find: impl AsyncFn() -> Result<Option<I>, Error>,
    create: impl IntoFuture<Output = Result<I, Error>>,
) -> Result<(I, bool), Error> {
    if let Some(id) = find().await? {
        return Ok((id, false));
    }
    let error = match create.await {
        Ok(id) => return Ok((id, true)),
        Err(error) => error,
    };
    let may_exist = error.outcome_unknown() || error.is_already_exists() || error.is_in_use();
    let found = if may_exist { find().await.ok().flatten() } else { None };
    found.map(|id| (id, error.outcome_unknown())).ok_or(error)
}
