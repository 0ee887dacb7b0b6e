//! Temporary keys from the metadata service of an ECS virtual machine.

use std::{fmt, time::Duration};

use http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    AkSk, CredentialsProvider, ProvideFuture, ResolvedCredentials,
    cache::{Cache, Cached, FetchFuture, Source, end_of_life},
    clock::Clock,
};
use crate::{api::Lenient, error::CredentialsError, secret::Secret};

/// The time limit of a request. It is short, since outside ECS every program without credentials waits for it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
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
    #[serde(default)]
    expires_at: Lenient<String>,
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

    fn get(&self) -> FetchFuture<'_, AkSk> {
        Box::pin(async move {
            let failed = |why| CredentialsError::new(format!("ECS metadata ({}): {why}", self.base), None);
            self.keys().await.map_err(failed)
        })
    }
}

/// Why a request has no response.
enum NoResponse {
    Unreachable,
    Timeout,
    Cut,
    TooLong,
}

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("can't connect"),
            Self::Timeout => write!(f, "no response within {REQUEST_TIMEOUT:?}"),
            Self::Cut => f.write_str("the response was cut off"),
            Self::TooLong => f.write_str("the response is too long"),
        }
    }
}

impl MetadataService {
    async fn keys(&self) -> Result<Cached<AkSk>, String> {
        let now = self.clock.now();
        let session = self.session().await.map_err(|e| e.to_string())?;
        let request = || {
            let request = self.http.get(format!("{}/openstack/latest/securitykey", self.base));
            match &session {
                Some(session) => request.header("x-metadata-token", session),
                None => request,
            }
        };
        let (status, body) = self.ask_twice(request).await.map_err(|e| e.to_string())?;
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
        let keys = AkSk::new(access.expose(), secret).security_token(securitytoken);
        Ok(Cached::between(keys, now, end_of_life(expires_at.0), REFRESH_AHEAD))
    }

    /// The session token that the newer version of the service requires. The older version doesn't have it, and a firewall
    /// may swallow the request: the keys are then requested without one, and that response decides.
    async fn session(&self) -> Result<Option<http::HeaderValue>, NoResponse> {
        let request = || {
            let request = self.http.put(format!("{}/meta-data/latest/api/token", self.base));
            request.header("x-metadata-token-ttl-seconds", SESSION_LIFE)
        };
        match self.ask_twice(request).await {
            Ok((StatusCode::OK, body)) => {
                let token = http::HeaderValue::from_bytes(body.trim_ascii()).ok();
                Ok(token.map(|mut token| {
                    token.set_sensitive(true);
                    token
                }))
            }
            Err(NoResponse::Unreachable) => Err(NoResponse::Unreachable),
            _ => Ok(None),
        }
    }

    /// Sends a request, and once more after an internal error of the service.
    async fn ask_twice(
        &self,
        request: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), NoResponse> {
        match self.ask(request()).await {
            Ok((status, _)) if status.is_server_error() => self.ask(request()).await,
            result => result,
        }
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, Vec<u8>), NoResponse> {
        timeout(REQUEST_TIMEOUT, receive(request)).await.map_err(|_| NoResponse::Timeout)?
    }
}

/// Sends a request and reads the response.
async fn receive(request: reqwest::RequestBuilder) -> Result<(StatusCode, Vec<u8>), NoResponse> {
    let failed =
        |error: reqwest::Error| if error.is_connect() { NoResponse::Unreachable } else { NoResponse::Cut };
    let mut response = request.send().await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_RESPONSE {
            return Err(NoResponse::TooLong);
        }
    }
    Ok((response.status(), body))
}

impl fmt::Debug for MetadataService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataService").field("base", &self.base).finish_non_exhaustive()
    }
}
