//! Operations that write logs.

use std::ops::RangeInclusive;

use http::{StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        state::State,
        store::LogBatch,
        validate::{body, log_lines},
        wire::{content_encoding, request::Call, response::ApiResponse},
    },
    spec::Operation,
};

pub(crate) async fn put_logs(state: &State, call: &Call<'_>, _: &Value) -> Result<ApiResponse, ApiError> {
    put(state, call, log_lines::of_one_time).await
}

pub(crate) async fn put_timed_logs(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    put(state, call, log_lines::timed).await
}

pub(crate) async fn put_log_batches(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    put(state, call, log_lines::batches).await
}

/// Reads the lines from the body, without those outside of the window.
type Read = fn(&[u8], &RangeInclusive<u64>) -> Option<LogBatch>;

async fn put(state: &State, call: &Call<'_>, read: Read) -> Result<ApiResponse, ApiError> {
    let headers = &call.head.headers;
    body::check_content_type(headers.get(header::CONTENT_TYPE))?;
    let now = state.clock.now();
    let window = window(state, now);
    let batch = content_encoding::decoded(headers, call.body).and_then(|body| read(&body, &window));
    let batch = batch.ok_or(ApiError::code(INVALID_BODY))?;
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    state.store.put_logs(project, group, call.parameter("log_stream_id"), batch, now).await?;
    Ok(written(call.operation))
}

/// The times of lines that are kept.
fn window(state: &State, now: Timestamp) -> RangeInclusive<u64> {
    let window = state.options.ingest_window;
    if window.is_zero() {
        return 0..=u64::MAX;
    }
    let window = u64::try_from(window.as_nanos()).unwrap_or(u64::MAX);
    let now = u64::try_from(now.as_nanosecond()).unwrap_or_default();
    now.saturating_sub(window)..=now.saturating_add(window)
}

/// The document's example of a success.
fn written(operation: Operation) -> ApiResponse {
    let example =
        operation.response(StatusCode::OK.as_u16()).and_then(|response| response.json()?.examples.first());
    ApiResponse::new(StatusCode::OK, example.map_or("", |example| example.value))
}
