//! From a request to its answer, in the order in which the real service checks.
//!
//! The routes are those of the spec, and a generated `match` sends each operation to the handler of its name: an
//! operation without one does not compile. Everything else gets the gateway's 404, never a framework's
//! answer: HEAD for GET, a trailing slash, a path that is no UTF-8.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    net::SocketAddr,
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
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body as _;
use serde_json::Value;

use super::{
    access::Caller,
    admin,
    answer::Answer,
    hangup::HangUp,
    journal::JournalEntry,
    query::Query,
    random,
    refusals::{self, INVALID_BODY, Refusal},
    schemas,
    service::Service,
};
use crate::auth::signing::canonical::MAX_BODY;
use crate::spec::{self, Operation};

/// The time for a body to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// IAM's own header for the request's id.
const TRACE_ID: HeaderName = HeaderName::from_static("x-iam-trace-id");

/// Who is at the other end of the connection; the server puts it into each request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// A request to an operation, its body read.
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    pub(super) head: &'a Parts,
    pub(super) body: &'a [u8],
    parameters: &'a RawPathParams,
    query: Query,
}

impl Call<'_> {
    /// A parameter of the path, decoded; nothing if the operation has none of this name.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// A parameter of the query, decoded.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }
}

/// The handlers of all operations.
mod handlers {
    pub(super) use super::super::{iam::*, operations::*};
}

include!(concat!(env!("OUT_DIR"), "/dispatch.rs"));

/// The routes of a service and of its control.
pub(super) fn router(service: &Arc<Service>) -> Router {
    let mut by_path: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
    for operation in Operation::ALL {
        by_path.entry(operation.path()).or_default().push(*operation);
    }
    let mut router = Router::new();
    for (path, operations) in by_path {
        let (service, operations) = (Arc::clone(service), Arc::<[Operation]>::from(operations));
        router = router
            .route(path, any(move |request| handle(Arc::clone(&service), Arc::clone(&operations), request)));
    }
    for path in admin::ROUTES {
        let control = Arc::clone(service);
        router = router.route(path, any(move |request| admin::handle(Arc::clone(&control), request)));
    }
    let unknown = Arc::clone(service);
    router.fallback(move |request| handle(Arc::clone(&unknown), Arc::default(), request))
}

/// Answers a request to a path with these operations, and enters it into the journal.
async fn handle(
    service: Arc<Service>,
    operations: Arc<[Operation]>,
    request: Request<Body>,
) -> Response<Body> {
    let started = Instant::now();
    let request_id = random::request_id();
    let (mut head, body) = request.into_parts();
    // Escapes that are no UTF-8 and segments that are empty make no path that the spec knows.
    let parameters = RawPathParams::from_request_parts(&mut head, &()).await.ok();
    let parameters = parameters.filter(|parameters| parameters.iter().all(|(_, value)| !value.is_empty()));
    let method = head.method.as_str();
    let operation = operations.iter().copied().find(|operation| operation.method() == method);
    let mut fault = None;
    let mut delay = Duration::ZERO;
    let (operation, answer) = match (operation, parameters) {
        (Some(operation), Some(parameters)) => {
            let answer = match read(body).await {
                Ok(body) => {
                    let query = Query::of(&head.uri);
                    let call = Call { operation, head: &head, body: &body, parameters: &parameters, query };
                    // Futures are lent, not given: whoever is given one has room for it twice.
                    let mut real = pin!(service.answer(&call, &request_id));
                    fault = service.faults.take(operation);
                    delay = service.options.latency;
                    match &fault {
                        Some(fault) => {
                            delay = delay.saturating_add(fault.held_back());
                            fault.answer(operation, &request_id, real.as_mut()).await
                        }
                        None => Some(real.await),
                    }
                }
                Err(refusal) => Some(
                    refusal
                        .into_answer(operation, &request_id)
                        .with_header(header::CONNECTION, HeaderValue::from_static("close")),
                ),
            };
            (Some(operation), answer)
        }
        _ => (None, Some(refusals::no_such_api(&head.method, &request_id))),
    };
    let took = || started.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    let mut now = service.clock.now();
    service.journal.add(JournalEntry {
        time: now.into(),
        operation,
        method: method.to_owned(),
        path: head.uri.path().to_owned(),
        status: answer.as_ref().map(|answer| answer.status.as_u16()),
        code: answer.as_ref().and_then(|answer| answer.code.clone()),
        request_id: request_id.clone(),
        duration_ms: took(),
    });
    // Whoever gives up waiting has been entered into the journal all the same.
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
        service.journal.took(&request_id, took());
        now = service.clock.now();
    }
    let hang_up = head.extensions.remove::<HangUp>().unwrap_or_default();
    match (answer, fault) {
        (Some(answer), Some(fault)) => fault.respond(answer, &request_id, now, &hang_up),
        (Some(answer), None) => answer.into_response(&request_id, now),
        (None, _) => hang_up.instead().await,
    }
}

