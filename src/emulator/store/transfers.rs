//! Transfers.

use std::collections::HashSet;

use rusqlite::params;
use serde_json::{Map, Value};

use super::{
    Store,
    cache::Invalidation,
    database::{Database, in_use},
    error::{Result, StoreError},
};
use crate::emulator::random;

impl Store {
    /// Creates a transfer and returns its id. `body` is stored unchanged.
    pub(in crate::emulator) async fn create_transfer(
        &self,
        project: &str,
        group: &str,
        streams: &[&str],
        bucket: &str,
        body: &Value,
    ) -> Result<String> {
        let (project, group, bucket) = (project.to_owned(), group.to_owned(), bucket.to_owned());
        let streams: Vec<String> = streams.iter().map(|stream| (*stream).to_owned()).collect();
        let body = body.to_string();
        self.write(Invalidation::default(), move |database| {
            database
                .atomically(|database| database.create_transfer(&project, &group, &streams, &bucket, &body))
        })
        .await
    }

    /// Deletes a transfer. Returns whether it existed.
    pub(in crate::emulator) async fn delete_transfer(&self, id: &str) -> Result<bool> {
        let id = id.to_owned();
        self.write(Invalidation::default(), move |database| {
            Ok(database.execute("DELETE FROM transfers WHERE id = ?1", [id])? > 0)
        })
        .await
    }

    /// All transfers: the request bodies, with the ids of transfer and project.
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
        group: &str,
        streams: &[String],
        bucket: &str,
        body: &str,
    ) -> Result<String> {
        let id = random::resource_id();
        self.require_group(project, group)?;
        for stream in streams {
            let known = "SELECT 1 FROM streams WHERE id = ?1 AND group_id = ?2";
            if !self.exists(known, [stream, group])? {
                return Err(StoreError::StreamUnknown(stream.clone()));
            }
        }
        if !self.exists("SELECT 1 FROM buckets WHERE name = ?1", [bucket])? {
            return Err(StoreError::BucketUnknown(bucket.to_owned()));
        }
        self.execute(
            "INSERT INTO transfers (id, project_id, body) VALUES (?1, ?2, ?3)",
            [&id, project, body],
        )?;
        // A stream that is listed twice counts once.
        let mut seen = HashSet::new();
        for stream in streams.iter().filter(|stream| seen.insert(*stream)) {
            self.execute(
                "INSERT INTO transfer_streams (stream_id, transfer_id) VALUES (?1, ?2)",
                params![stream, id],
            )
            .map_err(|error| in_use(error, stream))?;
        }
        Ok(id)
    }
}
