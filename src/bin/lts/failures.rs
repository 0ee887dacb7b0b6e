//! Commands for several names: all are tried.

use crate::{context::Context, error::CliError};

/// The failures of a command that goes on after each of them.
#[derive(Debug)]
pub(crate) struct Failures<'c> {
    context: &'c Context,
    /// The exit code of the first failure.
    code: Option<u8>,
}

impl<'c> Failures<'c> {
    pub(crate) fn new(context: &'c Context) -> Self {
        Self { context, code: None }
    }

    /// Reports a failure at once, since the command may take a while.
    pub(crate) fn report(&mut self, error: &CliError) {
        let code = self.context.report(error);
        self.code.get_or_insert(code);
    }

    /// The result of the command: the first failure decides the exit code.
    pub(crate) fn result(&self) -> Result<(), CliError> {
        self.code.map_or(Ok(()), |code| Err(CliError::Reported(code)))
    }
}