/// Reads a body within the bounds: what the real gateway allows for signed requests, here for all. A declared length beyond them is refused without reading.
///
/// What is left of a refused body stays on the connection, which is of no use afterwards.
pub(super) async fn read(body: Body) -> Result<Bytes, Refusal> {
    let refused = || Refusal::code(INVALID_BODY);
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(refused());
    }
    // Most requests have no body: they are not to carry the state of those that have.
    match Box::pin(tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY).collect())).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        // Too long after all, or cut short.
        Ok(Err(_)) => Err(refused()),
        Err(_) => Err(Refusal::Status(StatusCode::REQUEST_TIMEOUT)),
    }
}

impl Service {
    /// The answer to a call. It is checked against the spec where that is asked for; a bug in a handler
    /// becomes a 500.
    async fn answer(&self, call: &Call<'_>, request_id: &str) -> Answer {
        let outcome = caught(pin!(self.carry_out(call))).await;
        let outcome = outcome.unwrap_or_else(|_| Err(Refusal::Broken("a handler panicked".to_owned())));
        let mut answer = match outcome {
            // A failure of the emulator has no place in the spec.
            Err(Refusal::Broken(text)) => {
                super::say(format_args!("{} failed: {text}", call.operation));
                return Refusal::Broken(text).into_answer(call.operation, request_id);
            }
            // What it stops for is said once, when it does.
            Err(Refusal::Stopped) => return Refusal::Stopped.into_answer(call.operation, request_id),
            Err(refusal) => refusal.into_answer(call.operation, request_id),
            Ok(answer) => answer,
        };
        if self.checks_itself()
            && let Err(violation) = schemas::check(call.operation, &answer)
        {
            super::say(format_args!("an answer breaks the spec: {violation}"));
            return refusals::breaks_the_spec(&violation);
        }
        if call.operation.service() == spec::Service::Iam
            && let Ok(id) = HeaderValue::from_str(request_id)
        {
            answer = answer.with_header(TRACE_ID, id);
        }
        answer
    }

    /// The checks that all operations share, then the operation itself.
    async fn carry_out(&self, call: &Call<'_>) -> Result<Answer, Refusal> {
        if !call.operation.security().is_empty() {
            let caller = Caller::of(self, call)?;
            if call.operation.service() == spec::Service::Lts {
                caller.enter(self, call)?;
            }
        }
        let content_type = call.head.headers.get(header::CONTENT_TYPE);
        let body = refusals::body(call.operation, content_type, call.body)?;
        call.query.check(call.operation.parameters())?;
        handle_operation(self, call, &body).await
    }
}

/// The outcome of a future, or its panic.
async fn caught<T>(mut future: Pin<&mut impl Future<Output = T>>) -> thread::Result<T> {
    poll_fn(|context| {
        // After a panic it is not polled again, so whatever it left in itself is never seen.
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
    use std::{
        convert::Infallible,
        task::{Context, Poll},
    };

    use hyper::body::Frame;

    use super::*;

    /// A body that never arrives.
    struct Never;

    impl hyper::body::Body for Never {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_panic_is_caught_whenever_it_comes() {
        assert_eq!(caught(pin!(async { 1 })).await.ok(), Some(1));
        assert!(caught(pin!(async { panic!("at once") })).await.is_err());
        let later = async {
            tokio::task::yield_now().await;
            panic!("later");
        };
        assert!(caught(pin!(later)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_to_arrive_in_time() {
        let refusal = read(Body::new(Never)).await.unwrap_err();
        let answer = refusal.into_answer(Operation::CreateLogGroup, "id");
        assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(answer.body, "{\"error_msg\":\"Request Timeout\"}");
    }
}
