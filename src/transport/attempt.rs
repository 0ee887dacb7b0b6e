//! One attempt: authenticates, sends, reads the whole response.

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Response, header};

use super::{call_kind::CallKind, clock_skew::ClockSkew, response::MAX_ERROR, settings::Settings};
use crate::{
    auth::{
        AkSk, PROJECT_HEADER, ResolvedCredentials, TOKEN_HEADER,
        signing::{SECURITY_TOKEN_HEADER, SigningRequest, canonical::MAX_BODY},
    },
    error::{ConfigurationError, Error, Mismatch, SentSecrets, TransportError, TransportFailure},
    ids::ProjectId,
    input::InvalidInput,
    secret::Secret,
    spec::Security,
};

/// The largest accepted response, in bytes. A list of 100,000 groups has 15 MB.
const MAX_RESPONSE: usize = 64 << 20;

/// The most memory reserved for a response by its declared length, in bytes.
const INITIAL_CAPACITY: usize = 1 << 20;

/// The rule for bodies longer than [`MAX_BODY`].
const BODY_RULE: &str = "at most 12,582,912 bytes with an access key; with a token, it may be longer";

const TOKEN: HeaderName = HeaderName::from_static(TOKEN_HEADER);
const PROJECT: HeaderName = HeaderName::from_static(PROJECT_HEADER);

/// Response headers with secrets.
const SECRET_RESPONSE_HEADERS: [&str; 1] = ["x-subject-token"];

/// Sends a request and reads the response.
pub(super) trait HttpSend: Sync {
    fn send(
        &self,
        request: reqwest::Request,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + Send;
}

/// Sends over the network.
impl HttpSend for reqwest::Client {
    async fn send(&self, request: reqwest::Request) -> Result<Response<Bytes>, TransportError> {
        receive(self.execute(request).await.map_err(failed)?).await
    }
}

/// The credentials that a request was sent with.
#[derive(Debug, Default)]
pub(super) enum AppliedCredentials {
    #[default]
    Nothing,
    Token(Secret),
    /// The password in the body of a login.
    Login(Secret),
    Keys {
        canonical_request: String,
        secrets: KeySecrets,
    },
}

/// The secrets of a signed request.
#[derive(Debug)]
pub(super) struct KeySecrets {
    pub(super) secret_key: Secret,
    pub(super) security_token: Option<Secret>,
    pub(super) authorization: Option<HeaderValue>,
}

impl AppliedCredentials {
    /// Adds a comparison of canonical requests to the error of a rejected signature.
    pub(super) fn explain(&self, error: &mut Error) {
        if let (Self::Keys { canonical_request, .. }, Error::Service(error)) = (self, error) {
            error.mismatch = Mismatch::of(canonical_request, &error.message);
        }
    }

