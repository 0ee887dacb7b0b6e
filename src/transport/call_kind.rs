//! The operation of a request and its effect.

use crate::{
    error::ConfigurationError,
    spec::{Effect, Operation, OperationFacts, Security},
};

/// What a request is about, as far as sending it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallKind {
    /// None for a request that the documents don't know.
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) effect: Effect,
}

impl CallKind {
    /// A request that the caller wrote.
    pub(crate) fn of_request(request: &reqwest::Request, path: &str) -> Self {
        match Operation::of_request(request.method(), path) {
            Some(operation) => operation.into(),
            None => Self { operation: None, effect: Effect::of_method(request.method()) },
        }
    }

    pub(super) fn needs_credentials(self) -> bool {
        self.operation.is_none_or(|operation| !operation.security.is_empty())
    }

    /// Whether a success must have a body. That of a delete is dropped.
    pub(super) fn needs_content(self) -> bool {
        self.effect != Effect::Delete && self.operation.is_some_and(|operation| operation.has_content)
    }

    /// Refuses credentials that the operation doesn't take.
    pub(super) fn require(self, security: Security) -> Result<(), ConfigurationError> {
        match self.operation {
            Some(operation) if !operation.security.contains(&security) => Err(ConfigurationError::new(
                "credentials",
                format!("{operation} takes {:?}, and these are for {security:?}", operation.security),
            )),
            _ => Ok(()),
        }
    }
}

impl From<&'static OperationFacts> for CallKind {
    fn from(operation: &'static OperationFacts) -> Self {
        Self { operation: Some(operation), effect: operation.effect }
    }
}

impl From<Operation> for CallKind {
    fn from(operation: Operation) -> Self {
        operation.facts().into()
    }
}
