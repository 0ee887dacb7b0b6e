//! Log groups.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Store,
    cache::Invalidation,
    database::{Database, in_use, name_taken},
    error::{Result, StoreError},
    inner::Inner,
    lines::Counts,
    log_memory::EFFECTIVE_TTL,
    quota::QuotaScope,
    tags::{TagChange, Tags},
};
use crate::{emulator::random, spec::Operation};

/// A group to create.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct NewGroup {
    pub(in crate::emulator) name: String,
    pub(in crate::emulator) ttl: i64,
    pub(in crate::emulator) alias: Option<String>,
    pub(in crate::emulator) tags: Tags,
    pub(in crate::emulator) enterprise_project: String,
}

impl NewGroup {
    /// A group of the default enterprise project, without tags.
    pub(in crate::emulator) fn new(name: impl Into<String>, ttl: i64) -> Self {
        Self {
            name: name.into(),
            ttl,
            alias: None,
            tags: Tags::default(),
            enterprise_project: "0".to_owned(),
        }
    }
}

impl Store {
    /// Creates a group and returns its id. A `quota` of 0 means unlimited.
    pub(in crate::emulator) async fn create_group(
        &self,
        project: &str,
        group: NewGroup,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        let project = project.to_owned();
        self.write(Invalidation::LISTS, move |database| database.create_group(&project, &group, now, quota))
            .await
    }

    /// Changes retention and tags of a group. Returns the response body.
    pub(in crate::emulator) async fn update_group(
        &self,
        project: &str,
        group: &str,
        ttl: i64,
        tags: Vec<TagChange>,
    ) -> Result<Value> {
        let (project, group) = (project.to_owned(), group.to_owned());
        self.write(Invalidation::LISTS, move |database| {
            database.atomically(|database| {
                database.tag_group(&project, &group, &tags)?;
                database.execute("UPDATE groups SET ttl_in_days = ?2 WHERE id = ?1", params![group, ttl])?;
                let sql = "SELECT creation_time, name FROM groups WHERE id = ?1";
                let body = database.optional(sql, [&group], |row| {
                    let (created, name): (i64, String) = (row.get(0)?, row.get(1)?);
                    Ok(json!({
                        "creation_time": created,
                        "log_group_name": name,
                        "log_group_id": group,
                        "ttl_in_days": ttl,
                    }))
                })?;
                body.ok_or(StoreError::GroupUnknown)
            })
        })
        .await
    }

    /// The groups of a project, as a response body.
    pub(in crate::emulator) fn list_groups(&self, project: &str) -> Result<Bytes> {
        #[derive(Serialize)]
        struct Groups {
            log_groups: Vec<Group>,
        }
        #[derive(Serialize)]
        struct Group {
            creation_time: i64,
            log_group_name: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            log_group_name_alias: Option<String>,
            log_group_id: String,
            ttl_in_days: i64,
            tag: BTreeMap<String, String>,
        }
        let mut inner = self.read();
        let Inner { database, cache } = &mut *inner;
        cache.list(Operation::ListLogGroups, project.to_owned(), || {
            let log_groups = database.all(
                "SELECT creation_time, name, alias, id, ttl_in_days, tags, enterprise_project
                 FROM groups WHERE project_id = ?1 ORDER BY seq",
                [project],
                |row| {
                    Ok(Group {
                        creation_time: row.get(0)?,
                        log_group_name: row.get(1)?,
                        log_group_name_alias: row.get(2)?,
                        log_group_id: row.get(3)?,
                        ttl_in_days: row.get(4)?,
                        tag: row.get::<_, Tags>(5)?.with_enterprise_project(row.get(6)?),
                    })
                },
            )?;
            Ok(Groups { log_groups })
        })
    }

