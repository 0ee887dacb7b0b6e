//! Declared groups, streams and transfers: data only, no logic.
//!
//! ```yaml
//! groups:
//!   - name: app
//!     ttl: 7
//!     streams: [nginx, worker]
//!     transfers:
//!       - { streams: [nginx], bucket: my-bucket, every: 5min, format: raw, prefix: nginx, dir: edge, paused: false }
//! ```

use serde::{Deserialize, Serialize};

use crate::{
    model::{ObsDestination, StorageFormat, Ttl},
    spec::TransferInterval,
};

/// The groups that should exist in a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(
        title = "Manifest of log groups",
        description = "Log groups, streams and transfers that should exist in a project of Huawei Cloud LTS."
    )
)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The log groups. Other groups of the project are never touched.
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// A log group that should exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The name of the group.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::group_name"))]
    pub name: String,
    /// The retention in days, 7 by default.
    #[serde(default = "seven_days")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::ttl"))]
    pub ttl: Ttl,
    /// The names of the group's streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::stream_names"))]
    pub streams: Vec<String>,
    /// The transfers of the group's streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
}

/// Streams of a group that should be transferred to object storage, with one task per stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(from = "TransferMembers", into = "TransferMembers")]
pub struct Transfer {
    /// The names of the streams.
    pub streams: Vec<String>,
    /// The bucket, and how logs are written to it.
    pub to: ObsDestination,
    /// The storage format.
    pub format: StorageFormat,
    /// Whether the task is created switched off.
    pub paused: bool,
}

/// Streams of a group that should be transferred to object storage, with one task per stream.
// The flat form of a `Transfer` in a manifest. Serde's `flatten` would lose the path of a mistake.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Transfer"))]
#[serde(deny_unknown_fields)]
struct TransferMembers {
    /// The names of the streams.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::some_stream_names"))]
    streams: Vec<String>,
    /// The name of the OBS bucket.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::bucket"))]
    bucket: String,
    /// The transfer interval.
    every: TransferInterval,
    /// The storage format, `raw` by default.
    #[serde(default)]
    format: StorageFormat,
    /// The prefix of file names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::prefix"))]
    prefix: Option<String>,
    /// The directory in the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::dir"))]
    dir: Option<String>,
    /// The time zone of the times in file names, by its IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Whether the task is created switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
}

impl From<Transfer> for TransferMembers {
    fn from(transfer: Transfer) -> Self {
        let Transfer { streams, to, format, paused } = transfer;
        let ObsDestination { bucket, every, prefix, dir, time_zone } = to;
        Self { streams, bucket, every, format, prefix, dir, time_zone, paused }
    }
}

impl From<TransferMembers> for Transfer {
    fn from(members: TransferMembers) -> Self {
        let TransferMembers { streams, bucket, every, format, prefix, dir, time_zone, paused } = members;
        Self { streams, to: ObsDestination { bucket, every, prefix, dir, time_zone }, format, paused }
    }
}

/// The default ttl, which every account may use.
pub(crate) fn seven_days() -> Ttl {
    Ttl::days(7)
}

/// The parts of the JSON Schema that the spec's limits decide.
#[cfg(feature = "schemars")]
mod schema {
    use schemars::{Schema, SchemaGenerator, json_schema};

    use crate::spec::limits;

    pub(super) fn group_name(_: &mut SchemaGenerator) -> Schema {
        limits::LOG_GROUP_NAME.json_schema()
    }

    pub(super) fn ttl(_: &mut SchemaGenerator) -> Schema {
        let rule = limits::TTL_IN_DAYS;
        let default = super::seven_days();
        json_schema!({ "type": "integer", "minimum": rule.min, "maximum": rule.max, "default": default })
    }

    pub(super) fn stream_names(_: &mut SchemaGenerator) -> Schema {
        names(0)
    }

    pub(super) fn some_stream_names(_: &mut SchemaGenerator) -> Schema {
        names(1)
    }

    pub(super) fn bucket(_: &mut SchemaGenerator) -> Schema {
        limits::OBS_BUCKET_NAME.json_schema()
    }

    pub(super) fn prefix(_: &mut SchemaGenerator) -> Schema {
        or_null(limits::PREFIX_NAME.json_schema())
    }

    pub(super) fn dir(_: &mut SchemaGenerator) -> Schema {
        or_null(limits::DIR_PREFIX_NAME.json_schema())
    }

    fn or_null(mut text: Schema) -> Schema {
        text.insert("type".to_owned(), serde_json::json!(["string", "null"]));
        text
    }

    fn names(least: usize) -> Schema {
        let items = limits::LOG_STREAM_NAME.json_schema();
        json_schema!({ "type": "array", "items": items, "minItems": least, "uniqueItems": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omitted_members_have_defaults() {
        let text =
            r#"{"groups":[{"name":"app","transfers":[{"streams":["s"],"bucket":"b","every":"5min"}]}]}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        let group = &manifest.groups[0];
        assert_eq!((group.ttl, group.streams.len()), (Ttl::days(7), 0));
        let transfer = &group.transfers[0];
        assert_eq!(transfer.to, ObsDestination::new("b", TransferInterval::Minutes5));
        assert!(!transfer.paused);
        assert_eq!(
            serde_json::from_str::<Manifest>(&serde_json::to_string(&manifest).unwrap()).unwrap(),
            manifest
        );
    }

    #[test]
    fn unknown_members_and_values_are_rejected() {
        for text in [
            r#"{"group":[]}"#,
            r#"{"groups":[{"name":"a","ttl_in_days":7}]}"#,
            r#"{"groups":[{"name":"a","transfers":[{"streams":[],"bucket":"b","every":"1min"}]}]}"#,
            r#"{"groups":[{"name":"a","transfers":[{"streams":[],"bucket":"b","every":"5min","format":"csv"}]}]}"#,
        ] {
            assert!(serde_json::from_str::<Manifest>(text).is_err(), "{text}");
        }
    }
}
