//! Transfers.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Store,
    cache::{Invalidation, json_body},
    database::{Database, in_use},
    error::{Result, StoreError},
    inner::Inner,
};
use crate::{emulator::random, spec::Operation};

/// A transfer to create.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct NewTransfer {
    pub(in crate::emulator) group: String,
    pub(in crate::emulator) streams: Vec<String>,
    /// The `log_transfer_info` that lists show, without its time of creation.
    pub(in crate::emulator) info: Value,
    /// The request that creates it, for the admin API.
    pub(in crate::emulator) request: Value,
}

/// New values of a transfer.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct TransferChange {
    pub(in crate::emulator) group: Option<String>,
    /// The new streams; none to keep them.
    pub(in crate::emulator) streams: Option<Vec<String>>,
    pub(in crate::emulator) info: Value,
}

/// Which transfers are listed. Names are whole names.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::emulator) struct TransferFilter<'a> {
    pub(in crate::emulator) kind: Option<&'a str>,
    pub(in crate::emulator) group_name: Option<&'a str>,
    pub(in crate::emulator) stream_name: Option<&'a str>,
    pub(in crate::emulator) offset: usize,
    pub(in crate::emulator) limit: Option<usize>,
}

/// A transfer in a list.
#[derive(Debug, Serialize)]
struct ListedTransfer {
    log_group_id: String,
    log_group_name: String,
    log_streams: Vec<ListedStream>,
    log_transfer_id: String,
    log_transfer_info: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct ListedStream {
    log_stream_id: String,
    log_stream_name: String,
}

#[derive(Serialize)]
struct ListedTransfers {
    log_transfers: Vec<ListedTransfer>,
}

/// The members of a list, but for the streams.
const LISTED: &str = "SELECT transfers.id, group_id, groups.name, transfers.creation_time, info
    FROM transfers JOIN groups ON groups.id = group_id WHERE transfers.project_id = ?1";

impl ListedTransfer {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut info: Map<String, Value> =
            serde_json::from_str(row.get_ref(4)?.as_str()?).unwrap_or_default();
        if let Some(time) = row.get::<_, Option<i64>>(3)? {
            info.insert("log_create_time".to_owned(), time.into());
        }
        Ok(Self {
            log_transfer_id: row.get(0)?,
            log_group_id: row.get(1)?,
            log_group_name: row.get(2)?,
            log_streams: Vec::new(),
            log_transfer_info: info,
        })
    }

    fn matches(&self, filter: &TransferFilter<'_>) -> bool {
        let kind = self.log_transfer_info.get("log_transfer_type").and_then(Value::as_str);
        let has_stream = |name: &str| self.log_streams.iter().any(|stream| stream.log_stream_name == name);
        filter.kind.is_none_or(|wanted| kind == Some(wanted))
            && filter.group_name.is_none_or(|name| self.log_group_name == name)
            && filter.stream_name.is_none_or(has_stream)
    }
}

impl Store {
    /// Creates a transfer. Returns it as lists show it.
    pub(in crate::emulator) async fn create_transfer(
        &self,
        project: &str,
        transfer: NewTransfer,
        now: Timestamp,
    ) -> Result<Value> {
        let project = project.to_owned();
        self.write(Invalidation::LISTS, move |database| {
            database.atomically(|database| {
                let id = database.create_transfer(&project, &transfer, now)?;
                database.transfer(&project, &id)
            })
        })
        .await
    }

    /// The `log_transfer_info` of a transfer.
    pub(in crate::emulator) fn transfer_info(&self, project: &str, id: &str) -> Result<Value> {
        let mut task = self.read().database.atomically(|database| database.transfer(project, id))?;
        Ok(task["log_transfer_info"].take())
    }

    /// Changes a transfer. Returns it as lists show it.
    pub(in crate::emulator) async fn update_transfer(
        &self,
        project: &str,
        id: &str,
        change: TransferChange,
    ) -> Result<Value> {
        let (project, id) = (project.to_owned(), id.to_owned());
        self.write(Invalidation::LISTS, move |database| {
            database.atomically(|database| {
                database.update_transfer(&project, &id, &change)?;
                database.transfer(&project, &id)
            })
        })
        .await
    }

