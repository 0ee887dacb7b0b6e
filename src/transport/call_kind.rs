//! The operation of a request and its effect.

use crate::{
    error::ConfigurationError,
    spec::{Effect, Operation, OperationFacts, Security},
};

/// The operation and effect of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallKind {
    /// `None` for a request that the documents don't have.
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) effect: Effect,
}

impl CallKind {
    /// The kind of a request with an arbitrary method and path.
    pub(crate) fn of_request(request: &reqwest::Request, path: &str) -> Self {
        match Operation::of_request(request.method(), path) {
            Some(operation) => operation.into(),
            None => Self { operation: None, effect: Effect::of_method(request.method()) },
        }
    }

    /// The same request, which its caller declares to be idempotent.
    pub(crate) fn idempotent(self) -> Self {
        match self.effect {
            Effect::Create | Effect::Append => Self { effect: Effect::Update, ..self },
            Effect::Read | Effect::Update | Effect::Delete => self,
        }
    }

    pub(super) fn needs_credentials(self) -> bool {
        self.operation.is_none_or(|operation| !operation.security.is_empty())
    }

    /// Whether a success must have a body. Bodies of updates and deletes are dropped.
    pub(super) fn needs_content(self) -> bool {
        let is_dropped = |effect| matches!(effect, Effect::Update | Effect::Delete);
        self.operation.is_some_and(|operation| operation.has_content && !is_dropped(operation.effect))
    }

    /// Whether the operation's successes have a body by the documents.
    pub(super) fn has_content(self) -> bool {
        self.operation.is_some_and(|operation| operation.has_content)
    }

    /// Whether the documents name this way to authenticate for the operation.
    pub(super) fn accepts(self, security: Security) -> bool {
        self.operation.is_some_and(|operation| operation.security.contains(&security))
    }

    /// Rejects credentials that the operation doesn't accept.
    pub(super) fn require(self, security: Security) -> Result<(), ConfigurationError> {
        match self.operation {
            Some(operation) if !operation.security.contains(&security) => Err(ConfigurationError::new(
                "credentials",
                format!("{operation} accepts {:?}, not {security:?}", operation.security),
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
