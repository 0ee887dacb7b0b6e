//! The emulator's state.
//!
//! It is a SQLite database in memory, whose constraints guard the rules: unique names, streams that go with
//! their group, streams that a transfer holds on to. There is one connection behind a mutex, since a second
//! one to `:memory:` would see nothing; it is called inline, since a statement takes less time than handing
//! it to another thread. Nothing else in the emulator holds state or knows SQL.
//!
//! Looking is a plain call. Changing is a future, which in memory is done when it is first polled.

mod access;
mod groups;
mod lists;
mod schema;
mod seeding;
mod streams;
mod tables;
mod transfers;
mod wait;

use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

pub(super) use wait::wait;

use super::options::Options;
use lists::Lists;
use tables::Tables;

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

/// The state of one emulator.
pub(super) struct Store {
    inner: Mutex<Inner>,
}

struct Inner {
    tables: Tables,
    lists: Lists,
}

impl Store {
    /// An empty store with the options' projects, keys, users and buckets.
    pub(super) fn open(options: &Options) -> Result<Self> {
        let tables = Tables::in_memory()?;
        tables.fill(options)?;
        Ok(Self { inner: Mutex::new(Inner { tables, lists: Lists::default() }) })
    }

    /// Forgets everything, and takes the options' stock anew.
    pub(super) async fn reset(&self, options: &Arc<Options>) -> Result<()> {
        let options = Arc::clone(options);
        self.change(move |tables| tables.fill(&options)).await
    }

    /// For looking. A call that panicked left the state whole: what it had begun was rolled back.
    fn look(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something; what was kept of the lists goes.
    ///
    /// The job is done all the same if nobody waits for its end.
    async fn change<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Tables) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut inner = self.look();
        inner.lists.clear();
        job(&inner.tables)
    }

    /// Changes something that is in no list.
    async fn change_unlisted<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Tables) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        job(&self.look().tables)
    }

    /// All groups with their streams, and all buckets.
    pub(super) fn state(&self) -> Result<Value> {
        let inner = self.look();
        Ok(json!({"groups": inner.tables.groups()?, "buckets": inner.tables.buckets()?}))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
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
        let found = store.token(token.as_bytes(), now()).unwrap();
        assert_eq!(found, Some(Token { project_id: Some(PROJECT.to_owned()) }));
        assert_eq!(store.token(token.as_bytes(), later).unwrap(), None);
        assert_eq!(store.token(b"other", now()).unwrap(), None);
    }

    #[test]
    fn reset_returns_to_the_options() {
        let options = Arc::new(Options::default().bucket("b").completed());
        let store = Store::open(&options).unwrap();
        let group = group(&store, "a");
        stream(&store, &group, "s");
        let token = wait(store.create_token(None, now(), Timestamp::MAX)).unwrap();
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
