//! Requests to operations that have no helper.

use std::fmt;

use bytes::Bytes;
use http::Method;
use progenitor_client::ClientInfo;

use super::{Call, Client, call::CallContext};
use crate::{error::Error, input::InvalidInput, transport::CallKind};

/// The placeholder for the project id in a path.
const PROJECT: &str = "{project_id}";
/// The accepted methods.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

impl Client {
    /// Sends any request to LTS, with the authentication and retries of the helpers. A request that the spec doesn't have
    /// is retried by its method: GET, PUT, PATCH and DELETE can be repeated, POST counts as a creation.
    ///
    /// The path begins with `/` and may have a query; `{project_id}` in it is filled in. The body is sent as JSON,
    /// unchecked.
    ///
    /// ```
    /// # async fn doc(lts: &huaweicloud_lts::Client) -> Result<(), huaweicloud_lts::Error> {
    /// let body = lts.request("GET", "/v2/{project_id}/groups", "").await?.into_result()?;
    /// let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`] if no complete response arrived. An error of the service is a [`Response`], so that its body can be read.
    pub fn request(
        &self,
        method: impl Into<String>,
        path: impl Into<String>,
        body: impl Into<Bytes>,
    ) -> Call<'_, Response> {
        let (method, path, body) = (method.into(), path.into(), body.into());
        Call::new(self, async move |cx| {
            let request = build_request(&cx, &method, &path, body)?;
            let path = path.split('?').next().unwrap_or_default();
            let kind = CallKind::of_request(&request, path);
            match cx.api.inner().send(cx.api.client(), request, kind).await {
                Ok(response) => Ok(Response {
                    status: response.status().as_u16(),
                    body: response.into_body(),
                    error: None,
                }),
                Err(Error::Service(error)) => Ok(Response {
                    status: error.status(),
                    body: error.body.0.clone(),
                    error: Some(Error::Service(error)),
                }),
                Err(error) => Err(error),
            }
        })
    }
}

/// The response to a [`Client::request`].
pub struct Response {
    status: u16,
    body: Bytes,
    error: Option<Error>,
}

impl Response {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body; of an error, the first 64 KiB.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, or the error that the service reported.
    ///
    /// # Errors
    /// [`Error::Service`] if the service reported one.
    pub fn into_result(self) -> Result<Bytes, Error> {
        self.error.map_or(Ok(self.body), Err)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Builds the request. Parsing a URL normalizes it, so a path that would change is rejected: a `..` would address
/// another resource.
fn build_request(cx: &CallContext, method: &str, path: &str, body: Bytes) -> Result<reqwest::Request, Error> {
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
    let url = reqwest::Url::parse(&format!("{}{path}", cx.api.baseurl()))
        .map_err(|_| wrong("the path of a URL"))?;
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
