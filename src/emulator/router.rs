//! Routes requests to operations and checks them in the order of the real service.
//!
//! The routes come from the spec, and a generated `match` calls the handler with the operation's name: an operation
//! without a handler does not compile. Everything else gets the gateway's 404, never a response of the framework:
//! HEAD for GET, a trailing slash, a path that isn't UTF-8.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, RawPathParams},
    routing::any,
};
use http::{HeaderName, HeaderValue, Request, Response, header};
use serde_json::Value;

use super::{
    admin,
    auth::{
        authorize::Caller,
        same_origin::{self, Target},
    },
    errors::{self, ApiError},
    journal::JournalEntry,
    log, random,
    state::State,
    validate::{body, query, schemas},
    wire::{
        connection::ConnectionAbort,
        request::{Call, read},
        response::ApiResponse,
    },
};
use crate::spec::{self, Effect, Operation};

/// IAM's header with the request id.
const TRACE_ID: HeaderName = HeaderName::from_static("x-iam-trace-id");

/// The handlers of all operations.
mod handlers {
    pub(super) use super::super::{iam::*, lts::*};
}

include!(concat!(env!("OUT_DIR"), "/dispatch.rs"));

/// The routes of the spec and of the admin API.
pub(super) fn router(state: &Arc<State>) -> Router {
    let mut by_path: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
    for operation in Operation::ALL {
        by_path.entry(operation.path()).or_default().push(*operation);
    }
    let mut router = Router::new();
    for (path, operations) in by_path {
        let (state, operations) = (Arc::clone(state), Arc::<[Operation]>::from(operations));
        router = router
            .route(path, any(move |request| handle(Arc::clone(&state), Arc::clone(&operations), request)));
    }
    for path in admin::ROUTES {
        let state = Arc::clone(state);
        router = router.route(path, any(move |request| admin::handle(Arc::clone(&state), request)));
    }
    let state = Arc::clone(state);
    router.fallback(move |request| handle(Arc::clone(&state), Arc::default(), request))
}

/// Handles a request to a path with these operations, and records it in the journal.
async fn handle(state: Arc<State>, operations: Arc<[Operation]>, request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    let request_id = random::request_id();
    let (mut head, body) = request.into_parts();
    // A path with empty segments or escapes that aren't UTF-8 is unknown.
    let parameters = RawPathParams::from_request_parts(&mut head, &()).await.ok();
    let parameters = parameters.filter(|parameters| parameters.iter().all(|(_, value)| !value.is_empty()));
    let method = head.method.as_str();
    let operation = operations.iter().copied().find(|operation| operation.method() == method);
    let mut fault = None;
    let mut delay = Duration::ZERO;
    let (operation, response) = match (operation, parameters) {
        (Some(operation), Some(parameters)) => {
            let response = match read(body).await {
                Ok(body) => {
                    fault = state.faults.take(operation);
                    let mut call = Call::new(operation, &head, &body, &parameters);
                    call.is_incomplete = fault.as_ref().is_some_and(|fault| fault.incomplete == Some(true));
                    // Pass pinned references; moving the futures would double the size of the caller's.
                    let mut real = pin!(state.response(&call, &request_id));
                    delay = state.options.latency;
                    match &fault {
                        Some(fault) => {
                            delay = delay.saturating_add(fault.delay_before_response());
                            fault.response(operation, &request_id, real.as_mut()).await
                        }
                        None => Some(real.await),
                    }
                }
                Err(error) => Some(
                    ApiError::from(error)
                        .into_response(operation, &request_id)
                        .with_header(header::CONNECTION, HeaderValue::from_static("close")),
                ),
            };
            (Some(operation), response)
        }
        _ => (None, Some(errors::api_not_found(&head.method, &request_id))),
    };
    let elapsed_ms = || started.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    let mut now = state.clock.now();
    let entry = JournalEntry {
        time: now.into(),
        operation,
        method: method.to_owned(),
        path: head.uri.path().to_owned(),
        status: response.as_ref().map(|response| response.status.as_u16()),
        code: response.as_ref().and_then(|response| response.code.clone()),
        request_id: request_id.clone(),
        duration_ms: elapsed_ms(),
        injected: fault.is_some(),
    }
    .shortened();
    if state.options.log_requests {
        log::request(&entry, delay);
    }
    state.journal.add(entry);
    // Journal first: the client may disconnect during the delay.
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
        state.journal.set_duration(&request_id, elapsed_ms());
        now = state.clock.now();
    }
    let abort = head.extensions.remove::<ConnectionAbort>().unwrap_or_default();
    match (response, fault) {
        (Some(response), Some(fault)) => fault.respond(response, &request_id, now, &abort),
        (Some(response), None) => response.into_response(&request_id, now),
        (None, _) => abort.without_response().await,
    }
}

