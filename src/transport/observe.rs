//! What a call leaves in traces: one span, with the names of OpenTelemetry's HTTP client conventions, and an
//! event for each attempt that is followed by another.
//!
//! Neither headers nor bodies are in there, hence no secret.

use bytes::Bytes;
use http::Method;
use tokio::time::Instant;
use tracing::{Span, debug, debug_span, field};

use crate::{error::Error, spec::Operation};

/// The span of a call.
pub(super) fn call(operation: Option<Operation>, method: &Method) -> Span {
    let template = operation.map_or("", Operation::path);
    debug_span!(
        "call",
        otel.name = format!("{method} {template}"),
        otel.kind = "client",
        http.request.method = method.as_str(),
        url.template = template,
        lts.operation = operation.map_or("", Operation::id),
        http.response.status_code = field::Empty,
        http.request.resend_count = field::Empty,
        error.type = field::Empty,
        lts.request_id = field::Empty,
    )
}

/// Notes how a call ended.
pub(super) fn ended(span: &Span, answer: &Result<reqwest::Response, (Error, Bytes)>) {
    match answer {
        Ok(response) => {
            span.record("http.response.status_code", response.status().as_u16());
        }
        Err((error, _)) => {
            span.record("error.type", kind(error));
            if let Some(status) = error.status() {
                span.record("http.response.status_code", status);
            }
            if let Some(id) = error.request_id() {
                span.record("lts.request_id", id);
            }
            if let Some(service) = error.as_service() {
                span.record("http.request.resend_count", service.attempts().saturating_sub(1));
            }
        }
    }
}

/// An attempt failed, and another one follows.
pub(super) fn retry(attempt: u32, error: &Error, until: Instant) {
    let pause_ms = until.saturating_duration_since(Instant::now()).as_millis() as u64;
    debug!(attempt, error.type = kind(error), pause_ms, "attempt failed, trying again: {error}");
}

/// The error's code, else its kind.
fn kind(error: &Error) -> &str {
    match error {
        Error::Service(service) => service.code().unwrap_or("service"),
        Error::Transport(_) => "transport",
        Error::Decode(_) => "decode",
        Error::Credentials(_) => "credentials",
        Error::InvalidInput(_) => "invalid_input",
        Error::Configuration(_) => "configuration",
        Error::Conflict(_) => "conflict",
    }
}
