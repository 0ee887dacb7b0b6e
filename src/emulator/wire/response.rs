//! Responses before they are sent.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;

use crate::emulator::clock;

/// The header with the request id, on every response.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A status, headers, and a JSON body or none.
#[derive(Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: StatusCode,
    /// The error code within the body.
    pub(crate) code: Option<String>,
    /// Headers that override the common ones. If a name occurs twice, the last value is sent.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON, or empty.
    pub(crate) body: Bytes,
}

impl ApiResponse {
    /// A response with a body that is already JSON.
    pub(crate) fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, code: None, headers: Vec::new(), body: body.into() }
    }

    /// A response with a body that is serialized.
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // Serialization of maps with text keys can't fail.
        Self::new(status, serde_json::to_vec(body).unwrap_or_default())
    }

    /// 204, without a body.
    pub(crate) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, Bytes::new())
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The HTTP response. hyper adds the length.
    pub(crate) fn into_response(self, request_id: &str, now: Timestamp) -> Response<Body> {
        let has_body = !self.body.is_empty();
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if has_body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Ok(request_id) = HeaderValue::from_str(request_id) {
            headers.insert(REQUEST_ID, request_id);
        }
        headers.insert(header::DATE, clock::http_date(now));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}
