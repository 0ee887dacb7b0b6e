//! The emulator's data.
//!
//! It is a SQLite database, whose constraints enforce the rules: unique names, streams that are deleted with their group,
//! streams that can't be deleted while a transfer uses them. No other module of the emulator uses SQL.
//!
//! In memory there is one connection behind a mutex, since a second one to `:memory:` would be another database. It is
//! called inline: a statement takes less time than passing it to another thread. A data file has two connections: one
//! for reads, also called inline, and one for writes, on a thread of its own (`writer`), since commits wait for the disk.
//!
//! The lines of logs are held in memory outside of the database (`log_memory`); a data file has a copy of them.
//!
//! Reads are plain functions and writes are futures, which in memory complete on the first poll.

mod block_on;
mod cache;
mod data_file;
mod database;
mod error;
mod groups;
mod inner;
mod lines;
mod log_memory;
mod logs;
mod quota;
mod schema;
mod seeding;
mod streams;
mod tags;
mod tokens;
mod transfers;
mod writer;

use std::{
    convert::identity,
    future,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) use block_on::block_on;
pub(super) use error::StoreError;
pub(super) use groups::NewGroup;
pub(super) use lines::{Labels, LogBatch, Part, Segment, Snapshot};
pub(super) use streams::NewStream;
pub(super) use tags::{TagChange, Tagged, Tags};
pub(super) use transfers::{NewTransfer, TransferChange, TransferFilter};

use super::options::Options;
use cache::Invalidation;
use data_file::DataFile;
use database::Database;
use error::Result;
use inner::Inner;
use log_memory::LogMemory;
use writer::Writer;

/// The data of one emulator.
pub(super) struct Store {
    // The order of drops matters: the writer finishes first, and the file is unlocked last.
    /// For a data file.
    writer: Option<Writer>,
    inner: Arc<Mutex<Inner>>,
    logs: Arc<LogMemory>,
    _file: Option<DataFile>,
}

impl Store {
    /// A store with the options' projects, keys, users and buckets, and the contents of their data file.
    pub(super) fn open(options: &Options) -> Result<Self> {
        let database = Database::in_memory()?;
        database.initialize(options)?;
        match &options.data {
            None => Ok(Self { writer: None, inner: Inner::new(database), logs: Arc::default(), _file: None }),
            // Invalid options have been refused above, before they touch a file.
            Some(path) => Self::open_file(path, options),
        }
    }

    fn open_file(path: &Path, options: &Options) -> Result<Self> {
        let file = DataFile::open(path)?;
        let cannot =
            |error: StoreError| StoreError::DataFile(format!("{} can't be used: {error}", path.display()));
        let open = || {
            let database = Database::open(file.path())?;
            database.update_account(options)?;
            let logs = LogMemory::default();
            // The emulator's clock starts with the system's time.
            logs.load(&database, Timestamp::now())?;
            let inner = Inner::new(Database::open_read_only(file.path())?);
            Ok((Writer::start(path, database, Arc::clone(&inner))?, inner, Arc::new(logs)))
        };
        let (writer, inner, logs) = open().map_err(cannot)?;
        Ok(Self { writer: Some(writer), inner, logs, _file: Some(file) })
    }

    /// Waits until the data file can't be written any more; in memory, forever.
    pub(super) async fn failed(&self) {
        match &self.writer {
            Some(writer) => writer.failed().await,
            None => future::pending().await,
        }
    }

