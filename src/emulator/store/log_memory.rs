//! The lines of all streams in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{
    database::Database,
    error::{Result, StoreError},
    lines::{self, Counts, StreamLines},
};

/// How often expired lines are looked for.
const SWEEP_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

const NANOSECONDS_PER_DAY: u64 = 24 * 60 * 60 * 1_000_000_000;

/// A stream's own retention or that of its group, in days.
pub(super) const EFFECTIVE_TTL: &str =
    "iif(streams.ttl_in_days > 0, streams.ttl_in_days, groups.ttl_in_days)";

/// The lines of all streams.
#[derive(Default)]
pub(super) struct LogMemory {
    /// By the stream's id.
    pub(super) streams: Mutex<HashMap<String, Arc<Mutex<StreamLines>>>>,
    /// When expired lines were looked for, by the emulator's clock.
    swept_at: Mutex<Option<Timestamp>>,
}

impl LogMemory {
    /// Fills the memory from a data file. Expired batches are deleted.
    pub(super) fn load(&self, database: &Database, now: Timestamp) -> Result<()> {
        self.sweep(database, now)?;
        let sql = "SELECT streams.id, payload FROM log_batches JOIN streams ON streams.seq = stream
                   ORDER BY log_batches.seq";
        database.each(sql, [], |row| {
            let stream: String = row.get(0)?;
            let batch = row.get_ref(1)?.as_blob().ok().and_then(lines::decode);
            let damaged =
                || StoreError::Failed(format!("a batch of logs of stream {stream} is damaged").into());
            let batch = batch.ok_or_else(damaged)?;
            lock(&self.of(&stream)).insert(&batch);
            Ok(())
        })
    }

    /// Counts of a stream's lines that have not expired. `ttl` is in days.
    pub(super) fn counts(&self, stream: &str, ttl: i64, now: Timestamp) -> Counts {
        let lines = lock(&self.streams).get(stream).cloned();
        lines.map(|lines| lock(&lines).counts(first_visible(now, ttl))).unwrap_or_default()
    }

    /// Removes the lines of deleted streams.
    pub(super) fn remove(&self, streams: &[String]) {
        let mut all = lock(&self.streams);
        for stream in streams {
            all.remove(stream);
        }
    }

    /// Removes all lines.
    pub(super) fn clear(&self) {
        lock(&self.streams).clear();
    }

    pub(super) fn of(&self, stream: &str) -> Arc<Mutex<StreamLines>> {
        let mut streams = lock(&self.streams);
        if let Some(lines) = streams.get(stream) {
            return Arc::clone(lines);
        }
        Arc::clone(streams.entry(stream.to_owned()).or_default())
    }

    /// Deletes the rows of expired batches, if the last time was long enough ago. Returns the streams, each with the
    /// first number that has not expired.
    pub(super) fn sweep(&self, database: &Database, now: Timestamp) -> Result<Vec<(String, u64)>> {
        let mut swept_at = lock(&self.swept_at);
        if swept_at.is_some_and(|swept_at| now.duration_since(swept_at).abs() < SWEEP_INTERVAL) {
            return Ok(Vec::new());
        }
        *swept_at = Some(now);
        let sql = format!(
            "SELECT streams.seq, streams.id, {EFFECTIVE_TTL} FROM streams JOIN groups ON groups.id = group_id"
        );
        let streams = database.all(&sql, [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        let mut expired = Vec::new();
        for (row, stream, ttl) in streams {
            let below = first_visible(now, ttl);
            let sql = "DELETE FROM log_batches WHERE stream = ?1 AND newest < ?2";
            database.execute(sql, params![row, sql_number(below)])?;
            if lock(&self.streams).contains_key(&stream) {
                expired.push((stream, below));
            }
        }
        Ok(expired)
    }
}

/// The number of the first line that has not expired: it counts from the line's own time.
pub(super) fn first_visible(now: Timestamp, ttl: i64) -> u64 {
    let now = u64::try_from(now.as_nanosecond()).unwrap_or_default();
    now.saturating_sub(ttl.unsigned_abs().saturating_mul(NANOSECONDS_PER_DAY))
}

/// SQLite's numbers are signed. Those beyond are centuries ahead and never expire.
pub(super) fn sql_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