impl State {
    /// The response to a call, checked against the spec if self-checks are on. A panic becomes a 500.
    async fn response(&self, call: &Call<'_>, request_id: &str) -> ApiResponse {
        let outcome = catch_panic(pin!(self.call_operation(call))).await;
        let outcome = outcome.unwrap_or_else(|_| Err(ApiError::Broken("a handler panicked".to_owned())));
        let mut response = match outcome {
            // The spec doesn't describe failures of the emulator.
            Err(ApiError::Broken(text)) => {
                log::error(format_args!("{} failed: {text}", call.operation));
                return ApiError::Broken(text).into_response(call.operation, request_id);
            }
            // Nor does it describe refused web pages. Why the emulator stops is reported once, when it does.
            Err(error @ (ApiError::Foreign(_) | ApiError::Stopped)) => {
                return error.into_response(call.operation, request_id);
            }
            Err(error) => error.into_response(call.operation, request_id),
            Ok(response) => response,
        };
        if self.checks_itself()
            && let Err(violation) = schemas::check(call.operation, &response)
        {
            log::error(format_args!("a response violates the spec: {violation}"));
            return errors::spec_violation(&violation);
        }
        if call.operation.service() == spec::Service::Iam
            && let Ok(id) = HeaderValue::from_str(request_id)
        {
            response = response.with_header(TRACE_ID, id);
        }
        response
    }

    /// Runs the checks common to all operations, then the operation.
    async fn call_operation(&self, call: &Call<'_>) -> Result<ApiResponse, ApiError> {
        if !call.operation.security().is_empty() {
            let caller = match self.options.lenient {
                true => Caller::Unchecked,
                false => {
                    let lockout = self.options.lock_keys.then_some(&self.key_lockout);
                    Caller::authenticate(call, &self.store, lockout, self.clock.now())?
                }
            };
            if call.operation.service() == spec::Service::Lts {
                caller.authorize_project(call, &self.store)?;
            }
        }
        // After authentication, since a changed Host also makes a signature wrong.
        let head = call.head;
        same_origin::check(self.options.admin, Target::Service, head).map_err(ApiError::Foreign)?;
        let content_type = call.head.headers.get(header::CONTENT_TYPE);
        // Lines may be compressed; their handlers read them.
        let body = match call.operation.effect() {
            Effect::Append => Value::Null,
            _ => body::parse(call.operation, content_type, call.body)?,
        };
        query::check(&call.query, call.operation.parameters())?;
        handle_operation(self, call, &body).await
    }
}

/// The result of a future, or its panic.
async fn catch_panic<T>(mut future: Pin<&mut impl Future<Output = T>>) -> thread::Result<T> {
    poll_fn(|context| {
        // Unwind safe: after a panic the future is not polled again.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn panics_are_caught_on_every_poll() {
        assert_eq!(catch_panic(pin!(async { 1 })).await.ok(), Some(1));
        assert!(catch_panic(pin!(async { panic!("at once") })).await.is_err());
        let later = async {
            tokio::task::yield_now().await;
            panic!("later");
        };
        assert!(catch_panic(pin!(later)).await.is_err());
    }
}
