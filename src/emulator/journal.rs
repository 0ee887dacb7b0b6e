//! The journal of requests, for inspection.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::clock;
use crate::spec::Operation;

/// How many requests are kept: enough for a test, and bounded.
const CAPACITY: usize = 1000;
/// How many characters of a method and of a path are kept; a request head can have far more.
const LONGEST: usize = 512;

/// A request and the outcome. It has no headers, query or body, hence no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// When the response was ready, by the emulator's clock.
    #[serde(serialize_with = "as_rfc3339")]
    pub time: SystemTime,
    /// The operation; `None` for an unknown path or method.
    #[serde(serialize_with = "as_id")]
    pub operation: Option<Operation>,
    /// The method.
    pub method: String,
    /// The path of the request line, without the query.
    pub path: String,
    /// The HTTP status of the response; `None` if a fault dropped the connection.
    pub status: Option<u16>,
    /// The error code of the response.
    pub code: Option<String>,
    /// The request id, as in the header `X-Request-Id`.
    pub request_id: String,
    /// The duration in milliseconds. Until a delayed response is sent, the duration so far.
    pub duration_ms: u64,
    /// Whether a [fault](super::Fault) made or changed the response. Not in the JSON of the admin API.
    #[serde(skip)]
    pub injected: bool,
}

impl JournalEntry {
    /// The entry with a bounded method and path.
    pub(super) fn shortened(mut self) -> Self {
        for text in [&mut self.method, &mut self.path] {
            // A character has at least one byte.
            if text.len() > LONGEST
                && let Some((end, _)) = text.char_indices().nth(LONGEST)
            {
                text.truncate(end);
                text.shrink_to_fit();
            }
        }
        self
    }
}

/// The last requests.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Mutex<VecDeque<JournalEntry>>,
}

impl Journal {
    pub(super) fn add(&self, entry: JournalEntry) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = if entries.len() == CAPACITY { entries.pop_front() } else { None };
        entries.push_back(entry);
        // Free the entry after the lock is released.
        drop(entries);
        drop(oldest);
    }

    /// Sets the final duration of a request, unless its entry is gone.
    pub(super) fn set_duration(&self, request_id: &str, duration_ms: u64) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.iter_mut().rev().find(|entry| entry.request_id == request_id) {
            entry.duration_ms = duration_ms;
        }
    }

    /// All entries, newest last.
    pub(super) fn entries(&self) -> Vec<JournalEntry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn as_rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let time = Timestamp::try_from(*time).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&clock::rfc3339(time))
}

pub(super) fn as_id<S: Serializer>(operation: &Option<Operation>, serializer: S) -> Result<S::Ok, S::Error> {
    operation.map(Operation::id).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, operation: Option<Operation>) -> JournalEntry {
        JournalEntry {
            time: SystemTime::UNIX_EPOCH,
            operation,
            method: "GET".to_owned(),
            path: path.to_owned(),
            status: None,
            code: None,
            request_id: String::new(),
            duration_ms: 0,
            injected: false,
        }
    }

    #[test]
    fn journal_keeps_the_newest_entries() {
        let journal = Journal::default();
        for i in 0..=CAPACITY {
            journal.add(entry(&i.to_string(), None));
        }
        let kept = journal.entries();
        assert_eq!((kept.len(), kept[0].path.as_str()), (CAPACITY, "1"));
        journal.clear();
        assert!(journal.entries().is_empty());
        journal.add(entry(&"\u{e9}".repeat(LONGEST + 1_000), None).shortened());
        assert_eq!(journal.entries()[0].path.chars().count(), LONGEST);
        let kept = journal.entries.lock().unwrap()[0].path.capacity();
        assert!(kept < 3 * LONGEST, "{kept} bytes are kept of {} characters", LONGEST + 1_000);
    }

    #[test]
    fn duration_of_a_delayed_response_is_updated() {
        let journal = Journal::default();
        for id in ["a", "b"] {
            journal.add(JournalEntry { request_id: id.to_owned(), ..entry("/", None) });
        }
        journal.set_duration("a", 5);
        journal.set_duration("forgotten", 7);
        let kept: Vec<_> = journal.entries().iter().map(|entry| entry.duration_ms).collect();
        assert_eq!(kept, [5, 0]);
    }

    #[test]
    fn absent_values_are_null() {
        let shown = serde_json::to_value(entry("/", None)).unwrap();
        assert_eq!(shown["operation"], serde_json::Value::Null);
        assert_eq!((&shown["code"], &shown["status"]), (&serde_json::Value::Null, &serde_json::Value::Null));
        assert_eq!(shown["time"], "1970-01-01T00:00:00.000000Z");
        let shown = serde_json::to_value(entry("/", Some(Operation::ListLogGroups))).unwrap();
        assert_eq!(shown["operation"], "listLogGroups");
    }
}
