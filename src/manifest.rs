//! Groups, streams and transfers as a declaration: data only, no logic.
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
    model::{StorageFormat, Ttl},
    spec::TransferInterval,
};

/// What there should be in a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The log groups. Groups that aren't named here are nobody's business.
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// A log group that there should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// How long it keeps logs, in days; 7 if it isn't said.
    #[serde(default = "seven_days")]
    pub ttl: Ttl,
    /// The names of its streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<String>,
    /// The transfers of its streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
}

/// Streams of a group that should be transferred to object storage, each by a task of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The names of the streams.
    pub streams: Vec<String>,
    /// The name of the OBS bucket.
    pub bucket: String,
    /// How often.
    pub every: TransferInterval,
    /// How logs are stored; `raw` if it isn't said.
    #[serde(default)]
    pub format: StorageFormat,
    /// What the names of the files start with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The path in the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// Whether the task is created switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

/// The ttl that every account may have.
fn seven_days() -> Ttl {
    Ttl::days(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_its_default() {
        let text =
            r#"{"groups":[{"name":"app","transfers":[{"streams":["s"],"bucket":"b","every":"5min"}]}]}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        let group = &manifest.groups[0];
        assert_eq!((group.ttl, group.streams.len()), (Ttl::days(7), 0));
        let transfer = &group.transfers[0];
        assert_eq!((transfer.every, transfer.format), (TransferInterval::Minutes5, StorageFormat::Raw));
        assert_eq!((&transfer.prefix, transfer.paused), (&None, false));
        assert_eq!(
            serde_json::from_str::<Manifest>(&serde_json::to_string(&manifest).unwrap()).unwrap(),
            manifest
        );
    }

    #[test]
    fn what_is_not_known_is_an_error() {
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
