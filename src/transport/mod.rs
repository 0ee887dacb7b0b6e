//! The way of a call, from top to bottom.
//!
//! Every call, helper or raw, ends in a hook of a generated client ([`ClientHooks`]), and the hook does all of
//! it: it sets the headers and makes attempts, each of which waits for the client's pace, authenticates, sends,
//! reads the answer and judges it. The generated code before it only builds a URL and a body. For users of a raw
//! client the code after it decodes once more what is known to decode. A helper's call ends in the hook that
//! comes before, and takes the decoded value from its [`Outcome`].

mod attempt;
mod judge;
mod observe;
mod pacing;
mod retry;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::Url;
use tokio::time::{Instant, error::Elapsed, sleep_until, timeout_at};
use tracing::Instrument;

use crate::{
    api::{self, Decoded},
    auth::CredentialsProvider,
    error::{ConfigurationError, Error, ServiceError, TransportError, TransportFailure, carry},
    ids::ProjectId,
    secret::Secret,
    spec::{Operation, REQUEST_MEDIA_TYPE},
};

use self::{
    attempt::{Carrier, Used, Wire},
    judge::Success,
    pacing::Pacing,
    retry::{Course, Next},
};

pub use retry::RetryPolicy;

/// How far the server's clock must be from ours to be the reason for a refused signature. The gateway allows
/// 15 minutes; a difference of less than this is none.
const LEAST_SKEW: i64 = 60;

/// The gateway's wordings, by their names in the spec, for a key that no other signature helps.
const HOPELESS: [&str; 2] = ["locked_access_key", "unknown_access_key"];

/// What a generated client carries inside: how its calls are authenticated, sent and judged.
#[derive(Clone)]
pub struct Transport {
    pub(crate) shared: Arc<Shared>,
    /// When the whole call must have ended; none: after [`Settings::call_timeout`].
    pub(crate) deadline: Option<Instant>,
    /// The project, which a signature covers where it is known.
    pub(crate) project: Option<Arc<ProjectId>>,
    /// When this call is tried again; none: as [`Settings::retry`] says.
    pub(crate) retry: Option<RetryPolicy>,
    /// For a helper, which takes what came of its call from here.
    pub(crate) outcome: Option<Outcome>,
}

/// What came of a call, decoded once and not wrapped for a generated client. Copies start empty.
#[derive(Default)]
pub(crate) struct Outcome(Mutex<Option<Result<Decoded, Error>>>);

