//! Operations on transfers.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        log_dump,
        state::State,
        store::{NewTransfer, TransferChange, TransferFilter},
        validate::body::{integer, required_text},
        wire::{request::Call, response::ApiResponse},
    },
    spec::{TRANSFER_TYPES, TransferInterval, TransferType},
};

pub(crate) async fn create_log_dump_obs(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let transfer = NewTransfer {
        group: required_text(body, "log_group_id")?.to_owned(),
        streams: texts(&body["log_stream_ids"]),
        info: log_dump::info(body),
        request: body.clone(),
    };
    let (project, now) = (call.parameter("project_id"), state.clock.now());
    let task = state.store.create_transfer(project, transfer, now).await?;
    Ok(ApiResponse::json(StatusCode::CREATED, &json!({"log_dump_obs_id": task["log_transfer_id"]})))
}

pub(crate) async fn create_transfer(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let given = &body["log_transfer_info"];
    let kind = transfer_type(given).filter(|kind| given["log_transfer_mode"] == kind.mode);
    let kind = kind.ok_or(ApiError::code(INVALID_BODY))?;
    let transfer = NewTransfer {
        group: required_text(body, "log_group_id")?.to_owned(),
        streams: stream_ids(&body["log_streams"]),
        info: json!({
            "log_agency_transfer": given["log_agency_transfer"],
            "log_storage_format": given["log_storage_format"],
            "log_transfer_detail": detail(kind, &given["log_transfer_detail"])?,
            "log_transfer_mode": kind.mode,
            "log_transfer_status": given["log_transfer_status"],
            "log_transfer_type": kind.name,
        }),
        request: body.clone(),
    };
    let (project, now) = (call.parameter("project_id"), state.clock.now());
    let task = state.store.create_transfer(project, transfer, now).await?;
    Ok(ApiResponse::json(StatusCode::OK, &task))
}

pub(crate) async fn list_transfers(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    let number = |name: &str| call.query(name).and_then(|number| number.parse::<usize>().ok());
    let filter = TransferFilter {
        kind: call.query("log_transfer_type"),
        group_name: call.query("log_group_name"),
        stream_name: call.query("log_stream_name"),
        offset: number("offset").unwrap_or_default(),
        limit: number("limit").filter(|limit| *limit > 0),
    };
    let list = state.store.list_transfers(call.parameter("project_id"), filter)?;
    Ok(ApiResponse::new(StatusCode::OK, list))
}

pub(crate) async fn update_transfer(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let (project, id) = (call.parameter("project_id"), required_text(body, "log_transfer_id")?);
    let mut info = state.store.transfer_info(project, id)?;
    let given = &body["log_transfer_info"];
    let kind = transfer_type(&info).ok_or(ApiError::code(INVALID_BODY))?;
    info["log_storage_format"] = given["log_storage_format"].clone();
    info["log_transfer_status"] = given["log_transfer_status"].clone();
    info["log_transfer_detail"] = detail(kind, &given["log_transfer_detail"])?;
    let change = TransferChange {
        group: body["log_group_id"].as_str().map(str::to_owned),
        streams: body.get("log_streams").map(stream_ids),
        info,
    };
    let task = state.store.update_transfer(project, id, change).await?;
    Ok(ApiResponse::json(StatusCode::OK, &task))
}

pub(crate) async fn delete_transfer(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    let id = call.query("log_transfer_id").unwrap_or_default();
    let task = state.store.delete_transfer(call.parameter("project_id"), id).await?;
    Ok(ApiResponse::json(StatusCode::OK, &task))
}

fn transfer_type(info: &Value) -> Option<&'static TransferType> {
    TRANSFER_TYPES.iter().find(|kind| info["log_transfer_type"] == kind.name)
}

/// The detail of a transfer without empty members, checked by the rules of its type.
fn detail(kind: &TransferType, given: &Value) -> Result<Value, ApiError> {
    let is_empty = |value: &Value| value == "" || value.as_array().is_some_and(Vec::is_empty);
    let members = given.as_object().into_iter().flatten().filter(|(_, value)| !is_empty(value));
    let detail: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    let has = |name: &&str| detail.contains_key(*name);
    let is_interval = |valid: &TransferInterval| {
        let period = detail.get("obs_period").and_then(integer);
        period == Some(valid.period().into())
            && detail.get("obs_period_unit") == Some(&json!(valid.period_unit()))
    };
    let is_valid = kind.required.iter().all(has)
        && (!kind.required.contains(&"obs_period") || TransferInterval::ALL.iter().any(is_interval))
        && has(&"obs_time_zone") == has(&"obs_time_zone_id")
        && (detail.get("obs_encrypted_enable") != Some(&json!(true)) || has(&"obs_encrypted_id"));
    if is_valid { Ok(detail.into()) } else { Err(ApiError::code(INVALID_BODY)) }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn stream_ids(streams: &Value) -> Vec<String> {
    let streams = streams.as_array().into_iter().flatten();
    streams.filter_map(|stream| stream["log_stream_id"].as_str()).map(str::to_owned).collect()
}
