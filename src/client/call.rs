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
use tokio::time::{Instant, timeout_at};

use super::Client;
use crate::{
    api,
    auth::ResolvedCredentials,
    error::{Error, TransportError, TransportFailure},
    ids::ProjectId,
    input::InvalidInput,
    transport::{Attempts, CallOptions, RetryPolicy},
};

type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// A call to the service. It does nothing until it is awaited.
///
/// It owns all it needs, so it can be stored, returned and spawned. `A` has the arguments that methods can still set: see
/// [`CreateGroup`](super::CreateGroup), [`CreateStream`](super::CreateStream) and [`Request`](super::Request).
///
/// ```
/// # #[cfg(feature = "emulator")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = huaweicloud_lts::Emulator::start()?;
/// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
/// use std::time::Duration;
/// use huaweicloud_lts::call::RetryPolicy;
///
/// let list = lts.groups().list().deadline(Duration::from_secs(5)).retry(RetryPolicy::off());
/// let groups = tokio::spawn(list.into_future()).await??;
/// assert!(groups.is_empty());
/// # Ok(()) }
/// # #[cfg(not(feature = "emulator"))] fn main() {}
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T, A = ()> {
    client: Client,
    pub(super) options: CallOptions,
    /// An argument that breaks a rule; nothing is sent then.
    invalid: Option<InvalidInput>,
    pub(super) arguments: A,
    run: Run<T, A>,
}

/// Makes the call with its context and arguments.
type Run<T, A> = Box<dyn FnOnce(CallContext, A) -> BoxFuture<T> + Send>;

/// The context of one call: a raw client with its deadline and retry policy, and the project.
pub(super) struct CallContext {
    client: Client,
    pub(super) api: api::lts::Client,
    project: Arc<ProjectId>,
    deadline: Instant,
}

impl CallContext {
    pub(super) fn project(&self) -> &ProjectId {
        &self.project
    }

    /// The raw client of the endpoint that writes logs, for this call.
    pub(super) fn access(&self) -> Result<api::lts::Client, Error> {
        let mut access = self.client.access_api()?;
        access.inner.call = self.api.inner.call.clone();
        access.inner.project = Some(Arc::clone(&self.project));
        Ok(access)
    }

    /// The credentials of the next request.
    pub(super) async fn credentials(&self) -> Result<ResolvedCredentials, Error> {
        within(self.deadline, self.client.credentials()).await
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
    pub(super) async fn may_repeat(&self, attempts: Attempts) -> bool {
        self.api.inner().may_repeat(attempts).await
    }
}

impl<T> Call<T> {
    /// A call whose arguments are complete.
    pub(super) fn new<F, Fut>(client: &Client, run: F) -> Self
    where
        F: FnOnce(CallContext) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        Self::with_arguments(client, (), |cx, ()| run(cx))
    }
}

impl<T, A> Call<T, A> {
    /// A call with arguments that can still be changed.
    pub(super) fn with_arguments<F, Fut>(client: &Client, arguments: A, run: F) -> Self
    where
        F: FnOnce(CallContext, A) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        Self {
            client: client.clone(),
            options: CallOptions::default(),
            invalid: None,
            arguments,
            run: Box::new(move |cx, arguments| Box::pin(run(cx, arguments))),
        }
    }

    /// Sets the time limit for the whole call, with its retries and a login; the client's `call_timeout` by default.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use std::time::Duration;
    ///
    /// let groups = lts.groups().list().deadline(Duration::from_secs(5)).await?;
    /// # assert!(groups.is_empty());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn deadline(mut self, time: Duration) -> Self {
        self.options.deadline = Some(time);
        self
    }

    /// Sets the retry policy of this call instead of the client's.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::{call::RetryPolicy, emulator::Fault};
    ///
    /// emulator.fault(Fault::new().status(503))?;
    /// // The next attempt would succeed.
    /// let error = lts.groups().list().retry(RetryPolicy::off()).await.unwrap_err();
    /// assert_eq!(error.status(), Some(503));
    /// assert!(error.is_retryable());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = Some(policy);
        self
    }

    /// Makes the call fail with a broken rule before anything is sent, a login included.
    pub(super) fn checked(mut self, check: Result<(), InvalidInput>) -> Self {
        self.invalid = self.invalid.or(check.err());
        self
    }

    /// Sets all options at once.
    pub(super) fn with_options(self, options: CallOptions) -> Self {
        Self { options, ..self }
    }

    /// The client, the options, a broken rule and the arguments, for calls that are made one after the other.
    pub(super) fn into_parts(self) -> (Client, CallOptions, Option<InvalidInput>, A) {
        (self.client, self.options, self.invalid, self.arguments)
    }

    /// Bounds retries by the deadline alone.
    pub(crate) fn persistent(mut self) -> Self {
        self.options.persistent = true;
        self
    }

    /// Makes the call. Awaiting it does the same.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let list = lts.groups().list();
    /// let groups = list.send().await?;
    /// # assert!(groups.is_empty());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn send(self) -> Result<T, Error> {
        if let Some(invalid) = self.invalid {
            return Err(invalid.into());
        }
        let mut api = self.client.inner.api.clone();
        let call = api.inner.begin(self.options);
        let deadline = call.deadline();
        api.inner.call = Some(call);
        let project = match &api.inner.project {
            Some(known) => Arc::clone(known),
            None => Arc::new(within(deadline, self.client.inner.project.id()).await?),
        };
        api.inner.project = Some(Arc::clone(&project));
        (self.run)(CallContext { client: self.client, api, project, deadline }, self.arguments).await
    }
}

/// Bounds what precedes the first request of a call by the call's deadline.
async fn within<T>(deadline: Instant, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| Error::Transport(TransportError::new(TransportFailure::Deadline, false));
    timeout_at(deadline, future).await.map_err(late)?
}

impl<T: Send + 'static, A: Send + 'static> IntoFuture for Call<T, A> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<T>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<T, A> fmt::Debug for Call<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("deadline", &self.options.deadline)
            .field("retry", &self.options.retry)
            .finish_non_exhaustive()
    }
}
