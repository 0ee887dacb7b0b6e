//! Logs in memory and in a data file.

use std::fs;

use jiff::SignedDuration;
use tempfile::TempDir;

use super::{
    super::{NewGroup, NewStream, block_on},
    *,
};
use crate::emulator::{Options, store::lines::Labels};

const PROJECT: &str = Options::DEFAULT_PROJECT_ID;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A store with one group, whose streams have its retention of 7 days.
struct Logged {
    store: Store,
    group: String,
    _folder: Option<TempDir>,
}

impl Logged {
    fn new(store: Store, folder: Option<TempDir>) -> Self {
        let group =
            block_on(store.create_group(PROJECT, NewGroup::new("g", 7), Timestamp::now(), 0)).unwrap();
        Self { store, group, _folder: folder }
    }

    fn stream(&self, name: &str) -> String {
        let stream = NewStream::new(name);
        block_on(self.store.create_stream(PROJECT, &self.group, stream, Timestamp::now(), 0)).unwrap()
    }

    fn put(&self, stream: &str, batch: LogBatch, now: Timestamp) -> Result<()> {
        block_on(self.store.put_logs(PROJECT, &self.group, stream, batch, now))
    }

    fn contents(&self, stream: &str, now: Timestamp) -> Vec<String> {
        let snapshot = self.store.logs(PROJECT, &self.group, stream, now).unwrap();
        let parts = snapshot.parts(0..u64::MAX);
        parts.flat_map(|part| part.lines.map(|i| part.segment.text(i).to_owned())).collect()
    }

    fn rows(&self) -> i64 {
        let count = "SELECT count(*) FROM log_batches";
        self.store.read().database.optional(count, [], |row| row.get(0)).unwrap().unwrap()
    }

    fn counts(&self, stream: &str, now: Timestamp) -> (u64, u64) {
        let counts = self.store.logs.counts(stream, 7, now);
        (counts.lines, counts.bytes)
    }
}

fn in_memory() -> Logged {
    Logged::new(Store::open(&Options::default().with_defaults()).unwrap(), None)
}

fn options(folder: &TempDir) -> Options {
    Options::default().data(folder.path().join("lts.db")).with_defaults()
}

fn in_file() -> Logged {
    let folder = tempfile::tempdir().unwrap();
    Logged::new(Store::open(&options(&folder)).unwrap(), Some(folder))
}

/// The same, after a restart.
fn reopened(logged: Logged) -> Result<Logged> {
    let Logged { store, group, _folder } = logged;
    drop(store);
    let store = Store::open(&options(_folder.as_ref().unwrap()))?;
    Ok(Logged { store, group, _folder })
}

fn nanoseconds(time: Timestamp) -> u64 {
    time.as_nanosecond().try_into().unwrap()
}

fn batch(lines: &[(Timestamp, &str)]) -> LogBatch {
    let mut batch = LogBatch::default();
    let labels = batch.add_labels([("app", "shop")].into_iter().collect());
    lines.iter().for_each(|(time, content)| batch.push(nanoseconds(*time), content, labels));
    batch
}

#[test]
fn expired_lines_are_hidden_and_then_deleted() {
    for logged in [in_memory(), in_file()] {
        let (stream, other) = (logged.stream("s"), logged.stream("t"));
        let begin = Timestamp::now();
        let lines = [(begin - 8 * DAY, "old"), (begin - 6 * DAY, "aging"), (begin, "new")];
        for line in lines {
            logged.put(&stream, batch(&[line]), begin).unwrap();
        }
        assert_eq!(logged.contents(&stream, begin), ["aging", "new"]);
        assert_eq!(logged.counts(&stream, begin), (2, 8));
        // The line at the edge is still there.
        assert_eq!(logged.contents(&stream, begin + DAY), ["aging", "new"]);
        let edge = SignedDuration::from_nanos(1);
        assert_eq!(logged.contents(&stream, begin + DAY + edge), ["new"]);
        let later = begin + 9 * DAY;
        assert_eq!(logged.contents(&stream, later), [""; 0]);
        assert_eq!(logged.counts(&stream, later), (0, 0));
        // The next write, to whichever stream, deletes what has expired.
        logged.put(&other, batch(&[(later, "x")]), later).unwrap();
        assert_eq!(logged.contents(&stream, begin), [""; 0]);
        assert_eq!(logged.rows(), i64::from(logged.store.writer.is_some()));
    }
}

