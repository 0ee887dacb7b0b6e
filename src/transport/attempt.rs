//! One attempt: authenticate, send, read the whole answer.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{Auth, Transport};
use crate::{
    auth::{
        AkSk, PROJECT_HEADER, Provided, TOKEN_HEADER,
        canonical::MAX_BODY,
        signer::{SECURITY_TOKEN_HEADER, SigningRequest},
    },
    error::{ConfigurationError, Error, Mismatch, TransportError, TransportFailure},
    input::InvalidInput,
    secret::Secret,
    spec::Operation,
};

/// The largest answer read, in bytes: a list of 100,000 groups, ten times over.
const MAX_ANSWER: usize = 256 << 20;
/// How much of an error answer is read, in bytes. Error bodies have a few hundred.
const MAX_ERROR: usize = 64 << 10;

/// For how much of an answer there is room before it comes, in bytes, however long it says that it is.
const FIRST_ROOM: usize = 1 << 20;

/// Why a longer body than [`MAX_BODY`] can't be signed.
const BODY_RULE: &str = "at most 12,582,912 bytes with an access key; with a token, it may be longer";

const TOKEN: HeaderName = HeaderName::from_static(TOKEN_HEADER);
const PROJECT: HeaderName = HeaderName::from_static(PROJECT_HEADER);

/// Headers of an answer that hold a secret.
const SECRET_ANSWER_HEADERS: [&str; 1] = ["x-subject-token"];

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What takes a request to the service and brings the answer back.
pub(super) trait Carrier: Sync {
    /// Sends a request and reads its answer.
    fn carry(&self, request: reqwest::Request)
    -> impl Future<Output = Result<Answer, TransportError>> + Send;
}

/// The network.
pub(super) struct Wire<'a> {
    pub(super) http: &'a reqwest::Client,
    pub(super) operation: Option<Operation>,
}

impl Carrier for Wire<'_> {
    fn carry(
        &self,
        request: reqwest::Request,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send {
        // On its way at once, so that the future need not keep the request.
        receive(self.http.execute(request), self.operation)
    }
}

/// What a request was authenticated with.
pub(super) enum Used {
    Nothing,
    Token(Secret),
    Keys { canonical_request: String },
}

impl Used {
    /// Says in an error what a refused signature covered.
    pub(super) fn explain(&self, error: &mut Error) {
        if let (Self::Keys { canonical_request }, Error::Service(error)) = (self, error) {
            error.mismatch = Mismatch::of(canonical_request, &error.message);
        }
    }
}

/// A request like this one, with these headers. Bodies are in memory, and can be sent again.
pub(super) fn copy(request: &reqwest::Request, headers: &HeaderMap) -> reqwest::Request {
    let bare = || reqwest::Request::new(request.method().clone(), request.url().clone());
    let mut copy = request.body().and_then(|_| request.try_clone()).unwrap_or_else(bare);
    *copy.headers_mut() = headers.clone();
    copy
}

/// Adds the credentials to a request.
pub(super) async fn authenticate(to: &Transport, request: &mut reqwest::Request) -> Result<Used, Error> {
    let Auth::By(provider) = &to.shared.settings.auth else { return Ok(Used::Nothing) };
    match provider.provide().await? {
        Provided::Keys(keys) => sign(&keys, to, request),
        Provided::Token { token, .. } => {
            request.headers_mut().insert(TOKEN, to.shared.token_header(&token)?);
            Ok(Used::Token(token))
        }
    }
}

/// Signs content-type, host, x-project-id, x-sdk-date and x-security-token; never user-agent, which proxies
/// rewrite.
fn sign(keys: &AkSk, to: &Transport, request: &mut reqwest::Request) -> Result<Used, Error> {
    let project = to.project.as_deref();
    let (host, target) =
        host_and_target(request.url()).ok_or_else(|| ConfigurationError::new("endpoint", "has no host"))?;
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    if body.len() > MAX_BODY {
        return Err(InvalidInput::new("body", format!("{} bytes", body.len()), BODY_RULE).into());
    }
    let time = to.shared.signing_time();
    let mut unsigned = SigningRequest::new(request.method().as_str(), host, target).body(body).at(time);
    if let Some(content_type) = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) {
        unsigned = unsigned.header("content-type", content_type);
    }
    if let Some(project) = project {
        unsigned = unsigned.header(PROJECT_HEADER, project.as_str());
    }
    let (headers, canonical_request) = unsigned.sign(keys).into_parts();
    for (name, value) in headers {
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            ConfigurationError::new(
                "credentials",
                "the access key or the security token holds a character that no header can",
            )
        })?;
        value.set_sensitive(name == header::AUTHORIZATION || name == SECURITY_TOKEN_HEADER);
        request.headers_mut().insert(name, value);
    }
    if let Some(project) = project {
        // The characters of an id are those of a segment of a path.
        let value = HeaderValue::from_str(project.as_str());
        let value = value.map_err(|e| ConfigurationError::new("project_id", e.to_string()))?;
        request.headers_mut().insert(PROJECT, value);
    }
    Ok(Used::Keys { canonical_request })
}

/// Host and target of a request, as they are sent.
fn host_and_target(url: &reqwest::Url) -> Option<(&str, &str)> {
    let (_, rest) = url.as_str().split_once("://")?;
    let (whole, _) = rest.split_once('#').unwrap_or((rest, ""));
    let (authority, target) = whole.split_at(whole.find('/')?);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some((host, target))
}

/// Reads the answer to a request, bounded.
async fn receive(
    response: impl Future<Output = reqwest::Result<reqwest::Response>>,
    operation: Option<Operation>,
) -> Result<Answer, TransportError> {
    let failed = |error: reqwest::Error| {
        let (failure, sent) = if error.is_connect() || error.is_builder() {
            (TransportFailure::Connect, false)
        } else if error.is_timeout() {
            (TransportFailure::Timeout, true)
        } else {
            (TransportFailure::Closed, true)
        };
        TransportError { operation, failure, sent, in_doubt: false, source: Some(error.without_url()) }
    };
    let mut response = response.await.map_err(failed)?;
    let status = response.status();
    let mut headers = std::mem::take(response.headers_mut());
    for name in SECRET_ANSWER_HEADERS {
        if let Some(value) = headers.get_mut(name) {
            value.set_sensitive(true);
        }
    }
    let limit = if status.is_success() { MAX_ANSWER } else { MAX_ERROR };
    // Most answers come in one piece, which is kept as it is.
    let length = response.content_length().and_then(|length| length.try_into().ok()).unwrap_or(0).min(limit);
    let mut body = Bytes::new();
    let mut pieces = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        let room = limit - body.len() - pieces.len();
        let fits = chunk.len() <= room;
        let chunk = chunk.slice(..chunk.len().min(room));
        if body.is_empty() && pieces.is_empty() {
            body = chunk;
        } else {
            if pieces.is_empty() {
                pieces.reserve(length.min(FIRST_ROOM));
                pieces.extend_from_slice(&std::mem::take(&mut body));
            }
            pieces.extend_from_slice(&chunk);
        }
        if !fits {
            if status.is_success() {
                let failure = TransportFailure::TooLarge;
                return Err(TransportError { operation, failure, sent: true, in_doubt: false, source: None });
            }
            // What was read of an error says enough.
            break;
        }
    }
    if body.is_empty() {
        body = pieces.freeze();
    }
    Ok(Answer { status, headers, body })
}
