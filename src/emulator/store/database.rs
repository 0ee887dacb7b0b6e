//! A connection to the database.

use std::{mem, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, Row, config::DbConfig, ffi};

use super::{
    error::{Result, StoreError},
    quota::{QuotaCounts, QuotaScope},
    schema,
};

/// A connection is used by one thread at a time, and opening a file never creates it.
const READ_AND_WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// How long a statement waits for another process that uses the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection. Each noun has its statements in its own file.
pub(super) struct Database {
    connection: Connection,
    pub(super) quota: QuotaCounts,
}

impl Database {
    /// An empty database, which lasts as long as the connection.
    pub(super) fn in_memory() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        schema::create(&connection)?;
        Self::new(connection)
    }

    /// Opens an existing file for reads and writes. Each commit reaches the disk.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open_with_flags(path, READ_AND_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch("PRAGMA synchronous = FULL")?;
        Self::new(connection)
    }

    /// Opens a data file for reads only. It sees what is committed.
    pub(super) fn open_read_only(path: &Path) -> Result<Self> {
        // The connection must be able to write SQLite's other files, and to clean up when it is closed last.
        let database = Self::open(path)?;
        database.batch("PRAGMA query_only = ON")?;
        Ok(database)
    }

    fn new(connection: Connection) -> Result<Self> {
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        // Prepared statements are not prepared again when their parameters change.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection, quota: QuotaCounts::default() })
    }

    /// The version of the schema.
    pub(super) fn version(&self) -> Result<i64> {
        schema::version(&self.connection)
    }

    /// Migrates a database of an older version.
    pub(super) fn migrate(&self, from: i64) -> Result<()> {
        if from == schema::VERSION {
            return Ok(());
        }
        self.batch(&schema::migration(from)).inspect_err(|_| {
            // Undo the steps before the failed one.
            let _ = self.batch("ROLLBACK");
        })?;
        Ok(())
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Runs several statements as one: if one fails, all are undone. Reads see one state.
    ///
    /// A single statement needs no savepoint.
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

    /// Calls `read` with one row after the other, until it fails.
    pub(super) fn each(
        &self,
        sql: &str,
        parameters: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            read(row)?;
        }
        Ok(())
    }

    /// Whether one more may be created. A `quota` of 0 means unlimited.
    pub(super) fn below_quota(&self, scope: QuotaScope, owner: &str, quota: u64) -> Result<bool> {
        self.quota.is_below(scope, owner, quota, || self.count(scope, owner))
    }

    fn count(&self, scope: QuotaScope, owner: &str) -> Result<u64> {
        let sql = match scope {
            QuotaScope::GroupsOfProject => "SELECT count(*) FROM groups WHERE project_id = ?1",
            QuotaScope::StreamsOfGroup => "SELECT count(*) FROM streams WHERE group_id = ?1",
        };
        let count: Option<i64> = self.optional(sql, [owner], |row| row.get(0))?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    /// Why nothing was inserted: a taken name takes precedence over a reached quota.
    pub(super) fn taken_or_full(&self, taken: &str, name: [&str; 2]) -> Result<StoreError> {
        Ok(if self.exists(taken, name)? { StoreError::NameTaken } else { StoreError::QuotaReached })
    }
}

/// Rolls back to the savepoint when dropped; forgotten on success.
struct Savepoint<'a>(&'a Database);

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        self.0.quota.clear();
        // If SQLite has rolled back by itself, the savepoint no longer exists.
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

/// A transfer uses the resource to be deleted, or the stream of the new transfer.
pub(super) fn in_use(error: rusqlite::Error, id: &str) -> StoreError {
    match violated(&error) {
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            StoreError::InUse(id.to_owned())
        }
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{
        super::{groups::NewGroup, quota::CACHE_FROM, streams::NewStream},
        *,
    };

    /// Asserts that each cached number is the actual one.
    fn assert_counts_are_correct(database: &Database) {
        for ((scope, owner), count) in database.quota.known().iter() {
            assert_eq!(database.count(*scope, owner).unwrap(), *count, "{scope:?} {owner}");
        }
    }

    #[test]
    fn cached_quota_counts_are_correct() {
        let database = Database::in_memory().unwrap();
        let quota = CACHE_FROM + 2;
        let group =
            |name: String| database.create_group("p", &NewGroup::new(name, 7), Timestamp::UNIX_EPOCH, quota);
        let stream = |group: &str, name: String| {
            database.create_stream("p", group, &NewStream::new(name), Timestamp::UNIX_EPOCH, quota)
        };
        let ids: Vec<_> = (0..quota).map(|i| group(format!("g{i}")).unwrap()).collect();
        for i in 0..quota {
            stream(&ids[0], format!("s{i}")).unwrap();
        }
        assert_eq!(database.quota.known().len(), 2);
        assert_counts_are_correct(&database);
        let full = |refused| assert!(matches!(refused, Err(StoreError::QuotaReached)), "{refused:?}");
        full(group("more".to_owned()));
        full(stream(&ids[0], "more".to_owned()));
        assert!(matches!(group("g5".to_owned()), Err(StoreError::NameTaken)));

        // A deletion makes room, and failed inserts don't use it up.
        database.delete_group("p", &ids[1]).unwrap();
        assert!(database.delete_group("p", &ids[1]).is_err());
        assert!(matches!(group("g5".to_owned()), Err(StoreError::NameTaken)));
        assert_counts_are_correct(&database);
        let failed = database.atomically(|_| {
            group("taken back".to_owned())?;
            Err::<(), _>(StoreError::GroupUnknown)
        });
        assert!(failed.is_err());
        assert_counts_are_correct(&database);
        group("new".to_owned()).unwrap();
        full(group("more".to_owned()));
        assert_counts_are_correct(&database);

        // The streams of a group are deleted with it, and so is their number.
        database.delete_group("p", &ids[0]).unwrap();
        assert_counts_are_correct(&database);
        let one = stream(&ids[2], "s".to_owned()).unwrap();
        database.delete_stream("p", &ids[2], &one).unwrap();
        database.reset(&crate::emulator::Options::default().with_defaults()).unwrap();
        assert_counts_are_correct(&database);
        group("g0".to_owned()).unwrap();
    }
}
