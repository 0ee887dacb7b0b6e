//! The client and its helpers.

mod call;
mod ensure;
mod groups;
mod streams;
mod transfers;

use std::{fmt, sync::Arc};

pub use call::Call;
pub use ensure::Ensured;
pub use streams::GroupClient;
pub use transfers::CreateTransfer;

use crate::{api, auth::project::Project, config::ClientBuilder, error::Error, ids::ProjectId};

/// A client of Log Tank Service. Cloning it is cheap; clones share connections and tokens.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    api: api::lts::Client,
    project: Project,
}

impl Client {
    /// Settings from the environment alone ([`ClientBuilder::or_env`] lists the variables).
    ///
    /// # Errors
    /// [`Error::Configuration`] if something is missing or malformed.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().or_env().build()
    }

    /// Starts with no settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn from_parts(api: api::lts::Client, project: Project) -> Self {
        Self { inner: Arc::new(Inner { api, project }) }
    }

    /// The raw client: the operations as the spec has them, with the authentication and error reading of the
    /// helpers. [`Error::from_api`] turns its errors into ours.
    ///
    /// It is outside of the crate's semver promise.
    pub fn api(&self) -> api::lts::Client {
        self.inner.api.clone()
    }

    /// The project that calls are about. A login may have to be made to know it.
    ///
    /// # Errors
    /// [`Error::Credentials`] if IAM can't be asked, or knows no such project.
    pub async fn project_id(&self) -> Result<ProjectId, Error> {
        self.inner.project.id().await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use progenitor_client::ClientInfo;
        f.debug_struct("Client").field("endpoint", &self.inner.api.baseurl()).finish_non_exhaustive()
    }
}
