//! The schema of the database and its migrations. The constraints are rules of the service.

use rusqlite::Connection;

use super::error::Result;

/// The application id of data files: `LTSE`.
pub(super) const APPLICATION_ID: i32 = 0x4c54_5345;

/// The current version.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64 + 1;

/// The migrations of files, from version 1 on. A released one never changes.
const MIGRATIONS: [&str; 3] = [EXPIRY, NEWER_EDITIONS, LOGS];

/// The schema of the current version. Migrated files have the same one, but their migrations take several times longer
/// than this.
///
/// Row ids grow with each insertion, so they are in order of creation.
///
/// Groups have no foreign key to projects: a lenient emulator accepts any project.
///
/// The lines of a request are one row, encoded by `lines`; `newest` is the highest of their numbers.
const SCHEMA: &str = "
    CREATE TABLE projects (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE CHECK (id <> ''), name TEXT NOT NULL);
    CREATE TABLE keys (access_key TEXT PRIMARY KEY, secret_key TEXT NOT NULL, security_token TEXT,
        expires_at INTEGER) WITHOUT ROWID;
    CREATE TABLE users (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL, domain TEXT NOT NULL,
        UNIQUE (domain, name));
    CREATE TABLE tokens (hash BLOB PRIMARY KEY, project_id TEXT, expires_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX tokens_by_expiry ON tokens (expires_at);
    CREATE TABLE buckets (seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE groups (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
        name TEXT NOT NULL, ttl_in_days INTEGER NOT NULL, creation_time INTEGER NOT NULL,
        alias TEXT, tags TEXT NOT NULL DEFAULT '{}', enterprise_project TEXT NOT NULL DEFAULT '0',
        UNIQUE (project_id, name));
    CREATE TABLE streams (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
        name TEXT NOT NULL, creation_time INTEGER NOT NULL,
        alias TEXT, tags TEXT NOT NULL DEFAULT '{}', ttl_in_days INTEGER NOT NULL DEFAULT -1,
        log_storage INTEGER NOT NULL DEFAULT TRUE,
        UNIQUE (group_id, name));
    CREATE TABLE transfers (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
        body TEXT NOT NULL, group_id TEXT NOT NULL DEFAULT '', creation_time INTEGER,
        info TEXT NOT NULL DEFAULT '{}');
    CREATE TABLE transfer_streams (stream_id TEXT PRIMARY KEY REFERENCES streams (id),
        transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE,
        position INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE INDEX streams_of_transfer ON transfer_streams (transfer_id);
    CREATE TABLE log_batches (seq INTEGER PRIMARY KEY,
        stream INTEGER NOT NULL REFERENCES streams (seq) ON DELETE CASCADE,
        newest INTEGER NOT NULL, payload BLOB NOT NULL);
    CREATE INDEX log_batches_of_stream ON log_batches (stream, newest);
";

/// Each login deletes expired tokens, which must not scan all tokens.
const EXPIRY: &str = "CREATE INDEX tokens_by_expiry ON tokens (expires_at);";

/// What operations of newer editions keep. A transfer has its request and what lists show; the transfers of older files are
/// all of createLogDumpObs.
const NEWER_EDITIONS: &str = "
    ALTER TABLE groups ADD COLUMN alias TEXT;
    ALTER TABLE groups ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE groups ADD COLUMN enterprise_project TEXT NOT NULL DEFAULT '0';
    ALTER TABLE streams ADD COLUMN alias TEXT;
    ALTER TABLE streams ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE streams ADD COLUMN ttl_in_days INTEGER NOT NULL DEFAULT -1;
    ALTER TABLE streams ADD COLUMN log_storage INTEGER NOT NULL DEFAULT TRUE;
    ALTER TABLE transfers ADD COLUMN group_id TEXT NOT NULL DEFAULT '';
    ALTER TABLE transfers ADD COLUMN creation_time INTEGER;
    ALTER TABLE transfers ADD COLUMN info TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE transfer_streams ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
    UPDATE transfers SET group_id = coalesce(body ->> 'log_group_id', ''), info = json_object(
        'log_agency_transfer', NULL,
        'log_storage_format', coalesce(body ->> 'storage_format', 'RAW'),
        'log_transfer_mode', 'cycle',
        'log_transfer_status', iif(coalesce(body ->> 'switch_on', TRUE), 'ENABLE', 'DISABLE'),
        'log_transfer_type', 'OBS',
        'log_transfer_detail', json_patch('{}', json_object(
            'obs_period', body -> 'period',
            'obs_period_unit', body ->> 'period_unit',
            'obs_bucket_name', body ->> 'obs_bucket_name',
            'obs_prefix_name', iif(body ->> 'prefix_name' GLOB '*[^A-Za-z0-9._-]*', NULL, nullif(body ->> 'prefix_name', '')),
            'obs_dir_pre_fix_name', iif(body ->> 'dir_prefix_name' GLOB '*[^A-Za-z0-9._/-]*'
                OR body ->> 'dir_prefix_name' LIKE '%//%', NULL, nullif(body ->> 'dir_prefix_name', '')),
            'obs_transfer_path', '/' || (body ->> 'obs_bucket_name') || '/LogTanks/' || coalesce(
                (SELECT name FROM projects WHERE projects.id = project_id), project_id) || '/')));
    UPDATE transfer_streams SET position = coalesce((SELECT min(key) FROM transfers, json_each(body, '$.log_stream_ids')
        WHERE transfers.id = transfer_id AND value = stream_id), 0);
";

/// The lines of logs.
const LOGS: &str = "
    CREATE TABLE log_batches (seq INTEGER PRIMARY KEY,
        stream INTEGER NOT NULL REFERENCES streams (seq) ON DELETE CASCADE,
        newest INTEGER NOT NULL, payload BLOB NOT NULL);
    CREATE INDEX log_batches_of_stream ON log_batches (stream, newest);
";

/// Empties every table, dependants first.
pub(super) const CLEAR: &str = "
    DELETE FROM log_batches; DELETE FROM transfer_streams; DELETE FROM transfers; DELETE FROM streams; DELETE FROM groups;
    DELETE FROM buckets; DELETE FROM tokens; DELETE FROM users; DELETE FROM keys; DELETE FROM projects;
";

/// Creates the tables in an empty database.
pub(super) fn create(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch(SCHEMA)?)
}

/// Creates the tables of an empty data file.
pub(super) fn create_file(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch(&format!(
        "BEGIN; {SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;
         PRAGMA journal_mode = WAL;"
    ))?)
}

/// The version of a database.
pub(super) fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// The script that migrates from an older version, atomically.
pub(super) fn migration(from: i64) -> String {
    let done = usize::try_from(from - 1).unwrap_or_default();
    let steps = MIGRATIONS[done.min(MIGRATIONS.len())..].concat();
    format!("BEGIN IMMEDIATE; {steps} PRAGMA user_version = {VERSION}; COMMIT;")
}
