//! The thread that writes to a data file.
//!
//! A write must reach the disk before its caller gets the result, and disks are slow. So the thread runs all waiting
//! writes in one transaction and commits once for all of them; only then do their callers get the results. The more
//! callers there are, the less each of them waits.
//!
//! A write that violates a rule leaves nothing behind and doesn't affect others. If the disk fails, no write of the
//! batch is reported as done, and the store stops, since the contents of the file are no longer known for sure.

use std::{
    any::Any,
    error::Error,
    future,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use rusqlite::ErrorCode;
use tokio::sync::{oneshot, watch};

use super::{
    cache::Invalidation,
    database::Database,
    error::{Result, StoreError},
    inner::Inner,
};

/// The most writes per transaction.
const MAX_BATCH: usize = 1024;

/// Runs writes one after the other, on its own thread.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    failure: watch::Receiver<Option<String>>,
}

impl Writer {
    /// Starts the thread. Each batch invalidates cached results in `inner`.
    pub(super) fn start(path: &Path, database: Database, inner: Arc<Mutex<Inner>>) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel();
        let (failed, failure) = watch::channel(None);
        let path = path.display().to_string();
        let thread = thread::Builder::new().name("lts-emulator-data".to_owned()).spawn(move || {
            if let Err(error) = work(&database, &waiting, &inner) {
                let text =
                    format!("{path} can't be written any more: {error}; all acknowledged changes are in it");
                // The receiver may be gone.
                let _ = failed.send(Some(text));
            }
        });
        let thread = thread.map_err(|error| StoreError::Failed(Box::new(error)))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), failure })
    }

    /// Runs a write, and `committed` with its result when that is on the disk. Both run even if the future is dropped.
    pub(super) async fn write<T: Send + 'static, U: Send + 'static>(
        &self,
        invalidation: Invalidation,
        job: impl FnOnce(&Database) -> Result<T> + Send + 'static,
        committed: impl FnOnce(T) -> U + Send + 'static,
    ) -> Result<U> {
        let (reply, result) = oneshot::channel();
        let job = Box::new(Write { job: Some(job), outcome: None, committed, reply, invalidation });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(job).map_err(|_| StoreError::Stopped)?;
        result.await.unwrap_or(Err(StoreError::Stopped))
    }

    /// Waits until the file can't be written any more.
    pub(super) async fn failed(&self) {
        let mut failure = self.failure.clone();
        if failure.wait_for(Option::is_some).await.is_err() {
            // The thread ended without a failure.
            future::pending().await
        }
    }

    /// Why the file can't be written any more, if that is so.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }
}

/// Finishes the waiting writes and ends the thread.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // The thread has reported its panic.
            let _ = thread.join();
        }
    }
}

/// A write and the sender for its result, of any type.
trait Job: Send {
    /// Runs the write and keeps its result. Returns only failures of the database.
    fn run(&mut self, database: &Database) -> rusqlite::Result<()>;
    fn invalidation(&self) -> Invalidation;
    /// Completes the write, which is on the disk, and sends the result.
    fn reply(self: Box<Self>);
    /// Sends an error: nothing was done.
    fn fail(self: Box<Self>, why: &str);
}

struct Write<F, T, C, U> {
    job: Option<F>,
    outcome: Option<Result<T>>,
    committed: C,
    reply: oneshot::Sender<Result<U>>,
    invalidation: Invalidation,
}

impl<F, T, C, U> Job for Write<F, T, C, U>
where
    F: FnOnce(&Database) -> Result<T> + Send,
    T: Send,
    C: FnOnce(T) -> U + Send,
    U: Send,
{
    fn run(&mut self, database: &Database) -> rusqlite::Result<()> {
        let Some(job) = self.job.take() else { return Ok(()) };
        let outcome = catch_unwind(AssertUnwindSafe(|| job(database)));
        match outcome.unwrap_or_else(panicked) {
            Err(StoreError::Failed(error)) => match error.downcast::<rusqlite::Error>() {
                Ok(error) if error.sqlite_error().is_some() => return Err(*error),
                Ok(error) => self.outcome = Some(Err(StoreError::Failed(error))),
                Err(error) => self.outcome = Some(Err(StoreError::Failed(error))),
            },
            outcome => self.outcome = Some(outcome),
        }
        Ok(())
    }

    fn invalidation(&self) -> Invalidation {
        self.invalidation
    }

    fn reply(self: Box<Self>) {
        // Without a result the sender is dropped, which reports that the store has stopped.
        let Self { outcome, committed, reply, .. } = *self;
        if let Some(outcome) = outcome {
            let complete = || outcome.map(committed);
            let _ = reply.send(catch_unwind(AssertUnwindSafe(complete)).unwrap_or_else(panicked));
        }
    }

    fn fail(self: Box<Self>, why: &str) {
        let _ = self.reply.send(Err(StoreError::Failed(why.into())));
    }
}

fn panicked<T>(_: Box<dyn Any + Send>) -> Result<T> {
    Err(StoreError::Failed("a write panicked".into()))
}

