//! Operations on log groups.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        options::Options,
        state::State,
        store::StoreError,
        validate::body::{integer, required_text},
        wire::{request::Call, response::ApiResponse},
    },
    spec::codes,
};

pub(crate) async fn create_log_group(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let (name, ttl) = (required_text(body, "log_group_name")?, integer(&body["ttl_in_days"]));
    let ttl = ttl.ok_or(ApiError::code(INVALID_BODY))?;
    if state.options.ttl_must_be_7 && ttl != Options::ONLY_TTL {
        return Err(ApiError::code(codes::LTS_0106));
    }
    let (project, quota) = (call.parameter("project_id"), state.options.quota_groups);
    let id = state.store.create_group(project, name, ttl, state.clock.now(), quota).await;
    let id = id.map_err(|error| ApiError::for_create(error, call.operation, codes::LTS_0101))?;
    Ok(ApiResponse::json(StatusCode::CREATED, &json!({"log_group_id": id})))
}

pub(crate) async fn list_log_groups(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    Ok(ApiResponse::new(StatusCode::OK, state.store.list_groups(call.parameter("project_id"))?))
}

pub(crate) async fn delete_log_group(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    match state.store.delete_group(project, group).await {
        Ok(()) => Ok(ApiResponse::no_content()),
        Err(StoreError::InUse(id)) => Err(ApiError::about(codes::LTS_0105, id)),
        Err(error) => Err(error.into()),
    }
}
