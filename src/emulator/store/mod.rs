//! The emulator's state.
//!
//! It is a SQLite database, whose constraints guard the rules: unique names, streams that go with their group,
//! streams that a transfer holds on to. Nothing else in the emulator holds state or knows SQL.
//!
//! In memory there is one connection behind a mutex, since a second one to `:memory:` would see nothing; it is
//! called inline, since a statement takes less time than handing it to another thread. A data file has two:
//! one for looking, which sees what has been committed and is called inline, too, and one for changing, which
//! a thread of its own has (`writer`), since it waits for the disk.
//!
//! So looking is a plain call, and changing a future, which in memory is done when it is first polled.

mod access;
mod counts;
mod data_file;
mod groups;
mod kept;
mod schema;
mod seeding;
mod streams;
mod tables;
mod transfers;
mod wait;
mod writer;

use std::{
    error::Error,
    fmt, future,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

pub(super) use wait::wait;

use super::options::Options;
use data_file::DataFile;
use kept::{Affected, Kept};
use tables::Tables;
use writer::Writer;

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
    /// The data file can't be used, or not any more; the text names it and says why.
    DataFile(String),
    /// The store has [failed](Store::failed) before: whether this was done isn't known.
    Stopped,
}

/// For those who look for what is wrong; callers of the service are told in its own words.
impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(text) | Self::DataFile(text) => f.write_str(text),
            Self::Failed(error) => error.fmt(f),
            other => fmt::Debug::fmt(other, f),
        }
    }
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

/// The state of one emulator.
pub(super) struct Store {
    // The order matters: the writer ends its work first, and the file is given up last.
    /// Of a data file.
    writer: Option<Writer>,
    inner: Arc<Mutex<Inner>>,
    _file: Option<DataFile>,
}

struct Inner {
    /// For looking; in memory for changing, too.
    tables: Tables,
    kept: Kept,
}

impl Store {
    /// A store with the options' projects, keys, users and buckets, and what their data file has.
    pub(super) fn open(options: &Options) -> Result<Self> {
        let tables = Tables::in_memory()?;
        tables.begin_with(options)?;
        match &options.data {
            None => Ok(Self { writer: None, inner: Inner::over(tables), _file: None }),
            // Options that contradict themselves have been refused above, before they touch a file.
            Some(path) => Self::open_file(path, options),
        }
    }

    fn open_file(path: &Path, options: &Options) -> Result<Self> {
        let file = DataFile::open(path)?;
        let cannot =
            |error: StoreError| StoreError::DataFile(format!("{} can't be used: {error}", path.display()));
        let open = || {
            let tables = Tables::of_file(file.path())?;
            tables.complete(options)?;
            let inner = Inner::over(Tables::of_file_for_looking(file.path())?);
            Ok((Writer::start(path, tables, Arc::clone(&inner))?, inner))
        };
        let (writer, inner) = open().map_err(cannot)?;
        Ok(Self { writer: Some(writer), inner, _file: Some(file) })
    }

    /// Waits until the state can't be kept any more. In memory that never happens.
    pub(super) async fn failed(&self) {
        match &self.writer {
            Some(writer) => writer.failed().await,
            None => future::pending().await,
        }
    }

    /// Why the state can't be kept any more, if that is so.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.writer.as_ref().and_then(Writer::failure).map(StoreError::DataFile)
    }

    /// Forgets everything, and takes the options' stock anew.
    pub(super) async fn reset(&self, options: &Arc<Options>) -> Result<()> {
        let options = Arc::clone(options);
        self.change(Affected::ALL, move |tables| tables.fill(&options)).await
    }

    /// For looking. A call that panicked left the state whole: what it had begun was rolled back.
    fn look(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something; what was kept of the affected goes.
    ///
    /// The job is done all the same if nobody waits for its end.
    async fn change<T: Send + 'static>(
        &self,
        affected: Affected,
        job: impl FnOnce(&Tables) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if let Some(writer) = &self.writer {
            return writer.change(affected, job).await;
        }
        let mut inner = self.look();
        inner.kept.forget(affected, true);
        job(&inner.tables)
    }

    /// All groups with their streams, and all buckets.
    pub(super) fn state(&self) -> Result<Value> {
        self.look()
            .tables
            .atomically(|tables| Ok(json!({"groups": tables.groups()?, "buckets": tables.buckets()?})))
    }
}

impl Inner {
    fn over(tables: Tables) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { tables, kept: Kept::default() }))
    }
}

