//! One connection, and the few ways in which it is used.

use std::{mem, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, Row, config::DbConfig, ffi};

use super::{
    error::{Result, StoreError},
    quota::{QuotaCounts, QuotaScope},
    schema,
};

/// One thread at a time uses a connection, and nobody makes a file by opening it.
const READ_AND_WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// How long a statement waits for somebody else who works on the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The database, through one connection. Each noun has its statements in a file of its own.
pub(super) struct Database {
    connection: Connection,
    pub(super) quota: QuotaCounts,
}

impl Database {
    /// Empty ones, which go with the connection.
    pub(super) fn in_memory() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        schema::create(&connection)?;
        Self::new(connection)
    }

    /// OnConflict of a file that is there, each commit of which reaches the disk.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open_with_flags(path, READ_AND_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch("PRAGMA synchronous = FULL")?;
        Self::new(connection)
    }

    /// OnConflict of a file, for looking. They show what has been committed.
    pub(super) fn open_read_only(path: &Path) -> Result<Self> {
        // It must be able to write what SQLite keeps beside the file, and to tidy up as the last one to go.
        let database = Self::open(path)?;
        database.batch("PRAGMA query_only = ON")?;
        Ok(database)
    }

    fn new(connection: Connection) -> Result<Self> {
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        // Each statement is prepared once, and not again when its parameters change.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection, quota: QuotaCounts::default() })
    }

    /// The version of the schema.
    pub(super) fn version(&self) -> Result<i64> {
        schema::version(&self.connection)
    }

    /// Brings database of an older version up to this one.
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

    /// Whether there may be one more. A `quota` of 0 is no limit.
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

    /// Why nothing was inserted: a name that is taken is told before a quota that is reached.
    pub(super) fn taken_or_full(&self, taken: &str, name: [&str; 2]) -> Result<StoreError> {
        Ok(if self.exists(taken, name)? { StoreError::NameTaken } else { StoreError::QuotaReached })
    }
}

/// Takes everything back that was done since; it must not be dropped once that is to stay.
struct Savepoint<'a>(&'a Database);

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        self.0.quota.clear();
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{super::quota::CACHE_FROM, *};

    /// That what is known is what can be counted.
    fn assert_right(database: &Database) {
        for ((scope, owner), count) in database.quota.known().iter() {
            assert_eq!(database.count(*scope, owner).unwrap(), *count, "{scope:?} {owner}");
        }
    }

    #[test]
    fn what_is_known_is_what_would_be_counted() {
        let database = Database::in_memory().unwrap();
        let quota = CACHE_FROM + 2;
        let group = |name: String| database.create_group("p", &name, 7, Timestamp::UNIX_EPOCH, quota);
        let stream = |group: &str, name: String| {
            database.create_stream("p", group, &name, Timestamp::UNIX_EPOCH, quota)
        };
        let ids: Vec<_> = (0..quota).map(|i| group(format!("g{i}")).unwrap()).collect();
        for i in 0..quota {
            stream(&ids[0], format!("s{i}")).unwrap();
        }
        assert_eq!(database.quota.known().len(), 2);
        assert_right(&database);
        let full = |refused| assert!(matches!(refused, Err(StoreError::QuotaReached)), "{refused:?}");
        full(group("more".to_owned()));
        full(stream(&ids[0], "more".to_owned()));
        assert!(matches!(group("g5".to_owned()), Err(StoreError::NameTaken)));

        // ConnectionLimiter is made, used, and given back by what fails.
        database.delete_group("p", &ids[1]).unwrap();
        assert!(database.delete_group("p", &ids[1]).is_err());
        assert!(matches!(group("g5".to_owned()), Err(StoreError::NameTaken)));
        assert_right(&database);
        let failed = database.atomically(|_| {
            group("taken back".to_owned())?;
            Err::<(), _>(StoreError::GroupUnknown)
        });
        assert!(failed.is_err());
        assert_right(&database);
        group("new".to_owned()).unwrap();
        full(group("more".to_owned()));
        assert_right(&database);

        // The streams go with their group, and its number with them.
        database.delete_group("p", &ids[0]).unwrap();
        assert_right(&database);
        let one = stream(&ids[2], "s".to_owned()).unwrap();
        database.delete_stream("p", &ids[2], &one).unwrap();
        database.reset(&crate::emulator::Options::default().completed()).unwrap();
        assert_right(&database);
        group("g0".to_owned()).unwrap();
    }
}
