//! Tags of groups and streams.

use std::collections::BTreeMap;

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

use super::{
    Store,
    cache::Invalidation,
    database::Database,
    error::{Result, StoreError},
};
use crate::input::check_tag_count;

/// The service's tag with the id of the enterprise project.
const ENTERPRISE_PROJECT: &str = "_sys_enterprise_project_id";

/// Values by key, stored as a JSON object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::emulator) struct Tags(pub(in crate::emulator) BTreeMap<String, String>);

/// A tag to set, or to delete.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct TagChange {
    pub(in crate::emulator) key: String,
    /// The new value; none to delete the tag.
    pub(in crate::emulator) value: Option<String>,
    /// Whether a change of a group's tag is made on its streams, too.
    pub(in crate::emulator) reaches_streams: bool,
}

/// What has tags, by its id.
#[derive(Debug, Clone)]
pub(in crate::emulator) enum Tagged {
    Group(String),
    Stream(String),
}

impl Tags {
    fn apply<'a>(&mut self, changes: impl Iterator<Item = &'a TagChange>) -> Result<()> {
        for TagChange { key, value, .. } in changes {
            match value {
                Some(value) => drop(self.0.insert(key.clone(), value.clone())),
                None => drop(self.0.remove(key)),
            }
        }
        check_tag_count(self.0.len()).map_err(|_| StoreError::TooManyTags)
    }

    /// As lists show them: with the service's own.
    pub(super) fn with_enterprise_project(mut self, id: String) -> BTreeMap<String, String> {
        self.0.insert(ENTERPRISE_PROJECT.to_owned(), id);
        self.0
    }
}

impl ToSql for Tags {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let json = serde_json::to_string(&self.0);
        json.map(ToSqlOutput::from).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}

impl FromSql for Tags {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let tags = serde_json::from_str(value.as_str()?);
        tags.map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl Store {
    /// Changes the tags of a group or stream.
    pub(in crate::emulator) async fn change_tags(
        &self,
        project: &str,
        tagged: Tagged,
        changes: Vec<TagChange>,
    ) -> Result<()> {
        let project = project.to_owned();
        self.write(Invalidation::LISTS, move |database| {
            database.atomically(|database| match &tagged {
                Tagged::Group(id) => database.tag_group(&project, id, &changes),
                Tagged::Stream(id) => {
                    let known = "SELECT 1 FROM streams JOIN groups ON groups.id = group_id
                                 WHERE streams.id = ?1 AND project_id = ?2";
                    if !database.exists(known, [id, &project])? {
                        return Err(StoreError::StreamUnknown(id.clone()));
                    }
                    database.tag_stream(id, changes.iter())
                }
            })
        })
        .await
    }
}

impl Database {
    /// Runs several statements: call it [atomically](Self::atomically).
    pub(super) fn tag_group(&self, project: &str, group: &str, changes: &[TagChange]) -> Result<()> {
        let sql = "SELECT tags FROM groups WHERE id = ?1 AND project_id = ?2";
        let tags: Option<Tags> = self.optional(sql, [group, project], |row| row.get(0))?;
        let mut tags = tags.ok_or(StoreError::GroupUnknown)?;
        tags.apply(changes.iter())?;
        self.execute("UPDATE groups SET tags = ?2 WHERE id = ?1", (group, tags))?;
        let shared = || changes.iter().filter(|change| change.reaches_streams);
        if shared().next().is_some() {
            let streams = self
                .all("SELECT id FROM streams WHERE group_id = ?1", [group], |row| row.get::<_, String>(0))?;
            streams.iter().try_for_each(|stream| self.tag_stream(stream, shared()))?;
        }
        Ok(())
    }

    /// Changes the tags of a stream that exists.
    pub(super) fn tag_stream<'a>(
        &self,
        stream: &str,
        changes: impl Iterator<Item = &'a TagChange>,
    ) -> Result<()> {
        let sql = "SELECT tags FROM streams WHERE id = ?1";
        let tags: Option<Tags> = self.optional(sql, [stream], |row| row.get(0))?;
        let mut tags = tags.unwrap_or_default();
        tags.apply(changes)?;
        self.execute("UPDATE streams SET tags = ?2 WHERE id = ?1", (stream, tags))?;
        Ok(())
    }
}
