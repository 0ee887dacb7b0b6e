//! One connection, and the few ways in which it is used.

use std::{mem, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, Row, config::DbConfig, ffi};

use super::{Result, StoreError, counts::Counts, schema};

/// One thread at a time uses a connection, and nobody makes a file by opening it.
const READ_AND_WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// How long a statement waits for somebody else who works on the same file.
const PATIENCE: Duration = Duration::from_secs(5);

/// The tables, through one connection. Each noun has its statements in a file of its own.
pub(super) struct Tables {
    connection: Connection,
    pub(super) counts: Counts,
}

impl Tables {
    /// Empty ones, which go with the connection.
    pub(super) fn in_memory() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        schema::create(&connection)?;
        Self::over(connection)
    }

    /// Those of a file that is there, each commit of which reaches the disk.
    pub(super) fn of_file(path: &Path) -> Result<Self> {
        let connection = Connection::open_with_flags(path, READ_AND_WRITE)?;
        connection.busy_timeout(PATIENCE)?;
        connection.execute_batch("PRAGMA synchronous = FULL")?;
        Self::over(connection)
    }

    /// Those of a file, for looking. They show what has been committed.
    pub(super) fn of_file_for_looking(path: &Path) -> Result<Self> {
        // It must be able to write what SQLite keeps beside the file, and to tidy up as the last one to go.
        let tables = Self::of_file(path)?;
        tables.batch("PRAGMA query_only = ON")?;
        Ok(tables)
    }

    fn over(connection: Connection) -> Result<Self> {
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        // Each statement is prepared once, and not again when its parameters change.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection, counts: Counts::default() })
    }

    /// The version of the schema.
    pub(super) fn version(&self) -> Result<i64> {
        schema::version(&self.connection)
    }

    /// Brings tables of an older version up to this one.
    pub(super) fn migrate(&self, from: i64) -> Result<()> {
        if from == schema::VERSION {
            return Ok(());
        }
        self.batch(&schema::migration(from)).inspect_err(|_| {
            // The steps before the one that failed.
            let _ = self.batch("ROLLBACK");
        })?;
        Ok(())
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Makes several changes: if one fails, nothing of them stays. Or looks several times at one state.
    ///
    /// A change of one statement needs no such care.
    pub(super) fn atomically<T>(&self, steps: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.execute("SAVEPOINT steps", [])?;
        let guard = Savepoint(self);
        let done = steps(self)?;
        self.execute("RELEASE steps", [])?;
        mem::forget(guard);
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

/// Takes everything back that was done since; it must not be dropped once that is to stay.
struct Savepoint<'a>(&'a Tables);

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        self.0.counts.forget();
        // Where SQLite has rolled back by itself, there is no savepoint any more.
        let _ = self.0.batch("ROLLBACK TO steps; RELEASE steps");
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
