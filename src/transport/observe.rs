//! What a call leaves in traces: one span, with the names of OpenTelemetry's HTTP client conventions, and an
//! event for each attempt that is followed by another.
//!
//! Neither headers nor bodies are in there, hence no secret. At the finest level (`TRACE`) each request is shown
//! as it leaves, but for its credentials: their headers are marked as sensitive, and a login's body is left out.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use tokio::time::Instant;
use tracing::{Level, Span, debug, debug_span, enabled, field, trace};

use super::judge::Success;
use crate::{
    error::{Error, excerpt, request_id},
    spec::Operation,
};

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
pub(super) fn ended(span: &Span, answer: &Result<Success, (Error, Bytes)>) {
    match answer {
        Ok(success) => {
            span.record("http.response.status_code", success.answer.status.as_u16());
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

/// A request leaves. It says when, if anybody wants to know.
pub(super) fn sends(request: &reqwest::Request, is_login: bool) -> Option<Instant> {
    if !enabled!(Level::TRACE) {
        return None;
    }
    let headers = request.headers().iter().map(|(name, value)| match value.to_str() {
        Ok(value_) if !value.is_sensitive() => format!("{name}: {value_}"),
        _ => format!("{name}: [redacted]"),
    });
    let headers = headers.collect::<Vec<_>>().join("\n");
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let body = if is_login { "[redacted]".to_owned() } else { excerpt(body) };
    trace!(headers, body, "request {} {}", request.method(), request.url());
    Some(Instant::now())
}

/// An answer came.
pub(super) fn answered(sent: Option<Instant>, status: StatusCode, headers: &HeaderMap, bytes: usize) {
    let Some(sent) = sent else { return };
    let request_id = request_id(headers).unwrap_or_default();
    trace!(request_id, bytes, ms = sent.elapsed().as_millis() as u64, "answer {status}");
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
