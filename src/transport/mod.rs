//! Sends requests: authentication, retries, classification of responses.
//!
//! Every call of a generated client runs its hook ([`ClientHooks::exec`]), which does all of this. The generated code builds
//! the request before it, and decodes the body of a successful response after it.

mod attempt;
mod call_kind;
mod call_state;
mod clock_skew;
mod encoding;
mod policy;
mod repair;
mod response;
mod retry;
mod settings;
mod spans;
#[cfg(test)]
mod tests;
mod throttle;

use std::{fmt, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, ResponseValue};
use reqwest::ResponseBuilderExt;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{Instrument, Span};

use crate::{
    api,
    error::{
        ConfigurationError, DecodeError, Error, ResponseHead, RetryLimit, ServiceError, TransportError,
        TransportFailure, from_generated, into_response, request_id,
    },
    ids::ProjectId,
    spec::{self, Operation, OperationFacts, REQUEST_MEDIA_TYPE, Server},
};

use self::{
    attempt::{AppliedCredentials, HttpSend},
    call_state::in_time,
    clock_skew::ClockSkew,
    retry::{Decision, RetryState},
    throttle::{RetryThrottle, Wait},
};

pub(crate) use call_kind::CallKind;
pub(crate) use call_state::{Attempts, CallOptions, CallState};
pub use policy::RetryPolicy;
pub(crate) use repair::decode_repaired;
pub(crate) use settings::Settings;

/// The gateway's message variants (by name in the spec) for a key that another signature can't help.
const PERMANENT_KEY_FAILURES: [&str; 2] = ["locked_access_key", "unknown_access_key"];

/// A header that generated code adds, and that the service doesn't have.
const API_VERSION: &str = "api-version";

/// The state inside a generated client: how its calls are authenticated, sent and retried.
#[derive(Clone)]
pub struct Transport {
    pub(crate) shared: Arc<Shared>,
    /// The server of the generated client's base URL.
    server: Server,
    /// The project id, which a signature covers if it is known.
    pub(crate) project: Option<Arc<ProjectId>>,
    /// The call that requests belong to; `None` if each of them is a call.
    pub(crate) call: Option<Arc<CallState>>,
}