    /// Why the data file can't be written any more, if so.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.writer.as_ref().and_then(Writer::failure).map(StoreError::DataFile)
    }

    /// Deletes everything and adds the options' account.
    pub(super) async fn reset(&self, options: &Arc<Options>) -> Result<()> {
        let (options, logs) = (Arc::clone(options), Arc::clone(&self.logs));
        self.write_then(Invalidation::ALL, move |database| database.reset(&options), move |()| logs.clear())
            .await
    }

    /// For reads. A poisoned lock is safe to use: what a panicking call had begun was rolled back.
    fn read(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes, and invalidates cached results.
    ///
    /// The job runs even if the future is dropped.
    async fn write<T: Send + 'static>(
        &self,
        invalidation: Invalidation,
        job: impl FnOnce(&Database) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.write_then(invalidation, job, identity).await
    }

    /// Writes, and runs `committed` once the write is certain. Writes complete in the order in which they ran.
    async fn write_then<T: Send + 'static, U: Send + 'static>(
        &self,
        invalidation: Invalidation,
        job: impl FnOnce(&Database) -> Result<T> + Send + 'static,
        committed: impl FnOnce(T) -> U + Send + 'static,
    ) -> Result<U> {
        if let Some(writer) = &self.writer {
            return writer.write(invalidation, job, committed).await;
        }
        let mut inner = self.read();
        inner.cache.invalidate(invalidation, true);
        job(&inner.database).map(committed)
    }

    /// All groups with their streams and the counts of their lines, and all buckets.
    pub(super) fn state(&self, now: Timestamp) -> Result<Value> {
        self.read().database.atomically(|database| {
            let groups = database.groups(|stream, ttl| self.logs.counts(stream, ttl, now))?;
            Ok(json!({"groups": groups, "buckets": database.buckets()?}))
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{tokens::Token, *};

    const PROJECT: &str = Options::DEFAULT_PROJECT_ID;

    fn store() -> Store {
        Store::open(&Options::default().with_defaults()).unwrap()
    }

    fn now() -> Timestamp {
        "2024-03-05T00:00:00Z".parse().unwrap()
    }

    fn group(store: &Store, name: &str) -> String {
        block_on(store.create_group(PROJECT, NewGroup::new(name, 7), now(), 0)).unwrap()
    }

    fn stream(store: &Store, group: &str, name: &str) -> String {
        block_on(store.create_stream(PROJECT, group, NewStream::new(name), now(), 0)).unwrap()
    }

    fn transfer(group: &str, streams: &[&str]) -> NewTransfer {
        let detail = json!({"obs_bucket_name": Options::DEFAULT_BUCKET});
        NewTransfer {
            group: group.to_owned(),
            streams: streams.iter().map(|stream| (*stream).to_owned()).collect(),
            info: json!({"log_agency_transfer": null, "log_transfer_detail": detail}),
            request: json!({}),
        }
    }

    #[test]
    fn names_are_unique_per_project_and_group() {
        let store = store();
        let (a, b) = (group(&store, "a"), group(&store, "b"));
        assert!(matches!(
            block_on(store.create_group(PROJECT, NewGroup::new("a", 7), now(), 0)),
            Err(StoreError::NameTaken)
        ));
        block_on(store.create_group("other", NewGroup::new("a", 7), now(), 0)).unwrap();
        stream(&store, &a, "s");
        stream(&store, &b, "s");
        stream(&store, &a, "S");
        assert!(matches!(
            block_on(store.create_stream(PROJECT, &a, NewStream::new("s"), now(), 0)),
            Err(StoreError::NameTaken)
        ));
    }

    #[test]
    fn groups_belong_to_their_project() {
        let store = store();
        let group = group(&store, "a");
        let stream = stream(&store, &group, "s");
        for refused in [
            block_on(store.create_stream("other", &group, NewStream::new("t"), now(), 0)).err(),
            store.list_streams("other", &group).err(),
            block_on(store.delete_stream("other", &group, &stream)).err(),
            block_on(store.delete_group("other", &group)).err(),
            block_on(store.create_transfer("other", transfer(&group, &[&stream]), now())).err(),
        ] {
            assert!(matches!(refused, Some(StoreError::GroupUnknown)), "{refused:?}");
        }
        assert_eq!(store.list_groups("other").unwrap(), "{\"log_groups\":[]}");
    }

    #[test]
    fn taken_name_takes_precedence_over_quota() {
        let store = store();
        let create = |name| block_on(store.create_group(PROJECT, NewGroup::new(name, 7), now(), 1));
        let group = create("a").unwrap();
        assert!(matches!(create("a"), Err(StoreError::NameTaken)));
        assert!(matches!(create("b"), Err(StoreError::QuotaReached)));
        let create = |name| block_on(store.create_stream(PROJECT, &group, NewStream::new(name), now(), 1));
        create("s").unwrap();
        assert!(matches!(create("s"), Err(StoreError::NameTaken)));
        assert!(matches!(create("t"), Err(StoreError::QuotaReached)));
    }

    #[test]
    fn streams_with_a_transfer_cannot_be_deleted() {
        let store = store();
        let group = group(&store, "a");
        let (s, t) = (stream(&store, &group, "s"), stream(&store, &group, "t"));
        let create =
            |streams: &[&str]| block_on(store.create_transfer(PROJECT, transfer(&group, streams), now()));
        let task = create(&[&s, &s]).unwrap();
        assert_eq!(task["log_streams"].as_array().unwrap().len(), 1);
        let id = task["log_transfer_id"].as_str().unwrap();
        assert!(matches!(create(&[&t, &s]), Err(StoreError::InUse(stream)) if stream == s));
        // The refused transfer left nothing.
        assert_eq!(store.transfers().unwrap().len(), 1);
        assert!(matches!(block_on(store.delete_stream(PROJECT, &group, &s)), Err(StoreError::InUse(_))));
        assert!(matches!(block_on(store.delete_group(PROJECT, &group)), Err(StoreError::InUse(_))));
        block_on(store.delete_stream(PROJECT, &group, &t)).unwrap();
        assert!(block_on(store.remove_transfer(id)).unwrap());
        assert!(!block_on(store.remove_transfer(id)).unwrap());
        block_on(store.delete_group(PROJECT, &group)).unwrap();
        assert_eq!(store.state(now()).unwrap()["groups"], json!([]));
        assert!(matches!(store.list_streams(PROJECT, &group), Err(StoreError::GroupUnknown)));
    }

    #[test]
    fn lists_are_in_order_of_creation_and_never_stale() {
        let store = store();
        let names = |list: Bytes| -> Vec<String> {
            let list: Value = serde_json::from_slice(&list).unwrap();
            let groups = list["log_groups"].as_array().unwrap();
            groups.iter().map(|group| group["log_group_name"].as_str().unwrap().to_owned()).collect()
        };
        let z = group(&store, "z");
        group(&store, "a");
        assert_eq!(names(store.list_groups(PROJECT).unwrap()), ["z", "a"]);
        block_on(store.delete_group(PROJECT, &z)).unwrap();
        assert_eq!(names(store.list_groups(PROJECT).unwrap()), ["a"]);
        group(&store, "m");
        assert_eq!(names(store.list_groups(PROJECT).unwrap()), ["a", "m"]);
    }

    #[test]
    fn tokens_expire_and_are_stored_as_hashes() {
        let store = store();
        let later = now() + jiff::SignedDuration::from_hours(1);
        let token = block_on(store.create_token(Some(PROJECT), now(), later)).unwrap();
        // The second time the token is cached.
        for _ in 0..2 {
            let found = store.token(token.as_bytes(), now()).unwrap();
            assert_eq!(found, Some(Token { project_id: Some(PROJECT.to_owned()) }));
            assert_eq!(store.token(token.as_bytes(), later).unwrap(), None);
            let token = token.as_bytes();
            for other in [b"other", &token[1..], &token[token.len() - 16..], b""] {
                assert_eq!(store.token(other, now()).unwrap(), None);
            }
        }
        // The next login deletes the expired token, even if the clock is set back later.
        block_on(store.create_token(None, later, Timestamp::MAX)).unwrap();
        assert_eq!(store.token(token.as_bytes(), now()).unwrap(), None);
    }

    #[test]
    fn reset_returns_to_the_options() {
        let options = Arc::new(Options::default().bucket("b").with_defaults());
        let store = Store::open(&options).unwrap();
        let group = group(&store, "a");
        stream(&store, &group, "s");
        let token = block_on(store.create_token(None, now(), Timestamp::MAX)).unwrap();
        assert!(store.token(token.as_bytes(), now()).unwrap().is_some());
        block_on(store.reset(&options)).unwrap();
        assert_eq!(store.state(now()).unwrap(), json!({"groups": [], "buckets": ["b"]}));
        assert_eq!(store.token(token.as_bytes(), now()).unwrap(), None);
        assert!(store.has_project(PROJECT).unwrap() && !store.has_project("other").unwrap());
    }

    #[test]
    fn contradictory_options_are_refused() {
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
