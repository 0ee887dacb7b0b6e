//! Temporary keys from the metadata service of an ECS virtual machine.

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

/// The time limit of the first fetch. It is short, since outside ECS every program without credentials waits for it.
const FIRST_TRY: Duration = Duration::from_secs(1);
/// The time limit of later fetches.
const LATER_TRY: Duration = Duration::from_secs(5);
/// How long before expiry the keys are refreshed, like in the official SDKs.
const REFRESH_AHEAD: SignedDuration = SignedDuration::from_mins(40);
/// The life of the metadata service's own token, in seconds; it is used at once.
const SESSION_LIFE: &str = "21600";
/// The largest accepted response, in bytes. Real ones have about 3,000.
const MAX_RESPONSE: usize = 64 << 10;

/// The keys of the virtual machine's agency.
#[derive(Debug)]
pub(crate) struct Metadata(Cache<MetadataService>);

/// The metadata service.
struct MetadataService {
    http: reqwest::Client,
    base: String,
    clock: Clock,
}

/// The response with the keys.
#[derive(Deserialize)]
struct KeysResponse {
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
    /// Creates a provider for a base URL without a trailing slash.
    pub(crate) fn new(http: reqwest::Client, base: impl Into<String>, clock: Clock) -> Self {
        let service = MetadataService { http, base: base.into(), clock: clock.clone() };
        Self(Cache::new(service, clock))
    }

    /// Whether keys have ever been fetched.
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

impl Source for MetadataService {
    type Value = AkSk;
    const WHAT: &'static str = "the keys from the ECS metadata service";

    fn get(&self, first: bool) -> FetchFuture<'_, AkSk> {
        Box::pin(async move {
            let time = if first { FIRST_TRY } else { LATER_TRY };
            let why = match timeout(time, self.keys()).await {
                Ok(Ok(keys)) => return Ok(keys),
                Ok(Err(why)) => why,
                Err(_) => format!("no response within {time:?}"),
            };
            Err(CredentialsError::new(format!("ECS metadata ({}): {why}", self.base), None))
        })
    }
}

impl MetadataService {
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
        // serde's message may quote a secret.
        let response: KeysResponse =
            serde_json::from_slice(&body).map_err(|_| "the keys can't be read".to_owned())?;
        let Credential { access, secret, securitytoken, expires_at } = response.credential;
        if access.is_empty() || secret.is_empty() {
            return Err("the keys are empty".into());
        }
        let expires_at: Timestamp =
            expires_at.parse().map_err(|_| "the keys have no readable expires_at".to_owned())?;
        let keys = AkSk::new(access.expose(), secret).security_token(securitytoken);
        Ok(Cached::between(keys, now, expires_at, REFRESH_AHEAD))
    }

    /// The session token that the newer version of the service requires; `None` with the older version.
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
            if error.is_connect() {
                "can't connect".to_owned()
            } else {
                "the response was cut off".to_owned()
            }
        };
        let mut response = request.send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_RESPONSE {
                return Err("the response is too long".to_owned());
            }
        }
        Ok((response.status(), body))
    }
}

impl fmt::Debug for MetadataService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataService").field("base", &self.base).finish_non_exhaustive()
    }
}
