//! Operations on log streams.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    emulator::{
        errors::ApiError,
        state::State,
        validate::body::required_text,
        wire::{request::Call, response::ApiResponse},
    },
    spec::codes,
};

pub(crate) async fn create_log_stream(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    let (name, quota) = (required_text(body, "log_stream_name")?, state.options.quota_streams);
    let id = state.store.create_stream(project, group, name, state.clock.now(), quota).await;
    let id = id.map_err(|error| ApiError::for_create(error, call.operation, codes::LTS_0205))?;
    Ok(ApiResponse::json(StatusCode::CREATED, &json!({"log_stream_id": id})))
}

pub(crate) async fn list_log_streams(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    Ok(ApiResponse::new(StatusCode::OK, state.store.list_streams(project, group)?))
}

pub(crate) async fn delete_log_stream(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    state.store.delete_stream(project, group, call.parameter("log_stream_id")).await?;
    Ok(ApiResponse::no_content())
}
