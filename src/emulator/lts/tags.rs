//! Tags: their operation, and tags in the bodies of other operations.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::Value;

use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        state::State,
        store::{TagChange, Tagged, Tags},
        wire::{request::Call, response::ApiResponse},
    },
    input::{check_tag_count, check_tag_key, check_tag_value},
};

pub(crate) async fn change_tags(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let id = call.parameter("resource_id").to_owned();
    let tagged = match call.parameter("resource_type") {
        "groups" => Tagged::Group(id),
        "topics" => Tagged::Stream(id),
        _ => return Err(ApiError::code(INVALID_BODY)),
    };
    let mut changes = tag_changes(body)?;
    if body["action"] == "delete" {
        changes.iter_mut().for_each(|change| change.value = None);
    }
    state.store.change_tags(call.parameter("project_id"), tagged, changes).await?;
    Ok(ApiResponse::new(StatusCode::OK, ""))
}

/// The tags of a body that are to be set, each key once.
pub(super) fn tag_changes(body: &Value) -> Result<Vec<TagChange>, ApiError> {
    let mut keys = BTreeSet::new();
    let tags = body["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let change = |tag: &Value| {
        let (key, value) = (tag["key"].as_str()?, tag["value"].as_str().unwrap_or_default());
        let is_valid =
            check_tag_key(key).is_ok() && check_tag_value(value).is_ok() && keys.insert(key.to_owned());
        is_valid.then(|| TagChange {
            key: key.to_owned(),
            value: Some(value.to_owned()),
            reaches_streams: tag["tags_to_streams_enable"] != false,
        })
    };
    let changes: Option<Vec<_>> = tags.iter().map(change).collect();
    changes.filter(|changes| check_tag_count(changes.len()).is_ok()).ok_or(ApiError::code(INVALID_BODY))
}

/// The tags of a resource to create.
pub(super) fn new_tags(body: &Value) -> Result<Tags, ApiError> {
    let changes = tag_changes(body)?.into_iter();
    let tags: BTreeMap<_, _> = changes.map(|change| (change.key, change.value.unwrap_or_default())).collect();
    Ok(Tags(tags))
}
