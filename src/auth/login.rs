//! Logs in to IAM with a password and caches the token.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::{
    CredentialsProvider, Login, ProvideFuture, ResolvedCredentials,
    cache::{Cache, Cached, FetchFuture, Source, end_of_life},
    clock::Clock,
};
use crate::{
    api::iam::{self, types},
    error::{CredentialsError, Error},
    ids::ProjectId,
    secret::Secret,
};

/// How long before expiry a token is refreshed; a short-lived one in its last quarter. A replaced token stops working
/// within 30 minutes, so refreshing that early loses nothing.
const REFRESH_AHEAD: SignedDuration = SignedDuration::from_mins(30);

/// The project that a token is scoped to.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    Id(ProjectId),
    /// A region's default project has the region's name.
    Name(String),
}

/// Provides the token of a login.
#[derive(Debug)]
pub(crate) struct TokenProvider(Cache<Iam>);

/// The login and the IAM client that sends it.
struct Iam {
    login: Login,
    scope: Scope,
    iam: iam::Client,
    clock: Clock,
}

struct Issued {
    token: Secret,
    project: ProjectId,
}

impl TokenProvider {
    pub(crate) fn new(login: Login, scope: Scope, iam: iam::Client, clock: Clock) -> Self {
        Self(Cache::new(Iam { login, scope, iam, clock: clock.clone() }, clock))
    }
}

impl CredentialsProvider for TokenProvider {
    fn credentials(&self) -> ProvideFuture<'_> {
        Box::pin(async {
            let cached = self.0.get().await?;
            let Issued { token, project } = &cached.value;
            Ok(ResolvedCredentials::Token { token: token.clone(), project_id: Some(project.clone()) })
        })
    }

    fn refused(&self, token: &Secret) -> bool {
        self.0.discard(|issued| issued.token == *token);
        true
    }
}

impl Source for Iam {
    type Value = Issued;
    const WHAT: &'static str = "the IAM token";

    fn get(&self) -> FetchFuture<'_, Issued> {
        Box::pin(self.log_in())
    }
}

impl Iam {
    async fn log_in(&self) -> Result<Cached<Issued>, CredentialsError> {
        let body = self.request().map_err(|e| failed(format!("the login can't be written: {e}"), None))?;
        let asked_at = self.clock.now();
        let mut iam = self.iam.clone();
        iam.inner = iam.inner.for_one_call();
        let response = iam.inner.checked(iam.create_token().nocatalog("true").body(body).send().await);
        let no_token = |error: Error| failed("IAM gave no token".to_owned(), Some(error));
        let response = response.map_err(no_token)?;
        // Another server than IAM may send any of these.
        let odd = |path: &str, message: &str, found: &str| {
            no_token(iam.inner.wrong_shape(path, message, found.as_bytes()))
        };
        let token = response.headers().get("x-subject-token").and_then(|token| token.to_str().ok());
        let token = token.map(Secret::new).ok_or_else(|| odd("X-Subject-Token", "missing", ""))?;
        let facts = response.into_inner().token.ok_or_else(|| odd("token", "missing", ""))?;
        let issued_at = facts.issued_at.0.and_then(|time| time.parse::<Timestamp>().ok());
        let ends_at = end_of_life(facts.expires_at.0).map(|expires_at| {
            // The life is by IAM's clock and the start by ours, since the clocks may differ.
            let life = issued_at.unwrap_or(asked_at).duration_until(expires_at);
            asked_at.checked_add(life).unwrap_or(expires_at)
        });
        let project = facts.project.and_then(|project| project.id.0).unwrap_or_default();
        if project.is_empty() {
            return Err(odd("token.project.id", "missing: the token is for no project", ""));
        }
        let project =
            ProjectId::new(project.clone()).map_err(|e| odd("token.project.id", &e.to_string(), &project))?;
        Ok(Cached::between(Issued { token, project }, asked_at, ends_at, REFRESH_AHEAD))
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
            Scope::Id(id) => types::TokenScopeProject::builder().id(Some(id.to_string())),
            Scope::Name(name) => types::TokenScopeProject::builder().name(Some(name.clone())),
        };
        let scope = types::TokenScope::builder().project(Some(project.try_into()?));
        let auth = types::TokenAuthentication::builder().identity(identity).scope(Some(scope.try_into()?));
        types::CreateTokenRequestBody::builder().auth(auth).try_into()
    }
}

impl fmt::Debug for Iam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iam").field("scope", &self.scope).finish_non_exhaustive()
    }
}

fn failed(message: String, source: Option<Error>) -> CredentialsError {
    CredentialsError::new(message, source)
}
