//! Seeds: data for tests and demonstrations, without a call per item.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{
    account::{Account, Key, Project, User, not_empty},
    clock,
    options::Options,
};
use crate::{
    api::lts::types::{self, TransferType},
    input::{
        InvalidInput, check_integer, check_tag_count, check_tag_key, check_tag_value, check_text,
        standard_offset,
    },
    manifest::{self, Manifest},
    spec::limits,
};

/// Data to add to an emulator, all or nothing.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use huaweicloud_lts::{Emulator, emulator::Seed};
///
/// let manifest = serde_json::from_str(r#"{"groups": [{"name": "app", "streams": ["nginx"]}]}"#)?;
/// let emulator = Emulator::start()?;
/// emulator.seed(&Seed::new().bucket("my-bucket").manifest(manifest))?;
/// # Ok(())
/// # }
/// ```
///
/// As JSON, for `POST /_emulator/seed`, it has the optional fields `manifest`, `users` (`{name, password, domain}`),
/// `projects` (`{id, name}`), `keys` (`{ak, sk, security_token, expires_at}`), `tokens` (`{token, project_id,
/// expires_at}`) and `buckets` (names). Times are RFC 3339, by the emulator's clock. Without `expires_at`, keys and
/// tokens never expire; a token without `project_id` has no project.
#[derive(Clone, Default, Deserialize)]
#[serde(from = "Body")]
#[must_use = "a seed does nothing until it is added to an emulator"]
pub struct Seed {
    pub(super) manifest: Manifest,
    pub(super) account: Account,
    pub(super) tokens: Vec<SeedToken>,
}

/// A seed as JSON.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Body {
    #[serde(deserialize_with = "null_as_default")]
    manifest: Manifest,
    #[serde(deserialize_with = "null_as_default")]
    users: Vec<User>,
    #[serde(deserialize_with = "null_as_default")]
    projects: Vec<Project>,
    #[serde(deserialize_with = "null_as_default")]
    keys: Vec<Key>,
    #[serde(deserialize_with = "null_as_default")]
    tokens: Vec<SeedToken>,
    #[serde(deserialize_with = "null_as_default")]
    buckets: Vec<String>,
}

impl From<Body> for Seed {
    fn from(body: Body) -> Self {
        let Body { manifest, users, projects, keys, tokens, buckets } = body;
        Self { manifest, account: Account { projects, keys, users, buckets }, tokens }
    }
}

/// A token that the emulator accepts without having issued it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedToken {
    pub(super) token: String,
    #[serde(default)]
    pub(super) project_id: Option<String>,
    #[serde(default, deserialize_with = "clock::deserialize_rfc3339")]
    pub(super) expires_at: Option<Timestamp>,
}

impl Seed {
    /// An empty seed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the groups, streams and transfers of the first project. None of the groups may exist yet.
    pub fn manifest(mut self, manifest: Manifest) -> Self {
        self.manifest = manifest;
        self
    }

    /// Adds a user, who may get a token for every project.
    pub fn user(
        mut self,
        name: impl Into<String>,
        password: impl Into<String>,
        domain: impl Into<String>,
    ) -> Self {
        self.account.add_user(name, password, domain);
        self
    }

    /// Adds a project.
    pub fn project(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.account.add_project(id, name);
        self
    }

    /// Adds a permanent key pair. It works in every project.
    pub fn key(mut self, access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.account.add_key(access_key, secret_key);
        self
    }

    /// Adds a temporary key pair: requests need its security token and must arrive before it expires.
    pub fn temporary_key(
        mut self,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
        security_token: impl Into<String>,
        expires_at: SystemTime,
    ) -> Self {
        let expires_at = Some(clock::timestamp(expires_at));
        self.account.add_temporary_key(access_key, secret_key, security_token, expires_at);
        self
    }

