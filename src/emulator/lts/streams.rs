//! Operations on log streams.

use http::StatusCode;
use serde_json::{Value, json};

use super::tags::{new_tags, tag_changes};
use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        options::Options,
        state::State,
        store::NewStream,
        validate::body::{integer, required_text},
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
    let mut stream = NewStream::new(required_text(body, "log_stream_name")?);
    stream.tags = new_tags(body)?;
    if let Some(ttl) = ttl(state, body)? {
        stream.ttl = ttl;
    }
    stream.alias = body["log_stream_name_alias"].as_str().map(str::to_owned);
    let quota = state.options.quota_streams;
    let id = state.store.create_stream(project, group, stream, state.clock.now(), quota).await;
    let id = id.map_err(|error| ApiError::for_create(error, call.operation, codes::LTS_0205))?;
    Ok(ApiResponse::json(StatusCode::CREATED, &json!({"log_stream_id": id})))
}

/// The retention of a body, if it has one: -1 for that of the group, or a number of days, which this service may limit
/// to 7.
fn ttl(state: &State, body: &Value) -> Result<Option<i64>, ApiError> {
    match body.get("ttl_in_days").map(integer) {
        None => Ok(None),
        Some(Some(-1)) => Ok(Some(-1)),
        Some(None | Some(0)) => Err(ApiError::code(INVALID_BODY)),
        Some(Some(ttl)) if state.options.ttl_must_be_7 && ttl != Options::ONLY_TTL => {
            Err(ApiError::code(codes::LTS_0106))
        }
        Some(ttl) => Ok(ttl),
    }
}

pub(crate) async fn update_log_stream(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    let (stream, log_storage) = (call.parameter("log_stream_id"), body["whether_log_storage"].as_bool());
    let tags = tag_changes(body)?;
    let ttl = ttl(state, body)?.ok_or(ApiError::code(INVALID_BODY))?;
    let updated = state.store.update_stream(project, group, stream, ttl, log_storage, tags);
    Ok(ApiResponse::json(StatusCode::OK, &updated.await?))
}

pub(crate) async fn list_project_log_streams(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    let (group_name, stream_name) = (call.query("log_group_name"), call.query("log_stream_name"));
    let list = state.store.list_project_streams(call.parameter("project_id"), group_name, stream_name)?;
    Ok(ApiResponse::new(StatusCode::OK, list))
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
