//! The answers to list calls, kept as bytes until the next change.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Serialize;

use super::{Inner, Result, StoreError, tables::Tables};

/// How many lists are kept. Lenient emulators know projects without end.
const MOST: usize = 1024;

/// By project and group.
#[derive(Default)]
pub(super) struct Lists(HashMap<(String, Option<String>), Bytes>);

impl Lists {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Inner {
    /// A list as it was answered last, or read anew.
    pub(super) fn listed<T: Serialize>(
        &mut self,
        project: &str,
        group: Option<&str>,
        read: impl FnOnce(&Tables) -> Result<T>,
    ) -> Result<Bytes> {
        let key = (project.to_owned(), group.map(str::to_owned));
        if let Some(list) = self.lists.0.get(&key) {
            return Ok(list.clone());
        }
        let list = serde_json::to_vec(&read(&self.tables)?);
        let list = list.map(Bytes::from).map_err(|error| StoreError::Failed(Box::new(error)))?;
        if self.lists.0.len() < MOST {
            self.lists.0.insert(key, list.clone());
        }
        Ok(list)
    }
}
