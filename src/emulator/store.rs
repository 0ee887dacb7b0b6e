//! The emulator's state.
//!
//! It is a SQLite database in memory, whose constraints guard the rules: unique names, streams that go with
//! their group, streams that a transfer holds on to. There is one connection behind a mutex, since a second
//! one to `:memory:` would see nothing; it is called inline, since a statement takes less time than handing
//! it to another thread. Nothing else in the emulator holds state or knows SQL.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, Transaction, ffi, params};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    options::{Key, Options, Project, User},
    random,
    seed::{Seed, transfer_body},
};
use crate::manifest;

/// Row ids grow with each insertion, so they give the order of creation.
///
/// Groups name their project without a reference: a lenient emulator takes any project.
const SCHEMA: &str = "
    CREATE TABLE projects (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE CHECK (id <> ''), name TEXT NOT NULL);
    CREATE TABLE keys (access_key TEXT PRIMARY KEY, secret_key TEXT NOT NULL, security_token TEXT,
        expires_at INTEGER) WITHOUT ROWID;
    CREATE TABLE users (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL, domain TEXT NOT NULL,
        UNIQUE (domain, name));
    CREATE TABLE tokens (hash BLOB PRIMARY KEY, project_id TEXT, expires_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE buckets (seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE groups (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
        name TEXT NOT NULL, ttl_in_days INTEGER NOT NULL, creation_time INTEGER NOT NULL,
        UNIQUE (project_id, name));
    CREATE TABLE streams (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
        name TEXT NOT NULL, creation_time INTEGER NOT NULL,
        UNIQUE (group_id, name));
    CREATE TABLE transfers (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
        body TEXT NOT NULL);
    CREATE TABLE transfer_streams (stream_id TEXT PRIMARY KEY REFERENCES streams (id),
        transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE) WITHOUT ROWID;
    CREATE INDEX streams_of_transfer ON transfer_streams (transfer_id);
";

/// Empties every table, dependants first.
const CLEAR: &str = "
    DELETE FROM transfer_streams; DELETE FROM transfers; DELETE FROM streams; DELETE FROM groups;
    DELETE FROM buckets; DELETE FROM tokens; DELETE FROM users; DELETE FROM keys; DELETE FROM projects;
";

/// How many lists are kept as bytes. Lenient emulators know projects without end.
const LISTS: usize = 1024;

/// Why the store did not do what it was asked for.
#[derive(Debug)]
pub(super) enum StoreError {
    /// The project has no such group.
    GroupUnknown,
    /// The group has no such stream.
    StreamUnknown(String),
    /// There is a group or stream of this name.
    NameTaken,
    /// There are as many as there may be.
    QuotaReached,
    /// There is no such bucket.
    BucketUnknown(String),
    /// A transfer reads from this stream, or from one of this group.
    InUse(String),
    /// What was to be added can't be; the text says why.
    Invalid(String),
    /// SQLite or the source of randomness failed.
    Failed(Box<dyn Error + Send + Sync>),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<getrandom::Error> for StoreError {
    fn from(error: getrandom::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A token that is known and has not expired.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// The project that it is for; none if it is for a domain, or for nothing in particular.
    pub(super) project_id: Option<String>,
}

/// The state of one emulator.
pub(super) struct Store {
    inner: Mutex<Inner>,
}

struct Inner {
    connection: Connection,
    /// The answers to list calls, by project and group, until the next change.
    lists: HashMap<(String, Option<String>), Bytes>,
}

impl Store {
    /// An empty store with the options' projects, keys, users and buckets.
    pub(super) fn open(options: &Options) -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        connection.execute_batch(SCHEMA)?;
        // Each statement below is prepared once.
        connection.set_prepared_statement_cache_capacity(64);
        let inner = Inner { connection, lists: HashMap::new() };
        inner.fill(options)?;
        Ok(Self { inner: Mutex::new(inner) })
    }

    /// Forgets everything, and takes the options' stock anew.
    pub(super) fn reset(&self, options: &Options) -> Result<()> {
        self.write().fill(options)
    }

    /// For looking. A call that panicked left the state whole: its transaction was rolled back.
    fn read(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For changing: what was kept of the lists goes.
    fn write(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.read();
        inner.lists.clear();
        inner
    }

    // Who may do what.

    /// A key pair, unless it has expired.
    pub(super) fn key(&self, access_key: &str, now: Timestamp) -> Result<Option<Key>> {
        self.read().optional(
            "SELECT access_key, secret_key, security_token, expires_at FROM keys
             WHERE access_key = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
            params![access_key, now.as_millisecond()],
            |row| {
                let expires_at: Option<i64> = row.get(3)?;
                Ok(Key {
                    access_key: row.get(0)?,
                    secret_key: row.get(1)?,
                    security_token: row.get(2)?,
                    expires_at: expires_at.and_then(|time| Timestamp::from_millisecond(time).ok()),
                })
            },
        )
    }

    pub(super) fn user(&self, name: &str, domain: &str) -> Result<Option<User>> {
        self.read().optional(
            "SELECT name, password, domain FROM users WHERE name = ?1 AND domain = ?2",
            [name, domain],
            |row| Ok(User { name: row.get(0)?, password: row.get(1)?, domain: row.get(2)? }),
        )
    }

    /// The account that projects belong to: the first user's.
    pub(super) fn account(&self) -> Result<Option<String>> {
        self.read().optional("SELECT domain FROM users ORDER BY seq LIMIT 1", [], |row| row.get(0))
    }

    pub(super) fn projects(&self) -> Result<Vec<Project>> {
        self.read().all("SELECT id, name FROM projects ORDER BY seq", [], |row| {
            Ok(Project { id: row.get(0)?, name: row.get(1)? })
        })
    }

    pub(super) fn has_project(&self, id: &str) -> Result<bool> {
        self.read().exists("SELECT 1 FROM projects WHERE id = ?1", [id])
    }

    /// Issues a token. Only its hash is kept.
    pub(super) fn create_token(
        &self,
        project_id: Option<&str>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<String> {
        let token = random::token()?;
        let inner = self.read();
        inner.execute("DELETE FROM tokens WHERE expires_at <= ?1", [now.as_millisecond()])?;
        inner.add_token(&token, project_id, expires_at)?;
        Ok(token)
    }

    pub(super) fn token(&self, token: &[u8], now: Timestamp) -> Result<Option<Token>> {
        self.read().optional(
            "SELECT project_id FROM tokens WHERE hash = ?1 AND expires_at > ?2",
            params![hash(token), now.as_millisecond()],
            |row| Ok(Token { project_id: row.get(0)? }),
        )
    }

    // Log groups.

    /// Creates a group and gives its id. A `quota` of 0 is no limit.
    pub(super) fn create_group(
        &self,
        project: &str,
        name: &str,
        ttl: i64,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        self.write().create_group(project, name, ttl, now, quota)
    }

    /// The groups of a project, as the body of the answer.
    pub(super) fn list_groups(&self, project: &str) -> Result<Bytes> {
        #[derive(Serialize)]
        struct Groups {
            log_groups: Vec<Group>,
        }
        #[derive(Serialize)]
        struct Group {
            creation_time: i64,
            log_group_name: String,
            log_group_id: String,
            ttl_in_days: i64,
        }
        self.read().listed(project, None, |inner| {
            let log_groups = inner.all(
                "SELECT creation_time, name, id, ttl_in_days FROM groups WHERE project_id = ?1 ORDER BY seq",
                [project],
                |row| {
                    Ok(Group {
                        creation_time: row.get(0)?,
                        log_group_name: row.get(1)?,
                        log_group_id: row.get(2)?,
                        ttl_in_days: row.get(3)?,
                    })
                },
            )?;
            to_json(&Groups { log_groups })
        })
    }

    /// Deletes a group with its streams, unless a transfer reads from one of them.
    pub(super) fn delete_group(&self, project: &str, group: &str) -> Result<()> {
        let deleted =
            self.write().execute("DELETE FROM groups WHERE id = ?1 AND project_id = ?2", [group, project]);
        match deleted {
            Ok(0) => Err(StoreError::GroupUnknown),
            Ok(_) => Ok(()),
            Err(error) => Err(in_use(error, group)),
        }
    }

    // Log streams.

    /// Creates a stream and gives its id. A `quota` of 0 is no limit.
    pub(super) fn create_stream(
        &self,
        project: &str,
        group: &str,
        name: &str,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        self.write().create_stream(project, group, name, now, quota)
    }

    /// The streams of a group, as the body of the answer.
    pub(super) fn list_streams(&self, project: &str, group: &str) -> Result<Bytes> {
        #[derive(Serialize)]
        struct Streams {
            log_streams: Vec<Stream>,
        }
        #[derive(Serialize)]
        struct Stream {
            creation_time: i64,
            log_stream_name: String,
            log_stream_id: String,
            is_favorite: bool,
            filter_count: u8,
        }
        self.read().listed(project, Some(group), |inner| {
            inner.require_group(project, group)?;
            let log_streams = inner.all(
                "SELECT creation_time, name, id FROM streams WHERE group_id = ?1 ORDER BY seq",
                [group],
                |row| {
                    Ok(Stream {
                        creation_time: row.get(0)?,
                        log_stream_name: row.get(1)?,
                        log_stream_id: row.get(2)?,
                        // What only the console can set.
                        is_favorite: false,
                        filter_count: 0,
                    })
                },
            )?;
            to_json(&Streams { log_streams })
        })
    }

    /// Deletes a stream, unless a transfer reads from it.
    pub(super) fn delete_stream(&self, project: &str, group: &str, stream: &str) -> Result<()> {
        let inner = self.write();
        inner.require_group(project, group)?;
        match inner.execute("DELETE FROM streams WHERE id = ?1 AND group_id = ?2", [stream, group]) {
            Ok(0) => Err(StoreError::StreamUnknown(stream.to_owned())),
            Ok(_) => Ok(()),
            Err(error) => Err(in_use(error, stream)),
        }
    }

    // Transfers.

    /// Creates a transfer and gives its id. `body` is kept as it was sent.
    pub(super) fn create_transfer(
        &self,
        project: &str,
        group: &str,
        streams: &[&str],
        bucket: &str,
        body: &Value,
    ) -> Result<String> {
        let inner = self.write();
        let change = inner.change()?;
        let id = inner.create_transfer(project, group, streams, bucket, body)?;
        change.commit()?;
        Ok(id)
    }

    // For the control.

    /// Adds all of a seed, or nothing. What the seed itself can be [checked](Seed::check) for has been.
    pub(super) fn seed(&self, seed: &Seed, options: &Options, now: Timestamp) -> Result<()> {
        let inner = self.write();
        let change = inner.change()?;
        inner.add(&seed.projects, &seed.keys, &seed.users, &seed.buckets)?;
        for (i, token) in seed.tokens.iter().enumerate() {
            // A token is a secret: it is told by its place.
            let what = format!("token {}", i + 1);
            let project = token.project_id.as_deref();
            if let Some(project) = project
                && !inner.exists("SELECT 1 FROM projects WHERE id = ?1", [project])?
            {
                return Err(StoreError::Invalid(format!("{what}: there is no project {project:?}")));
            }
            let expires_at = token.expires_at.unwrap_or(Timestamp::MAX);
            inner.add_token(&token.token, project, expires_at).map_err(|error| cannot_add(error, &what))?;
        }
        // The options' completed stock has a project, so there always is a first.
        let first = "SELECT id FROM projects ORDER BY seq LIMIT 1";
        let project: String = inner.connection.query_row(first, [], |row| row.get(0))?;
        for group in &seed.manifest.groups {
            inner.declare(&project, group, options, now)?;
        }
        Ok(change.commit()?)
    }

    /// Ends a transfer; the API has no operation for it. Says whether there was one.
    pub(super) fn delete_transfer(&self, id: &str) -> Result<bool> {
        Ok(self.write().execute("DELETE FROM transfers WHERE id = ?1", [id])? > 0)
    }

    /// All transfers: the request's body, with the ids of transfer and project.
    pub(super) fn transfers(&self) -> Result<Vec<Value>> {
        self.read().all("SELECT id, project_id, body FROM transfers ORDER BY seq", [], |row| {
            let mut transfer: Map<String, Value> =
                serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default();
            transfer.insert("log_dump_obs_id".to_owned(), row.get::<_, String>(0)?.into());
            transfer.insert("project_id".to_owned(), row.get::<_, String>(1)?.into());
            Ok(Value::Object(transfer))
        })
    }

    /// All groups with their streams, and all buckets.
    pub(super) fn state(&self) -> Result<Value> {
        let inner = self.read();
        let mut streams: HashMap<String, Vec<Value>> = HashMap::new();
        let rows = inner.all("SELECT group_id, id, name FROM streams ORDER BY seq", [], |row| {
            let (id, name): (String, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get::<_, String>(0)?, json!({"log_stream_id": id, "log_stream_name": name})))
        })?;
        for (group, stream) in rows {
            streams.entry(group).or_default().push(stream);
        }
        let groups =
            inner.all("SELECT project_id, id, name, ttl_in_days FROM groups ORDER BY seq", [], |row| {
                let id: String = row.get(1)?;
                Ok(json!({
                    "project_id": row.get::<_, String>(0)?,
                    "log_group_name": row.get::<_, String>(2)?,
                    "ttl_in_days": row.get::<_, i64>(3)?,
                    "streams": streams.remove(&id).unwrap_or_default(),
                    "log_group_id": id,
                }))
            })?;
        let buckets =
            inner.all("SELECT name FROM buckets ORDER BY seq", [], |row| row.get::<_, String>(0))?;
        Ok(json!({"groups": groups, "buckets": buckets}))
    }
}

impl Inner {
    /// Begins a change of several steps: without its commit, nothing of it stays. There is one at a time.
    fn change(&self) -> rusqlite::Result<Transaction<'_>> {
        self.connection.unchecked_transaction()
    }

    /// Replaces everything with the options' stock.
    fn fill(&self, options: &Options) -> Result<()> {
        let change = self.change()?;
        self.connection.execute_batch(CLEAR)?;
        self.add(&options.projects, &options.keys, &options.users, &options.buckets)?;
        Ok(change.commit()?)
    }

    /// Adds to the stock.
    fn add(&self, projects: &[Project], keys: &[Key], users: &[User], buckets: &[String]) -> Result<()> {
        for Project { id, name } in projects {
            self.execute("INSERT INTO projects (id, name) VALUES (?1, ?2)", [id, name])
                .map_err(|error| cannot_add(error, &format!("project {id:?}")))?;
        }
        for Key { access_key, secret_key, security_token, expires_at } in keys {
            self.execute(
                "INSERT INTO keys (access_key, secret_key, security_token, expires_at)
                 VALUES (?1, ?2, ?3, ?4)",
                params![access_key, secret_key, security_token, expires_at.map(Timestamp::as_millisecond)],
            )
            .map_err(|error| cannot_add(error, &format!("access key {access_key:?}")))?;
        }
        for User { name, password, domain } in users {
            self.execute(
                "INSERT INTO users (name, password, domain) VALUES (?1, ?2, ?3)",
                [name, password, domain],
            )
            .map_err(|error| cannot_add(error, &format!("user {name:?} of domain {domain:?}")))?;
        }
        for bucket in buckets {
            self.execute("INSERT INTO buckets (name) VALUES (?1)", [bucket])
                .map_err(|error| cannot_add(error, &format!("bucket {bucket:?}")))?;
        }
        Ok(())
    }

    fn add_token(&self, token: &str, project: Option<&str>, expires_at: Timestamp) -> rusqlite::Result<()> {
        self.execute(
            "INSERT INTO tokens (hash, project_id, expires_at) VALUES (?1, ?2, ?3)",
            params![hash(token.as_bytes()), project, expires_at.as_millisecond()],
        )?;
        Ok(())
    }

    /// Creates a group of a manifest, with all that it has, each transfer a task per stream.
    fn declare(
        &self,
        project: &str,
        group: &manifest::Group,
        options: &Options,
        now: Timestamp,
    ) -> Result<()> {
        let manifest::Group { name, ttl, streams, transfers } = group;
        let group = format!("group {name:?}");
        let id = self.create_group(project, name, ttl.as_days().into(), now, options.quota_groups);
        let id = id.map_err(|error| cannot_declare(error, &group))?;
        let mut ids = HashMap::new();
        for name in streams {
            let stream = self.create_stream(project, &id, name, now, options.quota_streams);
            let stream =
                stream.map_err(|error| cannot_declare(error, &format!("{group}, stream {name:?}")))?;
            ids.insert(name, stream);
        }
        for transfer in transfers {
            for name in &transfer.streams {
                let what = format!("{group}, transfer of stream {name:?}");
                let unknown = || StoreError::Invalid(format!("{what}: the group has no such stream"));
                let stream = ids.get(name).ok_or_else(unknown)?;
                let body = transfer_body(&id, stream, transfer);
                self.create_transfer(project, &id, &[stream], &transfer.bucket, &body)
                    .map_err(|error| cannot_declare(error, &what))?;
            }
        }
        Ok(())
    }

    fn create_group(
        &self,
        project: &str,
        name: &str,
        ttl: i64,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        let id = random::resource_id()?;
        let created = self.execute(
            "INSERT INTO groups (id, project_id, name, ttl_in_days, creation_time)
             SELECT ?1, ?2, ?3, ?4, ?5
             WHERE ?6 = 0 OR (SELECT count(*) FROM groups WHERE project_id = ?2) < ?6",
            params![id, project, name, ttl, now.as_millisecond(), limit(quota)],
        );
        match created {
            Ok(1) => Ok(id),
            Ok(_) => {
                let taken = "SELECT 1 FROM groups WHERE project_id = ?1 AND name = ?2";
                Err(self.taken_or_full(taken, [project, name])?)
            }
            Err(error) => Err(name_taken(error)),
        }
    }

    fn create_stream(
        &self,
        project: &str,
        group: &str,
        name: &str,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        let id = random::resource_id()?;
        let created = self.execute(
            "INSERT INTO streams (id, group_id, name, creation_time)
             SELECT ?1, id, ?4, ?5 FROM groups WHERE id = ?2 AND project_id = ?3
             AND (?6 = 0 OR (SELECT count(*) FROM streams WHERE group_id = ?2) < ?6)",
            params![id, group, project, name, now.as_millisecond(), limit(quota)],
        );
        match created {
            Ok(1) => Ok(id),
            Ok(_) => {
                self.require_group(project, group)?;
                let taken = "SELECT 1 FROM streams WHERE group_id = ?1 AND name = ?2";
                Err(self.taken_or_full(taken, [group, name])?)
            }
            Err(error) => Err(name_taken(error)),
        }
    }

    /// Takes several steps: it has to be part of a [change](Self::change).
    fn create_transfer(
        &self,
        project: &str,
        group: &str,
        streams: &[&str],
        bucket: &str,
        body: &Value,
    ) -> Result<String> {
        let id = random::resource_id()?;
        self.require_group(project, group)?;
        for stream in streams {
            let known = "SELECT 1 FROM streams WHERE id = ?1 AND group_id = ?2";
            if !self.exists(known, [*stream, group])? {
                return Err(StoreError::StreamUnknown((*stream).to_owned()));
            }
        }
        if !self.exists("SELECT 1 FROM buckets WHERE name = ?1", [bucket])? {
            return Err(StoreError::BucketUnknown(bucket.to_owned()));
        }
        self.execute(
            "INSERT INTO transfers (id, project_id, body) VALUES (?1, ?2, ?3)",
            params![id, project, body.to_string()],
        )?;
        // A stream that is named twice is one stream.
        let mut seen = HashSet::new();
        for stream in streams.iter().filter(|stream| seen.insert(**stream)) {
            self.execute(
                "INSERT INTO transfer_streams (stream_id, transfer_id) VALUES (?1, ?2)",
                params![stream, id],
            )
            .map_err(|error| in_use(error, stream))?;
        }
        Ok(id)
    }

    fn execute(&self, sql: &str, parameters: impl Params) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute(parameters)
    }

    fn exists(&self, sql: &str, parameters: impl Params) -> Result<bool> {
        Ok(self.connection.prepare_cached(sql)?.exists(parameters)?)
    }

    fn optional<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.connection.prepare_cached(sql)?.query_row(parameters, read).optional()?)
    }

    fn all<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        Ok(self.connection.prepare_cached(sql)?.query_map(parameters, read)?.collect::<Result<_, _>>()?)
    }

    fn require_group(&self, project: &str, group: &str) -> Result<()> {
        match self.exists("SELECT 1 FROM groups WHERE id = ?1 AND project_id = ?2", [group, project])? {
            true => Ok(()),
            false => Err(StoreError::GroupUnknown),
        }
    }

    /// Why nothing was inserted: a name that is taken is told before a quota that is reached.
    fn taken_or_full(&self, taken: &str, name: [&str; 2]) -> Result<StoreError> {
        Ok(if self.exists(taken, name)? { StoreError::NameTaken } else { StoreError::QuotaReached })
    }

    /// A list as it was answered last, or read anew.
    fn listed(
        &mut self,
        project: &str,
        group: Option<&str>,
        read: impl FnOnce(&Self) -> Result<Bytes>,
    ) -> Result<Bytes> {
        let key = (project.to_owned(), group.map(str::to_owned));
        if let Some(list) = self.lists.get(&key) {
            return Ok(list.clone());
        }
        let list = read(self)?;
        if self.lists.len() < LISTS {
            self.lists.insert(key, list.clone());
        }
        Ok(list)
    }
}