#[test]
fn retention_is_that_of_the_stream_or_of_its_group() {
    let logged = in_memory();
    let stream = logged.stream("s");
    let now = Timestamp::now();
    logged.put(&stream, batch(&[(now - 3 * DAY, "a"), (now - DAY, "b")]), now).unwrap();
    let update = |ttl| {
        block_on(logged.store.update_stream(PROJECT, &logged.group, &stream, ttl, None, Vec::new())).unwrap();
        logged.contents(&stream, now)
    };
    assert_eq!(update(2), ["b"]);
    assert_eq!(update(4), ["a", "b"]);
    assert_eq!(update(-1), ["a", "b"]);
    block_on(logged.store.update_group(PROJECT, &logged.group, 2, Vec::new())).unwrap();
    assert_eq!(logged.contents(&stream, now), ["b"]);
}

#[test]
fn lines_of_unknown_streams_are_refused() {
    for logged in [in_memory(), in_file()] {
        let stream = logged.stream("s");
        let now = Timestamp::now();
        let put = |project: &str, group: &str, stream: &str| {
            block_on(logged.store.put_logs(project, group, stream, batch(&[(now, "x")]), now))
        };
        assert!(matches!(put("other", &logged.group, &stream), Err(StoreError::GroupUnknown)));
        assert!(matches!(put(PROJECT, "other", &stream), Err(StoreError::GroupUnknown)));
        assert!(matches!(put(PROJECT, &logged.group, "other"), Err(StoreError::StreamUnknown(_))));
        let read = logged.store.logs(PROJECT, &logged.group, "other", now);
        assert!(matches!(read, Err(StoreError::StreamUnknown(_))));
        assert_eq!(logged.contents(&stream, now), [""; 0]);
        assert_eq!(logged.rows(), 0);
    }
}

#[test]
fn restart_keeps_lines_numbers_and_labels() {
    let logged = in_file();
    let stream = logged.stream("s");
    let now = Timestamp::now();
    // Late lines, and several with one time, within a batch and in different ones.
    for lines in [&[(now, "b"), (now, "c")][..], &[(now - DAY, "a")], &[(now, "d"), (now, "")]] {
        logged.put(&stream, batch(lines), now).unwrap();
    }
    let all = |logged: &Logged| -> Vec<(u64, String, Labels)> {
        let snapshot = logged.store.logs(PROJECT, &logged.group, &stream, now).unwrap();
        let line = |segment: &lines::Segment, i| {
            (segment.line_num(i), segment.text(i).to_owned(), Labels::clone(segment.labels(i)))
        };
        let parts = snapshot.parts(0..u64::MAX);
        parts.flat_map(|part| part.lines.map(|i| line(part.segment, i))).collect()
    };
    let before = all(&logged);
    let first = nanoseconds(now);
    let numbers: Vec<_> = before.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, [nanoseconds(now - DAY), first, first + 1, first + 2, first + 3]);
    assert_eq!(
        before.iter().map(|(_, content, _)| content.as_str()).collect::<Vec<_>>(),
        ["a", "b", "c", "d", ""]
    );
    let logged = reopened(logged).unwrap();
    assert_eq!(all(&logged), before);
    // Numbers of stored lines stay taken.
    logged.put(&stream, batch(&[(now, "e")]), now).unwrap();
    assert_eq!(all(&logged).last().unwrap().0, first + 4);
}

#[test]
fn deletions_and_reset_delete_lines_with_their_streams() {
    for logged in [in_memory(), in_file()] {
        let now = Timestamp::now();
        let streams = ["s", "t", "u"].map(|name| logged.stream(name));
        for stream in &streams {
            logged.put(stream, batch(&[(now, "x")]), now).unwrap();
        }
        let kept = |logged: &Logged| lock(&logged.store.logs.streams).len();
        let is_durable = logged.store.writer.is_some();
        let rows = |expected: i64| if is_durable { expected } else { 0 };
        assert_eq!((kept(&logged), logged.rows()), (3, rows(3)));
        block_on(logged.store.delete_stream(PROJECT, &logged.group, &streams[0])).unwrap();
        assert_eq!((kept(&logged), logged.rows()), (2, rows(2)));
        block_on(logged.store.delete_group(PROJECT, &logged.group)).unwrap();
        assert_eq!((kept(&logged), logged.rows()), (0, 0));
        let Logged { store, _folder, .. } = logged;
        let logged = Logged::new(store, _folder);
        let stream = logged.stream("s");
        logged.put(&stream, batch(&[(now, "y")]), now).unwrap();
        assert_eq!((kept(&logged), logged.rows()), (1, rows(1)));
        let options = Arc::new(Options::default().with_defaults());
        block_on(logged.store.reset(&options)).unwrap();
        assert_eq!((kept(&logged), logged.rows()), (0, 0));
    }
}

