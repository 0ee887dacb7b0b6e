//! Calls that the spec doesn't know: the way out for the service's other operations.

use std::fmt;

use bytes::Bytes;
use http::Method;
use progenitor_client::ClientInfo;

use super::{Call, Client, call::CallContext};
use crate::{error::Error, input::InvalidInput, transport::CallKind};

/// What stands for the project's id in a path.
const PROJECT: &str = "{project_id}";
/// The methods that there are; others change the connection or are none.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

impl Client {
    /// Makes any call to LTS, authenticated, sent and retried like those of the helpers. A call that the spec doesn't know
    /// is retried by its method: GET, PUT, PATCH and DELETE can be repeated, POST counts as a creation.
    ///
    /// The path begins with `/` and may have a query; `{project_id}` in it is filled in. A body is sent as JSON,
    /// whatever is in it.
    ///
    /// ```
    /// # async fn doc(lts: &huaweicloud_lts::Client) -> Result<(), huaweicloud_lts::Error> {
    /// let answer = lts.request("GET", "/v2/{project_id}/groups", "").await?.into_result()?;
    /// let json: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If there is no whole answer. A refusal is an [`Response`]: its body may be of interest.
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
                    refusal: None,
                }),
                Err(Error::Service(error)) => Ok(Response {
                    status: error.status(),
                    body: error.body.0.clone(),
                    refusal: Some(Error::Service(error)),
                }),
                Err(error) => Err(error),
            }
        })
    }
}

/// The answer to a [`Client::request`], as it came.
pub struct Response {
    status: u16,
    body: Bytes,
    refusal: Option<Error>,
}

impl Response {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body; of a refusal, the first 64 KiB.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, or the error that the answer really is.
    ///
    /// # Errors
    /// If the service refused or failed.
    pub fn into_result(self) -> Result<Bytes, Error> {
        self.refusal.map_or(Ok(self.body), Err)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The request, for nothing else than what was typed: an URL is normalised when it is parsed, and a `..` in it
/// would address another thing.
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
