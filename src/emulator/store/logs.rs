//! The logs of streams.
//!
//! Their lines are held in memory. With a data file each batch is also a row, and at start the memory is filled from the
//! rows. A batch gets its numbers before the commit that writes its row; other calls see its lines after the commit.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::params;

use super::{
    Store,
    cache::Invalidation,
    database::Database,
    error::{Result, StoreError},
    lines::{self, LogBatch, Snapshot},
    log_memory::{EFFECTIVE_TTL, first_visible, lock, sql_number},
};

impl Store {
    /// Adds lines to a stream.
    pub(in crate::emulator) async fn put_logs(
        &self,
        project: &str,
        group: &str,
        stream: &str,
        batch: LogBatch,
        now: Timestamp,
    ) -> Result<()> {
        let (project, group, stream) = (project.to_owned(), group.to_owned(), stream.to_owned());
        let (logs, is_durable) = (Arc::clone(&self.logs), self.writer.is_some());
        let number_and_write = move |database: &Database| {
            let (row, _) = database.stream_row(&project, &group, &stream)?;
            let expired = logs.sweep(database, now)?;
            let lines = logs.of(&stream);
            let batch = lock(&lines).number(batch);
            if is_durable && !batch.is_empty() {
                let newest = sql_number(batch.newest());
                let sql = "INSERT INTO log_batches (stream, newest, payload) VALUES (?1, ?2, ?3)";
                database.execute(sql, params![row, newest, lines::encode(&batch)])?;
            }
            Ok((logs, expired, lines, batch))
        };
        self.write_then(Invalidation::default(), number_and_write, |(logs, expired, lines, batch)| {
            for (stream, below) in expired {
                lock(&logs.of(&stream)).expire(below);
            }
            lock(&lines).store(&batch);
        })
        .await
    }

    /// The lines of a stream that have not expired.
    pub(in crate::emulator) fn logs(
        &self,
        project: &str,
        group: &str,
        stream: &str,
        now: Timestamp,
    ) -> Result<Snapshot> {
        let (_, ttl) = self.read().database.stream_row(project, group, stream)?;
        Ok(lock(&self.logs.of(stream)).snapshot(first_visible(now, ttl)))
    }
}

impl Database {
    /// The row id of a stream and its retention in days.
    fn stream_row(&self, project: &str, group: &str, stream: &str) -> Result<(i64, i64)> {
        self.require_group(project, group)?;
        let sql = format!(
            "SELECT streams.seq, {EFFECTIVE_TTL} FROM streams JOIN groups ON groups.id = group_id
             WHERE streams.id = ?1 AND group_id = ?2"
        );
        let found = self.optional(&sql, [stream, group], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.ok_or_else(|| StoreError::StreamUnknown(stream.to_owned()))
    }
}

#[cfg(test)]
mod tests;