    /// The secrets that were sent, or that a request was signed with.
    pub(super) fn secrets(&self) -> SentSecrets {
        match self {
            Self::Nothing => SentSecrets::default(),
            Self::Token(secret) | Self::Login(secret) => SentSecrets::new([secret.expose()]),
            Self::Keys { secrets: KeySecrets { secret_key, security_token, authorization }, .. } => {
                let authorization = authorization.as_ref().and_then(|value| value.to_str().ok());
                let signature = authorization.and_then(|value| value.rsplit_once("Signature="));
                let signature = signature.map(|(_, signature)| signature);
                let token = security_token.as_ref().map(Secret::expose);
                SentSecrets::new([secret_key.expose()].into_iter().chain(token).chain(signature))
            }
        }
    }
}

/// Adds credentials to a request, if its operation needs any.
pub(super) async fn authenticate(
    settings: &Settings,
    project: Option<&ProjectId>,
    clock_skew: &ClockSkew,
    request: &mut reqwest::Request,
    kind: CallKind,
) -> Result<AppliedCredentials, Error> {
    if !kind.needs_credentials() {
        return Ok(password(request).map_or(AppliedCredentials::Nothing, AppliedCredentials::Login));
    }
    let provider = settings.provider.as_deref();
    let provider =
        provider.ok_or_else(|| ConfigurationError::new("credentials", "are required for this call"))?;
    match provider.credentials().await? {
        ResolvedCredentials::Keys(keys) => {
            keys.reject_swapped("the provider")?;
            if kind.accepts(Security::V11Auth) {
                let region = settings.signing_region.as_deref().map_err(Clone::clone)?;
                return sign(&keys, clock_skew, request, Algorithm::V11 { region });
            }
            kind.require(Security::AkSkAuth)?;
            sign(&keys, clock_skew, request, Algorithm::SdkHmac { project })
        }
        ResolvedCredentials::Token { token, .. } => {
            kind.require(Security::TokenAuth)?;
            let mut value = HeaderValue::from_str(token.expose()).map_err(|_| {
                ConfigurationError::new("credentials", "the token has a character that headers can't contain")
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(TOKEN, value);
            Ok(AppliedCredentials::Token(token))
        }
    }
}

/// The password in the body of a login.
fn password(request: &reqwest::Request) -> Option<Secret> {
    let body: serde_json::Value = serde_json::from_slice(request.body()?.as_bytes()?).ok()?;
    body.pointer("/auth/identity/password/user/password")?.as_str().map(Secret::new)
}

/// The algorithm of a signature, and what it needs.
enum Algorithm<'a> {
    SdkHmac { project: Option<&'a ProjectId> },
    V11 { region: &'a str },
}

/// Signs content-type, x-sdk-date and x-security-token, by SDK-HMAC-SHA256 also host and x-project-id, which the vendor's
/// producers leave out; never user-agent, which proxies rewrite.
fn sign(
    keys: &AkSk,
    clock_skew: &ClockSkew,
    request: &mut reqwest::Request,
    algorithm: Algorithm<'_>,
) -> Result<AppliedCredentials, Error> {
    let (host, target) =
        host_and_target(request.url()).ok_or_else(|| ConfigurationError::new("endpoint", "has no host"))?;
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    if body.len() > MAX_BODY {
        return Err(InvalidInput::new("body", format!("{} bytes", body.len()), BODY_RULE).into());
    }
    let time = clock_skew.server_now();
    let mut unsigned = SigningRequest::new(request.method().as_str(), host, target).body(body).at(time);
    if let Some(content_type) = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) {
        unsigned = unsigned.header("content-type", content_type);
    }
    let project = match algorithm {
        Algorithm::SdkHmac { project } => project,
        Algorithm::V11 { .. } => None,
    };
    if let Some(project) = project {
        unsigned = unsigned.header(PROJECT_HEADER, project.as_str());
    }
    let signed = match algorithm {
        Algorithm::SdkHmac { .. } => unsigned.sign(keys),
        Algorithm::V11 { region } => unsigned.sign_v11(keys, region),
    };
    let (headers, canonical_request) = signed.into_parts();
    for (name, value) in headers {
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            ConfigurationError::new(
                "credentials",
                "the access key or the security token has a character that headers can't contain",
            )
        })?;
        value.set_sensitive(name == header::AUTHORIZATION || name == SECURITY_TOKEN_HEADER);
        request.headers_mut().insert(name, value);
    }
    if let Some(project) = project {
        // Ids only have characters of path segments.
        let value = HeaderValue::from_str(project.as_str());
        let value = value.map_err(|e| ConfigurationError::new("project_id", e.to_string()))?;
        request.headers_mut().insert(PROJECT, value);
    }
    let secrets = KeySecrets {
        secret_key: keys.secret_key().clone(),
        security_token: keys.token().cloned(),
        authorization: request.headers().get(header::AUTHORIZATION).cloned(),
    };
    Ok(AppliedCredentials::Keys { canonical_request, secrets })
}

/// Host and target of a request, as they are sent.
fn host_and_target(url: &reqwest::Url) -> Option<(&str, &str)> {
    let (_, rest) = url.as_str().split_once("://")?;
    let (target, _) = rest.split_once('#').unwrap_or((rest, ""));
    let (authority, target) = target.split_at(target.find('/')?);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some((host, target))
}

fn failed(error: reqwest::Error) -> TransportError {
    let (failure, sent) = if error.is_connect() || error.is_builder() {
        (TransportFailure::Connect, false)
    } else if error.is_timeout() {
        (TransportFailure::Timeout, true)
    } else {
        (TransportFailure::Closed, true)
    };
    // The rest of the URL may have a secret.
    let server = error.url().map(|url| url.origin().ascii_serialization());
    TransportError { server, source: Some(error.without_url()), ..TransportError::new(failure, sent) }
}

/// Reads a response of bounded size.
async fn receive(mut response: reqwest::Response) -> Result<Response<Bytes>, TransportError> {
    let status = response.status();
    let mut headers = std::mem::take(response.headers_mut());
    for name in SECRET_RESPONSE_HEADERS {
        if let Some(value) = headers.get_mut(name) {
            value.set_sensitive(true);
        }
    }
    let limit = if status.is_success() { MAX_RESPONSE } else { MAX_ERROR };
    let length = response.content_length().and_then(|length| length.try_into().ok()).unwrap_or(0);
    let mut body = response.chunk().await.map_err(failed)?.unwrap_or_default();
    // Most responses arrive in one piece, which needs no copy.
    if body.len() != length || length > limit {
        let mut pieces = BytesMut::with_capacity(INITIAL_CAPACITY.min(limit).min(length));
        let mut next = Some(body);
        while let Some(piece) = next {
            let room = limit - pieces.len();
            pieces.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.len() > room {
                if status.is_success() {
                    return Err(TransportError::new(TransportFailure::TooLarge, true));
                }
                // The start of an error body is enough.
                break;
            }
            next = response.chunk().await.map_err(failed)?;
        }
        body = pieces.freeze();
    }
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
