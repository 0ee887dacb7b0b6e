//! The operations of LTS.
//!
//! Each is called with a query and a body that keep the spec's rules, by a caller that may use the project. A handler is
//! named like the operation: the generated dispatch calls it by that name.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    dispatch::Call,
    options::Options,
    refusals::{INVALID_BODY, Refusal, integer},
    service::Service,
    store::StoreError,
};
use crate::spec::codes;

type Result<T> = std::result::Result<T, Refusal>;

pub(super) async fn create_log_group(service: &Service, call: &Call<'_>, body: &Value) -> Result<Answer> {
    let (name, ttl) = (text(body, "log_group_name")?, integer(&body["ttl_in_days"]));
    let ttl = ttl.ok_or(Refusal::code(INVALID_BODY))?;
    if service.options.ttl_must_be_7 && ttl != Options::ONLY_TTL {
        return Err(Refusal::code(codes::LTS_0106));
    }
    let (project, quota) = (call.parameter("project_id"), service.options.quota_groups);
    let id = service.store.create_group(project, name, ttl, service.clock.now(), quota).await;
    let id = id.map_err(|error| refusal(error, call, codes::LTS_0101))?;
    Ok(Answer::json(StatusCode::CREATED, &json!({"log_group_id": id})))
}

pub(super) async fn list_log_groups(service: &Service, call: &Call<'_>, _: &Value) -> Result<Answer> {
    Ok(Answer::new(StatusCode::OK, service.store.list_groups(call.parameter("project_id"))?))
}

pub(super) async fn delete_log_group(service: &Service, call: &Call<'_>, _: &Value) -> Result<Answer> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    match service.store.delete_group(project, group).await {
        Ok(()) => Ok(Answer::no_content()),
        Err(StoreError::InUse(id)) => Err(Refusal::about(codes::LTS_0105, id)),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn create_log_stream(service: &Service, call: &Call<'_>, body: &Value) -> Result<Answer> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    let (name, quota) = (text(body, "log_stream_name")?, service.options.quota_streams);
    let id = service.store.create_stream(project, group, name, service.clock.now(), quota).await;
    let id = id.map_err(|error| refusal(error, call, codes::LTS_0205))?;
    Ok(Answer::json(StatusCode::CREATED, &json!({"log_stream_id": id})))
}

pub(super) async fn list_log_streams(service: &Service, call: &Call<'_>, _: &Value) -> Result<Answer> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    Ok(Answer::new(StatusCode::OK, service.store.list_streams(project, group)?))
}

pub(super) async fn delete_log_stream(service: &Service, call: &Call<'_>, _: &Value) -> Result<Answer> {
    let (project, group) = (call.parameter("project_id"), call.parameter("log_group_id"));
    service.store.delete_stream(project, group, call.parameter("log_stream_id")).await?;
    Ok(Answer::no_content())
}

pub(super) async fn create_log_dump_obs(service: &Service, call: &Call<'_>, body: &Value) -> Result<Answer> {
    let streams = body["log_stream_ids"].as_array().map(Vec::as_slice).unwrap_or_default();
    let streams: Vec<&str> = streams.iter().filter_map(Value::as_str).collect();
    let (group, bucket) = (text(body, "log_group_id")?, text(body, "obs_bucket_name")?);
    let id =
        service.store.create_transfer(call.parameter("project_id"), group, &streams, bucket, body).await?;
    Ok(Answer::json(StatusCode::CREATED, &json!({"log_dump_obs_id": id})))
}

/// A member that the schema requires to be a text.
fn text<'a>(body: &'a Value, member: &str) -> Result<&'a str> {
    body[member].as_str().ok_or(Refusal::code(INVALID_BODY))
}

/// Why something was not created. The code of a full quota is the spec's.
fn refusal(error: StoreError, call: &Call<'_>, name_taken: &'static str) -> Refusal {
    match (error, call.operation.quota()) {
        (StoreError::NameTaken, _) => Refusal::code(name_taken),
        (StoreError::QuotaReached, Some(quota)) => Refusal::code(quota.code),
        (error, _) => error.into(),
    }
}

/// What the store refuses, as every operation puts it.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::GroupUnknown => Self::code(codes::LTS_0201),
            StoreError::StreamUnknown(id) => Self::about(codes::LTS_0208, id),
            StoreError::BucketUnknown(name) => Self::about(codes::LTS_0416, name),
            StoreError::InUse(id) => Self::about(codes::LTS_0207, id),
            StoreError::Failed(error) => Self::Broken(error.to_string()),
            StoreError::Stopped => Self::Stopped,
            // Those who create something put the first two into words of their own; the others are the control's and the start's.
            StoreError::NameTaken
            | StoreError::QuotaReached
            | StoreError::Invalid(_)
            | StoreError::DataFile(_) => Self::Broken(error.to_string()),
        }
    }
}
