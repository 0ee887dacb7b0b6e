//! Log streams.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Store,
    cache::{Invalidation, json_body},
    database::{Database, in_use, name_taken},
    error::{Result, StoreError},
    inner::Inner,
    quota::QuotaScope,
    tags::{TagChange, Tags},
};
use crate::{emulator::random, spec::Operation};

/// The retention of a stream that has that of its group.
const INHERITED: i64 = -1;

/// A stream to create.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct NewStream {
    pub(in crate::emulator) name: String,
    pub(in crate::emulator) ttl: i64,
    pub(in crate::emulator) alias: Option<String>,
    pub(in crate::emulator) tags: Tags,
}

impl NewStream {
    /// A stream with the retention of its group, without tags.
    pub(in crate::emulator) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ttl: INHERITED, alias: None, tags: Tags::default() }
    }
}

/// A stream in a list.
#[derive(Serialize)]
struct ListedStream {
    creation_time: i64,
    log_stream_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_stream_name_alias: Option<String>,
    log_stream_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_group_id: Option<String>,
    ttl_in_days: i64,
    whether_log_storage: bool,
    tag: BTreeMap<String, String>,
    is_favorite: bool,
    filter_count: u8,
}

/// The members of a list.
const LISTED: &str = "streams.creation_time, streams.name, streams.alias, streams.id, streams.ttl_in_days,
    streams.log_storage, streams.tags, groups.enterprise_project, groups.id
    FROM streams JOIN groups ON groups.id = streams.group_id";

impl ListedStream {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            creation_time: row.get(0)?,
            log_stream_name: row.get(1)?,
            log_stream_name_alias: row.get(2)?,
            log_stream_id: row.get(3)?,
            log_group_id: None,
            ttl_in_days: row.get(4)?,
            whether_log_storage: row.get(5)?,
            tag: row.get::<_, Tags>(6)?.with_enterprise_project(row.get(7)?),
            // Only the console of the service can set these.
            is_favorite: false,
            filter_count: 0,
        })
    }

    fn read_with_group(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { log_group_id: row.get(8)?, ..Self::read(row)? })
    }
}

#[derive(Serialize)]
struct ListedStreams {
    log_streams: Vec<ListedStream>,
}

impl Store {
    /// Creates a stream and returns its id. A `quota` of 0 means unlimited.
    pub(in crate::emulator) async fn create_stream(
        &self,
        project: &str,
        group: &str,
        stream: NewStream,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        let (project, group) = (project.to_owned(), group.to_owned());
        self.write(Invalidation::LISTS, move |database| {
            database.create_stream(&project, &group, &stream, now, quota)
        })
        .await
    }

    /// Changes retention, storage and tags of a stream. Returns the response body.
    pub(in crate::emulator) async fn update_stream(
        &self,
        project: &str,
        group: &str,
        stream: &str,
        ttl: i64,
        log_storage: Option<bool>,
        tags: Vec<TagChange>,
    ) -> Result<Value> {
        let (project, group, stream) = (project.to_owned(), group.to_owned(), stream.to_owned());
        self.write(Invalidation::LISTS, move |database| {
            database.atomically(|database| {
                database.require_stream(&project, &group, &stream)?;
                database.tag_stream(&stream, tags.iter())?;
                let sql = "UPDATE streams SET ttl_in_days = ?2, log_storage = coalesce(?3, log_storage)
                           WHERE id = ?1";
                database.execute(sql, params![stream, ttl, log_storage])?;
                let sql = "SELECT creation_time, name FROM streams WHERE id = ?1";
                let body = database.optional(sql, [&stream], |row| {
                    let (created, name): (i64, String) = (row.get(0)?, row.get(1)?);
                    Ok(json!({
                        "creation_time": created,
                        "log_topic_name": name,
                        "log_topic_id": stream,
                        "ttl_in_days": ttl,
                    }))
                })?;
                body.ok_or_else(|| StoreError::StreamUnknown(stream.clone()))
            })
        })
        .await
    }

    /// The streams of a project, as a response body. Names are whole names.
    pub(in crate::emulator) fn list_project_streams(
        &self,
        project: &str,
        group_name: Option<&str>,
        stream_name: Option<&str>,
    ) -> Result<Bytes> {
        let mut inner = self.read();
        let Inner { database, cache } = &mut *inner;
        let sql = format!(
            "SELECT {LISTED} WHERE project_id = ?1 AND groups.name = coalesce(?2, groups.name)
             AND streams.name = coalesce(?3, streams.name) ORDER BY streams.seq"
        );
        let read = || {
            let parameters = params![project, group_name, stream_name];
            Ok(ListedStreams { log_streams: database.all(&sql, parameters, ListedStream::read_with_group)? })
        };
        match (group_name, stream_name) {
            (None, None) => cache.list(Operation::ListProjectLogStreams, project.to_owned(), read),
            _ => json_body(&read()?),
        }
    }

    /// The streams of a group, as a response body.
    pub(in crate::emulator) fn list_streams(&self, project: &str, group: &str) -> Result<Bytes> {
        let read = |database: &Database| {
            database.require_group(project, group)?;
            let sql = format!("SELECT {LISTED} WHERE group_id = ?1 ORDER BY streams.seq");
            database.all(&sql, [group], ListedStream::read)
        };
        let mut inner = self.read();
        let Inner { database, cache } = &mut *inner;
        cache.list(Operation::ListLogStreams, format!("{project}/{group}"), || {
            Ok(ListedStreams { log_streams: database.atomically(read)? })
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
        let logs = Arc::clone(&self.logs);
        let delete = move |database: &Database| {
            database.delete_stream(&project, &group, &stream)?;
            Ok([stream])
        };
        self.write_then(Invalidation::LISTS, delete, move |stream| logs.remove(&stream)).await
    }
}

impl Database {
    pub(super) fn create_stream(
        &self,
        project: &str,
        group: &str,
        stream: &NewStream,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        let NewStream { name, ttl, alias, tags } = stream;
        if !self.below_quota(QuotaScope::StreamsOfGroup, group, quota)? {
            self.require_group(project, group)?;
            let taken = "SELECT 1 FROM streams WHERE group_id = ?1 AND name = ?2";
            return Err(self.taken_or_full(taken, [group, name])?);
        }
        let id = random::resource_id();
        let created = self.execute(
            "INSERT INTO streams (id, group_id, name, creation_time, ttl_in_days, alias, tags)
             SELECT ?1, id, ?4, ?5, ?6, ?7, ?8 FROM groups WHERE id = ?2 AND project_id = ?3",
            params![id, group, project, name, now.as_millisecond(), ttl, alias, tags],
        );
        if created.map_err(name_taken)? == 0 {
            return Err(StoreError::GroupUnknown);
        }
        self.quota.adjust(QuotaScope::StreamsOfGroup, group, 1);
        Ok(id)
    }

    /// Checks that a stream exists in a group of the project.
    pub(super) fn require_stream(&self, project: &str, group: &str, stream: &str) -> Result<()> {
        self.require_group(project, group)?;
        match self.exists("SELECT 1 FROM streams WHERE id = ?1 AND group_id = ?2", [stream, group])? {
            true => Ok(()),
            false => Err(StoreError::StreamUnknown(stream.to_owned())),
        }
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
