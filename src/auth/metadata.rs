//! Temporary keys of the virtual machine that the program runs on (ECS), from its metadata service.

use std::{fmt, time::Duration};

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    AkSk, CredentialsProvider, ProvideFuture, ResolvedCredentials,
    cache::{Cache, Cached, FetchFuture, Source},
    clock::Clock,
};
use crate::{error::CredentialsError, secret::Secret};

/// The time for all of it at the first try. Elsewhere than on ECS nobody answers, and every program without
/// credentials would wait.
const FIRST_TRY: Duration = Duration::from_secs(1);
/// The time for all of it where there was an answer before.
const LATER_TRY: Duration = Duration::from_secs(5);
/// When the keys are renewed, as the official SDKs do it.
const REFRESH_AHEAD: SignedDuration = SignedDuration::from_mins(40);
/// The life of the metadata service's own token, in seconds; it is used at once.
const SESSION_LIFE: &str = "21600";
/// The largest answer read, in bytes. Real ones have some 3,000.
const MAX_ANSWER: usize = 64 << 10;

/// The keys of the virtual machine's agency.
#[derive(Debug)]
pub(crate) struct Metadata(Cache<Service>);

/// The metadata service.
struct Service {
    http: reqwest::Client,
    base: String,
    clock: Clock,
}

/// The answer with the keys.
#[derive(Deserialize)]
struct Answer {
    credential: Credential,
}

#[derive(Deserialize)]
struct Credential {
    access: Secret,
    secret: Secret,
    securitytoken: Secret,
    expires_at: String,
}

impl Metadata {
    /// Asks at a base URL, without a slash at its end.
    pub(crate) fn new(http: reqwest::Client, base: impl Into<String>, clock: Clock) -> Self {
        let service = Service { http, base: base.into(), clock: clock.clone() };
        Self(Cache::new(service, clock))
    }

    /// Whether this is a machine with keys.
    pub(super) fn fetched_once(&self) -> bool {
        self.0.fetched_once()
    }
}

impl CredentialsProvider for Metadata {
    fn credentials(&self) -> ProvideFuture<'_> {
        Box::pin(async {
            let cached = self.0.get().await?;
            Ok(ResolvedCredentials::Keys(cached.value.clone()))
        })
    }
}

impl Source for Service {
    type Value = AkSk;
    const WHAT: &'static str = "the keys from the ECS metadata service";

    fn get(&self, first: bool) -> FetchFuture<'_, AkSk> {
        Box::pin(async move {
            let time = if first { FIRST_TRY } else { LATER_TRY };
            let why = match timeout(time, self.keys()).await {
                Ok(Ok(keys)) => return Ok(keys),
                Ok(Err(why)) => why,
                Err(_) => format!("no answer within {time:?}"),
            };
            Err(CredentialsError::new(format!("ECS metadata ({}): {why}", self.base), None))
        })
    }
}

impl Service {
    async fn keys(&self) -> Result<Cached<AkSk>, String> {
        let now = self.clock.now();
        let session = self.session().await?;
        let mut request = self.http.get(format!("{}/openstack/latest/securitykey", self.base));
        if let Some(session) = session {
            request = request.header("x-metadata-token", session);
        }
        let (status, body) = self.ask(request).await?;
        match status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err("this machine has no agency that gives it keys (HTTP 404)".into());
            }
            other => return Err(format!("no keys (HTTP {})", other.as_u16())),
        }
        // serde's words may quote a value.
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| "the keys can't be read".to_owned())?;
        let Credential { access, secret, securitytoken, expires_at } = answer.credential;
        if access.is_empty() || secret.is_empty() {
            return Err("the keys are empty".into());
        }
        let expires_at: Timestamp =
            expires_at.parse().map_err(|_| "the keys have no readable expires_at".to_owned())?;
        let keys = AkSk::new(access.expose(), secret).security_token(securitytoken);
        Ok(Cached::between(keys, now, expires_at, REFRESH_AHEAD))
    }

    /// The token with which the newer version of the service wants to be asked; none with the older one.
    async fn session(&self) -> Result<Option<http::HeaderValue>, String> {
        let request = self.http.put(format!("{}/meta-data/latest/api/token", self.base));
        let request = request.header("x-metadata-token-ttl-seconds", SESSION_LIFE);
        let (status, body) = self.ask(request).await?;
        match status {
            StatusCode::OK => {
                let token = http::HeaderValue::from_bytes(body.trim_ascii());
                let mut token = token.map_err(|_| "its token can't be read".to_owned())?;
                token.set_sensitive(true);
                Ok(Some(token))
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::SERVICE_UNAVAILABLE => {
                Ok(None)
            }
            other => Err(format!("no token (HTTP {})", other.as_u16())),
        }
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, Vec<u8>), String> {
        let failed = |error: reqwest::Error| {
            if error.is_connect() { "can't connect".to_owned() } else { "the answer broke off".to_owned() }
        };
        let mut response = request.send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Err("the answer is too long".to_owned());
            }
        }
        Ok((response.status(), body))
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("base", &self.base).finish_non_exhaustive()
    }
}
