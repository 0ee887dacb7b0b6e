//! Transport errors: no complete response arrived.

use std::fmt;

use super::operation_prefix::write_operation;
use crate::spec::OperationFacts;

/// Why no complete response arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportFailure {
    /// Connecting failed; the request was not sent.
    Connect,
    /// The attempt timed out.
    Timeout,
    /// The deadline of the whole call passed.
    Deadline,
    /// The connection closed before the response was complete.
    Closed,
    /// The response is larger than 64 MiB.
    TooLarge,
}

/// No complete response arrived.
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

    /// What went wrong.
    pub fn failure(&self) -> TransportFailure {
        self.failure
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        f.write_str(match self.failure {
            TransportFailure::Connect => "could not connect to the service",
            TransportFailure::Timeout => "no response within the attempt timeout",
            TransportFailure::Deadline => "the deadline passed before a response arrived",
            TransportFailure::Closed => "the connection closed before the response was complete",
            TransportFailure::TooLarge => "the response is larger than 64 MiB",
        })?;
        // The innermost cause is the most specific: "connection refused".
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
