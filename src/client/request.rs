//! Requests to operations that have no helper.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use progenitor_client::ClientInfo;
use serde::{Serialize, de::DeserializeOwned};

use super::{Call, Client, call::CallContext};
use crate::{
    api,
    auth::{
        PROJECT_HEADER, TOKEN_HEADER,
        signing::{
            SECURITY_TOKEN_HEADER,
            canonical::{DATE_HEADER, PAYLOAD_HEADER},
        },
    },
    error::{DecodeError, Error, ServiceError, brief, request_id},
    input::InvalidInput,
    spec::{Operation, servers},
    transport::{self, CallKind},
};

/// The placeholder for the project id in a path.
const PROJECT: &str = "{project_id}";
/// Headers that the client sets, or that belong to the connection.
const RESERVED_HEADERS: [HeaderName; 18] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::USER_AGENT,
    HeaderName::from_static("api-version"),
    HeaderName::from_static(TOKEN_HEADER),
    HeaderName::from_static(PROJECT_HEADER),
    HeaderName::from_static(DATE_HEADER),
    HeaderName::from_static(SECURITY_TOKEN_HEADER),
    HeaderName::from_static(PAYLOAD_HEADER),
];
/// The accepted methods.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

impl Client {
    /// Sends any request to LTS, with the authentication and retries of the helpers.
    ///
    /// The path begins with `/` and may have a query; `{project_id}` in it is filled in. A request that the spec has is
    /// retried like its helper. Any other is retried by its method: GET, PUT, PATCH and DELETE can be repeated, POST
    /// counts as a creation, unless it is [idempotent](Request::idempotent).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use serde_json::{Value, json};
    ///
    /// let body = json!({ "log_group_name": "app", "ttl_in_days": 7 });
    /// let created: Value = lts.request("POST", "/v2/{project_id}/groups").json(&body).await?.json()?;
    /// let listed: Value = lts.request("GET", "/v2/{project_id}/groups").await?.json()?;
    /// assert_eq!(listed["log_groups"][0]["log_group_id"], created["log_group_id"]);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// An error that the service reports is a [`Response`] too, so that its body can be read: [`Response::json`] and
    /// [`Response::into_result`] return it as an [`Error`]. The emulator knows the operations of the documents alone.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for a method or path that can't be sent; otherwise [`Error`] if no complete response
    /// arrived.
    pub fn request(&self, method: impl Into<String>, path: impl Into<String>) -> Request {
        let arguments = RequestArguments {
            method: method.into(),
            path: path.into(),
            headers: Ok(HeaderMap::new()),
            body: Ok(Bytes::new()),
            idempotent: false,
        };
        let mut call = Call::with_arguments(self, arguments, send);
        call.options.redacts_response = true;
        call
    }
}

/// The call of [`Client::request`].
pub type Request = Call<Response, RequestArguments>;

/// The arguments of a [`Request`].
pub struct RequestArguments {
    method: String,
    path: String,
    headers: Result<HeaderMap, InvalidInput>,
    body: Result<Bytes, InvalidInput>,
    idempotent: bool,
}

impl Request {
    /// Adds a header. It is sent with every attempt and not signed. Headers that the client sets itself, such as
    /// `Authorization`, `Content-Type` and `User-Agent`, are an error of the call.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let request = lts.request("GET", "/v2/{project_id}/groups").header("X-Language", "en-us");
    /// assert_eq!(request.await?.status(), 200);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.arguments.headers = self.arguments.headers.and_then(|mut headers| {
            let (name, value) = checked_header(name.as_ref(), value.as_ref())?;
            headers.append(name, value);
            Ok(headers)
        });
        self
    }

    /// Sets the body, which is sent unchecked, as `application/json`.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let body = r#"{"log_group_name": "app", "ttl_in_days": 7}"#;
    /// let response = lts.request("POST", "/v2/{project_id}/groups").body(body).await?;
    /// assert_eq!(response.status(), 201);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.arguments.body = Ok(body.into());
        self
    }

    /// Serializes a value as the body. A value that can't be serialized is an error of the call.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let body = serde_json::json!({ "log_group_name": "app", "ttl_in_days": 7 });
    /// let response = lts.request("POST", "/v2/{project_id}/groups").json(&body).await?;
    /// assert_eq!(response.status(), 201);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        let invalid = |e| InvalidInput::new("body", "a value", format!("serializable as JSON ({e})"));
        self.arguments.body = serde_json::to_vec(body).map(Bytes::from).map_err(invalid);
        self
    }

    /// Declares that the request has the same effect whether it is applied once or twice. It is then retried after any
    /// transient failure, like a read.
    ///
    /// ```
    /// # async fn doc(lts: &huaweicloud_lts::Client) -> Result<(), huaweicloud_lts::Error> {
    /// // A search, which reads by POST.
    /// let path = "/v2/{project_id}/lts/keyword-count";
    /// let response = lts.request("POST", path).body("{}").idempotent().await?;
    /// # Ok(()) }
    /// ```
    pub fn idempotent(mut self) -> Self {
        self.arguments.idempotent = true;
        self
    }
}

impl fmt::Debug for RequestArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestArguments")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

