//! Log groups.

use std::{collections::BTreeMap, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{Ttl, timestamp::system_time};
use crate::{ids::GroupId, lenient};

/// A log group (Table 5-13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LogGroup {
    /// Its id.
    #[serde(rename = "log_group_id")]
    pub id: GroupId,
    /// Its name, unique in the project.
    #[serde(rename = "log_group_name")]
    pub name: String,
    /// How long it keeps logs, unless the service didn't say.
    #[serde(
        rename = "ttl_in_days",
        default,
        deserialize_with = "lenient::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub ttl: Option<Ttl>,
    /// When it was created, in milliseconds since 1970-01-01T00:00:00Z, unless the service didn't say.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<i64>,
    /// Its tags; empty where the service sends none.
    #[serde(
        rename = "tag",
        default,
        deserialize_with = "lenient::or_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub tags: BTreeMap<String, String>,
}

impl LogGroup {
    /// When it was created, unless the service didn't say.
    pub fn created_at(&self) -> Option<SystemTime> {
        self.creation_time.map(system_time)
    }
}
