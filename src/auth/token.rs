//! Logs in to IAM and keeps the token.

use std::{pin::Pin, sync::Arc};

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::Login;
use crate::{
    api::iam::{self, types},
    error::{CredentialsError, Error, uncarry},
    ids::ProjectId,
};

/// The least life left of a token that is still sent: time enough for the request to arrive.
const LEAST_LIFE: SignedDuration = SignedDuration::from_secs(10);

/// The project that a login asks a token for.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    Id(ProjectId),
    /// The name of a region's default project is the region's.
    Name(String),
}

/// A token, and what IAM said of it.
pub(crate) struct Issued {
    /// The token, marked as sensitive.
    pub(crate) token: HeaderValue,
    pub(crate) project: ProjectId,
    expires_at: Timestamp,
}

/// Where the tokens of a login come from. Many callers share one login.
pub(crate) struct TokenSource {
    login: Login,
    scope: Scope,
    iam: iam::Client,
    last: Mutex<Option<Arc<Issued>>>,
}

impl TokenSource {
    pub(crate) fn new(login: Login, scope: Scope, iam: iam::Client) -> Self {
        Self { login, scope, iam, last: Mutex::new(None) }
    }

    /// A token with some life left: the last one, or a new one.
    ///
    /// The future is boxed, since a login is a call and a call may need a login (this one doesn't).
    pub(crate) fn issued(&self) -> Pin<Box<dyn Future<Output = Result<Arc<Issued>, Error>> + Send + '_>> {
        Box::pin(async {
            // Held during the login, so that others wait for it instead of logging in, too.
            let mut last = self.last.lock().await;
            let alive = |issued: &&Arc<Issued>| Timestamp::now() + LEAST_LIFE < issued.expires_at;
            if let Some(issued) = last.as_ref().filter(alive) {
                return Ok(Arc::clone(issued));
            }
            let issued = Arc::new(self.log_in().await?);
            *last = Some(Arc::clone(&issued));
            Ok(issued)
        })
    }

    async fn log_in(&self) -> Result<Issued, Error> {
        let body = self.request().map_err(|e| failed(format!("the login can't be written: {e}"), None))?;
        let answer = self.iam.create_token().nocatalog("true").body(body).send().await;
        let answer = answer.map_err(|e| failed("IAM gave no token".to_owned(), Some(uncarry(e))))?;
        let token = answer.headers().get("x-subject-token").cloned();
        let mut token =
            token.ok_or_else(|| failed("IAM's answer has no X-Subject-Token".to_owned(), None))?;
        token.set_sensitive(true);
        let facts = answer.into_inner().token;
        let expires_at = facts
            .expires_at
            .parse()
            .map_err(|e| failed(format!("token.expires_at of IAM's answer: {e}"), None))?;
        let project =
            facts.project.ok_or_else(|| failed("IAM's token is for no project".to_owned(), None))?;
        let project = ProjectId::new(project.id).map_err(|e| failed(format!("IAM's answer: {e}"), None))?;
        Ok(Issued { token, project, expires_at })
    }

    fn request(&self) -> Result<types::CreateTokenRequestBody, types::error::ConversionError> {
        let domain = types::TokenUserDomain::builder().name(self.login.domain.clone());
        let user = types::TokenPasswordUser::builder()
            .name(self.login.user.clone())
            .password(self.login.password.clone())
            .domain(domain);
        let identity = types::TokenIdentity::builder()
            .methods([types::TokenMethod::Password])
            .password(types::TokenPasswordIdentity::builder().user(user));
        let project = match &self.scope {
            Scope::Id(id) => types::TokenScopeProject::builder().id(Some(id.to_string().try_into()?)),
            Scope::Name(name) => types::TokenScopeProject::builder().name(Some(name.clone().try_into()?)),
        };
        let scope = types::TokenScope::builder().project(Some(project.try_into()?));
        let auth = types::TokenAuthentication::builder().identity(identity).scope(Some(scope.try_into()?));
        types::CreateTokenRequestBody::builder().auth(auth).try_into()
    }
}

fn failed(message: String, source: Option<Error>) -> Error {
    Error::Credentials(CredentialsError::new(message, source))
}