    /// Deletes a transfer of a project. Returns it as lists showed it.
    pub(in crate::emulator) async fn delete_transfer(&self, project: &str, id: &str) -> Result<Value> {
        let (project, id) = (project.to_owned(), id.to_owned());
        self.write(Invalidation::LISTS, move |database| {
            database.atomically(|database| {
                let transfer = database.transfer(&project, &id)?;
                database.execute("DELETE FROM transfers WHERE id = ?1", [&id])?;
                Ok(transfer)
            })
        })
        .await
    }

    /// The transfers of all projects, as lists show them.
    pub(in crate::emulator) fn tasks(&self) -> Result<Vec<Value>> {
        let mut inner = self.read();
        let database = &mut inner.database;
        database.atomically(|database| {
            let sql = "SELECT DISTINCT project_id FROM transfers ORDER BY project_id";
            let mut tasks = Vec::new();
            for project in database.all(sql, [], |row| row.get::<_, String>(0))? {
                tasks.extend(database.list_transfers(&project)?);
            }
            let json = |task| serde_json::to_value(task).map_err(|error| StoreError::Failed(Box::new(error)));
            tasks.into_iter().map(json).collect()
        })
    }

    /// Deletes a transfer of any project. Returns whether it existed.
    pub(in crate::emulator) async fn remove_transfer(&self, id: &str) -> Result<bool> {
        let id = id.to_owned();
        self.write(Invalidation::LISTS, move |database| {
            Ok(database.execute("DELETE FROM transfers WHERE id = ?1", [id])? > 0)
        })
        .await
    }

    /// The transfers of a project in order of creation, as a response body.
    pub(in crate::emulator) fn list_transfers(
        &self,
        project: &str,
        filter: TransferFilter<'_>,
    ) -> Result<Bytes> {
        let mut inner = self.read();
        let Inner { database, cache } = &mut *inner;
        let read = || database.atomically(|database| database.list_transfers(project));
        let is_all = filter.kind.or(filter.group_name).or(filter.stream_name).is_none()
            && (filter.offset, filter.limit) == (0, None);
        if is_all {
            return cache.list(Operation::ListTransfers, project.to_owned(), || {
                Ok(ListedTransfers { log_transfers: read()? })
            });
        }
        let matching = read()?.into_iter().filter(|transfer| transfer.matches(&filter));
        let page = matching.skip(filter.offset).take(filter.limit.unwrap_or(usize::MAX));
        json_body(&ListedTransfers { log_transfers: page.collect() })
    }

    /// All transfers: the requests that created them, with the ids of transfer and project.
    pub(in crate::emulator) fn transfers(&self) -> Result<Vec<Value>> {
        self.read().database.all("SELECT id, project_id, body FROM transfers ORDER BY seq", [], |row| {
            let mut transfer: Map<String, Value> =
                serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default();
            transfer.insert("log_dump_obs_id".to_owned(), row.get::<_, String>(0)?.into());
            transfer.insert("project_id".to_owned(), row.get::<_, String>(1)?.into());
            Ok(Value::Object(transfer))
        })
    }
}

impl Database {
    /// Runs several statements: call it [atomically](Self::atomically).
    pub(super) fn create_transfer(
        &self,
        project: &str,
        transfer: &NewTransfer,
        now: Timestamp,
    ) -> Result<String> {
        let NewTransfer { group, streams, info, request } = transfer;
        let id = random::resource_id();
        self.require_streams(project, group, streams)?;
        let info = self.checked_info(project, info)?;
        self.execute(
            "INSERT INTO transfers (id, project_id, group_id, creation_time, info, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id, project, group, now.as_millisecond(), info.to_string(), request.to_string()],
        )?;
        self.add_streams(&id, streams)?;
        Ok(id)
    }

    fn update_transfer(&self, project: &str, id: &str, change: &TransferChange) -> Result<()> {
        let TransferChange { group, streams, info } = change;
        let sql = "SELECT group_id FROM transfers WHERE id = ?1 AND project_id = ?2";
        let current: Option<String> = self.optional(sql, [id, project], |row| row.get(0))?;
        let current = current.ok_or(StoreError::TransferUnknown)?;
        let group = group.as_ref().unwrap_or(&current);
        self.require_streams(project, group, streams.as_deref().unwrap_or_default())?;
        if streams.is_none() && *group != current {
            return Err(StoreError::Unfit);
        }
        let info = self.checked_info(project, info)?;
        self.execute(
            "UPDATE transfers SET group_id = ?2, info = ?3 WHERE id = ?1",
            params![id, group, info.to_string()],
        )?;
        if let Some(streams) = streams {
            self.execute("DELETE FROM transfer_streams WHERE transfer_id = ?1", [id])?;
            self.add_streams(id, streams)?;
        }
        Ok(())
    }