/// State shared by all calls of a client.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    throttle: RetryThrottle,
    clock_skew: ClockSkew,
    /// Random numbers in 0..1.
    random: fn() -> f64,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl Transport {
    pub(crate) fn new(settings: Settings, server: Server, project: Option<ProjectId>) -> Self {
        Self { shared: Arc::new(Shared::new(settings)), server, project: project.map(Arc::new), call: None }
    }

    /// The same for another server, with which it shares credentials, the retry budget and pauses.
    pub(crate) fn at(&self, server: Server) -> Self {
        Self { server, ..self.clone() }
    }

    /// A copy for one call, whose errors then have the head of its response.
    pub(crate) fn for_one_call(&self) -> Self {
        Self { call: Some(self.begin(CallOptions::default())), ..self.clone() }
    }

    /// Begins a call.
    pub(crate) fn begin(&self, options: CallOptions) -> Arc<CallState> {
        Arc::new(CallState::new(options, &self.shared.settings))
    }

    /// Converts the result of a generated client's call.
    pub(crate) fn checked<T: DeserializeOwned>(
        &self,
        result: Result<ResponseValue<T>, progenitor_client::Error<()>>,
    ) -> Result<ResponseValue<T>, Error> {
        let error = match result {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let head = self.last_head();
        if let (progenitor_client::Error::InvalidResponsePayload(body, error), Some(head)) = (&error, &head)
            && let Some(response) = repaired(body, error, head)
        {
            return Ok(response);
        }
        Err(self.redacted(from_generated(error, head)))
    }

    /// The error for the last response of a call, whose body has the wrong shape at `path`.
    pub(crate) fn wrong_shape(&self, path: &str, message: &str, body: &[u8]) -> Error {
        self.redacted(DecodeError::of_shape(path, message, body, self.last_head()).into())
    }

    /// An error about a response that was received whole.
    fn redacted(&self, mut error: Error) -> Error {
        if let Some(call) = &self.call {
            error.redact(&call.secrets());
        }
        error
    }

    fn last_head(&self) -> Option<ResponseHead> {
        self.call.as_ref()?.last_response()
    }

    /// Makes a call of a generated client.
    async fn exec(
        &self,
        http: &reqwest::Client,
        request: reqwest::Request,
        operation: Option<&'static OperationFacts>,
    ) -> reqwest::Response {
        let url = request.url().clone();
        let result = match operation {
            Some(operation) if operation.server != self.server => {
                let message = format!(
                    "{operation} is an operation of {}, not of {}",
                    operation.server.name, self.server.name
                );
                Err(ConfigurationError::new("endpoint", message).into())
            }
            Some(operation) => self.send(http, request, operation.into(), operation.path).await,
            None => Err(ConfigurationError::new("operation", "the spec has no such operation").into()),
        };
        result.map_or_else(into_response, |response| {
            // Without a URL, `reqwest` would parse a placeholder.
            let (head, body) = response.into_parts();
            let mut response =
                Response::builder().url(url).status(head.status).body(body).unwrap_or_default();
            *response.headers_mut() = head.headers;
            response.into()
        })
    }

    /// Makes a call. `template` is the path without the values of parameters, as far as it is known.
    pub(crate) async fn send(
        &self,
        http: &reqwest::Client,
        mut request: reqwest::Request,
        kind: CallKind,
        template: &str,
    ) -> Result<Response<Bytes>, Error> {
        self.prepare(&mut request)?;
        let span = spans::call(kind.operation, request.method(), template);
        let call = self.call.clone().unwrap_or_else(|| self.begin(CallOptions::default()));
        // Pinned in place, so that a future of a few kilobytes isn't moved.
        let attempts = pin!(self.attempts(http, &request, kind, &call, &span));
        let result = attempts.instrument(span.clone()).await;
        spans::ended(&span, &result, || call.secrets());
        let head = |response: &Response<Bytes>| {
            let (operation, status) = (kind.operation?, response.status().as_u16());
            let request_id = request_id(response.headers()).map(str::to_owned);
            let headers = match is_login(operation) {
                true => response.headers().clone(),
                false => HeaderMap::new(),
            };
            Some(ResponseHead { operation, status, request_id, headers })
        };
        // A request that is a call of its own has no later step that asks for it.
        if let (Some(call), Ok(response)) = (&self.call, &result) {
            call.set_last_response(head(response));
        }
        result
    }

    /// Sets the headers and the body encoding that all attempts have in common. Headers that the document declares stay.
    fn prepare(&self, request: &mut reqwest::Request) -> Result<(), Error> {
        let headers = request.headers_mut();
        headers.remove(API_VERSION);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(REQUEST_MEDIA_TYPE));
        headers.insert(header::USER_AGENT, self.shared.settings.user_agent.clone());
        encoding::encode(request)
    }

    /// Makes attempts until one succeeds or a retry can't help.
    async fn attempts(
        &self,
        http: &impl HttpSend,
        request: &reqwest::Request,
        kind: CallKind,
        call: &CallState,
        span: &Span,
    ) -> Result<Response<Bytes>, Error> {
        let shared = &*self.shared;
        let path = request.url().path();
        let mut state = RetryState::new(call, kind.effect);
        loop {
            while let Err(wait) = shared.throttle.start(path) {
                call.extend_deadline_for_wait(wait.until);
                if wait.until >= call.deadline() {
                    return Err(not_sent(wait, kind));
                }
                spans::wait(wait.until);
                sleep_until(wait.until).await;
            }
            let mut credentials = AppliedCredentials::Nothing;
            let mut error = match self.attempt(http, request, kind, call, &mut credentials).await {
                Ok(response) => {
                    shared.throttle.succeeded(path);
                    call.set_credentials(credentials);
                    return Ok(response);
                }
                Err(error) => error,
            };
            let decision = state.on_failure(&error, (shared.random)());
            if let Error::Service(error) = &error
                && matches!(error.status, 429 | 503)
            {
                shared.throttle.pause(path, error);
            }
            let outcome_unknown = state.outcome_unknown(&error);
            error.complete(kind.operation, state.attempts(), outcome_unknown);
            match decision {
                Decision::Retry { pause } => {
                    let paused_until =
                        shared.throttle.wait(path).map_or_else(Instant::now, |wait| wait.until);
                    let until = paused_until + pause;
                    call.extend_deadline_for_wait(paused_until);
                    if let Some(limit) = self.limit_reached(until, call) {
                        error.set_ended_by(limit);
                        return Err(error);
                    }
                    spans::retry(span, state.attempts(), &error, until);
                    sleep_until(until).await;
                }
                Decision::Reauthenticate if shared.can_reauthenticate(&error, &credentials) => {
                    spans::retry(span, state.attempts(), &error, Instant::now());
                }
                Decision::Succeed => return Ok(no_content()),
                Decision::OutOfAttempts => {
                    error.set_ended_by(RetryLimit::Attempts);
                    return Err(error);
                }
                Decision::Reauthenticate | Decision::Fail => return Err(error),
            }
        }
    }

    /// The limit that forbids a retry at this time: the deadline or the client's budget, from which the retry is paid.
    fn limit_reached(&self, at: Instant, call: &CallState) -> Option<RetryLimit> {
        let is_budgeted = !call.persistent && call.retry.is_budgeted();
        match () {
            () if at >= call.deadline() => Some(RetryLimit::Deadline),
            () if is_budgeted && !self.shared.throttle.try_spend() => Some(RetryLimit::Budget),
            () => None,
        }
    }

    /// Pauses before a creation that was not applied is repeated. Returns false if it must not be.
    pub(crate) async fn may_repeat(&self, attempts: Attempts) -> bool {
        let Some(call) = &self.call else { return false };
        let Some(pause) = call.pause_after(attempts, (self.shared.random)()) else { return false };
        let until = in_time(pause);
        let may = self.limit_reached(until, call).is_none();
        if may {
            sleep_until(until).await;
        }
        may
    }

    /// Adds the credentials to a request.
    async fn authenticate(
        &self,
        request: &mut reqwest::Request,
        kind: CallKind,
    ) -> Result<AppliedCredentials, Error> {
        let project = self.project.as_deref();
        attempt::authenticate(&self.shared.settings, project, &self.shared.clock_skew, request, kind).await
    }

    /// Makes one authenticated attempt, within its timeout and the call's deadline.
    async fn attempt(
        &self,
        http: &impl HttpSend,
        request: &reqwest::Request,
        kind: CallKind,
        call: &CallState,
        credentials: &mut AppliedCredentials,
    ) -> Result<Response<Bytes>, Error> {
        let proxy = || self.shared.settings.proxy.clone();
        let timeout = |failure, sent| {
            Error::Transport(TransportError { proxy: proxy(), ..TransportError::new(failure, sent) })
        };
        let deadline = call.deadline();
        let streamed = || ConfigurationError::new("request", "a body that is a stream can't be sent again");
        let mut request = request.try_clone().ok_or_else(streamed)?;
        *credentials = timeout_at(deadline, self.authenticate(&mut request, kind))
            .await
            .map_err(|_| timeout(TransportFailure::Deadline, false))??;
        let (until, failure) = match in_time(self.shared.settings.attempt_timeout) {
            attempt_ends if attempt_ends < deadline => (attempt_ends, TransportFailure::Timeout),
            _ => (deadline, TransportFailure::Deadline),
        };
        let sent = spans::sends(&request, kind);
        let response =
            timeout_at(until, pin!(http.send(request))).await.map_err(|_| timeout(failure, true))?;
        let response = response.map_err(|e| Error::Transport(TransportError { proxy: proxy(), ..e }))?;
        spans::received(sent, &response, || credentials.secrets());
        match response::classify(kind, response) {
            Ok(mut response) if call.redacts_response => {
                let secrets = credentials.secrets();
                secrets.redact_headers(response.headers_mut());
                Ok(response.map(|body| secrets.redact_body(body)))
            }
            Ok(response) => Ok(response),
            Err(mut error) => {
                // Compared before it is redacted.
                credentials.explain(&mut error);
                error.redact(&credentials.secrets());
                Err(error)
            }
        }
    }
}

