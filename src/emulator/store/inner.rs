//! The connection for reads and its cache, which the writer's thread invalidates.

use std::sync::{Arc, Mutex};

use super::{cache::QueryCache, database::Database};

/// The state behind the store's lock.
pub(super) struct Inner {
    /// For reads; in memory for writes, too.
    pub(super) database: Database,
    pub(super) cache: QueryCache,
}

impl Inner {
    pub(super) fn new(database: Database) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { database, cache: QueryCache::default() }))
    }
}
