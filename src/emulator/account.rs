//! What the options and seeds give an emulator: the projects, keys, users and buckets of an account.

use jiff::Timestamp;
use serde::Deserialize;

use super::clock;
use crate::{input::check_text, spec::limits};

/// Projects, key pairs, users and buckets.
#[derive(Clone, Default)]
pub(super) struct Account {
    pub(super) projects: Vec<Project>,
    pub(super) keys: Vec<Key>,
    pub(super) users: Vec<User>,
    pub(super) buckets: Vec<String>,
}

/// A project of the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: String,
}

/// A key pair. A temporary one has a security token and may expire.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    #[serde(rename = "ak")]
    pub(super) access_key: String,
    #[serde(rename = "sk")]
    pub(super) secret_key: String,
    #[serde(default)]
    pub(super) security_token: Option<String>,
    #[serde(default, deserialize_with = "clock::deserialize_rfc3339")]
    pub(super) expires_at: Option<Timestamp>,
}

/// A user with a password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) domain: String,
}

impl Account {
    /// Checks that all items can be used.
    pub(super) fn check(&self) -> Result<(), String> {
        for Project { id, name } in &self.projects {
            not_empty("project's id", id)?;
            not_empty("project's name", name)?;
        }
        for key in &self.keys {
            not_empty("ak", &key.access_key)?;
            not_empty("sk", &key.secret_key)?;
        }
        for User { name, password, domain } in &self.users {
            not_empty("user's name", name)?;
            not_empty("user's password", password)?;
            not_empty("user's domain", domain)?;
        }
        let bucket = |name: &String| check_text("obs_bucket_name", &limits::OBS_BUCKET_NAME, name);
        self.buckets.iter().try_for_each(bucket).map_err(|error| error.to_string())
    }

    pub(super) fn add_project(&mut self, id: impl Into<String>, name: impl Into<String>) {
        self.projects.push(Project { id: id.into(), name: name.into() });
    }

    pub(super) fn add_key(&mut self, access_key: impl Into<String>, secret_key: impl Into<String>) {
        let (access_key, secret_key) = (access_key.into(), secret_key.into());
        self.keys.push(Key { access_key, secret_key, security_token: None, expires_at: None });
    }

    pub(super) fn add_temporary_key(
        &mut self,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
        security_token: impl Into<String>,
        expires_at: Option<Timestamp>,
    ) {
        let security_token = Some(security_token.into());
        let (access_key, secret_key) = (access_key.into(), secret_key.into());
        self.keys.push(Key { access_key, secret_key, security_token, expires_at });
    }

    pub(super) fn add_user(
        &mut self,
        name: impl Into<String>,
        password: impl Into<String>,
        domain: impl Into<String>,
    ) {
        self.users.push(User { name: name.into(), password: password.into(), domain: domain.into() });
    }
}

pub(super) fn not_empty(what: &str, text: &str) -> Result<(), String> {
    if text.is_empty() { Err(format!("{what}: must not be empty")) } else { Ok(()) }
}