impl Outcome {
    fn set(&self, outcome: Result<Decoded, Error>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    /// What came of the last call, once.
    pub(crate) fn take(&self) -> Option<Result<Decoded, Error>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Clone for Outcome {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What all calls of a client share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    /// The pace of all calls.
    pacing: Pacing,
    /// How far the server's clock is ahead of ours, in seconds, as far as we know.
    skew: AtomicI64,
    /// Random numbers in 0..1.
    random: fn() -> f64,
    /// The headers of every request, in the place of those of generated code, which sends no Content-Type where
    /// there is no body (erratum 5).
    headers: HeaderMap,
    /// The last token that was sent, and the header that it makes.
    token_header: Mutex<Option<(Secret, HeaderValue)>>,
}

/// What a client is set to.
pub(crate) struct Settings {
    pub(crate) endpoint: Url,
    pub(crate) auth: Auth,
    pub(crate) user_agent: HeaderValue,
    pub(crate) attempt_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) retry: RetryPolicy,
}

/// How a request is authenticated.
pub(crate) enum Auth {
    /// Not at all: the request is a login.
    None,
    /// With what the provider has at that moment: a signature, or a token.
    By(Arc<dyn CredentialsProvider>),
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl Transport {
    pub(crate) fn new(settings: Settings, project: Option<ProjectId>) -> Self {
        let shared = Shared::new(settings);
        let project = project.map(Arc::new);
        Self { shared: Arc::new(shared), deadline: None, project, retry: None, outcome: None }
    }

    /// The URL of a request of a generated client. What it has of our endpoint was parsed long ago; another client
    /// may have been made with another one.
    pub(crate) fn url(&self, text: String) -> Result<Url, String> {
        let endpoint = &self.shared.settings.endpoint;
        // It has neither query nor fragment.
        match text.strip_prefix(endpoint.as_str().strip_suffix(endpoint.path()).unwrap_or_default()) {
            Some(path) if path.starts_with('/') => {
                let mut url = endpoint.clone();
                url.set_path(path);
                Ok(url)
            }
            _ => Url::parse(&text).map_err(|error| format!("{text}: {error}")),
        }
    }

    /// Makes a generated client's call and answers what that client shall see.
    async fn call(
        &self,
        http: &reqwest::Client,
        mut request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Response {
        let operation = Operation::from_generated_name(info.operation_id);
        match self.send(http, &mut request, operation).await {
            Ok(success) => success.into_response(),
            Err((error, body)) => carry(error, body),
        }
    }

    /// Makes a call that the spec need not know. The body of a refusal comes with it.
    pub(crate) async fn send_any(
        &self,
        http: &reqwest::Client,
        mut request: reqwest::Request,
    ) -> Result<reqwest::Response, (Error, Bytes)> {
        let creates = retry::creates(request.method());
        let answer = self.send(http, &mut request, None).await.map(Success::into_response);
        answer.map_err(|(mut error, body)| {
            match &mut error {
                Error::Transport(error) => error.in_doubt |= creates && error.sent,
                Error::Service(error) => error.in_doubt |= creates && error.may_have_worked(),
                _ => {}
            }
            (error, body)
        })
    }

    /// Makes the call.
    async fn send(
        &self,
        http: &reqwest::Client,
        request: &mut reqwest::Request,
        operation: Option<Operation>,
    ) -> Result<Success, (Error, Bytes)> {
        // Each attempt sets its own.
        *request.headers_mut() = HeaderMap::new();
        let span = observe::call(operation, request.method());
        let wire = Wire { http, operation };
        // Pinned in place: futures of a few kilobytes, which would be moved.
        let attempts = pin!(self.attempts(&wire, request, operation));
        let answer = attempts.instrument(span.clone()).await;
        observe::ended(&span, &answer);
        answer
    }

    /// Makes attempts until one succeeds or no further one may help.
    async fn attempts(
        &self,
        carrier: &impl Carrier,
        request: &reqwest::Request,
        operation: Option<Operation>,
    ) -> Result<Success, (Error, Bytes)> {
        let shared = &*self.shared;
        let deadline = self.deadline.unwrap_or_else(|| in_time(shared.settings.call_timeout));
        let policy = self.retry.unwrap_or(shared.settings.retry);
        let mut course = Course::new(policy, request.method());
        loop {
            let mut used = Used::Nothing;
            let failed = self.attempt(carrier, request, operation, deadline, &mut used).await;
            let (mut error, body) = match failed {
                Ok(response) => {
                    shared.pacing.refund();
                    return Ok(response);
                }
                Err(failed) => failed,
            };
            let next = course.after(&error, (shared.random)());
            if let Error::Service(error) = &mut error {
                error.attempts = course.attempts();
                error.in_doubt = next == Next::FailInDoubt;
                if let (429 | 503, Some(time)) = (error.status, error.retry_after) {
                    shared.pacing.hold(time);
                }
            }
            match next {
                Next::Again { pause } => {
                    let until = shared.pacing.not_before().unwrap_or_else(Instant::now).checked_add(pause);
                    match until.filter(|until| *until < deadline) {
                        Some(until) if !policy.is_budgeted() || shared.pacing.pay() => {
                            observe::retry(course.attempts(), &error, until);
                            sleep_until(until).await;
                        }
                        _ => return Err((error, body)),
                    }
                }
                Next::Reauthenticate if shared.may_be_let_in(&error, &used) => {
                    observe::retry(course.attempts(), &error, Instant::now());
                }
                Next::Succeed => return Ok(Success::no_content()),
                Next::Reauthenticate | Next::Fail | Next::FailInDoubt => {
                    used.explain(&mut error);
                    return Err((error, body));
                }
            }
        }
    }

    /// Whether something may be done again after so many attempts, as policy, budget and deadline have it. It
    /// waits first. This is for callers who find out by other means that an attempt did not do its work.
    pub(crate) async fn may_repeat(&self, attempts: u32) -> bool {
        let policy = self.retry.unwrap_or(self.shared.settings.retry);
        let Some(pause) = policy.pause_after(attempts, (self.shared.random)()) else { return false };
        let until = in_time(pause);
        let in_time = self.deadline.is_none_or(|deadline| until < deadline);
        if !in_time || (policy.is_budgeted() && !self.shared.pacing.pay()) {
            return false;
        }
        sleep_until(until).await;
        true
    }

    /// One attempt, within its own time and the call's deadline, authenticated anew.
    async fn attempt(
        &self,
        carrier: &impl Carrier,
        request: &reqwest::Request,
        operation: Option<Operation>,
        deadline: Instant,
        used: &mut Used,
    ) -> Result<Success, (Error, Bytes)> {
        let late = |failure, sent| {
            (
                Error::Transport(TransportError { operation, failure, sent, in_doubt: false, source: None }),
                Bytes::new(),
            )
        };
        if let Some(until) = self.shared.pacing.not_before() {
            if until >= deadline {
                return Err(late(TransportFailure::Deadline, false));
            }
            sleep_until(until).await;
        }
        let mut request = attempt::copy(request, &self.shared.headers);
        let authenticated = within(deadline, pin!(attempt::authenticate(self, &mut request))).await;
        *used = authenticated
            .map_err(|_| late(TransportFailure::Deadline, false))?
            .map_err(|error| (error, Bytes::new()))?;
        let (until, failure) = match in_time(self.shared.settings.attempt_timeout) {
            attempt_ends if attempt_ends < deadline => (attempt_ends, TransportFailure::Timeout),
            _ => (deadline, TransportFailure::Deadline),
        };
        let is_login = matches!(self.shared.settings.auth, Auth::None);
        let sent = observe::sends(&request, is_login);
        let answer =
            timeout_at(until, pin!(carrier.carry(request))).await.map_err(|_| late(failure, true))?;
        let answer = answer.map_err(|error| (Error::Transport(error), Bytes::new()))?;
        observe::answered(sent, answer.status, &answer.headers, answer.body.len());
        judge::judge(operation, answer)
    }
}

impl Shared {
    fn new(settings: Settings) -> Self {
        // A copy's index has room for the credentials', too.
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(REQUEST_MEDIA_TYPE));
        headers.insert(header::USER_AGENT, settings.user_agent.clone());
        let (pacing, skew, token_header) = (Pacing::default(), AtomicI64::default(), Mutex::default());
        Self { settings, pacing, skew, random: fastrand::f64, headers, token_header }
    }

    /// The header that a token makes, which is long and mostly the one of the request before.
    fn token_header(&self, token: &Secret) -> Result<HeaderValue, Error> {
        let mut last = self.token_header.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, header)) = &*last
            && known == token
        {
            return Ok(header.clone());
        }
        let mut header = HeaderValue::from_str(token.expose()).map_err(|_| {
            ConfigurationError::new("credentials", "the token holds a character that no header can")
        })?;
        header.set_sensitive(true);
        *last = Some((token.clone(), header.clone()));
        Ok(header)
    }

