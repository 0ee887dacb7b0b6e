//! Errors of the admin API.

use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::emulator::{log, search::QueryError, store::StoreError, wire::response::ApiResponse};

/// Why the admin API did not do what was requested.
pub(super) enum AdminError {
    /// The body is longer than the bound, or did not arrive. The connection can't be reused.
    Unread,
    /// The request is invalid.
    Bad(String),
    /// The query of a search is invalid.
    Query(QueryError),
    /// The request comes from a foreign web page.
    Forbidden(String),
    /// The id is unknown.
    NotFound(&'static str),
    /// The emulator failed.
    Broken(StoreError),
}

impl AdminError {
    pub(super) fn into_response(self) -> ApiResponse {
        let (status, message) = match &self {
            Self::Unread => {
                let message = "the body is too long, or did not arrive";
                return ApiResponse::json(StatusCode::BAD_REQUEST, &json!({"error_msg": message}))
                    .with_header(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Self::Query(error) => {
                let body = json!({"error_msg": format!("query: {error}"), "column": error.column});
                return ApiResponse::json(StatusCode::BAD_REQUEST, &body);
            }
            Self::Bad(message) => (StatusCode::BAD_REQUEST, message.as_str()),
            Self::Forbidden(message) => (StatusCode::FORBIDDEN, message.as_str()),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, *message),
            Self::Broken(error) => {
                // The reason is reported once, when the emulator stops.
                if !matches!(error, StoreError::Stopped) {
                    log::error(format_args!("the admin API failed: {error}"));
                }
                (StatusCode::INTERNAL_SERVER_ERROR, "the admin API failed")
            }
        };
        ApiResponse::json(status, &json!({"error_msg": message}))
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Invalid(text) => Self::Bad(text),
            StoreError::GroupUnknown | StoreError::StreamUnknown(_) => {
                Self::NotFound("there is no stream with these ids")
            }
            error => Self::Broken(error),
        }
    }
}
