//! Adds the options' account and seeds.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use jiff::Timestamp;
use rusqlite::{ffi, params};
use serde_json::Value;

use super::{
    Store,
    cache::Invalidation,
    database::{Database, violated},
    error::{Result, StoreError},
    groups::NewGroup,
    schema,
    streams::NewStream,
    tags::Tags,
    tokens::hash,
    transfers::NewTransfer,
};
use crate::emulator::{
    account::{Account, Key, Project, User},
    log_dump,
    options::Options,
    seed::{Seed, transfer_body},
};
use crate::{input::standard_offset, manifest};

/// How to add an item that exists.
#[derive(Clone, Copy)]
enum OnConflict {
    Fail,
    Update,
}

impl OnConflict {
    fn apply<'a>(self, insert: &'a str, on_conflict: &str) -> Cow<'a, str> {
        match self {
            Self::Fail => Cow::Borrowed(insert),
            Self::Update => Cow::Owned(format!("{insert} {on_conflict}")),
        }
    }
}

impl Store {
    /// Adds all of a seed, or nothing. The seed has passed its own [checks](Seed::check).
    pub(in crate::emulator) async fn seed(
        &self,
        seed: &Seed,
        options: &Arc<Options>,
        now: Timestamp,
    ) -> Result<()> {
        let (seed, options) = (seed.clone(), Arc::clone(options));
        self.write(Invalidation::ALL, move |database| {
            database.atomically(|database| database.seed(&seed, &options, now))
        })
        .await
    }
}

impl Database {
    /// Adds the options' account to an empty database.
    pub(super) fn initialize(&self, options: &Options) -> Result<()> {
        self.atomically(|database| database.add(&options.account, OnConflict::Fail))
    }

    /// Replaces everything with the options' account.
    pub(super) fn reset(&self, options: &Options) -> Result<()> {
        self.atomically(|database| {
            database.batch(schema::CLEAR)?;
            database.quota.clear();
            database.initialize(options)
        })
    }

    /// Adds the options' account to a database with data. Existing items get the options' secrets and names.
    pub(super) fn update_account(&self, options: &Options) -> Result<()> {
        self.atomically(|database| database.add(&options.account, OnConflict::Update))
    }

    fn seed(&self, seed: &Seed, options: &Options, now: Timestamp) -> Result<()> {
        self.add(&seed.account, OnConflict::Fail)?;
        for (i, token) in seed.tokens.iter().enumerate() {
            // A token is a secret, so messages give its position.
            let what = format!("token {}", i + 1);
            let project = token.project_id.as_deref();
            if let Some(project) = project
                && !self.has_project(project)?
            {
                return Err(StoreError::Invalid(format!("{what}: there is no project {project:?}")));
            }
            let expires_at = token.expires_at.unwrap_or(Timestamp::MAX);
            self.add_token(hash(token.token.as_bytes()), project, expires_at)
                .map_err(|error| cannot_add(error, &what))?;
        }
        // The options always have a project.
        let project = options.account.projects.first().map_or("", |project| &project.id);
        seed.manifest.groups.iter().try_for_each(|group| self.declare(project, group, options, now))
    }

    /// Adds the items of an account.
    fn add(&self, account: &Account, on_conflict: OnConflict) -> Result<()> {
        for Project { id, name } in &account.projects {
            let sql = on_conflict.apply(
                "INSERT INTO projects (id, name) VALUES (?1, ?2)",
                "ON CONFLICT (id) DO UPDATE SET name = ?2",
            );
            self.execute(&sql, [id, name]).map_err(|error| cannot_add(error, &format!("project {id:?}")))?;
        }
        for Key { access_key, secret_key, security_token, expires_at } in &account.keys {
            let sql = on_conflict.apply(
                "INSERT INTO keys (access_key, secret_key, security_token, expires_at)
                 VALUES (?1, ?2, ?3, ?4)",
                "ON CONFLICT (access_key)
                 DO UPDATE SET secret_key = ?2, security_token = ?3, expires_at = ?4",
            );
            let expires_at = expires_at.map(Timestamp::as_millisecond);
            self.execute(&sql, params![access_key, secret_key, security_token, expires_at])
                .map_err(|error| cannot_add(error, &format!("access key {access_key:?}")))?;
        }
        for User { name, password, domain } in &account.users {
            let sql = on_conflict.apply(
                "INSERT INTO users (name, password, domain) VALUES (?1, ?2, ?3)",
                "ON CONFLICT (domain, name) DO UPDATE SET password = ?2",
            );
            self.execute(&sql, [name, password, domain])
                .map_err(|error| cannot_add(error, &format!("user {name:?} of domain {domain:?}")))?;
        }
        for bucket in &account.buckets {
            let sql = on_conflict.apply("INSERT INTO buckets (name) VALUES (?1)", "ON CONFLICT DO NOTHING");
            self.execute(&sql, [bucket]).map_err(|error| cannot_add(error, &format!("bucket {bucket:?}")))?;
        }
        Ok(())
    }