async fn send(cx: CallContext, arguments: RequestArguments) -> Result<Response, Error> {
    let RequestArguments { method, path, headers, body, idempotent } = arguments;
    let api = if writes_logs(&path) { cx.access()? } else { cx.api.clone() };
    let mut request = build_request(&cx, &api, &method, &path, body?)?;
    *request.headers_mut() = headers?;
    let template = path.split('?').next().unwrap_or_default();
    let kind = CallKind::of_request(&request, template);
    let kind = if idempotent { kind.idempotent() } else { kind };
    match api.inner().send(api.client(), request, kind, template).await {
        Ok(response) => {
            let request_id = request_id(response.headers()).map(brief);
            let (head, body) = response.into_parts();
            let status = head.status.as_u16();
            Ok(Response { status, request_id, headers: head.headers, body, error: None })
        }
        Err(Error::Service(error)) => Ok(Response {
            status: error.status(),
            request_id: error.request_id().map(str::to_owned),
            headers: error.response.headers.clone(),
            body: error.response.body.clone(),
            error: Some(error),
        }),
        Err(error) => Err(error),
    }
}

/// The response to a [`Client::request`].
pub struct Response {
    status: u16,
    request_id: Option<String>,
    headers: HeaderMap,
    body: Bytes,
    error: Option<Box<ServiceError>>,
}

impl Response {
    /// The HTTP status.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let response = lts.request("GET", "/v2/{project_id}/groups").await?;
    /// assert_eq!(response.status(), 200);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The id that the service gave the request.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let response = lts.request("GET", "/v2/{project_id}/groups").await?;
    /// println!("request {}", response.request_id().unwrap_or("without an id"));
    /// # assert!(response.request_id().is_some());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The headers.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let response = lts.request("GET", "/v2/{project_id}/groups").await?;
    /// assert_eq!(response.headers()["content-type"], "application/json");
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; of an error, the first 64 KiB.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let response = lts.request("GET", "/v2/{project_id}/groups").await?;
    /// assert_eq!(response.body(), br#"{"log_groups":[]}"#);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The error that the service reported, if it did. It may come with a 2xx status.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let response = lts.request("GET", "/v2/{project_id}/no-such-path").await?;
    /// let error = response.error().expect("there is no such operation");
    /// assert_eq!((error.status(), error.code()), (404, Some("APIGW.0101")));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn error(&self) -> Option<&ServiceError> {
        self.error.as_deref()
    }

    /// The body, or the error that the service reported.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let response = lts.request("DELETE", "/v2/{project_id}/groups/no-such-group").await?;
    /// let error = response.into_result().unwrap_err();
    /// assert!(error.is_not_found());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Service`] if the service reported one.
    pub fn into_result(self) -> Result<Bytes, Error> {
        match self.error {
            Some(error) => Err(Error::Service(error)),
            None => Ok(self.body),
        }
    }

    /// Deserializes the body.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// #[derive(serde::Deserialize)]
    /// struct Groups {
    ///     log_groups: Vec<huaweicloud_lts::groups::LogGroup>,
    /// }
    ///
    /// let groups: Groups = lts.request("GET", "/v2/{project_id}/groups").await?.json()?;
    /// assert!(groups.log_groups.is_empty());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Service`] if the service reported an error; [`Error::Decode`], with the place, if the body is no JSON of
    /// this type.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let (status, request_id) = (self.status, self.request_id.clone());
        let body = self.into_result()?;
        serde_json::from_slice(&body).or_else(|error| {
            transport::decode_repaired(&body, &error).ok_or_else(|| {
                DecodeError { status: Some(status), request_id, ..DecodeError::of_json(&error, &body) }.into()
            })
        })
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// A header that callers may set. Its value isn't part of an error, since it may be a secret.
fn checked_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), InvalidInput> {
    let invalid = |rule: &'static str| InvalidInput::new("header", name, rule);
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("the name of a header"))?;
    if RESERVED_HEADERS.contains(&parsed) {
        return Err(invalid("a header that the client doesn't set itself"));
    }
    let value = HeaderValue::from_str(value)
        .map_err(|_| invalid("a header with a value of visible ASCII characters, blanks and tabs"))?;
    Ok((parsed, value))
}

/// Whether a path belongs to the endpoint that writes logs: it ends as the paths of its operations do.
fn writes_logs(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let of_access = |operation: &&Operation| operation.server() == servers::LTS_ACCESS;
    Operation::ALL.iter().filter(of_access).any(|operation| {
        let (_, end) = operation.path().rsplit_once('}').unwrap_or_default();
        path.ends_with(end)
    })
}

/// Builds the request. Parsing a URL normalizes it, so a path that would change is rejected: a `..` would address
/// another resource.
fn build_request(
    cx: &CallContext,
    api: &api::lts::Client,
    method: &str,
    path: &str,
    body: Bytes,
) -> Result<reqwest::Request, Error> {
    let known = METHODS.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(method));
    let known = known.ok_or_else(|| {
        InvalidInput::new("method", method, METHODS.map(|method| method.to_string()).join(", "))
    })?;
    let typed = path;
    let path = path.replace(PROJECT, cx.project().as_str());
    let wrong = |rule: &'static str| Error::from(InvalidInput::new("path", typed, rule));
    if !path.starts_with('/') || path.contains('#') {
        return Err(wrong("a path that begins with / and has no fragment"));
    }
    if path.contains(['{', '}']) {
        return Err(wrong("without braces; only {project_id} is filled in"));
    }
    let url =
        reqwest::Url::parse(&format!("{}{path}", api.baseurl())).map_err(|_| wrong("the path of a URL"))?;
    let segments = path.split('?').next().unwrap_or_default();
    if !url.path().ends_with(segments) {
        return Err(wrong("escaped, and without the segments . and .., which would lead elsewhere"));
    }
    let mut request = reqwest::Request::new(known, url);
    if !body.is_empty() {
        *request.body_mut() = Some(body.into());
    }
    Ok(request)
}