/// The constraint that a statement violated.
fn violated(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

fn name_taken(error: rusqlite::Error) -> StoreError {
    match violated(&error) {
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => StoreError::NameTaken,
        _ => error.into(),
    }
}

/// Why something can't be added to the stock.
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

/// A transfer holds on to what was to be deleted, or to the stream of another transfer.
fn in_use(error: rusqlite::Error, id: &str) -> StoreError {
    match violated(&error) {
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            StoreError::InUse(id.to_owned())
        }
        _ => error.into(),
    }
}

/// A quota as SQLite takes it: its integers have a sign.
fn limit(quota: u64) -> i64 {
    i64::try_from(quota).unwrap_or(i64::MAX)
}

fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn to_json(list: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(list).map(Bytes::from).map_err(|error| StoreError::Failed(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = Options::DEFAULT_PROJECT_ID;

    fn store() -> Store {
        Store::open(&Options::default().completed()).unwrap()
    }

    fn now() -> Timestamp {
        "2024-03-05T00:00:00Z".parse().unwrap()
    }

    fn group(store: &Store, name: &str) -> String {
        store.create_group(PROJECT, name, 7, now(), 0).unwrap()
    }

    fn stream(store: &Store, group: &str, name: &str) -> String {
        store.create_stream(PROJECT, group, name, now(), 0).unwrap()
    }

    #[test]
    fn names_are_unique_where_they_must_be() {
        let store = store();
        let (a, b) = (group(&store, "a"), group(&store, "b"));
        assert!(matches!(store.create_group(PROJECT, "a", 7, now(), 0), Err(StoreError::NameTaken)));
        store.create_group("other", "a", 7, now(), 0).unwrap();
        stream(&store, &a, "s");
        stream(&store, &b, "s");
        stream(&store, &a, "S");
        assert!(matches!(store.create_stream(PROJECT, &a, "s", now(), 0), Err(StoreError::NameTaken)));
    }

    #[test]
    fn a_group_belongs_to_its_project() {
        let store = store();
        let group = group(&store, "a");
        let stream = stream(&store, &group, "s");
        let body = Value::Null;
        for refused in [
            store.create_stream("other", &group, "t", now(), 0).err(),
            store.list_streams("other", &group).err(),
            store.delete_stream("other", &group, &stream).err(),
            store.delete_group("other", &group).err(),
            store.create_transfer("other", &group, &[&stream], Options::DEFAULT_BUCKET, &body).err(),
        ] {
            assert!(matches!(refused, Some(StoreError::GroupUnknown)), "{refused:?}");
        }
        assert_eq!(store.list_groups("other").unwrap(), "{\"log_groups\":[]}");
    }

    #[test]
    fn quotas_come_after_names() {
        let store = store();
        let create = |name| store.create_group(PROJECT, name, 7, now(), 1);
        let group = create("a").unwrap();
        assert!(matches!(create("a"), Err(StoreError::NameTaken)));
        assert!(matches!(create("b"), Err(StoreError::QuotaReached)));
        let create = |name| store.create_stream(PROJECT, &group, name, now(), 1);
        create("s").unwrap();
        assert!(matches!(create("s"), Err(StoreError::NameTaken)));
        assert!(matches!(create("t"), Err(StoreError::QuotaReached)));
    }

    #[test]
    fn a_transfer_holds_on_to_its_streams() {
        let store = store();
        let group = group(&store, "a");
        let (s, t) = (stream(&store, &group, "s"), stream(&store, &group, "t"));
        let transfer =
            |streams: &[&str]| store.create_transfer(PROJECT, &group, streams, "lts-test", &json!({}));
        let id = transfer(&[&s, &s]).unwrap();
        assert!(matches!(transfer(&[&t, &s]), Err(StoreError::InUse(stream)) if stream == s));
        // Nothing is left of the one that was refused.
        assert_eq!(store.transfers().unwrap().len(), 1);
        assert!(matches!(store.delete_stream(PROJECT, &group, &s), Err(StoreError::InUse(_))));
        assert!(matches!(store.delete_group(PROJECT, &group), Err(StoreError::InUse(_))));
        store.delete_stream(PROJECT, &group, &t).unwrap();
        assert!(store.delete_transfer(&id).unwrap());
        assert!(!store.delete_transfer(&id).unwrap());
        store.delete_group(PROJECT, &group).unwrap();
        assert_eq!(store.state().unwrap()["groups"], json!([]));
        assert!(matches!(store.list_streams(PROJECT, &group), Err(StoreError::GroupUnknown)));
    }

    #[test]
    fn lists_are_in_the_order_of_creation_and_never_stale() {
        let store = store();
        let names = |list: Bytes| -> Vec<String> {
            let list: Value = serde_json::from_slice(&list).unwrap();
            let groups = list["log_groups"].as_array().unwrap();
            groups.iter().map(|group| group["log_group_name"].as_str().unwrap().to_owned()).collect()
        };
        let z = group(&store, "z");
        group(&store, "a");
        assert_eq!(names(store.list_groups(PROJECT).unwrap()), ["z", "a"]);
        store.delete_group(PROJECT, &z).unwrap();
        assert_eq!(names(store.list_groups(PROJECT).unwrap()), ["a"]);
        group(&store, "m");
        assert_eq!(names(store.list_groups(PROJECT).unwrap()), ["a", "m"]);
    }

    #[test]
    fn tokens_expire_and_are_kept_as_hashes() {
        let store = store();
        let later = now() + jiff::SignedDuration::from_hours(1);
        let token = store.create_token(Some(PROJECT), now(), later).unwrap();
        let found = store.token(token.as_bytes(), now()).unwrap();
        assert_eq!(found, Some(Token { project_id: Some(PROJECT.to_owned()) }));
        assert_eq!(store.token(token.as_bytes(), later).unwrap(), None);
        assert_eq!(store.token(b"other", now()).unwrap(), None);
    }

    #[test]
    fn reset_returns_to_the_options() {
        let options = Options::default().bucket("b").completed();
        let store = Store::open(&options).unwrap();
        let group = group(&store, "a");
        stream(&store, &group, "s");
        let token = store.create_token(None, now(), Timestamp::MAX).unwrap();
        store.reset(&options).unwrap();
        assert_eq!(store.state().unwrap(), json!({"groups": [], "buckets": ["b"]}));
        assert_eq!(store.token(token.as_bytes(), now()).unwrap(), None);
        assert!(store.has_project(PROJECT).unwrap() && !store.has_project("other").unwrap());
    }

    #[test]
    fn options_that_contradict_themselves_are_refused() {
        for bad in [
            Options::default().bucket("b").bucket("b"),
            Options::default().project("p", "one").project("p", "two"),
            Options::default().project("", "empty"),
            Options::default().key("AK", "1").key("AK", "2"),
        ] {
            assert!(Store::open(&bad).is_err(), "{bad:?}");
        }
    }
}
