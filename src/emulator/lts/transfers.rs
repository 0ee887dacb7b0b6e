//! Operations on transfers.

use http::StatusCode;
use serde_json::{Value, json};

use crate::emulator::{
    errors::ApiError,
    state::State,
    validate::body::required_text,
    wire::{request::Call, response::ApiResponse},
};

pub(crate) async fn create_log_dump_obs(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let streams = body["log_stream_ids"].as_array().map(Vec::as_slice).unwrap_or_default();
    let streams: Vec<&str> = streams.iter().filter_map(Value::as_str).collect();
    let (group, bucket) = (required_text(body, "log_group_id")?, required_text(body, "obs_bucket_name")?);
    let id = state.store.create_transfer(call.parameter("project_id"), group, &streams, bucket, body).await?;
    Ok(ApiResponse::json(StatusCode::CREATED, &json!({"log_dump_obs_id": id})))
}