/// Runs writes until all senders are gone. Dropped jobs report that the store has stopped.
fn work(
    database: &Database,
    waiting: &mpsc::Receiver<Box<dyn Job>>,
    inner: &Mutex<Inner>,
) -> Result<(), Box<dyn Error>> {
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(MAX_BATCH - 1));
        match database.batch("BEGIN IMMEDIATE") {
            // Another process has locked the file for longer than the busy timeout.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                let why = error.to_string();
                batch.into_iter().for_each(|job| job.fail(&why));
                continue;
            }
            begun => begun?,
        }
        for job in &mut batch {
            job.run(database)?;
            if !database.in_transaction() {
                // SQLite has rolled the transaction back by itself.
                return Err("the transaction is lost".into());
            }
        }
        let invalidation =
            batch.iter().map(|job| job.invalidation()).fold(Invalidation::default(), Invalidation::or);
        let invalidate = |reopen: bool| {
            inner.lock().unwrap_or_else(PoisonError::into_inner).cache.invalidate(invalidation, reopen);
        };
        // A read during the commit may see the state before it or after it, so it is not cached.
        invalidate(false);
        database.batch("COMMIT")?;
        invalidate(true);
        batch.into_iter().for_each(|job| job.reply());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::convert::identity;

    use rusqlite::{Error::SqliteFailure, ffi};
    use tempfile::TempDir;

    use super::{
        super::{block_on, data_file::DataFile},
        *,
    };
    use crate::emulator::{Options, store::NewGroup};

    /// A new file with an empty store.
    fn file() -> (TempDir, DataFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = DataFile::open(&folder.path().join("lts.db")).unwrap();
        Database::open(file.path()).unwrap().initialize(&Options::default().with_defaults()).unwrap();
        (folder, file)
    }

    fn create(database: &Database, name: &str) -> Result<String> {
        database.create_group("p", &NewGroup::new(name, 7), jiff::Timestamp::UNIX_EPOCH, 0)
    }

    type Jobs = Vec<Box<dyn FnOnce(&Database) -> Result<String> + Send>>;

    /// The results of writes that run as one batch, and the names of the groups afterwards.
    fn batch(file: &DataFile, jobs: Jobs) -> (bool, Vec<Option<Result<String>>>, Vec<String>) {
        let (sender, waiting) = mpsc::channel();
        let mut results = Vec::new();
        for job in jobs {
            let (reply, result) = oneshot::channel();
            results.push(result);
            let job: Box<dyn Job> = Box::new(Write {
                job: Some(job),
                outcome: None,
                committed: identity,
                reply,
                invalidation: Invalidation::LISTS,
            });
            sender.send(job).unwrap();
        }
        drop(sender);
        let inner = Inner::new(Database::open_read_only(file.path()).unwrap());
        let done = work(&Database::open(file.path()).unwrap(), &waiting, &inner).is_ok();
        let results = results.into_iter().map(|mut result| result.try_recv().ok()).collect();
        let names = "SELECT name FROM groups ORDER BY seq";
        (done, results, inner.lock().unwrap().database.all(names, [], |row| row.get(0)).unwrap())
    }

    #[test]
    fn failed_write_leaves_nothing_and_affects_no_other() {
        let (_folder, file) = file();
        let (done, results, names) = batch(
            &file,
            vec![
                Box::new(|database| create(database, "a")),
                Box::new(|database| create(database, "a")),
                Box::new(|database| {
                    database.atomically(|database| {
                        create(database, "half done")?;
                        Err(StoreError::GroupUnknown)
                    })
                }),
                Box::new(|database| {
                    database.atomically(|database| {
                        create(database, "panics")?;
                        panic!("a bug")
                    })
                }),
                Box::new(|database| database.atomically(|database| create(database, "b"))),
            ],
        );
        assert!(done);
        assert!(matches!(
            results[..],
            [
                Some(Ok(_)),
                Some(Err(StoreError::NameTaken)),
                Some(Err(StoreError::GroupUnknown)),
                Some(Err(StoreError::Failed(_))),
                Some(Ok(_))
            ]
        ));
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn no_write_is_reported_as_done_when_the_disk_fails() {
        let (_folder, file) = file();
        assert!(batch(&file, vec![Box::new(|database| create(database, "before"))]).0);
        let full = || SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None);
        let (done, results, names) = batch(
            &file,
            vec![
                Box::new(|database| create(database, "a")),
                Box::new(|database| create(database, "a")),
                Box::new(move |_| Err(full().into())),
                Box::new(|database| create(database, "b")),
            ],
        );
        assert!(!done && results.iter().all(Option::is_none));
        assert_eq!(names, ["before"]);
        // As SQLite does by itself in some cases.
        let (done, results, names) = batch(
            &file,
            vec![
                Box::new(|database| create(database, "a")),
                Box::new(|database| Ok(database.batch("ROLLBACK").map(|()| String::new())?)),
            ],
        );
        assert!(!done && results.iter().all(Option::is_none));
        assert_eq!(names, ["before"]);
    }

    #[test]
    fn unwritable_file_stops_the_store() {
        let (_folder, file) = file();
        let looking = || Database::open_read_only(file.path()).unwrap();
        let writer = Writer::start(file.path(), looking(), Inner::new(looking())).unwrap();
        assert_eq!(writer.failure(), None);
        for _ in 0..2 {
            let refused =
                block_on(writer.write(Invalidation::LISTS, |database| create(database, "a"), identity));
            assert!(matches!(refused, Err(StoreError::Stopped)), "{refused:?}");
        }
        block_on(writer.failed());
        let text = writer.failure().unwrap();
        assert!(text.contains("lts.db can't be written any more: ") && text.contains("readonly"), "{text}");
    }
}
