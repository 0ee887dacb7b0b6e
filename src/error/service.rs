//! Errors that the service reports.

use std::{fmt, time::Duration};

use bytes::Bytes;

use super::{
    operation_prefix::write_operation,
    signature_mismatch::{self, Mismatch},
};
use crate::spec::{self, Class, ErrorCode, MessageVariant, Operation, OperationFacts};

/// A refusal or failure that the service reported.
#[derive(Debug)]
pub struct ServiceError {
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) outcome_unknown: bool,
    /// The service's clock when it answered.
    pub(crate) server_time: Option<jiff::Timestamp>,
    /// Where the service's idea of the request differs from ours.
    pub(crate) mismatch: Option<Mismatch>,
    /// The response's body, of which errors show as much as they can read.
    pub(crate) body: RawBody,
}

/// A body that `Debug` doesn't show: it may hold a secret.
#[derive(Clone, Default)]
pub(crate) struct RawBody(pub(crate) Bytes);

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl ServiceError {
    /// The operation that was called.
    pub fn operation(&self) -> Option<Operation> {
        self.operation?.operation()
    }

    /// The HTTP status; 200 for a refusal that the service dresses as success.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The error code, if the answer had one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The service's own words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The id under which the service logged the request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How long the service asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An error of this status and code.
    #[cfg(test)]
    pub(crate) fn for_test(status: u16, code: Option<&str>) -> Self {
        Self {
            operation: None,
            status,
            code: code.map(str::to_owned),
            message: "a test".to_owned(),
            request_id: None,
            retry_after: None,
            attempts: 1,
            outcome_unknown: false,
            server_time: None,
            mismatch: None,
            body: RawBody::default(),
        }
    }

    /// The spec's row of its code.
    pub(crate) fn row(&self) -> Option<&'static ErrorCode> {
        spec::error_code(self.code()?, self.status)
    }

    /// The kind of its code, where the spec knows the code.
    pub fn class(&self) -> Option<Class> {
        self.row().map(|row| row.class)
    }

    /// Which of the gateway's variants it has.
    fn variant(&self) -> Option<&'static MessageVariant> {
        let code = self.row()?.code;
        spec::GATEWAY_MESSAGE_VARIANTS
            .iter()
            .find(|variant| variant.code == code && variant.matches(&self.message))
    }

    /// Whether it has the gateway's variant of this name.
    pub(crate) fn is_worded(&self, name: &str) -> bool {
        self.variant().is_some_and(|variant| variant.name == name)
    }

    /// What to do about it, where the spec knows the code.
    pub fn remedy(&self) -> Option<&'static str> {
        let variant = self.variant().map(|variant| variant.solution);
        variant.or_else(|| self.row().map(|row| row.solution))
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        // What follows is better shown line by line, as `{:#}` does.
        match self.message.split_once(signature_mismatch::MARK).filter(|_| self.mismatch.is_some()) {
            Some((before, _)) => write!(f, "{before}{}…", signature_mismatch::MARK)?,
            None => f.write_str(&self.message)?,
        }
        write!(f, " (HTTP {}", self.status)?;
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        if self.attempts > 1 {
            write!(f, ", {} attempts", self.attempts)?;
        }
        f.write_str(")")
    }
}