    /// Adds a token for a project, or for none. Without `expires_at` it never expires.
    pub fn token(
        mut self,
        token: impl Into<String>,
        project_id: Option<&str>,
        expires_at: Option<SystemTime>,
    ) -> Self {
        self.tokens.push(SeedToken {
            token: token.into(),
            project_id: project_id.map(str::to_owned),
            expires_at: expires_at.map(clock::timestamp),
        });
        self
    }

    /// Adds an OBS bucket that transfers can write to.
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.account.buckets.push(name.into());
        self
    }

    /// Checks the rules that don't depend on existing data.
    pub(super) fn check(&self, options: &Options) -> Result<(), String> {
        self.account.check()?;
        self.tokens.iter().try_for_each(|token| not_empty("token", &token.token))?;
        for group in &self.manifest.groups {
            check_group(group).map_err(|error| format!("group {:?}: {error}", group.name))?;
            let streams = group.streams.iter().filter_map(|stream| stream.ttl?.own());
            let mut ttls = group.ttl.into_iter().chain(streams);
            if options.ttl_must_be_7 && ttls.any(|ttl| i64::from(ttl.as_days()) != Options::ONLY_TTL) {
                return Err(format!("group {:?}: its ttl must be {}", group.name, Options::ONLY_TTL));
            }
        }
        Ok(())
    }
}

fn check_group(group: &manifest::Group) -> Result<(), InvalidInput> {
    check_text("log_group_name", &limits::LOG_GROUP_NAME, &group.name)?;
    check_ttl(group.ttl.map(|ttl| ttl.as_days()))?;
    check_tags(&group.tags)?;
    for stream in &group.streams {
        check_text("log_stream_name", &limits::LOG_STREAM_NAME, &stream.name)?;
        check_ttl(stream.ttl.and_then(|ttl| ttl.own()).map(|ttl| ttl.as_days()))?;
        check_tags(&stream.tags)?;
    }
    for transfer in &group.transfers {
        if transfer.streams.is_empty() {
            return Err(InvalidInput::new("log_stream_ids", "[]", "at least one stream"));
        }
        if let Some(prefix) = &transfer.to.prefix {
            check_text("prefix_name", &limits::PREFIX_NAME, prefix)?;
        }
        if let Some(name) = &transfer.to.time_zone {
            standard_offset(name)?;
        }
        if let Some(dir) = &transfer.to.dir {
            check_text("dir_prefix_name", &limits::DIR_PREFIX_NAME, dir)?;
        }
    }
    Ok(())
}

fn check_ttl(days: Option<i32>) -> Result<(), InvalidInput> {
    days.map_or(Ok(()), |days| check_integer("ttl_in_days", &limits::TTL_IN_DAYS, days.into()))
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), InvalidInput> {
    check_tag_count(tags.len())?;
    tags.iter().try_for_each(|(key, value)| check_tag_key(key).and(check_tag_value(value)))
}

/// The request body that creates a transfer of one stream.
pub(super) fn transfer_body(group: &str, stream: &str, transfer: &manifest::Transfer) -> Value {
    let mut body = json!({
        "log_group_id": group,
        "log_stream_ids": [stream],
        "obs_bucket_name": transfer.to.bucket,
        "type": TransferType::Cycle,
        "storage_format": types::StorageFormat::from(transfer.format),
        "switch_on": !transfer.paused,
        "period": transfer.to.every.period(),
        "period_unit": transfer.to.every.period_unit(),
    });
    for (name, value) in [("prefix_name", &transfer.to.prefix), ("dir_prefix_name", &transfer.to.dir)] {
        if let Some(value) = value {
            body[name] = Value::from(value.as_str());
        }
    }
    body
}

/// Null means empty.
fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Leaves out the secrets of keys, users and tokens.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seed")
            .field("manifest", &self.manifest)
            .field("projects", &self.account.projects)
            .field("buckets", &self.account.buckets)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secrets() {
        let seed = Seed::new().key("AK", "secret-value").user("u", "secret-value", "d").token(
            "secret-value",
            None,
            None,
        );
        assert!(!format!("{seed:?}").contains("secret-value"), "{seed:?}");
    }
}
