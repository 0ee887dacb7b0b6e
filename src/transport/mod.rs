//! The way of a call, from top to bottom.
//!
//! Every call, helper or raw, ends in the hook [`ClientHooks::exec`] of a generated client, and the hook does
//! all of it: it sets the headers, authenticates, sends, reads the answer and judges it. The generated code
//! before it only builds a URL and a body, the code after it only decodes an answer that is known to decode.

mod attempt;
mod judge;

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderValue, header};
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use tokio::time::{Instant, timeout_at};

use crate::{
    api,
    auth::{AkSk, token::TokenSource},
    error::{Error, TransportError, TransportFailure, carry},
    ids::ProjectId,
    spec::{Operation, REQUEST_MEDIA_TYPE},
};

/// What a generated client carries inside: how its calls are authenticated, sent and judged.
#[derive(Clone)]
pub struct Transport {
    pub(crate) shared: Arc<Shared>,
    /// When the whole call must have ended; none: after [`Shared::call_timeout`].
    pub(crate) deadline: Option<Instant>,
    /// The project, which a signature covers where it is known.
    pub(crate) project: Option<ProjectId>,
}

/// What all calls of a client share.
pub(crate) struct Shared {
    pub(crate) auth: Auth,
    pub(crate) user_agent: HeaderValue,
    pub(crate) attempt_timeout: Duration,
    pub(crate) call_timeout: Duration,
}

/// How a request is authenticated.
pub(crate) enum Auth {
    /// Not at all: the request is a login.
    None,
    /// With a signature.
    Keys(AkSk),
    /// With the caller's token, marked as sensitive.
    Token(HeaderValue),
    /// With a token that the client gets by itself.
    Login(Arc<TokenSource>),
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl Transport {
    pub(crate) fn new(shared: Shared, project: Option<ProjectId>) -> Self {
        Self { shared: Arc::new(shared), deadline: None, project }
    }

    /// Makes the call and answers what the generated client shall see.
    async fn call(
        &self,
        http: &reqwest::Client,
        mut request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Response {
        let operation = Operation::from_generated_name(info.operation_id);
        let deadline = self.deadline.unwrap_or_else(|| Instant::now() + self.shared.call_timeout);
        self.set_headers(&mut request);
        match self.one_attempt(http, request, operation, deadline).await {
            Ok(answer) => match judge::judge(operation, answer) {
                Ok(response) => response,
                Err((error, body)) => carry(error, body),
            },
            Err(error) => carry(error, bytes::Bytes::new()),
        }
    }

    /// One attempt, within its own time and the call's deadline. Another attempt starts here, too: it must be
    /// authenticated anew.
    async fn one_attempt(
        &self,
        http: &reqwest::Client,
        mut request: reqwest::Request,
        operation: Option<Operation>,
        deadline: Instant,
    ) -> Result<attempt::Answer, Error> {
        let late =
            |failure, sent| Error::Transport(TransportError { operation, failure, sent, source: None });
        let authenticated = timeout_at(deadline, attempt::authenticate(self, &mut request)).await;
        authenticated.map_err(|_| late(TransportFailure::Deadline, false))??;
        let (until, failure) = match Instant::now() + self.shared.attempt_timeout {
            attempt_ends if attempt_ends < deadline => (attempt_ends, TransportFailure::Timeout),
            _ => (deadline, TransportFailure::Deadline),
        };
        match timeout_at(until, attempt::send(http, request, operation)).await {
            Ok(answer) => answer.map_err(Error::Transport),
            Err(_) => Err(late(failure, true)),
        }
    }

    /// The headers of every request. The generated code sends `api-version`, which the service doesn't know,
    /// and no Content-Type where there is no body (erratum 5).
    fn set_headers(&self, request: &mut reqwest::Request) {
        let headers = request.headers_mut();
        headers.remove("api-version");
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(REQUEST_MEDIA_TYPE));
        headers.insert(header::USER_AGENT, self.shared.user_agent.clone());
    }
}

impl ClientHooks<Transport> for api::lts::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        Ok(self.inner().call(self.client(), request, info).await)
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
