//! Operations that search logs.

mod encoded_lines;
mod histogram;
mod newest;
mod page;
mod request;
mod scan;

use http::StatusCode;
use serde_json::Value;

use crate::emulator::{
    errors::ApiError,
    state::State,
    store::Snapshot,
    wire::{request::Call, response::ApiResponse},
};
pub(crate) use newest::NewestLines;
use request::{ContextRequest, HistogramRequest, PageRequest};

pub(crate) async fn list_logs(state: &State, call: &Call<'_>, body: &Value) -> Result<ApiResponse, ApiError> {
    let request = PageRequest::read(body, &state.options, &state.queries)?;
    let snapshot = snapshot(state, call, call.parameter("log_group_id"), call.parameter("log_stream_id"))?;
    let (max_lines, is_incomplete) = (state.options.scan_lines, call.is_incomplete);
    run(move || {
        let page = page::find(&snapshot, &request, max_lines);
        ApiResponse::new(StatusCode::OK, page.into_body(is_incomplete))
    })
    .await
}

pub(crate) async fn list_log_context(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let request = ContextRequest::read(body)?;
    let snapshot = snapshot(state, call, call.parameter("log_group_id"), call.parameter("log_stream_id"))?;
    let is_incomplete = call.is_incomplete;
    run(move || {
        let context = page::around(&snapshot, &request);
        ApiResponse::new(StatusCode::OK, context.into_body(is_incomplete))
    })
    .await
}

pub(crate) async fn list_log_histogram(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let request = HistogramRequest::read(body, &state.options, &state.queries)?;
    let snapshot = snapshot(state, call, &request.group, &request.stream)?;
    let (max_lines, is_incomplete) = (state.options.scan_lines, call.is_incomplete);
    run(move || {
        let mut histogram = histogram::count(&snapshot, &request, max_lines);
        histogram.is_complete &= !is_incomplete;
        ApiResponse::json(StatusCode::OK, &histogram)
    })
    .await
}

/// The lines of a stream that have not expired.
fn snapshot(state: &State, call: &Call<'_>, group: &str, stream: &str) -> Result<Snapshot, ApiError> {
    Ok(state.store.logs(call.parameter("project_id"), group, stream, state.clock.now())?)
}

/// Runs a search on another thread, since it would delay other requests.
async fn run(search: impl FnOnce() -> ApiResponse + Send + 'static) -> Result<ApiResponse, ApiError> {
    let response = tokio::task::spawn_blocking(search).await;
    response.map_err(|error| ApiError::Broken(format!("a search failed: {error}")))
}