/// Whether the token is in a header of the response.
fn is_login(operation: &OperationFacts) -> bool {
    operation.id == Operation::CreateToken.id()
}

/// The response with a body that can be decoded after a repair.
fn repaired<T: DeserializeOwned>(
    body: &[u8],
    error: &serde_json::Error,
    head: &ResponseHead,
) -> Option<ResponseValue<T>> {
    let token = || is_login(head.operation).then(|| repair::decode_token(body)).flatten();
    let value = decode_repaired(body, error).or_else(token)?;
    let status = StatusCode::from_u16(head.status).ok()?;
    Some(ResponseValue::new(value, status, head.headers.clone()))
}

/// The error of a call that wasn't sent, since the service asked to wait longer than its deadline allows.
fn not_sent(wait: Wait, kind: CallKind) -> Error {
    let left = wait.error.retry_at.map(|at| at.duration_since(jiff::Timestamp::now()));
    let retry_after = left.map(|left| Duration::try_from(left).unwrap_or_default());
    let mut error = Error::Service(Box::new(ServiceError { retry_after, ..*wait.error }));
    error.complete(kind.operation, 0, false);
    error.set_ended_by(RetryLimit::Deadline);
    error
}

/// The response to a delete that an earlier attempt applied.
fn no_content() -> Response<Bytes> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

