//! Log streams.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

use super::{
    Store,
    cache::Invalidation,
    database::{Database, in_use, name_taken},
    error::{Result, StoreError},
    inner::Inner,
    quota::QuotaScope,
};
use crate::{emulator::random, spec::Operation};

impl Store {
    /// Creates a stream and returns its id. A `quota` of 0 means unlimited.
    pub(in crate::emulator) async fn create_stream(
        &self,
        project: &str,
        group: &str,
        name: &str,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        let (project, group, name) = (project.to_owned(), group.to_owned(), name.to_owned());
        self.write(Invalidation::LISTS, move |database| {
            database.create_stream(&project, &group, &name, now, quota)
        })
        .await
    }

    /// The streams of a group, as a response body.
    pub(in crate::emulator) fn list_streams(&self, project: &str, group: &str) -> Result<Bytes> {
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
        let read = |database: &Database| {
            database.require_group(project, group)?;
            database.all(
                "SELECT creation_time, name, id FROM streams WHERE group_id = ?1 ORDER BY seq",
                [group],
                |row| {
                    Ok(Stream {
                        creation_time: row.get(0)?,
                        log_stream_name: row.get(1)?,
                        log_stream_id: row.get(2)?,
                        // Only the console of the service can set these.
                        is_favorite: false,
                        filter_count: 0,
                    })
                },
            )
        };
        let mut inner = self.read();
        let Inner { database, cache } = &mut *inner;
        cache.list(Operation::ListLogStreams, format!("{project}/{group}"), || {
            Ok(Streams { log_streams: database.atomically(read)? })
        })
    }

    /// Deletes a stream, unless a transfer reads from it.
    pub(in crate::emulator) async fn delete_stream(
        &self,
        project: &str,
        group: &str,
        stream: &str,
    ) -> Result<()> {
        let (project, group, stream) = (project.to_owned(), group.to_owned(), stream.to_owned());
        self.write(Invalidation::LISTS, move |database| database.delete_stream(&project, &group, &stream))
            .await
    }
}

impl Database {
    pub(super) fn create_stream(
        &self,
        project: &str,
        group: &str,
        name: &str,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        if !self.below_quota(QuotaScope::StreamsOfGroup, group, quota)? {
            self.require_group(project, group)?;
            let taken = "SELECT 1 FROM streams WHERE group_id = ?1 AND name = ?2";
            return Err(self.taken_or_full(taken, [group, name])?);
        }
        let id = random::resource_id();
        let created = self.execute(
            "INSERT INTO streams (id, group_id, name, creation_time)
             SELECT ?1, id, ?4, ?5 FROM groups WHERE id = ?2 AND project_id = ?3",
            params![id, group, project, name, now.as_millisecond()],
        );
        if created.map_err(name_taken)? == 0 {
            return Err(StoreError::GroupUnknown);
        }
        self.quota.adjust(QuotaScope::StreamsOfGroup, group, 1);
        Ok(id)
    }

    pub(super) fn delete_stream(&self, project: &str, group: &str, stream: &str) -> Result<()> {
        self.require_group(project, group)?;
        let sql = "DELETE FROM streams WHERE id = ?1 AND group_id = ?2";
        if self.execute(sql, [stream, group]).map_err(|error| in_use(error, stream))? == 0 {
            return Err(StoreError::StreamUnknown(stream.to_owned()));
        }
        self.quota.adjust(QuotaScope::StreamsOfGroup, group, -1);
        Ok(())
    }
}
