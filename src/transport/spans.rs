//! Tracing: one span per call, named by OpenTelemetry's conventions for HTTP clients, and an event for each retry.
//!
//! Spans and retry events contain neither headers nor bodies, so no secrets. At level `TRACE` each request is shown as it
//! is sent, except for credentials: sensitive headers and the bodies of logins are redacted.

use bytes::Bytes;
use http::{Method, Response};
use tokio::time::Instant;
use tracing::{Level, Span, debug, debug_span, enabled, field, trace};

use super::call_kind::CallKind;
use crate::{
    error::{Error, excerpt, request_id},
    spec::OperationFacts,
};

/// The span of a call.
pub(super) fn call(operation: Option<&'static OperationFacts>, method: &Method) -> Span {
    let template = operation.map_or("", |operation| operation.path);
    debug_span!(
        "call",
        otel.name = format!("{method} {template}"),
        otel.kind = "client",
        http.request.method = method.as_str(),
        url.template = template,
        lts.operation = operation.map_or("", |operation| operation.id),
        http.response.status_code = field::Empty,
        http.request.resend_count = field::Empty,
        error.type = field::Empty,
        lts.request_id = field::Empty,
    )
}

/// Records the result of a call.
pub(super) fn ended(span: &Span, result: &Result<Response<Bytes>, Error>) {
    match result {
        Ok(response) => {
            span.record("http.response.status_code", response.status().as_u16());
        }
        Err(error) => {
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

/// Reports that an attempt failed and is retried.
pub(super) fn retry(attempt: u32, error: &Error, until: Instant) {
    let pause_ms = until.saturating_duration_since(Instant::now()).as_millis() as u64;
    debug!(attempt, error.type = kind(error), pause_ms, "attempt failed, retrying: {error}");
}

/// Reports a request at level `TRACE`, and returns the time then.
pub(super) fn sends(request: &reqwest::Request, kind: CallKind) -> Option<Instant> {
    if !enabled!(Level::TRACE) {
        return None;
    }
    let headers = request.headers().iter().map(|(name, value)| match value.to_str() {
        Ok(value_) if !value.is_sensitive() => format!("{name}: {value_}"),
        _ => format!("{name}: [redacted]"),
    });
    let headers = headers.collect::<Vec<_>>().join("\n");
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    // A request without credentials is a login, with a password in its body.
    let body = if kind.needs_credentials() { excerpt(body) } else { "[redacted]".to_owned() };
    trace!(headers, body, "request {} {}", request.method(), request.url());
    Some(Instant::now())
}

/// Reports a response at level `TRACE`.
pub(super) fn received(sent: Option<Instant>, response: &Response<Bytes>) {
    let Some(sent) = sent else { return };
    let (status, bytes) = (response.status(), response.body().len());
    let request_id = request_id(response.headers()).unwrap_or_default();
    trace!(request_id, bytes, ms = sent.elapsed().as_millis() as u64, "response {status}");
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
