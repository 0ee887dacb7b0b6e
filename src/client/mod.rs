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
pub use request::Response;
pub use streams::GroupClient;
pub use transfers::{CreateTransfer, EnsureTransfer, EnsuredTransfer, TransferCall};

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
    /// Settings from the environment, the profile file and the ECS metadata service
    /// ([`ClientBuilder::or_env`] lists the variables, and says which goes before which).
    ///
    /// # Errors
    /// [`Error::Configuration`] if something is missing or malformed.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().or_env().build()
    }

    /// Settings from a section of the profile file, `~/.huaweicloud/credentials`; what isn't in it, from the
    /// environment.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is no such file or section, or something is missing or malformed.
    pub fn from_profile(name: impl Into<String>) -> Result<Self, Error> {
        Self::builder().profile(name).or_env().build()
    }

    /// Starts with no settings.
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

    /// The raw client: the operations as the spec has them, with the authentication and error reading of the
    /// helpers. [`Error::from_api`] turns its errors into ours.
    ///
    /// It is outside of the crate's semver promise.
    pub fn api(&self) -> api::lts::Client {
        self.inner.api.clone()
    }

    /// Where the client calls, and where its credentials come from.
    pub fn info(&self) -> &ClientInfo {
        &self.inner.info
    }

    /// The project that calls are about. A login may have to be made to know it.
    ///
    /// # Errors
    /// [`Error::Credentials`] if IAM can't be asked, or knows no such project.
    pub async fn project_id(&self) -> Result<ProjectId, Error> {
        self.inner.project.id().await
    }

    /// What the next request would be authenticated with. A login may have to be made to know it.
    ///
    /// # Errors
    /// [`Error::Credentials`] if they can't be had, [`Error::Configuration`] if there are none.
    pub async fn credentials(&self) -> Result<ResolvedCredentials, Error> {
        self.inner.provider.credentials().await
    }

    /// Gets ahead of time what the first call would have to get: credentials, and the project's id.
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
