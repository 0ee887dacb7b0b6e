//! Log streams.

use std::{collections::BTreeMap, time::SystemTime};

use serde::{Deserialize, Deserializer, Serialize};

use super::{StreamTtl, timestamp::system_time};
use crate::{
    ids::{GroupId, StreamId},
    lenient,
};

/// A log stream, as [`listLogStreams`](crate::spec::Operation::ListLogStreams) returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LogStream {
    /// The id of the stream.
    #[serde(rename = "log_stream_id")]
    pub id: StreamId,
    /// The name, unique in the group.
    #[serde(rename = "log_stream_name")]
    pub name: String,
    /// The second name, if the stream has one.
    #[serde(
        rename = "log_stream_name_alias",
        default,
        deserialize_with = "lenient::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub alias: Option<String>,
    /// The group of the stream, in lists of the streams of a project.
    #[serde(
        rename = "log_group_id",
        default,
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub group: Option<GroupId>,
    /// The retention, if the service sent it.
    #[serde(
        rename = "ttl_in_days",
        default,
        deserialize_with = "lenient::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub ttl: Option<StreamTtl>,
    /// The creation time in milliseconds since 1970-01-01T00:00:00Z, if the service sent it.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<i64>,
    /// The number of filters.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub filter_count: Option<i64>,
    /// Whether the stream is marked as a favorite.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub is_favorite: Option<bool>,
    /// Whether the logs are kept, if the service sent it.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub whether_log_storage: Option<bool>,
    /// Whether older logs are moved to cheaper storage, if the service sent it.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub hot_cold_separation: Option<bool>,
    /// After how many days logs are moved to cheaper storage, if the service sent it; -1 if they are not.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub hot_storage_days: Option<i64>,
    /// Whether web pages may send logs without a credential, if the service sent it.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub auth_web_tracking: Option<bool>,
    /// The tags; empty if the service sends none.
    #[serde(
        rename = "tag",
        default,
        deserialize_with = "lenient::or_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub tags: BTreeMap<String, String>,
}

/// An id; one that can't be read is absent.
fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<GroupId>, D::Error> {
    let text: Option<String> = lenient::option(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

impl LogStream {
    /// The creation time, if the service sent it.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # lts.group(&id).streams().create("nginx").await?;
    /// for stream in lts.group(&id).streams().list().await? {
    ///     let age = stream.created_at().and_then(|time| time.elapsed().ok());
    ///     println!("{}: {age:?}", stream.name);
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn created_at(&self) -> Option<SystemTime> {
        self.creation_time.map(system_time)
    }
}