    fn require_streams(&self, project: &str, group: &str, streams: &[String]) -> Result<()> {
        self.require_group(project, group)?;
        for stream in streams {
            let known = "SELECT 1 FROM streams WHERE id = ?1 AND group_id = ?2";
            if !self.exists(known, [stream, group])? {
                return Err(StoreError::StreamUnknown(stream.clone()));
            }
        }
        Ok(())
    }

    /// The info of a transfer with the path in its bucket. The bucket must exist, unless it belongs to the account that
    /// delegates. Clients that know the members of OBS alone as required send them for other destinations, too.
    fn checked_info(&self, project: &str, info: &Value) -> Result<Value> {
        let mut info = info.clone();
        let bucket = info["log_transfer_detail"]["obs_bucket_name"].as_str().map(str::to_owned);
        let Some(bucket) = bucket.filter(|_| info["log_transfer_type"] == "OBS") else { return Ok(info) };
        let is_known = self.exists("SELECT 1 FROM buckets WHERE name = ?1", [&bucket])?;
        if info["log_agency_transfer"].is_null() && !is_known {
            return Err(StoreError::BucketUnknown(bucket));
        }
        if info["log_transfer_detail"]["obs_transfer_path"].is_null() {
            let sql = "SELECT name FROM projects WHERE id = ?1";
            let region: Option<String> = self.optional(sql, [project], |row| row.get(0))?;
            let region = region.unwrap_or_else(|| project.to_owned());
            info["log_transfer_detail"]["obs_transfer_path"] = json!(format!("/{bucket}/LogTanks/{region}/"));
        }
        Ok(info)
    }

    fn add_streams(&self, id: &str, streams: &[String]) -> Result<()> {
        // A stream that is listed twice counts once.
        let mut seen = HashSet::new();
        let streams = streams.iter().filter(|stream| seen.insert(*stream));
        for (position, stream) in streams.enumerate() {
            self.execute(
                "INSERT INTO transfer_streams (stream_id, transfer_id, position) VALUES (?1, ?2, ?3)",
                params![stream, id, position as i64],
            )
            .map_err(|error| in_use(error, stream))?;
        }
        Ok(())
    }

    /// A transfer as lists show it.
    fn transfer(&self, project: &str, id: &str) -> Result<Value> {
        let sql = format!("{LISTED} AND transfers.id = ?2");
        let transfer = self.optional(&sql, [project, id], ListedTransfer::read)?;
        let mut transfer = transfer.ok_or(StoreError::TransferUnknown)?;
        let sql = "SELECT stream_id, name FROM transfer_streams JOIN streams ON streams.id = stream_id
                   WHERE transfer_id = ?1 ORDER BY position";
        transfer.log_streams = self.all(sql, [id], |row| {
            Ok(ListedStream { log_stream_id: row.get(0)?, log_stream_name: row.get(1)? })
        })?;
        serde_json::to_value(transfer).map_err(|error| StoreError::Failed(Box::new(error)))
    }

    fn list_transfers(&self, project: &str) -> Result<Vec<ListedTransfer>> {
        let mut streams: HashMap<String, Vec<ListedStream>> = HashMap::new();
        let sql = "SELECT transfer_id, stream_id, streams.name FROM transfer_streams
                   JOIN streams ON streams.id = stream_id JOIN transfers ON transfers.id = transfer_id
                   WHERE project_id = ?1 ORDER BY position";
        let rows = self.all(sql, [project], |row| {
            let stream = ListedStream { log_stream_id: row.get(1)?, log_stream_name: row.get(2)? };
            Ok((row.get::<_, String>(0)?, stream))
        })?;
        for (transfer, stream) in rows {
            streams.entry(transfer).or_default().push(stream);
        }
        let mut transfers =
            self.all(&format!("{LISTED} ORDER BY transfers.seq"), [project], ListedTransfer::read)?;
        for transfer in &mut transfers {
            transfer.log_streams = streams.remove(&transfer.log_transfer_id).unwrap_or_default();
        }
        Ok(transfers)
    }
}