    /// Deletes a group with its streams, unless a transfer reads from one of them.
    pub(in crate::emulator) async fn delete_group(&self, project: &str, group: &str) -> Result<()> {
        let (project, group, logs) = (project.to_owned(), group.to_owned(), Arc::clone(&self.logs));
        let delete = move |database: &Database| database.delete_group(&project, &group);
        self.write_then(Invalidation::LISTS, delete, move |streams| logs.remove(&streams)).await
    }
}

impl Database {
    pub(super) fn create_group(
        &self,
        project: &str,
        group: &NewGroup,
        now: Timestamp,
        quota: u64,
    ) -> Result<String> {
        let NewGroup { name, ttl, alias, tags, enterprise_project } = group;
        if !self.below_quota(QuotaScope::GroupsOfProject, project, quota)? {
            let taken = "SELECT 1 FROM groups WHERE project_id = ?1 AND name = ?2";
            return Err(self.taken_or_full(taken, [project, name])?);
        }
        let id = random::resource_id();
        self.execute(
            "INSERT INTO groups (id, project_id, name, ttl_in_days, creation_time, alias, tags, enterprise_project)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![id, project, name, ttl, now.as_millisecond(), alias, tags, enterprise_project],
        )
        .map_err(name_taken)?;
        self.quota.adjust(QuotaScope::GroupsOfProject, project, 1);
        Ok(id)
    }

    /// Deletes a group with its streams, and returns their ids.
    pub(super) fn delete_group(&self, project: &str, group: &str) -> Result<Vec<String>> {
        let streams = self.all("SELECT id FROM streams WHERE group_id = ?1", [group], |row| row.get(0))?;
        let sql = "DELETE FROM groups WHERE id = ?1 AND project_id = ?2";
        if self.execute(sql, [group, project]).map_err(|error| in_use(error, group))? == 0 {
            return Err(StoreError::GroupUnknown);
        }
        self.quota.adjust(QuotaScope::GroupsOfProject, project, -1);
        self.quota.reset(QuotaScope::StreamsOfGroup, group);
        Ok(streams)
    }

    pub(super) fn require_group(&self, project: &str, group: &str) -> Result<()> {
        match self.exists("SELECT 1 FROM groups WHERE id = ?1 AND project_id = ?2", [group, project])? {
            true => Ok(()),
            false => Err(StoreError::GroupUnknown),
        }
    }

    /// All groups with their streams, as the admin API shows them. `counts` are those of a stream with a retention in
    /// days.
    pub(super) fn groups(&self, counts: impl Fn(&str, i64) -> Counts) -> Result<Vec<Value>> {
        let mut streams: HashMap<String, Vec<Value>> = HashMap::new();
        let sql = format!(
            "SELECT group_id, streams.id, streams.name, streams.ttl_in_days, streams.tags, {EFFECTIVE_TTL}
             FROM streams JOIN groups ON groups.id = group_id ORDER BY streams.seq"
        );
        let rows = self.all(&sql, [], |row| {
            let (id, name): (String, String) = (row.get(1)?, row.get(2)?);
            let (ttl, Tags(tag)): (i64, Tags) = (row.get(3)?, row.get(4)?);
            let Counts { lines, bytes } = counts(&id, row.get(5)?);
            let stream = json!({
                "log_stream_id": id,
                "log_stream_name": name,
                "ttl_in_days": ttl,
                "tag": tag,
                "lines": lines,
                "bytes": bytes,
            });
            Ok((row.get::<_, String>(0)?, stream))
        })?;
        for (group, stream) in rows {
            streams.entry(group).or_default().push(stream);
        }
        self.all("SELECT project_id, id, name, ttl_in_days, tags FROM groups ORDER BY seq", [], |row| {
            let id: String = row.get(1)?;
            Ok(json!({
                "project_id": row.get::<_, String>(0)?,
                "log_group_name": row.get::<_, String>(2)?,
                "ttl_in_days": row.get::<_, i64>(3)?,
                "tag": row.get::<_, Tags>(4)?.0,
                "streams": streams.remove(&id).unwrap_or_default(),
                "log_group_id": id,
            }))
        })
    }
}
