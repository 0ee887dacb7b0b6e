//! An answer before it goes onto the wire.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;

use super::clock;

/// The request's id, on every answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A status, headers, and a JSON body or none.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The error code within the body.
    pub(super) code: Option<String>,
    /// Headers of this answer alone, which win over those of every answer; of one name, the last counts.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON; empty for no body.
    pub(super) body: Bytes,
}

impl Answer {
    /// A body that is JSON already.
    pub(super) fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, code: None, headers: Vec::new(), body: body.into() }
    }

    /// A body that becomes JSON.
    pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // The bodies are maps with text for keys, whose serialization can't fail.
        Self::new(status, serde_json::to_vec(body).unwrap_or_default())
    }

    /// Done, and nothing to say.
    pub(super) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, Bytes::new())
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// As it is sent. hyper adds the length.
    pub(super) fn into_response(self, request_id: &str, now: Timestamp) -> Response<Body> {
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
