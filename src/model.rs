//! Groups and streams as callers see them.
//!
//! These types are the stable ones: the generated types follow the spec and may change with it.

use std::{
    collections::BTreeMap,
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    api::lts::types,
    ids::{GroupId, StreamId},
    input::InvalidInput,
    lenient::{self, FromJson},
};

/// How long a group keeps its logs, in days.
///
/// The service takes 1 to 365 ([`limits::TTL_IN_DAYS`](crate::spec::limits::TTL_IN_DAYS)); some accounts are
/// bound to 7 (LTS.0106). The range is checked when a group is created, so that an odd value in an answer
/// doesn't fail a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Ttl(i32);

impl Ttl {
    /// So many days.
    pub const fn days(days: u16) -> Self {
        Self(days as i32)
    }

    /// The number of days.
    pub const fn as_days(self) -> i32 {
        self.0
    }
}

impl FromJson for Ttl {
    fn from_text(text: &str) -> Option<Self> {
        i64::from_text(text).and_then(Self::from_integer)
    }

    fn from_integer(number: i64) -> Option<Self> {
        number.try_into().ok().map(Self)
    }

    fn from_float(number: f64) -> Option<Self> {
        i64::from_float(number).and_then(Self::from_integer)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self.0 {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        })
    }
}

impl FromStr for Ttl {
    type Err = InvalidInput;

    /// Reads a number of days.
    fn from_str(days: &str) -> Result<Self, InvalidInput> {
        let rule = || InvalidInput::new("ttl_in_days", days, "a whole number of days");
        days.parse::<u16>().map(Self::days).map_err(|_| rule())
    }
}

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
        self.creation_time.map(time)
    }
}

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
        self.creation_time.map(time)
    }
}

fn time(milliseconds: i64) -> SystemTime {
    let distance = Duration::from_millis(milliseconds.unsigned_abs());
    let time =
        if milliseconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.unwrap_or(UNIX_EPOCH)
}

/// How transferred logs are stored in the bucket (Table 5-49).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StorageFormat {
    /// As they came.
    #[default]
    Raw,
    /// As JSON.
    Json,
}

impl From<StorageFormat> for types::StorageFormat {
    fn from(format: StorageFormat) -> Self {
        match format {
            StorageFormat::Raw => Self::Raw,
            StorageFormat::Json => Self::Json,
        }
    }
}

impl fmt::Display for StorageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&types::StorageFormat::from(*self).to_string().to_lowercase())
    }
}

impl FromStr for StorageFormat {
    type Err = InvalidInput;

    /// Reads `raw` or `json`, in small or capital letters.
    fn from_str(name: &str) -> Result<Self, InvalidInput> {
        [Self::Raw, Self::Json]
            .into_iter()
            .find(|format| format.to_string().eq_ignore_ascii_case(name))
            .ok_or_else(|| InvalidInput::new("storage_format", name, "raw or json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_reads_like_a_person_would_say_it() {
        assert_eq!(
            format!("{} {} {:>8}", Ttl::days(1), Ttl::days(7), Ttl::days(30)),
            "1 day 7 days  30 days"
        );
        assert_eq!("30".parse::<Ttl>().unwrap(), Ttl::days(30));
        assert!("7d".parse::<Ttl>().is_err());
    }

    #[test]
    fn creation_time_is_milliseconds() {
        assert_eq!(time(1_630_547_141_853), UNIX_EPOCH + Duration::from_millis(1_630_547_141_853));
        assert_eq!(time(i64::MIN), UNIX_EPOCH - Duration::from_millis(i64::MIN.unsigned_abs()));
    }

    #[test]
    fn a_format_is_read_in_any_case() {
        assert_eq!("JSON".parse::<StorageFormat>().unwrap(), StorageFormat::Json);
        assert_eq!("raw".parse::<StorageFormat>().unwrap(), StorageFormat::Raw);
        assert!("csv".parse::<StorageFormat>().unwrap_err().to_string().contains("raw or json"));
    }
}
