//! Transport errors: no complete response arrived.

use std::fmt;

use super::operation_prefix::write_operation;
use crate::spec::OperationFacts;

/// What kept an answer from coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportFailure {
    /// No connection could be made; the request was not sent.
    Connect,
    /// The time for one attempt ran out.
    Timeout,
    /// The deadline of the whole call passed.
    Deadline,
    /// The connection broke before the answer was whole.
    Closed,
    /// The answer is larger than any answer of the service.
    TooLarge,
}

/// An answer that didn't come, or not whole.
#[derive(Debug)]
pub struct TransportError {
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) failure: TransportFailure,
    /// Whether the request may have reached the service.
    pub(crate) sent: bool,
    pub(crate) outcome_unknown: bool,
    pub(crate) source: Option<reqwest::Error>,
}

impl TransportError {
    pub(crate) fn new(failure: TransportFailure, sent: bool) -> Self {
        Self { operation: None, failure, sent, outcome_unknown: false, source: None }
    }

    /// What happened.
    pub fn failure(&self) -> TransportFailure {
        self.failure
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        f.write_str(match self.failure {
            TransportFailure::Connect => "could not connect to the service",
            TransportFailure::Timeout => "no answer within the time for one attempt",
            TransportFailure::Deadline => "the deadline passed before an answer came",
            TransportFailure::Closed => "the connection broke before the answer was whole",
            TransportFailure::TooLarge => "the answer is larger than any answer of the service",
        })?;
        // What is at the bottom of it says most: "connection refused".
        let mut cause = self.source.as_ref().and_then(std::error::Error::source);
        while let Some(deeper) = cause.and_then(std::error::Error::source) {
            cause = Some(deeper);
        }
        match cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}