/// The body of an answer.
fn to_body(body: &impl Serialize) -> Result<Bytes> {
    let json = serde_json::to_vec(body).map_err(|error| StoreError::Failed(Box::new(error)))?;
    Ok(Bytes::from(json))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{access::Token, *};

    const PROJECT: &str = Options::DEFAULT_PROJECT_ID;

    fn store() -> Store {
        Store::open(&Options::default().completed()).unwrap()
    }

    fn now() -> Timestamp {
        "2024-03-05T00:00:00Z".parse().unwrap()
    }

    fn group(store: &Store, name: &str) -> String {
        wait(store.create_group(PROJECT, name, 7, now(), 0)).unwrap()
    }

    fn stream(store: &Store, group: &str, name: &str) -> String {
        wait(store.create_stream(PROJECT, group, name, now(), 0)).unwrap()
    }

    #[test]
    fn names_are_unique_where_they_must_be() {
        let store = store();
        let (a, b) = (group(&store, "a"), group(&store, "b"));
        assert!(matches!(wait(store.create_group(PROJECT, "a", 7, now(), 0)), Err(StoreError::NameTaken)));
        wait(store.create_group("other", "a", 7, now(), 0)).unwrap();
        stream(&store, &a, "s");
        stream(&store, &b, "s");
        stream(&store, &a, "S");
        assert!(matches!(wait(store.create_stream(PROJECT, &a, "s", now(), 0)), Err(StoreError::NameTaken)));
    }

    #[test]
    fn a_group_belongs_to_its_project() {
        let store = store();
        let group = group(&store, "a");
        let stream = stream(&store, &group, "s");
        let body = Value::Null;
        for refused in [
            wait(store.create_stream("other", &group, "t", now(), 0)).err(),
            store.list_streams("other", &group).err(),
            wait(store.delete_stream("other", &group, &stream)).err(),
            wait(store.delete_group("other", &group)).err(),
            wait(store.create_transfer("other", &group, &[&stream], Options::DEFAULT_BUCKET, &body)).err(),
        ] {
            assert!(matches!(refused, Some(StoreError::GroupUnknown)), "{refused:?}");
        }
        assert_eq!(store.list_groups("other").unwrap(), "{\"log_groups\":[]}");
    }

    #[test]
    fn quotas_come_after_names() {
        let store = store();
        let create = |name| wait(store.create_group(PROJECT, name, 7, now(), 1));
        let group = create("a").unwrap();
        assert!(matches!(create("a"), Err(StoreError::NameTaken)));
        assert!(matches!(create("b"), Err(StoreError::QuotaReached)));
        let create = |name| wait(store.create_stream(PROJECT, &group, name, now(), 1));
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
            |streams: &[&str]| wait(store.create_transfer(PROJECT, &group, streams, "lts-test", &json!({})));
        let id = transfer(&[&s, &s]).unwrap();
        assert!(matches!(transfer(&[&t, &s]), Err(StoreError::InUse(stream)) if stream == s));
        // Nothing is left of the one that was refused.
        assert_eq!(store.transfers().unwrap().len(), 1);
        assert!(matches!(wait(store.delete_stream(PROJECT, &group, &s)), Err(StoreError::InUse(_))));
        assert!(matches!(wait(store.delete_group(PROJECT, &group)), Err(StoreError::InUse(_))));
        wait(store.delete_stream(PROJECT, &group, &t)).unwrap();
        assert!(wait(store.delete_transfer(&id)).unwrap());
        assert!(!wait(store.delete_transfer(&id)).unwrap());
        wait(store.delete_group(PROJECT, &group)).unwrap();
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
        wait(store.delete_group(PROJECT, &z)).unwrap();
        assert_eq!(names(store.list_groups(PROJECT).unwrap()), ["a"]);
        group(&store, "m");
        assert_eq!(names(store.list_groups(PROJECT).unwrap()), ["a", "m"]);
    }

    #[test]
    fn tokens_expire_and_are_kept_as_hashes() {
        let store = store();
        let later = now() + jiff::SignedDuration::from_hours(1);
        let token = wait(store.create_token(Some(PROJECT), now(), later)).unwrap();
        // The second time it is known by heart.
        for _ in 0..2 {
            let found = store.token(token.as_bytes(), now()).unwrap();
            assert_eq!(found, Some(Token { project_id: Some(PROJECT.to_owned()) }));
            assert_eq!(store.token(token.as_bytes(), later).unwrap(), None);
            let token = token.as_bytes();
            for other in [b"other", &token[1..], &token[token.len() - 16..], b""] {
                assert_eq!(store.token(other, now()).unwrap(), None);
            }
        }
        // The next one comes when the first has expired, which goes for ever, whatever becomes of the clock.
        wait(store.create_token(None, later, Timestamp::MAX)).unwrap();
        assert_eq!(store.token(token.as_bytes(), now()).unwrap(), None);
    }

    #[test]
    fn reset_returns_to_the_options() {
        let options = Arc::new(Options::default().bucket("b").completed());
        let store = Store::open(&options).unwrap();
        let group = group(&store, "a");
        stream(&store, &group, "s");
        let token = wait(store.create_token(None, now(), Timestamp::MAX)).unwrap();
        assert!(store.token(token.as_bytes(), now()).unwrap().is_some());
        wait(store.reset(&options)).unwrap();
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
