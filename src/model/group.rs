//! Log groups.

use std::{collections::BTreeMap, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{Ttl, timestamp::system_time};
use crate::{ids::GroupId, lenient};

/// A log group, as [`listLogGroups`](crate::spec::Operation::ListLogGroups) returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LogGroup {
    /// The id of the group.
    #[serde(rename = "log_group_id")]
    pub id: GroupId,
    /// The name, unique in the project.
    #[serde(rename = "log_group_name")]
    pub name: String,
    /// The second name, if the group has one.
    #[serde(
        rename = "log_group_name_alias",
        default,
        deserialize_with = "lenient::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub alias: Option<String>,
    /// The retention, if the service sent it.
    #[serde(
        rename = "ttl_in_days",
        default,
        deserialize_with = "lenient::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub ttl: Option<Ttl>,
    /// The creation time in milliseconds since 1970-01-01T00:00:00Z, if the service sent it.
    #[serde(default, deserialize_with = "lenient::option", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<i64>,
    /// The tags; empty if the service sends none.
    #[serde(
        rename = "tag",
        default,
        deserialize_with = "lenient::or_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub tags: BTreeMap<String, String>,
}

impl LogGroup {
    /// The creation time, if the service sent it.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// for group in lts.groups().list().await? {
    ///     let age = group.created_at().and_then(|time| time.elapsed().ok());
    ///     println!("{}: {age:?}", group.name);
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn created_at(&self) -> Option<SystemTime> {
        self.creation_time.map(system_time)
    }
}
