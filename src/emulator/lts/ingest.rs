//! Writing lines.

use std::io::Read;

use flate2::read::GzDecoder;
use http::{StatusCode, header};
use serde_json::Value;

use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        state::State,
        validate::body,
        wire::{request::Call, response::ApiResponse},
    },
    spec::Operation,
};

/// The largest body after decompression, in bytes.
const MAX_INFLATED: u64 = 50 << 20;

pub(crate) async fn put_logs(state: &State, call: &Call<'_>, _: &Value) -> Result<ApiResponse, ApiError> {
    put(state, call).await
}

pub(crate) async fn put_timed_logs(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    put(state, call).await
}

pub(crate) async fn put_log_batches(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    put(state, call).await
}

/// Checks the lines.
async fn put(state: &State, call: &Call<'_>) -> Result<ApiResponse, ApiError> {
    let content_type = call.head.headers.get(header::CONTENT_TYPE);
    let plain = decompressed(call)?;
    body::parse(call.operation, content_type, &plain)?;
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    state.store.check_stream(project, group, call.parameter("log_stream_id"))?;
    Ok(written(call.operation))
}

fn decompressed(call: &Call<'_>) -> Result<Vec<u8>, ApiError> {
    let encoding = call.head.headers.get(header::CONTENT_ENCODING).map_or(&[][..], |value| value.as_bytes());
    let mut plain = Vec::new();
    match encoding.to_ascii_lowercase().as_slice() {
        b"" | b"identity" => plain.extend_from_slice(call.body),
        b"gzip" => {
            let mut decoder = GzDecoder::new(call.body).take(MAX_INFLATED + 1);
            decoder.read_to_end(&mut plain).map_err(|_| ApiError::code(INVALID_BODY))?;
        }
        _ => return Err(ApiError::code(INVALID_BODY)),
    }
    if plain.len() as u64 > MAX_INFLATED { Err(ApiError::code(INVALID_BODY)) } else { Ok(plain) }
}

/// The document's example of a success.
fn written(operation: Operation) -> ApiResponse {
    let response = operation.response(200).and_then(|response| response.json()?.examples.first());
    ApiResponse::new(StatusCode::OK, response.map_or("", |example| example.value))
}
