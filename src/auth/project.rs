//! Resolves the project id.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    CredentialsProvider, ResolvedCredentials,
    cache::{Cache, Cached, FetchFuture, Source},
    clock::Clock,
};
use crate::{
    api::iam::{self, types},
    error::{ConfigurationError, CredentialsError, Error},
    ids::ProjectId,
};

/// The source of the project id.
pub(crate) enum Project {
    /// Set by the caller.
    Known(ProjectId),
    /// From the token if it names a project, otherwise from IAM.
    Asked { provider: Arc<dyn CredentialsProvider>, by_name: Option<ByName> },
}

impl Project {
    /// The project's id.
    pub(crate) async fn id(&self) -> Result<ProjectId, Error> {
        let (provider, by_name) = match self {
            Self::Known(id) => return Ok(id.clone()),
            Self::Asked { provider, by_name } => (provider, by_name),
        };
        match (provider.credentials().await?, by_name) {
            (ResolvedCredentials::Token { project_id: Some(id), .. }, _) => Ok(id),
            (_, Some(by_name)) => by_name.id().await,
            (_, None) => Err(not_to_be_found().into()),
        }
    }
}

/// The error if neither the settings nor IAM determine the project.
fn not_to_be_found() -> ConfigurationError {
    ConfigurationError::missing("project_id", "is not set (or a region, by whose name it can be looked up)")
}

/// Looks up a project id by name, once.
///
/// Callers share a failure, too: a few rejected signatures in a row lock an access key.
pub(crate) struct ByName(Cache<Projects>);

/// The project's name and the authenticated IAM client.
struct Projects {
    name: String,
    iam: iam::Client,
}

impl ByName {
    pub(crate) fn new(name: String, iam: iam::Client, clock: Clock) -> Self {
        Self(Cache::new(Projects { name, iam }, clock))
    }

    async fn id(&self) -> Result<ProjectId, Error> {
        Ok(self.0.get().await?.value.clone())
    }
}

impl Source for Projects {
    type Value = ProjectId;
    const WHAT: &'static str = "the project id";

    fn get(&self) -> FetchFuture<'_, ProjectId> {
        Box::pin(async { look_up(&self.name, &self.iam).await.map(Cached::never_expiring) })
    }
}

/// The most other projects that an error names.
const MAX_LISTED: usize = 10;

async fn look_up(name: &str, iam: &iam::Client) -> Result<ProjectId, CredentialsError> {
    let mut iam = iam.clone();
    iam.inner = iam.inner.for_one_call();
    let response = iam.inner.checked(iam.list_projects().name(name).send().await);
    let response = response
        .map_err(|e| CredentialsError::new(format!("IAM gave no id of project {name:?}"), Some(e)))?;
    let projects = response.into_inner().projects.unwrap_or_default();
    let failed = |message: String| Err(CredentialsError::new(message, None));
    // IAM may also list projects with similar names, and projects that are disabled. Without an id, a project is none.
    let candidate = |project: types::Project| {
        let is_named = project.name.0.as_deref() == Some(name);
        let id = project.id.0.and_then(|id| ProjectId::new(id).ok()).filter(|_| is_named)?;
        Some((id, project.enabled.0 != Some(false)))
    };
    let projects: Vec<_> = projects.into_iter().flatten().collect();
    let others: Vec<_> =
        projects.iter().filter_map(|project| project.name.0.as_deref()).take(MAX_LISTED).collect();
    let others = if others.is_empty() { String::new() } else { format!(", but {}", others.join(", ")) };
    let named: Vec<_> = projects.into_iter().filter_map(candidate).collect();
    let any_enabled = named.iter().any(|(_, enabled)| *enabled);
    let candidates = named.into_iter().filter(|(_, enabled)| *enabled || !any_enabled);
    let ids: BTreeSet<_> = candidates.map(|(id, _)| id).collect();
    match Vec::from_iter(ids).as_slice() {
        [only] => Ok(only.clone()),
        [] => failed(format!("IAM knows no project {name:?} of these credentials{others}: set a project id")),
        several => {
            let ids: Vec<_> = several.iter().map(|id| format!("{id} ({name})")).collect();
            failed(format!("IAM knows several projects {name:?}: {}; set the id of one", ids.join(", ")))
        }
    }
}