impl Shared {
    fn new(settings: Settings) -> Self {
        let (throttle, clock_skew) = (RetryThrottle::default(), ClockSkew::default());
        Self { settings, throttle, clock_skew, random: fastrand::f64 }
    }

    /// Whether fresh credentials or a corrected clock may make the request succeed.
    fn can_reauthenticate(&self, error: &Error, credentials: &AppliedCredentials) -> bool {
        let Error::Service(error) = error else { return false };
        match credentials {
            AppliedCredentials::Token(token) => {
                self.settings.provider.as_ref().is_some_and(|provider| provider.refused(token))
            }
            // Another attempt with a locked key would keep it locked.
            AppliedCredentials::Keys { .. } => {
                !PERMANENT_KEY_FAILURES.iter().any(|name| error.is_variant(name))
                    && error.server_time.is_some_and(|time| self.clock_skew.adjust(time))
            }
            AppliedCredentials::Nothing | AppliedCredentials::Login(_) => false,
        }
    }
}

impl ClientHooks<Transport> for api::lts::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        let operation = spec::by_generated_name(info.operation_id);
        Ok(self.inner().exec(self.client(), request, operation).await)
    }
}

impl ClientHooks<Transport> for api::iam::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        let operation = spec::by_generated_name(info.operation_id);
        Ok(self.inner().exec(self.client(), request, operation).await)
    }
}

/// Classifies a response like a call does, for the fuzz targets.
#[cfg(fuzzing)]
pub(crate) fn classified(
    operation: Option<spec::Operation>,
    signed: Option<&str>,
    response: Response<Bytes>,
) -> Result<(), Error> {
    use attempt::KeySecrets;

    let credentials = match signed {
        Some(canonical_request) => {
            let secrets = KeySecrets { secret_key: "".into(), security_token: None, authorization: None };
            AppliedCredentials::Keys { canonical_request: canonical_request.to_owned(), secrets }
        }
        None => AppliedCredentials::Nothing,
    };
    let unknown = CallKind { operation: None, effect: spec::Effect::Create };
    let kind = operation.map_or(unknown, CallKind::from);
    response::classify(kind, response).map(drop).map_err(|mut error| {
        credentials.explain(&mut error);
        error
    })
}
