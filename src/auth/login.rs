//! Logs in to IAM with a password, and keeps the token.

use std::fmt;

use jiff::SignedDuration;

use super::{
    CredentialsProvider, Login, ProvideFuture, ResolvedCredentials,
    cache::{Cache, Cached, FetchFuture, Source},
    clock::Clock,
};
use crate::{
    api::iam::{self, types},
    error::{CredentialsError, Error},
    ids::ProjectId,
    secret::Secret,
};

/// How long before its end a token is renewed; of one with a short life, the last quarter. A superseded token
/// stops working within 30 minutes, so nothing is lost by it.
const REFRESH_AHEAD: SignedDuration = SignedDuration::from_mins(30);

/// The project that a login asks a token for.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    Id(ProjectId),
    /// The name of a region's default project is the region's.
    Name(String),
}

/// The tokens of a login.
#[derive(Debug)]
pub(crate) struct TokenProvider(Cache<Iam>);

/// Whom to ask for a token, and how.
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

    fn get(&self, _first: bool) -> FetchFuture<'_, Issued> {
        Box::pin(self.log_in())
    }
}

impl Iam {
    async fn log_in(&self) -> Result<Cached<Issued>, CredentialsError> {
        let body = self.request().map_err(|e| failed(format!("the login can't be written: {e}"), None))?;
        let asked_at = self.clock.now();
        let mut iam = self.iam.clone();
        iam.inner = iam.inner.for_one_call();
        let answer = iam.inner.checked(iam.create_token().nocatalog("true").body(body).send().await);
        let answer = answer.map_err(|e| failed("IAM gave no token".to_owned(), Some(e)))?;
        let token = answer.headers().get("x-subject-token").and_then(|token| token.to_str().ok());
        let token = token
            .map(Secret::new)
            .ok_or_else(|| failed("IAM's answer has no X-Subject-Token".into(), None))?;
        let facts =
            answer.into_inner().token.ok_or_else(|| failed("IAM's answer has no token".into(), None))?;
        let expires_at: jiff::Timestamp = facts
            .expires_at
            .0
            .unwrap_or_default()
            .parse()
            .map_err(|e| failed(format!("token.expires_at of IAM's answer: {e}"), None))?;
        // Its life by IAM's clock, its begin by ours: the two may differ.
        let issued_at = facts.issued_at.0.and_then(|time| time.parse::<jiff::Timestamp>().ok());
        let life = issued_at.unwrap_or(asked_at).duration_until(expires_at);
        let ends_at = asked_at.checked_add(life).unwrap_or(expires_at);
        let project =
            facts.project.ok_or_else(|| failed("IAM's token is for no project".to_owned(), None))?;
        let project = ProjectId::new(project.id.0.unwrap_or_default())
            .map_err(|e| failed(format!("IAM's answer: {e}"), None))?;
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