#[test]
fn expired_batches_are_deleted_at_start() {
    let logged = in_file();
    let stream = logged.stream("s");
    let now = Timestamp::now();
    logged.put(&stream, batch(&[(now - 8 * DAY, "old")]), now - 8 * DAY).unwrap();
    logged.put(&stream, batch(&[(now, "new")]), now - 8 * DAY).unwrap();
    assert_eq!(logged.rows(), 2);
    let logged = reopened(logged).unwrap();
    assert_eq!(logged.rows(), 1);
    assert_eq!(logged.contents(&stream, now), ["new"]);
}

#[test]
fn damaged_batch_is_reported_at_start() {
    let logged = in_file();
    let stream = logged.stream("s");
    logged.put(&stream, batch(&[(Timestamp::now(), "x")]), Timestamp::now()).unwrap();
    let damage = |database: &Database| Ok(database.batch("UPDATE log_batches SET payload = x'05'")?);
    block_on(logged.store.write(Invalidation::default(), damage)).unwrap();
    let Some(StoreError::DataFile(text)) = reopened(logged).err() else { panic!("it was opened") };
    assert!(
        text.ends_with(&format!("can't be used: a batch of logs of stream {stream} is damaged")),
        "{text}"
    );
}

#[test]
fn failed_write_leaves_the_lines_as_they_were() {
    let logged = in_file();
    let stream = logged.stream("s");
    let now = Timestamp::now();
    logged.put(&stream, batch(&[(now, "before")]), now).unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON log_batches BEGIN SELECT RAISE(ABORT, 'no'); END";
    block_on(logged.store.write(Invalidation::default(), |database| Ok(database.batch(refuse)?))).unwrap();
    assert!(matches!(logged.put(&stream, batch(&[(now, "lost")]), now), Err(StoreError::Stopped)));
    assert_eq!(logged.contents(&stream, now), ["before"]);
}

#[test]
fn simultaneous_batches_are_all_kept_in_a_file() {
    const CALLERS: usize = 8;
    const BATCHES: usize = 20;
    let logged = in_file();
    let stream = logged.stream("s");
    let now = Timestamp::now();
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (logged, stream) = (&logged, &stream);
            scope.spawn(move || {
                for i in 0..BATCHES {
                    let content = format!("{caller} {i}");
                    logged.put(stream, batch(&[(now, &content), (now, "second")]), now).unwrap();
                }
            });
        }
    });
    let contents = logged.contents(&stream, now);
    assert_eq!(contents.len(), 2 * CALLERS * BATCHES);
    for caller in 0..CALLERS {
        let prefix = format!("{caller} ");
        let own: Vec<_> = contents.iter().filter(|content| content.starts_with(&prefix)).collect();
        assert!(own.iter().enumerate().all(|(i, content)| **content == format!("{caller} {i}")), "{own:?}");
    }
    assert_eq!(reopened(logged).unwrap().contents(&stream, now), contents);
}

#[test]
fn file_has_at_most_two_bytes_per_byte_of_content() {
    for (lines, length) in [(1000, 100), (1, 100)] {
        let logged = in_file();
        let stream = logged.stream("s");
        let now = Timestamp::now();
        let content = "x".repeat(length);
        let batches = 2_000_000 / lines / length;
        for i in 0..batches.min(3000) {
            let time = now + SignedDuration::from_micros(i as i64);
            logged.put(&stream, batch(&vec![(time, content.as_str()); lines]), now).unwrap();
        }
        let (_, bytes) = logged.counts(&stream, now);
        let folder = logged._folder;
        // Closing the file writes its log back.
        drop(logged.store);
        let size = fs::metadata(folder.unwrap().path().join("lts.db")).unwrap().len();
        let ratio = size as f64 / bytes as f64;
        assert!(ratio <= 2.0, "{lines} lines of {length} bytes: {ratio} bytes per byte");
    }
}
