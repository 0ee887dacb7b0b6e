//! The tables, whose constraints are rules of the service.

/// Row ids grow with each insertion, so they give the order of creation.
///
/// Groups name their project without a reference: a lenient emulator takes any project.
pub(super) const SCHEMA: &str = "
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

/// Empties every table, dependants first.
pub(super) const CLEAR: &str = "
    DELETE FROM transfer_streams; DELETE FROM transfers; DELETE FROM streams; DELETE FROM groups;
    DELETE FROM buckets; DELETE FROM tokens; DELETE FROM users; DELETE FROM keys; DELETE FROM projects;
";