    pub(super) fn buckets(&self) -> Result<Vec<String>> {
        self.all("SELECT name FROM buckets ORDER BY seq", [], |row| row.get(0))
    }

    /// Creates a group of a manifest with its streams, and one transfer per stream.
    fn declare(
        &self,
        project: &str,
        group: &manifest::Group,
        options: &Options,
        now: Timestamp,
    ) -> Result<()> {
        let manifest::Group { name, ttl, tags, streams, transfers } = group;
        let group = format!("group {name:?}");
        let ttl = ttl.unwrap_or(manifest::DEFAULT_TTL).as_days().into();
        let new = NewGroup { tags: Tags(tags.clone()), ..NewGroup::new(name, ttl) };
        let id = self.create_group(project, &new, now, options.quota_groups);
        let id = id.map_err(|error| cannot_declare(error, &group))?;
        let mut ids = HashMap::new();
        for manifest::Stream { name, ttl, tags } in streams {
            let mut new = NewStream { tags: Tags(tags.clone()), ..NewStream::new(name) };
            if let Some(ttl) = ttl.and_then(|ttl| ttl.own()) {
                new.ttl = ttl.as_days().into();
            }
            let stream = self.create_stream(project, &id, &new, now, options.quota_streams);
            let stream =
                stream.map_err(|error| cannot_declare(error, &format!("{group}, stream {name:?}")))?;
            ids.insert(name, stream);
        }
        for transfer in transfers {
            for name in &transfer.streams {
                let what = format!("{group}, transfer of stream {name:?}");
                let unknown = || StoreError::Invalid(format!("{what}: the group has no such stream"));
                let stream = ids.get(name).ok_or_else(unknown)?;
                let request = transfer_body(&id, stream, transfer);
                let new = NewTransfer {
                    group: id.clone(),
                    streams: vec![stream.clone()],
                    info: seeded_info(&request, transfer.to.time_zone.as_deref()),
                    request,
                };
                self.create_transfer(project, &new, now).map_err(|error| cannot_declare(error, &what))?;
            }
        }
        Ok(())
    }
}

/// What lists show of a transfer of a manifest.
fn seeded_info(request: &Value, time_zone: Option<&str>) -> Value {
    let mut info = log_dump::info(request);
    if let Some(name) = time_zone {
        let detail = &mut info["log_transfer_detail"];
        detail["obs_time_zone_id"] = name.into();
        // The seed's check has accepted the name.
        detail["obs_time_zone"] = standard_offset(name).unwrap_or_default().into();
    }
    info
}

/// Why an item of the account can't be added.
fn cannot_add(error: rusqlite::Error, what: &str) -> StoreError {
    match violated(&error) {
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            StoreError::Invalid(format!("{what} is there already"))
        }
        Some(ffi::SQLITE_CONSTRAINT_CHECK) => StoreError::Invalid(format!("{what}: this is no id")),
        _ => error.into(),
    }
}

/// Why a part of a manifest can't be created.
fn cannot_declare(error: StoreError, what: &str) -> StoreError {
    StoreError::Invalid(match error {
        StoreError::NameTaken => format!("{what} is there already"),
        StoreError::QuotaReached => format!("{what}: the quota is reached"),
        StoreError::BucketUnknown(name) => format!("{what}: there is no bucket {name:?}"),
        StoreError::InUse(_) => format!("{what}: the stream has a transfer already"),
        other => return other,
    })
}
