//! The client and its helpers.

mod builder;
mod call;
mod ensure;
mod groups;
mod log_dumps;
mod logs;
mod range;
mod request;
mod search;
mod streams;
mod tags;
mod tail;
mod transfers;

use std::{fmt, sync::Arc};

pub use call::Call;
pub use ensure::Ensured;
pub use groups::{CreateGroup, GroupChanges, GroupHandle, Groups, NewGroup, UpdateGroup};
pub use log_dumps::EnsuredLogDump;
pub use logs::{LinesToPut, Logs, PutLogs};
pub use range::Ranged;
pub use request::{Request, RequestArguments, Response};
pub use search::{
    Bucket, ContextOf, Count, CountLogs, Histogram, LineContext, ListContext, Page, Pages, Search, SearchLogs,
};
pub use streams::{
    CreateStream, ListProjectStreams, NewStream, ProjectStreams, StreamChanges, StreamFilter, StreamHandle,
    Streams, UpdateStream,
};
pub use tail::Tail;
pub use transfers::{EnsuredTransfer, TransferUpdate, Transfers, UpdateTransfer};

use crate::{
    api,
    auth::{CredentialsProvider, ResolvedCredentials, project::Project},
    config::{ClientBuilder, ClientInfo},
    error::{ConfigurationError, Error},
    ids::ProjectId,
};

/// A client of Log Tank Service. Cloning it is cheap; clones share connections and tokens.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    api: api::lts::Client,
    /// The same for the endpoint that writes logs; an error if no setting names it.
    access: Result<api::lts::Client, ConfigurationError>,
    provider: Arc<dyn CredentialsProvider>,
    project: Project,
    info: ClientInfo,
    /// What the client was built from, for producers, which have a client of their own.
    #[cfg_attr(not(feature = "producer"), expect(dead_code))]
    builder: ClientBuilder,
}

impl Client {
    /// Builds a client from the environment, the profile file and the ECS metadata service
    /// ([`ClientBuilder::or_env`] lists the variables and their precedence).
    ///
    /// ```
    /// # fn doc() -> Result<(), huaweicloud_lts::Error> {
    /// let lts = huaweicloud_lts::Client::from_env()?;
    /// println!("calling {}", lts.info().endpoint);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] if something is missing or malformed.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().or_env().build()
    }

    /// Builds a client from a section of the profile file, `~/.huaweicloud/credentials`, and from nothing else.
    ///
    /// ```
    /// # fn doc() -> Result<(), huaweicloud_lts::Error> {
    /// // The section [staging] of the file.
    /// let lts = huaweicloud_lts::Client::from_profile("staging")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is no such file or section, or something is missing or malformed.
    pub fn from_profile(name: impl Into<String>) -> Result<Self, Error> {
        Self::builder().profile(name).or_env().build()
    }

    /// Returns a builder without settings.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder().region("cn-north-4").credentials(AkSk::new("AK", "SK")).build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn from_parts(
        api: api::lts::Client,
        access: Result<api::lts::Client, ConfigurationError>,
        provider: Arc<dyn CredentialsProvider>,
        project: Project,
        info: ClientInfo,
        builder: ClientBuilder,
    ) -> Self {
        Self { inner: Arc::new(Inner { api, access, provider, project, info, builder }) }
    }

    /// Builds a client with the same settings, and connections and tokens of its own.
    #[cfg(feature = "producer")]
    fn rebuild(&self) -> Result<Self, Error> {
        self.inner.builder.clone().build()
    }

    /// Returns the raw client with all operations of the OpenAPI document. It authenticates and retries like the helpers;
    /// [`Error::from_api`] converts its errors.
    ///
    /// It is not covered by the crate's semver promise.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::Error;
    ///
    /// let project = lts.project_id().await?;
    /// let response = lts.api().list_log_groups().project_id(&project).send().await;
    /// let groups = response.map_err(Error::from_api)?.into_inner().log_groups;
    /// assert_eq!(groups, Some(vec![]));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn api(&self) -> api::lts::Client {
        self.inner.api.clone()
    }

    /// Returns the raw client of the operations that write logs, which have an endpoint of their own; otherwise as
    /// [`api`](Self::api).
    ///
    /// It is not covered by the crate's semver promise.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&app).streams().create("nginx").await?;
    /// use huaweicloud_lts::{Error, logs::LineTime};
    ///
    /// let (api, project) = (lts.access_api()?, lts.project_id().await?);
    /// let call = api.put_logs().project_id(&project).log_group_id(&app).log_stream_id(&nginx);
    /// let now = LineTime::now().as_nanoseconds();
    /// let body = serde_json::json!({ "log_time_ns": now, "contents": ["a line"], "labels": {} });
    /// let body: huaweicloud_lts::api::lts::types::PutLogsRequestBody = serde_json::from_value(body)?;
    /// call.body(body).send().await.map_err(Error::from_api)?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] if no setting names the endpoint.
    pub fn access_api(&self) -> Result<api::lts::Client, Error> {
        Ok(self.inner.access.clone()?)
    }

    /// The endpoints of the client and the source of its credentials.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder().region("cn-north-4").credentials(AkSk::new("AK", "SK")).build()?;
    /// assert_eq!(lts.info().endpoint, "https://lts.cn-north-4.myhuaweicloud.com");
    /// assert_eq!(lts.info().credentials_from, "code");
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn info(&self) -> &ClientInfo {
        &self.inner.info
    }

    /// Resolves the project id, which may take a login or a look-up in IAM.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// assert_eq!(lts.project_id().await?.as_str(), emulator.project_id());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Credentials`] if IAM can't be reached or has no such project.
    pub async fn project_id(&self) -> Result<ProjectId, Error> {
        self.inner.project.id().await
    }

    /// Resolves the credentials of the next request, which may take a login.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::credentials::ResolvedCredentials;
    ///
    /// match lts.credentials().await? {
    ///     ResolvedCredentials::Keys(keys) => println!("signed with {}", keys.access_key()),
    ///     _ => println!("sent with a token"),
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Credentials`] if fetching them fails, [`Error::Configuration`] if there are none.
    pub async fn credentials(&self) -> Result<ResolvedCredentials, Error> {
        self.inner.provider.credentials().await
    }

    /// Resolves credentials and the project id now instead of on the first call.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// // A wrong password or an unknown project fails at start, not in the first call.
    /// lts.resolve().await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`credentials`](Self::credentials) and [`project_id`](Self::project_id).
    pub async fn resolve(&self) -> Result<(), Error> {
        self.credentials().await?;
        self.project_id().await?;
        Ok(())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use progenitor_client::ClientInfo;
        f.debug_struct("Client").field("endpoint", &self.inner.api.baseurl()).finish_non_exhaustive()
    }
}
