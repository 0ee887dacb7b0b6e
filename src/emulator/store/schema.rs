//! The schema of the database and its migrations. The constraints are rules of the service.

use rusqlite::Connection;

use super::error::Result;

/// The application id of data files: `LTSE`.
pub(super) const APPLICATION_ID: i32 = 0x4c54_5345;

/// The migration to each version from the one before; the first creates the tables. A released step never changes, since
/// there are files that it made.
const STEPS: [&str; 2] = [TABLES, EXPIRY];

/// The current version.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Row ids grow with each insertion, so they are in order of creation.
///
/// Groups have no foreign key to projects: a lenient emulator accepts any project.
const TABLES: &str = "
    CREATE TABLE projects (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE CHECK (id <> ''), name TEXT NOT NULL);
    CREATE TABLE keys (access_key TEXT PRIMARY KEY, secret_key TEXT NOT NULL, security_token TEXT,
        expires_at INTEGER) WITHOUT ROWID;
    CREATE TABLE users (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL, domain TEXT NOT NULL,
        UNIQUE (domain, name));
    CREATE TABLE tokens (hash BLOB PRIMARY KEY, project_id TEXT, expires_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE buckets (seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE groups (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
        name TEXT NOT NULL, ttl_in_days INTEGER NOT NULL, creation_time INTEGER NOT NULL,
        UNIQUE (project_id, name));
    CREATE TABLE streams (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
        name TEXT NOT NULL, creation_time INTEGER NOT NULL,
        UNIQUE (group_id, name));
    CREATE TABLE transfers (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
        body TEXT NOT NULL);
    CREATE TABLE transfer_streams (stream_id TEXT PRIMARY KEY REFERENCES streams (id),
        transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE) WITHOUT ROWID;
    CREATE INDEX streams_of_transfer ON transfer_streams (transfer_id);
";

/// Each login deletes expired tokens, which must not scan all tokens.
const EXPIRY: &str = "CREATE INDEX tokens_by_expiry ON tokens (expires_at);";

/// Empties every table, dependants first.
pub(super) const CLEAR: &str = "
    DELETE FROM transfer_streams; DELETE FROM transfers; DELETE FROM streams; DELETE FROM groups;
    DELETE FROM buckets; DELETE FROM tokens; DELETE FROM users; DELETE FROM keys; DELETE FROM projects;
";

/// Creates the tables in an empty database.
pub(super) fn create(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch(&STEPS.concat())?)
}

/// Creates the tables of an empty data file.
pub(super) fn create_file(connection: &Connection) -> Result<()> {
    let database = STEPS.concat();
    Ok(connection.execute_batch(&format!(
        "BEGIN; {database} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;
         PRAGMA journal_mode = WAL;"
    ))?)
}

/// The version of a database.
pub(super) fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// The script that migrates from an older version, atomically.
pub(super) fn migration(from: i64) -> String {
    let steps = STEPS[usize::try_from(from).unwrap_or_default().min(STEPS.len())..].concat();
    format!("BEGIN IMMEDIATE; {steps} PRAGMA user_version = {VERSION}; COMMIT;")
}
