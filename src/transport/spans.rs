//! Tracing: one span per call, named by OpenTelemetry's conventions for HTTP clients, an event for each retry, and at
//! level `TRACE` events for requests and responses.
//!
//! The front page of the documentation has the table of them. Spans and retry events contain neither headers nor bodies,
//! so no secrets. In requests, sensitive headers and the bodies of logins are redacted.

use bytes::Bytes;
use http::{HeaderValue, Method, Response, header::CONTENT_ENCODING};
use tokio::time::Instant;
use tracing::{Level, Span, debug, debug_span, enabled, field, trace};

use super::call_kind::CallKind;
use crate::{
    error::{Error, SentSecrets, excerpt, request_id},
    spec::OperationFacts,
};

/// The target of spans of calls.
const CALL: &str = "huaweicloud_lts::call";
/// The target of events about attempts that are repeated.
const RETRY: &str = "huaweicloud_lts::retry";
/// The target of events about requests and responses.
const WIRE: &str = "huaweicloud_lts::wire";

/// The span of a call. `template` is the path without the values of parameters, as far as it is known.
pub(super) fn call(operation: Option<&'static OperationFacts>, method: &Method, template: &str) -> Span {
    let template = operation.map_or(template, |operation| operation.path);
    debug_span!(
        target: CALL,
        "call",
        otel.name = format!("{method} {template}"),
        otel.kind = "client",
        http.request.method = method.as_str(),
        url.template = template,
        lts.operation = operation.map(|operation| operation.id),
        http.response.status_code = field::Empty,
        http.request.resend_count = field::Empty,
        error.type = field::Empty,
        lts.request_id = field::Empty,
    )
}

/// Records the result of a call.
pub(super) fn ended(
    span: &Span,
    result: &Result<Response<Bytes>, Error>,
    secrets: impl FnOnce() -> SentSecrets,
) {
    if span.is_disabled() {
        return;
    }
    let (status, request_id) = match result {
        Ok(response) => (Some(response.status().as_u16()), request_id(response.headers())),
        Err(error) => {
            span.record("error.type", kind(error));
            (error.status(), error.request_id())
        }
    };
    span.record("http.response.status_code", status);
    let redacted = request_id.and_then(|id| secrets().redact(id));
    span.record("lts.request_id", redacted.as_deref().or(request_id));
}

/// Reports that an attempt failed and is retried.
pub(super) fn retry(span: &Span, attempt: u32, error: &Error, until: Instant) {
    span.record("http.request.resend_count", attempt);
    let asked = error.retry_after().is_some();
    let pause_ms = milliseconds_until(until);
    debug!(target: RETRY, attempt, error.type = kind(error), pause_ms, asked, "attempt failed, retrying: {error}");
}

/// Reports that a request waits, because an earlier response asked to wait.
pub(super) fn wait(until: Instant) {
    debug!(target: RETRY, pause_ms = milliseconds_until(until), asked = true, "waiting, as the service asks");
}

fn milliseconds_until(time: Instant) -> u64 {
    time.saturating_duration_since(Instant::now()).as_millis() as u64
}

/// Reports a request at level `TRACE`, and returns the time then.
pub(super) fn sends(request: &reqwest::Request, kind: CallKind) -> Option<Instant> {
    if !enabled!(target: WIRE, Level::TRACE) {
        return None;
    }
    let headers = request.headers().iter().map(|(name, value)| match value.to_str() {
        Ok(value_) if !value.is_sensitive() => format!("{name}: {value_}"),
        _ => format!("{name}: [redacted]"),
    });
    let headers = headers.collect::<Vec<_>>().join("\n");
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    // A request without credentials is a login, with a password in its body.
    let body = match request.headers().get(CONTENT_ENCODING).map(HeaderValue::to_str) {
        _ if !kind.needs_credentials() => "[redacted]".to_owned(),
        Some(encoding) => format!("[{} bytes, {}]", body.len(), encoding.unwrap_or_default()),
        None => excerpt(body),
    };
    trace!(target: WIRE, headers, body, "request {} {}", request.method(), request.url());
    Some(Instant::now())
}

/// Reports a response at level `TRACE`.
pub(super) fn received(
    sent: Option<Instant>,
    response: &Response<Bytes>,
    secrets: impl FnOnce() -> SentSecrets,
) {
    let Some(sent) = sent else { return };
    let (status, bytes) = (response.status(), response.body().len());
    let request_id = request_id(response.headers()).unwrap_or_default();
    let redacted = secrets().redact(request_id);
    let request_id = redacted.as_deref().unwrap_or(request_id);
    trace!(target: WIRE, request_id, bytes, ms = sent.elapsed().as_millis() as u64, "response {status}");
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
        Error::Incomplete(error) => kind(error.cause()),
    }
}
