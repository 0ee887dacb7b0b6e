//! The client and its helpers.

mod builder;
mod call;
mod ensure;
mod groups;
mod request;
mod streams;
mod transfers;

use std::{fmt, sync::Arc};

pub use call::Call;
pub use ensure::Ensured;
pub use groups::{CreateGroup, GroupHandle, Groups, NewGroup};
pub use request::{Request, RequestArguments, Response};
pub use streams::{CreateStream, NewStream, Streams};
pub use transfers::{EnsuredTransfer, Transfers};

use crate::{
    api,
    auth::{CredentialsProvider, ResolvedCredentials, project::Project},
    config::{ClientBuilder, ClientInfo},
    error::Error,
    ids::ProjectId,
};

/// A client of Log Tank Service. Cloning it is cheap; clones share connections and tokens.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    api: api::lts::Client,
    provider: Arc<dyn CredentialsProvider>,
    project: Project,
    info: ClientInfo,
}

impl Client {
    /// Builds a client from the environment, the profile file and the ECS metadata service
    /// ([`ClientBuilder::or_env`] lists the variables and their precedence).
    ///
    /// # Errors
    /// [`Error::Configuration`] if something is missing or malformed.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().or_env().build()
    }

    /// Builds a client from a section of the profile file, `~/.huaweicloud/credentials`. Settings that it lacks come from
    /// the environment.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is no such file or section, or something is missing or malformed.
    pub fn from_profile(name: impl Into<String>) -> Result<Self, Error> {
        Self::builder().profile(name).or_env().build()
    }

    /// Returns a builder without settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn from_parts(
        api: api::lts::Client,
        provider: Arc<dyn CredentialsProvider>,
        project: Project,
        info: ClientInfo,
    ) -> Self {
        Self { inner: Arc::new(Inner { api, provider, project, info }) }
    }

    /// Returns the raw client with all operations of the OpenAPI document. It authenticates and retries like the helpers;
    /// [`Error::from_api`] converts its errors.
    ///
    /// It is not covered by the crate's semver promise.
    pub fn api(&self) -> api::lts::Client {
        self.inner.api.clone()
    }

    /// The endpoints of the client and the source of its credentials.
    pub fn info(&self) -> &ClientInfo {
        &self.inner.info
    }

    /// Resolves the project id, which may take a login or a look-up in IAM.
    ///
    /// # Errors
    /// [`Error::Credentials`] if IAM can't be reached or has no such project.
    pub async fn project_id(&self) -> Result<ProjectId, Error> {
        self.inner.project.id().await
    }

    /// Resolves the credentials of the next request, which may take a login.
    ///
    /// # Errors
    /// [`Error::Credentials`] if fetching them fails, [`Error::Configuration`] if there are none.
    pub async fn credentials(&self) -> Result<ResolvedCredentials, Error> {
        self.inner.provider.credentials().await
    }

    /// Resolves credentials and the project id now instead of on the first call.
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
