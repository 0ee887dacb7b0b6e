//! Log streams.

use std::{collections::BTreeMap, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::timestamp::system_time;
use crate::{ids::StreamId, lenient};

/// A log stream (Table 5-35).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LogStream {
    /// Its id.
    #[serde(rename = "log_stream_id")]
    pub id: StreamId,
    /// Its name, unique in the group.
    #[serde(rename = "log_stream_name")]
    pub name: String,
    /// When it was created, in milliseconds since 1970-01-01T00:00:00Z, unless the service didn't say.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<i64>,
    /// How many filters it has.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub filter_count: Option<i64>,
    /// Whether it is marked as a favorite.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub is_favorite: Option<bool>,
    /// Its tags; empty where the service sends none.
    #[serde(
        rename = "tag",
        default,
        deserialize_with = "lenient::or_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub tags: BTreeMap<String, String>,
}

impl LogStream {
    /// When it was created, unless the service didn't say.
    pub fn created_at(&self) -> Option<SystemTime> {
        self.creation_time.map(system_time)
    }
}
