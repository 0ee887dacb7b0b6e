//! Finds out which project calls are about, where no project id is set.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::token::TokenSource;
use crate::{
    api::iam,
    error::{CredentialsError, Error, uncarry},
    ids::ProjectId,
};

/// Where the project id comes from.
pub(crate) enum Project {
    /// From the caller.
    Known(ProjectId),
    /// From the token that a login got.
    OfToken(Arc<TokenSource>),
    /// From IAM, by the region's name, once. The client signs, or sends the caller's token.
    ByName { name: String, iam: iam::Client, found: OnceCell<ProjectId> },
}

impl Project {
    /// The project's id.
    pub(crate) async fn id(&self) -> Result<ProjectId, Error> {
        match self {
            Self::Known(id) => Ok(id.clone()),
            Self::OfToken(source) => Ok(source.issued().await?.project.clone()),
            Self::ByName { name, iam, found } => found.get_or_try_init(|| look_up(name, iam)).await.cloned(),
        }
    }
}

async fn look_up(name: &str, iam: &iam::Client) -> Result<ProjectId, Error> {
    let failed = |message: String, source| Error::Credentials(CredentialsError::new(message, source));
    let answer = iam.list_projects().name(name).send().await;
    let answer =
        answer.map_err(|e| failed(format!("IAM gave no id of project {name:?}"), Some(uncarry(e))))?;
    let projects = answer.into_inner().projects;
    match projects.as_slice() {
        [only] => ProjectId::new(only.id.clone()).map_err(|e| failed(format!("IAM's answer: {e}"), None)),
        [] => {
            Err(failed(format!("IAM knows no project {name:?} of these credentials: set a project id"), None))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|p| format!("{} ({})", p.id, p.name)).collect();
            let message =
                format!("IAM knows several projects {name:?}: {}; set the id of one", ids.join(", "));
            Err(failed(message, None))
        }
    }
}
