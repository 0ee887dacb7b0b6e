//! One connection, and the few ways in which it is used.

use rusqlite::{Connection, OptionalExtension, Params, Row, ffi};

use super::{Result, StoreError, schema};

/// The tables, through one connection. Each noun has its statements in a file of its own.
pub(super) struct Tables {
    connection: Connection,
}

impl Tables {
    /// Empty ones, which go with the connection.
    pub(super) fn in_memory() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        connection.execute_batch(schema::SCHEMA)?;
        // Each statement is prepared once.
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection })
    }

    /// Makes several changes: if one fails, nothing of them stays. A change of one statement needs no such
    /// care.
    pub(super) fn atomically<T>(&self, changes: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let transaction = self.connection.unchecked_transaction()?;
        let done = changes(self)?;
        transaction.commit()?;
        Ok(done)
    }

    pub(super) fn batch(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.execute_batch(sql)
    }

    pub(super) fn execute(&self, sql: &str, parameters: impl Params) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute(parameters)
    }

    pub(super) fn exists(&self, sql: &str, parameters: impl Params) -> Result<bool> {
        Ok(self.connection.prepare_cached(sql)?.exists(parameters)?)
    }

    pub(super) fn optional<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.connection.prepare_cached(sql)?.query_row(parameters, read).optional()?)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        Ok(self.connection.prepare_cached(sql)?.query_map(parameters, read)?.collect::<Result<_, _>>()?)
    }

    /// Why nothing was inserted: a name that is taken is told before a quota that is reached.
    pub(super) fn taken_or_full(&self, taken: &str, name: [&str; 2]) -> Result<StoreError> {
        Ok(if self.exists(taken, name)? { StoreError::NameTaken } else { StoreError::QuotaReached })
    }
}

/// The constraint that a statement violated.
pub(super) fn violated(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

pub(super) fn name_taken(error: rusqlite::Error) -> StoreError {
    match violated(&error) {
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => StoreError::NameTaken,
        _ => error.into(),
    }
}

/// A transfer holds on to what was to be deleted, or to the stream of another transfer.
pub(super) fn in_use(error: rusqlite::Error, id: &str) -> StoreError {
    match violated(&error) {
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            StoreError::InUse(id.to_owned())
        }
        _ => error.into(),
    }
}

/// A quota as SQLite takes it: its integers have a sign.
pub(super) fn limit(quota: u64) -> i64 {
    i64::try_from(quota).unwrap_or(i64::MAX)
}
