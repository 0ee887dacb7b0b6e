//! Responses that can't be decoded.

use std::fmt;

use http::HeaderMap;

use super::{
    body::{brief, excerpt},
    operation_prefix::write_operation,
};
use crate::{
    json::place_of,
    spec::{Effect, OperationFacts},
};

/// A response that doesn't match the spec.
#[derive(Debug)]
pub struct DecodeError {
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    /// The place in the JSON, `log_groups[0].log_group_id`; empty for the whole body.
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) excerpt: String,
    pub(crate) outcome_unknown: bool,
    /// Whether the body ends too early, so that another attempt may get the whole one.
    pub(crate) is_cut: bool,
}

impl DecodeError {
    /// Creates an error for a body.
    pub(crate) fn new(message: &str, body: &[u8]) -> Self {
        Self {
            operation: None,
            status: None,
            request_id: None,
            path: String::new(),
            message: brief(message),
            excerpt: excerpt(body),
            outcome_unknown: false,
            is_cut: false,
        }
    }

    /// Creates an error for a body of the wrong shape.
    pub(crate) fn of_shape(path: &str, message: &str, body: &[u8], head: Option<ResponseHead>) -> Self {
        let error = Self { path: brief(path), ..Self::new(message, body) };
        let Some(ResponseHead { operation, status, request_id, .. }) = head else { return error };
        Self {
            operation: Some(operation),
            status: Some(status),
            request_id: request_id.as_deref().map(brief),
            outcome_unknown: matches!(operation.effect, Effect::Create | Effect::Append),
            ..error
        }
    }

    /// Creates an error for a body that a JSON reader rejected.
    pub(crate) fn of_json(error: &serde_json::Error, body: &[u8]) -> Self {
        Self { path: brief(&place_of(error, body)), ..Self::new(&error.to_string(), body) }
    }

    /// The HTTP status, if known.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The place in the JSON; empty for the whole body.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The start of the body, as text.
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        f.write_str("the response doesn't match the spec")?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        f.write_str(": ")?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if self.excerpt.is_empty() { Ok(()) } else { write!(f, "; it begins {:?}", self.excerpt) }
    }
}

/// Head of the last response of a call, for a body of the wrong shape.
#[derive(Debug, Clone)]
pub(crate) struct ResponseHead {
    pub(crate) operation: &'static OperationFacts,
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    /// The headers, if the body is not all that the client needs.
    pub(crate) headers: HeaderMap,
}
