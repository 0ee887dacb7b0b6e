//! Declared groups, streams and transfers: data only, no logic.
//!
//! ```yaml
//! groups:
//!   - name: app
//!     ttl: 7
//!     tags: { team: shop }
//!     streams: [nginx, { name: worker, ttl: 30, tags: { team: jobs } }]
//!     transfers:
//!       - { streams: [nginx], bucket: my-bucket, every: 5min, format: raw, prefix: nginx, dir: edge, paused: false }
//! ```

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{
    model::{ObsDestination, StorageFormat, StreamTtl, Ttl},
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The name of the group.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::group_name"))]
    pub name: String,
    /// The retention in days. Without it, a new group has 7, and an existing one keeps its own.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::ttl"))]
    pub ttl: Option<Ttl>,
    /// The tags of the group. It may have others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::tags"))]
    pub tags: BTreeMap<String, String>,
    /// The group's streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::streams"))]
    pub streams: Vec<Stream>,
    /// The transfers of the group's streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
}

/// A log stream that should exist. In a manifest it is a name or, with retention or tags, an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stream {
    /// The name of the stream.
    pub name: String,
    /// The retention. Without it, a new stream has that of its group, and an existing one keeps its own.
    pub ttl: Option<StreamTtl>,
    /// The tags of the stream. It may have others.
    pub tags: BTreeMap<String, String>,
}

impl Stream {
    /// Whether only its name is declared.
    pub(crate) fn is_name(&self) -> bool {
        self.ttl.is_none() && self.tags.is_empty()
    }
}

