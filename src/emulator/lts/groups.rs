//! Operations on log groups.

use http::StatusCode;
use serde_json::{Value, json};

use super::tags::{new_tags, tag_changes};
use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        options::Options,
        state::State,
        store::{NewGroup, StoreError},
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
    let tags = new_tags(body)?;
    let mut group = NewGroup::new(required_text(body, "log_group_name")?, ttl(state, body)?);
    group.alias = body["log_group_name_alias"].as_str().map(str::to_owned);
    group.tags = tags;
    if let Some(id) = call.query("enterprise_project_id") {
        group.enterprise_project = id.to_owned();
    }
    let (project, quota) = (call.parameter("project_id"), state.options.quota_groups);
    let id = state.store.create_group(project, group, state.clock.now(), quota).await;
    let id = id.map_err(|error| ApiError::for_create(error, call.operation, codes::LTS_0101))?;
    Ok(ApiResponse::json(StatusCode::CREATED, &json!({"log_group_id": id})))
}

/// The retention of a body, which this service may limit to 7 days.
fn ttl(state: &State, body: &Value) -> Result<i64, ApiError> {
    let ttl = integer(&body["ttl_in_days"]).ok_or(ApiError::code(INVALID_BODY))?;
    match state.options.ttl_must_be_7 && ttl != Options::ONLY_TTL {
        true => Err(ApiError::code(codes::LTS_0106)),
        false => Ok(ttl),
    }
}

pub(crate) async fn update_log_group(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    // The rules of the body come before those of this service.
    let (tags, ttl) = (tag_changes(body)?, ttl(state, body)?);
    Ok(ApiResponse::json(StatusCode::OK, &state.store.update_group(project, group, ttl, tags).await?))
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