    /// Whether a refused credential has a better successor: a new token, or our time set by the server's.
    fn may_be_let_in(&self, error: &Error, used: &Used) -> bool {
        let Error::Service(error) = error else { return false };
        match used {
            Used::Token(token) => {
                matches!(&self.settings.auth, Auth::By(provider) if provider.refused(token))
            }
            // Another try of a locked key would keep it locked.
            Used::Keys { .. } => !HOPELESS.iter().any(|name| error.is_worded(name)) && self.learn_time(error),
            Used::Nothing => false,
        }
    }

    /// Sets our time by the server's, if the two are so far apart that it explains the refusal.
    fn learn_time(&self, error: &ServiceError) -> bool {
        let Some(theirs) = error.server_time else { return false };
        let skew = theirs.as_second() - jiff::Timestamp::now().as_second();
        let known = self.skew.load(Ordering::Relaxed);
        if (skew - known).abs() < LEAST_SKEW {
            return false;
        }
        self.skew.store(skew, Ordering::Relaxed);
        true
    }

    /// The time of signing, by the server's clock as far as we know it.
    fn signing_time(&self) -> jiff::Timestamp {
        let now = jiff::Timestamp::now();
        let skew = jiff::SignedDuration::from_secs(self.skew.load(Ordering::Relaxed));
        now.checked_add(skew).unwrap_or(now)
    }
}

/// The same as `timeout_at`, without a timer for what is done at once: most credentials are there already.
async fn within<F: Future>(deadline: Instant, mut future: Pin<&mut F>) -> Result<F::Output, Elapsed> {
    let at_once = poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    });
    match at_once.await {
        Some(output) => Ok(output),
        None => timeout_at(deadline, future).await,
    }
}

/// The moment after some time from now, at most 30 years: a clock has an end.
pub(crate) fn in_time(time: Duration) -> Instant {
    const LONG: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    Instant::now() + time.min(LONG)
}

impl ClientHooks<Transport> for api::lts::Client {
    /// Makes a helper's call, and ends it here: without a response, which would have to be made up.
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        info: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let Some(outcome) = &self.inner().outcome else { return Ok(()) };
        let operation = Operation::from_generated_name(info.operation_id);
        let answer = self.inner().send(self.client(), request, operation).await;
        outcome.set(answer.map(|success| success.value).map_err(|(error, _)| error));
        Err(progenitor_client::Error::Custom(String::new()))
    }

    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        // Boxed, since the futures of helpers have room for it, too.
        Ok(Box::pin(self.inner().call(self.client(), request, info)).await)
    }
}

impl ClientHooks<Transport> for api::iam::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        Ok(self.inner().call(self.client(), request, info).await)
    }
}

/// Judges an answer as a call would, for the fuzz targets.
#[cfg(fuzzing)]
pub(crate) fn judged(
    operation: Option<Operation>,
    signed: Option<&str>,
    status: http::StatusCode,
    headers: http::HeaderMap,
    body: Bytes,
) -> Result<(), Error> {
    let used = match signed {
        Some(canonical_request) => Used::Keys { canonical_request: canonical_request.to_owned() },
        None => Used::Nothing,
    };
    judge::judge(operation, attempt::Answer { status, headers, body }).map(drop).map_err(|(mut error, _)| {
        used.explain(&mut error);
        error
    })
}
