//! Calls that are built and then awaited.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use progenitor_client::{ClientInfo, ResponseValue};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout_at;

use super::Client;
use crate::{
    api,
    error::{Error, TransportError, TransportFailure},
    ids::ProjectId,
    transport::{RetryPolicy, in_time},
};

type Boxed<'c, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'c>>;

/// A call to the service. It does nothing until it is awaited.
///
/// ```
/// # use std::time::Duration;
/// # async fn doc(lts: &huaweicloud_lts::Client) -> Result<(), huaweicloud_lts::Error> {
/// let groups = lts.groups().deadline(Duration::from_secs(5)).await?;
/// # Ok(()) }
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'c, T> {
    client: &'c Client,
    deadline: Option<Duration>,
    retry: Option<RetryPolicy>,
    run: Box<dyn FnOnce(CallContext) -> Boxed<'c, T> + Send + 'c>,
}

/// The context of one call: a raw client with its deadline and retry policy, and the project.
pub(super) struct CallContext {
    pub(super) api: api::lts::Client,
    project: Arc<ProjectId>,
}

impl CallContext {
    pub(super) fn project(&self) -> &ProjectId {
        &self.project
    }

    /// The decoded body of a raw client's response, or our error.
    pub(super) fn response_body<T: DeserializeOwned>(
        &self,
        result: Result<ResponseValue<T>, progenitor_client::Error<()>>,
    ) -> Result<T, Error> {
        Ok(self.api.inner().checked(result)?.into_inner())
    }

    /// The error for a success whose body lacks a member.
    pub(super) fn lacks(&self, member: &str, response: &impl Serialize) -> Error {
        let body = serde_json::to_vec(response).unwrap_or_default();
        self.api.inner().wrong_shape(member, "missing", &body)
    }

    /// Waits before a creation that was not applied is repeated; returns false if it must not be.
    pub(super) async fn may_repeat(&self, attempts: u32) -> bool {
        self.api.inner().may_repeat(attempts).await
    }
}

impl<'c, T> Call<'c, T> {
    pub(super) fn new<F, Fut>(client: &'c Client, run: F) -> Self
    where
        F: FnOnce(CallContext) -> Fut + Send + 'c,
        Fut: Future<Output = Result<T, Error>> + Send + 'c,
    {
        Self { client, deadline: None, retry: None, run: Box::new(move |cx| Box::pin(run(cx))) }
    }

    /// Sets the time limit for the whole call, including a login; the client's `call_timeout` by default.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Overrides the deadline and the retry policy, if they are set.
    pub(super) fn with_limits(mut self, deadline: Option<Duration>, retry: Option<RetryPolicy>) -> Self {
        (self.deadline, self.retry) = (deadline.or(self.deadline), retry.or(self.retry));
        self
    }

    /// Sets the retry policy of this call instead of the client's.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Makes the call. Awaiting it does the same.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn send(self) -> Result<T, Error> {
        let mut api = self.client.inner.api.clone();
        let time = self.deadline.unwrap_or(api.inner().shared.settings.call_timeout);
        let deadline = in_time(time);
        api.inner = api.inner.for_one_call();
        api.inner.deadline = Some(deadline);
        api.inner.retry = self.retry;
        let late = |_| Error::Transport(TransportError::new(TransportFailure::Deadline, false));
        let project = match &api.inner.project {
            Some(known) => Arc::clone(known),
            None => Arc::new(timeout_at(deadline, self.client.inner.project.id()).await.map_err(late)??),
        };
        api.inner.project = Some(Arc::clone(&project));
        (self.run)(CallContext { api, project }).await
    }
}

impl<'c, T: Send + 'c> IntoFuture for Call<'c, T> {
    type Output = Result<T, Error>;
    type IntoFuture = Boxed<'c, T>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<T> fmt::Debug for Call<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
