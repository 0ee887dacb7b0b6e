//! Changes that were made in part.

use std::fmt;

use super::Error;

/// A call of several requests whose later one failed. What the earlier ones changed stays changed.
#[derive(Debug)]
pub struct IncompleteError {
    pub(crate) done: Vec<String>,
    pub(crate) cause: Box<Error>,
}

impl IncompleteError {
    /// What was done before the failure: `the ttl was set to 30 days`.
    pub fn done(&self) -> &[String] {
        &self.done
    }

    /// Why the rest was not done.
    pub fn cause(&self) -> &Error {
        &self.cause
    }
}

impl fmt::Display for IncompleteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (done before: {})", self.cause, self.done.join(", "))
    }
}