/// A stream without a retention or tags of its own.
impl From<&str> for Stream {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

/// A stream without a retention or tags of its own.
impl From<String> for Stream {
    fn from(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

/// A stream with its retention or tags.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Stream"))]
#[serde(deny_unknown_fields)]
struct StreamMembers {
    /// The name of the stream.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::stream_name"))]
    name: String,
    /// The retention in days, or `inherit` for that of the group. Without it, a new stream has that of its group, and an
    /// existing one keeps its own.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::stream_ttl"))]
    ttl: Option<DaysOrInherit>,
    /// The tags of the stream. It may have others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::tags"))]
    tags: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a whole number of days, or inherit")]
enum DaysOrInherit {
    Days(u16),
    Word(InheritWord),
}

#[derive(Serialize, Deserialize)]
enum InheritWord {
    #[serde(rename = "inherit")]
    Inherit,
}

impl From<StreamTtl> for DaysOrInherit {
    fn from(ttl: StreamTtl) -> Self {
        match ttl.own() {
            // A number beyond the type breaks the rule as well as the largest one.
            Some(ttl) => Self::Days(ttl.as_days().try_into().unwrap_or(u16::MAX)),
            None => Self::Word(InheritWord::Inherit),
        }
    }
}

impl From<DaysOrInherit> for StreamTtl {
    fn from(ttl: DaysOrInherit) -> Self {
        match ttl {
            DaysOrInherit::Days(days) => Ttl::days(days).into(),
            DaysOrInherit::Word(InheritWord::Inherit) => Ttl::inherited(),
        }
    }
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_name() {
            return serializer.serialize_str(&self.name);
        }
        let Self { name, ttl, tags } = self.clone();
        StreamMembers { name, ttl: ttl.map(Into::into), tags }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrMembers;

        impl<'de> Visitor<'de> for NameOrMembers {
            type Value = Stream;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, or an object with a name")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Stream, E> {
                Ok(name.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Stream, A::Error> {
                let members = StreamMembers::deserialize(MapAccessDeserializer::new(members))?;
                let StreamMembers { name, ttl, tags } = members;
                Ok(Stream { name, ttl: ttl.map(Into::into), tags })
            }
        }

        deserializer.deserialize_any(NameOrMembers)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Stream {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NameOrStream".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (name, members) = (schema::stream_name(generator), generator.subschema_for::<StreamMembers>());
        schemars::json_schema!({ "anyOf": [name, members] })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A member that may be absent, but not null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
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

/// The retention of a new group that declares none, which every account may use.
pub const DEFAULT_TTL: Ttl = Ttl::days(7);

/// The parts of the JSON Schema that the spec's limits decide.
#[cfg(feature = "schemars")]
mod schema {
    use schemars::{Schema, SchemaGenerator, json_schema};

    use crate::{input::MAX_TAGS, spec::limits};

    pub(super) fn group_name(_: &mut SchemaGenerator) -> Schema {
        limits::LOG_GROUP_NAME.json_schema()
    }

    pub(super) fn ttl(_: &mut SchemaGenerator) -> Schema {
        let rule = limits::TTL_IN_DAYS;
        json_schema!({ "type": "integer", "minimum": rule.min, "maximum": rule.max })
    }

    pub(super) fn stream_ttl(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [ttl(generator), { "const": "inherit" }] })
    }

    pub(super) fn tags(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": limits::TAG_KEY.json_schema(),
            "additionalProperties": limits::TAG_VALUE.json_schema(),
            "maxProperties": MAX_TAGS,
        })
    }

    pub(super) fn stream_name(_: &mut SchemaGenerator) -> Schema {
        limits::LOG_STREAM_NAME.json_schema()
    }

    pub(super) fn streams(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<super::Stream>();
        json_schema!({ "type": "array", "items": items, "uniqueItems": true })
    }

    pub(super) fn some_stream_names(generator: &mut SchemaGenerator) -> Schema {
        let items = stream_name(generator);
        json_schema!({ "type": "array", "items": items, "minItems": 1, "uniqueItems": true })
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
        assert_eq!((group.ttl, group.streams.len(), group.tags.len()), (None, 0, 0));
        let transfer = &group.transfers[0];
        assert_eq!(transfer.to, ObsDestination::new("b", TransferInterval::Minutes5));
        assert!(!transfer.paused);
        assert_eq!(
            serde_json::from_str::<Manifest>(&serde_json::to_string(&manifest).unwrap()).unwrap(),
            manifest
        );
    }

    #[test]
    fn stream_is_a_name_or_an_object() {
        let text = r#"{"groups":[{"name":"app","streams":["a",{"name":"b","ttl":30},
            {"name":"c","ttl":"inherit","tags":{"k":""}},{"name":"d"}]}]}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        let streams = &manifest.groups[0].streams;
        assert_eq!((streams[0].name.as_str(), streams[0].is_name()), ("a", true));
        assert_eq!(streams[1].ttl, Some(Ttl::days(30).into()));
        assert_eq!((streams[2].ttl, streams[2].tags["k"].as_str()), (Some(Ttl::inherited()), ""));
        assert_eq!(
            serde_json::to_string(&streams).unwrap(),
            r#"["a",{"name":"b","ttl":30},{"name":"c","ttl":"inherit","tags":{"k":""}},"d"]"#
        );
    }

    #[test]
    fn unknown_members_and_values_are_rejected() {
        for text in [
            r#"{"group":[]}"#,
            r#"{"groups":[{"name":"a","ttl_in_days":7}]}"#,
            r#"{"groups":[{"name":"a","ttl":null}]}"#,
            r#"{"groups":[{"name":"a","tags":{"k":null}}]}"#,
            r#"{"groups":[{"name":"a","streams":[7]}]}"#,
            r#"{"groups":[{"name":"a","streams":[{"ttl":7}]}]}"#,
            r#"{"groups":[{"name":"a","streams":[{"name":"s","ttl":-1}]}]}"#,
            r#"{"groups":[{"name":"a","streams":[{"name":"s","ttl":"own"}]}]}"#,
            r#"{"groups":[{"name":"a","streams":[{"name":"s","tag":{}}]}]}"#,
            r#"{"groups":[{"name":"a","transfers":[{"streams":[],"bucket":"b","every":"1min"}]}]}"#,
            r#"{"groups":[{"name":"a","transfers":[{"streams":[],"bucket":"b","every":"5min","format":"csv"}]}]}"#,
        ] {
            assert!(serde_json::from_str::<Manifest>(text).is_err(), "{text}");
        }
    }
}
